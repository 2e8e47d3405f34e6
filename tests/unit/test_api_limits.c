#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "api/limits.h"
#include "common/auto.h"

static struct limits *limits_with(char *const *environment)
{
	struct settings *settings = NULL;
	struct err err = {0};
	if (settings_load(&settings, SETTING_API, environment, NULL, &err) < 0)
		fail_msg("%s", err.text);
	struct limits *limits = limits_new(settings);
	settings_free(&settings);
	return limits;
}

static struct claims identity(const char *gym, enum role role, const char *sub)
{
	struct claims claims = {.role = role};
	snprintf(claims.gym, sizeof(claims.gym), "%s", gym);
	snprintf(claims.sub, sizeof(claims.sub), "%s", sub);
	return claims;
}

static unsigned take_many(
	struct limits *limits, const struct claims *claims, unsigned tries, int64_t now_ms)
{
	struct limits_verdict verdict;
	unsigned passed = 0;
	for (unsigned i = 0; i < tries; i++) {
		limits_take(limits, claims, 0, now_ms, &verdict);
		passed += verdict.is_allowed;
	}
	return passed;
}

static void lets_a_burst_through_and_then_the_rate(void **state)
{
	char *environment[] = {"GYMCHAT_LIMIT_REQUESTS=20", "GYMCHAT_LIMIT_BURST=40",
		"GYMCHAT_LIMIT_PENDING=0", NULL};
	struct limits *limits = limits_with(environment);
	struct claims ana = identity("demo", ROLE_CLIENT, "ana");
	struct limits_verdict verdict;
	(void)state;
	assert_int_equal(take_many(limits, &ana, 100, 1000), 40);
	limits_take(limits, &ana, 0, 1000, &verdict);
	assert_false(verdict.is_allowed);
	assert_int_equal(verdict.remaining, 0);
	assert_int_equal(verdict.retry_after_ms, 50);
	assert_int_equal(verdict.reset_ms, 2000);
	assert_int_equal(take_many(limits, &ana, 100, 1049), 0);
	assert_int_equal(take_many(limits, &ana, 100, 1050), 1);
	assert_int_equal(take_many(limits, &ana, 100, 2050), 20);
	assert_int_equal(take_many(limits, &ana, 100, 100000), 40);
	limits_free(&limits);
}

static void counts_each_identity_alone(void **state)
{
	char *environment[] = {"GYMCHAT_LIMIT_REQUESTS=1", "GYMCHAT_LIMIT_BURST=2",
		"GYMCHAT_LIMIT_PENDING=0", NULL};
	struct limits *limits = limits_with(environment);
	struct claims them[] = {identity("demo", ROLE_CLIENT, "ana"),
		identity("demo", ROLE_CLIENT, "eva"), identity("other", ROLE_CLIENT, "ana")};
	(void)state;
	for (size_t i = 0; i < COUNT(them); i++)
		assert_int_equal(take_many(limits, &them[i], 10, 0), 2);
	/* staff and services have more, and none of them is the client of the same name */
	for (enum role role = ROLE_STAFF; role <= ROLE_SERVICE; role++) {
		struct claims other = identity("demo", role, "ana");
		assert_int_equal(
			take_many(limits, &other, 1000, 0), role == ROLE_KIOSK ? 2 : 2 * 50);
	}
	limits_free(&limits);
}

static void counts_bytes(void **state)
{
	char *environment[] = {"GYMCHAT_LIMIT_BYTES=1000", "GYMCHAT_LIMIT_REQUESTS=0", NULL};
	struct limits *limits = limits_with(environment);
	struct claims door = identity("demo", ROLE_KIOSK, "door");
	struct claims marta = identity("demo", ROLE_STAFF, "marta");
	struct limits_verdict verdict;
	(void)state;
	limits_take(limits, &door, 600, 5000, &verdict);
	assert_true(verdict.is_allowed);
	limits_take(limits, &door, 600, 5000, &verdict);
	assert_true(verdict.is_allowed); /* the last one may go over */
	limits_take(limits, &door, 1, 5000, &verdict);
	assert_false(verdict.is_allowed);
	assert_true(verdict.is_bytes);
	assert_int_equal(verdict.per_sec, 1000);
	assert_int_equal(verdict.retry_after_ms, 201);
	limits_take(limits, &door, 0, 5000, &verdict);
	assert_true(verdict.is_allowed); /* who sends nothing may ask */
	limits_take(limits, &door, 1, 5201, &verdict);
	assert_true(verdict.is_allowed);
	for (int i = 0; i < 50; i++) {
		limits_take(limits, &marta, 1000, 5000, &verdict);
		assert_true(verdict.is_allowed);
	}
	limits_take(limits, &marta, 1000, 5000, &verdict);
	assert_false(verdict.is_allowed);
	limits_free(&limits);
}

