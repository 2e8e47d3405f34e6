#include "api/item.h"

#include <stdlib.h>
#include <string.h>

#include "common/auto.h"
#include "common/envelope.h"
#include "common/jsonscan.h"
#include "common/when.h"

enum { SEQ, ID, ROLE, SENDER, KIND, BODY, REPLY_TO, ATTACHMENTS, EXTRA, SENT_AT, STORED_AT };

void item_pair_time(struct jsonout *json, const char *key, int64_t us)
{
	char text[WHEN_TEXT_SIZE];
	jsonout_pair(json, key, us == 0 ? NULL : when_format(us, text));
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
	char *object = malloc(len + 3);
	struct json_member member;
	if (object == NULL)
		abort();
	object[0] = '{';
	memcpy(object + 1, row_text(row, column), len);
	memcpy(object + 1 + len, "}", 2);
	while (json_next((struct json_slice){object, len + 2}, &cursor, &member) == 1) {
		if (!is_own_key(member.key))
			extra_member(json, &member);
	}
	free(object);
}

/* ---- a message ---- */

void item_message(struct jsonout *json, struct row row, int base, const char *name,
	int64_t delivered_us, int64_t read_us)
{
	char uuid[UUID_TEXT_SIZE];
	const char *sender = row_text(row, base + SENDER);
	jsonout_open(json, '{');
	jsonout_pair(json, "id", row_uuid(row, base + ID, uuid));
	jsonout_pair_int(json, "seq", row_int(row, base + SEQ));
	jsonout_pair(json, "role", row_text(row, base + ROLE));
	jsonout_pair(json, "sender", sender);
	jsonout_pair(json, "name", name != NULL && name[0] != '\0' ? name : sender);
	jsonout_pair(json, "kind", row_text(row, base + KIND));
	jsonout_key(json, "text");
	jsonout_string_n(json, row_text(row, base + BODY), row_len(row, base + BODY));
	if (!row_is_null(row, base + REPLY_TO))
		jsonout_pair(json, "reply_to", row_uuid(row, base + REPLY_TO, uuid));
	if (!row_is_null(row, base + ATTACHMENTS))
		item_pair_json(json, "attachments", row, base + ATTACHMENTS, "[]");
	item_pair_time(json, "sent_at", row_us(row, base + SENT_AT));
	item_pair_time(json, "stored_at", row_us(row, base + STORED_AT));
	item_pair_time(json, "delivered_at", delivered_us);
	item_pair_time(json, "read_at", read_us);
	if (!row_is_null(row, base + EXTRA) && row_len(row, base + EXTRA) > 0)
		extra_members(json, row, base + EXTRA);
	jsonout_close(json, '}');
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
