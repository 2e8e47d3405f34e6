// sender.js - one sender as DESIGN asks of it: an outbox in order, resent after a reconnect oldest first and, while
// connected, after 5 s doubling to 60 s until a stored or rejected notice names the message. `plain` senders publish
// once at QoS 1 and never again, as a device without an outbox does.
import mqtt from 'mqtt';
import {payloadOf} from './schedule.js';

const RESEND_FIRST_MS = 5000;
const RESEND_MOST_MS = 60000;

export class Sender {
  items = [];      // what has come due, in order: {send, tries, acked, told, resendAt, wait}
  byId = new Map();
  #open = [];      // items not settled yet, in order
  #live = false;
  #stopped = false;

  /** world: {schedule, gym, port, token(role, sub, rooms), order(): number} */
  constructor(world, index) {
    this.world = world;
    this.spec = world.schedule.senders[index];
    this.name = `${world.gym}.${this.spec.role}.${this.spec.sub}`;
  }

  start() {
    this.#connect();
    return this;
  }

  get unsettled() {
    return this.#open.length;
  }

  #connect() {
    if (this.#stopped)
      return;
    const {port, token} = this.world;
    const client = mqtt.connect(`mqtt://127.0.0.1:${port}`, {protocolVersion: 4, clean: true, reconnectPeriod: 0, connectTimeout: 3000, keepalive: 5,
      username: this.name, password: token(this.spec.role, this.spec.sub, this.spec.rooms), clientId: `${this.name}.${this.world.order()}`, queueQoSZero: false});
    this.client = client;
    client.on('connect', () => this.#subscribe(client));
    client.on('message', (topic, payload) => this.#onMessage(topic, JSON.parse(payload)));
    client.on('error', () => client.end(true));
    client.on('close', () => this.#onClose(client));
  }

  #filters() {
    const {role, sub, rooms} = this.spec;
    const base = `gym/${this.world.gym}`;
    const to = `${base}/to/${role}/${sub}`;
    if (role === 'kiosk')
      return [to];
    return role === 'staff' ? [to, `${base}/room/+/log`] : [to, ...rooms.map((room) => `${base}/room/${room}/log`)];
  }

  async #subscribe(client) {
    try {
      for (const filter of this.#filters())
        await client.subscribeAsync(filter, {qos: 0});
    } catch {
      client.end(true);
      return;
    }
    if (client !== this.client || !client.connected)
      return;
    this.#live = true;
    for (const item of [...this.#open]) {
      if (item.tries === 0 || !this.spec.plain)
        this.#publish(item);
    }
  }

  #onClose(client) {
    if (client !== this.client)
      return;
    this.#live = false;
    this.client = undefined;
    client.end(true);
    setTimeout(() => this.#connect(), 100 + Math.random() * 200);
  }

  /** A send of the schedule has come due. */
  due(send) {
    const item = {send, tries: 0, acked: false, told: false, wait: RESEND_FIRST_MS, order: 0};
    if (send.what === 'message')
      this.byId.set(send.id, item);
    this.items.push(item);
    this.#open.push(item);
    if (this.#live)
      this.#publish(item);
  }

  #publish(item) {
    const original = item.send.what === 'conflict' || item.send.what === 'repeat' ? this.byId.get(item.send.id) : undefined;
    if (item.send.what === 'conflict' && original.storedSeq === undefined)
      return;	// held until the first one stands, so that it is clear which of the two must win
    if (original !== undefined && item.send.what === 'repeat')
      original.tries++;
    if (item.tries++ === 0)
      item.order = this.world.order();
    item.resendAt = performance.now() + item.wait;
    item.wait = Math.min(item.wait * 2, RESEND_MOST_MS);
    const topic = `gym/${this.world.gym}/room/${item.send.room}/msg/${this.spec.role}/${this.spec.sub}`;
    this.client.publish(topic, payloadOf(item.send, this.world.schedule), {qos: 1}, (error) => {
      if (!error)
        item.acked = true;
    });
  }

  /** Called often: resends what has waited long enough. */
  tick(now = performance.now()) {
    if (!this.#live)
      return;
    for (const item of [...this.#open]) {
      if (item.tries === 0 || (!this.spec.plain && item.resendAt <= now))
        this.#publish(item);
    }
    if (this.spec.plain)
      this.#open = this.#open.filter((item) => !(item.acked || item.told));
  }

  #onMessage(topic, notice) {
    const {role, sub} = this.spec;
    const isOurs = topic.endsWith('/log') ? (entry) => entry.role === role && entry.sender === sub : () => true;
    for (const stored of notice.stored ?? [])
      this.#onStored(stored.id, stored.seq);
    for (const rejected of (notice.rejected ?? []).filter(isOurs))
      this.#onRejected(rejected);
  }

  #onStored(id, seq) {
    const message = this.byId.get(id);
    if (message === undefined || message.tries === 0)
      return;
    message.storedSeq ??= seq;
    if (message.storedSeq !== seq)
      message.toldTwice = seq;
    this.#settle((item) => item.send.id === id && item.send.what !== 'conflict' && item.tries > 0);
  }

  /** A rejection without an id answers the one poison whose id cannot be read, however often it comes. */
  #onRejected({id, code}) {
    const waits = (item) => item.tries > 0 && (item.send.what === 'conflict' ? code === 'conflict' && item.send.id === id
      : item.send.what === 'poison' && (item.send.isNamed ? item.send.id === id : (id ?? null) === null || item.send.id === id));
    const answered = this.#open.find(waits);
    this.#settle((item) => item === answered, code);
  }

  #settle(which, code) {
    this.#open = this.#open.filter((item) => {
      if (!which(item))
        return true;
      item.told = true;
      item.code = code;
      return false;
    });
  }

  stop() {
    this.#stopped = true;
    this.client?.end(true);
  }
}

/** What the checker wants to know of all senders. */
export function whatWasSent(senders, schedule) {
  const sent = new Map();
  const extra = [];
  for (const {items, spec} of senders) {
    for (const item of items) {
      const {send, tries, acked, told, order, storedSeq} = item;
      const common = {n: send.n, id: send.id, tries, acked, told, plain: spec.plain, what: send.what};
      if (send.what === 'message')
        sent.set(send.id, {...common, role: spec.role, sub: spec.sub, room: send.room, order, storedSeq, text: JSON.parse(payloadOf(send, schedule)).text});
      else
        extra.push({...common, mustDie: send.what !== 'repeat', payload: Buffer.from(payloadOf(send, schedule)).toString('base64')});
    }
  }
  return {sent, extra};
}
