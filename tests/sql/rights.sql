-- What the two programs may do to the database, by the catalogue and by trying: the archiver cannot drop, delete or
-- rewrite what was said; the API cannot write history at all.
BEGIN;
SELECT no_plan();

SELECT is_empty($$
  SELECT rolname FROM pg_roles WHERE rolname IN ('gymchat_archiver', 'gymchat_api')
    AND (rolcanlogin OR rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls)
$$, 'neither role logs in itself or has a power beyond its grants');
SELECT is_empty($$
  SELECT oid::regclass FROM pg_class WHERE pg_get_userbyid(relowner) IN ('gymchat_archiver', 'gymchat_api')
$$, 'neither owns a table, so neither can alter or drop one');
SELECT is_empty($$
  SELECT r, privilege FROM unnest(ARRAY['gymchat_archiver', 'gymchat_api']) r, unnest(ARRAY['CREATE']) privilege
  WHERE has_schema_privilege(r, 'public', privilege)
$$, 'neither makes tables');
SELECT is_empty($$
  SELECT grantee, table_name, privilege_type FROM information_schema.role_table_grants
  WHERE table_schema = 'public' AND grantee IN ('gymchat_archiver', 'gymchat_api', 'PUBLIC')
    AND (privilege_type NOT IN ('SELECT', 'INSERT', 'UPDATE') OR grantee = 'PUBLIC' OR is_grantable = 'YES')
    AND NOT (table_name IN (SELECT c.relname FROM pg_class c JOIN pg_depend d ON d.objid = c.oid AND d.deptype = 'e'))
$$, 'neither deletes, truncates or grants on, whatever the table; PUBLIC has nothing');

SELECT table_privs_are(name, 'gymchat_archiver', ARRAY['SELECT', 'INSERT'])
FROM unnest(ARRAY['messages', 'notes', 'receipts', 'dead_letters', 'gyms']) AS name;
SELECT table_privs_are(name, 'gymchat_archiver', ARRAY['SELECT', 'INSERT', 'UPDATE'])
FROM unnest(ARRAY['rooms', 'marks', 'participants']) AS name;
SELECT table_privs_are('archiver_lease', 'gymchat_archiver', ARRAY['SELECT', 'UPDATE']);
SELECT table_privs_are(name, 'gymchat_api', ARRAY['SELECT'])
FROM unnest(ARRAY['messages', 'notes', 'marks', 'receipts', 'archiver_lease', 'schema_migrations']) AS name;
SELECT table_privs_are('schema_migrations', 'gymchat_archiver', ARRAY['SELECT']);
SELECT is_empty($$
  SELECT column_name, privilege_type FROM information_schema.role_column_grants
  WHERE grantee = 'gymchat_api' AND table_schema = 'public'
    AND table_name IN ('messages', 'receipts', 'marks', 'dead_letters') AND privilege_type <> 'SELECT'
$$, 'no column right lets the API write history either');
SELECT column_privs_are('dead_letters', 'payload', 'gymchat_api', ARRAY[]::text[]);

-- By trying, as each of them.
INSERT INTO gyms (key) VALUES ('demo');
INSERT INTO rooms (gym_id, key) SELECT id, 'ana' FROM gyms WHERE key = 'demo';
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO gymchat_archiver, gymchat_api; -- pgTAP's own
GRANT ALL ON ALL TABLES IN SCHEMA pg_temp TO gymchat_archiver, gymchat_api;
GRANT ALL ON ALL SEQUENCES IN SCHEMA pg_temp TO gymchat_archiver, gymchat_api;

SET LOCAL ROLE gymchat_archiver;
SELECT lives_ok($$
  INSERT INTO messages (gym_id, room_id, seq, id, sent_at, sender_role, sender, body)
  SELECT gym_id, id, 1, gen_random_uuid(), now(), 'client', 'ana', 'hola' FROM rooms
$$, 'the archiver stores');
SELECT lives_ok($$UPDATE rooms SET last_seq = 1$$, 'the archiver moves a room on');
SELECT lives_ok($$INSERT INTO dead_letters (topic, payload, reason) VALUES ('t', '\x00ff', 'invalid')$$,
  'the archiver keeps dead letters');
SELECT lives_ok($$SELECT archiver_fence(0)$$, 'the archiver asks the fence');
SELECT throws_ok(statement, '42501', NULL, 'the archiver cannot: ' || statement)
FROM unnest(ARRAY['DELETE FROM messages', 'UPDATE messages SET body = ''''', 'TRUNCATE messages', 'DROP TABLE messages',
  'ALTER TABLE messages ADD x int', 'UPDATE receipts SET at = now()', 'DELETE FROM receipts', 'DELETE FROM rooms',
  'UPDATE notes SET body = ''''', 'DELETE FROM dead_letters', 'DELETE FROM archiver_lease', 'UPDATE gyms SET name = ''x''',
  'INSERT INTO schema_migrations VALUES (''9'')', 'CREATE TABLE t (a int)', 'DROP TABLE rooms CASCADE']) AS statement;

SET LOCAL ROLE gymchat_api;
SELECT results_eq($$SELECT count(*) FROM messages$$, ARRAY[1::bigint], 'the API reads history');
SELECT lives_ok($$UPDATE rooms SET status = 'resolved', assignee = 'marta', labels = '{x}'$$, 'the API keeps what the desk sets');
SELECT lives_ok($$INSERT INTO rooms (gym_id, key, title) SELECT id, 'luis', 'Luis' FROM gyms$$, 'the API creates rooms');
SELECT lives_ok($$SELECT reason FROM dead_letters$$, 'the API sees that there are dead letters');
SELECT throws_ok($$INSERT INTO revocations (gym, jti, expires_at) SELECT 'g', 'j', now() FROM generate_series(1, 2)$$, '23505', NULL,
  'a token is revoked once');
SELECT throws_ok(statement, '42501', NULL, 'the API cannot: ' || statement)
FROM unnest(ARRAY['INSERT INTO messages DEFAULT VALUES', 'UPDATE messages SET body = ''''', 'DELETE FROM messages',
  'TRUNCATE messages', 'DROP TABLE messages', 'INSERT INTO receipts DEFAULT VALUES', 'UPDATE receipts SET at = now()',
  'DELETE FROM receipts', 'INSERT INTO marks DEFAULT VALUES', 'UPDATE marks SET read = 0', 'DELETE FROM marks',
  'UPDATE rooms SET last_seq = 0', 'UPDATE rooms SET key = ''x''', 'DELETE FROM rooms', 'SELECT payload FROM dead_letters',
  'DELETE FROM dead_letters', 'INSERT INTO dead_letters DEFAULT VALUES', 'UPDATE archiver_lease SET epoch = 9',
  'DELETE FROM gyms', 'UPDATE revocations SET jti = ''x''', 'DELETE FROM revocations', 'CREATE TABLE t (a int)']) AS statement;
RESET ROLE;

SELECT * FROM finish();
ROLLBACK;
