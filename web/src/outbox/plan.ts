/* plan.ts - what the outbox sends next. Pure: entries, what was tried and the time in, a decision out.
 *   - oldest first in each room, and after a reconnect nothing newer before everything older was sent again
 *   - not stored after 5 s: again, then 10, 20, 40, 60, 60 ... s
 *   - an entry that waits for its rate limit holds back what is newer in its room */
import type {OutboxEntry} from './entry.js';

export const RESEND_MIN_MS = 5000;
export const RESEND_MAX_MS = 60000;

export interface Attempt {
  /** how often it was sent, over all connections */
  times: number;
  /** the connection on which it was sent last */
  epoch: number;
  /** when it is sent again if it is still not stored */
  nextAt: number;
  /** closes in a row that came right after it */
  suspicious: number;
}

export function resendDelay(times: number): number {
  return Math.min(RESEND_MAX_MS, RESEND_MIN_MS * 2 ** Math.max(0, Math.min(times, 10) - 1));
}

export interface Plan {
  /** at most one entry a room: the next is planned when this one has been handed over */
  send: OutboxEntry[];
  /** when to plan again if nothing else happens; Infinity: never */
  wakeAt: number;
}

/** entries in the outbox's order; busy: rooms that are just sending. */
export function plan(
  entries: readonly OutboxEntry[], attempts: ReadonlyMap<string, Attempt>, busy: ReadonlySet<string>,
  epoch: number, now: number,
): Plan {
  const send: OutboxEntry[] = [];
  const settled = new Set<string>(busy); // rooms that need no further look
  let wakeAt = Infinity;
  for (const entry of entries) {
    const lane = laneOf(entry);
    if (entry.state !== 'queued' || settled.has(lane)) continue;
    const attempt = attempts.get(entry.id);
    const fresh = attempt === undefined || attempt.epoch !== epoch;
    const due = Math.max(entry.waitUntil ?? 0, fresh ? 0 : attempt.nextAt);
    if (due <= now) {
      send.push(entry);
      settled.add(lane);
    } else {
      wakeAt = Math.min(wakeAt, due);
      if (fresh || (entry.waitUntil ?? 0) > now) settled.add(lane);
    }
  }
  return {send, wakeAt};
}

/** Messages and notes of a room have their own order each. */
export function laneOf(entry: OutboxEntry): string {
  return `${entry.to}/${entry.room}`;
}
