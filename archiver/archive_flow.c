#include "archiver/archive_parts.h"

#include <stdio.h>
#include <string.h>

#include "archiver/input_mqtt.h"
#include "archiver/sabotage.h"
#include "common/log.h"
#include "common/rand.h"
#include "common/token.h"
#include "common/when.h"

#define USERNAME	TOKEN_SYSTEM_GYM ".service.archiver"
#define REST_BASE_MS	250
#define REST_CAP_MS	5000
#define CHAIN_MS	500 /* PUBACKs wait no longer than that for batches after theirs */
#define CAREFUL_BATCHES 10  /* after a repetition that no reconnect explains: more are likely */

/* Two batches: while one is being stored the next one is filled, for as long as that takes, so
 * under load batches are large without anybody waiting for them. PUBACKs cannot be let go one by
 * one, only all that the connection owes; so batches form a chain, and when all of it is stored the
 * chain is acknowledged as a whole. It ends where nothing has come meanwhile, where the broker's
 * window has no room for another batch, or after CHAIN_MS. */

static void batch_begin(struct archive *a);

/* ---- repetitions ---- */

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

/* Whether the batch that begins now may be a redelivery, and is to be looked up before it is
 * stored. */
static void take_care(struct archive *a)
{
	uint64_t violations = store_counts(a->store)->violations;
	if (violations != a->violations)
		a->careful_left = CAREFUL_BATCHES * a->options.batch_max;
	a->violations = violations;
	a->is_careful = a->careful_left > 0;
	a->is_redelivery = a->redelivered_left > 0;
	a->redelivered_left = less(a->redelivered_left, a->storing->items);
	a->careful_left = less(a->careful_left, a->storing->items);
}

/* ---- the end of a batch ---- */

static void count_batch(struct archive *a)
{
	struct report_counts *counts = &a->report.counts;
	const struct batch *batch = a->storing;
	int64_t now_us = when_now_us();
	counts->batches++;
	counts->stored += batch->nstored;
	counts->notes += batch->nnotes;
	counts->receipts += batch->nreceipts;
	counts->dead_letters += batch->ndead;
	*(a->is_redelivery ? &counts->redelivered : &counts->deduped) += batch->nagain;
	for (unsigned i = 0; i < batch->ndead; i++)
		counts->conflicts += strcmp(batch->dead[i].code, "conflict") == 0;
	a->report.last_batch = batch->items;
	if (now_us - batch->first_arrived_us > a->report.lag_us)
		a->report.lag_us = now_us - batch->first_arrived_us;
	if (now_us - a->storing_since_us > a->report.commit_us)
		a->report.commit_us = now_us - a->storing_since_us;
	if (batch->items < batch->max)
		a->report.full_since_ms = 0;
	else if (a->report.full_since_ms == 0)
		a->report.full_since_ms = when_mono_ms();
}

/* The broker sends again what it has sent before anything new, and of that first what we had
 * stored: where we have looked and nothing was a repetition, nothing behind it is. (Were one to
 * come, its commit would fail and be done again carefully.) */
static void stop_caring(struct archive *a)
{
	if (a->is_careful && a->storing->nmessages > 0 && a->storing->nagain == 0)
		a->careful_left = 0;
}

/* All that was handed over is stored and told: the broker may forget it. */
static void chain_end(struct archive *a)
{
	if (a->unacknowledged > 0)
		input_acknowledge(a->input);
	a->unacknowledged = 0;
	a->is_held = false;
	if (a->is_stopping)
		archive_finish(a, 0);
}

/* Stored and told. */
static void batch_end(struct archive *a)
{
	batch_reset(a->storing);
	archive_set_state(a, ARCHIVE_READING);
	if (a->filling->items > 0)
		batch_begin(a);
	else
		chain_end(a);
}

static void batch_stored(struct archive *a)
{
	lease_confirmed(a->lease);
	count_batch(a);
	stop_caring(a);
	a->rests = 0;
	a->trouble_ms = 0;
	archive_set_state(a, ARCHIVE_TELLING);
	if (!a->options.has_notices || outlet_tell(a->outlet, &a->notices))
		batch_end(a);
	if (a->state != ARCHIVE_STOPPED)
		archive_ready_update(a);
}

static void note_trouble(struct archive *a, const struct err *err)
{
	char text[sizeof(a->trouble)];
	snprintf(text, sizeof(text), "%s", archive_trouble_text(err));
	if (a->trouble_ms == 0 || strcmp(text, a->trouble) != 0)
		log_error("%u messages are not stored, the broker keeps them: %s",
			a->storing->nmessages, err->text);
	strcpy(a->trouble, text);
	a->trouble_ms = when_mono_ms();
}

static void on_rested(uv_timer_t *timer)
{
	archive_flow_start(timer->data);
}

/* Not stored, or nobody knows. No PUBACK: the broker sends the chain again, and what is there
 * already is recognised. */
