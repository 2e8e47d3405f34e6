import assert from 'node:assert/strict';
import {test} from 'node:test';
import {FeedSwitch} from '../src/feed/feed-switch.js';
import type {Link, LinkDown, LinkEvents, LinkOptions} from '../src/feed/link.js';
import {LiveFeed} from '../src/feed/live-feed.js';
import type {PollFeed} from '../src/feed/poll-feed.js';
import type {FeedEvent} from '../src/feed/room-feed.js';
import {retryDelay} from '../src/feed/backoff.js';
import {DeniedError} from '../src/tokens/token-source.js';
import type {Me} from '../src/wire.js';
import {at, FakeClock, settle, uuid} from './helpers.js';

class FakeLink implements Link {
  filters: string[] = [];
  published: {topic: string; payload: string; qos: number}[] = [];
  pings = 0;
  gone = false;
  answersPing = true;
  acks = true;
  constructor(readonly options: LinkOptions, readonly events: LinkEvents) {}

  accept(): Promise<void> {
    this.events.heard();
    this.events.up();
    return settle();
  }
  refuse(why: Partial<LinkDown>): Promise<void> {
    this.close({opened: true, accepted: false, ...why});
    return settle();
  }
  close(why: LinkDown = {opened: true, accepted: true}): void {
    if (this.gone) return;
    this.gone = true;
    this.events.down(why);
  }
  async subscribe(filter: string): Promise<void> {
    this.filters.push(filter);
  }
  publish(topic: string, payload: string, qos: 0 | 1): Promise<void> {
    this.published.push({topic, payload, qos});
    return this.acks || qos === 0 ? Promise.resolve() : new Promise(() => {});
  }
  ping(): void {
    this.pings++;
    if (this.answersPing) this.events.heard();
  }
  drop(): void {
    this.close();
  }
  end(): void {
    this.close();
  }
}

const me: Me = {
  gym: {key: 'demo'}, role: 'client', sub: 'ana', rooms: ['ana'], username: 'demo.client.ana',
  client_id_prefix: 'demo.client.ana.', mqtt_url: 'ws://gym/mqtt', expires_at: at(3600),
};

function setUp(lifeMs = 3600000) {
  const clock = new FakeClock();
  const links: FakeLink[] = [];
  const events: FeedEvent[] = [];
  const asked: boolean[] = [];
  const world = {introduce: async (): Promise<void> => {}};
  const feed = new LiveFeed({
    clock,
    loadLink: async () => (options, its) => {
      const link = new FakeLink(options, its);
      links.push(link);
      return link;
    },
    introduce: async (force) => {
      asked.push(force);
      await world.introduce();
      return {token: `token${asked.length}`, me, lifeMs};
    },
  });
  feed.on((event) => events.push(event));
  const last = (): FakeLink => links[links.length - 1]!;
  const live = async (): Promise<FakeLink> => {
    feed.start();
    await settle();
    await last().accept();
    assert.equal(feed.status.phase, 'live');
    return last();
  };
  return {clock, feed, links, events, asked, world, last, live};
}

test('connects with a fresh token and its own client id, one filter a SUBSCRIBE, then says it is there', async () => {
  const {live, events, clock} = setUp();
  const link = await live();
  assert.equal(link.options.password, 'token1');
  assert.match(link.options.clientId, /^demo\.client\.ana\.[a-z0-9]+-1$/);
  assert.deepEqual(link.filters, ['gym/demo/room/ana/#', 'gym/demo/to/client/ana', 'gym/demo/presence/staff/+']);
  assert.ok(events.some((e) => e.type === 'resumed'));
  const births = () => link.published.filter((p) => p.payload.includes('"online":true')).length;
  assert.equal(births(), 1);
  await clock.pass(60000);
  assert.equal(births(), 2, 'presence each 60 s');
  assert.equal(JSON.parse(link.options.will.payload).online, false);
});

