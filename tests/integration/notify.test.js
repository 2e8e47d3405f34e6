// gymchat-notify: nothing that it has taken is lost, sent out of order or told wrongly, whatever ends or is away.
import assert from 'node:assert/strict';
import {closeSync, mkdirSync, openSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterEach, test} from 'node:test';
import {Kiosk, kioskToken} from '../lib/notify.js';

let kiosk;
afterEach(async () => {
  await kiosk?.stop();
  kiosk = null;
});

const texts = (room) => kiosk.archive.stored.filter((one) => one.room === room).map((one) => one.payload.text);

test('one message: stored, told, gone from the spool', async () => {
  kiosk = await Kiosk.start();
  const run = kiosk.say('ana', 'Ha entrado por la puerta 2', '--kind', 'checkin');
  assert.equal(await run.code(), 0, run.log);
  const [{id, bytes, topic, client}] = kiosk.archive.published;
  assert.deepEqual(run.lines, [{id, room: 'ana', state: 'stored', seq: 1, first_name: 'Ana'}]);
  assert.equal(topic, 'gym/demo/room/ana/msg/kiosk/entrada');
  const {sent_at: sentAt, ...message} = JSON.parse(bytes);
  assert.deepEqual(message, {id, kind: 'checkin', text: 'Ha entrado por la puerta 2'});
  assert.ok(Math.abs(Date.now() - Date.parse(sentAt)) < 30_000);
  assert.deepEqual(kiosk.entries(), []);
  const connect = client.packets[0];
  assert.equal(connect.username, 'demo.kiosk.entrada');
  assert.match(connect.clientId, /^demo\.kiosk\.entrada\.notify-[0-9a-f]{8}$/);
  assert.deepEqual(client.packets.filter((p) => p.type === 'subscribe').map((p) => p.filters), [['gym/demo/to/kiosk/entrada']]);
  await kiosk.until(() => client.packets.at(-1).type === 'disconnect'); // its last bytes may be read after its end is told
});

test('a PUBACK removes nothing', async () => {
  kiosk = await Kiosk.start();
  kiosk.archive.decide = () => 'silent';
  const run = kiosk.say('ana', 'x', '--wait', '1');
  assert.equal(await run.code(), 2, run.log);
  assert.deepEqual(run.lines.map((line) => line.state), ['queued']);
  assert.equal(kiosk.entries().length, 1);
  assert.equal(kiosk.archive.published.length, 1);
});

test('killed between publish and answer: the next run sends the same bytes again', async () => {
  kiosk = await Kiosk.start();
  kiosk.archive.decide = () => 'silent';
  const run = kiosk.say('ana', 'x', '--wait', 'forever');
  await kiosk.until(() => kiosk.archive.published.length === 1);
  assert.equal(kiosk.entries().length, 1, 'it is in the spool before it is on the wire');
  run.child.kill('SIGKILL');
  assert.equal(await run.code(), 'SIGKILL');
  kiosk.archive.decide = () => 'stored';
  const drain = kiosk.run(['--drain']);
  assert.equal(await drain.code(), 0, drain.log);
  assert.equal(kiosk.archive.published[1].bytes, kiosk.archive.published[0].bytes);
  assert.deepEqual(kiosk.entries(), []);
});

test('no broker for a while: queued, then sent oldest first, of a room one after the other', async () => {
  kiosk = await Kiosk.start({broker: false});
  for (const text of ['1', '2']) {
    const run = kiosk.say('ana', text, '--wait', '0');
    assert.equal(await run.code(), 2, run.log);
  }
  const lines = kiosk.run(['--lines'], {stdin: 'pipe'});
  lines.feed({room: 'eva', text: '3'}, {room: 'ana', text: '4'}, {room: 'ana', text: '5'});
  await kiosk.until(() => kiosk.entries().length === 5);
  await kiosk.until(() => lines.log.includes('no broker at'));
  assert.equal(lines.log.match(/warn +no broker at/g).length, 1, 'an outage is one line, not one each attempt');
  await kiosk.brokerUp();
  await kiosk.until(() => lines.lines.length === 3);
  lines.feed({room: 'ana', text: '6'}).child.stdin.end();
  assert.equal(await lines.code(), 0, lines.log);
  assert.deepEqual(texts('ana'), ['1', '2', '4', '5', '6']);
  assert.deepEqual(texts('eva'), ['3']);
  assert.deepEqual(lines.lines.map(({line, state}) => [line, state]).sort(), [[1, 'stored'], [2, 'stored'], [3, 'stored'], [4, 'stored']]);
  assert.deepEqual(kiosk.entries(), []);
});

