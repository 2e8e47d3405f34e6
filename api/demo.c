#include "api/demo.h"

#include <string.h>

#include "common/utf8.h"
#include "common/when.h"

static const struct demo_person {
	enum role role;
	const char *sub, *name;
} people[] = {
	{ROLE_CLIENT, "ana", "Ana"},
	{ROLE_STAFF, "marta", "Marta"},
	{ROLE_KIOSK, "entrada", "Entrada"},
};

static const struct demo_person *demo_person_of(const char *role)
{
	for (size_t i = 0; i < COUNT(people); i++) {
		if (people[i].role == role_parse(role))
			return &people[i];
	}
	return NULL;
}

static int demo_fill(struct claims *claims, const struct demo_person *person, const char *sub,
	const char *name, struct err *err)
{
	if (sub != NULL && !topic_is_key(sub))
		return err_set(err, ERR_INPUT, "sub must be 1 to 64 of A-Z a-z 0-9 _ -");
	if (name == NULL)
		name = sub == NULL || strcmp(sub, person->sub) == 0 ? person->name : sub;
	if (strlen(name) >= sizeof(claims->name) ||
		!utf8_is_valid((const uint8_t *)name, strlen(name)))
		return err_set(err, ERR_INPUT, "name must be UTF-8 of at most %zu bytes",
			sizeof(claims->name) - 1);
	claims->role = person->role;
	strcpy(claims->sub, sub == NULL ? person->sub : sub);
	strcpy(claims->name, name);
	return 0;
}

int demo_token(const struct token_keys *keys, const char *gym, const char *role, const char *sub,
	const char *name, int64_t now_us, struct jsonout *json, struct err *err)
{
	struct claims claims = {.iat = now_us / 1000000};
	const struct demo_person *person = demo_person_of(role);
	char token[TOKEN_MAX + 1], expires_at[WHEN_TEXT_SIZE];
	if (person == NULL)
		return err_set(err, ERR_NOT_FOUND, "the demo has client, staff and kiosk");
	if (demo_fill(&claims, person, sub, name, err) < 0)
		return -1;
	strcpy(claims.gym, gym);
	claims.exp = claims.iat + DEMO_TOKEN_SEC;
	if (token_sign(keys, &claims, token, sizeof(token), err) < 0)
		return -1;
	jsonout_open(json, '{');
	jsonout_pair(json, "token", token);
	jsonout_pair(json, "expires_at", when_format(claims.exp * 1000000, expires_at));
	jsonout_close(json, '}');
	return 0;
}
