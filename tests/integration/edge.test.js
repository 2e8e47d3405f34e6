// The WebSocket edge at /mqtt: what passes, what is refused and how, back-pressure, and a broker that comes and goes.
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {after, before, describe, test} from 'node:test';
import {Broker, connectClient, publish, subscribe, until} from '../lib/broker.js';
import {Api} from '../lib/api.js';
import {BINARY, CLOSE, PING, PONG, RawSocket, TEXT, frame} from '../lib/rawsocket.js';

const CONNECT_MS = 400, STALL_MS = 2000;
const CONNACK = 0x20, PUBLISH = 0x30;

// api has the shipped times, so that a busy machine does not decide; the others each one that is short.
let broker, api, hasty, strict, sockets = [];

const open = async (options, on = api) => {
  const raw = await RawSocket.open(on.port, options);
  sockets.push(raw);
  return raw;
};

/** MQTT through the edge, as MQTT.js does it in a browser. */
const dial = (claims, options = {}, on = api) =>
  connectClient(on.mqttUrl, {...broker.login(claims, {tail: Math.random().toString(36).slice(2)}), ...options});

const text = (value) => {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes]);
};

function packet(first, ...parts) {
  const body = Buffer.concat(parts);
  const head = [first];
  for (let left = body.length; ;) {
    head.push(left > 127 ? (left & 127) | 128 : left);
    if ((left >>= 7) === 0)
      break;
  }
  return Buffer.concat([Buffer.from(head), body]);
}

function connectPacket(claims, tail = 'raw') {
  const {username, clientId, password} = broker.login(claims, {tail});
  return packet(0x10, text('MQTT'), Buffer.from([4, 0xc2, 0, 60]), text(clientId), text(username), text(password));
}

const subscribePacket = (filter, qos = 0) => packet(0x82, Buffer.from([0, 1]), text(filter), Buffer.from([qos]));
const publishPacket = (topic, payload) => packet(PUBLISH, text(topic), Buffer.from(payload));

/** A raw socket whose CONNECT the broker has accepted. */
async function join(claims, on = api) {
  const raw = await open({}, on);
  raw.send(frame(BINARY, connectPacket(claims, Math.random().toString(36).slice(2))));
  assert.equal((await raw.next(BINARY))[0], CONNACK);
  return raw;
}

before(async () => {
  broker = await Broker.start({settings: {LIMITS: 'off'}});
  api = await Api.start(broker, {ORIGINS: 'https://crm.example'});
  hasty = await Api.start(broker, {EDGE_CONNECT_MS: CONNECT_MS});
  strict = await Api.start(broker, {EDGE_STALL_MS: STALL_MS});
});

after(async () => {
  sockets.forEach((raw) => raw.destroy());
  await Promise.all([api, hasty, strict].map((each) => each?.stop()));
  await broker?.stop();
});

