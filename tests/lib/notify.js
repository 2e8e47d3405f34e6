// notify.js - runs of gymchat-notify against a fake broker that plays the archive, or a real one.
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {createInterface} from 'node:readline';
import {BUILD} from './driver.js';
import {startFakeBroker} from './fake-broker.js';

const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A kiosk's token; only a real broker looks at the signature. */
export function kioskToken(claims = {}) {
  const exp = Math.floor(Date.now() / 1000) + 3600;
  return `${encode({alg: 'HS256'})}.${encode({aud: 'gymchat', gym: 'demo', role: 'kiosk', sub: 'entrada', iat: exp - 7200, exp, ...claims})}.${'x'.repeat(43)}`;
}

/** Answers publishes as the archiver would: each id of a room gets the next seq, the same one again.
 *  Replace `decide(message, publish)` to return 'stored', 'silent' or a rejection {code, detail, retry_after_ms}. */
export class FakeArchive {
  constructor() {
    this.stored = []; // {room, id, payload}, once each
    this.published = []; // {room, id, text, at, client, bytes}: every PUBLISH
    this.decide = () => 'stored';
  }

  onPublish(client, seen) {
    const [, gym, , room, , , sub] = seen.topic.split('/');
    const message = JSON.parse(seen.payload);
    this.published.push({room, id: message.id, text: message.text, at: performance.now(), client, bytes: seen.payload.toString(), topic: seen.topic});
    const verdict = this.decide(message, room);
    if (verdict === 'silent')
      return;
    const entry = {id: message.id, room};
    if (verdict === 'stored') {
      if (!this.stored.some((one) => one.id === message.id))
        this.stored.push({...entry, payload: message});
      entry.seq = this.stored.filter((one) => one.room === room).findIndex((one) => one.id === message.id) + 1;
      if (room === 'ana')
        entry.first_name = 'Ana';
    } else {
      Object.assign(entry, verdict);
    }
    client.publish(`gym/${gym}/to/kiosk/${sub}`, JSON.stringify({[verdict === 'stored' ? 'stored' : 'rejected']: [entry]}), {qos: 0});
  }
}

/** A spool folder, a fake broker and archive, and runs on them. */
export class Kiosk {
  static async start(options = {}) {
    const kiosk = new Kiosk();
    kiosk.folder = mkdtempSync(join(tmpdir(), 'gymchat-notify-'));
    kiosk.spool = join(kiosk.folder, 'spool');
    kiosk.socket = join(kiosk.folder, 's');
    kiosk.tokenFile = join(kiosk.folder, 'token');
    writeFileSync(kiosk.tokenFile, `${kioskToken()}\n`);
    kiosk.archive = new FakeArchive();
    kiosk.runs = [];
    if (options.broker !== false)
      await kiosk.brokerUp(options);
    return kiosk;
  }

  async brokerUp(options = {}) {
    this.broker = await startFakeBroker({onPublish: (client, seen) => this.archive.onPublish(client, seen), ...options}, this.socket);
  }

  async brokerDown() {
    await this.broker.close();
    this.broker = null;
  }

  /** Names of the entries in the spool. */
  entries() {
    return existsSync(this.spool) ? readdirSync(this.spool).filter((name) => name.endsWith('.entry')).sort() : [];
  }

  /** The payload of an entry. */
  payload(name) { return readFileSync(join(this.spool, name), 'utf8').split('\n')[1]; }

  /** Starts a run; env without the prefix, over the kiosk's own settings. */
  run(args, {env = {}, stdin = 'ignore'} = {}) {
    const settings = {SPOOL: this.spool, MQTT_SOCKET: this.socket, TOKEN_FILE: this.tokenFile, LOG_LEVEL: 'debug', ...env};
    const run = new Run(args, Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined)
      .map(([key, value]) => [`GYMCHAT_${key}`, String(value)])), stdin);
    this.runs.push(run);
    return run;
  }

  say(room, text, ...more) { return this.run(['--room', room, '--text', text, ...more]); }

  /** Waits until condition(this) holds; looked at whenever the broker hears something, and often. */
  async until(condition, what, ms = 15_000) {
    const late = performance.now() + ms;
    while (!condition(this)) {
      if (performance.now() > late)
        throw new Error(`${what ?? condition} did not come true within ${ms} ms; published: ${this.archive.published.map((p) => `${p.room}:${p.text}`).join(' ')}\n${this.runs.map((run) => run.log).join('---\n')}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  async stop() {
    for (const run of this.runs)
      run.child.kill('SIGKILL');
    await this.broker?.close();
    rmSync(this.folder, {recursive: true, force: true});
  }
}

class Run {
  constructor(args, env, stdin) {
    const file = join(BUILD, 'bin/gymchat-notify');
    if (!existsSync(file))
      throw new Error(`${file} is missing: cmake --preset release && cmake --build --preset release`);
    this.child = spawn(file, args, {env: {PATH: process.env.PATH, ...env}, stdio: [stdin, 'pipe', 'pipe']});
    this.lines = [];
    this.log = '';
    createInterface({input: this.child.stdout}).on('line', (line) => this.lines.push(line.startsWith('{') ? JSON.parse(line) : line));
    this.child.stderr.on('data', (chunk) => { this.log += chunk; });
    this.closed = once(this.child, 'close');
  }

  /** A line of input: an object, or text as it is. */
  feed(...lines) {
    for (const line of lines)
      this.child.stdin.write(`${typeof line === 'string' ? line : JSON.stringify(line)}\n`);
    return this;
  }

  /** Resolves to its exit code, or the signal that ended it. */
  async code() {
    const [code, signal] = await this.closed;
    return code ?? signal;
  }
}
