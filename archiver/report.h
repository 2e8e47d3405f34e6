/* report.h - what the archiver says of itself: the state that it publishes each 5 s, the ready
 * file, and how near the broker's queue is to its limit. Pure but for the file. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "common/auto.h"
#include "common/err.h"
#include "common/jsonout.h"

/* Counted since the start. */
struct report_counts {
	uint64_t received;	/* publishes, presence included */
	uint64_t stored, notes; /* rows */
	uint64_t receipts;
	uint64_t redelivered; /* were there already, and came right after a reconnect */
	uint64_t deduped;     /* were there already: sent again by their sender */
	uint64_t conflicts, dead_letters;
	uint64_t batches;
};

struct report {
	struct report_counts counts;
	const char *state; /* "storing", "standby", "waiting", ...; static */
	bool is_ready;
	char reason[360]; /* why not; "" where ready */
	int64_t epoch;	  /* 0: no lease */
	unsigned last_batch;
	int64_t lag_us, commit_us; /* the longest since the last report: arrival to commit, and the
				      commit alone */
	uint32_t rooms_cached;
	/* for the rate */
	uint64_t stored_before;
	int64_t reported_ms;
	/* for the estimate of the queue */
	double rate; /* received a second, smoothed, while we were reading */
	uint64_t received_before;
	int64_t measured_ms, away_since_ms, full_since_ms; /* 0: not */
	bool has_warned;
};

/* Once a second: keeps the rate; is_reading: whether the broker can hand us messages now. */
void report_measure(struct report *report, bool is_reading, int64_t now_ms);
/* Publishes that the broker probably holds for us: the rate of before, times the time away. */
uint64_t report_queued(const struct report *report, int64_t now_ms);
/* true once for each time that the estimate passes limit (0: never). */
bool report_should_warn(struct report *report, uint64_t limit, int64_t now_ms);
/* The state as a JSON object; the maxima start anew. */
void report_write(struct report *report, const char *instance, uint64_t warn_queued, int64_t now_us,
	int64_t now_ms, struct jsonout *out);
/* Replaces the file by "ready\n" or "waiting: reason\n". */
MUST_CHECK int report_ready_file(const char *path, const struct report *report, struct err *err);
