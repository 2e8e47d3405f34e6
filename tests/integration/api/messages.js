// Messages and marks: what comes back, the edges of a page, one id for ever, and what is refused.
import assert from 'node:assert/strict';
import {randomUUID} from 'node:crypto';
import {test} from 'node:test';
import {ApiWorld, envelope} from '../../lib/api-world.js';
import {Archiver} from '../../lib/archiver.js';
import {publish, subscribe, until} from '../../lib/broker.js';
import {ana, call, clientOf, entrada, get, marta, room, send, talk, world} from './world.js';

test('a message comes back as it was sent, with its states', async () => {
  const token = clientOf('estados', {name: 'Estela'});
  await get('/v1/me', token);
  const message = envelope('¿Abrís mañana? 🙂', {kind: 'pregunta', reply_to: randomUUID(), attachments: [{url: 'x'}],
    color: 'rojo', big: 12345678901234567890n.toString(), nested: {a: [1, null]}, seq: 99, role: 'staff', read_at: 'ayer'});
  assert.equal(await send('estados', token, message), 1);
  const [mine] = (await get(`${room('estados')}/messages`, token)).messages;
  const {seq, role, read_at: readAt, ...kept} = message;
  for (const [key, value] of Object.entries(kept))
    assert.deepEqual(mine[key], key === 'sent_at' ? value : value, key);
  assert.deepEqual([mine.seq, mine.role, mine.sender, mine.name, mine.delivered_at, mine.read_at],
    [1, 'client', 'estados', 'Estela', null, null]);
  assert.equal(seq + role + readAt, '99staffayer');

  const mark = await call('PUT', `${room('estados')}/receipt`, {token: marta, body: {delivered: 1}});
  assert.deepEqual([mark.status, mark.json.delivered, mark.json.read], [200, 1, 0]);
  const delivered = (await get(`${room('estados')}/messages`, token)).messages[0];
  assert.ok(delivered.delivered_at && delivered.read_at === null);
  await call('PUT', `${room('estados')}/receipt`, {token: world.token('staff', 'luis'), body: {delivered: 1, read: 1}});
  const page = await get(`${room('estados')}/messages`, token);
  assert.equal(page.messages[0].delivered_at, delivered.delivered_at, 'the first of the other side stays');
  assert.ok(page.messages[0].read_at >= delivered.delivered_at);
  assert.deepEqual(page.marks.map((m) => [m.role, m.who, m.delivered, m.read]), [['staff', 'luis', 1, 1], ['staff', 'marta', 1, 0]]);
});

test('delivered_at and read_at are those of the first mark at or above the message', async () => {
  const token = await talk('marcas', 9);
  const mark = (who, body) => call('PUT', `${room('marcas')}/receipt`, {token: who, body});
  await mark(marta, {delivered: 3, read: 1});
  await mark(marta, {delivered: 7, read: 5});
  await mark(token, {delivered: 9, read: 4});
  const {messages} = await get(`${room('marcas')}/messages`, marta);
  const rows = world.postgres.psql(`SELECT role, delivered, read, to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
    FROM receipts r JOIN rooms o ON o.gym_id = r.gym_id AND o.id = r.room_id WHERE o.key = 'marcas' ORDER BY row_id`)
    .split('\n').map((line) => line.split('|'));
  const first = (side, column, seq) => rows.find((row) => row[0] === side && Number(row[column]) >= seq)?.[3] ?? null;
  for (const m of messages) {
    const other = m.role === 'client' ? 'staff' : 'client';
    assert.equal(m.delivered_at, first(other, 1, m.seq), `delivered ${m.seq}`);
    assert.equal(m.read_at, first(other, 2, m.seq), `read ${m.seq}`);
  }
  for (const query of ['?after=4&limit=2', '?before=8&limit=3', '?after=0', '?limit=1']) {
    const part = (await get(`${room('marcas')}/messages${query}`, marta)).messages;
    assert.deepEqual(part, messages.filter((m) => part.some((p) => p.seq === m.seq)), query);
  }
});

test('before, after and limit have exact edges', async () => {
  await talk('bordes', 7);
  const seqs = async (query) => (await get(`${room('bordes')}/messages${query}`, marta)).messages.map((m) => m.seq);
  assert.deepEqual(await seqs(''), [1, 2, 3, 4, 5, 6, 7]);
  assert.deepEqual(await seqs('?limit=3'), [5, 6, 7]);
  assert.deepEqual(await seqs('?before=5'), [1, 2, 3, 4]);
  assert.deepEqual(await seqs('?before=5&limit=2'), [3, 4]);
  assert.deepEqual(await seqs('?before=1'), []);
  assert.deepEqual(await seqs('?before=99'), [1, 2, 3, 4, 5, 6, 7]);
  assert.deepEqual(await seqs('?after=0'), [1, 2, 3, 4, 5, 6, 7]);
  assert.deepEqual(await seqs('?after=0&limit=2'), [1, 2]);
  assert.deepEqual(await seqs('?after=6'), [7]);
  assert.deepEqual(await seqs('?after=7'), []);
  const code = async (query) => {
    const {status, json} = await call('GET', `${room('bordes')}/messages${query}`, {token: marta});
    assert.equal(status, 400);
    return json.code;
  };
  assert.equal(await code('?after=8'), 'cursor_ahead');
  for (const query of ['?after=-1', '?after=x', '?after=', '?after=1e3', '?before=0', '?before=9007199254740993', '?before=1.5', '?before=2&after=1'])
    assert.equal(await code(query), 'cursor_invalid', query);
  for (const query of ['?limit=0', '?limit=201', '?limit=', '?wait=26&after=1', '?wait=5', '?wait=5&before=3'])
    assert.equal(await code(query), 'invalid', query);
});

