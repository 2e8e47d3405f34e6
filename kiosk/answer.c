#include "kiosk/answer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/jsonout.h"
#include "common/jsonread.h"
#include "common/jsonscan.h"
#include "common/must.h"

/* Strings that do not fit are cut at a character: they are for people. */
static void get_text(struct json_slice object, const char *key, char *buf, size_t size)
{
	struct json_member member;
	buf[0] = '\0';
	if (!json_find(object, key, &member) || member.type != JSON_STRING)
		return;
	char *whole = must(malloc(member.value.len + 1));
	int len = json_unescape(member.value, whole, member.value.len + 1);
	if (len >= (int)size)
		for (len = (int)size - 1; len > 0 && ((unsigned char)whole[len] & 0xc0) == 0x80;)
			len--;
	if (len > 0) {
		memcpy(buf, whole, (size_t)len);
		buf[len] = '\0';
	}
	free(whole);
}

static int64_t get_number(struct json_slice object, const char *key)
{
	struct json_member member;
	if (!json_find(object, key, &member) || member.type != JSON_NUMBER)
		return 0;
	double n = strtod(member.value.at, NULL); /* ends at the comma or brace after it */
	return n > 0 && n < 9007199254740992.0 ? (int64_t)n : 0;
}

static int read_section(struct json_slice payload, bool is_stored,
	void (*take)(void *, const struct answer *), void *ctx)
{
	struct json_member section;
	struct json_slice item;
	enum json_type type;
	int found = 0;
	if (!json_find(payload, is_stored ? "stored" : "rejected", &section) ||
		section.type != JSON_ARRAY)
		return 0;
	for (size_t cursor = 0; json_next_item(section.value, &cursor, &item, &type) == 1;) {
		struct answer answer = {.is_stored = is_stored};
		if (type != JSON_OBJECT)
			continue;
		get_text(item, "id", answer.id, sizeof(answer.id));
		if (!uuid_is_valid(answer.id, strlen(answer.id)))
			continue; /* null: the payload was so broken that nobody knows */
		get_text(item, "room", answer.room, sizeof(answer.room));
		answer.seq = get_number(item, "seq");
		get_text(item, "first_name", answer.first_name, sizeof(answer.first_name));
		get_text(item, "code", answer.code, sizeof(answer.code));
		get_text(item, "detail", answer.detail, sizeof(answer.detail));
		answer.retry_after_ms = get_number(item, "retry_after_ms");
		take(ctx, &answer);
		found++;
	}
	return found;
}

int answers_read(
	const void *payload, size_t len, void (*take)(void *, const struct answer *), void *ctx)
{
	struct json_member members[JSON_KEYS_MAX];
	size_t nmembers;
	if (json_check_object(payload, len, members, &nmembers, NULL) < 0)
		return -1;
	struct json_slice object = {payload, len};
	int stored = read_section(object, true, take, ctx);
	return stored + read_section(object, false, take, ctx);
}

char *answer_line(
	const struct answer *answer, const char *room, unsigned line, char *buf, size_t size)
{
	AUTO(jsonout) struct jsonout json;
	jsonout_init(&json);
	jsonout_open(&json, '{');
	if (line > 0)
		jsonout_pair_int(&json, "line", line);
	if (answer->id[0] != '\0')
		jsonout_pair(&json, "id", answer->id);
	if (room[0] != '\0')
		jsonout_pair(&json, "room", room);
	jsonout_pair(&json, "state", answer->is_stored ? "stored" : "rejected");
	if (answer->is_stored)
		jsonout_pair_int(&json, "seq", answer->seq);
	if (answer->first_name[0] != '\0')
		jsonout_pair(&json, "first_name", answer->first_name);
	if (!answer->is_stored) {
		jsonout_pair(&json, "code", answer->code);
		jsonout_pair(&json, "detail", answer->detail);
	}
	jsonout_close(&json, '}');
	snprintf(buf, size, "%s", json.text);
	return buf;
}
