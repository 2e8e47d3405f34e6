/* desk-thread.ts - the open room: who it is, whose it is, what was said, and where the desk writes. */
import {html, LitElement, nothing} from 'lit';
import {customElement, property, query, state} from 'lit/decorators.js';
import {Format} from '../../format.js';
import {colleaguesDo} from '../../inbox/colleagues.js';
import {ago} from '../../inbox/ago.js';
import type {Canned} from '../../inbox/canned.js';
import type {DeskRoom} from '../../inbox/desk-room.js';
import {answeredSince} from '../../inbox/drafts.js';
import type {Draft, DraftMode} from '../../inbox/drafts.js';
import {hueOf, initials, isKioskRoom} from '../../inbox/inbox-state.js';
import type {InboxRow} from '../../inbox/inbox-state.js';
import type {Inbox} from '../../inbox/inbox.js';
import type {Session} from '../../session/session.js';
import {textOf} from '../../text.js';
import type {Say} from '../../text.js';
import type {Item} from '../../thread/items.js';
import {icon} from '../shared/icons.js';
import type {MessageList} from '../shared/message-list.js';
import '../shared/message-list.js';
import {basics} from '../shared/tokens.js';
import './desk-composer.js';
import type {DeskComposer} from './desk-composer.js';
import {deskIcon} from './desk-icons.js';
import './desk-menu.js';
import type {DeskMenu, MenuItem} from './desk-menu.js';
import {threadStyles} from './desk-thread.styles.js';
import {faceStyles} from './face.styles.js';
import {momentOf} from './room-row.js';

const ROOMY_PX = 780;
const OLDER_TRIES = 20; // pages to look back for a message that was found

/** @fires thread-back, thread-card, thread-resolve, thread-proceed, thread-templates, thread-leave {CustomEvent<void>}
 *  @fires thread-assign, thread-snooze {CustomEvent<{key: string}>} of the items given.
 *  @fires thread-send {CustomEvent<{text: string, mode: DraftMode}>}
 *  @fires thread-draft {CustomEvent<{text: string, mode: DraftMode, typed: boolean}>} */
@customElement('desk-thread')
export class DeskThread extends LitElement {
  @property({attribute: false}) desk!: DeskRoom;
  @property({attribute: false}) row!: InboxRow;
  @property({attribute: false}) session!: Session;
  @property({attribute: false}) inbox!: Inbox;
  @property({attribute: false}) draft?: Draft;
  @property({attribute: false}) canned: readonly Canned[] = [];
  @property({attribute: false}) assignItems: readonly MenuItem[] = [];
  @property({attribute: false}) snoozeItems: readonly MenuItem[] = [];
  @property() name = '';
  @property({type: Boolean}) online = false;
  @property({reflect: true}) layout = 'wide';
  @property({type: Boolean}) cardOpen = false;
  @property({attribute: false}) now = 0;
  @property({attribute: false}) say: Say = textOf('es');
  @property({attribute: false}) format = new Format(textOf('es'));
  @state() private roomy = false; // words beside the pictures of the buttons
  @query('message-list') private list?: MessageList;
  @query('desk-composer') private composer?: DeskComposer;

  static override styles = [basics, faceStyles, threadStyles];

  private sizes: ResizeObserver | undefined;
  private named = {size: -1, desk: undefined as DeskRoom | undefined};

  override connectedCallback(): void {
    super.connectedCallback();
    this.sizes = new ResizeObserver(() => (this.roomy = this.clientWidth >= ROOMY_PX));
    this.sizes.observe(this);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.sizes?.disconnect();
  }

  // --- for the desk -------------------------------------------------------------------------------------------------

  /** Drawn, with the composer within. */
  async settled(): Promise<void> {
    await this.updateComplete;
    await this.composer?.updateComplete;
  }

  /** Another room, or the same one's draft again. */
  restore(text: string, mode: DraftMode): void {
    this.list?.startOver();
    this.composer?.restore(text, mode);
  }

  writeAs(mode: DraftMode): void {
    this.composer?.writeAs(mode);
  }

  toBottom(): void {
    this.list?.toBottom();
  }

  focusComposer(): void {
    this.composer?.focus();
  }

  focusHeading(): void {
    this.renderRoot.querySelector<HTMLElement>('.name')?.focus();
  }

