// What the archiver makes of single publishes: rows, seqs, notices, dead letters, rooms, marks.
import assert from 'node:assert/strict';
import {randomUUID} from 'node:crypto';
import {after, before, test} from 'node:test';
import {message, notice, rejects, say, stores, topic, World} from '../lib/archiver.js';
import {publish, subscribe, until} from '../lib/broker.js';

let world, ear, archiver;
before(async () => {
  world = await World.start();
  archiver = await world.archiver();
  ear = await world.listener();
});
after(() => world.stop());

/** A client of that id with a subscription to what it is told on to/. */
async function person(role, sub, claims) {
  const client = await world.client(role, sub, claims);
  await subscribe(client, `gym/g/to/${role}/${sub}`);
  client.told = (fits) => client.inbox.take((m) => m.topic === `gym/g/to/${role}/${sub}` && fits(m.json)).then((m) => m.json);
  return client;
}

const deadOf = (about) => world.rows('SELECT topic, payload, reason, detail FROM dead_letters WHERE topic LIKE $1 ORDER BY id', [`%${about}%`]);

test('a message becomes a row with seq 1, and the log of the room says so', async () => {
  const ana = await world.client('client', 'ana');
  const attachments = [{name: 'a.png', size: 12345678901234567890n.toString()}];
  const sent = await say(ana, 'ana', 'client', 'ana', message('hola', {color: 'red', attachments, kind: 'card', reply_to: randomUUID()}));
  const log = await notice(ear, stores(sent.id));
  assert.equal(log.last_seq, 1);
  assert.deepEqual(log.stored.map(({id, seq, role, sender}) => ({id, seq, role, sender})), [{id: sent.id, seq: 1, role: 'client', sender: 'ana'}]);
  const [row] = await world.room('ana');
  assert.deepEqual([row.body, row.kind, row.reply_to, row.sender_role, row.sender], ['hola', 'card', sent.reply_to, 'client', 'ana']);
  assert.equal(row.extra, '"color":"red"');
  assert.deepEqual(JSON.parse(row.attachments), attachments);
  assert.equal(row.stored_at.toISOString(), log.stored[0].stored_at);
  assert.equal(row.sent_at.toISOString(), sent.sent_at);
  const room = await world.roomRow('ana');
  assert.deepEqual([room.last_seq, room.listed, room.kind, room.status], [1, true, 'support', 'open']);
  assert.equal(room.last_message_at.getTime(), row.stored_at.getTime());
});

test('seqs rise by one in the order of one sender', async () => {
  const eva = await world.client('client', 'eva');
  const texts = Array.from({length: 500}, (_, n) => `line ${n}`);
  const sent = await Promise.all(texts.map((text) => say(eva, 'eva', 'client', 'eva', text)));
  await notice(ear, stores(sent.at(-1).id));
  const rows = await world.room('eva');
  assert.deepEqual(rows.map((row) => row.body), texts);
  assert.deepEqual(rows.map((row) => row.seq), texts.map((_, n) => n + 1));
});

test('the same message again is told again with its first seq, and is no second row', async () => {
  const leo = await person('client', 'leo');
  const first = await say(leo, 'leo', 'client', 'leo', message('uno', {attachments: [{a: 1, b: [2]}]}));
  const {stored: [told]} = await notice(ear, stores(first.id));
  await notice(ear, stores((await say(leo, 'leo', 'client', 'leo', 'dos')).id));
  const retry = JSON.stringify({...first, sent_at: new Date(0).toISOString(), other: 1}).replace('{"a":1,"b":[2]}', '{ "b" : [ 2 ], "a" : 1 }');
  await publish(leo, topic('leo', 'client', 'leo'), retry);
  const again = await notice(ear, stores(first.id));
  assert.deepEqual(again.stored, [told]);
  assert.equal(again.last_seq, 2);
  assert.equal((await world.room('leo')).length, 2);
});

