-- The archive in the shape of the CRM's own Django models, read-only and unmanaged (db_table set):
-- docs/embedding.md "The archive from Django".

-- migrate:up
CREATE VIEW chat_chatroom AS
SELECT r.id, r.key::text AS client_id, g.key::text AS gym_id, r.created_at, r.last_message_at
FROM rooms r JOIN gyms g ON g.id = r.gym_id;

-- read_at: the first mark of the other side; NULL for what kiosks and services wrote (on neither side) and while unread.
CREATE VIEW chat_chatmessage AS
SELECT m.row_id AS id, m.room_id, m.sender_role AS sender_type, m.sender AS sender_id, m.body AS message,
  m.stored_at AS created_at,
  (SELECT f.at FROM receipts f
   WHERE f.gym_id = m.gym_id AND f.room_id = m.room_id AND f.first_read AND f.read >= m.seq
     AND f.role = CASE m.sender_role WHEN 'client' THEN 'staff' WHEN 'staff' THEN 'client' END
   ORDER BY f.read LIMIT 1) AS read_at
FROM messages m;

-- migrate:down
DROP VIEW chat_chatmessage, chat_chatroom;
