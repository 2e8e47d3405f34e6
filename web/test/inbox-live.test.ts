import assert from 'node:assert/strict';
import {test} from 'node:test';
import {ApiError} from '../src/api/problem.js';
import type {FeedEvent, FeedStatus, RoomFeed, SendOutcome} from '../src/feed/room-feed.js';
import {DeskRoom} from '../src/inbox/desk-room.js';
import {EVERYTHING} from '../src/inbox/filter.js';
import {Inbox} from '../src/inbox/inbox.js';
import {NoteThread} from '../src/inbox/note-thread.js';
import type {NotesPage} from '../src/inbox/note-thread.js';
import {Listeners} from '../src/listeners.js';
import {MemoryStore} from '../src/outbox/memory-store.js';
import {Outbox} from '../src/outbox/outbox.js';
import {PresenceBoard} from '../src/session/presence.js';
import type {Session} from '../src/session/session.js';
import {RoomThread} from '../src/thread/room-thread.js';
import type {DeskNotice, Envelope, Identity, LiveMessage, MessagePage, RoomInfo, RoomsPage} from '../src/wire.js';
import {at, FakeClock, note, notice, page, settle, stored, uuid} from './helpers.js';

const me: Identity = {gym: 'g', role: 'staff', sub: 'marta', rooms: []};

class FakeFeed implements RoomFeed {
  status: FeedStatus = {phase: 'live', since: 0, failures: 0, via: 'mqtt'};
  readonly sent: {room: string; envelope: Envelope; to: string}[] = [];
  private readonly listeners = new Listeners<FeedEvent>();
  on(listener: (event: FeedEvent) => void): () => void {
    return this.listeners.add(listener);
  }
  tell(event: FeedEvent): void {
    this.listeners.tell(event);
  }
  go(phase: FeedStatus['phase']): void {
    this.status = {...this.status, phase};
    this.tell({type: 'status', status: this.status});
    if (phase === 'live') this.tell({type: 'resumed'});
  }
  start(): void {}
  async stop(): Promise<void> {}
  async send(room: string, envelope: Envelope): Promise<SendOutcome> {
    this.sent.push({room, envelope, to: 'msg'});
    return {kind: 'handed'};
  }
  async sendNote(room: string, envelope: Envelope): Promise<SendOutcome> {
    this.sent.push({room, envelope, to: 'note'});
    return {kind: 'handed'};
  }
  mark(): void {}
  typing(): void {}
  here(): void {}
  watch(): () => void {
    return () => {};
  }
  wake(): void {}
}

/** A desk with an API whose rooms, pages and notes a test sets. */
class Desk {
  readonly clock = new FakeClock();
  readonly feed = new FakeFeed();
  readonly asked: Record<string, unknown>[] = [];
  readonly patched: [string, unknown][] = [];
  rooms: RoomInfo[] = [];
  next: string | undefined;
  pages = new Map<string, MessagePage>();
  notes: NotesPage = {notes: [], note_last_seq: 0};
  fails: ApiError | undefined;
  counts = {mine: 1, unassigned: 2, all: 3, waiting: 2, unread: 2};
  private readonly threads = new Map<string, RoomThread>();

  readonly api = {
    rooms: async (_: string, query: Record<string, unknown>, stop?: AbortSignal): Promise<RoomsPage> => {
      this.asked.push(query);
      if (query.wait) await new Promise<void>((resolve) => {
        this.clock.setTimeout(resolve, 1000);
        stop?.addEventListener('abort', () => resolve());
      });
      if (this.fails) throw this.fails;
      return {rooms: query.cursor ? this.rooms.slice(50) : this.rooms.slice(0, 50), next: query.cursor ? null : this.next, counts: this.counts};
    },
    room: async (_: string, room: string): Promise<RoomInfo> => {
      const info = this.rooms.find((it) => it.room === room);
      if (!info) throw new ApiError(404, 'not_found', '');
      return info;
    },
    messages: async (_: string, room: string): Promise<MessagePage> => this.pages.get(room) ?? page([]),
    patchRoom: async (_: string, room: string, change: Record<string, unknown>): Promise<RoomInfo> => {
      this.patched.push([room, change]);
      if (this.fails) throw this.fails;
      return {...this.rooms.find((it) => it.room === room)!, ...change} as RoomInfo;
    },
    get: async (path: string): Promise<NotesPage> => {
      this.asked.push({path});
      if (this.fails) throw this.fails;
      const after = Number(/after=(\d+)/.exec(path)?.[1] ?? 0);
      return {...this.notes, notes: this.notes.notes.filter((it) => it.seq > after)};
    },
  };

