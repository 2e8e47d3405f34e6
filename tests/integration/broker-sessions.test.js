// What outlives a connection: takeover, sessions that are away or restored after a restart, wills, tokens that end.
import assert from 'node:assert/strict';
import {randomUUID} from 'node:crypto';
import {after, before, describe, test} from 'node:test';
import {Broker, connectClient, publish, subscribe, until} from '../lib/broker.js';

const ANA = {role: 'client', sub: 'ana'};
const MARTA = {role: 'staff', sub: 'marta'};
const ARCHIVER = {gym: '_system', role: 'service', sub: 'archiver'};
const MESSAGES = 'gym/+/room/+/msg/+/+';
const FROM_ANA = 'gym/g/room/ana/msg/client/ana';

let broker;
before(async () => { broker = await Broker.start({settings: {LIMITS: 'off'}}); });
after(() => broker?.stop());

/** The archiver's input: a session that the broker keeps for it. */
const archiver = () => broker.connect(ARCHIVER, {tail: 'main', clean: false, protocolVersion: 5,
  properties: {sessionExpiryInterval: 0xffffffff, receiveMaximum: 1000}});

/** Cut without DISCONNECT, so that the broker sends the will. */
const cut = (client) => { client.stream.destroy(); return client.ended; };

const willOf = (topic, options = {}) => ({will: {topic, payload: '{"online":false}', qos: 1, retain: false, ...options}});

describe('takeover', {timeout: 60_000}, () => {
  test('the new connection has its rights, the old one is closed', async () => {
    const old = await broker.connect(ANA, {tail: 'page'});
    await subscribe(old, 'gym/g/room/ana/#');
    const fresh = await broker.connect(ANA, {tail: 'page'});
    await old.ended;
    assert.deepEqual(await subscribe(fresh, 'gym/g/room/ana/#'), [1]);
    await publish(fresh, FROM_ANA, {text: 'here'});
    assert.equal((await fresh.inbox.take(FROM_ANA)).json.text, 'here');
    assert.deepEqual(old.inbox.messages, []);
    await fresh.endAsync();
  });

  test('nobody else can take the client id', async () => {
    const ana = await broker.connect(ANA, {tail: 'page'});
    const bob = broker.login({role: 'client', sub: 'bob'});
    await assert.rejects(connectClient(broker.url, {...bob, clientId: 'g.client.ana.page'}), {code: 5});
    await subscribe(ana, 'gym/g/room/ana/#');
    assert.equal(ana.connected, true);
    await ana.endAsync();
  });

  test('the archiver’s session passes to the next connection with what it holds', async () => {
    const first = await archiver();
    await subscribe(first, MESSAGES);
    const second = await archiver();
    await first.ended;
    assert.equal(second.connack.sessionPresent, true);
    const ana = await broker.connect(ANA);
    await publish(ana, FROM_ANA, {text: 'after the takeover'});
    assert.equal((await second.inbox.take(FROM_ANA)).json.text, 'after the takeover');
    await Promise.all([second.endAsync(), ana.endAsync()]);
  });
});

describe('sessions that are away', {timeout: 60_000}, () => {
  test('the archiver gets what was written while it was stopped, also across a restart of the broker', async () => {
    const before_ = await archiver();
    await subscribe(before_, MESSAGES, 'gym/+/desk/+/note/+/+');
    await before_.endAsync();
    const texts = ['while it is away', 'before the restart', 'after the restart'];
    let ana = await broker.connect(ANA);
    await publish(ana, FROM_ANA, {text: texts[0]});
    await publish(ana, FROM_ANA, {text: texts[1]});
    await ana.endAsync();
    await broker.restart();
    ana = await broker.connect(ANA);
    await publish(ana, FROM_ANA, {text: texts[2]});
    const marta = await broker.connect(MARTA);
    await publish(marta, 'gym/g/desk/ana/note/staff/marta', {text: 'note'});
    const back = await archiver();
    assert.equal(back.connack.sessionPresent, true);
    for (const text of texts)
      assert.equal((await back.inbox.take(FROM_ANA)).json.text, text);
    await back.inbox.take('gym/g/desk/ana/note/staff/marta');
    await Promise.all([back.endAsync(), ana.endAsync(), marta.endAsync()]);
  });

  test('nothing waits for anybody else: their state comes from the API', async () => {
    const session = () => broker.connect(MARTA, {tail: 'kept', clean: false});
    const kept = await session();
    await subscribe(kept, 'gym/g/room/+/#');
    await kept.endAsync();
    const ana = await broker.connect(ANA);
    await publish(ana, FROM_ANA, {text: 'while she is away'});
    const back = await session();
    assert.equal(back.connack.sessionPresent, true);
    await publish(ana, FROM_ANA, {text: 'now'});
    assert.equal((await back.inbox.take(FROM_ANA)).json.text, 'now');
    await Promise.all([back.endAsync(), ana.endAsync()]);
  });

  test('a resumed session has the rights of its new token, not of the old subscriptions', async () => {
    const session = (rooms) => broker.connect({...ANA, rooms}, {tail: 'rooms', clean: false});
    const wide = await session(['ana', 'trial']);
    assert.deepEqual(await subscribe(wide, 'gym/g/room/trial/#', 'gym/g/room/ana/#'), [1, 1]);
    await wide.endAsync();
    const narrow = await session(['ana']);
    assert.equal(narrow.connack.sessionPresent, true);
    const marta = await broker.connect(MARTA);
    await publish(marta, 'gym/g/room/trial/msg/staff/marta', {text: 'not for ana any more'});
    await publish(marta, 'gym/g/room/ana/msg/staff/marta', {text: 'for ana'});
    await narrow.inbox.take('gym/g/room/ana/msg/staff/marta');
    assert.deepEqual(narrow.inbox.messages, []);
    await Promise.all([narrow.endAsync(), marta.endAsync()]);
  });
});

