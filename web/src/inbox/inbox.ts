/* inbox.ts - keeps the desk's list true: loads the filter's rooms, asks again for those that something happened in, and
 * keeps the threads of busy rooms warm. Knows no screen. list-poll.ts: while the live link is down; absence.ts: while
 * nobody looks. */
import type {Seen} from '../api/client.js';
import {ApiError} from '../api/problem.js';
import {Alarm} from '../clock.js';
import {retryDelay} from '../feed/backoff.js';
import type {FeedEvent} from '../feed/room-feed.js';
import {Listeners} from '../listeners.js';
import type {Session} from '../session/session.js';
import type {RoomThread} from '../thread/room-thread.js';
import {sideOf} from '../wire.js';
import type {LiveMessage, Role, RoomInfo, RoomsPage} from '../wire.js';
import {Absence} from './absence.js';
import {EVERYTHING, isSame, queryOf} from './filter.js';
import type {Filter} from './filter.js';
import {HereBoard} from './here.js';
import {InboxState} from './inbox-state.js';
import type {DeskChange, InboxRow} from './inbox-state.js';
import {ListPoll} from './list-poll.js';
import {RoomList} from './room-list.js';
import {WarmThreads} from './warm-threads.js';

const PAGE = 50;
const MORE = 200;
const SETTLE_MS = 250; // several notices, one question
const SINGLE_MAX = 5; // more rooms than this: the list is cheaper
const COUNTS_EVERY_MS = 4000; // counts are dear: at most so often
const OWN_COUNTS_MS = 400; // after something we did ourselves
const CALM_MS = 80;

export type InboxPhase = 'loading' | 'ready' | 'failed';

export type InboxEvent =
  | {type: 'changed'}
  /** a client or kiosk said something: for a sound, a notification */
  | {type: 'arrived'; room: string; message: LiveMessage};

export class Inbox {
  readonly state = new InboxState();
  readonly list: RoomList;
  readonly here = new HereBoard();
  /** staff and clients by "role/who", as far as anybody named them */
  readonly names = new Map<string, string>();
  phase: InboxPhase = 'loading';
  counts: RoomsPage['counts'];
  open: string | undefined;
  /** the next page is on its way */
  loadingMore = false;

  private readonly listeners = new Listeners<InboxEvent>();
  private readonly dirty = new Set<string>();
  private readonly calm: Alarm;
  private stirred = false;
  private readonly settle: Alarm;
  private readonly recount: Alarm;
  private readonly retry: Alarm;
  private readonly poll: ListPoll;
  private readonly absence: Absence;
  private readonly warm: WarmThreads;
  private readonly stops: (() => void)[] = [];
  private next: string | undefined;
  private isDeep = false; // more than the first page is loaded
  private failures = 0;
  private asking = 0; // which answer belongs to the filter
  private countedAt = -Infinity;

  /** flagged: rooms that this person marked as unread */
  constructor(private readonly session: Session, filter: Filter = EVERYTHING,
    private readonly flagged: () => readonly string[] = () => []) {
    const {clock} = session;
    this.list = new RoomList(this.state, session.identity.sub, filter);
    this.calm = new Alarm(clock, () => this.stirred && this.changed());
    this.settle = new Alarm(clock, () => void this.refresh());
    this.recount = new Alarm(clock, () => void this.count());
    this.retry = new Alarm(clock, () => void this.load());
    const changed = () => this.changed();
    this.poll = new ListPoll({
      clock, changed, isLive: () => session.feed.status.phase === 'live', ask: (wait, stop, seen) => this.askPoll(wait, stop, seen),
    });
    this.absence = new Absence({
      clock, changed, state: this.state, list: this.list, me: session.identity.sub, isReady: () => this.phase === 'ready',
    });
    this.warm = new WarmThreads({session, open: () => this.open, changed: (thread) => this.onThread(thread)});
  }

  on(listener: (event: InboxEvent) => void): () => void {
    return this.listeners.add(listener);
  }

  start(): void {
    this.stops.push(this.session.feed.on((event) => this.onFeed(event)));
    const first = this.load();
    this.poll.start();
    this.session.goLive(first);
  }

  stop(): void {
    for (const stop of this.stops.splice(0)) stop();
    for (const alarm of [this.calm, this.settle, this.recount, this.retry]) alarm.end();
    this.warm.stop();
    this.poll.stop();
  }

