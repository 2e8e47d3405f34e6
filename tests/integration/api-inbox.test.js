// The inbox: order, filters and cursors over more rooms than a page, against what a plain program makes of the same rows;
// and what it costs with ten thousand rooms.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {ApiWorld, envelope} from '../lib/api-world.js';
import {until} from '../lib/broker.js';
import {caller} from '../lib/openapi.js';

const ROOMS = 300, BIG = 10_000;
let world, call, marta, all;

/** Rooms of all kinds: waiting or not, assigned or not, of every status, some with equal times, some without a message. */
function fill() {
  world.postgres.psql(`
    INSERT INTO gyms (key) VALUES ('g'), ('big');
    INSERT INTO rooms (gym_id, key, title, listed, status, assignee, last_seq, last_message_at, waiting_since, created_at, snoozed_until)
    SELECT g.id, 'r' || n, CASE WHEN n % 10 = 0 THEN 'Título ' || n END, n % 50 <> 0,
      CASE n % 9 WHEN 7 THEN 'resolved' WHEN 8 THEN 'snoozed' ELSE 'open' END,
      CASE n % 4 WHEN 0 THEN 'marta' WHEN 1 THEN 'luis' END, CASE WHEN n % 7 = 0 THEN 0 ELSE 2 END,
      CASE WHEN n % 7 <> 0 THEN timestamptz '2026-11-01' + n / 3 * interval '47 min' END,
      CASE WHEN n % 7 <> 0 AND n % 3 = 0 THEN timestamptz '2026-11-20' - n / 4 * interval '13 min' END,
      timestamptz '2026-10-01' + n * interval '1 h', CASE WHEN n % 9 = 8 THEN now() + interval '1 day' END
    FROM gyms g, generate_series(1, ${ROOMS}) n WHERE g.key = 'g';
    INSERT INTO messages (gym_id, room_id, seq, sent_at, stored_at, id, sender_role, sender, body)
    SELECT r.gym_id, r.id, s, r.last_message_at, r.last_message_at, gen_random_uuid(), CASE s WHEN 1 THEN 'client' ELSE 'kiosk' END, r.key, 'hola ' || s
    FROM rooms r, generate_series(1, 2) s WHERE r.last_seq = 2;
    INSERT INTO marks (gym_id, room_id, role, who, delivered, read)
    SELECT gym_id, id, 'staff', 'luis', 2, 1 FROM rooms WHERE last_seq = 2 AND id % 2 = 0;
    INSERT INTO participants (gym_id, role, who, name)
    SELECT gym_id, 'client', key, CASE WHEN id % 100 = 1 THEN 'María Ñandú 100%' ELSE 'Cliente ' || key END FROM rooms;
    INSERT INTO rooms (gym_id, key, listed, last_message_at, waiting_since)
    SELECT g.id, 'b' || n, true, now() - n * interval '1 min', CASE WHEN n % 3 = 0 THEN now() - n * interval '17 s' END
    FROM gyms g, generate_series(1, ${BIG}) n WHERE g.key = 'big';
    ANALYZE;`);
  return world.postgres.psql(`SELECT r.key, r.title, r.status, coalesce(r.assignee, ''), extract(epoch FROM r.waiting_since),
      extract(epoch FROM coalesce(r.last_message_at, r.created_at)), r.id, p.name, r.listed
      FROM rooms r JOIN gyms g ON g.id = r.gym_id JOIN participants p ON p.gym_id = r.gym_id AND p.who = r.key WHERE g.key = 'g'`)
    .split('\n').map((line) => line.split('|')).filter((row) => row[8] === 't')
    .map(([key, title, status, assignee, waiting, active, id, name]) =>
      ({key, title, status, assignee, waiting: waiting && Number(waiting), active: Number(active), id: Number(id), name}));
}

const latest = (a, b) => b.active - a.active || b.id - a.id;
function waiting(a, b) {
  if (a.waiting && b.waiting)
    return a.waiting - b.waiting || a.id - b.id;
  return a.waiting ? -1 : b.waiting ? 1 : latest(a, b);
}

before(async () => {
  world = await ApiWorld.start({hasArchiver: false});
  call = world.call;
  marta = world.token('staff', 'marta');
  all = fill();
});

after(() => world?.stop());

const get = async (query, token = marta, gym = 'g') => {
  const answer = await call('GET', `/v1/gyms/${gym}/rooms${query}`, {token});
  assert.equal(answer.status, 200, answer.text);
  return answer;
};

/** All pages from the first one on. */
async function walk(query, limit) {
  const keys = [], pages = [];
  for (let cursor = ''; cursor !== null;) {
    const {json} = await get(`?limit=${limit}${query}${cursor && `&cursor=${cursor}`}`);
    pages.push(json);
    keys.push(...json.rooms.map((r) => r.room));
    cursor = json.next;
  }
  return {keys, pages};
}

