/* message-list.ts - the messages of one room, oldest first. Scrolls with what comes while it is at the bottom, keeps
 * its place otherwise and when older ones are put above; knows which messages a person has had before the eyes. */
import {html, LitElement, nothing} from 'lit';
import type {PropertyValues} from 'lit';
import {customElement, property, query, state} from 'lit/decorators.js';
import {guard} from 'lit/directives/guard.js';
import {repeat} from 'lit/directives/repeat.js';
import {Format} from '../../format.js';
import {textOf} from '../../text.js';
import type {Say} from '../../text.js';
import {isSpoken, layout} from '../../thread/items.js';
import type {Entry, Item} from '../../thread/items.js';
import {ReadTracker} from '../../thread/read-tracker.js';
import type {ThreadPhase} from '../../thread/room-thread.js';
import {icon} from './icons.js';
import {listStyles} from './message-list.styles.js';
import {entryView} from './message-view.js';
import type {MessageViewContext} from './message-view.js';
import {tickStyles} from './ticks.js';
import {basics} from './tokens.js';

const NEAR_BOTTOM_PX = 120;
const OLDER_PX = 240;
const SEEN_SHARE = 0.6;

/** @fires list-older {CustomEvent<void>} the person scrolled to the top.
 *  @fires list-seen {CustomEvent<{seq: number}>} read up to here.
 *  @fires list-edit {CustomEvent<{id: string}>} a rejected message is to be changed.
 *  @fires list-discard {CustomEvent<{id: string}>} a rejected message is given up.
 *  @fires list-retry {CustomEvent<void>} the history is asked for again.
 *  @fires list-leave {CustomEvent<void>} Esc: back to the composer. */
@customElement('message-list')
export class MessageList extends LitElement {
  @property({attribute: false}) items: readonly Item[] = [];
  @property({attribute: false}) divider?: {after: number};
  @property({attribute: false}) phase: ThreadPhase = 'loading';
  @property({type: Boolean}) hasOlder = false;
  @property({type: Boolean}) loadingOlder = false;
  @property({attribute: false}) typing: readonly string[] = [];
  @property({attribute: false}) nameOf: (item: Item) => string = (item) => item.sender;
  @property({attribute: false}) say: Say = textOf('es');
  @property({attribute: false}) format = new Format(textOf('es'));
  @state() private atBottom = true;
  @state() private below = 0; // came while the person was reading further up
  @query('.scroll') private scroller?: HTMLElement;

  static override styles = [basics, tickStyles, listStyles];

  private readonly tracker = new ReadTracker();
  private watcher: IntersectionObserver | undefined;
  private sizes: ResizeObserver | undefined;
  private readonly watched = new Map<Element, number>();
  private seenTimer: ReturnType<typeof setTimeout> | undefined;
  private seenUpTo = 0;
  private earlier = {first: '', last: '', height: 0, top: 0};
  private placed = false;
  private cursor = ''; // id of the message that the arrow keys are on

  override connectedCallback(): void {
    super.connectedCallback();
    for (const type of ['focus', 'blur']) window.addEventListener(type, this.activity);
    document.addEventListener('visibilitychange', this.activity);
    this.activity();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    for (const type of ['focus', 'blur']) window.removeEventListener(type, this.activity);
    document.removeEventListener('visibilitychange', this.activity);
    this.watcher?.disconnect();
    this.sizes?.disconnect();
    this.watcher = this.sizes = undefined;
    this.watched.clear();
    clearTimeout(this.seenTimer);
  }

  /** Another room: forget where we were. */
  startOver(): void {
    this.placed = false;
    this.atBottom = true;
    this.below = 0;
    this.seenUpTo = 0;
    this.cursor = '';
    for (const [element, seq] of this.watched) {
      this.watcher?.unobserve(element);
      this.tracker.setInView(seq, false, Date.now());
    }
    this.watched.clear();
  }

  /** To the newest, for example after sending. */
  toBottom(): void {
    this.atBottom = true;
    this.below = 0;
    void this.updateComplete.then(() => this.stick());
  }

  /** Brings a message into view and puts the keyboard on it, for example after a search. */
  reveal(id: string): void {
    this.placed = true;
    this.atBottom = false;
    this.cursor = id;
    this.requestUpdate();
    void this.updateComplete.then(() => {
      const row = this.rows().find((it) => it.dataset.id === id);
      row?.scrollIntoView({block: 'center'});
      row?.focus({preventScroll: true});
    });
  }

  /** Puts the keyboard on the newest message. */
  override focus(): void {
    this.rows().find((row) => row.tabIndex === 0)?.focus();
  }