  get filter(): Filter {
    return this.list.filter;
  }

  /** Looks at other rooms. */
  setFilter(filter: Filter): void {
    if (isSame(filter, this.filter)) return;
    this.list.filter = filter;
    this.list.horizon = undefined;
    this.next = undefined;
    this.isDeep = false;
    this.phase = 'loading';
    this.accept();
    this.failures = 0;
    this.poll.restart();
    void this.load();
  }

  rows(): InboxRow[] {
    return this.list.rows();
  }

  get hasMore(): boolean {
    return this.next !== undefined;
  }

  /** Of the whole list, loaded or not; undefined: nobody counted. */
  get total(): number | undefined {
    const {tab, shelf, words} = this.filter;
    if (!this.hasMore) return this.rows().length;
    return shelf === 'open' && !words.trim() ? this.counts?.[tab] : undefined;
  }

  // --- rooms --------------------------------------------------------------------------------------------------------

  /** The room on the screen; its thread. */
  show(room: string | undefined): RoomThread | undefined {
    if (this.open !== undefined && this.open !== room) this.thread(this.open)?.leave();
    this.open = room;
    const thread = room === undefined ? undefined : this.warm.heat(room);
    thread?.setDivider();
    if (room !== undefined && !this.state.get(room)) this.touch(room);
    this.changed();
    return thread;
  }

  /** A warm room's thread. */
  thread(room: string): RoomThread | undefined {
    return this.warm.get(room);
  }

  /** What nobody at the desk has read: by our own rows where we have them, else as the API counted. */
  unread(row: InboxRow): number {
    return Math.max(this.counted(row), this.flagged().includes(row.room) ? 1 : 0);
  }

  private counted(row: InboxRow): number {
    const thread = this.thread(row.room);
    if (thread?.phase !== 'ready') return row.unread ?? 0;
    const waiting = [...thread.state.live.values()].filter((m) => sideOf(m.role) !== 'staff').length;
    const covered = (thread.state.first ?? 1) <= thread.state.sideMark('staff').read + 1;
    return waiting + (covered ? thread.state.unread : Math.max(row.unread ?? 0, thread.state.unread));
  }

  /** Conversations with something unread; what was counted, but never fewer than we see. */
  get unreadRooms(): number {
    const rooms = new Set(this.state.unread);
    for (const room of [...this.warm.rooms, ...this.flagged()]) {
      const row = this.state.get(room);
      if (row && (row.status ?? 'open') === 'open' && this.unread(row) > 0) rooms.add(room);
      else rooms.delete(room);
    }
    return this.hasMore ? Math.max(rooms.size, this.counts?.unread ?? 0) : rooms.size;
  }

  nameOf(role: Role, who: string): string | undefined {
    const key = `${role}/${who}`;
    return this.names.get(key) ?? this.session.presence.names.get(key);
  }

  /** Sets something of a room: shown at once, taken back where the API does not take it. Rejects with the reason. */
  async change(room: string, change: DeskChange): Promise<void> {
    const {api, identity} = this.session;
    const before = this.state.get(room);
    this.state.applyDesk(room, change);
    this.changed();
    try {
      const sent = change.status === 'snoozed' ? {snoozed_until: change.snoozed_until, status: 'snoozed'} : change;
      this.learn(await api.patchRoom(identity.gym, room, {...sent}));
    } catch (error) {
      if (before) this.state.applyDesk(room, pick(before, change));
      throw error;
    } finally {
      this.recount.atMost(OWN_COUNTS_MS);
      this.changed();
    }
  }

  // --- staying still ------------------------------------------------------------------------------------------------

  /** What happened while the page was hidden or the link was down; gone when accepted. */
  get changes(): Absence['changes'] {
    return this.absence.changes;
  }

  /** The page is hidden: from now on nobody sees what moves. */
  leave(): void {
    this.absence.leave();
  }

  /** Somebody looks again. */
  comeBack(): void {
    this.absence.comeBack();
  }

  /** The person has seen the summary and wants the list. */
  accept(): void {
    this.absence.accept();
  }

  // --- asking -------------------------------------------------------------------------------------------------------

