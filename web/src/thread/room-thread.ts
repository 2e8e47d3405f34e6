/* room-thread.ts - one room on a page: fetches what its state lacks, says how far we have got, sends through the
 * outbox. Elements only listen and call; nothing here knows the screen. */
import type {Api} from '../api/client.js';
import {ApiError} from '../api/problem.js';
import {Alarm} from '../clock.js';
import type {Clock} from '../clock.js';
import {retryDelay} from '../feed/backoff.js';
import type {FeedEvent, RoomFeed} from '../feed/room-feed.js';
import {newId} from '../ids.js';
import {Listeners} from '../listeners.js';
import type {Outbox} from '../outbox/outbox.js';
import {sideOf} from '../wire.js';
import type {Envelope, Identity, LiveMessage, MessagePage, Role, RoomInfo} from '../wire.js';
import {ItemList} from './items.js';
import type {Divider, Item} from './items.js';
import {Marks} from './marks.js';
import type {RoomCache} from './room-cache.js';
import {RoomState} from './room-state.js';

const PAGE = 50;
const CATCH_UP = 200;
const GAP_PATIENCE_MS = 120; // a notice may overtake its message: both are on their way
const NO_SEQ_MS = 5000;
const NO_SEQ_MAX_MS = 60000;
const TYPING_SHOWN_MS = 6000;
const TYPING_EVERY_MS = 3000;
const KEEP_AFTER_MS = 1000; // the cache is written at most so often

export interface ThreadOptions {
  api: Api;
  feed: RoomFeed;
  outbox: Outbox;
  clock: Clock;
  identity: Identity;
  room: string;
  /** kiosks and services set no marks */
  setsMarks: boolean;
  /** what was here the last time */
  cache?: RoomCache;
}

export type ThreadPhase = 'loading' | 'ready' | 'failed';

export type ThreadEvent =
  | {type: 'changed'}
  /** somebody else said something just now: for the announcer, a sound, a badge */
  | {type: 'arrived'; message: LiveMessage};

export class RoomThread {
  readonly room: string;
  readonly state: RoomState;
  phase: ThreadPhase = 'loading';
  /** the archive did not answer when it was last asked */
  archiveSilent = false;
  loadingOlder = false;
  info: RoomInfo | undefined;
  /** set when the first page is here, kept until leave() */
  divider: Divider | undefined;

  private readonly listeners = new Listeners<ThreadEvent>();
  private readonly items: ItemList;
  private readonly marks = new Marks();
  private readonly typists = new Map<string, {role: Role; who: string; until: number}>();
  private readonly gapAlarm: Alarm;
  private readonly noSeqAlarm: Alarm;
  private readonly markAlarm: Alarm;
  private readonly typingAlarm: Alarm;
  private readonly retryAlarm: Alarm;
  private readonly keepAlarm: Alarm;
  private readonly stops: (() => void)[] = [];
  private cached: Item[] | undefined;
  private noSeqTries = 0;
  private failures = 0;
  private catching: Promise<void> | undefined;
  private catchAgain = false;
  private typedAt = -Infinity;
  private started = false;
  private isSettled = false; // covered and counted: see settleIn()
  private coveredFrom: number | undefined; // first seq that must be here before we may say "delivered"

  constructor(private readonly options: ThreadOptions) {
    this.room = options.room;
    this.state = new RoomState(options.identity);
    this.items = new ItemList(options.identity);
    const {clock} = options;
    this.gapAlarm = new Alarm(clock, () => void this.catchUp());
    this.noSeqAlarm = new Alarm(clock, () => this.askForSeq());
    this.markAlarm = new Alarm(clock, () => this.tellMarks());
    this.typingAlarm = new Alarm(clock, () => this.expireTypists());
    this.retryAlarm = new Alarm(clock, () => void this.catchUp());
    this.keepAlarm = new Alarm(clock, () => this.keep());
  }

  on(listener: (event: ThreadEvent) => void): () => void {
    return this.listeners.add(listener);
  }

  /** first: a page that somebody has already asked for. */
  start(first?: Promise<MessagePage>): void {
    if (this.started) return;
    this.started = true;
    const {feed, outbox} = this.options;
    this.stops.push(
      feed.on((event) => this.onFeed(event)),
      feed.watch(this.room, () => this.state.have),
      outbox.on((event) => {
        if (event.type === 'stored' && event.entry.room === this.room && event.entry.to === 'msg') {
          const at = new Date(this.options.clock.now()).toISOString();
          this.state.applyStored(this.asLive(event.entry.envelope), event.seq, at);
        }
        this.changed();
      }),
    );
    this.catching = this.load(first).finally(() => this.caughtUp());
    void this.recall();
  }

