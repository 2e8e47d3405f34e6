/* The API's statements. Each is one round trip; the texts are written for the planner, and explained where that
 * shows. */
#include "api/sql.h"

/* Texts to be read as SQL: not for clang-format. */
/* clang-format off */

/* ---- a page of a room's messages ----
 * One statement gives all that the answer needs, as rows of several sorts (column 0): r the room, n names of senders,
 * k marks, d and e advances of a side's delivered and read mark, m the messages. delivered_at and read_at of a message
 * are those of the first advance of the other side at or above its seq; looking them up for each message would cost
 * twice as much as the page itself, so the advances come along, as two arrays a side and mark, and history.c walks them
 * beside the messages. As many advances as messages are always enough: no two of a side have the same seq. */
#define ADVANCES(sort, mark) \
	" UNION ALL SELECT '" sort "', NULL, NULL, side.role, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL," \
	"  f.seqs, f.times FROM r, low, (VALUES ('client'), ('staff')) side (role)," \
	"  LATERAL (SELECT array_agg(a.seq) AS seqs, array_agg(a.at) AS times FROM (SELECT f." mark " AS seq, f.at" \
	"   FROM receipts f WHERE f.gym_id = r.gym_id AND f.room_id = r.id AND f.role = side.role" \
	"   AND f.first_" mark " AND f." mark " >= low.seq ORDER BY f." mark " LIMIT $4::int) a) f"
#define HISTORY(where, order) \
	"WITH r AS MATERIALIZED (" \
	" SELECT r.*, r.xmin::text::bigint AS version FROM gyms g JOIN rooms r ON r.gym_id = g.id" \
	" WHERE g.key = $1 AND r.key = $2" \
	"), page AS MATERIALIZED (" \
	" SELECT m.* FROM r, LATERAL (SELECT * FROM messages m WHERE m.gym_id = r.gym_id AND m.room_id = r.id" \
	"  AND m.seq " where " ORDER BY m.seq " order " LIMIT $4::int) m" \
	"), low AS MATERIALIZED (SELECT min(seq) AS seq FROM page)" \
	" SELECT 'r' AS sort, r.last_seq AS n, NULL::uuid AS id, r.key::text AS role, r.title AS who, r.kind AS kind," \
	"  r.status AS body, NULL::uuid AS reply_to, r.assignee::text AS attachments, to_json(r.labels)::text AS extra," \
	"  r.snoozed_until AS sent_at, r.created_at AS stored_at, r.version AS m, NULL::bigint[] AS seqs," \
	"  NULL::timestamptz[] AS times FROM r" \
	" UNION ALL SELECT 'n', NULL, NULL, s.sender_role, s.sender, p.name, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL" \
	"  FROM (SELECT DISTINCT gym_id, sender_role, sender FROM page) s" \
	"  JOIN participants p ON p.gym_id = s.gym_id AND p.role = s.sender_role AND p.who = s.sender" \
	" UNION ALL (SELECT 'k', k.delivered, NULL, k.role, k.who, NULL, NULL, NULL, NULL, NULL, k.delivered_at," \
	"  k.read_at, k.read, NULL, NULL FROM r JOIN marks k ON k.gym_id = r.gym_id AND k.room_id = r.id ORDER BY k.role, k.who)" \
	ADVANCES("d", "delivered") ADVANCES("e", "read") \
	" UNION ALL SELECT 'm', p.seq, p.id, p.sender_role, p.sender, p.kind, p.body, p.reply_to, p.attachments," \
	"  p.extra, p.sent_at, p.stored_at, NULL, NULL, NULL FROM page p"

/* ---- rooms as the inbox shows them ----
 * $1 gym, $2 and $3 the viewer's role and id; `pick` gives the ids and the places in the list. */
