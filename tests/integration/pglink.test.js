// The link to the database against a real server: what is answered, what is uncertain, and that it always comes back.
import assert from 'node:assert/strict';
import {once} from 'node:events';
import {readFileSync} from 'node:fs';
import {createServer} from 'node:net';
import {after, afterEach, before, test} from 'node:test';
import {Driver} from '../lib/driver.js';
import {SCHEMA_VERSION, startPostgres} from '../lib/postgres.js';

let pg;
const drivers = [];
before(async () => { pg = await startPostgres(); });
after(() => pg?.remove());
afterEach(() => drivers.splice(0).forEach((driver) => driver.child.kill('SIGKILL')));

function link({mode = 'pipeline', timeout = 5000, version = SCHEMA_VERSION, setup, conninfo = pg.url()} = {}) {
  const driver = new Driver('pglink_driver', [conninfo, version, mode, timeout, ...(setup ? [setup] : [])]);
  drivers.push(driver);
  return driver;
}

/** A link that is up, and its backend's pid. */
async function up(options) {
  const driver = link(options);
  await driver.next(/^up/);
  driver.say('query pid echo');
  const backend = Number((await driver.next(/^answer pid ok (\d+) null/))[1]);
  return {driver, backend};
}

/** Waits until a backend is inside a statement that matches. */
async function running(backend, pattern) {
  const late = performance.now() + 10_000;
  while (!pattern.test(pg.psql(`SELECT query FROM pg_stat_activity WHERE pid = ${backend} AND state = 'active'`)))
    assert.ok(performance.now() < late, `backend ${backend} never ran ${pattern}`);
}

test('pipeline: answers in order, one failing query harms no other', async () => {
  const {driver} = await up();
  const lines = Array.from({length: 500}, (_, n) => n % 7 === 3 ? `query q${n} fail 0` : `query q${n} echo ${n}`);
  driver.say(...lines, 'query big wide 20000000', 'query end echo end');
  await driver.next(/^answer end ok \d+ end/, 30_000);
  const answers = driver.all(/^answer q/);
  answers.forEach((line, n) => assert.match(line, n % 7 === 3 ? new RegExp(`^answer q${n} db 22012 division by zero`) : new RegExp(`^answer q${n} ok \\d+ ${n}$`)));
  assert.equal(answers.length, 500);
  assert.deepEqual(driver.all(/^answer big/), ['answer big ok 20000000'], '20 MB out through a full socket');
  await driver.quit();
});

test('callbacks may ask, drop and free', async () => {
  for (const mode of ['pipeline', 'plain']) {
    const {driver} = await up({mode});
    driver.say('nest n', 'forget f');
    await driver.next(/^answer nested ok \d+ inner/);
    driver.say('query s sleep 30', 'query t echo never', 'drop', 'query u echo down');
    await driver.next(/^answer s db_uncertain - no answer came: dropped by the test/);
    await driver.next(mode === 'pipeline' ? /^answer t db_uncertain/ : /^answer t db_down/);
    await driver.next(/^down db_down - dropped/);
    await driver.next(/^answer u db_down - the database is not reachable/);
    await driver.next(/^up/);
    driver.say('free y', 'query z echo behind');
    await driver.next(/^answer y ok/);
    await driver.next(/^answer z db_(uncertain|down) .*closing/);
    await driver.next(/^freed/);
    assert.deepEqual(driver.all(/^answer f /), []);
    await driver.quit();
  }
});

test('setup runs first; one that fails is told and tried again', async () => {
  const {driver} = await up({setup: "SET application_name = 'set up'; SET statement_timeout = '1s'"});
  assert.equal(pg.psql("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'set up'"), '1');
  driver.say('query s sleep 3');
  await driver.next(/^answer s db 57014 canceling statement due to statement timeout/);
  await driver.quit();
  const bad = link({setup: 'SET no_such_thing = 1'});
  await bad.next(/^down db 42704/);
  await bad.next(/^down db 42704/);
  await bad.quit();
});

