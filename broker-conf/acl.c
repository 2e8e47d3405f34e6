/* acl.c - see acl.h. */
#include "broker-conf/acl.h"

#include <string.h>

#include "common/revocations.h"

/* A row is a topic filter in which some levels stand for something of the claims:
 *   {gym} {sub}  those of the claims                    {key}   any key: [A-Za-z0-9_-]{1,64}
 *   {own}        a room of the claims; kiosk-… rooms    {open}  any room but those kept for other
 * kiosks are reserved for kiosks                {role}  client, staff, kiosk, service {side}
 * client, staff: those who have marks    + #     as in MQTT Writing rows name keys, so that a
 * mistyped room ends here and not among the archive's dead letters; reading rows take any level, so
 * that a filter that is granted covers all that it matches. */
#define ACL_ROWS_MAX   9
#define ACL_LEVELS_MAX 8 /* of a filter; our topics have seven */
struct acl_rows {
	const char *write[ACL_ROWS_MAX]; /* each ended by NULL; the most frequent first */
	const char *read[ACL_ROWS_MAX];
};

static const struct acl_rows acl_roles[] = {
	[ROLE_CLIENT] =
		{
			.write = {"gym/{gym}/room/{own}/msg/client/{sub}",
				"gym/{gym}/room/{own}/receipt/client/{sub}",
				"gym/{gym}/room/{own}/typing/client/{sub}",
				"gym/{gym}/presence/client/{sub}"},
			.read = {"gym/{gym}/room/{own}/#", "gym/{gym}/presence/staff/+",
				"gym/{gym}/to/client/{sub}"},
		},
	[ROLE_STAFF] =
		{
			.write = {"gym/{gym}/room/{key}/msg/staff/{sub}",
				"gym/{gym}/room/{key}/receipt/staff/{sub}",
				"gym/{gym}/room/{key}/typing/staff/{sub}",
				"gym/{gym}/presence/staff/{sub}",
				"gym/{gym}/desk/{key}/note/staff/{sub}",
				"gym/{gym}/desk/{key}/here/staff/{sub}"},
			.read = {"gym/{gym}/room/+/#", "gym/{gym}/desk/#", "gym/{gym}/presence/#",
				"gym/{gym}/to/staff/{sub}"},
		},
	[ROLE_KIOSK] =
		{
			.write = {"gym/{gym}/room/{open}/msg/kiosk/{sub}",
				"gym/{gym}/presence/kiosk/{sub}"},
			.read = {"gym/{gym}/to/kiosk/{sub}", "gym/{gym}/room/{own}/#"},
		},
	/* What staff may, with its own name: receipts, notes and the desk's hints carry a staff's
	 * id in their topics, which a service must not borrow; it sets no marks, and writes notes
	 * through the API. */
	[ROLE_SERVICE] =
		{
			.write = {"gym/{gym}/room/{key}/msg/service/{sub}",
				"gym/{gym}/presence/service/{sub}"},
			.read = {"gym/{gym}/room/+/#", "gym/{gym}/desk/#", "gym/{gym}/presence/#",
				"gym/{gym}/to/service/{sub}"},
		},
};

/* The programs themselves: gym _system, role service, sub = the program. */
static const struct acl_program {
	const char *sub;
	struct acl_rows rows;
} acl_programs[] = {
	/* Never room/+/log: it would read its own notices back. */
	{"archiver", {.write = {"gym/{key}/room/{key}/log", "gym/{key}/to/{role}/{key}",
			      "gym/{key}/desk/{key}/log", "gymchat/state/archiver/{key}"},
			     .read = {"gym/+/room/+/msg/+/+", "gym/+/room/+/receipt/+/+",
				     "gym/+/presence/+/+", "gym/+/desk/+/note/+/+"}}},
	/* Messages, receipts and notes as the bearer whose token it has just checked. */
	{"api", {.write = {"gym/{key}/room/{key}/msg/{role}/{key}",
			 "gym/{key}/room/{key}/receipt/{side}/{key}",
			 "gym/{key}/desk/{key}/note/staff/{key}", "gym/{key}/room/{key}/log",
			 "gym/{key}/desk/{key}/log", "gym/{key}/to/{role}/{key}",
			 "gymchat/state/api/{key}", REVOCATIONS_TOPIC},
			.read = {"gym/+/room/+/log", "gym/+/desk/+/log", "gymchat/state/#",
				"$SYS/#"}}},
};

static const struct acl_rows *acl_rows_of(const struct claims *claims)
{
	if (claims->gym[0] != '_')
		return (unsigned)claims->role < COUNT(acl_roles) ? &acl_roles[claims->role] : NULL;
	if (strcmp(claims->gym, TOKEN_SYSTEM_GYM) != 0 || claims->role != ROLE_SERVICE)
		return NULL;
	for (size_t i = 0; i < COUNT(acl_programs); i++)
		if (strcmp(claims->sub, acl_programs[i].sub) == 0)
			return &acl_programs[i].rows;
	return NULL;
}