#define ROOM_ITEMS \
	" SELECT pick.phase, pick.k1, pick.k2, r.key::text, r.title, r.kind, r.status, r.snoozed_until," \
	"  r.assignee::text, to_json(r.labels)::text, r.last_seq, r.note_last_seq, r.waiting_since," \
	"  r.last_message_at, r.created_at, r.xmin::text::bigint AS version, unread.n, people.list," \
	"  m.seq, m.id, m.sender_role, m.sender, m.kind, m.body, m.reply_to, m.attachments, m.extra," \
	"  m.sent_at, m.stored_at, p.name, d.at AS delivered_at, e.at AS read_at, side.read" \
	" FROM pick JOIN gyms g ON g.key = $1 JOIN rooms r ON r.gym_id = g.id AND r.id = pick.id" \
	" CROSS JOIN LATERAL (SELECT COALESCE(max(k.read), 0) AS read FROM marks k WHERE k.gym_id = r.gym_id" \
	"  AND k.room_id = r.id AND k.role = $2 AND ($2 = 'staff' OR k.who = $3)) side" \
	/* What the other side and the kiosks wrote above the viewer's side's mark. Counted up to 1000: a room that \
	 * nobody reads (a busy kiosk's) must not make each look at the inbox slow. */ \
	" CROSS JOIN LATERAL (SELECT CASE WHEN side.read >= r.last_seq THEN 0 ELSE (SELECT count(*)" \
	"  FROM (SELECT FROM messages u WHERE u.gym_id = r.gym_id AND u.room_id = r.id AND u.seq > side.read" \
	"   AND CASE WHEN $2 = 'staff' THEN u.sender_role IN ('client', 'kiosk')" \
	"       ELSE u.sender_role <> 'client' END LIMIT 1000) counted) END AS n) unread" \
	" CROSS JOIN LATERAL (SELECT json_agg(json_build_object('role', x.role, 'who', x.who," \
	"  'name', COALESCE(pp.name, x.who)) ORDER BY x.role, x.who)::text AS list FROM (" \
	"   SELECT o.role, o.who::text FROM participants o WHERE o.gym_id = r.gym_id AND r.kind = 'support'" \
	"    AND o.role = 'client' AND o.who = r.key" \
	"   UNION SELECT 'kiosk', substr(r.key, 7) WHERE r.kind = 'kiosk'" \
	"   UNION SELECT k.role, k.who FROM marks k WHERE k.gym_id = r.gym_id AND k.room_id = r.id) x" \
	"  LEFT JOIN participants pp ON pp.gym_id = r.gym_id AND pp.role = x.role AND pp.who = x.who) people" \
	" LEFT JOIN messages m ON m.gym_id = r.gym_id AND m.room_id = r.id AND m.seq = r.last_seq" \
	" LEFT JOIN participants p ON p.gym_id = m.gym_id AND p.role = m.sender_role AND p.who = m.sender" \
	" LEFT JOIN LATERAL (SELECT f.at FROM receipts f WHERE f.gym_id = r.gym_id AND f.room_id = r.id" \
	"  AND f.role = CASE m.sender_role WHEN 'client' THEN 'staff' WHEN 'staff' THEN 'client' END" \
	"  AND f.first_delivered AND f.delivered >= m.seq ORDER BY f.delivered LIMIT 1) d ON true" \
	" LEFT JOIN LATERAL (SELECT f.at FROM receipts f WHERE f.gym_id = r.gym_id AND f.room_id = r.id" \
	"  AND f.role = CASE m.sender_role WHEN 'client' THEN 'staff' WHEN 'staff' THEN 'client' END" \
	"  AND f.first_read AND f.read >= m.seq ORDER BY f.read LIMIT 1) e ON true" \
	" ORDER BY pick.phase, pick.k1, pick.k2"

/* A place in a list is three numbers that grow along it: phase, a time (falling times negated), the room's id. The
 * page before a place is found by the same statement with every order and comparison turned round. Times of places
 * are compared as times, so that the indexes serve. */
