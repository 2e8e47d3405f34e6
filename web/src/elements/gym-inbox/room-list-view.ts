/* room-list-view.ts - the rows of the inbox: one tab stop with arrow keys, all rows in the page up to a thousand, and
 * past that only those around the view, each telling its place among all. */
import {html, LitElement, nothing} from 'lit';
import type {PropertyValues} from 'lit';
import {customElement, property, query, state} from 'lit/decorators.js';
import {guard} from 'lit/directives/guard.js';
import {repeat} from 'lit/directives/repeat.js';
import type {InboxRow} from '../../inbox/inbox-state.js';
import {scrollFor, windowOf} from '../../inbox/window.js';
import {Format} from '../../format.js';
import {textOf} from '../../text.js';
import type {Say} from '../../text.js';
import {basics} from '../shared/tokens.js';
import {faceStyles} from './face.styles.js';
import {listStyles} from './room-list.styles.js';
import {roomRow} from './room-row.js';
import type {RowFacts, RowWords} from './room-row.js';

const STEPS: Record<string, number> = {ArrowUp: -1, ArrowDown: 1, PageUp: -8, PageDown: 8, Home: -Infinity, End: Infinity};
const NEAR_END_ROWS = 10;

/** @fires list-open {CustomEvent<{room: string}>} a row was pressed.
 *  @fires list-pointer {CustomEvent<{over: boolean, room?: string}>} a mouse moves over the rows (at most once a second
 *    on the same one), or has left them.
 *  @fires list-focus {CustomEvent<{room: string | undefined}>} the row that the keyboard is on.
 *  @fires list-more {CustomEvent<void>} the end is near. */
@customElement('room-list')
export class RoomListView extends LitElement {
  @property({attribute: false}) rows: readonly InboxRow[] = [];
  /** the room that is open */
  @property() open?: string;
  @property({attribute: false}) total?: number;
  @property({type: Boolean}) hasMore = false;
  @property({type: Boolean}) loadingMore = false;
  @property() label = '';
  @property({attribute: false}) factsOf!: (row: InboxRow) => RowFacts;
  /** rows that are still shown though they no longer belong here */
  @property({attribute: false}) isGone: (row: InboxRow) => boolean = () => false;
  @property({attribute: false}) say: Say = textOf('es');
  @property({attribute: false}) format = new Format(textOf('es'));
  @property() me = '';
  /** moves when a row may look different though it is the same: presence, time */
  @property({attribute: false}) tick = 0;
  @state() private cursor = ''; // the row that is the tab stop
  @state() private scrollTop_ = 0;
  @state() private height = 0;
  @state() private rowHeight = 90;
  @query('.scroll') private scroller?: HTMLElement;

  static override styles = [basics, faceStyles, listStyles];

