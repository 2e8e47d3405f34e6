/* sql.h - every statement of the archiver but BEGIN, COPY and COMMIT (store_commit.c). Lists travel
 * as arrays, so that one statement serves any number of rows; `i` is the position in the list. */
#pragma once
#include "common/pglink.h"

enum sql {
	SQL_LEASE_TRY,	    /* key -> whether the advisory lock is ours */
	SQL_LEASE_EVICT,    /* key -> how many sessions of holders that stand still it ended */
	SQL_LEASE_TAKE,	    /* holder -> the new epoch */
	SQL_LEASE_EPOCH,    /* -> the present epoch */
	SQL_ROOMS_FIND,	    /* gym keys, room keys (NULL: the gym alone) -> i, gym id, room id,
			       last_seq, note_last_seq */
	SQL_GYMS_MAKE,	    /* gym keys */
	SQL_ROOMS_MAKE,	    /* gym ids, room keys, last_seqs, note_last_seqs, flags, when -> ids, in
			       their order */
	SQL_MESSAGES_KNOWN, /* gym ids, room ids, ids -> i, seq, stored_at, role, sender, kind,
			       body, reply_to, attachments */
	SQL_NOTES_KNOWN,
	SQL_ROOMS_ADVANCE, /* gym ids, room ids, expected last_seqs, new ones, flags, when */
	SQL_ROOMS_REOPEN, /* the same -> gym id, room id, title of those that ADVANCE left out since
			     they were closed */
	SQL_ROOMS_NOTES,  /* gym ids, room ids, expected note_last_seqs, new ones */
	SQL_MARKS_READ, /* gym ids, room ids, roles, readers -> i, own mark and times, the side's */
	SQL_MARKS_WRITE,   /* gym ids, room ids, roles, readers, delivered, read, their times */
	SQL_RECEIPTS_ADD,  /* gym ids, room ids, roles, readers, delivered, read, at,
			      first_delivered, first_read */
	SQL_DEAD_ADD,	   /* topics, payloads, reasons, details, times */
	SQL_DEAD_ADD_ONCE, /* the same and since: not those that are there from before then */
	SQL_SEEN,	   /* gym ids, roles, persons, times */
	SQL_FIRST_NAMES,   /* gym ids, clients -> i, first name */
	SQL_COUNT
};

extern const struct sql_query archiver_sql[SQL_COUNT];

/* Run on each connection before the statements are prepared. */
extern const char archiver_sql_setup[];