  // --- drawing ------------------------------------------------------------------------------------------------------

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has('items')) return;
    const {scroller} = this;
    const known = changed.get('items') as readonly Item[] | undefined;
    this.earlier = {
      first: known?.[0]?.id ?? '', last: known?.[known.length - 1]?.id ?? '',
      height: scroller?.scrollHeight ?? 0, top: scroller?.scrollTop ?? 0,
    };
    if (!this.items.some((item) => item.id === this.cursor)) this.cursor = this.items[this.items.length - 1]?.id ?? '';
  }

  protected override render() {
    return html`
      <div class="scroll" role="log" aria-live="off" aria-label=${this.say('list.label')} part="list"
        aria-busy=${this.phase === 'loading' ? 'true' : 'false'}
        @scroll=${this.scrolled} @keydown=${this.key} @click=${this.clicked}>
        ${this.phase === 'loading' && this.items.length === 0 ? this.skeleton() : nothing}
        ${this.phase === 'failed' && this.items.length === 0 ? this.failure() : nothing}
        ${this.hasOlder ? html`<button class="older" ?disabled=${this.loadingOlder} @click=${this.older}>${
          this.say(this.loadingOlder ? 'app.loading' : 'list.older')}</button>` : nothing}
        <slot name="empty"></slot>
        <ol>${this.lines()}</ol>
        ${this.typing.length ? html`<div class="typing"><span class="dots" aria-hidden="true"><i></i><i></i><i></i></span>${
          this.typing.length === 1 ? this.say('list.typing', {name: this.typing[0]!}) : this.say('list.typingMany')}</div>`
          : nothing}
      </div>
      ${this.atBottom ? nothing : html`<button class="jump" aria-label=${this.below
          ? this.say.count('list.jumpNew', this.below) : this.say('list.jump')} @click=${this.toBottom}>${
        icon('down')}${this.below ? this.say.count('list.jumpNew', this.below) : nothing}</button>`}
    `;
  }

  private lines() {
    const entries = layout(this.items, this.format.dayKey, this.divider);
    const byId = new Map(this.items.map((item) => [item.id, item]));
    const now = Date.now();
    const ctx: MessageViewContext = {
      say: this.say, format: this.format, now, nameOf: this.nameOf, find: (id) => byId.get(id),
    };
    return repeat(entries, (entry) => entry.key, (entry, index) => this.line(entry, entries[index + 1], ctx));
  }

  private line(entry: Entry, next: Entry | undefined, ctx: MessageViewContext) {
    if (entry.type !== 'message') {
      return html`<li class=${entry.type}>${entryView(entry, next, ctx)}</li>`;
    }
    const {item, first, last} = entry;
    const spoken = isSpoken(item.kind);
    const unseen = !item.mine && item.seq !== undefined && item.seq > this.seenUpTo;
    const limited = item.waitUntil !== undefined && item.waitUntil > ctx.now;
    const nextState = next?.type === 'message' ? next.item.state : undefined;
    return html`<li class=${spoken ? 'message' : 'event'} tabindex=${item.id === this.cursor ? 0 : -1}
      data-id=${item.id} data-kind=${item.kind === 'note' ? 'note' : nothing} data-seq=${unseen ? item.seq! : nothing} data-state=${item.state ?? nothing}
      ?data-own=${item.ownSide} ?data-first=${first} ?data-last=${last}>${guard(
        [item, first, last, nextState, this.say, this.format, this.nameOf, limited],
        () => entryView(entry, next, ctx))}</li>`;
  }

  private skeleton() {
    return html`<div class="skeleton" aria-hidden="true"><i></i><i></i><i></i><i></i><i></i></div>`;
  }

  private failure() {
    return html`<div class="failed" role="status"><p>${this.say('list.failed')}</p>
      <button @click=${() => this.tell('list-retry')}>${this.say('app.retry')}</button></div>`;
  }

  // --- keeping the place --------------------------------------------------------------------------------------------

  protected override updated(changed: PropertyValues<this>): void {
    if (!this.scroller) return;
    if (changed.has('items')) this.keepPlace();
    else if (changed.has('typing') && this.atBottom) this.stick();
    this.watchRows();
    if (!this.sizes) {
      this.sizes = new ResizeObserver(() => this.atBottom && this.stick());
      this.sizes.observe(this.scroller);
      this.sizes.observe(this.renderRoot.querySelector('ol')!);
    }
  }

  private keepPlace(): void {
    const {first, last, height, top} = this.earlier;
    const newest = this.items[this.items.length - 1];
    if (!this.placed) return this.firstPlace();
    if (newest?.mine && newest.id !== last && newest.seq === undefined) this.atBottom = true;
    if (this.atBottom) return this.stick();
    const oldest = this.items[0]?.id ?? '';
    if (first && oldest !== first) this.scroller!.scrollTop = top + this.scroller!.scrollHeight - height;
    const known = this.items.findIndex((item) => item.id === last);
    if (known >= 0) this.below += this.items.slice(known + 1).filter((item) => !item.mine).length;
  }

  /** The first sight of a room: where the unread begin, else the newest. */
  private firstPlace(): void {
    if (this.phase === 'loading' || this.items.length === 0) return;
    this.placed = true;
    this.stick();
    const unread = this.renderRoot.querySelector<HTMLElement>('.unread');
    const {scroller} = this;
    if (unread && scroller && scroller.scrollHeight > scroller.clientHeight) {
      scroller.scrollTop = Math.max(0, unread.offsetTop - 24);
      this.scrolled();
    }
  }

  private stick(): void {
    const {scroller} = this;
    if (scroller) scroller.scrollTop = scroller.scrollHeight;
  }

  private scrolled = (): void => {
    const {scroller} = this;
    if (!scroller) return;
    this.atBottom = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight <= NEAR_BOTTOM_PX;
    if (this.atBottom) this.below = 0;
    const isScrollable = scroller.scrollHeight > scroller.clientHeight + OLDER_PX;
    if (this.placed && isScrollable && scroller.scrollTop < OLDER_PX && this.hasOlder && !this.loadingOlder) this.older();
  };

  private older(): void {
    this.tell('list-older');
  }

  // --- what was seen ------------------------------------------------------------------------------------------------

  private watchRows(): void {
    this.watcher ??= new IntersectionObserver((changes) => this.moved(changes), {
      root: this.scroller, threshold: [0, 0.25, 0.5, SEEN_SHARE, 0.75, 1],
    });
    for (const [element, seq] of this.watched) {
      if (element.isConnected && element.hasAttribute('data-seq')) continue;
      this.watcher.unobserve(element);
      this.watched.delete(element);
      this.tracker.setInView(seq, false, Date.now());
    }
    for (const element of this.renderRoot.querySelectorAll('li[data-seq]')) {
      if (this.watched.has(element)) continue;
      this.watched.set(element, Number(element.getAttribute('data-seq')));
      this.watcher.observe(element);
    }
  }

  private moved(changes: IntersectionObserverEntry[]): void {
    const now = Date.now();
    for (const change of changes) {
      const seq = this.watched.get(change.target);
      if (seq === undefined) continue;
      const tall = change.intersectionRect.height >= SEEN_SHARE * (change.rootBounds?.height ?? Infinity);
      this.tracker.setInView(seq, change.intersectionRatio >= SEEN_SHARE || tall, now);
    }
    this.scheduleSeen();
  }

  private activity = (): void => {
    this.tracker.setActive(document.visibilityState === 'visible' && document.hasFocus(), Date.now());
    this.scheduleSeen();
  };

  private scheduleSeen(): void {
    clearTimeout(this.seenTimer);
    const now = Date.now();
    const read = this.tracker.readUpTo(now);
    if (read > this.seenUpTo) {
      this.seenUpTo = read;
      this.tell('list-seen', {seq: read});
    }
    const next = this.tracker.nextAt(now);
    if (next !== Infinity) this.seenTimer = setTimeout(() => this.scheduleSeen(), Math.max(10, next - now));
  }

  // --- keyboard -----------------------------------------------------------------------------------------------------

  private rows(): HTMLElement[] {
    return [...this.renderRoot.querySelectorAll<HTMLElement>('li[data-id]')];
  }

  private key(event: KeyboardEvent): void {
    if (event.key === 'Escape') return this.tell('list-leave');
    const row = (event.target as Element).closest<HTMLElement>('li[data-id]');
    if (!row || event.target !== row) return;
    const rows = this.rows();
    const at = rows.indexOf(row);
    const to = {ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: rows.length - 1}[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const next = rows[Math.max(0, Math.min(rows.length - 1, to))]!;
    this.cursor = next.dataset.id!;
    this.requestUpdate();
    next.focus();
    next.scrollIntoView({block: 'nearest'});
  }

  private clicked(event: Event): void {
    const button = (event.target as Element).closest<HTMLElement>('button[data-do]');
    if (button) this.tell(`list-${button.dataset.do!}`, {id: button.dataset.id});
  }

  private tell(name: string, detail?: unknown): void {
    this.dispatchEvent(new CustomEvent(name, {detail}));
  }
}
