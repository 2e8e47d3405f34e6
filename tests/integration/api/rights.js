// Who may do what, the same on every route: tokens, gyms, roles, rooms, origins, and bodies that are none.
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {envelope} from '../../lib/api-world.js';
import {signToken} from '../../lib/broker.js';
import {caller} from '../../lib/openapi.js';
import {ana, ask, call, clientOf, crm, entrada, guarded, marta, pathOf, room, world} from './world.js';

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