describe('what passes', () => {
  test('MQTT in both directions', async () => {
    const ana = await dial({role: 'client', sub: 'ana'});
    const marta = await dial({role: 'staff', sub: 'marta'});
    assert.deepEqual(await subscribe(ana, 'gym/g/room/ana/#'), [1]);
    assert.deepEqual(await subscribe(marta, 'gym/g/room/+/#'), [1]);
    await publish(ana, 'gym/g/room/ana/msg/client/ana', {text: 'hola'});
    assert.deepEqual((await marta.inbox.take('gym/g/room/ana/msg/client/ana')).json, {text: 'hola'});
    await publish(marta, 'gym/g/room/ana/msg/staff/marta', {text: 'buenas'});
    assert.deepEqual((await ana.inbox.take('gym/g/room/ana/msg/staff/marta')).json, {text: 'buenas'});
    await Promise.all([ana.endAsync(), marta.endAsync()]);
  });

  test('a process beside the one that answers requests can be the edge, behind one proxy', async () => {
    const ours = {PUBLIC_URL: 'https://chat.example'};
    const [requests, edge] = [await Api.start(broker, ours), await Api.start(broker, {...ours, LOG_LEVEL: 'warn'})];
    try {
      const me = await fetch(`${requests.url}/v1/me`, {headers: {authorization: `Bearer ${broker.token({role: 'client', sub: 'ana'})}`}});
      assert.equal((await me.json()).mqtt_url, 'wss://chat.example/mqtt');
      const raw = await open({headers: {Origin: ours.PUBLIC_URL}}, edge);
      assert.equal(raw.status, 101);
      const ana = await dial({role: 'client', sub: 'ana'}, {}, edge), marta = await dial({role: 'staff', sub: 'marta'}, {}, requests);
      await subscribe(ana, 'gym/g/room/ana/#');
      await publish(marta, 'gym/g/room/ana/typing/staff/marta', {typing: true});
      assert.deepEqual((await ana.inbox.take('gym/g/room/ana/typing/staff/marta')).json, {typing: true});
      await Promise.all([ana.endAsync(), marta.endAsync()]);
    } finally {
      await Promise.all([requests.stop(), edge.stop()]);
    }
  });

  test('payloads of every size up to 64 KiB arrive whole', async () => {
    const [from, to] = [await dial({role: 'client', sub: 'big'}), await dial({role: 'staff', sub: 'marta'})];
    await subscribe(to, 'gym/g/room/big/#');
    for (const size of [1, 125, 126, 127, 2047, 2048, 4096, 16384, 16385, 40000, 65535]) {
      const payload = Buffer.alloc(size, 'abcdefghijklmnopqrstuvwxyz');
      await publish(from, 'gym/g/room/big/msg/client/big', payload);
      const got = await to.inbox.take('gym/g/room/big/msg/client/big');
      assert.ok(payload.equals(Buffer.from(got.text)), `${size} bytes`);
    }
    await Promise.all([from.endAsync(), to.endAsync()]);
  });

  test('a token that is not good gets its CONNACK, then 1000', async () => {
    const raw = await open();
    raw.send(frame(BINARY, packet(0x10, text('MQTT'), Buffer.from([4, 0xc2, 0, 60]), text('g.client.x.1'), text('g.client.x'), text('no'))));
    const connack = await raw.next(BINARY);
    assert.equal(connack[0], CONNACK);
    assert.notEqual(connack[3], 0);
    assert.equal((await raw.closing()).code, 1000);
  });

  test('a packet in fragments, with a ping between them', async () => {
    const raw = await open();
    const bytes = connectPacket({role: 'client', sub: 'parts'});
    raw.send(frame(BINARY, bytes.subarray(0, 1), {fin: false}));
    raw.send(frame(0, bytes.subarray(1, 50), {fin: false}));
    raw.send(frame(PING, Buffer.from('hello')));
    raw.send(frame(0, bytes.subarray(50)));
    assert.equal((await raw.next(PONG)).toString(), 'hello');
    assert.equal((await raw.next(BINARY))[0], CONNACK);
  });

  test('a packet byte by byte, each in a frame of its own', async () => {
    const raw = await open();
    raw.send(Buffer.concat([...connectPacket({role: 'client', sub: 'bytes'})].map((byte) => frame(BINARY, Buffer.from([byte])))));
    assert.equal((await raw.next(BINARY))[0], CONNACK);
  });

  test('many packets in one frame, after empty ones', async () => {
    const raw = await open();
    raw.send(frame(BINARY));
    raw.send(frame(BINARY));
    raw.send(frame(BINARY, Buffer.concat([connectPacket({role: 'client', sub: 'many'}), subscribePacket('gym/g/room/many/#'),
      ...[1, 2, 3].map((n) => publishPacket('gym/g/room/many/msg/client/many', `${n}`))])));
    await raw.until(() => /1.*2.*3/s.test(Buffer.concat(raw.frames.map((f) => f.payload)).toString('latin1').replace(/[^123]/g, '')),
      'three messages');
  });
});

describe('what is refused before it is a WebSocket', () => {
  test('origins that are not on the list', async () => {
    for (const origin of ['https://evil.example', 'null', `http://localhost:${api.port}`, `${api.url}.evil.example`]) {
      const raw = await open({headers: {Origin: origin}});
      assert.equal(raw.status, 403, origin);
      await raw.until(() => raw.isEnded, 'the end');
      assert.match(raw.head, /application\/problem\+json/);
      assert.equal(JSON.parse(raw.body).code, 'origin_denied');
    }
    for (const origin of [api.url, 'https://crm.example'])
      assert.equal((await open({headers: {Origin: origin}})).status, 101, origin);
    assert.equal((await open()).status, 101, 'no origin: no browser');
  });

  test('other subprotocols, and none', async () => {
    for (const protocol of ['', 'chat', 'mqttv3.1', 'http', 'http requests'])
      assert.notEqual((await open({protocol})).status, 101, protocol);
    for (const protocol of ['chat, mqtt', 'http, mqtt'])
      assert.match((await open({protocol})).head, /^HTTP\/1.1 101[^]*sec-websocket-protocol: mqtt/i, protocol);
  });

  test('other paths', async () => {
    for (const path of ['/', '/mqtt/', '/v1/me', '/mqttx'])
      assert.notEqual((await open({path})).status, 101, path);
  });
});

