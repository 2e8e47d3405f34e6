/* What a kiosk says, and who its token says it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base64url.h"
#include "common/token.h"
#include "kiosk/compose.h"
#include "kiosk/identity.h"

#define ID "0190f5fe-7c00-7a00-8000-000000000001"

static void words_become_a_message(void **state)
{
	struct compose words = {
		.room = "ana", .text = "Hola \"Ana\" \xc3\xb1\n", .kind = "checkin", .id = ID};
	struct spool_entry entry = {0};
	(void)state;
	assert_int_equal(compose_words(&words, &entry, NULL), 0);
	assert_string_equal(entry.room, "ana");
	assert_string_equal(entry.id, ID);
	static const char start[] = "{\"id\":\"" ID "\",\"sent_at\":\"20";
	static const char end[] = "\"kind\":\"checkin\",\"text\":\"Hola \\\"Ana\\\" \xc3\xb1\\n\"}";
	assert_memory_equal(entry.payload, start, sizeof(start) - 1);
	assert_string_equal(entry.payload + entry.len - (sizeof(end) - 1), end);
	words = (struct compose){.room = "ana", .text = "x"};
	assert_int_equal(compose_words(&words, &entry, NULL), 0);
	assert_true(uuid_is_valid(entry.id, strlen(entry.id)));
	assert_null(strstr(entry.payload, "kind"));
}

static void lines_become_messages(void **state)
{
	static const struct {
		const char *line;
		enum err_code code;
		const char *holds;
	} cases[] = {
		{"{\"room\":\"ana\",\"text\":\"hola\"}", ERR_NONE, "\"text\":\"hola\"}"},
		{" { \"text\" : \"hola\" , \"room\" : \"ana\", \"temp\" : 1.50 } ", ERR_NONE,
			"\"temp\" : 1.50}"},
		{"{\"id\":\"" ID "\",\"room\":\"ana\",\"text\":\"x\"}", ERR_NONE,
			"{\"id\":\"" ID "\",\"sent_at\":"},
		{"{\"room\":\"ana\",\"text\":\"x\",\"sent_at\":\"2026-11-22T10:00:00Z\"}", ERR_NONE,
			"\"sent_at\":\"2026-11-22T10:00:00Z\"}"},
		{"{\"r\\u006fom\":\"ana\",\"text\":\"x\"}", ERR_NONE, "\"text\":\"x\"}"},
		{"{\"text\":\"x\"}", ERR_INPUT, NULL},
		{"{\"room\":7,\"text\":\"x\"}", ERR_INPUT, NULL},
		{"{\"room\":\"a/b\",\"text\":\"x\"}", ERR_INPUT, NULL},
		{"{\"room\":\"\",\"text\":\"x\"}", ERR_INPUT, NULL},
		{"{\"room\":\"ana\"}", ERR_INPUT, NULL},
		{"{\"room\":\"ana\",\"text\":\"\"}", ERR_INPUT, NULL},
		{"{\"room\":\"ana\",\"text\":\"x\",\"kind\":\"Not A Kind\"}", ERR_INPUT, NULL},
		{"{\"room\":\"ana\",\"text\":\"x\",\"id\":\"7\"}", ERR_INPUT, NULL},
		{"{\"room\":\"ana\",\"text\":\"x\",\"id\":\"0190F5FE-7C00-7A00-8000-"
		 "000000000001\"}",
			ERR_INPUT, NULL},
		{"{\"room\":\"ana\",\"text\":\"x\",\"sent_at\":\"yesterday\"}", ERR_INPUT, NULL},
		{"{\"room\":\"ana\",\"text\":\"x\"} {}", ERR_INPUT, NULL},
		{"[]", ERR_INPUT, NULL},
		{"ana: hola", ERR_INPUT, NULL},
		{"{\"room\":\"ana\",\"text\":\"\\ud800\"}", ERR_INPUT, NULL},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct spool_entry entry = {0};
		struct err err = {0};
		int rc = compose_line(cases[i].line, strlen(cases[i].line), &entry, &err);
		if (rc != (cases[i].code == ERR_NONE ? 0 : -1) || err.code != cases[i].code)
			fail_msg("%s: rc %d, %s", cases[i].line, rc, err.text);
		if (rc == 0 && (strstr(entry.payload, cases[i].holds) == NULL ||
				       strstr(entry.payload, "room") != NULL ||
				       strcmp(entry.room, "ana") != 0))
			fail_msg("%s: %s", cases[i].line, entry.payload);
	}
}

static void too_large_is_told_apart(void **state)
{
	static char line[40000];
	struct spool_entry entry;
	struct err err = {0};
	(void)state;
	int len = sprintf(line, "{\"room\":\"ana\",\"text\":\"x\",\"blob\":\"");
	memset(line + len, 'x', 17000);
	strcpy(line + len + 17000, "\"}");
	assert_int_equal(compose_line(line, strlen(line), &entry, &err), -1);
	assert_int_equal(err.code, ERR_TOO_LARGE);
}

static char *token_with(const char *claims)
{
	static char token[2 * TOKEN_MAX];
	strcpy(token, "eyJhbGciOiJIUzI1NiJ9.");
	int len = base64url_encode(
		claims, strlen(claims), token + strlen(token), sizeof(token) - 200);
	assert_true(len > 0);
	strcat(token, ".c2lnbmF0dXJl");
	return token;
}

static void the_token_tells_who(void **state)
{
	static const char *const refused[] = {
		"{\"gym\":\"demo\",\"sub\":\"ana\",\"role\":\"client\",\"exp\":1}",
		"{\"gym\":\"demo\",\"sub\":\"x\",\"role\":\"boss\"}",
		"{\"sub\":\"x\",\"role\":\"kiosk\"}",
		"{\"gym\":\"a.b\",\"sub\":\"x\",\"role\":\"kiosk\"}", "[]", "no json"};
	struct identity identity;
	struct err err = {0};
	(void)state;
	assert_int_equal(identity_read(token_with("{\"gym\":\"demo\",\"sub\":\"entrada\",\"role\":"
						  "\"kiosk\",\"exp\":2000000000}"),
				 &identity, &err),
		0);
	assert_string_equal(identity.gym, "demo");
	assert_string_equal(identity.sub, "entrada");
	assert_int_equal(identity.exp, 2000000000);
	for (size_t i = 0; i < COUNT(refused); i++) {
		if (identity_read(token_with(refused[i]), &identity, &err) != -1 ||
			err.code != ERR_CONFIG)
			fail_msg("taken: %s", refused[i]);
	}
	static const char *const no_tokens[] = {"", "x", "a.b", "a.!!.c", "..", "a..c"};
	for (size_t i = 0; i < COUNT(no_tokens); i++)
		if (identity_read(no_tokens[i], &identity, &err) != -1 || err.code != ERR_CONFIG)
			fail_msg("taken: %s", no_tokens[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_become_a_message),
		cmocka_unit_test(lines_become_messages),
		cmocka_unit_test(too_large_is_told_apart),
		cmocka_unit_test(the_token_tells_who),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
