#include "archiver/store_commit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/when.h"

#define SCRIPT_SIZE 512
#define REPLAN_ROWS 100 /* and at each doubling: a plan made for small tables must not stay */

#define COLUMNS(role)                                                                              \
	"(gym_id, room_id, seq, sent_at, stored_at, id, reply_to, " role                           \
	"sender, kind, body, attachments, extra)"
#define COPY_MESSAGES "COPY messages " COLUMNS("sender_role, ") " FROM STDIN (FORMAT binary)"
#define COPY_NOTES    "COPY notes " COLUMNS("") " FROM STDIN (FORMAT binary)"

/* In this order; a step that has nothing to do is passed over. */
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

static void on_answer(void *ctx, PGresult *res, const struct err *err);

/* ---- what each step sends ---- */

static void send_query(struct store_commit *commit, enum sql sql)
{
	pgargs_send(&commit->rows.args, commit->link, archiver_sql, sql, on_answer, commit);
}

/* The planner knows the size of the tables, but a prepared statement keeps the plan of its first
 * use until ANALYZE comes by: seen at 130 us a message instead of 15. */
static bool needs_replan(struct store_commit *commit)
{
	if (commit->rows_written < commit->replan_at)
		return false;
	commit->replan_at = commit->rows_written * 2;
	return true;
}

static const char *begin_script(
	struct store_commit *commit, char script[SCRIPT_SIZE], const char *then)
{
	snprintf(script, SCRIPT_SIZE, "%sBEGIN; SELECT archiver_fence(%lld)%s%s",
		needs_replan(commit) ? "DISCARD PLANS; " : "", (long long)commit->plan.epoch,
		then[0] == '\0' ? "" : "; ", then);
	return script;
}

/* Whether the first statement is COPY and nothing must be looked up before. */
static bool begins_with_copy(const struct store_commit *commit)
{
	const struct store_rows *rows = &commit->rows;
	if (commit->plan.is_careful || commit->plan.needs_find)
		return false;
	for (unsigned i = rows->from; i < rows->to; i++) {
		if (!rows->batch->messages[i].is_note)
			return true;
	}
	return false;
}

static bool send_begin(struct store_commit *commit)
{
	char script[SCRIPT_SIZE];
	if (begins_with_copy(commit))
		return false;
	commit->is_begun = true;
	pglink_script(commit->link, begin_script(commit, script, ""), on_answer, commit);
	return true;
}

static bool send_find(struct store_commit *commit)
{
	if (!commit->plan.needs_find || !store_rows_find(&commit->rows))
		return false;
	send_query(commit, SQL_ROOMS_FIND);
	return true;
}

static bool send_make_gyms(struct store_commit *commit)
{
	if (!commit->plan.needs_find || !store_rows_missing_gyms(&commit->rows))
		return false;
	commit->has_made_gyms = true;
	send_query(commit, SQL_GYMS_MAKE);
	return true;
}

static bool send_find_gyms(struct store_commit *commit)
{
	if (!commit->has_made_gyms || !store_rows_find(&commit->rows))
		return false;
	send_query(commit, SQL_ROOMS_FIND);
	return true;
}

static bool send_known_messages(struct store_commit *commit)
{
	if (!commit->plan.is_careful || !store_rows_ask_known(&commit->rows, false))
		return false;
	send_query(commit, SQL_MESSAGES_KNOWN);
	return true;
}

static bool send_known_notes(struct store_commit *commit)
{
	if (!commit->plan.is_careful || !store_rows_ask_known(&commit->rows, true))
		return false;
	send_query(commit, SQL_NOTES_KNOWN);
	return true;
}

static bool settle(struct store_commit *commit)
{
	struct store_rows *rows = &commit->rows;
	batch_settle(rows->batch, rows->from, rows->to, rows->now_us);
	return false; /* nothing to send */
}

static bool send_make_rooms(struct store_commit *commit)
{
	if (!commit->plan.needs_find || !store_rows_make_rooms(&commit->rows))
		return false;
	send_query(commit, SQL_ROOMS_MAKE);
	return true;
}

