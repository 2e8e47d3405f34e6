/* identity.c - see identity.h. */
#include "broker-conf/identity.h"

#include <string.h>

static const char identity_tail_chars[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
					  "abcdefghijklmnopqrstuvwxyz"
					  "0123456789_.-";

/* Copies the key up to the dot (or the end, for the last one) and moves *at behind it. */
static int identity_take_key(const char **at, char end, char key[TOPIC_KEY_MAX + 1])
{
	const char *stop = strchrnul(*at, '.');
	size_t len = (size_t)(stop - *at);
	if (*stop != end || !topic_is_key_n(*at, len))
		return -1;
	memcpy(key, *at, len);
	key[len] = '\0';
	*at = end == '\0' ? stop : stop + 1;
	return 0;
}

static bool identity_owns_client_id(const char *username, const char *client_id)
{
	size_t len = strlen(username);
	if (strncmp(client_id, username, len) != 0 || client_id[len] != '.')
		return false;
	const char *tail = client_id + len + 1;
	size_t tail_len = strspn(tail, identity_tail_chars);
	return tail[tail_len] == '\0' && tail_len > 0 && tail_len <= IDENTITY_TAIL_MAX;
}

/* Only the fields that it tells are written: this runs at every delivery to a session that is away.
 */
int identity_from_names(const char *username, const char *client_id, struct claims *claims_r)
{
	char role[TOPIC_KEY_MAX + 1];
	const char *at = username;

	claims_r->role = ROLE_NONE;
	claims_r->nrooms = 0;
	if (username == NULL || client_id == NULL)
		return -1;
	if (identity_take_key(&at, '.', claims_r->gym) != 0 ||
		identity_take_key(&at, '.', role) != 0 ||
		identity_take_key(&at, '\0', claims_r->sub) != 0)
		return -1;
	claims_r->role = role_parse(role);
	return claims_r->role != ROLE_NONE && identity_owns_client_id(username, client_id) ? 0 : -1;
}

int identity_check(
	const struct claims *claims, const char *username, const char *client_id, struct err *err)
{
	char wanted[IDENTITY_NAME_SIZE];
	if (claims_username(claims, wanted, sizeof wanted) < 0)
		return err_set(err, ERR_DENIED, "token names no identity");
	if (username == NULL || strcmp(username, wanted) != 0)
		return err_set(err, ERR_DENIED, "username must be %s for this token", wanted);
	if (client_id == NULL || !identity_owns_client_id(username, client_id))
		return err_set(err, ERR_DENIED, "client id must be %s. and 1 to %d of A-Za-z0-9_.-",
			wanted, IDENTITY_TAIL_MAX);
	return 0;
}

static bool is_system(const struct claims *claims)
{
	return strcmp(claims->gym, TOKEN_SYSTEM_GYM) == 0;
}

/* A will comes after the token's end as well, up to a year later in MQTT 5: it may tell that its
 * sender is gone, and nothing else. */
static bool identity_is_will(const struct claims *names, const char *topic)
{
	struct topic parsed;
	if (topic_parse(topic, &parsed) != 0)
		return false;
	return parsed.kind == TOPIC_PRESENCE || (parsed.kind == TOPIC_STATE && is_system(names));
}

bool identity_may_away(const struct claims *names, const char *topic, enum acl_access access)
{
	switch (access) {
	case ACL_READ: return is_system(names) && acl_decide(names, topic, ACL_READ);
	case ACL_WRITE:
		return identity_is_will(names, topic) && acl_decide(names, topic, ACL_WRITE);
	case ACL_SUBSCRIBE: return false;
	}
	return false;
}
