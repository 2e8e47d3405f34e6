// Commit before acknowledge, seen from the broker's side: a fake broker hands out publishes and sees every byte that comes
// back; PostgreSQL is real, and held or made to fail at the COMMIT itself.
import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {after, afterEach, before, test} from 'node:test';
import pg from 'pg';
import {Archiver, message, topic} from '../lib/archiver.js';
import {until} from '../lib/broker.js';
import {startFakeBroker} from '../lib/fake-broker.js';
import {startPostgres} from '../lib/postgres.js';
import {Proxy} from '../faults/proxy.js';

const ROOM = topic('ana', 'client', 'ana');
const SESSION = '_system.service.archiver.main';

let postgres, sql, sql2, proxy;
before(async () => {
  postgres = await startPostgres();
  sql = new pg.Client({connectionString: postgres.url()});
  sql2 = new pg.Client({connectionString: postgres.url()});
  await sql.connect();
  await sql2.connect();
  proxy = await new Proxy({path: `${postgres.sockets}/.s.PGSQL.5432`}).start();
  // What a COMMIT meets: waits for a lock that a test holds, and raises what a test wrote down.
  await sql.query(`CREATE TABLE at_commit (sqlstate text);
    GRANT SELECT ON at_commit TO gymchat_archiver;
    CREATE FUNCTION meet_commit() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE state text;
    BEGIN
      PERFORM pg_advisory_xact_lock_shared(4711);
      SELECT sqlstate INTO state FROM at_commit;
      IF FOUND THEN RAISE EXCEPTION 'as the test wants' USING ERRCODE = state; END IF;
      RETURN NULL;
    END $$;
    CREATE CONSTRAINT TRIGGER meet_commit AFTER INSERT ON messages DEFERRABLE INITIALLY DEFERRED
      FOR EACH ROW EXECUTE FUNCTION meet_commit();`);
});
after(async () => {
  await sql?.end();
  await sql2?.end();
  await proxy?.stop();
  await postgres?.remove();
});

const running = [];
afterEach(async () => {
  await sql.query('TRUNCATE at_commit');
  await sql.query('SELECT pg_advisory_unlock_all()');
  await sql2.query('SELECT pg_advisory_unlock_all()');
  for (const {archiver, broker} of running.splice(0)) {
    await archiver.remove();
    await broker.close();
  }
});

/** A fake broker with a ready archiver; links(n) is its nth connection with our session, by client id. */
async function begin({env = {}, ...options} = {}) {
  const broker = await startFakeBroker(options);
  const key = Buffer.alloc(32, 7).toString('base64url');
  const archiver = new Archiver({broker: {port: broker.port, systemKey: key}, postgres}, env).start();
  running.push({archiver, broker});
  await archiver.ready();
  return {broker, archiver, input: await session(broker)};
}

const idOf = (client) => client.packets[0]?.clientId ?? '';
const sessions = (broker) => broker.clients.filter((client) => idOf(client) === SESSION);

/** The nth connection of the persistent session, subscribed. */
async function session(broker, n = 0) {
  const client = await until(() => sessions(broker)[n], `connection ${n} of the session`);
  await client.until((c) => c.count('subscribe') === 4, 'four SUBSCRIBEs');
  return client;
}

const notices = (broker) => broker.clients.filter((client) => idOf(client) !== SESSION).flatMap((client) => client.packets)
  .filter((packet) => packet.type === 'publish' && packet.topic.endsWith('/log')).map((packet) => JSON.parse(packet.payload));
/** The ids that notices tell as stored, once there are n of them: they come on another connection than the PUBACKs. */
async function toldOf(broker, n) {
  const told = () => notices(broker).flatMap((log) => log.stored ?? []).map((one) => one.id);
  await until(() => told().length >= n, `the notices of ${n}`);
  return told();
}
const rows = async (room = 'ana') => (await sql.query(`SELECT m.seq::int, m.body, m.id FROM messages m JOIN rooms r ON r.id = m.room_id WHERE r.key = $1 ORDER BY seq`, [room])).rows;

/** Waits until n backends of the archiver wait for the lock in the COMMIT. */
const inCommit = () => until(async () => (await sql.query(`SELECT FROM pg_stat_activity WHERE application_name = 'gymchat-archiver'
  AND query = 'COMMIT' AND wait_event_type = 'Lock'`)).rowCount === 1, 'the archiver to be in its COMMIT');