test('the same id with other words, kind or sender is a conflict, and the first row stays', async () => {
  const [mia, marta] = [await person('client', 'mia'), await person('staff', 'marta')];
  const first = await say(mia, 'mia', 'client', 'mia', 'one');
  await notice(ear, stores(first.id));
  for (const change of [{text: 'two'}, {kind: 'card'}, {reply_to: randomUUID()}, {attachments: []}]) {
    await say(mia, 'mia', 'client', 'mia', {...first, ...change});
    const {rejected: [told]} = await mia.told(rejects(first.id));
    assert.deepEqual([told.id, told.room, told.code], [first.id, 'mia', 'conflict']);
    const log = await notice(ear, rejects(first.id));
    assert.deepEqual(log.rejected, [{id: first.id, role: 'client', sender: 'mia', code: 'conflict'}]);
  }
  await say(marta, 'mia', 'staff', 'marta', first);
  assert.equal((await marta.told(rejects(first.id))).rejected[0].code, 'conflict');
  assert.deepEqual((await world.room('mia')).map((row) => row.body), ['one']);
  const dead = await deadOf('/room/mia/');
  assert.deepEqual(dead.map((one) => one.reason), Array(5).fill('conflict'));
  assert.equal(JSON.parse(dead[0].payload).text, 'two');
});

test('one id in two rooms is two messages', async () => {
  const marta = await world.client('staff', 'marta');
  const body = message('to both');
  for (const room of ['two-a', 'two-b']) {
    await say(marta, room, 'staff', 'marta', body);
    await notice(ear, stores(body.id));
    assert.equal((await world.room(room)).length, 1);
  }
});

test('an unknown gym and room are made on the spot', async () => {
  const far = await world.broker.connect({gym: 'far-away', role: 'client', sub: 'zoe'});
  await subscribe(far, 'gym/far-away/room/zoe/log');
  await publish(far, 'gym/far-away/room/zoe/msg/client/zoe', message('hello'));
  await far.inbox.take('gym/far-away/room/zoe/log');
  far.end(true);
  assert.equal((await world.room('zoe', 'far-away')).length, 1);
});

// ---- poison ----

const id = (n) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
const body = (n, more = '') => `{"id":"${id(n)}","sent_at":"2026-11-22T10:00:00Z","text":"x"${more}}`;
const POISON = [
  ['broken JSON', '{"id":', null],
  ['no object', '[]', null],
  ['empty', '', null],
  ['bad UTF-8', Buffer.from([...Buffer.from('{"text":"'), 0xc3, 0x28, ...Buffer.from('"}')]), null],
  ['a NUL byte', Buffer.from('{"text":"a\0b"}'), null],
  ['an escaped NUL', `{"id":"${id(1)}","sent_at":"2026-11-22T10:00:00Z","text":"a\\u0000b"}`, null],
  ['a lone surrogate', `{"id":"${id(2)}","sent_at":"2026-11-22T10:00:00Z","text":"\\ud83d"}`, null],
  ['duplicate keys', body(3, ',"text":"y"'), null],
  ['trailing bytes', `${body(4)}x`, null],
  ['a number beyond doubles', body(5, ',"n":1e400000'), null],
  ['an upper-case id', body(6).replace(id(6), 'A'.repeat(8) + id(6).slice(8)), null],
  ['text of another type', body(7).replace('"x"', '7'), id(7)],
  ['no text', `{"id":"${id(8)}","sent_at":"2026-11-22T10:00:00Z"}`, id(8)],
  ['empty text', body(9).replace('"x"', '""'), id(9)],
  ['4001 characters', body(10).replace('"x"', `"${'x'.repeat(4001)}"`), id(10)],
  ['no time', `{"id":"${id(11)}","text":"x"}`, id(11)],
  ['a time of nonsense', body(12).replace('2026-11-22', '2026-13-22'), id(12)],
  ['attachments that are no array', body(13, ',"attachments":{}'), id(13)],
  ['17 KiB', body(14, `,"padding":"${'p'.repeat(17000)}"`), id(14), 'too_large'],
];

