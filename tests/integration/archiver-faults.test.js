// Nothing lost, nothing twice, in order: archiver, database and broker die or stand still while senders go on.
import assert from 'node:assert/strict';
import {after, afterEach, before, test} from 'node:test';
import {message, notice, say, stores, topic, World} from '../lib/archiver.js';
import {publish, subscribe, until} from '../lib/broker.js';

let world, ear;
before(async () => {
  world = await World.start();
  await (await world.archiver()).stop(); // the broker keeps nothing for a session that it has never seen
});
after(() => world.stop());
afterEach(async () => {
  for (const archiver of world.archivers.splice(0))
    await archiver.remove();
});

/** Rooms whose seqs are not 1..n, and ids that are there twice. */
async function damage() {
  return world.rows(`SELECT room_id, count(*), max(seq), count(DISTINCT id) FROM messages GROUP BY gym_id, room_id
    HAVING max(seq) <> count(*) OR min(seq) <> 1 OR count(DISTINCT id) <> count(*)
    UNION ALL SELECT id, 0, last_seq, 0 FROM rooms r WHERE last_seq <> (SELECT count(*) FROM messages m WHERE m.gym_id = r.gym_id AND m.room_id = r.id)`);
}

const PACE_MS = 10; // between two messages of a sender: a hundred thousand that wait for the database only take time

/** Senders that go on at QoS 1 until check(); each PUBACK that they got is a promise of the broker, which lives. */
class Pump {
  constructor(rooms) {
    this.rooms = rooms;
    this.sent = new Map(rooms.map((room) => [room, []]));
    this.going = true;
  }

  static async start(n, name) {
    const pump = new Pump(Array.from({length: n}, (_, i) => `${name}-${i}`));
    const clients = await Promise.all(pump.rooms.map((room) => world.client('client', room)));
    pump.ends = pump.rooms.map((room, i) => pump.#run(clients[i], room));
    return pump;
  }

  async #run(client, room) {
    for (let n = 0; this.going; n++) {
      await Promise.all([0, 1, 2, 3].map((part) => {
        const body = message(`${n}.${part}`);
        this.sent.get(room).push(body);
        return publish(client, topic(room, 'client', room), body);
      }));
      await new Promise((next) => setTimeout(next, PACE_MS));
    }
  }

  /** Stops, waits until all is stored, and compares row by row. */
  async check(ms = 60_000) {
    this.going = false;
    await Promise.all(this.ends);
    const total = [...this.sent.values()].reduce((sum, list) => sum + list.length, 0);
    const mine = `SELECT coalesce(sum(last_seq), 0)::int FROM rooms WHERE key = ANY($1)`;
    await until(async () => await world.one(mine, [this.rooms]).catch(() => -1) >= total, `${total} messages to be stored`, ms);
    for (const room of this.rooms)
      assert.deepEqual((await world.room(room)).map((row) => row.id), this.sent.get(room).map((body) => body.id), room);
    assert.deepEqual(await damage(), []);
    return total;
  }
}

test('kill -9 of the archiver, again and again', async () => {
  const pump = await Pump.start(20, 'kill');
  for (let n = 0; n < 6; n++) {
    const archiver = await world.archiver();
    const before = await world.one('SELECT count(*)::int FROM messages');
    await until(async () => await world.one('SELECT count(*)::int FROM messages') > before + 100, 'it to store');
    await archiver.stop('SIGKILL');
  }
  await world.archiver();
  assert.ok(await pump.check() > 600);
});

test('what was published while it was away, and over a restart of the broker, is stored in order', async () => {
  const archiver = await world.archiver();
  const ana = await world.client('client', 'away');
  const sent = [await say(ana, 'away', 'client', 'away', 'here')];
  await until(async () => (await world.room('away')).length === 1, 'the first');
  await archiver.stop();
  for (let n = 0; n < 50; n++)
    sent.push(await say(ana, 'away', 'client', 'away', `away ${n}`));
  ana.end(true);
  await world.broker.restart();
  const again = await world.client('client', 'away');
  for (let n = 0; n < 50; n++)
    sent.push(await say(again, 'away', 'client', 'away', `restarted ${n}`));
  await world.archiver();
  await until(async () => (await world.room('away')).length === sent.length, 'all of them');
  assert.deepEqual((await world.room('away')).map((row) => row.id), sent.map((body) => body.id));
});

