// The HTTP API with everything behind it: each route does what docs/openapi.yaml says, each error comes as it should, and
// who may do what is the same for every route. Every answer is held against the description.
import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {randomUUID} from 'node:crypto';
import {after, before, test} from 'node:test';
import {ApiWorld, envelope} from '../lib/api-world.js';
import {Archiver} from '../lib/archiver.js';
import {connectClient, publish, signToken, subscribe, until} from '../lib/broker.js';
import {caller, description, operations, resolve, seen} from '../lib/openapi.js';

let world, call, marta, ana, crm, entrada;

before(async () => {
  world = await ApiWorld.start();
  call = world.call;
  marta = world.token('staff', 'marta', {name: 'Marta Ruiz'});
  ana = world.token('client', 'ana', {name: 'Ana García'});
  crm = world.token('service', 'crm');
  entrada = world.token('kiosk', 'entrada');
  for (const token of [marta, ana])
    assert.equal((await call('GET', '/v1/me', {token})).status, 200);
});

after(() => world?.stop());

const room = (key) => `/v1/gyms/g/rooms/${key}`;
const get = async (path, token, headers) => {
  const answer = await call('GET', path, {token, headers});
  assert.equal(answer.status, 200, answer.text);
  return answer.json;
};
const send = async (key, token, message) => {
  const answer = await call('POST', `${room(key)}/messages`, {token, body: message});
  assert.equal(answer.status, 201, answer.text);
  return answer.json.seq;
};
const clientOf = (sub, more) => world.token('client', sub, more);

/** A room with n messages, from the client and the desk in turn; its client's token. */
async function talk(key, n) {
  const token = clientOf(key);
  for (let i = 1; i <= n; i++)
    assert.equal(await send(key, i % 2 ? token : marta, envelope(`mensaje ${i}`)), i);
  return token;
}

// ---- identity ----

test('me tells everything that a page needs to start', async () => {
  const me = await get('/v1/me', ana);
  assert.equal(me.gym.key, 'g');
  assert.deepEqual([me.role, me.sub, me.name, me.rooms], ['client', 'ana', 'Ana García', ['ana']]);
  assert.deepEqual([me.username, me.client_id_prefix], ['g.client.ana', 'g.client.ana.']);
  assert.equal(me.mqtt_url, world.api.mqttUrl);
  assert.equal(me.archive, 'ok');
  assert.equal(me.response_time, null);
  assert.equal(me.topics.msg, 'gym/g/room/{room}/msg/client/ana');
  assert.deepEqual((await get('/v1/me', marta)).rooms, []);
});

test('what me tells is enough to connect and subscribe', async () => {
  const me = await get('/v1/me', ana);
  const client = await connectClient(world.broker.url,
    {username: me.username, clientId: `${me.client_id_prefix}${randomUUID()}`, password: ana});
  const filters = [me.topics.room_filter.replace('{room}', me.rooms[0]), me.topics.to, me.topics.presence_filter];
  assert.deepEqual(await subscribe(client, ...filters), [1, 1, 1]);
  const desk = (await get('/v1/me', marta)).topics;
  const staff = await connectClient(world.broker.url, {username: 'g.staff.marta', clientId: 'g.staff.marta.x', password: marta});
  assert.deepEqual(await subscribe(staff, desk.room_filter, desk.desk_filter, desk.presence_filter, desk.to), [1, 1, 1, 1]);
  client.end(true);
  staff.end(true);
});

test('a service mints tokens for its own gym alone, and for no other service', async () => {
  const body = {gym: 'g', role: 'client', sub: 'nuevo', name: 'Nuevo', rooms: ['nuevo', 'familia'], ttl: 60};
  const {status, json} = await call('POST', '/v1/tokens', {token: crm, body});
  assert.equal(status, 201);
  const me = await get('/v1/me', json.token);
  assert.deepEqual([me.sub, me.name, me.rooms], ['nuevo', 'Nuevo', ['nuevo', 'familia']]);
  assert.equal(me.expires_at, json.expires_at);
  const refused = {...body, gym: 'otro'};
  assert.equal((await call('POST', '/v1/tokens', {token: crm, body: refused})).json.code, 'forbidden');
  for (const bad of [{role: 'service'}, {role: 'owner'}, {sub: 'a.b'}, {gym: undefined}, {ttl: 0}, {ttl: 1.5}, {ttl: 2592001},
    {rooms: ['a/b']}, {rooms: 'x'}, {rooms: Array(17).fill('r').map((r, i) => r + i)}, {name: 'x'.repeat(201)}, {extra: 1}])
    assert.equal((await call('POST', '/v1/tokens', {token: crm, body: {...body, ...bad}})).json.code, 'invalid', JSON.stringify(bad));
  assert.equal((await call('POST', '/v1/tokens', {token: crm, body: {gym: 'g', role: 'staff', sub: 's', rooms: ['x']}})).json.code, 'invalid');
});

test('revoked tokens are refused, by jti or by holder', async () => {
  const mint = async (sub) => (await call('POST', '/v1/tokens', {token: crm, body: {gym: 'g', role: 'client', sub}})).json;
  const [one, other] = [await mint('r1'), await mint('r1')];
  await get('/v1/me', one.token);
  assert.equal((await call('POST', '/v1/tokens/revoke', {token: crm, body: {jti: one.jti}})).status, 204);
  await until(async () => (await call('GET', '/v1/me', {token: one.token})).status === 401, 'the token to be refused');
  await get('/v1/me', other.token);
  assert.equal((await call('POST', '/v1/tokens/revoke', {token: crm, body: {role: 'client', sub: 'r1'}})).status, 204);
  await until(async () => (await call('GET', '/v1/me', {token: other.token})).status === 401, 'the holder to be refused');
  for (const body of [{}, {jti: 'x', role: 'client', sub: 'y'}, {role: 'client'}, {sub: 'y'}, {jti: 5}, {role: 'boss', sub: 'y'}])
    assert.equal((await call('POST', '/v1/tokens/revoke', {token: crm, body})).json.code, 'invalid', JSON.stringify(body));
});

// ---- messages ----

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

