import assert from 'node:assert/strict';
import {readdirSync, readFileSync, statSync} from 'node:fs';
import {join} from 'node:path';
import {test} from 'node:test';
import {Format} from '../src/format.js';
import '../src/text-inbox.js';
import '../src/text-kiosk.js';
import {launcherWords} from '../src/text-launcher.js';
import {addWords, localeOf, textOf, texts} from '../src/text.js';
import type {TextKey} from '../src/text.js';

addWords(launcherWords);
const keys = Object.keys(texts.es) as TextKey[];
const SRC = join(process.cwd(), 'src');

test('both languages have every key, the same placeholders, and something to say', () => {
  assert.deepEqual(Object.keys(texts.en).sort(), Object.keys(texts.es).sort());
  const holes = (text: string): string[] => (text.match(/\{\w+\}/g) ?? []).sort();
  for (const key of keys) {
    assert.ok(texts.es[key].trim() && texts.en[key].trim(), key);
    assert.deepEqual(holes(texts.en[key]), holes(texts.es[key]), key);
  }
});

test('every plural has both forms', () => {
  for (const key of keys) {
    if (key.endsWith('.one')) assert.ok(key.replace(/one$/, 'other') in texts.es, key);
    if (key.endsWith('.other') && key !== 'reject.other') assert.ok(key.replace(/other$/, 'one') in texts.es, key);
  }
});

test('no English in Spanish, no Spanish in English', () => {
  const english = /\b(the|you|your|we|is|are|and|of|to|in|send|sent|read|message|messages|new|open|close|retry|try|again|waiting|connecting|connection|session|history|loading|unread|room|desk|front|typing|online|offline|welcome|check)\b/i;
  const spanish = /[áéíóúñ¿¡]|\b(el|la|los|las|de|del|tu|tus|un|una|que|y|en|con|sin|mensaje|mensajes|enviar|leer)\b/i;
  for (const key of keys) {
    const plain = (text: string): string => text.replace(/\{\w+\}/g, '').replace(/gymchat/g, '');
    assert.doesNotMatch(plain(texts.es[key]), english, `es ${key}`);
    assert.doesNotMatch(plain(texts.en[key]), spanish, `en ${key}`);
  }
});

test('"tú", never "usted"', () => {
  for (const key of keys) assert.doesNotMatch(texts.es[key], /\b(usted|ustedes|vosotros|vuestr\w+|su mensaje)\b/i, key);
});

/** Letters between tags of a Lit template, or in aria-label="...": words belong to text.ts. */
test('no words in elements: they all come from text.ts', () => {
  for (const file of walk(join(SRC, 'elements'))) {
    const source = readFileSync(file, 'utf8');
    for (const [, template] of source.matchAll(/\bhtml`((?:[^`\\]|\\.)*)`/g)) {
      const words = template!.replace(/\$\{[^}]*\}+/g, ' ').match(/>[^<>$]*[A-Za-zÀ-ÿ]{3,}[^<>$]*</g) ?? [];
      assert.deepEqual(words.filter((w) => !/=>|[{}();]/.test(w)), [], file);
      assert.doesNotMatch(template!, /(aria-label|placeholder|title|alt)="[A-Za-zÀ-ÿ]/, file);
    }
  }
});

test('every key is used', () => {
  const all = walk(SRC).filter((f) => !/\/text(-kiosk)?\.ts$/.test(f)).map((f) => readFileSync(f, 'utf8')).join('\n');
  const built = [...all.matchAll(/`((?:[a-z]\w*\.)+\w*)\$\{/g)].map((match) => match[1]!); // `role.${role}`
  const unused = keys.filter((key) => {
    const base = key.replace(/\.(one|other)$/, '');
    return !all.includes(`'${key}'`) && !all.includes(`'${base}'`) && !built.some((prefix) => key.startsWith(prefix));
  });
  assert.deepEqual(unused, []);
});

function walk(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? walk(path) : path.endsWith('.ts') ? [path] : [];
  });
}

test('plurals and numbers by language', () => {
  const es = textOf('es');
  assert.equal(es.count('list.unread', 1), '1 mensaje nuevo');
  assert.equal(es.count('list.unread', 3), '3 mensajes nuevos');
  assert.equal(textOf('en').count('client.openUnread', 2), 'Open chat, 2 unread messages');
  assert.equal(localeOf(undefined, 'en-GB'), 'en');
  assert.equal(localeOf('fr', null), 'es');
});

test('times are the gym\'s, not the device\'s', () => {
  const madrid = new Format(textOf('es'), 'Europe/Madrid');
  const mexico = new Format(textOf('es'), 'America/Mexico_City');
  assert.equal(madrid.time('2026-11-22T23:41:00Z'), '00:41');
  assert.equal(mexico.time('2026-11-22T23:41:00Z'), '17:41');
  const now = Date.parse('2026-11-22T12:00:00Z');
  assert.equal(madrid.day('2026-11-22T00:30:00Z', now), 'Hoy');
  assert.equal(mexico.day('2026-11-22T00:30:00Z', now), 'Ayer');
  assert.equal(madrid.day('2026-11-03T10:00:00Z', now), 'martes, 3 de noviembre');
  assert.equal(madrid.day('2025-11-03T10:00:00Z', now), '3 de noviembre de 2025');
  assert.equal(madrid.time('nonsense'), '');
  assert.ok(new Format(textOf('es'), 'Mars/Olympus').time('2026-11-22T23:41:00Z'));
});

test('durations', () => {
  const es = new Format(textOf('es'));
  assert.deepEqual([0, 8, 59, 61, 60 * 47, 60 * 50].map((m) => es.duration(m * 60000)),
    ['menos de 1 min', '8 min', '59 min', '1 h', '47 h', '2 días']);
});
