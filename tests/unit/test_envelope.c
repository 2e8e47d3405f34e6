#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/envelope.h"

#define ID   "018f3c1e-7a2b-7c3d-8e4f-5a6b7c8d9e0f"
#define ID_B "f47ac10b-58cc-4372-a567-0e02b2c3d479"
#define AT   "2026-11-22T10:41:07.123Z"
#define HEAD "{\"id\":\"" ID "\",\"text\":\"hola\",\"sent_at\":\"" AT "\""

static struct envelope
	e; /* as the archiver has it: one for all messages, never zeroed in between */
static struct err err;

/* From a copy that ends where the text ends, so that the sanitizer sees a step beyond. */
static int parse_n(const char *text, size_t len)
{
	static uint8_t *exact; /* attachments point into it until the next call */
	free(exact);
	exact = malloc(len + (len == 0));
	memcpy(exact, text, len);
	err = (struct err){0};
	int rc = envelope_parse(exact, len, &e, &err);
	if (len == 0) {
		free(exact);
		exact = NULL;
	}
	return rc;
}

static int parse(const char *text)
{
	return parse_n(text, strlen(text));
}

static void takes_a_plain_message(void **state)
{
	(void)state;
	assert_int_equal(parse(HEAD "}"), 0);
	assert_string_equal(e.id, ID);
	assert_string_equal(e.text, "hola");
	assert_int_equal(e.text_len, 4);
	assert_string_equal(e.kind, "text");
	assert_string_equal(e.reply_to, "");
	assert_int_equal(e.sent_at_us, 1795344067123000);
	assert_int_equal(e.attachments.len, 0);
	assert_int_equal(e.extra_len, 0);
	assert_string_equal(e.extra, "");
}

static void takes_every_member(void **state)
{
	(void)state;
	assert_int_equal(
		parse("{\"colour\" : {\"r\": 1}, \"attachments\": [ {\"u\":\"x\"} "
		      "],\"kind\":\"check-in\","
		      "\"reply_to\":\"" ID_B "\",\"sent_at\":\"2026-11-22T11:41:07+01:00\","
		      "\"text\":\"a\\n\\u00f1 \\ud83d\\ude00\",\"id\":\"" ID "\",\"n\":1e2}"),
		0);
	assert_string_equal(e.kind, "check-in");
	assert_string_equal(e.reply_to, ID_B);
	assert_string_equal(e.text, "a\n\xc3\xb1 \xf0\x9f\x98\x80");
	assert_int_equal(e.text_len, 9);
	assert_int_equal(e.sent_at_us, 1795344067000000);
	assert_int_equal(e.attachments.len, 13);
	assert_memory_equal(e.attachments.at, "[ {\"u\":\"x\"} ]", 13);
	assert_string_equal(e.extra, "\"colour\":{\"r\": 1},\"n\":1e2");
	assert_int_equal(e.extra_len, strlen(e.extra));
}

static void a_parse_leaves_nothing_to_the_next(void **state)
{
	(void)state;
	assert_int_equal(parse(HEAD ",\"reply_to\":\"" ID_B
				    "\",\"attachments\":[1],\"kind\":\"x\",\"u\":1}"),
		0);
	takes_a_plain_message(state);
	assert_int_equal(parse("[]"), -1);
	assert_string_equal(e.id, "");
	assert_string_equal(e.text, "");
	assert_int_equal(e.text_len, 0);
}

static void knows_members_spelt_with_escapes(void **state)
{
	(void)state;
	assert_int_equal(parse("{\"\\u0069d\":\"" ID
			       "\",\"te\\u0078t\":\"a\",\"sent_at\":\"2026\\u002d11-22T10:41:07Z\","
			       "\"\\u0073eq\":1}"),
		0);
	assert_string_equal(e.id, ID);
	assert_string_equal(e.extra, "");
}

static void optional_members_may_be_null(void **state)
{
	(void)state;
	assert_int_equal(
		parse(HEAD ",\"reply_to\":null,\"attachments\":null,\"kind\":null,\"u\":null}"), 0);
	assert_string_equal(e.kind, "text");
	assert_string_equal(e.reply_to, "");
	assert_int_equal(e.attachments.len, 0);
	assert_string_equal(e.extra, "\"u\":null");
}