// ---- long polls ----

test('wait= is answered by the next message, by a mark, by a state, or when it is over', async () => {
  const token = await talk('espera', 2);
  const began = Date.now();
  const empty = await get(`${room('espera')}/messages?after=2&wait=1`, token);
  assert.deepEqual([empty.messages, empty.last_seq], [[], 2]);
  assert.ok(Date.now() - began >= 900);

  const wait = () => get(`${room('espera')}/messages?after=2&wait=20`, token);
  const parked = () => until(async () => /gymchat_http_long_polls\{worker="0"\} 1/.test((await call('GET', '/metrics')).text), 'a parked request');
  let pending = wait();
  await parked();
  await call('PUT', `${room('espera')}/receipt`, {token: marta, body: {delivered: 2, read: 2}});
  assert.equal((await pending).marks.find((m) => m.who === 'marta').read, 2);

  pending = wait();
  await parked();
  await call('PATCH', room('espera'), {token: marta, body: {title: 'Nuevo título'}});
  assert.equal((await pending).room.title, 'Nuevo título');

  pending = wait();
  await parked();
  await send('espera', marta, envelope('por fin'));
  assert.deepEqual((await pending).messages.map((m) => m.text), ['por fin']);
  assert.ok(Date.now() - began < 15_000);
});

test('wait= looks for itself where the notice was lost', async () => {
  const token = await talk('perdida', 1);
  const pending = get(`${room('perdida')}/messages?after=1&wait=20`, token);
  await until(async () => /long_polls\{worker="0"\} 1/.test((await call('GET', '/metrics')).text), 'a parked request');
  world.postgres.psql(`INSERT INTO marks (gym_id, room_id, role, who, delivered, read)
    SELECT gym_id, id, 'staff', 'nadie', 1, 1 FROM rooms WHERE key = 'perdida'`);
  assert.equal((await pending).marks[0].who, 'nadie');
});

test('wait= with an If-None-Match that is old is answered at once', async () => {
  const token = await talk('etiqueta', 1);
  const path = `${room('etiqueta')}/messages?after=1`;
  const tag = (await call('GET', path, {token})).headers.get('etag');
  assert.equal((await call('GET', path, {token, headers: {'if-none-match': tag}})).status, 304);
  assert.equal((await call('GET', `${path}&wait=1`, {token, headers: {'if-none-match': tag}})).status, 304, 'nothing happened');
  await call('PUT', `${room('etiqueta')}/receipt`, {token: marta, body: {read: 1, delivered: 1}});
  const began = Date.now();
  const {status, json} = await call('GET', `${path}&wait=20`, {token, headers: {'if-none-match': tag}});
  assert.deepEqual([status, json.marks.length], [200, 1]);
  assert.ok(Date.now() - began < 5000);
});

test('wait= on the inbox is answered by news of any room', async () => {
  await talk('cualquiera', 1);
  const {headers} = await call('GET', '/v1/gyms/g/rooms?limit=200', {token: marta});
  const pending = call('GET', '/v1/gyms/g/rooms?limit=200&wait=20', {token: marta, headers: {'if-none-match': headers.get('etag')}});
  await until(async () => /long_polls\{worker="0"\} 1/.test((await call('GET', '/metrics')).text), 'a parked request');
  await send('cualquiera', clientOf('cualquiera'), envelope('algo nuevo'));
  const {json} = await pending;
  assert.equal(json.rooms.find((r) => r.room === 'cualquiera').last_message.text, 'algo nuevo');
});

test('a client that goes away while it waits is forgotten', async () => {
  const token = await talk('fuga', 1);
  const polls = async () => Number((await call('GET', '/metrics')).text.match(/long_polls\{worker="0"\} (\d+)/)[1]);
  const stop = new AbortController();
  const pending = call('GET', `${room('fuga')}/messages?after=1&wait=25`, {token, signal: stop.signal}).catch((error) => error.name);
  await until(async () => await polls() === 1, 'a parked request');
  stop.abort();
  assert.equal(await pending, 'AbortError');
  await until(async () => await polls() === 0, 'the request to be forgotten');
});

// ---- rooms ----

test('making a room is idempotent and names its people', async () => {
  const body = {room: 'crm-1', title: 'Pedro', people: [{role: 'client', who: 'crm-1', name: 'Pedro Núñez'}, {role: 'staff', who: 'sara'}]};
  const made = await call('POST', '/v1/gyms/g/rooms', {token: crm, body});
  assert.equal(made.status, 201);
  assert.deepEqual(made.json.people, [{role: 'client', who: 'crm-1', name: 'Pedro Núñez'}]);
  const again = await call('POST', '/v1/gyms/g/rooms', {token: marta, body: {room: 'crm-1', title: 'Otro'}});
  assert.deepEqual([again.status, again.json.title, again.json.created_at], [200, 'Pedro', made.json.created_at]);
  assert.equal((await get(room('crm-1'), clientOf('crm-1'))).title, 'Pedro');
  const kiosk = await call('POST', '/v1/gyms/g/rooms', {token: crm, body: {room: 'kiosk-torno'}});
  assert.deepEqual([kiosk.status, kiosk.json.kind], [201, 'kiosk']);
  for (const bad of [{}, {room: 'a/b'}, {room: 5}, {room: 'x', title: 5}, {room: 'x', title: 'x'.repeat(201)}, {room: 'x', people: {}},
    {room: 'x', people: [{}]}, {room: 'x', people: [{role: 'boss', who: 'y'}]}, {room: 'x', people: ['y']}, {room: 'x', unknown: 1},
    {room: 'x', people: [{role: 'client', who: 'y', name: 'a'}, {role: 'client', who: 'y', name: 'b'}]}])
    assert.equal((await call('POST', '/v1/gyms/g/rooms', {token: crm, body: bad})).json.code, 'invalid', JSON.stringify(bad));
});

test('a new room is told to the dashboards', async () => {
  const staff = await world.broker.connect({role: 'staff', sub: 'oye'});
  await subscribe(staff, 'gym/g/room/+/#');
  await call('POST', '/v1/gyms/g/rooms', {token: crm, body: {room: 'anunciada', title: 'Hola'}});
  assert.deepEqual((await staff.inbox.take('gym/g/room/anunciada/log')).json, {last_seq: 0, room: {status: 'open', title: 'Hola'}});
  staff.end(true);
});

