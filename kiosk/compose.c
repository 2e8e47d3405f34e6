#include "kiosk/compose.h"

#include <stdlib.h>
#include <string.h>

#include "common/jsonout.h"
#include "common/jsonread.h"
#include "common/jsonscan.h"
#include "common/must.h"
#include "common/when.h"

/* What a reader of the message will find is what it is checked by. */
static int entry_take(const struct jsonout *json, struct spool_entry *entry, struct err *err)
{
	struct envelope *envelope = must(malloc(sizeof(*envelope))); /* 32 KiB: not on the stack */
	int rc = envelope_parse((const uint8_t *)json->text, json->len, envelope, err);
	if (rc == 0) {
		strcpy(entry->id, envelope->id);
		memcpy(entry->payload, json->text, json->len);
		entry->payload[json->len] = '\0';
		entry->len = json->len;
	}
	free(envelope);
	return rc;
}

static int take_room(const char *room, struct spool_entry *entry, struct err *err)
{
	if (!topic_is_key(room))
		return err_set(
			err, ERR_INPUT, "the room is 1 to %d of [A-Za-z0-9_-]", TOPIC_KEY_MAX);
	strcpy(entry->room, room);
	return 0;
}

static void put_id_and_time(struct jsonout *json, const char *id, bool has_time)
{
	char fresh[UUID_TEXT_SIZE], when[WHEN_TEXT_SIZE];
	int64_t now_us = when_now_us();
	if (id == NULL)
		uuid_v7(now_us, fresh);
	jsonout_pair(json, "id", id == NULL ? fresh : id);
	if (!has_time)
		jsonout_pair(json, "sent_at", when_format(now_us, when));
}

int compose_words(const struct compose *words, struct spool_entry *entry, struct err *err)
{
	AUTO(jsonout) struct jsonout json;
	jsonout_init(&json);
	if (take_room(words->room, entry, err) < 0)
		return -1;
	jsonout_open(&json, '{');
	put_id_and_time(&json, words->id, false);
	if (words->kind != NULL)
		jsonout_pair(&json, "kind", words->kind);
	jsonout_pair(&json, "text", words->text);
	jsonout_close(&json, '}');
	return entry_take(&json, entry, err);
}

static int line_room(struct json_slice line, struct spool_entry *entry, struct err *err)
{
	struct json_member room;
	char key[TOPIC_KEY_MAX + 1];
	if (!json_find(line, "room", &room) || room.type != JSON_STRING)
		return err_set(err, ERR_INPUT, "the line has no room");
	if (json_unescape(room.value, key, sizeof(key)) < 0)
		return take_room("", entry, err);
	return take_room(key, entry, err);
}

static int line_id(struct json_slice line, char id[UUID_TEXT_SIZE], struct err *err)
{
	struct json_member member;
	id[0] = '\0';
	if (!json_find(line, "id", &member))
		return 0;
	if (member.type != JSON_STRING ||
		json_unescape(member.value, id, UUID_TEXT_SIZE) != UUID_TEXT_SIZE - 1)
		return err_set(err, ERR_INPUT, "id is no lower-case UUID");
	return 0;
}

/* The rest of the line, byte for byte. */
static void put_members(struct jsonout *json, struct json_slice line)
{
	struct json_member member;
	for (size_t cursor = 0; json_next(line, &cursor, &member) == 1;) {
		if (json_key_is(member.key, "room") || json_key_is(member.key, "id"))
			continue;
		const char *from = member.key.at - 1; /* its quote */
		jsonout_raw(json, from, (size_t)(member.value.at + member.value.len - from));
	}
}

int compose_line(const char *line, size_t len, struct spool_entry *entry, struct err *err)
{
	AUTO(jsonout) struct jsonout json;
	struct json_slice slice = {line, len};
	struct json_member members[JSON_KEYS_MAX], time;
	char id[UUID_TEXT_SIZE];
	size_t nmembers;
	jsonout_init(&json);
	if (json_check_object((const uint8_t *)line, len, members, &nmembers, err) < 0 ||
		line_room(slice, entry, err) < 0 || line_id(slice, id, err) < 0)
		return -1;
	jsonout_open(&json, '{');
	put_id_and_time(&json, id[0] == '\0' ? NULL : id, json_find(slice, "sent_at", &time));
	put_members(&json, slice);
	jsonout_close(&json, '}');
	return entry_take(&json, entry, err);
}
