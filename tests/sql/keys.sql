-- Keys and checks of schema/0001_core.sql: the gym leads every key, and nothing that breaks a promise can be written.
BEGIN;
SELECT no_plan();

SELECT col_is_pk('gyms', 'id');
SELECT col_is_unique('gyms', 'key');
SELECT col_is_pk('rooms', ARRAY['gym_id', 'id']);
SELECT col_is_unique('rooms', ARRAY['gym_id', 'key']);
SELECT col_is_pk('messages', ARRAY['gym_id', 'room_id', 'seq']);
SELECT col_is_unique('messages', ARRAY['gym_id', 'room_id', 'id']);
SELECT col_is_pk('notes', ARRAY['gym_id', 'room_id', 'seq']);
SELECT col_is_unique('notes', ARRAY['gym_id', 'room_id', 'id']);
SELECT col_is_pk('marks', ARRAY['gym_id', 'room_id', 'role', 'who']);
SELECT col_is_pk('receipts', 'row_id');
SELECT col_is_pk('participants', ARRAY['gym_id', 'role', 'who']);
SELECT col_is_pk('dead_letters', 'id');
SELECT col_is_pk('schema_migrations', 'version');
SELECT is_empty($$
  SELECT conrelid::regclass, conname FROM pg_constraint
  WHERE contype IN ('p', 'u') AND connamespace = 'public'::regnamespace
    AND conrelid::regclass::text IN ('rooms', 'messages', 'notes', 'marks', 'participants')
    AND conkey[1] <> (SELECT attnum FROM pg_attribute WHERE attrelid = conrelid AND attname = 'gym_id')
$$, 'the gym leads every key of what belongs to a gym');
SELECT col_type_is('messages', 'id', 'uuid');
SELECT col_type_is('messages', 'extra', 'text');
SELECT col_type_is('dead_letters', 'payload', 'bytea');
SELECT columns_are('dead_letters', ARRAY['id', 'topic', 'payload', 'reason', 'detail', 'received_at']);

-- Keys.
PREPARE gym(text) AS INSERT INTO gyms (key) VALUES ($1);
SELECT lives_ok($$EXECUTE gym('demo')$$, 'a plain key');
SELECT lives_ok(format('EXECUTE gym(%L)', repeat('x', 64)), 'a key of 64');
SELECT throws_ok(format('EXECUTE gym(%L)', bad), '23514', NULL, 'no key: ' || to_json(bad))
FROM unnest(ARRAY['', 'a.b', 'a/b', 'a+b', 'a#b', 'a:b', '$a', 'a b', 'ñ', E'a\n', repeat('x', 65)]) AS bad;
SELECT throws_ok($$EXECUTE gym('demo')$$, '23505', NULL, 'one gym a key');

INSERT INTO rooms (gym_id, key) SELECT id, 'ana' FROM gyms WHERE key = 'demo';
SELECT throws_ok($$INSERT INTO rooms (gym_id, key) SELECT id, 'ana' FROM gyms WHERE key = 'demo'$$, '23505', NULL,
  'one room a key and gym');
SELECT lives_ok(format('INSERT INTO rooms (gym_id, key) SELECT id, ''ana'' FROM gyms WHERE key = %L', repeat('x', 64)),
  'the same room key in another gym');
SELECT throws_ok($$INSERT INTO rooms (gym_id, key) VALUES (-1, 'ana')$$, '23503', NULL, 'no room without its gym');
SELECT throws_ok(format('UPDATE rooms SET %s', change), '23514', NULL, change)
FROM unnest(ARRAY['status = ''closed''', 'kind = ''group''', 'last_seq = -1', 'note_last_seq = -1', 'assignee = ''a b''',
  'title = repeat(''x'', 201)']) AS change;
SELECT row_eq($$SELECT status, kind, listed, last_seq FROM rooms LIMIT 1$$,
  ROW('open'::text, 'support'::text, false, 0::bigint), 'a new room is open, unlisted and empty');

-- Messages.
PREPARE message(bigint, uuid, text) AS
  INSERT INTO messages (gym_id, room_id, seq, id, sent_at, sender_role, sender, body)
  SELECT gym_id, id, $1, $2, now(), $3, 'ana', 'hola' FROM rooms WHERE key = 'ana' ORDER BY gym_id LIMIT 1;
SELECT lives_ok($$EXECUTE message(1, '00000000-0000-4000-8000-000000000001', 'client')$$, 'a message');
SELECT throws_ok($$EXECUTE message(1, '00000000-0000-4000-8000-000000000002', 'client')$$, '23505', NULL,
  'one message a seq');
SELECT throws_ok($$EXECUTE message(2, '00000000-0000-4000-8000-000000000001', 'client')$$, '23505', NULL,
  'one message an id and room, for ever');
SELECT throws_ok($$EXECUTE message(0, '00000000-0000-4000-8000-000000000003', 'client')$$, '23514', NULL,
  'seq starts at 1');
SELECT throws_ok($$EXECUTE message(2, '00000000-0000-4000-8000-000000000003', 'owner')$$, '23514', NULL,
  'no role beyond the four');

-- Marks and receipts.
PREPARE mark(text, bigint, bigint) AS
  INSERT INTO marks (gym_id, room_id, role, who, delivered, read) VALUES (1, 1, $1, 'x', $2, $3);
SELECT lives_ok($$EXECUTE mark('staff', 2, 1)$$, 'a mark');
SELECT throws_ok($$EXECUTE mark('client', 1, 2)$$, '23514', NULL, 'nothing is read that was not delivered');
SELECT throws_ok($$EXECUTE mark('client', 1, -1)$$, '23514', NULL, 'no mark below 0');
SELECT throws_ok($$EXECUTE mark('kiosk', 1, 1)$$, '23514', NULL, 'kiosks set no marks');
SELECT throws_ok($$
  INSERT INTO receipts (gym_id, room_id, role, who, delivered, read, at) VALUES (1, 1, 'staff', 'x', 1, 2, now())
$$, '23514', NULL, 'nor does a receipt say so');

SELECT * FROM finish();
ROLLBACK;
