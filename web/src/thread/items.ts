/* items.ts - one room as a page shows it: seq order, then what has no seq yet, then what was rejected in its place
 * among the latter; date headings, the unread divider, groups of one sender. Pure. */
import type {OutboxEntry} from '../outbox/entry.js';
import {sideOf} from '../wire.js';
import type {Role} from '../wire.js';
import type {LiveRow, RoomOwner, RoomState, Row} from './room-state.js';

export type MessageState = 'queued' | 'stored' | 'delivered' | 'read' | 'rejected';

export interface Item {
  id: string;
  seq?: number;
  role: Role;
  sender: string;
  name?: string;
  kind: string;
  text: string;
  replyTo?: string;
  /** the archive's time where it has one: headings and labels never run backwards */
  at: string;
  /** the sender's own clock: when a check-in really was */
  sentAt: string;
  /** shown on the side of this page's person */
  ownSide: boolean;
  /** this very person wrote it */
  mine: boolean;
  /** undefined: no state to show (what the other side or a kiosk wrote) */
  state?: MessageState;
  /** when it was read, for "Leído 10:42" */
  readAt?: string;
  /** rejected, or waiting for its limit: why */
  code?: string;
  waitUntil?: number;
}

export type Entry =
  | {type: 'day'; key: string; at: string}
  | {type: 'unread'; key: string; count: number}
  | {type: 'message'; key: string; item: Item; first: boolean; last: boolean};

const GROUP_MS = 5 * 60000;

export class ItemList {
  private readonly rowItems = new WeakMap<Row, Item>();
  private readonly liveItems = new WeakMap<object, Item>();

  constructor(private readonly owner: RoomOwner) {}

  /** Items keep their identity while nothing about them changes, so that a page renders only what moved. */
  build(state: RoomState, outbox: readonly OutboxEntry[]): Item[] {
    const items: Item[] = [];
    const other = state.sideMark(sideOf(this.owner.role) === 'client' ? 'staff' : 'client');
    for (const row of state.rows) items.push(this.rowItem(row, other));
    const waiting = new Map(outbox.map((entry) => [entry.id, entry]));
    for (const live of state.live.values()) {
      const entry = live.role === this.owner.role && live.sender === this.owner.sub ? waiting.get(live.id) : undefined;
      if (entry) continue; // shown from the outbox, which knows more
      items.push(this.liveItem(live));
    }
    for (const entry of outbox) if (!state.row(entry.id)) items.push(this.outboxItem(entry));
    return items;
  }

  private rowItem(row: Row, other: {delivered: number; read: number}): Item {
    const known = this.rowItems.get(row);
    const own = this.isOwnSide(row.role);
    const state: MessageState | undefined = !own ? undefined
      : row.read_at || row.seq <= other.read ? 'read'
        : row.delivered_at || row.seq <= other.delivered ? 'delivered' : 'stored';
    if (known?.state === state && known !== undefined) return known;
    const item: Item = {...this.base(row), at: row.stored_at, seq: row.seq, name: row.name, state, readAt: row.read_at};
    this.rowItems.set(row, item);
    return item;
  }

  private liveItem(live: LiveRow): Item {
    let item = this.liveItems.get(live);
    if (!item) {
      item = {...this.base(live), state: this.isOwnSide(live.role) ? 'queued' : undefined};
      this.liveItems.set(live, item);
    }
    return item;
  }

  private outboxItem(entry: OutboxEntry): Item {
    let item = this.liveItems.get(entry);
    if (!item) {
      const {role, sub} = this.owner;
      item = {
        ...this.base({...entry.envelope, role, sender: sub}),
        state: entry.state, code: entry.code, waitUntil: entry.waitUntil,
      };
      this.liveItems.set(entry, item);
    }
    return item;
  }

  private base(m: {id: string; role: Role; sender: string; kind: string; text: string; sent_at: string; reply_to?: string}): Item {
    return {
      id: m.id, role: m.role, sender: m.sender, kind: m.kind, text: m.text, replyTo: m.reply_to,
      at: m.sent_at, sentAt: m.sent_at,
      ownSide: this.isOwnSide(m.role),
      mine: m.role === this.owner.role && m.sender === this.owner.sub,
    };
  }

  private isOwnSide(role: Role): boolean {
    return role === this.owner.role;
  }
}

/** Where the unread divider stands: before what the other side wrote after this seq. It counts up to `upTo`: what
 * comes later was seen coming. */
export interface Divider {
  after: number;
  upTo?: number;
}

/** Puts headings between the items. dayOf: the calendar day in the gym's time zone. */
export function layout(items: readonly Item[], dayOf: (at: string) => string, divider?: Divider): Entry[] {
  const entries: Entry[] = [];
  const unread = divider ? items.filter((i) => isUnread(i, divider)) : [];
  let day = '';
  let previous: Item | undefined;
  items.forEach((item, index) => {
    const today = dayOf(item.at);
    if (today !== day) entries.push({type: 'day', key: `day-${today}-${index}`, at: item.at});
    if (item === unread[0]) entries.push({type: 'unread', key: 'unread', count: unread.length});
    const fresh = today !== day || item === unread[0] || !isGroup(previous, item);
    const next = items[index + 1];
    const last = !next || next === unread[0] || dayOf(next.at) !== today || !isGroup(item, next);
    entries.push({type: 'message', key: item.id, item, first: fresh, last});
    day = today;
    previous = item;
  });
  return entries;
}

function isUnread(item: Item, {after, upTo = Infinity}: Divider): boolean {
  return !item.ownSide && item.seq !== undefined && item.seq > after && item.seq <= upTo;
}

function isGroup(before: Item | undefined, item: Item): boolean {
  return before !== undefined && before.role === item.role && before.sender === item.sender &&
    isSpoken(before.kind) && isSpoken(item.kind) && (before.kind === 'note') === (item.kind === 'note') &&
    Math.abs(Date.parse(item.at) - Date.parse(before.at)) < GROUP_MS;
}

/** Shown as a bubble; everything else (a check-in, an event) is a line of its own. */
export function isSpoken(kind: string): boolean {
  return kind !== 'checkin' && kind !== 'event';
}