  stop(): void {
    if (this.keepAlarm.isSet) this.keep();
    for (const stop of this.stops.splice(0)) stop();
    const {gapAlarm, noSeqAlarm, markAlarm, typingAlarm, retryAlarm, keepAlarm} = this;
    for (const alarm of [gapAlarm, noSeqAlarm, markAlarm, typingAlarm, retryAlarm, keepAlarm]) alarm.clear();
    this.started = false;
  }

  /** The list as a page shows it; the same array while nothing changed. */
  get list(): Item[] {
    return (this.cached ??= this.items.build(
      this.state, this.options.outbox.list(this.room).filter((e) => e.to === 'msg'),
    ));
  }

  /** What our side has not read, loaded or not; undefined: not known yet. */
  get unread(): number | undefined {
    return this.isSettled ? this.state.unread : undefined;
  }

  get typing(): {role: Role; who: string}[] {
    const now = this.options.clock.now();
    return [...this.typists.values()].filter((t) => t.until > now);
  }

  // --- what the person does -----------------------------------------------------------------------------------------

  /** Resolves when it is in the outbox. */
  async send(text: string, more: {kind?: string; replyTo?: string; sentAt?: number} = {}): Promise<string> {
    const now = this.options.clock.now();
    const envelope: Envelope = {
      id: newId(now), kind: more.kind ?? 'text', text, sent_at: new Date(more.sentAt ?? now).toISOString(),
    };
    if (more.replyTo) envelope.reply_to = more.replyTo;
    this.typedAt = -Infinity;
    await this.options.outbox.add(this.room, envelope);
    return envelope.id;
  }

  discard(id: string): string | undefined {
    return this.options.outbox.discard(id)?.envelope.text;
  }

  /** Called on each key; says so at most every 3 s. */
  typed(): void {
    const now = this.options.clock.now();
    if (now - this.typedAt < TYPING_EVERY_MS) return;
    this.typedAt = now;
    this.options.feed.typing(this.room);
  }

  /** A person saw everything up to here. */
  sawUpTo(seq: number): void {
    if (!this.options.setsMarks) return;
    this.marks.advance({read: Math.min(seq, this.state.have ?? 0)}, this.options.clock.now());
    this.tellMarks();
  }

  /** The room is no longer on the screen: the divider has done its work. */
  leave(): void {
    this.divider = undefined;
    this.changed();
  }

  /** Unread messages of the other side are below a divider from now on. */
  setDivider(): void {
    const after = this.state.sideMark(sideOf(this.options.identity.role)).read;
    this.divider = this.state.unread > 0 ? {after, upTo: this.state.lastSeq} : undefined;
    this.changed();
  }

  // --- what was here the last time ----------------------------------------------------------------------------------

  private async recall(): Promise<void> {
    const page = await this.options.cache?.recall(this.room);
    if (!page || !this.started || this.phase === 'ready') return;
    this.state.preview(page);
    this.changed();
  }

  private keep(): void {
    this.keepAlarm.clear();
    if (this.state.have !== undefined) void this.options.cache?.keep(this.room, this.state.snapshot(PAGE));
  }

  // --- loading ------------------------------------------------------------------------------------------------------

  async loadOlder(): Promise<void> {
    const {first} = this.state;
    if (this.loadingOlder || first === undefined || first <= 1) return;
    this.loadingOlder = true;
    this.changed();
    try {
      this.state.applyBefore(await this.page({before: first, limit: PAGE}));
    } catch {
      this.archiveSilent = true;
    } finally {
      this.loadingOlder = false;
      this.changed();
    }
  }

  /** Asks for what we lack; whoever asks meanwhile is served by one more round. */
  catchUp(): Promise<void> {
    if (this.catching) {
      this.catchAgain = true;
      return this.catching;
    }
    this.retryAlarm.clear();
    this.gapAlarm.clear();
    this.catching = (this.state.have === undefined ? this.load() : this.fetchAfter()).finally(() => this.caughtUp());
    return this.catching;
  }

  private caughtUp(): void {
    this.catching = undefined;
    if (this.catchAgain && this.started) {
      this.catchAgain = false;
      void this.catchUp();
    }
  }

  private async load(first?: Promise<MessagePage>): Promise<void> {
    try {
      const page = await (first ?? this.page({limit: PAGE}));
      this.state.reset(page);
      this.info = page.room ?? this.info;
      this.readMarks(page);
      this.phase = 'ready';
      this.succeeded();
      this.setDivider();
      await this.settleIn();
    } catch (error) {
      if (this.state.have === undefined) this.phase = 'failed';
      this.failed(error);
    }
  }

