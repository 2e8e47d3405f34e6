// A holder of the lease that stands still in the middle of a COPY: PostgreSQL's idle limits do not see it and
// statement_timeout does not reach a backend that waits for its client's bytes. Whoever waits for the lease ends it.
import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {after, before, test} from 'node:test';
import {until} from '../lib/broker.js';
import {Archiver, World} from '../lib/archiver.js';

const LEASE_KEY = 29119056;
const TAKEN_OVER_MS = 6000;
let world;
let archiver;
let holder;

before(async () => {
  world = await World.start();
  archiver = new Archiver(world);
});

after(async () => {
  holder?.kill('SIGKILL');
  await archiver?.remove();
  await world?.stop();
});

test('a holder that stopped within a COPY loses the lease within 6 s', async (t) => {
  holder = spawn('psql', ['-Xq', '-d', world.postgres.url('gymchat_archiver_login')], {stdio: ['pipe', 'ignore', 'ignore']});
  holder.stdin.on('error', () => {});	// it is ended with its input open
  holder.stdin.write(`SET statement_timeout = '12s';\nSELECT pg_advisory_lock(${LEASE_KEY});\n`);
  await until(async () => await world.one(`SELECT count(*)::int FROM pg_locks WHERE locktype = 'advisory' AND objid = ${LEASE_KEY} AND granted`) === 1,
    'the holder to have the lease');
  await archiver.start().ready(/^waiting: standby/);
  holder.stdin.write(`SET idle_session_timeout = '3s';\nBEGIN;\nCOPY messages FROM STDIN;\n`);
  await until(async () => (await world.sql.query(`SELECT FROM pg_stat_activity WHERE query LIKE 'COPY messages%' AND wait_event = 'ClientRead' AND state = 'active'`)).rowCount === 1,
    'the holder to wait within its COPY');
  const begin = performance.now();
  await archiver.ready(/^ready$/, TAKEN_OVER_MS + 2000);
  const took = performance.now() - begin;
  t.diagnostic(`taken over after ${Math.round(took)} ms`);
  assert.ok(took <= TAKEN_OVER_MS, `${took} ms`);
  assert.match(archiver.log, /stood still in mid-statement/);
});
