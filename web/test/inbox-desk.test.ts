import assert from 'node:assert/strict';
import {test} from 'node:test';
import {colleaguesDo} from '../src/inbox/colleagues.js';
import '../src/text-inbox.js';
import {textOf} from '../src/text.js';
import {ago} from '../src/inbox/ago.js';
import {AlertPolicy} from '../src/inbox/alerts.js';
import {cannedQuery, fillCanned, findCanned, keyOf} from '../src/inbox/canned.js';
import {answeredSince, Drafts} from '../src/inbox/drafts.js';
import type {Said} from '../src/inbox/drafts.js';
import {HereBoard, HereTeller} from '../src/inbox/here.js';
import {PrefStore} from '../src/inbox/prefs.js';
import {commandOf, SHORTCUTS} from '../src/inbox/shortcuts.js';
import type {KeyFacts} from '../src/inbox/shortcuts.js';
import {inputOf, snoozeChoices, snoozeFrom} from '../src/inbox/snooze.js';
import {timeline} from '../src/inbox/timeline.js';
import type {Item} from '../src/thread/items.js';
import {at, FakeClock, T0} from './helpers.js';

// --- keys -------------------------------------------------------------------------------------------------------------

const press = (key: string, more: Partial<KeyFacts> = {}): KeyFacts => ({
  key, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, isComposing: false, repeat: false, altGraph: false, ...more,
});

test('letters are shortcuts only while nobody writes', () => {
  assert.equal(commandOf(press('j'), false), 'next');
  assert.equal(commandOf(press('j'), true), undefined);
  assert.equal(commandOf(press('J'), false), 'next', 'caps lock');
  assert.equal(commandOf(press('E', {shiftKey: true}), false), undefined);
  assert.equal(commandOf(press('x'), false), undefined);
});

test('signs are where the keyboard has them: with Shift on a Spanish one', () => {
  assert.equal(commandOf(press('/', {shiftKey: true}), false), 'search');
  assert.equal(commandOf(press('?', {shiftKey: true}), false), 'help');
  assert.equal(commandOf(press('/'), true), undefined);
});

test('no Alt, no AltGr, nothing while composing', () => {
  for (const key of ['j', 'k', 'e', '/', 'F6']) {
    assert.equal(commandOf(press(key, {altKey: true}), false), undefined);
    assert.equal(commandOf(press(key, {altGraph: true}), false), undefined);
    assert.equal(commandOf(press(key, {ctrlKey: true, altKey: true}), false), undefined);
    assert.equal(commandOf(press(key, {isComposing: true}), false), undefined);
  }
});

test('Ctrl+K, Cmd+K and F6 also while writing; nothing else with Ctrl', () => {
  assert.equal(commandOf(press('k', {ctrlKey: true}), true), 'palette');
  assert.equal(commandOf(press('k', {metaKey: true}), true), 'palette');
  assert.equal(commandOf(press('F6'), true), 'region');
  assert.equal(commandOf(press('F6', {shiftKey: true}), true), 'regionBack');
  for (const key of ['r', 's', 'n', 'a', 'u', 'e', 'j']) assert.equal(commandOf(press(key, {ctrlKey: true}), false), undefined);
});

test('a held key moves on, but does not resolve twice', () => {
  assert.equal(commandOf(press('j', {repeat: true}), false), 'next');
  assert.equal(commandOf(press('e', {repeat: true}), false), undefined);
  assert.equal(new Set(SHORTCUTS.map(([command]) => command)).size, SHORTCUTS.length);
});

// --- writing ----------------------------------------------------------------------------------------------------------

class Memory {
  readonly kept = new Map<string, string>();
  full = false;
  getItem = (key: string): string | null => this.kept.get(key) ?? null;
  setItem(key: string, value: string): void {
    if (this.full) throw new Error('full');
    this.kept.set(key, value);
  }
  removeItem(key: string): void {
    this.kept.delete(key);
  }
}

test('drafts: since the first letter, over a reload, per person, gone when sent', () => {
  const memory = new Memory();
  const drafts = new Drafts('g.staff.marta', memory);
  drafts.put('ana', 'H', 'reply', 4, T0);
  drafts.put('ana', 'Hola', 'reply', 9, T0 + 5000);
  assert.deepEqual(drafts.get('ana'), {text: 'Hola', mode: 'reply', seq: 4, since: T0});
  assert.deepEqual(new Drafts('g.staff.marta', memory).get('ana')?.text, 'Hola');
  assert.equal(new Drafts('g.staff.luis', memory).get('ana'), undefined);
  drafts.drop('ana');
  assert.equal(memory.kept.size, 0, 'nothing stays behind');
  drafts.put('ana', 'x', 'note', 4, T0);
  drafts.put('ana', '', 'note', 4, T0);
  assert.equal(drafts.get('ana')?.mode, 'note', 'an empty note is still a note');
  assert.deepEqual(drafts.rooms, []);
  memory.full = true;
  drafts.put('ana', 'goes on', 'reply', 4, T0);
  assert.equal(drafts.get('ana')?.text, 'goes on');
  memory.kept.set('gymchat-drafts.g.staff.x', '{nonsense');
  assert.equal(new Drafts('g.staff.x', memory).get('ana'), undefined);
});

