#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "archiver/batch.h"
#include "common/utf8.h"

#define NOW    1700000000000000
#define ID_A   "00000000-0000-4000-8000-00000000000a"
#define ID_B   "00000000-0000-4000-8000-00000000000b"
#define ID_C   "00000000-0000-4000-8000-00000000000c"
#define MSG(g) "gym/" g "/room/ana/msg/client/ana"

static int setup(void **state)
{
	*state = batch_new(32, 99);
	return 0;
}

static int teardown(void **state)
{
	struct batch *batch = *state;
	batch_free(&batch);
	batch_free(&batch);
	return 0;
}

static void add(struct batch *batch, const char *topic, const char *payload)
{
	batch_add(batch, topic, (const uint8_t *)payload, strlen(payload), NOW);
}

static void add_message(struct batch *batch, const char *topic, const char *id, const char *text)
{
	char payload[512];
	snprintf(payload, sizeof(payload),
		"{\"id\":\"%s\",\"text\":\"%s\",\"sent_at\":\"2026-11-22T10:00:00Z\"}", id, text);
	add(batch, topic, payload);
}

/* All rooms are there and have got as far as last_seq. */
static void find_rooms(struct batch *batch, int64_t last_seq)
{
	for (unsigned i = 0; i < batch->nrooms; i++)
		batch_room_found(batch->rooms[i], 1, i + 1, last_seq, 0);
}

static void settle_all(struct batch *batch)
{
	batch_settle(batch, 0, batch->nmessages, NOW);
	batch_bury(batch);
}

static void know(struct batch *batch, unsigned i, const char *text, int64_t seq)
{
	struct batch_content known = {ROLE_CLIENT, "ana", "text", text, "", ""};
	batch_known(batch, &batch->messages[i], &known, seq, 5);
}

static void assert_fate(const struct batch *batch, unsigned i, enum batch_fate fate, int64_t seq)
{
	const struct batch_message *message = &batch->messages[i];
	if (message->fate != fate ||
		(fate != BATCH_CONFLICT && fate != BATCH_REFUSED && message->seq != seq))
		fail_msg("message %u: fate %d, seq %d", i, message->fate, (int)message->seq);
}

/* ---- taking in ---- */

static void keeps_what_a_message_says(void **state)
{
	struct batch *batch = *state;
	add(batch, "gym/g/room/ana/msg/staff/marta",
		"{\"id\":\"" ID_A
		"\",\"text\":\"h\\u00e9\",\"sent_at\":\"2026-11-22T10:00:00Z\",\"kind\":\"card\","
		"\"reply_to\":\"" ID_B "\",\"attachments\":[ 1 ],\"color\":\"red\"}");
	assert_int_equal(batch->nmessages, 1);
	const struct batch_message *m = &batch->messages[0];
	assert_string_equal(m->is.text, "hé");
	assert_int_equal(m->text_len, 3);
	assert_string_equal(m->is.kind, "card");
	assert_string_equal(m->is.reply_to, ID_B);
	assert_string_equal(m->is.attachments, "[ 1 ]");
	assert_string_equal(m->extra, "\"color\":\"red\"");
	assert_string_equal(m->is.sender, "marta");
	assert_int_equal(m->is.role, ROLE_STAFF);
	assert_string_equal(m->room->key, "ana");
	assert_string_equal(m->room->gym->key, "g");
	assert_int_equal(m->sent_at_us, 1795341600000000);
	assert_int_equal(m->uuid[15], 0x0a);
	assert_true(m->room->is_wanted && m->room->gym->is_wanted);
	assert_int_equal(batch->first_arrived_us, NOW);
}

