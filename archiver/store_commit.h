/* store_commit.h - one transaction of a batch: checks the lease's epoch, then writes the messages
 * [rows.from, rows.to) and, where they are the batch's last, all that follows the messages. A table
 * of steps: each sends what there is to send and takes in the answer. What to do when it fails is
 * store.c's. Internal to store. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "archiver/store_rows.h"
#include "common/pglink.h"

struct store_commit_plan {
	int64_t epoch;		  /* of the lease */
	int64_t repeats_since_us; /* as in struct store_job */
	bool is_careful;	  /* looks for messages that are there already */
	bool needs_find;	  /* some ids are not in the batch's rooms */
	bool is_last;		  /* dead letters, marks, presence and names go with it */
	bool is_without_marks;	  /* but neither marks nor presence */
};

struct store_commit_events {
	void *ctx;
	/* COMMIT of the last transaction is on its way. */
	void (*on_committing)(void *ctx);
	/* Once a start; may start the next. err NULL: committed (or there was nothing to write).
	 * Else nothing of it is in the database, but where err is ERR_DB_UNCERTAIN or ERR_DB_DOWN:
	 * then nobody knows. ERR_CONFLICT: rooms have other seqs than the batch took them to have.
	 */
	void (*on_end)(void *ctx, const struct err *err);
};

struct store_commit {
	struct pglink *link;
	struct store_commit_events events;
	struct store_rows rows; /* the owner sets batch, from and to */
	struct store_commit_plan plan;
	unsigned step;
	bool is_begun, has_made_gyms;
	unsigned missing; /* closed rooms that ADVANCE left to REOPEN */
	int64_t last_us;  /* stored_at never goes back, even where the clock does */
	uint64_t rows_written, replan_at;
};

/* link: borrowed, with archiver_sql. */
void store_commit_init(struct store_commit *commit, struct pglink *link, unsigned max_items,
	const struct store_commit_events *events);
/* on_end of what is under way comes no more. */
void store_commit_deinit(struct store_commit *commit);
/* One at a time; the plan is copied. */
void store_commit_start(struct store_commit *commit, const struct store_commit_plan *plan);
