/* panel.ts - <gym-chat-panel>: a client's conversation with the gym. Shows; what is true is the thread's business. */
import {html, nothing} from 'lit';
import type {PropertyValues} from 'lit';
import {customElement, property, query} from 'lit/decorators.js';
import {DraftMemory} from '../../session/draft-memory.js';
import type {Draft} from '../../session/draft-memory.js';
import type {Session} from '../../session/session.js';
import type {TextKey} from '../../text.js';
import type {Item} from '../../thread/items.js';
import type {RoomThread} from '../../thread/room-thread.js';
import {ownerOf} from '../../wire.js';
import type {LiveMessage} from '../../wire.js';
import type {MessageComposer} from '../shared/composer.js';
import {GymElement} from '../shared/gym-element.js';
import {icon} from '../shared/icons.js';
import type {LiveAnnouncer} from '../shared/live-announcer.js';
import type {MessageList} from '../shared/message-list.js';
import {shorten} from '../shared/message-view.js';
import {basics, tokens} from '../shared/tokens.js';
import {FullScreen} from './full-screen.js';
import {greetingView} from './greeting.js';
import {headerView} from './header.js';
import {HostNews} from './host-news.js';
import {panelStyles} from './panel.styles.js';
import '../shared/composer.js';
import '../shared/connection-strip.js';
import '../shared/live-announcer.js';
import '../shared/message-list.js';

export {wipeClients} from '../../session/wipe.js';

const TICK_MS = 1000;
const FIND_PAGES = 20;

@customElement('gym-chat-panel')
export class GymChatPanel extends GymElement {
  /** On the screen; the element stays and counts while it is not. */
  @property({type: Boolean, reflect: true}) shown = false;
  /** Part of the page, as large as its place there, instead of above it. */
  @property({type: Boolean, reflect: true}) inline = false;
  /** The room's key; empty: the token's first. */
  @property() room = '';
  @query('message-list') private list?: MessageList;
  @query('message-composer') private composer?: MessageComposer;
  @query('live-announcer') private announcer?: LiveAnnouncer;

  private thread: RoomThread | undefined;
  private readonly screen = new FullScreen(this, () => this.tell('close', undefined));
  private readonly news = new HostNews((name, detail) => this.tell(name, detail));
  private ticker: ReturnType<typeof setInterval> | undefined;
  private ticks = 0;
  private typists: readonly string[] = [];
  private words: string | undefined; // for the field, once there is one
  private draft: Draft | undefined; // of the last time, likewise
  private drafts: DraftMemory | undefined;
  private wantsFocus = false;

  static override styles = [tokens, basics, panelStyles];

  prefill(text: string): void {
    this.words = text;
    this.requestUpdate();
  }

  /** Nothing of this person stays on the device. */
  async logout(): Promise<void> {
    this.drafts?.destroy();
    await this.session?.wipe();
    this.session = undefined;
    this.thread = undefined;
  }

