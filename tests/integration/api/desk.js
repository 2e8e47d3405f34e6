// What the desk alone has: notes, canned answers, search, the response time, presence.
import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {test} from 'node:test';
import {envelope} from '../../lib/api-world.js';
import {publish, until} from '../../lib/broker.js';
import {ana, call, clientOf, crm, get, marta, room, send, talk, world} from './world.js';

test('notes are kept apart: own seq, no client sees them', async () => {
  const token = await talk('notas', 2);
  const note = envelope('ojo: debe dos meses');
  const post = (body, who = marta) => call('POST', `${room('notas')}/notes`, {token: who, body});
  const first = await post(note);
  assert.deepEqual([first.status, first.json.seq], [201, 1]);
  assert.equal((await post(note)).json.seq, 1);
  assert.equal((await post({...note, text: 'otra'})).json.code, 'conflict');
  assert.equal((await post(envelope('desde el CRM'), crm)).json.seq, 2);
  const {notes, note_last_seq: last} = await get(`${room('notas')}/notes`, marta);
  assert.deepEqual([notes.map((n) => n.text), last], [['ojo: debe dos meses', 'desde el CRM'], 2]);
  assert.equal(notes[0].name, 'Marta Ruiz');
  assert.deepEqual((await get(`${room('notas')}/notes?after=1`, marta)).notes.length, 1);
  assert.deepEqual((await get(`${room('notas')}/notes?before=2&limit=1`, marta)).notes.map((n) => n.seq), [1]);
  assert.equal((await call('GET', `${room('notas')}/notes?after=3`, {token: marta})).json.code, 'cursor_ahead');
  assert.equal((await call('GET', `${room('notas')}/notes?after=x`, {token: marta})).json.code, 'cursor_invalid');
  assert.equal((await call('GET', `${room('notas')}/notes`, {token})).json.code, 'forbidden');
  const page = await get(`${room('notas')}/messages`, token);
  assert.deepEqual(page.messages.map((m) => m.seq), [1, 2]);
  const {headers} = await call('GET', `${room('notas')}/notes`, {token: marta});
  assert.equal((await call('GET', `${room('notas')}/notes`, {token: marta, headers: {'if-none-match': headers.get('etag')}})).status, 304);
});

test('canned answers are one list, replaced as a whole', async () => {
  const path = '/v1/gyms/g/canned';
  assert.deepEqual((await get(path, marta)).canned, []);
  const canned = [{key: 'horario', title: 'Horario', text: 'Abrimos de 7 a 22'}, {key: 'hola', text: '¡Hola!'}];
  const put = await call('PUT', path, {token: marta, body: {canned}});
  assert.deepEqual([put.status, put.json.canned, put.json.updated_by], [200, canned, 'marta']);
  const {headers, json} = await call('GET', path, {token: crm});
  assert.deepEqual(json, put.json);
  assert.equal((await call('GET', path, {token: marta, headers: {'if-none-match': headers.get('etag')}})).status, 304);
  for (const bad of [{}, {canned: {}}, {canned: [{}]}, {canned: [{key: 'x'}]}, {canned: [{key: 'x y', text: 'z'}]}, {canned: [{key: 'x', text: ''}]},
    {canned: ['x']}, {canned: [{key: 'x', text: 'y', more: 1}]}, {canned, extra: 1}, {canned: Array(201).fill(canned[1])}])
    assert.equal((await call('PUT', path, {token: marta, body: bad})).json.code, 'invalid', JSON.stringify(bad).slice(0, 80));
});

