#!/usr/bin/env node
// archive.js - `./gymchat bench archive`: the archiver beside a subscriber that stores nothing and beside what one would
// write instead, in one run on one machine: same broker configuration (plugin on), same publishers, PostgreSQL with
// fsync and synchronous_commit on. Prints one table; docs/benchmarks.md keeps the last results.
//   --messages N   a side (200,000)      --rooms N (10,000)      --only a,b   sides or parts by name
//   --rounds N     of all sides in turns (1)
//   --growth       the archiver alone at 0, 1, 10 million rows (--rows A,B…) and 100, 10,000, 100,000 rooms
import {spawn} from 'node:child_process';
import {closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {parseArgs} from 'node:util';
import pg from 'pg';
import {Broker, ROOT, until} from '../tests/lib/broker.js';
import {startPostgres} from '../tests/lib/postgres.js';
import {bin, cpuSeconds, median} from './lib/scene.js';

const {values: args} = parseArgs({options: {
  messages: {type: 'string', default: '200000'},
  backlog: {type: 'string', default: '200000'},
  waiting: {type: 'string', default: '1000000'},
  rooms: {type: 'string', default: '10000'},
  rounds: {type: 'string', default: '1'},
  only: {type: 'string'},
  growth: {type: 'boolean', default: false},
  rows: {type: 'string', default: '0,1000000,10000000'},
}});
const MESSAGES = Number(args.messages);
const ROOMS = Number(args.rooms);
const SIDE_MOST_MS = 300_000;
const LOOK_MS = 50;	// how often the bench looks: every 10 ms took 5 % of the two cores from what is measured
const wanted = (name) => !args.only || args.only.split(',').includes(name);

/** Of the archiver's session with PostgreSQL. */
function backendSeconds(world) {
  const pids = readFileSync(`/proc/${world.postgres.pid}/task/${world.postgres.pid}/children`, 'utf8').trim().split(' ');
  const backend = pids.find((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('gymchat_archiver_login'));
  return backend === undefined ? 0 : cpuSeconds(backend);
}

/** A process whose output goes to a file; ready when its output, or its ready file, says so. */
class Side {
  constructor(world, name, file, argv, env) {
    this.logFile = join(world.folder, `${name}-${Math.random().toString(36).slice(2, 8)}.log`);
    const log = openSync(this.logFile, 'a');
    this.child = spawn(file, argv, {stdio: ['ignore', log, log], env: {PATH: process.env.PATH, ...env}});
    closeSync(log);
    this.gone = new Promise((done) => this.child.once('exit', done));
    process.on('exit', () => this.child.kill('SIGKILL'));
  }

  log() {
    return readFileSync(this.logFile, 'utf8');
  }

  peakKiB() {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${this.child.pid}/status`, 'utf8'))?.[1] ?? 0);
  }

  cpuSeconds() {
    return cpuSeconds(this.child.pid);
  }

  async stop() {
    this.child.kill('SIGTERM');
    await this.gone;
  }
}

/** A fresh broker and database: every side starts from the same. */
async function makeWorld() {
  const world = {filled: 0, folder: mkdtempSync(join(tmpdir(), 'gymchat-bench-'))};
  world.postgres = await startPostgres({settings: {fsync: 'on', synchronous_commit: 'on', shared_buffers: '512MB', max_wal_size: '4GB'}});
  world.broker = await Broker.start({settings: {LIMITS: 'off'}});
  world.sql = new pg.Client({connectionString: world.postgres.url()});
  world.sql.on('error', () => {});
  await world.sql.connect();
  world.one = async (text) => Number(Object.values((await world.sql.query(text)).rows[0])[0]);
  world.end = async () => {
    await world.sql.end();
    await world.broker.stop();
    await world.postgres.remove();
    rmSync(world.folder, {recursive: true, force: true});
  };
  return world;
}

function flood(world, argv) {
  const child = spawn(bin('gymchat-flood'), [...argv, '--port', String(world.broker.port), '--gym', 'bench'],
    {env: {PATH: process.env.PATH, GYMCHAT_TOKEN_KEYS_FILE: world.broker.tokenKeysFile}, stdio: ['ignore', 'pipe', 'inherit']});
  let out = '';
  child.stdout.on('data', (data) => (out += data));
  return new Promise((done, failed) => child.once('close', (code) => (code === 0 ? done(JSON.parse(out)) : failed(new Error(`gymchat-flood ended with ${code}`)))));
}

/** One libpq connection with nothing around it. Not spawnSync: PostgreSQL stands still once nobody reads what it logs. */
async function pgrate(world, what, rows) {
  const child = spawn(bin('gymchat-pgrate'), [what, world.postgres.url(), String(rows)], {stdio: ['ignore', 'pipe', 'inherit']});
  let out = '';
  child.stdout.on('data', (data) => (out += data));
  const code = await new Promise((done) => child.once('close', done));
  if (code !== 0)
    throw new Error(`gymchat-pgrate ended with ${code}`);
  return JSON.parse(out);
}

const flooding = (world, messages) => flood(world, ['flood', '--messages', String(messages), '--rooms', String(ROOMS)]);

async function startArchiver(world, env = {}) {
  const readyFile = join(world.folder, 'archiver.ready');
  rmSync(readyFile, {force: true});
  const side = new Side(world, 'archiver', bin('gymchat-archiver'), [], {GYMCHAT_MQTT_HOST: '127.0.0.1', GYMCHAT_MQTT_PORT: String(world.broker.port),
    GYMCHAT_INSTANCE: 'bench', GYMCHAT_ARCHIVER_DATABASE_URL: world.postgres.url('gymchat_archiver_login'), GYMCHAT_SYSTEM_KEY_FILE: world.broker.systemKeyFile,
    GYMCHAT_READY_FILE: readyFile, ...env});
  await until(() => existsSync(readyFile) && readFileSync(readyFile, 'utf8').startsWith('ready'), `the archiver (${side.log})`, 30_000);
  return side;
}

function peerEnv(world, notices) {
  return {DATABASE_URL: world.postgres.url(), MQTT_PORT: String(world.broker.port), MQTT_USERNAME: '_system.service.archiver', NOTICES: notices ? '1' : '0',
    MQTT_PASSWORD: world.broker.token({gym: '_system', role: 'service', sub: 'archiver'}, {ttl: 7200})};
}

async function startPeer(world, mode, notices) {
  const side = new Side(world, mode, process.execPath, [join(ROOT, 'bench/peers/archiver.js'), mode], peerEnv(world, notices));
  await until(() => side.log().includes('subscribed'), `peer ${mode}: ${side.log()}`, 30_000);
  return side;
}

async function startNull(world, notices) {
  const side = new Side(world, 'null', bin('gymchat-null-subscriber'), [], peerEnv(world, notices));
  await until(() => side.log().includes('subscribed'), 'the null subscriber', 30_000);
  return side;
}

const receivedByNull = async (world, side) => Number(side.log().trimEnd().split('\n').at(-1).split(' ')[1] ?? 0);
/** How many messages are stored. To sum up 10,000 rooms costs PostgreSQL as much as storing 100 messages, each time that this is
 *  asked: so only once the row numbers have come as far as what is wanted. */
async function storedByUs(world, side, wanted) {
  const taken = await world.one('SELECT last_value FROM messages_row_id_seq') - world.filled;
  return taken < wanted ? taken : world.one('SELECT coalesce(sum(last_seq), 0) FROM rooms');
}

const SIDES = {
  'nothing stored + notices': {start: (w) => startNull(w, true), done: receivedByNull},
  'gymchat-archiver + notices': {start: (w) => startArchiver(w), done: storedByUs},
  'Node, INSERT each 100 ms + notices': {start: (w) => startPeer(w, 'batch', true), done: (w) => w.one('SELECT coalesce(max(id), 0) FROM peer_messages')},
  'Node, INSERT a message + notices': {start: (w) => startPeer(w, 'single', true), done: (w) => w.one('SELECT coalesce(max(id), 0) FROM peer_messages')},
  'nothing stored': {start: (w) => startNull(w, false), done: receivedByNull},
  'gymchat-archiver': {start: (w) => startArchiver(w, {GYMCHAT_NOTICES: 'off'}), done: storedByUs},
  'Node, INSERT each 100 ms': {start: (w) => startPeer(w, 'batch', false), done: (w) => w.one('SELECT coalesce(max(id), 0) FROM peer_messages')},
  'Node, INSERT a message': {start: (w) => startPeer(w, 'single', false), done: (w) => w.one('SELECT coalesce(max(id), 0) FROM peer_messages')},
};

/** From the first publish until the last message is stored (or, where nothing is stored, received). */
async function measureSide({start, done}) {
  const world = await makeWorld();
  try {
    const side = await start(world);
    const begin = performance.now();
    const published = flooding(world, MESSAGES);
    await reached(() => done(world, side, MESSAGES), MESSAGES, 'all messages');
    const seconds = (performance.now() - begin) / 1000;
    const result = {rate: MESSAGES / seconds, published: (await published).per_second, cpu: side.cpuSeconds() / MESSAGES * 1e6, peakMiB: side.peakKiB() / 1024};
    await side.stop();
    return result;
  } finally {
    await world.end();
  }
}

/** Queued in the broker while no archiver runs; then the archiver from its start to the last row. */
async function measureBacklog(messages) {
  const world = await makeWorld();
  try {
    await (await startArchiver(world)).stop();	// so that its session is there
    await flooding(world, messages);
    const begin = performance.now();
    const side = await startArchiver(world);
    await reached(() => storedByUs(world, side, messages), messages, 'the backlog');
    const seconds = (performance.now() - begin) / 1000;
    const peakMiB = side.peakKiB() / 1024;
    await side.stop();
    const copy = await pgrate(world, 'copy', messages);
    return {rate: messages / seconds, copy: copy.per_second, peakMiB};
  } finally {
    await world.end();
  }
}

async function measureLatency() {
  const world = await makeWorld();
  try {
    const side = await startArchiver(world);
    const insert = await pgrate(world, 'insert', 5000);
    // A room is made with its first message, once in its life: so each has one before.
    await flooding(world, ROOMS * 6);
    await reached(() => storedByUs(world, side, ROOMS * 6), ROOMS * 6, 'the rooms');
    const warm = await flood(world, ['latency', '--rate', '500', '--messages', '2000', '--rooms', String(ROOMS)]);
    const latency = await flood(world, ['latency', '--rate', '500', '--messages', '10000', '--rooms', String(ROOMS)]);
    await side.stop();
    return {...latency, insert, warm};
  } finally {
    await world.end();
  }
}

/** Waits until count() has come to wanted. */
async function reached(count, wanted, what) {
  for (const end = performance.now() + SIDE_MOST_MS; await count() < wanted;) {
    if (performance.now() > end)
      throw new Error(`waited ${SIDE_MOST_MS} ms for ${what}`);
    await new Promise((next) => setTimeout(next, LOOK_MS));
  }
}

const k = (n) => `${(n / 1000).toFixed(1)} k`;

/** The sides in turns; each round's ratio, since the machine itself is faster and slower from minute to minute. */
async function compare() {
  const rounds = Object.fromEntries(Object.keys(SIDES).filter(wanted).map((name) => [name, []]));
  console.log(`| side (${MESSAGES} messages, ${ROOMS} rooms) | stored/s | publishers' ack/s | CPU µs a message | peak MiB |\n|---|---|---|---|---|`);
  for (let round = 0; round < Number(args.rounds); round++) {
    for (const name of Object.keys(rounds)) {
      const r = await measureSide(SIDES[name]);
      rounds[name].push(r);
      console.log(`| ${name} | ${k(r.rate)} | ${k(r.published)} | ${r.cpu.toFixed(1)} | ${r.peakMiB.toFixed(1)} |`);
    }
  }
  const ratio = (what, a, b, mark) => {
    const all = (rounds[a] ?? []).map((one, i) => one.rate / (rounds[b]?.[i]?.rate ?? NaN));
    console.log(`${what}: ${median(all)?.toFixed(2) ?? '-'} (wanted ${mark}); rounds ${all.map((one) => one.toFixed(2)).join(', ')}`);
  };
  ratio('\narchiver / nothing stored, both with notices', 'gymchat-archiver + notices', 'nothing stored + notices', 0.80);
  ratio('archiver / batched Node, both with notices', 'gymchat-archiver + notices', 'Node, INSERT each 100 ms + notices', 1.3);
}

async function rest() {
  if (wanted('backlog')) {
    const backlog = await measureBacklog(Number(args.backlog));
    console.log(`\nbacklog of ${args.backlog}: ${k(backlog.rate)}/s, plain COPY ${k(backlog.copy)}/s: ${(backlog.rate / backlog.copy).toFixed(2)} (wanted 0.35); peak ${backlog.peakMiB.toFixed(1)} MiB`);
  }
  if (wanted('latency')) {
    const l = await measureLatency();
    const base = l.delivery_p50_ms + l.insert.p50_ms;
    console.log(`latency at 500/s: delivery p50 ${l.delivery_p50_ms} p99 ${l.delivery_p99_ms} ms; one-row INSERT p50 ${l.insert.p50_ms} p99 ${l.insert.p99_ms} ms; `
      + `notice p50 ${l.notice_p50_ms} p99 ${l.notice_p99_ms} max ${l.notice_max_ms} ms (${l.notice_n} of ${l.messages}): ${(l.notice_p50_ms / base).toFixed(2)} x the sum of the p50 (wanted 3), p99 ${(l.notice_p99_ms / base).toFixed(1)} x`);
  }
  if (wanted('waiting')) {
    const waiting = await measureBacklog(Number(args.waiting));
    console.log(`${args.waiting} messages waiting in the broker: ${k(waiting.rate)}/s, archiver's peak ${waiting.peakMiB.toFixed(1)} MiB (wanted 32)`);
  }
}

/** Rows that are there before, of another gym; and all rooms, so that no side measures their making. */
async function fill(world, rows) {
  await world.sql.query(`INSERT INTO gyms (key) VALUES ('bench')`);
  await world.sql.query(`INSERT INTO rooms (gym_id, key, listed) SELECT id, 'r' || n, true FROM gyms, generate_series(0, 99999) AS n`);
  if (rows > 0)
    await pgrate(world, 'copy', rows);
  await world.sql.query('VACUUM ANALYZE');
  world.filled = rows;
}

/** The archiver alone, on a table that holds rows already and for more or fewer rooms. */
async function growth() {
  console.log('| rows before | rooms | stored/s | CPU µs a message | PostgreSQL, CPU µs a message | peak MiB |\n|---|---|---|---|---|---|');
  for (const rows of args.rows.split(',').map(Number)) {
    const world = await makeWorld();
    try {
      await fill(world, rows);
      let stored = 0;
      for (const rooms of [100, 10_000, 100_000]) {
        const side = await startArchiver(world);
        const before = backendSeconds(world);
        const begin = performance.now();
        const published = flood(world, ['flood', '--messages', String(MESSAGES), '--rooms', String(rooms)]);
        stored += MESSAGES;
        await reached(() => storedByUs(world, side, stored), stored, 'all messages');
        const rate = MESSAGES / (performance.now() - begin) * 1000;
        const us = (seconds) => (seconds / MESSAGES * 1e6).toFixed(1);
        console.log(`| ${rows} | ${rooms} | ${k(rate)} | ${us(side.cpuSeconds())} | ${us(backendSeconds(world) - before)} | ${(side.peakKiB() / 1024).toFixed(1)} |`);
        await published;
        await side.stop();
      }
    } finally {
      await world.end();
    }
  }
}

if (args.growth) {
  await growth();
} else {
  await compare();
  await rest();
}
process.exit(0);