test('an own room that nobody has written to is empty for its client and unknown to the desk', async () => {
  const token = clientOf('virgen');
  const empty = await get(room('virgen'), token);
  assert.deepEqual([empty.room, empty.last_seq, empty.marks, empty.last_message], ['virgen', 0, [], null]);
  assert.deepEqual((await get(`${room('virgen')}/messages`, token)).messages, []);
  assert.deepEqual((await get(`${room('virgen')}/messages?after=0`, token)).messages, []);
  const {headers, json} = await call('GET', '/v1/gyms/g/rooms', {token});
  assert.deepEqual(json.rooms, []);
  assert.equal((await call('GET', '/v1/gyms/g/rooms', {token, headers: {'if-none-match': headers.get('etag')}})).status, 304);
  for (const path of [room('virgen'), `${room('virgen')}/messages`, `${room('virgen')}/notes`])
    assert.equal((await call('GET', path, {token: marta})).json.code, 'not_found', path);
  assert.equal((await call('PATCH', room('virgen'), {token: marta, body: {title: 'x'}})).json.code, 'not_found');
});

test('one room shows the desk more than its client', async () => {
  const token = await talk('detalle', 3);
  const [forDesk, forClient] = [await get(room('detalle'), marta), await get(room('detalle'), token)];
  for (const key of ['assignee', 'labels', 'snoozed_until', 'waiting_since', 'note_last_seq']) {
    assert.ok(key in forDesk, key);
    assert.ok(!(key in forClient), key);
  }
  assert.deepEqual([forDesk.unread, forClient.unread], [2, 1]);
  assert.equal(forDesk.last_message.text, 'mensaje 3');
  const {headers} = await call('GET', room('detalle'), {token: marta});
  const headersAgain = {'if-none-match': `"x", W/${headers.get('etag')}`};
  assert.equal((await call('GET', room('detalle'), {token: marta, headers: headersAgain})).status, 304);
  assert.equal((await call('HEAD', room('detalle'), {token: marta})).text, '');
});

test('what the desk sets is kept, told to all, and in the audit', async () => {
  await talk('cambios', 1);
  const staff = await world.broker.connect({role: 'staff', sub: 'mira'});
  await subscribe(staff, 'gym/g/room/+/#');
  await subscribe(staff, 'gym/g/desk/#');
  const patch = async (body) => {
    const answer = await call('PATCH', room('cambios'), {token: marta, body});
    assert.equal(answer.status, 200, answer.text);
    return answer.json;
  };
  const until_ = new Date(Date.now() + 3600_000).toISOString();
  const snoozed = await patch({snoozed_until: until_, assignee: 'luis', labels: ['vip', 'queja']});
  assert.deepEqual([snoozed.status, snoozed.snoozed_until, snoozed.assignee, snoozed.labels], ['snoozed', until_, 'luis', ['vip', 'queja']]);
  assert.equal((await staff.inbox.take('gym/g/room/cambios/log')).json.room.status, 'snoozed');
  const desk = (await staff.inbox.take('gym/g/desk/cambios/log')).json;
  assert.deepEqual([desk.assignee, desk.labels, desk.snoozed_until, desk.status], ['luis', ['vip', 'queja'], until_, 'snoozed']);

  const resolved = await patch({status: 'resolved', assignee: null});
  assert.deepEqual([resolved.status, resolved.snoozed_until, resolved.assignee, resolved.waiting_since, resolved.labels],
    ['resolved', null, null, null, ['vip', 'queja']]);
  assert.deepEqual((await patch({})).labels, ['vip', 'queja']);
  assert.deepEqual((await patch({labels: [], title: 'T'})).labels, []);
  assert.equal((await patch({title: null})).title, null);

  const audit = world.postgres.psql(`SELECT a.who, a.change FROM audit a JOIN rooms r ON r.gym_id = a.gym_id AND r.id = a.room_id
    WHERE r.key = 'cambios' ORDER BY a.id`).split('\n');
  assert.equal(audit.length, 4, 'nothing for a patch that changes nothing');
  assert.match(audit[0], /^marta\|.*"assignee": \[null, "luis"\]/);

  for (const bad of [{status: 'closed'}, {status: 'snoozed'}, {status: 'open', snoozed_until: until_}, {snoozed_until: '2020-01-01T00:00:00Z'},
    {snoozed_until: 'mañana'}, {assignee: 'a b'}, {labels: ['x', 'x']}, {labels: ['']}, {labels: ['x'.repeat(41)]}, {labels: 'x'},
    {labels: Array(21).fill(0).map((_, i) => `l${i}`)}, {title: 'x'.repeat(201)}, {estado: 'open'}])
    assert.equal((await call('PATCH', room('cambios'), {token: marta, body: bad})).json.code, 'invalid', JSON.stringify(bad));
  staff.end(true);
});

test('a client\'s message opens a resolved room again', async () => {
  const token = await talk('reabre', 1);
  await call('PATCH', room('reabre'), {token: marta, body: {status: 'resolved'}});
  await send('reabre', marta, envelope('gracias'));
  assert.equal((await get(room('reabre'), marta)).status, 'resolved', 'the desk\'s own message does not');
  await send('reabre', token, envelope('otra pregunta'));
  const now = await get(room('reabre'), marta);
  assert.equal(now.status, 'open');
  assert.ok(now.waiting_since);
});

test('a snooze that is over puts the room back', async () => {
  await talk('siesta', 1);
  await call('PATCH', room('siesta'), {token: marta, body: {snoozed_until: new Date(Date.now() + 600_000).toISOString()}});
  assert.ok(!(await get('/v1/gyms/g/rooms?limit=200', marta)).rooms.some((r) => r.room === 'siesta'));
  world.postgres.psql(`UPDATE rooms SET snoozed_until = now() - interval '1 s' WHERE key = 'siesta'`);
  await until(async () => (await get(room('siesta'), marta)).status === 'open', 'the room to wake');
  assert.equal((await get(room('siesta'), marta)).snoozed_until, null);
});

