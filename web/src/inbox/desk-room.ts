/* desk-room.ts - the room that is open at the desk: its messages and internal notes as one list, and what the desk's
 * rules make of reading and answering. Knows no screen. */
import {Listeners} from '../listeners.js';
import type {Session} from '../session/session.js';
import type {Item} from '../thread/items.js';
import {isSpoken} from '../thread/items.js';
import type {RoomThread} from '../thread/room-thread.js';
import type {LiveMessage} from '../wire.js';
import type {DraftMode} from './drafts.js';
import type {Inbox} from './inbox.js';
import {NoteThread} from './note-thread.js';
import {timeline} from './timeline.js';

export type DeskRoomEvent = {type: 'changed'} | {type: 'arrived'; message: LiveMessage};

export class DeskRoom {
  readonly notes: NoteThread;
  private readonly listeners = new Listeners<DeskRoomEvent>();
  private readonly stops: (() => void)[];
  private merged: {messages: readonly Item[]; notes: readonly Item[]; list: Item[]} | undefined;

  constructor(private readonly session: Session, private readonly inbox: Inbox, readonly room: string,
    readonly thread: RoomThread) {
    const {api, feed, outbox, clock, identity} = session;
    this.notes = new NoteThread({api, feed, outbox, clock, identity, room});
    this.stops = [
      thread.on((event) => this.listeners.tell(event)),
      this.notes.on(() => this.listeners.tell({type: 'changed'})),
    ];
    this.notes.start();
  }

  on(listener: (event: DeskRoomEvent) => void): () => void {
    return this.listeners.add(listener);
  }

  close(): void {
    this.notes.stop();
    for (const stop of this.stops) stop();
  }

  /** Messages and notes in their places; the same array while nothing changed. */
  get list(): Item[] {
    const messages = this.thread.list;
    const notes = this.notes.list;
    if (this.merged?.messages !== messages || this.merged.notes !== notes) {
      const list = notes.length ? timeline(messages, notes, this.thread.state.hasOlder) : messages;
      this.merged = {messages, notes, list};
    }
    return this.merged.list;
  }

  /** The newest seq that anybody spoke of: where a draft begins. The list knows it before the messages are here. */
  get lastSeq(): number {
    return Math.max(this.thread.state.lastSeq, this.inbox.state.get(this.room)?.last_seq ?? 0);
  }

  /** Seen by a person. A gym may want that to count only once somebody has answered. */
  saw(seq: number): void {
    if (this.readOn === 'view') this.thread.sawUpTo(seq);
  }

  /** A message takes the room for whoever answers first; a note takes nothing. */
  async send(text: string, mode: DraftMode): Promise<void> {
    if (mode === 'note') return this.notes.write(text);
    await this.thread.send(text);
    if (this.readOn === 'reply') this.thread.sawUpTo(this.thread.state.have ?? 0);
    const row = this.inbox.state.get(this.room);
    if (row && !row.assignee) await this.inbox.change(this.room, {assignee: this.session.identity.sub}).catch(() => {});
  }

  /** Gives a waiting or refused entry up; its words, for editing. */
  discard(id: string): {text: string; mode: DraftMode} | undefined {
    const entry = this.session.outbox.discard(id);
    return entry && {text: entry.envelope.text, mode: entry.to === 'note' ? 'note' : 'reply'};
  }

  /** Check-ins, newest first, of what is loaded. */
  get checkins(): string[] {
    return this.thread.state.rows.filter((row) => !isSpoken(row.kind) && row.kind === 'checkin').map((row) => row.sent_at).reverse();
  }

  private get readOn(): 'view' | 'reply' {
    return this.session.me?.gym.settings?.read_on === 'reply' ? 'reply' : 'view';
  }
}
