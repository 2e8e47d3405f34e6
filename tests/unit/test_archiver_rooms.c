#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "archiver/presence.h"
#include "archiver/rooms.h"

static void put(struct rooms *rooms, const char *gym, int64_t gym_id, const char *key, int64_t id)
{
	struct room *room = rooms_put(rooms, gym, gym_id, key);
	room->id = id;
	room->last_seq = id * 10;
}

static int64_t id_of(struct rooms *rooms, const char *gym, const char *key)
{
	int64_t gym_id = -1;
	const struct room *room = rooms_find(rooms, gym, key, &gym_id);
	return room == NULL ? 0 : room->id;
}

static void finds_rooms_by_gym_and_key(void **state)
{
	struct rooms *rooms = rooms_new(10, 10, 42);
	int64_t gym_id = 0;
	(void)state;
	assert_int_equal(id_of(rooms, "g", "ana"), 0);
	put(rooms, "g", 1, "ana", 11);
	put(rooms, "h", 2, "ana", 12);
	put(rooms, "g", 1, "ana", 13); /* again: the same entry */
	assert_int_equal(id_of(rooms, "g", "ana"), 13);
	assert_int_equal(id_of(rooms, "h", "ana"), 12);
	assert_int_equal(rooms_count(rooms), 2);
	assert_int_equal(rooms_find(rooms, "h", "ana", &gym_id)->last_seq, 120);
	assert_int_equal(gym_id, 2);
	assert_int_equal(rooms_gym(rooms, "g"), 1);
	assert_int_equal(rooms_gym(rooms, "x"), 0);
	rooms_put_gym(rooms, "x", 9);
	assert_int_equal(rooms_gym(rooms, "x"), 9);
	rooms_clear(rooms);
	assert_int_equal(id_of(rooms, "g", "ana"), 0);
	assert_int_equal(rooms_gym(rooms, "g"), 0);
	rooms_free(&rooms);
	assert_null(rooms);
	rooms_free(&rooms);
}

static void the_longest_unused_room_makes_way(void **state)
{
	struct rooms *rooms = rooms_new(3, 2, 7);
	(void)state;
	put(rooms, "g", 1, "a", 1);
	put(rooms, "g", 1, "b", 2);
	put(rooms, "g", 1, "c", 3);
	assert_int_equal(id_of(rooms, "g", "a"), 1); /* now b is the oldest */
	put(rooms, "g", 1, "d", 4);
	assert_int_equal(id_of(rooms, "g", "b"), 0);
	assert_int_equal(id_of(rooms, "g", "a"), 1);
	assert_int_equal(id_of(rooms, "g", "c"), 3);
	assert_int_equal(id_of(rooms, "g", "d"), 4);
	assert_int_equal(rooms_count(rooms), 3);
	rooms_free(&rooms);
}

/* A small cache under many keys, held against a plain table of what was put last. */
static void stays_right_under_churn(void **state)
{
	struct rooms *rooms = rooms_new(64, 8, 3);
	int64_t last[1000] = {0};
	unsigned random = 1;
	(void)state;
	for (int i = 1; i < 20000; i++) {
		char gym[16], key[16];
		random = random * 1103515245 + 12345;
		unsigned n = (random >> 8) % 1000;
		snprintf(gym, sizeof(gym), "g%u", n % 5);
		snprintf(key, sizeof(key), "r%u", n);
		int64_t is = id_of(rooms, gym, key);
		if (is != 0 && is != last[n])
			fail_msg("%s/%s is %d, not %d", gym, key, (int)is, (int)last[n]);
		put(rooms, gym, n % 5 + 1, key, i);
		last[n] = i;
		assert_true(rooms_count(rooms) <= 64);
	}
	rooms_free(&rooms);
}

static void too_many_gyms_start_anew(void **state)
{
	struct rooms *rooms = rooms_new(10, 2, 1);
	(void)state;
	put(rooms, "a", 1, "r", 1);
	put(rooms, "b", 2, "r", 2);
	put(rooms, "c", 3, "r", 3);
	assert_int_equal(id_of(rooms, "a", "r"), 0);
	assert_int_equal(id_of(rooms, "c", "r"), 3);
	assert_int_equal(rooms_count(rooms), 1);
	rooms_free(&rooms);
}

static void presence_is_due_once_a_minute(void **state)
{
	struct presence_seen *seen = presence_seen_new(5);
	const int64_t begin = 1000000000000000;
	(void)state;
	assert_true(presence_seen_due(seen, "g", ROLE_CLIENT, "ana", begin));
	assert_false(
		presence_seen_due(seen, "g", ROLE_CLIENT, "ana", begin + PRESENCE_EVERY_US - 1));
	assert_true(presence_seen_due(seen, "g", ROLE_STAFF, "ana", begin));
	assert_true(presence_seen_due(seen, "h", ROLE_CLIENT, "ana", begin));
	assert_true(presence_seen_due(seen, "g", ROLE_CLIENT, "ana", begin + PRESENCE_EVERY_US));
	assert_true(
		presence_seen_due(seen, "g", ROLE_CLIENT, "ana", begin)); /* the clock went back */
	presence_seen_clear(seen);
	assert_true(presence_seen_due(seen, "g", ROLE_CLIENT, "ana", begin));
	presence_seen_free(&seen);
	presence_seen_free(&seen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_rooms_by_gym_and_key),
		cmocka_unit_test(the_longest_unused_room_makes_way),
		cmocka_unit_test(stays_right_under_churn),
		cmocka_unit_test(too_many_gyms_start_anew),
		cmocka_unit_test(presence_is_due_once_a_minute),
	};
	return cmocka_run_group_tests_name("archiver rooms", tests, NULL, NULL);
}