  readonly outbox = new Outbox({
    clock: this.clock, store: new MemoryStore(),
    tabs: {tell: () => {}, on: () => () => {}, lead: (start: () => void) => (start(), () => {}), close: () => {}},
    send: (entry) => entry.to === 'note' ? this.feed.sendNote(entry.room, entry.envelope) : this.feed.send(entry.room, entry.envelope),
    sendAside: async () => ({kind: 'handed'}),
  });

  readonly session = {
    identity: me, clock: this.clock, feed: this.feed, api: this.api, outbox: this.outbox, presence: new PresenceBoard(),
    goLive: () => {},
    thread: (room: string) => {
      const {api, feed, outbox, clock} = this;
      const known = this.threads.get(room);
      if (known) return known;
      const thread = new RoomThread({api: api as never, feed, outbox, clock, identity: me, room, setsMarks: true});
      this.threads.set(room, thread);
      thread.start();
      return thread;
    },
    dropThread: (room: string) => this.threads.delete(room),
  } as unknown as Session;

  inbox = new Inbox(this.session);

  async begin(): Promise<this> {
    this.outbox.setLinked(true);
    this.inbox.start();
    await settle();
    return this;
  }
  get keys(): string {
    return this.inbox.rows().map((row) => row.room).join(' ');
  }
  says(room: string, n: number, more: Partial<LiveMessage> = {}): void {
    this.feed.tell({type: 'message', room, message: {id: uuid(n), role: 'client', sender: room, kind: 'text', text: `m${n}`, sent_at: at(n), ...more}});
  }
}

const room = (key: string, more: Partial<RoomInfo> = {}): RoomInfo => ({
  room: key, last_seq: 1, status: 'open', assignee: null, created_at: at(0), last_message_at: at(10), unread: 0, ...more,
});

test('loads the filter\'s rooms with their counts; another filter asks again', async () => {
  const desk = new Desk();
  desk.rooms = [room('a', {waiting_since: at(1), unread: 2}), room('b', {assignee: 'marta'})];
  await desk.begin();
  assert.equal(desk.keys, 'a b');
  assert.deepEqual(desk.inbox.counts, desk.counts);
  assert.equal(desk.inbox.unreadRooms, 1);
  desk.inbox.setFilter({...EVERYTHING, tab: 'mine'});
  assert.equal(desk.inbox.phase, 'loading');
  assert.equal(desk.keys, 'b', 'what is known is shown meanwhile');
  await settle();
  assert.equal(desk.inbox.phase, 'ready');
  assert.equal(desk.asked.at(-1)!.assignee, '@me');
});

test('an answer to the former filter comes too late', async () => {
  const desk = await new Desk().begin();
  desk.rooms = [room('late')];
  desk.inbox.setFilter({...EVERYTHING, shelf: 'resolved'});
  desk.inbox.setFilter({...EVERYTHING, shelf: 'snoozed'});
  await settle();
  assert.equal(desk.asked.at(-1)!.status, 'snoozed');
  assert.equal(desk.inbox.phase, 'ready');
});

test('says that it failed, tries again, recovers', async () => {
  const desk = new Desk();
  desk.fails = new ApiError(503, 'unavailable', '');
  await desk.begin();
  assert.equal(desk.inbox.phase, 'failed');
  desk.fails = undefined;
  desk.rooms = [room('a')];
  await desk.clock.pass(5000);
  assert.equal(desk.keys, 'a');
});

test('more rooms on demand, the counted total meanwhile', async () => {
  const desk = new Desk();
  desk.rooms = Array.from({length: 60}, (_, i) => room(`r${i}`, {waiting_since: at(i)}));
  desk.next = 'cursor';
  desk.counts.all = 60;
  await desk.begin();
  assert.equal(desk.inbox.rows().length, 50);
  assert.ok(desk.inbox.hasMore);
  assert.equal(desk.inbox.total, 60);
  await desk.inbox.loadMore();
  assert.equal(desk.inbox.rows().length, 60);
  assert.ok(!desk.inbox.hasMore);
  await desk.inbox.load();
  assert.equal(desk.inbox.rows().length, 60, 'a fresh first page keeps what is below it');
});

