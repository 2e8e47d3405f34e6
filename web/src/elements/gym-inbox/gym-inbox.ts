/* gym-inbox.ts - <gym-inbox>: the desk. The gym's rooms in a list, one of them open, and what is known of its client.
 *
 * Attributes: token-url, api-base, lang, theme, room (the open one), no-url (leaves the page's address alone).
 * Property: getToken. Methods: show(room), logout().
 * Events (bubbling): gymchat-ready, gymchat-unread {count} (rooms with something unread), gymchat-room {room}.
 * Four regions from 1200 px of its own width, list and thread (the card as a drawer) from 800, one region below. */
import {html, nothing} from 'lit';
import type {PropertyValues} from 'lit';
import {customElement, property, query, state} from 'lit/decorators.js';
import type {Canned} from '../../inbox/canned.js';
import {loadCanned} from '../../inbox/desk-api.js';
import {DeskRoom} from '../../inbox/desk-room.js';
import {Drafts} from '../../inbox/drafts.js';
import type {DraftMode} from '../../inbox/drafts.js';
import {HereTeller} from '../../inbox/here.js';
import {isKioskRoom, personOf} from '../../inbox/inbox-state.js';
import type {InboxRow} from '../../inbox/inbox-state.js';
import {Inbox} from '../../inbox/inbox.js';
import {PrefStore, storageOf} from '../../inbox/prefs.js';
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
import {DeskActions} from './desk-actions.js';
import {DeskCalls} from './desk-calls.js';
import './desk-card.js';
import type {DeskCard} from './desk-card.js';
import {assignItems, nameOfRoom, snoozeItems} from './desk-choices.js';
import {DeskKeys} from './desk-keys.js';
import {DeskSearch} from './desk-search.js';
import './desk-thread.js';
import type {DeskThread} from './desk-thread.js';
import {deskTokens} from './desk-tokens.js';
import {DeskWindows} from './desk-windows.js';
import {faceStyles} from './face.styles.js';
import {inboxStyles} from './gym-inbox.styles.js';
import {dialogStyles} from './inbox-dialogs.styles.js';
import {blank, rail, skeleton, toastView} from './inbox-parts.js';
import type {Words} from './inbox-parts.js';
import {ListHold} from './list-hold.js';
import {ListRegion} from './list-region.js';
import {listRegionStyles} from './list-region.styles.js';
import {railStyles} from './rail.styles.js';
import type {RoomListView} from './room-list-view.js';

type Layout = 'wide' | 'medium' | 'narrow';

const WIDE_PX = 1200;
const MEDIUM_PX = 800;

@customElement('gym-inbox')
export class GymInbox extends GymElement {
  /** The open room's key; none: the list alone. */
  @property({reflect: true}) room?: string;
  /** Leaves the page's address alone; else filters and the open room stand in it. */
  @property({type: Boolean, attribute: 'no-url'}) noUrl = false;
  /** By the element's own width. */
  @property({reflect: true}) layout: Layout = 'wide';
  @state() cardOpen = false;
  @query('room-list') rows?: RoomListView;
  @query('desk-thread') threadView?: DeskThread;
  @query('desk-card') card?: DeskCard;
  @query('live-announcer') private announcer?: LiveAnnouncer;

  /** of this element's own parts; a page has no business with them */
  inbox: Inbox | undefined;
  desk: DeskRoom | undefined;
  prefs = new PrefStore('');
  readonly actions = new DeskActions(this, () => this.wording);
  readonly search = new DeskSearch(this, () => this.rows?.toTop());
  readonly keys: DeskKeys = new DeskKeys(this);
  readonly hold = new ListHold(this);
  readonly windows: DeskWindows = new DeskWindows(this);
  drafts = new Drafts('');
  canned: Canned[] = [];
  private readonly list = new ListRegion(this, (session) => this.strip(session));
  private readonly calls = new DeskCalls(this, (room) => this.show(room));
  private here: HereTeller | undefined;
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
  }

  // --- rooms --------------------------------------------------------------------------------------------------------

  /** Opens a room; undefined: back to the list. */
  show(room: string | undefined, how: {focus?: boolean} = {}): void {
    const {session, inbox} = this;
    if (!session || !inbox) return;
    const mayFocus = how.focus !== false;
    const from = this.desk?.room;
    if (from === room && room !== undefined) return void (mayFocus && this.focusThread());
    this.closeRoom();
    this.room = room;
    this.cardOpen = false;
    const thread = inbox.show(room);
    if (thread) this.openRoom(new DeskRoom(session, inbox, thread.room, thread));
    this.look();
    this.search.write(this.layout === 'narrow' && (room !== undefined) !== (from !== undefined));
    this.tell('room', {room});
    this.requestUpdate();
    void this.settled().then(() => this.arrive(room, from, mayFocus));
  }

  private openRoom(desk: DeskRoom): void {
    this.desk = desk;
    this.prefs.flag(desk.room, false);
    this.unfollow = desk.on((event) => {
      if (event.type === 'arrived') this.announce(desk.room, event.message);
      else this.requestUpdate();
    });
  }

  private arrive(room: string | undefined, from: string | undefined, mayFocus: boolean): void {
    const draft = room === undefined ? undefined : this.drafts.get(room);
    this.threadView?.restore(draft?.text ?? '', draft?.mode ?? 'reply');
    if (room !== undefined) this.rows?.show(room);
    if (!mayFocus) return;
    if (room !== undefined) this.focusThread();
    else this.rows?.focusRow(from);
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
  private focusThread(): void {
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
    const room = this.room || this.hold.focused;
    return room ? this.inbox?.state.get(room) : undefined;
  }

  /** key: of the snooze menu. */
  private snooze(room: string, key: string): void {
    if (key === 'choose') this.windows.open('snooze');
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
        prefs: () => this.windows.open('prefs'),
        help: () => this.windows.open('help'),
      })}${this.list.render(session, inbox)}` : nothing}
      ${showsThread ? html`<main data-region="thread" aria-labelledby="thread-title">${showsList ? nothing : html`<h1 class="hidden">${title}</h1>`}${
        this.threadRegion(session, inbox)}</main>` : nothing}
      ${this.cardRegion(session, inbox)}
      ${toastView(this.wording, this.actions.toast, () => this.actions.undo(), () => this.actions.tell(undefined))}
      ${this.windows.render(session, inbox)}
      <live-announcer .say=${say}></live-announcer>`;
  }

  get wording(): Words {
    return {say: this.say, format: this.format, now: this.now};
  }

  private opening(title: string) {
    const phase = this.session?.phase ?? 'starting';
    const key = {starting: 'app.loading', open: 'app.loading', denied: 'app.denied', unreachable: 'app.unreachable'}[phase];
    return html`<main class="opening"><h1 class="hidden">${title}</h1>${phase === 'starting' || phase === 'open' ? skeleton() : nothing}
      <p role="status" class=${phase === 'starting' || phase === 'open' ? 'hidden' : 'words'}>${this.say(key as TextKey)}</p></main>`;
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
        @thread-templates=${() => this.windows.open('canned')} @thread-leave=${() => this.leaveThread()}
        >${this.strip(session)}</desk-thread>`;
  }

  private leaveThread(): void {
    if (this.layout === 'narrow') this.threadView?.focusHeading();
    else if (!this.rows?.focusRow(this.room)) this.list.focusTitle();
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
