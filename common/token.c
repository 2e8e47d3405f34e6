#include "common/token.h"

#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base64url.h"
#include "common/jsonout.h"
#include "common/jsonread.h"
#include "common/jsonscan.h"
#include "common/token_keys.h"
#include "common/utf8.h"

#define AUDIENCE "gymchat"

static inline void jwt_auto(jwt_t **jwt)
{
	jwt_free(*jwt);
}

/* One of the first two parts of a token: an object, its members pointing into text. */
struct part {
	size_t nmembers;
	struct json_member members[JSON_KEYS_MAX];
	uint8_t text[TOKEN_MAX];
};

static int deny(struct err *err, const char *what)
{
	return err_set(err, ERR_DENIED, "token: %s", what);
}

static int part_decode(struct part *part, const char *from, const char *to)
{
	int len = base64url_decode(from, (size_t)(to - from), part->text, sizeof(part->text));
	if (len < 0)
		return -1;
	return json_check_object(part->text, (size_t)len, part->members, &part->nmembers, NULL);
}

static const struct json_member *part_find(const struct part *part, const char *name)
{
	for (size_t i = 0; i < part->nmembers; i++) {
		if (json_key_is(part->members[i].key, name))
			return &part->members[i];
	}
	return NULL;
}

/* Header and claims of "header.claims.signature"; nothing of it is proven yet. */
static int token_split(const char *token, struct part *header, struct part *claims)
{
	uint8_t signature[TOKEN_MAX];
	size_t len = strnlen(token, TOKEN_MAX + 1);
	const char *end = token + len;
	const char *first = len <= TOKEN_MAX ? memchr(token, '.', len) : NULL;
	const char *second =
		first != NULL ? memchr(first + 1, '.', (size_t)(end - first - 1)) : NULL;
	if (second == NULL || part_decode(header, token, first) != 0 ||
		part_decode(claims, first + 1, second) != 0)
		return -1;
	return base64url_decode(
		       second + 1, (size_t)(end - second - 1), signature, sizeof(signature)) > 0
		       ? 0
		       : -1;
}

/* A string claim into buf: 1 there, 0 missing, -1 of another type or longer. */
static int get_string(const struct part *part, const char *name, char *buf, size_t size)
{
	const struct json_member *m = part_find(part, name);
	buf[0] = '\0';
	if (m == NULL)
		return 0;
	if (m->type != JSON_STRING || json_unescape(m->value, buf, size) < 0)
		return -1;
	return 1;
}

static int get_key(const struct part *part, const char *name, char buf[TOPIC_KEY_MAX + 1])
{
	int rc = get_string(part, name, buf, TOPIC_KEY_MAX + 1);
	return rc == 1 && !topic_is_key(buf) ? -1 : rc;
}

/* Seconds since 1970, fractions (RFC 7519 allows them) cut: 1 there, 0 missing, -1 anything else.
 */
static int get_seconds(const struct part *part, const char *name, int64_t *sec_r)
{
	const struct json_member *m = part_find(part, name);
	*sec_r = 0;
	if (m == NULL)
		return 0;
	if (m->type != JSON_NUMBER)
		return -1;
	const char *at = m->value.at, *end = at + m->value.len;
	for (; at < end && *at >= '0' && *at <= '9' && *sec_r <= TOKEN_EXP_MAX; at++)
		*sec_r = *sec_r * 10 + (*at - '0');
	if (at < end && *at == '.') {
		at++;
		while (at < end && *at >= '0' && *at <= '9')
			at++;
	}
	return at == end && *sec_r <= TOKEN_EXP_MAX ? 1 : -1;
}

static bool is_audience(struct json_slice raw)
{
	char text[sizeof(AUDIENCE)];
	return json_unescape(raw, text, sizeof(text)) >= 0 && strcmp(text, AUDIENCE) == 0;
}

/* "gymchat", or an array of strings with it (RFC 7519). */
static bool has_audience(const struct part *claims)
{
	const struct json_member *m = part_find(claims, "aud");
	if (m == NULL || m->type != JSON_ARRAY)
		return m != NULL && m->type == JSON_STRING && is_audience(m->value);
	size_t cursor = 0;
	struct json_slice item;
	enum json_type type;
	bool found = false;
	while (json_next_item(m->value, &cursor, &item, &type) == 1) {
		if (type != JSON_STRING)
			return false;
		found |= is_audience(item);
	}
	return found;
}

