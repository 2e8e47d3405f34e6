/* history.h - a page of messages from the result of SQL_HISTORY_... to JSON: the hot path. Pure. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "api/row.h"
#include "common/jsonout.h"

struct history { /* what the rows say besides the JSON */
	bool has_room;
	int64_t last_seq;
	int64_t version; /* of the room, for poll.h */
	int messages;
};

/* Writes {"messages":[...],"marks":[...],"last_seq":n,"room":{...}}. room: the key that was asked
 * for, for a room that nobody has written to. is_desk: with what only the desk may see. is_after:
 * the rows come oldest first. */
void history_write(struct jsonout *json, const PGresult *res, const char *room, bool is_desk,
	bool is_after, struct history *history_r);
