/* reject.c - see reject.h. */
#include "broker-conf/reject.h"

#include <stdbool.h>
#include <string.h>

#include "common/jsonread.h"
#include "common/jsonscan.h"
#include "common/rand.h"

/* The id that the sender's outbox looks for. Only from a payload that the archiver would read the
 * same way. */
static bool reject_find_id(const struct reject *reject, char id[UUID_TEXT_SIZE])
{
	struct json_member members[JSON_KEYS_MAX];
	size_t n;

	if (reject->payload == NULL || reject->len > REJECT_SCAN_MAX ||
		json_check_object(reject->payload, reject->len, members, &n, NULL) != 0)
		return false;
	for (size_t i = 0; i < n; i++)
		if (json_key_is(members[i].key, "id"))
			return members[i].type == JSON_STRING &&
			       json_unescape(members[i].value, id, UUID_TEXT_SIZE) >= 0 &&
			       uuid_is_valid(id, strlen(id));
	return false;
}

/* gym/{gym}/room/{room}/… or gym/{gym}/desk/{room}/…, also where the rest is no topic of ours. */
static bool reject_find_room(const char *topic, char room[TOPIC_KEY_MAX + 1])
{
	const char *at = topic;
	if (strncmp(at, "gym/", 4) != 0)
		return false;
	at = strchrnul(at + 4, '/');
	if (strncmp(at, "/room/", 6) != 0 && strncmp(at, "/desk/", 6) != 0)
		return false;
	at += 6;
	size_t len = (size_t)(strchrnul(at, '/') - at);
	if (!topic_is_key_n(at, len))
		return false;
	memcpy(room, at, len);
	room[len] = '\0';
	return true;
}

void reject_write(const struct reject *reject, struct jsonout *out)
{
	char id[UUID_TEXT_SIZE], room[TOPIC_KEY_MAX + 1];

	jsonout_reset(out);
	jsonout_open(out, '{');
	jsonout_key(out, "rejected");
	jsonout_open(out, '[');
	jsonout_open(out, '{');
	jsonout_pair(out, "id", reject_find_id(reject, id) ? id : NULL);
	jsonout_pair(out, "room", reject_find_room(reject->topic, room) ? room : NULL);
	jsonout_pair(out, "code", reject->code);
	jsonout_pair(out, "detail", reject->detail);
	if (reject->retry_after_ms > 0)
		jsonout_pair_int(out, "retry_after_ms", reject->retry_after_ms);
	jsonout_close(out, '}');
	jsonout_close(out, ']');
	jsonout_close(out, '}');
}
