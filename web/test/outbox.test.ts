import assert from 'node:assert/strict';
import {test} from 'node:test';
import type {SendOutcome} from '../src/feed/room-feed.js';
import type {OutboxEntry, OutboxStore} from '../src/outbox/entry.js';
import {MemoryStore} from '../src/outbox/memory-store.js';
import {Outbox, OutboxFullError} from '../src/outbox/outbox.js';
import type {TabNews, Tabs} from '../src/outbox/tabs.js';
import {at, FakeClock, settle, uuid} from './helpers.js';

/** Tabs of one browser: news reach the others, one leads at a time. */
class FakeBrowser {
  private readonly tabs: FakeTabs[] = [];
  private queue: {start: () => void}[] = [];
  tab(): FakeTabs {
    const tab = new FakeTabs(this);
    this.tabs.push(tab);
    return tab;
  }
  tell(from: FakeTabs, news: TabNews): void {
    for (const tab of this.tabs) if (tab !== from) for (const hear of tab.hearers) hear(news);
  }
  lead(start: () => void): () => void {
    const place = {start};
    this.queue.push(place);
    if (this.queue[0] === place) start();
    return () => {
      const led = this.queue[0] === place;
      this.queue = this.queue.filter((p) => p !== place);
      if (led) this.queue[0]?.start();
    };
  }
}
class FakeTabs implements Tabs {
  hearers: ((news: TabNews) => void)[] = [];
  constructor(private readonly browser: FakeBrowser) {}
  tell(news: TabNews): void {
    this.browser.tell(this, structuredClone(news));
  }
  on(listener: (news: TabNews) => void): () => void {
    this.hearers.push(listener);
    return () => {};
  }
  lead(start: () => void): () => void {
    return this.browser.lead(start);
  }
  close(): void {}
}

function setUp(more: {store?: OutboxStore; browser?: FakeBrowser; clock?: FakeClock; max?: number} = {}) {
  const clock = more.clock ?? new FakeClock();
  const sent: string[] = [];
  const aside: string[] = [];
  const answer = {next: (_: OutboxEntry): SendOutcome => ({kind: 'handed'})};
  const outbox = new Outbox({
    clock, max: more.max,
    store: more.store ?? new MemoryStore(),
    tabs: (more.browser ?? new FakeBrowser()).tab(),
    send: async (entry) => (sent.push(entry.envelope.text), answer.next(entry)),
    sendAside: async (entry) => (aside.push(entry.envelope.text), answer.next(entry)),
  });
  return {clock, sent, aside, answer, outbox};
}
const envelope = (n: number) => ({id: uuid(n), kind: 'text', text: `m${n}`, sent_at: at(n)});

test('nothing leaves before it is written', async () => {
  let release: () => void = () => {};
  const store = new MemoryStore();
  store.put = () => new Promise((resolve) => (release = resolve));
  const {outbox, sent} = setUp({store});
  outbox.setLinked(true);
  void outbox.add('ana', envelope(1));
  await settle();
  assert.deepEqual(sent, []);
  release();
  await settle();
  assert.deepEqual(sent, ['m1']);
});

test('handed over is not stored: it stays, and is sent again after 5, 10, 20, 40, 60, 60 s', async () => {
  const {outbox, sent, clock} = setUp();
  outbox.setLinked(true);
  await outbox.add('ana', envelope(1));
  const times: number[] = [];
  for (let s = 0; s < 200; s++) {
    await clock.pass(1000);
    if (sent.length > times.length + 1) times.push(s + 1);
  }
  assert.deepEqual(times, [5, 15, 35, 75, 135, 195]);
  assert.equal(outbox.list().length, 1);
  outbox.stored([uuid(1)]);
  assert.equal(outbox.list().length, 0);
  await clock.pass(300000);
  assert.equal(sent.length, 7);
});