test('poison goes to dead_letters with its bytes, the sender is told, and the stream goes on', async () => {
  const rosa = await person('client', 'rosa');
  for (const [name, payload, known, code = 'invalid'] of POISON) {
    const after = message(`after ${name}`);
    await Promise.all([publish(rosa, topic('rosa', 'client', 'rosa'), payload), say(rosa, 'rosa', 'client', 'rosa', after)]);
    const {rejected: [told]} = await rosa.told((json) => json.rejected);
    assert.deepEqual([told.id, told.room, told.code, typeof told.detail], [known, 'rosa', code, 'string'], name);
    const {rejected} = await notice(ear, (json, on) => on.includes('/rosa/') && json.rejected);
    assert.deepEqual(rejected, [{id: known, role: 'client', sender: 'rosa', code}], name);
    await until(async () => (await world.room('rosa')).some((row) => row.id === after.id), `what came after ${name}`);
    const dead = (await deadOf('/room/rosa/')).at(-1);
    assert.deepEqual([dead.reason, dead.payload], [code, Buffer.from(payload)], name);
  }
  assert.equal((await deadOf('/room/rosa/')).length, POISON.length);
  assert.equal((await world.room('rosa')).length, POISON.length);
});

test('poison alone makes no room', async () => {
  const tim = await person('client', 'tim');
  await publish(tim, topic('tim', 'client', 'tim'), '{');
  await tim.told((json) => json.rejected);
  const {last_seq: last} = await notice(ear, (json, on) => on.includes('/tim/'));
  assert.equal(last, 0);
  assert.equal(await world.roomRow('tim'), undefined);
});

test('what PostgreSQL itself refuses is found, and what came with it is stored', async () => {
  await world.sql.query(`ALTER TABLE messages ADD CONSTRAINT no_curse CHECK (body <> 'curse')`);
  try {
    const uma = await person('client', 'uma');
    const texts = Array.from({length: 40}, (_, n) => n % 13 === 7 ? 'curse' : `fine ${n}`);
    const sent = await Promise.all(texts.map((text) => say(uma, 'uma', 'client', 'uma', text)));
    await until(async () => (await deadOf('/room/uma/')).length === 3 && (await world.room('uma')).length === 37, 'three dead letters', 20_000);
    const rows = await world.room('uma');
    assert.deepEqual(rows.map((row) => row.body), texts.filter((text) => text !== 'curse'));
    assert.deepEqual(rows.map((row) => row.seq), rows.map((_, n) => n + 1));
    const told = await uma.told(rejects(sent[7].id));
    assert.equal(told.rejected[0].code, 'invalid');
    assert.match(told.rejected[0].detail, /no_curse/);
  } finally {
    await world.sql.query('ALTER TABLE messages DROP CONSTRAINT no_curse');
  }
});

// ---- rooms ----

test('a room that only kiosks wrote to is not listed, until somebody else writes', async () => {
  const [kiosk, vic] = [await person('kiosk', 'door'), await world.client('client', 'vic')];
  const check = await say(kiosk, 'vic', 'kiosk', 'door', 'check-in');
  assert.deepEqual((await kiosk.told((json) => json.stored)).stored, [{id: check.id, room: 'vic', seq: 1}]);
  let room = await world.roomRow('vic');
  assert.deepEqual([room.listed, room.waiting_since], [false, null]);
  await notice(ear, stores((await say(vic, 'vic', 'client', 'vic', 'hola')).id));
  room = await world.roomRow('vic');
  assert.ok(room.listed && room.waiting_since);
});

test('a kiosk is told the first name of whom it let in', async () => {
  const kiosk = await person('kiosk', 'door');
  await world.sql.query(`INSERT INTO participants (gym_id, role, who, name) SELECT id, 'client', 'wil', ' Wilma García ' FROM gyms WHERE key = 'g'`);
  const check = await say(kiosk, 'wil', 'kiosk', 'door', 'check-in');
  assert.deepEqual((await kiosk.told(stores(check.id))).stored, [{id: check.id, room: 'wil', seq: 1, first_name: 'Wilma'}]);
});

