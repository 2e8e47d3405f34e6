#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "broker-conf/limits.h"

#define SECOND INT64_C(1000000)

static const struct limits standard = {
	.messages_per_sec = 20, .bytes_per_sec = 65536, .connections = 10, .subscriptions = 50};

static unsigned let_through(struct limits_bucket *bucket, const struct limits *limits,
	unsigned tries, size_t bytes, int64_t now_us)
{
	unsigned passed = 0;
	for (unsigned i = 0; i < tries; i++)
		passed += limits_publish(bucket, limits, bytes, now_us) == 0;
	return passed;
}

static void a_second_holds_its_worth(void **state)
{
	struct limits_bucket bucket = {0};
	(void)state;
	assert_int_equal(let_through(&bucket, &standard, 100, 10, SECOND), 20);
	assert_int_equal(limits_publish(&bucket, &standard, 10, SECOND), 1000);
	assert_int_equal(limits_publish(&bucket, &standard, 10, SECOND + 400000), 600);
	assert_int_equal(limits_publish(&bucket, &standard, 10, 2 * SECOND - 1), 1);
	assert_int_equal(let_through(&bucket, &standard, 100, 10, 2 * SECOND), 20);
}

static void a_steady_rate_passes_for_ever(void **state)
{
	struct limits_bucket bucket = {0};
	(void)state;
	for (int i = 0; i < 1000; i++)
		assert_int_equal(
			limits_publish(&bucket, &standard, 100, SECOND + i * SECOND / 20), 0);
}

/* What comes after a refused message must not slip in before its resend. */
static void nothing_overtakes_what_was_refused(void **state)
{
	struct limits_bucket bucket = {0};
	int64_t retry_ms = 0, now_us = SECOND;

	(void)state;
	while ((retry_ms = limits_publish(&bucket, &standard, 10, now_us)) == 0)
		now_us += 1000;
	for (int64_t later_us = now_us; later_us < now_us + (retry_ms - 1) * 1000;
		later_us += 10000)
		assert_true(limits_publish(&bucket, &standard, 10, later_us) > 0);
	now_us += retry_ms * 1000;
	assert_true(limits_is_full(&bucket, now_us));
	assert_int_equal(let_through(&bucket, &standard, 100, 10, now_us), 20);
}

static void bytes_count_too(void **state)
{
	struct limits_bucket bucket = {0};
	const struct limits slow = {.bytes_per_sec = 1000};

	(void)state;
	/* the fourth ends beyond the second's worth, the fifth does not start */
	assert_int_equal(let_through(&bucket, &standard, 10, 20000, SECOND), 4);
	/* larger than the bucket: passes alone, and is paid for afterwards */
	bucket = (struct limits_bucket){0};
	assert_int_equal(limits_publish(&bucket, &slow, 16000, SECOND), 0);
	assert_int_equal(limits_publish(&bucket, &slow, 1, SECOND), 16000);
	assert_int_equal(limits_publish(&bucket, &slow, 1, 17 * SECOND), 0);
}

static void zero_is_no_limit(void **state)
{
	struct limits_bucket bucket = {0};
	const struct limits none = {0}, bytes_only = {.bytes_per_sec = 100};

	(void)state;
	assert_int_equal(let_through(&bucket, &none, 100000, 65536, SECOND), 100000);
	assert_true(limits_is_full(&bucket, SECOND));
	assert_int_equal(let_through(&bucket, &bytes_only, 1000, 0, SECOND), 1000);
}

static void one_a_second(void **state)
{
	struct limits_bucket bucket = {0};
	const struct limits one = {.messages_per_sec = 1};

	(void)state;
	assert_int_equal(let_through(&bucket, &one, 5, 1, SECOND), 1);
	assert_int_equal(let_through(&bucket, &one, 5, 1, 2 * SECOND), 1);
}

static void an_idle_bucket_is_forgotten(void **state)
{
	struct limits_bucket bucket = {0};
	(void)state;
	assert_true(limits_is_full(&bucket, 0));
	assert_int_equal(limits_publish(&bucket, &standard, 6554, SECOND), 0);
	assert_false(limits_is_full(&bucket, SECOND));
	assert_false(limits_is_full(&bucket, SECOND + 99999));
	assert_true(limits_is_full(&bucket, SECOND + 200000));
}

static void who_has_how_much(void **state)
{
	const struct claims client = {.gym = "g", .role = ROLE_CLIENT},
			    kiosk = {.gym = "g", .role = ROLE_KIOSK},
			    staff = {.gym = "g", .role = ROLE_STAFF},
			    service = {.gym = "g", .role = ROLE_SERVICE},
			    system = {.gym = "_system", .role = ROLE_SERVICE};
	const struct limits no_bytes = {.messages_per_sec = 20};

	(void)state;
	assert_int_equal(limits_for(&standard, 50, &client).messages_per_sec, 20);
	assert_int_equal(limits_for(&standard, 50, &kiosk).connections, 10);
	assert_int_equal(limits_for(&standard, 50, &staff).messages_per_sec, 1000);
	assert_int_equal(limits_for(&standard, 50, &staff).bytes_per_sec, 50 * 65536);
	assert_int_equal(limits_for(&standard, 50, &service).connections, 500);
	assert_int_equal(limits_for(&standard, 50, &service).subscriptions, 2500);
	assert_int_equal(limits_for(&standard, 50, &system).messages_per_sec, 0);
	assert_int_equal(limits_for(&standard, 50, &system).connections, 0);
	assert_int_equal(limits_for(&no_bytes, 50, &staff).bytes_per_sec, 0);
	assert_int_equal(limits_for(&no_bytes, INT64_MAX, &staff).messages_per_sec, 0);
}

static void filters_have_a_bucket_of_their_own(void **state)
{
	struct limits limits = {.messages_per_sec = 1, .subscriptions = 5}, none = {0};
	struct limits_bucket bucket = {0};
	(void)state;
	for (int i = 0; i < 20; i++)
		assert_int_equal(limits_filter(&bucket, &limits, 7000000), 0);
	assert_int_equal(limits_filter(&bucket, &limits, 7000000), 1000);
	assert_false(limits_is_full(&bucket, 7000000));
	assert_int_equal(limits_filter(&bucket, &limits, 8000000), 0);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(limits_filter(&bucket, &none, 9000000), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(filters_have_a_bucket_of_their_own),
		cmocka_unit_test(a_second_holds_its_worth),
		cmocka_unit_test(a_steady_rate_passes_for_ever),
		cmocka_unit_test(nothing_overtakes_what_was_refused),
		cmocka_unit_test(bytes_count_too),
		cmocka_unit_test(zero_is_no_limit),
		cmocka_unit_test(one_a_second),
		cmocka_unit_test(an_idle_bucket_is_forgotten),
		cmocka_unit_test(who_has_how_much),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
