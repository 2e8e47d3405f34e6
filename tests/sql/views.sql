-- The pair of views that the CRM's Django models read (schema/0002_crm_views.sql): columns, types, and read_at.
BEGIN;
SELECT no_plan();

SELECT views_are('public', ARRAY['chat_chatroom', 'chat_chatmessage'] ||
  ARRAY(SELECT c.relname::text FROM pg_class c JOIN pg_depend d ON d.objid = c.oid AND d.deptype = 'e' WHERE c.relkind = 'v'));
SELECT columns_are('chat_chatroom', ARRAY['id', 'client_id', 'gym_id', 'created_at', 'last_message_at']);
SELECT columns_are('chat_chatmessage',
  ARRAY['id', 'room_id', 'sender_type', 'sender_id', 'message', 'created_at', 'read_at']);
SELECT col_type_is('chat_chatroom', 'id', 'bigint');
SELECT col_type_is('chat_chatroom', name, 'text') FROM unnest(ARRAY['client_id', 'gym_id']) AS name;
SELECT col_type_is('chat_chatmessage', name, 'bigint') FROM unnest(ARRAY['id', 'room_id']) AS name;
SELECT col_type_is('chat_chatmessage', name, 'text') FROM unnest(ARRAY['sender_type', 'sender_id', 'message']) AS name;
SELECT col_type_is('chat_chatmessage', name, 'timestamp with time zone') FROM unnest(ARRAY['created_at', 'read_at']) AS name;

INSERT INTO gyms (id, key) VALUES (7, 'demo');
INSERT INTO rooms (gym_id, id, key, last_seq) VALUES (7, 70, 'ana', 5);
INSERT INTO messages (gym_id, room_id, seq, row_id, id, sent_at, stored_at, sender_role, sender, body)
SELECT 7, 70, n, 700 + n, gen_random_uuid(), now(), timestamptz '2026-03-01 10:00Z' + n * interval '1 min', role, who, 'm' || n
FROM (VALUES (1, 'client', 'ana'), (2, 'staff', 'marta'), (3, 'kiosk', 'entrada'), (4, 'client', 'ana'), (5, 'service', 'crm'))
  AS said (n, role, who);
-- Marta reads up to 1, then Leo up to 5 (the first of the desk for 4); Ana reads up to 3. Leo's repeat moves nothing.
INSERT INTO receipts (gym_id, room_id, role, who, delivered, read, at, first_delivered, first_read) VALUES
  (7, 70, 'staff', 'marta', 1, 1, '2026-03-01 11:01Z', true, true),
  (7, 70, 'staff', 'leo', 5, 5, '2026-03-01 11:05Z', true, true),
  (7, 70, 'staff', 'marta', 5, 4, '2026-03-01 11:09Z', false, false),
  (7, 70, 'client', 'ana', 5, 3, '2026-03-01 11:03Z', true, true);

SELECT results_eq($$SELECT id, client_id, gym_id FROM chat_chatroom$$, $$VALUES (70::bigint, 'ana', 'demo')$$,
  'ids of client and gym are the text keys');
SELECT results_eq($$
  SELECT id, room_id, sender_type, sender_id, message, to_char(created_at AT TIME ZONE 'UTC', 'HH24:MI'),
    to_char(read_at AT TIME ZONE 'UTC', 'HH24:MI')
  FROM chat_chatmessage ORDER BY id
$$, $$VALUES
  (701::bigint, 70::bigint, 'client', 'ana', 'm1', '10:01', '11:01'),
  (702, 70, 'staff', 'marta', 'm2', '10:02', '11:03'),
  (703, 70, 'kiosk', 'entrada', 'm3', '10:03', NULL),
  (704, 70, 'client', 'ana', 'm4', '10:04', '11:05'),
  (705, 70, 'service', 'crm', 'm5', '10:05', NULL)
$$, 'read_at is the first mark of the other side; kiosks and services are on neither side');

SELECT * FROM finish();
ROLLBACK;