test('after a reconnect: oldest first, nothing newer before it', async () => {
  const {outbox, sent, clock, answer} = setUp();
  outbox.setLinked(true);
  for (const n of [1, 2, 3]) await outbox.add('ana', envelope(n));
  await settle();
  assert.deepEqual(sent, ['m1', 'm2', 'm3']);
  outbox.setLinked(false);
  outbox.stored([uuid(2)]);
  await outbox.add('ana', envelope(4));
  await outbox.add('eva', envelope(5));
  answer.next = (entry) => (entry.id === uuid(1) ? {kind: 'failed', suspicious: false} : {kind: 'handed'});
  sent.length = 0;
  outbox.setLinked(true);
  await settle();
  assert.deepEqual(sent.filter((t) => t !== 'm5'), ['m1', 'm3', 'm4']);
  await clock.pass(0);
});

test('a final no is kept and shown; rate_limited waits and holds back what is newer', async () => {
  const {outbox, sent, clock} = setUp();
  outbox.setLinked(true);
  await outbox.add('ana', envelope(1));
  outbox.rejected({id: uuid(1), code: 'rate_limited', retry_after_ms: 3000});
  await outbox.add('ana', envelope(2));
  await clock.pass(2900);
  assert.deepEqual(sent, ['m1']);
  await clock.pass(200);
  assert.deepEqual(sent, ['m1', 'm1', 'm2']);
  outbox.rejected({id: uuid(1), code: 'conflict', detail: 'another body'});
  assert.deepEqual(outbox.list().map((e) => [e.state, e.code]), [['rejected', 'conflict'], ['queued', undefined]]);
  await clock.pass(60000);
  assert.equal(sent.filter((t) => t === 'm1').length, 2, 'not sent again');
  assert.equal(outbox.discard(uuid(1))?.envelope.text, 'm1');
});

test('a broker that answers a publish by closing is asked over HTTP instead, not for ever', async () => {
  const {outbox, sent, aside, answer} = setUp();
  answer.next = () => ({kind: 'failed', suspicious: true});
  await outbox.add('ana', envelope(1));
  for (let i = 0; i < 2; i++) {
    outbox.setLinked(true);
    await settle();
    outbox.setLinked(false);
  }
  answer.next = () => ({kind: 'rejected', code: 'forbidden'});
  outbox.setLinked(true);
  await settle();
  assert.deepEqual([sent.length, aside.length], [2, 1]);
  assert.equal(outbox.list()[0]!.state, 'rejected');
});

test('it survives the page: what was written is sent by the next one, with the same id', async () => {
  const store = new MemoryStore();
  const first = setUp({store});
  await first.outbox.add('ana', envelope(1));
  const second = setUp({store});
  second.outbox.setLinked(true);
  await second.clock.pass(0);
  assert.deepEqual(second.sent, ['m1']);
});

test('two tabs: both show it, one sends it, the other takes over when that one is gone', async () => {
  const browser = new FakeBrowser();
  const store = new MemoryStore();
  const clock = new FakeClock();
  const one = setUp({browser, store, clock});
  const two = setUp({browser, store, clock});
  one.outbox.setLinked(true);
  two.outbox.setLinked(true);
  await two.outbox.add('ana', envelope(1));
  await clock.pass(0);
  assert.deepEqual([one.sent, two.sent], [['m1'], []]);
  assert.equal(one.outbox.list('ana').length, 1);
  one.outbox.setLinked(false);
  await clock.pass(0);
  assert.deepEqual(two.sent, ['m1']);
  two.outbox.stored([uuid(1)]);
  assert.equal(one.outbox.list().length, 0);
});

test('no storage: goes on from memory and says so', async () => {
  const store: OutboxStore = {
    all: () => Promise.reject(new Error('private mode')),
    put: () => Promise.reject(new Error('full')),
    remove: () => Promise.reject(new Error('full')),
    destroy: () => Promise.resolve(),
    abandon: () => {},
  };
  const {outbox, sent} = setUp({store});
  outbox.setLinked(true);
  await outbox.add('ana', envelope(1));
  await settle();
  assert.equal(outbox.durable, false);
  assert.deepEqual(sent, ['m1']);
});

test('a limit is a limit', async () => {
  const {outbox} = setUp({max: 1});
  await outbox.add('1', envelope(1));
  await assert.rejects(outbox.add('2', envelope(2)), OutboxFullError);
});