test('the database restarts, twice in a crash, while senders go on', async () => {
  const archiver = await world.archiver();
  const pump = await Pump.start(10, 'db');
  for (const how of ['fast', 'immediate', 'immediate']) {
    await until(async () => await world.one('SELECT count(*)::int FROM messages').catch(() => 0) > 100, 'something to be stored');
    await world.postgres.stop(how);
    await archiver.ready(/^waiting: the database/);
    await world.postgres.start();
    await world.connectSql();
    await archiver.ready();
  }
  await pump.check();
});

test('a backend is ended under load', async () => {
  const archiver = await world.archiver();
  const pump = await Pump.start(10, 'backend');
  for (let n = 0; n < 5; n++) {
    const before = await world.one('SELECT count(*)::int FROM messages');
    await until(async () => await world.one('SELECT count(*)::int FROM messages') > before, 'something to be stored');
    await world.sql.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'gymchat-archiver'`);
  }
  await archiver.ready();
  await pump.check();
});

test('a read-only database: one clear line, the broker queues, then all is stored', async () => {
  const archiver = await world.archiver();
  const ro = await world.client('client', 'ro');
  await world.sql.query('ALTER SYSTEM SET default_transaction_read_only = on');
  await world.sql.query('SELECT pg_reload_conf()');
  await until(async () => await world.one('SHOW default_transaction_read_only') === 'on', 'the setting');
  const sent = [];
  for (let n = 0; n < 20; n++)
    sent.push(await say(ro, 'ro', 'client', 'ro', `${n}`));
  await archiver.ready(/^waiting: .*read-only/);
  await world.sql.query('SET default_transaction_read_only = off');
  await world.sql.query('ALTER SYSTEM RESET default_transaction_read_only');
  await world.sql.query('SELECT pg_reload_conf()');
  await archiver.ready();
  await until(async () => (await world.room('ro')).length === 20, 'all of them');
  assert.deepEqual((await world.room('ro')).map((row) => row.id), sent.map((body) => body.id));
});

test('an unplugged broker: the archiver comes back by itself', async () => {
  const archiver = await world.archiver();
  await world.broker.restart();
  await until(() => /archiver warn {2}the broker:/.test(archiver.log), 'it to miss the broker'); // its status may be back already
  await archiver.ready();
  const client = await world.client('client', 'plug');
  await say(client, 'plug', 'client', 'plug', 'back');
  await until(async () => (await world.room('plug')).length === 1, 'the row');
});

// ---- the lease ----

/** Does what ends the first archiver and waits until the second, which stands by, has stored: 6 s at most. */
async function takeover(t, second, end) {
  const begin = performance.now();
  await end();
  await second.ready();
  const before = await world.one('SELECT count(*)::int FROM messages');
  await until(async () => await world.one('SELECT count(*)::int FROM messages') > before, 'the second to store');
  const took = performance.now() - begin;
  t.diagnostic(`taken over after ${Math.round(took)} ms`);
  assert.ok(took < 6000, `${took} ms`);
}

test('of two one works; killed, the other is storing within 6 s', async (t) => {
  const first = await world.archiver();
  const second = world.makeArchiver().start();
  await second.ready(/^waiting: standby/);
  const pump = await Pump.start(5, 'two');
  await until(async () => (await world.room('two-0')).length > 20, 'the first to store');
  await takeover(t, second, () => first.stop('SIGKILL'));
  await pump.check();
});

test('stopped by SIGSTOP: the other is storing within 6 s; continued, the first stores nothing and stands by', async (t) => {
  const first = await world.archiver();
  const second = world.makeArchiver().start();
  await second.ready(/^waiting: standby/);
  const pump = await Pump.start(5, 'stop');
  await until(async () => (await world.room('stop-0')).length > 20, 'the first to store');
  await takeover(t, second, () => first.signal('SIGSTOP'));
  const {epoch} = (await world.rows('SELECT epoch::int FROM archiver_lease'))[0];
  first.signal('SIGCONT');
  await first.ready(/^waiting: standby/);
  assert.equal(second.status, 'ready', 'the second has not been pushed out');
  assert.equal((await world.rows('SELECT epoch::int FROM archiver_lease'))[0].epoch, epoch);
  await pump.check();
  assert.doesNotMatch(second.log, /archiver warn {2}the broker:/, 'nor lost its session for a moment');
});

test('a holder whose epoch is over commits nothing more', async () => {
  const archiver = await world.archiver();
  const client = await world.client('client', 'epoch');
  ear = await world.listener('epoch');
  await notice(ear, stores((await say(client, 'epoch', 'client', 'epoch', '1')).id));
  // As if another had taken over, while this one still believes.
  await world.sql.query('BEGIN; UPDATE archiver_lease SET epoch = epoch + 1');
  const sent = await say(client, 'epoch', 'client', 'epoch', '2');
  await world.sql.query('COMMIT');
  await until(() => /the lease of epoch \d+ (is lost|has been taken over)/.test(archiver.log), 'it to notice');
  await notice(ear, stores(sent.id));
  await archiver.ready();
  assert.deepEqual((await world.room('epoch')).map((row) => row.seq), [1, 2]);
});

test('the row of the lease is gone: it stores nothing and says why, until the row is back', async () => {
  const archiver = await world.archiver();
  const client = await world.client('client', 'bare');
  const [{epoch}] = await world.rows('DELETE FROM archiver_lease RETURNING epoch');
  await archiver.ready(/^waiting/);
  await until(() => /the table archiver_lease is empty/.test(archiver.log), 'it to say why');
  assert.doesNotMatch(archiver.log, /has been taken over/, 'nobody else has it');
  const sent = await say(client, 'bare', 'client', 'bare', 'kept by the broker');
  assert.deepEqual(await world.room('bare'), []);
  await world.sql.query('INSERT INTO archiver_lease (epoch) VALUES ($1)', [epoch]);
  await archiver.ready();
  await until(async () => (await world.room('bare')).length === 1, 'the row');
  assert.deepEqual((await world.room('bare')).map((row) => row.id), [sent.id]);
});

test('somebody else changed last_seq: it looks again instead of making a gap', async () => {
  await world.archiver();
  const client = await world.client('client', 'moved');
  const told = await world.listener('moved');
  await notice(told, stores((await say(client, 'moved', 'client', 'moved', '1')).id));
  await world.sql.query(`INSERT INTO messages (gym_id, room_id, seq, sent_at, id, sender_role, sender, body)
    SELECT gym_id, id, 2, now(), gen_random_uuid(), 'service', 'restore', 'from elsewhere' FROM rooms WHERE key = 'moved'`);
  await world.sql.query(`UPDATE rooms SET last_seq = 2 WHERE key = 'moved'`);
  const log = await notice(told, stores((await say(client, 'moved', 'client', 'moved', '3')).id));
  assert.equal(log.stored[0].seq, 3);
  assert.deepEqual(await damage(), []);
});

test('a database with another schema is refused', async () => {
  await world.sql.query(`INSERT INTO schema_migrations (version) VALUES ('9999')`);
  try {
    const archiver = world.makeArchiver().start();
    assert.equal(await archiver.ended, 1);
    assert.match(archiver.log, /archiver error the database's schema is 9999, this program needs \d{4}/);
  } finally {
    await world.sql.query(`DELETE FROM schema_migrations WHERE version = '9999'`);
  }
});

test('settings that are missing or wrong: one clear line', async () => {
  for (const [env, says] of [
    [{ARCHIVER_DATABASE_URL: undefined}, /GYMCHAT_ARCHIVER_DATABASE_URL/],
    [{SYSTEM_KEY: undefined}, /GYMCHAT_SYSTEM_KEY/],
    [{SYSTEM_KEY: 'short'}, /system key/],
    [{BATCH_MAX: 0}, /BATCH_MAX/],
    [{NO_SUCH: 1}, /NO_SUCH/],
  ]) {
    const archiver = world.makeArchiver(env).start();
    assert.equal(await archiver.ended, 2);
    assert.match(archiver.log, says);
  }
});

test('a token that the broker refuses: it says so and waits', async () => {
  const archiver = world.makeArchiver({SYSTEM_KEY: Buffer.alloc(32, 1).toString('base64url')}).start();
  await archiver.ready(/^waiting: the broker: .*(not authorized|bad user)/i);
});
