/* entry.ts - what the outbox holds: one message that its sender has not yet seen stored. */
import type {Envelope} from '../wire.js';

export interface OutboxEntry {
  id: string;
  room: string;
  /** an internal note goes to the desk's topic */
  to: 'msg' | 'note';
  envelope: Envelope;
  /** position in the outbox, over all tabs */
  n: number;
  state: 'queued' | 'rejected';
  /** rejected: why, in the words of docs/protocol.md */
  code?: string;
  detail?: string;
  /** queued, but the limit was reached: not before this time */
  waitUntil?: number;
}

/** Where entries survive a reload. Every method may reject: the outbox then goes on from memory and says so. */
export interface OutboxStore {
  all(): Promise<OutboxEntry[]>;
  put(entry: OutboxEntry): Promise<void>;
  remove(ids: string[]): Promise<void>;
  /** forgets everything, also its own database */
  destroy(): Promise<void>;
  /** another tab forgets everything: what is still written here must not make it again */
  abandon(): void;
}
