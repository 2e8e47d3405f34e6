// stack.js - a whole private instance for one test file: PostgreSQL, Mosquitto with the plugin, archiver and API, under
// `./gymchat up` in its own temp folder and on its own ports. It ends with this process, however that ends.
import {execFile, execFileSync, spawn, spawnSync} from 'node:child_process';
import {chmodSync, cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {basename, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {promisify} from 'node:util';
import {until} from './broker.js';
import {freePort} from './ports.js';

export {freePort};

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const GYMCHAT = join(ROOT, 'gymchat');
const ARTEFACTS = join(ROOT, 'tests/artefacts');
const run = promisify(execFile);

export const PARTS = ['postgres', 'mosquitto', 'archiver', 'api'];

/** The environment without the settings of whatever instance the caller works with. */
export function cleanEnvironment(more = {}) {
  const kept = Object.entries(process.env).filter(([key]) => !/^(GYMCHAT_|PG)/.test(key));
  return {...Object.fromEntries(kept), ...more};
}

/** A folder that root's system user may enter too. */
export function sharedFolder(prefix = 'gymchat-stack-') {
  const folder = mkdtempSync(join(tmpdir(), prefix));
  chmodSync(folder, 0o755);
  return folder;
}

const running = new Set();
let stacks = 0;
process.on('exit', () => running.forEach((stack) => stack.stopNow()));

/** One verb of ./gymchat; resolves to {code, stdout, stderr}, whatever the code. */
export async function gymchat(args, {env = {}, cwd = ROOT, command = GYMCHAT} = {}) {
  try {
    return {code: 0, ...await run(command, args, {cwd, env: cleanEnvironment(env), maxBuffer: 1 << 26})};
  } catch (error) {
    if (typeof error.code !== 'number')
      throw error;
    return {code: error.code, stdout: error.stdout, stderr: error.stderr};
  }
}

class Stack {
  constructor(folder, env, parts) {
    this.folder = folder;
    this.dir = join(folder, 'var');
    this.env = env;
    this.parts = parts;
    this.number = ++stacks;
  }

  async up(build) {
    this.port = await freePort();
    const {code, stdout, stderr} = await gymchat(['up', '--dir', this.dir, '--port', String(this.port), '--detach', '--no-install',
      '--stop-with', String(process.pid), '--parts', this.parts.join(','), ...(build ? ['--build', build] : [])], {env: this.env});
    if (code !== 0)
      throw new Error(`gymchat up:\n${stdout}\n${stderr}`);
    running.add(this);
    const facts = this.#facts();
    this.url = facts.GYMCHAT_URL;
    this.mqttHost = facts.GYMCHAT_MQTT_HOST;
    this.mqttPort = Number(facts.GYMCHAT_MQTT_PORT);
    this.databaseUrl = facts.GYMCHAT_DATABASE_URL;
    if (PARTS.every((part) => this.parts.includes(part)))
      await this.whole();
    return this;
  }

  #verb(verb, ...args) {
    return execFileSync(GYMCHAT, [verb, '--dir', this.dir, ...args], {encoding: 'utf8', env: cleanEnvironment()});
  }

  #facts() {
    return Object.fromEntries(this.#verb('env').trim().split('\n').map((line) => line.match(/^(\w+)=(.*)$/).slice(1)));
  }

  /** {postgres, mosquitto, archiver, api}: numbers, null for a part that is down. */
  pids() {
    const facts = this.#facts();
    return Object.fromEntries(PARTS.map((part) => [part, Number(facts[`${part.toUpperCase()}_PID`]) || null]));
  }

  /** A signed token, as `gymchat token` prints it. */
  token({gym = 'demo', role, sub, name, rooms, ttl}) {
    const optional = {name, rooms: rooms && [].concat(rooms).join(','), ttl};
    const args = Object.entries(optional).filter(([, value]) => value !== undefined).flatMap(([key, value]) => [`--${key}`, String(value)]);
    return this.#verb('token', '--gym', gym, '--role', role, '--sub', sub, ...args).trim();
  }

  /** Whether a part is alive and says that it is ready. */
  isReady(part) {
    const {stdout} = spawnSync(GYMCHAT, ['status', '--dir', this.dir], {encoding: 'utf8', env: cleanEnvironment()});
    return new RegExp(`^\\s*${part}\\s+\\d+\\s+ready$`, 'm').test(stdout);
  }

  /** Waits until the API, too, knows that all is up. It is ready as soon as it has the broker, since people talk without
   *  an archive; but then it answers 202 for a moment where a test wants 201. */
  async whole() {
    await until(async () => (await (await fetch(`http://127.0.0.1:${this.port}/readyz`)).json()).status === 'ready', 'a whole instance', 60_000);
  }

  /** Sends a signal to a part; the supervisor starts it again when it dies. Returns its pid. */
  kill(part, signal = 'SIGKILL') {
    const pid = this.pids()[part];
    if (pid === null)
      throw new Error(`${part} is down`);
    process.kill(pid, signal);
    return pid;
  }

  /** Waits until a part runs under another pid than the one that kill() returned, and is ready. Returns the new one. */
  async restarted(part, pid, ms = 60_000) {
    return until(() => {
      const now = this.pids()[part];
      return now !== null && now !== pid && this.isReady(part) && now;
    }, `${part} after ${pid}`, ms);
  }

  /** Kills a part with SIGKILL and waits for its successor. */
  async crash(part) {
    return this.restarted(part, this.kill(part));
  }

  /** Runs SQL as the database's owner; unaligned rows without header. */
  psql(sql) {
    return execFileSync('psql', ['-XAtq', '-v', 'ON_ERROR_STOP=1', '-d', this.databaseUrl], {input: sql, encoding: 'utf8'}).trimEnd();
  }

  log(part) {
    return readFileSync(join(this.dir, 'log', `${part}.log`), 'utf8');
  }

  /** Stops it and removes its folder; for after(). Throws what a sanitizer has found in any part. */
  async stop() {
    await gymchat(['down', '--dir', this.dir]);
    running.delete(this);
    const found = this.#sanitizerFindings();
    this.#putAway();
    if (found)
      throw new Error(found);
  }

  stopNow() {
    spawnSync(GYMCHAT, ['down', '--dir', this.dir], {env: cleanEnvironment()});
    this.#putAway();
  }

  #sanitizerFindings() {
    const logs = join(this.dir, 'log');
    return (existsSync(logs) ? readdirSync(logs) : []).map((name) => {
      const [report] = readFileSync(join(logs, name), 'utf8').match(/^.*(runtime error:|ERROR: (Address|Leak)Sanitizer)[^]{0,4000}/m) ?? [];
      return report && `${name}: ${report}`;
    }).find(Boolean);
  }

  /** The logs stay, for whoever asks why a test failed: tests/artefacts/logs/TEST/NUMBER. */
  #putAway() {
    const logs = join(this.dir, 'log');
    if (existsSync(logs))
      cpSync(logs, join(ARTEFACTS, 'logs', basename(process.argv[1], '.test.js'), String(this.number)), {recursive: true});
    rmSync(this.folder, {recursive: true, force: true});
  }
}

/**
 * A running instance. env: GYMCHAT_ settings for it; parts: only these of PARTS; build: folder of the programs, else
 * GYMCHAT_BUILD of the environment, or what `up` builds itself. Call stop() in after().
 */
export async function startStack({env = {}, parts = PARTS, build = process.env.GYMCHAT_BUILD} = {}) {
  const stack = new Stack(sharedFolder(), env, parts);
  try {
    return await stack.up(build);
  } catch (error) {
    stack.stopNow();
    throw error;
  }
}

/** A process in the background whose output is kept: for commands that stay, such as `gymchat up` without --detach. It has
 *  ended when its output has, too. */
export function background(file, args, options = {}) {
  const child = spawn(file, args, {stdio: ['ignore', 'pipe', 'pipe'], env: cleanEnvironment(), ...options});
  const ended = new Promise((done) => child.once('close', (code, signal) => done({code, signal})));
  const it = {child, ended, output: ''};
  child.stdout.on('data', (chunk) => { it.output += chunk; });
  child.stderr.on('data', (chunk) => { it.output += chunk; });
  const end = () => child.kill('SIGTERM');
  process.on('exit', end);
  ended.then(() => process.off('exit', end));
  return it;
}
