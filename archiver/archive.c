#include "archiver/archive.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archiver/archive_parts.h"
#include "archiver/sql.h"
#include "common/log.h"
#include "common/must.h"
#include "common/pglink.h"
#include "common/rand.h"

#define CONNECT_TIMEOUT_MS 5000
#define QUERY_TIMEOUT_MS                                                                           \
	15000 /* over the statement timeout of archiver_sql_setup, under the broker's patience */
#define DRAIN_MS 10000
#define TICK_MS	 1000

static const unsigned archive_may[] = {
	[ARCHIVE_OFFLINE] = BIT(ARCHIVE_STANDBY) | BIT(ARCHIVE_STOPPED),
	[ARCHIVE_STANDBY] = BIT(ARCHIVE_READING) | BIT(ARCHIVE_OFFLINE) | BIT(ARCHIVE_STOPPED),
	[ARCHIVE_READING] = BIT(ARCHIVE_STORING) | BIT(ARCHIVE_OFFLINE) | BIT(ARCHIVE_STOPPED),
	/* To RESTING also where the connection is lost: the batch is given up first, then the link
	   says so. */
	[ARCHIVE_STORING] = BIT(ARCHIVE_TELLING) | BIT(ARCHIVE_RESTING) | BIT(ARCHIVE_STOPPED),
	[ARCHIVE_TELLING] = BIT(ARCHIVE_READING) | BIT(ARCHIVE_OFFLINE) | BIT(ARCHIVE_STOPPED),
	[ARCHIVE_RESTING] = BIT(ARCHIVE_READING) | BIT(ARCHIVE_OFFLINE) | BIT(ARCHIVE_STOPPED),
	[ARCHIVE_STOPPED] = 0,
};

void archive_set_state(struct archive *a, enum archive_state state)
{
	assert((archive_may[a->state] & BIT(state)) != 0);
	a->state = state;
}

/* ---- the lease ---- */

static void on_lease_taken(void *ctx, int64_t epoch)
{
	struct archive *a = ctx;
	a->epoch = epoch;
	a->is_waiting_for_lease = false;
	/* Somebody else may have stored since we last knew. */
	rooms_clear(a->rooms);
	presence_seen_clear(a->seen);
	strcpy(a->broker_down, "connecting to the broker");
	archive_flow_start(a);
}

static void on_lease_waiting(void *ctx)
{
	struct archive *a = ctx;
	a->is_waiting_for_lease = true;
	outlet_stop(a->outlet); /* the holder speaks for the instance */
	archive_ready_update(a);
}

static void on_lease_lost(void *ctx, const struct err *err)
{
	struct archive *a = ctx;
	pglink_drop(a->pg, err);
}

/* ---- the database ---- */

static void on_database_up(void *ctx)
{
	struct archive *a = ctx;
	log_debug("connected to the database");
	archive_set_state(a, ARCHIVE_STANDBY);
	lease_start(a->lease);
}

static void on_database_down(void *ctx, const struct err *err)
{
	struct archive *a = ctx;
	if (a->state == ARCHIVE_STOPPED)
		return;
	lease_stop(a->lease);
	uv_timer_stop(a->rest);
	if (a->state == ARCHIVE_READING || a->state == ARCHIVE_TELLING)
		archive_flow_stop(a, err);
	if (a->state != ARCHIVE_OFFLINE)
		archive_set_state(a, ARCHIVE_OFFLINE);
	a->is_waiting_for_lease = false;
	a->trouble_ms = 0;
	if (err->code == ERR_CONFIG) {
		log_error("%s", err->text);
		archive_finish(a, 1);
		return;
	}
	archive_complain(&a->database, "the database", err->text);
	snprintf(a->database_down, sizeof(a->database_down), "the database: %s",
		archive_trouble_text(err));
	outlet_start(a->outlet);
	if (a->is_stopping)
		archive_finish(a, 0);
	else
		archive_ready_update(a);
}

