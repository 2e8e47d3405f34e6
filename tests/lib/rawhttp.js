// rawhttp.js - sends bytes to an HTTP server and tells what came back, for requests that no HTTP library would make.
import {connect} from 'node:net';

export class RawHttp {
  text = '';
  isEnded = false;

  /** Resolves when the connection is there. */
  static open(port) {
    const raw = new RawHttp();
    return new Promise((done, failed) => {
      raw.socket = connect({port, host: '127.0.0.1', allowHalfOpen: true}, () => done(raw));
      raw.socket.on('data', (data) => { raw.text += data.toString('latin1'); });
      raw.socket.on('error', (error) => { raw.error = error; raw.isEnded = true; failed(error); });
      raw.socket.on('end', () => { raw.isEnded = true; });
      raw.socket.on('close', () => { raw.isEnded = true; });
    });
  }

  /** Opens, sends and resolves to everything that came until the server closed, or ms were over. */
  static async ask(port, bytes, ms = 8000) {
    const raw = await RawHttp.open(port);
    raw.send(bytes);
    await raw.ended(ms).catch(() => {});
    raw.socket.destroy();
    return raw;
  }

  send(bytes) { this.socket.write(bytes); }

  get status() { return Number(this.text.split(' ')[1]); }

  /** The bodies' codes of problems, in the order of the answers. */
  get codes() { return [...this.text.matchAll(/"code":"(\w+)"/g)].map(([, code]) => code); }

  async until(check, what, ms = 8000) {
    for (const end = Date.now() + ms; !check();) {
      if (Date.now() > end)
        throw new Error(`waited ${ms} ms for ${what}; so far: ${this.text.slice(0, 500)}`);
      await new Promise((next) => setTimeout(next, 5));
    }
  }

  ended(ms) { return this.until(() => this.isEnded, 'the end of the connection', ms); }
}
