// world.js - the instance that the subjects of api.test.js share, its people, and what they all ask of it.
import assert from 'node:assert/strict';
import {after, before} from 'node:test';
import {ApiWorld, envelope} from '../../lib/api-world.js';
import {operations} from '../../lib/openapi.js';

export let world, call, marta, ana, crm, entrada;

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

/** The path of a room. */
export const room = (key) => `/v1/gyms/g/rooms/${key}`;

/** The body of a GET that is answered 200. */
export const get = async (path, token, headers) => {
  const answer = await call('GET', path, {token, headers});
  assert.equal(answer.status, 200, answer.text);
  return answer.json;
};

/** Sends a message, which is stored; its seq. */
export const send = async (key, token, message) => {
  const answer = await call('POST', `${room(key)}/messages`, {token, body: message});
  assert.equal(answer.status, 201, answer.text);
  return answer.json.seq;
};

/** The token of a client. */
export const clientOf = (sub, more) => world.token('client', sub, more);

/** A room with n messages, from the client and the desk in turn; its client's token. */
export async function talk(key, n) {
  const token = clientOf(key);
  for (let i = 1; i <= n; i++)
    assert.equal(await send(key, i % 2 ? token : marta, envelope(`mensaje ${i}`)), i);
  return token;
}

/** The least body that a route takes for good, so that nothing but the question at hand refuses it. */
const bodies = {
  postMessage: () => envelope('x'), postNote: () => envelope('x'), putReceipt: () => ({delivered: 0}), postRoom: () => ({room: 'matriz'}),
  patchRoom: () => ({}), putGym: () => ({}), putCanned: () => ({canned: []}), postToken: () => ({gym: 'g', role: 'client', sub: 'x'}),
  revokeToken: () => ({jti: 'unknown'}),
};

/** An operation's path, for a gym and a room. */
export const pathOf = (one, gym = 'g', key = 'ana') => one.path.replace('{gym}', gym).replace('{room}', key) + (one.id === 'search' ? '?q=x' : '');

/** The operations that want a token. */
export const guarded = operations.filter((one) => !one.operation.security);

/** Asks an operation with such a body; more: what call() takes, and another call. */
export const ask = (one, token, gym, key, more = {}) => (more.call ?? call)(one.method, pathOf(one, gym, key), {token, body: bodies[one.id]?.(), ...more});
