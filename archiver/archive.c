#include "archiver/archive.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archiver/batch.h"
#include "archiver/input_mqtt.h"
#include "archiver/lease.h"
#include "archiver/outlet.h"
#include "archiver/presence.h"
#include "archiver/report.h"
#include "archiver/sabotage.h"
#include "archiver/sql.h"
#include "archiver/store.h"
#include "common/log.h"
#include "common/pglink.h"
#include "common/rand.h"
#include "common/token.h"
#include "common/when.h"

#define USERNAME TOKEN_SYSTEM_GYM ".service.archiver"

#define CONNECT_TIMEOUT_MS 5000
#define QUERY_TIMEOUT_MS                                                                           \
	15000 /* over the statement timeout of archiver_sql_setup, under the broker's patience */
#define REST_BASE_MS  250
#define REST_CAP_MS   5000
#define DRAIN_MS      10000
#define TICK_MS	      1000
#define REPORT_TICKS  5
#define SETTLED_MS    2000  /* reading for so long without a failure: the trouble is over */
#define REPEAT_LOG_MS 30000 /* the same complaint again only after that */
#define REASON_SIZE   360
#define CAREFUL_BATCHES                                                                            \
	10 /* after a repetition that no reconnect explains: more of them are likely */

enum archive_state {
	ARCHIVE_OFFLINE, /* no database */
	ARCHIVE_STANDBY, /* the lease is not ours */
	ARCHIVE_READING, /* waiting for a batch */
	ARCHIVE_STORING,
	ARCHIVE_TELLING, /* stored; the notices lag, so the PUBACKs wait */
	ARCHIVE_RESTING, /* the database refused: the input is off for a while */
	ARCHIVE_STOPPED
};

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

/* A complaint that is not repeated with every attempt. */
struct complaint {
	char text[200];
	int64_t said_ms;
};

struct archive {
	uv_loop_t *loop;
	struct archive_options options;
	enum archive_state state;
	struct pglink *pg;
	struct lease *lease;
	struct rooms *rooms;
	struct store *store;
	struct input *input;
	struct outlet *outlet;
	struct presence_seen *seen;
	struct batch *batch;
	struct notices notices;
	struct report report;
	uv_timer_t *tick, *rest, *drain;
	unsigned ticks, rests;
	int64_t epoch;
	bool is_stopping;
	/* until when to look whether messages are there already */
	unsigned careful_left, redelivered_left;
	int64_t connected_us;
	uint64_t violations;
	int64_t storing_since_us, trouble_ms; /* trouble_ms 0: none */
	char trouble[REASON_SIZE], database_down[REASON_SIZE], broker_down[REASON_SIZE];
	bool is_waiting_for_lease;
	struct complaint database, broker, notices_link;
	/* sabotage only (SABOTAGE_EARLY_ACK): what came while a batch was being stored */
	struct batch *spare;
	bool is_spare_complete;
};

static void archive_finish(struct archive *a, int exit_code);

static void archive_set_state(struct archive *a, enum archive_state state)
{
	assert((archive_may[a->state] & BIT(state)) != 0);
	a->state = state;
}

static void complain(struct complaint *last, const char *about, const char *text)
{
	int64_t now = when_mono_ms();
	if (strncmp(last->text, text, sizeof(last->text) - 1) == 0 &&
		now - last->said_ms < REPEAT_LOG_MS)
		return;
	snprintf(last->text, sizeof(last->text), "%s", text);
	last->said_ms = now;
	log_warn("%s: %s", about, text);
}

/* ---- ready or not ---- */

static const char *state_word(const struct archive *a)
{
	if (a->is_stopping || a->state == ARCHIVE_STOPPED)
		return "stopping";
	if (a->state == ARCHIVE_STANDBY && a->is_waiting_for_lease)
		return "standby";
	return a->report.is_ready ? "storing" : "waiting";
}

