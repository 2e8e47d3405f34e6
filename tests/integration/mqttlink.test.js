// The links to the broker, held against a broker that shows every byte: no PUBACK leaves before its flush.
import assert from 'node:assert/strict';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {describe, test} from 'node:test';
import {Driver} from '../lib/driver.js';
import {startFakeBroker} from '../lib/fake-broker.js';
import {freePort} from '../lib/ports.js';

const TOPIC = 'gym/demo/room/ana/msg/client/ana';

/** A fake broker for a test; where: as startFakeBroker takes it. */
async function broker(t, options, where) {
  const fake = await startFakeBroker(options, where);
  t.after(() => fake.close());
  return fake;
}

/** A link for a test, to 127.0.0.1 and a port, or to a Unix socket and 0. */
function dial(t, host, port, ...words) {
  const driver = new Driver('mqttlink_driver', [host, port, 'demo.service.x.1', ...words]);
  t.after(() => driver.child.kill('SIGKILL'));
  return driver;
}

const link = (t, fake, ...words) => dial(t, '127.0.0.1', fake.port, ...words);

test('hold: the batch is acknowledged by the flush and by nothing before it', async (t) => {
  const fake = await broker(t);
  const driver = link(t, fake, 'hold', 'persistent', 'max=10', 'a/#');
  const client = await fake.subscribed();
  await driver.next(/^up/);
  const before = client.received;
  const mids = [1, 2, 3].map((n) => client.publish(TOPIC, `text ${n}`));
  let messages = 0;
  while (messages < 3) {
    messages += Number((await driver.next(/^batch (\d+)/))[1]);
    assert.equal(client.received, before, 'bytes left before the flush');
    driver.say('unsent', 'flush');
    await driver.next(/^unsent/);
  }
  await client.until((c) => c.pubacks.length === 3, 'three PUBACKs');
  assert.deepEqual(client.pubacks, mids);
  await driver.quit();
  assert.equal(client.packets.at(-1).type, 'disconnect');
});

test('hold: CONNECT is MQTT 5, never expires, and has the window', async (t) => {
  const fake = await broker(t);
  const driver = link(t, fake, 'hold', 'persistent', 'max=700', 'will=w/t', 'a/#', 'b/#');
  const client = await fake.subscribed(0, 2);
  await driver.next(/^up/);
  const connect = client.packets[0];
  assert.deepEqual({version: connect.version, cleanStart: connect.cleanStart, ...connect.properties},
    {version: 5, cleanStart: false, sessionExpiry: 0xffffffff, receiveMaximum: 700});
  assert.deepEqual(connect.will, {topic: 'w/t', payload: 'gone'});
  assert.equal(connect.username, 'tester');
  assert.equal(connect.password, 'secret');
  assert.deepEqual(client.packets.slice(1).map((p) => p.filters[0]), ['a/#', 'b/#'], 'one filter a SUBSCRIBE');
  await driver.quit();
});

test('hold: drop sends nothing, and the next connection may read the batch again', async (t) => {
  const fake = await broker(t);
  const driver = link(t, fake, 'hold', 'persistent', 'a/#');
  const client = await fake.subscribed();
  await driver.next(/^up/);
  const before = client.received;
  client.publish(TOPIC, 'once');
  await driver.next(/^batch 1/);
  driver.say('drop', 'flush'); // a late flush must not reach anything
  await driver.next(/^down db dropped by the test/);
  await client.until((c) => c.isClosed);
  assert.equal(client.received, before);
  const second = await fake.subscribed(1);
  await driver.next(/^up/);
  const mid = second.publish(TOPIC, 'once', {dup: true});
  await driver.next(/^message .* once/);
  await driver.next(/^batch 1/);
  driver.say('flush');
  await second.until((c) => c.pubacks.length === 1);
  assert.deepEqual(second.pubacks, [mid]);
  await driver.quit();
});

test('hold: stop with a batch in hand says no DISCONNECT, since PUBACKs would go first', async (t) => {
  const fake = await broker(t);
  const driver = link(t, fake, 'hold', 'persistent', 'a/#');
  const client = await fake.subscribed();
  await driver.next(/^up/);
  const before = client.received;
  client.publish(TOPIC, 'x');
  await driver.next(/^batch 1/);
  driver.say('stop');
  await client.until((c) => c.isClosed);
  assert.equal(client.received, before);
  driver.say('start');
  await fake.subscribed(1);
  await driver.next(/^up/);
  await driver.quit();
});

test('hold: a connection that breaks while a batch is held is found by the flush, which acknowledges nothing later', async (t) => {
  const fake = await broker(t);
  const driver = link(t, fake, 'hold', 'persistent', 'a/#');
  const client = await fake.subscribed();
  await driver.next(/^up/);
  client.publish(TOPIC, 'x');
  await driver.next(/^batch 1/);
  client.destroy();
  await client.until((c) => c.isClosed);
  driver.say('unsent');
  await driver.next(/^unsent/);
  assert.deepEqual(driver.all(/^down/), [], 'silent while it is held');
  driver.say('flush');
  await driver.next(/^down io/);
  const second = await fake.subscribed(1);
  await driver.next(/^up/);
  assert.equal(second.pubacks.length, 0);
  await driver.quit();
});