#define THE_GYM	    "r.gym_id = (SELECT id FROM gyms WHERE key = $1)"
#define ACTIVITY    "COALESCE(r.last_message_at, r.created_at)"
#define US(time)    "(extract(epoch FROM " time ") * 1000000)::bigint"
#define AT(us)	    "(timestamptz 'epoch' + " us "::bigint * interval '1 microsecond')"
#define HOUR_OF(us) "date_bin('1 hour', " AT(us) ", timestamptz '2000-01-01 00:00:00+00')"
#define ASSIGNED(p) "(" p "::text IS NULL OR COALESCE(r.assignee, '') = " p ")"

/* Who waits, the longest first: from the place (us, id). */
#define WAITING(filter, cmp, order, us, id, n) \
	"(SELECT 0 AS phase, " US("r.waiting_since") " AS k1, r.id AS k2, r.id FROM rooms r WHERE " THE_GYM \
	" AND r.listed AND r.status = 'open' AND r.waiting_since IS NOT NULL AND " filter \
	" AND (r.waiting_since, r.id) " cmp " (" AT(us) ", " id "::bigint)" \
	" ORDER BY r.waiting_since " order ", r.id " order " LIMIT " n "::int)"
/* The others, the latest activity first. */
#define LATEST(phase, filter, cmp, order, us, id, n) \
	"(SELECT " phase " AS phase, -" US(ACTIVITY) " AS k1, -r.id AS k2, r.id FROM rooms r WHERE " THE_GYM \
	" AND r.listed AND " filter " AND r.active_hour " cmp "= " HOUR_OF(us) \
	" AND (" ACTIVITY ", r.id) " cmp " (" AT(us) ", " id "::bigint)" \
	" ORDER BY r.active_hour " order ", " ACTIVITY " " order ", r.id " order " LIMIT " n "::int)"

#define INBOX_WAITING(up, rise, down, fall, n) \
	"WITH pick AS MATERIALIZED (SELECT * FROM (" \
	WAITING(ASSIGNED("$9"), up, rise, "$4", "$5", n) \
	" UNION ALL " \
	LATEST("1", "r.status = 'open' AND r.waiting_since IS NULL AND " ASSIGNED("$9"), down, fall, "$6", "$7", n) \
	") both_parts ORDER BY phase " rise ", k1 " rise ", k2 " rise " LIMIT " n "::int)" ROOM_ITEMS
#define INBOX_LATEST(filter, down, fall) \
	"WITH pick AS MATERIALIZED " LATEST("0", filter " AND " ASSIGNED("$7"), down, fall, "$4", "$5", "$6") ROOM_ITEMS

#define IS_OPEN "r.status = 'open'"
#define IS_ANY	"r.status = ANY ($8::text[])"
/* $9 is looked for in a room's key and title and in its client's name: first in the latest rooms (near), where a
 * frequent text has enough soon, else by the indexes of three characters in a row (found). They know no text of one or
 * two characters but at the beginning of a word. near is taken before it is filtered, so that the planner knows that the
 * index on the hour gives it, and looked at room by room in its order (OFFSET 0): it ends early. */
