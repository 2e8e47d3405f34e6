#include "archiver/sql.h"

/* Microseconds since 1970 of a timestamptz, exact. */
#define US(column) "(extract(epoch FROM " column ") * 1000000)::bigint"

#define KNOWN(table, role)                                                                         \
	"SELECT n.i, m.seq, " US(                                                                  \
		"m.stored_at") ", " role ", m.sender, m.kind, m.body, m.reply_to, m.attachments"   \
			       " FROM unnest($1::bigint[], $2::bigint[], $3::uuid[]) WITH "        \
			       "ORDINALITY"                                                        \
			       " AS n(gym_id, room_id, id, i)"                                     \
			       " JOIN " table " m USING (gym_id, room_id, id)"

/* n: what the rooms' rows are to become */
#define ROOMS_MOVED                                                                                \
	" FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::int[])"          \
	" AS n(gym_id, id, expected, last_seq, flags)"                                             \
	" WHERE r.gym_id = n.gym_id AND r.id = n.id AND r.last_seq = n.expected"

/* flags: enum batch_room_flag. The comparison with expected proves that nobody else has given a seq
 * meanwhile. */
#define ROOMS_MOVE                                                                                 \
	"UPDATE rooms r SET last_seq = n.last_seq, last_message_at = $6::timestamptz,"             \
	" listed = r.listed OR n.flags & 1 <> 0,"                                                  \
	" waiting_since = CASE"                                                                    \
	" WHEN n.flags & 4 <> 0 THEN CASE WHEN n.flags & 8 <> 0 THEN $6::timestamptz END"          \
	" WHEN n.flags & 8 <> 0 THEN coalesce(r.waiting_since, $6::timestamptz)"                   \
	" ELSE r.waiting_since END"

#define DEAD                                                                                       \
	"INSERT INTO dead_letters (topic, payload, reason, detail, received_at)"                   \
	" SELECT n.topic, n.payload, n.reason, n.detail, n.received_at"                            \
	" FROM unnest($1::text[], $2::bytea[], $3::text[], $4::text[], $5::timestamptz[])"         \
	" AS n(topic, payload, reason, detail, received_at)"

