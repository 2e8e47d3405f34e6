/* tally.h - what a process counts about its requests, for /metrics: in memory that all workers
 * share, so that whichever of them is asked can tell of all. Each writes its own part alone. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api/edge.h"

#define TALLY_ROUTES_MAX 64 /* the last one counts what has no route: static files and refusals */
#define TALLY_BUCKETS	 12 /* upper bounds in tally_bounds_s; what is longer is in none */

extern const double tally_bounds_s[TALLY_BUCKETS];

struct tally {
	uint64_t answers[TALLY_ROUTES_MAX][6]; /* by class of the status: [2] is 200..299 */
	uint64_t took[TALLY_BUCKETS], took_n;  /* without those that waited on purpose */
	uint64_t took_ns;
	uint64_t in_flight, long_polls, database_waiting;
	int64_t digest_behind;
	struct edge_stats edge;
	bool is_database_up, is_broker_up, is_archive_up, is_alive;
};

/* Before workers are started: room for n of them. */
void tally_init(unsigned n);
/* In a worker: which part is its own, 0 .. n - 1. */
void tally_be(unsigned worker);
struct tally *tally_own(void);
unsigned tally_count(void);
const struct tally *tally_of(unsigned worker);
/* An answer of the route (TALLY_ROUTES_MAX - 1: of none) with this status; took_ns 0: it waited on
 * purpose. */
void tally_answer(size_t route, int status, uint64_t took_ns);