test('a kiosk that asks for help in its own room is listed and waits', async () => {
  const kiosk = await person('kiosk', 'gate');
  const help = await say(kiosk, 'kiosk-gate', 'kiosk', 'gate', 'Pedir ayuda');
  await kiosk.told(stores(help.id));
  const room = await world.roomRow('kiosk-gate');
  assert.deepEqual([room.kind, room.listed, room.waiting_since !== null], ['kiosk', true, true]);
});

test('waiting_since is the first message of the client after the last one of the staff', async () => {
  const [xan, marta] = [await world.client('client', 'xan'), await world.client('staff', 'marta')];
  const told = async (client, role, sub, text) => (await notice(ear, stores((await say(client, 'xan', role, sub, text)).id))).stored[0].stored_at;
  const waiting = async () => (await world.roomRow('xan')).waiting_since?.toISOString() ?? null;
  const first = await told(xan, 'client', 'xan', '1');
  await told(xan, 'client', 'xan', '2');
  assert.equal(await waiting(), first);
  await told(marta, 'staff', 'marta', '3');
  assert.equal(await waiting(), null);
  await told(marta, 'staff', 'marta', '4');
  assert.equal(await waiting(), null);
  const next = await told(xan, 'client', 'xan', '5');
  assert.equal(await waiting(), next);
});

test('a closed room opens when its client writes, and the log says so', async () => {
  const [yan, marta] = [await world.client('client', 'yan'), await world.client('staff', 'marta')];
  await notice(ear, stores((await say(yan, 'yan', 'client', 'yan', '1')).id));
  for (const status of ['resolved', 'snoozed']) {
    await world.sql.query(`UPDATE rooms SET status = $1, snoozed_until = now() + interval '1 day', title = 'Yan' WHERE key = 'yan'`, [status]);
    const answer = await notice(ear, stores((await say(marta, 'yan', 'staff', 'marta', 'bye')).id));
    assert.equal(answer.room, undefined);
    assert.equal((await world.roomRow('yan')).status, status);
    const log = await notice(ear, stores((await say(yan, 'yan', 'client', 'yan', 'more')).id));
    assert.deepEqual(log.room, {status: 'open', title: 'Yan'});
    const room = await world.roomRow('yan');
    assert.deepEqual([room.status, room.snoozed_until], ['open', null]);
  }
});

test('the columns for sorting are what the messages say', async () => {
  const wrong = await world.rows(`SELECT r.key FROM rooms r LEFT JOIN LATERAL (
      SELECT count(*) AS n, max(m.seq) AS seq, max(m.stored_at) AS at FROM messages m WHERE m.gym_id = r.gym_id AND m.room_id = r.id) m ON true
    LEFT JOIN LATERAL (SELECT max(m.seq) AS seq FROM messages m WHERE m.gym_id = r.gym_id AND m.room_id = r.id AND m.sender_role = 'staff') staff ON true
    LEFT JOIN LATERAL (SELECT min(m.stored_at) AS at FROM messages m WHERE m.gym_id = r.gym_id AND m.room_id = r.id AND m.seq > coalesce(staff.seq, 0)
      AND (m.sender_role = 'client' OR (m.sender_role = 'kiosk' AND r.key = 'kiosk-' || m.sender))) waiting ON true
    WHERE r.last_seq <> coalesce(m.seq, 0) OR m.n <> r.last_seq OR r.last_message_at IS DISTINCT FROM m.at OR r.waiting_since IS DISTINCT FROM waiting.at`);
  assert.deepEqual(wrong, []);
});

// ---- marks ----

async function receipt(client, room, role, sub, said) {
  await publish(client, topic(room, role, sub, 'receipt'), said);
  return (await notice(ear, (json, on) => on.includes(`/${room}/`) && json.marks)).marks;
}

