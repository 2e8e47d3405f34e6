// broker.js - a private Mosquitto with the auth plugin for one test file: the shipped configuration in an own temp
// folder, free port, own keys. Binaries come from GYMCHAT_BUILD (default build/release, relative to the repository).
import {spawn, spawnSync} from 'node:child_process';
import {createHmac, randomBytes} from 'node:crypto';
import {chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {connect} from 'node:net';
import {tmpdir} from 'node:os';
import {join, resolve} from 'node:path';
import {fileURLToPath} from 'node:url';
import mqtt from 'mqtt';
import {freePort} from './ports.js';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
export const BUILD = resolve(ROOT, process.env.GYMCHAT_BUILD ?? 'build/release');
const IS_ROOT = process.getuid() === 0;
const START_MS = 20_000;
const RUNNING = /mosquitto version \S+ running/; // its last line before the loop, with all listeners open

/** Resolves with what check() returns once that is truthy; looks again every 10 ms. */
export async function until(check, what, ms = START_MS) {
  for (const end = Date.now() + ms; ;) {
    const value = await check();
    if (value)
      return value;
    if (Date.now() > end)
      throw new Error(`waited ${ms} ms for ${what}`);
    await new Promise((next) => setTimeout(next, 10));
  }
}

const base64url = (value) => Buffer.from(value).toString('base64url');

/** An HS256 token; claims as given, iat, exp and aud added where missing. Written without gymchat's own code. */
export function signToken(claims, key, {kid, alg = 'HS256', ttl = 600} = {}) {
  const now = Math.floor(Date.now() / 1000);
  const header = base64url(JSON.stringify({typ: 'JWT', alg, ...(kid && {kid})}));
  const body = base64url(JSON.stringify({aud: 'gymchat', iat: now, exp: now + ttl, ...claims}));
  const signature = createHmac('sha256', Buffer.from(key, 'base64url')).update(`${header}.${body}`).digest('base64url');
  return `${header}.${body}.${signature}`;
}

/** The sanitizers' runtime where the plugin was built with it: the stock broker must load it first. */
function sanitizerEnv(plugin) {
  if (!readFileSync(plugin).includes('libasan.so'))
    return {};
  const lib = spawnSync('gcc', ['-print-file-name=libasan.so'], {encoding: 'utf8'}).stdout.trim();
  return {LD_PRELOAD: lib, ASAN_OPTIONS: 'detect_leaks=0:abort_on_error=1'};
}

function ownedByServer(path, mode) {
  if (IS_ROOT) {
    const id = (flag) => Number(spawnSync('id', [flag, 'nobody'], {encoding: 'utf8'}).stdout);
    chownSync(path, id('-u'), id('-g'));
  }
  chmodSync(path, mode);
}

export class Broker {
  /** settings: GYMCHAT_… without the prefix; options: plugin_opt_ lines; conf: more lines of mosquitto.conf. */
  static async start({settings = {}, options = {}, conf = ''} = {}) {
    const broker = new Broker();
    broker.dir = mkdtempSync(join(tmpdir(), 'gymchat-broker-'));
    ownedByServer(broker.dir, 0o755);
    broker.key = randomBytes(32).toString('base64url');
    broker.systemKey = randomBytes(32).toString('base64url');
    broker.port = await freePort();
    broker.socket = join(broker.dir, 'mqtt.sock');
    broker.settings = settings;
    broker.#writeFiles(options, conf);
    try {
      await broker.launch();
    } catch (error) {
      await broker.stop().catch(() => {}); // the first error is the one to tell
      throw error;
    }
    return broker;
  }

  get url() { return `mqtt://127.0.0.1:${this.port}`; }
  get tokenKeysFile() { return join(this.dir, 'token_keys'); }
  get systemKeyFile() { return join(this.dir, 'system_key'); }

  /** What the broker and the plugin wrote so far, of all its lives. */
  log() {
    const file = join(this.dir, 'mosquitto.log');
    return this.stderr + (existsSync(file) ? readFileSync(file, 'utf8') : '');
  }

  stderr = '';

  #writeFiles(options, conf) {
    const data = join(this.dir, 'data');
    mkdirSync(data);
    ownedByServer(data, 0o700);
    this.writeKeys();
    writeFileSync(this.systemKeyFile, `${this.systemKey}\n`);
    ownedByServer(this.systemKeyFile, 0o600);
    const names = {
      PLUGIN: join(BUILD, 'bin/gymchat_auth.so'), MQTT_PORT: this.port, MQTT_SOCKET: this.socket, DATA_DIR: data,
      LOG_FILE: join(this.dir, 'mosquitto.log'), TOKEN_KEYS_FILE: this.tokenKeysFile,
      SYSTEM_KEY_FILE: this.systemKeyFile,
    };
    const template = readFileSync(join(ROOT, 'broker-conf/mosquitto.conf.in'), 'utf8');
    const text = template.replace(/@([A-Z_]+)@/g, (_, name) => {
      if (!(name in names))
        throw new Error(`mosquitto.conf.in: nobody fills @${name}@`);
      return names[name];
    });
    const lines = Object.entries(options).map(([key, value]) => `plugin_opt_${key} ${value}\n`).join('');
    writeFileSync(join(this.dir, 'mosquitto.conf'),
      text.replace('# SIGHUP reads', `${lines}# SIGHUP reads`) + conf);
  }

  /** The CRM's keys as KID → base64url; broker.key under "test" unless told otherwise. */
  writeKeys(keys = {test: this.key}) {
    const text = Object.entries(keys).map(([kid, key]) => `${kid} HS256 ${key}\n`).join('');
    writeFileSync(this.tokenKeysFile, text);
    ownedByServer(this.tokenKeysFile, 0o600);
  }

  /** Starts the process and waits until it takes connections. */
  async launch() {
    const user = IS_ROOT ? ['--reuid=nobody', '--regid=nogroup', '--clear-groups'] : [];
    const env = Object.fromEntries(Object.entries(process.env).filter(([key]) => !key.startsWith('GYMCHAT_')));
    for (const [key, value] of Object.entries(this.settings))
      env[`GYMCHAT_${key}`] = String(value);
    Object.assign(env, sanitizerEnv(join(BUILD, 'bin/gymchat_auth.so')));
    const lives = this.log().split(RUNNING).length;
    const child = spawn('setpriv', [...user, '--pdeathsig', 'TERM', '/usr/sbin/mosquitto', '-c',
      join(this.dir, 'mosquitto.conf')], {env, stdio: ['ignore', 'ignore', 'pipe']});
    child.stderr.on('data', (data) => { this.stderr += data; });
    this.child = child;
    this.exited = new Promise((done) => {
      child.on('close', (code, signal) => { child.isGone = true; done({code, signal}); });
    });
    await until(() => {
      if (child.isGone)
        throw new Error(`mosquitto did not start:\n${this.log()}`);
      return this.log().split(RUNNING).length > lives;
    }, 'the broker to run');
  }

  signal(name) { this.child.kill(name); }

  /** Ends it in order; a crash (of the plugin, or by a sanitizer) is the caller's error. */
  async #end() {
    if (!this.child || this.child.hasEnded)
      return;
    this.child.hasEnded = true;
    this.child.kill('SIGTERM');
    const {code, signal} = await this.exited;
    if (code !== 0)
      throw new Error(`mosquitto ended with ${code ?? signal}:\n${this.log().slice(-4000)}`);
  }

  /** Stops it with a snapshot of its sessions, as an operator does, and starts it again on the same folder. */
  async restart() {
    await this.#end();
    await this.launch();
  }

  async stop() {
    try {
      await this.#end();
    } finally {
      rmSync(this.dir, {recursive: true, force: true});
    }
  }

  /** A token of {gym, role, sub, …claims}; gym is "g" unless told otherwise. */
  token(claims, options = {}) {
    const whole = {gym: 'g', ...claims};
    return signToken(whole, whole.gym === '_system' ? this.systemKey : this.key, options);
  }

  /** Names and password of an identity's connection; tail is the end of the client id. */
  login(claims, {tail = 't', ttl} = {}) {
    const {gym = 'g', role, sub} = claims;
    const username = `${gym}.${role}.${sub}`;
    return {username, clientId: `${username}.${tail}`, password: this.token(claims, {ttl})};
  }

  /** Connects as {gym, role, sub, …}; options are MQTT.js's, and tail, ttl. Rejects when the broker refuses. */
  connect(claims, {tail = randomBytes(4).toString('hex'), ttl, ...options} = {}) {
    return connectClient(this.url, {...this.login(claims, {tail, ttl}), ...options});
  }
}

