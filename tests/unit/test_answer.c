#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "common/jsonscan.h"
#include "common/utf8.h"
#include "kiosk/answer.h"

#define ID1 "0190f5fe-7c00-7a00-8000-000000000001"
#define ID2 "0190f5fe-7c00-7a00-8000-000000000002"

static struct answer got[8];
static int ngot;

static void take(void *ctx, const struct answer *answer)
{
	(void)ctx;
	got[ngot++] = *answer;
}

static int read_text(const char *payload)
{
	ngot = 0;
	return answers_read(payload, strlen(payload), take, NULL);
}

static void reads_both_sections(void **state)
{
	(void)state;
	assert_int_equal(
		read_text(
			"{\"stored\":[{\"id\":\"" ID1
			"\",\"room\":\"ana\",\"seq\":12,\"first_name\":\"\\u00d1a\"}],"
			"\"rejected\":[{\"id\":\"" ID2
			"\",\"room\":\"eva\",\"code\":\"rate_limited\",\"detail\":\"slow\","
			"\"retry_after_ms\":250},{\"id\":null,\"code\":\"invalid\"}],\"new\":{}}"),
		2);
	assert_true(got[0].is_stored);
	assert_string_equal(got[0].id, ID1);
	assert_string_equal(got[0].room, "ana");
	assert_int_equal(got[0].seq, 12);
	assert_string_equal(got[0].first_name, "\xc3\x91"
					       "a");
	assert_false(got[1].is_stored);
	assert_string_equal(got[1].code, "rate_limited");
	assert_string_equal(got[1].detail, "slow");
	assert_int_equal(got[1].retry_after_ms, 250);
}

static void odd_payloads_do_no_harm(void **state)
{
	static const struct {
		const char *payload;
		int found;
	} cases[] = {
		{"{}", 0},
		{"{\"stored\":7,\"rejected\":{}}", 0},
		{"{\"stored\":[7,null,[],{}]}", 0},
		{"{\"stored\":[{\"id\":\"" ID1 "\",\"seq\":-1,\"first_name\":7}]}", 1},
		{"{\"stored\":[{\"id\":\"" ID1 "\",\"seq\":1e300}]}", 1},
		{"{\"rejected\":[{\"id\":\"" ID1 "\"}]}", 1},
		{"[]", -1},
		{"{\"stored\":", -1},
		{"", -1},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		if (read_text(cases[i].payload) != cases[i].found)
			fail_msg("%s: %d", cases[i].payload, ngot);
	read_text(cases[3].payload);
	assert_int_equal(got[0].seq, 0);
	assert_string_equal(got[0].first_name, "");
}

static void long_names_are_cut_at_a_character(void **state)
{
	char payload[1000] = "{\"stored\":[{\"id\":\"" ID1 "\",\"first_name\":\"x";
	(void)state;
	for (int i = 0; i < 200; i++)
		strcat(payload, "\xc3\xb1");
	strcat(payload, "\"}]}");
	assert_int_equal(read_text(payload), 1);
	assert_int_equal(strlen(got[0].first_name), 255);
	assert_true(utf8_is_valid((const uint8_t *)got[0].first_name, 255));
}

static void lines_tell_users(void **state)
{
	struct answer stored = {.id = ID1, .is_stored = true, .seq = 3, .first_name = "Ana"};
	struct answer rejected = {.id = ID2, .code = "conflict", .detail = "another \"text\""};
	char line[2048];
	(void)state;
	assert_string_equal(answer_line(&stored, "ana", 0, line, sizeof(line)),
		"{\"id\":\"" ID1
		"\",\"room\":\"ana\",\"state\":\"stored\",\"seq\":3,\"first_name\":\"Ana\"}");
	assert_string_equal(answer_line(&rejected, "eva", 7, line, sizeof(line)),
		"{\"line\":7,\"id\":\"" ID2
		"\",\"room\":\"eva\",\"state\":\"rejected\",\"code\":\"conflict\","
		"\"detail\":\"another \\\"text\\\"\"}");
	memset(rejected.detail, 1,
		sizeof(rejected.detail) - 1); /* the longest there is: all escapes */
	answer_line(&rejected, "eva", 7, line, sizeof(line));
	assert_int_equal(json_check((const uint8_t *)line, strlen(line), NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_both_sections),
		cmocka_unit_test(odd_payloads_do_no_harm),
		cmocka_unit_test(long_names_are_cut_at_a_character),
		cmocka_unit_test(lines_tell_users),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
