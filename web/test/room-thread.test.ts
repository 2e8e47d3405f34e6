import assert from 'node:assert/strict';
import {test} from 'node:test';
import type {Api, PageQuery} from '../src/api/client.js';
import {ApiError} from '../src/api/problem.js';
import type {FeedEvent, RoomFeed} from '../src/feed/room-feed.js';
import {MemoryStore} from '../src/outbox/memory-store.js';
import {Outbox} from '../src/outbox/outbox.js';
import {RoomThread} from '../src/thread/room-thread.js';
import type {Mark, MessagePage, Receipt, RoomInfo, StoredMessage} from '../src/wire.js';
import {at, FakeClock, note, notice, page, settle, stored, uuid} from './helpers.js';

/** An archive of one room, a feed that tests speak through, and a thread between them. */
function setUp(rows: StoredMessage[] = [], more: {marks?: Mark[]; role?: 'client' | 'staff'} = {}) {
  const clock = new FakeClock();
  const asked: PageQuery[] = [];
  const receipts: Receipt[] = [];
  const archive = {rows, marks: more.marks ?? [], fails: undefined as ApiError | undefined, countFails: false, most: Infinity};
  const listeners: ((e: FeedEvent) => void)[] = [];
  const feed = {
    status: {phase: 'live', since: 0, failures: 0, via: 'mqtt'},
    on: (l: (e: FeedEvent) => void) => (listeners.push(l), () => {}),
    watch: () => () => {},
    send: async () => ({kind: 'handed'}),
    mark: (_: string, receipt: Receipt) => receipts.push(receipt),
    typing: () => {},
  } as unknown as RoomFeed;
  const api = {
    messages: async (_gym: string, _room: string, query: PageQuery): Promise<MessagePage> => {
      asked.push(query);
      if (archive.fails) throw archive.fails;
      const last = archive.rows.length;
      if (query.after !== undefined && query.after > last) throw new ApiError(400, 'cursor_ahead', '');
      const limit = Math.min(query.limit ?? 50, archive.most);
      const some = query.after !== undefined ? archive.rows.filter((r) => r.seq > query.after!).slice(0, limit)
        : archive.rows.filter((r) => r.seq < (query.before ?? Infinity)).slice(-limit);
      return page(some, {last_seq: last, marks: archive.marks});
    },
    room: async (): Promise<RoomInfo> => {
      if (archive.countFails) throw new ApiError(503, 'unavailable', '');
      const read = archive.marks.find((m) => m.role === 'client')?.read ?? 0;
      const unread = archive.rows.filter((r) => r.role !== 'client' && r.seq > read).length;
      return {room: 'ana', last_seq: archive.rows.length, read, unread};
    },
  } as unknown as Api;
  const outbox = new Outbox({
    clock, store: new MemoryStore(),
    tabs: {tell: () => {}, on: () => () => {}, lead: (start) => (start(), () => {}), close: () => {}},
    send: async () => ({kind: 'handed'}), sendAside: async () => ({kind: 'handed'}),
  });
  outbox.setLinked(true);
  const role = more.role ?? 'client';
  const identity = {gym: 'demo', role, sub: role === 'client' ? 'ana' : 'marta', rooms: ['ana']};
  const thread = new RoomThread({api, feed, outbox, clock, identity, room: 'ana', setsMarks: true});
  const hear = async (event: FeedEvent): Promise<void> => {
    for (const listener of listeners) listener(event);
    await settle();
  };
  return {clock, asked, receipts, archive, outbox, thread, hear};
}
const staffRow = (seq: number): StoredMessage => stored(seq, {role: 'staff', sender: 'marta'});
const liveFrom = (n: number) => ({id: uuid(n), role: 'staff' as const, sender: 'marta', kind: 'text', text: `m${n}`, sent_at: at(n)});
const texts = (thread: RoomThread): string[] => thread.list.map((i) => `${i.text}:${i.state ?? '-'}`);

test('sending: in the outbox, then stored, delivered, read, each when its witness spoke', async () => {
  const {thread, hear, clock} = setUp();
  thread.start();
  await settle();
  const id = await thread.send('hola');
  assert.deepEqual(texts(thread), ['hola:queued']);
  await hear({type: 'message', room: 'ana', message: {...thread.list[0]!, id, role: 'client', sender: 'ana', kind: 'text', text: 'hola', sent_at: at(0)}});
  assert.deepEqual(texts(thread), ['hola:queued'], 'its own echo proves nothing');
  await hear({type: 'log', room: 'ana', notice: notice({last_seq: 1, stored: [{...note(1), id}]})});
  assert.deepEqual(texts(thread), ['hola:stored']);
  await hear({type: 'log', room: 'ana', notice: notice({marks: [{role: 'staff', who: 'marta', delivered: 1, read: 0, at: at(3)}]})});
  assert.deepEqual(texts(thread), ['hola:delivered']);
  await hear({type: 'log', room: 'ana', notice: notice({marks: [{role: 'staff', who: 'marta', delivered: 1, read: 1, at: at(9)}]})});
  assert.deepEqual(texts(thread), ['hola:read']);
  assert.equal(thread.list[0]!.readAt, at(9));
  await clock.pass(120000);
});

