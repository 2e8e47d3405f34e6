// The end-to-end story over MQTT and HTTP on a whole instance, as any client would live it: a client and the desk talk, a
// kiosk checks in, receipts come back, rubbish is answered and kept, and a crash of the archiver changes nothing. Runs
// on the sanitized build too.
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {randomUUID} from 'node:crypto';
import {after, before, test} from 'node:test';
import {connectClient, publish, subscribe, until} from '../lib/broker.js';
import {gymchat, startStack} from '../lib/stack.js';

let stack;
const clients = [];

before(async () => {
  stack = await startStack();
});

after(async () => {
  for (const client of clients)
    client.end(true);
  await stack?.stop();
});

/** A connected client of the gym "demo" with its own filters subscribed. */
async function join(role, sub, filters, {name, rooms} = {}) {
  const username = `demo.${role}.${sub}`;
  const client = await connectClient(`mqtt://${stack.mqttHost}:${stack.mqttPort}`,
    {username, password: stack.token({role, sub, name, rooms}), clientId: `${username}.${randomUUID()}`});
  clients.push(client);
  const granted = await subscribe(client, ...filters);
  assert.ok(granted.every((qos) => qos <= 1), `${username}: ${filters} granted ${granted}`);
  return client;
}

const joinClient = (sub, more) => join('client', sub, [`gym/demo/room/${sub}/#`, `gym/demo/to/client/${sub}`], more);
const joinStaff = (sub) => join('staff', sub, ['gym/demo/room/+/#', `gym/demo/to/staff/${sub}`]);

function envelope(text, more = {}) {
  return {id: randomUUID(), text, sent_at: new Date().toISOString(), kind: 'text', ...more};
}

const storedIn = (room, id) => (message) => message.topic === `gym/demo/room/${room}/log` && message.json.stored?.some((s) => s.id === id);
const rejectedOn = (topic, code) => (message) => message.topic === topic && message.json.rejected?.some((r) => r.code === code);

async function api(path, identity, options = {}) {
  const response = await fetch(`${stack.url}${path}`, {...options, headers: {authorization: `Bearer ${stack.token(identity)}`, ...options.headers}});
  return {status: response.status, type: response.headers.get('content-type'), body: await response.json()};
}

const history = async (room, identity = {role: 'staff', sub: 'marta'}) => (await api(`/v1/gyms/demo/rooms/${room}/messages`, identity)).body;

/** Sends and waits for the log notice; the seq. */
async function send(client, room, role, sub, message) {
  await publish(client, `gym/demo/room/${room}/msg/${role}/${sub}`, message);
  const notice = await client.inbox.take(storedIn(room, message.id));
  return notice.json.stored.find((s) => s.id === message.id).seq;
}

test('a client and the desk talk, and history has it in order', async () => {
  const [ana, marta] = [await joinClient('ana', {name: 'Ana García'}), await joinStaff('marta')];
  const question = envelope('¿A qué hora abrís mañana?', {mood: 'curious', deep: {a: [1, 2]}});
  assert.equal(await send(ana, 'ana', 'client', 'ana', question), 1);
  const live = await marta.inbox.take('gym/demo/room/ana/msg/client/ana');
  assert.equal(live.json.text, question.text);
  const answer = envelope('A las 7.', {reply_to: question.id});
  assert.equal(await send(marta, 'ana', 'staff', 'marta', answer), 2);
  assert.equal((await ana.inbox.take('gym/demo/room/ana/msg/staff/marta')).json.text, 'A las 7.');

  const page = await history('ana', {role: 'client', sub: 'ana'});
  assert.deepEqual(page.messages.map((m) => [m.seq, m.role, m.sender, m.text, m.reply_to ?? null]),
    [[1, 'client', 'ana', question.text, null], [2, 'staff', 'marta', 'A las 7.', question.id]]);
  assert.deepEqual([page.messages[0].mood, page.messages[0].deep], ['curious', {a: [1, 2]}], 'unknown fields as they came');
  assert.equal(page.last_seq, 2);
});