/* Why we are not ready into reason; "": we are. */
static void find_reason(const struct archive *a, char *reason, size_t size)
{
	const char *why = "";
	if (a->is_stopping || a->state == ARCHIVE_STOPPED)
		why = "stopping";
	else if (a->state == ARCHIVE_OFFLINE)
		why = a->database_down;
	else if (a->state == ARCHIVE_STANDBY)
		why = a->is_waiting_for_lease ? "standby: another archiver holds the lease"
					      : "taking the lease";
	else if (a->trouble_ms != 0)
		why = a->trouble;
	else if (!input_is_up(a->input))
		why = a->broker_down;
	else if (!outlet_is_up(a->outlet))
		why = "the broker: no connection for notices";
	snprintf(reason, size, "%s", why);
}

static void tell_state(struct archive *a)
{
	AUTO(jsonout) struct jsonout json;
	jsonout_init(&json);
	a->report.state = state_word(a);
	a->report.epoch = lease_is_held(a->lease) ? a->epoch : 0;
	a->report.rooms_cached = rooms_count(a->rooms);
	report_write(&a->report, a->options.instance, a->options.warn_queued, when_now_us(),
		when_mono_ms(), &json);
	outlet_state(a->outlet, json.text, json.len);
}

static void update_ready(struct archive *a)
{
	char reason[sizeof(a->report.reason)];
	struct err err = {0};
	find_reason(a, reason, sizeof(reason));
	bool is_ready = reason[0] == '\0';
	if (is_ready == a->report.is_ready && strcmp(reason, a->report.reason) == 0)
		return;
	if (is_ready)
		log_info("ready: storing as %s, epoch %" PRId64, a->options.instance, a->epoch);
	else if (a->report.is_ready || !a->is_stopping)
		log_info("waiting: %s", reason);
	a->report.is_ready = is_ready;
	strcpy(a->report.reason, reason);
	if (a->options.ready_file != NULL &&
		report_ready_file(a->options.ready_file, &a->report, &err) != 0)
		log_error("%s", err.text);
	tell_state(a);
}

/* ---- a batch ---- */

static void on_committing(void *ctx)
{
	struct archive *a = ctx;
	notices_build(&a->notices, a->batch);
}

/* From now on the broker may send what it has sent before. */
static void expect_redelivery(struct archive *a)
{
	a->connected_us = when_now_us();
	a->redelivered_left = input_mqtt_window(a->options.batch_max);
	a->careful_left = a->redelivered_left;
}

static unsigned less(unsigned count, unsigned by)
{
	return count > by ? count - by : 0;
}

static void count_batch(struct archive *a)
{
	struct report_counts *counts = &a->report.counts;
	const struct batch *batch = a->batch;
	int64_t now_us = when_now_us();
	counts->batches++;
	counts->stored += batch->nstored;
	counts->notes += batch->nnotes;
	counts->receipts += batch->nreceipts;
	counts->dead_letters += batch->ndead;
	*(a->redelivered_left > 0 ? &counts->redelivered : &counts->deduped) += batch->nagain;
	for (unsigned i = 0; i < batch->ndead; i++)
		counts->conflicts += strcmp(batch->dead[i].code, "conflict") == 0;
	a->report.last_batch = batch->items;
	if (now_us - batch->first_arrived_us > a->report.lag_us)
		a->report.lag_us = now_us - batch->first_arrived_us;
	if (now_us - a->storing_since_us > a->report.commit_us)
		a->report.commit_us = now_us - a->storing_since_us;
	if (batch->items < a->batch->max)
		a->report.full_since_ms = 0;
	else if (a->report.full_since_ms == 0)
		a->report.full_since_ms = when_mono_ms();
}

static void count_down_care(struct archive *a)
{
	uint64_t violations = store_counts(a->store)->violations;
	a->redelivered_left = less(a->redelivered_left, a->batch->items);
	a->careful_left = less(a->careful_left, a->batch->items);
	if (violations != a->violations)
		a->careful_left = CAREFUL_BATCHES * a->options.batch_max;
	a->violations = violations;
}

static void batch_begin(struct archive *a);

