import assert from 'node:assert/strict';
import {test} from 'node:test';
import {changesSince, lookAt} from '../src/inbox/catch-up.js';
import {EVERYTHING, filterFrom, matcher, queryOf, searchOf} from '../src/inbox/filter.js';
import type {Filter} from '../src/inbox/filter.js';
import {arrivals, cameInAt, isLit, LIT_MS} from '../src/inbox/arrivals.js';
import {hueOf, initials, InboxState, personOf, roomName} from '../src/inbox/inbox-state.js';
import type {InboxRow} from '../src/inbox/inbox-state.js';
import {heldList, sorted, withPins} from '../src/inbox/order.js';
import {findChoices} from '../src/inbox/palette.js';
import {RoomList} from '../src/inbox/room-list.js';
import {scrollFor, VIRTUAL_FROM, windowOf} from '../src/inbox/window.js';
import type {LiveMessage, RoomInfo} from '../src/wire.js';
import {at, note, notice, stored, T0, uuid} from './helpers.js';

const room = (key: string, more: Partial<RoomInfo> = {}): RoomInfo => ({
  room: key, last_seq: 1, status: 'open', assignee: null, created_at: at(0), last_message_at: at(10), ...more,
});
const live = (n: number, more: Partial<LiveMessage> = {}): LiveMessage => ({
  id: uuid(n), role: 'client', sender: 'ana', kind: 'text', text: `m${n}`, sent_at: at(n), ...more,
});
const keys = (rows: readonly InboxRow[]): string => rows.map((row) => row.room).join(' ');

function stateOf(...rooms: RoomInfo[]): InboxState {
  const state = new InboxState();
  for (const info of rooms) state.applyRoom(info);
  return state;
}

// --- filters ----------------------------------------------------------------------------------------------------------

test('the address keeps the filter and the room, and leaves the page its own parameters', () => {
  const filter: Filter = {tab: 'mine', shelf: 'snoozed', words: 'peña'};
  const search = searchOf(filter, 'ana', '?theme=dark&tab=all');
  assert.deepEqual(filterFrom(search), {...filter, room: 'ana'});
  assert.equal(new URLSearchParams(search).get('theme'), 'dark');
  assert.equal(searchOf(EVERYTHING, undefined, '?tab=mine&room=x&status=open&q=a'), '');
});

test('nonsense in the address is as if it were not there', () => {
  assert.deepEqual(filterFrom('?tab=yours&status=__proto__&room=a/b%2F..&q='), EVERYTHING);
  assert.equal(filterFrom(`?q=${'x'.repeat(500)}`).words.length, 60);
});

test('the query asks for what the API knows', () => {
  assert.deepEqual(queryOf({tab: 'mine', shelf: 'open', words: ''}), {status: 'open', assignee: '@me', q: undefined, order: 'waiting'});
  assert.deepEqual(queryOf({tab: 'unassigned', shelf: 'resolved', words: ''}).order, 'latest');
  assert.deepEqual(queryOf({tab: 'all', shelf: 'open', words: ' ana '}), {status: 'open', assignee: undefined, q: 'ana', order: 'latest'});
  assert.ok(new TextEncoder().encode(queryOf({...EVERYTHING, words: 'ñ'.repeat(60)}).q).length <= 100, 'the limit is in bytes');
});

test('a row belongs by status, owner and folded words', () => {
  const fits = (row: RoomInfo, filter: Partial<Filter>): boolean => matcher({...EVERYTHING, ...filter}, 'marta', roomName)(row);
  assert.ok(fits(room('a', {status: undefined}), {}));
  assert.ok(!fits(room('a', {status: 'resolved'}), {}));
  assert.ok(fits(room('a', {assignee: 'marta'}), {tab: 'mine'}) && !fits(room('a', {assignee: 'luis'}), {tab: 'mine'}));
  assert.ok(fits(room('a'), {tab: 'unassigned'}) && !fits(room('a', {assignee: 'luis'}), {tab: 'unassigned'}));
  assert.ok(fits(room('x', {people: [{role: 'client', who: 'x', name: 'Iñaki Peña'}]}), {words: 'pena'}));
  assert.ok(fits(room('socio-7'), {words: 'SOCIO'}) && !fits(room('socio-7'), {words: 'luis'}));
});