test('marks move forward, are bounded, echoed, and kept with their time', async () => {
  const [ida, marta] = [await world.client('client', 'ida'), await world.client('staff', 'marta')];
  for (let n = 1; n <= 5; n++)
    await notice(ear, stores((await say(ida, 'ida', 'client', 'ida', `${n}`)).id));
  const at = (second) => `2026-11-22T10:00:${String(second).padStart(2, '0')}.000Z`;
  const say1 = (said) => receipt(marta, 'ida', 'staff', 'marta', said);
  const mark = (delivered, read, when) => [{role: 'staff', who: 'marta', delivered, read, at: when}];
  assert.deepEqual(await say1({delivered: 3, at: at(1)}), mark(3, 0, at(1)));
  assert.deepEqual(await say1({delivered: 3, read: 2, at: at(2)}), mark(3, 2, at(2)));
  assert.deepEqual(await say1({delivered: 1, read: 1, at: at(3)}), mark(3, 2, at(2)), 'never back');
  assert.deepEqual(await say1({read: 5, at: at(4)}), mark(3, 3, at(4)), 'read up to delivered');
  assert.deepEqual(await say1({delivered: 99, read: 99, at: at(5)}), mark(5, 5, at(5)), 'up to last_seq');
  assert.deepEqual(await say1({delivered: 99, read: 99, at: at(6)}), mark(5, 5, at(5)), 'again');
  const advances = await world.rows(`SELECT delivered::int, read::int, at, first_delivered, first_read FROM receipts c JOIN rooms r ON r.id = c.room_id WHERE r.key = 'ida' ORDER BY row_id`);
  assert.deepEqual(advances.map((a) => [a.delivered, a.read, a.at.toISOString(), a.first_delivered, a.first_read]),
    [[3, 0, at(1), true, false], [3, 2, at(2), false, true], [3, 3, at(4), false, true], [5, 5, at(5), true, true]]);
  const readAt = await world.rows(`SELECT message, read_at FROM chat_chatmessage m JOIN rooms r ON r.id = m.room_id WHERE r.key = 'ida' ORDER BY m.id`);
  assert.deepEqual(readAt.map((m) => m.read_at.toISOString()), [at(2), at(2), at(4), at(5), at(5)]);
});

test('two of the desk are one reader towards the client; a future time is cut to the arrival', async () => {
  const [joe, marta, luis] = [await world.client('client', 'joe'), await world.client('staff', 'marta'), await world.client('staff', 'luis')];
  for (let n = 1; n <= 2; n++)
    await notice(ear, stores((await say(joe, 'joe', 'client', 'joe', `${n}`)).id));
  await receipt(marta, 'joe', 'staff', 'marta', {delivered: 2, read: 1});
  const [later] = await receipt(luis, 'joe', 'staff', 'luis', {delivered: 1, read: 1, at: '2099-01-01T00:00:00Z'});
  assert.ok(new Date(later.at) <= new Date());
  await receipt(luis, 'joe', 'staff', 'luis', {delivered: 2, read: 2});
  const first = await world.rows(`SELECT who, first_delivered, first_read FROM receipts c JOIN rooms r ON r.id = c.room_id WHERE r.key = 'joe' ORDER BY row_id`);
  assert.deepEqual(first.map((f) => [f.who, f.first_delivered, f.first_read]), [['marta', true, true], ['luis', false, false], ['luis', false, true]]);
});

test('a receipt for a room that is not there is echoed with 0 and makes none', async () => {
  const marta = await world.client('staff', 'marta');
  const [mark] = await receipt(marta, 'nobody', 'staff', 'marta', {delivered: 7, read: 7});
  assert.deepEqual([mark.delivered, mark.read], [0, 0]);
  assert.equal(await world.roomRow('nobody'), undefined);
  await publish(marta, topic('nobody', 'staff', 'marta', 'receipt'), {delivered: 'x'});
  await until(async () => (await deadOf('/nobody/receipt/')).length === 1, 'the dead letter of a receipt');
});

