/* panel.ts - <gym-chat-panel>: a client's conversation with the gym. Shows; what is true is the thread's business. */
import {html, nothing} from 'lit';
import type {PropertyValues} from 'lit';
import {customElement, property, query} from 'lit/decorators.js';
import type {Session} from '../../session/session.js';
import type {TextKey} from '../../text.js';
import type {Item} from '../../thread/items.js';
import type {RoomThread} from '../../thread/room-thread.js';
import type {LiveMessage} from '../../wire.js';
import type {MessageComposer} from '../shared/composer.js';
import {GymElement} from '../shared/gym-element.js';
import {icon} from '../shared/icons.js';
import type {LiveAnnouncer} from '../shared/live-announcer.js';
import type {MessageList} from '../shared/message-list.js';
import {basics, tokens} from '../shared/tokens.js';
import {openState} from './hours.js';
import {panelStyles} from './panel.styles.js';
import '../shared/composer.js';
import '../shared/connection-strip.js';
import '../shared/live-announcer.js';
import '../shared/message-list.js';

const ENOUGH_SAMPLES = 5;

@customElement('gym-chat-panel')
export class GymChatPanel extends GymElement {
  /** On the screen; the element stays and counts while it is not. */
  @property({type: Boolean, reflect: true}) shown = false;
  /** The room's key; empty: the token's first. */
  @property() room = '';
  @query('message-list') private list?: MessageList;
  @query('message-composer') private composer?: MessageComposer;
  @query('live-announcer') private announcer?: LiveAnnouncer;

  private thread: RoomThread | undefined;
  private unread = -1;
  private ticker: ReturnType<typeof setInterval> | undefined;

  static override styles = [tokens, basics, panelStyles];

  prefill(text: string): void {
    void this.updateComplete.then(() => this.composer?.prefill(text));
  }

