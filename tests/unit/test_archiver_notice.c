#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "archiver/notice.h"
#include "archiver/report.h"
#include "common/jsonread.h"
#include "common/jsonscan.h"

#define NOW  1795341600000000 /* 2026-11-22T10:00:00Z */
#define ID_A "00000000-0000-4000-8000-00000000000a"
#define ID_B "00000000-0000-4000-8000-00000000000b"
#define AT   "\"2026-11-22T10:00:00.000Z\""
#define MANY 400

struct made {
	struct batch *batch;
	struct notices notices;
};

static int setup(void **state)
{
	static struct made made;
	made.batch = batch_new(MANY + 8, 1);
	notices_init(&made.notices);
	*state = &made;
	return 0;
}

static int teardown(void **state)
{
	struct made *made = *state;
	batch_free(&made->batch);
	notices_deinit(&made->notices);
	return 0;
}

static void add(struct made *made, const char *topic, const char *payload)
{
	batch_add(made->batch, topic, (const uint8_t *)payload, strlen(payload), NOW);
}

static void add_message(struct made *made, const char *topic, const char *id, const char *text)
{
	char payload[512];
	snprintf(payload, sizeof(payload),
		"{\"id\":\"%s\",\"text\":\"%s\",\"sent_at\":\"2026-11-22T10:00:00Z\"}", id, text);
	add(made, topic, payload);
}

static void build(struct made *made, int64_t last_seq)
{
	struct batch *batch = made->batch;
	for (unsigned i = 0; i < batch->nrooms && last_seq >= 0; i++)
		batch_room_found(batch->rooms[i], 1, i + 1, last_seq, last_seq);
	batch_settle(batch, 0, batch->nmessages, NOW);
	batch_bury(batch);
	batch_move_marks(batch);
	notices_build(&made->notices, batch);
}

static void assert_notice(const struct made *made, size_t i, const char *topic, const char *payload)
{
	assert_true(i < made->notices.len);
	assert_string_equal(notice_topic(&made->notices, i), topic);
	assert_string_equal(notice_payload(&made->notices, i), payload);
	assert_int_equal(made->notices.all[i].len, strlen(payload));
}

static void tells_a_room_what_is_stored(void **state)
{
	struct made *made = *state;
	add_message(made, "gym/g/room/ana/msg/client/ana", ID_A, "1");
	add_message(made, "gym/g/room/ana/msg/client/ana", ID_A, "1"); /* told by the first */
	add_message(made, "gym/g/room/ana/msg/staff/m", ID_B, "2");
	build(made, 6);
	assert_int_equal(made->notices.len, 1);
	assert_notice(made, 0, "gym/g/room/ana/log",
		"{\"last_seq\":8,\"stored\":["
		"{\"id\":\"" ID_A
		"\",\"seq\":7,\"role\":\"client\",\"sender\":\"ana\",\"stored_at\":" AT "},"
		"{\"id\":\"" ID_B
		"\",\"seq\":8,\"role\":\"staff\",\"sender\":\"m\",\"stored_at\":" AT "}]}");
}

static void tells_an_original_once_more(void **state)
{
	struct made *made = *state;
	struct batch_content known = {ROLE_CLIENT, "ana", "text", "1", "", ""};
	add_message(made, "gym/g/room/ana/msg/client/ana", ID_A, "other");
	add_message(made, "gym/g/room/ana/msg/client/ana", ID_A, "1");
	batch_known(made->batch, &made->batch->messages[0], &known, 3, NOW - 1000000);
	build(made, 6);
	assert_int_equal(made->notices.len, 2);
	assert_notice(made, 0, "gym/g/room/ana/log",
		"{\"last_seq\":6,\"stored\":[{\"id\":\"" ID_A
		"\",\"seq\":3,\"role\":\"client\",\"sender\":\"ana\","
		"\"stored_at\":\"2026-11-22T09:59:59.000Z\"}],"
		"\"rejected\":[{\"id\":\"" ID_A
		"\",\"role\":\"client\",\"sender\":\"ana\",\"code\":\"conflict\"}]}");
	assert_notice(made, 1, "gym/g/to/client/ana",
		"{\"rejected\":[{\"id\":\"" ID_A "\",\"room\":\"ana\",\"code\":\"conflict\","
		"\"detail\":\"another message has this id\"}]}");
}