test('full jitter: never before 1 s, never after 30 s, the ceiling doubles', () => {
  assert.deepEqual([1, 2, 3, 4, 5, 6, 20].map((n) => retryDelay(n, 0.999999)), [2000, 4000, 8000, 16000, 30000, 30000, 30000]);
  assert.equal(retryDelay(20, 0), 1000);
});

test('a lost line is tried again after a pause, with a new token and a new client id', async () => {
  const {live, links, clock, feed, asked} = setUp();
  (await live()).close();
  assert.equal(feed.status.phase, 'waiting');
  await clock.pass(2000);
  assert.equal(links.length, 2);
  assert.deepEqual(asked, [false, false]);
  assert.notEqual(links[0]!.options.clientId, links[1]!.options.clientId);
  assert.equal(links[1]!.options.password, 'token2');
});

test('waking up tries at once', async () => {
  const {live, links, feed} = setUp();
  (await live()).close();
  feed.wake('online');
  await settle();
  assert.equal(links.length, 2);
});

test('no session any more: says so; looks again each minute, and at once when a person asks', async () => {
  const {feed, last, links, asked, world, clock} = setUp();
  feed.start();
  await settle();
  world.introduce = () => Promise.reject(new DeniedError());
  await last().refuse({refused: 5});
  assert.deepEqual(asked, [false, true], 'once with a fresh token');
  assert.equal(feed.status.phase, 'expired');
  await clock.pass(61000);
  assert.equal(asked.length, 3);
  world.introduce = async () => {};
  feed.wake('user');
  await settle();
  assert.equal(links.length, 2);
  assert.equal(feed.status.phase, 'expired', 'until it works');
  await last().accept();
  assert.equal(feed.status.phase, 'live');
});

test('refused by the broker with a fresh token that the API takes: not the end of the session', async () => {
  const {feed, last, links} = setUp();
  const failures: string[] = [];
  feed.onFailure = (why) => failures.push(why);
  feed.start();
  await settle();
  await last().refuse({refused: 5});
  assert.equal(links.length, 2);
  await last().refuse({refused: 5});
  assert.deepEqual(failures, ['refused']);
  assert.equal(feed.status.phase, 'waiting');
});

test('closed before CONNACK: a fresh token once; if the API still takes it, the broker is the one who is down', async () => {
  const {feed, last, asked, world, clock} = setUp();
  feed.start();
  await settle();
  await last().refuse({});
  assert.deepEqual(asked, [false, true]);
  await last().refuse({});
  assert.equal(feed.status.phase, 'waiting');
  world.introduce = () => Promise.reject(new DeniedError());
  await clock.pass(5000);
  assert.equal(feed.status.phase, 'expired');
});

test('liveness comes from answers: a quiet line is pinged, one that does not answer is replaced', async () => {
  const {live, clock, feed, links} = setUp();
  const link = await live();
  await clock.pass(20000);
  assert.equal(link.pings, 1);
  await clock.pass(60000);
  assert.equal(feed.status.phase, 'live');
  link.answersPing = false;
  await clock.pass(30000);
  assert.ok(link.gone);
  assert.equal(links.length, 2);
});

test('after a sleep: a probe, and what was missed is asked for', async () => {
  const {live, clock, events, feed, links} = setUp(86400000);
  const link = await live();
  events.length = 0;
  clock.sleep(3600000);
  feed.wake('resume');
  assert.equal(link.pings, 1);
  assert.ok(events.some((e) => e.type === 'resumed'));
  link.answersPing = false;
  feed.wake('visible');
  await clock.pass(4100);
  assert.ok(link.gone);
  assert.equal(links.length, 2, 'found dead while a person looks: replaced without a pause');
});

