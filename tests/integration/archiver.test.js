// What the archiver makes of single publishes: rows, seqs, notices, dead letters, rooms.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {message, notice, say, stores, World} from '../lib/archiver.js';

let world, ear, archiver;
before(async () => {
  world = await World.start();
  archiver = await world.archiver();
  ear = await world.listener();
});
after(() => world.stop());

test('a message becomes a row with seq 1, and the room\'s log says so', async () => {
  const ana = await world.client('client', 'ana');
  const sent = await say(ana, 'ana', 'client', 'ana', 'hola');
  const log = await notice(ear, stores(sent.id));
  assert.equal(log.last_seq, 1);
  assert.deepEqual(log.stored.map(({id, seq, role, sender}) => ({id, seq, role, sender})), [{id: sent.id, seq: 1, role: 'client', sender: 'ana'}]);
  const [row] = await world.room('ana');
  assert.equal(row.body, 'hola');
  assert.equal(row.stored_at.toISOString(), log.stored[0].stored_at);
});
