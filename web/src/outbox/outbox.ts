/* outbox.ts - what this person has said and not yet seen stored. Written before it is sent, survives a reload, removed
 * only by *stored* or by the person; a PUBACK removes nothing. The same id on every retry, so the archive keeps one. */
import {Alarm} from '../clock.js';
import type {Clock} from '../clock.js';
import type {SendOutcome} from '../feed/room-feed.js';
import {Listeners} from '../listeners.js';
import type {Envelope, RejectedNote} from '../wire.js';
import type {OutboxEntry, OutboxStore} from './entry.js';
import {MemoryStore} from './memory-store.js';
import {laneOf, plan, resendDelay} from './plan.js';
import type {Attempt} from './plan.js';
import type {Tabs} from './tabs.js';

const SUSPICIOUS_TIMES = 2; // then it is asked over HTTP, which answers in words
const RATE_LIMITED_MS = 5000;
// The broker takes 20 publishes a second (GYMCHAT_LIMIT_MESSAGES), receipts and typing among them: a full outbox
// after a night without a network must not run into that.
const PACE_PER_SEC = 10;

export interface OutboxOptions {
  store: OutboxStore;
  tabs: Tabs;
  clock: Clock;
  /** hands one over on the live link */
  send(entry: OutboxEntry): Promise<SendOutcome>;
  /** hands one over by HTTP: for what the broker seems to refuse by closing */
  sendAside(entry: OutboxEntry): Promise<SendOutcome>;
  /** the most it takes; undefined: no limit */
  max?: number;
}

export type OutboxEvent =
  | {type: 'changed'}
  /** the answer itself said so (long poll); everybody else hears it from a log notice */
  | {type: 'stored'; entry: OutboxEntry; seq: number}
  /** the person logged out in another tab */
  | {type: 'wiped'};

/** Does what waits survive a reload? If not: because the device is full, or because the browser keeps nothing for us. */
export type Keeping = 'kept' | 'full' | 'none';

export class OutboxFullError extends Error {}

export class Outbox {
  storage: Keeping = 'kept';
  private entries = new Map<string, OutboxEntry>();
  private readonly attempts = new Map<string, Attempt>();
  private readonly busy = new Set<string>();
  private readonly writing = new Set<OutboxEntry>(); // not sent before they are written
  private readonly gone = new Set<string>(); // never comes back, whatever an old tab says
  private readonly listeners = new Listeners<OutboxEvent>();
  private readonly wake: Alarm;
  private epoch = 0;
  private linked = false;
  private linkedAt = 0;
  private leading = false;
  private letGo: () => void = () => {};
  private lastN = 0;
  private tokens = PACE_PER_SEC;
  private pacedAt = 0;
  private store: OutboxStore;
  private former: OutboxStore | undefined; // the one that failed: what it still holds must not come back
  private isOver = false; // the person has logged out
  readonly ready: Promise<void>;

  constructor(private readonly options: OutboxOptions) {
    this.store = options.store;
    this.wake = new Alarm(options.clock, () => this.flush());
    options.tabs.on((news) => {
      if (news.type === 'put') this.learn(news.entry);
      else if (news.type === 'gone') this.drop(news.ids);
      else this.wiped();
    });
    this.ready = this.load();
  }

  get durable(): boolean {
    return this.storage === 'kept';
  }

  on(listener: (event: OutboxEvent) => void): () => void {
    return this.listeners.add(listener);
  }

  /** What waits or was rejected, oldest first; of one room or of all. */
  list(room?: string): OutboxEntry[] {
    const all = [...this.entries.values()].sort((a, b) => a.n - b.n);
    return room === undefined ? all : all.filter((entry) => entry.room === room);
  }

  get(id: string): OutboxEntry | undefined {
    return this.entries.get(id);
  }

