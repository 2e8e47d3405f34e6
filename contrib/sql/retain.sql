-- Blanks what is older than so many days, in every gym, as forget.sql does for one client: rows stay, words go. As the
-- archive's owner, from a timer:
--   psql "$GYMCHAT_DATABASE_URL" -1 -v days=730 -f contrib/sql/retain.sql
-- Dead letters and changes of rooms (audit) of that age are deleted.
\set ON_ERROR_STOP on
SELECT now() - :days * interval '1 day' AS since \gset

CREATE TEMPORARY TABLE expired ON COMMIT DROP AS
SELECT gym_id, room_id, seq, row_id FROM messages
WHERE stored_at < :'since' AND (body <> '…' OR attachments IS NOT NULL OR extra IS NOT NULL);

UPDATE messages m SET body = '…', attachments = NULL, extra = NULL
FROM expired e WHERE (m.gym_id, m.room_id, m.seq) = (e.gym_id, e.room_id, e.seq);
DELETE FROM message_words w USING expired e WHERE (w.gym_id, w.row_id) = (e.gym_id, e.row_id);
UPDATE notes SET body = '…', attachments = NULL, extra = NULL WHERE stored_at < :'since' AND body <> '…';
DELETE FROM dead_letters WHERE received_at < :'since';
DELETE FROM audit WHERE at < :'since';
DELETE FROM revocations WHERE expires_at < now();

SELECT count(*) || ' messages are blanked' FROM expired;
