#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/auto.h"
#include "common/jsonread.h"

static struct json_slice slice_of(const char *text)
{
	return (struct json_slice){text, strlen(text)};
}

static void walks_members(void **state)
{
	static const char text[] = " { \"a\" : \"x}\\\"\" ,\"b\":[1,{\"c\":\"]\"}] , "
				   "\"\\u0063\":-1.5e3,\"d\":{},\"e\":true,"
				   "\"f\":false,\"g\" :null } ";
	static const struct {
		const char *key, *value;
		enum json_type type;
	} want[] = {
		{"a", "\"x}\\\"\"", JSON_STRING},
		{"b", "[1,{\"c\":\"]\"}]", JSON_ARRAY},
		{"\\u0063", "-1.5e3", JSON_NUMBER},
		{"d", "{}", JSON_OBJECT},
		{"e", "true", JSON_TRUE},
		{"f", "false", JSON_FALSE},
		{"g", "null", JSON_NULL},
	};
	struct json_member seen[JSON_KEYS_MAX], m;
	size_t n, cursor = 0;
	(void)state;
	assert_int_equal(json_check_object((const uint8_t *)text, strlen(text), seen, &n, NULL), 0);
	assert_int_equal(n, COUNT(want));
	for (size_t i = 0; i < COUNT(want); i++) {
		assert_int_equal(json_next(slice_of(text), &cursor, &m), 1);
		/* both ways see the same */
		assert_ptr_equal(m.key.at, seen[i].key.at);
		assert_int_equal(m.key.len, seen[i].key.len);
		assert_ptr_equal(m.value.at, seen[i].value.at);
		assert_int_equal(m.value.len, seen[i].value.len);
		assert_int_equal(m.type, seen[i].type);
		assert_int_equal(m.type, want[i].type);
		assert_int_equal(m.key.len, strlen(want[i].key));
		assert_memory_equal(m.key.at, want[i].key, m.key.len);
		assert_int_equal(m.value.len, strlen(want[i].value));
		assert_memory_equal(m.value.at, want[i].value, m.value.len);
	}
	assert_int_equal(json_next(slice_of(text), &cursor, &m), 0);
	assert_int_equal(json_next(slice_of(text), &cursor, &m), 0);
}

static void finds_members(void **state)
{
	struct json_slice object = slice_of("{\"a\":1,\"\\u0062b\":2,\"n\":{\"x\":3}}");
	struct json_member m;
	(void)state;
	assert_true(json_find(object, "a", &m));
	assert_memory_equal(m.value.at, "1", 1);
	assert_true(json_find(object, "bb", &m));
	assert_memory_equal(m.value.at, "2", 1);
	assert_false(json_find(object, "x", &m)); /* members of members are others' */
	assert_false(json_find(object, "b", &m));
	assert_false(json_find(object, "bbb", &m));
	assert_false(json_find(object, "", &m));
	assert_false(json_find(slice_of("[1]"), "a", &m));
	assert_false(json_find(slice_of(""), "a", &m));
	assert_true(json_find(slice_of("{\"\":1}"), "", &m));
}

static void walks_items(void **state)
{
	static const char *const want[] = {"1", "\"a,]\"", "[2,[3]]", "{\"k\":[4]}", "null"};
	struct json_slice array = slice_of(" [ 1 , \"a,]\",[2,[3]] ,{\"k\":[4]}\n,null ] ");
	struct json_slice item;
	enum json_type type;
	size_t cursor = 0;
	(void)state;
	for (size_t i = 0; i < COUNT(want); i++) {
		assert_int_equal(json_next_item(array, &cursor, &item, &type), 1);
		assert_int_equal(item.len, strlen(want[i]));
		assert_memory_equal(item.at, want[i], item.len);
	}
	assert_int_equal(type, JSON_NULL);
	assert_int_equal(json_next_item(array, &cursor, &item, &type), 0);
	cursor = 0;
	assert_int_equal(json_next_item(slice_of("[ ]"), &cursor, &item, &type), 0);
	assert_int_equal(json_next_item(slice_of("{\"a\":1}"), &cursor, &item, &type), 0);
}

static void unescapes(void **state)
{
	static const struct {
		const char *raw, *text;
	} cases[] = {
		{"\"\"", ""},
		{"\"plain\"", "plain"},
		{"\"a\\\"\\\\\\/\\b\\f\\n\\r\\tz\"", "a\"\\/\b\f\n\r\tz"},
		{"\"\\u0041\\u00f1\\u20AC\\ud83d\\ude00\"",
			"A\xc3\xb1\xe2\x82\xac\xf0\x9f\x98\x80"},
		{"\"\xc3\xb1\\n\xc3\xb1\"", "\xc3\xb1\n\xc3\xb1"},
		{"\"\\uffff\\ud7ff\\udbff\\udfff\"", "\xef\xbf\xbf\xed\x9f\xbf\xf4\x8f\xbf\xbf"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		size_t size = strlen(cases[i].text) + 1;
		char *buf = malloc(size);
		assert_int_equal(json_unescape(slice_of(cases[i].raw), buf, size), size - 1);
		assert_string_equal(buf, cases[i].text);
		if (size > 1)
			assert_int_equal(json_unescape(slice_of(cases[i].raw), buf, size - 1), -1);
		free(buf);
	}
	assert_int_equal(json_unescape(slice_of("\"a\""), NULL, 0), -1);
	assert_int_equal(json_unescape(slice_of(""), (char[8]){0}, 8), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(walks_members),
		cmocka_unit_test(finds_members),
		cmocka_unit_test(walks_items),
		cmocka_unit_test(unescapes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