const views = [
  ['', (r) => r.status === 'open', waiting],
  ['&order=waiting&assignee=@none', (r) => r.status === 'open' && !r.assignee, waiting],
  ['&assignee=@me', (r) => r.status === 'open' && r.assignee === 'marta', waiting],
  ['&assignee=luis&order=latest', (r) => r.status === 'open' && r.assignee === 'luis', latest],
  ['&order=latest', (r) => r.status === 'open', latest],
  ['&status=resolved', (r) => r.status === 'resolved', latest],
  ['&status=snoozed&assignee=@none', (r) => r.status === 'snoozed' && !r.assignee, latest],
  ['&status=all', () => true, latest],
  ['&status=all&q=maria%20nandu', (r) => r.name.startsWith('María'), latest],
  ['&q=TITULO', (r) => r.status === 'open' && r.title, latest],
  ['&status=all&q=100%25', (r) => r.name.includes('100%'), latest],
  ['&q=r7_', () => false, latest],
];

for (const [query, filter, order] of views) {
  test(`pages of "${query || 'open'}" are the whole list, in order, forwards and back`, async () => {
    const expected = all.filter(filter).sort(order).map((r) => r.key);
    for (const limit of [7, 200]) {
      const {keys, pages} = await walk(query, limit);
      assert.deepEqual(keys, expected);
      assert.equal(pages[0].prev, null);
      let back = pages.at(-1).rooms.map((r) => r.room);
      for (let cursor = pages.at(-1).prev; cursor !== null;) {
        const {json} = await get(`?limit=${limit}${query}&cursor=${cursor}`);
        back = [...json.rooms.map((r) => r.room), ...back];
        cursor = json.prev;
      }
      assert.deepEqual(back, expected, 'backwards');
    }
  });
}

/** Keys of a gym's pages from the first on, and back again from the last. */
async function thereAndBack(gym, query) {
  const token = world.broker.token({gym, role: 'staff', sub: 'x'});
  const page = async (cursor) => (await get(`${query}${cursor ? `&cursor=${cursor}` : ''}`, token, gym)).json;
  const keys = [];
  let last;
  for (let cursor = ''; cursor !== null; cursor = last.next) {
    last = await page(cursor);
    keys.push(...last.rooms.map((r) => r.room));
  }
  let back = last.rooms.map((r) => r.room);
  while (last.prev !== null) {
    last = await page(last.prev);
    back = [...last.rooms.map((r) => r.room), ...back];
  }
  assert.deepEqual(back, keys, 'backwards');
  return keys;
}

test('a text is found in ten thousand rooms, also where the latest have it not', async () => {
  const having = (fits) => Array.from({length: BIG}, (_, i) => i + 1).filter(fits).map((n) => `b${n}`);
  assert.deepEqual(await thereAndBack('big', '?limit=50&q=b99'), having((n) => `${n}`.startsWith('99')));
  assert.deepEqual(await thereAndBack('big', '?limit=50&q=777'), having((n) => `${n}`.includes('777')));
  assert.deepEqual(await thereAndBack('big', '?limit=50&q=b9999'), ['b9999']);
  assert.deepEqual(await thereAndBack('big', '?limit=50&q=maria&status=all'), []);
});

test('one or two characters must begin a word', async () => {
  const {keys} = await walk('&status=all&q=ma', 200);
  assert.deepEqual(keys, all.filter((r) => r.name.startsWith('María')).sort(latest).map((r) => r.key));
  assert.deepEqual((await walk('&status=all&q=ar', 200)).keys, []);
});

test('the link leads to the next page, with the filters', async () => {
  const {headers, json} = await get('?limit=5&status=all&q=cliente%20r&assignee=@none');
  const [, path] = headers.get('link').match(/^<(.*)>; rel="next"$/);
  const next = await call('GET', path, {token: marta});
  assert.deepEqual(next.json, (await get(`?limit=5&status=all&q=cliente%20r&assignee=@none&cursor=${json.next}`)).json);
  assert.notDeepEqual(next.json.rooms, json.rooms);
  assert.equal((await get('?limit=200&status=resolved')).headers.get('link'), null);
});

test('cursors of another order, or that somebody made up, are refused', async () => {
  const {next} = (await get('?limit=5')).json;
  const code = async (query) => (await call('GET', `/v1/gyms/g/rooms${query}`, {token: marta})).json.code;
  assert.equal(await code(`?order=latest&cursor=${next}`), 'cursor_invalid');
  for (const cursor of ['', 'x', next.slice(0, -1), `${next}A`, next.replace(/.$/, '*'), 'A'.repeat(35)])
    assert.equal(await code(`?cursor=${cursor}`), 'cursor_invalid', cursor);
  for (const query of ['?status=closed', '?order=x', '?order=waiting&status=all', '?order=waiting&q=x', '?limit=0', '?limit=201', '?assignee=a.b',
    '?assignee=', '?counts=2', '?wait=26', `?q=${'x'.repeat(101)}`, '?q=%ff'])
    assert.equal(await code(query), 'invalid', query);
});