test('a gap is filled by asking for what comes after the cursor', async () => {
  const {thread, hear, clock, asked, archive} = setUp([staffRow(1)]);
  thread.start();
  await settle();
  archive.rows.push(staffRow(2), staffRow(3));
  await hear({type: 'log', room: 'ana', notice: notice({last_seq: 3, stored: [note(3, 'staff', 'marta')]})});
  await clock.pass(150);
  assert.equal(asked[asked.length - 1]!.after, 1);
  assert.deepEqual(thread.list.map((i) => i.seq), [1, 2, 3]);
});

test('a notice that overtakes its message asks nobody when the message comes at once', async () => {
  const {thread, hear, clock, asked} = setUp([staffRow(1)]);
  thread.start();
  await settle();
  await hear({type: 'message', room: 'ana', message: liveFrom(2)});
  await hear({type: 'log', room: 'ana', notice: notice({last_seq: 2, stored: [note(2, 'staff', 'marta')]})});
  await clock.pass(4000);
  assert.equal(asked.length, 1);
});

test('a live message without a seq for 5 s asks the API, and again, more slowly, while the archive is behind', async () => {
  const {thread, hear, clock, asked, archive} = setUp();
  thread.start();
  await settle();
  await hear({type: 'message', room: 'ana', message: liveFrom(1)});
  await clock.pass(4900);
  assert.equal(asked.length, 1);
  await clock.pass(200);
  assert.equal(asked.length, 2);
  await clock.pass(15000);
  assert.equal(asked.length, 4);
  archive.rows.push(staffRow(1));
  await clock.pass(25000);
  assert.deepEqual(thread.list.map((i) => i.seq), [1]);
});

test('after a reconnect: first what was missed, and what was said of our marks is said again', async () => {
  const {thread, hear, asked, archive, receipts, clock} = setUp([staffRow(1)]);
  thread.start();
  await settle();
  assert.deepEqual(receipts.map((r) => [r.delivered, r.read]), [[1, 0]]);
  archive.rows.push(staffRow(2));
  const heard: string[] = [];
  thread.on((e) => e.type === 'arrived' && heard.push(e.message.text));
  await hear({type: 'resumed'});
  assert.equal(asked[asked.length - 1]!.after, 1);
  assert.deepEqual(heard, ['m2'], 'rows that nobody has seen are news');
  await clock.pass(300);
  assert.equal(receipts[receipts.length - 1]!.delivered, 2);
  thread.sawUpTo(2);
  await clock.pass(300);
  assert.deepEqual([receipts[receipts.length - 1]!.delivered, receipts[receipts.length - 1]!.read], [2, 2]);
  const said = receipts.length;
  await clock.pass(5100);
  assert.equal(receipts.length, said + 1, 'until echoed');
  await hear({type: 'log', room: 'ana', notice: notice({marks: [{role: 'client', who: 'ana', delivered: 2, read: 2, at: at(1)}]})});
  await clock.pass(120000);
  assert.equal(receipts.length, said + 1);
});

test('"delivered" is not said before everything since our last mark is here', async () => {
  const rows = Array.from({length: 300}, (_, i) => staffRow(i + 1));
  const mark: Mark = {role: 'client', who: 'ana', delivered: 10, read: 10};
  const {thread, receipts, asked} = setUp(rows, {marks: [mark]});
  thread.start();
  for (let i = 0; i < 5; i++) await settle();
  assert.deepEqual(asked.map((q) => q.before), [undefined, 251, 51]);
  assert.deepEqual(receipts.map((r) => r.delivered), [300]);
  assert.equal(thread.divider?.after, 10);
});

test('a long absence is fetched page by page', async () => {
  const {thread, hear, archive, asked} = setUp([staffRow(1)]);
  thread.start();
  await settle();
  for (let seq = 2; seq <= 450; seq++) archive.rows.push(staffRow(seq));
  await hear({type: 'resumed'});
  for (let i = 0; i < 6; i++) await settle();
  assert.deepEqual(asked.slice(1).map((q) => q.after), [1, 201, 401]);
  assert.equal(thread.state.have, 450);
});

test('a page may end before its limit: what is missing is asked for until it is here', async () => {
  const {thread, hear, archive, asked} = setUp([staffRow(1)]);
  thread.start();
  await settle();
  for (let seq = 2; seq <= 80; seq++) archive.rows.push(staffRow(seq));
  archive.most = 30;
  await hear({type: 'resumed'});
  for (let i = 0; i < 6; i++) await settle();
  assert.deepEqual(asked.slice(1).map((q) => q.after), [1, 31, 61]);
  assert.equal(thread.state.have, 80);
});

