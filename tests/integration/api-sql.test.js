// Every statement of the API on a fresh schema, with the rights of the API's own role; and the plans that its speed hangs
// on, over tables large enough for the planner to have a choice.
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {join} from 'node:path';
import {after, before, test} from 'node:test';
import {BUILD} from '../lib/broker.js';
import {startPostgres} from '../lib/postgres.js';

const MESSAGES = 200_000, ROOMS = 2_000, GYMS = 4;
const LAST = '9223372036854775807';
let postgres, statements;

function readStatements() {
  const parts = execFileSync(join(BUILD, 'tests/api_sql_driver'), {encoding: 'utf8'}).split('\0');
  const all = [];
  for (let i = 0; i + 2 < parts.length; i += 3)
    all.push({name: parts[i], nparams: Number(parts[i + 1]), text: parts[i + 2]});
  return all;
}

/** A statement as the API prepares it: one plan for all values. */
function prepare(name) {
  return `SET plan_cache_mode = force_generic_plan; PREPARE ${name} AS ${statements.find((s) => s.name === name).text}`;
}

/** Runs SQL as the API does: its role, its session settings. */
function asApi(sql) {
  return execFileSync('psql', ['-XAtq', '-v', 'ON_ERROR_STOP=1', '-d', postgres.url('gymchat_api_login')],
    {input: `SET TimeZone = 'UTC'; SET jit = off; SET client_min_messages = warning; ${sql}`, encoding: 'utf8', maxBuffer: 1 << 26}).trimEnd();
}

before(async () => {
  postgres = await startPostgres({settings: {autovacuum: 'off'}}); // statistics are those of this test's own ANALYZE
  statements = readStatements();
});

after(() => postgres?.remove());

test('each statement can be prepared, with as many parameters as it says', () => {
  assert.ok(statements.length > 30);
  for (const {name, nparams, text} of statements) {
    const found = asApi(`PREPARE ${name} AS ${text}; SELECT cardinality(parameter_types) FROM pg_prepared_statements`);
    assert.equal(Number(found), nparams, name);
  }
  assert.equal(new Set(statements.map((s) => s.name)).size, statements.length);
});

test('each statement runs with nothing there, within the rights of the API', () => {
  const values = {
    history_before: "'g', 'r', 5, 50", history_after: "'g', 'r', 5, 50", rooms_own: "'g', 'client', 'c', '{c}'", counts: "'g', 's'",
    room_one: "'g', 'staff', 's', 'r'", room_create: "'g2', 'r', 'support', NULL, '[]'",
    room_patch: "'g2', 'r', 'staff', 's', 'resolved', NULL, true, 's', '{a}', true, 't'", rooms_look: "'{g}', '{r}'", rooms_unsnooze: '',
    message_find: "'g', 'r', '6f1c2b60-58a2-4d6e-9d0a-3f4f5a6b7c8d'", note_find: "'g', 'r', '6f1c2b60-58a2-4d6e-9d0a-3f4f5a6b7c8d'",
    mark_find: "'g', 'r', 'staff', 's'", notes_before: "'g', 'r', 5, 50", notes_after: "'g', 'r', 5, 50", me: "'g3', 'staff', 's', 'S'",
    gym_put: "'g4', 'n', NULL, NULL, NULL, NULL", canned_get: "'g'", canned_put: "'g5', '[]', 's'", presence: "'g', 'staff'",
    revoke: "'g', NULL, 'client', 'c', 60, NULL, 20000", revocations: '', search: "'g', 'a b', 'c', NULL, 9, 20", digest: '100', response_time: "'g', 30",
  };
  for (const {name, nparams, text} of statements) {
    const inbox = name.startsWith('inbox_');
    const given = inbox ? {7: "'g','staff','s',5,5,51,NULL", 8: "'g','staff','s',5,5,51,NULL,'{open}'",
      9: name.includes('text') ? "'g','staff','s',5,5,51,NULL,'{open}','x'" : "'g','staff','s',5,5,5,5,51,NULL"}[nparams] : values[name];
    assert.notEqual(given, undefined, `${name} has no values in this test`);
    asApi(`BEGIN; PREPARE ${name} AS ${text}; EXECUTE ${name}${given && `(${given})`}; ROLLBACK`);
  }
});

test('the API cannot touch what was said', () => {
  for (const sql of ['DELETE FROM messages', 'UPDATE messages SET body = \'x\'', 'INSERT INTO messages DEFAULT VALUES', 'UPDATE receipts SET read = 0',
    'UPDATE rooms SET last_seq = 5', 'DELETE FROM rooms', 'TRUNCATE audit', 'DELETE FROM audit', 'DELETE FROM revocations', 'SELECT payload FROM dead_letters',
    'UPDATE marks SET read = 0', 'DROP TABLE canned', 'UPDATE archiver_lease SET epoch = 0'])
    assert.throws(() => asApi(sql), /permission denied|must be owner/, sql);
});

