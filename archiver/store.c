#include "archiver/store.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archiver/sql.h"
#include "archiver/store_rows.h"
#include "common/log.h"
#include "common/when.h"

#define CAREFUL_TRIES                                                                              \
	3 /* a careful commit that finds other seqs than it has just read: somebody else writes */
#define SCRIPT_SIZE 512
#define REPLAN_ROWS 100 /* and at each doubling: a plan made for small tables must not stay */

#define COLUMNS(role)                                                                              \
	"(gym_id, room_id, seq, sent_at, stored_at, id, reply_to, " role                           \
	"sender, kind, body, attachments, extra)"
#define COPY_MESSAGES "COPY messages " COLUMNS("sender_role, ") " FROM STDIN (FORMAT binary)"
#define COPY_NOTES    "COPY notes " COLUMNS("") " FROM STDIN (FORMAT binary)"

/* One transaction, in this order; a step that has nothing to do is passed over. */
enum step {
	STEP_BEGIN, /* not where COPY_MESSAGES can begin it in the same round trip */
	STEP_FIND,
	STEP_MAKE_GYMS,
	STEP_FIND_GYMS,
	STEP_KNOWN_MESSAGES,
	STEP_KNOWN_NOTES,
	STEP_SETTLE,
	STEP_MAKE_ROOMS,
	STEP_COPY_MESSAGES,
	STEP_ADVANCE,
	STEP_REOPEN,
	STEP_COPY_NOTES,
	STEP_NOTE_ROOMS,
	STEP_ASK_MARKS, /* from here on in the last transaction of a batch only */
	STEP_PUT_MARKS,
	STEP_PUT_RECEIPTS,
	STEP_PUT_DEAD,
	STEP_PUT_SEEN,
	STEP_ASK_NAMES,
	STEP_COMMIT,
	STEPS
};

struct store {
	struct pglink *link;
	struct rooms *cache;
	struct store_job job;
	struct store_rows rows;
	bool is_busy;
	enum step step;
	/* the transaction at hand */
	bool is_careful, is_begun, is_last, has_made_gyms;
	unsigned missing; /* closed rooms that ADVANCE left to REOPEN */
	/* over the batch */
	bool needs_find;       /* some ids are not in the batch's rooms */
	unsigned width;	       /* messages of the next transaction */
	bool is_tail_apart;    /* the last message goes without what follows the messages */
	bool is_without_marks; /* marks and presence have been given up */
	unsigned tries;
	int64_t last_us; /* stored_at never goes back, even where the clock does */
	uint64_t rows_written, replan_at;
	struct store_counts counts;
};

static void store_go(struct store *store);

struct store *store_new(struct pglink *link, struct rooms *rooms, unsigned max_items)
{
	struct store *store = calloc(1, sizeof(*store));
	assert(store != NULL);
	store->link = link;
	store->cache = rooms;
	store->replan_at = REPLAN_ROWS;
	store_rows_init(&store->rows, max_items);
	return store;
}

