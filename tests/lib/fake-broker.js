// fake-broker.js - an MQTT broker that does nothing by itself but answer CONNECT, SUBSCRIBE and PINGREQ: the test says what it
// publishes, and sees every byte and packet that a client sends, in order. MQTT 3.1.1 and 5.
import {EventEmitter, once} from 'node:events';
import {createServer} from 'node:net';

const CONNECT = 1, CONNACK = 2, PUBLISH = 3, PUBACK = 4, SUBSCRIBE = 8, SUBACK = 9, PINGREQ = 12, PINGRESP = 13, DISCONNECT = 14;
const NAMES = {1: 'connect', 3: 'publish', 4: 'puback', 8: 'subscribe', 10: 'unsubscribe', 12: 'pingreq', 14: 'disconnect'};

function varint(n) {
  const bytes = [];
  do {
    bytes.push((n & 127) | (n > 127 ? 128 : 0));
    n >>= 7;
  } while (n > 0);
  return Buffer.from(bytes);
}

function text(string) {
  const bytes = Buffer.from(string);
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes]);
}

function packet(head, ...parts) {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([head]), varint(body.length), body]);
}

/** Reads a packet's fields one after the other. */
class Fields {
  constructor(bytes) { this.bytes = bytes; this.at = 0; }
  byte() { return this.bytes[this.at++]; }
  int16() { return (this.byte() << 8) | this.byte(); }
  int32() { return ((this.int16() << 16) | this.int16()) >>> 0; }
  varint() {
    let value = 0, shift = 0, byte;
    do {
      byte = this.byte();
      value |= (byte & 127) << shift;
      shift += 7;
    } while (byte & 128);
    return value;
  }
  take(len) { this.at += len; return this.bytes.subarray(this.at - len, this.at); }
  text() { return this.take(this.int16()).toString(); }
  get left() { return this.bytes.length - this.at; }
}

const PROPERTY = {0x11: ['sessionExpiry', 'int32'], 0x21: ['receiveMaximum', 'int16'], 0x27: ['maximumPacketSize', 'int32'], 0x22: ['topicAliasMaximum', 'int16']};

function properties(fields) {
  const end = fields.varint() + fields.at;
  const found = {};
  while (fields.at < end) {
    const known = PROPERTY[fields.byte()];
    if (!known) {
      fields.at = end;
      break;
    }
    found[known[0]] = fields[known[1]]();
  }
  return found;
}

/** One client's connection. Emits 'change' whenever anything below has changed. */
export class FakeClient extends EventEmitter {
  constructor(broker, socket) {
    super();
    this.broker = broker;
    this.socket = socket;
    this.packets = []; // {type, at, ...}, everything the client sent
    this.pubacks = []; // mids in the order of their PUBACKs
    this.received = 0; // bytes
    this.isClosed = false;
    this.version = 4;
    this.nextMid = 1;
    this.rest = Buffer.alloc(0);
    socket.on('data', (bytes) => this.onBytes(bytes));
    socket.on('error', () => {});
    socket.on('close', () => {
      this.isClosed = true;
      this.emit('change');
    });
  }

  onBytes(bytes) {
    this.received += bytes.length;
    this.rest = Buffer.concat([this.rest, bytes]);
    for (let one; (one = this.takePacket());)
      this.onPacket(one.head, new Fields(one.body));
    this.emit('change');
  }

  takePacket() {
    const fields = new Fields(this.rest);
    if (fields.left < 2)
      return null;
    const head = fields.byte();
    let used = 1;
    while (used < this.rest.length && this.rest[used] & 128)
      used++;
    if (used >= this.rest.length)
      return null;
    const len = fields.varint();
    if (fields.left < len)
      return null;
    const body = fields.take(len);
    this.rest = this.rest.subarray(fields.at);
    return {head, body};
  }

  onPacket(head, fields) {
    const type = head >> 4;
    const seen = {type: NAMES[type] ?? String(type), at: performance.now()};
    this.packets.push(seen);
    if (type === CONNECT)
      this.onConnect(seen, fields);
    else if (type === SUBSCRIBE)
      this.onSubscribe(seen, fields);
    else if (type === PUBLISH)
      this.onPublish(seen, head, fields);
    else if (type === PUBACK)
      this.pubacks.push(seen.mid = fields.int16());
    else if (type === PINGREQ && this.broker.options.answersPings)
      this.write(packet(PINGRESP << 4));
    else if (type === DISCONNECT)
      seen.reason = fields.left > 0 ? fields.byte() : 0;
  }

  onConnect(seen, fields) {
    fields.text();
    this.version = fields.byte();
    const flags = fields.byte();
    Object.assign(seen, {version: this.version, cleanStart: (flags & 2) !== 0, keepalive: fields.int16()});
    seen.properties = this.version === 5 ? properties(fields) : {};
    seen.clientId = fields.text();
    if (flags & 4) {
      if (this.version === 5)
        properties(fields);
      seen.will = {topic: fields.text(), payload: fields.take(fields.int16()).toString()};
    }
    if (flags & 128)
      seen.username = fields.text();
    if (flags & 64)
      seen.password = fields.take(fields.int16()).toString();
    const {connack, sessionPresent} = this.broker.options;
    if (connack === null)
      return; // never answers
    const code = typeof connack === 'function' ? connack(seen) : connack;
    const body = [Buffer.from([code === 0 && sessionPresent ? 1 : 0, code])];
    if (this.version === 5)
      body.push(Buffer.from([0]));
    this.write(packet(CONNACK << 4, ...body));
    if (code !== 0)
      this.socket.end();
    else
      this.broker.options.afterConnack?.(this);
  }

