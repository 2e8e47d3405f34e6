/* Filters to statement and values; the pages themselves are in tests/integration/api-inbox.test.js.
 */
#include "api/inbox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define NEVER "253402300800000000"

static enum sql statement(const char *const *query, const char **values, struct arena *arena)
{
	struct inbox inbox;
	struct err err = {0};
	const char *code;
	memset(values, 0, sizeof(*values) * INBOX_VALUES_MAX);
	if (inbox_parse(query, "marta", &inbox, &code, &err) != 0)
		fail_msg("%s: %s", code, err.text);
	return inbox_statement(&inbox, arena, "g", "staff", "marta", values);
}

static void expect(const char *const *values, const char *const *expected)
{
	for (int i = 0; i < INBOX_VALUES_MAX; i++) {
		const char *value = values[i] == NULL ? "-" : values[i];
		if (strcmp(value, expected[i]) != 0)
			fail_msg("value %d is %s, not %s", i + 1, value, expected[i]);
	}
}

static void chooses_statements(void **state)
{
	static const struct {
		const char *query[4];
		enum sql sql;
		const char *values[INBOX_VALUES_MAX]; /* "-": NULL */
	} cases[] = {
		{{NULL}, SQL_INBOX_WAITING,
			{"g", "staff", "marta", "0", "0", NEVER, "0", "51", "-"}},
		{{"assignee=@none", "limit=7"}, SQL_INBOX_WAITING,
			{"g", "staff", "marta", "0", "0", NEVER, "0", "8", ""}},
		{{"order=latest", "assignee=@me"}, SQL_INBOX_OPEN,
			{"g", "staff", "marta", NEVER, "0", "51", "marta", "-", "-"}},
		{{"status=all"}, SQL_INBOX_ANY,
			{"g", "staff", "marta", NEVER, "0", "51", "-", "{open,snoozed,resolved}",
				"-"}},
		{{"q=50%_a\\"}, SQL_INBOX_TEXT,
			{"g", "staff", "marta", NEVER, "0", "51", "-", "{open}", "50\\%\\_a\\\\"}},
		{{"q="}, SQL_INBOX_WAITING,
			{"g", "staff", "marta", "0", "0", NEVER, "0", "51", "-"}},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *values[INBOX_VALUES_MAX];
		struct arena arena;
		arena_init(&arena);
		assert_int_equal(statement(cases[i].query, values, &arena), cases[i].sql);
		expect(values, cases[i].values);
		arena_deinit(&arena);
	}
}

static void goes_on_from_a_place(void **state)
{
	static const struct {
		bool backwards;
		int64_t place[CURSOR_PARTS];
		enum sql sql;
		const char *values[INBOX_VALUES_MAX];
	} cases[] = {
		{false, {0, 17, 3}, SQL_INBOX_WAITING,
			{"g", "staff", "marta", "17", "3", NEVER, "0", "51", "-"}},
		{false, {1, -17, -3}, SQL_INBOX_WAITING,
			{"g", "staff", "marta", NEVER, "0", "17", "3", "51", "-"}},
		{true, {0, 17, 3}, SQL_INBOX_WAITING_BACK,
			{"g", "staff", "marta", "17", "3", NEVER, "0", "51", "-"}},
		{true, {1, -17, -3}, SQL_INBOX_WAITING_BACK,
			{"g", "staff", "marta", NEVER, "0", "17", "3", "51", "-"}},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char text[CURSOR_TEXT_SIZE], pair[CURSOR_TEXT_SIZE + 8];
		const char *query[] = {pair, NULL}, *values[INBOX_VALUES_MAX];
		struct inbox inbox = {.order = INBOX_WAITING};
		struct arena arena;
		arena_init(&arena);
		snprintf(pair, sizeof(pair), "cursor=%s",
			inbox_cursor(&inbox, cases[i].backwards, cases[i].place, text));
		assert_int_equal(statement(query, values, &arena), cases[i].sql);
		expect(values, cases[i].values);
		arena_deinit(&arena);
	}
}

static void refuses_places_that_are_none(void **state)
{
	static const int64_t places[][CURSOR_PARTS] = {{2, 0, 0}, {-1, 0, 0}, {0, INT64_MAX, 0},
		{0, INT64_MIN, 0}, {1, -253402300800000001, 0}, {0, 0, INT64_MIN}};
	(void)state;
	for (size_t i = 0; i < COUNT(places); i++) {
		char text[CURSOR_TEXT_SIZE], pair[CURSOR_TEXT_SIZE + 8];
		const char *query[] = {pair, NULL}, *code = NULL;
		struct inbox inbox = {.order = INBOX_WAITING};
		struct err err = {0};
		snprintf(pair, sizeof(pair), "cursor=%s",
			inbox_cursor(&inbox, false, places[i], text));
		assert_int_equal(inbox_parse(query, "me", &inbox, &code, &err), -1);
		assert_string_equal(code, "cursor_invalid");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chooses_statements),
		cmocka_unit_test(goes_on_from_a_place),
		cmocka_unit_test(refuses_places_that_are_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
