/* message-list.ts - the messages of one room, oldest first. Scrolls with what comes while it is at the bottom, keeps
 * its place otherwise and when older ones are put above; one tab stop, whose arrows go from message to message and
 * whose Enter opens what can be done with one. */
import {html, LitElement, nothing} from 'lit';
import type {PropertyValues} from 'lit';
import {customElement, property, query, state} from 'lit/decorators.js';
import {guard} from 'lit/directives/guard.js';
import {repeat} from 'lit/directives/repeat.js';
import {Format} from '../../format.js';
import {textOf} from '../../text.js';
import type {Say} from '../../text.js';
import {isSpoken, layout} from '../../thread/items.js';
import type {Divider, Entry, Item} from '../../thread/items.js';
import type {ThreadPhase} from '../../thread/room-thread.js';
import {icon} from './icons.js';
import {nextSlice} from './list-window.js';
import {listStyles} from './message-list.styles.js';
import {entryView, isLimited} from './message-view.js';
import type {LineMood, MessageViewContext} from './message-view.js';
import {Pace} from './pace.js';
import {ScrollPlace} from './scroll-place.js';
import {SeenWatch} from './seen-watch.js';
import {tickStyles} from './ticks.js';
import {basics} from './tokens.js';

const NEAR_BOTTOM_PX = 120;
const OLDER_PX = 240;
const SLOW_MS = 10000;
const COPIED_MS = 1500;
const FLASH_MS = 1600;

/** @fires list-older {CustomEvent<void>} the person scrolled to the top.
 *  @fires list-seen {CustomEvent<{seq: number}>} read up to here.
 *  @fires list-reply {CustomEvent<{item: Item}>} this one is to be answered (only where canReply).
 *  @fires list-find {CustomEvent<{id: string}>} a quoted message that is not loaded is to be shown.
 *  @fires list-edit {CustomEvent<{id: string}>} a rejected message is to be changed.
 *  @fires list-discard {CustomEvent<{id: string}>} one that waits or was rejected is given up.
 *  @fires list-retry {CustomEvent<void>} the history is asked for again.
 *  @fires list-leave {CustomEvent<void>} Esc: back to the composer. */
@customElement('message-list')
export class MessageList extends LitElement {
  @property({attribute: false}) items: readonly Item[] = [];
  @property({attribute: false}) divider?: Divider;
  @property({attribute: false}) phase: ThreadPhase = 'loading';
  @property({type: Boolean}) hasOlder = false;
  @property({type: Boolean}) loadingOlder = false;
  @property({attribute: false}) typing: readonly string[] = [];
  @property({attribute: false}) nameOf: (item: Item) => string = (item) => item.sender;
  @property({attribute: false}) say: Say = textOf('es');
  @property({attribute: false}) format = new Format(textOf('es'));
  /** messages can be answered one by one */
  @property({type: Boolean}) canReply = false;
  @state() private atBottom = true;
  @state() private below = 0; // came while the person was reading further up
  @state() private cursor = ''; // id of the message that the arrow keys are on
  @state() private hovered = '';
  @state() private opened = ''; // whose actions are shown
  @state() private copied = '';
  @state() private flashed = '';
  @state() private lost: ReadonlySet<string> = new Set(); // quoted, and nowhere to be found
  @state() private slow = false; // the first page takes its time
  @query('.scroll') private scroller?: HTMLElement;

  static override styles = [basics, tickStyles, listStyles];

