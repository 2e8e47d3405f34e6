/* inbox-state.ts - the desk's list of rooms: the API's rows, with what came live since on top. Pure. */
import type {LiveMessage, LogNotice, RoomInfo, RoomsPage} from '../wire.js';

export interface InboxRow extends RoomInfo {
  /** what the row shows as the last thing said; seq is missing while it is not stored */
  preview?: LiveMessage & {seq?: number; stored_at?: string};
}

export class InboxState {
  private readonly rooms = new Map<string, InboxRow>();
  /** cursor of the next page of older rooms */
  next: string | undefined;
  counts: RoomsPage['counts'];

  /** The first page again: what it says wins; rooms of later pages stay. */
  applyPage(page: RoomsPage): void {
    for (const info of page.rooms) this.applyRoom(info);
    if (page.next !== undefined) this.next = page.next ?? undefined;
    this.counts = page.counts ?? this.counts;
  }

  applyRoom(info: RoomInfo): void {
    const row: InboxRow = {...info, preview: info.last_message ?? undefined};
    const known = this.rooms.get(info.room);
    // what was seen live is newer than this answer, if the answer does not know its id yet
    if (known?.preview && known.preview.seq === undefined && isNewer(known.preview, row.preview)) row.preview = known.preview;
    this.rooms.set(info.room, row);
  }

  /** Returns whether the row exists now: a room that only a kiosk wrote to is no business of the desk. */
  applyLive(room: string, message: LiveMessage): boolean {
    const known = this.rooms.get(room);
    if (!known && message.role === 'kiosk' && !room.startsWith('kiosk-')) return false;
    this.rooms.set(room, {...(known ?? {room, last_seq: 0}), preview: message, last_message_at: message.sent_at});
    return true;
  }

  applyNotice(room: string, notice: LogNotice): void {
    const known = this.rooms.get(room);
    if (!known) return;
    const row = {...known, ...definedOf(notice.room ?? {})};
    row.last_seq = Math.max(row.last_seq, notice.last_seq ?? 0);
    const stored = notice.stored.find((s) => s.id === row.preview?.id);
    if (stored && row.preview) row.preview = {...row.preview, seq: stored.seq, stored_at: stored.stored_at};
    if (notice.rejected.some((r) => r.id === row.preview?.id && row.preview.seq === undefined)) {
      row.preview = row.last_message ?? undefined;
    }
    this.rooms.set(room, row);
  }

  get(room: string): InboxRow | undefined {
    return this.rooms.get(room);
  }

  get size(): number {
    return this.rooms.size;
  }

  /** Who waits longest first, then the newest word first. */
  rows(): InboxRow[] {
    return [...this.rooms.values()].sort((a, b) => {
      const waits = time(a.waiting_since) - time(b.waiting_since);
      if (a.waiting_since && b.waiting_since && waits !== 0) return waits;
      if (Boolean(a.waiting_since) !== Boolean(b.waiting_since)) return a.waiting_since ? -1 : 1;
      return time(b.last_message_at) - time(a.last_message_at) || a.room.localeCompare(b.room);
    });
  }
}

function isNewer(a: LiveMessage, b: LiveMessage | undefined): boolean {
  return a.id !== b?.id && (!b || Date.parse(a.sent_at) >= Date.parse(b.sent_at));
}

function time(at: string | null | undefined): number {
  const ms = at ? Date.parse(at) : 0;
  return Number.isNaN(ms) ? 0 : ms;
}

function definedOf<T extends object>(value: T): Partial<T> {
  return Object.fromEntries(Object.entries(value).filter(([, v]) => v !== undefined)) as Partial<T>;
}