// --- order ------------------------------------------------------------------------------------------------------------

test('who waits longest comes first, then the latest word', () => {
  const rows = [
    room('a', {last_message_at: at(50)}), room('b', {waiting_since: at(30)}), room('c', {waiting_since: at(10)}),
    room('d', {last_message_at: at(60)}), room('new', {last_message_at: null, created_at: at(55)}),
  ];
  assert.equal(keys(sorted(rows, true)), 'c b d new a');
  assert.equal(keys(sorted(rows, false)), 'd new a b c');
});

test('pinned rows keep their index, also when they no longer belong', () => {
  const shown = ['a', 'b', 'c', 'd'];
  assert.deepEqual(withPins(['d', 'c', 'b', 'a'], shown, new Set(['b'])), ['d', 'b', 'c', 'a']);
  assert.deepEqual(withPins(['new', 'c', 'a', 'd'], shown, new Set(['b'])), ['new', 'b', 'c', 'a', 'd']);
  assert.deepEqual(withPins(['a'], shown, new Set(['d'])), ['a', 'd']);
});

test('a held list stays as it is, but grows at its end', () => {
  assert.deepEqual(heldList(['new', 'b', 'a', 'later'], ['a', 'gone', 'b']), ['a', 'gone', 'b', 'later']);
  assert.deepEqual(heldList(['a'], []), ['a']);
});

test('the list: held under the pointer, free afterwards, the open row in its place', () => {
  const state = stateOf(room('a', {waiting_since: at(1)}), room('b', {waiting_since: at(2)}), room('c', {waiting_since: at(3)}));
  const list = new RoomList(state, 'marta', EVERYTHING);
  assert.equal(keys(list.rows()), 'a b c');
  list.hold('pointer');
  state.applyRoom(room('a', {waiting_since: null, last_message_at: at(20)}));
  state.applyRoom(room('z', {waiting_since: at(0)}));
  assert.equal(keys(list.rows()), 'a b c', 'nothing moves under the pointer');
  assert.equal(list.waiting, 1);
  list.release('pointer');
  assert.equal(keys(list.rows()), 'z b c a');
  list.pin(['b']);
  state.applyRoom(room('b', {status: 'resolved'}));
  assert.equal(keys(list.rows()), 'z b c a', 'what is being read stays where it is');
  list.pin([]);
  assert.equal(keys(list.rows()), 'z c a');
  assert.equal(list.rows(), list.rows(), 'the same array while nothing changes');
});

test('the list: rows behind the last loaded page wait for their page', () => {
  const state = stateOf(room('a', {waiting_since: at(1)}), room('b', {waiting_since: at(2)}), room('far', {last_message_at: at(5)}));
  const list = new RoomList(state, 'marta', EVERYTHING);
  list.reach(state.get('b'));
  assert.equal(keys(list.rows()), 'a b');
  list.reach(undefined);
  assert.equal(keys(list.rows()), 'a b far');
});

test('a new filter lets go of everything', () => {
  const state = stateOf(room('a'), room('b', {assignee: 'marta'}));
  const list = new RoomList(state, 'marta', EVERYTHING);
  list.rows();
  list.hold('away');
  list.filter = {...EVERYTHING, tab: 'mine'};
  list.startOver();
  assert.equal(keys(list.rows()), 'b');
  assert.ok(!list.isHeld());
});

// --- rows -------------------------------------------------------------------------------------------------------------

test('live news stand until the API knows them; a check-in does not hide what was asked', () => {
  const state = stateOf(room('ana', {last_message: stored(1), waiting_since: at(1)}));
  assert.ok(state.applyLive('ana', live(2)));
  state.applyRoom(room('ana', {last_message: stored(1), waiting_since: at(1)}));
  assert.equal(state.get('ana')!.preview!.text, 'm2', 'the older answer does not win');
  state.applyNotice('ana', notice({last_seq: 2, stored: [note(2)]}));
  assert.equal(state.get('ana')!.preview!.seq, 2);
  state.applyLive('ana', live(3, {role: 'kiosk', sender: 'entrada', kind: 'checkin', text: 'Entrada'}));
  assert.equal(state.get('ana')!.asked!.text, 'm2');
  assert.equal(state.get('ana')!.checkin, at(3));
  state.applyLive('ana', live(4, {role: 'staff', sender: 'luis'}));
  assert.equal(state.get('ana')!.asked, undefined);
  assert.equal(state.get('ana')!.waiting_since, null);
});

