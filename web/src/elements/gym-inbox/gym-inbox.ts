/* gym-inbox.ts - <gym-inbox>: the desk. The gym's rooms in a list, one of them open, and what is known of its client.
 *
 * Attributes: token-url, api-base, lang, theme, room (the open one), no-url (leaves the page's address alone).
 * Property: getToken. Methods: show(room), logout().
 * Events (bubbling): gymchat-ready, gymchat-unread {count} (rooms with something unread), gymchat-room {room}.
 * Four regions from 1200 px of its own width, list and thread (the card as a drawer) from 800, one region below. */
import {html, nothing} from 'lit';
import type {PropertyValues} from 'lit';
import {customElement, property, query, state} from 'lit/decorators.js';
import {arrivals, isLit} from '../../inbox/arrivals.js';
import type {Canned} from '../../inbox/canned.js';
import {loadCanned, saveCanned} from '../../inbox/desk-api.js';
import type {Hit} from '../../inbox/desk-api.js';
import {DeskRoom} from '../../inbox/desk-room.js';
import {Drafts} from '../../inbox/drafts.js';
import type {DraftMode} from '../../inbox/drafts.js';
import {matcher} from '../../inbox/filter.js';
import {HereTeller} from '../../inbox/here.js';
import {isKioskRoom, personOf, roomName} from '../../inbox/inbox-state.js';
import type {InboxRow} from '../../inbox/inbox-state.js';
import {Inbox} from '../../inbox/inbox.js';
import {PrefStore, storageOf} from '../../inbox/prefs.js';
import type {Prefs} from '../../inbox/prefs.js';
import type {Command} from '../../inbox/shortcuts.js';
import {inputOf, snoozeFrom} from '../../inbox/snooze.js';
import type {Session} from '../../session/session.js';
import '../../text-inbox.js';
import type {TextKey} from '../../text.js';
import {ownerOf} from '../../wire.js';
import type {LiveMessage} from '../../wire.js';
import {GymElement} from '../shared/gym-element.js';
import {icon} from '../shared/icons.js';
import type {LiveAnnouncer} from '../shared/live-announcer.js';
import {basics, tokens} from '../shared/tokens.js';
import '../shared/connection-strip.js';
import '../shared/live-announcer.js';
import {blankStyles} from './blank.styles.js';
import './canned-editor.js';
import {DeskActions} from './desk-actions.js';
import {DeskCalls} from './desk-calls.js';
import './desk-card.js';
import type {DeskCard} from './desk-card.js';
import {assignItems, nameOfRoom, paletteChoices, snoozeItems} from './desk-choices.js';
import './desk-dialog.js';
import {DeskKeys} from './desk-keys.js';
import './desk-palette.js';
import {DeskSearch} from './desk-search.js';
import {deskIcon} from './desk-icons.js';
import './desk-thread.js';
import type {DeskThread} from './desk-thread.js';
import {deskTokens} from './desk-tokens.js';
import {faceStyles} from './face.styles.js';
import {inboxStyles} from './gym-inbox.styles.js';
import {helpView, prefsView, snoozeView} from './inbox-dialogs.js';
import {dialogStyles} from './inbox-dialogs.styles.js';
import {blank, doorstep, hitList, rail, shelfTitle, skeleton, summary, tabs, toastView} from './inbox-parts.js';
import type {Words} from './inbox-parts.js';
import {listRegionStyles} from './list-region.styles.js';
import {railStyles} from './rail.styles.js';
import './room-list-view.js';
import type {RoomListView} from './room-list-view.js';
import type {RowFacts} from './room-row.js';

type Layout = 'wide' | 'medium' | 'narrow';
type Dialog = 'help' | 'prefs' | 'palette' | 'snooze' | 'canned';

const WIDE_PX = 1200;
const MEDIUM_PX = 800;
const POINTER_REST_MS = 10000; // a mouse that lies still over the list
const POINTER_LEFT_MS = 400;

@customElement('gym-inbox')
export class GymInbox extends GymElement {
  /** The open room's key; none: the list alone. */
  @property({reflect: true}) room?: string;
  /** Leaves the page's address alone; else filters and the open room stand in it. */
  @property({type: Boolean, attribute: 'no-url'}) noUrl = false;
  /** By the element's own width. */
  @property({reflect: true}) layout: Layout = 'wide';
  @state() cardOpen = false;
  @state() dialog: Dialog | undefined;
  @state() private snoozePast = false;
  @query('room-list') rows?: RoomListView;
  @query('desk-thread') threadView?: DeskThread;
  @query('desk-card') card?: DeskCard;
  @query('live-announcer') private announcer?: LiveAnnouncer;