void store_free(struct store **handle)
{
	struct store *store = TAKE(*handle);
	if (store == NULL)
		return;
	if (store->is_busy)
		pglink_forget(store->link, store);
	store_rows_deinit(&store->rows);
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

static bool has_tail(const struct store *store)
{
	const struct batch *batch = store->job.batch;
	bool has_dead = batch->ndead > 0;
	for (unsigned i = 0; i < batch->nmessages && !has_dead; i++)
		has_dead = batch->messages[i].fate == BATCH_REFUSED ||
			   batch->messages[i].fate == BATCH_CONFLICT;
	return has_dead || batch->nreceipts > 0 || batch->npresences > 0;
}

static void store_begin(struct store *store)
{
	struct store_rows *rows = &store->rows;
	unsigned left = store->job.batch->nmessages - rows->from;
	unsigned width = left < store->width ? left : store->width;
	rows->to = rows->from + width;
	rows->now_us = when_now_us();
	if (rows->now_us <= store->last_us)
		rows->now_us = store->last_us + 1;
	store->last_us = rows->now_us;
	store->is_last = width == left && !store->is_tail_apart;
	store->is_begun = store->has_made_gyms = false;
	store->missing = 0;
	store->step = STEP_BEGIN;
	store_go(store);
}

static void store_committed(struct store *store)
{
	struct store_rows *rows = &store->rows;
	struct batch *batch = store->job.batch;
	batch_commit(batch, rows->from, rows->to);
	store_rows_to_cache(rows, store->cache);
	store->counts.commits++;
	store->rows_written += rows->to - rows->from;
	store->counts.careful += store->is_careful;
	store->needs_find = false;
	store->tries = 0;
	rows->from = rows->to;
	if (store->is_last) {
		store_finish(store, STORE_DONE, NULL);
		return;
	}
	store->width *= 2;
	store->is_tail_apart = false;
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

static void store_again_carefully(struct store *store)
{
	store->is_careful = store->needs_find = true;
	store_rows_forget_ids(&store->rows);
	store_begin(store);
}

static void store_refuse(struct store *store, const struct err *err)
{
	struct store_rows *rows = &store->rows;
	struct batch_message *message = &store->job.batch->messages[rows->from];
	log_error("the database refuses message %s on %s: %s", message->id, message->topic,
		err->text);
	batch_refuse(store->job.batch, message, err->text);
	store->counts.refused++;
	store->is_tail_apart = false;
	rows->from++;
	store_again_carefully(store);
}

/* Comes nearer to the message that the database refuses. false: it is none of them. */
static bool store_narrow(struct store *store, const struct err *err)
{
	struct store_rows *rows = &store->rows;
	unsigned width = rows->to - rows->from;
	if (width > 1)
		store->width = width / 2;
	else if (width == 1 && store->is_last && has_tail(store))
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

/* ---- steps ---- */

static void on_answer(void *ctx, PGresult *res, const struct err *err);

static void send_query(struct store *store, enum sql sql)
{
	pgargs_send(&store->rows.args, store->link, archiver_sql, sql, on_answer, store);
}

/* The planner knows the size of the tables, but a prepared statement keeps the plan of its first
 * use until ANALYZE comes by: seen at 130 us a message instead of 15. */
static bool needs_replan(struct store *store)
{
	if (store->rows_written < store->replan_at)
		return false;
	store->replan_at = store->rows_written * 2;
	return true;
}

static const char *begin_script(struct store *store, char script[SCRIPT_SIZE], const char *then)
{
	snprintf(script, SCRIPT_SIZE, "%sBEGIN; SELECT archiver_fence(%lld)%s%s",
		needs_replan(store) ? "DISCARD PLANS; " : "", (long long)store->job.epoch,
		then[0] == '\0' ? "" : "; ", then);
	return script;
}

/* Whether the first statement is COPY and nothing must be looked up before. */
static bool begins_with_copy(const struct store *store)
{
	const struct store_rows *rows = &store->rows;
	if (store->is_careful || store->needs_find)
		return false;
	for (unsigned i = rows->from; i < rows->to; i++) {
		if (!rows->batch->messages[i].is_note)
			return true;
	}
	return false;
}

static bool send_begin(struct store *store)
{
	char script[SCRIPT_SIZE];
	if (begins_with_copy(store))
		return false;
	store->is_begun = true;
	pglink_script(store->link, begin_script(store, script, ""), on_answer, store);
	return true;
}

static bool send_find(struct store *store)
{
	if (!store->needs_find || !store_rows_find(&store->rows))
		return false;
	send_query(store, SQL_ROOMS_FIND);
	return true;
}

static bool send_make_gyms(struct store *store)
{
	if (!store->needs_find || !store_rows_missing_gyms(&store->rows))
		return false;
	store->has_made_gyms = true;
	send_query(store, SQL_GYMS_MAKE);
	return true;
}

static bool send_find_gyms(struct store *store)
{
	if (!store->has_made_gyms || !store_rows_find(&store->rows))
		return false;
	send_query(store, SQL_ROOMS_FIND);
	return true;
}

static bool send_known_messages(struct store *store)
{
	if (!store->is_careful || !store_rows_ask_known(&store->rows, false))
		return false;
	send_query(store, SQL_MESSAGES_KNOWN);
	return true;
}

static bool send_known_notes(struct store *store)
{
	if (!store->is_careful || !store_rows_ask_known(&store->rows, true))
		return false;
	send_query(store, SQL_NOTES_KNOWN);
	return true;
}

static bool settle(struct store *store)
{
	struct store_rows *rows = &store->rows;
	batch_settle(rows->batch, rows->from, rows->to, rows->now_us);
	return false; /* nothing to send */
}

static bool send_make_rooms(struct store *store)
{
	if (!store->needs_find || !store_rows_make_rooms(&store->rows))
		return false;
	send_query(store, SQL_ROOMS_MAKE);
	return true;
}

static bool send_copy_messages(struct store *store)
{
	struct store_rows *rows = &store->rows;
	char script[SCRIPT_SIZE];
	if (!store_rows_copy(rows))
		return false;
	const char *sql =
		store->is_begun ? COPY_MESSAGES : begin_script(store, script, COPY_MESSAGES);
	store->is_begun = true;
	pglink_copy(store->link, sql, rows->copy.at, rows->copy.len, NULL, on_answer, store);
	return true;
}

static bool send_advance(struct store *store)
{
	if (!store_rows_advance(&store->rows))
		return false;
	send_query(store, SQL_ROOMS_ADVANCE);
	return true;
}

static bool send_reopen(struct store *store)
{
	if (store->missing == 0 || !store_rows_advance(&store->rows))
		return false;
	send_query(store, SQL_ROOMS_REOPEN);
	return true;
}

static bool send_copy_notes(struct store *store)
{
	struct store_rows *rows = &store->rows;
	if (!store_rows_copy_notes(rows))
		return false;
	pglink_copy(store->link, COPY_NOTES, rows->copy.at, rows->copy.len, NULL, on_answer, store);
	return true;
}

static bool send_note_rooms(struct store *store)
{
	if (!store_rows_note_rooms(&store->rows))
		return false;
	send_query(store, SQL_ROOMS_NOTES);
	return true;
}

static bool send_ask_marks(struct store *store)
{
	if (!store->is_last || store->is_without_marks || !store_rows_ask_marks(&store->rows))
		return false;
	send_query(store, SQL_MARKS_READ);
	return true;
}

static bool send_put_marks(struct store *store)
{
	if (!store->is_last || store->is_without_marks)
		return false;
	batch_move_marks(store->job.batch);
	if (!store_rows_put_marks(&store->rows))
		return false;
	send_query(store, SQL_MARKS_WRITE);
	return true;
}

static bool send_put_receipts(struct store *store)
{
	if (!store->is_last || store->is_without_marks || !store_rows_put_receipts(&store->rows))
		return false;
	send_query(store, SQL_RECEIPTS_ADD);
	return true;
}

static bool send_put_dead(struct store *store)
{
	int64_t since_us = store->job.repeats_since_us;
	if (!store->is_last)
		return false;
	batch_bury(store->job.batch);
	if (!store_rows_put_dead(&store->rows, since_us))
		return false;
	send_query(store, since_us != 0 ? SQL_DEAD_ADD_ONCE : SQL_DEAD_ADD);
	return true;
}

static bool send_put_seen(struct store *store)
{
	if (!store->is_last || store->is_without_marks || !store_rows_put_seen(&store->rows))
		return false;
	send_query(store, SQL_SEEN);
	return true;
}

static bool send_ask_names(struct store *store)
{
	if (!store->is_last || !store_rows_ask_names(&store->rows))
		return false;
	send_query(store, SQL_FIRST_NAMES);
	return true;
}

static bool send_commit(struct store *store)
{
	if (!store->is_begun)
		return false;
	pglink_script(store->link, "COMMIT", on_answer, store);
	if (store->is_last && store->job.on_committing != NULL)
		store->job.on_committing(store->job.ctx);
	return true;
}

/* ---- answers ---- */

static int take_found(struct store *store, const PGresult *res, struct err *err)
{
	(void)err;
	store_rows_found(&store->rows, res);
	return 0;
}

static int take_known(struct store *store, const PGresult *res, struct err *err)
{
	(void)err;
	store_rows_known(&store->rows, res);
	return 0;
}

static int other_seqs(struct store *store, struct err *err)
{
	store->counts.mismatches++;
	return err_set(err, ERR_CONFLICT, "rooms have another last_seq than expected");
}

static int take_made(struct store *store, const PGresult *res, struct err *err)
{
	return store_rows_made(&store->rows, res) ? 0 : other_seqs(store, err);
}

static int take_advanced(struct store *store, const PGresult *res, struct err *err)
{
	unsigned moved = (unsigned)strtoul(PQcmdTuples((PGresult *)res), NULL, 10);
	(void)err;
	store->missing = store->rows.nmoved - moved;
	return 0;
}

static int take_reopened(struct store *store, const PGresult *res, struct err *err)
{
	if ((unsigned)PQntuples(res) != store->missing)
		return other_seqs(store, err);
	store_rows_reopened(&store->rows, res);
	return 0;
}

static int take_note_rooms(struct store *store, const PGresult *res, struct err *err)
{
	if (strtoul(PQcmdTuples((PGresult *)res), NULL, 10) != store->rows.nmoved)
		return other_seqs(store, err);
	return 0;
}

static int take_marks(struct store *store, const PGresult *res, struct err *err)
{
	(void)err;
	store_rows_marks(&store->rows, res);
	return 0;
}

static int take_names(struct store *store, const PGresult *res, struct err *err)
{
	(void)err;
	store_rows_names(&store->rows, res);
	return 0;
}

static int take_commit(struct store *store, const PGresult *res, struct err *err)
{
	(void)store;
	if (strcmp(PQcmdStatus((PGresult *)res), "COMMIT") == 0)
		return 0;
	return err_set(err, ERR_DB_DOWN, "COMMIT became %s", PQcmdStatus((PGresult *)res));
}

/* send: false where there is nothing to do. take: NULL where the answer says nothing. */
static const struct {
	bool (*send)(struct store *store);
	int (*take)(struct store *store, const PGresult *res, struct err *err);
} steps[STEPS] = {
	[STEP_BEGIN] = {send_begin, NULL},
	[STEP_FIND] = {send_find, take_found},
	[STEP_MAKE_GYMS] = {send_make_gyms, NULL},
	[STEP_FIND_GYMS] = {send_find_gyms, take_found},
	[STEP_KNOWN_MESSAGES] = {send_known_messages, take_known},
	[STEP_KNOWN_NOTES] = {send_known_notes, take_known},
	[STEP_SETTLE] = {settle, NULL},
	[STEP_MAKE_ROOMS] = {send_make_rooms, take_made},
	[STEP_COPY_MESSAGES] = {send_copy_messages, NULL},
	[STEP_ADVANCE] = {send_advance, take_advanced},
	[STEP_REOPEN] = {send_reopen, take_reopened},
	[STEP_COPY_NOTES] = {send_copy_notes, NULL},
	[STEP_NOTE_ROOMS] = {send_note_rooms, take_note_rooms},
	[STEP_ASK_MARKS] = {send_ask_marks, take_marks},
	[STEP_PUT_MARKS] = {send_put_marks, NULL},
	[STEP_PUT_RECEIPTS] = {send_put_receipts, NULL},
	[STEP_PUT_DEAD] = {send_put_dead, NULL},
	[STEP_PUT_SEEN] = {send_put_seen, NULL},
	[STEP_ASK_NAMES] = {send_ask_names, take_names},
	[STEP_COMMIT] = {send_commit, take_commit},
};

static void store_go(struct store *store)
{
	while (store->step < STEPS) {
		if (steps[store->step].send(store))
			return;
		store->step++;
	}
	store_committed(store); /* there was nothing to write */
}

static void on_rolled_back(void *ctx, PGresult *res, const struct err *err)
{
	struct store *store = ctx;
	struct err mismatch = {0};
	(void)res;
	if (err != NULL) {
		store_failed(store, err);
	} else if (++store->tries > CAREFUL_TRIES) {
		err_set(&mismatch, ERR_CONFLICT, "somebody else keeps changing last_seq of rooms");
		store_finish(store, STORE_FAILED, &mismatch);
	} else {
		store_again_carefully(store);
	}
}

static void on_answer(void *ctx, PGresult *res, const struct err *err)
{
	struct store *store = ctx;
	struct err mine = {0};
	enum step step = store->step;
	if (err != NULL) {
		store_failed(store, err); /* what was begun has been rolled back */
	} else if (steps[step].take != NULL && steps[step].take(store, res, &mine) != 0) {
		if (mine.code != ERR_CONFLICT)
			store_finish(store, STORE_FAILED, &mine);
		else
			pglink_script(store->link, "ROLLBACK", on_rolled_back, store);
	} else {
		store->step++;
		store_go(store);
	}
}

void store_batch(struct store *store, const struct store_job *job)
{
	assert(!store->is_busy);
	store->is_busy = true;
	store->job = *job;
	store->rows.batch = job->batch;
	store->rows.from = 0;
	store->width = job->batch->nmessages;
	store->is_tail_apart = store->is_without_marks = false;
	store->tries = 0;
	store->is_careful = job->is_careful;
	bool has_all = !store->is_careful && store_rows_from_cache(&store->rows, store->cache);
	store->needs_find = store->is_careful || !has_all;
	store_begin(store);
}
