// A token that is taken back ends at the broker too: what is connected by it, and what connects with it. The API tells
// the broker's plugin by $CONTROL/gymchat/v1.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {ApiWorld} from '../lib/api-world.js';
import {connectClient, publish, until} from '../lib/broker.js';

const TOPIC = '$CONTROL/gymchat/v1';
const nowSec = () => Math.floor(Date.now() / 1000);
const BEFORE = nowSec() - 5; // anything is revoked
let world, crm;

before(async () => {
  world = await ApiWorld.start({hasArchiver: false});
  crm = world.token('service', 'crm');
});
after(() => world.stop());

async function revoke(body) {
  assert.equal((await world.call('POST', '/v1/tokens/revoke', {token: crm, body})).status, 204);
}

/** Whether the broker takes a client with these claims; issued before anything was revoked, unless they say when. */
async function isTaken(claims, url = world.broker.url) {
  const all = {gym: 'g', role: 'client', iat: BEFORE, ...claims};
  const username = `${all.gym}.${all.role}.${all.sub}`;
  try {
    const client = await connectClient(url, {
      username, clientId: `${username}.${Math.random().toString(36).slice(2)}`, password: world.broker.token(all)});
    client.end(true);
    return true;
  } catch (error) {
    if (error.code !== 5) throw error; // away is not refused
    return false;
  }
}

/** Resolves once the client's connection has ended; rejects after 2 s. */
const endsSoon = (client, what) => until(() => !client.connected, what, 2000);

test('a holder\'s connections end within 2 s, new ones are refused, others stay', async () => {
  const claims = {role: 'client', sub: 'r1'};
  const clients = [await world.broker.connect(claims), await world.broker.connect(claims)];
  const overEdge = await connectClient(world.api.mqttUrl, world.broker.login(claims, {tail: 'edge'}));
  const others = [await world.broker.connect({role: 'client', sub: 'r2'}), await world.broker.connect({role: 'staff', sub: 'r1'}),
    await world.broker.connect({gym: 'h', role: 'client', sub: 'r1'})];
  await revoke({role: 'client', sub: 'r1'});
  for (const client of [...clients, overEdge])
    await endsSoon(client, 'the holder\'s connection to end');
  assert.equal(await isTaken({sub: 'r1'}), false);
  assert.equal(await isTaken({sub: 'r1'}, world.api.mqttUrl), false);
  assert.match(world.broker.log(), /ended connection g\.client\.r1\.\S+: its token has been revoked/);
  assert.match(world.broker.log(), /refused connection g\.client\.r1\.\S+: token: revoked/);
  assert.ok(await isTaken({sub: 'r1', iat: nowSec() + 5}), 'what is issued later is good');
  for (const client of others) {
    assert.ok(client.connected);
    client.end(true);
  }
});

test('one token of several ends by its jti', async () => {
  const first = await world.broker.connect({role: 'staff', sub: 'luz', jti: 'j-1'});
  const second = await world.broker.connect({role: 'staff', sub: 'luz', jti: 'j-2'});
  await revoke({jti: 'j-1'});
  await endsSoon(first, 'the connection of j-1 to end');
  assert.equal(await isTaken({role: 'staff', sub: 'luz', jti: 'j-1'}), false);
  assert.ok(await isTaken({role: 'staff', sub: 'luz', jti: 'j-2'}));
  assert.ok(second.connected);
  second.end(true);
});

test('another API process, without a database, does not open what is refused', async () => {
  const api = await world.moreApi({API_DATABASE_URL: 'postgresql://nobody@/none?host=/nonexistent'});
  await until(async () => (await (await fetch(`${api.url}/readyz`)).json()).broker === 'ok', 'it to reach the broker');
  assert.equal(await isTaken({sub: 'r1'}), false);
  await api.stop();
  assert.equal(await isTaken({sub: 'r1'}), false);
});

