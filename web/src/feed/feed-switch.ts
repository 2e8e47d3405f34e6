/* feed-switch.ts - MQTT where it gets through, the long poll where it does not; says nothing about it. It does not
 * when the API answered in the same attempt, yet the WebSocket never opened, twice in a row, or the broker refused a
 * fresh token that the API takes. MQTT goes on trying behind the long poll and takes over again when it is live. */
import {Listeners} from '../listeners.js';
import type {Envelope, Receipt} from '../wire.js';
import type {LiveFeed} from './live-feed.js';
import type {PollFeed} from './poll-feed.js';
import type {FeedEvent, FeedStatus, RoomFeed, SendOutcome} from './room-feed.js';

const BLOCKED_TIMES = 2;

export class FeedSwitch implements RoomFeed {
  private readonly listeners = new Listeners<FeedEvent>();
  private active: LiveFeed | PollFeed;
  private blocked = 0;

  constructor(private readonly live: LiveFeed, private readonly poll: PollFeed) {
    this.active = live;
    live.onFailure = (why) => {
      this.blocked = why === 'blocked' ? this.blocked + 1 : why === 'refused' ? BLOCKED_TIMES : 0;
      if (this.blocked >= BLOCKED_TIMES && this.active === live) this.fallBack();
    };
    live.on((event) => {
      if (event.type === 'status' && event.status.phase === 'live' && this.active === poll) this.takeOver();
      if (this.active === live) this.listeners.tell(event);
    });
    poll.on((event) => {
      if (this.active === poll) this.listeners.tell(event);
    });
  }

  private fallBack(): void {
    this.active = this.poll;
    this.poll.start();
  }

  private takeOver(): void {
    this.active = this.live;
    void this.poll.stop();
  }

  get status(): FeedStatus {
    return this.active.status;
  }

  on(listener: (event: FeedEvent) => void): () => void {
    return this.listeners.add(listener);
  }

  start(): void {
    this.live.start();
  }

  async stop(): Promise<void> {
    await Promise.all([this.live.stop(), this.poll.stop()]);
    this.active = this.live;
    this.blocked = 0;
  }

  wake(reason: Parameters<RoomFeed['wake']>[0]): void {
    this.live.wake(reason);
    if (this.active === this.poll) this.poll.wake();
  }

  watch(room: string, cursor: () => number | undefined): () => void {
    return this.poll.watch(room, cursor);
  }

  send(room: string, envelope: Envelope): Promise<SendOutcome> {
    return this.active.send(room, envelope);
  }
  sendNote(room: string, envelope: Envelope): Promise<SendOutcome> {
    return this.active.sendNote(room, envelope);
  }
  mark(room: string, receipt: Receipt): void {
    this.active.mark(room, receipt);
  }
  typing(room: string): void {
    this.active.typing(room);
  }
  here(room: string, viewing: boolean, replying: boolean): void {
    this.active.here(room, viewing, replying);
  }
}