test('receipts: the mark is echoed, and history shows delivered and read', async () => {
  const [leo, marta] = [await joinClient('leo'), await joinStaff('marta')];
  await send(leo, 'leo', 'client', 'leo', envelope('hola'));
  await publish(marta, 'gym/demo/room/leo/receipt/staff/marta', {delivered: 1, read: 1, at: new Date().toISOString()});
  const echo = await leo.inbox.take((m) => m.topic === 'gym/demo/room/leo/log' && m.json.marks?.length > 0);
  assert.deepEqual([echo.json.marks[0].role, echo.json.marks[0].who, echo.json.marks[0].delivered, echo.json.marks[0].read], ['staff', 'marta', 1, 1]);
  const {messages: [message]} = await history('leo');
  assert.ok(message.delivered_at && message.read_at, JSON.stringify(message));
  await publish(marta, 'gym/demo/room/leo/receipt/staff/marta', {delivered: 99, read: 0});
  await leo.inbox.take((m) => m.topic === 'gym/demo/room/leo/log' && m.json.marks?.length > 0);
  assert.equal(stack.psql(`SELECT delivered || ' ' || read FROM marks WHERE who = 'marta' AND room_id = (SELECT id FROM rooms WHERE key = 'leo')`), '1 1', 'forward only, never above last_seq');
});

test('a kiosk checks in: in the member\'s room, on the dashboard, and the kiosk knows the first name', async () => {
  await api('/v1/me', {role: 'client', sub: 'eva', name: 'Eva Ruiz'});	// how the archive learns her name
  const eva = await joinClient('eva', {name: 'Eva Ruiz'});
  const [marta, kiosk] = [await joinStaff('marta'), await join('kiosk', 'entrada', ['gym/demo/to/kiosk/entrada'])];
  const checkin = envelope('Entrada registrada', {kind: 'checkin'});
  await publish(kiosk, 'gym/demo/room/eva/msg/kiosk/entrada', checkin);
  const told = await kiosk.inbox.take((m) => m.json.stored?.some((s) => s.id === checkin.id));
  assert.deepEqual(told.json.stored.map((s) => [s.room, s.seq, s.first_name]), [['eva', 1, 'Eva']]);
  for (const reader of [eva, marta])
    assert.equal((await reader.inbox.take('gym/demo/room/eva/msg/kiosk/entrada')).json.kind, 'checkin');
  const {messages} = await history('eva');
  assert.deepEqual([messages[0].role, messages[0].kind], ['kiosk', 'checkin']);
});

test('the same id again is answered again and not stored twice; with another text it is a conflict', async () => {
  const noa = await joinClient('noa');
  const message = envelope('una vez');
  assert.equal(await send(noa, 'noa', 'client', 'noa', message), 1);
  assert.equal(await send(noa, 'noa', 'client', 'noa', {...message, sent_at: new Date().toISOString()}), 1);
  await publish(noa, 'gym/demo/room/noa/msg/client/noa', {...message, text: 'otra cosa'});
  const refusal = await noa.inbox.take(rejectedOn('gym/demo/to/client/noa', 'conflict'));
  assert.equal(refusal.json.rejected[0].id, message.id);
  assert.deepEqual((await history('noa')).messages.map((m) => m.text), ['una vez']);
});

const RUBBISH = {
  'no JSON': [(id) => 'hola', 'invalid'],
  'cut off': [(id) => `{"id":"${id}","text":"a`, 'invalid'],
  'trailing bytes': [(id) => `${JSON.stringify(envelope('a', {id}))} x`, 'invalid'],
  'bad UTF-8': [(id) => Buffer.concat([Buffer.from(`{"id":"${id}","sent_at":"2026-01-01T00:00:00Z","text":"`), Buffer.from([0xc3, 0x28]), Buffer.from('"}')]), 'invalid'],
  'NUL': [(id) => `{"id":"${id}","text":"a\\u0000b","sent_at":"2026-01-01T00:00:00Z"}`, 'invalid'],
  'lone surrogate': [(id) => `{"id":"${id}","text":"\\udc00","sent_at":"2026-01-01T00:00:00Z"}`, 'invalid'],
  'duplicate key': [(id) => `{"id":"${id}","text":"a","text":"b","sent_at":"2026-01-01T00:00:00Z"}`, 'invalid'],
  'wrong types': [(id) => ({id, text: ['a'], sent_at: 7}), 'invalid'],
  'no text': [(id) => ({id, sent_at: '2026-01-01T00:00:00Z'}), 'invalid'],
  '4,001 code points': [(id) => envelope('é'.repeat(4001), {id}), 'invalid'],
  'upper-case id': [(id) => envelope('a', {id: id.toUpperCase()}), 'invalid'],
  '17 KiB': [(id) => envelope('a', {id, fill: 'x'.repeat(17 * 1024)}), 'too_large'],
};

