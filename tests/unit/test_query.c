#include "api/query.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void finds_values(void **state)
{
	const char *query[] = {"limit=5", "limit=6", "flag", "empty=", "limited=7", "a=b=c", NULL};
	const char *none[] = {NULL};
	(void)state;
	assert_string_equal(query_value(query, "limit"), "5");
	assert_string_equal(query_value(query, "flag"), "");
	assert_string_equal(query_value(query, "empty"), "");
	assert_string_equal(query_value(query, "a"), "b=c");
	assert_null(query_value(query, "lim"));
	assert_null(query_value(none, "limit"));
	assert_null(query_value(NULL, "limit"));
}

static void reads_numbers(void **state)
{
	static const struct {
		const char *value;
		int rc;
		int64_t n;
	} cases[] = {
		{NULL, 0, 50},
		{"1", 0, 1},
		{"200", 0, 200},
		{"0200", 0, 200},
		{"201", -1, 0},
		{"0", -1, 0},
		{"", -1, 0},
		{"-1", -1, 0},
		{"+1", -1, 0},
		{" 1", -1, 0},
		{"1 ", -1, 0},
		{"1x", -1, 0},
		{"1e2", -1, 0},
		{"99999999999999999999999999", -1, 0},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct err err = {0};
		int64_t n;
		int rc = query_number("limit", cases[i].value, 1, 200, 50, &n, &err);
		if (rc != cases[i].rc || (rc == 0 && n != cases[i].n))
			fail_msg("%s: rc %d, n %lld", cases[i].value, rc, (long long)n);
		assert_int_equal(err.code, rc == 0 ? ERR_NONE : ERR_INPUT);
	}
}

static void reads_the_largest_number(void **state)
{
	struct err err = {0};
	int64_t n;
	(void)state;
	assert_int_equal(query_number("n", "9007199254740992", 0, QUERY_SEQ_MAX, 0, &n, &err), 0);
	assert_int_equal(n, QUERY_SEQ_MAX);
	assert_int_equal(query_number("n", "9007199254740993", 0, QUERY_SEQ_MAX, 0, &n, &err), -1);
}

static void reads_words(void **state)
{
	struct err err = {0};
	(void)state;
	assert_int_equal(query_word("order", NULL, "waiting|latest", 1, &err), 1);
	assert_int_equal(query_word("order", "waiting", "waiting|latest", 1, &err), 0);
	assert_int_equal(query_word("order", "latest", "waiting|latest", 0, &err), 1);
	static const char *const bad[] = {"", "late", "latest|", "waiting|latest", "Latest"};
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(query_word("order", bad[i], "waiting|latest", 0, &err), -1);
	assert_string_equal(err.text, "order must be one of waiting|latest");
}

static void takes_bearers(void **state)
{
	(void)state;
	assert_string_equal(query_bearer("Bearer x.y.z"), "x.y.z");
	assert_string_equal(query_bearer("bEARER   x"), "x");
	assert_null(query_bearer(NULL));
	assert_null(query_bearer("Bearer"));
	assert_null(query_bearer("Bearer "));
	assert_null(query_bearer("Bearerx"));
	assert_null(query_bearer("Basic eDp5"));
	assert_null(query_bearer(""));
}

static void compares_tags(void **state)
{
	static const struct {
		const char *field;
		bool matches;
	} cases[] = {
		{"\"a\"", true},
		{"W/\"a\"", true},
		{"\"b\", \"a\"", true},
		{"\"b\",W/\"a\" ", true},
		{"*", true},
		{"\"b\"", false},
		{"\"ab\"", false},
		{"a", false},
		{"\"a", false},
		{"", false},
		{"\"x\" \"", false},
		{NULL, false},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		if (query_etag_matches(cases[i].field, "\"a\"") != cases[i].matches)
			fail_msg("%s", cases[i].field);
	}
	assert_true(query_etag_matches("\"a\"", "W/\"a\""));
}

static void knows_json(void **state)
{
	static const char *const good[] = {NULL, "application/json",
		"APPLICATION/JSON; charset=utf-8", "application/problem+json",
		"application/json ;x"};
	static const char *const bad[] = {"", "text/plain", "application/jsonx", "application/",
		"json", "application/+json", "application/x-www-form-urlencoded", "text/json"};
	(void)state;
	for (size_t i = 0; i < COUNT(good); i++)
		assert_true(query_is_json(good[i]));
	for (size_t i = 0; i < COUNT(bad); i++) {
		if (query_is_json(bad[i]))
			fail_msg("%s", bad[i]);
	}
}

static void knows_request_ids(void **state)
{
	(void)state;
	assert_true(query_is_request_id("a"));
	assert_true(query_is_request_id("Az09._-"));
	assert_true(query_is_request_id(
		"0123456789012345678901234567890123456789012345678901234567890123"));
	assert_false(query_is_request_id(
		"01234567890123456789012345678901234567890123456789012345678901234"));
	assert_false(query_is_request_id(NULL));
	assert_false(query_is_request_id(""));
	assert_false(query_is_request_id("a b"));
	assert_false(query_is_request_id("a\n"));
	assert_false(query_is_request_id("é"));
}

static void writes_a_query_again(void **state)
{
	struct arena arena;
	const char *query[] = {"status=all", "cursor=x", "q=a b&c=ñ%", "cursor", "flag", NULL};
	const char *only[] = {"cursor=x", NULL};
	(void)state;
	arena_init(&arena);
	assert_string_equal(
		query_without(&arena, query, "cursor"), "status=all&q=a%20b%26c%3D%C3%B1%25&flag&");
	assert_string_equal(query_without(&arena, only, "cursor"), "");
	arena_deinit(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_values),
		cmocka_unit_test(reads_numbers),
		cmocka_unit_test(reads_the_largest_number),
		cmocka_unit_test(reads_words),
		cmocka_unit_test(takes_bearers),
		cmocka_unit_test(compares_tags),
		cmocka_unit_test(knows_json),
		cmocka_unit_test(knows_request_ids),
		cmocka_unit_test(writes_a_query_again),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
