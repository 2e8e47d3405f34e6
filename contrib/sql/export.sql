-- Everything that is kept of one client of a gym, as one JSON document. As the archive's owner:
--   psql "$GYMCHAT_DATABASE_URL" -XAtq -v gym=demo -v client=ana -f contrib/sql/export.sql > ana.json
\set ON_ERROR_STOP on
WITH gym AS (
  SELECT id, key, name FROM gyms WHERE key = :'gym'
), said AS (
  SELECT r.key AS room, m.* FROM gym g JOIN rooms r ON r.gym_id = g.id JOIN messages m ON m.gym_id = g.id AND m.room_id = r.id
  WHERE r.key = :'client' OR (m.sender_role = 'client' AND m.sender = :'client')
)
SELECT jsonb_pretty(jsonb_build_object(
  'gym', (SELECT jsonb_build_object('key', key, 'name', name) FROM gym),
  'client', (SELECT jsonb_build_object('id', who, 'name', p.name, 'first_seen', first_seen, 'last_seen', last_seen)
    FROM participants p JOIN gym g ON p.gym_id = g.id WHERE role = 'client' AND who = :'client'),
  'room', (SELECT jsonb_build_object('title', title, 'labels', labels, 'status', status, 'created_at', r.created_at)
    FROM rooms r JOIN gym g ON r.gym_id = g.id WHERE r.key = :'client'),
  'messages', COALESCE((SELECT jsonb_agg(jsonb_build_object('room', room, 'seq', seq, 'id', id, 'role', sender_role,
    'sender', sender, 'kind', kind, 'text', body, 'attachments', attachments::jsonb, 'other_fields', ('{' || extra || '}')::jsonb,
    'sent_at', sent_at, 'stored_at', stored_at) ORDER BY room, seq) FROM said), '[]'),
  'notes', COALESCE((SELECT jsonb_agg(jsonb_build_object('seq', seq, 'staff', sender, 'text', body, 'stored_at', stored_at) ORDER BY seq)
    FROM notes n JOIN gym g ON n.gym_id = g.id JOIN rooms r ON (r.gym_id, r.id) = (n.gym_id, n.room_id) WHERE r.key = :'client'), '[]'),
  'receipts', COALESCE((SELECT jsonb_agg(jsonb_build_object('room', r.key, 'delivered', delivered, 'read', read, 'at', at) ORDER BY row_id)
    FROM receipts c JOIN gym g ON c.gym_id = g.id JOIN rooms r ON (r.gym_id, r.id) = (c.gym_id, c.room_id)
    WHERE role = 'client' AND who = :'client'), '[]')));
