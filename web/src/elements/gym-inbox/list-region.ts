/* list-region.ts - the desk's list as a region: search, tabs, what has changed, who is at the door, the rows, and what
 * stands where there are none. Draws into the desk's own shadow root. */
import {html, nothing} from 'lit';
import type {TemplateResult} from 'lit';
import {arrivals, isLit} from '../../inbox/arrivals.js';
import type {Hit} from '../../inbox/desk-api.js';
import type {Drafts} from '../../inbox/drafts.js';
import {matcher} from '../../inbox/filter.js';
import {personOf, roomName} from '../../inbox/inbox-state.js';
import type {InboxRow} from '../../inbox/inbox-state.js';
import type {Inbox} from '../../inbox/inbox.js';
import type {PrefStore} from '../../inbox/prefs.js';
import type {Session} from '../../session/session.js';
import {icon} from '../shared/icons.js';
import {nameOfRoom} from './desk-choices.js';
import {deskIcon} from './desk-icons.js';
import type {DeskSearch} from './desk-search.js';
import type {DeskThread} from './desk-thread.js';
import {blank, doorstep, hitList, shelfTitle, skeleton, summary, tabs} from './inbox-parts.js';
import type {Words} from './inbox-parts.js';
import type {ListHold} from './list-hold.js';
import './room-list-view.js';
import type {RoomListView} from './room-list-view.js';
import type {RowFacts} from './room-row.js';

export interface ListHost {
  readonly session?: Session;
  readonly inbox?: Inbox;
  readonly room?: string;
  readonly layout: string;
  readonly prefs: PrefStore;
  readonly drafts: Drafts;
  readonly search: DeskSearch;
  readonly hold: ListHold;
  readonly wording: Words;
  readonly rows?: RoomListView;
  readonly threadView?: DeskThread;
  readonly renderRoot: HTMLElement | DocumentFragment;
  readonly updateComplete: Promise<boolean>;
  show(room: string | undefined): void;
  settled(): Promise<void>;
}

export class ListRegion {
  constructor(private readonly host: ListHost, private readonly strip: (session: Session) => TemplateResult) {}

  // --- drawing ------------------------------------------------------------------------------------------------------

  render(session: Session, inbox: Inbox): TemplateResult {
    const {wording, search, layout, room} = this.host;
    const {say, now} = wording;
    const isNarrow = layout === 'narrow';
    return html`<section class="list" role=${isNarrow ? 'main' : 'region'} data-region="list" aria-labelledby="list-title">
      <h2 id="list-title" tabindex="-1">${shelfTitle(say, inbox.filter.shelf)}</h2>
      ${this.searchField()}
      ${tabs(wording, inbox.filter, inbox.counts, (tab) => search.setFilter({tab}))}
      ${summary(wording, inbox.changes, inbox.changes ? 0 : inbox.list.waiting, () => this.accept(inbox))}
      ${doorstep(wording, arrivals(inbox.state, now).filter((row) => row.room !== room),
        (row) => nameOfRoom(row, say), (guest) => this.host.show(guest))}
      <div class="panel" id="tabpanel" role="tabpanel" aria-labelledby=${`tab-${inbox.filter.tab}`}
        aria-busy=${String(inbox.phase === 'loading')}>${this.body(session, inbox)}</div>
      ${room && !isNarrow ? nothing : this.strip(session)}
    </section>`;
  }

  private searchField(): TemplateResult {
    const {wording: {say}, search, prefs} = this.host;
    return html`<div class="search">${deskIcon('search')}
      <input id="search" type="search" .value=${search.words} maxlength="60" autocomplete="off" spellcheck="false"
        aria-label=${say('inbox.searchLabel')} placeholder=${say('inbox.search')}
        @input=${(e: Event) => search.typed((e.target as HTMLInputElement).value)} @keydown=${(e: KeyboardEvent) => this.searchKey(e)}>
      ${search.words ? html`<button aria-label=${say('inbox.searchClear')} @click=${() => this.clearWords()}>${icon('close')}</button>`
        : prefs.get().shortcuts ? html`<kbd aria-hidden="true">/</kbd>` : nothing}
    </div>`;
  }

