/* poll-feed.ts - the room feed where WebSockets are blocked: the API's long poll on the same cursor, sending and marks
 * over HTTP. No typing, no presence; everything that is a promise still holds. */
import type {Api, Seen} from '../api/client.js';
import {ApiError} from '../api/problem.js';
import {Alarm} from '../clock.js';
import type {Clock} from '../clock.js';
import {Listeners} from '../listeners.js';
import {DeniedError} from '../tokens/token-source.js';
import type {Envelope, Identity, MessagePage, Receipt, RoomsPage} from '../wire.js';
import {retryDelay} from './backoff.js';
import type {FeedEvent, FeedStatus, RoomFeed, SendOutcome} from './room-feed.js';

const WAIT_SEC = 25;
const PAUSE_MS = 300; // between two answers, however fast they come
const NOT_LOADED_MS = 1000; // the thread has no cursor yet: nothing was asked

export interface PollFeedOptions {
  api: Api;
  clock: Clock;
  identity: () => Identity;
}

export class PollFeed implements RoomFeed {
  status: FeedStatus;
  private readonly listeners = new Listeners<FeedEvent>();
  private readonly watched = new Map<string, {cursor: () => number | undefined; stop: AbortController}>();
  private running: AbortController | undefined;
  private readonly sleepers = new Set<() => void>();

  constructor(private readonly options: PollFeedOptions) {
    this.status = {phase: 'idle', since: options.clock.now(), failures: 0, via: 'poll'};
  }

  on(listener: (event: FeedEvent) => void): () => void {
    return this.listeners.add(listener);
  }

  start(): void {
    if (this.running) return;
    this.running = new AbortController();
    this.setStatus({phase: 'connecting', failures: 0});
    const seen: Seen<RoomsPage> = {};
    if (this.options.identity().role === 'staff') void this.loop(this.running, (stop, wait) => this.pollRooms(stop, wait, seen));
    for (const [room, watch] of this.watched) this.follow(room, watch);
    if (this.options.identity().role === 'kiosk' && this.watched.size === 0) this.succeeded();
  }

  async stop(): Promise<void> {
    this.running?.abort();
    this.running = undefined;
    for (const watch of this.watched.values()) watch.stop.abort();
    this.wakeSleepers();
    this.setStatus({phase: 'idle', failures: 0});
  }

  wake(): void {
    this.wakeSleepers();
  }

  watch(room: string, cursor: () => number | undefined): () => void {
    const watch = {cursor, stop: new AbortController()};
    this.watched.get(room)?.stop.abort();
    this.watched.set(room, watch);
    if (this.running) this.follow(room, watch);
    return () => {
      watch.stop.abort();
      if (this.watched.get(room) === watch) this.watched.delete(room);
    };
  }

  private follow(room: string, watch: {cursor: () => number | undefined; stop: AbortController}): void {
    if (watch.stop.signal.aborted) watch.stop = new AbortController();
    const seen: Seen<MessagePage> = {};
    void this.loop(watch.stop, (stop, wait) => this.pollRoom(room, watch.cursor, stop, wait, seen));
  }

  private async loop(stop: AbortController, once: (stop: AbortSignal, wait: number) => Promise<number>): Promise<void> {
    while (!stop.signal.aborted && this.running) {
      let pause = PAUSE_MS;
      try {
        pause = await once(stop.signal, this.status.phase === 'live' ? WAIT_SEC : 0);
        if (pause !== NOT_LOADED_MS) this.succeeded();
      } catch (error) {
        if (stop.signal.aborted || !this.running) return;
        pause = this.failed(error);
      }
      await this.sleep(pause);
    }
  }

  /** Returns how long to pause before the next question. The first one does not wait: does anybody answer? */
  private async pollRoom(
    room: string, cursor: () => number | undefined, stop: AbortSignal, wait: number, seen: Seen<MessagePage>,
  ): Promise<number> {
    const after = cursor();
    if (after === undefined) return NOT_LOADED_MS;
    const {gym} = this.options.identity();
    const page = await this.options.api.messages(gym, room, {after, wait, limit: 200}, stop, seen);
    if (!stop.aborted) this.listeners.tell({type: 'page', room, page});
    return PAUSE_MS;
  }

  private async pollRooms(stop: AbortSignal, wait: number, seen: Seen<RoomsPage>): Promise<number> {
    const page = await this.options.api.rooms(this.options.identity().gym, {wait}, stop, seen);
    if (!stop.aborted) this.listeners.tell({type: 'rooms', page});
    return PAUSE_MS;
  }

  private succeeded(): void {
    if (this.status.phase === 'live') return;
    this.setStatus({phase: 'live', failures: 0});
    this.listeners.tell({type: 'resumed'});
  }

  private failed(error: unknown): number {
    const failures = this.status.failures + 1;
    const pause = retryDelay(failures, this.options.clock.random());
    const phase = error instanceof DeniedError ? 'expired' : 'waiting';
    this.setStatus({phase, failures, retryAt: this.options.clock.now() + pause});
    return pause;
  }

  private sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        alarm.clear();
        this.sleepers.delete(done);
        resolve();
      };
      const alarm = new Alarm(this.options.clock, done);
      alarm.set(ms);
      this.sleepers.add(done);
    });
  }

  private wakeSleepers(): void {
    for (const done of [...this.sleepers]) done();
  }

  private setStatus(next: {phase: FeedStatus['phase']; failures: number; retryAt?: number}): void {
    const was = this.status;
    const moved = next.phase === 'live' || was.phase === 'live' || was.phase === 'idle';
    this.status = {...next, since: moved ? this.options.clock.now() : was.since, via: 'poll'};
    this.listeners.tell({type: 'status', status: this.status});
  }

  async send(room: string, envelope: Envelope): Promise<SendOutcome> {
    const {api, identity} = this.options;
    return postOutcome(() => api.send(identity().gym, room, envelope));
  }

  async sendNote(room: string, envelope: Envelope): Promise<SendOutcome> {
    const {api, identity} = this.options;
    return postOutcome(() => api.sendNote(identity().gym, room, envelope));
  }

  mark(room: string, receipt: Receipt): void {
    this.options.api.mark(this.options.identity().gym, room, receipt).catch(() => {});
  }

  typing(): void {}
  here(): void {}
}

const FINAL = new Map<number, string>([[400, 'invalid'], [403, 'forbidden'], [409, 'conflict'], [413, 'too_large'], [422, 'invalid']]);

/** What an answer to POST messages means for the outbox. */
export async function postOutcome(post: () => Promise<{status: number; seq?: number}>): Promise<SendOutcome> {
  try {
    const {status, seq} = await post();
    return status === 201 && seq !== undefined ? {kind: 'stored', seq} : {kind: 'handed'};
  } catch (error) {
    if (!(error instanceof ApiError)) return {kind: 'failed', suspicious: false};
    if (error.status === 429 || error.code === 'rate_limited') {
      return {kind: 'rejected', code: 'rate_limited', retryAfterMs: error.retryAfterMs ?? 5000};
    }
    const code = FINAL.get(error.status);
    return code ? {kind: 'rejected', code, detail: error.detail} : {kind: 'failed', suspicious: false};
  }
}
