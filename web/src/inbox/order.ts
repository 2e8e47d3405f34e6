/* order.ts - who comes first: whoever waits, the longest first; then the latest word. Places keep the list still: what
 * a person is looking at does not move under the eyes or the pointer. Pure. */
import type {InboxRow} from './inbox-state.js';

/** Smaller is further up; the API sorts the same way. */
export type Place = readonly [part: number, time: number];

export function placeOf(row: InboxRow, byWaiting: boolean): Place {
  const known = byWaiting ? waiting : latest;
  let place = known.get(row);
  if (!place) {
    place = byWaiting && row.waiting_since ? [0, time(row.waiting_since)] : [1, -time(row.last_message_at ?? row.created_at)];
    known.set(row, place);
  }
  return place;
}

/** Rows are replaced, never changed: a place is computed once a row. */
const waiting = new WeakMap<InboxRow, Place>();
const latest = new WeakMap<InboxRow, Place>();

export function comparePlaces(a: Place, b: Place): number {
  return a[0] - b[0] || a[1] - b[1];
}

/** Rows in their order. */
export function sorted(rows: readonly InboxRow[], byWaiting: boolean): InboxRow[] {
  return [...rows].sort((a, b) => comparePlaces(placeOf(a, byWaiting), placeOf(b, byWaiting)) || (a.room < b.room ? -1 : 1));
}

function time(at: string | null | undefined): number {
  const ms = at ? Date.parse(at) : 0;
  return Number.isNaN(ms) ? 0 : ms;
}

/** The wanted order, but the pinned rows keep the index they have on the screen (rooms, not rows: keys).
 * A pinned row that is no longer wanted stays as long as it is pinned. */
export function withPins(wanted: readonly string[], shown: readonly string[], pins: ReadonlySet<string>): string[] {
  const held = shown.map((room, index) => ({room, index})).filter(({room}) => pins.has(room));
  const heldRooms = new Set(held.map(({room}) => room));
  const result = wanted.filter((room) => !heldRooms.has(room));
  for (const {room, index} of held) result.splice(Math.min(index, result.length), 0, room);
  return result;
}

/** A list that does not move at all: rows that are new further up wait, rows that are gone stay; what was loaded
 * below the last one is appended. */
export function heldList(wanted: readonly string[], shown: readonly string[]): string[] {
  if (shown.length === 0) return [...wanted];
  const known = new Set(shown);
  let last = wanted.length - 1;
  while (last >= 0 && !known.has(wanted[last]!)) last--;
  return [...shown, ...wanted.slice(last + 1).filter((room) => !known.has(room))];
}
