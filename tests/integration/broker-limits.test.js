// Limits per identity, and what the plugin is told: options, keys, reload.
import assert from 'node:assert/strict';
import {randomBytes, randomUUID} from 'node:crypto';
import {writeFileSync} from 'node:fs';
import {after, before, describe, test} from 'node:test';
import {Broker, connectClient, publish, signToken, subscribe, until} from '../lib/broker.js';
import {freePort, listeningOn} from '../lib/ports.js';

const ANA = {role: 'client', sub: 'ana'};
const MARTA = {role: 'staff', sub: 'marta'};
const FROM_ANA = 'gym/g/room/ana/msg/client/ana';
const TO_ANA = 'gym/g/to/client/ana';

/** Sends n messages without waiting in between; resolves with their ids when the broker has taken or refused all. */
async function burst(client, topic, n) {
  const ids = Array.from({length: n}, () => randomUUID());
  await Promise.all(ids.map((id) => publish(client, topic, {id})));
  return ids;
}

describe('limits', {timeout: 60_000}, () => {
  let broker;
  before(async () => {
    broker = await Broker.start({
      settings: {LIMIT_MESSAGES: 50}, // plugin_opt_ wins over the environment
      // So few that a busy machine does not earn one more while a burst is on its way.
      options: {limit_messages: 2, limit_bytes: 20_000, limit_connections: 3, limit_subscriptions: 4, limit_staff_factor: 50},
    });
  });
  after(() => broker?.stop());

  test('messages over the limit are answered one by one, the connection stays, and later they pass', async () => {
    const ana = await broker.connect(ANA);
    await subscribe(ana, 'gym/g/room/ana/msg/+/+', TO_ANA);
    const ids = await burst(ana, FROM_ANA, 5);
    for (const id of ids.slice(0, 2))
      assert.equal((await ana.inbox.take(FROM_ANA)).json.id, id);
    let retryMs;
    for (const id of ids.slice(2)) {
      const [answer] = (await ana.inbox.take(TO_ANA)).json.rejected;
      assert.deepEqual({...answer, retry_after_ms: 0},
        {id, room: 'ana', code: 'rate_limited', detail: 'too many messages or bytes a second', retry_after_ms: 0});
      assert.ok(answer.retry_after_ms > 0 && answer.retry_after_ms <= 1000, `${answer.retry_after_ms} ms`);
      retryMs = answer.retry_after_ms;
    }
    await new Promise((next) => setTimeout(next, retryMs + 10)); // the time that the answer named is the condition
    const again = await burst(ana, FROM_ANA, 2);
    for (const id of again)
      assert.equal((await ana.inbox.take(FROM_ANA)).json.id, id);
    assert.deepEqual(ana.inbox.messages, []);
    await ana.endAsync();
  });

  test('what is forbidden counts too', async () => {
    const dora = {role: 'client', sub: 'dora'};
    const client = await broker.connect(dora);
    await subscribe(client, 'gym/g/to/client/dora');
    await burst(client, 'gym/g/room/ana/msg/client/dora', 4);
    const codes = [];
    while (codes.length < 4)
      codes.push((await client.inbox.take('gym/g/to/client/dora')).json.rejected[0].code);
    assert.deepEqual(codes, ['forbidden', 'forbidden', 'rate_limited', 'rate_limited']);
    await client.endAsync();
  });

  test('bytes count', async () => {
    const client = await broker.connect({role: 'client', sub: 'elsa'});
    await subscribe(client, 'gym/g/to/client/elsa', 'gym/g/room/elsa/#');
    const topic = 'gym/g/room/elsa/msg/client/elsa';
    await Promise.all([1, 2].map(() => publish(client, topic, 'x'.repeat(60_000)))); // the first is paid for in three seconds
    assert.equal((await client.inbox.take('gym/g/to/client/elsa')).json.rejected[0].code, 'rate_limited');
    assert.deepEqual(client.inbox.messages.map((m) => m.topic), [topic]);
    await client.endAsync();
  });

  test('staff has wide ones, the programs none', async () => {
    const marta = await broker.connect(MARTA);
    const archiver = await broker.connect({gym: '_system', role: 'service', sub: 'archiver'});
    await subscribe(archiver, 'gym/+/room/+/msg/+/+');
    await subscribe(marta, 'gym/g/room/+/#');
    await burst(marta, 'gym/g/room/ana/msg/staff/marta', 50);
    await burst(archiver, 'gym/g/room/ana/log', 300);
    for (const id of Array(300).keys())
      await marta.inbox.take('gym/g/room/ana/log', 10_000 + id);
    assert.equal(marta.inbox.messages.length, 50);
    await Promise.all([marta.endAsync(), archiver.endAsync()]);
  });

  test('connections: one too many is refused and told to the others; a takeover is not one more', async () => {
    const fay = {role: 'client', sub: 'fay'};
    const clients = [];
    for (const tail of ['1', '2', '3'])
      clients.push(await broker.connect(fay, {tail}));
    await subscribe(clients[0], 'gym/g/to/client/fay');
    await assert.rejects(broker.connect(fay, {tail: '4'}), {code: 5});
    const [answer] = (await clients[0].inbox.take('gym/g/to/client/fay')).json.rejected;
    assert.deepEqual(answer, {id: null, room: null, code: 'rate_limited', detail: 'at most 3 connections at one time',
      retry_after_ms: 5000});
    const successor = await broker.connect(fay, {tail: '3'});
    await clients[2].ended;
    await clients[1].endAsync();
    const fourth = await until(() => broker.connect(fay, {tail: '4'}).catch(() => null), 'the place of the second');
    await Promise.all([clients[0], successor, fourth].map((client) => client.endAsync()));
  });

  test('subscriptions: over all connections, each filter once, given back by UNSUBSCRIBE', async () => {
    const gil = {role: 'client', sub: 'gil'};
    const [one, two] = [await broker.connect(gil), await broker.connect(gil)];
    const room = 'gym/g/room/gil';
    assert.deepEqual(await subscribe(one, 'gym/g/to/client/gil', `${room}/log`, `${room}/log`, `${room}/msg/+/+`), [1, 1, 1, 1]);
    assert.deepEqual(await subscribe(two, `${room}/#`, `${room}/log`), [1, 128]);
    assert.equal((await one.inbox.take('gym/g/to/client/gil')).json.rejected[0].detail, 'at most 4 subscriptions at one time');
    assert.equal(two.connected, true);
    await one.unsubscribeAsync(`${room}/log`);
    assert.deepEqual(await subscribe(two, `${room}/log`), [1]);
    await Promise.all([one.endAsync(), two.endAsync()]);
  });

  test('sessions that are away keep their subscriptions, and count with them', async () => {
    const hana = {role: 'client', sub: 'hana'};
    const kept = (tail, options) => broker.connect(hana, {tail, clean: false, ...options});
    const room = 'gym/g/room/hana';
    for (const tail of ['1', '2', '3']) {
      const away = await kept(tail);
      assert.deepEqual(await subscribe(away, `${room}/msg/+/+`), [1]);
      await away.endAsync();
    }
    for (const options of [{}, {clean: true, protocolVersion: 5, properties: {sessionExpiryInterval: 60}}])
      await assert.rejects(kept('4', options), (error) => error.code === (options.protocolVersion ? 135 : 5));
    const clean = await broker.connect(hana);
    assert.deepEqual(await subscribe(clean, `${room}/#`, `${room}/log`), [1, 128]);
    const back = await kept('2');
    assert.equal(back.connack.sessionPresent, true);
    await publish(clean, `${room}/msg/client/hana`, {text: 'still subscribed'});
    assert.equal((await back.inbox.take(`${room}/msg/client/hana`)).json.text, 'still subscribed');
    await back.unsubscribeAsync(`${room}/msg/+/+`);
    assert.deepEqual(await subscribe(clean, `${room}/log`, `${room}/typing/+/+`), [1, 128]);
    await Promise.all([clean.endAsync(), back.endAsync()]);
  });

  test('sessions of MQTT 5 count while the broker has them', async () => {
    const ines = {role: 'client', sub: 'ines'};
    const connect = (sessionExpiryInterval) =>
      broker.connect(ines, {protocolVersion: 5, properties: {sessionExpiryInterval}}).catch(() => null);
    for (let i = 0; i < 5; i++) {
      const short = await until(() => connect(0), 'a place: the broker keeps nothing of those before');
      await short.endAsync();
    }
    for (let i = 0; i < 3; i++) {
      const kept = await until(() => connect(3600), 'a place to stay');
      await kept.endAsync();
    }
    assert.equal(await connect(3600), null);
    assert.match(broker.log(), /g\.client\.ines\.\w+: at most 3 sessions without a connection/);
  });

  test('a filter is no longer and no deeper than a topic', async () => {
    const client = await broker.connect({role: 'client', sub: 'jon'});
    const room = 'gym/g/room/jon';
    assert.deepEqual(await subscribe(client, `${room}/${'x'.repeat(60_000)}`, `${room}${'/x'.repeat(100)}`, `${room}/#`), [128, 128, 1]);
    await client.endAsync();
  });

  test('refused filters cost their identity its connection, and the log one line', async () => {
    const kim = await broker.connect({role: 'client', sub: 'kim'});
    const lines = () => broker.log().split('\n').filter((line) => /refused filter .* of g\.client\.kim\./.test(line));
    const foreign = Array.from({length: 50}, (_, i) => `gym/g/room/bob/${i}`);
    for (let i = 0; i < 30 && kim.connected; i++)
      await new Promise((done) => { kim.subscribe(foreign, {qos: 0}, done); kim.once('close', done); });
    await until(() => !kim.connected, 'its end');
    assert.equal(lines().length, 1);
    assert.match(lines()[0], /gym\/g\/room\/bob\/0 of .*: not allowed/);
    assert.match(broker.log(), /ended connection g\.client\.kim\.\w+: too many refused filters/);
    const other = await broker.connect({role: 'client', sub: 'leo'});
    assert.deepEqual(await subscribe(other, 'gym/g/room/leo/#'), [1]);
    await other.endAsync();
  });
});

