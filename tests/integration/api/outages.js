// Without the database, without the broker, and while the archive is behind.
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {envelope} from '../../lib/api-world.js';
import {until} from '../../lib/broker.js';
import {caller, operations} from '../../lib/openapi.js';
import {ana, ask, call, crm, get, guarded, marta, room, world} from './world.js';

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
