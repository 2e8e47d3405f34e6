/* The error codes: their body, and that docs/errors.md and docs/openapi.yaml know each of them. */
#include "api/problem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/jsonscan.h"

static char *read_file(const char *path)
{
	FILE *file = fopen(path, "r");
	assert_non_null(file);
	char *text = calloc(1, 1 << 20);
	assert_non_null(text);
	assert_true(fread(text, 1, (1 << 20) - 1, file) > 0);
	fclose(file);
	return text;
}

static void writes_the_body(void **state)
{
	struct jsonout json;
	struct err err = {0};
	(void)state;
	jsonout_init(&json);
	problem_write(&json, problem_find("cursor_ahead"), "\"after\" is 9", "id-1");
	assert_int_equal(json_check((const uint8_t *)json.text, json.len, &err), 0);
	assert_string_equal(json.text, "{\"type\":\"about:blank\",\"title\":\"The cursor is ahead "
				       "of the room\",\"status\":400,"
				       "\"code\":\"cursor_ahead\",\"detail\":\"\\\"after\\\" is "
				       "9\",\"request_id\":\"id-1\"}");
	jsonout_deinit(&json);
}

static void every_code_is_in_the_manual(void **state)
{
	char *manual = read_file(ERRORS_MANUAL), *description = read_file(OPENAPI);
	(void)state;
	for (const struct problem *p = problem_table; p->code != NULL; p++) {
		char row[128], word[64];
		snprintf(row, sizeof(row), "| `%s` | %d |", p->code, p->status);
		if (strstr(manual, row) == NULL)
			fail_msg("docs/errors.md has no row %s", row);
		snprintf(word, sizeof(word), "`%s`", p->code);
		/* those of the server itself belong to no operation */
		if (p->status != 404 && p->status != 405 && p->status != 408 && p->status != 414 &&
			p->status != 431 && strstr(description, word) == NULL)
			fail_msg("docs/openapi.yaml does not know %s", p->code);
	}
	free(manual);
	free(description);
}

static void the_manual_has_no_other_code(void **state)
{
	char *manual = read_file(ERRORS_MANUAL);
	(void)state;
	for (char *row = strstr(manual, "\n| `"); row != NULL; row = strstr(row + 1, "\n| `")) {
		char code[64];
		assert_int_equal(sscanf(row, "\n| `%63[a-z_]`", code), 1);
		const struct problem *p = problem_table;
		while (p->code != NULL && strcmp(p->code, code) != 0)
			p++;
		if (p->code == NULL)
			fail_msg("docs/errors.md describes %s, which the API never says", code);
	}
	free(manual);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_the_body),
		cmocka_unit_test(every_code_is_in_the_manual),
		cmocka_unit_test(the_manual_has_no_other_code),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
