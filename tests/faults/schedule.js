// schedule.js - what a round does, from its seed alone: who sends what when, and which faults strike when. Pure, so
// that a failing seed replays the same schedule (what the machine makes of it is its own affair).
import {Random} from './random.js';

/** Every fault, with what it needs: `broker` faults may lose what the broker had acknowledged from memory. */
export const FAULTS = {
  'archiver-kill': {},
  'archiver-pause': {lasts: [300, 6000]},
  'broker-kill': {broker: true},
  'broker-pause': {lasts: [200, 1500]},
  'postgres-stop': {lasts: [100, 1500]},
  'postgres-pause': {lasts: [300, 3000]},
  'backend-terminate': {},
  'mqtt-reset': {},
  'mqtt-blackhole': {lasts: [300, 3000]},
  'mqtt-cut-mid-batch': {},
  'db-reset': {},
  'db-blackhole': {lasts: [300, 3000]},
  'db-cut-after-commit': {},
  'queue-fill': {lasts: [800, 2000]},
  'standby-takeover': {},
};

const POISON = [
  ['not json', () => 'not json at all'],
  ['cut off', (id) => `{"id":"${id}","text":"cut`],
  ['bad utf-8', (id) => Buffer.concat([Buffer.from(`{"id":"${id}","text":"`), Buffer.from([0xff, 0xfe]), Buffer.from('","sent_at":"2026-01-01T00:00:00Z"}')])],
  ['nul', (id) => `{"id":"${id}","text":"a\\u0000b","sent_at":"2026-01-01T00:00:00Z"}`],
  ['lone surrogate', (id) => `{"id":"${id}","text":"\\ud800","sent_at":"2026-01-01T00:00:00Z"}`],
  ['duplicate key', (id) => `{"id":"${id}","text":"a","text":"b","sent_at":"2026-01-01T00:00:00Z"}`],
  ['trailing bytes', (id) => `{"id":"${id}","text":"a","sent_at":"2026-01-01T00:00:00Z"} x`],
  ['wrong type', (id) => `{"id":"${id}","text":7,"sent_at":"2026-01-01T00:00:00Z"}`],
  ['upper-case id', (id) => `{"id":"${id.toUpperCase()}","text":"a","sent_at":"2026-01-01T00:00:00Z"}`],
  ['too large', (id) => `{"id":"${id}","text":"${'x'.repeat(17000)}","sent_at":"2026-01-01T00:00:00Z"}`],
];

/**
 * @param {number} seed
 * @param {{messages?: number, senders?: number, rooms?: number, only?: string[], calm?: boolean}} size
 *   only: draw faults from these alone. calm: none at all.
 * @returns {{seed: number, lastsMs: number, senders: object[], sends: object[], faults: object[]}}
 */
export function makeSchedule(seed, size = {}) {
  const random = new Random(seed);
  const faults = size.calm ? [] : drawFaults(random.fork(), size);
  const lastsMs = 2500 + random.int(0, 1500);
  const senders = drawSenders(random.fork(), size, faults);
  return {seed, lastsMs, senders, sends: drawSends(random.fork(), senders, lastsMs, size), faults};
}

function drawFaults(random, size) {
  const kinds = size.only ?? Object.keys(FAULTS);
  const faults = [];
  const count = random.int(1, 3);
  for (let i = 0; i < count; i++) {
    const kind = random.pick(kinds);
    const range = FAULTS[kind].lasts;
    faults.push({kind, atMs: random.int(100, 2500), lastsMs: range ? random.int(...range) : 0});
  }
  return faults.sort((a, b) => a.atMs - b.atMs);
}

/**
 * Most senders keep an outbox (DESIGN's rule: 5 s, doubling). `plain` ones do not, as any MQTT device: they trust the
 * PUBACK. Where no fault touches the broker, everything it acknowledged must be stored without a resend: that is what
 * shows an archiver that acknowledges before its commit.
 */
function drawSenders(random, size, faults) {
  const brokerMayLose = faults.some((f) => FAULTS[f.kind].broker);
  const senders = [];
  const count = size.senders ?? random.int(8, 14);
  const rooms = Array.from({length: size.rooms ?? random.int(10, 40)}, (_, i) => `r${seedTag(random)}${i}`);
  for (let i = 0; i < count; i++) {
    const role = random.pick(['client', 'client', 'staff', 'kiosk']);
    const own = Array.from({length: random.int(1, 5)}, () => random.pick(rooms));
    senders.push({role, sub: `${role[0]}${seedTag(random)}${i}`, rooms: [...new Set(own)], plain: !brokerMayLose && random.chance(0.3)});
  }
  return senders;
}

const seedTag = (random) => random.int(0, 46655).toString(36).padStart(3, '0');

function drawSends(random, senders, lastsMs, size) {
  const sends = [];
  const poisoned = new Set();
  const count = size.messages ?? random.int(2500, 4500);
  for (let i = 0; i < count; i++) {
    const sender = random.int(0, senders.length - 1);
    const {plain, rooms} = senders[sender];
    const room = random.pick(rooms);
    const send = {n: i, sender, room, atMs: Math.floor((i * lastsMs) / count), id: random.uuid(), what: 'message'};
    const dice = random.next();
    if (dice < 0.004) {
      const [name, make] = random.pick(POISON);
      // A rejection cannot name an id that could not be read: one such poison a sender, so that it is clear which was meant.
      const isNamed = name === 'wrong type';
      if (isNamed || !poisoned.has(sender))
        Object.assign(send, {what: 'poison', poison: name, isNamed, payload: make(send.id)});
      if (!isNamed)
        poisoned.add(sender);
    } else if (dice < 0.010 && sends.length > 20 && !plain) {
      again(random, send, sends);
    }
    sends.push(send);
  }
  return sends;
}

/** The same id once more: as it was (a no-op that is answered again), or with another text (a conflict). */
function again(random, send, sends) {
  const earlier = sends.filter((s) => s.what === 'message' && s.sender === send.sender).pop();
  if (!earlier)
    return;
  const conflict = random.chance(0.4);
  Object.assign(send, {what: conflict ? 'conflict' : 'repeat', of: earlier.n, id: earlier.id, room: earlier.room});
}

/** The bytes of a send, the same each time. */
export function payloadOf(send, schedule) {
  if (send.what === 'poison')
    return send.payload;
  const n = send.what === 'repeat' ? send.of : send.n;
  return JSON.stringify({id: send.id, text: `seed ${schedule.seed} message ${n}${send.what === 'conflict' ? ' changed' : ''} ${'·'.repeat(n % 60)}`,
    sent_at: new Date(1767225600000 + n).toISOString(), kind: 'text', n});
}