test('LIMITS=off takes every limit away', async () => {
  const broker = await Broker.start({settings: {LIMITS: 'off'}});
  try {
    const clients = await Promise.all(Array.from({length: 20}, () => broker.connect(ANA)));
    await subscribe(clients[0], FROM_ANA);
    await burst(clients[1], FROM_ANA, 500);
    for (let i = 0; i < 500; i++)
      await clients[0].inbox.take(FROM_ANA);
  } finally {
    await broker.stop();
  }
});

test('a reconnect does not fill the bucket, and another identity has its own', async () => {
  const broker = await Broker.start({options: {limit_bytes: 1000}});
  try {
    const say = async (sub, what) => {
      const client = await broker.connect({role: 'client', sub});
      await subscribe(client, `gym/g/room/${sub}/#`, `gym/g/to/client/${sub}`);
      await publish(client, `gym/g/room/${sub}/msg/client/${sub}`, what);
      const {json} = await client.inbox.take(() => true);
      await client.endAsync();
      return json.rejected?.[0].code ?? 'delivered';
    };
    const long = JSON.stringify({text: 'x'.repeat(60_000)}); // paid for in a minute
    assert.equal(await say('bob', long), 'delivered');
    assert.equal(await say('bob', '{}'), 'rate_limited');
    assert.equal(await say('carla', '{}'), 'delivered');
  } finally {
    await broker.stop();
  }
});

