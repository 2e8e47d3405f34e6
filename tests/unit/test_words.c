#include "api/words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void takes_words_apart(void **state)
{
	static const struct {
		const char *text, *whole, *last;
	} cases[] = {
		{"yoga", "", "yoga"},
		{" clase  de,yoga ", "clase de", "yoga"},
		{"¿Mañana?", "", "¿Mañana"},
		{"a&b|c:*!'(d)", "a b c", "d"},
		{"24:00", "24", "00"},
	};
	struct arena arena;
	(void)state;
	arena_init(&arena);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct words words;
		struct err err = {0};
		assert_int_equal(words_parse(&arena, cases[i].text, &words, &err), 0);
		assert_string_equal(words.whole, cases[i].whole);
		assert_string_equal(words.last, cases[i].last);
	}
	arena_deinit(&arena);
}

static void refuses_what_has_no_word(void **state)
{
	static const char *const bad[] = {NULL, "", "  ", "?!&|:*'\\", "\xff\xfe", "a\xc3"};
	char long_[WORDS_BYTES_MAX + 2];
	struct words words;
	struct err err = {0};
	struct arena arena;
	(void)state;
	arena_init(&arena);
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(words_parse(&arena, bad[i], &words, &err), -1);
	memset(long_, 'x', sizeof(long_));
	long_[sizeof(long_) - 1] = '\0';
	assert_int_equal(words_parse(&arena, long_, &words, &err), -1);
	long_[sizeof(long_) - 2] = '\0';
	assert_int_equal(words_parse(&arena, long_, &words, &err), 0);
	arena_deinit(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_words_apart),
		cmocka_unit_test(refuses_what_has_no_word),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
