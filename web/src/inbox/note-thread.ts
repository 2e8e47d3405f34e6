/* note-thread.ts - the internal notes of one room: loaded, followed, written through the outbox. Notes have their own
 * seq and their own log, so the same bookkeeping as for messages keeps them without holes. */
import type {Api} from '../api/client.js';
import {ApiError} from '../api/problem.js';
import {Alarm} from '../clock.js';
import type {Clock} from '../clock.js';
import {retryDelay} from '../feed/backoff.js';
import type {FeedEvent, RoomFeed} from '../feed/room-feed.js';
import {newId} from '../ids.js';
import {Listeners} from '../listeners.js';
import type {Outbox} from '../outbox/outbox.js';
import {ItemList} from '../thread/items.js';
import type {Item} from '../thread/items.js';
import {RoomState} from '../thread/room-state.js';
import type {DeskNotice, Envelope, Identity, LiveMessage, LogNotice, MessagePage, StoredMessage} from '../wire.js';

const PAGE = 200;
const GAP_PATIENCE_MS = 120;
const NO_SEQ_MS = 5000;

export interface NotesPage {
  notes: StoredMessage[];
  note_last_seq: number;
}

export interface NoteOptions {
  api: Api;
  feed: RoomFeed;
  outbox: Outbox;
  clock: Clock;
  identity: Identity;
  room: string;
}

export class NoteThread {
  readonly room: string;
  readonly state: RoomState;
  private readonly items: ItemList;
  private readonly listeners = new Listeners<void>();
  private readonly stops: (() => void)[] = [];
  private readonly retry: Alarm;
  private cached: Item[] | undefined;
  private failures = 0;
  private asking: Promise<void> | undefined;
  private askAgain = false;

  constructor(private readonly options: NoteOptions) {
    this.room = options.room;
    this.state = new RoomState(options.identity);
    this.items = new ItemList(options.identity);
    this.retry = new Alarm(options.clock, () => void this.ask());
  }

  on(listener: () => void): () => void {
    return this.listeners.add(listener);
  }

  start(): void {
    const {feed, outbox} = this.options;
    this.stops.push(feed.on((event) => this.onFeed(event)), outbox.on((event) => {
      if (event.type === 'stored' && event.entry.to === 'note' && event.entry.room === this.room) {
        const at = new Date(this.options.clock.now()).toISOString();
        this.state.applyStored(this.asLive(event.entry.envelope), event.seq, at);
      }
      this.changed();
    }));
    void this.ask();
  }

  stop(): void {
    for (const stop of this.stops.splice(0)) stop();
    this.retry.clear();
  }

  /** Notes as lines of the thread: no seq, since that one counts notes, not messages. */
  get list(): Item[] {
    return (this.cached ??= this.items
      .build(this.state, this.options.outbox.list(this.room).filter((entry) => entry.to === 'note'))
      .map((item) => ({
        ...item, seq: undefined, kind: 'note',
        state: item.mine && (item.state === 'queued' || item.state === 'rejected') ? item.state : undefined,
      })));
  }

  async write(text: string): Promise<void> {
    const now = this.options.clock.now();
    const envelope: Envelope = {id: newId(now), kind: 'text', text, sent_at: new Date(now).toISOString()};
    await this.options.outbox.add(this.room, envelope, 'note');
  }

  private onFeed(event: FeedEvent): void {
    if (event.type === 'resumed') return void this.ask();
    if (!('room' in event) || event.room !== this.room) return;
    if (event.type === 'note') {
      if (this.state.applyLive(event.note, this.options.clock.now())) this.retry.atMost(NO_SEQ_MS);
    } else if (event.type === 'desk-log') {
      this.onNotice(noteNotice(event.notice));
    } else {
      return;
    }
    this.changed();
  }

  private onNotice(notice: LogNotice): void {
    const {outbox, identity} = this.options;
    this.state.applyNotice(notice, (id) => {
      const entry = outbox.get(id);
      return entry?.to === 'note' && entry.room === this.room ? this.asLive(entry.envelope) : undefined;
    });
    const mine = (it: {sender?: string}): boolean => it.sender === identity.sub;
    outbox.stored(notice.stored.filter(mine).map((note) => note.id));
    for (const note of notice.rejected.filter(mine)) outbox.rejected(note);
    if (this.state.hasGap) this.retry.atMost(GAP_PATIENCE_MS);
  }

  /** Asks for what we lack; the long poll has no word of notes, so a wake-up of the inbox asks as well. */
  ask(): Promise<void> {
    if (this.asking) {
      this.askAgain = true;
      return this.asking;
    }
    this.retry.clear();
    this.asking = this.fetch().finally(() => {
      this.asking = undefined;
      if (this.askAgain) {
        this.askAgain = false;
        void this.ask();
      }
    });
    return this.asking;
  }

  private async fetch(): Promise<void> {
    const {api, identity, clock} = this.options;
    const {have} = this.state;
    const path = `/v1/gyms/${identity.gym}/rooms/${this.room}/notes?limit=${PAGE}${have === undefined ? '' : `&after=${have}`}`;
    try {
      const page = asPage(await api.get<NotesPage>(path));
      if (have === undefined) this.state.reset(page);
      else this.state.applyAfter(page);
      this.options.outbox.stored(page.messages.filter((m) => m.sender === identity.sub).map((m) => m.id));
      this.failures = 0;
      if (this.state.oldestLive !== undefined) this.retry.set(NO_SEQ_MS); // the archive is behind
      const now = this.state.have ?? 0; // a page may end before its limit
      if (have !== undefined && now > have && now < page.last_seq) this.askAgain = true;
    } catch (error) {
      if (error instanceof ApiError && error.code === 'cursor_ahead') {
        this.state.forget();
        this.askAgain = true;
      } else if (error instanceof ApiError && error.status === 404) {
        this.state.reset(asPage({notes: [], note_last_seq: 0})); // nobody has written to this room yet
      } else {
        this.retry.set(retryDelay(++this.failures, clock.random()));
      }
    }
    this.changed();
  }

  private asLive(envelope: Envelope): LiveMessage {
    const {role, sub} = this.options.identity;
    return {...envelope, role, sender: sub};
  }

  private changed(): void {
    this.cached = undefined;
    this.listeners.tell();
  }
}

/** What the desk's log says of notes, in the shape of a room's log. */
function noteNotice(notice: DeskNotice): LogNotice {
  return {last_seq: notice.note_last_seq, stored: notice.stored, rejected: notice.rejected, marks: []};
}

function asPage(page: NotesPage): MessagePage {
  return {messages: page.notes, last_seq: page.note_last_seq, marks: []};
}
