#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/auto.h"
#include "common/utf8.h"

static void counts_and_checks_utf8(void **state)
{
	(void)state;
	assert_int_equal(utf8_count("", 0), 0);
	assert_int_equal(utf8_count("se\xc3\xb1or \xf0\x9f\x98\x80", 11), 7);
	assert_true(utf8_is_valid((const uint8_t *)"se\xc3\xb1or", 6));
	assert_true(utf8_is_valid((const uint8_t *)"", 0));
	assert_true(utf8_is_valid((const uint8_t *)"\x01\x1f\x7f", 3));
	assert_false(utf8_is_valid((const uint8_t *)"a\0b", 3));
	assert_false(utf8_is_valid((const uint8_t *)"\xc3", 1));
	assert_false(utf8_is_valid((const uint8_t *)"\xed\xa0\x80", 3));
	assert_false(utf8_is_valid((const uint8_t *)"\xf4\x90\x80\x80", 4));
}

/* What utf8_put writes is what utf8_sequence takes, at the ends of each length; a byte less is
 * none. */
static void writes_what_it_takes(void **state)
{
	static const struct {
		uint32_t code;
		size_t len;
	} cases[] = {
		{0x7f, 1},
		{0x80, 2},
		{0x7ff, 2},
		{0x800, 3},
		{0xd7ff, 3},
		{0xe000, 3},
		{0xffff, 3},
		{0x10000, 4},
		{0x10ffff, 4},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char text[UTF8_POINT_MAX];
		const uint8_t *bytes = (const uint8_t *)text;
		size_t len = utf8_put(text, cases[i].code);
		if (len != cases[i].len || !utf8_is_valid(bytes, len))
			fail_msg("U+%04x: %zu bytes", cases[i].code, len);
		if (len == 1)
			continue;
		assert_int_equal(utf8_sequence(bytes, bytes + len), len);
		assert_int_equal(utf8_sequence(bytes, bytes + len - 1), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_and_checks_utf8),
		cmocka_unit_test(writes_what_it_takes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