  private async fetchAfter(): Promise<void> {
    try {
      for (;;) {
        const {have} = this.state;
        const page = await this.page({after: have, limit: CATCH_UP});
        this.arrivals(page);
        this.state.applyAfter(page);
        this.readMarks(page);
        if (this.state.have === have || (this.state.have ?? 0) >= page.last_seq) break; // a page may end early
      }
      if (this.state.marksMissed) this.state.refresh(await this.page({limit: PAGE}));
      if (!this.isSettled) await this.settleIn();
      this.succeeded();
      if (this.state.hasGap && this.started) this.retryAlarm.set(retryDelay(++this.failures, this.options.clock.random()));
    } catch (error) {
      if (error instanceof ApiError && error.code === 'cursor_ahead') {
        this.state.forget();
        this.catchAgain = true;
      } else {
        this.failed(error);
      }
    }
  }

  /** After the first page, or later where the archive went away in the middle. */
  private async settleIn(): Promise<void> {
    await this.cover();
    await this.count();
    this.isSettled = true;
    this.changed();
  }

  /** A client's page tells how much is unread, also of what it has not loaded; the desk's list has its own counts. */
  private async count(): Promise<void> {
    const {identity, api} = this.options;
    if (identity.role !== 'client' || !this.state.hasUnreadAbove) return;
    this.state.applyCount(await api.room(identity.gym, this.room));
  }

  /** "Delivered" means that everything since our previous mark is here: a long absence has more than one page. */
  private async cover(): Promise<void> {
    const {identity, setsMarks} = this.options;
    if (!setsMarks) return;
    const mine = this.state.reader(identity.role, identity.sub);
    this.coveredFrom = mine && mine.delivered > 0 ? mine.delivered + 1 : this.state.first ?? 1;
    while ((this.state.first ?? 1) > this.coveredFrom) {
      this.state.applyBefore(await this.page({before: this.state.first, limit: CATCH_UP}));
    }
  }

  private page(query: {before?: number; after?: number; limit: number}): Promise<MessagePage> {
    return this.options.api.messages(this.options.identity.gym, this.room, query);
  }

  private succeeded(): void {
    this.failures = 0;
    this.archiveSilent = false;
    this.changed();
  }

  private failed(error: unknown): void {
    this.archiveSilent = error instanceof ApiError && error.status > 0;
    if (this.started) this.retryAlarm.set(retryDelay(++this.failures, this.options.clock.random()));
    this.changed();
  }

  // --- what comes ---------------------------------------------------------------------------------------------------

  private onFeed(event: FeedEvent): void {
    if (event.type === 'resumed') {
      this.marks.relink(this.options.clock.now());
      void this.catchUp();
      this.tellMarks();
      return;
    }
    if (!('room' in event) || event.room !== this.room) return;
    switch (event.type) {
      case 'message':
        this.onMessage(event.message);
        break;
      case 'log':
        this.onNotice(event);
        break;
      case 'receipt':
        if (event.role !== 'kiosk' && event.role !== 'service') this.onReceipt(event);
        break;
      case 'typing':
        this.onTyping(event.role, event.who, event.typing);
        break;
      case 'page':
        this.arrivals(event.page);
        this.state.applyAfter(event.page);
        this.readMarks(event.page);
        this.succeeded();
        break;
      default:
        return;
    }
    this.changed();
  }

  private onMessage(message: LiveMessage): void {
    this.typists.delete(`${message.role}/${message.sender}`);
    if (!this.state.applyLive(message, this.options.clock.now())) return;
    this.noSeqAlarm.atMost(NO_SEQ_MS);
    if (!this.isMine(message)) this.listeners.tell({type: 'arrived', message});
  }

  private onNotice(event: Extract<FeedEvent, {type: 'log'}>): void {
    const {notice} = event;
    const {outbox} = this.options;
    this.state.applyNotice(notice, (id) => {
      const entry = outbox.get(id);
      return entry && entry.room === this.room ? this.asLive(entry.envelope) : undefined;
    });
    this.archiveSilent = false;
    const {role, sub} = this.options.identity;
    outbox.stored(notice.stored.filter((s) => s.role === role && s.sender === sub).map((s) => s.id));
    for (const note of notice.rejected) if (note.role === role && note.sender === sub) outbox.rejected(note);
    for (const mark of notice.marks) if (mark.role === role && mark.who === sub) this.marks.echo(mark);
    if (this.info && notice.room) this.info = {...this.info, ...withoutUndefined(notice.room)};
    if (this.state.hasGap) this.gapAlarm.atMost(GAP_PATIENCE_MS);
    this.noSeqTries = 0;
  }

