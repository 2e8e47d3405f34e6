/* store.h - puts a batch into PostgreSQL: one transaction, or as many as it takes to set aside what
 * the database refuses. Knows SQL, does not know MQTT. One per process; call only from the loop.
 *
 * Fast: rooms' seqs come from the cache, messages go in by COPY, and the UPDATE of the rooms proves
 * that the cache was right. Careful: rooms and ids are looked up first; needed where messages may
 * be there already. A fast commit that meets such a one (or a wrong cache) is rolled back and done
 * again carefully; nobody notices but the counters. A careful one that meets data which the
 * database refuses halves the batch until the message is alone, which then becomes a dead letter.
 * Each transaction first checks the lease's epoch. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "archiver/batch.h"
#include "archiver/rooms.h"
#include "common/pglink.h"

struct store;

enum store_result {
	STORE_DONE,   /* committed: acknowledge it */
	STORE_FAILED, /* not, or nobody knows: let the broker send it again */
	STORE_FENCED  /* another archiver holds the lease */
};

struct store_job {
	struct batch *batch;
	int64_t epoch;
	bool is_careful; /* else fast */
	/* Dead letters received before then are not written twice; 0: none comes again. */
	int64_t repeats_since_us;
	void *ctx;
	/* COMMIT is on its way and the batch is settled: time to prepare what will be said. May run
	 * again, where more than one commit is needed. */
	void (*on_committing)(void *ctx);
	/* Once, from the loop. err is NULL with STORE_DONE. */
	void (*on_done)(void *ctx, enum store_result result, const struct err *err);
};

struct store_counts {
	uint64_t commits, careful, violations, mismatches, refused;
};

/* link: without pipeline, with archiver_sql; borrowed, as is rooms. max_items: of a batch. */
struct store *store_new(struct pglink *link, struct rooms *rooms, unsigned max_items);
void store_free(struct store **store);
/* The job is copied; the batch is borrowed until on_done. One at a time. */
void store_batch(struct store *store, const struct store_job *job);
bool store_is_busy(const struct store *store);
const struct store_counts *store_counts(const struct store *store);
