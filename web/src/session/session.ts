/* session.ts - everything a page needs to speak as one person: token, API, feed, outbox, threads. Elements make one,
 * or share the one that the page gives them. */
import {Api} from '../api/client.js';
import {Alarm, systemClock} from '../clock.js';
import type {Clock} from '../clock.js';
import {FeedSwitch} from '../feed/feed-switch.js';
import type {OpenLink} from '../feed/link.js';
import {LiveFeed} from '../feed/live-feed.js';
import {PollFeed, postOutcome} from '../feed/poll-feed.js';
import {retryDelay} from '../feed/backoff.js';
import type {FeedEvent, RoomFeed} from '../feed/room-feed.js';
import {Listeners} from '../listeners.js';
import {IdbStore} from '../outbox/idb-store.js';
import {Outbox} from '../outbox/outbox.js';
import {BrowserTabs} from '../outbox/tabs.js';
import {IdbRoomCache} from '../thread/room-cache.js';
import type {RoomCache} from '../thread/room-cache.js';
import {RoomThread} from '../thread/room-thread.js';
import {DeniedError, TokenSource} from '../tokens/token-source.js';
import type {TokenSourceOptions} from '../tokens/token-source.js';
import {ownerOf} from '../wire.js';
import type {Identity, Me, MessagePage} from '../wire.js';
import {MeMemory} from './me-memory.js';
import {PresenceBoard} from './presence.js';
import {stripOf} from './strip.js';
import type {Strip} from './strip.js';

const BEHIND_AFTER_MS = 8000;
const ASK_NAMES_MS = 1000;
const HISTORY_FIRST_MS = 2500; // MQTT is loaded when the history is here, or after this long

export interface SessionOptions extends TokenSourceOptions {
  /** where the API is; '' is this page's own origin */
  apiBase?: string;
  /** kiosk: the most check-ins that wait */
  outboxMax?: number;
  /** keep the newest messages of each room on the device, so that they show at once the next time */
  cacheRooms?: boolean;
  clock?: Clock;
  loadLink?: () => Promise<OpenLink>;
}

export type SessionPhase = 'starting' | 'open' | 'denied' | 'unreachable';

export class Session {
  phase: SessionPhase = 'starting';
  me: Me | undefined;
  identity!: Identity; // there once opened() has resolved
  feed!: RoomFeed;
  outbox!: Outbox;
  readonly api: Api;
  readonly presence = new PresenceBoard();
  readonly clock: Clock;

  private readonly tokens: TokenSource;
  private readonly listeners = new Listeners<void>();
  private readonly threads = new Map<string, RoomThread>();
  private readonly stops: (() => void)[] = [];
  private opening: Promise<void> | undefined;
  private firstMe: Promise<Me> | undefined;
  private memory: MeMemory | undefined;
  private cache: RoomCache | undefined;
  private storageNoted = false;
  private closed = false;
  private readonly asked = new Set<string>();
  private readonly naming: Alarm;

  constructor(private readonly options: SessionOptions) {
    this.clock = options.clock ?? systemClock;
    this.naming = new Alarm(this.clock, () => void this.askPresence());
    this.tokens = new TokenSource(options);
    this.api = new Api(this.tokens, options.apiBase ?? '', options.fetch);
  }

  /** Something about the session changed: its phase, who we are, the link. */
  on(listener: () => void): () => void {
    return this.listeners.add(listener);
  }

  /** Resolves when we know who we are; tries again by itself while nobody answers. */
  opened(): Promise<void> {
    return (this.opening ??= this.open());
  }

  private async open(): Promise<void> {
    for (let failures = 0; !this.closed; failures++) {
      try {
        const token = await this.tokens.get();
        this.begin(token.identity);
        this.firstMe = this.api.meWith(token);
        this.firstMe.then((me) => this.learn(me), () => (this.firstMe = undefined));
        return;
      } catch (error) {
        this.phase = error instanceof DeniedError ? 'denied' : 'unreachable';
        this.listeners.tell();
        await new Promise<void>((resolve) => this.clock.setTimeout(resolve, retryDelay(failures + 1, this.clock.random())));
      }
    }
  }

  private begin(identity: Identity): void {
    const {clock, api} = this;
    this.identity = identity;
    const owner = ownerOf(identity);
    this.memory = new MeMemory(owner);
    this.me = this.memory.recall();
    if (this.options.cacheRooms) this.cache = new IdbRoomCache(owner);
    const live = new LiveFeed({
      clock,
      loadLink: this.options.loadLink ?? (async () => (await import('../feed/mqtt-feed.js')).openMqttLink),
      introduce: (force) => this.introduce(force),
    });
    this.feed = new FeedSwitch(live, new PollFeed({api, clock, identity: () => this.identity}));
    this.outbox = new Outbox({
      clock,
      store: new IdbStore(owner),
      tabs: new BrowserTabs(`gymchat-outbox.${owner}`),
      max: this.options.outboxMax,
      send: (e) => (e.to === 'note' ? this.feed.sendNote(e.room, e.envelope) : this.feed.send(e.room, e.envelope)),
      sendAside: (e) => postOutcome(() => e.to === 'note'
        ? api.sendNote(identity.gym, e.room, e.envelope) : api.send(identity.gym, e.room, e.envelope)),
    });
    this.stops.push(this.feed.on((event) => this.onFeed(event)), this.outbox.on((event) => {
      if (event.type === 'wiped') void this.endHere();
      else this.listeners.tell();
    }));
    this.phase = 'open';
    this.listeners.tell();
  }

