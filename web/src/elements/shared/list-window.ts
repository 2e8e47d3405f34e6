/* list-window.ts - which of a room's items are put on the page now: a few dozen new ones a frame, next to those that are
 * there, so that no phone stands still over a thousand. Pure. */

export const STEP = 20;
const FIRST = 60;

export interface Slice {
  from: number;
  to: number; // exclusive
}

/** ids: all, in order; shown: those on the page. The newest first where there are none yet. */
export function nextSlice(ids: readonly string[], shown: ReadonlySet<string>, step = STEP): Slice {
  const n = ids.length;
  if (shown.size === 0) return {from: Math.max(0, n - FIRST), to: n};
  const first = ids.findIndex((id) => shown.has(id));
  if (first < 0) return {from: Math.max(0, n - FIRST), to: n};
  let last = n - 1;
  while (!shown.has(ids[last]!)) last--;
  const after = Math.min(n - 1 - last, step);
  const before = Math.min(first, step - after);
  return {from: first - before, to: last + 1 + after};
}