// ---- the desk ----

test('notes are kept apart: own seq, no client sees them', async () => {
  const token = await talk('notas', 2);
  const note = envelope('ojo: debe dos meses');
  const post = (body, who = marta) => call('POST', `${room('notas')}/notes`, {token: who, body});
  const first = await post(note);
  assert.deepEqual([first.status, first.json.seq], [201, 1]);
  assert.equal((await post(note)).json.seq, 1);
  assert.equal((await post({...note, text: 'otra'})).json.code, 'conflict');
  assert.equal((await post(envelope('desde el CRM'), crm)).json.seq, 2);
  const {notes, note_last_seq: last} = await get(`${room('notas')}/notes`, marta);
  assert.deepEqual([notes.map((n) => n.text), last], [['ojo: debe dos meses', 'desde el CRM'], 2]);
  assert.equal(notes[0].name, 'Marta Ruiz');
  assert.deepEqual((await get(`${room('notas')}/notes?after=1`, marta)).notes.length, 1);
  assert.deepEqual((await get(`${room('notas')}/notes?before=2&limit=1`, marta)).notes.map((n) => n.seq), [1]);
  assert.equal((await call('GET', `${room('notas')}/notes?after=3`, {token: marta})).json.code, 'cursor_ahead');
  assert.equal((await call('GET', `${room('notas')}/notes?after=x`, {token: marta})).json.code, 'cursor_invalid');
  assert.equal((await call('GET', `${room('notas')}/notes`, {token})).json.code, 'forbidden');
  const page = await get(`${room('notas')}/messages`, token);
  assert.deepEqual(page.messages.map((m) => m.seq), [1, 2]);
  const {headers} = await call('GET', `${room('notas')}/notes`, {token: marta});
  assert.equal((await call('GET', `${room('notas')}/notes`, {token: marta, headers: {'if-none-match': headers.get('etag')}})).status, 304);
});

test('canned answers are one list, replaced as a whole', async () => {
  const path = '/v1/gyms/g/canned';
  assert.deepEqual((await get(path, marta)).canned, []);
  const canned = [{key: 'horario', title: 'Horario', text: 'Abrimos de 7 a 22'}, {key: 'hola', text: '¡Hola!'}];
  const put = await call('PUT', path, {token: marta, body: {canned}});
  assert.deepEqual([put.status, put.json.canned, put.json.updated_by], [200, canned, 'marta']);
  const {headers, json} = await call('GET', path, {token: crm});
  assert.deepEqual(json, put.json);
  assert.equal((await call('GET', path, {token: marta, headers: {'if-none-match': headers.get('etag')}})).status, 304);
  for (const bad of [{}, {canned: {}}, {canned: [{}]}, {canned: [{key: 'x'}]}, {canned: [{key: 'x y', text: 'z'}]}, {canned: [{key: 'x', text: ''}]},
    {canned: ['x']}, {canned: [{key: 'x', text: 'y', more: 1}]}, {canned, extra: 1}, {canned: Array(201).fill(canned[1])}])
    assert.equal((await call('PUT', path, {token: marta, body: bad})).json.code, 'invalid', JSON.stringify(bad).slice(0, 80));
});

test('search folds case and accents, knows endings, and completes the last word', async () => {
  const texts = ['¿Puedo RESERVAR plaza en la clase de Yoga?', 'Las reservas de pilates están llenas', 'El sábado cierra la piscina', 'Cancelación de la cuota'];
  const token = clientOf('buscada', {name: 'Bea'});
  await get('/v1/me', token);
  for (const text of texts)
    await send('buscada', token, envelope(text));
  const find = async (q, more = '') => (await get(`/v1/gyms/g/search?q=${encodeURIComponent(q)}${more}`, marta)).results;
  await until(async () => (await find('cancelacion')).length === 1, 'the words to be digested');
  const textsOf = async (q) => (await find(q)).map((r) => r.message.text);
  assert.deepEqual(await textsOf('reserva'), [texts[1], texts[0]], 'newest first');
  assert.deepEqual(await textsOf('RESERV'), [texts[1], texts[0]]);
  assert.deepEqual(await textsOf('clase yog'), [texts[0]]);
  assert.deepEqual(await textsOf('sabado'), [texts[2]]);
  assert.deepEqual(await textsOf('yoga pilates'), []);
  const [one] = await find('pisci');
  assert.deepEqual([one.room, one.message.name], ['buscada', 'Bea']);
  assert.ok(!('delivered_at' in one.message) && !('read_at' in one.message), 'not null, as if nobody had read it');
  assert.deepEqual(one.snippet.find((part) => part.match).text, 'piscina');
  assert.equal(one.snippet.map((part) => part.text).join(''), texts[2]);
  const page = await get('/v1/gyms/g/search?q=reserv&limit=1', marta);
  assert.equal(page.results.length, 1);
  const next = await get(`/v1/gyms/g/search?q=reserv&limit=1&cursor=${page.next}`, marta);
  assert.deepEqual([next.results[0].message.text, next.next], [texts[0], null]);
  for (const query of ['', '?q=', '?q=%20%3F', `?q=${'x'.repeat(201)}`, '?q=%ff%fe', '?q=x&limit=51'])
    assert.equal((await call('GET', `/v1/gyms/g/search${query}`, {token: marta})).json.code, 'invalid', query);
  for (const cursor of ['x', page.next.slice(1), `${page.next}A`])
    assert.equal((await call('GET', `/v1/gyms/g/search?q=x&cursor=${cursor}`, {token: marta})).json.code, 'cursor_invalid');
  const other = world.broker.token({gym: 'otro', role: 'staff', sub: 'x'});
  assert.deepEqual((await get('/v1/gyms/otro/search?q=reserva', other)).results, []);
});