  /** of this element's own parts; a page has no business with them */
  inbox: Inbox | undefined;
  desk: DeskRoom | undefined;
  prefs = new PrefStore('');
  readonly actions = new DeskActions(this, () => this.wording);
  private readonly search = new DeskSearch(this, () => this.rows?.toTop());
  private readonly keys = new DeskKeys(this);
  private readonly calls = new DeskCalls(this, (room) => this.show(room));
  private drafts = new Drafts('');
  private here: HereTeller | undefined;
  private canned: Canned[] = [];
  private pointerTimer: ReturnType<typeof setTimeout> | undefined;
  private hovered: string | undefined;
  private focusedRow: string | undefined;
  private unread = -1;
  private ticker: ReturnType<typeof setInterval> | undefined;
  private sizes: ResizeObserver | undefined;
  private unfollow: () => void = () => {};

  static override styles = [
    tokens, deskTokens, basics, faceStyles, inboxStyles, railStyles, listRegionStyles, blankStyles, dialogStyles,
  ];

  // --- life ---------------------------------------------------------------------------------------------------------

  override connectedCallback(): void {
    super.connectedCallback();
    this.ticker = setInterval(() => this.requestUpdate(), 1000);
    this.sizes = new ResizeObserver(() => this.fit());
    this.sizes.observe(this);
    this.fit();
    document.addEventListener('visibilitychange', this.onVisibility);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.pointerTimer);
    clearInterval(this.ticker);
    this.sizes?.disconnect();
    document.removeEventListener('visibilitychange', this.onVisibility);
    this.here?.leave();
    this.closeRoom();
    this.inbox?.stop();
    this.inbox = undefined;
  }

  /** Nothing of this person stays on the device. */
  async logout(): Promise<void> {
    this.drafts.wipe();
    this.prefs.wipe();
    this.closeRoom();
    this.inbox?.stop();
    this.inbox = undefined;
    await this.session?.wipe();
    this.session = undefined;
    this.requestUpdate();
  }

  private fit(): void {
    const width = this.clientWidth || window.innerWidth;
    this.layout = width >= WIDE_PX ? 'wide' : width >= MEDIUM_PX ? 'medium' : 'narrow';
  }

  protected opened(session: Session): void {
    const {identity, clock} = session;
    const owner = ownerOf(identity);
    const {room: askedRoom, ...filter} = this.search.begin();
    this.drafts = new Drafts(owner, storageOf('sessionStorage'));
    this.prefs = new PrefStore(owner, storageOf('localStorage'));
    this.inbox = new Inbox(session, filter, () => this.prefs.get().flagged);
    this.here = new HereTeller(clock, (room, viewing, replying) => session.feed.here(room, viewing, replying));
    this.keep(this.inbox.on((event) => {
      if (event.type === 'arrived') this.called(event.room, event.message);
      else this.requestUpdate();
    }));
    this.keep(session.feed.on((event) => {
      if (event.type === 'resumed') this.here?.relink();
    }));
    this.inbox.start();
    const room = this.room || askedRoom;
    if (room) this.show(room, {focus: false});
    void this.search.lookFor(filter.words);
    void loadCanned(session.api, identity.gym).then((list) => (this.canned = list), () => {});
    this.tell('ready', undefined);
    this.requestUpdate();
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    // set from outside
    if (changed.has('room') && this.inbox && this.desk?.room !== (this.room || undefined)) this.show(this.room || undefined);
    this.inbox?.list.pin([this.room, this.hovered, this.focusedRow].filter((it): it is string => Boolean(it)));
  }

  // --- rooms --------------------------------------------------------------------------------------------------------

  /** Opens a room; undefined: back to the list. */
  show(room: string | undefined, how: {focus?: boolean; push?: boolean} = {}): void {
    if (!this.inbox || !this.session) return;
    const from = this.desk?.room;
    if (from === room && room !== undefined) return void this.focusThread(how.focus !== false);
    this.closeRoom();
    this.room = room;
    this.cardOpen = false;
    if (room !== undefined) {
      const thread = this.inbox.show(room)!;
      this.prefs.flag(room, false);
      this.desk = new DeskRoom(this.session, this.inbox, room, thread);
      this.unfollow = this.desk.on((event) => {
        if (event.type === 'arrived') this.announce(room, event.message);
        else this.requestUpdate();
      });
    } else {
      this.inbox.show(undefined);
    }
    this.look();
    this.search.write(this.layout === 'narrow' && (room !== undefined) !== (from !== undefined));
    this.tell('room', {room});
    this.requestUpdate();
    void this.settled().then(() => {
      const draft = room === undefined ? undefined : this.drafts.get(room);
      this.threadView?.restore(draft?.text ?? '', draft?.mode ?? 'reply');
      if (room !== undefined) this.rows?.show(room);
      if (how.focus === false) return;
      if (room !== undefined) this.focusThread(true);
      else this.rows?.focusRow(from);
    });
  }

  /** This and the thread within are drawn. */
  async settled(): Promise<void> {
    await this.updateComplete;
    await this.threadView?.settled();
  }

  private closeRoom(): void {
    this.unfollow();
    this.unfollow = () => {};
    this.desk?.close();
    this.desk = undefined;
  }

  /** Where letters go at once, on a screen that shows both; on a small one a keyboard would cover half of it. */
  private focusThread(wanted: boolean): void {
    if (!wanted) return;
    if (this.layout === 'narrow' || !matchMedia('(hover: hover)').matches) this.threadView?.focusHeading();
    else this.threadView?.focusComposer();
  }

  private announce(room: string, message: LiveMessage): void {
    if (message.kind === 'checkin') return;
    this.announcer?.announce({author: this.personName(message.role, message.sender, room), text: message.text});
  }

  /** Somebody waits for the desk. */
  private called(room: string, {role, sender, text}: LiveMessage): void {
    const author = this.personName(role, sender, room);
    this.calls.call({room, author, text, locale: this.say.locale, isOpen: room === this.room, now: this.now}, this.prefs.get());
  }

  private personName(role: LiveMessage['role'], sender: string, room: string): string {
    if (role === 'kiosk') return this.say('inbox.kioskName', {id: sender});
    const row = this.inbox?.state.get(room);
    if (role === 'client' && row) return nameOfRoom(row, this.say);
    return this.inbox?.nameOf(role, sender) ?? sender;
  }

  /** Colleagues see that we look at this room, while the page is in front of somebody. */
  private look(): void {
    this.here?.look(document.visibilityState === 'visible' ? this.room || undefined : undefined);
  }

  private onVisibility = (): void => {
    this.look();
    if (document.visibilityState === 'hidden') this.inbox?.leave();
    else this.inbox?.comeBack();
  };

  // --- doing --------------------------------------------------------------------------------------------------------

  /** The room that shortcuts are for: the open one, else the keyboard's row. */
  get target(): InboxRow | undefined {
    const room = this.room || this.focusedRow;
    return room ? this.inbox?.state.get(room) : undefined;
  }

  /** key: of the snooze menu. */
  private snooze(room: string, key: string): void {
    this.snoozePast = false;
    if (key === 'choose') this.dialog = 'snooze';
    else this.actions.snooze(room, Number(key));
  }

  private send(text: string, mode: DraftMode): void {
    const {desk} = this;
    if (!desk) return;
    this.drafts.drop(desk.room);
    if (mode === 'note') this.drafts.put(desk.room, '', mode, desk.lastSeq, this.now); // the next one is a note as well
    this.here?.sent();
    void desk.send(text, mode);
    this.threadView?.toBottom();
    this.requestUpdate();
  }

  private drafted(text: string, mode: DraftMode, typed: boolean): void {
    const {desk} = this;
    if (!desk) return;
    this.drafts.put(desk.room, text, mode, desk.lastSeq, this.now);
    if (typed && mode === 'reply' && text.trim() !== '') desk.thread.typed();
    if (typed || mode === 'note') this.here?.typed(mode === 'reply' && text.trim() !== '');
    this.requestUpdate();
  }

  private async saveCanned(list: Canned[]): Promise<void> {
    const {api, identity} = this.session!;
    this.canned = await saveCanned(api, identity.gym, list);
    this.dialog = undefined;
    this.actions.tell({words: this.say('canned.saved')});
  }

  private setPrefs(change: Partial<Prefs>): void {
    this.prefs.set(change);
    this.requestUpdate();
  }

  private async allowNotify(on: boolean): Promise<void> {
    const granted = on && typeof Notification !== 'undefined' && (await Notification.requestPermission()) === 'granted';
    this.setPrefs({notify: granted});
  }

  private pointer(over: boolean, room: string | undefined): void {
    const {list} = this.inbox!;
    clearTimeout(this.pointerTimer);
    this.hovered = room;
    if (over) list.hold('pointer');
    this.pointerTimer = setTimeout(() => {
      list.release('pointer');
      this.requestUpdate();
    }, over ? POINTER_REST_MS : POINTER_LEFT_MS);
  }

  private openCard(): void {
    this.cardOpen = true;
    void this.updateComplete.then(() => this.card?.focus());
  }

  closeCard(): void {
    this.cardOpen = false;
    void this.updateComplete.then(() => this.threadView?.focusCardButton());
  }

  // --- drawing ------------------------------------------------------------------------------------------------------

  protected override render() {
    const {session, say, inbox} = this;
    const gym = session?.me?.gym;
    const title = say('inbox.title', {gym: gym?.name || gym?.key || session?.identity?.gym || ''});
    if (!session || !inbox) return this.opening(title);
    const me = session.me?.name || session.identity.name || session.identity.sub;
    const showsList = this.layout !== 'narrow' || !this.room;
    const showsThread = this.layout !== 'narrow' || Boolean(this.room);
    return html`
      ${showsList ? html`${rail(this.wording, title, inbox.filter, {name: me, sub: session.identity.sub}, {
        shelf: (shelf) => this.search.setFilter({shelf}),
        prefs: () => (this.dialog = 'prefs'),
        help: () => (this.dialog = 'help'),
      })}${this.listRegion(session, inbox)}` : nothing}
      ${showsThread ? html`<main data-region="thread" aria-labelledby="thread-title">${showsList ? nothing : html`<h1 class="hidden">${title}</h1>`}${
        this.threadRegion(session, inbox)}</main>` : nothing}
      ${this.cardRegion(session, inbox)}
      ${toastView(this.wording, this.actions.toast, () => this.actions.undo(), () => this.actions.tell(undefined))}
      ${this.dialogView(session, inbox)}
      <live-announcer .say=${say}></live-announcer>`;
  }

  private get wording(): Words {
    return {say: this.say, format: this.format, now: this.now};
  }

  private opening(title: string) {
    const phase = this.session?.phase ?? 'starting';
    const key = {starting: 'app.loading', open: 'app.loading', denied: 'app.denied', unreachable: 'app.unreachable'}[phase];
    return html`<main class="opening"><h1 class="hidden">${title}</h1>${phase === 'starting' || phase === 'open' ? skeleton() : nothing}
      <p role="status" class=${phase === 'starting' || phase === 'open' ? 'hidden' : 'words'}>${this.say(key as TextKey)}</p></main>`;
  }

  private listRegion(session: Session, inbox: Inbox) {
    const {say} = this;
    const rows = inbox.rows();
    return html`<section class="list" role=${this.layout === 'narrow' ? 'main' : 'region'} data-region="list" aria-labelledby="list-title">
      <h2 id="list-title" tabindex="-1">${shelfTitle(say, inbox.filter.shelf)}</h2>
      <div class="search">${deskIcon('search')}
        <input id="search" type="search" .value=${this.search.words} maxlength="60" autocomplete="off" spellcheck="false"
          aria-label=${say('inbox.searchLabel')} placeholder=${say('inbox.search')}
          @input=${(e: Event) => this.search.typed((e.target as HTMLInputElement).value)} @keydown=${this.searchKey}>
        ${this.search.words ? html`<button aria-label=${say('inbox.searchClear')} @click=${this.clearWords}>${icon('close')}</button>`
          : this.prefs.get().shortcuts ? html`<kbd aria-hidden="true">/</kbd>` : nothing}
      </div>
      ${tabs(this.wording, inbox.filter, inbox.counts, (tab) => this.search.setFilter({tab}))}
      ${summary(this.wording, inbox.changes, inbox.changes ? 0 : inbox.list.waiting, () => this.accept(inbox))}
      ${doorstep(this.wording, arrivals(inbox.state, this.now).filter((row) => row.room !== this.room),
        (row) => nameOfRoom(row, say), (room) => this.show(room))}
      <div class="panel" id="tabpanel" role="tabpanel" aria-labelledby=${`tab-${inbox.filter.tab}`}
        aria-busy=${String(inbox.phase === 'loading')}>${this.listBody(session, inbox, rows)}</div>
      ${this.room && this.layout !== 'narrow' ? nothing : this.strip(session)}
    </section>`;
  }

  private accept(inbox: Inbox): void {
    inbox.accept();
    this.rows?.toTop();
    void this.updateComplete.then(() => this.renderRoot.querySelector<HTMLElement>('#list-title')?.focus());
  }

  private listBody(session: Session, inbox: Inbox, rows: InboxRow[]) {
    const {say} = this;
    if (rows.length === 0 && inbox.phase === 'loading') return skeleton();
    const hits = this.search.hits && inbox.filter.words.trim() ? hitList(this.wording, this.search.hits,
      (hit) => this.hitName(hit), (hit) => this.openHit(hit)) : nothing;
    if (rows.length === 0 && hits === nothing) return this.empty(session, inbox);
    return html`<room-list .rows=${rows} .open=${this.room || undefined} .total=${inbox.total} .hasMore=${inbox.hasMore}
      .loadingMore=${inbox.loadingMore} .label=${say('inbox.rooms')} .factsOf=${this.factsOf} .isGone=${this.isGone}
      .say=${say} .format=${this.format} .me=${session.identity.sub} .tick=${Math.floor(this.now / 1000)}
      @list-open=${(e: CustomEvent<{room: string}>) => this.show(e.detail.room)}
      @list-pointer=${(e: CustomEvent<{over: boolean; room?: string}>) => this.pointer(e.detail.over, e.detail.room)}
      @list-focus=${(e: CustomEvent<{room: string | undefined}>) => (this.focusedRow = e.detail.room)}
      @list-more=${() => inbox.loadMore()}>${hits}</room-list>`;
  }

  private empty(session: Session, inbox: Inbox) {
    const {say, format} = this;
    const {tab, shelf, words} = inbox.filter;
    if (inbox.phase === 'failed') {
      return blank(icon('alert'), say('inbox.failed'), '', html`<button class="plain" @click=${() => inbox.load()}>${say('app.retry')}</button>`);
    }
    const isFiltered = tab !== 'all' || shelf !== 'open' || words.trim() !== '';
    if (isFiltered && (words.trim() || (inbox.counts?.all ?? 0) > 0)) {
      return blank(deskIcon('search'), say('inbox.nothing'), say('inbox.nothingHint'),
        html`<button class="plain" @click=${this.clearFilter}>${say('inbox.clear')}</button>`);
    }
    const times = session.me?.response_time;
    const average = times && times.n >= 5
      ? html`<p class="figure">${say('inbox.doneAverage', {duration: format.duration(times.median_s * 1000)})}</p>` : nothing;
    return blank(icon('check'), say('inbox.done'), say('inbox.doneHint'), average);
  }

  private factsOf = (row: InboxRow): RowFacts => {
    const {now, say, session} = this;
    const inbox = this.inbox!;
    const person = personOf(row);
    const draft = row.room === this.room ? undefined : this.drafts.get(row.room);
    return {
      name: nameOfRoom(row, say),
      unread: inbox.unread(row),
      isFlagged: this.prefs.get().flagged.includes(row.room),
      isOnline: session!.presence.isOnline(person.role, person.who, now),
      isLit: isLit(row, now),
      assignee: row.assignee ? (row.assignee === session!.identity.sub ? say('app.you') : inbox.nameOf('staff', row.assignee) ?? row.assignee) : '',
      isMine: row.assignee === session!.identity.sub,
      viewers: row.room === this.room ? [] : inbox.here.in(row.room, now).map(({who}) => inbox.nameOf('staff', who) ?? who),
      draft: draft?.text.trim() ?? '',
      now,
    };
  };

  /** Still shown, for it was being looked at, but no longer of this list. */
  private get isGone(): (row: InboxRow) => boolean {
    const fits = matcher(this.inbox!.filter, this.session!.identity.sub, roomName);
    return (row) => !fits(row);
  }

  private hitName(hit: Hit): string {
    const row = this.inbox?.state.get(hit.room);
    return row ? nameOfRoom(row, this.say) : hit.title || this.inbox?.nameOf('client', hit.room) || hit.room;
  }

  private openHit(hit: Hit): void {
    this.show(hit.room);
    void this.settled().then(() => this.threadView?.reveal(hit.message.id, hit.message.seq));
  }

  private clearFilter(): void {
    this.search.clear();
    void this.updateComplete.then(() => this.renderRoot.querySelector<HTMLElement>('#list-title')?.focus());
  }

  private searchKey(event: KeyboardEvent): void {
    if (event.key === 'ArrowDown' && !event.altKey && this.rows?.focusRow()) return event.preventDefault();
    if (event.key !== 'Escape') return;
    event.stopPropagation();
    event.preventDefault();
    if (this.search.words) this.clearWords();
    else this.rows?.focusRow();
  }

  private clearWords(): void {
    this.search.typed('');
    this.renderRoot.querySelector<HTMLInputElement>('#search')?.focus();
  }

  private strip(session: Session) {
    const strip = session.strip();
    const {status} = session.feed;
    const isPolled = this.inbox?.polling || (status.via === 'poll' && status.phase === 'live');
    const shown = isPolled && strip.kind !== 'expired' ? {kind: 'offline' as const, text: 'inbox.polling' as const, action: 'retry' as const} : strip;
    return html`<connection-strip .strip=${shown} .say=${this.say} @strip-retry=${() => session.feed.wake('user')}></connection-strip>`;
  }

  private threadRegion(session: Session, inbox: Inbox) {
    const {say, desk} = this;
    if (!desk) {
      return blank(icon('chat'), say('inbox.pick'), say('inbox.pickHint'), html`<h2 id="thread-title" class="hidden" tabindex="-1">${
        say('inbox.pick')}</h2>${this.prefs.get().shortcuts ? html`<p class="keys-hint">${say('inbox.pickKeys')}</p>` : nothing}`);
    }
    const row = inbox.state.get(desk.room) ?? {room: desk.room, last_seq: 0};
    const person = personOf(row);
    return html`<h2 id="thread-title" class="hidden">${say('inbox.thread', {name: nameOfRoom(row, say)})}</h2>
      <desk-thread .desk=${desk} .row=${row} .name=${nameOfRoom(row, say)} .online=${session.presence.isOnline(person.role, person.who, this.now)}
        .layout=${this.layout} .session=${session} .inbox=${inbox} .draft=${this.drafts.get(desk.room)} .canned=${this.canned}
        .assignItems=${assignItems(inbox, session, row, say, this.now)} .snoozeItems=${snoozeItems(session, say, this.format, this.now)}
        .say=${say} .format=${this.format} .now=${this.now} .cardOpen=${this.cardOpen}
        @thread-back=${() => this.show(undefined)} @thread-card=${() => (this.cardOpen ? this.closeCard() : this.openCard())}
        @thread-resolve=${() => this.actions.toggleResolved(row)}
        @thread-assign=${(e: CustomEvent<{key: string}>) => this.actions.assign(desk.room, e.detail.key)}
        @thread-snooze=${(e: CustomEvent<{key: string}>) => this.snooze(desk.room, e.detail.key)}
        @thread-send=${(e: CustomEvent<{text: string; mode: DraftMode}>) => this.send(e.detail.text, e.detail.mode)}
        @thread-draft=${(e: CustomEvent<{text: string; mode: DraftMode; typed: boolean}>) => this.drafted(e.detail.text, e.detail.mode, e.detail.typed)}
        @thread-proceed=${() => {
          this.drafts.acknowledge(desk.room, desk.lastSeq, this.now);
          this.requestUpdate();
        }}
        @thread-templates=${() => (this.dialog = 'canned')} @thread-leave=${() => this.leaveThread()}
        >${this.strip(session)}</desk-thread>`;
  }

  private leaveThread(): void {
    if (this.layout === 'narrow') this.threadView?.focusHeading();
    else if (!this.rows?.focusRow(this.room)) this.renderRoot.querySelector<HTMLElement>('#list-title')?.focus();
  }

  private cardRegion(session: Session, inbox: Inbox) {
    const {desk, say} = this;
    const row = desk && inbox.state.get(desk.room);
    if (!desk || !row || (this.layout !== 'wide' && !this.cardOpen)) return nothing;
    const person = personOf(row);
    return html`<aside class="card" data-region="card" aria-label=${say('card.title')}>
      <desk-card .row=${row} .name=${nameOfRoom(row, say)} .online=${session.presence.isOnline(person.role, person.who, this.now)}
        .checkins=${isKioskRoom(row) ? [] : desk.checkins} .notes=${desk.notes.list.length} .known=${inbox.state.choices.labels}
        .assignee=${row.assignee ? inbox.nameOf('staff', row.assignee) ?? row.assignee : ''} .closable=${this.layout !== 'wide'} .menus=${this.layout === 'narrow'}
        .assignItems=${assignItems(inbox, session, row, say, this.now)} .snoozeItems=${snoozeItems(session, say, this.format, this.now)}
        .now=${this.now} .say=${say} .format=${this.format}
        @card-close=${() => this.closeCard()} @card-unread=${() => this.actions.markUnread(row.room)}
        @card-assign=${(e: CustomEvent<{key: string}>) => this.actions.assign(row.room, e.detail.key)}
        @card-snooze=${(e: CustomEvent<{key: string}>) => this.snooze(row.room, e.detail.key)}
        @card-labels=${(e: CustomEvent<{labels: string[]}>) => this.actions.label(row.room, e.detail.labels)}></desk-card></aside>`;
  }

  private dialogView(session: Session, inbox: Inbox) {
    const {say, dialog} = this;
    if (!dialog) return nothing;
    const heading = {help: 'help.title', prefs: 'prefs.title', palette: 'palette.title', snooze: 'inbox.snoozeTitle', canned: 'canned.title'}[dialog];
    return html`<desk-dialog .heading=${say(heading as TextKey)} .say=${say} ?bare=${dialog === 'palette'} ?wide=${dialog === 'canned'}
      @dialog-close=${() => (this.dialog = undefined)}>${this.dialogBody(dialog, session, inbox)}</desk-dialog>`;
  }

  private dialogBody(dialog: Dialog, session: Session, inbox: Inbox) {
    const {say, now} = this;
    const zone = session.me?.gym.time_zone;
    switch (dialog) {
      case 'help':
        return helpView(say, this.prefs.get(), (change) => this.setPrefs(change));
      case 'prefs':
        return prefsView(say, this.prefs.get(), typeof Notification === 'undefined' ? 'none' : Notification.permission, {
          set: (change) => this.setPrefs(change),
          notify: (on) => void this.allowNotify(on),
          canned: () => (this.dialog = 'canned'),
        });
      case 'palette':
        return html`<desk-palette .say=${say} .choices=${paletteChoices(inbox, this.target, say)}
          @palette-pick=${(e: CustomEvent<{key: string}>) => this.picked(e.detail.key)}></desk-palette>`;
      case 'snooze':
        return snoozeView(say, {value: inputOf(now + 3600000, zone), min: inputOf(now, zone), isPast: this.snoozePast}, {
          submit: (value) => this.chose(snoozeFrom(value, this.now, zone)),
        });
      case 'canned':
        return html`<canned-editor .list=${this.canned} .say=${say} .save=${(list: Canned[]) => this.saveCanned(list)}
          @canned-cancel=${() => (this.dialog = undefined)}></canned-editor>`;
    }
  }

  private chose(at: number | undefined): void {
    if (at === undefined) return void (this.snoozePast = true);
    const row = this.target;
    this.dialog = undefined;
    if (row) this.actions.snooze(row.room, at);
  }

  /** Of the palette: "room:ana", "shelf:snoozed", "tab:mine", or a command. */
  private picked(key: string): void {
    const [kind, value] = key.split(/:(.*)/s) as [string, string];
    this.dialog = undefined;
    void this.updateComplete.then(() => {
      if (kind === 'room') this.show(value);
      else if (kind === 'shelf' || kind === 'tab') this.search.setFilter({[kind]: value});
      else if (kind === 'prefs' || kind === 'canned') this.dialog = kind;
      else this.keys.run(kind as Command);
    });
  }

  protected override updated(): void {
    const unread = this.inbox?.unreadRooms ?? 0;
    if (this.inbox && unread !== this.unread) this.tell('unread', {count: (this.unread = unread)});
    const typing = this.desk?.thread.typing ?? [];
    if (typing.length === 1 && typing[0]!.role !== 'staff') {
      const {role, who} = typing[0]!;
      this.announcer?.announceTyping(this.say('list.typing', {name: this.personName(role, who, this.desk!.room)}));
    }
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'gym-inbox': GymInbox;
  }
}