#define INBOX_NEAR "500"
#define ROOM_TEXT  "folded(' ' || r.key || ' ' || COALESCE(r.title, ''))"
#define NAME_TEXT  "folded(' ' || o.name)"
#define LIKE_IT	   " LIKE (SELECT pattern FROM sought)"
#define IS_ENOUGH  "(SELECT count(*) FROM hits) >= $6::int"
#define INBOX_TEXT(down, fall) \
	"WITH sought AS MATERIALIZED (SELECT CASE WHEN length(t) < 3 THEN '% ' ELSE '%' END || t || '%' AS pattern" \
	"  FROM folded($9) t)," \
	" near AS MATERIALIZED (SELECT r.* FROM rooms r WHERE " THE_GYM " AND r.listed AND r.active_hour " down "= " \
	HOUR_OF("$4") " ORDER BY r.active_hour " fall ", " ACTIVITY " " fall ", r.id " fall " LIMIT " INBOX_NEAR ")," \
	" hits AS MATERIALIZED (SELECT 0 AS phase, -" US(ACTIVITY) " AS k1, -r.id AS k2, r.id FROM near r" \
	"  LEFT JOIN LATERAL (SELECT * FROM participants o WHERE o.gym_id = r.gym_id AND o.role = 'client'" \
	"   AND o.who = r.key OFFSET 0) o ON true" \
	"  WHERE " IS_ANY " AND " ASSIGNED("$7") " AND (" ACTIVITY ", r.id) " down " (" AT("$4") ", $5::bigint)" \
	"  AND (" ROOM_TEXT LIKE_IT " OR " NAME_TEXT LIKE_IT ") LIMIT $6::int)," \
	" found AS MATERIALIZED (SELECT r.id FROM rooms r WHERE NOT " IS_ENOUGH " AND " THE_GYM " AND r.listed AND " \
	ROOM_TEXT LIKE_IT \
	"  UNION SELECT r.id FROM participants o JOIN rooms r ON r.gym_id = o.gym_id AND r.key = o.who" \
	"  WHERE NOT " IS_ENOUGH " AND o.gym_id = (SELECT id FROM gyms WHERE key = $1) AND o.role = 'client' AND " \
	NAME_TEXT LIKE_IT ")," \
	" rest AS MATERIALIZED (SELECT r.* FROM found JOIN rooms r ON " THE_GYM " AND r.id = found.id AND r.listed)," \
	" pick AS MATERIALIZED (SELECT * FROM hits WHERE " IS_ENOUGH " UNION ALL (SELECT 0, -" US(ACTIVITY) ", -r.id, r.id" \
	"  FROM rest r WHERE " IS_ANY " AND " ASSIGNED("$7") " AND (" ACTIVITY ", r.id) " down " (" AT("$4") ", $5::bigint)" \
	"  ORDER BY " ACTIVITY " " fall ", r.id " fall " LIMIT $6::int))" ROOM_ITEMS

/* ---- one room, and what is written of it ---- */

#define UTC(time) "to_char(" time " AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')"
#define ROOM_ONE \
	"WITH pick AS MATERIALIZED (SELECT 0 AS phase, 0::bigint AS k1, r.id AS k2, r.id FROM rooms r WHERE " THE_GYM \
	" AND r.key = $4), item AS (" ROOM_ITEMS ")" \
	" SELECT item.*, (SELECT json_agg(json_build_object('role', k.role, 'who', k.who, 'delivered', k.delivered," \
	" 'read', k.read, 'delivered_at', " UTC("k.delivered_at") ", 'read_at', " UTC("k.read_at") ")" \
	" ORDER BY k.role, k.who)::text" \
	" FROM marks k JOIN gyms g ON g.id = k.gym_id WHERE g.key = $1 AND k.room_id = item.k2) FROM item"

/* A gym that nobody has spoken of yet is made on the spot. */
#define MAKE_GYM \
	"WITH made AS (INSERT INTO gyms (key) SELECT $1::text WHERE NOT EXISTS (SELECT FROM gyms WHERE key = $1::text)" \
	" ON CONFLICT DO NOTHING RETURNING *)," \
	" gym AS (SELECT * FROM gyms WHERE key = $1 UNION ALL SELECT * FROM made)"

#define NAME_PEOPLE(from) \
	" INSERT INTO participants (gym_id, role, who, name) SELECT gym.id, x.role, x.who, left(x.name, 200)" \
	" FROM gym, " from " ON CONFLICT (gym_id, role, who) DO UPDATE SET name = EXCLUDED.name" \
	" WHERE EXCLUDED.name IS NOT NULL AND participants.name IS DISTINCT FROM EXCLUDED.name"

#define ROOM_CREATE \
	MAKE_GYM ", named AS (" \
	NAME_PEOPLE("json_to_recordset($5::json) AS x (role text, who text, name text)") ")" \
	" INSERT INTO rooms (gym_id, key, kind, title, listed) SELECT id, $2, $3, $4, true FROM gym" \
	" ON CONFLICT (gym_id, key) DO UPDATE SET listed = true, title = COALESCE(rooms.title, EXCLUDED.title)" \
	" RETURNING xmax = 0 AS is_new, last_seq, status, title"