  /** Connects, once `history` is on the screen (or has failed, or takes its time). */
  goLive(history?: Promise<unknown>): void {
    const patience = new Promise<void>((resolve) => this.clock.setTimeout(resolve, HISTORY_FIRST_MS));
    void Promise.race([history?.catch(() => {}) ?? Promise.resolve(), patience]).then(() => {
      if (this.closed) return;
      this.feed.start();
      this.listenToPage();
    });
  }

  /** Who we are, for a connection: asked each time, since the broker's address may have moved. */
  private async introduce(force: boolean): Promise<{token: string; me: Me; lifeMs: number}> {
    const first = this.firstMe;
    this.firstMe = undefined;
    const token = await (force || !first ? this.tokens.fresh() : this.tokens.get());
    const me = await (force || !first ? this.api.meWith(token) : first);
    this.learn(me);
    return {token: token.text, me, lifeMs: token.cameAt + token.lifeMs - this.clock.now()};
  }

  private learn(me: Me): void {
    this.me = me;
    // an archive that is down knows neither the gym's name nor its time zone: what was told before is better
    if (me.archive === 'ok') this.memory?.keep(me);
    else this.me = {...me, gym: this.memory?.recall()?.gym ?? me.gym};
    this.listeners.tell();
  }

  /** One room's thread, shared by whoever shows it. first: a page already asked for. */
  thread(room: string, first?: Promise<MessagePage>): RoomThread {
    let thread = this.threads.get(room);
    if (!thread) {
      const {api, feed, outbox, clock, identity, cache} = this;
      const setsMarks = identity.role === 'client' || identity.role === 'staff';
      thread = new RoomThread({api, feed, outbox, clock, identity, room, setsMarks, cache});
      this.threads.set(room, thread);
      thread.start(first);
    }
    return thread;
  }

  /** Lets a room go that nobody shows any more. */
  dropThread(room: string): void {
    this.threads.get(room)?.stop();
    this.threads.delete(room);
  }

  strip(): Strip {
    const behind = this.outbox.isOverdue(BEHIND_AFTER_MS) || [...this.threads.values()].some((t) => t.archiveSilent);
    return stripOf({
      status: this.feed.status,
      now: this.clock.now(),
      browserOffline: typeof navigator !== 'undefined' && navigator.onLine === false,
      archiveBehind: behind,
      storage: this.outbox.storage,
      storageNoted: this.storageNoted,
      waiting: this.outbox.list().length > 0,
    });
  }

  /** The person has read that this browser keeps nothing. */
  noteStorage(): void {
    this.storageNoted = true;
    this.listeners.tell();
  }

  async close(): Promise<void> {
    this.closed = true;
    for (const stop of this.stops.splice(0)) stop();
    for (const room of [...this.threads.keys()]) this.dropThread(room);
    this.naming.clear();
    if (this.phase !== 'open') return;
    this.outbox.close();
    await this.feed.stop();
  }

  /** Log-out: leaves, and nothing of this person stays on the device. */
  async wipe(): Promise<void> {
    this.memory?.forget();
    for (const room of [...this.threads.keys()]) this.dropThread(room);
    await this.cache?.destroy();
    if (this.phase === 'open') await this.outbox.wipe();
    await this.close();
  }

  /** The person logged out in another tab: this one shows nothing of theirs either. */
  private async endHere(): Promise<void> {
    this.memory?.forget();
    await Promise.all([this.cache?.destroy(), this.close()]);
    this.phase = 'denied';
    this.listeners.tell();
  }

  private onFeed(event: FeedEvent): void {
    switch (event.type) {
      case 'status':
        this.outbox.setLinked(event.status.phase === 'live');
        this.listeners.tell();
        break;
      case 'resumed':
        void this.askPresence();
        break;
      case 'to':
        this.outbox.stored(event.notice.stored.map((s) => s.id));
        for (const note of event.notice.rejected) this.outbox.rejected(note);
        break;
      case 'desk-log':
        this.outbox.stored(event.notice.stored.filter((s) => this.isMe(s)).map((s) => s.id));
        for (const note of event.notice.rejected) if (this.isMe(note)) this.outbox.rejected(note);
        break;
      case 'presence':
        this.presence.apply(event.role, event.who, event.online, event.conn, this.clock.now());
        this.askName(`${event.role}/${event.who}`);
        this.listeners.tell();
        break;
      default:
        break;
    }
  }

  private isMe(it: {role?: string; sender?: string}): boolean {
    return it.role === this.identity.role && it.sender === this.identity.sub;
  }

  /** Who was there before we listened; nobody's promise hangs on it. */
  private async askPresence(): Promise<void> {
    if (this.identity.role === 'kiosk') return;
    try {
      this.presence.applySnapshot((await this.api.presence(this.identity.gym)).people, this.clock.now());
      this.listeners.tell();
    } catch {
      // births come each minute
    }
  }

  /** Somebody without a name has come: asks once, a little later, for all who came meanwhile. */
  private askName(person: string): void {
    if (this.asked.has(person) || this.presence.names.has(person)) return;
    this.asked.add(person);
    this.naming.atMost(ASK_NAMES_MS);
  }

  private listenToPage(): void {
    if (typeof window === 'undefined') return;
    const when = (target: EventTarget, type: string, run: () => void): void => {
      target.addEventListener(type, run);
      this.stops.push(() => target.removeEventListener(type, run));
    };
    when(window, 'online', () => this.feed.wake('online'));
    when(window, 'pageshow', () => this.feed.wake('resume'));
    when(document, 'resume', () => this.feed.wake('resume'));
    when(document, 'visibilitychange', () => {
      if (document.visibilityState === 'visible') this.feed.wake('visible');
    });
    for (const type of ['online', 'offline']) when(window, type, () => this.listeners.tell());
  }
}