test('search folds case and accents, knows endings, and completes the last word', async () => {
  const texts = ['¿Puedo RESERVAR plaza en la clase de Yoga?', 'Las reservas de pilates están llenas', 'El sábado cierra la piscina', 'Cancelación de la cuota'];
  const token = clientOf('buscada', {name: 'Bea'});
  await get('/v1/me', token);
  for (const text of texts)
    await send('buscada', token, envelope(text));
  const find = async (q, more = '') => (await get(`/v1/gyms/g/search?q=${encodeURIComponent(q)}${more}`, marta)).results;
  await until(async () => (await find('cancelacion')).length === 1, 'the words to be digested');
  const textsOf = async (q) => (await find(q)).map((r) => r.message.text);
  assert.deepEqual(await textsOf('reserva'), [texts[1], texts[0]], 'newest first');
  assert.deepEqual(await textsOf('RESERV'), [texts[1], texts[0]]);
  assert.deepEqual(await textsOf('clase yog'), [texts[0]]);
  assert.deepEqual(await textsOf('sabado'), [texts[2]]);
  assert.deepEqual(await textsOf('yoga pilates'), []);
  const [one] = await find('pisci');
  assert.deepEqual([one.room, one.message.name], ['buscada', 'Bea']);
  assert.ok(!('delivered_at' in one.message) && !('read_at' in one.message), 'not null, as if nobody had read it');
  assert.deepEqual(one.snippet.find((part) => part.match).text, 'piscina');
  assert.equal(one.snippet.map((part) => part.text).join(''), texts[2]);
  const page = await get('/v1/gyms/g/search?q=reserv&limit=1', marta);
  assert.equal(page.results.length, 1);
  const next = await get(`/v1/gyms/g/search?q=reserv&limit=1&cursor=${page.next}`, marta);
  assert.deepEqual([next.results[0].message.text, next.next], [texts[0], null]);
  for (const query of ['', '?q=', '?q=%20%3F', `?q=${'x'.repeat(201)}`, '?q=%ff%fe', '?q=x&limit=51'])
    assert.equal((await call('GET', `/v1/gyms/g/search${query}`, {token: marta})).json.code, 'invalid', query);
  for (const cursor of ['x', page.next.slice(1), `${page.next}A`])
    assert.equal((await call('GET', `/v1/gyms/g/search?q=x&cursor=${cursor}`, {token: marta})).json.code, 'cursor_invalid');
  const other = world.broker.token({gym: 'otro', role: 'staff', sub: 'x'});
  assert.deepEqual((await get('/v1/gyms/otro/search?q=reserva', other)).results, []);
});

test('what takes too long is told, and nothing quick waits behind it', async () => {
  const holder = spawn('psql', ['-Xq', '-d', world.postgres.url(), '-c', 'BEGIN; LOCK participants, message_words; SELECT pg_sleep(60)']);
  await until(() => world.postgres.psql(
    "SELECT count(*) FROM pg_locks WHERE relation = 'message_words'::regclass AND mode = 'AccessExclusiveLock' AND granted") === '1', 'the lock');
  const slow = ['/v1/gyms/g/search?q=hola', '/v1/gyms/g/rooms?q=maria', '/v1/gyms/g/search?q=adios'].map((path) => call('GET', path, {token: marta}));
  assert.equal((await call('GET', '/v1/gyms/g/canned', {token: marta})).status, 200);
  for (const {status, json} of await Promise.all(slow))
    assert.deepEqual([status, json.code], [422, 'too_broad']);
  world.postgres.psql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'BEGIN; LOCK participants%'");
  await new Promise((gone) => holder.once('exit', gone));
  assert.equal((await call('GET', '/v1/gyms/g/rooms?q=maria', {token: marta})).status, 200);
});