static void counts_what_is_under_way(void **state)
{
	char *environment[] = {"GYMCHAT_LIMIT_PENDING=3", "GYMCHAT_LIMIT_REQUESTS=0", NULL};
	struct limits *limits = limits_with(environment);
	struct claims ana = identity("demo", ROLE_CLIENT, "ana");
	struct limits_verdict verdict;
	char sub[16];
	(void)state;
	assert_int_equal(take_many(limits, &ana, 10, 0), 3);
	/* not forgotten, however many others come and go */
	for (unsigned i = 0; i < 5000; i++) {
		snprintf(sub, sizeof(sub), "c%u", i);
		struct claims other = identity("demo", ROLE_CLIENT, sub);
		assert_int_equal(take_many(limits, &other, 1, i), 1);
		limits_give_back(limits, &other);
		limits_give_back(limits, &other); /* more than there were: harmless */
	}
	limits_take(limits, &ana, 0, 100000, &verdict);
	assert_false(verdict.is_allowed);
	assert_int_equal(verdict.most_pending, 3);
	assert_true(verdict.retry_after_ms > 0);
	limits_give_back(limits, &ana);
	assert_int_equal(take_many(limits, &ana, 10, 100000), 1);
	struct claims marta = identity("demo", ROLE_STAFF, "marta");
	assert_int_equal(take_many(limits, &marta, 1000, 0), 3 * 50);
	limits_free(&limits);
}

static void says_nothing_when_off(void **state)
{
	static char *const offs[] = {"GYMCHAT_LIMITS=off", "GYMCHAT_LIMIT_REQUESTS=0"};
	struct claims ana = identity("demo", ROLE_CLIENT, "ana");
	(void)state;
	for (size_t i = 0; i < COUNT(offs); i++) {
		char *environment[] = {offs[i], "GYMCHAT_LIMIT_PENDING=0", NULL};
		struct limits *limits = limits_with(environment);
		struct limits_verdict verdict;
		assert_int_equal(take_many(limits, &ana, 1000, 0), 1000);
		limits_take(limits, &ana, 0, 0, &verdict);
		assert_false(verdict.is_limited);
		limits_free(&limits);
	}
}

static void survives_a_clock_that_stands_or_jumps(void **state)
{
	char *environment[] = {"GYMCHAT_LIMIT_REQUESTS=20", "GYMCHAT_LIMIT_BURST=40",
		"GYMCHAT_LIMIT_PENDING=0", NULL};
	struct limits *limits = limits_with(environment);
	struct claims ana = identity("demo", ROLE_CLIENT, "ana");
	(void)state;
	assert_int_equal(take_many(limits, &ana, 50, 5000), 40);
	assert_int_equal(take_many(limits, &ana, 50, 1000), 0);
	assert_int_equal(take_many(limits, &ana, 50, INT64_MAX / 2), 40);
	struct limits_verdict verdict;
	limits_take(limits, &ana, 16384, INT64_MAX / 2 + 60000, &verdict);
	assert_true(verdict.is_allowed);
	limits_free(&limits);
}

/* A million identities, a thousand at a time: who is over the limit stays so, and the rest is
 * forgotten. */
static void forgets_who_has_gone(void **state)
{
	char *environment[] = {"GYMCHAT_LIMIT_REQUESTS=1", "GYMCHAT_LIMIT_BURST=1",
		"GYMCHAT_LIMIT_PENDING=0", NULL};
	struct limits *limits = limits_with(environment);
	struct claims busy = identity("demo", ROLE_CLIENT, "busy");
	(void)state;
	for (unsigned i = 0; i < 300000; i++) {
		int64_t now_ms = i / 10;
		char sub[16];
		snprintf(sub, sizeof(sub), "c%u", i);
		struct claims one = identity("demo", ROLE_CLIENT, sub);
		assert_int_equal(take_many(limits, &one, 1, now_ms), 1);
		assert_int_equal(take_many(limits, &busy, 1, now_ms), i % 10000 == 0);
	}
	limits_free(&limits);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lets_a_burst_through_and_then_the_rate),
		cmocka_unit_test(counts_each_identity_alone),
		cmocka_unit_test(counts_bytes),
		cmocka_unit_test(counts_what_is_under_way),
		cmocka_unit_test(says_nothing_when_off),
		cmocka_unit_test(survives_a_clock_that_stands_or_jumps),
		cmocka_unit_test(forgets_who_has_gone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