describe('what is closed with a reason', () => {
  test('silence: no CONNECT in time', async () => {
    const began = Date.now();
    const [quiet, slow] = [await open({}, hasty), await open({}, hasty)];
    slow.send(frame(BINARY, connectPacket({role: 'client', sub: 'slow'})).subarray(0, 3));
    for (const raw of [quiet, slow]) {
      assert.deepEqual(await raw.closing(), {code: 1008, reason: 'no MQTT CONNECT in time'});
      assert.ok(Date.now() - began >= CONNECT_MS - 20);
    }
  });

  test('pings do not count as a CONNECT', async () => {
    const raw = await open({}, hasty);
    const pinging = setInterval(() => raw.send(frame(PING)), 50);
    try {
      assert.equal((await raw.closing()).code, 1008);
    } finally {
      clearInterval(pinging);
    }
  });

  test('a first byte that is no CONNECT', async () => {
    for (const byte of [0x30, 0x00, 0x11, 0x20, 0xe0, 0x47]) {
      const raw = await open();
      raw.send(frame(BINARY, Buffer.from([byte, 0])));
      assert.deepEqual(await raw.closing(), {code: 1002, reason: 'no MQTT CONNECT'});
    }
  });

  test('text', async () => {
    const first = await open();
    first.send(frame(TEXT, Buffer.from('hello')));
    assert.equal((await first.closing()).code, 1003);
    const later = await join({role: 'client', sub: 'text'});
    later.send(frame(TEXT, Buffer.from('hello')));
    assert.equal((await later.closing()).code, 1003);
  });

  test('a frame that announces too much, at once', async () => {
    for (const length of [131073, 2 ** 31 - 1]) {
      const raw = await join({role: 'client', sub: 'large'});
      raw.send(frame(BINARY, Buffer.alloc(100), {length}));
      assert.equal((await raw.closing()).code, 1009);
    }
  });

  test('fragments that are too much together', async () => {
    const raw = await join({role: 'client', sub: 'sum'});
    const pings = Buffer.alloc(65536, Buffer.from([0xc0, 0]));
    raw.send(frame(BINARY, pings, {fin: false}));
    raw.send(frame(0, pings, {fin: false}));
    raw.send(frame(0, Buffer.alloc(1)));
    assert.equal((await raw.closing()).code, 1009);
  });

  test('broken frames end the connection', async () => {
    const broken = [
      [0x83, 0x80, 0, 0, 0, 0], // reserved opcode
      [0xf2, 0x80, 0, 0, 0, 0], // reserved bits
      [0x09, 0x80, 0, 0, 0, 0], // a ping in fragments
      [0x89, 0xfe, 0, 126, 0, 0, 0, 0], // a ping of 126 bytes
      [0x80, 0x80, 0, 0, 0, 0], // a continuation of nothing
      [0x82, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0], // a length of 2^63
    ];
    for (const bytes of broken) {
      const raw = await join({role: 'client', sub: 'broken'});
      raw.send(Buffer.from(bytes));
      await raw.until(() => raw.isEnded || raw.frames.some((f) => f.opcode === CLOSE), `the end after ${bytes}`);
      raw.destroy();
    }
  });
});

