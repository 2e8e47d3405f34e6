/* arrivals.ts - who has just come through the door while a message of theirs waits: lit for five minutes, or until
 * answered. Pure. */
import type {InboxRow, InboxState} from './inbox-state.js';

export const LIT_MS = 5 * 60000;

/** Just came in: the time, whether or not anything waits. */
export function cameInAt(row: InboxRow, now: number): number | undefined {
  const at = row.checkin ? Date.parse(row.checkin) : NaN;
  return now - at < LIT_MS && now - at > -LIT_MS ? at : undefined;
}

export function isLit(row: InboxRow, now: number): boolean {
  return Boolean(row.waiting_since) && cameInAt(row, now) !== undefined;
}

/** Lit rows, the latest first. */
export function arrivals(state: InboxState, now: number): InboxRow[] {
  return [...state.cameIn]
    .map((room) => state.get(room))
    .filter((row): row is InboxRow => row !== undefined && isLit(row, now))
    .sort((a, b) => Date.parse(b.checkin ?? '') - Date.parse(a.checkin ?? ''));
}
