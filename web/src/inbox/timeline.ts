/* timeline.ts - messages and internal notes as one list, each where its time is. Pure. */
import type {Item} from '../thread/items.js';

/** items keep their order; notes of before the first loaded message wait until that page is loaded. */
export function timeline(items: readonly Item[], notes: readonly Item[], hasOlder: boolean): Item[] {
  const merged: Item[] = [];
  const from = hasOlder ? time(items[0]) : -Infinity;
  let next = notes.findIndex((note) => time(note) >= from);
  if (next < 0) next = notes.length;
  for (const item of items) {
    while (next < notes.length && time(notes[next]) < time(item)) merged.push(notes[next++]!);
    merged.push(item);
  }
  return [...merged, ...notes.slice(next)];
}

function time(item: Item | undefined): number {
  return item ? Date.parse(item.at) : -Infinity;
}
