#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/jsonscan.h"

/* Checks a copy that ends where the text ends, so that the sanitizer sees a step beyond. */
static int check(const char *text, size_t len, struct err *err)
{
	uint8_t *exact = malloc(len + (len == 0));
	memcpy(exact, text, len);
	int rc = json_check(exact, len, err);
	free(exact);
	return rc;
}

static void accepts_json(void **state)
{
	static const char *const cases[] = {
		"{}",
		"[]",
		" \t\r\n{ } \n",
		"null",
		"true",
		"false",
		"0",
		"-0",
		"-12.5e+3",
		"1E-400",
		"1e308",
		"1.7976931348623157e308",
		"0.00000000000000000000017976931348623157e330",
		"179769313486231570000e288",
		"0e400",
		"\"\"",
		"\"a\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\"",
		"\"\\ud83d\\ude00\\u00f1\\uFFFF\\ud7ff\\ue000\"",
		"\"se\xc3\xb1or \xe2\x82\xac \xf0\x9f\x98\x80 \xf4\x8f\xbf\xbf \xee\x80\x80\"",
		"\"\x7f\"",
		"[1,2,[3,[4]],{\"a\":[{}]}]",
		"{\"a\":1,\"b\":{\"a\":1},\"c\":[{\"a\":1},{\"a\":1}]}", /* each object its own keys
									  */
		"{\"\":1,\"a\":2,\"A\":3,\"aa\":4}",
		"{\"a\\\\\":1,\"a\":2}",
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct err err = {0};
		if (check(cases[i], strlen(cases[i]), &err) != 0)
			fail_msg("%s: %s", cases[i], err.text);
	}
}

