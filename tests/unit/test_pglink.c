/* What pglink promises without a server; with one: tests/integration/pglink.test.js. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/pglink.h"

static const struct sql_query statements[] = {{"one", 1, "SELECT $1::text"}};

struct seen {
	struct pglink *link;
	unsigned ups, downs, answers, inside;
	bool is_calling; /* a pglink function of ours is on the stack */
	enum err_code last;
	bool frees_on_down, frees_on_answer, stops_on_down;
};

static void on_up(void *ctx)
{
	((struct seen *)ctx)->ups++;
}

static void on_down(void *ctx, const struct err *err)
{
	struct seen *seen = ctx;
	seen->downs++;
	seen->last = err->code;
	if (seen->frees_on_down)
		pglink_free(&seen->link);
	else if (seen->stops_on_down)
		uv_stop(uv_default_loop());
}

static void on_answer(void *ctx, PGresult *res, const struct err *err)
{
	struct seen *seen = ctx;
	assert_null(res);
	seen->answers++;
	seen->inside += seen->is_calling;
	seen->last = err->code;
	if (seen->frees_on_answer && seen->link != NULL)
		pglink_free(&seen->link);
}

static struct pglink *link_new(struct seen *seen, const char *conninfo)
{
	struct pglink_options options = {.conninfo = conninfo,
		.application = "test",
		.sql = statements,
		.nsql = COUNT(statements),
		.schema_version = "0001",
		.pipeline = true,
		.connect_timeout_ms = 1000,
		.query_timeout_ms = 1000,
		.ctx = seen,
		.on_up = on_up,
		.on_down = on_down};
	return seen->link = pglink_new(uv_default_loop(), &options);
}

static void ask(struct seen *seen, void *ctx)
{
	const char *values[] = {"x"};
	seen->is_calling = true;
	pglink_query(seen->link, 0, values, NULL, NULL, false, on_answer, ctx);
	seen->is_calling = false;
}

/* Whatever a test leaves in the loop is run off; nothing may stay. */
static int loop_is_empty(void **state)
{
	(void)state;
	uv_run(uv_default_loop(), UV_RUN_DEFAULT);
	return uv_loop_alive(uv_default_loop());
}

static void down_link_refuses_from_the_loop(void **state)
{
	struct seen seen = {0};
	(void)state;
	link_new(&seen, "host=/nonexistent");
	ask(&seen, &seen);
	ask(&seen, &seen);
	assert_int_equal(pglink_waiting(seen.link), 2);
	assert_int_equal(seen.answers, 0);
	uv_run(uv_default_loop(), UV_RUN_ONCE);
	assert_int_equal(seen.answers, 2);
	assert_int_equal(seen.inside, 0);
	assert_int_equal(seen.last, ERR_DB_DOWN);
	pglink_free(&seen.link);
}

static void forgotten_ones_are_not_called(void **state)
{
	struct seen seen = {0}, gone = {0};
	(void)state;
	link_new(&seen, "host=/nonexistent");
	ask(&seen, &gone);
	ask(&seen, &seen);
	pglink_forget(seen.link, &gone);
	pglink_free(&seen.link);
	assert_int_equal(gone.answers, 0);
	assert_int_equal(seen.answers, 1);
}

static void free_answers_each_once_and_loops_on_it(void **state)
{
	struct seen seen = {.frees_on_answer = true};
	(void)state;
	link_new(&seen, "host=/nonexistent");
	for (int i = 0; i < 3; i++)
		ask(&seen, &seen);
	uv_run(uv_default_loop(), UV_RUN_DEFAULT);
	assert_null(seen.link);
	assert_int_equal(seen.answers, 3);
	pglink_free(&seen.link); /* NULL: nothing */
}

static void every_failed_attempt_tells(void **state)
{
	struct seen seen = {.stops_on_down = true};
	(void)state;
	link_new(&seen, "host=/nonexistent");
	pglink_drop(seen.link, &(struct err){.code = ERR_DB}); /* down already: nothing */
	assert_int_equal(seen.downs, 0);
	pglink_start(seen.link);
	for (unsigned n = 1; n <= 3; n++) {
		uv_run(uv_default_loop(), UV_RUN_DEFAULT);
		assert_int_equal(seen.downs, n);
		assert_int_equal(seen.last, ERR_DB_DOWN);
		assert_int_equal(pglink_state(seen.link), PGLINK_DOWN);
	}
	assert_int_equal(seen.ups, 0);
	pglink_free(&seen.link);
}

static void on_down_may_free(void **state)
{
	struct seen seen = {.frees_on_down = true};
	(void)state;
	link_new(&seen, "postgresql://[nonsense");
	pglink_start(seen.link);
	uv_run(uv_default_loop(), UV_RUN_DEFAULT);
	assert_int_equal(seen.downs, 1);
	assert_null(seen.link);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(down_link_refuses_from_the_loop, loop_is_empty),
		cmocka_unit_test_teardown(forgotten_ones_are_not_called, loop_is_empty),
		cmocka_unit_test_teardown(free_answers_each_once_and_loops_on_it, loop_is_empty),
		cmocka_unit_test_teardown(every_failed_attempt_tells, loop_is_empty),
		cmocka_unit_test_teardown(on_down_may_free, loop_is_empty),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
