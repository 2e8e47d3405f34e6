-- contrib/sql: forgetting one client, and blanking what is old, without a gap in any room.
BEGIN;
SELECT plan(13);

INSERT INTO gyms (id, key) VALUES (7, 'demo'), (8, 'other');
INSERT INTO rooms (gym_id, id, key, last_seq, note_last_seq, title, labels) VALUES
  (7, 70, 'ana', 3, 1, 'Ana', '{rodilla}'), (7, 71, 'luis', 2, 0, 'Luis', '{}'), (8, 80, 'ana', 1, 0, 'Ana', '{}');
INSERT INTO messages (gym_id, room_id, seq, row_id, id, sent_at, stored_at, sender_role, sender, body, extra)
SELECT gym, room, seq, room * 10 + seq, gen_random_uuid(), now(), now() - days * interval '1 day', role, who, 'secreto ' || who, '"peso":80'
FROM (VALUES (7, 70, 1, 900, 'client', 'ana'), (7, 70, 2, 1, 'staff', 'marta'), (7, 70, 3, 1, 'kiosk', 'entrada'),
  (7, 71, 1, 900, 'client', 'luis'), (7, 71, 2, 1, 'client', 'ana'), (8, 80, 1, 1, 'client', 'ana'))
  AS said (gym, room, seq, days, role, who);
INSERT INTO message_words (row_id, gym_id, room_id, seq, words)
SELECT row_id, gym_id, room_id, seq, message_words_of(gym_id, stored_at, body) FROM messages;
INSERT INTO notes (gym_id, room_id, seq, id, sender, body, sent_at) VALUES (7, 70, 1, gen_random_uuid(), 'marta', 'nota', now());
INSERT INTO marks (gym_id, room_id, role, who, delivered, read) VALUES (7, 70, 'client', 'ana', 3, 3), (7, 70, 'staff', 'marta', 3, 3);
INSERT INTO receipts (gym_id, room_id, role, who, delivered, read, at) VALUES (7, 70, 'client', 'ana', 3, 3, now());
INSERT INTO participants (gym_id, role, who, name) VALUES (7, 'client', 'ana', 'Ana García'), (8, 'client', 'ana', 'Ana Otra');
INSERT INTO audit (gym_id, room_id, role, who, change) VALUES (7, 70, 'staff', 'marta', '{"title": [null, "Ana"]}');
INSERT INTO dead_letters (topic, payload, reason) VALUES ('gym/demo/room/ana/msg/kiosk/entrada', 'x', 'invalid'),
  ('gym/demo/room/luis/msg/client/ana', 'x', 'invalid'), ('gym/demo/room/luis/msg/client/luis', 'x', 'invalid'),
  ('gym/other/room/ana/msg/client/ana', 'x', 'invalid');

\set gym demo
\set client ana
\o /dev/null
\i contrib/sql/forget.sql
\o
SELECT results_eq($$SELECT room_id, seq, body FROM messages ORDER BY room_id, seq$$, $$VALUES (70::bigint, 1::bigint, '…'), (70, 2, '…'),
  (70, 3, '…'), (71, 1, 'secreto luis'), (71, 2, '…'), (80, 1, 'secreto ana')$$, 'words go, rows and seq stay, others keep theirs');
SELECT is((SELECT count(*) FROM messages WHERE extra IS NOT NULL), 2::bigint, 'unknown fields go with the words');
SELECT results_eq($$SELECT room_id, seq FROM message_words ORDER BY 1, 2$$, $$VALUES (71::bigint, 1::bigint), (80, 1)$$,
  'and are found no more');
SELECT results_eq('SELECT seq, body FROM notes', $$VALUES (1::bigint, '…')$$, 'so do notes');
SELECT results_eq('SELECT id, last_seq, title FROM rooms ORDER BY id',
  $$VALUES (70::bigint, 3::bigint, NULL), (71, 2, 'Luis'), (80, 1, 'Ana')$$, 'the title goes, last_seq stays');
SELECT results_eq('SELECT role, who FROM marks', $$VALUES ('staff', 'marta')$$, 'the desk keeps its marks');
SELECT is_empty('SELECT 1 FROM receipts', 'receipts of the client go');
SELECT results_eq('SELECT gym_id, name FROM participants', $$VALUES (8::bigint, 'Ana Otra')$$, 'the name goes, in this gym');
SELECT is_empty('SELECT 1 FROM audit', 'changes of the room go');
SELECT results_eq('SELECT topic FROM dead_letters ORDER BY topic',
  $$VALUES ('gym/demo/room/luis/msg/client/luis'), ('gym/other/room/ana/msg/client/ana')$$, 'so do letters of the room and of the client');
\set days 365
DROP TABLE forgotten, own_room;
\o /dev/null
\i contrib/sql/retain.sql
\o
SELECT results_eq($$SELECT room_id, seq FROM messages WHERE body <> '…'$$, $$VALUES (80::bigint, 1::bigint)$$, 'what is older is blanked');
SELECT is((SELECT string_agg(room_id || '.' || seq, ',') FROM message_words WHERE words @@ to_tsquery('gymchat_stems', 'secreto')), '80.1', 'and found no more');
SELECT is((SELECT max(last_seq) FROM rooms WHERE id = 71), 2::bigint, 'last_seq stays');

SELECT * FROM finish();
ROLLBACK;