/* Stored and told: the broker may forget it. */
static void batch_end(struct archive *a)
{
	batch_reset(a->batch);
	archive_set_state(a, ARCHIVE_READING);
	if (!sabotage_is(SABOTAGE_EARLY_ACK))
		input_acknowledge(a->input);
	if (a->is_stopping) {
		archive_finish(a, 0);
	} else if (a->is_spare_complete) {
		struct batch *complete = a->spare;
		a->spare = a->batch;
		a->batch = complete;
		a->is_spare_complete = false;
		batch_begin(a);
	}
}

static void batch_stored(struct archive *a)
{
	lease_confirmed(a->lease);
	count_batch(a);
	count_down_care(a);
	a->rests = 0;
	a->trouble_ms = 0;
	archive_set_state(a, ARCHIVE_TELLING);
	if (!a->options.has_notices || outlet_tell(a->outlet, &a->notices))
		batch_end(a);
	if (a->state != ARCHIVE_STOPPED)
		update_ready(a);
}

static void on_rested(uv_timer_t *timer)
{
	struct archive *a = timer->data;
	archive_set_state(a, ARCHIVE_READING);
	expect_redelivery(a);
	input_start(a->input);
	update_ready(a);
}

static const char *trouble_text(const struct err *err)
{
	if (strcmp(err->sqlstate, "53100") == 0)
		return "the database's disk is full";
	if (strcmp(err->sqlstate, "25006") == 0)
		return "the database is read-only";
	return err->text;
}

static void note_trouble(struct archive *a, const struct err *err)
{
	char text[sizeof(a->trouble)];
	snprintf(text, sizeof(text), "%s", trouble_text(err));
	if (a->trouble_ms == 0 || strcmp(text, a->trouble) != 0)
		log_error("%u messages are not stored, the broker keeps them: %s",
			a->batch->nmessages, err->text);
	strcpy(a->trouble, text);
	a->trouble_ms = when_mono_ms();
}

/* Not stored, or nobody knows. No PUBACK: the broker sends it again, and what is there already is
 * recognised. */
static void batch_failed(struct archive *a, const struct err *err)
{
	note_trouble(a, err);
	archive_set_state(a, ARCHIVE_RESTING);
	input_drop(a->input, err);
	batch_reset(a->batch);
	presence_seen_clear(a->seen);
	if (a->is_stopping) {
		archive_finish(a, 0);
		return;
	}
	int ms = rand_backoff_ms(REST_BASE_MS, REST_CAP_MS, a->rests++);
	uv_timer_start(a->rest, on_rested, (uint64_t)ms, 0);
	update_ready(a);
}

static void on_stored(void *ctx, enum store_result result, const struct err *err)
{
	struct archive *a = ctx;
	if (a->state != ARCHIVE_STORING)
		return;
	if (result == STORE_DONE) {
		batch_stored(a);
		return;
	}
	struct err why = *err;
	batch_failed(a, &why);
	if (result == STORE_FENCED && a->state != ARCHIVE_STOPPED)
		pglink_drop(a->pg, &why);
}

static void batch_begin(struct archive *a)
{
	struct store_job job = {.batch = a->batch,
		.epoch = a->epoch,
		.careful_since_us = a->careful_left > 0 ? a->connected_us : 0,
		.ctx = a,
		.on_committing = a->options.has_notices ? on_committing : NULL,
		.on_done = on_stored};
	a->report.counts.received += a->batch->items;
	batch_thin_presences(a->batch, a->seen);
	archive_set_state(a, ARCHIVE_STORING);
	if (sabotage_is(SABOTAGE_EARLY_ACK))
		input_acknowledge(a->input);
	a->storing_since_us = when_now_us();
	if (!batch_is_empty(a->batch)) {
		store_batch(a->store, &job);
		return;
	}
	archive_set_state(a, ARCHIVE_TELLING);
	batch_end(a);
}

/* ---- the input ---- */

static bool on_item(void *ctx, const char *topic, const uint8_t *payload, size_t len)
{
	struct archive *a = ctx;
	struct batch *batch = a->state == ARCHIVE_READING ? a->batch : a->spare;
	batch_add(batch, topic, payload, len, when_now_us());
	return !batch_is_full(batch);
}

