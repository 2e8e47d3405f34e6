#include "common/topic.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define ROLES_ALL    (BIT(ROLE_CLIENT) | BIT(ROLE_STAFF) | BIT(ROLE_KIOSK) | BIT(ROLE_SERVICE))
#define ROLES_SIDES  (BIT(ROLE_CLIENT) | BIT(ROLE_STAFF))
#define LEVELS_MAX   7
#define LEVEL_GYM    1
#define LEVEL_ROOM   3
#define KIOSK_PREFIX "kiosk-"

/* One row a kind: what stands after gym/{gym}/. The same table parses and formats. */
struct shape {
	const char *area; /* third level */
	bool has_room;
	const char *verb; /* after the room; NULL: none */
	unsigned roles;	  /* allowed in {role}; 0: the topic ends after the verb */
};

static const struct shape shapes[] = {
	[TOPIC_MSG] = {"room", true, "msg", ROLES_ALL},
	[TOPIC_RECEIPT] = {"room", true, "receipt", ROLES_SIDES},
	[TOPIC_TYPING] = {"room", true, "typing", ROLES_SIDES},
	[TOPIC_ROOM_LOG] = {"room", true, "log", 0},
	[TOPIC_TO] = {"to", false, NULL, ROLES_ALL},
	[TOPIC_PRESENCE] = {"presence", false, NULL, ROLES_ALL},
	[TOPIC_NOTE] = {"desk", true, "note", BIT(ROLE_STAFF)},
	[TOPIC_HERE] = {"desk", true, "here", BIT(ROLE_STAFF)},
	[TOPIC_DESK_LOG] = {"desk", true, "log", 0},
	[TOPIC_ANNOUNCE] = {"announce", false, NULL, BIT(ROLE_STAFF)},
};

static const char *const role_names[] = {
	[ROLE_NONE] = "none",
	[ROLE_CLIENT] = "client",
	[ROLE_STAFF] = "staff",
	[ROLE_KIOSK] = "kiosk",
	[ROLE_SERVICE] = "service",
};

struct level {
	const char *at;
	size_t len;
};

static const bool key_chars[256] = {
	['A' ... 'Z'] = true,
	['a' ... 'z'] = true,
	['0' ... '9'] = true,
	['_'] = true,
	['-'] = true,
};

bool topic_is_key_n(const char *key, size_t len)
{
	if (len < 1 || len > TOPIC_KEY_MAX)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (!key_chars[(uint8_t)key[i]])
			return false;
	}
	return true;
}

bool topic_is_key(const char *key)
{
	return topic_is_key_n(key, strnlen(key, TOPIC_KEY_MAX + 1));
}

bool topic_is_kiosk_room(const char *room)
{
	return strncmp(room, KIOSK_PREFIX, sizeof(KIOSK_PREFIX) - 1) == 0;
}

enum role role_parse_n(const char *word, size_t len)
{
	for (size_t i = ROLE_CLIENT; i < COUNT(role_names); i++) {
		if (strlen(role_names[i]) == len && memcmp(word, role_names[i], len) == 0)
			return (enum role)i;
	}
	return ROLE_NONE;
}

enum role role_parse(const char *word)
{
	return role_parse_n(word, strlen(word));
}

const char *role_name(enum role role)
{
	return (size_t)role < COUNT(role_names) ? role_names[role] : role_names[ROLE_NONE];
}

static bool level_is(struct level level, const char *word)
{
	return strlen(word) == level.len && memcmp(level.at, word, level.len) == 0;
}

static int level_copy(struct level level, char key[TOPIC_KEY_MAX + 1])
{
	if (!topic_is_key_n(level.at, level.len))
		return -1;
	memcpy(key, level.at, level.len);
	key[level.len] = '\0';
	return 0;
}

/* Splits at slashes; number of levels, 0 when there are more than LEVELS_MAX. */
static size_t split(const char *topic, struct level levels[LEVELS_MAX])
{
	for (size_t n = 0; n < LEVELS_MAX; n++) {
		const char *slash = strchrnul(topic, '/');
		levels[n] = (struct level){topic, (size_t)(slash - topic)};
		if (*slash == '\0')
			return n + 1;
		topic = slash + 1;
	}
	return 0;
}

