/* strip.ts - the one line above the composer that says how things stand. Pure: facts in, words out. Driven by what the
 * link and the archive do; the browser's own idea of being offline only chooses between two wordings. */
import type {FeedStatus} from '../feed/room-feed.js';
import type {Keeping} from '../outbox/outbox.js';
import type {TextKey} from '../text.js';

export type StripKind = 'none' | 'connecting' | 'reconnecting' | 'offline' | 'expired' | 'behind' | 'memory';

export interface Strip {
  kind: StripKind;
  text?: TextKey;
  /** reconnecting: seconds until the next attempt; undefined: it is under way */
  seconds?: number;
  /** a button beside the words */
  action?: 'retry' | 'noted';
}

export interface StripFacts {
  status: FeedStatus;
  now: number;
  browserOffline: boolean;
  /** something waits on a working link, or the archive did not answer */
  archiveBehind: boolean;
  /** whether the outbox survives a reload */
  storage: Keeping;
  /** the person has read that it does not */
  storageNoted?: boolean;
  /** something is in the outbox */
  waiting: boolean;
}

const GRACE_MS = 2000;
const OFFLINE_AFTER = 3; // failed attempts in a row

export function stripOf(facts: StripFacts): Strip {
  const {status, now} = facts;
  if (status.phase === 'expired') return {kind: 'expired', text: 'strip.expired', action: 'retry'};
  if (status.phase === 'live') return facts.archiveBehind ? {kind: 'behind', text: 'strip.behind'} : storageStrip(facts);
  if (status.phase === 'idle' || now - status.since < GRACE_MS) return {kind: 'none'};
  if (facts.browserOffline || status.failures >= OFFLINE_AFTER) {
    const fragile = facts.waiting && facts.storage !== 'kept';
    return {kind: 'offline', text: fragile ? 'strip.offlineStay' : 'strip.offline', action: 'retry'};
  }
  if (status.failures === 0) return {kind: 'connecting', text: 'strip.connecting'};
  // the same words while it waits and while it tries: they are announced once
  if (status.phase !== 'waiting') return {kind: 'reconnecting', text: 'strip.reconnecting'};
  const seconds = Math.max(1, Math.ceil(((status.retryAt ?? now) - now) / 1000));
  return {kind: 'reconnecting', text: 'strip.reconnecting', seconds, action: 'retry'};
}

function storageStrip({storage, storageNoted}: StripFacts): Strip {
  if (storage === 'kept' || storageNoted) return {kind: 'none'};
  return {kind: 'memory', text: storage === 'full' ? 'strip.full' : 'strip.memory', action: 'noted'};
}
