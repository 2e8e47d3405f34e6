/* sql.h - every statement of the API, by name. The texts are in sql.c; a test prepares all of them
 * on a fresh schema. Results are read in binary (row.h). */
#pragma once
#include "common/pglink.h"

enum sql {
	SQL_HISTORY_BEFORE, /* gym, room, seq (exclusive), n */
	SQL_HISTORY_AFTER,
	/* gym, viewer's role, viewer, place among the waiting (us, id), place among the others, n,
	 * assignee ("": nobody, NULL: any) */
	SQL_INBOX_WAITING,
	SQL_INBOX_WAITING_BACK,
	/* gym, viewer's role, viewer, place (us, id), n, assignee, then statuses[], then text */
	SQL_INBOX_OPEN,
	SQL_INBOX_OPEN_BACK,
	SQL_INBOX_ANY,
	SQL_INBOX_ANY_BACK,
	SQL_INBOX_TEXT,
	SQL_INBOX_TEXT_BACK,
	SQL_ROOMS_OWN,	 /* gym, viewer's role, viewer, rooms[] */
	SQL_COUNTS,	 /* gym, staff */
	SQL_ROOM_ONE,	 /* gym, viewer's role, viewer, room */
	SQL_ROOM_CREATE, /* gym, room, kind, title, people as JSON */
	/* gym, room, role, who, status, snoozed_until, has assignee, assignee, labels[], has title,
	 * title */
	SQL_ROOM_PATCH,
	SQL_ROOMS_LOOK, /* gyms[], rooms[] */
	SQL_ROOMS_UNSNOOZE,
	SQL_MESSAGE_FIND, /* gym, room, id */
	SQL_NOTE_FIND,	  /* gym, room, id */
	SQL_MARK_FIND,	  /* gym, room, role, who */
	SQL_NOTES_BEFORE, /* gym, room, seq (exclusive), n */
	SQL_NOTES_AFTER,
	SQL_ME,		 /* gym, role, who, name */
	SQL_GYM_PUT,	 /* gym, name, time zone, locale, hours, settings */
	SQL_CANNED_GET,	 /* gym */
	SQL_CANNED_PUT,	 /* gym, items, who */
	SQL_PRESENCE,	 /* gym, viewer's role */
	SQL_REVOKE,	 /* gym, jti, role, sub, seconds */
	SQL_REVOCATIONS,
	SQL_SEARCH,	   /* gym, words, last word, months, row_id (exclusive), n */
	SQL_DIGEST,	   /* n */
	SQL_RESPONSE_TIME, /* gym, days */
	SQL_COUNT
};

extern const struct sql_query api_sql[SQL_COUNT];