/** A connected MQTT.js client that never reconnects by itself; its messages wait in client.inbox. where: a URL, or the
 *  path of a Unix socket. */
export function connectClient(where, options) {
  return new Promise((done, failed) => {
    const all = {reconnectPeriod: 0, connectTimeout: 10_000, protocolVersion: 4, ...options};
    const client = where.startsWith('/') ? new mqtt.MqttClient(() => connect(where), all) : mqtt.connect(where, all);
    client.inbox = new Inbox(client);
    client.ended = new Promise((gone) => client.once('close', gone));
    client.once('connect', (connack) => { client.connack = connack; done(client); });
    client.on('error', failed);
    client.once('close', () => failed(new Error('closed before CONNACK')));
  });
}

/** What a client received, oldest first. */
export class Inbox {
  messages = [];

  constructor(client) {
    client.on('message', (topic, payload, packet) => this.messages.push({
      topic, text: payload.toString(), qos: packet.qos, retain: packet.retain,
      get json() { return JSON.parse(this.text); },
    }));
  }

  /** Takes out the first message on the topic (a string, or a function of the message), waiting for it. */
  async take(topic, ms = 10_000) {
    const fits = typeof topic === 'function' ? topic : (message) => message.topic === topic;
    await until(() => this.messages.some(fits), `a message on ${topic}`, ms);
    return this.messages.splice(this.messages.findIndex(fits), 1)[0];
  }
}

/** Subscribes to each filter in its own SUBSCRIBE; resolves with the granted QoS, 128 for refused. */
export async function subscribe(client, ...filters) {
  const granted = [];
  for (const filter of filters) {
    granted.push(await new Promise((done, failed) => {
      client.subscribe(filter, {qos: 1}, (error, grants, packet) => {
        const code = packet?.granted?.[0] ?? grants?.[0]?.qos;
        if (code === undefined)
          failed(error);
        else
          done(code);
      });
    }));
  }
  return granted;
}

/** Publishes at QoS 1 (or options.qos) and resolves at the PUBACK. Objects become JSON. */
export function publish(client, topic, payload, options = {}) {
  const text = typeof payload === 'object' && !Buffer.isBuffer(payload) ? JSON.stringify(payload) : payload;
  return client.publishAsync(topic, text, {qos: 1, ...options});
}