for (const [name, [make, code]] of Object.entries(RUBBISH)) {
  test(`rubbish (${name}) is answered with ${code} and kept with its bytes; the stream goes on`, async () => {
    const sub = `bad${randomUUID().slice(0, 8)}`;
    const client = await joinClient(sub);
    const made = make(randomUUID());
    const bytes = Buffer.isBuffer(made) ? made : Buffer.from(typeof made === 'string' ? made : JSON.stringify(made));
    await publish(client, `gym/demo/room/${sub}/msg/client/${sub}`, bytes);
    await client.inbox.take(rejectedOn(`gym/demo/to/client/${sub}`, code));
    const letter = stack.psql(`SELECT reason || ' ' || encode(payload, 'hex') FROM dead_letters WHERE topic = 'gym/demo/room/${sub}/msg/client/${sub}'`);
    assert.equal(letter, `${code} ${bytes.toString('hex')}`);
    assert.equal(await send(client, sub, 'client', sub, envelope('sigue')), 1);
  });
}

test('forged sender, foreign room, wrong gym: refused by the broker, said on to/, nothing stored', async () => {
  const mia = await joinClient('mia');
  for (const topic of ['gym/demo/room/mia/msg/client/ana', 'gym/demo/room/mia/msg/staff/mia', 'gym/demo/room/ana/msg/client/mia', 'gym/other/room/mia/msg/client/mia']) {
    const forged = envelope('soy otra');
    await publish(mia, topic, forged).catch(() => {});
    const refusal = await mia.inbox.take(rejectedOn('gym/demo/to/client/mia', 'forbidden'));
    assert.equal(refusal.json.rejected[0].id, forged.id, topic);
  }
  assert.equal(stack.psql(`SELECT count(*) FROM messages WHERE body = 'soy otra'`), '0');
});

test('mosquitto_pub and mosquitto_sub with a token work as any MQTT client does; without one they are refused', async () => {
  const username = 'demo.client.pablo';
  const login = ['-h', stack.mqttHost, '-p', String(stack.mqttPort), '-u', username, '-i', `${username}.cli`];
  const message = envelope('desde la consola');
  const topic = 'gym/demo/room/pablo/msg/client/pablo';
  execFileSync('mosquitto_pub', [...login, '-P', stack.token({role: 'client', sub: 'pablo'}), '-q', '1', '-t', topic, '-m', JSON.stringify(message)]);
  await until(() => stack.psql(`SELECT count(*) FROM messages WHERE id = '${message.id}'`) === '1', 'the message of mosquitto_pub to be stored');
  assert.throws(() => execFileSync('mosquitto_pub', ['-h', stack.mqttHost, '-p', String(stack.mqttPort), '-q', '1', '-t', topic, '-m', '{}'], {stdio: 'pipe'}));
  assert.throws(() => execFileSync('mosquitto_sub', [...login, '-P', 'no.token.atall', '-C', '1', '-W', '2', '-t', 'gym/demo/room/pablo/#'], {stdio: 'pipe'}));
});

test('the archiver dies between PUBACK and notice: a sender that stays connected still ends with stored', async () => {
  const zoe = await joinClient('zoe');
  await send(zoe, 'zoe', 'client', 'zoe', envelope('antes'));
  const pid = stack.pids().archiver;
  process.kill(pid, 'SIGSTOP');	// acknowledged by the broker, unread by the archiver
  const message = envelope('en medio');
  await publish(zoe, 'gym/demo/room/zoe/msg/client/zoe', message);
  process.kill(pid, 'SIGKILL');
  await stack.restarted('archiver', pid);
  assert.equal(await send(zoe, 'zoe', 'client', 'zoe', message), 2, 'what the outbox does after 5 s: the same id again');
  assert.deepEqual((await history('zoe')).messages.map((m) => m.text), ['antes', 'en medio']);
});

test('every room of the archive is gap-free', () => {
  assert.equal(stack.psql('SELECT count(*) FROM rooms r WHERE last_seq <> (SELECT count(*) FROM messages m WHERE m.gym_id = r.gym_id AND m.room_id = r.id) OR '
    + 'last_seq <> (SELECT coalesce(max(seq), 0) FROM messages m WHERE m.gym_id = r.gym_id AND m.room_id = r.id)'), '0');
});

test('idle, archiver + API + Mosquitto take at most 60 MiB', async (t) => {
  const {stdout} = await gymchat(['status', '--dir', stack.dir]);
  const mib = Number(/([\d.]+) MiB/.exec(stdout)?.[1]);
  assert.ok(mib > 0, stdout);
  if (process.env.GYMCHAT_BUILD?.endsWith('asan'))
    t.skip(`${mib} MiB with sanitizers says nothing`);
  else
    assert.ok(mib <= 60, `${mib} MiB`);
});