static void tells_marks_rejections_and_the_reopened_room(void **state)
{
	struct made *made = *state;
	add(made, "gym/g/room/ana/msg/client/ana", "{");
	add(made, "gym/g/room/ana/receipt/staff/m",
		"{\"delivered\":5,\"read\":4,\"at\":\"2026-11-22T09:00:00Z\"}");
	add(made, "gym/g/room/ana/receipt/client/ana", "{}");
	add_message(made, "gym/g/room/ana/msg/client/ana", ID_A, "1");
	made->batch->rooms[0]->is_reopened = true;
	made->batch->rooms[0]->title = "Ana \"G\"";
	build(made, 4);
	assert_notice(made, 0, "gym/g/room/ana/log",
		"{\"last_seq\":5,"
		"\"stored\":[{\"id\":\"" ID_A
		"\",\"seq\":5,\"role\":\"client\",\"sender\":\"ana\",\"stored_at\":" AT "}],"
		"\"rejected\":[{\"id\":null,\"role\":\"client\",\"sender\":\"ana\",\"code\":"
		"\"invalid\"}],"
		"\"marks\":[{\"role\":\"staff\",\"who\":\"m\",\"delivered\":5,\"read\":4,"
		"\"at\":\"2026-11-22T09:00:00.000Z\"},"
		"{\"role\":\"client\",\"who\":\"ana\",\"delivered\":0,\"read\":0,\"at\":" AT "}],"
		"\"room\":{\"status\":\"open\",\"title\":\"Ana \\\"G\\\"\"}}");
	assert_string_equal(notice_topic(&made->notices, 1), "gym/g/to/client/ana");
	assert_non_null(strstr(notice_payload(&made->notices, 1),
		"{\"rejected\":[{\"id\":null,\"room\":\"ana\",\"code\":\"invalid\","));
}

static void notes_stay_on_the_desk(void **state)
{
	struct made *made = *state;
	add_message(made, "gym/g/desk/ana/note/staff/m", ID_A, "n");
	add(made, "gym/g/desk/ana/note/staff/m", "[");
	build(made, 2);
	assert_int_equal(made->notices.len, 2);
	assert_notice(made, 0, "gym/g/desk/ana/log",
		"{\"note_last_seq\":3,\"notes\":[{\"id\":\"" ID_A
		"\",\"seq\":3,\"sender\":\"m\",\"stored_at\":" AT "}],"
		"\"rejected\":[{\"id\":null,\"role\":\"staff\",\"sender\":\"m\",\"code\":"
		"\"invalid\"}]}");
	assert_string_equal(notice_topic(&made->notices, 1), "gym/g/to/staff/m");
}

static void kiosks_hear_on_to(void **state)
{
	struct made *made = *state;
	add_message(made, "gym/g/room/ana/msg/kiosk/k", ID_A, "1");
	add_message(made, "gym/g/room/eva/msg/kiosk/k", ID_B, "1");
	made->batch->rooms[1]->first_name = "Eva";
	build(made, 0);
	assert_int_equal(made->notices.len, 3);
	assert_notice(made, 2, "gym/g/to/kiosk/k",
		"{\"stored\":[{\"id\":\"" ID_A "\",\"room\":\"ana\",\"seq\":1},"
		"{\"id\":\"" ID_B "\",\"room\":\"eva\",\"seq\":1,\"first_name\":\"Eva\"}]}");
}

static void poison_of_presence_concerns_no_room(void **state)
{
	struct made *made = *state;
	add(made, "gym/g/presence/client/ana", "7");
	add(made, "gym/g/room/r.x/msg/client/ana", "7"); /* nobody to tell */
	build(made, 0);
	assert_int_equal(made->notices.len, 1);
	assert_memory_equal(notice_payload(&made->notices, 0),
		"{\"rejected\":[{\"id\":null,\"room\":null,", 36);
}

static void an_unknown_room_ends_at_0(void **state)
{
	struct made *made = *state;
	add(made, "gym/g/room/ana/receipt/staff/m", "{\"delivered\":5}");
	build(made, -1);
	assert_notice(made, 0, "gym/g/room/ana/log",
		"{\"last_seq\":0,\"marks\":[{\"role\":\"staff\",\"who\":\"m\",\"delivered\":0,"
		"\"read\":0,\"at\":" AT "}]}");
}

static int64_t last_seq_of(const char *payload)
{
	long long last_seq = -1;
	assert_int_equal(sscanf(payload, "{\"last_seq\":%lld,", &last_seq), 1);
	return last_seq;
}

