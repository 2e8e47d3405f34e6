import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {test} from 'node:test';
import {openState} from '../src/elements/gym-chat/hours.js';
import {accentOf, contrast, parseColor} from '../src/elements/shared/accent.js';
import {AnnouncerQueue} from '../src/elements/shared/announce.js';
import {linkParts} from '../src/elements/shared/links.js';
import {layout} from '../src/thread/items.js';
import type {Item} from '../src/thread/items.js';
import {newId, isUuid} from '../src/ids.js';
import {at, T0, uuid} from './helpers.js';

const color = (text: string) => parseColor(text)!;

test('any accent is moved until it can be read', () => {
  for (const brand of ['#ff0000', '#ffff00', '#00ff00', '#0000ff', '#000', '#fff', '#808080', '#0f6e66', 'rgb(255, 140, 0)']) {
    for (const enough of [4.5, 7]) {
      const accent = accentOf(brand, enough)!;
      assert.ok(contrast(color(accent.fill), color(accent.on)) >= enough, `${brand} behind text`);
      assert.ok(contrast(color(accent.light), color('#eceff2')) >= enough, `${brand} on light`);
      assert.ok(contrast(color(accent.dark), color('#262c33')) >= enough, `${brand} on dark`);
    }
  }
  assert.equal(accentOf('#0f6e66')!.fill, '#0f6e66', 'a good one stays');
  assert.equal(accentOf('url(x)'), undefined);
});

test('text and muted text are readable on every ground of both themes', () => {
  const css = readFileSync('src/elements/shared/tokens.ts', 'utf8');
  const [light, , dark] = css.split(/:host(?:\(:not\(\[theme='light'\]\)\)|\(\[theme='dark'\]\))? \{/).slice(1).map((block) =>
    Object.fromEntries([...block.matchAll(/--gc-([\w-]+): (#\w{6})/g)].map((m) => [m[1], m[2]])));
  for (const theme of [light!, dark!]) {
    for (const ground of ['bg', 'surface', 'sunken', 'bubble']) {
      for (const ink of ['text', 'muted']) {
        assert.ok(contrast(color(theme[ink]!), color(theme[ground]!)) >= 4.5, `${ink} on ${ground}: ${theme[ink]} ${theme[ground]}`);
      }
    }
    assert.ok(contrast(color(theme.warn!), color(theme['warn-bg']!)) >= 4.5);
    assert.ok(contrast(color(theme.danger!), color(theme['danger-bg']!)) >= 4.5);
  }
});

test('links: addresses become parts, text stays text', () => {
  assert.deepEqual(linkParts('mira https://gym.example/a?b=1.'),
    [{text: 'mira '}, {text: 'https://gym.example/a?b=1', href: 'https://gym.example/a?b=1'}, {text: '.'}]);
  assert.deepEqual(linkParts('(https://es.example/A_(b))').map((p) => p.href ?? p.text), ['(', 'https://es.example/A_(b)', ')']);
  for (const text of ['javascript:alert(1)', 'https://', 'http://localhost', '<a href="https://', 'nada']) {
    assert.ok(linkParts(text).every((p) => p.href === undefined), text);
  }
});

test('announcer: one by author and text, a burst by number, then silence', () => {
  const queue = new AnnouncerQueue();
  assert.equal(queue.take(0), undefined);
  queue.add({author: 'Marta', text: 'hola'}, 0);
  assert.equal(queue.take(100), undefined);
  assert.deepEqual(queue.take(700), [{author: 'Marta', text: 'hola'}]);
  assert.deepEqual(queue.take(1700), []);
  for (const text of ['a', 'b', 'c']) queue.add({author: 'Marta', text}, 2000);
  assert.equal(queue.take(2700)!.length, 3);
  assert.deepEqual(queue.take(3700), []);
  assert.equal(queue.nextAt, Infinity);
});

test('opening hours in the gym\'s time zone', () => {
  const gym = {key: 'demo', time_zone: 'Europe/Madrid', hours: {sun: [['09:00', '14:00'], ['17:00', '20:00']] as [string, string][], mon: [['07:00', '22:00']] as [string, string][]}};
  const sunday = (utc: string): number => Date.parse(`2026-11-22T${utc}:00Z`); // Madrid is one hour ahead
  assert.deepEqual(openState(gym, sunday('09:30')), {open: true, until: '14:00'});
  assert.deepEqual(openState(gym, sunday('14:30')), {open: false, from: '17:00', inDays: 0});
  assert.deepEqual(openState(gym, sunday('21:00')), {open: false, from: '07:00', inDays: 1});
  assert.equal(openState({key: 'demo', hours: {}}, T0), undefined);
});

test('layout: days, divider, groups', () => {
  const item = (seq: number, role: 'client' | 'staff', s: number, kind = 'text'): Item => ({
    id: uuid(seq), seq, role, sender: role === 'client' ? 'ana' : 'marta', kind, text: 'x', at: at(s), sentAt: at(s),
    ownSide: role === 'client', mine: role === 'client',
  });
  const items = [item(1, 'client', 0), item(2, 'client', 60), item(3, 'staff', 90), item(4, 'staff', 86400 + 1), item(5, 'client', 86400 + 2, 'checkin')];
  const entries = layout(items, (t) => t.slice(0, 10), {after: 3});
  assert.deepEqual(entries.map((e) => e.type === 'message' ? `${e.item.seq}${e.first ? 'f' : ''}${e.last ? 'l' : ''}` : e.type),
    ['day', '1f', '2l', '3fl', 'day', 'unread', '4fl', '5fl']);
});

test('ids are UUID v7: lower case, in the order of time', () => {
  const ids = [1, 2, 3].map((n) => newId(T0 + n));
  assert.ok(ids.every(isUuid));
  assert.deepEqual([...ids].sort(), ids);
  assert.ok(!isUuid(ids[0]!.toUpperCase()));
});
