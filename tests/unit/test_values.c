/* Arena, parameters of statements, and texts that grow. */
#include "api/values.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "api/figures.h"
#include "api/text.h"

static void writes_arrays(void **state)
{
	struct arena arena;
	static const char *const items[] = {"a", "", "b\"c", "d\\e", "f,{g}", "ñ"};
	(void)state;
	arena_init(&arena);
	assert_string_equal(values_array(&arena, NULL, 0), "{}");
	assert_string_equal(values_array(&arena, items, COUNT(items)),
		"{\"a\",\"\",\"b\\\"c\",\"d\\\\e\",\"f,{g}\",\"ñ\"}");
	assert_string_equal(values_number(&arena, INT64_MIN), "-9223372036854775808");
	arena_deinit(&arena);
}

static void pieces_do_not_touch(void **state)
{
	struct arena arena;
	unsigned char *pieces[300];
	(void)state;
	arena_init(&arena);
	for (size_t i = 0; i < COUNT(pieces); i++) {
		pieces[i] = arena_take(&arena, i * 37 % 9000 + 1);
		assert_int_equal((uintptr_t)pieces[i] % _Alignof(max_align_t), 0);
		memset(pieces[i], (int)i, i * 37 % 9000 + 1);
	}
	for (size_t i = 0; i < COUNT(pieces); i++) {
		assert_int_equal(pieces[i][0], (unsigned char)i);
		assert_int_equal(pieces[i][i * 37 % 9000], (unsigned char)i);
	}
	assert_string_equal(arena_copy(&arena, "abcdef", 3), "abc");
	assert_string_equal(arena_format(&arena, "%d-%s", 5, "x"), "5-x");
	arena_deinit(&arena);
	arena_deinit(&arena);
}

static void texts_grow(void **state)
{
	struct text text;
	char long_[5000];
	(void)state;
	text_init(&text);
	memset(long_, 'x', sizeof(long_) - 1);
	long_[sizeof(long_) - 1] = '\0';
	for (int i = 0; i < 5; i++)
		text_add(&text, "%d%s\n", i, long_);
	assert_int_equal(text.len, 5 * (sizeof(long_) + 1));
	assert_int_equal(strlen(text.text), text.len);
	assert_int_equal(text.text[4 * (sizeof(long_) + 1)], '4');
	free(text.text);
}

static void figures_keep_the_last_word(void **state)
{
	struct figures figures = {0};
	char name[32], long_[FIGURES_TEXT_MAX + 1] = "";
	(void)state;
	figures_set(&figures, "$SYS/a", "1", 1, 10);
	figures_set(&figures, "$SYS/a", "22", 2, 20);
	figures_set(&figures, "$SYS/b", NULL, 0, 20);
	figures_set(&figures, "$SYS/a", long_, FIGURES_TEXT_MAX, 30);
	assert_string_equal(figures_get(&figures, "$SYS/a")->text, "22");
	assert_int_equal(figures_get(&figures, "$SYS/a")->heard_ms, 20);
	assert_string_equal(figures_get(&figures, "$SYS/b")->text, "");
	assert_null(figures_get(&figures, "$SYS/c"));
	for (int i = 0; i < FIGURES_MAX + 10; i++) {
		snprintf(name, sizeof(name), "n%d", i);
		figures_set(&figures, name, "x", 1, 1);
	}
	assert_int_equal(figures.n, FIGURES_MAX);
	figures_clear(&figures);
	assert_int_equal(figures.n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_arrays),
		cmocka_unit_test(pieces_do_not_touch),
		cmocka_unit_test(texts_grow),
		cmocka_unit_test(figures_keep_the_last_word),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
