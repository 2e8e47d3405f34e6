#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "api/origin.h"
#include "api/policy.h"

static int write_with(char *const *environment, char *buf, size_t size)
{
	struct settings *settings = NULL;
	struct err err = {0};
	assert_int_equal(settings_load(&settings, SETTING_API, environment, NULL, &err), 0);
	assert_int_equal(origin_init(settings, &err), 0);
	int rc = policy_write(settings, buf, size, &err);
	if (rc < 0)
		assert_int_equal(err.code, ERR_CONFIG);
	origin_deinit();
	settings_free(&settings);
	return rc;
}

static void lets_pages_connect_to_their_own_socket(void **state)
{
	char *environment[] = {"GYMCHAT_PUBLIC_URL=https://chat.gym", NULL};
	char policy[1600];
	(void)state;
	int len = write_with(environment, policy, sizeof(policy));
	assert_int_equal(len, strlen(policy));
	assert_non_null(strstr(policy, "default-src 'none'; script-src 'self'; style-src 'self';"));
	assert_non_null(strstr(policy, "connect-src 'self' wss://chat.gym;"));
	assert_non_null(strstr(policy, "base-uri 'none'; form-action 'none';"));
	assert_non_null(strstr(policy, "require-trusted-types-for 'script';"));
	assert_string_equal(strstr(policy, "frame-ancestors"), "frame-ancestors 'self'");
}

static void names_the_broker_and_who_may_frame(void **state)
{
	char *environment[] = {"GYMCHAT_PUBLIC_URL=http://127.0.0.1:9000",
		"GYMCHAT_MQTT_URL=wss://cell2.chat.gym:443/mqtt",
		"GYMCHAT_ORIGINS=https://crm.gym,https://b.example", NULL};
	char policy[1600];
	(void)state;
	assert_true(write_with(environment, policy, sizeof(policy)) > 0);
	assert_non_null(
		strstr(policy, "connect-src 'self' ws://127.0.0.1:9000 wss://cell2.chat.gym;"));
	assert_string_equal(strstr(policy, "frame-ancestors"),
		"frame-ancestors 'self' https://crm.gym https://b.example");
}

static void says_an_address_once(void **state)
{
	char *environment[] = {"GYMCHAT_PUBLIC_URL=https://chat.gym",
		"GYMCHAT_MQTT_URL=wss://chat.gym/mqtt", NULL};
	char policy[1600];
	(void)state;
	assert_true(write_with(environment, policy, sizeof(policy)) > 0);
	assert_non_null(strstr(policy, "connect-src 'self' wss://chat.gym;"));
}

static void refuses_what_is_no_address(void **state)
{
	char *wrong[] = {"GYMCHAT_MQTT_URL=https://chat.gym/mqtt", NULL};
	char *injected[] = {"GYMCHAT_MQTT_URL=wss://chat.gym; script-src *", NULL};
	char *fine[] = {NULL};
	char policy[1600];
	(void)state;
	assert_int_equal(write_with(wrong, policy, sizeof(policy)), -1);
	assert_int_equal(write_with(injected, policy, sizeof(policy)), -1);
	assert_int_equal(write_with(fine, policy, 300), -1); /* too little room */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lets_pages_connect_to_their_own_socket),
		cmocka_unit_test(names_the_broker_and_who_may_frame),
		cmocka_unit_test(says_an_address_once),
		cmocka_unit_test(refuses_what_is_no_address),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
