/* catch-up.ts - what happened while nobody was looking, in numbers, instead of a list that has silently become another
 * one. Compares two looks at the rows. Pure. */
import type {InboxRow} from './inbox-state.js';

interface Facts {
  seq: number;
  assignee: string;
  status: string;
  waiting: boolean;
  labels: string;
}

export type Look = ReadonlyMap<string, Facts>;

export interface Changes {
  /** one for each room and way in which it changed */
  total: number;
  fresh: number; // rooms that were not there
  messages: number; // rooms with new messages of a client or kiosk that wait
  answered: number; // rooms that waited and wait no more
  mine: number; // rooms that are mine now
  closed: number; // rooms resolved or snoozed
}

const NO_CHANGES: Changes = {total: 0, fresh: 0, messages: 0, answered: 0, mine: 0, closed: 0};

export function lookAt(rows: Iterable<InboxRow>): Look {
  const look = new Map<string, Facts>();
  for (const row of rows) look.set(row.room, factsOf(row));
  return look;
}

/** since: when the first look was taken (ms): a room that we merely had not loaded then is not new. */
export function changesSince(before: Look, rows: Iterable<InboxRow>, since: number, me: string): Changes {
  const changes = {...NO_CHANGES};
  for (const row of rows) {
    const was = before.get(row.room);
    const is = factsOf(row);
    if (!was) {
      if (Date.parse(row.created_at ?? row.last_message_at ?? '') >= since) add(changes, 'fresh');
      else if (Date.parse(row.last_message_at ?? '') >= since) add(changes, is.waiting ? 'messages' : undefined);
      continue;
    }
    if (is.seq > was.seq) add(changes, is.waiting ? 'messages' : was.waiting ? 'answered' : undefined);
    if (is.status !== was.status) add(changes, is.status === 'open' ? undefined : 'closed');
    if (is.assignee !== was.assignee) add(changes, is.assignee === me ? 'mine' : undefined);
    if (is.labels !== was.labels) add(changes, undefined);
  }
  return changes;
}

function add(changes: Changes, kind: Exclude<keyof Changes, 'total'> | undefined): void {
  changes.total++;
  if (kind) changes[kind]++;
}

function factsOf(row: InboxRow): Facts {
  return {
    seq: row.last_seq,
    assignee: row.assignee ?? '',
    status: row.status ?? 'open',
    waiting: Boolean(row.waiting_since),
    labels: (row.labels ?? []).join('\n'),
  };
}