  async loadMore(): Promise<void> {
    const cursor = this.next;
    if (!cursor || this.loadingMore) return;
    this.loadingMore = true;
    this.changed();
    try {
      await this.ask({cursor, limit: String(MORE)});
    } catch {
      // the person scrolls on, or presses the button again
    } finally {
      this.loadingMore = false;
      this.changed();
    }
  }

  /** The filter's first page again; what is loaded below it stays. */
  async load(): Promise<void> {
    this.retry.clear();
    try {
      await this.ask({});
      this.failures = 0;
    } catch (error) {
      if (error instanceof ApiError && error.code === 'aborted') return;
      if (this.phase === 'loading') this.phase = 'failed';
      this.retry.set(retryDelay(++this.failures, this.session.clock.random()));
    }
    this.changed();
  }

  private async ask(query: Record<string, string>): Promise<void> {
    const filter = this.filter;
    const mine = query.cursor === undefined ? ++this.asking : this.asking;
    const page: RoomsPage = await this.session.api.rooms(this.session.identity.gym, {
      limit: PAGE, ...queryOf(filter), counts: 1, ...query,
    });
    if (mine !== this.asking || filter !== this.filter) return;
    this.takePage(page);
    if (query.cursor !== undefined) this.isDeep = true;
    if (query.cursor !== undefined || !this.isDeep) this.reach(page); // pages below the first have their own end
    this.phase = 'ready';
  }

  private takePage(page: RoomsPage): void {
    for (const room of page.rooms) this.learn(room);
    if (page.counts) {
      this.counts = page.counts;
      this.countedAt = this.session.clock.now();
      this.recount.clear();
    }
  }

  private reach(page: RoomsPage): void {
    this.next = page.next ?? undefined;
    const last = page.rooms[page.rooms.length - 1];
    this.list.reach(this.next && last ? this.state.get(last.room) : undefined);
  }

  private async count(): Promise<void> {
    try {
      const page = await this.session.api.rooms(this.session.identity.gym, {...queryOf(this.filter), limit: 1, counts: 1});
      this.takePage(page);
    } catch {
      this.recount.atMost(COUNTS_EVERY_MS);
    }
    this.changed();
  }

  private async refresh(): Promise<void> {
    const rooms = [...this.dirty];
    this.dirty.clear();
    const now = this.session.clock.now();
    if (rooms.length > SINGLE_MAX) return this.load();
    await Promise.all(rooms.map((room) => this.refreshRoom(room)));
    this.recount.atMost(Math.max(OWN_COUNTS_MS, this.countedAt + COUNTS_EVERY_MS - now));
    this.changed();
  }