test('a colleague\'s answer after the draft began is told, until it is acknowledged', () => {
  const drafts = new Drafts('o');
  const line = (seq: number | undefined, sender: string, more: Partial<Said> = {}): Said => ({
    role: 'staff', sender, mine: sender === 'marta', seq, at: at(seq ?? 50), kind: 'text', ...more,
  });
  drafts.put('ana', 'Hola', 'reply', 5, T0 + 6000);
  const draft = (): ReturnType<Drafts['get']> => drafts.get('ana');
  assert.equal(answeredSince(draft(), [line(5, 'luis')]), undefined, 'that one was there before');
  assert.equal(answeredSince(draft(), [line(5, 'luis'), line(6, 'ana', {role: 'client'})]), undefined);
  assert.equal(answeredSince(draft(), [line(6, 'marta')]), undefined, 'my own, from another tab');
  assert.equal(answeredSince(draft(), [line(undefined, 'luis', {kind: 'note', at: at(60)})]), undefined, 'a note is no answer');
  assert.equal(answeredSince(draft(), [line(6, 'luis'), line(7, 'ana', {role: 'client'})])?.seq, 6);
  assert.equal(answeredSince(draft(), [line(undefined, 'luis')])?.sender, 'luis', 'not stored yet');
  drafts.put('eva', 'Hola', 'reply', 0, T0 + 6000); // before anything of the room was known
  assert.equal(answeredSince(drafts.get('eva'), [line(3, 'luis')]), undefined, 'that one was there before');
  assert.equal(answeredSince(drafts.get('eva'), [line(9, 'luis')])?.seq, 9);
  drafts.acknowledge('ana', 7, T0 + 90000);
  assert.equal(answeredSince(draft(), [line(6, 'luis')]), undefined);
  drafts.put('ana', 'Hola', 'note', 7, T0);
  assert.equal(answeredSince(draft(), [line(9, 'luis')]), undefined, 'a note clashes with nothing');
});

test('canned answers by "/", best first, with the first name filled in', () => {
  assert.equal(cannedQuery('/hor', 4), 'hor');
  assert.equal(cannedQuery('/', 1), '');
  for (const [text, caret] of [['Hola /hor', 9], ['/hor ario', 9], ['//', 2], ['/hor', 0], ['/hor y más', 4]] as const) {
    assert.equal(cannedQuery(text, caret), undefined, text);
  }
  const list = [
    {key: 'adios', title: 'Despedida', text: 'Nos vemos, en nuestro horario de siempre'},
    {key: 'x1', title: 'Nuestro horario', text: 'a'}, {key: 'horario', title: null, text: 'Abrimos a las 7'}, {key: 'h2', title: 'Horarios y días', text: 'b'},
  ];
  assert.deepEqual(findCanned(list, 'HORÁ').map((it) => it.key), ['horario', 'x1', 'h2', 'adios']);
  assert.equal(findCanned(list, 'zz').length, 0);
  assert.equal(fillCanned('Hola {nombre}, {name}. {otro}', 'Ana María López'), 'Hola Ana, Ana. {otro}');
  assert.equal(keyOf('Horario de verano ☀', new Set()), 'horario-de-verano');
  assert.equal(keyOf('Horario', new Set(['horario', 'horario-2'])), 'horario-3');
  assert.match(keyOf('☀', new Set()), /^[a-z0-9-]+$/);
});

test('how long ago, in the words of the language', () => {
  assert.equal(ago(5000, 'es').replace(/\.$/, ''), 'hace 5 s');
  assert.match(ago(180000, 'es'), /hace 3 min/);
  assert.match(ago(5000, 'en'), /5 sec/);
});

// --- snooze -----------------------------------------------------------------------------------------------------------

test('snooze: the gym\'s wall clock, over a change of clocks', () => {
  const words = (now: string, zone: string): string[] =>
    snoozeChoices(Date.parse(now), zone).map(({key, until}) => `${key} ${new Date(until).toISOString()}`);
  assert.deepEqual(words('2026-11-22T09:00:00Z', 'Europe/Madrid'), [ // a Sunday, 10:00 there
    'hour 2026-11-22T10:00:00.000Z', 'evening 2026-11-22T17:00:00.000Z', 'tomorrow 2026-11-23T08:00:00.000Z']);
  assert.deepEqual(words('2026-10-24T20:00:00Z', 'Europe/Madrid'), [ // the clocks change that night
    'hour 2026-10-24T21:00:00.000Z', 'tomorrow 2026-10-25T08:00:00.000Z', 'monday 2026-10-26T08:00:00.000Z']);
  assert.equal(words('2026-11-25T09:00:00Z', 'America/Mexico_City').at(-1), 'monday 2026-11-30T15:00:00.000Z');
});

