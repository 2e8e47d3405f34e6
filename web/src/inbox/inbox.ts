/* inbox.ts - keeps the desk's list true: loads it, asks again for the rooms that something happened in, keeps the
 * threads of busy rooms warm, so that their messages are on this device (delivered) and open at once. */
import {Alarm} from '../clock.js';
import {retryDelay} from '../feed/backoff.js';
import type {FeedEvent} from '../feed/room-feed.js';
import {Listeners} from '../listeners.js';
import type {Session} from '../session/session.js';
import type {RoomThread} from '../thread/room-thread.js';
import {sideOf} from '../wire.js';
import type {RoomsPage} from '../wire.js';
import {InboxState} from './inbox-state.js';
import type {InboxRow} from './inbox-state.js';

const PAGE = 50;
const SETTLE_MS = 250; // several notices, one question
const SINGLE_MAX = 5; // more rooms than this: the list is cheaper
const WARM_MAX = 30;

export type InboxPhase = 'loading' | 'ready' | 'failed';

export class Inbox {
  readonly state = new InboxState();
  phase: InboxPhase = 'loading';
  open: string | undefined;
  private readonly listeners = new Listeners<void>();
  private readonly dirty = new Set<string>();
  private readonly settle: Alarm;
  private readonly retry: Alarm;
  private readonly warm: string[] = []; // oldest first
  private readonly stops: (() => void)[] = [];
  private failures = 0;

  constructor(private readonly session: Session) {
    this.settle = new Alarm(session.clock, () => void this.refresh());
    this.retry = new Alarm(session.clock, () => void this.load());
  }

  on(listener: () => void): () => void {
    return this.listeners.add(listener);
  }

  start(): void {
    this.stops.push(this.session.feed.on((event) => this.onFeed(event)));
    this.session.goLive(this.load());
  }

  stop(): void {
    for (const stop of this.stops.splice(0)) stop();
    this.settle.clear();
    this.retry.clear();
  }

  /** The room on the screen; its thread. */
  show(room: string | undefined): RoomThread | undefined {
    if (this.open !== undefined && this.open !== room) this.thread(this.open)?.leave();
    this.open = room;
    const thread = room === undefined ? undefined : this.heat(room);
    thread?.setDivider();
    this.listeners.tell();
    return thread;
  }

  /** A warm room's thread. */
  thread(room: string): RoomThread | undefined {
    return this.warm.includes(room) ? this.session.thread(room) : undefined;
  }

  /** What nobody at the desk has read: by our own rows where we have them, else as the API counted. */
  unread(row: InboxRow): number {
    const thread = this.thread(row.room);
    if (thread?.phase !== 'ready') return row.unread ?? 0;
    const waiting = [...thread.state.live.values()].filter((m) => sideOf(m.role) !== 'staff').length;
    const covered = (thread.state.first ?? 1) <= thread.state.sideMark('staff').read + 1;
    return waiting + (covered ? thread.state.unread : Math.max(row.unread ?? 0, thread.state.unread));
  }

  get totalUnread(): number {
    return this.state.rows().reduce((sum, row) => sum + this.unread(row), 0);
  }

  async loadMore(): Promise<void> {
    const cursor = this.state.next;
    if (!cursor) return;
    this.state.next = undefined;
    await this.ask({cursor}).catch(() => (this.state.next = cursor));
    this.listeners.tell();
  }

  private async load(): Promise<void> {
    try {
      await this.ask({});
      this.phase = 'ready';
      this.failures = 0;
      this.retry.clear();
    } catch {
      if (this.phase === 'loading') this.phase = 'failed';
      this.retry.set(retryDelay(++this.failures, this.session.clock.random()));
    }
    this.listeners.tell();
  }

  private async ask(query: Record<string, string>): Promise<void> {
    const page: RoomsPage = await this.session.api.rooms(this.session.identity.gym, {limit: PAGE, ...query});
    this.state.applyPage(page);
  }

  private async refresh(): Promise<void> {
    const rooms = [...this.dirty];
    this.dirty.clear();
    if (rooms.length > SINGLE_MAX || rooms.some((room) => this.state.get(room)?.created_at === undefined)) return this.load();
    const {api, identity} = this.session;
    await Promise.all(rooms.map(async (room) => {
      try {
        this.state.applyRoom(await api.room(identity.gym, room));
      } catch {
        this.retry.atMost(retryDelay(++this.failures, this.session.clock.random()));
      }
    }));
    this.listeners.tell();
  }

  private onFeed(event: FeedEvent): void {
    switch (event.type) {
      case 'resumed':
        void this.load();
        return;
      case 'rooms':
        this.state.applyPage(event.page);
        this.phase = 'ready';
        break;
      case 'message':
        if (this.state.applyLive(event.room, event.message) && sideOf(event.message.role) !== 'staff') this.heat(event.room);
        this.touch(event.room);
        break;
      case 'log':
        this.state.applyNotice(event.room, event.notice);
        this.touch(event.room);
        break;
      default:
        return;
    }
    this.listeners.tell();
  }

  private touch(room: string): void {
    this.dirty.add(room);
    this.settle.atMost(SETTLE_MS);
  }

  /** Loads a room's thread and keeps it; the one that was idle longest goes. */
  private heat(room: string): RoomThread {
    const at = this.warm.indexOf(room);
    if (at >= 0) this.warm.splice(at, 1);
    this.warm.push(room);
    const cold = this.warm.length > WARM_MAX ? this.warm.find((r) => r !== this.open && r !== room) : undefined;
    if (cold !== undefined) {
      this.warm.splice(this.warm.indexOf(cold), 1);
      this.session.dropThread(cold);
    }
    return this.session.thread(room);
  }
}
