#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/topic.h"

#define KEY64 "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_-"

static void parses_each_kind(void **state)
{
	static const struct {
		const char *text;
		struct topic topic;
	} cases[] = {
		{"gym/7/room/42/msg/client/42", {TOPIC_MSG, ROLE_CLIENT, "7", "42", "42"}},
		{"gym/g/room/ana/msg/staff/marta", {TOPIC_MSG, ROLE_STAFF, "g", "ana", "marta"}},
		{"gym/g/room/kiosk-e/msg/kiosk/e", {TOPIC_MSG, ROLE_KIOSK, "g", "kiosk-e", "e"}},
		{"gym/g/room/ana/msg/service/crm", {TOPIC_MSG, ROLE_SERVICE, "g", "ana", "crm"}},
		{"gym/g/room/ana/receipt/client/ana",
			{TOPIC_RECEIPT, ROLE_CLIENT, "g", "ana", "ana"}},
		{"gym/g/room/ana/typing/staff/m", {TOPIC_TYPING, ROLE_STAFF, "g", "ana", "m"}},
		{"gym/g/room/ana/log", {TOPIC_ROOM_LOG, ROLE_NONE, "g", "ana", ""}},
		{"gym/g/to/kiosk/e", {TOPIC_TO, ROLE_KIOSK, "g", "", "e"}},
		{"gym/g/presence/client/ana", {TOPIC_PRESENCE, ROLE_CLIENT, "g", "", "ana"}},
		{"gym/g/desk/ana/note/staff/m", {TOPIC_NOTE, ROLE_STAFF, "g", "ana", "m"}},
		{"gym/g/desk/ana/here/staff/m", {TOPIC_HERE, ROLE_STAFF, "g", "ana", "m"}},
		{"gym/g/desk/ana/log", {TOPIC_DESK_LOG, ROLE_NONE, "g", "ana", ""}},
		{"gym/g/announce/staff/m", {TOPIC_ANNOUNCE, ROLE_STAFF, "g", "", "m"}},
		{"gymchat/state/archiver/main", {TOPIC_STATE, ROLE_NONE, "", "archiver", "main"}},
		{"gym/_system/to/service/api", {TOPIC_TO, ROLE_SERVICE, "_system", "", "api"}},
		{"gym/" KEY64 "/room/" KEY64 "/receipt/client/" KEY64,
			{TOPIC_RECEIPT, ROLE_CLIENT, KEY64, KEY64, KEY64}},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct topic got;
		char text[TOPIC_MAX];
		if (topic_parse(cases[i].text, &got) != 0)
			fail_msg("%s: not parsed", cases[i].text);
		assert_memory_equal(&got, &cases[i].topic, sizeof(got));
		assert_int_equal(topic_format(&got, text, sizeof(text)), strlen(cases[i].text));
		assert_string_equal(text, cases[i].text);
	}
}

static void refuses_what_is_no_topic(void **state)
{
	static const char *const cases[] = {
		"",
		"/",
		"gym",
		"gym/",
		"gym/7",
		"gym/7/room",
		"gym/7/room/42",
		"gym/7/room/42/",
		"gym/7/room/42/msg",
		"gym/7/room/42/msg/client",
		"gym/7/room/42/msg/client/",
		"gym/7/room/42/msg/client/42/",
		"gym/7/room/42/msg/client/42/more",
		"/gym/7/room/42/msg/client/42",
		"gym//room/42/msg/client/42",
		"gym/7/room//msg/client/42",
		"gym/7/room/42/msg//42",
		"gym/7/room/42/msg/owner/42",  /* no such role */
		"gym/7/room/42/msg/none/42",   /* the name of no role is none */
		"gym/7/room/42/msg/Client/42", /* case counts */
		"gym/7/room/+/msg/client/42",  /* wildcards are no keys */
		"gym/7/room/42/msg/client/#",
		"gym/+/room/42/log",
		"gym/7/room/4 2/msg/client/42",
		"gym/7/room/42/msg/client/4.2",
		"gym/7/room/42/msg/client/4:2",
		"gym/7/room/42/msg/client/se\xc3\xb1or",
		"gym/7/room/42/receipt/kiosk/e", /* kiosks set no marks */
		"gym/7/room/42/receipt/service/crm",
		"gym/7/room/42/typing/kiosk/e",
		"gym/7/room/42/log/client/42",
		"gym/7/room/42/shout/client/42",
		"gym/7/desk/42/note/client/42", /* notes are the staff's */
		"gym/7/desk/42/here/service/crm",
		"gym/7/desk/42/msg/staff/m",
		"gym/7/announce/client/42",
		"gym/7/to/client",
		"gym/7/to/client/42/x",
		"gyms/7/to/client/42",
		"gymchat/state/archiver",
		"gymchat/state/archiver/main/x",
		"gymchat/State/archiver/main",
		"gymchat/state/archiver/a.b",
		"$SYS/broker/uptime",
		"$share/g/gym/7/room/42/log",
		"gym/" KEY64 "x/to/client/42", /* 65 characters */
		"gym/7/room/42/msg/client/" KEY64 "x",
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct topic got, zero = {0};
		memset(&got, 0xff, sizeof(got));
		if (topic_parse(cases[i], &got) != -1)
			fail_msg("%s: parsed", cases[i]);
		assert_memory_equal(&got, &zero, sizeof(got));
	}
}

