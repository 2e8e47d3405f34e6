-- Forgets one client of a gym: what was said in the client's own room, by whomever, and what the client said elsewhere,
-- is blanked; the name, last-seen times and marks go. As the archive's owner, all or nothing:
--   psql "$GYMCHAT_DATABASE_URL" -1 -v gym=demo -v client=ana -f contrib/sql/forget.sql
-- Rows stay, with seq, id, times and the keys of who wrote: seq has no gaps and an id is stored once, for ever. The keys
-- are the CRM's; whom they meant is for the CRM to forget. Revoke the client's tokens first (docs/operating.md).
\set ON_ERROR_STOP on
-- Ends here, with an error, where there is no such gym.
SELECT 1 / count(*) AS gym_is_there FROM gyms WHERE key = :'gym' \gset

CREATE TEMPORARY TABLE forgotten ON COMMIT DROP AS
SELECT m.gym_id, m.room_id, m.seq, m.row_id
FROM gyms g JOIN rooms r ON r.gym_id = g.id JOIN messages m ON m.gym_id = g.id AND m.room_id = r.id
WHERE g.key = :'gym' AND (r.key = :'client' OR (m.sender_role = 'client' AND m.sender = :'client'));

UPDATE messages m SET body = '…', attachments = NULL, extra = NULL
FROM forgotten f WHERE (m.gym_id, m.room_id, m.seq) = (f.gym_id, f.room_id, f.seq);
DELETE FROM message_words w USING forgotten f WHERE (w.gym_id, w.row_id) = (f.gym_id, f.row_id);

CREATE TEMPORARY TABLE own_room ON COMMIT DROP AS
SELECT r.gym_id, r.id FROM gyms g JOIN rooms r ON r.gym_id = g.id WHERE g.key = :'gym' AND r.key = :'client';

UPDATE notes n SET body = '…', attachments = NULL, extra = NULL FROM own_room r WHERE (n.gym_id, n.room_id) = (r.gym_id, r.id);
UPDATE rooms o SET title = NULL, labels = '{}' FROM own_room r WHERE (o.gym_id, o.id) = (r.gym_id, r.id);
DELETE FROM audit a USING own_room r WHERE (a.gym_id, a.room_id) = (r.gym_id, r.id);
DELETE FROM threads t USING own_room r WHERE (t.gym_id, t.room_id) = (r.gym_id, r.id);
DELETE FROM first_answers a USING own_room r WHERE (a.gym_id, a.room_id) = (r.gym_id, r.id);
DELETE FROM marks m USING gyms g WHERE m.gym_id = g.id AND g.key = :'gym' AND m.role = 'client' AND m.who = :'client';
DELETE FROM receipts m USING gyms g WHERE m.gym_id = g.id AND g.key = :'gym' AND m.role = 'client' AND m.who = :'client';
DELETE FROM participants p USING gyms g WHERE p.gym_id = g.id AND g.key = :'gym' AND p.role = 'client' AND p.who = :'client';
-- By the parts of gym/GYM/room/ROOM/msg/ROLE/SENDER and its like.
DELETE FROM dead_letters
WHERE split_part(topic, '/', 2) = :'gym' AND (split_part(topic, '/', 4) = :'client' OR topic LIKE '%/client/' || replace(:'client', '_', '\_'));

SELECT count(*) || ' messages are blanked' FROM forgotten;