test('the digest takes every message once, in its order, over gaps too', () => {
  postgres.psql(`INSERT INTO gyms (key) SELECT 'g' || n FROM generate_series(1, ${GYMS}) n;
    INSERT INTO rooms (gym_id, key, listed, last_seq) SELECT g.id, 'r' || n, true, ${MESSAGES / ROOMS}
      FROM generate_series(1, ${ROOMS}) n JOIN gyms g ON g.key = 'g' || 1 + n % ${GYMS};
    INSERT INTO messages (gym_id, room_id, seq, sent_at, stored_at, id, sender_role, sender, body)
    SELECT r.gym_id, r.id, s, t, t, gen_random_uuid(), CASE WHEN s % 2 = 1 THEN 'client' ELSE 'staff' END, 'x',
      'mensaje sobre ' || (ARRAY['horario', 'reservas', 'piscina', 'cuota', 'yoga'])[1 + (s * 7 + r.id) % 5] || CASE WHEN r.key = 'r77' AND s = 50 THEN ' rarísimo' ELSE '' END
    FROM rooms r, generate_series(1, ${MESSAGES / ROOMS}) s, LATERAL (SELECT timestamptz '2026-10-01' + s * interval '9 h' + r.id * interval '1 s' AS t) at
    ORDER BY s, r.id;
    SELECT setval('messages_row_id_seq', ${MESSAGES + 5000});
    INSERT INTO messages (gym_id, room_id, seq, sent_at, id, sender_role, sender, body)
    SELECT gym_id, id, 1000, now(), gen_random_uuid(), 'client', 'x', 'tras el hueco' FROM rooms WHERE key = 'r4'`);
  const portions = Number(asApi(`SELECT count(*) FROM (SELECT digest(20000) FROM generate_series(1, 30)) d`));
  assert.equal(portions, 30);
  assert.equal(postgres.psql('SELECT count(*), count(DISTINCT row_id) FROM message_words'), `${MESSAGES + 1}|${MESSAGES + 1}`);
  assert.equal(asApi('SELECT digest(500)'), '0');
  // Nine hours apart: the whole room is one thread, that its client opened and the second message answered.
  assert.equal(postgres.psql('SELECT count(*), min(answered_at - asked_at), max(answered_at - asked_at) FROM first_answers'), `${ROOMS}|09:00:00|09:00:00`);
});

test('a thread ends after a day without a word', () => {
  postgres.psql(`INSERT INTO gyms (key) VALUES ('hilos'); INSERT INTO rooms (gym_id, key) SELECT id, 'h' FROM gyms WHERE key = 'hilos'`);
  const say = (hours) => postgres.psql(`INSERT INTO messages (gym_id, room_id, seq, sent_at, stored_at, id, sender_role, sender, body)
    SELECT r.gym_id, r.id, v.seq, now(), timestamptz '2026-11-01' + v.h * interval '1 h', gen_random_uuid(), v.role, 'x', 'y'
    FROM (VALUES ${hours.map(([seq, role, h]) => `(${seq}, '${role}', ${h})`)}) v (seq, role, h), rooms r WHERE r.key = 'h' ORDER BY v.seq`);
  const answers = () => postgres.psql(`SELECT extract(hour FROM asked_at - timestamptz '2026-11-01') + 24 * extract(day FROM asked_at - timestamptz '2026-11-01'),
    extract(epoch FROM answered_at - asked_at) / 3600 FROM first_answers a JOIN gyms g ON g.id = a.gym_id WHERE g.key = 'hilos' ORDER BY asked_at`)
    .split('\n').filter(Boolean).map((line) => line.split('|').map(Number));
  // Asked, asked again, answered: one answer, from the first question on. In portions that cut the thread in the middle.
  say([[1, 'client', 0], [2, 'client', 1]]);
  asApi('SELECT digest(1000)');
  assert.deepEqual(answers(), []);
  say([[3, 'staff', 3], [4, 'client', 4], [5, 'staff', 5]]);
  asApi('SELECT digest(1000)');
  assert.deepEqual(answers(), [[0, 3]]);
  // A pause of a day begins a new one; one that staff opens never counts; nor do kiosks and services.
  say([[6, 'client', 30], [7, 'staff', 31], [8, 'staff', 60], [9, 'client', 61], [10, 'staff', 62], [11, 'kiosk', 90], [12, 'client', 91], [13, 'service', 92], [14, 'staff', 93]]);
  asApi('SELECT digest(3)');
  asApi('SELECT digest(1000)');
  assert.deepEqual(answers(), [[0, 3], [30, 1], [91, 2]]);
});

