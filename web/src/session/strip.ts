/* strip.ts - the one line above the composer that says how things stand. Pure: facts in, words out. Driven by what the
 * link and the archive do; the browser's own idea of being offline only chooses between two wordings. */
import type {FeedStatus} from '../feed/room-feed.js';
import type {TextKey} from '../text.js';

export type StripKind = 'none' | 'connecting' | 'reconnecting' | 'offline' | 'expired' | 'behind' | 'memory';

export interface Strip {
  kind: StripKind;
  text?: TextKey;
  /** reconnecting: seconds until the next attempt */
  seconds?: number;
  /** a button beside the words */
  action?: 'retry';
}

export interface StripFacts {
  status: FeedStatus;
  now: number;
  browserOffline: boolean;
  /** something waits on a working link, or the archive did not answer */
  archiveBehind: boolean;
  /** the outbox survives a reload */
  durable: boolean;
}

const GRACE_MS = 2000;
const OFFLINE_AFTER = 3; // failed attempts in a row

export function stripOf(facts: StripFacts): Strip {
  const {status, now} = facts;
  if (status.phase === 'expired') return {kind: 'expired', text: 'strip.expired', action: 'retry'};
  if (status.phase === 'live') {
    if (facts.archiveBehind) return {kind: 'behind', text: 'strip.behind'};
    return facts.durable ? {kind: 'none'} : {kind: 'memory', text: 'strip.memory'};
  }
  if (status.phase === 'idle' || now - status.since < GRACE_MS) return {kind: 'none'};
  if (facts.browserOffline || status.failures >= OFFLINE_AFTER) {
    return {kind: 'offline', text: 'strip.offline', action: 'retry'};
  }
  if (status.phase === 'waiting') {
    const seconds = Math.max(1, Math.ceil(((status.retryAt ?? now) - now) / 1000));
    return {kind: 'reconnecting', text: 'strip.reconnecting', seconds, action: 'retry'};
  }
  return {kind: 'connecting', text: 'strip.connecting'};
}