static void make_database(struct archive *a, uint64_t secret)
{
	struct pglink_options pg = {.conninfo = a->options.database_url,
		.application = "gymchat-archiver",
		.sql = archiver_sql,
		.nsql = SQL_COUNT,
		.schema_version = GYMCHAT_SCHEMA_VERSION,
		.setup = archiver_sql_setup,
		.connect_timeout_ms = CONNECT_TIMEOUT_MS,
		.query_timeout_ms = QUERY_TIMEOUT_MS,
		.ctx = a,
		.on_up = on_database_up,
		.on_down = on_database_down};
	struct lease_options lease = {
		a->options.instance, a, on_lease_taken, on_lease_waiting, on_lease_lost};
	a->pg = pglink_new(a->loop, &pg);
	a->lease = lease_new(a->loop, a->pg, &lease);
	a->rooms = rooms_new(ROOMS_CACHE_MAX, ROOMS_CACHE_GYMS_MAX, secret);
	a->store = store_new(a->pg, a->rooms, a->options.batch_max);
	strcpy(a->database_down, "connecting to the database");
}

/* ---- start and stop ---- */

static void on_tick(uv_timer_t *timer)
{
	archive_ready_tick(timer->data);
}

static uv_timer_t *timer_new(struct archive *a)
{
	uv_timer_t *timer = must(calloc(1, sizeof(*timer)));
	uv_timer_init(a->loop, timer);
	timer->data = a;
	return timer;
}

struct archive *archive_new(uv_loop_t *loop, const struct archive_options *options)
{
	struct archive *a = must(calloc(1, sizeof(*a)));
	uint64_t secret;
	rand_bytes(&secret, sizeof(secret));
	a->loop = loop;
	a->options = *options;
	a->report.state = "waiting";
	strcpy(a->report.reason, "-"); /* so that the first reason is told */
	a->tick = timer_new(a);
	a->rest = timer_new(a);
	a->drain = timer_new(a);
	make_database(a, secret);
	archive_flow_init(a, secret);
	return a;
}

void archive_start(struct archive *a)
{
	archive_ready_update(a);
	uv_timer_start(a->tick, on_tick, TICK_MS, TICK_MS);
	pglink_start(a->pg);
}

/* Lets go of everything but the memory. What is not acknowledged comes again. */
void archive_finish(struct archive *a, int exit_code)
{
	struct err stopping = {0};
	if (a->state == ARCHIVE_STOPPED)
		return;
	err_set(&stopping, ERR_IO, "stopping");
	archive_flow_stop(a, &stopping);
	archive_set_state(a, ARCHIVE_STOPPED);
	archive_ready_update(a);
	outlet_stop(a->outlet);
	lease_stop(a->lease);
	uv_timer_stop(a->tick);
	uv_timer_stop(a->rest);
	uv_timer_stop(a->drain);
	log_info("stopped");
	a->options.on_stopped(a->options.ctx, exit_code);
}

static void on_drain_late(uv_timer_t *timer)
{
	struct archive *a = timer->data;
	log_warn("the last batch is given up: the broker sends it again");
	archive_finish(a, 0);
}

void archive_stop(struct archive *a)
{
	bool is_busy = a->state == ARCHIVE_STORING || a->state == ARCHIVE_TELLING;
	bool is_first = !a->is_stopping;
	if (a->state == ARCHIVE_STOPPED)
		return;
	a->is_stopping = true;
	if (!is_first || !is_busy) {
		archive_finish(a, 0);
		return;
	}
	log_info("stopping after this batch");
	uv_timer_start(a->drain, on_drain_late, DRAIN_MS, 0);
	archive_ready_update(a);
}

static void on_timer_closed(uv_handle_t *handle)
{
	free(handle);
}

void archive_free(struct archive **handle)
{
	struct archive *a = TAKE(*handle);
	if (a == NULL)
		return;
	store_free(&a->store);
	lease_free(&a->lease);
	pglink_free(&a->pg);
	archive_flow_deinit(a);
	rooms_free(&a->rooms);
	uv_close((uv_handle_t *)a->tick, on_timer_closed);
	uv_close((uv_handle_t *)a->rest, on_timer_closed);
	uv_close((uv_handle_t *)a->drain, on_timer_closed);
	free(a);
}