/* What the topic and the archive say must not come a second time from the sender. */
static void leaves_out_what_others_give(void **state)
{
	(void)state;
	assert_int_equal(
		parse(HEAD
			",\"seq\":1,\"role\":\"staff\",\"a\":1,\"sender\":\"marta\",\"name\":\"M\","
			"\"stored_at\":\"x\",\"delivered_at\":1,\"read_at\":null,\"b\":2}"),
		0);
	assert_string_equal(e.extra, "\"a\":1,\"b\":2");
}

static void refuses_wrong_shapes(void **state)
{
	static const struct {
		const char *payload, *why;
		bool has_id; /* told to the sender all the same */
	} cases[] = {
		{"", "value expected", false},
		{"hola", "value expected", false},
		{"[]", "object expected", false},
		{"\"" ID "\"", "object expected", false},
		{"{}", "id is no", false},
		{HEAD, "comma or closing bracket", false},
		{HEAD "}x", "bytes after", false},
		{HEAD ",\"id\":\"" ID "\"}", "duplicate key", false},
		{"{\"text\":\"a\",\"sent_at\":\"" AT "\"}", "id is no", false},
		{"{\"id\":7,\"text\":\"a\",\"sent_at\":\"" AT "\"}", "id is no", false},
		{"{\"id\":null,\"text\":\"a\",\"sent_at\":\"" AT "\"}", "id is no", false},
		{"{\"id\":\"018F3C1E-7a2b-7c3d-8e4f-5a6b7c8d9e0f\",\"text\":\"a\",\"sent_at\":\"" AT
		 "\"}",
			"id is no", false},
		{"{\"id\":\"" ID "0\",\"text\":\"a\",\"sent_at\":\"" AT "\"}", "id is no", false},
		{"{\"id\":\"" ID "\"}", "text is missing", true},
		{"{\"id\":\"" ID "\",\"text\":null,\"sent_at\":\"" AT "\"}", "text is missing",
			true},
		{"{\"id\":\"" ID "\",\"text\":5,\"sent_at\":\"" AT "\"}", "text is missing", true},
		{"{\"id\":\"" ID "\",\"text\":[\"a\"],\"sent_at\":\"" AT "\"}", "text is missing",
			true},
		{"{\"id\":\"" ID "\",\"text\":\"\",\"sent_at\":\"" AT "\"}", "text is empty", true},
		{"{\"id\":\"" ID "\",\"text\":\"a\"}", "sent_at", true},
		{"{\"id\":\"" ID "\",\"text\":\"a\",\"sent_at\":1795344067}", "sent_at", true},
		{"{\"id\":\"" ID "\",\"text\":\"a\",\"sent_at\":\"yesterday\"}", "sent_at", true},
		{"{\"id\":\"" ID "\",\"text\":\"a\",\"sent_at\":\"2026-11-22T10:41:07\"}",
			"sent_at", true},
		{HEAD ",\"kind\":\"\"}", "kind", true},
		{HEAD ",\"kind\":\"Text\"}", "kind", true},
		{HEAD ",\"kind\":\"a b\"}", "kind", true},
		{HEAD ",\"kind\":1}", "kind", true},
		{HEAD ",\"kind\":\"abcdefghijklmnopqrstuvwxyz0123456\"}", "kind", true},
		{HEAD ",\"reply_to\":\"\"}", "reply_to", true},
		{HEAD ",\"reply_to\":1}", "reply_to", true},
		{HEAD ",\"reply_to\":\"F47AC10B-58cc-4372-a567-0e02b2c3d479\"}", "reply_to", true},
		{HEAD ",\"attachments\":{}}", "attachments", true},
		{HEAD ",\"attachments\":\"x\"}", "attachments", true},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		if (parse(cases[i].payload) != -1)
			fail_msg("%s: taken", cases[i].payload);
		assert_int_equal(err.code, ERR_INPUT);
		if (strstr(err.text, cases[i].why) == NULL)
			fail_msg("%s: %s", cases[i].payload, err.text);
		assert_string_equal(e.id, cases[i].has_id ? ID : "");
	}
}

