#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/auto.h"
#include "common/rand.h"
#include "common/when.h"

static void bytes_differ(void **state)
{
	uint8_t a[64], b[64];
	(void)state;
	rand_bytes(a, sizeof(a));
	rand_bytes(b, sizeof(b));
	assert_memory_not_equal(a, b, sizeof(a));
	rand_bytes(a, 0);
}

static void below_reaches_all_and_no_more(void **state)
{
	unsigned seen[7] = {0};
	(void)state;
	for (int i = 0; i < 7000; i++) {
		uint32_t n = rand_below(7);
		assert_true(n < 7);
		seen[n]++;
	}
	for (size_t i = 0; i < COUNT(seen); i++)
		assert_in_range(seen[i], 700, 1300); /* 1000 expected, sigma 29 */
	assert_int_equal(rand_below(1), 0);
	assert_true(rand_below(UINT32_MAX) < UINT32_MAX);
}

static void backoff_doubles_up_to_the_cap(void **state)
{
	static const struct {
		int base, cap;
		unsigned attempt;
		int most;
	} cases[] = {
		{100, 5000, 0, 100},
		{100, 5000, 1, 200},
		{100, 5000, 5, 3200},
		{100, 5000, 6, 5000},
		{100, 5000, 4000000000u, 5000},
		{0, 5000, 3, 1},
		{1, INT32_MAX, 40, INT32_MAX},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		int highest = 0;
		for (int n = 0; n < 2000; n++) {
			int ms = rand_backoff_ms(cases[i].base, cases[i].cap, cases[i].attempt);
			assert_in_range(ms, 1, cases[i].most);
			highest = ms > highest ? ms : highest;
		}
		assert_true(highest >= cases[i].most / 10 * 9); /* full jitter: the upper end too */
	}
}

static void makes_valid_uuids(void **state)
{
	char a[UUID_TEXT_SIZE], b[UUID_TEXT_SIZE];
	(void)state;
	for (int i = 0; i < 1000; i++) {
		uuid_v4(a);
		assert_int_equal(a[14], '4');
		assert_true(uuid_is_valid(a, strlen(a)));
		uuid_v7(when_now_us(), b);
		assert_int_equal(b[14], '7');
		assert_true(uuid_is_valid(b, strlen(b)));
	}
	uuid_v4(b);
	assert_string_not_equal(a, b);
}

static void v7_sorts_by_time(void **state)
{
	char before[UUID_TEXT_SIZE], after[UUID_TEXT_SIZE];
	int64_t now = 1795344067123000;
	(void)state;
	uuid_v7(now, before);
	assert_memory_equal(before, "01a202d8-6a33-7000", 18);
	for (int64_t us = 1; us < 5000; us += 7) {
		uuid_v7(now + us, after);
		assert_true(strcmp(before, after) < 0);
		memcpy(before, after, sizeof(before));
	}
}

static void knows_the_one_spelling(void **state)
{
	static const struct {
		const char *text;
		bool is_valid;
	} cases[] = {
		{"018f3c1e-7a2b-7c3d-8e4f-5a6b7c8d9e0f", true},
		{"f47ac10b-58cc-4372-a567-0e02b2c3d479", true},
		{"F47AC10B-58CC-4372-A567-0E02B2C3D479", false},
		{"{f47ac10b-58cc-4372-a567-0e02b2c3d479}", false},
		{"f47ac10b58cc4372a5670e02b2c3d479", false},
		{"f47ac10b-58cc-1372-a567-0e02b2c3d479", false}, /* version 1 */
		{"f47ac10b-58cc-8372-a567-0e02b2c3d479", false},
		{"f47ac10b-58cc-4372-c567-0e02b2c3d479", false}, /* not the RFC's variant */
		{"f47ac10b-58cc-4372-7567-0e02b2c3d479", false},
		{"00000000-0000-0000-0000-000000000000", false},
		{"f47ac10b-58cc-4372-a567-0e02b2c3d47", false},
		{"f47ac10b-58cc-4372-a567-0e02b2c3d4790", false},
		{"f47ac10b-58cc-4372-a567-0e02b2c3d47g", false},
		{"f47ac10b_58cc-4372-a567-0e02b2c3d479", false},
		{"f47ac10b-58cc-4372-a567-0e02b2c3-479", false},
		{"", false},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		if (uuid_is_valid(cases[i].text, strlen(cases[i].text)) != cases[i].is_valid)
			fail_msg("%s", cases[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_differ),
		cmocka_unit_test(below_reaches_all_and_no_more),
		cmocka_unit_test(backoff_doubles_up_to_the_cap),
		cmocka_unit_test(makes_valid_uuids),
		cmocka_unit_test(v7_sorts_by_time),
		cmocka_unit_test(knows_the_one_spelling),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
