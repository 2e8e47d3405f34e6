// proxy.js - a TCP proxy that can be cut, held and told to cut at a moment: what lies between the archiver and the
// broker, and between the archiver and the database.
import net from 'node:net';

export class Proxy {
  #server;
  #pairs = new Set();
  #held = false;
  #watch;

  /** target: options of net.connect ({port} or {path}). */
  constructor(target) {
    this.target = target;
  }

  async start() {
    this.#server = net.createServer((near) => this.#accept(near));
    await new Promise((done) => this.#server.listen(0, '127.0.0.1', done));
    this.port = this.#server.address().port;
    return this;
  }

  #accept(near) {
    const far = net.connect(this.target);
    const pair = {near, far};
    this.#pairs.add(pair);
    for (const [from, to, toServer] of [[near, far, true], [far, near, false]]) {
      from.setNoDelay(true);
      from.on('error', () => this.#cut(pair));
      from.on('close', () => this.#cut(pair));
      from.on('data', (bytes) => this.#pass(pair, from, to, bytes, toServer));
      if (this.#held)
        from.pause();
    }
  }

  #pass(pair, from, to, bytes, toServer) {
    if (this.#watch?.sees(bytes, toServer)) {
      const {passFirst} = this.#watch;
      this.#watch = undefined;
      if (passFirst)
        this.#passThenCut(pair, to, bytes);
      else
        this.reset();
      return;
    }
    if (!to.write(bytes)) {
      from.pause();
      to.once('drain', () => this.#held || from.resume());
    }
  }

  /** The far side gets the bytes and does what they ask; its answer finds nobody. */
  #passThenCut(pair, to, bytes) {
    this.#pairs.delete(pair);
    to.end(bytes);
    to.removeAllListeners('data');
    to.resume();
    pair.near.resetAndDestroy();
  }

  #cut(pair) {
    if (!this.#pairs.delete(pair))
      return;
    pair.near.destroy();
    pair.far.destroy();
  }

  /** Ends every connection with a reset, as a crashed peer or a stateful firewall does. */
  reset() {
    for (const pair of [...this.#pairs]) {
      this.#pairs.delete(pair);
      pair.near.resetAndDestroy();
      if (this.target.path === undefined)
        pair.far.resetAndDestroy();
      else
        pair.far.destroy();	// a Unix socket knows no reset
    }
  }

  /** Bytes stop flowing and nobody is told; new connections are taken and say nothing. */
  hold() {
    this.#held = true;
    for (const {near, far} of this.#pairs) {
      near.pause();
      far.pause();
    }
  }

  release() {
    this.#held = false;
    for (const {near, far} of this.#pairs) {
      near.resume();
      far.resume();
    }
  }

  /**
   * Cuts as soon as `sees(bytes, toServer)` is true of a chunk: before that chunk is passed on or, with `passFirst`,
   * after it and before its answer. `undefined` calls it off.
   */
  cutWhen(sees, {passFirst = false} = {}) {
    this.#watch = sees && {sees, passFirst};
  }

  async stop() {
    this.reset();
    await new Promise((done) => this.#server.close(done));
  }
}