/** Waits until the archiver has read all that the fake broker has sent: nothing is left in its socket. While a batch is in
 *  its COMMIT it reads one more, so what that shall hold is sent by publishAll. */
const hasRead = (archiver, input) => until(() => {
  const port = input.socket.remotePort.toString(16).toUpperCase().padStart(4, '0');
  const line = readFileSync(`/proc/${archiver.pid}/net/tcp`, 'utf8').split('\n').find((one) => one.split(/ +/)[2]?.endsWith(`:${port}`));
  return input.socket.writableLength === 0 && line?.includes(':00000000 '); // tx_queue:rx_queue
}, 'the archiver to read it');

const bodies = (name, n) => Array.from({length: n}, (_, i) => JSON.stringify(message(`${name} ${i}`)));
const texts = (sent) => sent.map((body) => JSON.parse(body).text);

test('it connects with a session that lasts, a window, and one filter a SUBSCRIBE', async () => {
  const {input} = await begin({env: {BATCH_MAX: 100}});
  const [connect, ...subscribes] = input.packets;
  assert.deepEqual([connect.version, connect.cleanStart, connect.properties.sessionExpiry, connect.properties.receiveMaximum], [5, false, 0xffffffff, 300]);
  assert.deepEqual(subscribes.map((one) => one.filters), [['gym/+/room/+/msg/+/+'], ['gym/+/room/+/receipt/+/+'], ['gym/+/presence/+/+'], ['gym/+/desk/+/note/+/+']]);
});

test('no PUBACK leaves before the COMMIT, none of a whole batch', async () => {
  const {broker, input} = await begin();
  await sql.query('SELECT pg_advisory_lock(4711)');
  const before = (await rows()).length;
  const received = input.received;
  const mids = Array.from({length: 300}, (_, n) => input.publish(ROOM, JSON.stringify(message(`held ${n}`))));
  await inCommit();
  await new Promise((done) => setTimeout(done, 300)); // time enough for a PUBACK that should not come
  assert.equal(input.received, received, 'not one byte');
  assert.deepEqual(notices(broker), [], 'and nobody is told');
  assert.equal((await rows()).length, before, 'nothing is visible');
  await sql.query('SELECT pg_advisory_unlock(4711)');
  await input.until((c) => c.pubacks.length === mids.length, 'the PUBACKs');
  assert.deepEqual(input.pubacks, mids, 'in order');
  assert.equal((await rows()).length, before + mids.length);
});