  focusCardButton(): void {
    this.renderRoot.querySelector<HTMLElement>('.to-card')?.focus();
  }

  openMenu(which: 'assign' | 'snooze'): void {
    this.renderRoot.querySelector<DeskMenu>(`desk-menu.${which}`)?.show();
  }

  /** A message that the search found: older pages are loaded until it is there. */
  async reveal(id: string, seq: number): Promise<void> {
    const {desk} = this;
    await desk.thread.catchUp();
    for (let i = 0; i < OLDER_TRIES && (desk.thread.state.first ?? 1) > seq; i++) await desk.thread.loadOlder();
    if (desk !== this.desk) return;
    await this.updateComplete;
    await this.list?.updateComplete;
    this.list?.reveal(id);
  }

  // --- drawing ------------------------------------------------------------------------------------------------------

  protected override render() {
    const {desk, say, format} = this;
    const {thread} = desk;
    return html`
      ${this.head()}
      ${this.banner()}
      <message-list .items=${desk.list} .divider=${thread.divider} .phase=${thread.phase}
        .hasOlder=${thread.state.hasOlder} .loadingOlder=${thread.loadingOlder} .typing=${this.typists}
        .nameOf=${this.nameOf} .say=${say} .format=${format} exportparts="bubble, list"
        @list-older=${() => thread.loadOlder()} @list-retry=${() => thread.catchUp()}
        @list-seen=${(e: CustomEvent<{seq: number}>) => desk.saw(e.detail.seq)}
        @list-edit=${(e: CustomEvent<{id: string}>) => this.edit(e.detail.id)}
        @list-discard=${(e: CustomEvent<{id: string}>) => desk.discard(e.detail.id)}
        @list-leave=${() => this.focusComposer()}>
        ${thread.phase === 'ready' && desk.list.length === 0
          ? html`<p class="none" slot="empty">${say('list.empty')}</p>` : nothing}
      </message-list>
      ${this.colleague()}
      <slot></slot>
      <desk-composer .say=${say} .name=${this.name} .canned=${this.canned} .warning=${this.warning}
        @composer-send=${(e: CustomEvent) => this.tell('thread-send', e.detail)}
        @composer-draft=${(e: CustomEvent) => this.tell('thread-draft', e.detail)}
        @composer-proceed=${() => this.tell('thread-proceed')}
        @composer-templates=${() => this.tell('thread-templates')}
        @composer-leave=${() => this.tell('thread-leave')}></desk-composer>`;
  }

  private head() {
    const {say, row, layout} = this;
    const isOpen = (row.status ?? 'open') === 'open';
    const owner = row.assignee ? this.inbox.nameOf('staff', row.assignee) ?? row.assignee : '';
    const compact = !this.roomy;
    const whose = owner ? say('inbox.assigned', {name: owner}) : say('inbox.unassigned');
    return html`<header>
      ${layout === 'narrow' ? html`<button class="back" aria-label=${say('app.back')} @click=${() => this.tell('thread-back')}>${
        icon('back')}</button>` : nothing}
      <span class="face" aria-hidden="true" data-hue=${hueOf(row.room)}>${isKioskRoom(row) ? icon('door') : initials(this.name)}${
        this.online ? html`<span class="on"></span>` : nothing}</span>
      <div class="who">
        <div class="name" tabindex="-1">${this.name}</div>
        <div class="facts"><span class="presence" data-online=${this.online ? 'yes' : 'no'}>${
          say(this.online ? 'inbox.online' : 'inbox.offline')}</span>${compact ? html`<span class="whose">${owner ? icon('person') : nothing}<span
          aria-hidden="true">${owner || whose}</span></span><span class="hidden">${whose}</span>` : nothing}</div>
        ${this.viewers}
      </div>
      <div class="do" role="group" aria-label=${say('inbox.actions')}>
        ${layout === 'narrow' ? nothing : html`
          <desk-menu class="assign" picture="assign" .label=${say('inbox.assign')} .value=${whose}
            .items=${this.assignItems} ?compact=${compact} @menu-pick=${(e: CustomEvent) => this.tell('thread-assign', e.detail)}></desk-menu>
          <desk-menu class="snooze" picture="clock" .label=${say('inbox.snooze')} .items=${this.snoozeItems} ?compact=${compact}
            @menu-pick=${(e: CustomEvent) => this.tell('thread-snooze', e.detail)}></desk-menu>`}
        ${layout === 'wide' ? nothing : html`<button class="to-card" aria-label=${say('inbox.card')} title=${say('inbox.card')}
          aria-expanded=${String(this.cardOpen)} @click=${() => this.tell('thread-card')}>${deskIcon('card')}</button>`}
        <button class="resolve" ?data-open=${isOpen} aria-label=${say(isOpen ? 'inbox.resolve' : 'inbox.reopen')}
          @click=${() => this.tell('thread-resolve')}>${deskIcon(isOpen ? 'done' : 'reopen')}<span>${
          say(isOpen ? 'inbox.resolve' : 'inbox.reopen')}</span></button>
      </div>
    </header>`;
  }

