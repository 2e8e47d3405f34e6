/* inbox-state.ts - the rooms that the desk knows of: the API's rows, with what came live since on top. Pure. */
import type {DeskNotice, LiveMessage, LogNotice, RoomInfo} from '../wire.js';
import {fold} from './fold.js';

export interface InboxRow extends RoomInfo {
  /** the last thing said; seq is missing while it is not stored */
  preview?: Said;
  /** the client's last message that nobody has answered */
  asked?: Said;
  /** when this member last came through the door */
  checkin?: string;
}

export type Said = LiveMessage & {seq?: number; stored_at?: string; name?: string | null};

/** What the desk sets of a room (docs/api.md "What the desk sets"). */
export type DeskChange = DeskNotice['change'];

export class InboxState {
  /** moves with every change: whoever keeps something made of the rows compares it */
  version = 0;
  /** open rooms that the API counted unread messages in */
  readonly unread = new Set<string>();
  /** rooms whose member has come through the door */
  readonly cameIn = new Set<string>();
  private readonly rooms = new Map<string, InboxRow>();
  private known = {version: -1, labels: [] as string[], assignees: [] as string[]};

  /** What the API says wins, but for what was seen live and it does not know yet. */
  applyRoom(info: RoomInfo): void {
    const known = this.rooms.get(info.room);
    const last = info.last_message ?? undefined;
    const row: InboxRow = {...info, preview: last, checkin: known?.checkin};
    const isBehind = known?.preview !== undefined && known.preview.seq === undefined && isNewer(known.preview, last);
    if (isBehind) row.preview = known.preview;
    if (last?.kind === 'checkin') row.checkin = latest(row.checkin, last.sent_at);
    row.asked = askedOf(row, known, last, isBehind);
    if (known && isBehind && known.waiting_since && !row.waiting_since) row.waiting_since = known.waiting_since;
    if (known && isBehind && known.preview?.role === 'staff') row.waiting_since = null;
    this.put(row);
  }

  /** Returns whether the row exists now: a room that only a kiosk wrote to is no business of the desk. */
  applyLive(room: string, message: LiveMessage): boolean {
    const known = this.rooms.get(room);
    const isKiosks = message.role === 'kiosk' && !room.startsWith('kiosk-');
    if (!known && isKiosks) return false;
    const row: InboxRow = {...(known ?? {room, last_seq: 0}), preview: message, last_message_at: message.sent_at};
    if (message.role === 'staff') {
      row.waiting_since = null;
      row.asked = undefined;
    } else if (message.role === 'client' || (message.role === 'kiosk' && !isKiosks)) {
      row.waiting_since = row.waiting_since ?? message.sent_at;
      row.asked = message;
    }
    if (message.kind === 'checkin') row.checkin = latest(row.checkin, message.sent_at);
    this.put(row);
    return true;
  }

  applyNotice(room: string, notice: LogNotice): void {
    const known = this.rooms.get(room);
    if (!known) return;
    const row = {...known};
    if (notice.room?.status !== undefined) row.status = notice.room.status;
    if (notice.room?.title !== undefined) row.title = notice.room.title;
    row.last_seq = Math.max(row.last_seq, notice.last_seq ?? 0);
    const stored = notice.stored.find((s) =>
      s.id === row.preview?.id && s.role === row.preview.role && s.sender === row.preview.sender);
    if (stored && row.preview) row.preview = {...row.preview, seq: stored.seq, stored_at: stored.stored_at};
    // Another's rejection under the same id is none of this message.
    const {preview} = row;
    if (preview && preview.seq === undefined && notice.rejected.some((r) =>
      r.id === preview.id && r.role === preview.role && r.sender === preview.sender && r.code !== 'rate_limited')) {
      row.preview = row.last_message ?? undefined;
      row.asked = row.waiting_since && row.preview?.role === 'client' ? row.preview : undefined;
    }
    this.put(row);
  }