static bool send_copy_messages(struct store_commit *commit)
{
	struct store_rows *rows = &commit->rows;
	char script[SCRIPT_SIZE];
	if (!store_rows_copy(rows))
		return false;
	const char *sql =
		commit->is_begun ? COPY_MESSAGES : begin_script(commit, script, COPY_MESSAGES);
	commit->is_begun = true;
	pglink_copy(commit->link, sql, rows->copy.at, rows->copy.len, NULL, on_answer, commit);
	return true;
}

static bool send_advance(struct store_commit *commit)
{
	if (!store_rows_advance(&commit->rows))
		return false;
	send_query(commit, SQL_ROOMS_ADVANCE);
	return true;
}

static bool send_reopen(struct store_commit *commit)
{
	if (commit->missing == 0 || !store_rows_advance(&commit->rows))
		return false;
	send_query(commit, SQL_ROOMS_REOPEN);
	return true;
}

static bool send_copy_notes(struct store_commit *commit)
{
	struct store_rows *rows = &commit->rows;
	if (!store_rows_copy_notes(rows))
		return false;
	pglink_copy(
		commit->link, COPY_NOTES, rows->copy.at, rows->copy.len, NULL, on_answer, commit);
	return true;
}

static bool send_note_rooms(struct store_commit *commit)
{
	if (!store_rows_note_rooms(&commit->rows))
		return false;
	send_query(commit, SQL_ROOMS_NOTES);
	return true;
}

/* Marks and presence: once a batch, with its last part. */
static bool moves_marks(const struct store_commit *commit)
{
	return commit->plan.is_last && !commit->plan.is_without_marks;
}

static bool send_ask_marks(struct store_commit *commit)
{
	if (!moves_marks(commit) || !store_rows_ask_marks(&commit->rows))
		return false;
	send_query(commit, SQL_MARKS_READ);
	return true;
}

static bool send_put_marks(struct store_commit *commit)
{
	if (!moves_marks(commit))
		return false;
	batch_move_marks(commit->rows.batch);
	if (!store_rows_put_marks(&commit->rows))
		return false;
	send_query(commit, SQL_MARKS_WRITE);
	return true;
}

static bool send_put_receipts(struct store_commit *commit)
{
	if (!moves_marks(commit) || !store_rows_put_receipts(&commit->rows))
		return false;
	send_query(commit, SQL_RECEIPTS_ADD);
	return true;
}

static bool send_put_dead(struct store_commit *commit)
{
	int64_t since_us = commit->plan.repeats_since_us;
	if (!commit->plan.is_last)
		return false;
	batch_bury(commit->rows.batch);
	if (!store_rows_put_dead(&commit->rows, since_us))
		return false;
	send_query(commit, since_us != 0 ? SQL_DEAD_ADD_ONCE : SQL_DEAD_ADD);
	return true;
}

static bool send_put_seen(struct store_commit *commit)
{
	if (!moves_marks(commit) || !store_rows_put_seen(&commit->rows))
		return false;
	send_query(commit, SQL_SEEN);
	return true;
}

static bool send_ask_names(struct store_commit *commit)
{
	if (!commit->plan.is_last || !store_rows_ask_names(&commit->rows))
		return false;
	send_query(commit, SQL_FIRST_NAMES);
	return true;
}

static bool send_commit(struct store_commit *commit)
{
	if (!commit->is_begun)
		return false;
	pglink_script(commit->link, "COMMIT", on_answer, commit);
	if (commit->plan.is_last)
		commit->events.on_committing(commit->events.ctx);
	return true;
}

/* ---- what each step takes from its answer ---- */

static int take_found(struct store_commit *commit, const PGresult *res, struct err *err)
{
	(void)err;
	store_rows_found(&commit->rows, res);
	return 0;
}

static int take_known(struct store_commit *commit, const PGresult *res, struct err *err)
{
	(void)err;
	store_rows_known(&commit->rows, res);
	return 0;
}

static int other_seqs(struct err *err)
{
	return err_set(err, ERR_CONFLICT, "rooms have another last_seq than expected");
}