static void on_batch(void *ctx)
{
	struct archive *a = ctx;
	if (a->state == ARCHIVE_READING)
		batch_begin(a);
	else
		a->is_spare_complete = true;
}

static void on_input_up(void *ctx)
{
	struct archive *a = ctx;
	log_debug("connected to the broker");
	update_ready(a);
}

static void on_input_down(void *ctx, const struct err *err)
{
	struct archive *a = ctx;
	snprintf(a->broker_down, sizeof(a->broker_down), "the broker: %s", err->text);
	expect_redelivery(a);
	if (a->state != ARCHIVE_READING)
		return; /* we hung up ourselves */
	complain(&a->broker, "the broker", err->text);
	batch_reset(a->batch);
	update_ready(a);
}

/* An archiver that was paused must not push its successor out of the broker: no attempt without a
 * fresh lease. */
static int input_password(void *ctx, char *buf, size_t size, struct err *err)
{
	struct archive *a = ctx;
	if (!lease_is_fresh(a->lease))
		return err_set(err, ERR_DENIED, "the lease is not confirmed");
	return systoken_get(a->options.token, buf, size, err);
}

/* Cuts the input off, whatever it is doing. */
static void input_off(struct archive *a, const struct err *why)
{
	outlet_forget(a->outlet);
	if (a->state == ARCHIVE_READING)
		input_stop(a->input);
	else
		input_drop(a->input, why);
	batch_reset(a->batch);
}

/* ---- the outlet ---- */

static void on_told(void *ctx)
{
	struct archive *a = ctx;
	if (a->state != ARCHIVE_TELLING)
		return;
	batch_end(a);
	if (a->state != ARCHIVE_STOPPED)
		update_ready(a);
}

static void on_outlet_up(void *ctx)
{
	struct archive *a = ctx;
	update_ready(a);
	tell_state(a);
}

static void on_outlet_down(void *ctx, const struct err *err)
{
	struct archive *a = ctx;
	complain(&a->notices_link, "the broker, notices", err->text);
	update_ready(a);
}

static int outlet_password(void *ctx, char *buf, size_t size, struct err *err)
{
	struct archive *a = ctx;
	return systoken_get(a->options.token, buf, size, err);
}

/* ---- the lease and the database ---- */

static void on_lease_taken(void *ctx, int64_t epoch)
{
	struct archive *a = ctx;
	a->epoch = epoch;
	a->is_waiting_for_lease = false;
	/* Somebody else may have stored since we last knew. */
	rooms_clear(a->rooms);
	presence_seen_clear(a->seen);
	snprintf(a->broker_down, sizeof(a->broker_down), "connecting to the broker");
	archive_set_state(a, ARCHIVE_READING);
	outlet_start(a->outlet);
	expect_redelivery(a);
	input_start(a->input);
	update_ready(a);
}

static void on_lease_waiting(void *ctx)
{
	struct archive *a = ctx;
	a->is_waiting_for_lease = true;
	outlet_stop(a->outlet); /* the holder speaks for the instance */
	update_ready(a);
}

static void on_lease_lost(void *ctx, const struct err *err)
{
	struct archive *a = ctx;
	pglink_drop(a->pg, err);
}

static void on_database_up(void *ctx)
{
	struct archive *a = ctx;
	log_debug("connected to the database");
	a->database.text[0] = '\0';
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
		input_off(a, err);
	if (a->state != ARCHIVE_OFFLINE)
		archive_set_state(a, ARCHIVE_OFFLINE);
	a->is_waiting_for_lease = false;
	a->trouble_ms = 0;
	if (err->code == ERR_CONFIG) {
		log_error("%s", err->text);
		archive_finish(a, 1);
		return;
	}
	complain(&a->database, "the database", err->text);
	snprintf(a->database_down, sizeof(a->database_down), "the database: %s", trouble_text(err));
	outlet_start(a->outlet);
	if (a->is_stopping)
		archive_finish(a, 0);
	else
		update_ready(a);
}

/* ---- time ---- */

