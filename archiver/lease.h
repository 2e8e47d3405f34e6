/* lease.h - who may store: one archiver at a time. An advisory lock of PostgreSQL alone is no
 * lease, since a holder that was stopped keeps it. So: the session has idle limits of 3 s
 * (archiver_sql_setup), and a heartbeat each second keeps them off; whoever gets the lock raises
 * the epoch, and each commit checks its own (archiver_fence). A stopped holder loses its session,
 * and the lock with it, within 3 s; whatever it still tries afterwards fails. One per process; uses
 * the same connection as the commits. */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "common/pglink.h"

struct lease;

struct lease_options {
	const char *holder; /* who is told to hold it, for people; copied */
	void *ctx;
	void (*on_taken)(void *ctx, int64_t epoch);
	void (*on_waiting)(void *ctx); /* another one holds it: asked again each 500 ms */
	void (*on_lost)(void *ctx,
		const struct err *err); /* held or not: the session is gone or of no use */
};

struct lease *lease_new(uv_loop_t *loop, struct pglink *link, const struct lease_options *options);
void lease_free(struct lease **lease);
void lease_start(struct lease *lease); /* the connection is up: try to get it */
void lease_stop(struct lease *lease);  /* the connection is down: no callback */
bool lease_is_held(const struct lease *lease);
/* Held, and the database said so less than 2 s ago: good enough to dial the broker with. */
bool lease_is_fresh(const struct lease *lease);
/* A commit has come through: as good as a heartbeat. */
void lease_confirmed(struct lease *lease);