  private sizes: ResizeObserver | undefined;
  private hovered: {room: string | undefined; at: number} = {room: undefined, at: -Infinity};
  private focused = ''; // the row that has the focus
  private wasUsed = false; // by the keyboard
  private awaited = ''; // the row that shall have it once it is drawn

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.sizes?.disconnect();
    this.sizes = undefined;
  }

  /** Puts the keyboard on a row; none: the tab stop. Returns whether there is one. */
  focusRow(room = this.cursor || this.rows[0]?.room || ''): boolean {
    const index = this.rows.findIndex((row) => row.room === room);
    if (index < 0) return false;
    this.cursor = room;
    this.awaited = room;
    this.reveal(index);
    this.requestUpdate();
    return true;
  }

  /** One row on, from the keyboard's row, else from the open one. */
  step(by: 1 | -1): boolean {
    const known = this.focused || (this.wasUsed ? this.cursor : '') || this.open;
    const from = this.rows.findIndex((row) => row.room === known);
    const next = this.rows[from < 0 ? (by > 0 ? 0 : this.rows.length - 1) : from + by];
    return next !== undefined && this.focusRow(next.room);
  }

  override focus(): void {
    this.focusRow();
  }

  /** Scrolls to a row without touching the keyboard's place. */
  show(room: string): void {
    const index = this.rows.findIndex((row) => row.room === room);
    if (index >= 0) this.reveal(index);
  }

  toTop(): void {
    if (this.scroller) this.scroller.scrollTop = 0;
  }

  private reveal(index: number): void {
    if (!this.scroller) return;
    const to = scrollFor(index, this.rowHeight, this.scroller.scrollTop, this.scroller.clientHeight);
    if (to === undefined) return;
    this.scroller.scrollTop = to;
    this.scrollTop_ = to;
  }

  // --- drawing ------------------------------------------------------------------------------------------------------

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has('rows') && !changed.has('open')) return;
    if (changed.has('open') && this.open && !this.focused) this.cursor = this.open;
    if (!this.rows.some((row) => row.room === this.cursor)) this.cursor = this.open ?? this.rows[0]?.room ?? '';
  }

  protected override render() {
    const {rows} = this;
    const part = windowOf(rows.length, this.rowHeight, this.scrollTop_, this.height);
    const shown = rows.slice(part.from, part.to);
    const size = this.hasMore ? Math.max(this.total ?? 0, rows.length + 1) : rows.length;
    const focusedAt = this.focused ? rows.findIndex((row) => row.room === this.focused) : -1;
    const isOutside = focusedAt >= 0 && (focusedAt < part.from || focusedAt >= part.to);
    const words: RowWords = {say: this.say, format: this.format, me: this.me};
    return html`
      <div class="scroll" @scroll=${this.scrolled} @keydown=${this.key} @focusin=${this.focusMoved} @focusout=${this.focusLeft}
        @pointermove=${this.pointed} @pointerleave=${this.pointerLeft} @click=${this.pressed}>
        <ul role="list" aria-label=${this.label} .style=${`padding:${part.above}px 0 ${part.below}px`}>
          ${isOutside && focusedAt < part.from ? this.line(rows[focusedAt]!, focusedAt, size, words, true) : nothing}
          ${repeat(shown, (row) => row.room, (row, i) => this.line(row, part.from + i, size, words))}
          ${isOutside && focusedAt >= part.to ? this.line(rows[focusedAt]!, focusedAt, size, words, true) : nothing}
        </ul>
        ${this.hasMore ? html`<button class="more" ?disabled=${this.loadingMore} @click=${() => this.tell('list-more')}>${
          this.say(this.loadingMore ? 'app.loading' : 'inbox.more')}</button>` : nothing}
        <slot></slot>
      </div>`;
  }

  /** outside: it has the focus and was scrolled away, so it stays, out of sight. */
  private line(row: InboxRow, index: number, size: number, words: RowWords, outside = false) {
    const facts = this.factsOf(row);
    const key = [row, words.say, words.format, facts.unread, facts.isFlagged, facts.isOnline, facts.isLit, facts.assignee,
      facts.viewers.join('\n'), facts.draft, facts.name, Math.floor(facts.now / 60000)];
    return html`<li aria-setsize=${size} aria-posinset=${index + 1} class=${outside ? 'hidden' : nothing}>
      <button class="row" data-room=${row.room} tabindex=${row.room === this.cursor ? 0 : -1}
        aria-current=${row.room === this.open ? 'true' : 'false'} ?data-unread=${facts.unread > 0} ?data-lit=${facts.isLit}
        ?data-gone=${this.isGone(row)}>${guard(key, () => roomRow(row, facts, words))}</button></li>`;
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (!this.sizes && this.scroller) {
      this.sizes = new ResizeObserver(() => this.measure());
      this.sizes.observe(this.scroller);
    }
    if (changed.has('rows')) {
      this.measure();
      this.keepFocus();
    }
    const wanted = this.awaited && this.row(this.awaited);
    if (wanted) {
      this.awaited = '';
      wanted.focus({preventScroll: true});
      wanted.scrollIntoView({block: 'nearest'});
    }
    this.askForMore();
  }

  /** Moving a row in the page takes the focus from it. */
  private keepFocus(): void {
    if (!this.focused || this.shadowRoot?.activeElement || this.awaited) return;
    const row = this.row(this.focused);
    if (row) row.focus({preventScroll: true});
    else this.focused = '';
  }

  private measure(): void {
    const {scroller} = this;
    if (!scroller) return;
    this.height = scroller.clientHeight;
    const line = this.renderRoot.querySelector<HTMLElement>('li:not(.hidden)');
    if (line && line.offsetHeight > 0) this.rowHeight = line.offsetHeight;
  }

  private row(room: string): HTMLElement | null {
    return this.renderRoot.querySelector<HTMLElement>(`.row[data-room="${CSS.escape(room)}"]`);
  }

  // --- listening ----------------------------------------------------------------------------------------------------

  private scrolled = (): void => {
    if (!this.scroller) return;
    if (this.rows.length > 0) this.scrollTop_ = this.scroller.scrollTop;
    this.askForMore();
  };

  private askForMore(): void {
    const {scroller} = this;
    if (!scroller || !this.hasMore || this.loadingMore) return;
    const left = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight;
    if (scroller.scrollTop > 0 && left < NEAR_END_ROWS * this.rowHeight) this.tell('list-more');
  }

  private key(event: KeyboardEvent): void {
    const by = STEPS[event.key];
    const row = (event.target as Element).closest<HTMLElement>('.row');
    if (by === undefined || !row || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const at = this.rows.findIndex((it) => it.room === row.dataset.room);
    const next = this.rows[Math.max(0, Math.min(this.rows.length - 1, at + by))];
    if (next) this.focusRow(next.room);
  }

  private pressed(event: Event): void {
    const room = (event.target as Element).closest<HTMLElement>('.row')?.dataset.room;
    if (room) this.tell('list-open', {room});
  }

  private pointed(event: PointerEvent): void {
    if (event.pointerType === 'touch') return; // a finger is no hovering
    const room = (event.target as Element).closest<HTMLElement>('.row')?.dataset.room;
    if (room === this.hovered.room && event.timeStamp - this.hovered.at < 1000) return;
    this.hovered = {room, at: event.timeStamp};
    this.tell('list-pointer', {over: true, room});
  }

  private pointerLeft(): void {
    this.hovered = {room: undefined, at: -Infinity};
    this.tell('list-pointer', {over: false});
  }

  private focusMoved(event: FocusEvent): void {
    const room = (event.target as Element).closest<HTMLElement>('.row')?.dataset.room;
    if (!room || room === this.focused) return;
    this.focused = room;
    this.cursor = room;
    this.wasUsed = true;
    this.tell('list-focus', {room});
  }

  private focusLeft(event: FocusEvent): void {
    const to = event.relatedTarget as Element | null;
    if (to && this.renderRoot.contains(to)) return;
    if (to) return this.letGo();
    if (!document.hasFocus()) return; // another window: it comes back
    queueMicrotask(() => {
      const isMoved = this.isUpdatePending; // in the page: keepFocus gives it back
      if (!this.shadowRoot?.activeElement && !isMoved) this.letGo();
    });
  }

  private letGo(): void {
    this.focused = '';
    this.tell('list-focus', {room: undefined});
  }

  private tell(name: string, detail?: unknown): void {
    this.dispatchEvent(new CustomEvent(name, {detail}));
  }
}