test('nothing newer to a room goes before what has no answer; other rooms do not wait', async () => {
  kiosk = await Kiosk.start();
  kiosk.archive.decide = (message) => message.text === 'first' ? 'silent' : 'stored';
  const run = kiosk.run(['--lines', '--wait', '0'], {stdin: 'pipe'});
  run.feed({room: 'ana', text: 'first'}, {room: 'ana', text: 'second'}, ...Array.from({length: 30}, (_, n) => ({room: 'eva', text: `e${n}`})));
  await kiosk.until(() => texts('eva').length === 30);
  assert.deepEqual(kiosk.archive.published.filter((p) => p.room === 'ana').map((p) => p.text), ['first']);
  kiosk.archive.decide = () => 'stored';
  kiosk.broker.clients[0].destroy(); // on a new connection it is sent at once again, and first
  await kiosk.until(() => texts('ana').length === 2);
  assert.deepEqual(texts('ana'), ['first', 'second']);
  assert.deepEqual(texts('eva'), Array.from({length: 30}, (_, n) => `e${n}`));
  run.child.stdin.end();
  assert.equal(await run.code(), 0, run.log);
});

test('no answer: sent again after 5 s, then after 10', {timeout: 60_000}, async () => {
  kiosk = await Kiosk.start();
  kiosk.archive.decide = () => kiosk.archive.published.length < 3 ? 'silent' : 'stored';
  const run = kiosk.say('ana', 'x', '--wait', '40');
  assert.equal(await run.code(), 0, run.log);
  const [first, second, third] = kiosk.archive.published.map((p) => p.at);
  // A second either way: when this process saw it is not when it was sent.
  assert.ok(second - first > 4000 && second - first < 7000, `${second - first}`);
  assert.ok(third - second > 9000 && third - second < 13_000, `${third - second}`);
  assert.equal(new Set(kiosk.archive.published.map((p) => p.bytes)).size, 1);
});

test('rejected for good: told, removed, exit 1; rate_limited: kept and sent again after its time', async () => {
  kiosk = await Kiosk.start();
  kiosk.archive.decide = (message) => {
    if (message.text === 'bad')
      return {code: 'forbidden', detail: 'not your room'};
    return message.text === 'slow' && kiosk.archive.published.filter((p) => p.text === 'slow').length < 3
      ? {code: 'rate_limited', detail: 'too fast', retry_after_ms: 300} : 'stored';
  };
  const bad = kiosk.say('ana', 'bad');
  assert.equal(await bad.code(), 1, bad.log);
  assert.deepEqual(bad.lines.map(({id, ...rest}) => rest), [{room: 'ana', state: 'rejected', code: 'forbidden', detail: 'not your room'}]);
  assert.deepEqual(kiosk.entries(), []);
  const slow = kiosk.say('ana', 'slow');
  assert.equal(await slow.code(), 0, slow.log);
  const times = kiosk.archive.published.filter((p) => p.text === 'slow').map((p) => p.at);
  assert.equal(times.length, 3);
  assert.ok(times[1] - times[0] >= 295 && times[2] - times[1] >= 295);
});

test('two runs on one spool: one sends, the other hands over and hears what became of it', async () => {
  kiosk = await Kiosk.start();
  const daemon = kiosk.run(['--lines', '--wait', '0'], {stdin: 'pipe'});
  await kiosk.until(() => daemon.log.includes('connected'));
  const runs = Array.from({length: 6}, (_, n) => kiosk.say('ana', `${n}`));
  for (const run of runs)
    assert.equal(await run.code(), 0, run.log);
  assert.deepEqual(runs.map((run) => run.lines[0].seq).sort(), [1, 2, 3, 4, 5, 6]);
  assert.equal(kiosk.broker.clients.length, 1, 'only the first was ever connected');
  kiosk.archive.decide = () => ({code: 'too_large', detail: 'no'});
  const refused = kiosk.say('ana', 'x');
  assert.equal(await refused.code(), 1, refused.log);
  assert.equal(refused.lines[0].code, 'too_large');
  kiosk.archive.decide = () => 'silent';
  const impatient = kiosk.say('ana', 'x', '--wait', '1');
  assert.equal(await impatient.code(), 2, impatient.log);
  daemon.child.stdin.end();
  assert.equal(await daemon.code(), 0, daemon.log);
  assert.equal(kiosk.entries().length, 1);
});