test('one id is one message for ever', async () => {
  const message = envelope('una vez');
  assert.equal(await send('ana', ana, message), await send('ana', ana, {...message, sent_at: new Date().toISOString(), extra: 1}));
  const conflict = await call('POST', `${room('ana')}/messages`, {token: ana, body: {...message, text: 'otra cosa'}});
  assert.deepEqual([conflict.status, conflict.json.code], [409, 'conflict']);
});

test('of two people with one id at one time, one is told that it is stored', async () => {
  for (let n = 0; n < 20; n++) {
    const message = envelope('de ana');
    const both = await Promise.all([[ana, message], [marta, {...message, text: 'de marta'}]].map(async ([token, body]) =>
      (await call('POST', `${room('ana')}/messages`, {token, body})).status));
    assert.deepEqual(both.sort(), [201, 409]);
  }
});

test('a conflict is told also where its notice is lost', async () => {
  const quiet = await ApiWorld.start({hasArchiver: false});
  try {
    quiet.archiver = await new Archiver(quiet, {NOTICES: 'off'}).start().ready();
    await quiet.databaseIsUp(quiet.api);
    const message = envelope('primera');
    const say = async (role, sub, body, path = 'messages') =>
      (await quiet.call('POST', room(`ana/${path}`), {token: quiet.token(role, sub), body})).status;
    assert.equal(await say('client', 'ana', message), 201);
    assert.deepEqual(await Promise.all([say('client', 'ana', message), say('staff', 'marta', message),
      say('client', 'ana', {...message, text: 'otra'}), say('kiosk', 'ana', message)]), [201, 409, 409, 409]);
    assert.equal(await say('staff', 'marta', message, 'notes'), 201);
    assert.deepEqual(await Promise.all([say('staff', 'marta', message, 'notes'), say('staff', 'luis', message, 'notes')]), [201, 409]);
  } finally {
    await quiet.stop();
  }
});

test('what MQTT says and what HTTP says is one conversation', async () => {
  const client = await world.broker.connect({role: 'client', sub: 'mixta'});
  await subscribe(client, 'gym/g/room/mixta/#');
  await publish(client, 'gym/g/room/mixta/msg/client/mixta', envelope('por mqtt'));
  await until(async () => (await call('GET', `${room('mixta')}/messages`, {token: marta})).status === 200, 'the room');
  assert.equal(await send('mixta', marta, envelope('por http')), 2);
  const live = await client.inbox.take('gym/g/room/mixta/msg/staff/marta');
  assert.equal(live.json.text, 'por http');
  const texts = (await get(`${room('mixta')}/messages`, marta)).messages.map((m) => m.text);
  assert.deepEqual(texts, ['por mqtt', 'por http']);
  client.end(true);
});

test('bad messages are refused with the reason', async () => {
  const post = async (body, more) => (await call('POST', `${room('ana')}/messages`, {token: ana, body, ...more})).json.code;
  const good = envelope('hola');
  for (const bad of [{id: undefined}, {id: good.id.toUpperCase()}, {id: 'x'}, {text: ''}, {text: 5}, {text: 'x'.repeat(4001)},
    {sent_at: 'ayer'}, {kind: 'Con Espacios'}, {reply_to: 'x'}, {attachments: {}}])
    assert.equal(await post({...good, ...bad}), 'invalid', JSON.stringify(bad));
  for (const text of ['{', '[1]', '"x"', '{"a":1,"a":2}', '{"a":"\\u0000"}', '{"a":"\\ud800"}', '{} x', '\u0000', ''])
    assert.ok(['invalid', 'invalid_json'].includes(await post(undefined, {text, headers: {'content-type': 'application/json'}})), text);
  assert.equal(await post({...good, padding: 'x'.repeat(16384)}), 'too_large');
  assert.equal(await post({...good, padding: 'x'.repeat(70000)}), 'too_large');
});

test('a kiosk writes to any room but other kiosks\' and reads its own', async () => {
  const checkin = () => envelope('Entrada', {kind: 'checkin', first_name: 'Ana'});
  assert.ok(await send('ana', entrada, checkin()) > 0);
  assert.equal(await send('kiosk-entrada', entrada, checkin()), 1);
  assert.equal((await get(`${room('kiosk-entrada')}/messages`, entrada)).messages.length, 1);
  const code = async (method, path, body) => (await call(method, path, {token: entrada, body})).json.code;
  assert.equal(await code('POST', `${room('kiosk-salida')}/messages`, checkin()), 'forbidden');
  assert.equal(await code('GET', `${room('ana')}/messages`), 'forbidden');
  const [last] = (await get(`${room('ana')}/messages?limit=1`, ana)).messages;
  assert.deepEqual([last.role, last.kind, last.delivered_at, last.read_at], ['kiosk', 'checkin', null, null]);
});

test('marks move forward, stay within the room, and are echoed', async () => {
  const token = await talk('recibos', 4);
  const put = async (body, who = token) => (await call('PUT', `${room('recibos')}/receipt`, {token: who, body})).json;
  assert.deepEqual(await put({delivered: 3, read: 2}), {role: 'client', who: 'recibos', delivered: 3, read: 2});
  assert.deepEqual(await put({delivered: 1, read: 1}), {role: 'client', who: 'recibos', delivered: 3, read: 2});
  assert.deepEqual(await put({delivered: 99}), {role: 'client', who: 'recibos', delivered: 4, read: 2});
  assert.equal((await put({delivered: -1})).code, 'invalid');
  assert.equal((await put({delivered: '3'})).code, 'invalid');
});
