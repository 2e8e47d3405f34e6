/* room-state.ts - what is known of one room, and how live messages, notices, API rows and marks become one list.
 * Pure: no timers, no network; room-thread.ts asks it what is missing and fetches that.
 *   have   everything from the first row loaded up to here is here: the cursor for catching up, never the newest seen
 *   rows   have a seq; the API's row wins over what was seen live
 *   live   seen or sent, no seq yet; shown after the rows, in the order they came */
import {sideOf} from '../wire.js';
import type {LiveMessage, LogNotice, Mark, MessagePage, Receipt, RejectedNote, Role, RoomInfo, Side, StoredMessage} from '../wire.js';

export interface Row extends LiveMessage {
  seq: number;
  name?: string;
  stored_at: string;
  /** first mark of the other side, as far as known here */
  delivered_at?: string;
  read_at?: string;
  fromApi: boolean;
  /** shown from this device's memory, until the archive has answered */
  fromCache?: boolean;
}

export interface LiveRow extends LiveMessage {
  since: number; // when it was first seen here
}

export interface Reader {
  role: Role;
  who: string;
  delivered: number;
  read: number;
  deliveredAt?: string;
  readAt?: string;
}

export interface RoomOwner {
  role: Role;
  sub: string;
}

export class RoomState {
  rows: Row[] = []; // ascending by seq
  readonly live = new Map<string, LiveRow>();
  readonly readers = new Map<string, Reader>();
  readonly names = new Map<string, string>();
  /** undefined until a first page is here */
  have: number | undefined;
  /** the highest seq anybody spoke of */
  lastSeq = 0;
  /** marks moved while we did not listen: the exact times of older rows are the API's to tell */
  marksMissed = false;
  private above = 0; // unread that is older than the rows here, as the API counted
  private readonly byId = new Map<string, Row>();
  private readonly liveKeys = new Map<string, string[]>(); // id -> keys of `live`, more than one where it was used twice

  constructor(private readonly owner: RoomOwner) {}

  // --- what came ----------------------------------------------------------------------------------------------------

  /** The newest page, at the start: replaces what is known, but for what notices told since it was asked for. */
  reset(page: MessagePage): void {
    const newest = page.messages[page.messages.length - 1]?.seq ?? page.last_seq;
    this.keepOnly(this.rows.filter((row) => row.seq > newest && !row.fromCache));
    this.above = 0;
    this.putRows(page.messages);
    this.have = newest;
    this.advance();
    this.applyPageMarks(page);
  }

  /** What was here the last time: something to show, but no cursor hangs on it. */
  preview(page: MessagePage): void {
    if (this.have !== undefined) return;
    const {lastSeq} = this;
    this.putRows(page.messages);
    for (const row of this.rows) if (row.fromApi) row.fromCache = true;
    this.applyPageMarks(page);
    this.lastSeq = lastSeq;
  }

  /** The newest rows and all marks, in the shape of the API's answer: for the cache. */
  snapshot(limit: number): MessagePage {
    const messages = this.rows.filter((row) => row.seq <= (this.have ?? 0)).slice(-limit).map(({fromApi, fromCache, ...row}) => row);
    const marks = [...this.readers.values()].map((r) => ({
      role: r.role, who: r.who, delivered: r.delivered, read: r.read, delivered_at: r.deliveredAt, read_at: r.readAt,
    }));
    return {messages, marks, last_seq: this.have ?? 0};
  }

  /** The archive knows less than we do (restored from a backup): start again. */
  forget(): void {
    this.keepOnly([]);
    this.have = undefined;
    this.lastSeq = 0;
  }

  /** A page asked for with after=have, or the long poll's answer. */
  applyAfter(page: MessagePage): void {
    this.putRows(page.messages);
    this.advance();
    this.applyPageMarks(page);
  }

  /** A page asked for with before=first. */
  applyBefore(page: MessagePage): void {
    const before = this.unreadRows();
    this.putRows(page.messages);
    this.above = Math.max(0, this.above - (this.unreadRows() - before));
  }

  /** The API's count of what our side has not read: tells how much of it is older than the rows here. */
  applyCount({unread = 0, read = 0, last_seq: lastSeq}: RoomInfo): void {
    this.above = Math.max(0, unread - this.unreadRows(read, lastSeq));
  }

  /** Rows asked for again, for their times. */
  refresh(page: MessagePage): void {
    this.putRows(page.messages);
    this.applyPageMarks(page);
    this.marksMissed = false;
  }

  /** A live message, from anybody. Returns false where it says nothing new. */
  applyLive(message: LiveMessage, now: number): boolean {
    const row = this.byId.get(message.id);
    if (row) return false; // a resend, or somebody reusing an id: the archive has decided already
    const key = keyOf(message);
    if (this.live.has(key)) return false;
    this.live.set(key, {...message, since: now});
    this.liveKeys.set(message.id, [...this.liveKeys.get(message.id) ?? [], key]);
    return true;
  }