test('the sender is killed: who waits takes over', async () => {
  kiosk = await Kiosk.start();
  kiosk.archive.decide = () => 'silent';
  const first = kiosk.say('ana', 'first', '--wait', 'forever');
  await kiosk.until(() => kiosk.archive.published.length === 1);
  const second = kiosk.say('ana', 'second', '--wait', 'forever');
  await kiosk.until(() => kiosk.entries().length === 2);
  kiosk.archive.decide = () => 'stored';
  first.child.kill('SIGKILL');
  assert.equal(await second.code(), 0, second.log);
  assert.deepEqual(texts('ana'), ['first', 'second']);
  assert.deepEqual(kiosk.entries(), []);
});

test('lines that are no messages are told by their number and do not stop the others', async () => {
  kiosk = await Kiosk.start();
  const run = kiosk.run(['--lines'], {stdin: 'pipe'});
  run.feed('nonsense', '', {room: 'ana', text: 'good', temperature: 21.5}, {room: 'a/b', text: 'x'}, {room: 'ana', text: 'x'.repeat(4001)},
    `{"room":"ana","text":"x","blob":"${'x'.repeat(17_000)}"}`, `{"room":"ana","text":"${'y'.repeat(70_000)}"}`);
  run.child.stdin.end('{"room":"ana","text":"no newline at the end"}');
  assert.equal(await run.code(), 1, run.log);
  assert.deepEqual(run.lines.map(({line, state, code}) => [line, state, code ?? null]).sort((a, b) => a[0] - b[0]), [
    [1, 'rejected', 'invalid'], [3, 'stored', null], [4, 'rejected', 'invalid'], [5, 'rejected', 'invalid'], [6, 'rejected', 'too_large'],
    [7, 'rejected', 'too_large'], [8, 'stored', null]]);
  assert.deepEqual(texts('ana'), ['good', 'no newline at the end']);
  assert.equal(kiosk.archive.stored[0].payload.temperature, 21.5);
});

test('input from a file, and from nowhere', async () => {
  kiosk = await Kiosk.start();
  const file = join(kiosk.folder, 'lines');
  writeFileSync(file, Array.from({length: 200}, (_, n) => JSON.stringify({room: `r${n % 20}`, text: `${n}`})).join('\n'));
  const fd = openSync(file);
  const run = kiosk.run(['--lines', '--quiet'], {stdin: fd});
  closeSync(fd);
  assert.equal(await run.code(), 0, run.log);
  assert.equal(kiosk.archive.stored.length, 200);
  assert.deepEqual(run.lines, []);
  for (let room = 0; room < 20; room++)
    assert.deepEqual(texts(`r${room}`), Array.from({length: 10}, (_, n) => `${n * 20 + room}`));
  const none = kiosk.run(['--lines'], {stdin: 'ignore'}); // /dev/null
  assert.equal(await none.code(), 0, none.log);
});

test('a signal ends it in good order: what is not stored stays', async () => {
  kiosk = await Kiosk.start();
  kiosk.archive.decide = () => 'silent';
  const run = kiosk.run(['--lines'], {stdin: 'pipe'});
  run.feed({room: 'ana', text: 'x'});
  await kiosk.until(() => kiosk.archive.published.length === 1);
  run.child.kill('SIGTERM');
  assert.equal(await run.code(), 2, run.log);
  assert.deepEqual(run.lines.map((line) => line.state), ['queued']);
  assert.equal(kiosk.entries().length, 1);
});

test('a refused token is read again from its file', async () => {
  kiosk = await Kiosk.start();
  const renewed = kioskToken({jti: 'renewed'});
  kiosk.broker.options.connack = (connect) => connect.password === renewed ? 0 : 5;
  const run = kiosk.say('ana', 'x', '--wait', '20');
  await kiosk.until(() => kiosk.broker.clients.length > 1);
  assert.match(run.log, /warn +the broker refused the connection/);
  writeFileSync(kiosk.tokenFile, renewed);
  assert.equal(await run.code(), 0, run.log);
  assert.deepEqual(texts('ana'), ['x']);
});

