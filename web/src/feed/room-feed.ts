/* room-feed.ts - what the rest of the web sees of the live world: events in, messages and marks out. Whether MQTT or
 * the long poll carries it is nobody's business but this folder's. */
import type {
  DeskNotice,
  Envelope,
  LiveMessage,
  LogNotice,
  MessagePage,
  Receipt,
  Role,
  RoomsPage,
  ToNotice,
} from '../wire.js';

export type FeedPhase =
  | 'idle' // not started, or stopped
  | 'connecting' // an attempt is under way
  | 'live'
  | 'waiting' // between two attempts: see retryAt
  | 'expired'; // the session has ended: only a person, or a fresh token, helps

export interface FeedStatus {
  phase: FeedPhase;
  /** when it was last known to be live, or started; milliseconds since 1970 */
  since: number;
  /** attempts that failed in a row */
  failures: number;
  /** phase waiting: when the next attempt starts */
  retryAt?: number;
  via: 'mqtt' | 'poll';
}

export type FeedEvent =
  | {type: 'status'; status: FeedStatus}
  /** the link is fresh: whatever came before may have been missed, so ask the API for after=have */
  | {type: 'resumed'}
  | {type: 'message'; room: string; message: LiveMessage}
  | {type: 'receipt'; room: string; role: Role; who: string; receipt: Receipt}
  | {type: 'typing'; room: string; role: Role; who: string; typing: boolean}
  | {type: 'log'; room: string; notice: LogNotice}
  | {type: 'to'; notice: ToNotice}
  | {type: 'presence'; role: Role; who: string; online: boolean; conn: string}
  | {type: 'note'; room: string; note: LiveMessage}
  | {type: 'here'; room: string; who: string; viewing: boolean; replying: boolean}
  | {type: 'desk-log'; room: string; notice: DeskNotice}
  /** the long poll's answers: the API's own rows */
  | {type: 'page'; room: string; page: MessagePage}
  | {type: 'rooms'; page: RoomsPage};

/** What is known right after handing a message over. `handed` says nothing about storage: only *stored* does. */
export type SendOutcome =
  | {kind: 'handed'}
  | {kind: 'stored'; seq: number}
  | {kind: 'rejected'; code: string; detail?: string; retryAfterMs?: number}
  /** suspicious: the connection was closed right after this publish, which is how some brokers refuse one */
  | {kind: 'failed'; suspicious: boolean};

export interface RoomFeed {
  readonly status: FeedStatus;
  start(): void;
  /** Leaves politely; the feed can be started again. */
  stop(): Promise<void>;
  on(listener: (event: FeedEvent) => void): () => void;
  /** Hands over what the outbox holds. Never throws; resolves within a few seconds. */
  send(room: string, envelope: Envelope): Promise<SendOutcome>;
  /** An internal note of the desk: same rules, own topic. */
  sendNote(room: string, envelope: Envelope): Promise<SendOutcome>;
  /** Best effort; whoever calls re-sends until the mark is echoed. */
  mark(room: string, receipt: Receipt): void;
  typing(room: string): void;
  here(room: string, viewing: boolean, replying: boolean): void;
  /** Follows a room where following costs something (the long poll); cursor gives the contiguous seq, undefined while
   * nothing is loaded. Returns the way to stop. */
  watch(room: string, cursor: () => number | undefined): () => void;
  /** The page woke up, came online, or a person pressed "retry now". */
  wake(reason: 'online' | 'resume' | 'visible' | 'user'): void;
}
