/* gym-inbox.ts - <gym-inbox>: the desk. Every room of the gym in a list, one of them open.
 *
 * Attributes: token-url, api-base, lang, theme, room (the open one). Property: getToken.
 * Events (bubbling): gymchat-ready, gymchat-unread {count}, gymchat-room {room}. */
import {html, nothing} from 'lit';
import type {PropertyValues} from 'lit';
import {customElement, property, query} from 'lit/decorators.js';
import {repeat} from 'lit/directives/repeat.js';
import type {InboxRow} from '../../inbox/inbox-state.js';
import {Inbox} from '../../inbox/inbox.js';
import type {Session} from '../../session/session.js';
import type {TextKey} from '../../text.js';
import '../../text-inbox.js';
import type {Item} from '../../thread/items.js';
import type {RoomThread} from '../../thread/room-thread.js';
import type {LiveMessage} from '../../wire.js';
import type {MessageComposer} from '../shared/composer.js';
import {GymElement} from '../shared/gym-element.js';
import {icon} from '../shared/icons.js';
import type {LiveAnnouncer} from '../shared/live-announcer.js';
import type {MessageList} from '../shared/message-list.js';
import {basics, tokens} from '../shared/tokens.js';
import {inboxStyles} from './gym-inbox.styles.js';
import {roomName, roomRow} from './room-row.js';
import '../shared/composer.js';
import '../shared/connection-strip.js';
import '../shared/live-announcer.js';
import '../shared/message-list.js';

@customElement('gym-inbox')
export class GymInbox extends GymElement {
  /** The open room's key; empty: none. */
  @property({reflect: true}) room?: string;
  @query('message-list') private list?: MessageList;
  @query('message-composer') private composer?: MessageComposer;
  @query('live-announcer') private announcer?: LiveAnnouncer;

  private inbox: Inbox | undefined;
  private thread: RoomThread | undefined;
  private unfollow: () => void = () => {};
  private unread = -1;
  private ticker: ReturnType<typeof setInterval> | undefined;
  private readonly drafts = new Map<string, string>();

  static override styles = [tokens, basics, inboxStyles];