/* $5 status, $6 snoozed_until, $7 whether assignee comes, $8 assignee, $9 labels[], $10 whether title comes, $11 title;
 * NULL leaves as it is. */
#define CHANGED(column) \
	"'" column "', CASE WHEN n." column " IS DISTINCT FROM o." column \
	" THEN jsonb_build_array(o." column ", n." column ") END"
#define ROOM_PATCH \
	"WITH o AS MATERIALIZED (SELECT r.* FROM rooms r JOIN gyms g ON g.id = r.gym_id" \
	"  WHERE g.key = $1 AND r.key = $2 FOR UPDATE OF r)," \
	" n AS (UPDATE rooms r SET status = COALESCE($5, o.status)," \
	"  snoozed_until = CASE WHEN COALESCE($5, o.status) = 'snoozed'" \
	"   THEN COALESCE($6::timestamptz, o.snoozed_until) END," \
	"  assignee = CASE WHEN $7::boolean THEN $8 ELSE o.assignee END," \
	"  labels = COALESCE($9::text[], o.labels)," \
	"  title = CASE WHEN $10::boolean THEN $11 ELSE o.title END," \
	"  waiting_since = CASE WHEN $5 = 'resolved' THEN NULL ELSE r.waiting_since END" \
	"  FROM o WHERE r.gym_id = o.gym_id AND r.id = o.id RETURNING r.*)," \
	" change AS (SELECT jsonb_strip_nulls(jsonb_build_object(" CHANGED("status") ", " CHANGED("snoozed_until") \
	"  , " CHANGED("assignee") ", " CHANGED("labels") ", " CHANGED("title") ")) AS what FROM o, n)," \
	" noted AS (INSERT INTO audit (gym_id, room_id, role, who, change)" \
	"  SELECT n.gym_id, n.id, $3, $4, change.what FROM n, change WHERE change.what <> '{}')" \
	" SELECT n.status, n.title, n.assignee::text, to_json(n.labels)::text, n.snoozed_until, n.last_seq," \
	"  n.note_last_seq, change.what ? 'status' OR change.what ? 'title' AS is_seen_by_all, change.what <> '{}' AS is_change" \
	"  FROM n, change"

/* ---- notes: as messages, without the marks ---- */

#define NOTES(cmp, order) \
	"WITH r AS MATERIALIZED (SELECT r.* FROM gyms g JOIN rooms r ON r.gym_id = g.id WHERE g.key = $1 AND r.key = $2)" \
	" SELECT 'r' AS sort, r.note_last_seq AS n, NULL::uuid, NULL, NULL, NULL, NULL, NULL::uuid, NULL, NULL," \
	"  NULL::timestamptz, NULL::timestamptz, NULL FROM r" \
	" UNION ALL (SELECT 'm', m.seq, m.id, 'staff', m.sender, m.kind, m.body, m.reply_to, m.attachments, m.extra," \
	"  m.sent_at, m.stored_at, p.name FROM r JOIN notes m ON m.gym_id = r.gym_id AND m.room_id = r.id" \
	"  LEFT JOIN participants p ON p.gym_id = m.gym_id AND p.role = 'staff' AND p.who = m.sender" \
	"  WHERE m.seq " cmp " $3::bigint ORDER BY m.seq " order " LIMIT $4::int)"

#define COUNTS \
	"SELECT count(*) FILTER (WHERE r.assignee = $2), count(*) FILTER (WHERE r.assignee IS NULL), count(*)," \
	" count(*) FILTER (WHERE r.waiting_since IS NOT NULL)," \
	" count(*) FILTER (WHERE r.last_seq > s.read AND EXISTS (SELECT FROM messages u WHERE u.gym_id = r.gym_id" \
	"  AND u.room_id = r.id AND u.seq > s.read AND u.sender_role IN ('client', 'kiosk')))" \
	" FROM rooms r CROSS JOIN LATERAL (SELECT COALESCE(max(k.read), 0) AS read FROM marks k WHERE" \
	"  k.gym_id = r.gym_id AND k.room_id = r.id AND k.role = 'staff') s" \
	" WHERE " THE_GYM " AND r.listed AND r.status = 'open'"

