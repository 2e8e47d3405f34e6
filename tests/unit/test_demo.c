#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>
#include <cmocka.h>
#include <string.h>

#include "api/demo.h"

#define NOW_SEC INT64_C(1795000000)

static struct token_keys *keys;

static int make_keys(void **state)
{
	struct err err = {0};
	(void)state;
	return token_keys_new(
		&keys, "k1 HS256 MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY", NULL, &err);
}

static int drop_keys(void **state)
{
	(void)state;
	token_keys_free(&keys);
	return 0;
}

/* 0 and the claims of the token that came, or the error's code. */
static enum err_code ask(
	const char *role, const char *sub, const char *name, struct claims *claims_r)
{
	struct jsonout json;
	struct err err = {0};
	jsonout_init(&json);
	int rc = demo_token(keys, "demo", role, sub, name, NOW_SEC * 1000000, &json, &err);
	if (rc == 0) {
		cJSON *answer = cJSON_Parse(json.text);
		const char *token = cJSON_GetStringValue(cJSON_GetObjectItem(answer, "token"));
		assert_non_null(token);
		assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(answer, "expires_at")),
			"2026-11-18T11:21:40.000Z");
		assert_int_equal(token_verify(keys, token, 1, NOW_SEC, claims_r, &err), 0);
		cJSON_Delete(answer);
	}
	jsonout_deinit(&json);
	return rc == 0 ? ERR_NONE : err.code;
}

static void gives_each_role_its_person(void **state)
{
	static const struct {
		const char *word, *sub, *name;
		enum role role;
	} cases[] = {{"client", "ana", "Ana", ROLE_CLIENT}, {"staff", "marta", "Marta", ROLE_STAFF},
		{"kiosk", "entrada", "Entrada", ROLE_KIOSK}};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct claims claims = {0};
		assert_int_equal(ask(cases[i].word, NULL, NULL, &claims), ERR_NONE);
		assert_int_equal(claims.role, cases[i].role);
		assert_string_equal(claims.gym, "demo");
		assert_string_equal(claims.sub, cases[i].sub);
		assert_string_equal(claims.name, cases[i].name);
		assert_int_equal(claims.exp, NOW_SEC + DEMO_TOKEN_SEC);
	}
}

static void takes_another_person(void **state)
{
	struct claims claims = {0};
	(void)state;
	assert_int_equal(ask("client", "eva", "Eva Ñ", &claims), ERR_NONE);
	assert_string_equal(claims.sub, "eva");
	assert_string_equal(claims.name, "Eva Ñ");
	assert_int_equal(ask("client", "eva", NULL, &claims), ERR_NONE);
	assert_string_equal(claims.name, "eva");
}

static void refuses_the_rest(void **state)
{
	char longer[400];
	struct claims claims;
	(void)state;
	memset(longer, 'n', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	assert_int_equal(ask("service", NULL, NULL, &claims), ERR_NOT_FOUND);
	assert_int_equal(ask("", NULL, NULL, &claims), ERR_NOT_FOUND);
	assert_int_equal(ask("client/", NULL, NULL, &claims), ERR_NOT_FOUND);
	assert_int_equal(ask("client", "", NULL, &claims), ERR_INPUT);
	assert_int_equal(ask("client", "a.b", NULL, &claims), ERR_INPUT);
	assert_int_equal(ask("client", longer, NULL, &claims), ERR_INPUT);
	assert_int_equal(ask("client", "eva", longer, &claims), ERR_INPUT);
	assert_int_equal(ask("client", "eva", "\xff", &claims), ERR_INPUT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_each_role_its_person),
		cmocka_unit_test(takes_another_person),
		cmocka_unit_test(refuses_the_rest),
	};
	return cmocka_run_group_tests(tests, make_keys, drop_keys);
}