test('a live message calls, is asked for once, and its room comes in', async () => {
  const desk = await new Desk().begin();
  const calls: string[] = [];
  desk.inbox.on((event) => event.type === 'arrived' && calls.push(`${event.room} ${event.message.text}`));
  desk.rooms = [room('ana', {waiting_since: at(5), last_message: stored(5)})];
  desk.says('ana', 5);
  desk.feed.tell({type: 'log', room: 'ana', notice: notice({last_seq: 5, stored: [note(5)]})});
  await desk.clock.pass(1000);
  assert.deepEqual(calls, ['ana m5']);
  assert.equal(desk.keys, 'ana');
  assert.equal(desk.inbox.state.get('ana')!.waiting_since, at(5));
});

test('a check-in does not call; what waits behind it is found in the thread', async () => {
  const desk = new Desk();
  const checkin = stored(3, {role: 'kiosk', sender: 'k', kind: 'checkin', text: 'Entrada'});
  desk.rooms = [room('ana', {waiting_since: at(2), last_seq: 3, last_message: checkin})];
  desk.pages.set('ana', page([stored(1, {role: 'staff', sender: 'luis'}), stored(2), checkin]));
  await desk.begin();
  await settle();
  assert.equal(desk.inbox.state.get('ana')!.asked!.text, 'm2');
});

test('a change shows at once, and is taken back where the API refuses it', async () => {
  const desk = new Desk();
  desk.rooms = [room('a', {assignee: 'luis', labels: ['x']})];
  await desk.begin();
  const changing = desk.inbox.change('a', {assignee: 'marta'});
  assert.equal(desk.inbox.state.get('a')!.assignee, 'marta');
  await changing;
  assert.deepEqual(desk.patched, [['a', {assignee: 'marta'}]]);
  desk.fails = new ApiError(403, 'forbidden', '');
  await assert.rejects(desk.inbox.change('a', {status: 'resolved', labels: []}));
  const {status, labels, assignee} = desk.inbox.state.get('a')!;
  assert.deepEqual([status, labels, assignee], ['open', ['x'], 'marta']);
});

test('colleagues\' changes come by the desk\'s log', async () => {
  const desk = new Desk();
  desk.rooms = [room('a'), room('b')];
  await desk.begin();
  const log = (change: DeskNotice['change']): DeskNotice => ({stored: [], rejected: [], change});
  desk.feed.tell({type: 'desk-log', room: 'a', notice: log({assignee: 'luis', labels: ['VIP']})});
  assert.deepEqual(desk.inbox.state.get('a')!.labels, ['VIP']);
  desk.feed.tell({type: 'desk-log', room: 'b', notice: log({status: 'resolved'})});
  assert.equal(desk.keys, 'a');
  desk.feed.tell({type: 'here', room: 'a', who: 'luis', viewing: true, replying: true});
  desk.feed.tell({type: 'here', room: 'a', who: 'marta', viewing: true, replying: true});
  assert.deepEqual(desk.inbox.here.in('a', desk.clock.now()), [{who: 'luis', replying: true}], 'not me');
});

test('away: the list waits, and says in numbers what happened', async () => {
  const desk = new Desk();
  desk.rooms = [room('a', {waiting_since: at(1)}), room('b', {waiting_since: at(2)})];
  await desk.begin();
  assert.equal(desk.keys, 'a b');
  desk.inbox.leave();
  desk.rooms = [room('b', {waiting_since: at(2), last_seq: 2}), room('a', {last_seq: 2}), room('c', {waiting_since: at(50), created_at: at(50)})];
  desk.feed.tell({type: 'resumed'});
  await desk.clock.pass(20000);
  assert.equal(desk.keys, 'a b', 'nothing moves while nobody looks');
  desk.inbox.comeBack();
  assert.deepEqual(desk.inbox.changes, {why: 'away', what: {total: 3, fresh: 1, messages: 1, answered: 1, mine: 0, closed: 0}});
  assert.equal(desk.keys, 'a b', 'nor when somebody comes back');
  desk.inbox.accept();
  assert.equal(desk.inbox.changes, undefined);
  assert.equal(desk.keys, 'b c a');
});

test('away for a moment, or without changes: no summary', async () => {
  const desk = new Desk();
  desk.rooms = [room('a')];
  await desk.begin();
  desk.inbox.rows();
  desk.inbox.leave();
  await desk.clock.pass(60000);
  desk.inbox.comeBack();
  assert.equal(desk.inbox.changes, undefined);
  desk.inbox.leave();
  desk.says('a', 9);
  await desk.clock.pass(2000);
  desk.inbox.comeBack();
  assert.equal(desk.inbox.changes, undefined);
  assert.ok(!desk.inbox.list.isHeld());
});