static void sets_aside_what_is_malformed(void **state)
{
	static const struct {
		const char *topic, *payload, *code, *id;
		bool has_person, has_room, is_message;
	} cases[] = {
		{MSG("g"), "{", "invalid", "", true, true, true},
		{MSG("g"), "", "invalid", "", true, true, true},
		{MSG("g"), "{\"id\":\"" ID_A "\",\"text\":7}", "invalid", ID_A, true, true, true},
		{"gym/g/desk/ana/note/staff/marta", "[]", "invalid", "", true, true, true},
		{"gym/g/room/ana/receipt/client/ana", "{\"read\":-1}", "invalid", "", true, true,
			false},
		{"gym/g/presence/client/ana", "{}", "invalid", "", true, false, false},
		{"gym/g/room/a.b/msg/client/ana", "{}", "invalid", "", false, false, false},
		{"gym/g/room/ana/msg/owner/ana", "{}", "invalid", "", false, false, false},
		{"gym/g/room/ana/typing/client/ana", "{}", "invalid", "", false, false, false},
		{MSG("_system"), "{}", "forbidden", "", false, false, false},
		{"gym/g/room/\xff/msg/client/ana", "{}", "invalid", "", false, false, false},
	};
	struct batch *batch = *state;
	for (unsigned i = 0; i < COUNT(cases); i++) {
		add(batch, cases[i].topic, cases[i].payload);
		assert_int_equal(batch->ndead, i + 1);
		const struct batch_dead *dead = &batch->dead[i];
		if (strcmp(dead->code, cases[i].code) != 0 || strcmp(dead->id, cases[i].id) != 0 ||
			(dead->person != NULL) != cases[i].has_person ||
			(dead->room != NULL) != cases[i].has_room ||
			dead->is_message != cases[i].is_message ||
			dead->len != strlen(cases[i].payload))
			fail_msg("case %u: %s \"%s\"", i, dead->code, dead->detail);
		assert_true(utf8_is_valid((const uint8_t *)dead->topic, strlen(dead->topic)));
	}
	assert_int_equal(batch->nmessages, 0);
	assert_false(batch_is_empty(batch));
	for (unsigned i = 0; i < batch->nrooms; i++)
		assert_false(batch->rooms[i]->is_wanted); /* poison makes no room */
}

static void says_too_large(void **state)
{
	struct batch *batch = *state;
	char *large = malloc(20001);
	memset(large, 'x', 20000);
	large[20000] = '\0';
	add(batch, MSG("g"), large);
	free(large);
	assert_string_equal(batch->dead[0].code, "too_large");
	assert_int_equal(batch->dead[0].len, 20000);
}

static void is_full_by_number_and_by_bytes(void **state)
{
	struct batch *batch = *state;
	size_t len = BATCH_BYTES_MAX / 4;
	uint8_t *large = calloc(1, len);
	for (unsigned i = 0; i < batch->max; i++) {
		assert_false(batch_is_full(batch));
		add(batch, "gym/g/presence/client/ana", "{\"online\":true}");
	}
	assert_true(batch_is_full(batch));
	batch_reset(batch);
	assert_true(batch_is_empty(batch));
	for (int i = 0; i < 4; i++) {
		assert_false(batch_is_full(batch));
		batch_add(batch, "nonsense", large, len, NOW);
	}
	assert_true(batch_is_full(batch));
	free(large);
}

static void thins_presence(void **state)
{
	struct batch *batch = *state;
	struct presence_seen *seen = presence_seen_new(1);
	add(batch, "gym/g/presence/client/ana", "{\"online\":true,\"conn\":\"1\"}");
	add(batch, "gym/g/presence/client/ana", "{\"online\":true,\"conn\":\"2\"}");
	add(batch, "gym/g/presence/client/eva", "{\"online\":false}");
	add(batch, "gym/h/presence/staff/ana", "{\"online\":true}");
	assert_int_equal(batch->npresences, 3); /* "offline" is the broker's word */
	batch_thin_presences(batch, seen);
	assert_int_equal(batch->npresences, 2);
	assert_string_equal(batch->presences[1].gym->key, "h");
	batch_reset(batch);
	add(batch, "gym/g/presence/client/ana", "{\"online\":true}");
	batch_thin_presences(batch, seen);
	assert_true(batch_is_empty(batch));
	presence_seen_free(&seen);
}

/* ---- settling ---- */

static void numbers_by_room_in_order(void **state)
{
	struct batch *batch = *state;
	add_message(batch, MSG("g"), ID_A, "1");
	add_message(batch, MSG("h"), ID_A, "the same id in another gym");
	add_message(batch, MSG("g"), ID_B, "2");
	add_message(batch, "gym/g/desk/ana/note/staff/marta", ID_A, "the same id as a note");
	assert_int_equal(batch->nrooms, 2);
	find_rooms(batch, 7);
	for (int attempt = 0; attempt < 2; attempt++) {
		settle_all(batch);
		assert_fate(batch, 0, BATCH_NEW, 8);
		assert_fate(batch, 1, BATCH_NEW, 8);
		assert_fate(batch, 2, BATCH_NEW, 9);
		assert_fate(batch, 3, BATCH_NEW, 1);
		assert_int_equal(batch->rooms[0]->next_seq, 9);
		assert_int_equal(batch->rooms[0]->last_seq, 7); /* nothing is committed yet */
		assert_true(batch->rooms[0]->is_note_listed && !batch->rooms[1]->is_note_listed);
	}
	batch_commit(batch, 0, batch->nmessages);
	assert_int_equal(batch->rooms[0]->last_seq, 9);
	assert_int_equal(batch->rooms[0]->note_last_seq, 1);
	assert_int_equal(batch->rooms[0]->first_seq, 7);
	assert_int_equal(batch->nstored, 3);
	assert_int_equal(batch->nnotes, 1);
}

