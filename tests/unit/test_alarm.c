#include "api/alarm.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "common/auto.h"

#define ALARMS 200

static uv_loop_t loop;
static struct alarm alarms[ALARMS];
static int rung[ALARMS + 1], nrung;

static void ring(struct alarm *alarm)
{
	rung[nrung++] = (int)(alarm - alarms);
}

static void ring_and_clear_next(struct alarm *alarm)
{
	ring(alarm);
	alarm_clear(alarm + 1);
	if (alarm == &alarms[0])
		alarm_set(alarm, 1, ring); /* again */
}

static int begin(void **state)
{
	(void)state;
	nrung = 0;
	uv_loop_init(&loop);
	alarm_init(&loop);
	for (int i = 0; i < ALARMS; i++)
		alarms[i] = (struct alarm){0};
	return 0;
}

static int end(void **state)
{
	(void)state;
	alarm_deinit();
	uv_run(&loop, UV_RUN_DEFAULT);
	return uv_loop_close(&loop);
}

static void rings_in_order(void **state)
{
	(void)state;
	srand(7);
	for (int i = 0; i < ALARMS; i++)
		alarm_set(&alarms[i], (uint64_t)(rand() % 30), ring);
	for (int i = 0; i < ALARMS; i += 3)
		alarm_set(&alarms[i], (uint64_t)(rand() % 30), ring); /* anew */
	for (int i = 0; i < ALARMS; i += 5)
		alarm_clear(&alarms[i]);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(nrung, ALARMS - ALARMS / 5);
	for (int i = 1; i < nrung; i++)
		assert_true(alarms[rung[i - 1]].at_ms <= alarms[rung[i]].at_ms);
	for (int i = 0; i < ALARMS; i++)
		assert_int_equal(alarms[i].place, 0);
}

static void may_be_set_and_cleared_while_one_rings(void **state)
{
	(void)state;
	alarm_set(&alarms[0], 0, ring_and_clear_next);
	alarm_set(&alarms[1], 0, ring);
	alarm_set(&alarms[2], 5, ring);
	uv_run(&loop, UV_RUN_DEFAULT);
	static const int expected[] = {0, 0, 2};
	assert_int_equal(nrung, 3);
	assert_memory_equal(rung, expected, sizeof(expected));
}

static void clearing_what_is_not_set_does_nothing(void **state)
{
	(void)state;
	alarm_clear(&alarms[0]);
	alarm_set(&alarms[1], 1000000, ring);
	alarm_clear(&alarms[1]);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(nrung, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(rings_in_order, begin, end),
		cmocka_unit_test_setup_teardown(may_be_set_and_cleared_while_one_rings, begin, end),
		cmocka_unit_test_setup_teardown(clearing_what_is_not_set_does_nothing, begin, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
