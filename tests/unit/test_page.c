#include "api/page.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void parses_pages(void **state)
{
	static const struct {
		const char *query[4];
		const char *code; /* NULL: good */
		struct page page;
	} cases[] = {
		{{NULL}, NULL, {false, INT64_MAX, 50, 0}},
		{{"before=1", "limit=200"}, NULL, {false, 1, 200, 0}},
		{{"after=0"}, NULL, {true, 0, 50, 0}},
		{{"after=9", "wait=25", "limit=1"}, NULL, {true, 9, 1, 25}},
		{{"after=9", "wait=0"}, NULL, {true, 9, 50, 0}},
		{{"wait=0"}, NULL, {false, INT64_MAX, 50, 0}},
		{{"before=0"}, "cursor_invalid", {0}},
		{{"before=1", "after=1"}, "cursor_invalid", {0}},
		{{"after"}, "cursor_invalid", {0}},
		{{"limit=0"}, "invalid", {0}},
		{{"wait=1"}, "invalid", {0}},
		{{"before=5", "wait=1"}, "invalid", {0}},
		{{"after=5", "wait=26"}, "invalid", {0}},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct page page;
		struct err err = {0};
		const char *code = NULL;
		int rc = page_parse(cases[i].query, &page, &code, &err);
		if (cases[i].code != NULL) {
			assert_int_equal(rc, -1);
			assert_string_equal(code, cases[i].code);
			continue;
		}
		if (rc != 0 || memcmp(&page, &cases[i].page, sizeof(page)) != 0)
			fail_msg("case %zu: rc %d after %d seq %lld limit %lld wait %lld", i, rc,
				page.is_after, (long long)page.seq, (long long)page.limit,
				(long long)page.wait_sec);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(parses_pages)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