test('what takes too long is told, and nothing quick waits behind it', async () => {
  const holder = spawn('psql', ['-Xq', '-d', world.postgres.url(), '-c', 'BEGIN; LOCK participants, message_words; SELECT pg_sleep(60)']);
  await until(() => world.postgres.psql(
    "SELECT count(*) FROM pg_locks WHERE relation = 'message_words'::regclass AND mode = 'AccessExclusiveLock' AND granted") === '1', 'the lock');
  const slow = ['/v1/gyms/g/search?q=hola', '/v1/gyms/g/rooms?q=maria', '/v1/gyms/g/search?q=adios'].map((path) => call('GET', path, {token: marta}));
  assert.equal((await call('GET', '/v1/gyms/g/canned', {token: marta})).status, 200);
  for (const {status, json} of await Promise.all(slow))
    assert.deepEqual([status, json.code], [422, 'too_broad']);
  world.postgres.psql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'BEGIN; LOCK participants%'");
  await new Promise((gone) => holder.once('exit', gone));
  assert.equal((await call('GET', '/v1/gyms/g/rooms?q=maria', {token: marta})).status, 200);
});

test('the response time counts first answers of the desk within opening hours', async () => {
  const gym = {name: 'Gimnasio', time_zone: 'Europe/Madrid', locale: 'es', settings: {accent: '#123456'},
    hours: {mon: [['09:00', '14:00'], ['16:00', '21:00']], tue: [['09:00', '14:00']]}};
  const service = world.broker.token({gym: 'tiempos', role: 'service', sub: 'crm'});
  const made = await call('PUT', '/v1/gyms/tiempos', {token: service, body: gym});
  assert.deepEqual([made.status, made.json], [201, {key: 'tiempos', ...gym}]);
  const changed = await call('PUT', '/v1/gyms/tiempos', {token: service, body: {name: 'Otro'}});
  assert.deepEqual([changed.status, changed.json], [200, {key: 'tiempos', ...gym, name: 'Otro'}]);
  for (const bad of [{time_zone: 'Mars/Olympus'}, {locale: 'fr'}, {hours: {lun: []}}, {hours: {mon: [['9', '10']]}}, {hours: {mon: [['10:00', '09:00']]}},
    {hours: {mon: [['09:00', '12:00'], ['11:00', '13:00']]}}, {hours: []}, {settings: 5}, {nombre: 'x'}, {settings: {x: 'y'.repeat(33000)}}])
    assert.equal((await call('PUT', '/v1/gyms/tiempos', {token: service, body: bad})).json.code, 'invalid', JSON.stringify(bad).slice(0, 60));

  // Asked and answered, Madrid time, of the Monday and Tuesday of last week: seconds within the hours beside each.
  const times = [
    ['mon 09:00', 'mon 09:05', 300], ['mon 13:55', 'mon 16:05', 600], ['mon 20:50', 'tue 09:10', 1200],
    ['mon 03:00', 'mon 09:01', 60], ['mon 10:00', 'mon 11:00', 3600], ['tue 13:00', 'tue 13:30', 1800],
  ];
  const rows = times.map(([asked, answered], i) => {
    const at = (text) => `(date_trunc('week', now() AT TIME ZONE 'Europe/Madrid')::date - 7 + ${text.startsWith('tue') ? 1 : 0} + time '${text.slice(4)}') AT TIME ZONE 'Europe/Madrid'`;
    return `(${i + 1}, 1, 'client', ${at(asked)}), (${i + 1}, 2, 'staff', ${at(answered)})`;
  });
  // A thread that the desk opened, one that nobody answered, one that a service answered: none of them counts.
  rows.push(`(7, 1, 'staff', now() - interval '3 h'), (7, 2, 'client', now() - interval '2 h'), (7, 3, 'staff', now() - interval '1 h')`,
    `(8, 1, 'client', now() - interval '3 h')`, `(9, 1, 'client', now() - interval '3 h'), (9, 2, 'service', now() - interval '2 h')`);
  world.postgres.psql(`INSERT INTO rooms (gym_id, key) SELECT id, 'r' || n FROM gyms, generate_series(1, 9) n WHERE gyms.key = 'tiempos';
    INSERT INTO messages (gym_id, room_id, seq, sent_at, stored_at, id, sender_role, sender, body)
    SELECT r.gym_id, r.id, v.seq, v.at, v.at, gen_random_uuid(), v.role, 'x', 'hola'
    FROM (VALUES ${rows.join(', ')}) v (n, seq, role, at) JOIN gyms g ON g.key = 'tiempos' JOIN rooms r ON r.gym_id = g.id AND r.key = 'r' || v.n
    ORDER BY v.at, v.n, v.seq`);
  const staff = world.broker.token({gym: 'tiempos', role: 'staff', sub: 's'});
  const asked = () => get('/v1/gyms/tiempos/stats/response-time?days=60', staff);
  await until(async () => (await asked()).response_time?.n === times.length, 'the answers to be digested');
  const sorted = times.map(([, , s]) => s).sort((a, b) => a - b);
  const percentile = (p) => {
    const at = p * (sorted.length - 1), low = Math.floor(at);
    return Math.round(sorted[low] + (at - low) * ((sorted[low + 1] ?? sorted[low]) - sorted[low]));
  };
  assert.deepEqual(await asked(), {response_time: {median_s: percentile(0.5), p90_s: percentile(0.9), n: 6}, days: 60});
  assert.deepEqual((await get('/v1/me', staff)).gym.name, 'Otro');
  const other = world.broker.token({gym: 'sin-datos', role: 'client', sub: 'c'});
  assert.equal((await get('/v1/gyms/sin-datos/stats/response-time', other)).response_time, null, 'under five samples');
  assert.equal((await call('GET', '/v1/gyms/g/stats/response-time?days=0', {token: ana})).json.code, 'invalid');
});

test('presence is a snapshot: staff for clients, all for the desk', async () => {
  for (const [role, sub] of [['client', 'ana'], ['staff', 'marta']]) {
    const client = await world.broker.connect({role, sub});
    await publish(client, `gym/g/presence/${role}/${sub}`, {online: true, conn: 'c1'}, {qos: 0});
    await until(async () => (await get('/v1/gyms/g/presence', marta)).people.some((p) => p.who === sub && p.online), `${sub} to be online`);
    client.end(true);
  }
  const forClient = (await get('/v1/gyms/g/presence', ana)).people;
  assert.deepEqual([...new Set(forClient.map((p) => p.role))], ['staff']);
  assert.equal(forClient[0].name, 'Marta Ruiz');
  world.postgres.psql(`UPDATE participants SET last_seen = now() - interval '151 s'`);
  assert.ok((await get('/v1/gyms/g/presence', marta)).people.every((p) => !p.online));
});

