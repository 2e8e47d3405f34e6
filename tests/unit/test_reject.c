#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "broker-conf/reject.h"

#define ID "6f1c2d3e-4a5b-4c6d-8e7f-001122334455"

static void check(const struct reject *reject, const char *expected)
{
	struct jsonout out;
	jsonout_init(&out);
	reject_write(reject, &out);
	assert_string_equal(out.text, expected);
	assert_int_equal(out.len, strlen(expected));
	jsonout_deinit(&out);
}

static struct reject of(const char *topic, const char *payload)
{
	return (struct reject){.topic = topic,
		.payload = (const uint8_t *)payload,
		.len = strlen(payload),
		.code = "forbidden",
		.detail = "no"};
}

static void says_which_message(void **state)
{
	struct reject r = of("gym/g/room/bob/msg/client/ana", "{\"text\":\"x\",\"id\":\"" ID "\"}");
	(void)state;
	check(&r, "{\"rejected\":[{\"id\":\"" ID
		  "\",\"room\":\"bob\",\"code\":\"forbidden\",\"detail\":\"no\"}]}");
}

static void says_when_to_try_again(void **state)
{
	struct reject r = of("gym/g/room/ana/msg/client/ana", "{\"id\":\"" ID "\"}");
	(void)state;
	r.code = "rate_limited";
	r.detail = "too many \"messages\"";
	r.retry_after_ms = 1234;
	check(&r, "{\"rejected\":[{\"id\":\"" ID "\",\"room\":\"ana\",\"code\":\"rate_limited\","
		  "\"detail\":\"too many \\\"messages\\\"\",\"retry_after_ms\":1234}]}");
}

static void id_only_from_a_sound_payload(void **state)
{
	static const char *const payloads[] = {
		"",
		"x",
		"[]",
		"\"" ID "\"",
		"{",
		"{}",
		"{\"id\":1}",
		"{\"id\":\"nope\"}",
		"{\"id\":\"6F1C2D3E-4A5B-4C6D-8E7F-001122334455\"}", /* another spelling is another
									id */
		"{\"id\":\"" ID "\"} x",
		"{\"id\":\"" ID "\",\"id\":\"" ID "\"}",
		"{\"id\":\"" ID "\",\"a\":\"\xff\"}",
		"{\"a\":{\"id\":\"" ID "\"}}",
		"{\"id\":\"" ID "\\u0000\"}",
	};
	(void)state;
	for (size_t i = 0; i < COUNT(payloads); i++) {
		struct reject r = of("gym/g/room/ana/msg/client/ana", payloads[i]);
		check(&r, "{\"rejected\":[{\"id\":null,\"room\":\"ana\",\"code\":\"forbidden\","
			  "\"detail\":\"no\"}]}");
	}
	struct reject none = of("gym/g/room/ana/msg/client/ana", "");
	none.payload = NULL;
	check(&none, "{\"rejected\":[{\"id\":null,\"room\":\"ana\",\"code\":\"forbidden\","
		     "\"detail\":\"no\"}]}");
}

static void a_huge_payload_is_not_searched(void **state)
{
	static char payload[REJECT_SCAN_MAX + 2] = "{\"id\":\"" ID "\"}";
	struct reject r = of("gym/g/room/ana/msg/client/ana", "");

	(void)state;
	memset(payload + strlen(payload), ' ', sizeof payload - strlen(payload) - 1);
	r.payload = (const uint8_t *)payload;
	r.len = REJECT_SCAN_MAX;
	check(&r, "{\"rejected\":[{\"id\":\"" ID
		  "\",\"room\":\"ana\",\"code\":\"forbidden\",\"detail\":\"no\"}]}");
	r.len = REJECT_SCAN_MAX + 1;
	check(&r, "{\"rejected\":[{\"id\":null,\"room\":\"ana\",\"code\":\"forbidden\",\"detail\":"
		  "\"no\"}]}");
}

static void room_only_from_a_topic_that_has_one(void **state)
{
	static const struct {
		const char *topic, *room;
	} cases[] = {
		{"gym/g/room/ana/msg/client/ana", "\"ana\""},
		{"gym/g/desk/ana/note/staff/m", "\"ana\""},
		{"gym/g/room/ana", "\"ana\""},
		{"gym/h/room/ana/x", "\"ana\""},
		{"gym/g/room/a\"b/x", "null"},
		{"gym/g/room/", "null"},
		{"gym/g/presence/client/ana", "null"},
		{"gym/g", "null"},
		{"gym", "null"},
		{"$SYS/room/ana", "null"},
		{"", "null"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char expected[200] = "{\"rejected\":[{\"id\":null,\"room\":";
		strcat(expected, cases[i].room);
		strcat(expected, ",\"code\":\"forbidden\",\"detail\":\"no\"}]}");
		struct reject r = of(cases[i].topic, "");
		check(&r, expected);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_which_message),
		cmocka_unit_test(says_when_to_try_again),
		cmocka_unit_test(id_only_from_a_sound_payload),
		cmocka_unit_test(a_huge_payload_is_not_searched),
		cmocka_unit_test(room_only_from_a_topic_that_has_one),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