static void the_same_message_twice_is_one(void **state)
{
	struct batch *batch = *state;
	add_message(batch, MSG("g"), ID_A, "hola");
	add_message(batch, MSG("g"), ID_A, "hola");
	add_message(batch, MSG("g"), ID_A, "otra");
	add_message(batch, "gym/g/room/ana/msg/staff/ana", ID_A, "hola");
	find_rooms(batch, 0);
	settle_all(batch);
	assert_fate(batch, 0, BATCH_NEW, 1);
	assert_fate(batch, 1, BATCH_AGAIN, 1);
	assert_fate(batch, 2, BATCH_CONFLICT, 0);
	assert_fate(batch, 3, BATCH_CONFLICT, 0);
	assert_int_equal(batch->rooms[0]->next_seq, 1);
	assert_int_equal(batch->ndead, 2);
	assert_string_equal(batch->dead[0].code, "conflict");
	assert_string_equal(batch->dead[0].id, ID_A);
	assert_int_equal(batch->dead[1].person->role, ROLE_STAFF);
	batch_commit(batch, 0, 4);
	assert_int_equal(batch->nagain, 1);
}

static void what_is_there_already_decides(void **state)
{
	struct batch *batch = *state;
	add_message(batch, MSG("g"), ID_A, "otra"); /* another text than what is stored */
	add_message(batch, MSG("g"), ID_A, "hola"); /* the stored one again */
	add_message(batch, MSG("g"), ID_B, "hola");
	find_rooms(batch, 4);
	know(batch, 0, "hola", 3);
	settle_all(batch);
	assert_fate(batch, 0, BATCH_CONFLICT, 0);
	assert_fate(batch, 1, BATCH_AGAIN, 3);
	assert_int_equal(batch->messages[1].stored_at_us, 5);
	assert_fate(batch, 2, BATCH_NEW, 5);
}

static void compares_all_that_counts(void **state)
{
	const struct batch_content base = {
		ROLE_CLIENT, "ana", "text", "hola", "", "[1, {\"a\": 2}]"};
	struct batch_content other = base;
	(void)state;
	assert_true(batch_same_content(&base, &other));
	other.attachments = "[1,{\"a\":2}]"; /* another spelling */
	assert_true(batch_same_content(&base, &other));
	other.attachments = "[1,{\"a\":3}]";
	assert_false(batch_same_content(&base, &other));
	other.attachments = "";
	assert_false(batch_same_content(&base, &other));
	other = base, other.role = ROLE_STAFF;
	assert_false(batch_same_content(&base, &other));
	other = base, other.sender = "eva";
	assert_false(batch_same_content(&base, &other));
	other = base, other.kind = "card";
	assert_false(batch_same_content(&base, &other));
	other = base, other.text = "Hola";
	assert_false(batch_same_content(&base, &other));
	other = base, other.reply_to = ID_A;
	assert_false(batch_same_content(&base, &other));
}

static void rooms_are_flagged_by_who_wrote(void **state)
{
	static const struct {
		const char *topics[3];
		unsigned flags;
	} cases[] = {
		{{"gym/g/room/ana/msg/client/ana"}, BATCH_LISTED | BATCH_ASKED | BATCH_WAITS},
		{{"gym/g/room/ana/msg/staff/m"}, BATCH_LISTED | BATCH_ANSWERED},
		{{"gym/g/room/ana/msg/service/crm"}, BATCH_LISTED},
		{{"gym/g/room/ana/msg/kiosk/k1"}, 0},
		{{"gym/g/room/kiosk-k1/msg/kiosk/k1"}, BATCH_LISTED | BATCH_ASKED | BATCH_WAITS},
		{{"gym/g/room/kiosk-k1/msg/kiosk/k2"}, 0},
		{{"gym/g/room/ana/msg/client/ana", "gym/g/room/ana/msg/staff/m"},
			BATCH_LISTED | BATCH_ASKED | BATCH_ANSWERED},
		{{"gym/g/room/ana/msg/staff/m", "gym/g/room/ana/msg/client/ana"},
			BATCH_LISTED | BATCH_ASKED | BATCH_ANSWERED | BATCH_WAITS},
		{{"gym/g/room/ana/msg/client/ana", "gym/g/room/ana/msg/kiosk/k1"},
			BATCH_LISTED | BATCH_ASKED | BATCH_WAITS},
	};
	struct batch *batch = *state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		batch_reset(batch);
		for (int n = 0; n < 3 && cases[i].topics[n] != NULL; n++) {
			char id[] = "00000000-0000-4000-8000-000000000000";
			id[35] = (char)('0' + n);
			add_message(batch, cases[i].topics[n], id, "x");
		}
		find_rooms(batch, 0);
		settle_all(batch);
		if (batch->rooms[0]->flags != cases[i].flags)
			fail_msg("case %zu: flags %x", i, batch->rooms[0]->flags);
	}
}

