#include "api/cursor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void comes_back_as_it_was(void **state)
{
	static const int64_t parts[][CURSOR_PARTS] = {
		{0, 0, 0}, {1, -1, 2}, {INT64_MAX, INT64_MIN, 1795370000123456}};
	(void)state;
	for (size_t i = 0; i < COUNT(parts) * 2; i++) {
		struct cursor cursor = {.list = i % 2 ? 'w' : 'l', .backwards = i % 2}, got;
		struct err err = {0};
		char text[CURSOR_TEXT_SIZE];
		memcpy(cursor.parts, parts[i / 2], sizeof(cursor.parts));
		assert_int_equal(
			cursor_parse(cursor_format(&cursor, text), cursor.list, &got, &err), 0);
		assert_int_equal(got.backwards, cursor.backwards);
		assert_memory_equal(got.parts, cursor.parts, sizeof(cursor.parts));
		assert_int_equal(cursor_parse(text, 'x', &got, &err), -1);
	}
}

/* Every change of one character, of the length too, is another cursor or none: never the same one.
 */
static void has_one_spelling(void **state)
{
	static const char signs[] = "ABab09-_.+/=* ";
	struct cursor cursor = {.list = 'w', .parts = {0, 5, 7}}, got;
	struct err err = {0};
	char text[CURSOR_TEXT_SIZE], changed[CURSOR_TEXT_SIZE + 1];
	(void)state;
	cursor_format(&cursor, text);
	size_t len = strlen(text);
	for (size_t i = 0; i < len; i++) {
		for (const char *sign = signs; *sign != '\0'; sign++) {
			strcpy(changed, text);
			changed[i] = *sign;
			if (*sign == text[i] || cursor_parse(changed, 'w', &got, &err) != 0)
				continue;
			if (memcmp(got.parts, cursor.parts, sizeof(got.parts)) == 0 &&
				got.backwards == cursor.backwards)
				fail_msg("%s is %s", changed, text);
		}
	}
	for (size_t i = 0; i < len; i++) {
		snprintf(changed, sizeof(changed), "%.*s", (int)i, text);
		assert_int_equal(cursor_parse(changed, 'w', &got, &err), -1);
	}
	strcat(strcpy(changed, text), "A");
	assert_int_equal(cursor_parse(changed, 'w', &got, &err), -1);
	assert_int_equal(err.code, ERR_INPUT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(comes_back_as_it_was),
		cmocka_unit_test(has_one_spelling),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
