import assert from 'node:assert/strict';
import {readdirSync, readFileSync} from 'node:fs';
import {test} from 'node:test';
import {chipsOf} from '../src/elements/gym-chat/greeting.js';
import {factsOf} from '../src/elements/gym-chat/header.js';
import {openState} from '../src/elements/gym-chat/hours.js';
import {nextSlice, STEP} from '../src/elements/shared/list-window.js';
import {shorten} from '../src/elements/shared/message-view.js';
import {Format} from '../src/format.js';
import {textOf} from '../src/text.js';
import {layout} from '../src/thread/items.js';
import type {Item} from '../src/thread/items.js';
import {Marks} from '../src/thread/marks.js';
import {RoomState} from '../src/thread/room-state.js';
import {TokenSource} from '../src/tokens/token-source.js';
import type {Gym, Me} from '../src/wire.js';
import {at, note, notice, page, stored, T0, uuid} from './helpers.js';

const ids = (from: number, to: number): string[] => Array.from({length: to - from + 1}, (_, i) => String(from + i));

test('a long list comes in pieces: the newest first, then what was added, then what is older', () => {
  const all = ids(1, 1000);
  let shown = new Set<string>();
  const sizes: number[] = [];
  for (let frames = 0; shown.size < 1000 && frames < 100; frames++) {
    const {from, to} = nextSlice(all, shown);
    sizes.push(to - from - shown.size);
    shown = new Set(all.slice(from, to));
  }
  assert.equal(shown.size, 1000);
  assert.ok(Math.max(...sizes.slice(1)) <= STEP && sizes[0]! <= 60, String(sizes));
  assert.deepEqual(nextSlice(ids(1, 70), new Set(ids(51, 60)), 40), {from: 20, to: 70}, 'what is new below comes before what is old');
  assert.deepEqual(nextSlice(ids(1, 30), new Set()), {from: 0, to: 30});
  assert.deepEqual(nextSlice([], new Set(['x'])), {from: 0, to: 0});
  assert.deepEqual(nextSlice(ids(500, 600), new Set(ids(1, 40))), {from: 41, to: 101}, 'another room, or an archive that was restored');
});