// ---- who may do what ----

/** The least body that a route takes for good, so that nothing but the question at hand refuses it. */
const bodies = {
  postMessage: () => envelope('x'), postNote: () => envelope('x'), putReceipt: () => ({delivered: 0}), postRoom: () => ({room: 'matriz'}),
  patchRoom: () => ({}), putGym: () => ({}), putCanned: () => ({canned: []}), postToken: () => ({gym: 'g', role: 'client', sub: 'x'}),
  revokeToken: () => ({jti: 'unknown'}),
};
const pathOf = (one, gym = 'g', key = 'ana') => one.path.replace('{gym}', gym).replace('{room}', key) + (one.id === 'search' ? '?q=x' : '');
const guarded = operations.filter((one) => !one.operation.security);
const ask = (one, token, gym, key, more = {}) => (more.call ?? call)(one.method, pathOf(one, gym, key), {token, body: bodies[one.id]?.(), ...more});

test('no token, a bad one, an expired one: 401 on every route, with a challenge', async () => {
  const good = {gym: 'g', role: 'staff', sub: 'x'};
  const wrong = [[undefined, 'token_missing'], ['x.y.z', 'token_invalid'], [signToken(good, Buffer.alloc(32, 7).toString('base64url')), 'token_invalid'],
    [signToken(good, world.broker.key, {alg: 'none'}), 'token_invalid'], [world.broker.token(good, {ttl: -60}), 'token_expired'],
    [signToken({...good, aud: 'other'}, world.broker.key), 'token_invalid'], [`${marta}x`, 'token_invalid'],
    [world.broker.token({gym: '_system', role: 'service', sub: 'api'}), 'token_invalid']];
  for (const one of guarded) {
    for (const [token, code] of wrong) {
      const answer = await ask(one, token);
      assert.deepEqual([answer.status, answer.json.code], [401, code], `${one.id} ${code}`);
      assert.match(answer.headers.get('www-authenticate'), /^Bearer realm="gymchat"/);
    }
  }
  for (const authorization of ['Basic eDp5', 'Bearer', 'Bearer ', marta])
    assert.equal((await call('GET', '/v1/me', {headers: {authorization}})).json.code, 'token_missing', authorization);
  assert.equal((await call('GET', '/v1/me', {headers: {authorization: `bearer   ${marta}`}})).status, 200);
});

test('another gym is 403 on every route, whether gym and room exist or not', async () => {
  const rooms = ['ana', 'nobody'], gyms = ['tiempos', 'nowhere', '_system'];
  for (const one of guarded.filter((o) => o.path.includes('{gym}'))) {
    for (const token of [ana, marta, crm, entrada]) {
      const answers = [];
      for (const gym of gyms)
        for (const key of rooms)
          answers.push(await ask(one, token, gym, key));
      assert.ok(answers.every((a) => a.status === 403 && a.json.code === 'forbidden'), `${one.id} ${answers.map((a) => a.status)}`);
      assert.equal(new Set(answers.map((a) => a.json.detail)).size, 1, `${one.id} tells the gyms apart`);
    }
  }
});

test('each role may ask what its row says, on every route', async () => {
  const desk = {staff: true, service: true}, people = {...desk, client: true}, all = {...people, kiosk: true};
  const allowed = {
    getMessages: people, postMessage: all, putReceipt: {client: true, staff: true}, getRooms: people, postRoom: desk, getRoom: people,
    patchRoom: desk, getNotes: desk, postNote: desk, putGym: {service: true}, getCanned: desk, putCanned: desk, getPresence: people,
    search: desk, getResponseTime: people, getMe: all, postToken: {service: true}, revokeToken: {service: true},
  };
  const tokens = {client: ana, staff: marta, kiosk: entrada, service: crm};
  for (const one of guarded) {
    assert.ok(allowed[one.id], `${one.id} is in no row of this test`);
    for (const [role, token] of Object.entries(tokens)) {
      const {status} = await ask(one, token);
      assert.equal(status === 403, !allowed[one.id][role], `${one.id} as ${role}: ${status}`);
    }
  }
});

test('a client gets 403 for any room that is not its own', async () => {
  const familia = clientOf('madre', {rooms: ['madre', 'hija', 'kiosk-entrada']});
  assert.equal((await call('GET', `${room('hija')}/messages`, {token: familia})).status, 200);
  for (const one of guarded.filter((o) => o.path.includes('{room}')))
    for (const key of ['bordes', 'no-such-room', 'kiosk-entrada'])
      assert.equal((await ask(one, familia, 'g', key)).status, 403, `${one.id} ${key}`);
});

test('malformed keys are 400, unknown paths 404, other methods 405', async () => {
  for (const one of guarded.filter((o) => o.path.includes('{room}') && o.id !== 'putReceipt'))
    assert.equal((await ask(one, marta, 'g', 'a.b')).json.code, 'invalid', one.id);
  for (const one of guarded.filter((o) => o.path.includes('{gym}') && o.id !== 'putReceipt'))
    assert.equal((await ask(one, crm, 'g.g', 'ana')).json.code, 'invalid', one.id);
  for (const path of ['/v1/', '/v1/x', '/v1/gyms', '/v1/gyms/g/rooms/ana/messages/1', '/v1/gyms/g/', '/v1/me/'])
    assert.equal((await call('GET', path, {token: marta})).json.code, 'not_found', path);
  for (const [method, path, allow] of [['DELETE', room('ana'), 'GET, HEAD, PATCH, OPTIONS'], ['POST', '/livez', 'GET, HEAD, OPTIONS'],
    ['PUT', '/v1/me', 'GET, HEAD, OPTIONS']]) {
    const answer = await call(method, path, {token: marta, ...(method !== 'DELETE' && {body: {}})});
    assert.deepEqual([answer.status, answer.json.code, answer.headers.get('allow')], [405, 'method_not_allowed', allow]);
  }
  const upgrade = await call('GET', '/mqtt');
  assert.deepEqual([upgrade.status, upgrade.headers.get('upgrade')], [426, 'websocket']);
});

