#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "common/when.h"

#define SEC 1000000LL

static void parses_rfc_3339(void **state)
{
	static const struct {
		const char *text;
		int64_t us;
	} cases[] = {
		{"1970-01-01T00:00:00Z", 0},
		{"2026-11-22T10:41:07.123456Z", 1795344067123456},
		{"2026-11-22t10:41:07z", 1795344067000000},
		{"2026-11-22T10:41:07.5Z", 1795344067500000},
		{"2026-11-22T10:41:07.1234569999999Z", 1795344067123456}, /* cut, not rounded */
		{"2026-11-22T10:41:07+00:00", 1795344067000000},
		{"2026-11-22T10:41:07-00:00", 1795344067000000},
		{"2026-11-22T11:41:07+01:00", 1795344067000000},
		{"2026-11-22T04:56:07-05:45", 1795344067000000},
		{"1969-12-31T23:30:00-00:30", 0},
		{"2000-02-29T00:00:00Z", 951782400 * SEC},
		{"2024-02-29T12:00:00Z", 1709208000 * SEC},
		{"2016-12-31T23:59:60Z",
			1483228799999999}, /* a leap second stays before the next */
		{"2016-12-31T23:59:60.25Z", 1483228799999999},
		{"9999-12-31T23:59:59.999999Z", 253402300799999999},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		int64_t us = -1;
		if (when_parse(cases[i].text, strlen(cases[i].text), &us) != 0 || us != cases[i].us)
			fail_msg("%s: %lld", cases[i].text, (long long)us);
	}
}

static void refuses_other_text(void **state)
{
	static const char *const cases[] = {
		"",
		"now",
		"2026-11-22",
		"2026-11-22T10:41:07", /* no zone: nobody knows when */
		"2026-11-22T10:41Z",
		"2026-11-22 10:41:07Z",
		"2026-11-22T10:41:07.Z",
		"2026-11-22T10:41:07,5Z",
		"2026-11-22T10:41:07ZZ",
		"2026-11-22T10:41:07Z ",
		" 2026-11-22T10:41:07Z",
		"2026-11-22T10:41:07+01",
		"2026-11-22T10:41:07+0100",
		"2026-11-22T10:41:07+24:00",
		"2026-11-22T10:41:07+01:60",
		"2026-11-22T10:41:07+1:000",
		"2026-00-22T10:41:07Z",
		"2026-13-22T10:41:07Z",
		"2026-11-00T10:41:07Z",
		"2026-11-31T10:41:07Z",
		"2025-02-29T10:41:07Z",
		"2100-02-29T10:41:07Z",
		"2026-11-22T24:00:00Z",
		"2026-11-22T10:60:00Z",
		"2026-11-22T10:41:61Z",
		"2026-1a-22T10:41:07Z",
		"-026-11-22T10:41:07Z",
		"+2026-11-22T10:41:07Z",
		"12026-11-22T10:41:07Z",
		"1969-12-31T23:59:59Z",
		"1970-01-01T00:00:00+00:01",
		"9999-12-31T23:59:59-00:01",
		"1795344067",
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		int64_t us = 42;
		if (when_parse(cases[i], strlen(cases[i]), &us) != -1)
			fail_msg("\"%s\" parsed as %lld", cases[i], (long long)us);
		assert_int_equal(us, 42);
	}
}

static void stays_inside_len(void **state)
{
	int64_t us;
	(void)state;
	assert_int_equal(when_parse("2026-11-22T10:41:07Zgarbage", 20, &us), 0);
	assert_int_equal(when_parse("2026-11-22T10:41:07.5Z", 21, &us), -1);
	/* no NUL and nothing after the text: the sanitizer watches */
	char *exact = malloc(20);
	memcpy(exact, "2026-11-22T10:41:07.", 20);
	assert_int_equal(when_parse(exact, 20, &us), -1);
	free(exact);
}

static void formats(void **state)
{
	char buf[WHEN_TEXT_SIZE];
	(void)state;
	assert_string_equal(when_format(0, buf), "1970-01-01T00:00:00.000Z");
	assert_string_equal(when_format(1795344067123999, buf), "2026-11-22T10:41:07.123Z");
	assert_string_equal(when_format(951782400 * SEC, buf), "2000-02-29T00:00:00.000Z");
	assert_string_equal(when_format(-1, buf), "1970-01-01T00:00:00.000Z");
	assert_string_equal(when_format(INT64_MAX, buf), "9999-12-31T23:59:59.999Z");
}

/* Every day of the years that matter, against the C library. */
static void agrees_with_gmtime(void **state)
{
	(void)state;
	for (int64_t sec = 0; sec < 4200000000LL; sec += 86400 - 7) {
		char want[WHEN_TEXT_SIZE], got[WHEN_TEXT_SIZE];
		struct tm tm;
		time_t t = (time_t)sec;
		int64_t back;
		gmtime_r(&t, &tm);
		strftime(want, sizeof(want), "%Y-%m-%dT%H:%M:%S.000Z", &tm);
		assert_string_equal(when_format(sec * SEC, got), want);
		assert_int_equal(when_parse(got, strlen(got), &back), 0);
		assert_int_equal(back, sec * SEC);
	}
}

static void clocks_move_forward(void **state)
{
	int64_t wall = when_now_us(), mono = when_mono_ms();
	(void)state;
	assert_true(llabs(wall / SEC - (int64_t)time(NULL)) <= 2);
	assert_true(when_mono_ms() >= mono);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parses_rfc_3339),
		cmocka_unit_test(refuses_other_text),
		cmocka_unit_test(stays_inside_len),
		cmocka_unit_test(formats),
		cmocka_unit_test(agrees_with_gmtime),
		cmocka_unit_test(clocks_move_forward),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