static int take_made(struct store_commit *commit, const PGresult *res, struct err *err)
{
	return store_rows_made(&commit->rows, res) ? 0 : other_seqs(err);
}

static int take_advanced(struct store_commit *commit, const PGresult *res, struct err *err)
{
	unsigned moved = (unsigned)strtoul(PQcmdTuples((PGresult *)res), NULL, 10);
	(void)err;
	commit->missing = commit->rows.nmoved - moved;
	return 0;
}

static int take_reopened(struct store_commit *commit, const PGresult *res, struct err *err)
{
	if ((unsigned)PQntuples(res) != commit->missing)
		return other_seqs(err);
	store_rows_reopened(&commit->rows, res);
	return 0;
}

static int take_note_rooms(struct store_commit *commit, const PGresult *res, struct err *err)
{
	if (strtoul(PQcmdTuples((PGresult *)res), NULL, 10) != commit->rows.nmoved)
		return other_seqs(err);
	return 0;
}

static int take_marks(struct store_commit *commit, const PGresult *res, struct err *err)
{
	(void)err;
	store_rows_marks(&commit->rows, res);
	return 0;
}

static int take_names(struct store_commit *commit, const PGresult *res, struct err *err)
{
	(void)err;
	store_rows_names(&commit->rows, res);
	return 0;
}

static int take_commit(struct store_commit *commit, const PGresult *res, struct err *err)
{
	(void)commit;
	if (strcmp(PQcmdStatus((PGresult *)res), "COMMIT") == 0)
		return 0;
	return err_set(err, ERR_DB_DOWN, "COMMIT became %s", PQcmdStatus((PGresult *)res));
}

/* send: false where there is nothing to do. take: NULL where the answer says nothing. */
static const struct {
	bool (*send)(struct store_commit *commit);
	int (*take)(struct store_commit *commit, const PGresult *res, struct err *err);
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

static void commit_end(struct store_commit *commit, const struct err *err)
{
	if (err == NULL)
		commit->rows_written += commit->rows.to - commit->rows.from;
	commit->events.on_end(commit->events.ctx, err);
}

static void commit_go(struct store_commit *commit)
{
	while (commit->step < STEPS) {
		if (steps[commit->step].send(commit))
			return;
		commit->step++;
	}
	commit_end(commit, NULL);
}

static void on_rolled_back(void *ctx, PGresult *res, const struct err *err)
{
	struct store_commit *commit = ctx;
	struct err mismatch = {0};
	(void)res;
	if (err == NULL)
		other_seqs(&mismatch);
	commit_end(commit, err != NULL ? err : &mismatch);
}

static void on_answer(void *ctx, PGresult *res, const struct err *err)
{
	struct store_commit *commit = ctx;
	unsigned step = commit->step;
	struct err mine = {0};
	if (err != NULL) {
		commit_end(commit, err); /* what was begun has been rolled back */
	} else if (steps[step].take == NULL || steps[step].take(commit, res, &mine) == 0) {
		commit->step++;
		commit_go(commit);
	} else if (mine.code == ERR_CONFLICT) {
		pglink_script(commit->link, "ROLLBACK", on_rolled_back, commit);
	} else {
		commit_end(commit, &mine);
	}
}

/* ---- what store calls ---- */

void store_commit_init(struct store_commit *commit, struct pglink *link, unsigned max_items,
	const struct store_commit_events *events)
{
	*commit = (struct store_commit){.link = link, .events = *events, .replan_at = REPLAN_ROWS};
	store_rows_init(&commit->rows, max_items);
}

void store_commit_deinit(struct store_commit *commit)
{
	pglink_forget(commit->link, commit);
	store_rows_deinit(&commit->rows);
}

void store_commit_start(struct store_commit *commit, const struct store_commit_plan *plan)
{
	struct store_rows *rows = &commit->rows;
	rows->now_us = when_now_us();
	if (rows->now_us <= commit->last_us)
		rows->now_us = commit->last_us + 1;
	commit->last_us = rows->now_us;
	commit->plan = *plan;
	commit->is_begun = commit->has_made_gyms = false;
	commit->missing = 0;
	commit->step = STEP_BEGIN;
	commit_go(commit);
}