/* A client enters no kiosk's room, whatever its token lists or its id is: dropped here, so that no
 * answer that goes by the list of rooms can forget it. */
static bool is_reserved(const struct claims *c, const char *room)
{
	return c->role == ROLE_CLIENT && topic_is_kiosk_room(room);
}

static int add_room(struct claims *c, struct json_slice raw, enum json_type type)
{
	if (c->nrooms == TOKEN_ROOMS_MAX || type != JSON_STRING)
		return -1;
	char *room = c->rooms[c->nrooms];
	if (json_unescape(raw, room, sizeof(c->rooms[0])) < 0 || !topic_is_key(room))
		return -1;
	c->nrooms += !is_reserved(c, room);
	return 0;
}

/* Where the claim is missing: a client's own room, a kiosk's own. -1: a kiosk's id too long for
 * one. */
static int default_rooms(struct claims *c)
{
	if (c->role != ROLE_CLIENT && c->role != ROLE_KIOSK)
		return 0;
	const char *prefix = c->role == ROLE_KIOSK ? "kiosk-" : "";
	if (strlen(prefix) + strlen(c->sub) > TOPIC_KEY_MAX)
		return -1;
	memcpy(mempcpy(c->rooms[0], prefix, strlen(prefix)), c->sub, strlen(c->sub) + 1);
	c->nrooms = !is_reserved(c, c->rooms[0]);
	return 0;
}

static int get_rooms(const struct part *claims, struct claims *c)
{
	const struct json_member *m = part_find(claims, "rooms");
	if (m == NULL)
		return default_rooms(c);
	if (m->type != JSON_ARRAY)
		return -1;
	size_t cursor = 0;
	struct json_slice item;
	enum json_type type;
	while (json_next_item(m->value, &cursor, &item, &type) == 1) {
		if (add_room(c, item, type) != 0)
			return -1;
	}
	return 0;
}

static int get_identity(const struct part *claims, struct claims *c, struct err *err)
{
	char role[16], issuer[TOKEN_MAX];
	if (!has_audience(claims))
		return deny(err, "aud is not " AUDIENCE);
	if (get_key(claims, "gym", c->gym) != 1)
		return deny(err, "gym is missing or no key");
	if (get_key(claims, "sub", c->sub) != 1)
		return deny(err, "sub is missing or not of [A-Za-z0-9_-]{1,64}");
	if (get_string(claims, "role", role, sizeof(role)) != 1 ||
		(c->role = role_parse(role)) == ROLE_NONE)
		return deny(err, "role is not client, staff, kiosk or service");
	if (get_string(claims, "name", c->name, sizeof(c->name)) < 0)
		return deny(err, "name is no string of at most 255 bytes");
	if (get_key(claims, "jti", c->jti) < 0)
		return deny(err, "jti is not of [A-Za-z0-9_-]{1,64}");
	if (get_string(claims, "iss", issuer, sizeof(issuer)) < 0)
		return deny(err, "iss is no string");
	if (get_rooms(claims, c) != 0)
		return deny(err, "rooms is no list of at most 16 keys");
	return 0;
}

static int get_times(const struct part *claims, struct claims *c, int64_t now_sec, struct err *err)
{
	if (get_seconds(claims, "iat", &c->iat) != 1)
		return deny(err, "iat is missing or no number of seconds");
	if (get_seconds(claims, "exp", &c->exp) != 1)
		return deny(err, "exp is missing or no number of seconds");
	if (get_seconds(claims, "nbf", &c->nbf) < 0)
		return deny(err, "nbf is no number of seconds");
	if (c->iat > now_sec + TOKEN_SKEW_SEC)
		return deny(err, "iat lies in the future");
	if (c->nbf > now_sec + TOKEN_SKEW_SEC)
		return deny(err, "not valid yet (nbf)");
	if (c->exp + TOKEN_SKEW_SEC <= now_sec)
		return err_set(err, ERR_EXPIRED, "token: expired %lld s ago",
			(long long)(now_sec - c->exp));
	return 0;
}

static const struct token_key *system_key(
	const struct token_keys *keys, const char *kid, struct err *err)
{
	bool is_named = *kid == '\0' || strcmp(kid, TOKEN_SYSTEM_KID) == 0;
	if (keys->system.bytes != NULL && is_named)
		return &keys->system;
	deny(err, "the gym " TOKEN_SYSTEM_GYM " is for the system key alone");
	return NULL;
}