  protected override get cacheRooms(): boolean {
    return true;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.ticker = setInterval(() => this.tick(), TICK_MS);
    document.addEventListener('visibilitychange', this.looked);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.ticker);
    document.removeEventListener('visibilitychange', this.looked);
    this.thread = undefined;
  }

  /** The strip's seconds, presence that ages, the hour at which the gym closes. */
  private tick(): void {
    if (!this.shown || document.visibilityState === 'hidden') return;
    if (this.session?.phase === 'open' && this.session.feed.status.phase === 'live' && ++this.ticks % 15) return;
    this.requestUpdate();
  }

  /** Back at this page: what came meanwhile is below a divider. */
  private looked = (): void => {
    if (document.visibilityState === 'visible' && this.shown && this.thread?.state.unread) this.thread.setDivider();
  };

  protected opened(session: Session): void {
    const {identity, api} = session;
    const room = this.room || identity.rooms[0] || identity.sub;
    const first = api.messages(identity.gym, room, {limit: 50});
    const thread = (this.thread = session.thread(room, first));
    session.goLive(first);
    this.drafts = new DraftMemory(ownerOf(identity), room);
    this.draft = this.drafts.recall();
    this.keep(thread.on((event) => {
      if (event.type === 'arrived') this.arrived(event.message);
      else this.requestUpdate();
    }));
    this.tell('ready', {room});
    this.requestUpdate();
  }

  private arrived(message: LiveMessage): void {
    if (this.shown) this.announcer?.announce({author: this.nameOf(message), text: message.text});
  }

  // --- drawing ------------------------------------------------------------------------------------------------------

  protected override willUpdate(): void {
    const names = (this.thread?.typing ?? []).map((t) => this.nameOf({role: t.role, sender: t.who}));
    if (names.join('\n') !== this.typists.join('\n')) this.typists = names;
  }

  protected override render() {
    const {session, say, format, now} = this;
    const thread = session?.phase === 'open' ? this.thread : undefined;
    const staffed = session?.presence.anyOnline('staff', now) ?? false;
    return html`
      <section class="frame" part="panel" role=${this.inline ? 'region' : 'dialog'} aria-labelledby="title"
        aria-modal=${this.screen.isFull ? 'true' : nothing} @keydown=${this.key}>
        ${headerView({me: session?.me, staffed, now, say, format}, this.inline ? nothing : this.closeButton())}
        ${thread && session ? this.conversation(session, thread) : this.opening()}
        <live-announcer .say=${say}></live-announcer>
      </section>
    `;
  }

  private conversation(session: Session, thread: RoomThread) {
    const {say} = this;
    return html`
      <message-list .items=${thread.list} .divider=${thread.divider} .phase=${thread.phase} canReply
        .hasOlder=${thread.state.hasOlder} .loadingOlder=${thread.loadingOlder} .typing=${this.typists}
        .nameOf=${this.nameOf} .say=${say} .format=${this.format} exportparts="bubble, list, jump"
        @list-older=${() => thread.loadOlder()} @list-retry=${() => thread.catchUp()}
        @list-seen=${(e: CustomEvent<{seq: number}>) => thread.sawUpTo(e.detail.seq)}
        @list-reply=${this.reply} @list-find=${this.find} @list-edit=${this.edit}
        @list-leave=${() => this.composer?.focus()}
        @list-discard=${(e: CustomEvent<{id: string}>) => thread.discard(e.detail.id)}>
        ${thread.phase === 'ready' && thread.list.length === 0
          ? greetingView(session.me?.gym, say, (text) => this.composer?.prefill(text)) : nothing}
      </message-list>
      <connection-strip .strip=${session.strip()} .say=${say} exportparts="strip"
        @strip-retry=${() => session.feed.wake('user')} @strip-noted=${() => session.noteStorage()}></connection-strip>
      <message-composer .say=${say} exportparts="composer, field, send"
        @composer-send=${this.send} @composer-draft=${(e: CustomEvent<Draft>) => this.drafts?.keep(e.detail)}
        @composer-typed=${() => thread.typed()}></message-composer>`;
  }

  private closeButton() {
    const {isFull} = this.screen;
    return html`<button class="close" ?data-back=${isFull} aria-label=${this.say(isFull ? 'app.back' : 'app.close')}
      @click=${() => this.tell('close', undefined)}>${icon(isFull ? 'back' : 'minimize')}</button>`;
  }

  private opening() {
    const phase = this.session?.phase ?? 'starting';
    const isWaiting = phase === 'starting' || phase === 'open';
    const key = isWaiting ? 'app.loading' : `app.${phase}`;
    return html`<div class="notice"><div>${isWaiting ? nothing : icon(phase === 'denied' ? 'lock' : 'offline')}
      <p role="status">${this.say(key as TextKey)}</p></div></div>`;
  }

  /** A client sees names where they are known, else whose side it is. */
  private nameOf = (item: Pick<Item, 'role' | 'sender'> & {name?: string}): string =>
    item.name || this.thread?.state.names.get(`${item.role}/${item.sender}`) ||
    this.session?.presence.names.get(`${item.role}/${item.sender}`) || this.say(`role.${item.role}`);

  // --- doing --------------------------------------------------------------------------------------------------------

  private send(event: CustomEvent<{text: string; replyTo?: string}>): void {
    const {text, replyTo} = event.detail;
    void this.thread?.send(text, {replyTo});
    this.list?.toBottom();
  }

  private reply(event: CustomEvent<{item: Item}>): void {
    const {item} = event.detail;
    const author = item.mine ? this.say('app.you') : this.nameOf(item);
    this.composer?.replyTo({id: item.id, author, text: shorten(item.text)});
  }

  /** A quoted message further up than what is loaded. */
  private async find(event: CustomEvent<{id: string}>): Promise<void> {
    const {thread} = this;
    const {id} = event.detail;
    for (let pages = 0; thread && pages < FIND_PAGES && !thread.state.row(id) && thread.state.hasOlder; pages++) {
      const {first} = thread.state;
      await thread.loadOlder();
      if (thread.state.first === first) return this.announcer?.tell(this.say('list.failed')); // no answer
    }
    if (!thread?.state.row(id)) {
      if (thread?.state.hasOlder) return; // very far up: pressed again, it goes on from here
      this.list?.notFound(id);
      return this.announcer?.tell(this.say('list.replyGone'));
    }
    this.list!.items = thread.list;
    this.list!.reveal(id);
  }

  private edit(event: CustomEvent<{id: string}>): void {
    const text = this.thread?.discard(event.detail.id);
    if (text !== undefined) this.composer?.prefill(text);
  }

  private key(event: KeyboardEvent): void {
    if (event.key === 'Tab' && this.screen.isFull) this.stayInside(event);
    if (event.key !== 'Escape' || event.isComposing || this.inline) return;
    event.stopPropagation();
    this.tell('close', undefined);
  }

  /** Full screen: what lies behind cannot be seen, so Tab does not go there. */
  private stayInside(event: KeyboardEvent): void {
    const first = this.renderRoot.querySelector<HTMLElement>('.close');
    const from = event.composedPath()[0];
    const send = this.composer?.shadowRoot?.querySelector<HTMLButtonElement>('.send');
    const last = send && !send.disabled ? send : this.composer?.shadowRoot?.querySelector('textarea');
    const to = event.shiftKey && from === first ? last : !event.shiftKey && from === last ? first : undefined;
    if (!to) return;
    event.preventDefault();
    to.focus();
  }

  protected override updated(changed: PropertyValues<this>): void {
    this.news.ofSession(this.session);
    this.news.ofThread(this.thread);
    if (changed.has('shown') && this.shown) {
      this.thread?.setDivider();
      if (!this.inline) this.takeFocus();
    } else if (changed.has('shown')) {
      this.thread?.leave();
    }
    if (this.composer) this.serveComposer(this.composer);
    if (this.typists.length === 1 && this.shown) {
      this.announcer?.announceTyping(this.say('list.typing', {name: this.typists[0]!}));
    }
  }

  /** Into the field, once there is one; until then, and where a touch screen's keyboard would hide what there is to read, to
   * where Esc is heard as well. */
  private takeFocus(): void {
    const asked = navigator.userActivation?.isActive !== false; // a page that opens us at its start keeps its focus
    if (!asked && document.activeElement !== document.body) return;
    this.wantsFocus = matchMedia('(hover: hover)').matches;
    if (!this.wantsFocus || !this.composer) this.renderRoot.querySelector<HTMLElement>('.close')?.focus();
  }

  private serveComposer(composer: MessageComposer): void {
    if (this.draft) composer.restore(this.draft);
    this.draft = undefined;
    if (this.words !== undefined) composer.prefill(this.words);
    else if (this.wantsFocus) void composer.updateComplete.then(() => composer.focus());
    this.words = undefined;
    this.wantsFocus = false;
  }
}