  private onReceipt(event: Extract<FeedEvent, {type: 'receipt'}>): void {
    const now = this.options.clock.now();
    const at = Date.parse(event.receipt.at);
    const told = Number.isNaN(at) || at > now ? new Date(now).toISOString() : event.receipt.at;
    this.state.applyReceipt(event.role, event.who, {...event.receipt, at: told});
  }

  private onTyping(role: Role, who: string, typing: boolean): void {
    if (role === this.options.identity.role && who === this.options.identity.sub) return;
    const key = `${role}/${who}`;
    if (!typing) this.typists.delete(key);
    else this.typists.set(key, {role, who, until: this.options.clock.now() + TYPING_SHOWN_MS});
    this.typingAlarm.set(TYPING_SHOWN_MS);
  }

  private expireTypists(): void {
    const now = this.options.clock.now();
    for (const [key, typist] of this.typists) if (typist.until <= now) this.typists.delete(key);
    this.changed();
  }

  /** Rows of an API answer that nobody has seen live are news as well. */
  private arrivals(page: MessagePage): void {
    for (const message of page.messages) {
      const isNew = message.seq > (this.state.have ?? Infinity) && !this.state.row(message.id);
      if (isNew && !this.isMine(message) && !this.wasLive(message)) this.listeners.tell({type: 'arrived', message});
    }
  }

  private wasLive(message: LiveMessage): boolean {
    return this.state.live.has(`${message.id}/${message.role}/${message.sender}`);
  }

  /** Live messages that still have no seq: perhaps their notice was lost. */
  private askForSeq(): void {
    const oldest = this.state.oldestLive;
    if (oldest === undefined) {
      this.noSeqTries = 0;
      return;
    }
    const age = this.options.clock.now() - oldest;
    if (age < NO_SEQ_MS) return this.noSeqAlarm.atMost(NO_SEQ_MS - age);
    void this.catchUp();
    this.noSeqAlarm.set(Math.min(NO_SEQ_MAX_MS, NO_SEQ_MS * 2 ** this.noSeqTries++));
  }

  // --- marks --------------------------------------------------------------------------------------------------------

  private readMarks(page: MessagePage): void {
    const {role, sub} = this.options.identity;
    const {outbox} = this.options;
    if (page.room) this.info = page.room;
    outbox.stored(page.messages.filter((m) => m.role === role && m.sender === sub).map((m) => m.id));
    for (const mark of page.marks) if (mark.role === role && mark.who === sub) this.marks.echo(mark);
  }

  private advanceDelivered(): void {
    const {have, first} = this.state;
    if (!this.options.setsMarks || have === undefined || this.coveredFrom === undefined) return;
    if ((first ?? 1) > this.coveredFrom) return;
    const last = this.lastForeign(have);
    if (last > 0) this.marks.advance({delivered: last}, this.options.clock.now());
  }

  /** The newest row up to `seq` that is not our own: our own need no receipt. */
  private lastForeign(seq: number): number {
    const {rows} = this.state;
    for (let i = rows.length - 1; i >= 0; i--) {
      const row = rows[i]!;
      if (row.seq <= seq && !this.isMine(row)) return row.seq;
    }
    return 0;
  }

  private tellMarks(): void {
    const now = this.options.clock.now();
    const receipt = this.marks.take(now);
    if (receipt) this.options.feed.mark(this.room, receipt);
    if (this.marks.isPending) this.markAlarm.set(Math.max(0, this.marks.dueAt - now));
    else this.markAlarm.clear();
  }

  // --- small things -------------------------------------------------------------------------------------------------

  private isMine(message: {role: Role; sender: string}): boolean {
    return message.role === this.options.identity.role && message.sender === this.options.identity.sub;
  }

  private asLive(envelope: Envelope): LiveMessage {
    const {role, sub} = this.options.identity;
    return {...envelope, role, sender: sub};
  }

  private changed(): void {
    this.cached = undefined;
    if (this.phase === 'ready' && this.started) { // what was asked may be answered after the end
      this.advanceDelivered();
      this.tellMarks();
      if (this.options.cache) this.keepAlarm.atMost(KEEP_AFTER_MS);
    }
    this.listeners.tell({type: 'changed'});
  }
}

function withoutUndefined<T extends object>(value: T): Partial<T> {
  return Object.fromEntries(Object.entries(value).filter(([, v]) => v !== undefined)) as Partial<T>;
}