test('whoever leaves while the line is down is waited for once it is back', async () => {
  const desk = new Desk();
  desk.rooms = [room('a', {waiting_since: at(1)})];
  await desk.begin();
  desk.inbox.rows();
  desk.feed.go('connecting');
  desk.inbox.leave();
  desk.feed.go('live');
  await desk.clock.pass(1000);
  desk.rooms = [room('b', {waiting_since: at(0), created_at: at(9)}), ...desk.rooms];
  desk.feed.tell({type: 'resumed'});
  await desk.clock.pass(20000);
  assert.equal(desk.keys, 'a');
  desk.inbox.comeBack();
  assert.deepEqual([desk.inbox.changes?.why, desk.inbox.changes?.what.fresh], ['away', 1]);
});

test('the live link down: the list by long poll, told as such; live again, it stops', async () => {
  const desk = new Desk();
  desk.rooms = [room('a')];
  await desk.begin();
  desk.inbox.rows();
  desk.feed.go('waiting');
  await desk.clock.pass(2000);
  assert.ok(!desk.inbox.polling, 'not at every hiccup');
  await desk.clock.pass(2000);
  assert.ok(desk.inbox.polling);
  desk.rooms = [room('a'), room('b', {waiting_since: at(3)})];
  await desk.clock.pass(3000);
  assert.equal(desk.keys, 'b a');
  assert.equal(desk.asked.at(-1)!.wait, 25);
  desk.feed.go('live');
  await desk.clock.pass(2000);
  assert.ok(!desk.inbox.polling);
  const asked = desk.asked.length;
  await desk.clock.pass(10000);
  assert.equal(desk.asked.length, asked);
  assert.equal(desk.inbox.changes, undefined, 'nothing was missed');
});

test('the live link down, and the page leaves: nobody asks any more', async () => {
  const desk = new Desk();
  desk.rooms = [room('a')];
  await desk.begin();
  desk.feed.go('waiting');
  await desk.clock.pass(5000);
  assert.ok(desk.inbox.polling);
  desk.inbox.stop();
  await desk.clock.pass(1000);
  const asked = desk.asked.length;
  await desk.clock.pass(60000);
  assert.equal(desk.asked.length, asked);
});

test('the page leaves while it asks: the answer starts nothing', async () => {
  for (const fails of [undefined, new ApiError(503, 'unavailable', '')]) {
    const desk = new Desk();
    desk.rooms = [room('a', {waiting_since: at(0), last_message: {id: uuid(9), seq: 1, role: 'kiosk', sender: 'k', kind: 'checkin', text: '', sent_at: at(1)} as never})];
    desk.fails = fails;
    desk.inbox.start();
    desk.inbox.stop();
    await desk.clock.pass(120_000);
    assert.equal(desk.asked.length, 1);
    assert.equal(desk.inbox.thread('a'), undefined);
  }
});

test('link and API down: what changed is summed up when both are back', async () => {
  const desk = new Desk();
  desk.rooms = [room('a')];
  await desk.begin();
  desk.inbox.rows();
  desk.feed.go('waiting');
  desk.fails = new ApiError(0, 'network', '');
  await desk.clock.pass(30000);
  assert.ok(!desk.inbox.polling);
  desk.fails = undefined;
  desk.rooms = [room('a', {assignee: 'marta'})];
  desk.feed.go('live');
  await settle();
  assert.equal(desk.inbox.changes?.why, 'offline');
  assert.equal(desk.inbox.changes?.what.mine, 1);
});

test('what this person sent is settled also where its thread is not loaded', async () => {
  const desk = new Desk();
  desk.rooms = [room('a')];
  await desk.begin();
  await desk.outbox.add('a', {id: uuid(7), kind: 'text', text: 'x', sent_at: at(7)});
  desk.feed.tell({type: 'log', room: 'a', notice: notice({last_seq: 2, stored: [note(7, 'staff', 'marta')]})});
  await desk.clock.pass(10);
  assert.equal(desk.outbox.get(uuid(7)), undefined);
  await desk.outbox.add('a', {id: uuid(8), kind: 'text', text: 'n', sent_at: at(8)}, 'note');
  desk.feed.tell({type: 'desk-log', room: 'a', notice: {note_last_seq: 1, stored: [note(8, 'staff', 'marta')], rejected: [], change: {}}});
  await desk.clock.pass(10);
  assert.equal(desk.outbox.get(uuid(8)), undefined);
});

