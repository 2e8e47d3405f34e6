#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "kiosk/outbox.h"

static void add(struct outbox *outbox, const char *room, uint64_t ordinal)
{
	char id[UUID_TEXT_SIZE];
	snprintf(id, sizeof(id), "id-%d", (int)ordinal);
	outbox_add(outbox, room, id, ordinal);
}

/* Sends the next one; 0: none is due. */
static int send_next(struct outbox *outbox, int64_t now)
{
	struct outbox_entry *entry = outbox_next(outbox, now);
	if (entry == NULL)
		return 0;
	outbox_sent(outbox, entry, now);
	return (int)entry->ordinal;
}

static void answer(struct outbox *outbox, const char *id)
{
	struct outbox_entry *entry = outbox_find(outbox, id, "");
	assert_non_null(entry);
	outbox_remove(outbox, entry);
}

static void oldest_first_and_one_of_a_room(void **state)
{
	struct outbox *outbox = outbox_new();
	(void)state;
	add(outbox, "ana", 2);
	add(outbox, "ana", 1); /* comes late, is older */
	add(outbox, "eva", 3);
	add(outbox, "ana", 4);
	assert_int_equal(outbox_len(outbox), 4);
	assert_int_equal(send_next(outbox, 0), 1);
	assert_int_equal(send_next(outbox, 0), 3);
	assert_int_equal(send_next(outbox, 0), 0); /* 2 waits for 1 */
	assert_null(outbox_find(outbox, "id-2", ""));
	assert_null(outbox_find(outbox, "id-3", "ana"));
	assert_string_equal(outbox_room(outbox_find(outbox, "id-3", "eva")), "eva");
	answer(outbox, "id-1");
	assert_int_equal(send_next(outbox, 0), 2);
	answer(outbox, "id-3");
	answer(outbox, "id-2");
	assert_int_equal(send_next(outbox, 0), 4);
	answer(outbox, "id-4");
	assert_int_equal(outbox_len(outbox), 0);
	assert_int_equal(outbox_wait_ms(outbox, 0), -1);
	outbox_free(&outbox);
}

static void repeats_after_5_s_doubling_to_60(void **state)
{
	static const int64_t delays[] = {5000, 10000, 20000, 40000, 60000, 60000, 60000};
	struct outbox *outbox = outbox_new();
	int64_t now = 1000;
	(void)state;
	add(outbox, "ana", 1);
	assert_int_equal(outbox_wait_ms(outbox, now), 0);
	for (size_t i = 0; i < COUNT(delays); i++) {
		assert_int_equal(send_next(outbox, now), 1);
		assert_int_equal(outbox_wait_ms(outbox, now), delays[i]);
		assert_int_equal(send_next(outbox, now + delays[i] - 1), 0);
		now += delays[i];
	}
	outbox_unsent(outbox); /* a new connection starts anew, at once */
	assert_int_equal(send_next(outbox, now), 1);
	assert_int_equal(outbox_wait_ms(outbox, now), 5000);
	outbox_free(&outbox);
}

static void a_new_connection_keeps_the_order(void **state)
{
	struct outbox *outbox = outbox_new();
	(void)state;
	for (int i = 1; i <= 6; i++)
		add(outbox, i % 2 == 1 ? "ana" : "eva", (uint64_t)i);
	assert_int_equal(send_next(outbox, 0), 1);
	assert_int_equal(send_next(outbox, 0), 2);
	answer(outbox, "id-2");
	assert_int_equal(send_next(outbox, 0), 4);
	outbox_unsent(outbox);
	assert_int_equal(send_next(outbox, 10), 1);
	assert_int_equal(send_next(outbox, 10), 4);
	assert_int_equal(send_next(outbox, 10), 0);
	outbox_free(&outbox);
}

static void rate_limited_holds_everything_and_keeps_the_entry(void **state)
{
	struct outbox *outbox = outbox_new();
	(void)state;
	add(outbox, "ana", 1);
	add(outbox, "ana", 2);
	add(outbox, "eva", 3);
	assert_int_equal(send_next(outbox, 0), 1);
	outbox_hold(outbox, outbox_find(outbox, "id-1", "ana"), 700);
	assert_int_equal(send_next(outbox, 699), 0);
	assert_int_equal(outbox_wait_ms(outbox, 0), 700);
	assert_int_equal(send_next(outbox, 700), 1);
	assert_int_equal(send_next(outbox, 700), 3);
	outbox_free(&outbox);
}

static void no_more_than_the_window_is_under_way(void **state)
{
	struct outbox *outbox = outbox_new();
	char room[8], id[16];
	(void)state;
	for (int i = 1; i <= OUTBOX_WINDOW + 4; i++) {
		snprintf(room, sizeof(room), "r%d", i);
		add(outbox, room, (uint64_t)i);
	}
	for (int i = 1; i <= OUTBOX_WINDOW; i++)
		assert_int_equal(send_next(outbox, 0), i);
	assert_int_equal(send_next(outbox, 0), 0);
	assert_int_equal(outbox_wait_ms(outbox, 0), OUTBOX_RESEND_MS);
	assert_int_equal(send_next(outbox, OUTBOX_RESEND_MS), 1); /* a repetition needs no place */
	snprintf(id, sizeof(id), "id-%d", OUTBOX_WINDOW);
	answer(outbox, id);
	assert_int_equal(outbox_wait_ms(outbox, 100), 0);
	assert_int_equal(send_next(outbox, 100), OUTBOX_WINDOW + 1);
	outbox_free(&outbox);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(oldest_first_and_one_of_a_room),
		cmocka_unit_test(repeats_after_5_s_doubling_to_60),
		cmocka_unit_test(a_new_connection_keeps_the_order),
		cmocka_unit_test(rate_limited_holds_everything_and_keeps_the_entry),
		cmocka_unit_test(no_more_than_the_window_is_under_way),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
