// cluster.js - what the fault harness breaks: its own PostgreSQL, Mosquitto with the plugin, archiver(s) and API, with
// a proxy on both of the archiver's links. Everything is a child of this process, on free ports, in temp folders.
import {spawn} from 'node:child_process';
import {closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import pg from 'pg';
import {Api} from '../lib/api.js';
import {Broker, BUILD} from '../lib/broker.js';
import {startPostgres} from '../lib/postgres.js';
import {Proxy} from './proxy.js';
import {FAULTS} from './schedule.js';

const READY_MOST_MS = 90_000;

const wait = (ms) => new Promise((done) => setTimeout(done, ms));

async function waitFor(what, done, most = READY_MOST_MS) {
  const begin = performance.now();
  while (!(await done())) {
    if (performance.now() - begin > most)
      throw new Error(`${what}: not within ${most / 1000} s`);
    await wait(50);
  }
}

/** One archiver process that is started again whenever it ends, as a supervisor would. */
class Archiver {
  constructor(folder, name, binary, env) {
    Object.assign(this, {folder, name, binary, env, wanted: false, pauses: 0});
    process.on('exit', () => this.child?.kill('SIGKILL'));
    this.readyFile = join(folder, `${name}.ready`);
    this.logFile = join(folder, `${name}.log`);
  }

  start() {
    this.wanted = true;
    const log = openSync(this.logFile, 'a');
    this.child = spawn(this.binary, [], {stdio: ['ignore', log, log], env: {...this.env, GYMCHAT_READY_FILE: this.readyFile}});
    closeSync(log);
    this.gone = new Promise((done) => this.child.once('exit', done));
    this.gone.then(() => {
      rmSync(this.readyFile, {force: true});
      if (this.wanted)
        setTimeout(() => this.wanted && this.start(), 50);
    });
  }

  signal(name) {
    this.child?.kill(name);
  }

  /** Faults may overlap: the process goes on when the last of its pauses ends. */
  pause() {
    this.pauses++;
    this.signal('SIGSTOP');
  }

  resume() {
    if (--this.pauses <= 0) {
      this.pauses = 0;
      this.signal('SIGCONT');
    }
  }

  get isReady() {
    return existsSync(this.readyFile) && readFileSync(this.readyFile, 'utf8').startsWith('ready');
  }

  async stop(signal = 'SIGKILL') {
    this.wanted = false;
    this.signal('SIGCONT');
    this.signal(signal);
    await this.gone;
  }
}

class Cluster {
  #hurt = false;
  #stops = Promise.resolve();
  #kills = Promise.resolve();
  #dead = 0;

  async start({sabotage}) {
    this.folder = mkdtempSync(join(tmpdir(), 'gymchat-faults-'));
    this.postgres = await startPostgres({settings: {fsync: 'on', max_connections: 30}});
    this.broker = await Broker.start({settings: {LIMITS: 'off'}});
    this.mqttPort = this.broker.port;
    this.mqttProxy = await new Proxy({port: this.broker.port, host: '127.0.0.1'}).start();
    this.dbProxy = await new Proxy({path: join(this.postgres.sockets, '.s.PGSQL.5432')}).start();
    const binary = join(BUILD, 'bin', sabotage ? 'gymchat-archiver-sabotage' : 'gymchat-archiver');
    const env = this.#archiverEnv(sabotage);
    this.archiver = new Archiver(this.folder, 'archiver', binary, env);
    this.standby = new Archiver(this.folder, 'standby', binary, env);
    this.archiver.start();
    this.api = await Api.start(this.broker, {API_DATABASE_URL: this.postgres.url('gymchat_api_login'), LIMITS: 'off', LOG_LEVEL: 'error'});
    await this.#connect();
    if (sabotage === 'no-dedupe')	// else the schema itself forbids the second row
      await this.query('ALTER TABLE messages DROP CONSTRAINT messages_gym_id_room_id_id_key');
    await this.heal();
    return this;
  }

  #archiverEnv(sabotage) {
    const env = {PATH: process.env.PATH, GYMCHAT_MQTT_HOST: '127.0.0.1', GYMCHAT_MQTT_PORT: String(this.mqttProxy.port), GYMCHAT_INSTANCE: 'faults',
      GYMCHAT_ARCHIVER_DATABASE_URL: `postgresql://gymchat_archiver_login@127.0.0.1:${this.dbProxy.port}/gymchat?sslmode=disable`,
      GYMCHAT_SYSTEM_KEY: this.broker.systemKey};
    if (sabotage)
      env.GYMCHAT_TEST_SABOTAGE = sabotage;
    return env;
  }

  async #connect() {
    this.sql?.end().catch(() => {});
    this.sql = new pg.Client({connectionString: this.postgres.url()});
    this.sql.on('error', () => {});
    await this.sql.connect();
  }

  /** A query of the harness itself; the server may have been restarted since the last one. */
  async query(text, values) {
    try {
      return await this.sql.query(text, values);
    } catch (error) {
      if (error.code !== undefined && !/^(57P|08|ECONN|EPIPE)/.test(error.code))
        throw error;
      await waitFor('PostgreSQL answers', () => this.#connect().then(() => true, () => false));
      return await this.sql.query(text, values);
    }
  }

  token({gym, role, sub, rooms}) {
    return this.broker.token({gym, role, sub, rooms}, {ttl: 7200});
  }

  async beginRound() {
    this.#hurt = false;
    this.#dead = Number((await this.query('SELECT coalesce(max(id), 0) AS id FROM dead_letters')).rows[0].id);
  }

  brokerWasHurt() {
    return this.#hurt;
  }

  /** Does one fault and, where it lasts, ends it. */
  async strike({kind, lastsMs}) {
    if (FAULTS[kind].broker)
      this.#hurt = true;
    await this.#faults[kind](lastsMs);
  }

  #faults = {
    'archiver-kill': async () => this.archiver.signal('SIGKILL'),
    'archiver-pause': (ms) => this.#pause(this.archiver, ms),
    'broker-kill': () => {
      this.#kills = this.#kills.then(() => this.#killBroker());	// one within the other's start looked like a start that failed
      return this.#kills;
    },
    'broker-pause': async (ms) => {
      this.broker.signal('SIGSTOP');
      await wait(ms);
      this.broker.signal('SIGCONT');
    },
    'postgres-stop': (ms) => {
      this.#stops = this.#stops.then(() => this.#stopPostgres(ms));	// two at once would start it twice
      return this.#stops;
    },
    'postgres-pause': async (ms) => {
      const backends = await this.#archiverBackends();
      for (const pid of backends)
        tryKill(pid, 'SIGSTOP');
      await wait(ms);
      for (const pid of backends)
        tryKill(pid, 'SIGCONT');
    },
    'backend-terminate': async () => {
      await this.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'gymchat_archiver_login'`);
    },
    'mqtt-reset': async () => this.mqttProxy.reset(),
    'mqtt-blackhole': (ms) => this.#hold(this.mqttProxy, ms),
    'mqtt-cut-mid-batch': async () => this.mqttProxy.cutWhen((bytes, toServer) => !toServer && bytes.length > 2000),
    'db-reset': async () => this.dbProxy.reset(),
    'db-blackhole': (ms) => this.#hold(this.dbProxy, ms),
    'db-cut-after-commit': async () => this.dbProxy.cutWhen((bytes, toServer) => toServer && bytes.includes('COMMIT'), {passFirst: true}),
    'queue-fill': (ms) => this.#pause(this.archiver, ms),
    'standby-takeover': async () => {
      if (this.standby.wanted)
        return;
      this.standby.start();
      await wait(500);
      this.archiver.pause();
      const paused = this.archiver.child;
      // Where another fault kills the paused one meanwhile, its successor may be faster than the standby.
      await waitFor('another archiver stores', () => this.standby.isReady || (this.archiver.child !== paused && this.archiver.isReady), 30_000);
      this.archiver.resume();
    },
  };

  async #killBroker() {
    this.broker.signal('SIGKILL');
    await this.broker.exited;
    await this.broker.launch();
  }

  async #stopPostgres(ms) {
    await this.postgres.stop('immediate');
    await wait(ms);
    await waitFor('PostgreSQL starts', () => this.postgres.start().then(() => true, () => false));
  }

  async #pause(archiver, ms) {
    archiver.pause();
    await wait(ms);
    archiver.resume();
  }

  async #hold(proxy, ms) {
    proxy.hold();
    await wait(ms);
    proxy.release();
  }

  async #archiverBackends() {
    const {rows} = await this.query(`SELECT pid FROM pg_stat_activity WHERE usename = 'gymchat_archiver_login'`);
    return rows.map((row) => row.pid);
  }

  /** Ends whatever is still broken and waits until one archiver is at work. */
  async heal() {
    this.mqttProxy.cutWhen(undefined);
    this.dbProxy.cutWhen(undefined);
    this.mqttProxy.release();
    this.dbProxy.release();
    if (this.standby.wanted)
      await this.standby.stop();
    await waitFor(`the archiver is ready (${this.archiver.logFile})`, () => this.archiver.isReady);
  }

  async progress() {
    const {rows} = await this.query('SELECT (SELECT coalesce(max(row_id), 0) FROM messages) + (SELECT coalesce(max(id), 0) FROM dead_letters) AS n');
    return rows[0].n;
  }

  /** What the archive says of one gym, and the payloads (base64) that this round added to the dead letters. */
  async read(gym) {
    const {rows} = await this.query(`SELECT r.key::text AS room, m.seq::int AS seq, m.id::text AS id, m.sender_role AS role, m.sender, m.body
      FROM messages m JOIN rooms r ON r.gym_id = m.gym_id AND r.id = m.room_id JOIN gyms g ON g.id = m.gym_id WHERE g.key = $1`, [gym]);
    const rooms = (await this.query(`SELECT r.key::text AS room, r.last_seq::int AS last_seq FROM rooms r JOIN gyms g ON g.id = r.gym_id WHERE g.key = $1`, [gym])).rows;
    const letters = await this.query('SELECT payload FROM dead_letters WHERE id > $1', [this.#dead]);
    return {rows, rooms, dead: new Set(letters.rows.map((row) => row.payload.toString('base64')))};
  }

  /** The same as the API tells it, page by page: what a reader who catches up would have. */
  async readThroughApi(gym, rooms) {
    const authorization = `Bearer ${this.token({gym, role: 'staff', sub: 'checker'})}`;
    const pages = await Promise.all(rooms.map((room) => this.#pagesOf(`${this.api.url}/v1/gyms/${gym}/rooms/${room}/messages`, authorization, room)));
    return pages.flat();
  }

  async #pagesOf(url, authorization, room) {
    const messages = [];
    for (let after = 0, last = 1; after < last;) {
      let page;
      await waitFor(`the API answers for ${room}`, async () => {
        const response = await fetch(`${url}?after=${after}&limit=200`, {headers: {authorization}});
        page = await response.json();
        return response.status === 200;
      });
      messages.push(...page.messages.map((m) => ({room, seq: m.seq, id: m.id, role: m.role, sender: m.sender, body: m.text})));
      last = page.last_seq;
      if (page.messages.length === 0)
        break;
      after = page.messages.at(-1).seq;
    }
    return messages;
  }

  async stop() {
    await Promise.all([this.archiver, this.standby].map((a) => a.wanted && a.stop()));
    await this.sql?.end().catch(() => {});
    await this.api?.stop();
    await this.mqttProxy?.stop();
    await this.dbProxy?.stop();
    await this.broker?.stop();
    await this.postgres?.remove();
    rmSync(this.folder, {recursive: true, force: true});
  }
}

function tryKill(pid, signal) {
  try {
    process.kill(pid, signal);
  } catch {
    // it ended meanwhile: the fault has had its effect
  }
}

export const startCluster = (options) => new Cluster().start(options);