describe('back-pressure', () => {
  test('a browser that stops reading costs little, delays nobody and is closed', async () => {
    const [lazy, eva, marta] = [await join({role: 'client', sub: 'lazy'}, strict), await dial({role: 'client', sub: 'eva'}, {}, strict),
      await dial({role: 'staff', sub: 'marta'}, {}, strict)];
    lazy.send(frame(BINARY, subscribePacket('gym/g/room/lazy/#')));
    await lazy.next(BINARY);
    await subscribe(eva, 'gym/g/room/eva/#');
    const before = strict.rss();
    lazy.socket.pause();
    const payload = Buffer.alloc(16000, 'x');
    for (let i = 0; i < 1000; i++)
      marta.publish('gym/g/room/lazy/msg/staff/marta', payload);
    const waits = [];
    for (let i = 0; i < 20; i++) {
      const began = performance.now();
      await publish(marta, 'gym/g/room/eva/msg/staff/marta', `${i}`);
      await eva.inbox.take('gym/g/room/eva/msg/staff/marta');
      waits.push(performance.now() - began);
    }
    assert.ok(strict.rss() - before < 2048, `grew by ${strict.rss() - before} KiB`);
    assert.ok(Math.max(...waits.slice(5)) < STALL_MS, `${waits}`);
    await until(() => strict.output.includes('took nothing'), 'the line about it', 15_000);
    lazy.socket.resume();
    assert.deepEqual(await lazy.closing(), {code: 1008, reason: 'too slow in reading'});
    await Promise.all([eva.endAsync(), marta.endAsync()]);
  });

  /** Someone who does not read while much comes, and then reads it all. */
  async function pausing(pauser) {
    const COUNT = 300;
    const marta = await dial({role: 'staff', sub: 'marta'});
    pauser.send(frame(BINARY, subscribePacket('gym/g/room/pauser/#')));
    await pauser.next(BINARY);
    pauser.socket.pause();
    for (let i = 0; i < COUNT; i++)
      marta.publish('gym/g/room/pauser/msg/staff/marta', `<${i}>`.padEnd(16000, 'x'));
    await publish(marta, 'gym/g/room/pauser/msg/staff/marta', '<end>');
    pauser.socket.resume();
    await pauser.until(() => pauser.frames.at(-1)?.payload.includes('<end>'), 'the last message');
    const all = Buffer.concat(pauser.frames.map((f) => f.payload)).toString('latin1');
    assert.deepEqual(all.match(/<\d+>/g), Array.from({length: COUNT}, (_, i) => `<${i}>`));
    await marta.endAsync();
  }

  test('a reader that pauses for less goes on where it stopped', async () => pausing(await join({role: 'client', sub: 'pauser'})));

  for (const WORKERS of [1, 2]) {
    test(`the same over TLS, whose certificate can be renewed; ${WORKERS} worker(s)`, async () => {
      const folder = mkdtempSync(path.join(tmpdir(), 'gymchat-tls-'));
      const [cert, key] = ['cert.pem', 'key.pem'].map((name) => path.join(folder, name));
      const certify = () => {
        execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2',
          '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-keyout', key, '-out', cert], {stdio: 'ignore'});
        return readFileSync(cert);
      };
      const old = certify();
      const own = await Api.start(broker, {TLS_CERT: cert, TLS_KEY: key, WORKERS});
      try {
        const raw = await open({ca: old}, own);
        raw.send(frame(BINARY, connectPacket({role: 'client', sub: 'pauser'})));
        assert.equal((await raw.next(BINARY))[0], CONNACK);
        await pausing(raw);
        const renewed = certify();
        own.child.kill('SIGHUP');
        await until(() => (own.output.match(/certificate read again/g) ?? []).length === WORKERS, 'every worker to say so');
        const areRenewed = async () => (await Promise.all(Array.from({length: 8}, () => open({ca: renewed}, own)))).every(({status}) => status === 101);
        await until(areRenewed, 'the new certificate in every worker');
        assert.equal((await open({ca: old}, own)).status, 0);
        raw.send(frame(BINARY, Buffer.from([0xe0, 0])));
        assert.equal((await raw.closing()).code, 1000);
      } finally {
        await own.stop();
        rmSync(folder, {recursive: true});
      }
    });
  }

  test('while the broker stands still, browsers are not read, and nothing is lost', async () => {
    const COUNT = 1500;
    const [flood, marta] = [await join({role: 'client', sub: 'flood'}), await dial({role: 'staff', sub: 'marta'})];
    await subscribe(marta, 'gym/g/room/flood/#');
    const before = api.rss();
    broker.signal('SIGSTOP');
    try {
      for (let i = 0; i < COUNT; i++)
        flood.send(frame(BINARY, publishPacket('gym/g/room/flood/msg/client/flood', `${i} `.padEnd(8000, 'x'))));
      await until(() => flood.socket.writableLength > 1 << 20, 'the socket to be full', 2000);
      assert.ok(api.rss() - before < 2048, `grew by ${api.rss() - before} KiB`);
    } finally {
      broker.signal('SIGCONT');
    }
    await until(() => marta.inbox.messages.length === COUNT, 'all messages', 60_000);
    assert.deepEqual(marta.inbox.messages.map((m) => parseInt(m.text)), Array.from({length: COUNT}, (_, i) => i));
    await marta.endAsync();
  });
});

