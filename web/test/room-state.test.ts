import assert from 'node:assert/strict';
import {test} from 'node:test';
import {RoomState} from '../src/thread/room-state.js';
import {at, note, notice, page, stored, T0, uuid} from './helpers.js';

const STAFF = {role: 'staff', sub: 'marta'} as const;
const CLIENT = {role: 'client', sub: 'ana'} as const;
const nothing = (): undefined => undefined;

function live(n: number, role: 'client' | 'staff' = 'client', sender = 'ana') {
  return {id: uuid(n), role, sender, kind: 'text', text: `live ${n}`, sent_at: at(n)};
}
const seqs = (state: RoomState): number[] => state.rows.map((r) => r.seq);

test('the cursor stands on what is contiguous, not on the newest seen', () => {
  const state = new RoomState(STAFF);
  state.reset(page([stored(1), stored(2)]));
  state.applyLive(live(4), T0);
  state.applyNotice(notice({last_seq: 4, stored: [note(4)]}), nothing);
  assert.equal(state.have, 2);
  assert.ok(state.hasGap);
  assert.deepEqual(seqs(state), [1, 2, 4]);
  state.applyAfter(page([stored(3), stored(4)]));
  assert.equal(state.have, 4);
  assert.ok(!state.hasGap);
});

test('a live message takes its seq from the notice; a notice without its message is a gap', () => {
  const state = new RoomState(STAFF);
  state.reset(page([]));
  assert.ok(state.applyLive(live(1), T0));
  assert.ok(!state.applyLive(live(1), T0), 'a resend says nothing new');
  assert.equal(state.oldestLive, T0);
  state.applyNotice(notice({last_seq: 1, stored: [note(1)]}), nothing);
  assert.equal(state.have, 1);
  assert.equal(state.live.size, 0);
  state.applyNotice(notice({last_seq: 2, stored: [note(2)]}), nothing);
  assert.ok(state.hasGap);
});

test('our own stored message needs no question: its words are in the outbox', () => {
  const state = new RoomState(CLIENT);
  state.reset(page([]));
  state.applyNotice(notice({last_seq: 1, stored: [note(1)]}), (id) => ({...live(1), id, text: 'mine'}));
  assert.equal(state.have, 1);
  assert.equal(state.rows[0]!.text, 'mine');
});

test('for one id the row of the API wins over what was seen live', () => {
  const state = new RoomState(STAFF);
  state.reset(page([]));
  state.applyLive({...live(1), text: 'seen live'}, T0);
  state.applyNotice(notice({last_seq: 1, stored: [note(1)]}), nothing);
  assert.equal(state.rows[0]!.text, 'seen live');
  state.applyAfter(page([stored(1, {text: 'archived'})]));
  assert.equal(state.rows[0]!.text, 'archived');
  assert.equal(state.rows.length, 1);
});

test('rejected drops what was shown, but never a row', () => {
  const state = new RoomState(STAFF);
  state.reset(page([stored(1)]));
  state.applyLive(live(9), T0);
  state.applyNotice(notice({rejected: [{id: uuid(9), role: 'client', sender: 'ana', code: 'conflict'}]}), nothing);
  assert.equal(state.live.size, 0);
  state.applyNotice(notice({rejected: [{id: uuid(1), role: 'client', sender: 'ana', code: 'conflict'}]}), nothing);
  assert.deepEqual(seqs(state), [1]);
});

test('somebody who uses another one\'s id does not get its place', () => {
  const state = new RoomState(STAFF);
  state.reset(page([]));
  state.applyLive(live(1, 'client', 'eve'), T0);
  state.applyLive(live(1), T0);
  assert.equal(state.live.size, 2, 'until the archive has decided');
  state.applyNotice(notice({last_seq: 1, stored: [note(1)]}), nothing);
  assert.equal(state.live.size, 0);
  assert.equal(state.rows[0]!.sender, 'ana');
});

test('what notices told while the first page was on its way is kept', () => {
  const state = new RoomState(STAFF);
  state.applyLive(live(3), T0);
  state.applyNotice(notice({last_seq: 3, stored: [note(3)]}), nothing);
  state.reset(page([stored(1), stored(2)]));
  assert.deepEqual(seqs(state), [1, 2, 3]);
  assert.equal(state.have, 3);
});

test('marks stamp the time on what they reach first', () => {
  const state = new RoomState(STAFF);
  state.reset(page([1, 2, 3].map((n) => stored(n, {role: 'staff', sender: 'marta'}))));
  const mark = (delivered: number, read: number, s: number) =>
    notice({marks: [{role: 'client', who: 'ana', delivered, read, at: at(s)}]});
  state.applyNotice(mark(2, 1, 10), nothing);
  state.applyNotice(mark(3, 3, 20), nothing);
  state.applyNotice(mark(1, 0, 30), nothing); // late: marks only move forward
  assert.deepEqual(state.rows.map((r) => r.delivered_at), [at(10), at(10), at(20)]);
  assert.deepEqual(state.rows.map((r) => r.read_at), [at(10), at(20), at(20)]);
  assert.deepEqual(state.sideMark('client'), {delivered: 3, read: 3});
});

test('a receipt is a hint and is clamped to what exists', () => {
  const state = new RoomState(STAFF);
  state.reset(page([stored(1, {role: 'staff', sender: 'marta'})]));
  state.applyReceipt('client', 'ana', {delivered: 99, read: 99, at: at(5)});
  assert.deepEqual(state.sideMark('client'), {delivered: 1, read: 1});
});

test('unread: what others wrote above the furthest mark of our side', () => {
  const state = new RoomState(STAFF);
  state.reset(page([
    stored(1), stored(2, {role: 'staff', sender: 'luis'}), stored(3, {role: 'kiosk', sender: 'door'}), stored(4),
  ]));
  assert.equal(state.unread, 3);
  state.applyReceipt('staff', 'luis', {delivered: 3, read: 3, at: at(9)});
  assert.equal(state.unread, 1, 'a colleague has read it');
});

test('marks that moved while we were away make the times of older rows worth asking', () => {
  const state = new RoomState(STAFF);
  const mark = {role: 'client', who: 'ana', delivered: 1, read: 0} as const;
  state.reset(page([stored(1, {role: 'staff', sender: 'marta'})], {marks: [mark]}));
  assert.ok(!state.marksMissed);
  state.applyAfter(page([], {last_seq: 1, marks: [{...mark, read: 1, read_at: at(7)}]}));
  assert.ok(state.marksMissed);
  state.refresh(page([stored(1, {role: 'staff', sender: 'marta', read_at: at(6)})]));
  assert.equal(state.rows[0]!.read_at, at(6));
});

test('a thousand messages out of order end in order', () => {
  const state = new RoomState(STAFF);
  state.reset(page([]));
  const order = Array.from({length: 1000}, (_, i) => ((i * 387) % 1000) + 1);
  for (const seq of order) {
    state.applyLive(live(seq), T0);
    state.applyNotice(notice({last_seq: seq, stored: [note(seq)]}), nothing);
  }
  assert.equal(state.have, 1000);
  assert.deepEqual(seqs(state), Array.from({length: 1000}, (_, i) => i + 1));
});