test('the archive is down: people still talk, and the rest is asked for until it is there', async () => {
  const {thread, hear, clock, archive} = setUp([staffRow(1)]);
  archive.fails = new ApiError(503, 'unavailable', '');
  thread.start();
  await settle();
  assert.equal(thread.phase, 'failed');
  assert.ok(thread.archiveSilent);
  await hear({type: 'message', room: 'ana', message: liveFrom(2)});
  await thread.send('¿hay alguien?');
  assert.deepEqual(thread.list.map((i) => i.text), ['m2', '¿hay alguien?']);
  archive.fails = undefined;
  archive.rows.push(staffRow(2));
  await clock.pass(60000);
  assert.equal(thread.phase, 'ready');
  assert.deepEqual(texts(thread), ['m1:-', 'm2:-', '¿hay alguien?:queued']);
});

test('stopped while it asks: whatever the answer, it asks and tells no more', async () => {
  for (const fails of [undefined, new ApiError(503, 'unavailable', '')]) {
    const {thread, archive, asked, receipts, clock} = setUp([staffRow(1)]);
    archive.fails = fails;
    thread.start();
    thread.stop();
    await clock.pass(120_000);
    assert.deepEqual([asked.length, receipts.length], [1, 0]);
  }
});

test('an archive restored from a backup knows less than we do: start again', async () => {
  const {thread, hear, archive} = setUp([staffRow(1), staffRow(2), staffRow(3)]);
  thread.start();
  await settle();
  archive.rows.length = 1;
  await hear({type: 'resumed'});
  for (let i = 0; i < 3; i++) await settle();
  assert.deepEqual(thread.list.map((i) => i.seq), [1]);
});

test('older pages are asked for once at a time', async () => {
  const rows = Array.from({length: 120}, (_, i) => staffRow(i + 1));
  const {thread, asked} = setUp(rows);
  thread.start();
  await settle();
  await Promise.all([thread.loadOlder(), thread.loadOlder()]);
  assert.deepEqual(asked.map((q) => q.before), [undefined, 71]);
  assert.equal(thread.state.first, 21);
  await thread.loadOlder();
  assert.equal(thread.state.hasOlder, false);
});

test('unread counts what is not loaded: what the archive counted, and what comes, without what is read or loaded', async () => {
  const rows = Array.from({length: 180}, (_, i) => (i % 10 ? staffRow(i + 1) : stored(i + 1)));
  const {thread, hear} = setUp(rows, {marks: [{role: 'client', who: 'ana', delivered: 180, read: 20}]});
  const readUpTo = (read: number) => hear({type: 'log', room: 'ana', notice: notice({
    marks: [{role: 'client', who: 'ana', delivered: 180, read, at: at(200)}]})});
  thread.start();
  assert.equal(thread.unread, undefined, 'nobody has counted yet');
  for (let i = 0; i < 3; i++) await settle();
  assert.equal(thread.state.first, 131);
  assert.equal(thread.unread, 144, '160 without the 16 of our own');
  await hear({type: 'message', room: 'ana', message: liveFrom(181)});
  await hear({type: 'log', room: 'ana', notice: notice({last_seq: 181, stored: [note(181, 'staff', 'marta')]})});
  assert.equal(thread.unread, 145);
  await thread.loadOlder();
  assert.equal(thread.state.first, 81);
  assert.equal(thread.unread, 145, 'what is loaded is not counted twice');
  await readUpTo(79);
  assert.equal(thread.unread, 92, 'another of our pages read most of it: of the older ones one seq is left');
  await readUpTo(150);
  assert.equal(thread.unread, 28);
  await readUpTo(180);
  assert.equal(thread.unread, 1);
});

test('unread is not told before it is known: the archive went away in between', async () => {
  const rows = Array.from({length: 120}, (_, i) => staffRow(i + 1));
  const {thread, archive, clock} = setUp(rows);
  archive.countFails = true;
  thread.start();
  for (let i = 0; i < 3; i++) await settle();
  assert.equal(thread.phase, 'ready');
  assert.equal(thread.unread, undefined);
  archive.countFails = false;
  await clock.pass(60000);
  assert.equal(thread.unread, 120);
});

test('typing is shown for 6 s, never our own', async () => {
  const {thread, hear, clock} = setUp();
  thread.start();
  await settle();
  await hear({type: 'typing', room: 'ana', role: 'client', who: 'ana', typing: true});
  await hear({type: 'typing', room: 'ana', role: 'staff', who: 'marta', typing: true});
  assert.deepEqual(thread.typing.map((t) => t.who), ['marta']);
  await clock.pass(6100);
  assert.deepEqual(thread.typing, []);
});

test('rejected: what was shown to others goes, ours stays with its reason', async () => {
  const {thread, hear} = setUp();
  thread.start();
  await settle();
  const id = await thread.send('hola');
  await hear({type: 'message', room: 'ana', message: liveFrom(7)});
  await hear({type: 'log', room: 'ana', notice: notice({rejected: [
    {id, role: 'client', sender: 'ana', code: 'conflict'}, {id: uuid(7), role: 'staff', sender: 'marta', code: 'invalid'},
  ]})});
  assert.deepEqual(texts(thread), ['hola:rejected']);
  assert.equal(thread.list[0]!.code, 'conflict');
  assert.equal(thread.discard(id), 'hola');
  assert.deepEqual(texts(thread), []);
});