static void format_refuses_what_parse_would(void **state)
{
	static const struct topic cases[] = {
		{TOPIC_MSG, ROLE_NONE, "g", "r", "w"},
		{TOPIC_MSG, (enum role)9, "g", "r", "w"},
		{TOPIC_MSG, ROLE_CLIENT, "", "r", "w"},
		{TOPIC_MSG, ROLE_CLIENT, "g", "", "w"},
		{TOPIC_MSG, ROLE_CLIENT, "g", "r", ""},
		{TOPIC_MSG, ROLE_CLIENT, "g", "a/b", "w"},
		{TOPIC_MSG, ROLE_CLIENT, "g", "+", "w"},
		{TOPIC_RECEIPT, ROLE_KIOSK, "g", "r", "w"},
		{TOPIC_NOTE, ROLE_CLIENT, "g", "r", "w"},
		{TOPIC_STATE, ROLE_NONE, "", "archiver", ""},
		{TOPIC_STATE, ROLE_NONE, "", "a.b", "x"},
		{(enum topic_kind)99, ROLE_CLIENT, "g", "r", "w"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char text[TOPIC_MAX];
		assert_int_equal(topic_format(&cases[i], text, sizeof(text)), -1);
	}
}

static void format_needs_room_for_the_nul(void **state)
{
	static const struct topic log = {TOPIC_ROOM_LOG, ROLE_NONE, "g", "r", ""};
	static const struct topic alive = {TOPIC_STATE, ROLE_NONE, "", "api", "a"};
	char text[TOPIC_MAX];
	(void)state;
	assert_int_equal(topic_format(&log, text, sizeof("gym/g/room/r/log")), 16);
	assert_int_equal(topic_format(&log, text, sizeof("gym/g/room/r/log") - 1), -1);
	assert_int_equal(topic_format(&alive, text, sizeof("gymchat/state/api/a") - 1), -1);
}

static void the_longest_topic_fits(void **state)
{
	static const struct topic longest = {TOPIC_RECEIPT, ROLE_CLIENT, KEY64, KEY64, KEY64};
	char text[TOPIC_MAX];
	(void)state;
	assert_true(topic_format(&longest, text, sizeof(text)) > 3 * TOPIC_KEY_MAX);
}

static void knows_keys(void **state)
{
	(void)state;
	assert_true(topic_is_key("a"));
	assert_true(topic_is_key("A-Z_09"));
	assert_true(topic_is_key(KEY64));
	assert_true(topic_is_key_n("ab/", 2));
	assert_false(topic_is_key(""));
	assert_false(topic_is_key(KEY64 "x"));
	for (int c = 1; c < 256; c++) {
		char key[2] = {(char)c, '\0'};
		bool want = c < 128 && strchr(KEY64, c) != NULL;
		if (topic_is_key(key) != want)
			fail_msg("byte %d", c);
	}
	assert_false(topic_is_key_n("a\0b", 3));
}

static void knows_roles_and_kiosk_rooms(void **state)
{
	static const char *const names[] = {"none", "client", "staff", "kiosk", "service"};
	(void)state;
	for (int role = ROLE_CLIENT; role <= ROLE_SERVICE; role++) {
		assert_string_equal(role_name((enum role)role), names[role]);
		assert_int_equal(role_parse(names[role]), role);
	}
	assert_int_equal(role_parse("none"), ROLE_NONE);
	assert_int_equal(role_parse(""), ROLE_NONE);
	assert_int_equal(role_parse("clients"), ROLE_NONE);
	assert_int_equal(role_parse_n("clients", 6), ROLE_CLIENT);
	assert_string_equal(role_name((enum role)77), "none");
	assert_true(topic_is_kiosk_room("kiosk-"));
	assert_true(topic_is_kiosk_room("kiosk-entrada"));
	assert_false(topic_is_kiosk_room("kiosk"));
	assert_false(topic_is_kiosk_room("Kiosk-a"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parses_each_kind),
		cmocka_unit_test(refuses_what_is_no_topic),
		cmocka_unit_test(format_refuses_what_parse_would),
		cmocka_unit_test(format_needs_room_for_the_nul),
		cmocka_unit_test(the_longest_topic_fits),
		cmocka_unit_test(knows_keys),
		cmocka_unit_test(knows_roles_and_kiosk_rooms),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
