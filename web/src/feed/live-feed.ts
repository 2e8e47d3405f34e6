/* live-feed.ts - the room feed over MQTT: connects, stays connected, tells what comes. Knows when to try again and
 * whether the line is alive; does not know MQTT.js (link.ts) nor the page (wake() is called by whoever does).
 *
 *   idle -> connecting -> live -> waiting -> connecting ...
 *                    \-> waiting (full jitter, 1..30 s; at once on wake)
 *                    \-> expired (no token is to be had, or the API refuses a fresh one)
 */
import {Alarm} from '../clock.js';
import type {Clock} from '../clock.js';
import {newWord} from '../ids.js';
import {Listeners} from '../listeners.js';
import {DeniedError} from '../tokens/token-source.js';
import type {Envelope, Me, Receipt} from '../wire.js';
import {retryDelay} from './backoff.js';
import {Inlet} from './inlet.js';
import type {Link, LinkDown, OpenLink} from './link.js';
import {parseEvent} from './parse.js';
import type {FeedEvent, FeedPhase, FeedStatus, RoomFeed, SendOutcome} from './room-feed.js';
import {filtersOf, hereTopic, msgTopic, noteTopic, presenceTopic, receiptTopic, typingTopic} from './topics.js';

const CONNECT_TIMEOUT_MS = 12000;
const HEAR_EVERY_MS = 20000; // quiet for so long: ping
const PING_ANSWER_MS = 8000;
const PROBE_ANSWER_MS = 4000; // after waking up: a person is looking
const SLEEP_MS = 90000; // a timer of HEAR_EVERY_MS that is so late: the machine slept (throttled tabs: 60 s)
const RENEW_BEFORE_MS = 60000;
const PRESENCE_EVERY_MS = 60000;
const SUSPICIOUS_MS = 1500; // a close so soon after a publish may have been the answer to it
const PUBACK_TIMEOUT_MS = 10000;
const EXPIRED_RETRY_MS = 60000; // nobody stands beside a kiosk to press "again"
const BLOCKED_RETRY_MS = 250; // no WebSocket on the first try of a page: the fallback asks for a second one, and nobody should notice
const HURRY_MS = 10000; // a line found dead so soon after waking up is replaced without waiting

export interface LiveFeedOptions {
  /** MQTT.js is large, so it is loaded when the first connection is made, after the history is on the screen */
  loadLink(): Promise<OpenLink>;
  clock: Clock;
  /** A fresh token and who it says we are, asked before each connect. force: the last one was refused, so no cache.
   * DeniedError: there is no session any more. Any other error: not reachable now. */
  introduce(force: boolean): Promise<{token: string; me: Me; lifeMs: number}>;
}

/** Why an attempt failed, for whoever decides about the fallback. `refused`: CONNACK 4 or 5, though the API takes the
 * very same token, for example the identity's eleventh connection. `denied`: the API does not take it either. */
export type AttemptFailure = 'unreachable' | 'blocked' | 'closed' | 'refused' | 'denied';

export class LiveFeed implements RoomFeed {
  status: FeedStatus;
  /** told after each failed attempt */
  onFailure: (why: AttemptFailure) => void = () => {};

  private readonly listeners = new Listeners<FeedEvent>();
  private readonly clock: Clock;
  private readonly pageWord = newWord(8);
  private readonly retry: Alarm;
  private readonly liveness: Alarm;
  private readonly renewal: Alarm;
  private readonly birth: Alarm;
  private connections = 0;
  private generation = 0; // of attempts: what an older one still says is ignored
  private hasBeenLive = false;
  private refreshed = false; // a fresh token was tried since the last success
  private wokeAt = -Infinity;
  private current: Connection | undefined;

  constructor(private readonly options: LiveFeedOptions) {
    this.clock = options.clock;
    this.status = {phase: 'idle', since: this.clock.now(), failures: 0, via: 'mqtt'};
    this.retry = new Alarm(this.clock, () => void this.attempt(false));
    this.liveness = new Alarm(this.clock, () => this.checkLiveness());
    this.renewal = new Alarm(this.clock, () => void this.renew());
    this.birth = new Alarm(this.clock, () => this.announce());
  }