/* As the store does when the database refuses the second of three. */
static void a_refused_message_leaves_no_gap(void **state)
{
	struct batch *batch = *state;
	add_message(batch, MSG("g"), ID_A, "1");
	add_message(batch, MSG("g"), ID_B, "2");
	add_message(batch, MSG("g"), ID_C, "3");
	add_message(batch, MSG("g"), ID_B, "2");
	find_rooms(batch, 0);
	settle_all(batch);
	batch_settle(batch, 0, 1, NOW);
	batch_commit(batch, 0, 1);
	batch_refuse(batch, &batch->messages[1], "it says \xc3\n no");
	batch_settle(batch, 2, 4, NOW);
	batch_bury(batch);
	batch_commit(batch, 2, 4);
	assert_fate(batch, 0, BATCH_NEW, 1);
	assert_fate(batch, 1, BATCH_REFUSED, 0);
	assert_fate(batch, 2, BATCH_NEW, 2);
	assert_fate(batch, 3, BATCH_REFUSED, 0);
	assert_int_equal(batch->rooms[0]->last_seq, 2);
	assert_int_equal(batch->ndead, 2);
	assert_string_equal(batch->dead[0].code, "invalid");
	assert_string_equal(batch->dead[0].detail, "it says ?? no");
}

static void buries_the_same_once(void **state)
{
	struct batch *batch = *state;
	add(batch, MSG("g"), "{");
	add_message(batch, MSG("g"), ID_A, "1");
	add_message(batch, MSG("g"), ID_A, "2");
	find_rooms(batch, 0);
	for (int i = 0; i < 3; i++)
		settle_all(batch);
	assert_int_equal(batch->ndead, 2);
	const struct batch_dead *first = batch->rooms[0]->first_dead;
	assert_ptr_equal(first, &batch->dead[0]);
	assert_ptr_equal(first->next_of_room, &batch->dead[1]);
	assert_null(first->next_of_room->next_of_room);
	assert_ptr_equal(first->next_of_person, &batch->dead[1]);
}

static void moves_marks_in_the_order_of_receipts(void **state)
{
	struct batch *batch = *state;
	add(batch, "gym/g/room/ana/receipt/staff/marta", "{\"delivered\":2,\"read\":1}");
	add(batch, "gym/g/room/ana/receipt/staff/luis", "{\"delivered\":9,\"read\":9}");
	add(batch, "gym/g/room/ana/receipt/staff/marta", "{\"delivered\":2,\"read\":2}");
	add(batch, "gym/g/room/nobody/receipt/staff/marta", "{\"delivered\":2}");
	add_message(batch, MSG("g"), ID_A, "1");
	assert_int_equal(batch->nreaders, 3);
	batch_room_found(batch->rooms[0], 1, 1, 2, 0);
	settle_all(batch);
	batch_move_marks(batch);
	assert_int_equal(batch->readers[0]->mark.read, 2);
	assert_int_equal(
		batch->readers[1]->mark.read, 3); /* clamped to last_seq after this batch */
	assert_int_equal(batch->readers[2]->mark.delivered, 0);
	assert_true(batch->receipts[0].advance.first_read && batch->receipts[1].advance.first_read);
	assert_true(batch->receipts[2].has_moved && !batch->receipts[2].advance.first_read);
	assert_false(batch->readers[2]->has_moved);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(keeps_what_a_message_says),
		TEST(sets_aside_what_is_malformed),
		TEST(says_too_large),
		TEST(is_full_by_number_and_by_bytes),
		TEST(thins_presence),
		TEST(numbers_by_room_in_order),
		TEST(the_same_message_twice_is_one),
		TEST(what_is_there_already_decides),
		TEST(compares_all_that_counts),
		TEST(rooms_are_flagged_by_who_wrote),
		TEST(a_refused_message_leaves_no_gap),
		TEST(buries_the_same_once),
		TEST(moves_marks_in_the_order_of_receipts),
	};
	return cmocka_run_group_tests_name("archiver batch", tests, NULL, NULL);
}