test('many are told in several publishes, and all again to a broker that has started again', async () => {
  world.postgres.psql(`INSERT INTO revocations (gym, role, sub, expires_at)
    SELECT 'g', 'client', 'many-' || repeat('x', 50) || i, now() + interval '1 day' FROM generate_series(1, 400) AS i`);
  await revoke({jti: 'the-last'}); // makes the API read the list at once
  const many = (i) => ({sub: `many-${'x'.repeat(50)}${i}`});
  const areRefused = async () => {
    for (const claims of [many(1), many(200), many(400), {sub: 'r1'}, {sub: 'z', jti: 'the-last'}]) {
      if (await isTaken(claims))
        return false;
    }
    return true;
  };
  await until(areRefused, 'all to be refused', 4000); // sooner than it reads the list by itself
  assert.ok(await isTaken({sub: 'z'}));
  await world.broker.restart();
  await until(areRefused, 'all to be refused again');
});

test('what is revoked again is kept once; a gym has an end; a told exp ends a row sooner', async () => {
  const rows = () => world.postgres.psql(`SELECT coalesce(jti, role || ' ' || sub), round(extract(epoch FROM expires_at - now()) / 86400)
    FROM revocations WHERE gym = 'g' AND (jti LIKE 'again%' OR sub = 'again') ORDER BY 1`).trim();
  for (let i = 0; i < 3; i++) {
    await revoke({jti: 'again'});
    await revoke({jti: 'again-short', exp: nowSec() + 3 * 86400});
    await revoke({role: 'client', sub: 'again'});
  }
  assert.equal(rows(), 'again|400\nagain-short|3\nclient again|400');
  world.postgres.psql(`INSERT INTO revocations (gym, jti, expires_at) SELECT 'voll', 'j' || i, now() + interval '1 hour' FROM generate_series(1, 20000) i`);
  const other = world.token('service', 'crm', {gym: 'voll'});
  const ask = (jti) => world.call('POST', '/v1/tokens/revoke', {token: other, body: {jti}});
  const full = await ask('one-more');
  assert.deepEqual([full.status, full.json.code], [400, 'invalid']);
  assert.match(full.json.detail, /^20000 are revoked in this gym/);
  assert.equal((await ask('j7')).status, 204, 'what is there may be told again');
  world.postgres.psql(`DELETE FROM revocations WHERE gym = 'voll'`);
});

test('no token lives longer than a revocation', async () => {
  const long = {role: 'client', sub: 'ewig'}, login = world.broker.login(long, {ttl: 401 * 86400});
  await assert.rejects(connectClient(world.broker.url, login), {code: 5});
  assert.match(world.broker.log(), /refused connection g\.client\.ewig\.\S+: token: exp is more than 400 days after iat/);
  const answer = await world.call('GET', '/v1/me', {token: login.password});
  assert.deepEqual([answer.status, answer.json.code], [401, 'token_invalid']);
  const year = world.broker.login(long, {ttl: 366 * 86400});
  assert.equal((await world.call('GET', '/v1/me', {token: year.password})).status, 200);
  (await connectClient(world.broker.url, year)).end(true);
});

test('nobody but the API may tell the broker', async () => {
  const nothing = {replace: true, revocations: [], total: 0};
  const all = [{role: 'client', sub: 'r2'}, {role: 'staff', sub: 'marta'}, {role: 'kiosk', sub: 'door'},
    {role: 'service', sub: 'crm'}, {gym: '_system', role: 'service', sub: 'archiver'}];
  for (const claims of all) {
    const client = await world.broker.connect({iat: nowSec() + 5, ...claims});
    await publish(client, TOPIC, nothing);
    client.end(true);
    assert.equal(await isTaken({sub: 'r1'}), false, `${claims.role} ${claims.sub}`);
  }
});

test('what cannot be read leaves the list as it is', async () => {
  const api = await world.broker.connect({gym: '_system', role: 'service', sub: 'api'});
  for (const payload of ['', '{}', '{"replace":true', '{"replace":true,"revocations":[{"gym":"g"}]}'])
    await publish(api, TOPIC, payload);
  assert.equal(await isTaken({sub: 'r1'}), false);
  assert.equal(world.broker.log().match(/revocations that cannot be read/g).length, 4);
  // It may: so it is the API's identity that counts, and an empty list opens. The real one must not tell its own meanwhile.
  await world.api.stop();
  await publish(api, TOPIC, {replace: true, revocations: [], total: 5});
  await publish(api, TOPIC, {replace: true, revocations: []});
  assert.equal(await isTaken({sub: 'r1'}), false, 'a list that lacks a part is none');
  await publish(api, TOPIC, {replace: true, revocations: [], total: 0});
  assert.ok(await isTaken({sub: 'r1'}));
  api.end(true);
});