  on(listener: (event: FeedEvent) => void): () => void {
    return this.listeners.add(listener);
  }

  start(): void {
    if (this.status.phase === 'idle') void this.attempt(false);
  }

  async stop(): Promise<void> {
    this.generation++;
    for (const alarm of [this.retry, this.liveness, this.renewal, this.birth]) alarm.clear();
    const last = this.current;
    this.current = undefined;
    this.setPhase('idle');
    last?.leave();
  }

  wake(reason: 'online' | 'resume' | 'visible' | 'user'): void {
    this.wokeAt = this.clock.now();
    switch (this.status.phase) {
      case 'waiting':
        void this.attempt(false);
        break;
      case 'expired':
        if (reason === 'user' || reason === 'visible') void this.attempt(true);
        break;
      case 'live':
        if (reason !== 'user') this.probe(PROBE_ANSWER_MS);
        break;
      default:
        break;
    }
  }

  // --- connecting ---------------------------------------------------------------------------------------------------

  private async attempt(force: boolean): Promise<void> {
    const mine = ++this.generation;
    this.retry.clear();
    if (this.status.phase !== 'expired') this.setPhase('connecting');
    try {
      const connection = await this.connect(force);
      if (mine !== this.generation) return connection.leave();
      this.adopt(connection);
      this.listeners.tell({type: 'resumed'});
    } catch (error) {
      if (mine === this.generation) this.failed(error);
    }
  }

  /** A connection that is accepted and subscribed, or an AttemptError. */
  private async connect(force: boolean): Promise<Connection> {
    const loading = this.options.loadLink();
    loading.catch(() => {}); // told below
    const {token, me, lifeMs} = await this.options.introduce(force);
    const openLink = await loading;
    const connection = new Connection(me, lifeMs, this.clock, (event) => this.listeners.tell(event));
    connection.onDown = () => this.lost(connection);
    await connection.open(openLink, {
      url: me.mqtt_url,
      clientId: `${me.client_id_prefix}${this.pageWord}-${++this.connections}`,
      username: me.username,
      password: token,
      will: {topic: presenceTopic(identityOf(me)), payload: presence(false, connection.conn)},
    });
    return connection;
  }

  private adopt(connection: Connection): void {
    const former = this.current;
    this.current = connection;
    this.hasBeenLive = true;
    this.refreshed = false;
    this.setPhase('live');
    this.liveness.set(HEAR_EVERY_MS);
    this.renewal.set(renewAfter(connection.lifeMs));
    this.announce();
    former?.leave();
  }

  private failed(error: unknown): void {
    const why = failureOf(error);
    // once with a fresh token; introduce() shows it to the API first, which tells a dead session from a dead broker
    if ((why === 'refused' || why === 'closed') && !this.refreshed) {
      this.refreshed = true;
      return void this.attempt(true);
    }
    this.onFailure(why);
    if (why === 'denied') {
      this.retry.set(EXPIRED_RETRY_MS);
      return this.setPhase('expired');
    }
    const failures = this.status.failures + 1;
    this.waitForRetry(failures, why === 'blocked' && failures === 1 && !this.hasBeenLive ? BLOCKED_RETRY_MS : undefined);
  }

  private waitForRetry(failures: number, delay = retryDelay(failures, this.clock.random())): void {
    this.setPhase('waiting', failures, this.clock.now() + delay);
    this.retry.set(delay);
  }

  private lost(connection: Connection): void {
    if (connection !== this.current) return;
    this.current = undefined;
    for (const alarm of [this.liveness, this.renewal, this.birth]) alarm.clear();
    this.generation++;
    if (this.clock.now() - this.wokeAt < HURRY_MS) void this.attempt(false);
    else this.waitForRetry(1);
  }

  // --- staying connected --------------------------------------------------------------------------------------------

