#include "api/item.h"

#include <stdlib.h>
#include <string.h>

#include "common/auto.h"
#include "common/envelope.h"
#include "common/jsonread.h"
#include "common/must.h"
#include "common/when.h"

enum { SEQ, ID, ROLE, SENDER, KIND, BODY, REPLY_TO, ATTACHMENTS, EXTRA, SENT_AT, STORED_AT };

/* ---- pieces: names and values that need no escaping, written without a check each ---- */

#define PIECE_MAX 256

/* Text that belongs into the object as it stands, commas included. */
static void put_piece(struct jsonout *json, const char *text, const char *end)
{
	json->comma = false;
	jsonout_raw(json, text, (size_t)(end - text));
}

#define put_literal(json, text) put_piece(json, text, &(text)[sizeof(text) - 1])
#define write_literal(at, text) ((char *)memcpy(at, text, sizeof(text) - 1) + sizeof(text) - 1)

static char *write_number(char *at, int64_t n)
{
	char digits[24], *first = digits + sizeof(digits);
	uint64_t left = n < 0 ? -(uint64_t)n : (uint64_t)n;
	do
		*--first = (char)('0' + left % 10);
	while ((left /= 10) > 0);
	if (n < 0)
		*--first = '-';
	size_t len = (size_t)(digits + sizeof(digits) - first);
	return (char *)memcpy(at, first, len) + len;
}

static char *write_time(char *at, int64_t us)
{
	if (us == 0)
		return write_literal(at, "null");
	*at = '"';
	when_format(us, at + 1);
	at += 1 + sizeof("2026-11-22T10:41:07.123Z") - 1;
	*at++ = '"';
	return at;
}

void item_pair_time(struct jsonout *json, const char *key, int64_t us)
{
	char text[WHEN_TEXT_SIZE + 4];
	jsonout_key(json, key);
	jsonout_raw(json, text, (size_t)(write_time(text, us) - text));
}

void item_pair_json(
	struct jsonout *json, const char *key, struct row row, int column, const char *null)
{
	const char *text = row_text(row, column);
	jsonout_key(json, key);
	if (text != NULL)
		jsonout_raw(json, text, row_len(row, column));
	else
		jsonout_raw(json, null, strlen(null));
}

/* ---- fields that came with a message and that nobody here knows ---- */

/* What an answer says itself: a field that somebody sent under such a name must not stand beside
 * it, since parsers differ in which of two they take. */
static bool is_own_key(struct json_slice key)
{
	static const char *const own[] = {"id", "seq", "role", "sender", "name", "kind", "text",
		"reply_to", "attachments", "sent_at", "stored_at", "delivered_at", "read_at"};
	for (size_t i = 0; i < COUNT(own); i++) {
		if (json_key_is(key, own[i]))
			return true;
	}
	return false;
}

/* As it came, the quotes of its name included. */
static void extra_member(struct jsonout *json, const struct json_member *member)
{
	const char *from = member->key.at - 1;
	jsonout_raw(json, from, (size_t)(member->value.at + member->value.len - from));
}

static void extra_members(struct jsonout *json, struct row row, int column)
{
	size_t len = row_len(row, column), cursor = 0;
	char *object = must(malloc(len + 3));
	struct json_member member;
	object[0] = '{';
	memcpy(object + 1, row_text(row, column), len);
	memcpy(object + 1 + len, "}", 2);
	while (json_next((struct json_slice){object, len + 2}, &cursor, &member) == 1) {
		if (!is_own_key(member.key))
			extra_member(json, &member);
	}
	free(object);
}

/* ---- a message: the hot path ---- */

/* Everything up to the sender. Ids, numbers and roles (a check of the table) need no escaping. */
static void put_head(struct jsonout *json, struct row row, int base)
{
	char piece[PIECE_MAX], *at = write_literal(piece, "\"id\":\"");
	row_uuid(row, base + ID, at);
	at = write_literal(at + UUID_TEXT_SIZE - 1, "\",\"seq\":");
	at = write_number(at, row_int(row, base + SEQ));
	at = write_literal(at, ",\"role\":\"");
	at = stpcpy(at, row_text(row, base + ROLE));
	at = write_literal(at, "\",\"sender\":");
	put_piece(json, piece, at);
}

static void put_times(
	struct jsonout *json, struct row row, int base, int64_t delivered_us, int64_t read_us)
{
	char piece[PIECE_MAX], *at = write_literal(piece, ",\"sent_at\":");
	at = write_time(at, row_us(row, base + SENT_AT));
	at = write_literal(at, ",\"stored_at\":");
	at = write_time(at, row_us(row, base + STORED_AT));
	if (delivered_us != ITEM_NOT_ASKED) {
		at = write_literal(at, ",\"delivered_at\":");
		at = write_time(at, delivered_us);
		at = write_literal(at, ",\"read_at\":");
		at = write_time(at, read_us);
	}
	put_piece(json, piece, at);
}