test('a failed COMMIT sends none, and the redelivery is stored once', async () => {
  const {broker, archiver, input} = await begin();
  const before = (await rows()).length;
  const sent = Array.from({length: 5}, (_, n) => JSON.stringify(message(`failed ${n}`)));
  await sql.query(`INSERT INTO at_commit VALUES ('53100')`);
  sent.forEach((body) => input.publish(ROOM, body));
  await input.until((c) => c.isClosed, 'the connection to be cut');
  assert.deepEqual([input.pubacks, input.count('disconnect')], [[], 0]);
  await archiver.ready(/^waiting: the database's disk is full/);
  const second = await session(broker, 1);
  sent.forEach((body) => second.publish(ROOM, body, {dup: true}));
  await second.until((c) => c.isClosed, 'the second connection to be cut');
  assert.deepEqual(second.pubacks, []);
  assert.equal(archiver.log.match(/archiver error/g).length, 1, 'one clear line, not one an attempt');
  await sql.query('TRUNCATE at_commit');
  const third = await session(broker, 2);
  const mids = sent.map((body) => third.publish(ROOM, body, {dup: true}));
  await third.until((c) => c.pubacks.length === 5, 'the PUBACKs');
  assert.deepEqual(third.pubacks, mids);
  await archiver.ready();
  assert.deepEqual((await rows()).slice(before).map((row) => row.body), sent.map((body) => JSON.parse(body).text));
  assert.deepEqual(await toldOf(broker, 5), sent.map((body) => JSON.parse(body).id));
});

for (const [what, passFirst] of [['never reached the server', false], ['was done, but its answer is lost', true]]) {
  test(`a COMMIT that ${what}: no PUBACK, then no second row`, async () => {
    const env = {ARCHIVER_DATABASE_URL: `postgresql://gymchat_archiver_login@127.0.0.1:${proxy.port}/gymchat?sslmode=disable`};
    const {broker, input} = await begin({env});
    const before = (await rows()).length;
    const sent = Array.from({length: 50}, (_, n) => JSON.stringify(message(`${what} ${n}`)));
    proxy.cutWhen((bytes, toServer) => toServer && bytes.includes('COMMIT\0'), {passFirst});
    sent.forEach((body) => input.publish(ROOM, body));
    await input.until((c) => c.isClosed, 'the connection to be cut');
    assert.deepEqual(input.pubacks, []);
    const second = await session(broker, 1);
    const mids = sent.map((body) => second.publish(ROOM, body, {dup: true}));
    await second.until((c) => c.pubacks.length === 50, 'the PUBACKs');
    assert.deepEqual(second.pubacks, mids);
    assert.deepEqual((await rows()).slice(before).map((row) => row.body), sent.map((body) => JSON.parse(body).text));
    assert.deepEqual(await toldOf(broker, 50), sent.map((body) => JSON.parse(body).id));
  });
}

test('the next batch is read while one is in its COMMIT, and waits for its own', async () => {
  const {archiver, broker, input} = await begin();
  const before = (await rows()).length;
  const [first, second] = [bodies('first batch', 1), bodies('second batch', 5)];
  await sql.query('SELECT pg_advisory_lock(4711)');
  input.publishAll(ROOM, first);
  await inCommit();
  const mids = input.publishAll(ROOM, second);
  await hasRead(archiver, input);
  const secondLock = sql2.query('SELECT pg_advisory_lock(4711)'); // stands in line behind the first COMMIT
  await until(async () => (await sql.query(`SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = 4711 AND NOT granted`)).rowCount === 2, 'the line');
  await sql.query('SELECT pg_advisory_unlock(4711)');
  await secondLock;
  await inCommit();
  assert.deepEqual((await rows()).slice(before).map((row) => row.body), texts(first), 'the first batch is there');
  assert.deepEqual(input.pubacks.filter((mid) => mids.includes(mid)), [], 'no PUBACK of the second');
  assert.deepEqual(await toldOf(broker, 1), first.map((body) => JSON.parse(body).id), 'told of the first alone');
  await sql2.query('SELECT pg_advisory_unlock(4711)');
  await input.until((c) => c.pubacks.length === 6, 'all PUBACKs');
  assert.deepEqual(input.pubacks.slice(1), mids);
  assert.deepEqual((await rows()).slice(before).map((row) => row.body), texts([...first, ...second]));
});

test('where the COMMIT of one fails, the next that has been read is not acknowledged either, nor stored before it', async () => {
  const {archiver, broker, input} = await begin();
  const before = (await rows()).length;
  const sent = [...bodies('fails', 5), ...bodies('was read behind it', 5)];
  await sql.query('SELECT pg_advisory_lock(4711)');
  input.publishAll(ROOM, sent.slice(0, 5));
  await inCommit();
  input.publishAll(ROOM, sent.slice(5));
  await hasRead(archiver, input);
  await sql.query(`INSERT INTO at_commit VALUES ('53100')`);
  await sql.query('SELECT pg_advisory_unlock(4711)');
  await input.until((c) => c.isClosed, 'the connection to be cut');
  assert.deepEqual([input.pubacks, input.count('disconnect'), (await rows()).length], [[], 0, before]);
  await sql.query('TRUNCATE at_commit');
  const second = await session(broker, 1);
  const mids = sent.map((body) => second.publish(ROOM, body, {dup: true}));
  await second.until((c) => c.pubacks.length === 10, 'the PUBACKs');
  assert.deepEqual(second.pubacks, mids);
  assert.deepEqual((await rows()).slice(before).map((row) => row.body), texts(sent));
});

test('the broker goes while one batch is in its COMMIT and the next is read: all once, in order', async () => {
  const {archiver, broker, input} = await begin();
  const before = (await rows()).length;
  const sent = [...bodies('is being stored', 5), ...bodies('is read', 5)];
  await sql.query('SELECT pg_advisory_lock(4711)');
  input.publishAll(ROOM, sent.slice(0, 5));
  await inCommit();
  input.publishAll(ROOM, sent.slice(5));
  await hasRead(archiver, input);
  input.destroy();
  const second = await session(broker, 1); // while the COMMIT still waits
  const mids = second.publishAll(ROOM, sent, {dup: true});
  await hasRead(archiver, second);
  assert.deepEqual([(await rows()).length, second.pubacks], [before, []]);
  await sql.query('SELECT pg_advisory_unlock(4711)');
  await second.until((c) => c.pubacks.length === 10, 'the PUBACKs');
  assert.deepEqual([input.pubacks, second.pubacks], [[], mids]);
  assert.deepEqual((await rows()).slice(before).map((row) => row.body), texts(sent));
});

test('poison that comes again after a lost PUBACK is one dead letter', async () => {
  const {broker, input} = await begin();
  const poison = topic('poison', 'client', 'ana');
  const dead = async () => (await sql.query(`SELECT FROM dead_letters WHERE topic = $1`, [poison])).rowCount;
  input.publish(poison, '{"broken":');
  await input.until((c) => c.pubacks.length === 1, 'the PUBACK');
  input.destroy();
  const second = await session(broker, 1);
  second.publish(poison, '{"broken":', {dup: true});
  await second.until((c) => c.pubacks.length === 1, 'the PUBACK');
  assert.equal(await dead(), 1);
});

test('PUBACKs wait until the notices are on their way', async () => {
  const {broker, input} = await begin();
  const out = broker.clients.find((client) => idOf(client) !== SESSION);
  out.destroy();
  broker.options.connack = (connect) => connect.clientId === SESSION ? 0 : 136;
  await until(async () => running[0].archiver.status.startsWith('waiting'), 'the archiver to miss its second connection');
  const sent = message('untold');
  input.publish(ROOM, JSON.stringify(sent));
  await until(async () => (await rows()).some((row) => row.id === sent.id), 'the row');
  await new Promise((done) => setTimeout(done, 300));
  assert.deepEqual(input.pubacks, [], 'stored, but nobody has been told');
  broker.options.connack = 0;
  await input.until((c) => c.pubacks.length === 1, 'the PUBACK');
  assert.deepEqual(await toldOf(broker, 1), [sent.id]);
});

test('SIGTERM finishes the batch at hand, a second one does not wait', async () => {
  const {archiver, input} = await begin();
  await sql.query('SELECT pg_advisory_lock(4711)');
  const sent = message('the last one');
  input.publish(ROOM, JSON.stringify(message('the last but one')));
  await inCommit();
  input.publish(ROOM, JSON.stringify(sent)); // read, though not begun
  await hasRead(archiver, input);
  archiver.signal('SIGTERM');
  await until(() => archiver.log.includes('stopping after this batch'), 'it to say so');
  await sql.query('SELECT pg_advisory_unlock(4711)');
  assert.equal(await archiver.ended, 0);
  await input.until((c) => c.count('disconnect') === 1, 'good-bye');
  assert.equal(input.pubacks.length, 2);
  assert.ok((await rows()).some((row) => row.id === sent.id));

  const {archiver: other, input: its} = await begin();
  await sql.query('SELECT pg_advisory_lock(4711)');
  its.publish(ROOM, JSON.stringify(message('given up')));
  await inCommit();
  other.signal('SIGTERM');
  await until(() => other.log.includes('stopping after this batch'), 'it to say so');
  other.signal('SIGTERM');
  assert.equal(await other.ended, 0);
  await its.until((c) => c.isClosed, 'the end');
  assert.deepEqual(its.pubacks, []);
});

test('a batch ends by bytes too: memory stays bounded', async () => {
  const {archiver, input} = await begin({env: {BATCH_MAX: 10000}});
  const big = 'x'.repeat(60_000);
  const mids = Array.from({length: 500}, () => input.publish(topic('big', 'client', 'ana'), `{"padding":"${big}"}`));
  await input.until((c) => c.pubacks.length === mids.length, '500 PUBACKs', 60_000);
  assert.equal((await sql.query(`SELECT FROM dead_letters WHERE reason = 'too_large'`)).rowCount, 500);
  const peak = Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${archiver.pid}/status`, 'utf8'))[1]) / 1024;
  assert.ok(peak < (process.env.GYMCHAT_BUILD?.includes('asan') ? 400 : 48), `${peak} MiB`);
});
