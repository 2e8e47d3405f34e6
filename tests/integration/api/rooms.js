// Rooms: made, shown to the desk and to their client, changed, resolved, snoozed.
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {envelope} from '../../lib/api-world.js';
import {subscribe, until} from '../../lib/broker.js';
import {call, clientOf, crm, get, marta, room, send, talk, world} from './world.js';

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
