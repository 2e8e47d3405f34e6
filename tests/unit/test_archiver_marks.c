#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "archiver/marks.h"

#define MISSING -1
#define NOW	1000

struct step {
	const char *what;
	struct receipt said;
	int64_t last_seq;
	int moved;
	int64_t delivered, read, at; /* at: of the advance */
};

static void moves_forward_within_bounds(void **state)
{
	static const struct step steps[] = {
		{"delivered alone", {3, MISSING, 500}, 10, 1, 3, 0, 500},
		{"read alone, up to delivered", {MISSING, 2, 600}, 10, 1, 3, 2, 600},
		{"the same again", {3, 2, 700}, 10, 0, 3, 2, 0},
		{"backwards", {1, 1, 700}, 10, 0, 3, 2, 0},
		{"read above delivered is clamped to it", {MISSING, 9, 700}, 10, 1, 3, 3, 700},
		{"both", {5, 4, 800}, 10, 1, 5, 4, 800},
		{"above last_seq is clamped", {99, 99, 900}, 10, 1, 10, 10, 900},
		{"nothing", {MISSING, MISSING, 950}, 10, 0, 10, 10, 0},
		{"a later last_seq", {12, 11, 2000}, 12, 1, 12, 11,
			NOW}, /* said in the future: arrival */
		{"no time", {12, 12, 0}, 12, 1, 12, 12, NOW},
		{"a room whose seq went back", {12, 12, 0}, 3, 0, 12, 12, 0},
	};
	struct mark mark = {0};
	struct mark_side side = {0};
	(void)state;
	for (size_t i = 0; i < COUNT(steps); i++) {
		const struct step *s = &steps[i];
		struct mark_advance got = {0};
		int moved = marks_apply(&mark, &side, &s->said, s->last_seq, NOW, &got);
		if (moved != s->moved || mark.delivered != s->delivered || mark.read != s->read ||
			(moved && (got.at_us != s->at || got.delivered != s->delivered ||
					  got.read != s->read)))
			fail_msg("%s: moved %d, mark %d/%d, at %d", s->what, moved,
				(int)mark.delivered, (int)mark.read, (int)got.at_us);
	}
}

static void keeps_the_time_of_each_half(void **state)
{
	struct mark mark = {0};
	struct mark_side side = {0};
	struct mark_advance got;
	(void)state;
	assert_int_equal(marks_at(&mark, 77), 77);
	assert_int_equal(
		marks_apply(&mark, &side, &(struct receipt){5, MISSING, 100}, 5, NOW, &got), 1);
	assert_int_equal(marks_apply(&mark, &side, &(struct receipt){5, 5, 200}, 5, NOW, &got), 1);
	assert_int_equal(mark.delivered_at_us, 100);
	assert_int_equal(mark.read_at_us, 200);
	assert_int_equal(marks_at(&mark, 77), 200);
}

/* Two staff read one room: only what nobody of the desk had before moves the side. */
static void tells_what_moved_the_side(void **state)
{
	struct mark marta = {0}, luis = {0};
	struct mark_side side = {0};
	struct mark_advance got;
	(void)state;
	assert_int_equal(marks_apply(&marta, &side, &(struct receipt){3, 2, 100}, 9, NOW, &got), 1);
	assert_true(got.first_delivered && got.first_read);
	assert_int_equal(marks_apply(&luis, &side, &(struct receipt){3, 3, 200}, 9, NOW, &got), 1);
	assert_true(!got.first_delivered && got.first_read);
	assert_int_equal(marks_apply(&marta, &side, &(struct receipt){3, 3, 300}, 9, NOW, &got), 1);
	assert_true(!got.first_delivered && !got.first_read);
	assert_int_equal(side.delivered, 3);
	assert_int_equal(side.read, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(moves_forward_within_bounds),
		cmocka_unit_test(keeps_the_time_of_each_half),
		cmocka_unit_test(tells_what_moved_the_side),
	};
	return cmocka_run_group_tests_name("archiver marks", tests, NULL, NULL);
}