static void refuses_what_is_not(void **state)
{
	static const struct {
		const char *text;
		const char *why; /* part of the error */
	} cases[] = {
		{"", "value expected at byte 0"},
		{"  ", "value expected at byte 2"},
		{"{", "key expected"},
		{"[", "value expected"},
		{"}", "value expected"},
		{"nul", "not a value"},
		{"nulls", "bytes after the value at byte 4"},
		{"True", "value expected"},
		{"{} {}", "bytes after the value at byte 3"},
		{"{}x", "bytes after"},
		{"{\"a\"}", "colon expected"},
		{"{\"a\":}", "value expected"},
		{"{\"a\":1,}", "key expected"},
		{"{\"a\":1 \"b\":2}", "comma or closing bracket"},
		{"{a:1}", "key expected"},
		{"{1:1}", "key expected"},
		{"{,}", "key expected"},
		{"[1,]", "value expected"},
		{"[,1]", "value expected"},
		{"[1 2]", "comma or closing bracket"},
		{"[1}", "comma or closing bracket"},
		{"{\"a\":1]", "comma or closing bracket"},
		{"'a'", "value expected"},
		{"01", "leading zero"},
		{"-01", "leading zero"},
		{"-", "without digits"},
		{"+1", "value expected"},
		{".5", "value expected"},
		{"1.", "without digits"},
		{"1.e3", "without digits"},
		{"1e", "without digits"},
		{"1e+", "without digits"},
		{"0x10", "bytes after"},
		{"NaN", "value expected"},
		{"Infinity", "value expected"},
		{"-Infinity", "without digits"},
		{"1e309", "too large"},
		{"-1e309", "too large"},
		{"1.8e308", "too large"},
		{"10e308", "too large"},
		{"0.1e310", "too large"},
		{"1e400000", "too large"},
		{"0e401", "too large"},
		{"1e99999999999999999999", "too large"},
		{"1e-401", "too large"},
		{"\"", "without an end"},
		{"\"a", "without an end"},
		{"\"\\", "bad escape"},
		{"\"\\\"", "without an end"},
		{"\"\\x\"", "bad escape"},
		{"\"\\u\"", "bad escape"},
		{"\"\\u12\"", "bad escape"},
		{"\"\\u12g4\"", "bad escape"},
		{"\"\\U0041\"", "bad escape"},
		{"\"\\u0000\"", "\\u0000"},
		{"\"\\ud800\"", "surrogate"},
		{"\"\\ud800x\"", "surrogate"},
		{"\"\\ud800\\n\"", "surrogate"},
		{"\"\\ud800\\u0041\"", "surrogate"},
		{"\"\\ud800\\ud800\"", "surrogate"},
		{"\"\\udc00\"", "surrogate"},
		{"\"\\udc00\\ud800\"", "surrogate"},
		{"\"a\nb\"", "control character"},
		{"\"a\tb\"", "control character"},
		{"\"12345678\x1f\"", "control character"},
		{"\"\x80\"", "not UTF-8"},
		{"\"\xc0\x80\"", "not UTF-8"}, /* overlong NUL */
		{"\"\xc1\xbf\"", "not UTF-8"},
		{"\"\xc3\"", "not UTF-8"},
		{"\"\xe0\x80\x80\"", "not UTF-8"},
		{"\"\xed\xa0\x80\"", "not UTF-8"}, /* encoded surrogate */
		{"\"\xe2\x82\"", "not UTF-8"},
		{"\"\xf0\x8f\xbf\xbf\"", "not UTF-8"},
		{"\"\xf4\x90\x80\x80\"", "not UTF-8"}, /* above U+10FFFF */
		{"\"\xf5\x80\x80\x80\"", "not UTF-8"},
		{"\"\xff\"", "not UTF-8"},
		{"\"abcdefg\xc3\x28\"", "not UTF-8"},
		{"\xef\xbb\xbf{}", "value expected at byte 0"}, /* byte order mark */
		{"\xc2\xa0{}", "value expected"},
		{"{\"a\":1,\"a\":2}", "duplicate key"},
		{"{\"a\":1,\"b\":2,\"a\":3}", "duplicate key"},
		{"{\"a\":1,\"\\u0061\":2}", "duplicate key"},
		{"{\"\\u00f1\":1,\"\xc3\xb1\":2}", "duplicate key"},
		{"{\"\\/\":1,\"/\":2}", "duplicate key"},
		{"{\"\\ud83d\\ude00\":1,\"\xf0\x9f\x98\x80\":2}", "duplicate key"},
		{"{\"\":1,\"\":2}", "duplicate key"},
		{"{\"a\":{\"b\":1,\"b\":2}}", "duplicate key"},
		{"[{\"b\":1,\"b\":2}]", "duplicate key"},
		{"/**/{}", "value expected"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct err err = {0};
		if (check(cases[i].text, strlen(cases[i].text), &err) != -1)
			fail_msg("%s: accepted", cases[i].text);
		assert_int_equal(err.code, ERR_INPUT);
		if (strstr(err.text, cases[i].why) == NULL)
			fail_msg("%s: %s", cases[i].text, err.text);
	}
}

static void refuses_nul_bytes(void **state)
{
	(void)state;
	assert_int_equal(check("\"a\0b\"", 5, NULL), -1);
	assert_int_equal(check("{}\0", 3, NULL), -1);
	assert_int_equal(check("\0", 1, NULL), -1);
	assert_int_equal(check("{\"a\0\":1}", 8, NULL), -1);
}

/* Every byte at every place of the eight that are looked at in one step. */
static void finds_odd_bytes_anywhere(void **state)
{
	(void)state;
	for (int c = 0; c < 256; c++) {
		for (size_t at = 1; at <= 20; at++) {
			char text[24];
			memset(text, 'x', sizeof(text));
			text[0] = '"';
			text[21] = '"';
			text[at] = (char)c;
			bool is_bad = c < 0x20 || c >= 0x80 || c == '"' || c == '\\';
			if ((check(text, 22, NULL) != 0) != is_bad)
				fail_msg("byte %d at %zu", c, at);
		}
	}
}

static char *nested(size_t depth)
{
	char *text = malloc(depth * 6 + 2), *at = text;
	for (size_t i = 0; i < depth; i++)
		at = stpcpy(at, i % 2 == 0 ? "[" : "{\"a\":");
	if (depth % 2 == 0)
		*at++ = '1';
	for (size_t i = depth; i > 0; i--)
		*at++ = i % 2 == 1 ? ']' : '}';
	*at = '\0';
	return text;
}

static void bounds_depth(void **state)
{
	struct err err = {0};
	(void)state;
	char *deepest = nested(JSON_DEPTH_MAX), *deeper = nested(JSON_DEPTH_MAX + 1);
	assert_int_equal(check(deepest, strlen(deepest), &err), 0);
	assert_int_equal(check(deeper, strlen(deeper), &err), -1);
	assert_non_null(strstr(err.text, "too deep"));
	free(deepest);
	free(deeper);
	char *brackets = malloc(1000000);
	memset(brackets, '[', 1000000);
	assert_int_equal(check(brackets, 1000000, &err), -1);
	free(brackets);
}

static size_t object_of(char *text, size_t size, unsigned keys)
{
	size_t len = 0;
	text[len++] = '{';
	for (unsigned i = 0; i < keys; i++)
		len += (size_t)snprintf(text + len, size - len, "%s\"k%u\":%u", i ? "," : "", i, i);
	text[len++] = '}';
	text[len] = '\0';
	return len;
}

static void bounds_members(void **state)
{
	char text[8192];
	struct err err = {0};
	struct json_member members[JSON_KEYS_MAX];
	size_t n;
	(void)state;
	size_t len = object_of(text, sizeof(text), JSON_KEYS_MAX);
	assert_int_equal(json_check_object((uint8_t *)text, len, members, &n, &err), 0);
	assert_int_equal(n, JSON_KEYS_MAX);
	assert_memory_equal(members[255].key.at, "k255", 4);
	len = object_of(text, sizeof(text), JSON_KEYS_MAX + 1);
	assert_int_equal(json_check_object((uint8_t *)text, len, members, &n, &err), -1);
	assert_non_null(strstr(err.text, "too many members"));
}

static void bounds_numbers(void **state)
{
	char text[64];
	(void)state;
	memset(text, '1', sizeof(text));
	assert_int_equal(check(text, 63, NULL), 0);
	assert_int_equal(check(text, 64, NULL), -1);
	memcpy(text + 58, "e246", 4); /* 1.1e303 */
	assert_int_equal(check(text, 62, NULL), 0);
	memcpy(text + 58, "e251", 4); /* 1.1e308 */
	assert_int_equal(check(text, 62, NULL), 0);
	memcpy(text + 58, "e252", 4);
	assert_int_equal(check(text, 62, NULL), -1);
}

static void object_only_where_one_is_asked(void **state)
{
	struct json_member members[JSON_KEYS_MAX];
	struct err err = {0};
	size_t n;
	(void)state;
	assert_int_equal(
		json_check_object((const uint8_t *)"[{\"a\":1}]", 9, members, &n, &err), -1);
	assert_non_null(strstr(err.text, "object expected"));
	assert_int_equal(json_check_object((const uint8_t *)"{}", 2, members, &n, &err), 0);
	assert_int_equal(n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accepts_json),
		cmocka_unit_test(refuses_what_is_not),
		cmocka_unit_test(refuses_nul_bytes),
		cmocka_unit_test(finds_odd_bytes_anywhere),
		cmocka_unit_test(bounds_depth),
		cmocka_unit_test(bounds_members),
		cmocka_unit_test(bounds_numbers),
		cmocka_unit_test(object_only_where_one_is_asked),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