  private body(session: Session, inbox: Inbox): TemplateResult {
    const {wording, search, hold, room} = this.host;
    const {say, format, now} = wording;
    const rows = inbox.rows();
    if (rows.length === 0 && inbox.phase === 'loading') return skeleton();
    const hits = search.hits && inbox.filter.words.trim() ? hitList(wording, search.hits,
      (hit) => this.hitName(hit), (hit) => this.openHit(hit)) : nothing;
    if (rows.length === 0 && hits === nothing) return this.empty(session, inbox);
    return html`<room-list .rows=${rows} .open=${room || undefined} .total=${inbox.total} .hasMore=${inbox.hasMore}
      .loadingMore=${inbox.loadingMore} .label=${say('inbox.rooms')} .factsOf=${this.factsOf} .isGone=${this.isGone}
      .say=${say} .format=${format} .me=${session.identity.sub} .tick=${Math.floor(now / 1000)}
      @list-open=${(e: CustomEvent<{room: string}>) => this.host.show(e.detail.room)}
      @list-pointer=${(e: CustomEvent<{over: boolean; room?: string}>) => hold.pointed(e.detail.over, e.detail.room)}
      @list-focus=${(e: CustomEvent<{room: string | undefined}>) => (hold.focused = e.detail.room)}
      @list-more=${() => inbox.loadMore()}>${hits}</room-list>`;
  }

  private empty(session: Session, inbox: Inbox): TemplateResult {
    const {say, format} = this.host.wording;
    const {tab, shelf, words} = inbox.filter;
    if (inbox.phase === 'failed') {
      return blank(icon('alert'), say('inbox.failed'), '', html`<button class="plain" @click=${() => inbox.load()}>${say('app.retry')}</button>`);
    }
    const isFiltered = tab !== 'all' || shelf !== 'open' || words.trim() !== '';
    if (isFiltered && (words.trim() || (inbox.counts?.all ?? 0) > 0)) {
      return blank(deskIcon('search'), say('inbox.nothing'), say('inbox.nothingHint'),
        html`<button class="plain" @click=${() => this.clearFilter()}>${say('inbox.clear')}</button>`);
    }
    const times = session.me?.response_time;
    const average = times && times.n >= 5
      ? html`<p class="figure">${say('inbox.doneAverage', {duration: format.duration(times.median_s * 1000)})}</p>` : nothing;
    return blank(icon('check'), say('inbox.done'), say('inbox.doneHint'), average);
  }

  // --- what a row shows ---------------------------------------------------------------------------------------------

  private factsOf = (row: InboxRow): RowFacts => {
    const {wording: {say, now}, room, prefs, drafts} = this.host;
    const session = this.host.session!;
    const inbox = this.host.inbox!;
    const person = personOf(row);
    const isOpen = row.room === room;
    const isMine = row.assignee === session.identity.sub;
    return {
      name: nameOfRoom(row, say),
      unread: inbox.unread(row),
      isFlagged: prefs.get().flagged.includes(row.room),
      isOnline: session.presence.isOnline(person.role, person.who, now),
      isLit: isLit(row, now),
      assignee: !row.assignee ? '' : isMine ? say('app.you') : inbox.nameOf('staff', row.assignee) ?? row.assignee,
      isMine,
      viewers: isOpen ? [] : inbox.here.in(row.room, now).map(({who}) => inbox.nameOf('staff', who) ?? who),
      draft: isOpen ? '' : drafts.get(row.room)?.text.trim() ?? '',
      now,
    };
  };

  /** Still shown, for it was being looked at, but no longer of this list. */
  private get isGone(): (row: InboxRow) => boolean {
    const fits = matcher(this.host.inbox!.filter, this.host.session!.identity.sub, roomName);
    return (row) => !fits(row);
  }

  private hitName(hit: Hit): string {
    const {inbox, wording} = this.host;
    const row = inbox?.state.get(hit.room);
    return row ? nameOfRoom(row, wording.say) : hit.title || inbox?.nameOf('client', hit.room) || hit.room;
  }

  // --- doing --------------------------------------------------------------------------------------------------------

  focusTitle(): void {
    this.host.renderRoot.querySelector<HTMLElement>('#list-title')?.focus();
  }

  private accept(inbox: Inbox): void {
    inbox.accept();
    this.host.rows?.toTop();
    void this.host.updateComplete.then(() => this.focusTitle());
  }

  private openHit(hit: Hit): void {
    this.host.show(hit.room);
    void this.host.settled().then(() => this.host.threadView?.reveal(hit.message.id, hit.message.seq));
  }

  private clearFilter(): void {
    this.host.search.clear();
    void this.host.updateComplete.then(() => this.focusTitle());
  }

  private searchKey(event: KeyboardEvent): void {
    const {rows, search} = this.host;
    if (event.key === 'ArrowDown' && !event.altKey && rows?.focusRow()) return event.preventDefault();
    if (event.key !== 'Escape') return;
    event.stopPropagation();
    event.preventDefault();
    if (search.words) this.clearWords();
    else rows?.focusRow();
  }

  private clearWords(): void {
    this.host.search.typed('');
    this.host.renderRoot.querySelector<HTMLInputElement>('#search')?.focus();
  }
}