  private async refreshRoom(room: string): Promise<void> {
    try {
      this.learn(await this.session.api.room(this.session.identity.gym, room));
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) {
        if (this.state.get(room)?.created_at !== undefined) this.state.drop(room);
      } else {
        this.retry.atMost(retryDelay(++this.failures, this.session.clock.random()));
      }
    }
  }

  private learn(info: RoomInfo): void {
    for (const person of info.people ?? []) {
      if (person.name && person.name !== person.who) this.names.set(`${person.role}/${person.who}`, person.name);
    }
    const {last_message: last} = info;
    if (last?.name && last.name !== last.sender) this.names.set(`${last.role}/${last.sender}`, last.name);
    const known = this.state.get(info.room);
    const isNews = known !== undefined && last && info.last_seq > known.last_seq && known.preview?.id !== last.id;
    this.state.applyRoom(info);
    if (isNews && isCall(info.room, last)) this.listeners.tell({type: 'arrived', room: info.room, message: last});
    this.findAsked(info.room);
  }

  // --- while the live link is down ----------------------------------------------------------------------------------

  /** The list comes by long poll. */
  get polling(): boolean {
    return this.poll.works;
  }

  private async askPoll(wait: number, stop: AbortSignal, seen: Seen<RoomsPage>): Promise<void> {
    const {filter} = this;
    const {api, identity} = this.session;
    const page = await api.rooms(identity.gym, {limit: PAGE, ...queryOf(filter), counts: 1, wait}, stop, seen);
    if (stop.aborted) return;
    if (filter === this.filter) this.takePage(page);
    if (filter === this.filter && this.phase !== 'ready') {
      this.reach(page);
      this.phase = 'ready';
    }
    this.absence.endOffline();
  }

  // --- what comes ---------------------------------------------------------------------------------------------------

  private onFeed(event: FeedEvent): void {
    switch (event.type) {
      case 'status':
        this.onStatus(event.status.phase === 'live');
        break;
      case 'resumed':
        void this.load().then(() => this.absence.end('offline'));
        return;
      case 'rooms':
        this.takePage(event.page);
        this.recount.atMost(COUNTS_EVERY_MS); // that answer has none
        break;
      case 'message':
        this.onMessage(event.room, event.message);
        break;
      case 'log':
        this.state.applyNotice(event.room, event.notice);
        this.settleOutbox(event.room, event.notice.stored);
        this.touch(event.room);
        break;
      case 'desk-log':
        this.state.applyDesk(event.room, event.notice.change);
        this.settleOutbox(event.room, event.notice.stored);
        if (event.notice.change.status !== undefined) this.touch(event.room);
        break;
      case 'here':
        if (event.who === this.session.identity.sub) return;
        this.here.apply(event.room, event.who, event.viewing, event.replying, this.session.clock.now());
        break;
      default:
        return;
    }
    this.changed();
  }

  private onStatus(live: boolean): void {
    if (live) return this.poll.stop();
    if (this.session.feed.status.phase === 'idle') return;
    this.absence.begin('offline');
    this.poll.takeOver();
  }

  private onMessage(room: string, message: LiveMessage): void {
    const isKnown = this.state.get(room)?.preview?.id === message.id;
    if (this.state.applyLive(room, message)) {
      if (sideOf(message.role) !== 'staff') this.warm.heat(room);
      if (!isKnown && isCall(room, message)) this.listeners.tell({type: 'arrived', room, message});
    }
    this.touch(room);
  }

  /** Our own entries are stored, also in rooms whose thread is not loaded; after the threads, which take their words
   * from the outbox. */
  private settleOutbox(room: string, stored: {id: string; role: Role; sender: string}[]): void {
    const {identity, outbox, clock} = this.session;
    const mine = stored.filter((s) => s.role === identity.role && s.sender === identity.sub).map((s) => s.id);
    if (mine.some((id) => outbox.get(id)?.room === room)) clock.setTimeout(() => outbox.stored(mine), 0);
  }

  private touch(room: string): void {
    this.dirty.add(room);
    this.settle.atMost(SETTLE_MS);
  }

  // --- threads ------------------------------------------------------------------------------------------------------

  private onThread(thread: RoomThread): void {
    for (const [key, name] of thread.state.names) this.names.set(key, name);
    const {version} = this.state;
    this.findAsked(thread.room);
    if (version !== this.state.version) this.changed();
  }

  /** A check-in may cover the words that wait for an answer: the thread has them. */
  private findAsked(room: string): void {
    const row = this.state.get(room);
    if (!row?.waiting_since || row.asked || row.preview?.kind !== 'checkin') return;
    const thread = this.thread(room) ?? this.warm.heat(room);
    if (!thread) return;
    for (let i = thread.state.rows.length - 1; i >= 0; i--) {
      const said = thread.state.rows[i]!;
      if (said.role === 'staff') return;
      if (said.role === 'client') return this.state.applyAsked(room, said);
    }
  }

  /** At once, then at most every 80 ms: at a busy desk something happens all the time. */
  private changed(): void {
    if (this.calm.isSet) return void (this.stirred = true);
    this.stirred = false;
    this.calm.set(CALM_MS);
    this.listeners.tell({type: 'changed'});
  }
}

/** Does it call for somebody at the desk? A check-in does not; a kiosk's own room does. */
function isCall(room: string, message: LiveMessage): boolean {
  if (message.kind === 'checkin') return false;
  return message.role === 'client' || (message.role === 'kiosk' && room.startsWith('kiosk-'));
}

/** The former values of what is being changed. */
function pick(row: InboxRow, change: DeskChange): DeskChange {
  return {
    status: 'status' in change ? row.status ?? 'open' : undefined,
    snoozed_until: 'status' in change ? row.snoozed_until ?? null : undefined,
    assignee: 'assignee' in change ? row.assignee ?? null : undefined,
    labels: 'labels' in change ? row.labels ?? [] : undefined,
  };
}
