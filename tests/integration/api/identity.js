// Who the token says one is: /v1/me, and tokens that are minted and taken back.
import assert from 'node:assert/strict';
import {randomUUID} from 'node:crypto';
import {test} from 'node:test';
import {connectClient, subscribe, until} from '../../lib/broker.js';
import {ana, call, crm, get, marta, world} from './world.js';

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