/* A message of n times what, in the text. */
static char *message_of(const char *what, size_t n)
{
	static const char head[] = "{\"id\":\"" ID "\",\"sent_at\":\"" AT "\",\"text\":\"";
	char *payload = malloc(sizeof(head) + strlen(what) * n + 3);
	char *at = stpcpy(payload, head);
	for (size_t i = 0; i < n; i++)
		at = stpcpy(at, what);
	strcpy(at, "\"}");
	return payload;
}

static void counts_code_points(void **state)
{
	static const struct {
		const char *what;
		size_t n;
		int rc;
	} cases[] = {
		{"a", 4000, 0},
		{"a", 4001, -1},
		{"\xc3\xb1", 4000, 0},
		{"\xc3\xb1", 4001, -1},
		{"\\u00f1", 2000, 0},
		{"\xf0\x9f\x98\x80", 4000, 0},
		{"\xf0\x9f\x98\x80", 4001, -1},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char *payload = message_of(cases[i].what, cases[i].n);
		assert_int_equal(parse(payload), cases[i].rc);
		if (cases[i].rc != 0)
			assert_non_null(strstr(err.text, "longer than 4000"));
		assert_string_equal(e.id, ID);
		free(payload);
	}
}

static void bounds_bytes(void **state)
{
	(void)state;
	size_t fill = ENVELOPE_BYTES_MAX - strlen(HEAD "     }");
	char *payload = malloc(ENVELOPE_BYTES_MAX + 2);
	int len = sprintf(payload, "%s%*s}", HEAD, (int)(fill + 5), "");
	assert_int_equal(len, ENVELOPE_BYTES_MAX);
	assert_int_equal(parse(payload), 0);
	sprintf(payload, "%s%*s}", HEAD, (int)(fill + 6), "");
	assert_int_equal(parse(payload), -1);
	assert_int_equal(err.code, ERR_TOO_LARGE);
	assert_string_equal(e.id, ID); /* known, so that its sender can be told */
	payload[ENVELOPE_BYTES_MAX] = 'x';
	assert_int_equal(parse(payload), -1);
	assert_int_equal(err.code, ERR_TOO_LARGE);
	assert_string_equal(e.id, "");
	free(payload);
}

/* The whole payload as one unknown member: the buffers hold it. */
static void extra_may_be_nearly_all(void **state)
{
	char *payload = malloc(ENVELOPE_BYTES_MAX + 1);
	size_t fill = ENVELOPE_BYTES_MAX - strlen(HEAD ",\"x\":\"\"}");
	(void)state;
	char *at = stpcpy(payload, HEAD ",\"x\":\"");
	memset(at, 'y', fill);
	strcpy(at + fill, "\"}");
	assert_int_equal(strlen(payload), ENVELOPE_BYTES_MAX);
	assert_int_equal(parse(payload), 0);
	assert_int_equal(e.extra_len, fill + strlen("\"x\":\"\""));
	free(payload);
}