/* The one key that may have signed for this gym. The header only picks among what the gym allows.
 */
static const struct token_key *pick_key(const struct token_keys *keys, const struct part *header,
	const struct part *claims, struct err *err)
{
	char kid[TOPIC_KEY_MAX + 1], gym[TOPIC_KEY_MAX + 1];
	if (get_key(header, "kid", kid) < 0 || get_key(claims, "gym", gym) != 1) {
		deny(err, "kid or gym is no key");
		return NULL;
	}
	if (strcmp(gym, TOKEN_SYSTEM_GYM) == 0)
		return system_key(keys, kid, err);
	if (*gym == '_') {
		deny(err, "gym keys that start with _ are reserved");
		return NULL;
	}
	for (unsigned i = 0; i < keys->ncrm; i++) {
		bool is_it = *kid == '\0' ? keys->ncrm == 1 : strcmp(kid, keys->crm[i].kid) == 0;
		if (is_it)
			return &keys->crm[i];
	}
	deny(err, *kid == '\0' ? "names no key (kid)" : "names an unknown key (kid)");
	return NULL;
}

/* What libjwt does not look at: the algorithm is the key's, and nothing critical is left aside (RFC
 * 7515). */
static int check_header(const struct part *header, const struct token_key *key, struct err *err)
{
	char alg[16];
	if (get_string(header, "alg", alg, sizeof(alg)) != 1 ||
		strcmp(alg, jwt_alg_str(key->alg)) != 0)
		return deny(err, "alg is not the key's");
	if (part_find(header, "crit") != NULL)
		return deny(err, "crit is not supported");
	return 0;
}

static int check_signature(const char *token, const struct token_key *key, struct err *err)
{
	AUTO(jwt) jwt_t *jwt = NULL;
	int rc = jwt_decode(&jwt, token, key->bytes, key->len);
	ERR_clear_error();
	if (rc != 0)
		return deny(err, "bad signature");
	return jwt_get_alg(jwt) == key->alg ? 0 : deny(err, "alg is not the key's");
}

static int check_life(const struct claims *c, int64_t max_days, struct err *err)
{
	if (c->exp - c->iat <= max_days * 86400 || strcmp(c->gym, TOKEN_SYSTEM_GYM) == 0)
		return 0;
	return err_set(err, ERR_DENIED, "token: exp is more than %lld days after iat",
		(long long)max_days);
}

int token_verify(const struct token_keys *keys, const char *token, int64_t max_days,
	int64_t now_sec, struct claims *claims_r, struct err *err)
{
	struct part header, claims;
	struct claims c = {.role = ROLE_NONE};
	memset(claims_r, 0, sizeof(*claims_r));
	if (token_split(token, &header, &claims) != 0)
		return deny(err, "malformed");
	const struct token_key *key = pick_key(keys, &header, &claims, err);
	if (key == NULL || check_header(&header, key, err) != 0 ||
		check_signature(token, key, err) != 0)
		return -1;
	if (get_identity(&claims, &c, err) != 0 || get_times(&claims, &c, now_sec, err) != 0 ||
		check_life(&c, max_days, err) != 0)
		return -1;
	if (key == &keys->system && c.role != ROLE_SERVICE)
		return deny(err, "the gym " TOKEN_SYSTEM_GYM " has services only");
	*claims_r = c;
	return 0;
}

static const struct token_key *signing_key(const struct token_keys *keys, const char *gym)
{
	if (strcmp(gym, TOKEN_SYSTEM_GYM) == 0)
		return keys->system.bytes != NULL ? &keys->system : NULL;
	for (unsigned i = 0; i < keys->ncrm; i++) {
		if (keys->crm[i].alg == JWT_ALG_HS256)
			return &keys->crm[i];
	}
	return NULL;
}