test('marked as unread by oneself counts until it is opened', async () => {
  const desk = new Desk();
  desk.rooms = [room('a')];
  let flagged = ['a'];
  desk.inbox = new Inbox(desk.session, EVERYTHING, () => flagged);
  await desk.begin();
  assert.equal(desk.inbox.unread(desk.inbox.rows()[0]!), 1);
  assert.equal(desk.inbox.unreadRooms, 1);
  flagged = [];
  assert.equal(desk.inbox.unreadRooms, 0);
});

// --- notes ------------------------------------------------------------------------------------------------------------

function notesOf(desk: Desk): NoteThread {
  const {api, feed, outbox, clock} = desk;
  return new NoteThread({api: api as never, feed, outbox, clock, identity: me, room: 'a'});
}
const deskLog = (seq: number, id: string, sender = 'marta'): FeedEvent => ({
  type: 'desk-log', room: 'a', notice: {note_last_seq: seq, stored: [{id, seq, role: 'staff', sender, stored_at: at(seq)}], rejected: [], change: {}},
});

test('a note of mine: waits, goes to the desk\'s topic alone, is kept once stored', async () => {
  const desk = await new Desk().begin();
  const notes = notesOf(desk);
  notes.start();
  await settle();
  await notes.write('ojo');
  await settle();
  assert.deepEqual(desk.feed.sent.map(({room: to, to: where, envelope}) => [to, where, envelope.text]), [['a', 'note', 'ojo']]);
  assert.deepEqual(notes.list.map((it) => [it.text, it.kind, it.state, it.seq]), [['ojo', 'note', 'queued', undefined]]);
  const {id} = desk.feed.sent[0]!.envelope;
  desk.feed.tell(deskLog(1, id));
  assert.deepEqual(notes.list.map((it) => [it.text, it.state, it.seq]), [['ojo', undefined, undefined]], 'no seq: that one counts notes');
  assert.equal(desk.outbox.get(id), undefined);
});

test('a colleague\'s note; one that was missed is asked for', async () => {
  const desk = await new Desk().begin();
  const notes = notesOf(desk);
  notes.start();
  await settle();
  const live: LiveMessage = {id: uuid(1), role: 'staff', sender: 'luis', kind: 'text', text: 'uno', sent_at: at(1)};
  desk.feed.tell({type: 'note', room: 'a', note: live});
  desk.feed.tell({type: 'note', room: 'other', note: {...live, id: uuid(9)}});
  desk.feed.tell(deskLog(1, uuid(1), 'luis'));
  desk.notes = {notes: [1, 2, 3].map((n) => stored(n, {role: 'staff', sender: 'luis', text: `n${n}`})), note_last_seq: 3};
  desk.feed.tell(deskLog(3, uuid(3), 'luis'));
  await desk.clock.pass(500);
  assert.deepEqual(notes.list.map((it) => it.text), ['uno', 'n2', 'n3']);
  assert.match(String(desk.asked.at(-1)!.path), /after=1$/);
});

test('a refused note says so and can be taken back', async () => {
  const desk = await new Desk().begin();
  const notes = notesOf(desk);
  notes.start();
  await settle();
  await notes.write('x');
  const {id} = desk.feed.sent[0]!.envelope;
  desk.feed.tell({type: 'desk-log', room: 'a', notice: {
    stored: [], rejected: [{id, role: 'staff', sender: 'marta', code: 'invalid'}], change: {},
  }});
  assert.deepEqual(notes.list.map((it) => [it.state, it.code]), [['rejected', 'invalid']]);
  desk.outbox.discard(id);
  assert.equal(notes.list.length, 0);
});

test('no room yet, and an archive that knows less than we do', async () => {
  const desk = await new Desk().begin();
  const notes = notesOf(desk);
  desk.fails = new ApiError(404, 'not_found', '');
  notes.start();
  await settle();
  assert.equal(notes.state.have, 0);
  desk.fails = new ApiError(400, 'cursor_ahead', '');
  void notes.ask();
  desk.notes = {notes: [stored(1, {role: 'staff', sender: 'luis'})], note_last_seq: 1};
  await Promise.resolve();
  desk.fails = undefined;
  await desk.clock.pass(1000);
  assert.equal(notes.list.length, 1);
});

test('what is begun before the messages are here is begun after those that the list knows of', async () => {
  const desk = new Desk();
  desk.rooms = [room('ana', {last_seq: 7})];
  await desk.begin();
  const open = new DeskRoom(desk.session, desk.inbox, 'ana', desk.inbox.show('ana')!);
  assert.equal(open.lastSeq, 7);
  open.close();
});