describe('the ends of others', () => {
  test('a session that is taken over: 1000', async () => {
    const raw = await open();
    raw.send(frame(BINARY, connectPacket({role: 'client', sub: 'twice'}, 'same')));
    await raw.next(BINARY);
    const second = await open();
    second.send(frame(BINARY, connectPacket({role: 'client', sub: 'twice'}, 'same')));
    assert.deepEqual(await raw.closing(), {code: 1000, reason: 'closed by the broker'});
  });

  test('a browser that goes is gone for the broker, with its will', async () => {
    const marta = await dial({role: 'staff', sub: 'marta'});
    await subscribe(marta, 'gym/g/presence/#');
    const gone = await dial({role: 'client', sub: 'gone'},
      {will: {topic: 'gym/g/presence/client/gone', payload: '{"online":false,"conn":"c"}', qos: 0}});
    gone.stream.destroy();
    await marta.inbox.take('gym/g/presence/client/gone');
    await marta.endAsync();
  });

  test('a broker that restarts: 1012 for all at once, 1013 while it is away', async () => {
    const all = await Promise.all(Array.from({length: 50}, (_, i) => join({role: 'client', sub: `r${i}`})));
    await broker.restart();
    for (const raw of all)
      assert.deepEqual(await raw.closing(), {code: 1012, reason: 'the broker is restarting'});
    const again = await dial({role: 'client', sub: 'again'});
    await again.endAsync();
  });

  test('a broker that dies', async () => {
    const raw = await join({role: 'client', sub: 'orphan'});
    broker.signal('SIGKILL');
    await broker.exited;
    assert.equal((await raw.closing()).code, 1012);
    const early = await open();
    early.send(frame(BINARY, connectPacket({role: 'client', sub: 'early'})));
    assert.deepEqual(await early.closing(), {code: 1013, reason: 'the broker cannot be reached'});
    await broker.launch();
    const again = await dial({role: 'client', sub: 'again'});
    await again.endAsync();
  });
});

describe('numbers and life', () => {
  test('1,000 clients at once, and a message between the last two', async () => {
    const own = await Api.start(broker);
    const all = await Promise.all(Array.from({length: 1000}, (_, i) => join({role: 'client', sub: `n${i % 100}`}, own)));
    const [last, marta] = [all.at(-1), await dial({role: 'staff', sub: 'marta'}, {}, own)];
    await subscribe(marta, 'gym/g/room/n99/#');
    last.send(frame(BINARY, publishPacket('gym/g/room/n99/msg/client/n99', 'here')));
    assert.equal((await marta.inbox.take('gym/g/room/n99/msg/client/n99')).text, 'here');
    all.forEach((raw) => raw.destroy());
    await marta.endAsync();
    await own.stop();
  });

  test('a silent browser is pinged; it stays while it answers', async () => {
    const PING_MS = 1000;
    const own = await Api.start(broker, {EDGE_PING_MS: PING_MS});
    const [alive, dead] = [await join({role: 'client', sub: 'alive'}, own), await join({role: 'client', sub: 'dead'}, own)];
    const answering = setInterval(() => {
      if (alive.frames.some((f) => f.opcode === PING))
        alive.send(frame(PONG, alive.frames.splice(0).find((f) => f.opcode === PING).payload));
    }, 20);
    try {
      await dead.next(PING);
      await dead.until(() => dead.isEnded, 'the end of the silent one', 5 * PING_MS + 5000);
      assert.ok(!alive.isEnded);
    } finally {
      clearInterval(answering);
      await own.stop();
    }
  });

  test('more clients than EDGE_CLIENTS are told so', async () => {
    const own = await Api.start(broker, {EDGE_CLIENTS: 2});
    try {
      const [first] = [await open({}, own), await open({}, own)];
      const third = await open({}, own);
      await third.until(() => third.isEnded, 'the end of the answer');
      assert.equal(third.status, 503);
      assert.match(third.head, /retry-after: \d+/i);
      assert.equal(JSON.parse(third.body).code, 'too_many_clients');
      first.destroy();
      await until(async () => (await open({}, own)).status === 101, 'room for another');
    } finally {
      await own.stop();
    }
  });

  test('a server that stops says 1001', async () => {
    const own = await Api.start(broker);
    const all = await Promise.all(['a', 'b', 'c'].map((sub) => join({role: 'client', sub}, own)));
    const stopped = own.stop();
    for (const raw of all)
      assert.equal((await raw.closing()).code, 1001);
    await stopped;
  });
});