test('a mistyped number does not haunt the desk; a kiosk\'s own room calls for it', () => {
  const state = new InboxState();
  assert.ok(!state.applyLive('typo', live(1, {role: 'kiosk', sender: 'k'})));
  assert.ok(state.applyLive('kiosk-door', live(2, {role: 'kiosk', sender: 'door', kind: 'help'})));
  assert.ok(state.get('kiosk-door')!.waiting_since);
  assert.deepEqual(personOf(state.get('kiosk-door')!), {role: 'kiosk', who: 'door'});
});

test('what is said of another’s message with the same id says nothing of this one', () => {
  const state = new InboxState();
  state.applyLive('ana', {...live(9), role: 'client', sender: 'ana', text: 'sigue aquí'});
  for (const other of [{role: 'client', sender: 'eva'}, {role: 'staff', sender: 'ana'}] as const)
    state.applyNotice('ana', notice({rejected: [{id: uuid(9), ...other, code: 'conflict'}],
      stored: [{id: uuid(9), seq: 7, ...other, stored_at: '2026-11-22T10:00:00Z'}]}));
  assert.equal(state.get('ana')?.preview?.text, 'sigue aquí');
  assert.equal(state.get('ana')?.preview?.seq, undefined);
});

test('a rejected live message takes its words back', () => {
  const state = stateOf(room('ana', {last_message: stored(1), waiting_since: at(1)}));
  state.applyLive('ana', live(9));
  state.applyNotice('ana', notice({rejected: [{id: uuid(9), role: 'client', sender: 'ana', code: 'invalid'}]}));
  assert.equal(state.get('ana')!.preview!.text, 'm1');
});

test('the desk\'s log changes what it names and nothing else', () => {
  const state = stateOf(room('ana', {assignee: 'luis', labels: ['VIP'], waiting_since: at(1)}));
  state.applyDesk('ana', {assignee: null});
  assert.deepEqual([state.get('ana')!.assignee, state.get('ana')!.labels], [null, ['VIP']]);
  state.applyDesk('ana', {status: 'resolved'});
  assert.equal(state.get('ana')!.waiting_since, null);
  state.applyDesk('nobody', {status: 'open'});
  assert.equal(state.size, 1);
  assert.deepEqual(state.choices.labels, ['VIP']);
});

test('unread rooms are known without counting them all', () => {
  const state = stateOf(room('a', {unread: 2}), room('b'), room('c', {unread: 1, status: 'resolved'}));
  assert.deepEqual([...state.unread], ['a']);
  state.applyRoom(room('a', {unread: 0}));
  assert.deepEqual([...state.unread], []);
});

test('names, letters and colours', () => {
  assert.equal(roomName(room('ana', {title: 'Equipo A'})), 'Equipo A');
  assert.equal(roomName(room('ana', {people: [{role: 'client', who: 'ana', name: 'Ana García'}]})), 'Ana García');
  assert.equal(roomName(room('ana', {people: [{role: 'client', who: 'ana', name: 'ana'}]})), 'ana', 'the id is no name');
  assert.deepEqual([initials('Ana García López'), initials('socio_7'), initials('  '), initials('🙂 Ñu')], ['AG', 'S7', '?', 'Ñ']);
  assert.equal(hueOf('ana'), hueOf('ANA'));
  assert.ok(hueOf('luis') >= 0 && hueOf('luis') < 6);
});

// --- while nobody looked ----------------------------------------------------------------------------------------------

