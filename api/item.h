/* item.h - a message, and a room of the inbox, from a result's row to JSON. */
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "api/row.h"
#include "common/jsonout.h"

/* Columns of a message, from base on, as sql.c gives them:
 * seq id role sender kind body reply_to attachments extra sent_at stored_at */
#define ITEM_MESSAGE_COLUMNS 11

/* name NULL: the sender's id stands for it. Times of 0 are null; ITEM_NOT_ASKED: nobody has looked
 * when it was delivered and read, so neither is written. */
#define ITEM_NOT_ASKED (-1)
void item_message(struct jsonout *json, struct row row, int base, const char *name,
	int64_t delivered_us, int64_t read_us);
/* A row of sql.c's ROOM_ITEMS. is_desk: with what only the desk may see. */
void item_room(struct jsonout *json, struct row row, bool is_desk);
/* The members of item_room without the braces, for those who add more. */
void item_room_members(struct jsonout *json, struct row row, bool is_desk);
/* ITEM_ROOM_PLACE is where phase, k1 and k2 stand in such a row, ITEM_ROOM_KEY its key, ... */
enum {
	ITEM_ROOM_PHASE,
	ITEM_ROOM_K1,
	ITEM_ROOM_K2,
	ITEM_ROOM_KEY,
	ITEM_ROOM_TITLE,
	ITEM_ROOM_KIND,
	ITEM_ROOM_STATUS,
	ITEM_ROOM_SNOOZED_UNTIL,
	ITEM_ROOM_ASSIGNEE,
	ITEM_ROOM_LABELS,
	ITEM_ROOM_LAST_SEQ,
	ITEM_ROOM_NOTE_LAST_SEQ,
	ITEM_ROOM_WAITING_SINCE,
	ITEM_ROOM_LAST_MESSAGE_AT,
	ITEM_ROOM_CREATED_AT,
	ITEM_ROOM_VERSION,
	ITEM_ROOM_UNREAD,
	ITEM_ROOM_PEOPLE,
	ITEM_ROOM_MESSAGE,
	ITEM_ROOM_NAME = ITEM_ROOM_MESSAGE + ITEM_MESSAGE_COLUMNS,
	ITEM_ROOM_DELIVERED_AT,
	ITEM_ROOM_READ_AT,
	ITEM_ROOM_READ,
	ITEM_ROOM_MARKS, /* of SQL_ROOM_ONE alone */
};

/* "key": time, or null for 0 */
void item_pair_time(struct jsonout *json, const char *key, int64_t us);
/* "key": JSON as it stands in a column, or what stands for NULL */
void item_pair_json(
	struct jsonout *json, const char *key, struct row row, int column, const char *null);

/* A room's version: changes with its row (version) and with its marks (the sum of them all). */
static inline int64_t item_version(int64_t version, int64_t marks_sum)
{
	return (int64_t)((uint64_t)version * 1000003u + (uint64_t)marks_sum);
}
/* How many of the n messages from row `first` on make a page: up to some 512 KiB, and one at least.
 */
#define ITEM_PAGE_BYTES	   (512 * 1024)
#define ITEM_MESSAGE_BYTES 400 /* of one without its text and what came with it */
int item_messages_that_fit(const PGresult *res, int first, int n, int base);