  /** Nothing of this person stays on the device. */
  async logout(): Promise<void> {
    await this.session?.wipe();
    this.session = undefined;
    this.thread = undefined;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.ticker = setInterval(() => this.requestUpdate(), 1000); // the strip's seconds, presence that ages
    visualViewport?.addEventListener('resize', this.fitViewport);
    this.fitViewport();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.ticker);
    visualViewport?.removeEventListener('resize', this.fitViewport);
    this.thread = undefined;
  }

  /** A phone's keyboard makes the visible part smaller than 100dvh. */
  private fitViewport = (): void => {
    if (visualViewport) this.style.setProperty('--gc-viewport', `${visualViewport.height}px`);
  };

  protected opened(session: Session): void {
    const {identity, api} = session;
    const room = this.room || identity.rooms[0] || identity.sub;
    const first = api.messages(identity.gym, room, {limit: 50});
    this.thread = session.thread(room, first);
    session.goLive(first);
    this.keep(this.thread.on((event) => {
      if (event.type === 'arrived') this.arrived(event.message);
      else this.changed();
    }));
    this.tell('ready', {room});
    this.changed();
  }

  private changed(): void {
    const unread = this.thread?.state.unread ?? 0;
    if (unread !== this.unread) this.tell('unread', {count: (this.unread = unread)});
    this.requestUpdate();
  }

  private arrived(message: LiveMessage): void {
    this.announcer?.announce({author: this.nameOf(message), text: message.text});
  }

  // --- drawing ------------------------------------------------------------------------------------------------------

  protected override render() {
    const {thread, session, say, format} = this;
    return html`
      <section class="frame" role="dialog" aria-labelledby="title" @keydown=${this.key}>
        ${this.header()}
        ${thread && session ? html`
          <message-list .items=${thread.list} .divider=${thread.divider} .phase=${thread.phase}
            .hasOlder=${thread.state.hasOlder} .loadingOlder=${thread.loadingOlder} .typing=${this.typists}
            .nameOf=${this.nameOf} .say=${say} .format=${format} exportparts="bubble, list"
            @list-older=${() => thread.loadOlder()} @list-retry=${() => thread.catchUp()}
            @list-seen=${(e: CustomEvent<{seq: number}>) => thread.sawUpTo(e.detail.seq)}
            @list-edit=${this.edit} @list-leave=${() => this.composer?.focus()}
            @list-discard=${(e: CustomEvent<{id: string}>) => thread.discard(e.detail.id)}>
            ${thread.phase === 'ready' && thread.list.length === 0 ? this.empty() : nothing}
          </message-list>
          <connection-strip .strip=${session.strip()} .say=${say} @strip-retry=${() => session.feed.wake('user')}></connection-strip>
          <message-composer .say=${say} @composer-send=${this.send} @composer-typed=${() => thread.typed()}></message-composer>`
          : html`<div class="notice" role="status">${this.openingWords()}</div>`}
        <live-announcer .say=${say}></live-announcer>
      </section>
    `;
  }

  private openingWords(): string {
    const phase = this.session?.phase ?? 'starting';
    const key = {starting: 'app.loading', open: 'app.loading', denied: 'app.denied', unreachable: 'app.unreachable'}[phase];
    return this.say(key as TextKey);
  }

  private header() {
    const {say} = this;
    const gym = this.session?.me?.gym;
    const name = gym?.name || gym?.key || '';
    return html`
      <header part="header">
        <div class="avatar" aria-hidden="true">${name ? name.trim()[0]!.toUpperCase() : icon('chat')}</div>
        <div class="who">
          <h2 id="title">${name ? say('client.title', {gym: name}) : say('app.chat')}</h2>
          <div class="facts">${this.facts()}</div>
        </div>
        <button aria-label=${say('app.close')} @click=${() => this.tell('close', undefined)}>${icon('minimize')}</button>
      </header>`;
  }

  private facts() {
    const {say, session, format} = this;
    const facts: unknown[] = [];
    if (session?.presence.anyOnline('staff', this.now)) facts.push(html`<span class="dot"></span>${say('client.online')}`);
    const response = session?.me?.response_time;
    if (response && response.n >= ENOUGH_SAMPLES) {
      facts.push(say('client.average', {duration: format.duration(response.median_s * 1000)}));
    }
    const hours = openState(session?.me?.gym, this.now);
    if (hours?.open) facts.push(say('client.openUntil', {time: hours.until}));
    else if (hours && !facts.length) facts.push(say('client.opensAt', {time: hours.from, day: this.dayWord(hours.inDays)}));
    return facts.map((fact) => html`<span class="fact">${fact}</span>`);
  }

  private dayWord(inDays: number): string {
    if (inDays === 0) return this.say('time.todayWord');
    if (inDays === 1) return this.say('time.tomorrowWord');
    return this.format.weekday(this.now + inDays * 86400000);
  }

  private empty() {
    const {say} = this;
    const greeting = String(this.session?.me?.gym.settings?.greeting ?? '') || say('client.greeting');
    const chips = ['1', '2', '3'].map((n) => [say(`client.chip${n}` as TextKey), say(`client.chip${n}Text` as TextKey)]);
    return html`<div class="empty" slot="empty">
      <h3>${greeting}</h3>
      <p>${say('client.greetingHint')}</p>
      <div class="chips" role="group" aria-label=${say('client.chips')}>${chips.map(([label, words]) =>
        html`<button @click=${() => this.composer?.prefill(words!)}>${label}</button>`)}</div>
    </div>`;
  }

  private get typists(): string[] {
    return (this.thread?.typing ?? []).map((t) => this.nameOf({role: t.role, sender: t.who}));
  }

  /** A client sees names where they are known, else whose side it is. */
  private nameOf = (item: Pick<Item, 'role' | 'sender'> & {name?: string}): string =>
    item.name || this.thread?.state.names.get(`${item.role}/${item.sender}`) ||
    this.session?.presence.names.get(`${item.role}/${item.sender}`) || this.say(`role.${item.role}`);

  // --- doing --------------------------------------------------------------------------------------------------------

  private send(event: CustomEvent<{text: string}>): void {
    void this.thread?.send(event.detail.text);
    this.list?.toBottom();
  }

  private edit(event: CustomEvent<{id: string}>): void {
    const text = this.thread?.discard(event.detail.id);
    if (text !== undefined) this.composer?.prefill(text);
  }

  private key(event: KeyboardEvent): void {
    if (event.key === 'Escape' && event.composedPath()[0] instanceof HTMLTextAreaElement) this.tell('close', undefined);
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (changed.has('shown') && this.shown) {
      this.thread?.setDivider();
      if (matchMedia('(hover: hover)').matches) void this.updateComplete.then(() => this.composer?.focus());
    } else if (changed.has('shown')) {
      this.thread?.leave();
    }
    const typing = this.typists;
    if (typing.length === 1) this.announcer?.announceTyping(this.say('list.typing', {name: typing[0]!}));
  }
}
