import assert from 'node:assert/strict';
import {test} from 'node:test';
import {Api} from '../src/api/client.js';
import type {Seen} from '../src/api/client.js';
import {TokenSource} from '../src/tokens/token-source.js';
import type {RoomsPage} from '../src/wire.js';
import {T0} from './helpers.js';

const token = `x.${btoa(JSON.stringify({gym: 'g', role: 'staff', sub: 'marta', iat: 1, exp: 601}))}.x`;

test('a long poll names what it has seen, so that nothing between two questions is missed', async () => {
  const asked: (string | null)[] = [];
  let list = 'one';
  const api = new Api(new TokenSource({getToken: async () => token, now: () => T0}), '', async (_, init) => {
    const known = new Headers(init!.headers).get('If-None-Match');
    asked.push(known);
    if (known === `"${list}"`) return new Response(null, {status: 304, headers: {ETag: known}});
    return new Response(JSON.stringify({rooms: [{room: list}]}), {headers: {ETag: `"${list}"`}});
  });
  const seen: Seen<RoomsPage> = {};
  const next = async (): Promise<string> => (await api.rooms('g', {wait: 25}, undefined, seen)).rooms[0]!.room;
  assert.equal(await next(), 'one');
  assert.equal(await next(), 'one', 'still the same');
  list = 'two';
  assert.equal(await next(), 'two');
  assert.deepEqual(asked, [null, '"one"', '"one"']);
  await api.rooms('g', {wait: 25});
  assert.equal(asked.at(-1), null, 'whoever keeps nothing asks for all');
});