  /** Resolves when it is written (or kept in memory: see storage); it is sent by itself. */
  async add(room: string, envelope: Envelope, to: 'msg' | 'note' = 'msg'): Promise<void> {
    if (this.entries.size >= (this.options.max ?? Infinity)) throw new OutboxFullError('the outbox is full');
    this.lastN = Math.max(this.lastN + 1, this.options.clock.now() * 1024);
    const entry: OutboxEntry = {id: envelope.id, room, to, envelope, n: this.lastN, state: 'queued'};
    this.entries.set(entry.id, entry);
    this.changed();
    this.writing.add(entry);
    await this.write(entry);
    this.writing.delete(entry);
    this.flush();
  }

  /** Seen stored, wherever that was said. Returns what was waiting for it. */
  stored(ids: Iterable<string>): OutboxEntry[] {
    return this.forget(ids);
  }

  /** The person gives it up (or edits it, which makes a new one). */
  discard(id: string): OutboxEntry | undefined {
    return this.forget([id])[0];
  }

  /** Archiver, API or the broker's plugin said no. */
  rejected(note: RejectedNote): void {
    const entry = note.id === null ? undefined : this.entries.get(note.id);
    if (!entry || entry.state === 'rejected') return;
    const attempt = this.attempts.get(entry.id);
    if (note.code === 'rate_limited') {
      const waitUntil = this.options.clock.now() + (note.retry_after_ms ?? RATE_LIMITED_MS);
      if (attempt) attempt.nextAt = waitUntil;
      void this.write(this.replace({...entry, waitUntil, code: note.code}));
    } else {
      void this.write(this.replace({...entry, state: 'rejected', code: note.code, detail: note.detail}));
    }
    this.flush();
  }

  /** The link came up (again) or went down. While it is up, this tab asks to be the one that sends. */
  setLinked(linked: boolean): void {
    if (linked === this.linked) return;
    this.linked = linked;
    if (!linked) {
      this.letGo();
      this.leading = false;
      this.wake.clear();
      return;
    }
    this.linkedAt = this.options.clock.now();
    this.epoch++;
    this.letGo = this.options.tabs.lead(() => {
      this.leading = true;
      void this.load().then(() => this.flush()); // what a tab that died left behind
    });
  }

  /** Has anything waited for so long on a link that works? Then the archive is behind. */
  isOverdue(ms: number): boolean {
    const before = this.options.clock.now() - ms;
    if (!this.linked || this.linkedAt > before) return false;
    return [...this.entries.values()].some(
      (entry) => entry.state === 'queued' && entry.waitUntil === undefined && entry.n / 1024 < before,
    );
  }

  /** Log-out: nothing stays on this device. */
  async wipe(): Promise<void> {
    this.isOver = true;
    this.setLinked(false);
    this.drop([...this.entries.keys()]);
    this.options.tabs.tell({type: 'wiped'});
    await Promise.allSettled([this.store.destroy(), this.former?.destroy()]);
  }

  private wiped(): void {
    this.isOver = true;
    for (const store of [this.store, this.former]) store?.abandon();
    this.drop([...this.entries.keys()]);
    this.listeners.tell({type: 'wiped'});
  }

  close(): void {
    this.setLinked(false);
    this.options.tabs.close();
  }

  // --- keeping ------------------------------------------------------------------------------------------------------

  private async load(): Promise<void> {
    try {
      for (const entry of await this.store.all()) this.learn(entry);
    } catch (error) {
      if (!this.isOver) this.fallBack(error);
    }
  }

  private async write(entry: OutboxEntry): Promise<void> {
    try {
      await this.store.put(entry);
    } catch (error) {
      if (this.isOver) return;
      this.fallBack(error);
      await this.store.put(entry);
    }
    if (this.gone.has(entry.id)) this.unwrite([entry.id]); // stored while we wrote
    else this.options.tabs.tell({type: 'put', entry});
  }

  private unwrite(ids: string[]): void {
    for (const store of [this.store, this.former]) store?.remove(ids).catch(() => {});
  }