  private get viewers() {
    const people = this.inbox.here.in(this.desk.room, this.now);
    if (people.length === 0) return nothing;
    const names = people.map(({who}) => this.inbox.nameOf('staff', who) ?? who);
    const words = colleaguesDo(this.say, 'viewing', names);
    return html`<div class="facts viewer" title=${words}>${deskIcon('eye')}${this.roomy || this.layout === 'wide' ? html`<span>${words}</span>`
      : html`<span aria-hidden="true">${names.join(', ')}</span><span class="hidden">${words}</span>`}</div>`;
  }

  private banner() {
    const {row, say} = this;
    const words = row.status === 'resolved' ? say('inbox.isResolved')
      : row.status === 'snoozed' && row.snoozed_until
        ? say('inbox.isSnoozed', {time: momentOf(row.snoozed_until, this.now, this.format)}) : '';
    return words ? html`<div class="banner">${deskIcon(row.status === 'resolved' ? 'done' : 'clock')}<span>${words}</span></div>` : nothing;
  }

  private colleague() {
    const replying = this.inbox.here.in(this.desk.room, this.now).filter((it) => it.replying);
    const names = replying.map(({who}) => this.inbox.nameOf('staff', who) ?? who);
    return html`<div role="status" class=${names.length ? 'colleague' : 'hidden'}>${
      names.length ? html`${deskIcon('pen')}${colleaguesDo(this.say, 'replying', names)}` : nothing}</div>`;
  }

  /** A colleague answered after this draft was begun. */
  private get warning(): string {
    const said = answeredSince(this.draft, this.desk.list);
    if (!said) return '';
    return this.say('desk.conflict', {
      name: this.inbox.nameOf('staff', said.sender) ?? said.sender,
      ago: ago(this.now - Date.parse(said.at), this.say.locale),
    });
  }

  private get typists(): string[] {
    const here = new Set(this.inbox.here.in(this.desk.room, this.now).filter((it) => it.replying).map((it) => it.who));
    return this.desk.thread.typing
      .filter((it) => it.role !== 'staff' || !here.has(it.who)) // said below the list already
      .map((it) => this.nameOf({role: it.role, sender: it.who}));
  }

  /** Another function once more names are known, so that lines are drawn again. */
  private get nameOf(): (item: Pick<Item, 'role' | 'sender'> & {name?: string}) => string {
    const {size} = this.inbox.names;
    if (size !== this.named.size || this.desk !== this.named.desk) {
      this.named = {size, desk: this.desk};
      this.naming = (item) => this.nameOfItem(item);
    }
    return this.naming;
  }

  private naming = (item: Pick<Item, 'role' | 'sender'> & {name?: string}): string => this.nameOfItem(item);

  private nameOfItem(item: Pick<Item, 'role' | 'sender'> & {name?: string}): string {
    if (item.name) return item.name;
    if (item.role === 'client') return this.inbox.nameOf('client', item.sender) ?? this.name;
    if (item.role === 'kiosk') return this.say('inbox.kioskName', {id: item.sender});
    return this.inbox.nameOf(item.role, item.sender) ?? (item.role === 'service' ? this.say('role.service') : item.sender);
  }

  private edit(id: string): void {
    const entry = this.desk.discard(id);
    if (entry) this.composer?.prefill(entry.text, entry.mode);
  }

  private tell(name: string, detail?: unknown): void {
    this.dispatchEvent(new CustomEvent(name, {detail}));
  }
}