static const struct shape *find_shape(const struct level *levels, size_t nlevels)
{
	for (size_t i = 0; i < COUNT(shapes); i++) {
		const struct shape *s = &shapes[i];
		size_t want = 3 + (s->has_room ? 2 : 0) + (s->roles != 0 ? 2 : 0);
		if (nlevels == want && level_is(levels[2], s->area) &&
			(s->verb == NULL || level_is(levels[LEVEL_ROOM + 1], s->verb)))
			return s;
	}
	return NULL;
}

static int parse_state(const struct level *levels, size_t nlevels, struct topic *topic_r)
{
	topic_r->kind = TOPIC_STATE;
	if (nlevels != 4 || !level_is(levels[1], "state"))
		return -1;
	return level_copy(levels[2], topic_r->room) == 0 ? level_copy(levels[3], topic_r->who) : -1;
}

static int parse_gym(const struct level *levels, size_t nlevels, struct topic *topic_r)
{
	const struct shape *shape = nlevels >= 5 ? find_shape(levels, nlevels) : NULL;
	if (shape == NULL || level_copy(levels[LEVEL_GYM], topic_r->gym) != 0)
		return -1;
	topic_r->kind = (enum topic_kind)(shape - shapes);
	if (shape->has_room && level_copy(levels[LEVEL_ROOM], topic_r->room) != 0)
		return -1;
	if (shape->roles == 0)
		return 0;
	struct level role = levels[nlevels - 2];
	topic_r->role = role_parse_n(role.at, role.len);
	if ((BIT(topic_r->role) & shape->roles) == 0)
		return -1;
	return level_copy(levels[nlevels - 1], topic_r->who);
}

int topic_parse(const char *topic, struct topic *topic_r)
{
	struct level levels[LEVELS_MAX];
	size_t nlevels = split(topic, levels);
	memset(topic_r, 0, sizeof(*topic_r));
	int rc = -1;
	if (nlevels > 1 && level_is(levels[0], "gym"))
		rc = parse_gym(levels, nlevels, topic_r);
	else if (nlevels > 1 && level_is(levels[0], "gymchat"))
		rc = parse_state(levels, nlevels, topic_r);
	if (rc != 0)
		memset(topic_r, 0, sizeof(*topic_r));
	return rc;
}

static int fits(int len, size_t size)
{
	return len >= 0 && (size_t)len < size ? len : -1;
}

static int format_state(const struct topic *topic, char *buf, size_t size)
{
	if (!topic_is_key(topic->room) || !topic_is_key(topic->who))
		return -1;
	return fits(snprintf(buf, size, "gymchat/state/%s/%s", topic->room, topic->who), size);
}

/* Whether the shape's parts of a topic are there and valid. */
static bool is_whole(const struct topic *topic, const struct shape *shape)
{
	if (!topic_is_key(topic->gym) || (shape->has_room && !topic_is_key(topic->room)))
		return false;
	if (shape->roles == 0)
		return true;
	return (unsigned)topic->role < COUNT(role_names) &&
	       (BIT(topic->role) & shape->roles) != 0 && topic_is_key(topic->who);
}

int topic_format(const struct topic *topic, char *buf, size_t size)
{
	if (topic->kind == TOPIC_STATE)
		return format_state(topic, buf, size);
	if ((size_t)topic->kind >= COUNT(shapes))
		return -1;
	const struct shape *shape = &shapes[topic->kind];
	if (!is_whole(topic, shape))
		return -1;
	const char *verb = shape->verb != NULL ? shape->verb : "";
	bool has_role = shape->roles != 0;
	return fits(snprintf(buf, size, "gym/%s/%s%s%s%s%s%s%s%s%s", topic->gym, shape->area,
			    shape->has_room ? "/" : "", shape->has_room ? topic->room : "",
			    shape->verb != NULL ? "/" : "", verb, has_role ? "/" : "",
			    has_role ? role_names[topic->role] : "", has_role ? "/" : "",
			    has_role ? topic->who : ""),
		size);
}