/* ---- search: $2 whole words, $3 the last, perhaps unfinished word, $4 months as a tsquery or NULL, $5 row_id
 * (exclusive), $6 how many. A frequent word is found by looking at the newest messages of the gym (near), which ends as
 * soon as there are enough; a rare one by the words' index (far), which gives all that match before they are sorted:
 * few, since near found less than enough in so many. The query names the gym, so that the index gives this gym's
 * messages alone. Without an order of its own near stays in that of its rows, and ends early. \x02 and \x03 stand round what
 * matched. */
#define SEARCH_NEAR "4000"
#define SEARCH \
	"WITH q AS MATERIALIZED (SELECT g.id AS gym_id, typed.query AS shown," \
	"  quote_literal('gym ' || g.id)::tsquery && typed.query && COALESCE($4::tsquery, typed.query) AS query" \
	" FROM gyms g, LATERAL (SELECT plainto_tsquery('gymchat_stems', $2) &&" \
	"  (to_tsquery('simple', quote_literal(unaccent($3)) || ':*')" \
	"   || to_tsquery('gymchat_stems', quote_literal($3))) AS query) typed WHERE g.key = $1" \
	"), near AS MATERIALIZED (SELECT w.row_id, w.room_id, w.seq FROM q, LATERAL (SELECT * FROM message_words w" \
	"   WHERE w.gym_id = q.gym_id AND w.row_id < $5::bigint ORDER BY w.row_id DESC LIMIT " SEARCH_NEAR ") w" \
	"  WHERE w.words @@ q.shown LIMIT $6::int" \
	"), far AS MATERIALIZED (SELECT w.row_id, w.room_id, w.seq FROM q JOIN message_words w ON w.words @@ q.query" \
	"  WHERE w.row_id < $5::bigint AND (SELECT count(*) FROM near) < $6::int" \
	"), top AS MATERIALIZED (SELECT * FROM near WHERE (SELECT count(*) FROM near) >= $6::int" \
	"  UNION ALL (SELECT * FROM far ORDER BY row_id DESC LIMIT $6::int))" \
	" SELECT top.row_id, r.key::text, r.title, ts_headline('gymchat_stems', m.body, q.shown," \
	"  E'StartSel=\x02, StopSel=\x03, MaxWords=24, MinWords=8, ShortWord=0, MaxFragments=1')," \
	"  m.seq, m.id, m.sender_role, m.sender, m.kind, m.body, m.reply_to, m.attachments, m.extra, m.sent_at," \
	"  m.stored_at, p.name" \
	" FROM q CROSS JOIN top JOIN rooms r ON r.gym_id = q.gym_id AND r.id = top.room_id" \
	" JOIN messages m ON m.gym_id = q.gym_id AND m.room_id = top.room_id AND m.seq = top.seq" \
	" LEFT JOIN participants p ON p.gym_id = m.gym_id AND p.role = m.sender_role AND p.who = m.sender" \
	" ORDER BY top.row_id DESC"

#define ROOM_OF(gym, room) \
	"JOIN gyms g ON g.key = " gym " JOIN rooms r ON r.gym_id = g.id AND r.key = " room

/* $1 gym, $2 jti or $3 role and $4 sub, $5 seconds that it is kept, $6 when the token ends or NULL, $7 most of a gym.
 * False: the gym has so many. Another request that makes the same row at the same time has done what was asked for. */
