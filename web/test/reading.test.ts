import assert from 'node:assert/strict';
import {test} from 'node:test';
import type {FeedStatus} from '../src/feed/room-feed.js';
import {PresenceBoard} from '../src/session/presence.js';
import {stripOf} from '../src/session/strip.js';
import {Marks} from '../src/thread/marks.js';
import {ReadTracker} from '../src/thread/read-tracker.js';
import {at, T0} from './helpers.js';

test('a message is read after one second in view of an active page, not before', () => {
  const tracker = new ReadTracker();
  tracker.setInView(1, true, 0);
  assert.equal(tracker.readUpTo(5000), 0, 'the page is not active');
  tracker.setActive(true, 5000);
  assert.equal(tracker.nextAt(5000), 6000);
  assert.equal(tracker.readUpTo(5999), 0);
  assert.equal(tracker.readUpTo(6000), 1);
  tracker.setInView(2, true, 6000);
  tracker.setInView(2, false, 6900);
  assert.equal(tracker.readUpTo(9000), 1, 'scrolled past too quickly');
  tracker.setInView(3, true, 9000);
  tracker.setActive(false, 9500);
  tracker.setActive(true, 9600);
  assert.equal(tracker.readUpTo(10500), 0, 'the second starts again');
  assert.equal(tracker.readUpTo(10600), 3);
});

test('marks only move forward and are said again until echoed', () => {
  const marks = new Marks();
  marks.echo({delivered: 2, read: 1});
  marks.advance({delivered: 2}, T0);
  assert.equal(marks.take(T0), undefined, 'nothing new');
  marks.advance({read: 5}, T0);
  assert.deepEqual(marks.take(T0), {delivered: 5, read: 5, at: at(0)});
  assert.equal(marks.take(T0 + 4999), undefined);
  assert.ok(marks.take(T0 + 5000));
  assert.equal(marks.dueAt, T0 + 15000);
  marks.relink(T0 + 6000);
  assert.deepEqual(marks.take(T0 + 6000), {delivered: 5, read: 5, at: at(0)}, 'the time of reading stays');
  marks.advance({read: 3, delivered: 4}, T0 + 7000);
  marks.echo({delivered: 5, read: 5});
  assert.ok(!marks.isPending);
  assert.equal(marks.dueAt, Infinity);
});

test('the strip says how things stand, after a grace of two seconds', () => {
  const status = (more: Partial<FeedStatus>): FeedStatus => ({phase: 'live', since: T0, failures: 0, via: 'mqtt', ...more});
  const strip = (s: Partial<FeedStatus>, more = {}) => stripOf({
    status: status(s), now: T0 + 3000, browserOffline: false, archiveBehind: false, storage: 'kept', waiting: false, ...more,
  });
  assert.equal(strip({}).kind, 'none');
  assert.equal(strip({phase: 'waiting', failures: 1, retryAt: T0 + 7000}, {now: T0 + 1900}).kind, 'none');
  assert.deepEqual(strip({phase: 'waiting', failures: 1, retryAt: T0 + 7000}),
    {kind: 'reconnecting', text: 'strip.reconnecting', seconds: 4, action: 'retry'});
  assert.equal(strip({phase: 'connecting'}).kind, 'connecting');
  assert.equal(strip({phase: 'waiting', failures: 3}).kind, 'offline');
  assert.equal(strip({phase: 'waiting', failures: 1}, {browserOffline: true}).kind, 'offline');
  assert.equal(strip({}, {browserOffline: true}).kind, 'none', 'a line that answers is a line');
  assert.equal(strip({phase: 'expired'}).kind, 'expired');
  assert.equal(strip({}, {archiveBehind: true}).kind, 'behind');
  assert.equal(strip({}, {storage: 'none'}).text, 'strip.memory');
  assert.equal(strip({}, {storage: 'full'}).text, 'strip.full');
  assert.equal(strip({}, {storage: 'full', storageNoted: true}).kind, 'none');
  assert.equal(strip({phase: 'waiting', failures: 3}, {storage: 'full', waiting: true}).text, 'strip.offlineStay');
  assert.equal(strip({phase: 'waiting', failures: 3}, {storage: 'full', storageNoted: true, waiting: true}).text, 'strip.offlineStay',
    'it is as true as before');
  assert.deepEqual(strip({phase: 'connecting', failures: 1}), {kind: 'reconnecting', text: 'strip.reconnecting'}, 'the same words');
});

test('online while any connection was heard in the last 150 s', () => {
  const board = new PresenceBoard();
  board.apply('staff', 'marta', true, 'a', T0);
  board.apply('staff', 'marta', true, 'b', T0 + 1000);
  board.apply('staff', 'marta', false, 'a', T0 + 2000);
  assert.ok(board.isOnline('staff', 'marta', T0 + 3000));
  assert.ok(board.anyOnline('staff', T0 + 3000));
  assert.ok(!board.isOnline('staff', 'marta', T0 + 152000));
  board.apply('staff', 'marta', false, 'b', T0 + 4000);
  assert.ok(!board.anyOnline('staff', T0 + 4000));
  assert.ok(!board.anyOnline('client', T0));
});

test('the API\'s list of who is online: until somebody is heard, and not against what was heard', () => {
  const board = new PresenceBoard();
  const list = (seen: number) => [{role: 'staff', who: 'marta', name: 'Marta', online: true, last_seen: new Date(seen).toISOString()}];
  board.applySnapshot(list(T0), T0 + 30000);
  assert.ok(board.isOnline('staff', 'marta', T0 + 149000));
  assert.ok(!board.isOnline('staff', 'marta', T0 + 150000), 'since she was heard, not since we asked');
  board.apply('staff', 'marta', true, 'a', T0 + 60000);
  board.apply('staff', 'marta', false, 'a', T0 + 90000);
  assert.ok(!board.isOnline('staff', 'marta', T0 + 90000));
  board.applySnapshot(list(T0 + 60000), T0 + 95000); // asked again, for the name of somebody who came
  assert.ok(!board.isOnline('staff', 'marta', T0 + 95000), 'old news');
  board.applySnapshot(list(T0 + 100000), T0 + 120000); // she came back while our line was down
  assert.ok(board.isOnline('staff', 'marta', T0 + 120000));
});