test('hold: batches end at the limit and at half a packet, and nothing is read in between', async (t) => {
  const fake = await broker(t);
  const driver = link(t, fake, 'hold', 'persistent', 'max=5', 'a/#');
  const client = await fake.subscribed();
  await driver.next(/^up/);
  const parts = Array.from({length: 12}, (_, n) => client.publishBytes(TOPIC, `n${n}`).bytes);
  const half = client.publishBytes(TOPIC, 'half of it comes later').bytes;
  client.write(Buffer.concat([...parts, half.subarray(0, 20)]));
  const sizes = [];
  while (sizes.reduce((a, b) => a + b, 0) < 12) {
    sizes.push(Number((await driver.next(/^batch (\d+)/))[1]));
    assert.ok(sizes.at(-1) <= 5);
    assert.equal(driver.all(/^message/).length, sizes.reduce((a, b) => a + b, 0));
    driver.say('flush');
  }
  await client.until((c) => c.pubacks.length === 12);
  client.write(half.subarray(20));
  await driver.next(/^message .* half of it comes later/);
  await driver.next(/^batch 1/);
  driver.say('flush');
  await client.until((c) => c.pubacks.length === 13);
  await driver.quit();
});

test('hold: read-on takes in the next batch without a byte of answer, and one flush acknowledges both', async (t) => {
  const fake = await broker(t);
  const driver = link(t, fake, 'hold', 'persistent', 'max=10', 'a/#');
  const client = await fake.subscribed();
  await driver.next(/^up/);
  const before = client.received;
  const mids = [];
  for (const n of [1, 2, 3]) {
    mids.push(client.publish(TOPIC, `text ${n}`));
    await driver.next(/^batch 1/);
    assert.equal(client.received, before, `bytes left with ${n} read and none flushed`);
    driver.say('read-on');
  }
  driver.say('flush');
  await client.until((c) => c.pubacks.length === 3, 'three PUBACKs');
  assert.deepEqual(client.pubacks, mids);
  mids.push(client.publish(TOPIC, 'the next'));
  await driver.next(/^batch 1/);
  assert.equal(client.pubacks.length, 3, 'held anew');
  driver.say('read-on');
  await driver.quit();
});

test('hold: after read-on a lost connection is told at once, and a flush then reaches nothing', async (t) => {
  const fake = await broker(t);
  const driver = link(t, fake, 'hold', 'persistent', 'a/#');
  const client = await fake.subscribed();
  await driver.next(/^up/);
  client.publish(TOPIC, 'x');
  await driver.next(/^batch 1/);
  driver.say('read-on');
  client.destroy();
  await driver.next(/^down io/);
  driver.say('flush');
  const second = await fake.subscribed(1);
  await driver.next(/^up/);
  second.publish(TOPIC, 'x', {dup: true});
  await driver.next(/^batch 1/);
  assert.deepEqual([client.pubacks, second.pubacks], [[], []]);
  driver.say('flush');
  await second.until((c) => c.pubacks.length === 1);
  await driver.quit();
});

test('hold: messages of the old session may come before the SUBACK', async (t) => {
  const fake = await broker(t, {sessionPresent: true, afterConnack: (client) => client.publish(TOPIC, 'queued')});
  const driver = link(t, fake, 'hold', 'persistent', 'auto', 'a/#');
  const client = await fake.subscribed();
  await driver.next(/^up/);
  await client.until((c) => c.pubacks.length === 1);
  const order = client.packets.map((p) => p.type);
  assert.deepEqual(order.slice(0, 2), ['connect', 'subscribe'], 'SUBSCRIBE leaves before anything is read');
  await driver.quit();
});

