#include "api/hours.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void checks_hours(void **state)
{
	static const struct {
		const char *json;
		int rc;
	} cases[] = {
		{"{}", 0},
		{"{\"mon\":[]}", 0},
		{"{\"mon\":[[\"07:00\",\"22:00\"]],\"sun\":[[\"00:00\",\"24:00\"]]}", 0},
		{"{\"tue\":[[\"07:00\",\"12:00\"],[\"12:00\",\"22:00\"]]}", 0},
		{" { \"wed\" : [ [ \"07:00\" , \"07:01\" ] ] } ", 0},
		{"{\"lun\":[]}", -1},
		{"{\"mon\":{}}", -1},
		{"{\"mon\":[\"07:00\"]}", -1},
		{"{\"mon\":[[\"07:00\"]]}", -1},
		{"{\"mon\":[[\"07:00\",\"08:00\",\"09:00\"]]}", -1},
		{"{\"mon\":[[\"07:00\",\"07:00\"]]}", -1},
		{"{\"mon\":[[\"08:00\",\"07:00\"]]}", -1},
		{"{\"mon\":[[\"07:00\",\"12:00\"],[\"11:00\",\"13:00\"]]}", -1},
		{"{\"mon\":[[\"07:00\",\"24:01\"]]}", -1},
		{"{\"mon\":[[\"07:60\",\"08:00\"]]}", -1},
		{"{\"mon\":[[\"7:00\",\"8:00\"]]}", -1},
		{"{\"mon\":[[7,8]]}", -1},
		{"{\"mon\":[[\"00:00\",\"00:01\"],[\"00:01\",\"00:02\"],[\"00:02\",\"00:03\"],"
		 "[\"00:03\",\"00:04\"],[\"00:04\",\"00:05\"],[\"00:05\",\"00:06\"],"
		 "[\"00:06\",\"00:07\"],[\"00:07\",\"00:08\"],[\"00:08\",\"00:09\"]]}",
			-1},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct err err = {0};
		struct json_slice json = {cases[i].json, strlen(cases[i].json)};
		assert_int_equal(json_check((const uint8_t *)json.at, json.len, &err), 0);
		if (hours_check(json, &err) != cases[i].rc)
			fail_msg("%s (%s)", cases[i].json, err.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(checks_hours)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