static void batch_failed(struct archive *a, const struct err *err)
{
	note_trouble(a, err);
	archive_flow_stop(a, err);
	archive_set_state(a, ARCHIVE_RESTING);
	presence_seen_clear(a->seen);
	if (a->is_stopping) {
		archive_finish(a, 0);
		return;
	}
	int ms = rand_backoff_ms(REST_BASE_MS, REST_CAP_MS, a->rests++);
	uv_timer_start(a->rest, on_rested, (uint64_t)ms, 0);
	archive_ready_update(a);
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

/* While the COMMIT is on its way. */
static void on_committing(void *ctx)
{
	struct archive *a = ctx;
	notices_build(&a->notices, a->storing);
}

/* ---- the beginning of a batch ---- */

/* A batch's worth of the window stays with the socket, so that there is something to read right
 * after the acknowledgement. */
static bool chain_may_go_on(const struct archive *a)
{
	return !a->is_stopping && !batch_is_full(a->filling) &&
	       a->unacknowledged + a->options.batch_max < input_mqtt_window(a->options.batch_max) &&
	       when_mono_ms() - a->chain_ms < CHAIN_MS;
}

/* The input waits: let it go on, where more may come before the acknowledgement. */
static void read_on(struct archive *a)
{
	if (!a->is_held || !chain_may_go_on(a))
		return;
	a->is_held = false;
	input_read_on(a->input);
}

static void take_over(struct archive *a)
{
	struct batch *filled = a->filling;
	a->filling = a->storing;
	a->storing = filled;
	a->report.counts.received += filled->items;
	if (sabotage_is(SABOTAGE_EARLY_ACK)) {
		input_acknowledge(a->input);
		a->unacknowledged = 0;
		a->is_held = false;
	}
	read_on(a);
}

static void batch_begin(struct archive *a)
{
	archive_set_state(a, ARCHIVE_STORING);
	take_over(a);
	take_care(a);
	struct store_job job = {.batch = a->storing,
		.epoch = a->epoch,
		.is_careful = a->is_careful,
		.repeats_since_us = a->is_redelivery ? a->connected_us : 0,
		.ctx = a,
		.on_committing = a->options.has_notices ? on_committing : NULL,
		.on_done = on_stored};
	batch_thin_presences(a->storing, a->seen);
	a->storing_since_us = when_now_us();
	if (!batch_is_empty(a->storing)) {
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
	if (a->unacknowledged++ == 0)
		a->chain_ms = when_mono_ms();
	batch_add(a->filling, topic, payload, len, when_now_us());
	return !batch_is_full(a->filling);
}

static void on_batch(void *ctx)
{
	struct archive *a = ctx;
	a->is_held = true;
	if (a->state == ARCHIVE_READING)
		batch_begin(a);
	else
		read_on(a);
}

static void on_input_up(void *ctx)
{
	struct archive *a = ctx;
	log_debug("connected to the broker");
	archive_ready_update(a);
}

/* What was handed over and is not acknowledged comes again. A batch that is being stored goes on:
 * it will be recognised. */
static void on_input_down(void *ctx, const struct err *err)
{
	struct archive *a = ctx;
	snprintf(a->broker_down, sizeof(a->broker_down), "the broker: %s", err->text);
	expect_redelivery(a);
	batch_reset(a->filling);
	a->is_held = false;
	a->unacknowledged = 0;
	if (a->is_hanging_up)
		return;
	archive_complain(&a->broker, "the broker", err->text);
	archive_ready_update(a);
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

/* ---- the outlet ---- */

static void on_told(void *ctx)
{
	struct archive *a = ctx;
	if (a->state != ARCHIVE_TELLING)
		return;
	batch_end(a);
	if (a->state != ARCHIVE_STOPPED)
		archive_ready_update(a);
}

static void on_outlet_up(void *ctx)
{
	struct archive *a = ctx;
	archive_ready_update(a);
	archive_ready_tell(a);
}

static void on_outlet_down(void *ctx, const struct err *err)
{
	struct archive *a = ctx;
	archive_complain(&a->notices_link, "the broker, notices", err->text);
	archive_ready_update(a);
}

static int outlet_password(void *ctx, char *buf, size_t size, struct err *err)
{
	struct archive *a = ctx;
	return systoken_get(a->options.token, buf, size, err);
}

/* ---- on and off ---- */

void archive_flow_start(struct archive *a)
{
	archive_set_state(a, ARCHIVE_READING);
	outlet_start(a->outlet);
	expect_redelivery(a);
	input_start(a->input);
	archive_ready_update(a);
}

void archive_flow_stop(struct archive *a, const struct err *why)
{
	bool is_owing = a->unacknowledged > 0;
	outlet_forget(a->outlet);
	a->is_hanging_up = true;
	if (is_owing)
		input_drop(a->input, why);
	else
		input_stop(a->input);
	a->is_hanging_up = false;
	batch_reset(a->filling);
	if (!store_is_busy(a->store))
		batch_reset(a->storing);
	a->is_held = false;
	a->unacknowledged = 0;
}

void archive_flow_init(struct archive *a, uint64_t secret)
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
	a->filling = batch_new(a->options.batch_max, secret);
	a->storing = batch_new(a->options.batch_max, secret);
	notices_init(&a->notices);
	a->seen = presence_seen_new(secret);
	a->input = input_mqtt_new(a->loop, &in, &events);
	a->outlet = outlet_new(a->loop, &out);
	strcpy(a->broker_down, "connecting to the broker");
}

void archive_flow_deinit(struct archive *a)
{
	input_free(&a->input);
	outlet_free(&a->outlet);
	presence_seen_free(&a->seen);
	notices_deinit(&a->notices);
	batch_free(&a->filling);
	batch_free(&a->storing);
}
