/* window.ts - which rows of a very long list are in the page: those in view and some on either side. Pure. */

export const VIRTUAL_FROM = 1000; // fewer than this are simply all there: the browser's own search finds them
const AROUND = 12;

export interface RowWindow {
  from: number;
  to: number; // exclusive
  /** rows that stand for the ones before and after, in pixels */
  above: number;
  below: number;
}

export function windowOf(count: number, rowHeight: number, scrollTop: number, height: number): RowWindow {
  if (count <= VIRTUAL_FROM || rowHeight <= 0) return {from: 0, to: count, above: 0, below: 0};
  const first = Math.floor(Math.max(0, scrollTop) / rowHeight);
  const from = Math.max(0, Math.min(count, first - AROUND));
  const to = Math.min(count, first + Math.ceil(height / rowHeight) + AROUND);
  return {from, to, above: from * rowHeight, below: (count - to) * rowHeight};
}

/** Where to scroll so that a row is in view; undefined: it is. */
export function scrollFor(index: number, rowHeight: number, scrollTop: number, height: number): number | undefined {
  const top = index * rowHeight;
  if (top < scrollTop) return top;
  if (top + rowHeight > scrollTop + height) return top + rowHeight - height;
  return undefined;
}