test('snooze: a date from the input is the gym\'s, and must be to come', () => {
  const now = Date.parse('2026-11-22T09:00:00Z');
  assert.equal(snoozeFrom('2026-11-23T09:00', now, 'America/Mexico_City'), Date.parse('2026-11-23T15:00:00Z'));
  assert.equal(snoozeFrom('2026-11-22T08:00', now, 'Europe/Madrid'), undefined);
  assert.equal(snoozeFrom('', now), undefined);
  assert.equal(inputOf(now, 'Europe/Madrid'), '2026-11-22T10:00');
});

// --- colleagues and calls ---------------------------------------------------------------------------------------------

test('who else is here: whoever answers first; forgotten when not heard', () => {
  const board = new HereBoard();
  board.apply('ana', 'luis', true, false, T0);
  board.apply('ana', 'noa', true, true, T0 + 1000);
  assert.deepEqual(board.in('ana', T0 + 2000), [{who: 'noa', replying: true}, {who: 'luis', replying: false}]);
  board.apply('ana', 'noa', false, false, T0 + 3000);
  assert.deepEqual(board.in('ana', T0 + 49000).map((it) => it.who), ['luis']);
  assert.deepEqual(board.in('ana', T0 + 51000), []);
  assert.deepEqual(board.in(undefined, T0), []);
});

test('I am here: told at once, every 20 s, and when I leave', async () => {
  const clock = new FakeClock();
  const told: string[] = [];
  const teller = new HereTeller(clock, (room, viewing, replying) => told.push(`${room} ${viewing} ${replying}`));
  teller.look('ana');
  await clock.pass(41000);
  teller.typed(true);
  teller.typed(true);
  await clock.pass(13000);
  teller.look('luis');
  teller.look(undefined);
  await clock.pass(60000);
  assert.deepEqual(told, ['ana true false', 'ana true false', 'ana true false', 'ana true true', 'ana true false', 'ana false false',
    'luis true false', 'luis false false']);
});

test('a sound at most once a minute, a notification only out of sight, nothing for what is looked at', () => {
  const policy = new AlertPolicy();
  const facts = {hidden: false, watched: false, sound: true, notify: true};
  assert.deepEqual(policy.decide({...facts, now: 0, watched: true}), {sound: false, notify: false});
  assert.deepEqual(policy.decide({...facts, now: 0}), {sound: true, notify: false});
  assert.deepEqual(policy.decide({...facts, now: 59000, hidden: true}), {sound: false, notify: true});
  assert.deepEqual(policy.decide({...facts, now: 60000, hidden: true, watched: true}), {sound: true, notify: true});
  assert.deepEqual(policy.decide({...facts, now: 200000, sound: false, notify: false, hidden: true}), {sound: false, notify: false});
});

test('choices of a person on this device', () => {
  const memory = new Memory();
  const prefs = new PrefStore('g.staff.marta', memory);
  assert.ok(prefs.get().shortcuts && prefs.get().sound && !prefs.get().notify);
  prefs.set({shortcuts: false});
  prefs.flag('ana', true);
  prefs.flag('ana', true);
  assert.deepEqual(new PrefStore('g.staff.marta', memory).get(), {shortcuts: false, sound: true, notify: false, flagged: ['ana']});
  prefs.flag('ana', false);
  assert.deepEqual(prefs.get().flagged, []);
  prefs.wipe();
  assert.equal(memory.kept.size, 0);
});

// --- messages and notes -----------------------------------------------------------------------------------------------

test('notes stand where their time is; those of older pages wait for them', () => {
  const item = (id: string, seconds: number, seq?: number): Item => ({
    id, seq, role: 'staff', sender: 'luis', kind: seq === undefined ? 'note' : 'text', text: id, at: at(seconds), sentAt: at(seconds),
    ownSide: true, mine: false,
  });
  const messages = [item('m1', 10, 4), item('m2', 20, 5), item('m3', 30, 6)];
  const notes = [item('n0', 5), item('n1', 15), item('n2', 15), item('n3', 40)];
  const ids = (list: Item[]): string => list.map((it) => it.id).join(' ');
  assert.equal(ids(timeline(messages, notes, false)), 'n0 m1 n1 n2 m2 m3 n3');
  assert.equal(ids(timeline(messages, notes, true)), 'm1 n1 n2 m2 m3 n3');
  assert.equal(ids(timeline([], notes, false)), 'n0 n1 n2 n3');
});

test('one colleague looks, several look', () => {
  const [es, en] = [textOf('es'), textOf('en')];
  assert.equal(colleaguesDo(es, 'viewing', ['Nora Gil']), 'Nora Gil está viendo');
  assert.equal(colleaguesDo(es, 'viewing', ['Nora', 'Luis', 'Ana']), 'Nora, Luis y Ana están viendo');
  assert.equal(colleaguesDo(en, 'replying', ['Nora', 'Luis']), 'Nora and Luis are answering…');
});