/* Length of the level when it is exactly this key, else 0. Keys are never empty. */
static size_t acl_same(const char *level, const char *key)
{
	size_t i = 0;
	while (key[i] != '\0' && level[i] == key[i])
		i++;
	return key[i] == '\0' && (level[i] == '/' || level[i] == '\0') ? i : 0;
}

static size_t acl_any_key(const char *level)
{
	size_t len = (size_t)(strchrnul(level, '/') - level);
	return topic_is_key_n(level, len) ? len : 0;
}

static size_t acl_role_word(const char *level, bool with_marks)
{
	size_t len = (size_t)(strchrnul(level, '/') - level);
	enum role role = role_parse_n(level, len);
	if (role == ROLE_NONE || (with_marks && role != ROLE_CLIENT && role != ROLE_STAFF))
		return 0;
	return len;
}

/* A token that lists a kiosk's room, or a client whose id begins like one, does not let a client in
 * there. */
static size_t acl_own_room(const char *level, const struct claims *claims)
{
	for (unsigned i = 0; i < claims->nrooms; i++) {
		size_t len = acl_same(level, claims->rooms[i]);
		if (len > 0 &&
			(claims->role == ROLE_KIOSK || !topic_is_kiosk_room(claims->rooms[i])))
			return len;
	}
	return 0;
}

/* A turnstile may take orders in its own room: another kiosk must not be able to give them. */
static size_t acl_open_room(const char *level, const struct claims *claims)
{
	if (!topic_is_kiosk_room(level))
		return acl_any_key(level);
	size_t len = acl_same(level + strlen("kiosk-"), claims->sub);
	return len > 0 ? len + strlen("kiosk-") : acl_own_room(level, claims);
}

/* How many bytes the level takes when it is what the row's {…} stands for; 0: it is not. */
static size_t acl_stands_for(const char *place, const char *level, const struct claims *claims)
{
	switch (place[1]) {
	case 'g': return acl_same(level, claims->gym);
	case 'k': return acl_any_key(level);
	case 'o':
		return place[2] == 'w' ? acl_own_room(level, claims) : acl_open_room(level, claims);
	case 'r': return acl_role_word(level, false);
	case 's':
		return place[2] == 'u' ? acl_same(level, claims->sub) : acl_role_word(level, true);
	default: return 0;
	}
}

/* One level of the row against one of the topic; both are moved to the '/' or NUL behind it. */
static bool acl_level(const char **row, const char **topic, const struct claims *claims)
{
	if (**row == '{') {
		size_t len = acl_stands_for(*row, *topic, claims);
		*row = strchrnul(*row, '/');
		*topic += len;
		return len > 0;
	}
	if (**row == '+') {
		/* Any level, '+' of a filter included, but not '#': that one would match deeper
		 * topics too. */
		bool multi = **topic == '#';
		*row += 1;
		*topic = strchrnul(*topic, '/');
		return !multi;
	}
	while (**row != '/' && **row != '\0' && **row == **topic) {
		(*row)++;
		(*topic)++;
	}
	return (**row == '/' || **row == '\0') && (**topic == '/' || **topic == '\0');
}

/* Whether the row covers the topic, or everything that the filter can match. */
static bool acl_covers(const char *row, const char *topic, const struct claims *claims)
{
	for (;;) {
		if (*row == '#')
			return true;
		if (!acl_level(&row, &topic, claims))
			return false;
		if (*row == '\0' || *topic == '\0')
			break;
		row++;
		topic++;
	}
	/* MQTT: a/# matches a as well. */
	return *topic == '\0' && (*row == '\0' || strcmp(row, "/#") == 0);
}

/* The broker keeps a node for each level of a filter, in memory and in its file, for as long as the
 * session is there: none may cost more than the longest of ours. */
static bool acl_is_small(const char *filter)
{
	size_t levels = 1, len = 0;
	for (; filter[len] != '\0' && len < TOPIC_MAX; len++)
		levels += filter[len] == '/';
	return len < TOPIC_MAX && levels <= ACL_LEVELS_MAX;
}

/* Wildcards stand alone in their level, '#' in the last one. The broker checks it too; this keeps
 * the promise of acl_decide for any string. */
static bool acl_is_filter(const char *filter)
{
	for (const char *at = filter; (at = strpbrk(at, "+#")) != NULL; at++) {
		if (at != filter && at[-1] != '/')
			return false;
		if (at[1] != '\0' && (*at == '#' || at[1] != '/'))
			return false;
	}
	return true;
}

bool acl_decide(const struct claims *claims, const char *topic, enum acl_access access)
{
	const struct acl_rows *rows = acl_rows_of(claims);
	if (rows == NULL ||
		(access == ACL_SUBSCRIBE && !(acl_is_small(topic) && acl_is_filter(topic))))
		return false;
	const char *const *row = access == ACL_WRITE ? rows->write : rows->read;
	for (; *row != NULL; row++)
		if (acl_covers(*row, topic, claims))
			return true;
	return false;
}