test('every route with a body wants JSON, of a known length, within its limit', async () => {
  for (const one of guarded.filter((o) => o.operation.requestBody)) {
    const token = one.id === 'putReceipt' ? marta : crm;
    const code = async (more) => (await call(one.method, pathOf(one), {token, ...more})).json.code;
    assert.equal(await code({text: '{}', headers: {'content-type': 'text/plain'}}), 'media_type', one.id);
    for (const text of ['', '{', '[]', 'null', '{"a":1,"a":1}', '{"x":"\ud800"}'.replace('\ud800', '\\ud800')])
      assert.ok(['invalid_json', 'invalid'].includes(await code({text, headers: {'content-type': 'application/json'}})), `${one.id} ${text}`);
    assert.equal(await code({text: `{"x":"${'y'.repeat(65_530)}"}`, headers: {'content-type': 'application/json'}}), 'too_large', one.id);
  }
});

// ---- between origins ----

test('an origin on the list gets its fields, any other 403', async () => {
  const api = await world.moreApi({ORIGINS: 'https://crm.example'});
  const ask_ = caller(api.url);
  const allowed = await ask_('GET', '/v1/me', {token: ana, headers: {origin: 'https://crm.example'}});
  assert.deepEqual([allowed.status, allowed.headers.get('access-control-allow-origin')], [200, 'https://crm.example']);
  assert.match(allowed.headers.get('vary'), /origin/i);
  const denied = await ask_('GET', '/v1/me', {token: ana, headers: {origin: 'https://evil.example'}});
  assert.deepEqual([denied.status, denied.json.code, denied.headers.get('access-control-allow-origin')], [403, 'origin_denied', null]);
  const preflight = await ask_('OPTIONS', room('ana'), {headers: {origin: 'https://crm.example', 'access-control-request-method': 'PATCH'}});
  assert.equal(preflight.status, 204);
  assert.match(preflight.headers.get('access-control-allow-methods'), /PATCH/);
  assert.match(preflight.headers.get('access-control-allow-headers'), /authorization/);
  assert.equal((await ask_('OPTIONS', room('ana'), {headers: {origin: 'https://evil.example'}})).status, 403);
  await api.stop();
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

// ---- limits ----

test('over the limit every route says 429, when to come again, and lets others be', async () => {
  const api = await world.moreApi({LIMITS: 'on', LIMIT_REQUESTS: 1, LIMIT_BURST: 3});
  await world.databaseIsUp(api);
  const ask_ = caller(api.url);
  const first = await ask_('GET', '/v1/me', {token: ana});
  assert.match(first.headers.get('ratelimit'), /"requests";r=\d+;t=\d+/);
  for (const one of guarded) {
    const token = world.token('client', 'ana');
    const answer = await until(async () => {
      const a = await ask(one, token, 'g', 'ana', {call: ask_});
      return (a.status === 429 || a.status === 403) && a;
    }, `429 of ${one.id}`);
    if (answer.status === 403)
      continue; // not a client's: the limit comes after the rights
    assert.equal(answer.json.code, 'rate_limited', one.id);
    assert.ok(Number(answer.headers.get('retry-after')) >= 1);
  }
  assert.equal((await ask_('GET', '/v1/me', {token: clientOf('otra')})).status, 200);
  for (let i = 0; i < 10; i++)
    assert.equal((await ask_('GET', '/v1/me', {token: marta})).status, 200);
  assert.equal((await ask_('GET', '/livez')).status, 200);
  await api.stop();
});

test('so many requests may be under way, and each that ends makes room', async () => {
  const api = await world.moreApi({LIMITS: 'on', LIMIT_REQUESTS: 0, LIMIT_PENDING: 3});
  await world.databaseIsUp(api);
  const ask_ = caller(api.url);
  const stop = new AbortController();
  const nobody = clientOf('nadie');
  const waits = [1, 2, 3].map(() => fetch(`${api.url}${room('nadie/messages?after=0&wait=25')}`,
    {headers: {authorization: `Bearer ${nobody}`}, signal: stop.signal}).catch(() => 'aborted'));
  const over = await until(async () => {
    const answer = await ask_('GET', room('nadie/messages'), {token: nobody});
    return answer.status === 429 && answer;
  }, 'the fourth to be refused');
  assert.match(over.json.detail, /^3 requests are under way/);
  assert.equal((await ask_('GET', '/v1/me', {token: ana})).status, 200);
  stop.abort();
  assert.deepEqual(await Promise.all(waits), Array(3).fill('aborted'));
  await until(async () => (await ask_('GET', '/v1/me', {token: nobody})).status === 200, 'room again');
  await api.stop();
});

test('a client sees nothing of a kiosk’s room, whatever its token lists or its id is', async () => {
  const kiosk = world.token('kiosk', 'espia');
  assert.equal((await call('POST', room('kiosk-espia/messages'), {token: kiosk, body: envelope('orden')})).status, 201);
  for (const token of [world.token('client', 'kiosk-espia'), world.token('client', 'leo', {rooms: ['kiosk-espia', 'leo']})]) {
    const {json: me} = await call('GET', '/v1/me', {token});
    assert.deepEqual(me.rooms, me.sub === 'leo' ? ['leo'] : []);
    const {json} = await call('GET', '/v1/gyms/g/rooms', {token});
    assert.deepEqual(json.rooms.filter((r) => r.room === 'kiosk-espia'), []);
    assert.equal((await call('GET', room('kiosk-espia/messages'), {token})).status, 403);
  }
});

test('a kiosk has the limits of a client, and bytes count', async () => {
  const api = await world.moreApi({LIMITS: 'on', LIMIT_REQUESTS: 1, LIMIT_BURST: 3, LIMIT_BYTES: 300});
  await world.databaseIsUp(api);
  const ask_ = caller(api.url);
  const say = (role, sub, text) => ask_('POST', room('limites/messages'), {token: world.token(role, sub), body: envelope(text)});
  const told = [];
  while (told.at(-1) !== 429 && told.length < 30) // staff would have 150 at once
    told.push((await say('kiosk', 'puerta', 'x')).status);
  assert.deepEqual([told.slice(0, 3), told.at(-1)], [[201, 201, 201], 429]);
  assert.equal((await say('kiosk', 'lateral', 'x'.repeat(4000))).status, 201);
  const over = await say('kiosk', 'lateral', 'x');
  assert.deepEqual([over.status, over.json.code], [429, 'rate_limited']);
  assert.match(over.json.detail, /^over 300 bytes per second/);
  assert.ok(Number(over.headers.get('retry-after')) >= 2);
  await api.stop();
});

// ---- when parts are down ----

test('without the database data is 503 and the rest goes on', async () => {
  const api = await world.moreApi({API_DATABASE_URL: 'postgresql://nobody@/none?host=/nonexistent'});
  const ask_ = caller(api.url);
  await until(async () => (await ask_('GET', '/readyz')).json.broker === 'ok', 'the broker');
  const ready = await ask_('GET', '/readyz');
  assert.deepEqual([ready.status, ready.json.status, ready.json.database], [200, 'degraded', 'unavailable']);
  const me = await ask_('GET', '/v1/me', {token: ana});
  assert.deepEqual([me.status, me.json.archive, me.json.gym], [200, 'unavailable', {key: 'g', name: 'g'}]);
  const withoutDatabase = new Set(['getMe', 'postMessage', 'postNote', 'putReceipt', 'postToken']);
  for (const one of guarded) {
    const token = one.id === 'putReceipt' ? marta : crm;
    const answer = await ask(one, token, 'g', 'ana', {call: ask_});
    if (withoutDatabase.has(one.id))
      assert.ok(answer.status < 300, `${one.id}: ${answer.text}`);
    else
      assert.deepEqual([answer.status, answer.json.code, answer.headers.get('retry-after')], [503, 'database_unavailable', '2'], one.id);
  }
  await api.stop();
});

test('while the archive is behind a message is 202, and it is stored later', async () => {
  const message = envelope('para luego'), note = envelope('nota para luego');
  await world.archiver.stop();
  await until(async () => (await call('GET', '/readyz')).json.archiver === 'unavailable', 'the archiver to be missed');
  const queued = await call('POST', `${room('ana')}/messages`, {token: ana, body: message});
  assert.deepEqual([queued.status, queued.json], [202, {id: message.id, status: 'queued'}]);
  assert.equal((await call('POST', `${room('ana')}/notes`, {token: marta, body: note})).status, 202);
  assert.equal((await call('PUT', `${room('ana')}/receipt`, {token: marta, body: {delivered: 1}})).status, 202);
  assert.equal((await get('/v1/me', ana)).archive, 'unavailable');
  assert.match((await call('GET', '/metrics')).text, /gymchat_archiver_up 0/);
  await world.archiver.start().ready();
  await until(async () => (await get(`${room('ana')}/messages`, ana)).messages.some((m) => m.id === message.id), 'the message');
});

test('without the broker nothing can be sent, and history still reads', async () => {
  const api = await world.moreApi({MQTT_SOCKET: '/nonexistent.sock'});
  const ask_ = caller(api.url);
  await until(async () => (await ask_('GET', '/readyz')).json.database === 'ok', 'the database');
  const ready = await ask_('GET', '/readyz');
  assert.deepEqual([ready.status, ready.json.status], [503, 'waiting']);
  for (const id of ['postMessage', 'postNote', 'putReceipt']) {
    const answer = await ask(operations.find((o) => o.id === id), marta, 'g', 'ana', {call: ask_});
    assert.deepEqual([answer.status, answer.json.code], [503, 'broker_unavailable'], id);
    assert.ok(answer.headers.get('retry-after'));
  }
  assert.equal((await ask_('GET', `${room('ana')}/messages`, {token: ana})).status, 200);
  await api.stop();
});

// ---- the description ----

test('request ids go in, come out, and are in the log', async () => {
  const id = `prueba-${randomUUID()}`;
  assert.equal((await call('GET', '/livez', {headers: {'x-request-id': id}})).headers.get('x-request-id'), id);
  await until(() => world.api.output.includes(id), 'the id in the log');
  const strange = (await call('GET', '/livez', {headers: {'x-request-id': 'a b\tc'}})).headers.get('x-request-id');
  assert.match(strange, /^[0-9a-f]{16}$/);
  const problem = await call('GET', '/v1/nothing', {headers: {'x-request-id': id}});
  assert.equal(problem.json.request_id, id);
});

test('the description is served, and every answer that it knows has been seen', async () => {
  assert.equal((await call('GET', '/openapi.yaml')).text.slice(0, 8), 'openapi:');
  assert.equal((await call('GET', '/livez')).status, 200);
  const rare = new Set(['postToken 500', 'putGym 429', 'postRoom 429', 'patchRoom 429', 'getNotes 429', 'postNote 429', 'getCanned 429',
    'putCanned 429', 'search 429', 'postToken 429', 'revokeToken 429', 'getMetrics 403', 'getMe 403']);
  // A body without a length is what no fetch sends: api-http.test.js.
  const missing = operations.flatMap((one) => Object.keys(one.operation.responses).map((status) => `${one.id} ${status}`))
    .filter((key) => !seen.has(key) && !rare.has(key) && !key.endsWith(' 411'));
  assert.deepEqual(missing, []);
  const listed = Object.values(description.components.responses).flatMap((r) => [...r.description.matchAll(/`(\w+)`/g)].map(([, code]) => code));
  const codes = new Set([...seen].map((key) => key.split(' ')[2]).filter(Boolean));
  for (const code of codes)
    assert.ok(listed.includes(code), `${code} is in no response of the description`);
  assert.equal(resolve({$ref: '#/components/schemas/Key'}).type, 'string');
});