/* Each is whole JSON, within the limit, and says how far it goes itself. */
static void many_are_cut_into_few_notices(void **state)
{
	struct made *made = *state;
	unsigned told = 0, at_last = 0;
	for (unsigned i = 0; i < MANY; i++) {
		char id[UUID_TEXT_SIZE];
		snprintf(id, sizeof(id), "00000000-0000-4000-8000-%012u", i);
		add_message(made, "gym/g/room/ana/msg/client/ana", id, "x");
	}
	add(made, "gym/g/room/ana/receipt/staff/m", "{\"delivered\":1}");
	made->batch->rooms[0]->is_reopened = true;
	build(made, 0);
	assert_true(made->notices.len >= 3 && made->notices.len <= 6);
	for (size_t i = 0; i < made->notices.len; i++) {
		const char *payload = notice_payload(&made->notices, i);
		assert_true(made->notices.all[i].len <= NOTICE_BYTES_MAX);
		assert_int_equal(
			json_check((const uint8_t *)payload, made->notices.all[i].len, NULL), 0);
		for (const char *at = payload; (at = strstr(at, "\"seq\":")) != NULL; at += 6)
			assert_int_equal(strtol(at + 6, NULL, 10), ++told);
		at_last = (unsigned)last_seq_of(payload);
		assert_int_equal(at_last, told);
	}
	assert_int_equal(told, MANY);
}

/* ---- the archiver's own state ---- */

static void reports_itself(void **state)
{
	struct report report = {
		.state = "storing", .is_ready = true, .epoch = 4, .last_batch = 7, .lag_us = 12345};
	struct jsonout json;
	struct json_member member;
	(void)state;
	jsonout_init(&json);
	report.counts.stored = 100;
	report_write(&report, "main", 10, NOW, 1000, &json);
	report.counts.stored = 350;
	report_write(&report, "main", 10, NOW, 6000, &json);
	assert_int_equal(json_check((const uint8_t *)json.text, json.len, NULL), 0);
	struct json_slice object = {json.text, json.len};
	assert_true(json_find(object, "rate", &member));
	assert_memory_equal(member.value.at, "50", member.value.len);
	assert_true(json_find(object, "ready", &member) && member.type == JSON_TRUE);
	assert_true(json_find(object, "lease", &member));
	assert_memory_equal(member.value.at, "{\"held\":true,\"epoch\":4}", member.value.len);
	assert_true(json_find(object, "lag_ms", &member));
	assert_memory_equal(member.value.at, "0", member.value.len); /* told by the report before */
	jsonout_deinit(&json);
}

static void warns_before_the_queue_is_full(void **state)
{
	struct report report = {0};
	struct jsonout json;
	(void)state;
	for (int64_t second = 1; second <= 60; second++) {
		report.counts.received += 1000;
		report_measure(&report, true, second * 1000);
	}
	assert_true(report.rate > 900 && report.rate < 1100);
	report_measure(&report, false, 61000);
	assert_int_equal(report_queued(&report, 61000), 0);
	assert_false(report_should_warn(&report, 100000, 100000));
	assert_true(report_should_warn(&report, 100000, 200000));
	assert_false(report_should_warn(&report, 100000, 300000)); /* once */
	assert_false(report_should_warn(&report, 0, 300000));
	report.state = "waiting";
	jsonout_init(&json);
	report_write(&report, "main", 100000, NOW, 300000, &json);
	assert_non_null(strstr(json.text, "\"warnings\":[\"the broker holds about "));
	jsonout_deinit(&json);
	report_measure(&report, true, 301000);
	assert_int_equal(report_queued(&report, 302000), 0);
}

static void keeps_the_ready_file(void **state)
{
	char path[] = "/tmp/gymchat-test-ready-XXXXXX", text[64] = "";
	struct report report = {.is_ready = true};
	struct err err = {0};
	(void)state;
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(report_ready_file(path, &report, &err), 0);
	FILE *file = fopen(path, "r");
	assert_string_equal(fgets(text, sizeof(text), file), "ready\n");
	fclose(file);
	report.is_ready = false;
	strcpy(report.reason, "the broker: gone");
	assert_int_equal(report_ready_file(path, &report, &err), 0);
	file = fopen(path, "r");
	assert_string_equal(fgets(text, sizeof(text), file), "waiting: the broker: gone\n");
	fclose(file);
	unlink(path);
	assert_int_equal(report_ready_file("/nowhere/at/all", &report, &err), -1);
	assert_int_equal(err.code, ERR_IO);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(tells_a_room_what_is_stored),
		TEST(tells_an_original_once_more),
		TEST(tells_marks_rejections_and_the_reopened_room),
		TEST(notes_stay_on_the_desk),
		TEST(kiosks_hear_on_to),
		TEST(poison_of_presence_concerns_no_room),
		TEST(an_unknown_room_ends_at_0),
		TEST(many_are_cut_into_few_notices),
		cmocka_unit_test(reports_itself),
		cmocka_unit_test(warns_before_the_queue_is_full),
		cmocka_unit_test(keeps_the_ready_file),
	};
	return cmocka_run_group_tests_name("archiver notice", tests, NULL, NULL);
}
