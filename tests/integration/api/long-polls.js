// wait=: what ends a long poll, and what becomes of one whose client goes away.
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {envelope} from '../../lib/api-world.js';
import {until} from '../../lib/broker.js';
import {call, clientOf, get, marta, room, send, talk, world} from './world.js';

const polls = async () => Number((await call('GET', '/metrics')).text.match(/long_polls\{worker="0"\} (\d+)/)[1]);
const parked = () => until(async () => await polls() === 1, 'a parked request');

test('wait= is answered by the next message, by a mark, by a state, or when it is over', async () => {
  const token = await talk('espera', 2);
  const began = Date.now();
  const empty = await get(`${room('espera')}/messages?after=2&wait=1`, token);
  assert.deepEqual([empty.messages, empty.last_seq], [[], 2]);
  assert.ok(Date.now() - began >= 900);

  const wait = () => get(`${room('espera')}/messages?after=2&wait=20`, token);
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
  await parked();
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
  await parked();
  await send('cualquiera', clientOf('cualquiera'), envelope('algo nuevo'));
  const {json} = await pending;
  assert.equal(json.rooms.find((r) => r.room === 'cualquiera').last_message.text, 'algo nuevo');
});

test('a client that goes away while it waits is forgotten', async () => {
  const token = await talk('fuga', 1);
  const stop = new AbortController();
  const pending = call('GET', `${room('fuga')}/messages?after=1&wait=25`, {token, signal: stop.signal}).catch((error) => error.name);
  await parked();
  stop.abort();
  assert.equal(await pending, 'AbortError');
  await until(async () => await polls() === 0, 'the request to be forgotten');
});