test('the token is renewed 60 s before its end, by a second connection before the first is dropped', async () => {
  const {live, clock, links, events, feed} = setUp(600000);
  const first = await live();
  events.length = 0;
  await clock.pass(540000);
  assert.equal(links.length, 2);
  assert.ok(!first.gone, 'the first lives until the second is there');
  await links[1]!.accept();
  assert.ok(first.gone);
  assert.equal(feed.status.phase, 'live');
  assert.ok(!events.some((e) => e.type === 'status' && e.status.phase !== 'live'), 'nobody notices');
  assert.ok(first.published.some((p) => p.payload.includes('"online":false')));
  assert.ok(events.some((e) => e.type === 'resumed'), 'the first may have been dead: what was missed is asked for');
});

test('a close right after a publish is told as suspicious; a dead line is not', async () => {
  const {live, feed, clock} = setUp();
  const link = await live();
  link.acks = false;
  const envelope = {id: uuid(1), kind: 'text', text: 'hola', sent_at: at(0)};
  const soon = feed.send('ana', envelope);
  link.close();
  assert.deepEqual(await soon, {kind: 'failed', suspicious: true});
  assert.deepEqual(await feed.send('ana', envelope), {kind: 'failed', suspicious: false});
  await clock.pass(0);
});

test('events carry what the topic says, not what the payload claims', async () => {
  const {live, events} = setUp();
  const link = await live();
  const bytes = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
  link.events.message('gym/demo/room/ana/msg/staff/marta',
    bytes({id: uuid(1), text: 'hola', sent_at: at(0), role: 'client', sender: 'ana', seq: 7}));
  link.events.message('gym/demo/room/ana/msg/owner/x', bytes({id: uuid(2), text: 'no', sent_at: at(0)}));
  link.events.message('gym/other/room/ana/msg/staff/marta', bytes({id: uuid(3), text: 'no', sent_at: at(0)}));
  link.events.message('gym/demo/room/ana/msg/staff/marta', bytes({id: 'x', text: 'no', sent_at: at(0)}));
  link.events.message('gym/demo/room/ana/msg/staff/marta', new Uint8Array([0xff, 0xfe]));
  const messages = events.filter((e) => e.type === 'message');
  assert.equal(messages.length, 1);
  assert.deepEqual(messages[0], {
    type: 'message', room: 'ana',
    message: {id: uuid(1), role: 'staff', sender: 'marta', kind: 'text', text: 'hola', sent_at: at(0)},
  });
});

test('desk notices: notes and what changed', async () => {
  const {live, events} = setUp();
  const link = await live();
  link.events.message('gym/demo/desk/ana/log', new TextEncoder().encode(JSON.stringify(
    {note_last_seq: 2, notes: [{id: uuid(1), seq: 2, sender: 'marta', stored_at: at(0)}, {id: 7}], assignee: null, labels: ['vip', 3]})));
  assert.deepEqual(events.find((e) => e.type === 'desk-log'), {type: 'desk-log', room: 'ana', notice: {
    note_last_seq: 2, rejected: [], change: {assignee: null, labels: ['vip']},
    stored: [{id: uuid(1), seq: 2, role: 'staff', sender: 'marta', stored_at: at(0)}],
  }});
});

test('WebSockets blocked: the long poll takes over by itself, and gives way again', async () => {
  const {feed, last, clock} = setUp();
  const calls: string[] = [];
  const listeners: ((e: FeedEvent) => void)[] = [];
  const poll = {
    status: {phase: 'idle', since: 0, failures: 0, via: 'poll'},
    on: (l: (e: FeedEvent) => void) => (listeners.push(l), () => {}),
    start: () => calls.push('start'), stop: async () => void calls.push('stop'),
    wake: () => {}, watch: () => () => {},
  } as unknown as PollFeed;
  const both = new FeedSwitch(feed, poll);
  both.start();
  await settle();
  await last().refuse({opened: false});
  assert.deepEqual(calls, []);
  await clock.pass(300); // a page that has never been connected does not wait: nobody should notice
  await last().refuse({opened: false});
  assert.deepEqual(calls, ['start']);
  assert.equal(both.status.via, 'poll');
  await clock.pass(30000);
  await last().accept();
  assert.deepEqual(calls, ['start', 'stop']);
  assert.equal(both.status.via, 'mqtt');
});