const struct sql_query archiver_sql[SQL_COUNT] = {
	[SQL_LEASE_TRY] = {"lease_try", 1, "SELECT pg_try_advisory_lock($1::bigint)"},
	[SQL_LEASE_EVICT] = {"lease_evict", 1,
		"SELECT count(pg_terminate_backend(a.pid)) FROM pg_locks l JOIN pg_stat_activity a "
		"USING (pid)"
		" WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1"
		" AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
		" AND (l.classid::bigint << 32 | l.objid::bigint) = $1::bigint"
		" AND a.state = 'active' AND a.wait_event_type = 'Client'"
		" AND a.query_start < clock_timestamp() - interval '3 s'"},
	[SQL_LEASE_TAKE] = {"lease_take", 1,
		"UPDATE archiver_lease SET epoch = epoch + 1, holder = $1, taken_at = "
		"clock_timestamp()"
		" RETURNING epoch"},
	[SQL_LEASE_EPOCH] = {"lease_epoch", 0, "SELECT epoch FROM archiver_lease"},

	[SQL_ROOMS_FIND] = {"rooms_find", 2,
		"SELECT n.i, g.id, r.id, r.last_seq, r.note_last_seq"
		" FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS n(gym, room, i)"
		" JOIN gyms g ON g.key = n.gym"
		" LEFT JOIN rooms r ON r.gym_id = g.id AND r.key = n.room"},
	[SQL_GYMS_MAKE] = {"gyms_make", 1,
		"INSERT INTO gyms (key) SELECT DISTINCT n.gym FROM unnest($1::text[]) AS n(gym)"
		" WHERE NOT EXISTS (SELECT FROM gyms g WHERE g.key = n.gym)"
		" ON CONFLICT (key) DO NOTHING"},
	/* As the first messages leave it: making it empty and updating it would write each index
	 * twice. flags: enum batch_room_flag, and 16 for a note. */
	[SQL_ROOMS_MAKE] = {"rooms_make", 6,
		"INSERT INTO rooms (gym_id, key, kind, last_seq, note_last_seq, last_message_at, "
		"waiting_since, listed)"
		" SELECT n.gym_id, n.room, CASE WHEN n.room LIKE 'kiosk-%' THEN 'kiosk' ELSE "
		"'support' END,"
		" n.last_seq, n.note_last_seq, CASE WHEN n.last_seq > 0 THEN $6::timestamptz END,"
		" CASE WHEN n.flags & 8 <> 0 THEN $6::timestamptz END, n.flags & 17 <> 0"
		" FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::bigint[], $5::int[]) "
		"WITH ORDINALITY"
		" AS n(gym_id, room, last_seq, note_last_seq, flags, i) ORDER BY n.i"
		" ON CONFLICT (gym_id, key) DO NOTHING RETURNING id"},

	[SQL_MESSAGES_KNOWN] = {"messages_known", 3, KNOWN("messages", "m.sender_role")},
	[SQL_NOTES_KNOWN] = {"notes_known", 3, KNOWN("notes", "'staff'")},

	/* A closed room that is asked something is left to REOPEN, since that must tell which they
	   were. */
	[SQL_ROOMS_ADVANCE] = {"rooms_advance", 6,
		ROOMS_MOVE ROOMS_MOVED " AND (n.flags & 2 = 0 OR r.status = 'open')"},
	[SQL_ROOMS_REOPEN] = {"rooms_reopen", 6,
		ROOMS_MOVE ", status = 'open', snoozed_until = NULL" ROOMS_MOVED
			   " RETURNING r.gym_id, r.id, r.title"},
	[SQL_ROOMS_NOTES] = {"rooms_notes", 4,
		"UPDATE rooms r SET note_last_seq = n.last_seq, listed = true"
		" FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[])"
		" AS n(gym_id, id, expected, last_seq)"
		" WHERE r.gym_id = n.gym_id AND r.id = n.id AND r.note_last_seq = n.expected"},

	[SQL_MARKS_READ] = {"marks_read", 4,
		"SELECT n.i, m.delivered, m.read, " US("m.delivered_at") ", " US(
			"m.read_at") ","
				     " side.delivered, side.read"
				     " FROM unnest($1::bigint[], $2::bigint[], $3::text[], "
				     "$4::text[]) WITH ORDINALITY"
				     " AS n(gym_id, room_id, role, who, i)"
				     " LEFT JOIN marks m USING (gym_id, room_id, role, who)"
				     " LEFT JOIN LATERAL (SELECT max(s.delivered) AS delivered, "
				     "max(s.read) AS read FROM marks s"
				     " WHERE s.gym_id = n.gym_id AND s.room_id = n.room_id AND "
				     "s.role = n.role) side ON true"},
	[SQL_MARKS_WRITE] = {"marks_write", 8,
		"INSERT INTO marks AS m (gym_id, room_id, role, who, delivered, read, "
		"delivered_at, read_at)"
		" SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], "
		"$5::bigint[], $6::bigint[],"
		" $7::timestamptz[], $8::timestamptz[])"
		" ON CONFLICT (gym_id, room_id, role, who) DO UPDATE SET"
		" delivered = greatest(m.delivered, excluded.delivered), read = greatest(m.read, "
		"excluded.read),"
		" delivered_at = excluded.delivered_at, read_at = excluded.read_at"},
	[SQL_RECEIPTS_ADD] = {"receipts_add", 9,
		"INSERT INTO receipts (gym_id, room_id, role, who, delivered, read, at, "
		"first_delivered, first_read)"
		" SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], "
		"$5::bigint[], $6::bigint[],"
		" $7::timestamptz[], $8::boolean[], $9::boolean[])"},

	[SQL_DEAD_ADD] = {"dead_add", 5, DEAD},
	[SQL_DEAD_ADD_ONCE] = {"dead_add_once", 6,
		DEAD " WHERE NOT EXISTS (SELECT FROM dead_letters d"
		     " WHERE sha256(d.payload) = sha256(n.payload) AND d.topic = n.topic AND "
		     "d.reason = n.reason"
		     " AND d.received_at < $6::timestamptz AND d.received_at > $6::timestamptz - "
		     "interval '1 day')"},

	/* At most once a minute a person, also over a restart and where two came in one batch. */
	[SQL_SEEN] = {"seen", 4,
		"INSERT INTO participants AS p (gym_id, role, who, last_seen)"
		" SELECT n.gym_id, n.role, n.who, max(n.seen) FROM"
		" unnest($1::bigint[], $2::text[], $3::text[], $4::timestamptz[]) AS n(gym_id, "
		"role, who, seen)"
		" GROUP BY 1, 2, 3"
		" ON CONFLICT (gym_id, role, who) DO UPDATE SET last_seen = excluded.last_seen"
		" WHERE p.last_seen IS NULL OR p.last_seen <= excluded.last_seen - interval '1 "
		"minute'"},
	[SQL_FIRST_NAMES] = {"first_names", 2,
		"SELECT n.i, split_part(btrim(p.name), ' ', 1)"
		" FROM unnest($1::bigint[], $2::text[]) WITH ORDINALITY AS n(gym_id, who, i)"
		" JOIN participants p ON p.gym_id = n.gym_id AND p.role = 'client' AND p.who = "
		"n.who"
		" WHERE btrim(p.name) <> ''"},
};

/* The two idle limits make the advisory lock a lease: a holder that stands still for 3 s loses its
 * session, and with it the lock (lease.h). The planner is told to walk indexes: a plan that was
 * made while a table was small would read all of it later, and all lists are short beside their
 * tables. */
const char archiver_sql_setup[] =
	"SET idle_session_timeout = '3s'; SET idle_in_transaction_session_timeout = '3s';"
	" SET statement_timeout = '12s'; SET lock_timeout = '5s'; SET synchronous_commit = on; SET "
	"timezone = 'UTC';"
	" SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; SET enable_hashjoin "
	"= off;"
	" SET enable_mergejoin = off; SET enable_bitmapscan = off; SET enable_material = off; SET "
	"jit = off";