  private readonly pace = new Pace();
  private readonly seen = new SeenWatch(this, () => this.scroller, (seq) => this.tell('list-seen', {seq}));
  private readonly place = new ScrollPlace(() => this.scroller, () => this.renderRoot.querySelector('ol')!.children);
  private sizes: ResizeObserver | undefined;
  private shown: readonly Item[] = []; // those of `items` that are on the page by now
  private placed = false;
  private fromEnd = 0; // at the bottom: how far above the very end the person has scrolled
  private topSeen = 0; // the scroller's place when we last looked
  private slowTimer: ReturnType<typeof setTimeout> | undefined;
  private limitTimer: ReturnType<typeof setTimeout> | undefined;

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.sizes?.disconnect();
    this.sizes = undefined;
    clearTimeout(this.slowTimer);
    clearTimeout(this.limitTimer);
  }

  /** Another room: forget where we were. */
  startOver(): void {
    this.placed = false;
    this.atBottom = true;
    this.below = this.fromEnd = 0;
    this.cursor = this.hovered = this.opened = '';
    this.shown = [];
    this.seen.startOver();
  }

  /** To the newest, for example after sending. */
  toBottom(): void {
    this.atBottom = true;
    this.below = this.fromEnd = 0;
    void this.updateComplete.then(() => this.stick());
  }

  /** Brings a message into view and puts the keyboard on it, for example after a search. */
  reveal(id: string): void {
    this.placed = true;
    this.atBottom = false;
    this.cursor = this.flashed = id;
    setTimeout(() => (this.flashed = ''), FLASH_MS);
    void this.whole().then(() => {
      const row = this.row(id);
      row?.scrollIntoView({block: 'center'});
      row?.focus({preventScroll: true});
      this.scrolled();
    });
  }

  /** A quoted message that was asked for by list-find is nowhere: its quotes say so. */
  notFound(id: string): void {
    this.lost = new Set([...this.lost, id]);
  }

  /** Puts the keyboard on the newest message, or where it was. */
  override focus(): void {
    this.row(this.cursor)?.focus();
  }

  /** Resolves when everything is on the page. */
  private async whole(): Promise<void> {
    do await this.updateComplete;
    while (this.shown.length < this.items.length && this.isConnected);
  }

  // --- drawing ------------------------------------------------------------------------------------------------------

  protected override scheduleUpdate(): void | Promise<unknown> {
    const turn = this.pace.turn();
    return turn ? turn.then(() => super.scheduleUpdate()) : super.scheduleUpdate();
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('phase')) this.watchPatience();
    if (this.placed && this.scroller && this.scroller.scrollTop !== this.topSeen) this.scrolled(); // its event is on its way
    if (this.scroller && !this.atBottom) this.place.note();
    if (this.shown !== this.items) this.showMore();
    if (!this.shown.some((item) => item.id === this.cursor)) this.cursor = this.shown[this.shown.length - 1]?.id ?? '';
  }

  /** Something is new, or not all of it is on the page yet. */
  private showMore(): void {
    const known = new Set(this.shown.map((item) => item.id));
    const last = this.shown[this.shown.length - 1];
    const {from, to} = nextSlice(this.items.map((item) => item.id), known);
    this.shown = from === 0 && to === this.items.length ? this.items : this.items.slice(from, to);
    this.noteNews(known, last);
  }

  /** What the person has just written is looked at; what others write further down is counted. */
  private noteNews(known: ReadonlySet<string>, last: Item | undefined): void {
    const newest = this.shown[this.shown.length - 1];
    if (!newest || newest.id === last?.id || known.size === 0) return;
    if (newest.mine && newest.seq === undefined && !known.has(newest.id)) this.atBottom = true;
    if (this.atBottom) this.fromEnd = 0;
    if (this.atBottom) return;
    for (let i = this.shown.length - 1; i >= 0 && !known.has(this.shown[i]!.id); i--) {
      if (!this.shown[i]!.mine) this.below++;
    }
  }

  protected override render() {
    const {phase, say} = this;
    const bare = this.shown.length === 0;
    return html`
      <div class="scroll" role="log" aria-live="off" aria-label=${say('list.label')} part="list"
        aria-busy=${phase === 'loading' ? 'true' : 'false'} @scroll=${this.scrolled} @keydown=${this.key}
        @click=${this.clicked} @focusin=${this.focused} @pointerover=${this.pointed} @pointerleave=${this.unpointed}>
        ${bare && phase === 'loading' && !this.slow ? this.skeleton() : nothing}
        ${bare && (phase === 'failed' || (phase === 'loading' && this.slow)) ? this.failure() : nothing}
        ${this.hasOlder ? html`<button class="older" tabindex="-1" ?disabled=${this.loadingOlder} @click=${this.older}>${
          say(this.loadingOlder ? 'app.loading' : 'list.older')}</button>` : nothing}
        <slot name="empty"></slot>
        <ol>${this.lines()}</ol>
        ${this.typing.length ? html`<div class="typing"><span class="dots" aria-hidden="true"><i></i><i></i><i></i></span>${
          this.typing.length === 1 ? say('list.typing', {name: this.typing[0]!}) : say('list.typingMany')}</div>`
          : nothing}
      </div>
      ${this.atBottom ? nothing : html`<button class="jump" part="jump" aria-label=${this.below
          ? say.count('list.jumpNew', this.below) : say('list.jump')} @click=${this.toBottom}>${
        icon('down')}${this.below ? say.count('list.jumpNew', this.below) : nothing}</button>`}
    `;
  }

  private lines() {
    const entries = layout(this.shown, this.format.dayKey, this.divider);
    let byId: Map<string, Item> | undefined;
    const find = (id: string): Item | undefined => (byId ??= new Map(this.items.map((item) => [item.id, item]))).get(id);
    const ctx: MessageViewContext = {
      say: this.say, format: this.format, now: Date.now(), nameOf: this.nameOf, find, canReply: this.canReply, lost: this.lost,
    };
    return repeat(entries, (entry) => entry.key, (entry, index) => this.line(entry, entries[index + 1], ctx));
  }

  /** Only a line about which something changed is drawn again. */
  private line(entry: Entry, next: Entry | undefined, ctx: MessageViewContext) {
    if (entry.type !== 'message') {
      return html`<li class=${entry.type}>${entryView(entry, next, ctx, CALM)}</li>`;
    }
    const {item, first, last} = entry;
    const {id} = item;
    const mood: LineMood = {hover: id === this.hovered, open: id === this.opened, copied: id === this.copied};
    const unseen = !item.mine && item.seq !== undefined && item.seq > this.seen.upTo;
    const quoted = item.replyTo ? ctx.find(item.replyTo) ?? this.lost.has(item.replyTo) : undefined;
    const nextItem = next?.type === 'message' ? next.item : undefined;
    return guard([
      item, first, last, unseen, quoted, nextItem?.state, nextItem?.waitUntil, isLimited(item, ctx.now), ctx.nameOf(item),
      id === this.cursor, id === this.flashed, mood.hover, mood.open, mood.copied, this.say, this.format, this.canReply,
    ], () => html`<li class=${isSpoken(item.kind) ? 'message' : 'event'} tabindex=${id === this.cursor ? 0 : -1}
      data-id=${id} data-kind=${item.kind === 'note' ? 'note' : nothing} data-seq=${unseen ? item.seq! : nothing}
      data-state=${item.state ?? nothing} ?data-own=${item.ownSide} ?data-first=${first} ?data-last=${last}
      ?data-open=${mood.open} ?data-flash=${id === this.flashed}>${entryView(entry, next, ctx, mood)}</li>`);
  }

  private skeleton() {
    return html`<div class="skeleton" aria-hidden="true"><i></i><i></i><i></i><i></i><i></i></div>`;
  }

  private failure() {
    return html`<div class="failed" role="status"><p>${this.say('list.failed')}</p>
      <button @click=${this.retry}>${this.say('app.retry')}</button></div>`;
  }

  private retry(): void {
    this.slow = false;
    this.watchPatience();
    this.tell('list-retry');
  }

  private watchPatience(): void {
    clearTimeout(this.slowTimer);
    if (this.phase === 'loading') this.slowTimer = setTimeout(() => (this.slow = true), SLOW_MS);
    else this.slow = false;
  }

  protected override updated(): void {
    if (!this.scroller) return;
    this.keepPlace();
    this.watchLimits();
    if (!this.sizes) {
      this.sizes = new ResizeObserver(() => this.keepPlace());
      this.sizes.observe(this.scroller);
      this.sizes.observe(this.renderRoot.querySelector('ol')!);
    }
    if (this.shown.length < this.items.length) this.requestUpdate(); // the rest, a frame later
  }

  /** "Vas muy rápido" goes when its time is over. */
  private watchLimits(): void {
    clearTimeout(this.limitTimer);
    const now = Date.now();
    const ends = this.shown.filter((item) => isLimited(item, now)).map((item) => item.waitUntil!);
    if (ends.length) this.limitTimer = setTimeout(() => this.requestUpdate(), Math.min(...ends) - now + 50);
  }

  // --- keeping the place --------------------------------------------------------------------------------------------

  private keepPlace(): void {
    if (!this.placed) this.firstPlace();
    else if (this.atBottom) this.stick();
    else this.place.restore();
    this.topSeen = this.scroller?.scrollTop ?? 0;
  }

  /** The first sight of a room: where the unread begin, else the newest. What is shown from this device's memory, before
   * the archive has answered, stands at its end. */
  private firstPlace(): void {
    if (this.shown.length === 0) return;
    this.stick();
    if (this.phase === 'loading') return;
    this.placed = true;
    const unread = this.renderRoot.querySelector<HTMLElement>('.unread');
    const {scroller} = this;
    if (unread && scroller && scroller.scrollHeight > scroller.clientHeight) {
      scroller.scrollTop = Math.max(0, unread.offsetTop - 24);
      this.scrolled();
    }
  }

  private stick(): void {
    const {scroller} = this;
    if (scroller) scroller.scrollTop = scroller.scrollHeight - scroller.clientHeight - this.fromEnd;
  }

  private scrolled = (): void => {
    const {scroller} = this;
    if (!scroller) return;
    const fromEnd = Math.max(0, Math.round(scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight));
    this.atBottom = fromEnd <= NEAR_BOTTOM_PX;
    this.fromEnd = this.atBottom ? fromEnd : 0;
    this.topSeen = scroller.scrollTop;
    if (this.atBottom) this.below = 0;
    else this.place.note();
    const isScrollable = scroller.scrollHeight > scroller.clientHeight + OLDER_PX;
    if (this.placed && isScrollable && scroller.scrollTop < OLDER_PX && this.hasOlder && !this.loadingOlder) this.older();
  };

  private older(): void {
    this.tell('list-older');
  }

  // --- keyboard and mouse -------------------------------------------------------------------------------------------

  private row(id: string): HTMLElement | null {
    return id ? this.renderRoot.querySelector<HTMLElement>(`li[data-id="${CSS.escape(id)}"]`) : null;
  }

  private key(event: KeyboardEvent): void {
    const target = event.target as HTMLElement;
    const row = target.closest<HTMLElement>('li[data-id]');
    if (event.key === 'Escape') return this.escape(event, row, target);
    if (target.matches('.older') && event.key === 'ArrowDown') return this.move(event, 0);
    if (!row) return;
    if (target !== row) return this.moveInside(event, row, target);
    const rows = [...this.renderRoot.querySelectorAll<HTMLElement>('li[data-id]')];
    const at = rows.indexOf(row);
    const to = {ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: rows.length - 1}[event.key];
    if (to !== undefined) this.move(event, to, rows);
    else if (event.key === 'Enter' || event.key === ' ') void this.enter(event, row.dataset.id!);
  }

  private move(event: KeyboardEvent, to: number, rows = [...this.renderRoot.querySelectorAll<HTMLElement>('li[data-id]')]): void {
    event.preventDefault();
    const next = to < 0 ? this.renderRoot.querySelector<HTMLElement>('.older') : rows[Math.min(rows.length - 1, to)];
    next?.focus();
    next?.scrollIntoView({block: 'nearest'});
  }

  /** Esc leads outward: from the actions to their message, from there to the composer. */
  private escape(event: KeyboardEvent, row: HTMLElement | null, target: HTMLElement): void {
    event.stopPropagation();
    const wasOpen = this.opened !== '';
    this.opened = '';
    if (row && (wasOpen || target !== row)) row.focus();
    else this.tell('list-leave');
  }

  /** Opens what can be done with a message, and puts the keyboard there. */
  private async enter(event: KeyboardEvent, id: string): Promise<void> {
    event.preventDefault();
    this.opened = id;
    await this.updateComplete;
    const row = this.row(id);
    row?.querySelector<HTMLElement>('.actions .do')?.focus();
    row?.scrollIntoView({block: 'nearest'});
  }

  private moveInside(event: KeyboardEvent, row: HTMLElement, target: HTMLElement): void {
    const all = [...row.querySelectorAll<HTMLElement>('.actions .do')];
    const at = all.indexOf(target);
    const step = {ArrowLeft: -1, ArrowRight: 1, ArrowUp: -1, ArrowDown: 1}[event.key];
    if (at < 0 || step === undefined) return;
    event.preventDefault();
    all[(at + step + all.length) % all.length]!.focus();
  }

  private focused(event: FocusEvent): void {
    const row = (event.target as Element).closest<HTMLElement>('li[data-id]');
    const id = row?.dataset.id;
    if (row && id && id !== this.cursor) { // now, not at the next drawing: Tab may come before it
      this.row(this.cursor)?.setAttribute('tabindex', '-1');
      row.setAttribute('tabindex', '0');
      this.cursor = id;
    }
    if (this.opened && id !== this.opened) this.opened = '';
  }

  private pointed(event: PointerEvent): void {
    if (event.pointerType !== 'mouse') return;
    this.hovered = (event.target as Element).closest<HTMLElement>('li.message')?.dataset.id ?? '';
  }

  private unpointed(): void {
    this.hovered = '';
  }

  private clicked(event: MouseEvent): void {
    const target = event.target as Element;
    const row = target.closest<HTMLElement>('li[data-id]');
    const what = target.closest<HTMLElement>('[data-do]');
    if (row && what) return this.act(what.dataset.do!, row.dataset.id!, what);
    const isTouch = (event as PointerEvent).pointerType === 'touch' || matchMedia('(hover: none)').matches;
    if (row && isTouch && target.closest('.bubble') && !target.closest('a')) {
      this.opened = this.opened === row.dataset.id ? '' : row.dataset.id!;
    }
  }

  private act(what: string, id: string, on: HTMLElement): void {
    const item = this.items.find((it) => it.id === id);
    if (what !== 'copy' && what !== 'link') this.opened = '';
    if (what === 'reply' && item) this.tell('list-reply', {item});
    else if (what === 'copy' && item) void this.copy(item);
    else if (what === 'quoted') this.goTo(on.dataset.id!);
    else if (what === 'edit' || what === 'discard') {
      this.tell(`list-${what}`, {id});
      if (what === 'discard') void this.updateComplete.then(() => this.focus());
    }
  }

  private async copy(item: Item): Promise<void> {
    await navigator.clipboard.writeText(item.text).catch(() => {});
    this.copied = item.id;
    setTimeout(() => (this.copied = ''), COPIED_MS);
  }

  private goTo(id: string): void {
    if (this.items.some((item) => item.id === id)) this.reveal(id);
    else this.tell('list-find', {id});
  }

  private tell(name: string, detail?: unknown): void {
    this.dispatchEvent(new CustomEvent(name, {detail}));
  }
}

const CALM: LineMood = {hover: false, open: false, copied: false};