/* What token_verify would refuse is not signed. */
static int check_claims(const struct claims *c, struct err *err)
{
	bool is_system = strcmp(c->gym, TOKEN_SYSTEM_GYM) == 0;
	if (!topic_is_key(c->gym) || (*c->gym == '_' && !is_system))
		return err_set(err, ERR_INPUT, "gym is no key, or reserved");
	if (!topic_is_key(c->sub))
		return err_set(err, ERR_INPUT, "sub is not of [A-Za-z0-9_-]{1,64}");
	if (c->role < ROLE_CLIENT || c->role > ROLE_SERVICE ||
		(is_system && c->role != ROLE_SERVICE))
		return err_set(err, ERR_INPUT, "role does not fit the gym");
	if (!utf8_is_valid((const uint8_t *)c->name, strnlen(c->name, sizeof(c->name))))
		return err_set(err, ERR_INPUT, "name is not UTF-8");
	if (*c->jti != '\0' && !topic_is_key(c->jti))
		return err_set(err, ERR_INPUT, "jti is not of [A-Za-z0-9_-]{1,64}");
	for (unsigned i = 0; i < c->nrooms; i++) {
		if (i == TOKEN_ROOMS_MAX || !topic_is_key(c->rooms[i]))
			return err_set(err, ERR_INPUT, "rooms: at most %d keys", TOKEN_ROOMS_MAX);
	}
	if (c->iat < 0 || c->exp < 1 || c->exp > TOKEN_EXP_MAX || c->nbf < 0)
		return err_set(err, ERR_INPUT, "iat, exp or nbf is out of range");
	return 0;
}

static void put_claims(struct jsonout *out, const struct claims *c)
{
	jsonout_open(out, '{');
	jsonout_pair(out, "aud", AUDIENCE);
	jsonout_pair(out, "gym", c->gym);
	jsonout_pair(out, "role", role_name(c->role));
	jsonout_pair(out, "sub", c->sub);
	if (*c->name != '\0')
		jsonout_pair(out, "name", c->name);
	if (*c->jti != '\0')
		jsonout_pair(out, "jti", c->jti);
	jsonout_pair_int(out, "iat", c->iat);
	jsonout_pair_int(out, "exp", c->exp);
	if (c->nbf > 0)
		jsonout_pair_int(out, "nbf", c->nbf);
	if (c->nrooms > 0) {
		jsonout_key(out, "rooms");
		jsonout_open(out, '[');
		for (unsigned i = 0; i < c->nrooms; i++)
			jsonout_string(out, c->rooms[i]);
		jsonout_close(out, ']');
	}
	jsonout_close(out, '}');
}

/* The signed text, to be freed; NULL when libjwt fails. */
static char *sign_claims(const struct token_key *key, const struct claims *claims)
{
	AUTO(jwt) jwt_t *jwt = NULL;
	AUTO(jsonout) struct jsonout json;
	jsonout_init(&json);
	put_claims(&json, claims);
	if (jwt_new(&jwt) != 0 || jwt_add_grants_json(jwt, json.text) != 0 ||
		jwt_add_header(jwt, "kid", key->kid) != 0 ||
		jwt_set_alg(jwt, key->alg, key->bytes, key->len) != 0)
		return NULL;
	return jwt_encode_str(jwt);
}

int token_sign(const struct token_keys *keys, const struct claims *claims, char *buf, size_t size,
	struct err *err)
{
	if (check_claims(claims, err) != 0)
		return -1;
	const struct token_key *key = signing_key(keys, claims->gym);
	if (key == NULL)
		return err_set(err, ERR_CONFIG, "no %s to sign for the gym %s",
			*claims->gym == '_' ? "system key" : "HS256 key", claims->gym);
	char *token = sign_claims(key, claims);
	size_t len = token != NULL ? strlen(token) : 0;
	bool is_fit = token != NULL && len < size && len <= TOKEN_MAX;
	if (is_fit)
		memcpy(buf, token, len + 1);
	free(token);
	return is_fit ? 0 : err_set(err, ERR_TOO_LARGE, "the token does not fit %zu bytes", size);
}

bool claims_has_room(const struct claims *claims, const char *room)
{
	if (claims->role == ROLE_STAFF || claims->role == ROLE_SERVICE)
		return topic_is_key(room);
	for (unsigned i = 0; i < claims->nrooms; i++) {
		if (strcmp(claims->rooms[i], room) == 0)
			return true;
	}
	return false;
}

int claims_username(const struct claims *claims, char *buf, size_t size)
{
	int len =
		snprintf(buf, size, "%s.%s.%s", claims->gym, role_name(claims->role), claims->sub);
	return len >= 0 && (size_t)len < size ? len : -1;
}
