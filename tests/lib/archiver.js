// archiver.js - one archiver (or more) under test with its own PostgreSQL and Mosquitto, and what a test asks of them.
import {spawn} from 'node:child_process';
import {randomUUID} from 'node:crypto';
import {existsSync, mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import pg from 'pg';
import {Broker, BUILD, publish, subscribe, until} from './broker.js';
import {startPostgres} from './postgres.js';

const running = new Set(), folders = new Set();
process.on('exit', () => {
  running.forEach((child) => child.kill('SIGKILL'));
  folders.forEach((folder) => rmSync(folder, {recursive: true, force: true}));
});

/** A gymchat-archiver process. env: GYMCHAT_ settings without the prefix, over those of the world. */
export class Archiver {
  constructor(world, env = {}, binary = 'gymchat-archiver') {
    this.folder = mkdtempSync(join(tmpdir(), 'gymchat-archiver-'));
    folders.add(this.folder);
    this.readyFile = join(this.folder, 'ready');
    const settings = {
      MQTT_HOST: '127.0.0.1', MQTT_PORT: world.broker?.port, ARCHIVER_DATABASE_URL: world.postgres?.url('gymchat_archiver_login'),
      SYSTEM_KEY: world.broker?.systemKey, READY_FILE: this.readyFile, LOG_LEVEL: 'debug', ...env,
    };
    this.env = {PATH: process.env.PATH};
    for (const [key, value] of Object.entries(settings)) {
      if (value !== undefined)
        this.env[`GYMCHAT_${key}`] = String(value);
    }
    this.binary = join(BUILD, 'bin', binary);
    this.log = '';
  }

  start() {
    this.code = undefined;
    this.child = spawn(this.binary, [], {env: this.env, stdio: ['ignore', 'inherit', 'pipe']});
    running.add(this.child);
    this.child.once('close', () => running.delete(this.child));
    this.child.stderr.on('data', (data) => { this.log += data; });
    this.ended = new Promise((done) => this.child.once('close', (code, signal) => {
      this.code = code ?? signal;
      done(this.code);
    }));
    return this;
  }

  get pid() { return this.child.pid; }

  get status() { return existsSync(this.readyFile) ? readFileSync(this.readyFile, 'utf8').trim() : ''; }

  /** Waits until the ready file says "ready", or what the pattern wants. */
  async ready(pattern = /^ready$/, ms = 20_000) {
    try {
      await until(() => this.code === undefined && pattern.test(this.status), `the archiver to say ${pattern}`, ms);
    } catch (error) {
      throw new Error(`${error.message}; it says "${this.status}", ended ${this.code}:\n${this.log}`);
    }
    return this;
  }

  signal(name) { this.child.kill(name); }

  /** Ends it with a signal; returns its exit code or signal. */
  async stop(signal = 'SIGTERM') {
    this.child.kill(signal);
    const code = await this.ended;
    rmSync(this.readyFile, {force: true});
    return code;
  }

  async remove() {
    if (this.child && this.code === undefined) {
      this.child.kill('SIGCONT');
      await this.stop('SIGKILL');
    }
    rmSync(this.folder, {recursive: true, force: true});
    folders.delete(this.folder);
  }
}

/** PostgreSQL, Mosquitto with the plugin (no limits unless told otherwise), a connection of the owner. */
export class World {
  static async start({broker = {}, postgres = {}} = {}) {
    const world = new World();
    world.archivers = [];
    world.clients = [];
    world.postgres = await startPostgres(postgres);
    world.broker = await Broker.start({...broker, settings: {LIMITS: 'off', ...broker.settings}});
    await world.connectSql();
    return world;
  }

  async connectSql() {
    await this.sql?.end().catch(() => {});
    this.sql = new pg.Client({connectionString: this.postgres.url()});
    this.sql.on('error', () => {});
    await this.sql.connect();
  }

  /** A started, ready archiver. */
  async archiver(env, binary) {
    return this.makeArchiver(env, binary).start().ready();
  }

  makeArchiver(env, binary) {
    const archiver = new Archiver(this, env, binary);
    this.archivers.push(archiver);
    return archiver;
  }

  async rows(text, values) {
    return (await this.sql.query(text, values)).rows;
  }

  async one(text, values) {
    return Object.values((await this.rows(text, values))[0] ?? {})[0];
  }

  /** Messages of a room as rows, by seq. */
  async room(key, gym = 'g') {
    return this.rows(`SELECT m.*, m.seq::int AS seq FROM messages m JOIN rooms r ON r.gym_id = m.gym_id AND r.id = m.room_id
      JOIN gyms g ON g.id = r.gym_id WHERE g.key = $1 AND r.key = $2 ORDER BY m.seq`, [gym, key]);
  }

  /** The room's row. */
  async roomRow(key, gym = 'g') {
    return (await this.rows('SELECT r.*, r.last_seq::int AS last_seq, r.note_last_seq::int AS note_last_seq FROM rooms r JOIN gyms g ON g.id = r.gym_id WHERE g.key = $1 AND r.key = $2', [gym, key]))[0];
  }

  /** An MQTT client of the identity. */
  async client(role, sub, claims = {}) {
    const client = await this.broker.connect({role, sub, ...claims});
    this.clients.push(client);
    return client;
  }

  /** A staff who hears the log of a room (or, without one, of all), and its desk. */
  async listener(room, sub = 'ear') {
    const client = await this.client('staff', sub);
    for (const filter of [`gym/g/room/${room ?? '+'}/log`, `gym/g/desk/${room ?? '+'}/log`])
      await subscribe(client, filter);
    return client;
  }

  async stop() {
    for (const client of this.clients)
      client.end(true);
    for (const archiver of this.archivers)
      await archiver.remove();
    await this.sql?.end().catch(() => {});
    await this.broker.stop();
    await this.postgres.remove();
  }
}

/** A message's payload. */
export function message(text, more = {}) {
  return {id: randomUUID(), text, sent_at: new Date().toISOString(), ...more};
}

export const topic = (room, role, sub, verb = 'msg') => `gym/g/room/${room}/${verb}/${role}/${sub}`;

/** Publishes a message of an identity into a room; returns its payload. */
export async function say(client, room, role, sub, payload) {
  const body = typeof payload === 'string' ? message(payload) : payload;
  await publish(client, topic(room, role, sub), body);
  return body;
}

/** Takes the first log notice that fits; where it names no room, of any. */
export async function notice(client, fits = () => true, ms = 10_000) {
  const taken = await client.inbox.take((m) => m.topic.endsWith('/log') && fits(m.json, m.topic), ms);
  return taken.json;
}

export const stores = (id) => (json) => json.stored?.some((one) => one.id === id);
export const rejects = (id) => (json) => json.rejected?.some((one) => one.id === id);
