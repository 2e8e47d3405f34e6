#include "api/snooze.h"

#include "api/db.h"
#include "api/events.h"

#define LOOK_MS 10000

static uv_timer_t look;
static bool is_asking;

static void tell(struct row row)
{
	struct event_room event = {.gym = row_text(row, 0),
		.room = row_text(row, 1),
		.last_seq = row_int(row, 2),
		.title = row_text(row, 3),
		.note_last_seq = row_int(row, 4),
		.assignee = row_text(row, 5),
		.labels = row_text(row, 6),
		.status = "open"};
	events_room(&event);
	events_desk(&event);
}

static void on_rows(void *ctx, PGresult *res, const struct err *err)
{
	(void)ctx;
	(void)err;
	is_asking = false;
	for (int i = 0; res != NULL && i < PQntuples(res); i++)
		tell((struct row){res, i});
}

static void on_look(uv_timer_t *timer)
{
	(void)timer;
	if (is_asking || !db_is_up())
		return;
	is_asking = true;
	db_run(SQL_ROOMS_UNSNOOZE, NULL, on_rows, NULL);
}

void snooze_init(uv_loop_t *loop)
{
	uv_timer_init(loop, &look);
	uv_timer_start(&look, on_look, LOOK_MS, LOOK_MS);
}

void snooze_deinit(void)
{
	uv_close((uv_handle_t *)&look, NULL);
}