describe('wills', {timeout: 60_000}, () => {
  let marta;
  before(async () => {
    marta = await broker.connect(MARTA);
    await subscribe(marta, 'gym/g/presence/#', 'gym/g/room/+/#');
  });
  after(() => marta.endAsync());

  test('the own presence is sent', async () => {
    await cut(await broker.connect(ANA, willOf('gym/g/presence/client/ana')));
    assert.equal((await marta.inbox.take('gym/g/presence/client/ana')).json.online, false);
  });

  test('a takeover sends the will of the old connection', async () => {
    const old = await broker.connect(ANA, {tail: 'twice', ...willOf('gym/g/presence/client/ana')});
    const fresh = await broker.connect(ANA, {tail: 'twice'});
    await marta.inbox.take('gym/g/presence/client/ana');
    await Promise.all([old.ended, fresh.endAsync()]);
  });

  test('foreign topics, $CONTROL, retained and QoS 2 wills are not', async () => {
    const refused = [
      willOf('gym/g/presence/client/bob'), willOf('gym/g/presence/staff/marta'), willOf('gym/h/presence/client/ana'),
      willOf('gym/g/room/ana/msg/staff/marta'), willOf('gym/g/room/bob/msg/client/ana'), willOf('gym/g/room/ana/log'),
      willOf('$CONTROL/dynamic-security/v1'), willOf('gym/g/presence/client/ana', {retain: true}),
      willOf('gym/g/presence/client/ana', {qos: 2}),
    ];
    for (const [i, options] of refused.entries()) {
      await cut(await broker.connect(ANA, {tail: `will-${i}`, ...options}));
      await until(() => broker.log().includes(`refused will of g.client.ana.will-${i} on ${options.will.topic}`),
        `the refusal of a will on ${options.will.topic}`);
    }
    await cut(await broker.connect(ANA, willOf('gym/g/presence/client/ana')));
    await marta.inbox.take('gym/g/presence/client/ana');
    assert.deepEqual(marta.inbox.messages, []);
    const late = await broker.connect({role: 'staff', sub: 'late'});
    await subscribe(late, 'gym/g/presence/#', 'gym/g/desk/#');
    assert.deepEqual(late.inbox.messages, [], 'nothing was retained');
    await late.endAsync();
  });

  test('nothing is said after the end of a connection, by staff either', async () => {
    const reader = await broker.connect(MARTA);
    await subscribe(reader, 'gym/g/room/+/#', 'gym/g/presence/#');
    const fired = {role: 'staff', sub: 'fired'};
    const topic = 'gym/g/room/ana/msg/staff/fired';
    const late = await broker.connect(fired, {tail: 'late', protocolVersion: 5,
      properties: {sessionExpiryInterval: 60}, ...willOf(topic, {properties: {willDelayInterval: 1}})});
    await cut(late);
    await until(() => broker.log().includes(`refused will of g.staff.fired.late on ${topic}`), 'the refusal');
    await cut(await broker.connect(fired, willOf('gym/g/presence/staff/fired')));
    await reader.inbox.take('gym/g/presence/staff/fired');
    assert.deepEqual(reader.inbox.messages.filter((m) => m.topic === topic), []);
    await reader.endAsync();
  });

  test('the programs’ state', async () => {
    const api = await broker.connect({...ARCHIVER, sub: 'api'});
    await subscribe(api, 'gymchat/state/#');
    await cut(await broker.connect(ARCHIVER, {tail: 'main.out', ...willOf('gymchat/state/archiver/main')}));
    await api.inbox.take('gymchat/state/archiver/main');
    await api.endAsync();
  });
});

describe('the end of a token', {timeout: 60_000, concurrency: true}, () => { // three times three seconds at once
  test('ends the connection, sends the will, and leaves others alone', async () => {
    const marta = await broker.connect(MARTA);
    await subscribe(marta, 'gym/g/presence/#');
    const long = await broker.connect(ANA);
    const short = await broker.connect(ANA, {ttl: 3, ...willOf('gym/g/presence/client/ana')});
    const started = Date.now();
    await short.ended;
    assert.ok(Date.now() - started < 6000, `it took ${Date.now() - started} ms`);
    await marta.inbox.take('gym/g/presence/client/ana');
    await subscribe(long, 'gym/g/room/ana/#'); // still answers
    assert.equal(long.connected, true);
    await Promise.all([marta.endAsync(), long.endAsync()]);
  });

  test('MQTT 5 is told that it was the broker', async () => {
    const short = await broker.connect(ANA, {ttl: 3, protocolVersion: 5});
    const reason = await new Promise((done) => short.on('disconnect', (packet) => done(packet.reasonCode)));
    assert.equal(reason, 0x98);
  });

  test('a new token in time: connect the new one, then drop the old', async () => {
    const old = await broker.connect(ANA, {ttl: 3});
    const fresh = await broker.connect(ANA);
    await subscribe(fresh, 'gym/g/room/ana/#');
    await old.ended;
    const id = randomUUID();
    await publish(fresh, FROM_ANA, {id});
    assert.equal((await fresh.inbox.take(FROM_ANA)).json.id, id);
    await fresh.endAsync();
  });
});