  private checkLiveness(): void {
    const connection = this.current;
    if (!connection) return;
    const quiet = this.clock.now() - connection.heardAt;
    if (quiet > SLEEP_MS) return this.probe(PROBE_ANSWER_MS);
    if (quiet >= HEAR_EVERY_MS) connection.ping(PING_ANSWER_MS);
    this.liveness.set(HEAR_EVERY_MS);
  }

  /** After a sleep or a change of network: is anybody there? Whatever was missed meanwhile is asked for. */
  private probe(answerMs: number): void {
    const connection = this.current;
    if (!connection) return;
    this.liveness.set(HEAR_EVERY_MS);
    connection.ping(answerMs, () => this.listeners.tell({type: 'resumed'}));
  }

  /** A second connection with the new token, then the first is dropped. Without a gap where the first was alive; where it
   * had died in a sleep that outlasted its token, nobody else would ask for what was missed. */
  private async renew(): Promise<void> {
    const mine = this.generation;
    try {
      const connection = await this.connect(true);
      if (mine !== this.generation || !this.current) return connection.leave();
      this.adopt(connection);
      this.listeners.tell({type: 'resumed'});
    } catch {
      // the old one lives until its token ends; then the usual way
      if (mine === this.generation && this.current) this.renewal.set(15000);
    }
  }

  private announce(): void {
    this.current?.announce();
    this.birth.set(PRESENCE_EVERY_MS);
  }

  private setPhase(phase: FeedPhase, failures = 0, retryAt?: number): void {
    const was = this.status;
    const since = phase === 'live' || was.phase === 'live' || was.phase === 'idle' ? this.clock.now() : was.since;
    const kept = phase === 'connecting' || phase === 'expired' ? was.failures : failures;
    this.status = {phase, since, failures: kept, retryAt, via: 'mqtt'};
    this.listeners.tell({type: 'status', status: this.status});
  }

  // --- saying something ---------------------------------------------------------------------------------------------

  send(room: string, envelope: Envelope): Promise<SendOutcome> {
    return this.hand((c) => c.publish(msgTopic(c.identity, room), JSON.stringify(envelope), 1));
  }

  sendNote(room: string, envelope: Envelope): Promise<SendOutcome> {
    return this.hand((c) => c.publish(noteTopic(c.identity, room), JSON.stringify(envelope), 1));
  }

  private async hand(publish: (connection: Connection) => Promise<void>): Promise<SendOutcome> {
    const connection = this.current;
    if (!connection) return {kind: 'failed', suspicious: false};
    const started = this.clock.now();
    try {
      await publish(connection);
      return {kind: 'handed'};
    } catch {
      return {kind: 'failed', suspicious: this.clock.now() - started < SUSPICIOUS_MS};
    }
  }

  mark(room: string, receipt: Receipt): void {
    this.whisper((c) => c.publish(receiptTopic(c.identity, room), JSON.stringify(receipt), 1));
  }

  typing(room: string): void {
    this.whisper((c) => c.publish(typingTopic(c.identity, room), '{"typing":true}', 0));
  }

  here(room: string, viewing: boolean, replying: boolean): void {
    this.whisper((c) => c.publish(hereTopic(c.identity, room), JSON.stringify({viewing, replying}), 0));
  }

  private whisper(publish: (connection: Connection) => Promise<void>): void {
    if (this.current) publish(this.current).catch(() => {});
  }

  watch(): () => void {
    return () => {}; // everything comes through the subscriptions
  }
}

/** One connection from open to down. */
class Connection {
  readonly conn = newWord(12);
  readonly identity: ReturnType<typeof identityOf>;
  heardAt: number;
  onDown: () => void = () => {};

  private readonly answer: Alarm;
  private readonly inlet = new Inlet<{topic: string; payload: Uint8Array}>(({topic, payload}) => {
    const event = parseEvent(this.identity.gym, topic, payload);
    if (event) this.tell(event);
  });
  private link: Link | undefined;
  private onAnswer: (() => void) | undefined;
  private down: LinkDown | undefined;
  private failPending = new Set<(error: Error) => void>();

