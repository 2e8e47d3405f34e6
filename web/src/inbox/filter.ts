/* filter.ts - which rooms the desk looks at: a tab (whose), a shelf (open, snoozed, resolved), words. In the page's
 * address, so that a reload, a bookmark and the back button keep it; for the API's query; for the rows we have. Pure. */
import {fold} from './fold.js';
import type {InboxRow} from './inbox-state.js';

export type Tab = 'mine' | 'unassigned' | 'all';
export type Shelf = 'open' | 'snoozed' | 'resolved';

export interface Filter {
  tab: Tab;
  shelf: Shelf;
  words: string;
}

export const TABS: readonly Tab[] = ['mine', 'unassigned', 'all'];
export const SHELVES: readonly Shelf[] = ['open', 'snoozed', 'resolved'];
export const EVERYTHING: Filter = {tab: 'all', shelf: 'open', words: ''};

const WORDS_MAX = 60;
const QUERY_BYTES = 100; // the API's limit of ?q=

/** What the address says; whatever it says wrongly is as if it said nothing. */
export function filterFrom(search: string): Filter & {room?: string} {
  const params = new URLSearchParams(search);
  const tab = params.get('tab') as Tab;
  const shelf = params.get('status') as Shelf;
  const room = params.get('room') ?? '';
  return {
    tab: TABS.includes(tab) ? tab : EVERYTHING.tab,
    shelf: SHELVES.includes(shelf) ? shelf : EVERYTHING.shelf,
    words: (params.get('q') ?? '').slice(0, WORDS_MAX),
    ...(/^[A-Za-z0-9_-]{1,64}$/.test(room) ? {room} : {}),
  };
}

/** The address for a filter and an open room: what is usual is left out, the page's own parameters stay. */
export function searchOf(filter: Filter, room: string | undefined, search = ''): string {
  const params = new URLSearchParams(search);
  const put = (name: string, value: string | undefined, usual = ''): void => {
    if (value === undefined || value === usual) params.delete(name);
    else params.set(name, value);
  };
  put('tab', filter.tab, EVERYTHING.tab);
  put('status', filter.shelf, EVERYTHING.shelf);
  put('q', filter.words.trim());
  put('room', room);
  const text = params.toString();
  return text ? `?${text}` : '';
}

/** The filter as the API's query (docs/api.md "The inbox"). */
export function queryOf(filter: Filter): Record<string, string | undefined> {
  const words = filter.words.trim();
  return {
    status: filter.shelf,
    assignee: {mine: '@me', unassigned: '@none', all: undefined}[filter.tab],
    q: cut(words) || undefined,
    order: filter.shelf === 'open' && !words ? 'waiting' : 'latest',
  };
}

function cut(words: string): string {
  let kept = words;
  while (new TextEncoder().encode(kept).length > QUERY_BYTES) kept = [...kept].slice(0, -1).join('');
  return kept;
}

/** Does a row belong in the list? The API's own rules, for what changed since it was asked. */
export function matcher(filter: Filter, me: string, nameOf: (row: InboxRow) => string): (row: InboxRow) => boolean {
  const words = fold(filter.words.trim());
  return (row) => {
    if ((row.status ?? 'open') !== filter.shelf) return false;
    if (filter.tab === 'mine' && row.assignee !== me) return false;
    if (filter.tab === 'unassigned' && row.assignee) return false;
    return words === '' || fold(`${row.room} ${row.title ?? ''} ${nameOf(row)}`).includes(words);
  };
}

export function isSame(a: Filter, b: Filter): boolean {
  return a.tab === b.tab && a.shelf === b.shelf && a.words.trim() === b.words.trim();
}
