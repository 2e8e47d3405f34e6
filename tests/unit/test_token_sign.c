#include <string.h>

#include "tests/unit/token_fixture.h"

static void signs_what_it_verifies(void **state)
{
	AUTO(token_keys) struct token_keys *keys =
			keys_of("a HS256 " KEY_A "\nb HS256 " KEY_B, KEY_S);
	struct claims c = {.gym = "demo",
		.sub = "ana",
		.role = ROLE_CLIENT,
		.name = "Ana \"\xc3\x91\"\n",
		.iat = NOW,
		.exp = NOW + 60,
		.nbf = NOW - 5,
		.jti = "j"};
	char token[TOKEN_MAX + 1];
	(void)state;
	assert_int_equal(token_sign(keys, &c, token, sizeof(token), &err), 0);
	assert_int_equal(verify(keys, token), 0);
	strcpy(c.rooms[0], "ana"); /* the default that the reader fills in */
	c.nrooms = 1;
	assert_memory_equal(&got, &c, sizeof(c));
	strcpy(c.rooms[1], "club");
	c.nrooms = 2;
	assert_int_equal(token_sign(keys, &c, token, sizeof(token), &err), 0);
	assert_int_equal(verify(keys, token), 0);
	assert_memory_equal(&got, &c, sizeof(c));
	assert_int_equal(token_sign(keys, &c, token, 100, &err), -1);
	assert_int_equal(err.code, ERR_TOO_LARGE);

	struct claims api = {
		.gym = "_system", .sub = "api", .role = ROLE_SERVICE, .iat = NOW, .exp = NOW + 60};
	assert_int_equal(token_sign(keys, &api, token, sizeof(token), &err), 0);
	assert_int_equal(verify(keys, token), 0);
	assert_memory_equal(&got, &api, sizeof(api));
	AUTO(token_keys) struct token_keys *crm = keys_of("a HS256 " KEY_A, NULL);
	assert_int_equal(token_sign(crm, &api, token, sizeof(token), &err), -1);
	assert_non_null(strstr(err.text, "no system key"));
}

/* The largest claims there are fit a token. */
static void the_largest_token_fits(void **state)
{
	AUTO(token_keys) struct token_keys *keys = keys_of("a HS256 " KEY_A, NULL);
	struct claims c = {.gym = KEY64,
		.sub = KEY64,
		.role = ROLE_CLIENT,
		.jti = KEY64,
		.nrooms = TOKEN_ROOMS_MAX,
		.iat = NOW,
		.exp = NOW + DAYS * 86400,
		.nbf = NOW};
	char token[TOKEN_MAX + 1];
	(void)state;
	for (int i = 0; i < TOKEN_ROOMS_MAX; i++)
		strcpy(c.rooms[i], KEY64);
	memset(c.name, 'n', sizeof(c.name) - 1);
	assert_int_equal(token_sign(keys, &c, token, sizeof(token), &err), 0);
	assert_int_equal(verify(keys, token), 0);
	assert_memory_equal(&got, &c, sizeof(c));
}

static void does_not_sign_what_it_would_refuse(void **state)
{
	static const struct claims cases[] = {
		{.gym = "", .sub = "a", .role = ROLE_CLIENT, .iat = NOW, .exp = NOW},
		{.gym = "_x", .sub = "a", .role = ROLE_CLIENT, .iat = NOW, .exp = NOW},
		{.gym = "_system", .sub = "a", .role = ROLE_STAFF, .iat = NOW, .exp = NOW},
		{.gym = "g", .sub = "a.b", .role = ROLE_CLIENT, .iat = NOW, .exp = NOW},
		{.gym = "g", .sub = "a", .role = ROLE_NONE, .iat = NOW, .exp = NOW},
		{.gym = "g", .sub = "a", .role = (enum role)9, .iat = NOW, .exp = NOW},
		{.gym = "g",
			.sub = "a",
			.role = ROLE_CLIENT,
			.name = "\xff",
			.iat = NOW,
			.exp = NOW},
		{.gym = "g", .sub = "a", .role = ROLE_CLIENT, .jti = "a b", .iat = NOW, .exp = NOW},
		{.gym = "g", .sub = "a", .role = ROLE_CLIENT, .nrooms = 1, .iat = NOW, .exp = NOW},
		{.gym = "g", .sub = "a", .role = ROLE_CLIENT, .iat = NOW},
		{.gym = "g", .sub = "a", .role = ROLE_CLIENT, .iat = NOW, .exp = INT64_MAX},
		{.gym = "g", .sub = "a", .role = ROLE_CLIENT, .iat = -1, .exp = NOW},
	};
	AUTO(token_keys) struct token_keys *keys = keys_of("a HS256 " KEY_A, KEY_S);
	char token[TOKEN_MAX];
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		if (token_sign(keys, &cases[i], token, sizeof(token), &err) != -1)
			fail_msg("case %zu signed", i);
		assert_int_equal(err.code, ERR_INPUT);
	}
}

static void knows_rooms_and_usernames(void **state)
{
	struct claims client = {.gym = "demo",
		.sub = "ana",
		.role = ROLE_CLIENT,
		.rooms = {"ana", "club"},
		.nrooms = 2};
	struct claims staff = {.gym = "demo", .sub = "marta", .role = ROLE_STAFF};
	struct claims kiosk = {
		.gym = "demo", .sub = "e", .role = ROLE_KIOSK, .rooms = {"kiosk-e"}, .nrooms = 1};
	char name[256];
	(void)state;
	assert_true(claims_has_room(&client, "ana"));
	assert_true(claims_has_room(&client, "club"));
	assert_false(claims_has_room(&client, "eva"));
	assert_false(claims_has_room(&client, ""));
	assert_true(claims_has_room(&staff, "eva"));
	assert_false(claims_has_room(&staff, "+"));
	assert_true(claims_has_room(&kiosk, "kiosk-e"));
	assert_false(claims_has_room(&kiosk, "ana"));
	assert_int_equal(claims_username(&client, name, sizeof(name)), 15);
	assert_string_equal(name, "demo.client.ana");
	assert_int_equal(claims_username(&client, name, 15), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signs_what_it_verifies),
		cmocka_unit_test(the_largest_token_fits),
		cmocka_unit_test(does_not_sign_what_it_would_refuse),
		cmocka_unit_test(knows_rooms_and_usernames),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