  /** A log notice. content: what is known of a stored id that was not seen live (our own outbox). */
  applyNotice(notice: LogNotice, content: (id: string) => LiveMessage | undefined): void {
    for (const note of notice.stored) {
      const key = keyOf(note);
      const known = this.live.get(key) ?? own(note, this.owner, content);
      if (known && !this.byId.has(note.id)) this.insert(rowFromLive(known, note.seq, note.stored_at));
      this.dropLive(note.id);
      this.lastSeq = Math.max(this.lastSeq, note.seq);
    }
    for (const note of notice.rejected) this.applyRejected(note);
    for (const mark of notice.marks) this.applyMark(mark, mark.at ?? undefined);
    this.lastSeq = Math.max(this.lastSeq, notice.last_seq ?? 0);
    this.advance();
  }

  /** Drops what was shown of a message that is not kept. A row is a row: the rejection was of a second one. */
  applyRejected(note: RejectedNote): void {
    if (note.id === null || note.code === 'rate_limited') return;
    if (note.role && note.sender) this.live.delete(keyOf({id: note.id, role: note.role, sender: note.sender}));
    else this.live.delete(keyOf({id: note.id, role: this.owner.role, sender: this.owner.sub}));
  }

  /** The long poll's or a POST's answer about our own message. */
  applyStored(message: LiveMessage, seq: number, at: string): void {
    if (!this.byId.has(message.id)) this.insert(rowFromLive(message, seq, at));
    this.dropLive(message.id);
    this.lastSeq = Math.max(this.lastSeq, seq);
    this.advance();
  }

  applyReceipt(role: Role, who: string, receipt: Receipt): void {
    const now = this.readers.get(`${role}/${who}`);
    this.applyMark({
      role, who,
      delivered: Math.min(receipt.delivered ?? now?.delivered ?? 0, this.lastSeq),
      read: Math.min(receipt.read ?? now?.read ?? 0, this.lastSeq),
    }, receipt.at);
  }

  // --- what follows -------------------------------------------------------------------------------------------------

  /** Somebody spoke of a seq that is not here. */
  get hasGap(): boolean {
    return this.have !== undefined && this.lastSeq > this.have;
  }

  get first(): number | undefined {
    return this.rows[0]?.seq;
  }

  get hasOlder(): boolean {
    return (this.first ?? 1) > 1;
  }

  /** When the oldest live message without a seq was first seen; undefined: none. */
  get oldestLive(): number | undefined {
    let oldest: number | undefined;
    for (const {since} of this.live.values()) if (oldest === undefined || since < oldest) oldest = since;
    return oldest;
  }

  row(id: string): Row | undefined {
    return this.byId.get(id);
  }

  reader(role: Role, who: string): Reader | undefined {
    return this.readers.get(`${role}/${who}`);
  }

  /** How far a side has got: the furthest of its readers. */
  sideMark(side: Side): {delivered: number; read: number} {
    const mark = {delivered: 0, read: 0};
    for (const reader of this.readers.values()) {
      if (sideOf(reader.role) !== side) continue;
      mark.delivered = Math.max(mark.delivered, reader.delivered);
      mark.read = Math.max(mark.read, reader.read);
    }
    return mark;
  }

  /** What our side has not read: the rows that are here, and the older ones that were counted. */
  get unread(): number {
    const older = (this.first ?? 1) - 1 - this.ownRead; // seqs above our mark that are not here
    return this.unreadRows() + Math.max(0, Math.min(this.above, older));
  }

  /** Is there unread that is not here? Then its number is the API's to tell. */
  get hasUnreadAbove(): boolean {
    return (this.first ?? 1) - 1 > this.ownRead;
  }

  // --- inside -------------------------------------------------------------------------------------------------------

  private get ownRead(): number {
    return this.sideMark(sideOf(this.owner.role)).read;
  }

  /** Of the rows here, up to a seq. The desk need not read what the gym's own services say. */
  private unreadRows(read = this.ownRead, upTo = Infinity): number {
    const side = sideOf(this.owner.role);
    let n = 0;
    for (let i = this.rows.length - 1; i >= 0 && this.rows[i]!.seq > read; i--) {
      const {role, seq} = this.rows[i]!;
      if (seq <= upTo && sideOf(role) !== side && !(side === 'staff' && role === 'service')) n++;
    }
    return n;
  }

  private keepOnly(rows: Row[]): void {
    this.rows = rows;
    this.byId.clear();
    for (const row of rows) this.byId.set(row.id, row);
  }

  private putRows(messages: StoredMessage[]): void {
    for (const message of messages) {
      const row = rowFromApi(message);
      const known = this.byId.get(row.id);
      if (known) {
        row.delivered_at ??= known.delivered_at;
        row.read_at ??= known.read_at;
      }
      this.insert(row);
      this.dropLive(row.id);
      if (row.name) this.names.set(`${row.role}/${row.sender}`, row.name);
    }
  }

