#include "kiosk/identity.h"

#include <stdlib.h>
#include <string.h>

#include "common/base64url.h"
#include "common/jsonread.h"
#include "common/jsonscan.h"
#include "common/token.h"

static int get_key(struct json_slice claims, const char *name, char *buf, size_t size)
{
	struct json_member member;
	if (!json_find(claims, name, &member) || member.type != JSON_STRING)
		return -1;
	return json_unescape(member.value, buf, size) > 0 && topic_is_key(buf) ? 0 : -1;
}

static int read_claims(struct json_slice claims, struct identity *identity, struct err *err)
{
	struct json_member exp;
	char role[TOPIC_KEY_MAX + 1];
	if (get_key(claims, "gym", identity->gym, sizeof(identity->gym)) < 0 ||
		get_key(claims, "sub", identity->sub, sizeof(identity->sub)) < 0 ||
		get_key(claims, "role", role, sizeof(role)) < 0)
		return err_set(err, ERR_CONFIG,
			"the token lacks gym, sub or role: gymchat's are described in "
			"docs/security.md");
	if (role_parse(role) != ROLE_KIOSK)
		return err_set(
			err, ERR_CONFIG, "the token is of role %s: a kiosk's is needed", role);
	identity->exp = json_find(claims, "exp", &exp) && exp.type == JSON_NUMBER
				? (int64_t)strtod(exp.value.at, NULL)
				: 0;
	return 0;
}

int identity_read(const char *token, struct identity *identity, struct err *err)
{
	char claims[TOKEN_MAX + 1];
	struct json_member members[JSON_KEYS_MAX];
	size_t nmembers;
	const char *first = strchr(token, '.'),
		   *second = first == NULL ? NULL : strchr(first + 1, '.');
	*identity = (struct identity){0};
	int len = second == NULL ? -1
				 : base64url_decode(first + 1, (size_t)(second - first - 1), claims,
					   TOKEN_MAX);
	if (len < 0)
		return err_set(
			err, ERR_CONFIG, "the token is no JWT of at most %d bytes", TOKEN_MAX);
	claims[len] = '\0';
	if (json_check_object((const uint8_t *)claims, (size_t)len, members, &nmembers, err) < 0) {
		err_set(err, ERR_CONFIG, "the token's claims are no JSON object");
		return -1;
	}
	return read_claims((struct json_slice){claims, (size_t)len}, identity, err);
}