  applyDesk(room: string, change: DeskChange): void {
    const known = this.rooms.get(room);
    if (!known) return;
    const row = {...known};
    if (change.status !== undefined) row.status = change.status;
    if (change.snoozed_until !== undefined) row.snoozed_until = change.snoozed_until;
    if (change.assignee !== undefined) row.assignee = change.assignee;
    if (change.labels !== undefined) row.labels = change.labels;
    if (row.status === 'resolved') row.waiting_since = null;
    this.put(row);
  }

  /** The thread is loaded: the client's words behind a check-in. */
  applyAsked(room: string, asked: Said | undefined): void {
    const known = this.rooms.get(room);
    if (!known || known.asked?.id === asked?.id) return;
    this.put({...known, asked});
  }

  drop(room: string): void {
    if (this.rooms.delete(room)) this.version++;
    this.unread.delete(room);
    this.cameIn.delete(room);
  }

  /** Labels and assignees that are in use, for choosing from. */
  get choices(): {labels: readonly string[]; assignees: readonly string[]} {
    if (this.known.version !== this.version) {
      const labels = new Set<string>();
      const assignees = new Set<string>();
      for (const row of this.rooms.values()) {
        for (const label of row.labels ?? []) labels.add(label);
        if (row.assignee) assignees.add(row.assignee);
      }
      this.known = {version: this.version, labels: [...labels].sort(), assignees: [...assignees]};
    }
    return this.known;
  }

  get(room: string): InboxRow | undefined {
    return this.rooms.get(room);
  }

  get size(): number {
    return this.rooms.size;
  }

  all(): IterableIterator<InboxRow> {
    return this.rooms.values();
  }

  private put(row: InboxRow): void {
    this.rooms.set(row.room, row);
    if ((row.unread ?? 0) > 0 && (row.status ?? 'open') === 'open') this.unread.add(row.room);
    else this.unread.delete(row.room);
    if (row.checkin !== undefined) this.cameIn.add(row.room);
    this.version++;
  }
}

/** What the desk calls a room: its title, its client's name, else its key. */
export function roomName(row: InboxRow): string {
  if (row.title) return row.title;
  const person = row.people?.find((p) => p.role === 'client' && p.name && p.name !== p.who);
  if (person?.name) return person.name;
  const last = row.asked ?? row.last_message;
  return (last?.role === 'client' && last.name !== last.sender && last.name) || row.room;
}

export function isKioskRoom(row: Pick<InboxRow, 'room' | 'kind'>): boolean {
  return row.kind === 'kiosk' || row.room.startsWith('kiosk-');
}

/** The person whose presence the row shows. */
export function personOf(row: InboxRow): {role: 'client' | 'kiosk'; who: string} {
  if (isKioskRoom(row)) return {role: 'kiosk', who: row.room.replace(/^kiosk-/, '')};
  return {role: 'client', who: row.people?.find((p) => p.role === 'client')?.who ?? row.room};
}

/** Two letters for the round picture. */
export function initials(name: string): string {
  const words = name.trim().split(/[\s_-]+/).filter((word) => /[\p{L}\p{N}]/u.test(word));
  return words.slice(0, 2).map((word) => [...word][0]!.toUpperCase()).join('') || '?';
}

/** One of six quiet colours for the round picture; the same person always has the same. */
export function hueOf(room: string): number {
  let sum = 0;
  for (const char of fold(room)) sum = (sum * 31 + char.codePointAt(0)!) % 9973;
  return sum % 6;
}

function askedOf(row: InboxRow, known: InboxRow | undefined, last: Said | undefined, isBehind: boolean): Said | undefined {
  if (isBehind) return known?.asked;
  if (!row.waiting_since) return undefined;
  return last?.role === 'client' ? last : known?.asked;
}

function isNewer(a: LiveMessage, b: LiveMessage | undefined): boolean {
  return a.id !== b?.id && (!b || Date.parse(a.sent_at) >= Date.parse(b.sent_at));
}

function latest(a: string | undefined, b: string): string {
  return a !== undefined && Date.parse(a) > Date.parse(b) ? a : b;
}
