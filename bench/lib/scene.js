// scene.js - the processes that a bench of the API starts and looks at: API, peers, the generators.
import {spawn} from 'node:child_process';
import {readFileSync, readdirSync} from 'node:fs';
import {connect} from 'node:net';
import {join} from 'node:path';
import pg from 'pg';
import {Api} from '../../tests/lib/api.js';
import {Broker, BUILD, ROOT, until} from '../../tests/lib/broker.js';
import {freePort} from '../../tests/lib/ports.js';
import {startPostgres} from '../../tests/lib/postgres.js';
import {fill} from './fill.js';

export const GYM = 'bench';
export const bin = (name) => join(BUILD, 'bin', name);

const statOf = (pid) => readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ').map(Number);

/** CPU seconds that a process has used so far. */
export function cpuSeconds(pid) {
  const fields = statOf(pid);
  return (fields[11] + fields[12]) / 100;
}

/** CPU seconds of the processes that this one has started and that have ended. */
export function endedCpuSeconds() {
  const fields = statOf('self');
  return (fields[13] + fields[14]) / 100;
}

/** CPU seconds of a server and all that it has started, ended ones too. */
export function treeCpuSeconds(pid) {
  let ticks = statOf(pid).slice(11, 15).reduce((sum, n) => sum + n);
  for (const child of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const fields = statOf(child);
      ticks += fields[1] === pid ? fields[11] + fields[12] : 0;
    } catch {
      // gone meanwhile: the parent's figures have it
    }
  }
  return ticks / 100;
}

export const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];

/** PostgreSQL (with fsync) filled, a broker, and an API on both; limits off. */
export class Scene {
  static async start({rooms, messages, hasWords}) {
    const scene = new Scene();
    scene.rooms = rooms;
    scene.messages = messages;
    scene.postgres = await startPostgres({settings: {
      fsync: 'on', shared_buffers: '2GB', max_wal_size: '8GB', max_connections: 200, track_activity_query_size: 16384,
    }});
    scene.sql = new pg.Client({connectionString: scene.postgres.url()});
    scene.sql.on('error', () => {});
    await scene.sql.connect();
    await fill(scene.sql, {rooms, messages, hasWords});
    scene.broker = await Broker.start({settings: {LIMITS: 'off'}});
    await scene.startApi();
    return scene;
  }

  async startApi(settings = {}) {
    this.api = await Api.start(this.broker, {LIMITS: 'off', API_DATABASE_URL: this.postgres.url('gymchat_api_login'), ...settings});
    await until(async () => (await (await fetch(`${this.api.url}/readyz`)).json()).database === 'ok', 'the API to reach its database');
  }

  async restartApi(settings) {
    await this.api.stop();
    await this.startApi(settings);
  }

  /** As many Authorization fields as people of the role ask. */
  headers(role, n = 20) {
    return Array.from({length: n}, (_, i) => `authorization: Bearer ${this.broker.token({gym: GYM, role, sub: `s${i}`}, {ttl: 7200})}`);
  }

  /** The text of a statement as the API has sent it last; fits: what PostgreSQL's LIKE finds it by. */
  async statement(fits) {
    const {rows} = await this.sql.query(`SELECT query FROM pg_stat_activity WHERE application_name = 'gymchat-api' AND query LIKE $1`, [fits]);
    if (rows.length === 0)
      throw new Error(`the API has asked nothing like ${fits}`);
    return rows[0].query;
  }

  async stop() {
    await this.api?.stop();
    await this.broker?.stop();
    await this.sql?.end();
    await this.postgres?.remove();
  }
}

/** One run of gymchat-ask. */
export function ask(port, {path, most = 1, headers = [], ...options}) {
  const argv = ['--port', port, '--path', path, '--most', most, '--seed', Date.now() % 1e9,
    ...headers.flatMap((header) => ['--header', header]), ...Object.entries(options).flatMap(([key, value]) => [`--${key}`, value])];
  const child = spawn(bin('gymchat-ask'), argv.map(String), {stdio: ['ignore', 'pipe', 'inherit']});
  let out = '';
  child.stdout.on('data', (data) => { out += data; });
  return new Promise((done, failed) => child.once('close', (code) => {
    if (code !== 0)
      return failed(new Error(`gymchat-ask ended with ${code}`));
    const result = JSON.parse(out);
    if (result.refused > 0 || result.unanswered)
      return failed(new Error(`gymchat-ask: ${out}`));
    return done(result);
  }));
}

/** pgbench -M prepared with the API's session settings; statement with $1, $2 … as the API has sent it, parameters: their
 *  values in order, or {random: most}. */
export async function pgbench(scene, statement, parameters, {clients, seconds}) {
  const names = parameters.map((_, i) => `p${i + 1}`);
  const set = parameters.map((value, i) => (value.random ? `\\set ${names[i]} random(1, ${value.random})\n` : '')).join('');
  const fixed = parameters.flatMap((value, i) => (value.random ? [] : ['-D', `${names[i]}=${value}`]));
  const script = `${set}${statement.replace(/\s+/g, ' ').replace(/\$(\d+)/g, ':p$1')};\n`;
  const child = spawn('pgbench', ['-n', '-M', 'prepared', '-f', '-', '-c', clients, '-j', 2, '-T', seconds, ...fixed,
    scene.postgres.url('gymchat_api_login')].map(String),
  {stdio: ['pipe', 'pipe', 'pipe'], env: {PATH: process.env.PATH, PGOPTIONS: '-c jit=off -c plan_cache_mode=force_generic_plan -c TimeZone=UTC'}});
  let out = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (data) => { out += data; });
  child.stdin.end(script);
  await new Promise((done) => child.once('close', done));
  const rate = /tps = ([\d.]+)/.exec(out);
  if (!rate || /failed|ERROR/.test(out.replace('number of failed transactions: 0', '')))
    throw new Error(`pgbench: ${out}`);
  return Number(rate[1]);
}

/** bench/peers/api.js. */
export async function startPeer(scene, mode, {isFull}) {
  const port = await freePort();
  const child = spawn('setpriv', ['--pdeathsig', 'TERM', process.execPath, join(ROOT, 'bench/peers/api.js'), mode], {stdio: 'inherit',
    env: {PATH: process.env.PATH, NODE_ENV: 'production', PORT: port, DATABASE_URL: scene.postgres.url('gymchat_api_login'), FULL: isFull ? '1' : '0'}});
  const gone = new Promise((done) => child.once('exit', done));
  await until(() => new Promise((done) => {
    const socket = connect({port, host: '127.0.0.1'}, () => { socket.destroy(); done(true); });
    socket.on('error', () => done(false));
  }), `peer ${mode}`);
  return {port, pid: child.pid, stop: () => { child.kill(); return gone; }};
}