describe('what takes its time', {concurrency: true, timeout: 60_000}, () => {
  test('hold: pings while idle, not while a batch is held', async (t) => {
    const fake = await broker(t);
    const driver = link(t, fake, 'hold', 'persistent', 'keepalive=5', 'a/#');
    const client = await fake.subscribed();
    await driver.next(/^up/);
    await client.until((c) => c.count('pingreq') === 1, 'a PINGREQ', 12_000);
    client.publish(TOPIC, 'x');
    await driver.next(/^batch 1/);
    const before = client.received;
    const held = performance.now();
    // Longer than the keepalive: a ping would be due. The condition is time itself.
    await new Promise((resolve) => setTimeout(resolve, 7000));
    assert.equal(client.received, before, `nothing left in ${Math.round(performance.now() - held)} ms`);
    driver.say('flush');
    await client.until((c) => c.pubacks.length === 1 && c.count('pingreq') === 2, 'PUBACK and the late ping', 12_000);
    assert.deepEqual(driver.all(/^down/), []);
    await driver.quit();
  });

  test('a broker that stops answering pings is given up', async (t) => {
    const fake = await broker(t, {answersPings: false});
    const driver = link(t, fake, 'keepalive=5', 'a/#');
    await driver.next(/^up/);
    await driver.next(/^down io .*: it answers no PINGREQ/, 30_000);
    await driver.next(/^up/);
    await driver.quit();
  });

  test('a broker that never answers CONNECT is left after the time limit', async (t) => {
    const fake = await broker(t, {connack: null});
    const driver = link(t, fake, 'a/#');
    await driver.next(/^down io no session with the broker within 10 s/, 20_000);
    fake.options.connack = 0;
    await driver.next(/^up/);
    await driver.quit();
  });
});

test('a refused subscription is ERR_DENIED and names the filter', async (t) => {
  const fake = await broker(t, {denied: ['b/#']});
  const driver = link(t, fake, 'a/#', 'b/#');
  await driver.next(/^down denied the broker refused the subscription to b\/#/);
  fake.options.denied = [];
  await driver.next(/^up/);
  await driver.quit();
});

test('a refused token is ERR_DENIED, 3.1.1 and 5; retried by itself', async (t) => {
  for (const [words, code] of [[[], 5], [['persistent'], 0x87]]) {
    const fake = await broker(t, {connack: code});
    const driver = link(t, fake, ...words, 'a/#');
    await driver.next(/^down denied the broker refused the connection: /);
    fake.options.connack = 0;
    await driver.next(/^up/);
    await driver.quit();
  }
});

test('a broker without MQTT 5 is spoken to in 3.1.1, with a session all the same', async (t) => {
  const fake = await broker(t, {connack: (connect) => connect.version === 5 ? 0x84 : 0});
  const driver = link(t, fake, 'hold', 'persistent', 'a/#');
  await driver.next(/^down/);
  await driver.next(/^up/);
  const {version, cleanStart} = fake.clients[1].packets[0];
  assert.deepEqual({version, cleanStart}, {version: 4, cleanStart: false});
  await driver.quit();
});

test('no broker: every attempt tells, and a late one succeeds', async (t) => {
  const port = await freePort();
  const driver = dial(t, '127.0.0.1', port, 'a/#');
  await driver.next(/^down io no broker at 127.0.0.1 port \d+: Connection refused/);
  await driver.next(/^down io/);
  await broker(t, {}, {port, host: '127.0.0.1'});
  await driver.next(/^up/);
  await driver.quit();
});

test('over a Unix socket', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'gymchat-test-'));
  t.after(() => rmSync(folder, {recursive: true, force: true}));
  const path = join(folder, 's');
  const fake = await broker(t, {}, path);
  const driver = dial(t, path, 0, 'hold', 'persistent', 'auto', 'a/#');
  const client = await fake.subscribed();
  await driver.next(/^up/);
  client.publish(TOPIC, 'x');
  await client.until((c) => c.pubacks.length === 1);
  await driver.quit();
});

test('publishes: unsent counts what the broker does not take, a full queue refuses, drain follows', async (t) => {
  const fake = await broker(t);
  const driver = link(t, fake, 'a/#');
  const client = await fake.subscribed();
  await driver.next(/^up/);
  driver.say('publish 0 x/y hello', 'publish 1 x/z world');
  await client.until((c) => c.count('publish') === 2);
  assert.deepEqual(client.packets.slice(-2).map((p) => [p.topic, String(p.payload), p.qos]), [['x/y', 'hello', 0], ['x/z', 'world', 1]]);
  await driver.next(/^puback/);
  client.socket.pause();
  driver.say('flood 100000 1000', 'unsent', 'publish 0 x/y refused'); // in one turn of its loop: nothing is written in between
  const taken = Number((await driver.next(/^flooded (\d+)/))[1]);
  assert.ok(taken > 1000 && taken < 1100, `about 1 MiB is taken at once, not ${taken}`);
  assert.ok(Number((await driver.next(/^unsent (\d+)/))[1]) > 1_000_000);
  await driver.next(/^refused limit/);
  client.socket.resume();
  await driver.next(/^drain/);
  await client.until((c) => c.count('publish') === 2 + taken);
  for (let bytes = 1; bytes > 0;) { // what the kernel still holds is acknowledged by the other side's kernel
    driver.say('unsent');
    bytes = Number((await driver.next(/^unsent (\d+)/))[1]);
  }
  await driver.quit();
});

test('a publish while down is refused, not kept', async (t) => {
  const fake = await broker(t, {connack: null});
  const driver = link(t, fake, 'a/#');
  await fake.client();
  driver.say('publish 1 x/y z');
  await driver.next(/^refused io not connected/);
  await driver.quit();
});