test('the response time counts first answers of the desk within opening hours', async () => {
  const gym = {name: 'Gimnasio', time_zone: 'Europe/Madrid', locale: 'es', settings: {accent: '#123456'},
    hours: {mon: [['09:00', '14:00'], ['16:00', '21:00']], tue: [['09:00', '14:00']]}};
  const service = world.broker.token({gym: 'tiempos', role: 'service', sub: 'crm'});
  const made = await call('PUT', '/v1/gyms/tiempos', {token: service, body: gym});
  assert.deepEqual([made.status, made.json], [201, {key: 'tiempos', ...gym}]);
  const changed = await call('PUT', '/v1/gyms/tiempos', {token: service, body: {name: 'Otro'}});
  assert.deepEqual([changed.status, changed.json], [200, {key: 'tiempos', ...gym, name: 'Otro'}]);
  for (const bad of [{time_zone: 'Mars/Olympus'}, {locale: 'fr'}, {hours: {lun: []}}, {hours: {mon: [['9', '10']]}}, {hours: {mon: [['10:00', '09:00']]}},
    {hours: {mon: [['09:00', '12:00'], ['11:00', '13:00']]}}, {hours: []}, {settings: 5}, {nombre: 'x'}, {settings: {x: 'y'.repeat(33000)}}])
    assert.equal((await call('PUT', '/v1/gyms/tiempos', {token: service, body: bad})).json.code, 'invalid', JSON.stringify(bad).slice(0, 60));

  // Asked and answered, Madrid time, of the Monday and Tuesday of last week: seconds within the hours beside each.
  const times = [
    ['mon 09:00', 'mon 09:05', 300], ['mon 13:55', 'mon 16:05', 600], ['mon 20:50', 'tue 09:10', 1200],
    ['mon 03:00', 'mon 09:01', 60], ['mon 10:00', 'mon 11:00', 3600], ['tue 13:00', 'tue 13:30', 1800],
  ];
  const rows = times.map(([asked, answered], i) => {
    const at = (text) => `(date_trunc('week', now() AT TIME ZONE 'Europe/Madrid')::date - 7 + ${text.startsWith('tue') ? 1 : 0} + time '${text.slice(4)}') AT TIME ZONE 'Europe/Madrid'`;
    return `(${i + 1}, 1, 'client', ${at(asked)}), (${i + 1}, 2, 'staff', ${at(answered)})`;
  });
  // A thread that the desk opened, one that nobody answered, one that a service answered: none of them counts.
  rows.push(`(7, 1, 'staff', now() - interval '3 h'), (7, 2, 'client', now() - interval '2 h'), (7, 3, 'staff', now() - interval '1 h')`,
    `(8, 1, 'client', now() - interval '3 h')`, `(9, 1, 'client', now() - interval '3 h'), (9, 2, 'service', now() - interval '2 h')`);
  world.postgres.psql(`INSERT INTO rooms (gym_id, key) SELECT id, 'r' || n FROM gyms, generate_series(1, 9) n WHERE gyms.key = 'tiempos';
    INSERT INTO messages (gym_id, room_id, seq, sent_at, stored_at, id, sender_role, sender, body)
    SELECT r.gym_id, r.id, v.seq, v.at, v.at, gen_random_uuid(), v.role, 'x', 'hola'
    FROM (VALUES ${rows.join(', ')}) v (n, seq, role, at) JOIN gyms g ON g.key = 'tiempos' JOIN rooms r ON r.gym_id = g.id AND r.key = 'r' || v.n
    ORDER BY v.at, v.n, v.seq`);
  const staff = world.broker.token({gym: 'tiempos', role: 'staff', sub: 's'});
  const asked = () => get('/v1/gyms/tiempos/stats/response-time?days=60', staff);
  await until(async () => (await asked()).response_time?.n === times.length, 'the answers to be digested');
  const sorted = times.map(([, , s]) => s).sort((a, b) => a - b);
  const percentile = (p) => {
    const at = p * (sorted.length - 1), low = Math.floor(at);
    return Math.round(sorted[low] + (at - low) * ((sorted[low + 1] ?? sorted[low]) - sorted[low]));
  };
  assert.deepEqual(await asked(), {response_time: {median_s: percentile(0.5), p90_s: percentile(0.9), n: 6}, days: 60});
  assert.deepEqual((await get('/v1/me', staff)).gym.name, 'Otro');
  const other = world.broker.token({gym: 'sin-datos', role: 'client', sub: 'c'});
  assert.equal((await get('/v1/gyms/sin-datos/stats/response-time', other)).response_time, null, 'under five samples');
  assert.equal((await call('GET', '/v1/gyms/g/stats/response-time?days=0', {token: ana})).json.code, 'invalid');
});

test('presence is a snapshot: staff for clients, all for the desk', async () => {
  for (const [role, sub] of [['client', 'ana'], ['staff', 'marta']]) {
    const client = await world.broker.connect({role, sub});
    await publish(client, `gym/g/presence/${role}/${sub}`, {online: true, conn: 'c1'}, {qos: 0});
    await until(async () => (await get('/v1/gyms/g/presence', marta)).people.some((p) => p.who === sub && p.online), `${sub} to be online`);
    client.end(true);
  }
  const forClient = (await get('/v1/gyms/g/presence', ana)).people;
  assert.deepEqual([...new Set(forClient.map((p) => p.role))], ['staff']);
  assert.equal(forClient[0].name, 'Marta Ruiz');
  world.postgres.psql(`UPDATE participants SET last_seen = now() - interval '151 s'`);
  assert.ok((await get('/v1/gyms/g/presence', marta)).people.every((p) => !p.online));
});