  onSubscribe(seen, fields) {
    seen.mid = fields.int16();
    if (this.version === 5)
      properties(fields);
    seen.filters = [];
    while (fields.left > 0) {
      const filter = fields.text();
      fields.byte();
      seen.filters.push(filter);
    }
    this.pendingSuback = seen;
    if (this.broker.options.answersSubscribe)
      this.suback(seen);
  }

  suback({mid, filters}) {
    const codes = filters.map((filter) => this.broker.options.denied.includes(filter) ? 0x80 : 1);
    this.write(packet(SUBACK << 4, Buffer.from([mid >> 8, mid & 255]), ...(this.version === 5 ? [Buffer.from([0])] : []), Buffer.from(codes)));
  }

  onPublish(seen, head, fields) {
    seen.qos = (head >> 1) & 3;
    seen.topic = fields.text();
    if (seen.qos > 0)
      seen.mid = fields.int16();
    if (this.version === 5)
      properties(fields);
    seen.payload = fields.take(fields.left);
    // The PUBACK comes first, as from a broker: who has what onPublish answers may be gone, and a write to nobody would end
    // the reading of its last bytes.
    if (seen.qos === 1 && this.broker.options.answersPublish)
      this.write(packet(PUBACK << 4, Buffer.from([seen.mid >> 8, seen.mid & 255])));
    this.broker.options.onPublish?.(this, seen);
  }

  write(bytes) { this.socket.write(bytes); }

  /** The bytes of a PUBLISH, for tests that send part of one. Returns them with the mid. */
  publishBytes(topic, payload, {qos = 1, dup = false, mid = this.nextMid++} = {}) {
    const head = (PUBLISH << 4) | (dup ? 8 : 0) | (qos << 1);
    const bytes = packet(head, text(topic), qos > 0 ? Buffer.from([mid >> 8, mid & 255]) : Buffer.alloc(0),
      this.version === 5 ? Buffer.from([0]) : Buffer.alloc(0), Buffer.from(payload));
    return {bytes, mid};
  }

  /** Sends a PUBLISH; returns its mid. */
  publish(topic, payload, options) {
    const {bytes, mid} = this.publishBytes(topic, payload, options);
    this.write(bytes);
    return mid;
  }

  /** Sends PUBLISHes in one write: whoever reads has all of them or none. Returns their mids. */
  publishAll(topic, payloads, options) {
    const all = payloads.map((payload) => this.publishBytes(topic, payload, options));
    this.write(Buffer.concat(all.map(({bytes}) => bytes)));
    return all.map(({mid}) => mid);
  }

  count(type) { return this.packets.filter((one) => one.type === type).length; }

  /** Resolves when condition(this) holds; looked at after every change. */
  async until(condition, what, ms = 10_000) {
    const late = AbortSignal.timeout(ms);
    while (!condition(this)) {
      try {
        await once(this, 'change', {signal: late});
      } catch {
        throw new Error(`${what ?? condition} did not come true within ${ms} ms; seen: ${this.packets.map((p) => p.type).join(' ')}`);
      }
    }
  }

  /** Ends the connection at once. */
  destroy() { this.socket.destroy(); }
}

export class FakeBroker extends EventEmitter {
  /** options: connack code | (connect) => code | null; denied: filters refused; sessionPresent; answersPings, answersSubscribe,
   *  answersPublish; afterConnack(client); onPublish(client, packet). May be changed while running. */
  constructor(options = {}) {
    super();
    this.options = {connack: 0, denied: [], sessionPresent: false, answersPings: true, answersSubscribe: true, answersPublish: true, ...options};
    this.clients = [];
    this.server = createServer((socket) => {
      const client = new FakeClient(this, socket);
      this.clients.push(client);
      this.emit('client');
    });
  }

  /** where: a Unix socket's path, or nothing for a free port on 127.0.0.1. */
  async listen(where) {
    this.server.listen(where ?? {port: 0, host: '127.0.0.1'});
    await once(this.server, 'listening');
    return this;
  }

  get port() { return this.server.address().port; }

  /** The nth connection of the broker's life, from 0, once it is there. */
  async client(n = 0, ms = 10_000) {
    const late = AbortSignal.timeout(ms);
    while (this.clients.length <= n)
      await once(this, 'client', {signal: late});
    return this.clients[n];
  }

  /** As client(), and its subscriptions have been answered. */
  async subscribed(n = 0, filters = 1) {
    const client = await this.client(n);
    await client.until((c) => c.count('subscribe') >= filters, 'SUBSCRIBE');
    return client;
  }

  async close() {
    for (const client of this.clients)
      client.destroy();
    this.server.close();
    await once(this.server, 'close');
  }
}

export async function startFakeBroker(options, where) {
  return new FakeBroker(options).listen(where);
}