test('open_seconds counts what lies within the hours', () => {
  const hours = JSON.stringify({mon: [['09:00', '14:00'], ['16:00', '24:00']], tue: [['00:00', '02:00']], sun: [['00:00', '24:00']]});
  const seconds = (from, to, zone = 'Europe/Madrid', h = hours) => Number(postgres.psql(`SELECT open_seconds('${h}', '${zone}', '${from}', '${to}')`));
  // 2026-11-23 is a Monday; Madrid is UTC+1 in November.
  assert.equal(seconds('2026-11-23 09:00+01', '2026-11-23 09:10+01'), 600);
  assert.equal(seconds('2026-11-23 13:50+01', '2026-11-23 16:10+01'), 1200);
  assert.equal(seconds('2026-11-23 23:30+01', '2026-11-24 00:30+01'), 3600);
  assert.equal(seconds('2026-11-24 03:00+01', '2026-11-28 12:00+01'), 0);
  assert.equal(seconds('2026-11-23 09:00+01', '2026-11-30 09:00+01'), 13 * 3600 + 2 * 3600 + 24 * 3600);
  assert.equal(seconds('2026-11-23 14:00+00', '2026-11-23 15:30+00', 'America/Lima'), 1.5 * 3600);
  // The night the clocks go back has an hour more.
  assert.equal(seconds('2026-10-25 00:00+02', '2026-10-26 00:00+01'), 25 * 3600);
  assert.equal(seconds('2026-11-24 03:00+01', '2026-11-24 04:00+01', 'Europe/Madrid', '{}'), 3600);
});

test('search finds by its indexes, and history and inbox by theirs', () => {
  postgres.psql(`INSERT INTO receipts (gym_id, room_id, delivered, read, at, role, who, first_delivered, first_read)
    SELECT gym_id, id, s, s, now(), CASE WHEN s % 2 = 0 THEN 'staff' ELSE 'client' END, 'x', true, true FROM rooms, generate_series(1, 40) s;
    INSERT INTO marks (gym_id, room_id, role, who) SELECT gym_id, id, role, 'x' FROM rooms, (VALUES ('client'), ('staff')) v (role);
    INSERT INTO participants (gym_id, role, who, name) SELECT gym_id, 'client', key, 'Clienta ' || key FROM rooms`);
  // Of every row, not of a sample: the same tables, the same plans.
  postgres.psql('VACUUM');
  postgres.psql('SET default_statistics_target = 1000; ANALYZE');
  const INBOX = "'g2', 'staff', 's', 253402300800000000, 0, 51, NULL, '{open}', 'r77'";
  const words = [["''", "'yoga'"], ["'horario'", "'mens'"], ["''", "'rarisimo'"], ["''", "'nada'"]];
  const months = ['NULL', "'''month 202611'' | ''month 202610'''"];
  const cases = [
    ['history_before', `'g2', 'r77', ${LAST}, 50`, ['messages_pkey']],
    ['history_after', "'g2', 'r77', 5, 50", ['messages_pkey']],
    ['inbox_waiting', "'g2', 'staff', 's', 0, 0, 253402300800000000, 0, 51, NULL", ['rooms_waiting']],
    ['inbox_text', INBOX, ['rooms_latest', 'rooms_text', 'participants_text']],
    ['inbox_text_back', INBOX, ['rooms_latest', 'rooms_text', 'participants_text']],
    ...words.flatMap((pair) => months.map((month) => ['search', `'g2', ${pair}, ${month}, ${LAST}, 21`, ['message_words_pkey', 'message_words_words']])),
  ];
  for (const [name, values, indexes] of cases) {
    const json = asApi(`${prepare(name)}; EXPLAIN (FORMAT JSON) EXECUTE ${name}(${values})`);
    for (const index of indexes)
      assert.match(json, new RegExp(`"Index Name": "${index}"`), `${name} ${values}`);
    assert.doesNotMatch(json, /"Node Type": "Seq Scan"[^}]*"Relation Name": "(messages|message_words|receipts|marks|participants)"/, `${name} ${values}`);
  }
});

test('search gives the newest, from near and far, page by page', () => {
  const search = (word, below, n) => asApi(`${prepare('search')}; EXECUTE search('g2', '', '${word}', NULL, ${below}, ${n})`)
    .split('\n').filter(Boolean).map((line) => Number(line.split('|')[0]));
  const expected = (word) => postgres.psql(`SELECT m.row_id FROM messages m JOIN gyms g ON g.id = m.gym_id WHERE g.key = 'g2' AND m.body LIKE '%${word}%'
    ORDER BY m.row_id DESC`).split('\n').map(Number);
  // Of the newest 4,000 of the gym every fifth has the word: 21 are near, of 2,000 most are far.
  for (const [word, n] of [['yoga', 21], ['piscina', 2000]])
    assert.deepEqual(search(word, LAST, n), expected(word).slice(0, n), word);
  const found = [];
  while (found.length < 3000)
    found.push(...search('cuota', found.at(-1) ?? LAST, 750));
  assert.deepEqual(found, expected('cuota').slice(0, 3000));
  assert.equal(search('rarisimo', LAST, 5).length, 1);
});