test('each room tells who waits since when, what is unread and what came last', async () => {
  const {rooms} = (await get('?limit=200&status=all')).json;
  for (const r of rooms) {
    const row = all.find((one) => one.key === r.room);
    assert.deepEqual([r.title ?? '', r.status, r.assignee ?? ''], [row.title, row.status, row.assignee]);
    assert.equal(r.waiting_since && Date.parse(r.waiting_since) / 1000, row.waiting || null);
    assert.equal(r.unread, r.last_seq === 0 ? 0 : row.id % 2 ? 2 : 1);
    assert.equal(r.last_message?.text ?? null, r.last_seq === 0 ? null : 'hola 2');
    assert.deepEqual(r.people[0], {role: 'client', who: r.room, name: row.name});
  }
});

test('counts are those of the open rooms', async () => {
  const {counts} = (await get('?counts=1&limit=1')).json;
  const open = all.filter((r) => r.status === 'open');
  const unread = Number(world.postgres.psql(`SELECT count(*) FROM rooms r JOIN gyms g ON g.id = r.gym_id
    WHERE g.key = 'g' AND listed AND status = 'open' AND last_seq > 0`));
  assert.deepEqual(counts, {mine: open.filter((r) => r.assignee === 'marta').length, unassigned: open.filter((r) => !r.assignee).length,
    all: open.length, waiting: open.filter((r) => r.waiting).length, unread});
});

test('unread stops counting at 1000', async () => {
  world.postgres.psql(`INSERT INTO messages (gym_id, room_id, seq, sent_at, id, sender_role, sender, body)
    SELECT gym_id, id, s, now(), gen_random_uuid(), 'kiosk', 'k', 'x' FROM rooms, generate_series(3, 1500) s WHERE key = 'r1';
    UPDATE rooms SET last_seq = 1500, last_message_at = now() WHERE key = 'r1'`);
  const r1 = (await get('?order=latest&limit=1')).json.rooms[0];
  assert.deepEqual([r1.room, r1.unread], ['r1', 1000]);
});

test('a client gets its own rooms, without what is the desk\'s', async () => {
  const token = world.token('client', 'r1', {rooms: ['r1', 'r2', 'nobody']});
  const {json} = await get('?status=resolved&limit=1&counts=1', token);
  assert.deepEqual(json.rooms.map((r) => r.room).sort(), ['r1', 'r2']);
  assert.ok(json.rooms.every((r) => !('assignee' in r) && !('waiting_since' in r)));
  assert.deepEqual([json.next, json.prev, json.counts], [null, null, undefined]);
});

/** A new API. What its predecessor's sessions have read is counted when they end: up to 10 s after, if they do not. */
async function renewApi() {
  await world.api.stop();
  await until(() => world.postgres.psql(`SELECT count(*) FROM pg_stat_activity WHERE usename = 'gymchat_api_login'`) === '0', 'the end of its sessions');
  world.api = await world.moreApi();
  call = caller(world.api.url);
  await world.databaseIsUp(world.api);
}

test('a page costs the same however many rooms there are', async () => {
  await renewApi();
  const token = world.broker.token({gym: 'big', role: 'staff', sub: 'x'});
  const views = [['', 'waiting'], ['&order=latest', 'open'], ['&status=all', 'latest']];
  for (const [query, index] of views) {
    const counted = () => world.postgres.psql(`SELECT idx_scan || ' ' || idx_tup_read FROM pg_stat_user_indexes WHERE indexrelname = 'rooms_${index}'`)
      .split(' ').map(Number);
    const [scansBefore, readsBefore] = counted();
    let asked = 0;
    const [scans, reads] = await until(async () => { // the server counts with a delay
      const {json} = await get(`?limit=50${query}`, token, 'big');
      assert.equal(json.rooms.length, 50);
      asked++;
      const now = counted();
      return now[0] > scansBefore && now;
    }, `a scan of rooms_${index}`);
    assert.ok((reads - readsBefore) / (scans - scansBefore) < 500, `rooms_${index}: ${reads - readsBefore} entries in ${scans - scansBefore} scans, ${asked} asked`);
  }
});

test('the derived columns of a room are what its messages say', async () => {
  const archived = await ApiWorld.start();
  try {
    const [client, staff] = [archived.token('client', 'c1'), archived.token('staff', 's1')];
    for (const token of [client, client, staff, client, staff, staff, client])
      assert.equal((await archived.call('POST', '/v1/gyms/g/rooms/c1/messages', {token, body: envelope('x')})).status, 201);
    const derived = archived.postgres.psql(`SELECT last_seq, last_message_at, waiting_since FROM rooms WHERE key = 'c1'`);
    const recomputed = archived.postgres.psql(`SELECT max(seq), max(stored_at), min(stored_at) FILTER (WHERE sender_role = 'client' AND seq >
      (SELECT max(seq) FROM messages WHERE sender_role = 'staff')) FROM messages`);
    assert.equal(derived, recomputed);
    const {rooms} = (await archived.call('GET', '/v1/gyms/g/rooms', {token: staff})).json;
    assert.deepEqual([rooms[0].unread, rooms[0].last_message.seq], [4, 7]);
  } finally {
    await archived.stop();
  }
});
