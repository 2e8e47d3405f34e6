// Request ids; and the last of all: docs/openapi.yaml is served, and every answer that it knows has been seen.
import assert from 'node:assert/strict';
import {randomUUID} from 'node:crypto';
import {test} from 'node:test';
import {until} from '../../lib/broker.js';
import {description, operations, resolve, seen} from '../../lib/openapi.js';
import {call, world} from './world.js';

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
