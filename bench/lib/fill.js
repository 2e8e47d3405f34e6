// fill.js - a database as a gym leaves it behind: rooms, messages in the order in which they came, marks, receipts, names,
// and the words of the search. Made by SQL within the server, some 60,000 messages a second.
// Rooms are "1" to N in the gym "bench"; the client of a room has its key; clients and staff take turns.

const SEED = 7;
const BODIES = 20_000;
const COMMON = ('hola gracias clase spinning yoga pilates reserva reservar cambiar hora mañana tarde lunes martes miércoles jueves viernes sábado '
  + 'domingo horario abierto cerrado piscina sauna taquilla cuota recibo pago tarjeta banco baja alta congelar lesión rodilla espalda entrenador '
  + 'entrenamiento rutina peso máquina sala monitor sesión plaza lista espera confirmar cancelar anular factura toalla ducha vestuario agua niños '
  + 'ludoteca parking bicicleta nutrición dieta cita reunión verano navidad festivo puente oferta promoción invitación amigo familia descuento matrícula').split(' ');
const SYLLABLES = 'ba ca da fe ga li mo no pe ra si ta vo zu que lle ña cho tri pla'.split(' ');

/** The same numbers in every run. */
function generator(seed) {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor(state / 2 ** 32 * below);
  };
}

/** Words as people use them: few very often, most rarely. */
function makeBodies() {
  const random = generator(SEED);
  const words = [...COMMON];
  while (words.length < 5000)
    words.push(Array.from({length: 2 + random(3)}, () => SYLLABLES[random(SYLLABLES.length)]).join(''));
  const word = () => words[Math.floor(words.length ** (random(1e6) / 1e6)) - 1];
  const bodies = new Set();
  while (bodies.size < BODIES) {
    let body = word();
    while (body.length < 60 + random(90))
      body += ` ${word()}`;
    bodies.add(`${body}.`);
  }
  return [...bodies];
}

const ROOMS = `INSERT INTO rooms (gym_id, key, listed, last_seq, last_message_at, waiting_since, status, assignee, created_at)
  SELECT $1, i::text, true, $3::bigint / $2, now() - i * interval '7 s',
    CASE WHEN i % 10 = 0 THEN now() - i * interval '11 s' END, CASE WHEN i % 5 = 4 THEN 'resolved' ELSE 'open' END,
    CASE WHEN i % 3 = 0 THEN 's' || i % 20 END, now() - interval '1 year'
  FROM generate_series(1, $2::bigint) AS i`;
const PEOPLE = `INSERT INTO participants (gym_id, role, who, name)
  SELECT $1::bigint, 'client', i::text, 'Clienta Número ' || i FROM generate_series(1, $2::bigint) AS i
  UNION ALL SELECT $1, 'staff', 's' || i, 'Recepción ' || i FROM generate_series(0, 19) AS i`;
const MESSAGES = `INSERT INTO messages (gym_id, room_id, seq, id, sender_role, sender, body, sent_at, stored_at)
  SELECT $1, 1 + i % $2, 1 + i / $2, gen_random_uuid(), CASE i / $2 % 2 WHEN 0 THEN 'client' ELSE 'staff' END,
    CASE i / $2 % 2 WHEN 0 THEN (1 + i % $2)::text ELSE 's' || i % 20 END, b.body, at, at
  FROM generate_series($4::bigint, $5::bigint - 1) AS i
  JOIN bench_bodies b ON b.n = i * 7919 % ${BODIES}, LATERAL (SELECT now() - ($3 - i) * (interval '1 year' / $3::bigint) AS at) t`;
const RECEIPTS = `INSERT INTO receipts (gym_id, room_id, role, who, delivered, read, at, first_delivered, first_read)
  SELECT $1, r, side.role, CASE side.role WHEN 'client' THEN r::text ELSE 's' || r % 20 END, seq, seq,
    now() - interval '1 hour', true, true
  FROM generate_series(1, $3::bigint / $2, 4) AS seq, generate_series(1, $2::bigint) AS r, (VALUES ('client'), ('staff')) side (role)`;
const MARKS = `INSERT INTO marks (gym_id, room_id, role, who, delivered, read, delivered_at, read_at)
  SELECT $1, r, side.role, CASE side.role WHEN 'client' THEN r::text ELSE 's' || r % 20 END,
    $3::bigint / $2, $3 / $2 - r % 5, now(), now()
  FROM generate_series(1, $2::bigint) AS r, (VALUES ('client'), ('staff')) side (role)`;
const WORDS = `INSERT INTO message_words (row_id, gym_id, room_id, seq, words)
  SELECT m.row_id, m.gym_id, m.room_id, m.seq,
    array_to_tsvector(ARRAY['gym ' || m.gym_id, 'month ' || to_char(m.stored_at AT TIME ZONE 'UTC', 'YYYYMM')]) || b.words
  FROM messages m JOIN bench_bodies b ON b.body = m.body ORDER BY m.row_id`;

const PORTION = 1_000_000;

/** What the API's digest does (message_words_of of schema/0004), with the words of each body made once. */
async function fillWords(sql) {
  const {rows: [{definition}]} = await sql.query("SELECT pg_get_indexdef('message_words_words'::regclass) AS definition");
  await sql.query('DROP INDEX message_words_words');
  await sql.query(WORDS);
  await sql.query("SET maintenance_work_mem = '1GB'");
  await sql.query(definition);
}

/** sql: a connection of the owner, to a fresh database. hasWords: ready to be searched too, else the digest is told that
 *  there is nothing to do. */
export async function fill(sql, {rooms, messages, hasWords = false}) {
  const {rows: [{id: gym}]} = await sql.query("INSERT INTO gyms (key, name) VALUES ('bench', 'Gimnasio') RETURNING id");
  await sql.query('SET synchronous_commit = off');
  await sql.query('CREATE UNLOGGED TABLE bench_bodies (n int PRIMARY KEY, body text, words tsvector)');
  await sql.query(`INSERT INTO bench_bodies SELECT n - 1, body, strip(to_tsvector('gymchat_stems', body)) || strip(to_tsvector('gymchat_words', body))
    FROM unnest($1::text[]) WITH ORDINALITY AS b (body, n)`, [makeBodies()]);
  await sql.query(ROOMS, [gym, rooms, messages]);
  await sql.query(PEOPLE, [gym, rooms]);
  for (let from = 0; from < messages; from += PORTION)
    await sql.query(MESSAGES, [gym, rooms, messages, from, Math.min(from + PORTION, messages)]);
  await sql.query(RECEIPTS, [gym, rooms, messages]);
  await sql.query(MARKS, [gym, rooms, messages]);
  if (hasWords)
    await fillWords(sql);
  await sql.query('UPDATE digest_state SET row_id = (SELECT max(row_id) FROM messages)');
  await sql.query('DROP TABLE bench_bodies');
  await sql.query('CHECKPOINT');	// before the other: what is not on disk yet cannot be marked as seen by all
  await sql.query('VACUUM ANALYZE');
  await sql.query('CHECKPOINT');
}
