#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "api/origin.h"
#include "common/auto.h"

static void writes_origins_as_browsers_do(void **state)
{
	static const struct {
		const char *url;
		const char *origin; /* NULL: not one */
	} cases[] = {
		{"https://chat.gym", "https://chat.gym"},
		{"https://Chat.GYM:443/x?y#z", "https://chat.gym"},
		{"HTTP://chat.gym:80", "http://chat.gym"},
		{"https://chat.gym:80/", "https://chat.gym:80"},
		{"http://127.0.0.1:8080/demo/", "http://127.0.0.1:8080"},
		{"http://[::1]:8080", "http://[::1]:8080"},
		{"wss://mqtt.gym:443/mqtt", "wss://mqtt.gym"},
		{"ws://mqtt.gym:8083/mqtt", "ws://mqtt.gym:8083"},
		{"https://", NULL},
		{"https:///x", NULL},
		{"https://user@chat.gym", NULL},
		{"https://chat.gym; script-src *", NULL}, /* would end up in a header */
		{"https://chat.gym\r\nx: y", NULL},
		{"ftp://chat.gym", NULL},
		{"chat.gym", NULL},
		{"", NULL},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char got[64];
		int rc = origin_of_url(cases[i].url, got, sizeof(got));
		if (rc != (cases[i].origin == NULL ? -1 : 0) ||
			(rc == 0 && strcmp(got, cases[i].origin) != 0))
			fail_msg("%s: rc %d, %s", cases[i].url, rc, rc == 0 ? got : "");
	}
}

static void needs_room_for_the_whole_origin(void **state)
{
	char got[17];
	(void)state;
	assert_int_equal(origin_of_url("https://chat.gym", got, sizeof(got)), 0);
	assert_int_equal(origin_of_url("https://chat.gyms", got, sizeof(got)), -1);
}

/* Loads the settings of the API with these in the environment; 0 or -1 of origin_init. */
static int init_with(char *const *environment, struct err *err)
{
	struct settings *settings = NULL;
	assert_int_equal(settings_load(&settings, SETTING_API, environment, NULL, err), 0);
	int rc = origin_init(settings, err);
	settings_free(&settings);
	return rc;
}

static void allows_its_own_and_the_listed(void **state)
{
	char *environment[] = {"GYMCHAT_PUBLIC_URL=https://chat.gym/",
		"GYMCHAT_ORIGINS=https://crm.gym , http://localhost:3000", NULL};
	struct err err = {0};
	(void)state;
	assert_int_equal(init_with(environment, &err), 0);
	assert_true(origin_is_allowed(NULL)); /* no browser */
	assert_true(origin_is_allowed("https://chat.gym"));
	assert_true(origin_is_allowed("https://crm.gym"));
	assert_true(origin_is_allowed("http://localhost:3000"));
	assert_false(origin_is_allowed("http://chat.gym"));
	assert_false(origin_is_allowed("https://chat.gym.evil.example"));
	assert_false(origin_is_allowed("null"));
	assert_false(origin_is_allowed(""));
	assert_string_equal(origin_at(0), "https://chat.gym");
	assert_string_equal(origin_at(2), "http://localhost:3000");
	assert_null(origin_at(3));
	origin_deinit();
}

static void has_a_standard(void **state)
{
	char *environment[] = {"GYMCHAT_PORT=9001", NULL};
	struct err err = {0};
	(void)state;
	assert_int_equal(init_with(environment, &err), 0);
	assert_true(origin_is_allowed("http://127.0.0.1:9001"));
	assert_false(origin_is_allowed("http://127.0.0.1"));
	origin_deinit();
}

static void has_a_standard_with_tls(void **state)
{
	char *environment[] = {"GYMCHAT_LISTEN=::1", "GYMCHAT_PORT=9001", "GYMCHAT_TLS_CERT=/x", NULL};
	struct err err = {0};
	(void)state;
	assert_int_equal(init_with(environment, &err), 0);
	assert_string_equal(origin_at(0), "https://[::1]:9001");
	origin_deinit();
}

static void wants_an_address_where_it_listens_on_all(void **state)
{
	static char *const every[] = {"GYMCHAT_LISTEN=0.0.0.0", "GYMCHAT_LISTEN=::"};
	(void)state;
	for (size_t i = 0; i < COUNT(every); i++) {
		char *alone[] = {every[i], "GYMCHAT_TLS_CERT=/x", NULL};
		char *named[] = {every[i], "GYMCHAT_PUBLIC_URL=https://chat.gym", NULL};
		struct err err = {0};
		assert_int_equal(init_with(alone, &err), -1);
		assert_non_null(strstr(err.text, "GYMCHAT_PUBLIC_URL=https://chat.gym"));
		assert_int_equal(init_with(named, &err), 0);
		assert_string_equal(origin_at(0), "https://chat.gym");
		origin_deinit();
	}
}

static void refuses_a_list_that_is_none(void **state)
{
	static char *const wrong[] = {"GYMCHAT_ORIGINS=*", "GYMCHAT_ORIGINS=https://a,b.c",
		"GYMCHAT_PUBLIC_URL=chat.gym", "GYMCHAT_PUBLIC_URL=wss://chat.gym"};
	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++) {
		char *environment[] = {wrong[i], NULL};
		struct err err = {0};
		if (init_with(environment, &err) != -1 || err.code != ERR_CONFIG ||
			strncmp(err.text, wrong[i], strcspn(wrong[i], "=")) != 0)
			fail_msg("%s was taken", wrong[i]);
		origin_deinit();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_origins_as_browsers_do),
		cmocka_unit_test(needs_room_for_the_whole_origin),
		cmocka_unit_test(allows_its_own_and_the_listed),
		cmocka_unit_test(has_a_standard),
		cmocka_unit_test(has_a_standard_with_tls),
		cmocka_unit_test(wants_an_address_where_it_listens_on_all),
		cmocka_unit_test(refuses_a_list_that_is_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