static void on_tick(uv_timer_t *timer)
{
	struct archive *a = timer->data;
	int64_t now = when_mono_ms();
	bool is_reading = input_is_up(a->input);
	report_measure(&a->report, is_reading, now);
	if (report_should_warn(&a->report, a->options.warn_queued, now))
		log_warn("the broker holds about %" PRIu64 " messages for the archive",
			report_queued(&a->report, now));
	if (a->trouble_ms != 0 && a->state == ARCHIVE_READING && is_reading &&
		now - a->trouble_ms > SETTLED_MS) {
		a->trouble_ms = 0;
		update_ready(a);
	}
	if (++a->ticks % REPORT_TICKS == 0)
		tell_state(a);
}

/* ---- start and stop ---- */

static uv_timer_t *timer_new(struct archive *a)
{
	uv_timer_t *timer = calloc(1, sizeof(*timer));
	assert(timer != NULL);
	uv_timer_init(a->loop, timer);
	timer->data = a;
	return timer;
}

static void on_timer_closed(uv_handle_t *handle)
{
	free(handle);
}

static void make_links(struct archive *a, uint64_t secret)
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
}

static void make_ends(struct archive *a)
{
	char client_id[256];
	snprintf(client_id, sizeof(client_id), USERNAME ".%s", a->options.instance);
	struct input_mqtt_options in = {a->options.mqtt_host, a->options.mqtt_port, client_id,
		USERNAME, a->options.batch_max, a, input_password};
	struct input_events events = {a, on_input_up, on_input_down, on_item, on_batch};
	struct outlet_options out = {.host = a->options.mqtt_host,
		.port = a->options.mqtt_port,
		.username = USERNAME,
		.instance = a->options.instance,
		.ctx = a,
		.password = outlet_password,
		.on_up = on_outlet_up,
		.on_down = on_outlet_down,
		.on_told = on_told};
	a->input = input_mqtt_new(a->loop, &in, &events);
	a->outlet = outlet_new(a->loop, &out);
}

struct archive *archive_new(uv_loop_t *loop, const struct archive_options *options)
{
	struct archive *a = calloc(1, sizeof(*a));
	uint64_t secret;
	assert(a != NULL);
	rand_bytes(&secret, sizeof(secret));
	a->loop = loop;
	a->options = *options;
	a->report.state = "waiting";
	strcpy(a->report.reason, "-"); /* so that the first reason is told */
	strcpy(a->database_down, "connecting to the database");
	a->seen = presence_seen_new(secret);
	a->batch = batch_new(options->batch_max, secret);
	if (sabotage_is(SABOTAGE_EARLY_ACK))
		a->spare = batch_new(options->batch_max, secret);
	notices_init(&a->notices);
	a->tick = timer_new(a);
	a->rest = timer_new(a);
	a->drain = timer_new(a);
	make_links(a, secret);
	make_ends(a);
	return a;
}

void archive_start(struct archive *a)
{
	update_ready(a);
	uv_timer_start(a->tick, on_tick, TICK_MS, TICK_MS);
	pglink_start(a->pg);
}

/* Lets go of everything but the memory. Without a batch at hand the broker is told good-bye; else
 * the batch comes again. */
static void archive_finish(struct archive *a, int exit_code)
{
	struct err stopping = {0};
	if (a->state == ARCHIVE_STOPPED)
		return;
	err_set(&stopping, ERR_IO, "stopping");
	input_off(a, &stopping);
	archive_set_state(a, ARCHIVE_STOPPED);
	update_ready(a);
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
	update_ready(a);
}

void archive_free(struct archive **handle)
{
	struct archive *a = TAKE(*handle);
	if (a == NULL)
		return;
	store_free(&a->store);
	lease_free(&a->lease);
	pglink_free(&a->pg);
	input_free(&a->input);
	outlet_free(&a->outlet);
	rooms_free(&a->rooms);
	presence_seen_free(&a->seen);
	notices_deinit(&a->notices);
	batch_free(&a->batch);
	batch_free(&a->spare);
	uv_close((uv_handle_t *)a->tick, on_timer_closed);
	uv_close((uv_handle_t *)a->rest, on_timer_closed);
	uv_close((uv_handle_t *)a->drain, on_timer_closed);
	free(a);
}
