#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/edge_wait.h"

static void gives_out_what_is_due_in_order(void **state)
{
	struct edge_waits waits;
	struct edge_wait a = {0}, b = {0}, c = {0};
	(void)state;
	edge_waits_init(&waits, 100);
	assert_null(edge_waits_first(&waits));
	assert_null(edge_waits_take_due(&waits, 1000));
	edge_waits_add(&waits, &a, 0);
	edge_waits_add(&waits, &b, 10);
	edge_waits_add(&waits, &c, 20);
	assert_null(edge_waits_take_due(&waits, 99));
	assert_ptr_equal(edge_waits_take_due(&waits, 110), &a);
	assert_ptr_equal(edge_waits_take_due(&waits, 110), &b);
	assert_null(edge_waits_take_due(&waits, 110));
	assert_ptr_equal(edge_waits_first(&waits), &c);
	assert_false(edge_wait_is_in(&a));
	assert_true(edge_wait_is_in(&c));
}

static void starts_the_wait_again_when_added_again(void **state)
{
	struct edge_waits waits;
	struct edge_wait a = {0}, b = {0};
	(void)state;
	edge_waits_init(&waits, 100);
	edge_waits_add(&waits, &a, 0);
	edge_waits_add(&waits, &b, 0);
	edge_waits_add(&waits, &a, 50);
	assert_ptr_equal(edge_waits_take_due(&waits, 149), &b);
	assert_null(edge_waits_take_due(&waits, 149));
	assert_ptr_equal(edge_waits_take_due(&waits, 150), &a);
}

static void moves_between_lists(void **state)
{
	struct edge_waits hello, stall;
	struct edge_wait a = {0};
	(void)state;
	edge_waits_init(&hello, 10);
	edge_waits_init(&stall, 20);
	edge_waits_add(&hello, &a, 0);
	edge_waits_add(&stall, &a, 0);
	assert_null(edge_waits_first(&hello));
	assert_ptr_equal(edge_waits_first(&stall), &a);
	edge_wait_drop(&a);
	edge_wait_drop(&a); /* twice is harmless */
	assert_null(edge_waits_first(&stall));
}

static void tells_the_next_deadline(void **state)
{
	struct edge_waits waits, never;
	struct edge_wait a = {0}, b = {0};
	(void)state;
	edge_waits_init(&waits, 100);
	edge_waits_init(&never, 0);
	assert_int_equal(edge_waits_sooner(&waits, -1), -1);
	edge_waits_add(&waits, &a, 5);
	edge_waits_add(&never, &b, 5);
	assert_int_equal(edge_waits_sooner(&waits, -1), 105);
	assert_int_equal(edge_waits_sooner(&waits, 50), 50);
	assert_int_equal(edge_waits_sooner(&waits, 200), 105);
	assert_int_equal(edge_waits_sooner(&never, -1), -1);
	assert_null(edge_waits_take_due(&never, INT64_MAX));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_out_what_is_due_in_order),
		cmocka_unit_test(starts_the_wait_again_when_added_again),
		cmocka_unit_test(moves_between_lists),
		cmocka_unit_test(tells_the_next_deadline),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