test("another kiosk's entries are left alone", async () => {
  kiosk = await Kiosk.start();
  writeFileSync(kiosk.tokenFile, kioskToken({sub: 'salida'}));
  kiosk.archive.decide = () => 'silent';
  assert.equal(await kiosk.say('ana', 'of salida', '--wait', '0').code(), 2);
  writeFileSync(kiosk.tokenFile, kioskToken());
  kiosk.archive.decide = () => 'stored';
  const run = kiosk.say('ana', 'of entrada');
  assert.equal(await run.code(), 0, run.log);
  assert.deepEqual(texts('ana'), ['of entrada']);
  assert.match(run.log, /waits for kiosk salida of gym demo/);
  assert.equal(kiosk.entries().length, 1);
});

test('wrong use and settings end with 3, and nothing is kept', async () => {
  kiosk = await Kiosk.start({broker: false});
  const cases = [
    [[], {}, /--help/],
    [['--room', 'ana'], {}, /belong together/],
    [['--room', 'ana', '--text', 'x', '--lines'], {}, /one of/],
    [['--room', 'ana', '--text', 'x', 'more'], {}, /one of/],
    [['--lines', '--kind', 'checkin'], {}, /belong to --room/],
    [['--nonsense'], {}, /wrong option/],
    [['--drain', '--wait', 'soon'], {}, /wrong option/],
    [['--room', 'a b', '--text', 'x'], {}, /the room is/],
    [['--room', 'ana', '--text', ''], {}, /text/],
    [['--room', 'ana', '--text', 'x', '--kind', 'Not A Kind'], {}, /kind/],
    [['--room', 'ana', '--text', 'x', '--id', '1'], {}, /id/],
    [['--drain'], {TOKEN_FILE: undefined}, /GYMCHAT_TOKEN/],
    [['--drain'], {TOKEN_FILE: '/nonexistent'}, /nonexistent/],
    [['--drain'], {TOKEN_FILE: undefined, TOKEN: 'no-token'}, /no JWT/],
    [['--drain'], {TOKEN_FILE: undefined, TOKEN: kioskToken({role: 'client'})}, /of role client/],
    [['--drain'], {MQTT_PORT: 'x'}, /GYMCHAT_MQTT_PORT/],
    [['--drain'], {NONSENSE: 'x'}, /GYMCHAT_NONSENSE/],
    [['--drain'], {SPOOL: '/nonexistent/spool'}, /GYMCHAT_SPOOL/],
  ];
  for (const [args, env, why] of cases) {
    const run = kiosk.run(args, {env});
    assert.equal(await run.code(), 3, `${args.join(' ')}: ${run.log}`);
    assert.match(run.log, why);
    assert.doesNotMatch(run.log, /eyJ/, 'the token is never logged');
  }
  assert.deepEqual(kiosk.entries(), []);
  const help = kiosk.run(['--help']);
  assert.equal(await help.code(), 0);
});

test('a full spool ends with 4 and says which were not kept', async () => {
  kiosk = await Kiosk.start({broker: false});
  const run = kiosk.run(['--lines', '--wait', '0'], {stdin: 'pipe', env: {SPOOL_MAX: 2}});
  run.feed(...['1', '2', '3'].map((text) => ({room: 'ana', text}))).child.stdin.end();
  assert.equal(await run.code(), 4, run.log);
  assert.deepEqual(run.lines.map(({line, state}) => [line, state]).sort(), [[1, 'queued'], [2, 'queued'], [3, 'failed']]);
  assert.equal(kiosk.entries().length, 2);
});

test('what is no entry is set aside and does not stop the others', async () => {
  kiosk = await Kiosk.start();
  mkdirSync(kiosk.spool);
  writeFileSync(join(kiosk.spool, '0000000000000001.entry'), 'half an en');
  const run = kiosk.say('ana', 'x');
  assert.equal(await run.code(), 0, run.log);
  assert.ok(readdirSync(kiosk.spool).includes('0000000000000001.bad'));
});

test('an idle sender costs next to nothing', async () => {
  kiosk = await Kiosk.start();
  const daemon = kiosk.run(['--lines'], {stdin: 'pipe'});
  await kiosk.until(() => daemon.log.includes('connected'));
  const ticks = () => readFileSync(`/proc/${daemon.child.pid}/stat`, 'utf8').split(' ').slice(13, 15).map(Number).reduce((a, b) => a + b);
  const before = ticks();
  await new Promise((resolve) => setTimeout(resolve, 1000)); // time is what is measured
  assert.ok(ticks() - before <= 5, 'a busy loop would use 100 ticks');
});