test('hours: midnight, evenings that go on after it, always', () => {
  const gym = (hours: Gym['hours']): Gym => ({key: 'g', time_zone: 'Europe/Madrid', hours});
  const sunday = (utc: string): number => Date.parse(`2026-11-22T${utc}:00Z`); // Madrid is one hour ahead
  assert.deepEqual(openState(gym({sun: [['08:00', '24:00']]}), sunday('12:00')), {open: true, until: '24:00'});
  assert.deepEqual(openState(gym({sun: [['18:00', '24:00']], mon: [['00:00', '02:00']]}), sunday('20:00')), {open: true, until: '02:00'});
  const always = Object.fromEntries(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'].map((day) => [day, [['00:00', '24:00']]]));
  assert.deepEqual(openState(gym(always as Gym['hours']), sunday('12:00')), {open: true, until: undefined});
  assert.deepEqual(openState(gym({wed: [['07:00', '22:00']]}), sunday('12:00')), {open: false, from: '07:00', inDays: 3});
  assert.deepEqual(openState({...gym({sun: [['08:00', '20:00']]}), time_zone: 'Mars/Olympus'}, sunday('12:00')) !== undefined, true);
});

test('header: presence, a measured time where there is enough of it, hours in words', () => {
  const say = textOf('es');
  const format = new Format(say, 'Europe/Madrid');
  const facts = (gym: Partial<Gym>, more: Partial<Me> = {}, now = T0) =>
    factsOf({me: {gym: {key: 'g', time_zone: 'Europe/Madrid', ...gym}, ...more} as Me, staffed: false, now, say, format})
      .filter((fact) => typeof fact === 'string');
  const answers = (n: number) => ({response_time: {median_s: 300, p90_s: 900, n}});
  assert.deepEqual(facts({}, answers(5)), ['Respuesta promedio: 5 min']);
  assert.deepEqual(facts({}, answers(4)), [], 'four answers prove nothing');
  assert.deepEqual(facts({hours: {sun: [['07:00', '22:00']]}}), ['Abierto hasta 22:00']); // Sunday 10:00
  assert.deepEqual(facts({hours: {sun: [['20:00', '24:00']]}}, {}, T0 + 12 * 3600000), ['Abierto hasta medianoche']);
  assert.deepEqual(facts({hours: {mon: [['07:00', '22:00']]}}), ['Respondemos mañana desde las 7:00']);
  assert.deepEqual(facts({hours: {sun: [['13:00', '22:00']]}}), ['Respondemos hoy desde las 13:00']);
  assert.deepEqual(facts({hours: {wed: [['01:00', '22:00']]}}), ['Respondemos el miércoles desde la 1:00']);
});

test('chips: the gym\'s own, or three that suit any gym; what is no chip is left out', () => {
  const say = textOf('es');
  assert.equal(chipsOf(undefined, say).length, 3);
  const own = ['¿Hay yoga hoy?', {label: 'Baja', text: 'Quiero darme de baja.'}, {label: 'Solo'}, {text: 'sin nombre'}, 7, null, ' '];
  assert.deepEqual(chipsOf({key: 'g', settings: {chips: own}}, say), [
    {label: '¿Hay yoga hoy?', text: '¿Hay yoga hoy?'}, {label: 'Baja', text: 'Quiero darme de baja.'}, {label: 'Solo', text: 'Solo'},
  ]);
});

test('a burst of messages is one receipt, not a hundred', () => {
  const marks = new Marks();
  marks.advance({delivered: 1}, T0);
  assert.ok(marks.take(T0));
  for (let i = 2; i <= 100; i++) {
    marks.advance({delivered: i}, T0 + i);
    assert.equal(marks.take(T0 + i), undefined);
  }
  assert.equal(marks.dueAt, T0 + 300);
  assert.equal(marks.take(T0 + 300)!.delivered, 100);
});

test('the divider counts what was unread when the room was opened, not what came since', () => {
  const item = (seq: number): Item => ({
    id: uuid(seq), seq, role: 'staff', sender: 'marta', kind: 'text', text: 'x', at: at(seq), sentAt: at(seq), ownSide: false, mine: false,
  });
  const entries = layout([1, 2, 3, 4, 5].map(item), (t) => t.slice(0, 10), {after: 1, upTo: 3});
  assert.deepEqual(entries.filter((e) => e.type === 'unread').map((e) => e.type === 'unread' && e.count), [2]);
});

test('what was here the last time is shown, proves nothing, and goes when the archive speaks', () => {
  const state = new RoomState({role: 'client', sub: 'ana'});
  state.preview(page([stored(4), stored(5)], {marks: [{role: 'staff', who: 'marta', delivered: 5, read: 4}]}));
  assert.deepEqual(state.rows.map((r) => r.seq), [4, 5]);
  assert.equal(state.have, undefined, 'no cursor hangs on it');
  assert.equal(state.lastSeq, 0);
  state.applyNotice(notice({last_seq: 8, stored: [{...note(8), id: uuid(8)}]}), () => ({...stored(8)}));
  state.reset(page([stored(6), stored(7)], {last_seq: 7}));
  assert.deepEqual(state.rows.map((r) => r.seq), [6, 7, 8], 'the old ones left, what was heard meanwhile stayed');
  assert.equal(state.have, 8);
  const kept = state.snapshot(2);
  assert.deepEqual(kept.messages.map((m) => m.seq), [7, 8]);
  assert.ok(!('fromApi' in kept.messages[0]!));
  const restored = new RoomState({role: 'client', sub: 'ana'});
  restored.preview(page([stored(40), stored(41)]));
  restored.reset(page([stored(1)], {last_seq: 1}));
  assert.deepEqual(restored.rows.map((r) => r.seq), [1], 'an archive restored from a backup knows better than this device');
});

test('a token of somebody else does not go on in the first one\'s name', async () => {
  const claims = (sub: string): string => `x.${btoa(JSON.stringify({gym: 'g', role: 'client', sub, iat: 1, exp: 601}))}.x`;
  let sub = 'ana';
  const tokens = new TokenSource({getToken: async () => claims(sub), now: () => T0});
  assert.equal((await tokens.fresh()).identity.sub, 'ana');
  sub = 'eva';
  await assert.rejects(tokens.fresh(), {name: 'DeniedError'});
  sub = 'ana';
  assert.equal((await tokens.fresh()).identity.sub, 'ana');
});

test('a quote is one short line', () => {
  assert.equal(shorten('hola\n\n  ¿qué tal?'), 'hola ¿qué tal?');
  assert.equal(shorten('x'.repeat(500)).length, 140);
});

test('docs/embedding.md names every attribute, event, part and custom property of <gym-chat>, and no other', () => {
  const manual = readFileSync('../docs/embedding.md', 'utf8').split('### `<gym-chat>`')[1]!.split('\n`<gym-inbox>`')[0]!;
  const folder = 'src/elements/gym-chat';
  const source = readdirSync(folder).map((name) => readFileSync(`${folder}/${name}`, 'utf8')).join('\n');
  const launcher = readFileSync(`${folder}/launcher.ts`, 'utf8');
  const unique = (found: Iterable<RegExpMatchArray>): string[] => [...new Set([...found].map((match) => match[1]!))].sort();
  const section = (head: string): string => manual.split(head)[1]!.split('\n\n')[0]!;
  const quoted = (text: string): string[] => text.match(/'[\w-]+'/g)!.map((word) => word.slice(1, -1));
  const [passed, observed] = [/PASSED = \[(.*)\]/, /observedAttributes = \[\.\.\.PASSED, (.*)\]/].map((p) => quoted(launcher.match(p)![1]!));
  assert.deepEqual(unique(section('| attribute |').matchAll(/^\| `([\w-]+)` \|/gm)), [...passed!, ...observed!, 'page-count'].sort());
  assert.deepEqual(unique(section('| event ').matchAll(/`(gymchat-\w+)`/g)),
    unique([...source.matchAll(/tell\('(\w+)'/g)]).map((name) => `gymchat-${name}`).sort());
  const style = section('| style |');
  assert.deepEqual(unique(style.matchAll(/`(--gym-[\w-]+)`/g)), unique(`${source} var(--gym-accent)`.matchAll(/var\((--gym-[\w-]+)/g)));
  const parts = style.split('::part(…)` |')[1]!;
  assert.deepEqual(unique(parts.matchAll(/`(\w+)`/g)), [...launcher.match(/PARTS = '(.*)'/)![1]!.split(','), 'launcher', 'badge'].sort());
});
