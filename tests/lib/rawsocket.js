// rawsocket.js - a WebSocket client for hostile tests: it sends any bytes, and tells every frame that comes.
import {randomBytes} from 'node:crypto';
import {connect} from 'node:net';
import {connect as connectTls} from 'node:tls';

export const TEXT = 1, BINARY = 2, CLOSE = 8, PING = 9, PONG = 10;

/** One frame as a client sends it. */
export function frame(opcode, payload = Buffer.alloc(0), {fin = true, length = payload.length} = {}) {
  const head = [(fin ? 0x80 : 0) | opcode];
  if (length < 126)
    head.push(0x80 | length);
  else if (length < 65536)
    head.push(0x80 | 126, length >> 8, length & 255);
  else
    head.push(0x80 | 127, 0, 0, 0, 0, (length >>> 24) & 255, (length >> 16) & 255, (length >> 8) & 255, length & 255);
  const mask = randomBytes(4);
  const masked = Buffer.from(payload);
  for (let i = 0; i < masked.length; i++)
    masked[i] ^= mask[i & 3];
  return Buffer.concat([Buffer.from(head), mask, masked]);
}

export class RawSocket {
  frames = [];   // {opcode, payload}, oldest first
  status = 0;    // of the HTTP answer
  head = '';
  body = '';     // of an answer that is no 101
  isEnded = false;
  #bytes = Buffer.alloc(0);
  #waiting = [];

  /** Sends the upgrade request and resolves at its answer, whatever that is. */
  static async open(port, {path = '/mqtt', protocol = 'mqtt', headers = {}, ca} = {}) {
    const raw = new RawSocket();
    raw.socket = ca ? connectTls({port, host: '127.0.0.1', ca, servername: 'localhost'}) : connect({port, host: '127.0.0.1'});
    raw.socket.on('data', (data) => raw.#onData(data));
    raw.socket.on('error', () => {});
    raw.socket.on('close', () => { raw.isEnded = true; raw.#wake(); });
    const all = {
      Host: `127.0.0.1:${port}`, Upgrade: 'websocket', Connection: 'Upgrade', 'Sec-WebSocket-Version': 13,
      'Sec-WebSocket-Key': randomBytes(16).toString('base64'), ...(protocol && {'Sec-WebSocket-Protocol': protocol}), ...headers,
    };
    raw.send(`GET ${path} HTTP/1.1\r\n${Object.entries(all).map(([k, v]) => `${k}: ${v}\r\n`).join('')}\r\n`);
    await raw.until(() => raw.status || raw.isEnded, 'an answer');
    return raw;
  }

  send(bytes) { this.socket.write(bytes); }

  #onData(data) {
    this.#bytes = Buffer.concat([this.#bytes, data]);
    if (!this.status && !this.#takeHead())
      return;
    if (this.status === 101)
      while (this.#takeFrame());
    else
      this.body = this.#bytes.toString();
    this.#wake();
  }

  #takeHead() {
    const end = this.#bytes.indexOf('\r\n\r\n');
    if (end < 0)
      return false;
    this.head = this.#bytes.subarray(0, end).toString();
    this.status = Number(this.head.split(' ')[1]);
    this.#bytes = this.#bytes.subarray(end + 4);
    return true;
  }

  #takeFrame() {
    const bytes = this.#bytes;
    if (bytes.length < 2)
      return false;
    let length = bytes[1] & 127, from = 2;
    if (length === 126 && bytes.length >= 4)
      [length, from] = [bytes.readUInt16BE(2), 4];
    else if (length === 127 && bytes.length >= 10)
      [length, from] = [bytes.readUInt32BE(6), 10];
    else if (length > 125)
      return false;
    if (bytes.length < from + length)
      return false;
    this.frames.push({opcode: bytes[0] & 15, payload: bytes.subarray(from, from + length)});
    this.#bytes = bytes.subarray(from + length);
    return true;
  }

  #wake() {
    for (const look of this.#waiting.splice(0))
      look();
  }

  /** Waits until check() is true; looks whenever something came. */
  async until(check, what, ms = 10_000) {
    const end = Date.now() + ms;
    while (!check()) {
      const left = end - Date.now();
      if (left <= 0)
        throw new Error(`waited ${ms} ms for ${what}; ${this.frames.length} frames, ended: ${this.isEnded}`);
      let timer;
      await Promise.race([
        new Promise((done) => this.#waiting.push(done)),
        new Promise((done) => { timer = setTimeout(done, left); }),
      ]);
      clearTimeout(timer);
    }
  }

  /** Takes out the next frame with this opcode. */
  async next(opcode, ms) {
    await this.until(() => this.frames.some((f) => f.opcode === opcode), `a frame with opcode ${opcode}`, ms);
    const at = this.frames.findIndex((f) => f.opcode === opcode);
    return this.frames.splice(at, 1)[0].payload;
  }

  /** {code, reason} of the close frame; then answers it and waits for the end. */
  async closing(ms) {
    const payload = await this.next(CLOSE, ms);
    this.send(frame(CLOSE, payload.subarray(0, 2)));
    await this.until(() => this.isEnded, 'the end of the connection');
    return {code: payload.readUInt16BE(0), reason: payload.subarray(2).toString()};
  }

  destroy() { this.socket.destroy(); }
}
