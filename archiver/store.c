#include "archiver/store.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "archiver/store_commit.h"
#include "common/log.h"
#include "common/must.h"

/* A careful commit that finds other seqs than it has just read: somebody else writes. */
#define CAREFUL_TRIES 3

struct store {
	struct rooms *cache;
	struct store_job job;
	struct store_commit commit;
	bool is_busy;
	/* over the batch */
	bool is_careful, needs_find; /* of the next transaction */
	unsigned width;		     /* messages of the next transaction */
	bool is_tail_apart;	     /* the last message goes without what follows the messages */
	bool is_without_marks;	     /* marks and presence have been given up */
	unsigned tries;
	struct store_counts counts;
};

static void on_committing(void *ctx)
{
	struct store *store = ctx;
	if (store->job.on_committing != NULL)
		store->job.on_committing(store->job.ctx);
}

static void on_end(void *ctx, const struct err *err);

struct store *store_new(struct pglink *link, struct rooms *rooms, unsigned max_items)
{
	struct store *store = must(calloc(1, sizeof(*store)));
	struct store_commit_events events = {store, on_committing, on_end};
	store->cache = rooms;
	store_commit_init(&store->commit, link, max_items, &events);
	return store;
}

void store_free(struct store **handle)
{
	struct store *store = TAKE(*handle);
	if (store == NULL)
		return;
	store_commit_deinit(&store->commit);
	free(store);
}

bool store_is_busy(const struct store *store)
{
	return store->is_busy;
}

const struct store_counts *store_counts(const struct store *store)
{
	return &store->counts;
}

static void store_finish(struct store *store, enum store_result result, const struct err *err)
{
	store->is_busy = false;
	store->job.on_done(store->job.ctx, result, err);
}

/* ---- one transaction after the other ---- */

static void store_begin(struct store *store)
{
	struct store_rows *rows = &store->commit.rows;
	unsigned left = store->job.batch->nmessages - rows->from;
	unsigned width = left < store->width ? left : store->width;
	rows->to = rows->from + width;
	struct store_commit_plan plan = {.epoch = store->job.epoch,
		.repeats_since_us = store->job.repeats_since_us,
		.is_careful = store->is_careful,
		.needs_find = store->needs_find,
		.is_last = width == left && !store->is_tail_apart,
		.is_without_marks = store->is_without_marks};
	store_commit_start(&store->commit, &plan);
}

static void store_committed(struct store *store)
{
	struct store_rows *rows = &store->commit.rows;
	batch_commit(store->job.batch, rows->from, rows->to);
	store_rows_to_cache(rows, store->cache);
	store->counts.commits++;
	store->counts.careful += store->is_careful;
	store->needs_find = false;
	store->tries = 0;
	rows->from = rows->to;
	if (store->commit.plan.is_last) {
		store_finish(store, STORE_DONE, NULL);
		return;
	}
	store->width *= 2;
	store->is_tail_apart = false;
	store_begin(store);
}

static void store_again_carefully(struct store *store)
{
	store->is_careful = store->needs_find = true;
	store_rows_forget_ids(&store->commit.rows);
	store_begin(store);
}

/* ---- failures ---- */

/* What the data may be to blame for: data exceptions, constraints, limits, and what a trigger
 * raises. */
static bool is_data_error(const struct err *err)
{
	const char *state = err->sqlstate;
	return strncmp(state, "22", 2) == 0 || strncmp(state, "23", 2) == 0 ||
	       strncmp(state, "54", 2) == 0 || strcmp(state, "P0001") == 0;
}

static void store_refuse(struct store *store, const struct err *err)
{
	struct store_rows *rows = &store->commit.rows;
	struct batch_message *message = &store->job.batch->messages[rows->from];
	log_error("the database refuses message %s on %s: %s", message->id, message->topic,
		err->text);
	batch_refuse(store->job.batch, message, err->text);
	store->counts.refused++;
	store->is_tail_apart = false;
	rows->from++;
	store_again_carefully(store);
}

static bool has_tail(const struct batch *batch)
{
	bool has_dead = batch->ndead > 0;
	for (unsigned i = 0; i < batch->nmessages && !has_dead; i++)
		has_dead = batch->messages[i].fate == BATCH_REFUSED ||
			   batch->messages[i].fate == BATCH_CONFLICT;
	return has_dead || batch->nreceipts > 0 || batch->npresences > 0;
}

/* Comes nearer to the message that the database refuses. false: it is none of them. */
static bool store_narrow(struct store *store, const struct err *err)
{
	struct store_rows *rows = &store->commit.rows;
	unsigned width = rows->to - rows->from;
	if (width > 1)
		store->width = width / 2;
	else if (width == 1 && store->commit.plan.is_last && has_tail(store->job.batch))
		store->is_tail_apart = true;
	else if (width == 1) {
		store_refuse(store, err);
		return true;
	} else if (!store->is_without_marks) {
		log_error("the database refuses receipts or presence, left out this time: %s",
			err->text);
		store->is_without_marks = true;
	} else {
		return false;
	}
	store_again_carefully(store);
	return true;
}

static void store_failed(struct store *store, const struct err *err)
{
	if (err->code != ERR_DB) {
		store_finish(store, STORE_FAILED, err);
	} else if (strcmp(err->sqlstate, "GC001") == 0) {
		store_finish(store, STORE_FENCED, err);
	} else if (is_data_error(err) && !store->is_careful) {
		store->counts.violations++;
		log_debug("once more, carefully: %s", err->text);
		store_again_carefully(store);
	} else if (!is_data_error(err) || !store_narrow(store, err)) {
		store_finish(store, STORE_FAILED, err);
	}
}

static void store_mismatched(struct store *store)
{
	struct err err = {0};
	store->counts.mismatches++;
	if (++store->tries <= CAREFUL_TRIES) {
		store_again_carefully(store);
		return;
	}
	err_set(&err, ERR_CONFLICT, "somebody else keeps changing last_seq of rooms");
	store_finish(store, STORE_FAILED, &err);
}

static void on_end(void *ctx, const struct err *err)
{
	struct store *store = ctx;
	if (err == NULL)
		store_committed(store);
	else if (err->code == ERR_CONFLICT)
		store_mismatched(store);
	else
		store_failed(store, err);
}

void store_batch(struct store *store, const struct store_job *job)
{
	struct store_rows *rows = &store->commit.rows;
	assert(!store->is_busy);
	store->is_busy = true;
	store->job = *job;
	rows->batch = job->batch;
	rows->from = 0;
	store->width = job->batch->nmessages;
	store->is_tail_apart = store->is_without_marks = false;
	store->tries = 0;
	store->is_careful = job->is_careful;
	bool has_all = !store->is_careful && store_rows_from_cache(rows, store->cache);
	store->needs_find = store->is_careful || !has_all;
	store_begin(store);
}