// ---- notes, presence, the archiver's own state ----

test('notes have their own seq and stay on the desk', async () => {
  const marta = await person('staff', 'marta');
  const ana = await world.client('client', 'nora');
  await subscribe(ana, 'gym/g/room/nora/log');
  await notice(ear, stores((await say(ana, 'nora', 'client', 'nora', 'hola')).id));
  const notes = [message('a note'), message('another')];
  for (const [n, note] of [...notes, notes[0]].entries()) {
    await publish(marta, 'gym/g/desk/nora/note/staff/marta', note);
    const log = await notice(ear, (json) => json.notes?.some((one) => one.id === note.id));
    assert.deepEqual([log.note_last_seq, log.notes[0].seq, log.last_seq], [Math.min(n + 1, 2), n === 2 ? 1 : n + 1, undefined]);
  }
  await publish(marta, 'gym/g/desk/nora/note/staff/marta', {...notes[0], text: 'other'});
  assert.equal((await marta.told(rejects(notes[0].id))).rejected[0].code, 'conflict');
  assert.deepEqual((await notice(ear, (json, on) => on.includes('/desk/') && json.rejected)).rejected[0].code, 'conflict');
  assert.deepEqual((await world.rows('SELECT seq::int, body, sender FROM notes ORDER BY seq')), [{seq: 1, body: 'a note', sender: 'marta'}, {seq: 2, body: 'another', sender: 'marta'}]);
  const room = await world.roomRow('nora');
  assert.deepEqual([room.last_seq, room.note_last_seq], [1, 2]);
  assert.ok(!ana.inbox.messages.some((m) => m.text.includes('note')));
});

test('presence writes last_seen at most once a minute', async () => {
  const pia = await world.client('client', 'pia');
  const seen = () => world.one(`SELECT last_seen FROM participants WHERE who = 'pia'`);
  await publish(pia, 'gym/g/presence/client/pia', {online: true, conn: 'a'}, {qos: 0});
  const first = await until(seen, 'last_seen');
  await publish(pia, 'gym/g/presence/client/pia', {online: true, conn: 'b'}, {qos: 0});
  await publish(pia, 'gym/g/presence/client/pia', {online: false, conn: 'b'}, {qos: 0});
  await notice(ear, stores((await say(pia, 'pia', 'client', 'pia', 'after')).id));
  assert.equal((await seen()).getTime(), first.getTime());
  await publish(pia, 'gym/g/presence/client/pia', '{', {qos: 0});
  await until(async () => (await deadOf('/presence/')).length === 1, 'the dead letter of presence');
});

test('a service of the gym may write', async () => {
  const crm = await world.client('service', 'crm');
  const sent = await say(crm, 'ana', 'service', 'crm', 'your plan ends');
  assert.equal((await notice(ear, stores(sent.id))).stored[0].role, 'service');
});

test('the archiver tells its state', async () => {
  const system = await world.broker.connect({gym: '_system', role: 'service', sub: 'api'});
  await subscribe(system, 'gymchat/state/#');
  const {json} = await system.inbox.take('gymchat/state/archiver/main');
  system.end(true);
  assert.equal(json.ready, true);
  assert.equal(json.lease.held, true);
  assert.equal(json.stored, Number(await world.one('SELECT count(*) FROM messages')));
  assert.equal(json.notes, 2);
  assert.equal(json.dead_letters, Number(await world.one('SELECT count(*) FROM dead_letters')));
  assert.ok(json.deduped + json.redelivered >= 2);
  assert.deepEqual(json.warnings, []);
});

test('it stops in order on SIGTERM', async () => {
  assert.equal(await archiver.stop(), 0);
  const complaints = archiver.log.split('\n').filter((line) => /archiver (error|warn)/.test(line) && !line.includes('no_curse'));
  assert.deepEqual(complaints, []);
});