  private fallBack(why: unknown): void {
    if (this.storage !== 'kept') return;
    this.storage = (why as Error | undefined)?.name === 'QuotaExceededError' ? 'full' : 'none';
    this.former = this.store;
    this.store = new MemoryStore();
    this.changed();
  }

  private learn(entry: OutboxEntry): void {
    if (this.gone.has(entry.id)) return;
    this.lastN = Math.max(this.lastN, entry.n);
    this.entries.set(entry.id, entry);
    this.changed();
    this.flush();
  }

  private replace(entry: OutboxEntry): OutboxEntry {
    this.entries.set(entry.id, entry);
    this.changed();
    return entry;
  }

  private forget(ids: Iterable<string>): OutboxEntry[] {
    const mine = [...ids].filter((id) => this.entries.has(id));
    if (mine.length === 0) return [];
    const dropped = this.drop(mine);
    this.options.tabs.tell({type: 'gone', ids: mine});
    this.unwrite(mine);
    this.flush();
    return dropped;
  }

  private drop(ids: string[]): OutboxEntry[] {
    const dropped: OutboxEntry[] = [];
    for (const id of ids) {
      const entry = this.entries.get(id);
      if (entry) dropped.push(entry);
      this.entries.delete(id);
      this.attempts.delete(id);
      this.gone.add(id);
    }
    if (dropped.length) this.changed();
    return dropped;
  }

  private changed(): void {
    this.listeners.tell({type: 'changed'});
  }

  // --- sending ------------------------------------------------------------------------------------------------------

  private flush(): void {
    if (!this.leading || !this.linked) return;
    const held = new Set([...this.busy, ...[...this.writing].map(laneOf)]);
    const {send, wakeAt} = plan(this.list(), this.attempts, held, this.epoch, this.options.clock.now());
    const room = this.pace(send.length);
    for (const entry of send.slice(0, room)) void this.hand(entry);
    this.wake.clear();
    if (room < send.length) this.wake.set(1000 / PACE_PER_SEC);
    else if (wakeAt !== Infinity) this.wake.set(wakeAt - this.options.clock.now());
  }

  /** How many of so many may leave now. */
  private pace(wanted: number): number {
    const now = this.options.clock.now();
    this.tokens = Math.min(PACE_PER_SEC, this.tokens + ((now - this.pacedAt) / 1000) * PACE_PER_SEC);
    this.pacedAt = now;
    const granted = Math.min(wanted, Math.floor(this.tokens));
    this.tokens -= granted;
    return granted;
  }

  private async hand(entry: OutboxEntry): Promise<void> {
    const lane = laneOf(entry);
    const attempt = this.attempts.get(entry.id) ?? {times: 0, epoch: 0, nextAt: 0, suspicious: 0};
    attempt.times++;
    attempt.epoch = this.epoch;
    attempt.nextAt = this.options.clock.now() + resendDelay(attempt.times);
    this.attempts.set(entry.id, attempt);
    this.busy.add(lane);
    const aside = attempt.suspicious >= SUSPICIOUS_TIMES;
    const outcome = await (aside ? this.options.sendAside(entry) : this.options.send(entry));
    this.busy.delete(lane);
    this.judge(entry, attempt, outcome);
    this.flush();
  }

  private judge(entry: OutboxEntry, attempt: Attempt, outcome: SendOutcome): void {
    switch (outcome.kind) {
      case 'handed':
        attempt.suspicious = 0;
        break;
      case 'stored':
        if (this.forget([entry.id]).length) this.listeners.tell({type: 'stored', entry, seq: outcome.seq});
        break;
      case 'rejected':
        this.rejected({id: entry.id, code: outcome.code, detail: outcome.detail, retry_after_ms: outcome.retryAfterMs});
        break;
      case 'failed':
        attempt.suspicious = outcome.suspicious ? attempt.suspicious + 1 : 0;
        break;
    }
  }
}
