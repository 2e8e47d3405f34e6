/* The manuals and the code say the same: docs/protocol.md, docs/asyncapi.yaml and topics.ts. */
import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {test} from 'node:test';
import {codePoints, parseEvent} from '../src/feed/parse.js';
import {RETRY_MAX_MS, RETRY_MIN_MS} from '../src/feed/backoff.js';
import {filtersOf, hereTopic, msgTopic, noteTopic, parseTopic, presenceTopic, receiptTopic, typingTopic} from '../src/feed/topics.js';
import {RESEND_MAX_MS, RESEND_MIN_MS} from '../src/outbox/plan.js';
import {PAYLOAD_MAX, TEXT_MAX} from '../src/wire.js';
import {at, uuid} from './helpers.js';

const protocol = readFileSync('../docs/protocol.md', 'utf8');
const asyncapi = readFileSync('../docs/asyncapi.yaml', 'utf8');
const fill = (address: string): string =>
  address.replace('{gym}', 'g').replace('{room}', 'r').replace('{role}', 'staff').replace(/\{\w+\}/g, 'x');

test('every documented topic is in the grammar, and no other', () => {
  const channels = [...asyncapi.matchAll(/address: (\S+)/g)].map((m) => m[1]!).filter((a) => !a.startsWith('gymchat/'));
  assert.equal(channels.length, 9);
  for (const address of channels) {
    assert.ok(parseTopic('g', fill(address)), address);
    const short = address.replace('gym/{gym}/', '');
    assert.ok(protocol.replace(/\{(sender|reader)\}/g, '{who}').includes(`\`${short}\``), `${short} in protocol.md`);
  }
  const bad = ['gym/g/room/r/msg/owner/x', 'gym/g/room/r/msg/staff', 'gym/g/room/r+/log', 'gym/g/desk/r/note/client/x', 'gym/h/room/r/log',
    'gym/g/room//log', `gym/g/room/${'x'.repeat(65)}/log`, 'gym/g/announce/staff/x', 'gym/g/room/r/log/x', 'room/r/log'];
  for (const topic of bad) assert.equal(parseTopic('g', topic), undefined, topic);
});

test('what we publish is in the grammar, and what we listen to is documented', () => {
  const me = {gym: 'g', role: 'staff', sub: 'x', rooms: []} as const;
  const topics = [msgTopic, receiptTopic, typingTopic, noteTopic, hereTopic].map((of) => of({...me, rooms: []}, 'r'));
  for (const topic of [...topics, presenceTopic({...me, rooms: []})]) assert.ok(parseTopic('g', topic), topic);
  for (const role of ['client', 'staff', 'kiosk'] as const) {
    const rooms = role === 'client' ? ['{room}'] : role === 'kiosk' ? ['kiosk-{sub}'] : [];
    for (const filter of filtersOf({gym: '{gym}', role, sub: '{sub}', rooms})) {
      assert.ok(protocol.includes(`\`${filter}\``), `${role} ${filter}`);
    }
  }
});

test('no filter overlaps another', () => {
  const covers = (filter: string, topic: string): boolean => {
    const [f, t] = [filter.split('/'), topic.split('/')];
    return f.every((level, i) => level === '#' || level === '+' || level === t[i]) && (f.includes('#') || f.length === t.length);
  };
  for (const role of ['client', 'staff', 'kiosk'] as const) {
    const filters = filtersOf({gym: 'g', role, sub: 's', rooms: role === 'client' ? ['s', 'other'] : ['kiosk-s']});
    const topics = ['gym/g/room/s/log', 'gym/g/to/client/s', 'gym/g/to/staff/s', 'gym/g/to/kiosk/s', 'gym/g/presence/staff/m',
      'gym/g/desk/s/log', 'gym/g/room/other/msg/staff/m', 'gym/g/room/kiosk-s/log'];
    for (const topic of topics) assert.ok(filters.filter((f) => covers(f, topic)).length <= 1, `${role} ${topic}`);
  }
});

test('the numbers of the manual', () => {
  assert.ok(protocol.includes('1 to 4,000 code points') && TEXT_MAX === 4000);
  assert.ok(protocol.includes('at most 16,384 bytes') && PAYLOAD_MAX === 16384);
  assert.ok(protocol.includes('not stored after 5 s') && RESEND_MIN_MS === 5000 && RESEND_MAX_MS === 60000);
  assert.ok(protocol.includes('between 1 s and a ceiling of 2, 4, 8 … 30 s') && RETRY_MIN_MS === 1000 && RETRY_MAX_MS === 30000);
});

test('what is no envelope is no event', () => {
  const topic = 'gym/g/room/r/msg/client/ana';
  const good = {id: uuid(1), text: 'hola', sent_at: at(0)};
  const parse = (value: unknown) => parseEvent('g', topic, new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value)));
  assert.ok(parse(good));
  assert.ok(parse({...good, text: '🏋'.repeat(4000)}), 'code points, not UTF-16 units');
  assert.equal(codePoints('🏋a'), 2);
  const bad: unknown[] = ['', '[]', '"x"', '{', {...good, id: good.id.toUpperCase().replace('0', 'A')}, {...good, text: ''}, {...good, text: 7},
    {...good, text: 'x'.repeat(4001)}, {...good, sent_at: 'ayer'}, {...good, kind: 'Text'}, {...good, reply_to: 'x'},
    {...good, fill: 'x'.repeat(17000)}];
  for (const value of bad) assert.equal(parse(value), undefined, JSON.stringify(value).slice(0, 60));
});