describe('what keeps the broker from starting', {timeout: 60_000}, () => {
  const cases = [
    ['an option that nobody knows', {options: {limit_mesages: 3}}, /plugin_opt_limit_mesages: not an option of this plugin/],
    ['an option of another program', {options: {port: 8080}}, /plugin_opt_port: not an option of this plugin/],
    ['a value out of range', {options: {limit_messages: -1}}, /LIMIT_MESSAGES is "-1", not a number/],
    ['an unknown variable of the environment', {settings: {LIMIT_MESAGES: 3}}, /unknown setting GYMCHAT_LIMIT_MESAGES/],
    ['a key file that is not there', {options: {token_keys_file: '/nonexistent/keys'}}, /nonexistent\/keys/],
  ];
  for (const [name, options, line] of cases)
    test(name, () => assert.rejects(Broker.start(options), (error) => line.test(error.message)));
});

describe('reload', {timeout: 60_000}, () => {
  let broker;
  before(async () => { broker = await Broker.start(); });
  after(() => broker?.stop());

  const reload = async (line) => {
    const before_ = broker.log().length;
    broker.signal('SIGHUP');
    await until(() => broker.log().slice(before_).includes(line), line);
  };
  const login = (key, kid, tail) => ({...broker.login(ANA, {tail}), password: signToken({gym: 'g', ...ANA}, key, {kid})});
  const connectsWith = async (key, kid) => (await connectClient(broker.url, login(key, kid, 'try'))).endAsync();
  const refusedWith = (key, kid) => assert.rejects(connectClient(broker.url, login(key, kid, 'try')), {code: 5});

  test('keys are rotated: both for a while, then the new one; connections end with the key that let them in', async () => {
    const next = randomBytes(32).toString('base64url');
    const early = await connectClient(broker.url, login(broker.key, 'test', 'early'));
    await refusedWith(next, 'new');

    broker.writeKeys({test: broker.key, new: next});
    await reload('reloaded keys and limits');
    await connectsWith(next, 'new');
    await connectsWith(broker.key, 'test');
    const late = await connectClient(broker.url, login(next, 'new', 'late'));
    await subscribe(early, 'gym/g/room/ana/#');

    writeFileSync(broker.tokenKeysFile, 'nonsense\n');
    await reload('keeping the old keys and limits');
    await connectsWith(next, 'new');
    await subscribe(early, 'gym/g/room/ana/#');

    broker.writeKeys({new: next});
    await reload('reloaded keys and limits');
    await early.ended;
    await refusedWith(broker.key, 'test');
    await subscribe(late, 'gym/g/room/ana/#');
    await late.endAsync();
    broker.writeKeys();
    await reload('reloaded keys and limits');
  });

  test('the archiver’s session stays while it is away, also one restored from a restart', async () => {
    const archiver = () => broker.connect({gym: '_system', role: 'service', sub: 'archiver'}, {tail: 'main', clean: false});
    const first = await archiver();
    await subscribe(first, 'gym/+/room/+/msg/+/+');
    await first.endAsync();
    const texts = ['stopped', 'reloaded', 'restarted', 'reloaded again'];
    const say = async (text) => {
      const ana = await broker.connect(ANA);
      await publish(ana, FROM_ANA, {text});
      await ana.endAsync();
    };
    await say(texts[0]);
    await reload('reloaded keys and limits');
    await say(texts[1]);
    await broker.restart();
    await say(texts[2]);
    await reload('reloaded keys and limits');
    await say(texts[3]);
    const back = await archiver();
    for (const text of texts)
      assert.equal((await back.inbox.take(FROM_ANA)).json.text, text);
    await back.endAsync();
    assert.doesNotMatch(broker.log(), /refused connection _system/);
  });

  test('a session that is away does not become a live one', async () => {
    const session = () => broker.connect(MARTA, {tail: 'kept', clean: false});
    const kept = await session();
    await subscribe(kept, 'gym/g/room/+/#');
    await kept.endAsync();
    await reload('reloaded keys and limits');
    const ana = await broker.connect(ANA);
    await publish(ana, FROM_ANA, {text: 'while she is away'});
    const back = await session();
    await publish(ana, FROM_ANA, {text: 'now'});
    assert.equal((await back.inbox.take(FROM_ANA)).json.text, 'now');
    await Promise.all([back.endAsync(), ana.endAsync()]);
  });
});

describe('the WebSocket listener of the sample', {timeout: 60_000}, () => {
  let broker, port;
  before(async () => {
    port = await freePort();
    broker = await Broker.start({conf: `listener ${port} 127.0.0.1\nprotocol websockets\nsocket_domain ipv4\n`});
  });
  after(() => broker?.stop());

  test('takes clients, and ends them with their tokens', async () => {
    const ana = await connectClient(`ws://127.0.0.1:${port}/mqtt`, broker.login(ANA));
    await subscribe(ana, 'gym/g/room/ana/#');
    await publish(ana, FROM_ANA, {text: 'over WebSocket'});
    assert.equal((await ana.inbox.take(FROM_ANA)).json.text, 'over WebSocket');
    const short = await connectClient(`ws://127.0.0.1:${port}/mqtt`, broker.login(ANA, {tail: 'short', ttl: 3}));
    await short.ended;
    await ana.endAsync();
  });

  test('listens on the loopback address alone', () => assert.deepEqual(listeningOn(port), ['127.0.0.1']));
});