  override connectedCallback(): void {
    super.connectedCallback();
    this.ticker = setInterval(() => this.requestUpdate(), 1000);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.ticker);
    this.inbox?.stop();
    this.unfollow();
    this.inbox = this.thread = undefined;
  }

  protected opened(session: Session): void {
    this.inbox = new Inbox(session);
    this.keep(this.inbox.on(() => this.changed()));
    this.inbox.start();
    if (this.room) this.show(this.room);
    this.tell('ready', undefined);
    this.requestUpdate();
  }

  private changed(): void {
    const unread = this.inbox?.totalUnread ?? 0;
    if (unread !== this.unread) this.tell('unread', {count: (this.unread = unread)});
    this.requestUpdate();
  }

  /** Opens a room; undefined: back to the list. */
  show(room: string | undefined): void {
    if (this.room && this.composer) this.drafts.set(this.room, this.composer.value);
    this.unfollow();
    this.list?.startOver();
    this.room = room;
    this.thread = this.inbox?.show(room);
    this.unfollow = this.thread?.on((event) => {
      if (event.type === 'arrived') this.arrived(event.message);
      else this.requestUpdate();
    }) ?? (() => {});
    this.tell('room', {room});
    void this.updateComplete.then(() => room && this.composer?.restore(this.drafts.get(room) ?? ''));
  }

  private arrived(message: LiveMessage): void {
    this.announcer?.announce({author: this.nameOf(message), text: message.text});
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    // set from outside
    if (changed.has('room') && this.inbox && this.inbox.open !== (this.room || undefined)) this.show(this.room || undefined);
  }

  // --- drawing ------------------------------------------------------------------------------------------------------

  protected override render() {
    const {session, say, inbox} = this;
    const gym = session?.me?.gym;
    return html`
      <header class="top" part="header">
        <div class="logo" aria-hidden="true">${icon('inbox')}</div>
        <h1>${say('inbox.title', {gym: gym?.name || gym?.key || session?.identity?.gym || ''})}</h1>
        ${session?.identity ? html`<div class="me">${icon('person')}${session.me?.name || session.identity.name || session.identity.sub}</div>` : nothing}
      </header>
      <nav aria-labelledby="rooms">
        <h2 id="rooms">${inbox?.phase === 'ready' ? say.count('inbox.count', inbox.state.size) : say('inbox.rooms')}</h2>
        ${this.rooms()}
        ${session?.phase === 'open' && !this.room ? this.strip(session) : nothing}
      </nav>
      <main aria-label=${this.label}>${this.conversation()}</main>
      <live-announcer .say=${say}></live-announcer>
    `;
  }

  private get label(): string {
    const row = this.room ? this.inbox?.state.get(this.room) : undefined;
    return this.room ? this.say('inbox.thread', {name: row ? roomName(row) : this.room}) : this.say('inbox.pick');
  }

  private rooms() {
    const {inbox, say, session} = this;
    if (!session || session.phase === 'denied' || session.phase === 'unreachable') {
      return html`<div class="blank" role="status"><p>${
        say((session?.phase === 'denied' ? 'app.denied' : session ? 'app.unreachable' : 'app.loading') as TextKey)}</p></div>`;
    }
    if (!inbox || (inbox.phase === 'loading' && inbox.state.size === 0)) {
      return html`<div class="rows" aria-busy="true">${[1, 2, 3, 4].map(() => html`<div class="bones"></div>`)}</div>`;
    }
    if (inbox.state.size === 0) {
      return inbox.phase === 'failed'
        ? html`<div class="blank" role="status"><p>${say('inbox.failed')}</p></div>`
        : html`<div class="blank">${icon('check')}<b>${say('inbox.done')}</b><p>${say('inbox.doneHint')}</p></div>`;
    }
    return html`<ul class="rows">${repeat(inbox.state.rows(), (row) => row.room, (row) => html`<li>${this.row(row)}</li>`)}</ul>`;
  }

  private row(row: InboxRow) {
    const {session, say, format, now} = this;
    const client = row.people?.find((p) => p.role === 'client')?.who ?? row.room;
    const isKiosk = row.room.startsWith('kiosk-');
    return roomRow(row, {
      say, format, now,
      me: session!.identity.sub,
      unread: this.inbox!.unread(row),
      isOpen: row.room === this.room,
      isOnline: isKiosk
        ? session!.presence.isOnline('kiosk', row.room.slice(6), now)
        : session!.presence.isOnline('client', client, now),
      open: () => this.show(row.room),
    });
  }

  private strip(session: Session) {
    return html`<connection-strip .strip=${session.strip()} .say=${this.say}
      @strip-retry=${() => session.feed.wake('user')}></connection-strip>`;
  }

  private conversation() {
    const {thread, session, say, format} = this;
    if (!thread || !session || !this.room) {
      return html`<div class="blank">${icon('chat')}<b>${say('inbox.pick')}</b><p>${say('inbox.pickHint')}</p></div>`;
    }
    return html`
      ${this.head(this.room)}
      <message-list .items=${thread.list} .divider=${thread.divider} .phase=${thread.phase}
        .hasOlder=${thread.state.hasOlder} .loadingOlder=${thread.loadingOlder} .typing=${this.typists(thread)}
        .nameOf=${this.nameOf} .say=${say} .format=${format} exportparts="bubble, list"
        @list-older=${() => thread.loadOlder()} @list-retry=${() => thread.catchUp()}
        @list-seen=${(e: CustomEvent<{seq: number}>) => thread.sawUpTo(e.detail.seq)}
        @list-edit=${(e: CustomEvent<{id: string}>) => this.edit(thread, e.detail.id)}
        @list-discard=${(e: CustomEvent<{id: string}>) => thread.discard(e.detail.id)}
        @list-leave=${() => this.composer?.focus()}>
        ${thread.phase === 'ready' && thread.list.length === 0
          ? html`<div class="blank" slot="empty"><p>${say('list.empty')}</p></div>` : nothing}
      </message-list>
      ${this.strip(session)}
      <message-composer .say=${say} placeholder=${say('inbox.composer')}
        @composer-send=${(e: CustomEvent<{text: string}>) => this.send(thread, e.detail.text)}
        @composer-typed=${() => thread.typed()}></message-composer>`;
  }

  private head(room: string) {
    const {say, session, now} = this;
    const row = this.inbox?.state.get(room);
    const online = session!.presence.isOnline('client', room, now);
    return html`
      <div class="head">
        <button class="back" aria-label=${say('app.back')} @click=${() => this.show(undefined)}>${icon('back')}</button>
        <div>
          <h2>${row ? roomName(row) : room}</h2>
          <p>${say(online ? 'inbox.online' : 'inbox.offline')} · ${
            row?.assignee ? say('inbox.assigned', {name: row.assignee}) : say('inbox.unassigned')}</p>
        </div>
      </div>`;
  }

  private typists(thread: RoomThread): string[] {
    return thread.typing.map((t) => this.nameOf({role: t.role, sender: t.who}));
  }

  private nameOf = (item: Pick<Item, 'role' | 'sender'> & {name?: string}): string => {
    if (item.name) return item.name;
    const key = `${item.role}/${item.sender}`;
    const known = this.thread?.state.names.get(key) ?? this.session?.presence.names.get(key);
    if (known) return known;
    const row = this.room ? this.inbox?.state.get(this.room) : undefined;
    if (item.role === 'client' && row) return roomName(row);
    return item.role === 'kiosk' ? `${this.say('role.kiosk')} ${item.sender}` : item.sender;
  };

  // --- doing --------------------------------------------------------------------------------------------------------

  private send(thread: RoomThread, text: string): void {
    void thread.send(text);
    this.list?.toBottom();
  }

  private edit(thread: RoomThread, id: string): void {
    const text = thread.discard(id);
    if (text !== undefined) this.composer?.prefill(text);
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'gym-inbox': GymInbox;
  }
}