test('catch-up counts each room once a way', () => {
  const state = stateOf(
    room('a', {waiting_since: at(1)}), room('b', {waiting_since: at(2)}), room('c'), room('d'), room('e', {labels: ['x']}), room('same'));
  const before = lookAt(state.all());
  state.applyRoom(room('a', {last_seq: 3, waiting_since: null})); // answered
  state.applyRoom(room('b', {last_seq: 9, waiting_since: at(2)})); // eight more messages are one change
  state.applyRoom(room('c', {assignee: 'marta'}));
  state.applyRoom(room('d', {status: 'snoozed', assignee: 'luis'}));
  state.applyRoom(room('e', {labels: ['x', 'y']}));
  state.applyRoom(room('new', {created_at: at(120), waiting_since: at(120)}));
  state.applyRoom(room('merely-loaded-now'));
  const changes = changesSince(before, state.all(), T0 + 100000, 'marta');
  assert.deepEqual(changes, {total: 7, fresh: 1, messages: 1, answered: 1, mine: 1, closed: 1});
  assert.equal(changesSince(lookAt(state.all()), state.all(), T0, 'marta').total, 0);
});

test('who came in is lit for five minutes while something waits', () => {
  const state = stateOf(room('ana', {waiting_since: at(0)}), room('luis'));
  const came = (key: string, n: number): unknown => state.applyLive(key, live(n, {role: 'kiosk', sender: 'k', kind: 'checkin', text: 'Entrada'}));
  came('ana', 100);
  came('luis', 101);
  const now = T0 + 110000;
  assert.deepEqual(keys(arrivals(state, now)), 'ana');
  assert.ok(isLit(state.get('ana')!, now) && !isLit(state.get('luis')!, now));
  assert.equal(cameInAt(state.get('luis')!, now), T0 + 101000);
  assert.ok(!isLit(state.get('ana')!, now + LIT_MS));
});

// --- very long lists --------------------------------------------------------------------------------------------------

test('short lists are whole, long ones only around the view', () => {
  assert.deepEqual(windowOf(VIRTUAL_FROM, 90, 5000, 800), {from: 0, to: VIRTUAL_FROM, above: 0, below: 0});
  const part = windowOf(10000, 90, 45000, 800);
  assert.ok(part.from < 500 && part.to > 509 && part.to - part.from < 60);
  assert.equal(part.above + (part.to - part.from) * 90 + part.below, 10000 * 90);
  assert.equal(windowOf(10000, 90, 0, 800).from, 0);
  assert.equal(windowOf(10000, 90, 10000 * 90, 800).to, 10000);
});

test('scrolling only as far as it takes', () => {
  assert.equal(scrollFor(5, 90, 0, 800), undefined);
  assert.equal(scrollFor(20, 90, 0, 800), 21 * 90 - 800);
  assert.equal(scrollFor(2, 90, 500, 800), 180);
});

test('10,000 rooms: a message sorts them again in a few milliseconds', () => {
  const state = new InboxState();
  for (let i = 0; i < 10000; i++) {
    state.applyRoom(room(`r${i}`, {waiting_since: i % 3 ? at(10000 - i) : null, last_message_at: at(i)}));
  }
  const list = new RoomList(state, 'marta', EVERYTHING);
  list.rows();
  const times = [1, 2, 3, 4, 5].map((n) => {
    state.applyLive(`r${n}`, live(n));
    const started = process.cpuUsage();
    assert.equal(list.rows().length, 10000);
    return process.cpuUsage(started).user / 1000; // of the processor: whatever else the machine does
  });
  assert.ok(Math.min(...times) < 50, `${times.map((ms) => ms.toFixed(1)).join(', ')} ms`);
});

test('the palette finds by the beginnings of words, accents folded', () => {
  const choices = [
    {key: 'resolve', label: 'Resolver', group: 'do' as const}, {key: 'room:ana', label: 'Ana García', also: 'socio-12', group: 'room' as const},
    {key: 'room:luz', label: 'Luz Ángel', group: 'room' as const},
  ];
  const found = (typed: string): string[] => findChoices(choices, typed).map((choice) => choice.key);
  assert.deepEqual(found('gar an'), ['room:ana']);
  assert.deepEqual(found('12'), ['room:ana']);
  assert.deepEqual(found('angel'), ['room:luz']);
  assert.deepEqual(found(''), ['resolve', 'room:ana', 'room:luz']);
  assert.deepEqual(found('zz'), []);
});
