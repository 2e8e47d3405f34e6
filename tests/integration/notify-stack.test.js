// gymchat-notify with the real broker, plugin, archiver and database.
import assert from 'node:assert/strict';
import {randomUUID} from 'node:crypto';
import {writeFileSync} from 'node:fs';
import {after, before, test} from 'node:test';
import {World} from '../lib/archiver.js';
import {Kiosk} from '../lib/notify.js';

let world;
let kiosk;
before(async () => {
  world = await World.start({broker: {settings: {LIMITS: 'on'}}}); // 20 messages/s for a kiosk
  await world.archiver();
  kiosk = await Kiosk.start({broker: false});
  writeFileSync(kiosk.tokenFile, world.broker.token({role: 'kiosk', sub: 'entrada'}));
});
after(async () => {
  await kiosk?.stop();
  await world?.stop();
});

const run = (args, options = {}) => kiosk.run(args, {...options, env: {MQTT_SOCKET: undefined, MQTT_PORT: world.broker.port, ...options.env}});

test('stored once, with its seq; the same again is the same; another text under its id is a conflict', async () => {
  const id = randomUUID();
  for (let n = 0; n < 2; n++) {
    const once = run(['--room', 'ana', '--text', 'Acceso correcto', '--kind', 'checkin', '--id', id]);
    assert.equal(await once.code(), 0, once.log);
    const [line] = once.lines;
    assert.deepEqual([line.id, line.room, line.state, line.seq], [id, 'ana', 'stored', 1]);
  }
  const other = run(['--room', 'ana', '--text', 'Otro texto', '--id', id]);
  assert.equal(await other.code(), 1, other.log);
  assert.equal(other.lines[0].code, 'conflict');
  const rows = await world.room('ana');
  assert.deepEqual(rows.map((row) => [row.seq, row.sender_role, row.sender, row.kind, row.body]), [[1, 'kiosk', 'entrada', 'checkin', 'Acceso correcto']]);
});

test('the archive is away: queued; it comes back: stored once, although the broker had a copy too', async () => {
  const [archiver] = world.archivers;
  await archiver.stop();
  const first = run(['--room', 'eva', '--text', 'while away', '--wait', '1']);
  assert.equal(await first.code(), 2, first.log);
  assert.equal(kiosk.entries().length, 1);
  await archiver.start().ready();
  const drain = run(['--drain', '--wait', '30']);
  assert.equal(await drain.code(), 0, drain.log);
  assert.deepEqual(kiosk.entries(), []);
  assert.deepEqual((await world.room('eva')).map((row) => row.body), ['while away']);
});

test('faster than its limit: all stored, in order', {timeout: 60_000}, async () => {
  const lines = run(['--lines', '--wait', '40'], {stdin: 'pipe'});
  lines.feed(...Array.from({length: 80}, (_, n) => ({room: `r${n % 2}`, text: `${n}`}))).child.stdin.end();
  assert.equal(await lines.code(), 0, lines.log);
  for (const room of [0, 1])
    assert.deepEqual((await world.room(`r${room}`)).map((row) => row.body), Array.from({length: 40}, (_, n) => `${n * 2 + room}`));
});

test('the broker is restarted under a running sender', {timeout: 60_000}, async () => {
  const lines = run(['--lines', '--wait', '40'], {stdin: 'pipe'});
  lines.feed({room: 'lia', text: 'before'});
  await kiosk.until(() => lines.lines.length === 1, 'the first one stored');
  await world.broker.restart();
  lines.feed({room: 'lia', text: 'after'}).child.stdin.end();
  assert.equal(await lines.code(), 0, lines.log);
  assert.deepEqual((await world.room('lia')).map((row) => row.body), ['before', 'after']);
});