  constructor(
    me: Me,
    readonly lifeMs: number,
    private readonly clock: Clock,
    private readonly tell: (event: FeedEvent) => void,
  ) {
    this.identity = identityOf(me);
    this.heardAt = clock.now();
    this.answer = new Alarm(clock, () => this.link?.drop());
  }

  /** Resolves when every filter is granted. */
  async open(openLink: OpenLink, options: Parameters<OpenLink>[0]): Promise<void> {
    const timer = new Alarm(this.clock, () => this.link?.drop());
    timer.set(CONNECT_TIMEOUT_MS);
    try {
      await this.orDown(new Promise<void>((up) => {
        this.link = openLink(options, {
          up,
          message: (topic, payload) => this.inlet.push({topic, payload}),
          heard: () => this.heard(),
          down: (why) => this.went(why),
        });
      }));
      for (const filter of filtersOf(this.identity)) await this.orDown(this.link!.subscribe(filter));
    } catch (error) {
      this.onDown = () => {};
      this.link?.drop();
      throw this.down ? new AttemptError(this.down) : error;
    } finally {
      timer.clear();
    }
  }

  publish(topic: string, payload: string, qos: 0 | 1): Promise<void> {
    const timer = new Alarm(this.clock, () => this.link?.drop());
    timer.set(PUBACK_TIMEOUT_MS);
    return this.orDown(this.link!.publish(topic, payload, qos)).finally(() => timer.clear());
  }

  announce(): void {
    this.publish(presenceTopic(this.identity), presence(true, this.conn), 0).catch(() => {});
  }

  /** Drops the link unless something is heard in time. */
  ping(answerMs: number, onAnswer?: () => void): void {
    this.onAnswer = onAnswer ?? this.onAnswer;
    this.answer.atMost(answerMs);
    this.link?.ping();
  }

  /** On purpose: says that we are gone, and nobody is told. */
  leave(): void {
    this.onDown = () => {};
    if (this.down) return;
    this.publish(presenceTopic(this.identity), presence(false, this.conn), 0)
      .catch(() => {})
      .finally(() => this.link?.end());
  }

  private heard(): void {
    this.heardAt = this.clock.now();
    this.answer.clear();
    const answered = this.onAnswer;
    this.onAnswer = undefined;
    answered?.();
  }

  private went(why: LinkDown): void {
    this.down = why;
    this.answer.clear();
    for (const fail of [...this.failPending]) fail(new Error('the connection ended'));
    this.onDown();
  }

  /** The promise, or a rejection as soon as the link is down. */
  private orDown<T>(promise: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.down) return reject(new Error('the connection has ended'));
      this.failPending.add(reject);
      promise.then(resolve, reject).finally(() => this.failPending.delete(reject));
    });
  }
}

class AttemptError extends Error {
  constructor(readonly why: LinkDown) {
    super('the connection was refused or closed');
  }
}

function failureOf(error: unknown): AttemptFailure {
  if (error instanceof DeniedError) return 'denied';
  if (!(error instanceof AttemptError)) return 'unreachable';
  const {refused, opened, accepted} = error.why;
  if (refused === 4 || refused === 5) return 'refused';
  if (refused !== undefined) return 'unreachable';
  if (!opened) return 'blocked';
  return accepted ? 'unreachable' : 'closed';
}

function identityOf(me: Me): {gym: string; role: Me['role']; sub: string; rooms: string[]} {
  return {gym: me.gym.key, role: me.role, sub: me.sub, rooms: me.rooms};
}

/** 60 s before the end; half way for tokens too short for that. */
function renewAfter(lifeMs: number): number {
  return lifeMs > 2 * RENEW_BEFORE_MS ? lifeMs - RENEW_BEFORE_MS : Math.max(1000, lifeMs / 2);
}

function presence(online: boolean, conn: string): string {
  return JSON.stringify({online, conn});
}