test('another schema version is a configuration error that names its mend', async () => {
  const behind = link({version: '9999'});
  await behind.next(/^down config - the database's schema is \d{4}, this program needs 9999: run `\.\/gymchat up` or `gymchat migrate`/);
  const ahead = link({version: '0000'});
  await ahead.next(/^down config - .* newer than this program/);
  pg.psql('CREATE DATABASE empty', 'postgres');
  const none = link({conninfo: pg.url('gymchat', 'empty')});
  await none.next(/^down config - the database's schema is missing, .*gymchat migrate/);
  pg.psql(`CREATE TABLE schema_migrations (version text); INSERT INTO schema_migrations VALUES ('${SCHEMA_VERSION}')`, 'empty');
  await none.next(/^up/);
  for (const driver of [behind, ahead, none])
    await driver.quit();
});

test('what was sent is uncertain when the server restarts, and the link comes back', async () => {
  const {driver, backend} = await up();
  driver.say('query a sleep 60', 'query b echo x');
  await running(backend, /pg_sleep/);
  await pg.stop('fast');
  await driver.next(/^answer a db_uncertain 57P01 terminating connection due to administrator command/);
  await driver.next(/^answer b db_uncertain/);
  await driver.next(/^down db_/);
  driver.say('query c echo x');
  await driver.next(/^answer c db_down/);
  await driver.next(/^down db_down - cannot connect to the database: .*No such file or directory/);
  await pg.start();
  await driver.next(/^up/);
  await pg.stop('immediate');
  await driver.next(/^down db_down/);
  await pg.start();
  await driver.next(/^up/);
  driver.say('query d echo back');
  await driver.next(/^answer d ok \d+ back/);
  await driver.quit();
});

test('a terminated backend: idle, and inside a query', async () => {
  for (const mode of ['pipeline', 'plain']) {
    const {driver, backend} = await up({mode});
    pg.psql(`SELECT pg_terminate_backend(${backend})`);
    await driver.next(/^down db_down - .*terminating connection due to administrator command/);
    await driver.next(/^up/);
    driver.say('query pid echo', 'query a sleep 60');
    const second = Number((await driver.next(/^answer pid ok (\d+) null/))[1]);
    await running(second, /pg_sleep/);
    pg.psql(`SELECT pg_terminate_backend(${second})`);
    await driver.next(/^answer a db_uncertain 57P01/);
    await driver.next(/^down/);
    await driver.next(/^up/);
    await driver.quit();
  }
});

test('scripts: the last rows are the answer, a failed transaction is rolled back', async () => {
  const {driver} = await up({mode: 'plain'});
  driver.say('script a SELECT 1; SELECT 2', 'script b BEGIN; SELECT 3; COMMIT', 'script c BEGIN; SELECT 1/0; COMMIT',
    'script d SELECT now() = statement_timestamp()', 'script e BEGIN', 'script f SELECT 1/0', 'script g SELECT 4', 'script h ',
    'script i COPY schema_migrations TO STDOUT');
  for (const line of [/^answer a ok 2/, /^answer b ok 3/, /^answer c db 22012/, /^answer d ok t/, /^answer e ok BEGIN/,
    /^answer f db 22012/, /^answer g ok 4/, /^answer h ok/, /^answer i db_uncertain - .*COPY to the client/, /^down/, /^up/])
    await driver.next(line);
  await driver.quit();
});

test('COPY: 16 MB through back-pressure, a bad row, a lost backend', async () => {
  const {driver, backend} = await up({mode: 'plain'});
  driver.say('copy a 400000', 'copy b 700000', 'script c SELECT 7');
  await driver.next(/^answer a ok 400000 79999800000/, 30_000);
  await driver.next(/^answer b db 23514/, 30_000);
  await driver.next(/^answer c ok 7/);
  process.kill(backend, 'SIGSTOP'); // it takes no more data than the socket holds
  driver.say('copy d 400000', 'waiting');
  await driver.next(/^waiting 1/); // on its way
  pg.psql(`SELECT pg_terminate_backend(${backend})`);
  process.kill(backend, 'SIGCONT');
  await driver.next(/^answer d db_uncertain/);
  await driver.next(/^down/);
  await driver.next(/^up/);
  driver.say('copy e 10');
  await driver.next(/^answer e ok 10 45/);
  await driver.quit();
});

test('a server that stops answering is noticed, also in the middle of a COPY', async () => {
  for (const [mode, line] of [['pipeline', 'query a echo x'], ['plain', 'copy a 400000']]) {
    const {driver, backend} = await up({mode, timeout: 1500});
    process.kill(backend, 'SIGSTOP');
    try {
      driver.say(line);
      await driver.next(/^answer a db_uncertain - no answer came: the database did not answer within 1500 ms/);
      await driver.next(/^down db_uncertain/);
      await driver.next(/^up/);
    } finally {
      process.kill(backend, 'SIGCONT');
    }
    await driver.quit();
  }
});

test('time during which this process itself stood still is not held against the server', async () => {
  const {driver} = await up({timeout: 1500});
  driver.say('query a sleep 0.2');
  driver.say('waiting');
  await driver.next(/^waiting 1/);
  process.kill(driver.pid, 'SIGSTOP');
  await new Promise((resolve) => setTimeout(resolve, 2500)); // longer than its timeout: time is the condition
  process.kill(driver.pid, 'SIGCONT');
  await driver.next(/^answer a ok slept/);
  assert.deepEqual(driver.all(/^down/), []);
  await driver.quit();
});

test('several hosts: one that swallows packets does not hide the next', async () => {
  const mute = createServer(() => {}).listen({port: 0, host: '127.0.0.1'});
  await once(mute, 'listening');
  const driver = link({conninfo: `host=127.0.0.1,${pg.sockets} port=${mute.address().port},5432 user=gymchat dbname=gymchat`});
  await driver.next(/^down db_down - no connection to the database within 2000 ms/);
  await driver.next(/^up/);
  await driver.quit();
  mute.close();
  const refused = link({conninfo: `host=/nonexistent,${pg.sockets} user=gymchat dbname=gymchat`});
  await refused.next(/^up/);
  assert.deepEqual(refused.all(/^down/), [], 'libpq itself goes on to the next');
  await refused.quit();
});

test('an idle link costs no time', async () => {
  const {driver} = await up();
  const ticks = () => readFileSync(`/proc/${driver.pid}/stat`, 'utf8').split(' ').slice(13, 15).map(Number).reduce((a, b) => a + b);
  const before = ticks();
  await new Promise((resolve) => setTimeout(resolve, 1000)); // time is what is measured
  assert.ok(ticks() - before <= 5, 'a busy loop would use 100 ticks');
  await driver.quit();
});
