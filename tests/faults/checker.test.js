// The checker's own test: each kind of damage, made by hand, is found and named; a clean round is clean.
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {check, MUST_BE_ZERO} from './checker.js';
import {makeSchedule, payloadOf} from './schedule.js';

/** Three messages of one client in one room, stored and told. */
function cleanRound() {
  const sent = new Map();
  const rows = [];
  for (let n = 1; n <= 3; n++) {
    const id = `00000000-0000-4000-8000-00000000000${n}`;
    sent.set(id, {n, id, role: 'client', sub: 'ana', room: 'ana', text: `text ${n}`, plain: false, tries: 1, order: n, acked: true, storedSeq: n});
    rows.push({room: 'ana', seq: n, id, role: 'client', sender: 'ana', body: `text ${n}`});
  }
  return {seen: {sent, brokerMayLose: false, extra: []}, rows, rooms: [{room: 'ana', last_seq: 3}], dead: new Set()};
}

const nth = (round, n) => [...round.seen.sent.values()][n - 1];

const DAMAGE = {
  'a told row is gone': {lost: 1, gap: 1, make: (r) => r.rows.pop() && (r.rooms[0].last_seq = 3)},
  'a plain sender trusted the PUBACK in vain': {lost: 1, make: (r) => {
    Object.assign(nth(r, 3), {plain: true, storedSeq: undefined});
    r.rows.pop();
    r.rooms[0].last_seq = 2;
  }},
  'a row that nobody sent': {phantom: 1, make: (r) => {
    r.rows.push({...r.rows[0], seq: 4, id: '00000000-0000-4000-8000-0000000000ff'});
    r.rooms[0].last_seq = 4;
  }},
  'another text than was sent': {phantom: 1, make: (r) => (r.rows[1].body = 'something else')},
  'a second row of one id': {duplicate: 1, make: (r) => {
    r.rows.push({...r.rows[2], seq: 4});
    r.rooms[0].last_seq = 4;
  }},
  'two the wrong way round': {reordered: 1, misnumbered: 2, make: (r) => ([r.rows[0].seq, r.rows[1].seq] = [2, 1])},
  'a hole': {gap: 1, misnumbered: 1, make: (r) => (r.rows[2].seq = 4)},
  'last_seq is behind': {gap: 1, make: (r) => (r.rooms[0].last_seq = 2)},
  'stored but never told': {unreceipted: 1, make: (r) => (nth(r, 2).storedSeq = undefined)},
  'neither stored nor told': {unreceipted: 1, make: (r) => {
    nth(r, 3).storedSeq = undefined;
    r.rows.pop();
    r.rooms[0].last_seq = 2;
  }},
  'poison without a dead letter': {unanswered: 1, make: (r) =>
    r.seen.extra.push({n: 9, id: 'x', what: 'poison', tries: 1, told: true, mustDie: true, payload: 'eA==', plain: false, acked: true})},
  'poison that its sender was not told of': {unreceipted: 1, make: (r) => {
    r.seen.extra.push({n: 9, id: 'x', what: 'poison', tries: 1, told: false, mustDie: true, payload: 'eA==', plain: false, acked: true});
    r.dead.add('eA==');
  }},
};

test('a clean round has nothing but stored messages', () => {
  const {seen, rows, rooms, dead} = cleanRound();
  const {counts, findings} = check(seen, rows, rooms, dead);
  assert.deepEqual(findings, []);
  assert.equal(counts.stored, 3);
});

test('a resend that came out right is recovered, and may change places', () => {
  const round = cleanRound();
  nth(round, 1).tries = 2;
  nth(round, 1).storedSeq = 2;
  nth(round, 2).storedSeq = 1;
  [round.rows[0].seq, round.rows[1].seq] = [2, 1];
  const {counts, findings} = check(round.seen, round.rows, round.rooms, round.dead);
  assert.deepEqual(findings, []);
  assert.equal(counts.recovered, 1);
});

for (const [name, {make, ...expected}] of Object.entries(DAMAGE)) {
  test(`found: ${name}`, () => {
    const round = cleanRound();
    make(round);
    const {counts} = check(round.seen, round.rows, round.rooms, round.dead);
    const found = Object.fromEntries(MUST_BE_ZERO.filter((kind) => counts[kind] > 0).map((kind) => [kind, counts[kind]]));
    assert.deepEqual(found, expected);
  });
}

test('found: the API tells another text, or leaves one out', () => {
  const {seen, rows, rooms, dead} = cleanRound();
  assert.equal(check(seen, rows, rooms, dead, [rows[0], {...rows[1], body: 'other'}, rows[2]]).counts.disagreed, 2);
  assert.equal(check(seen, rows, rooms, dead, rows.slice(1)).counts.disagreed, 1);
});

test('one seed, one schedule', () => {
  const [a, b] = [makeSchedule(7), makeSchedule(7)];
  assert.deepEqual(a, b);
  assert.deepEqual(a.sends.map((s) => String(payloadOf(s, a))), b.sends.map((s) => String(payloadOf(s, b))));
  assert.notDeepEqual(makeSchedule(8).sends[0], a.sends[0]);
});