test('the archive is behind when something waits on a working link', async () => {
  const {outbox, clock} = setUp();
  await outbox.add('ana', envelope(1));
  await clock.pass(60000);
  assert.ok(!outbox.isOverdue(8000), 'no link, no blame');
  outbox.setLinked(true);
  await clock.pass(7000);
  assert.ok(!outbox.isOverdue(8000));
  await clock.pass(2000);
  assert.ok(outbox.isOverdue(8000));
});

test('logging out leaves nothing behind, in any tab', async () => {
  const browser = new FakeBrowser();
  const store = new MemoryStore();
  const one = setUp({browser, store});
  const two = setUp({browser, store});
  await one.outbox.add('ana', envelope(1));
  await one.outbox.wipe();
  assert.equal(two.outbox.list().length, 0);
  assert.deepEqual(await store.all(), []);
});

test('a full outbox leaves at a pace that the broker takes, in the order of each room', async () => {
  const {outbox, sent, clock} = setUp();
  for (let n = 1; n <= 50; n++) await outbox.add(`room${n % 25}`, envelope(n));
  outbox.setLinked(true);
  await clock.pass(0);
  assert.equal(sent.length, 10);
  await clock.pass(1000);
  assert.ok(sent.length <= 20, `${sent.length} in a second`);
  await clock.pass(3100);
  assert.equal(new Set(sent).size, 50);
  for (let n = 1; n <= 25; n++) assert.ok(sent.indexOf(`m${n}`) < sent.indexOf(`m${n + 25}`));
});

test('a device that is full says so, goes on from memory, and what was given up does not come back', async () => {
  const kept = new MemoryStore();
  let full = false;
  const removed: string[] = [];
  const store: OutboxStore = {
    all: () => kept.all(),
    put: (entry) => full ? Promise.reject(Object.assign(new Error('no room'), {name: 'QuotaExceededError'})) : kept.put(entry),
    remove: async (ids) => (removed.push(...ids), kept.remove(ids)),
    destroy: () => kept.destroy(),
    abandon: () => {},
  };
  const {outbox} = setUp({store});
  await outbox.add('ana', {id: uuid(1), kind: 'text', text: 'uno', sent_at: at(0)});
  assert.equal(outbox.storage, 'kept');
  full = true;
  await outbox.add('ana', {id: uuid(2), kind: 'text', text: 'dos', sent_at: at(1)});
  assert.equal(outbox.storage, 'full');
  assert.deepEqual(outbox.list().map((e) => e.envelope.text), ['uno', 'dos']);
  outbox.discard(uuid(1));
  await settle();
  assert.deepEqual(removed, [uuid(1)]);
});

test('a log-out in one tab is heard in the others', async () => {
  const browser = new FakeBrowser();
  const [one, two] = [setUp({browser}), setUp({browser})];
  await one.outbox.add('ana', {id: uuid(1), kind: 'text', text: 'uno', sent_at: at(0)});
  const heard: string[] = [];
  two.outbox.on((event) => heard.push(event.type));
  await one.outbox.wipe();
  assert.ok(heard.includes('wiped'));
  assert.deepEqual(two.outbox.list(), []);
});

test('a log-out in another tab while this one writes: the store is let go, and nobody is told that it failed', async () => {
  const browser = new FakeBrowser();
  let fail = (): void => {};
  let letGo = 0;
  const store: OutboxStore = {
    all: async () => [],
    put: () => new Promise((_, reject) => (fail = () => reject(new Error('the database was dropped')))),
    remove: async () => {},
    destroy: async () => {},
    abandon: () => void letGo++,
  };
  const [one, two] = [setUp({browser}), setUp({browser, store})];
  await two.outbox.ready;
  const writing = two.outbox.add('ana', envelope(1));
  await one.outbox.wipe();
  fail();
  await writing;
  assert.equal(letGo, 1);
  assert.equal(two.outbox.storage, 'kept');
  assert.deepEqual(two.outbox.list(), []);
});
