#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/auto.h"
#include "common/base64url.h"
#include "common/token.h"

static void base64url_is_strict(void **state)
{
	static const struct {
		const char *text;
		int len;
		const char *bytes;
	} cases[] = {
		{"", 0, ""},
		{"Zg", 1, "f"},
		{"Zm8", 2, "fo"},
		{"Zm9v", 3, "foo"},
		{"-_-_", 3, "\xfb\xff\xbf"},
		{"Zg==", -1, ""},
		{"Z", -1, ""},
		{"Zh", -1, ""}, /* stray bits */
		{"Zm9", -1, ""},
		{"Zm9v ", -1, ""},
		{"+/+/", -1, ""},
		{"Zm9v\n", -1, ""},
	};
	char buf[64], back[64], key[TOKEN_KEY_TEXT_SIZE];
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		int len = base64url_decode(cases[i].text, strlen(cases[i].text), buf, sizeof(buf));
		if (len != cases[i].len)
			fail_msg("%s: %d", cases[i].text, len);
		if (len < 0)
			continue;
		assert_memory_equal(buf, cases[i].bytes, len);
		assert_int_equal(base64url_encode(buf, (size_t)len, back, sizeof(back)),
			strlen(cases[i].text));
		assert_string_equal(back, cases[i].text);
	}
	assert_int_equal(base64url_decode("Zm9v", 4, buf, 2), -1);
	assert_int_equal(base64url_encode("foo", 3, back, 4), -1);
	token_key_generate(key);
	assert_int_equal(base64url_decode(key, strlen(key), buf, sizeof(buf)), 32);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(base64url_is_strict),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