static void put_text(struct jsonout *json, struct row row, int column)
{
	json->comma = false;
	jsonout_string_n(json, PQgetvalue(row.res, row.row, column), row_len(row, column));
}

static void put_name(struct jsonout *json, struct row row, int column, const char *name)
{
	json->comma = false;
	if (name != NULL && name[0] != '\0')
		jsonout_string(json, name);
	else
		put_text(json, row, column);
}

void item_message(struct jsonout *json, struct row row, int base, const char *name,
	int64_t delivered_us, int64_t read_us)
{
	char uuid[UUID_TEXT_SIZE];
	jsonout_open(json, '{');
	put_head(json, row, base);
	put_text(json, row, base + SENDER);
	put_literal(json, ",\"name\":");
	put_name(json, row, base + SENDER, name);
	put_literal(json, ",\"kind\":");
	put_text(json, row, base + KIND);
	put_literal(json, ",\"text\":");
	put_text(json, row, base + BODY);
	if (!row_is_null(row, base + REPLY_TO))
		jsonout_pair(json, "reply_to", row_uuid(row, base + REPLY_TO, uuid));
	if (!row_is_null(row, base + ATTACHMENTS))
		item_pair_json(json, "attachments", row, base + ATTACHMENTS, "[]");
	put_times(json, row, base, delivered_us, read_us);
	if (row_len(row, base + EXTRA) > 0)
		extra_members(json, row, base + EXTRA);
	jsonout_close(json, '}');
}

int item_messages_that_fit(const PGresult *res, int first, int n, int base)
{
	size_t bytes = 0;
	for (int i = 0; i < n; i++) {
		struct row row = {res, first + i};
		bytes += row_len(row, base + BODY) + row_len(row, base + ATTACHMENTS) +
			 row_len(row, base + EXTRA) + ITEM_MESSAGE_BYTES;
		if (bytes > ITEM_PAGE_BYTES && i > 0)
			return i;
	}
	return n;
}

/* ---- a room ---- */

static void desk_members(struct jsonout *json, struct row row)
{
	item_pair_time(json, "snoozed_until", row_us(row, ITEM_ROOM_SNOOZED_UNTIL));
	jsonout_pair(json, "assignee", row_text(row, ITEM_ROOM_ASSIGNEE));
	item_pair_json(json, "labels", row, ITEM_ROOM_LABELS, "[]");
	item_pair_time(json, "waiting_since", row_us(row, ITEM_ROOM_WAITING_SINCE));
	jsonout_pair_int(json, "note_last_seq", row_int(row, ITEM_ROOM_NOTE_LAST_SEQ));
}

void item_room_members(struct jsonout *json, struct row row, bool is_desk)
{
	jsonout_pair(json, "room", row_text(row, ITEM_ROOM_KEY));
	jsonout_pair(json, "title", row_text(row, ITEM_ROOM_TITLE));
	jsonout_pair(json, "kind", row_text(row, ITEM_ROOM_KIND));
	jsonout_pair(json, "status", row_text(row, ITEM_ROOM_STATUS));
	if (is_desk)
		desk_members(json, row);
	jsonout_pair_int(json, "last_seq", row_int(row, ITEM_ROOM_LAST_SEQ));
	jsonout_pair_int(json, "unread", row_int(row, ITEM_ROOM_UNREAD));
	jsonout_pair_int(json, "read", row_int(row, ITEM_ROOM_READ));
	item_pair_time(json, "last_message_at", row_us(row, ITEM_ROOM_LAST_MESSAGE_AT));
	item_pair_time(json, "created_at", row_us(row, ITEM_ROOM_CREATED_AT));
	item_pair_json(json, "people", row, ITEM_ROOM_PEOPLE, "[]");
	jsonout_key(json, "last_message");
	if (row_is_null(row, ITEM_ROOM_MESSAGE))
		jsonout_null(json);
	else
		item_message(json, row, ITEM_ROOM_MESSAGE, row_text(row, ITEM_ROOM_NAME),
			row_us(row, ITEM_ROOM_DELIVERED_AT), row_us(row, ITEM_ROOM_READ_AT));
}

void item_room(struct jsonout *json, struct row row, bool is_desk)
{
	jsonout_open(json, '{');
	item_room_members(json, row, is_desk);
	jsonout_close(json, '}');
}