#define REVOKE \
	"WITH ends AS (SELECT LEAST(now() + $5::bigint * interval '1 second', to_timestamp($6::bigint)) AS at)," \
	" moved AS (UPDATE revocations SET revoked_at = now(), expires_at = GREATEST(expires_at, ends.at) FROM ends" \
	"  WHERE gym = $1 AND (($2::text IS NOT NULL AND jti = $2) OR ($2::text IS NULL AND role = $3 AND sub = $4)) RETURNING id)," \
	" others AS (SELECT count(*) AS n FROM (SELECT FROM revocations WHERE gym = $1 AND expires_at > now() LIMIT $7::int) r)," \
	" made AS (INSERT INTO revocations (gym, jti, role, sub, expires_at) SELECT $1, $2, $3, $4, ends.at FROM ends, others" \
	"  WHERE NOT EXISTS (SELECT FROM moved) AND others.n < $7::int ON CONFLICT DO NOTHING)" \
	" SELECT EXISTS (SELECT FROM moved) OR others.n < $7::int FROM others"

const struct sql_query api_sql[SQL_COUNT] = {
	[SQL_HISTORY_BEFORE] = {"history_before", 4, HISTORY("< $3::bigint", "DESC")},
	[SQL_HISTORY_AFTER] = {"history_after", 4, HISTORY("> $3::bigint", "ASC")},
	[SQL_INBOX_WAITING] = {"inbox_waiting", 9, INBOX_WAITING(">", "ASC", "<", "DESC", "$8")},
	[SQL_INBOX_WAITING_BACK] = {"inbox_waiting_back", 9, INBOX_WAITING("<", "DESC", ">", "ASC", "$8")},
	[SQL_INBOX_OPEN] = {"inbox_open", 7, INBOX_LATEST(IS_OPEN, "<", "DESC")},
	[SQL_INBOX_OPEN_BACK] = {"inbox_open_back", 7, INBOX_LATEST(IS_OPEN, ">", "ASC")},
	[SQL_INBOX_ANY] = {"inbox_any", 8, INBOX_LATEST(IS_ANY, "<", "DESC")},
	[SQL_INBOX_ANY_BACK] = {"inbox_any_back", 8, INBOX_LATEST(IS_ANY, ">", "ASC")},
	[SQL_INBOX_TEXT] = {"inbox_text", 9, INBOX_TEXT("<", "DESC")},
	[SQL_INBOX_TEXT_BACK] = {"inbox_text_back", 9, INBOX_TEXT(">", "ASC")},
	[SQL_ROOMS_OWN] = {"rooms_own", 4,
		"WITH pick AS MATERIALIZED (SELECT 0 AS phase, 0::bigint AS k1, r.id AS k2, r.id FROM rooms r WHERE " THE_GYM
		" AND r.key = ANY ($4::text[]))" ROOM_ITEMS},
	[SQL_COUNTS] = {"counts", 2, COUNTS},
	[SQL_ROOM_ONE] = {"room_one", 4, ROOM_ONE},
	[SQL_ROOM_CREATE] = {"room_create", 5, ROOM_CREATE},
	[SQL_ROOM_PATCH] = {"room_patch", 11, ROOM_PATCH},
	[SQL_ROOMS_LOOK] = {"rooms_look", 2,
		"SELECT q.i, r.xmin::text::bigint, (SELECT COALESCE(sum(k.delivered + k.read), 0)::bigint FROM marks k"
		" WHERE k.gym_id = r.gym_id AND k.room_id = r.id)"
		" FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS q (gym, room, i) " ROOM_OF("q.gym", "q.room")},
	[SQL_ROOMS_UNSNOOZE] = {"rooms_unsnooze", 0,
		"UPDATE rooms r SET status = 'open', snoozed_until = NULL FROM gyms g WHERE g.id = r.gym_id"
		" AND r.status = 'snoozed' AND r.snoozed_until <= now()"
		" RETURNING g.key::text, r.key::text, r.last_seq, r.title, r.note_last_seq, r.assignee::text,"
		" to_json(r.labels)::text"},
	[SQL_MESSAGE_FIND] = {"message_find", 3,
		"SELECT m.seq, m.stored_at, m.sender_role, m.sender, m.kind, m.body FROM (SELECT) one " ROOM_OF("$1", "$2")
		" JOIN messages m ON m.gym_id = r.gym_id AND m.room_id = r.id AND m.id = $3::uuid"},
	[SQL_NOTE_FIND] = {"note_find", 3,
		"SELECT m.seq, m.stored_at, 'staff', m.sender, m.kind, m.body FROM (SELECT) one " ROOM_OF("$1", "$2")
		" JOIN notes m ON m.gym_id = r.gym_id AND m.room_id = r.id AND m.id = $3::uuid"},
	[SQL_MARK_FIND] = {"mark_find", 4,
		"SELECT k.delivered, k.read, k.delivered_at, k.read_at FROM (SELECT) one " ROOM_OF("$1", "$2")
		" JOIN marks k ON k.gym_id = r.gym_id AND k.room_id = r.id AND k.role = $3 AND k.who = $4"},
	[SQL_NOTES_BEFORE] = {"notes_before", 4, NOTES("<", "DESC")},
	[SQL_NOTES_AFTER] = {"notes_after", 4, NOTES(">", "ASC")},
	[SQL_ME] = {"me", 4,
		MAKE_GYM ", named AS (" NAME_PEOPLE("(SELECT $2 AS role, $3 AS who, $4 AS name) x") ")"
		" SELECT key::text, name, time_zone, locale, hours::text, settings::text FROM gym"},
	[SQL_GYM_PUT] = {"gym_put", 6,
		/* AT TIME ZONE fails for a zone that PostgreSQL does not know. */
		"INSERT INTO gyms (key, name, time_zone, locale, hours, settings) SELECT $1, COALESCE($2, ''),"
		" CASE WHEN now() AT TIME ZONE $3 IS NULL THEN 'Europe/Madrid' ELSE $3 END,"
		" COALESCE($4, 'es'), COALESCE($5::jsonb, '{}'), COALESCE($6::jsonb, '{}')"
		" ON CONFLICT (key) DO UPDATE SET name = COALESCE($2, gyms.name), time_zone = COALESCE($3, gyms.time_zone),"
		" locale = COALESCE($4, gyms.locale), hours = COALESCE($5::jsonb, gyms.hours),"
		" settings = COALESCE($6::jsonb, gyms.settings)"
		" RETURNING xmax = 0 AS is_new, key::text, name, time_zone, locale, hours::text, settings::text"},
	[SQL_CANNED_GET] = {"canned_get", 1,
		"SELECT c.items::text, c.updated_at, c.updated_by FROM canned c JOIN gyms g ON g.id = c.gym_id WHERE g.key = $1"},
	[SQL_CANNED_PUT] = {"canned_put", 3,
		MAKE_GYM " INSERT INTO canned (gym_id, items, updated_by) SELECT id, $2::jsonb, $3 FROM gym"
		" ON CONFLICT (gym_id) DO UPDATE SET items = EXCLUDED.items, updated_at = now(), updated_by = EXCLUDED.updated_by"
		" RETURNING items::text, updated_at, updated_by"},
	[SQL_PRESENCE] = {"presence", 2,
		"SELECT p.role, p.who::text, p.name, p.last_seen, p.last_seen > now() - interval '150 s' AS is_online"
		" FROM participants p JOIN gyms g ON g.id = p.gym_id WHERE g.key = $1 AND p.last_seen IS NOT NULL"
		" AND ($2 <> 'client' OR p.role = 'staff') ORDER BY p.last_seen DESC LIMIT 1000"},
	[SQL_REVOKE] = {"revoke", 7, REVOKE},
	[SQL_REVOCATIONS] = {"revocations", 0,
		"SELECT gym::text, jti, role, sub::text, extract(epoch FROM revoked_at)::bigint"
		" FROM revocations WHERE expires_at > now() ORDER BY id"},
	[SQL_SEARCH] = {"search", 6, SEARCH},
	[SQL_DIGEST] = {"digest", 1,
		"SELECT digest($1::int), (SELECT last_value FROM messages_row_id_seq) - (SELECT row_id FROM digest_state)"},
	[SQL_RESPONSE_TIME] = {"response_time", 2,
		"SELECT t.median_s, t.p90_s, t.n FROM gyms g, response_time(g.id, $2::int) t WHERE g.key = $1"},
};
