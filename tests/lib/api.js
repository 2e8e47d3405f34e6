// api.js - a private gymchat-api beside a Broker of broker.js, for tests of the edge and the pages: without a database,
// which it must do without.
import {spawn} from 'node:child_process';
import {connect} from 'node:net';
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {BUILD, until} from './broker.js';
import {freePort} from './ports.js';

function isListening(port) {
  return new Promise((done) => {
    const socket = connect({port, host: '127.0.0.1'});
    socket.on('connect', () => { socket.destroy(); done(true); });
    socket.on('error', () => done(false));
  });
}

export class Api {
  /** settings: GYMCHAT_… without the prefix. */
  static async start(broker, settings = {}) {
    const api = new Api();
    api.port = await freePort();
    api.output = '';
    const env = {PATH: process.env.PATH};
    const all = {
      PORT: api.port, MQTT_SOCKET: broker.socket, TOKEN_KEYS_FILE: broker.tokenKeysFile,
      SYSTEM_KEY_FILE: broker.systemKeyFile, API_DATABASE_URL: 'postgresql://nobody@/none?host=/nonexistent', ...settings,
    };
    for (const [key, value] of Object.entries(all))
      env[`GYMCHAT_${key}`] = String(value);
    api.child = spawn('setpriv', ['--pdeathsig', 'TERM', join(BUILD, 'bin/gymchat-api')], {env, stdio: ['ignore', 'pipe', 'pipe']});
    for (const stream of [api.child.stdout, api.child.stderr])
      stream.on('data', (data) => { api.output += data; });
    api.exited = new Promise((done) => {
      api.child.on('exit', (code, signal) => { api.isGone = true; done({code, signal}); });
    });
    await until(() => {
      if (api.isGone)
        throw Object.assign(new Error(`gymchat-api did not start:\n${api.output}`), {api});
      return isListening(api.port);
    }, 'the API to listen');
    return api;
  }

  get url() { return `http://127.0.0.1:${this.port}`; }
  get mqttUrl() { return `ws://127.0.0.1:${this.port}/mqtt`; }

  /** Resident memory in KiB; 0 where a sanitizer keeps what was freed. */
  rss() {
    if (readFileSync(join(BUILD, 'bin/gymchat-api')).includes('libasan.so'))
      return 0;
    return Number(readFileSync(`/proc/${this.child.pid}/status`, 'utf8').match(/VmRSS:\s+(\d+)/)[1]);
  }

  /** Ends it in order; a crash, or a finding of a sanitizer, is an error. */
  async stop() {
    if (this.isStopped)
      return;
    this.isStopped = true;
    this.child.kill('SIGTERM');
    const {code, signal} = await this.exited;
    if (code !== 0)
      throw new Error(`gymchat-api ended with ${code ?? signal}:\n${this.output.slice(-4000)}`);
  }
}