static void parses_receipts(void **state)
{
	static const struct {
		const char *payload;
		int rc;
		struct receipt want;
	} cases[] = {
		{"{\"delivered\":7,\"read\":5,\"at\":\"" AT "\"}", 0, {7, 5, 1795344067123000}},
		{"{\"read\":5}", 0, {-1, 5, 0}},
		{"{\"delivered\":0}", 0, {0, -1, 0}},
		{"{}", 0, {-1, -1, 0}},
		{"{\"delivered\":null,\"read\":null,\"at\":null,\"x\":[]}", 0, {-1, -1, 0}},
		{"{\"delivered\":9007199254740991}", 0, {9007199254740991, -1, 0}},
		{"{\"delivered\":9007199254740992}", -1, {-1, -1, 0}},
		{"{\"delivered\":99999999999999999}", -1, {-1, -1, 0}},
		{"{\"delivered\":-1}", -1, {-1, -1, 0}},
		{"{\"delivered\":-0}", -1, {-1, -1, 0}},
		{"{\"delivered\":1.5}", -1, {-1, -1, 0}},
		{"{\"delivered\":1e3}", -1, {-1, -1, 0}},
		{"{\"delivered\":\"7\"}", -1, {-1, -1, 0}},
		{"{\"delivered\":7,\"read\":\"5\"}", -1, {-1, -1, 0}},
		{"{\"read\":true}", -1, {-1, -1, 0}},
		{"{\"read\":1,\"at\":1795344067}", -1, {-1, -1, 0}},
		{"{\"read\":1,\"at\":\"now\"}", -1, {-1, -1, 0}},
		{"{\"read\":1,\"read\":2}", -1, {-1, -1, 0}},
		{"[1]", -1, {-1, -1, 0}},
		{"", -1, {-1, -1, 0}},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct receipt got = {1, 2, 3};
		const char *payload = cases[i].payload;
		int rc = receipt_parse((const uint8_t *)payload, strlen(payload), &got, &err);
		if (rc != cases[i].rc || memcmp(&got, &cases[i].want, sizeof(got)) != 0)
			fail_msg("%s: rc %d, %lld %lld %lld", payload, rc, (long long)got.delivered,
				(long long)got.read, (long long)got.at_us);
	}
}

static void parses_presence(void **state)
{
	static const struct {
		const char *payload;
		int rc;
		bool online;
		const char *conn;
	} cases[] = {
		{"{\"online\":true,\"conn\":\"ab-1\"}", 0, true, "ab-1"},
		{"{\"online\":false,\"conn\":\"ab-1\"}", 0, false, "ab-1"},
		{"{\"online\":true}", 0, true, ""},
		{"{\"online\":true,\"conn\":null,\"x\":1}", 0, true, ""},
		{"{\"conn\":\"a\"}", -1, false, ""},
		{"{\"online\":1}", -1, false, ""},
		{"{\"online\":\"true\"}", -1, false, ""},
		{"{\"online\":null}", -1, false, ""},
		{"{\"online\":true,\"conn\":\"\"}", -1, false, ""},
		{"{\"online\":true,\"conn\":\"a.b\"}", -1, false, ""},
		{"{\"online\":true,\"conn\":7}", -1, false, ""},
		{"true", -1, false, ""},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct presence got = {.online = true, .conn = "rest"};
		const char *payload = cases[i].payload;
		int rc = presence_parse((const uint8_t *)payload, strlen(payload), &got, &err);
		if (rc != cases[i].rc || got.online != cases[i].online ||
			strcmp(got.conn, cases[i].conn) != 0)
			fail_msg("%s: rc %d, %d %s", payload, rc, got.online, got.conn);
	}
}

static void small_payloads_are_bounded_too(void **state)
{
	static uint8_t large[ENVELOPE_BYTES_MAX + 1];
	struct receipt receipt;
	struct presence presence;
	(void)state;
	memset(large, ' ', sizeof(large));
	assert_int_equal(receipt_parse(large, sizeof(large), &receipt, &err), -1);
	assert_int_equal(err.code, ERR_TOO_LARGE);
	assert_int_equal(presence_parse(large, sizeof(large), &presence, &err), -1);
	assert_int_equal(err.code, ERR_TOO_LARGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_a_plain_message),
		cmocka_unit_test(takes_every_member),
		cmocka_unit_test(a_parse_leaves_nothing_to_the_next),
		cmocka_unit_test(knows_members_spelt_with_escapes),
		cmocka_unit_test(optional_members_may_be_null),
		cmocka_unit_test(leaves_out_what_others_give),
		cmocka_unit_test(refuses_wrong_shapes),
		cmocka_unit_test(counts_code_points),
		cmocka_unit_test(bounds_bytes),
		cmocka_unit_test(extra_may_be_nearly_all),
		cmocka_unit_test(parses_receipts),
		cmocka_unit_test(parses_presence),
		cmocka_unit_test(small_payloads_are_bounded_too),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