  private insert(row: Row): void {
    const at = this.place(row.seq);
    const there = this.rows[at];
    if (there?.seq === row.seq) {
      this.byId.delete(there.id);
      this.rows[at] = row;
    } else {
      this.rows.splice(at, 0, row);
    }
    this.byId.set(row.id, row);
    this.lastSeq = Math.max(this.lastSeq, row.seq);
    this.stamp(row);
  }

  /** Index of the first row with at least this seq. */
  private place(seq: number): number {
    let low = 0;
    let high = this.rows.length;
    if (high === 0 || this.rows[high - 1]!.seq < seq) return high;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.rows[middle]!.seq < seq) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private advance(): void {
    if (this.have === undefined) return;
    for (let i = this.place(this.have + 1); this.rows[i]?.seq === this.have + 1; i++) this.have++;
  }

  /** Ids are unique in a room: whoever else was shown with this one has lost it. */
  private dropLive(id: string): void {
    for (const key of this.liveKeys.get(id) ?? []) this.live.delete(key);
    this.liveKeys.delete(id);
  }

  private applyPageMarks(page: MessagePage): void {
    for (const mark of page.marks) {
      const before = this.readers.get(`${mark.role}/${mark.who}`);
      const moved = before !== undefined && (mark.delivered > before.delivered || mark.read > before.read);
      if (moved && sideOf(mark.role) !== sideOf(this.owner.role)) this.marksMissed = true;
      this.readers.set(`${mark.role}/${mark.who}`, {
        role: mark.role, who: mark.who,
        delivered: Math.max(mark.delivered, before?.delivered ?? 0),
        read: Math.max(mark.read, before?.read ?? 0),
        deliveredAt: mark.delivered_at ?? before?.deliveredAt,
        readAt: mark.read_at ?? before?.readAt,
      });
    }
    this.lastSeq = Math.max(this.lastSeq, page.last_seq);
  }

  private applyMark(mark: Mark, at: string | undefined): void {
    const key = `${mark.role}/${mark.who}`;
    const before = this.readers.get(key);
    const delivered = Math.max(mark.delivered, before?.delivered ?? 0);
    const read = Math.min(Math.max(mark.read, before?.read ?? 0), delivered);
    const moved = delivered > (before?.delivered ?? 0);
    const movedRead = read > (before?.read ?? 0);
    this.readers.set(key, {
      role: mark.role, who: mark.who, delivered, read,
      deliveredAt: moved ? at : before?.deliveredAt,
      readAt: movedRead ? at : before?.readAt,
    });
    if ((moved || movedRead) && at) this.stampAll(sideOf(mark.role), delivered, movedRead ? read : 0, at);
  }

  /** A side got this far at this time: rows that it had not reached before say so. */
  private stampAll(side: Side, delivered: number, read: number, at: string): void {
    for (let i = this.rows.length - 1; i >= 0; i--) {
      const row = this.rows[i]!;
      if (!isOther(side, row.role)) continue;
      if (row.seq > delivered) continue;
      if (row.delivered_at && (row.read_at || read === 0)) break; // and so has everything before it
      const next = {...row};
      next.delivered_at ??= at;
      if (row.seq <= read) next.read_at ??= at;
      this.rows[i] = next;
      this.byId.set(next.id, next);
    }
  }

  /** A row that came after the mark that covers it. */
  private stamp(row: Row): void {
    for (const reader of this.readers.values()) {
      if (!isOther(sideOf(reader.role), row.role)) continue;
      if (row.seq <= reader.delivered) row.delivered_at ??= reader.deliveredAt;
      if (row.seq <= reader.read) row.read_at ??= reader.readAt;
    }
  }
}

/** Is this side the other one for what this role wrote? */
function isOther(side: Side, role: Role): boolean {
  const own = sideOf(role);
  return side !== 'none' && own !== 'none' && own !== side;
}

function keyOf(message: {id: string; role: Role; sender: string}): string {
  return `${message.id}/${message.role}/${message.sender}`;
}

function own(
  note: {id: string; role: Role; sender: string}, owner: RoomOwner, content: (id: string) => LiveMessage | undefined,
): LiveMessage | undefined {
  return note.role === owner.role && note.sender === owner.sub ? content(note.id) : undefined;
}

function rowFromLive(message: LiveMessage, seq: number, storedAt: string): Row {
  const {id, role, sender, kind, text, sent_at, reply_to, attachments} = message;
  return {id, role, sender, kind, text, sent_at, reply_to, attachments, seq, stored_at: storedAt, fromApi: false};
}

function rowFromApi(message: StoredMessage): Row {
  const {id, role, sender, kind, text, sent_at, reply_to, attachments, seq, stored_at} = message;
  return {
    id, role, sender, kind, text, sent_at, seq, stored_at,
    reply_to: reply_to ?? undefined,
    attachments,
    name: message.name && message.name !== sender ? message.name : undefined, // the API falls back to the id
    delivered_at: message.delivered_at ?? undefined,
    read_at: message.read_at ?? undefined,
    fromApi: true,
  };
}
