// Over a limit every route says so, and when to come again; nobody else is held up.
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {envelope} from '../../lib/api-world.js';
import {until} from '../../lib/broker.js';
import {caller} from '../../lib/openapi.js';
import {ana, ask, clientOf, guarded, marta, room, world} from './world.js';

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
