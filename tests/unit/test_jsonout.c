#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/auto.h"
#include "common/jsonout.h"
#include "common/jsonread.h"
#include "common/jsonscan.h"

static void writes_commas_where_they_belong(void **state)
{
	AUTO(jsonout) struct jsonout out;
	(void)state;
	jsonout_init(&out);
	jsonout_open(&out, '{');
	jsonout_pair(&out, "a", "x");
	jsonout_pair_int(&out, "b", -7);
	jsonout_key(&out, "c");
	jsonout_open(&out, '[');
	jsonout_int(&out, 1);
	jsonout_open(&out, '[');
	jsonout_close(&out, ']');
	jsonout_open(&out, '{');
	jsonout_close(&out, '}');
	jsonout_bool(&out, true);
	jsonout_bool(&out, false);
	jsonout_null(&out);
	jsonout_string(&out, NULL);
	jsonout_close(&out, ']');
	jsonout_pair(&out, "d", NULL);
	jsonout_close(&out, '}');
	assert_string_equal(
		out.text, "{\"a\":\"x\",\"b\":-7,\"c\":[1,[],{},true,false,null,null],\"d\":null}");
	assert_int_equal(out.len, strlen(out.text));
}

static void puts_raw_members_beside_its_own(void **state)
{
	AUTO(jsonout) struct jsonout out;
	(void)state;
	jsonout_init(&out);
	jsonout_open(&out, '{');
	jsonout_pair_int(&out, "seq", 3);
	jsonout_raw(&out, "\"colour\":\"red\"", 14); /* an envelope's extra */
	jsonout_key(&out, "list");
	jsonout_raw(&out, "[1]", 3);
	jsonout_close(&out, '}');
	assert_string_equal(out.text, "{\"seq\":3,\"colour\":\"red\",\"list\":[1]}");
}

static void escapes_what_must_be(void **state)
{
	AUTO(jsonout) struct jsonout out;
	(void)state;
	jsonout_init(&out);
	jsonout_string(&out, "\"\\/\b\f\n\r\t\x01\x1f\x7f se\xc3\xb1or");
	assert_string_equal(
		out.text, "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\\u007f se\xc3\xb1or\"");
	jsonout_reset(&out);
	jsonout_string_n(&out, "a\0b", 3);
	assert_string_equal(out.text, "\"a\\u0000b\"");
}

/* Texts are looked at in words of eight bytes: every byte at every place of some. */
static void escapes_wherever_it_stands(void **state)
{
	AUTO(jsonout) struct jsonout out;
	char text[19], back[sizeof(text) + 1];
	(void)state;
	jsonout_init(&out);
	for (unsigned byte = 0; byte < 256; byte++) {
		bool is_short = byte != 0 && strchr("\"\\\b\f\n\r\t", (int)byte) != NULL;
		size_t more = is_short ? 1 : byte < 0x20 || byte == 0x7f ? 5 : 0;
		for (size_t at = 0; at < sizeof(text); at++) {
			memset(text, 'x', sizeof(text));
			text[at] = (char)byte;
			jsonout_reset(&out);
			jsonout_string_n(&out, text, sizeof(text));
			assert_int_equal(out.len, 2 + sizeof(text) + more);
			if (byte == 0) /* reads back as nothing: no text of ours has one */
				continue;
			struct json_slice raw = {out.text, out.len};
			assert_int_equal(json_unescape(raw, back, sizeof(back)), sizeof(text));
			assert_memory_equal(back, text, sizeof(text));
		}
	}
}

static void what_it_writes_reads_back(void **state)
{
	AUTO(jsonout) struct jsonout out;
	char text[128], back[128];
	(void)state;
	for (int c = 1; c < 128; c++)
		text[c - 1] = (char)c;
	text[127] = '\0';
	jsonout_init(&out);
	jsonout_string(&out, text);
	assert_int_equal(json_check((uint8_t *)out.text, out.len, NULL), 0);
	assert_int_equal(
		json_unescape((struct json_slice){out.text, out.len}, back, sizeof(back)), 127);
	assert_string_equal(back, text);
}

static void writes_numbers(void **state)
{
	static const double reals[] = {0, -1.5, 0.1, 1e300, 123456789012345680.0, 5e-324, 1.0 / 3};
	AUTO(jsonout) struct jsonout out;
	(void)state;
	jsonout_init(&out);
	jsonout_int(&out, INT64_MIN);
	jsonout_int(&out, INT64_MAX);
	assert_string_equal(out.text, "-9223372036854775808,9223372036854775807");
	for (size_t i = 0; i < COUNT(reals); i++) {
		jsonout_reset(&out);
		jsonout_real(&out, reals[i]);
		assert_int_equal(json_check((uint8_t *)out.text, out.len, NULL), 0);
		assert_true(strtod(out.text, NULL) == reals[i]);
	}
	jsonout_reset(&out);
	jsonout_real(&out, 0.1);
	assert_string_equal(out.text, "0.1");
	jsonout_reset(&out);
	jsonout_real(&out, INFINITY);
	jsonout_real(&out, NAN);
	assert_string_equal(out.text, "null,null");
}

static void grows(void **state)
{
	AUTO(jsonout) struct jsonout out;
	char controls[3000];
	(void)state;
	memset(controls, 1, sizeof(controls));
	jsonout_init(&out);
	jsonout_open(&out, '[');
	for (int i = 0; i < 1000; i++)
		jsonout_int(&out, i);
	jsonout_string_n(&out, controls, sizeof(controls));
	jsonout_close(&out, ']');
	assert_int_equal(json_check((uint8_t *)out.text, out.len, NULL), 0);
	assert_int_equal(out.text[out.len], '\0');
}

static void text_can_be_taken(void **state)
{
	struct jsonout out;
	(void)state;
	jsonout_init(&out);
	jsonout_int(&out, 1);
	char *text = TAKE(out.text);
	assert_string_equal(text, "1");
	free(text);
	jsonout_reset(&out);
	jsonout_int(&out, 2);
	assert_string_equal(out.text, "2");
	jsonout_deinit(&out);
	assert_null(out.text);
	jsonout_deinit(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_commas_where_they_belong),
		cmocka_unit_test(puts_raw_members_beside_its_own),
		cmocka_unit_test(escapes_what_must_be),
		cmocka_unit_test(escapes_wherever_it_stands),
		cmocka_unit_test(what_it_writes_reads_back),
		cmocka_unit_test(writes_numbers),
		cmocka_unit_test(grows),
		cmocka_unit_test(text_can_be_taken),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
