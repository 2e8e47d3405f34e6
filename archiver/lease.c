#include "archiver/lease.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archiver/sql.h"
#include "common/log.h"
#include "common/must.h"
#include "common/when.h"

#define LEASE_KEY                                                                                  \
	"29119056" /* of the advisory lock; any number will do, in a database of its own */
#define LEASE_TRY_MS	500
#define LEASE_BEAT_MS	1000
#define LEASE_FRESH_MS	2000
#define LEASE_ANSWER_MS 4000 /* a heartbeat that takes so long has lost its session anyway */

enum lease_state { LEASE_IDLE, LEASE_TRYING, LEASE_WAITING, LEASE_TAKING, LEASE_HELD };

static const unsigned lease_may[] = {
	[LEASE_IDLE] = BIT(LEASE_TRYING),
	[LEASE_TRYING] = BIT(LEASE_WAITING) | BIT(LEASE_TAKING) | BIT(LEASE_IDLE),
	[LEASE_WAITING] = BIT(LEASE_TRYING) | BIT(LEASE_IDLE),
	[LEASE_TAKING] =
		BIT(LEASE_HELD) | BIT(LEASE_IDLE), /* IDLE: a read-only database, for example */
	[LEASE_HELD] = BIT(LEASE_IDLE),
};

struct lease {
	struct pglink *link;
	struct lease_options options;
	char *holder;
	uv_timer_t *timer;
	enum lease_state state;
	int64_t epoch, confirmed_ms;
	bool is_asking; /* a query of ours is on its way */
	int64_t asked_ms;
	bool is_told_waiting;
};

static void lease_try(struct lease *lease);

static void lease_set_state(struct lease *lease, enum lease_state state)
{
	assert((lease_may[lease->state] & BIT(state)) != 0);
	lease->state = state;
}

struct lease *lease_new(uv_loop_t *loop, struct pglink *link, const struct lease_options *options)
{
	struct lease *lease = must(calloc(1, sizeof(*lease)));
	lease->link = link;
	lease->options = *options;
	lease->holder = must(strdup(options->holder));
	lease->timer = must(calloc(1, sizeof(*lease->timer)));
	uv_timer_init(loop, lease->timer);
	lease->timer->data = lease;
	return lease;
}

static void on_timer_closed(uv_handle_t *handle)
{
	free(handle);
}

void lease_free(struct lease **handle)
{
	struct lease *lease = TAKE(*handle);
	if (lease == NULL)
		return;
	lease_stop(lease);
	uv_close((uv_handle_t *)lease->timer, on_timer_closed);
	free(lease->holder);
	free(lease);
}

void lease_stop(struct lease *lease)
{
	uv_timer_stop(lease->timer);
	pglink_forget(lease->link, lease);
	lease->is_asking = lease->is_told_waiting = false;
	lease->confirmed_ms = 0;
	if (lease->state != LEASE_IDLE)
		lease_set_state(lease, LEASE_IDLE);
}

bool lease_is_held(const struct lease *lease)
{
	return lease->state == LEASE_HELD;
}

bool lease_is_fresh(const struct lease *lease)
{
	return lease->state == LEASE_HELD && when_mono_ms() - lease->confirmed_ms < LEASE_FRESH_MS;
}

void lease_confirmed(struct lease *lease)
{
	lease->confirmed_ms = when_mono_ms();
}

static void lease_lose(struct lease *lease, const struct err *err)
{
	struct err why = *err;
	lease_stop(lease);
	lease->options.on_lost(lease->options.ctx, &why);
}

static void ask(struct lease *lease, enum sql sql, const char *value, pglink_cb cb)
{
	lease->is_asking = true;
	lease->asked_ms = when_mono_ms();
	pglink_query(lease->link, sql, &value, NULL, NULL, false, cb, lease);
}

/* ---- holding it ---- */

static void on_epoch(void *ctx, PGresult *res, const struct err *err)
{
	struct lease *lease = ctx;
	struct err other = {0};
	lease->is_asking = false;
	bool is_there = err == NULL && PQntuples(res) == 1;
	bool is_ours = is_there && strtoll(PQgetvalue(res, 0, 0), NULL, 10) == lease->epoch;
	if (err == NULL && !is_there)
		err_set(&other, ERR_DB, "the table archiver_lease is empty");
	else if (is_there && !is_ours)
		err_set(&other, ERR_CONFLICT, "the lease of epoch %" PRId64 " has been taken over",
			lease->epoch);
	if (!is_ours)
		lease_lose(lease, err != NULL ? err : &other);
	else
		lease_confirmed(lease);
}

/* While other queries wait the session is not idle, and their answers are heartbeats enough. */
static void on_beat(uv_timer_t *timer)
{
	struct lease *lease = timer->data;
	struct err late = {0};
	if (lease->is_asking && when_mono_ms() - lease->asked_ms > LEASE_ANSWER_MS &&
		pglink_waiting(lease->link) == 1) {
		err_set(&late, ERR_DB_DOWN, "the database has not answered for %d s",
			LEASE_ANSWER_MS / 1000);
		lease_lose(lease, &late);
	} else if (!lease->is_asking && pglink_waiting(lease->link) == 0) {
		ask(lease, SQL_LEASE_EPOCH, NULL, on_epoch);
	}
}

/* ---- getting it ---- */

static void on_taken(void *ctx, PGresult *res, const struct err *err)
{
	struct lease *lease = ctx;
	lease->is_asking = false;
	if (err != NULL || PQntuples(res) != 1) {
		struct err why = {0};
		err_set(&why, ERR_DB, "the table archiver_lease is empty");
		lease_lose(lease, err != NULL ? err : &why);
		return;
	}
	lease->epoch = strtoll(PQgetvalue(res, 0, 0), NULL, 10);
	lease_set_state(lease, LEASE_HELD);
	lease_confirmed(lease);
	uv_timer_start(lease->timer, on_beat, LEASE_BEAT_MS, LEASE_BEAT_MS);
	lease->options.on_taken(lease->options.ctx, lease->epoch);
}

/* A holder that stands still within a COPY is neither idle nor stopped by statement_timeout: the
 * server waits for its bytes for ever. So whoever waits for the lock ends such a session. */
static void on_evicted(void *ctx, PGresult *res, const struct err *err)
{
	struct lease *lease = ctx;
	lease->is_asking = false;
	if (err != NULL) {
		lease_lose(lease, err);
		return;
	}
	if (strcmp(PQgetvalue(res, 0, 0), "0") != 0)
		log_warn("ended the session of a holder of the lease that stood still in "
			 "mid-statement");
	lease_try(lease);
}

static void on_retry(uv_timer_t *timer)
{
	struct lease *lease = timer->data;
	lease_set_state(lease, LEASE_TRYING);
	ask(lease, SQL_LEASE_EVICT, LEASE_KEY, on_evicted);
}

static void on_tried(void *ctx, PGresult *res, const struct err *err)
{
	struct lease *lease = ctx;
	lease->is_asking = false;
	if (err != NULL) {
		lease_lose(lease, err);
	} else if (PQgetvalue(res, 0, 0)[0] == 't') {
		lease_set_state(lease, LEASE_TAKING);
		ask(lease, SQL_LEASE_TAKE, lease->holder, on_taken);
	} else {
		lease_set_state(lease, LEASE_WAITING);
		uv_timer_start(lease->timer, on_retry, LEASE_TRY_MS, 0);
		if (!lease->is_told_waiting)
			lease->options.on_waiting(lease->options.ctx);
		lease->is_told_waiting = true;
	}
}

static void lease_try(struct lease *lease)
{
	if (lease->state != LEASE_TRYING)
		lease_set_state(lease, LEASE_TRYING);
	ask(lease, SQL_LEASE_TRY, LEASE_KEY, on_tried);
}

void lease_start(struct lease *lease)
{
	lease_stop(lease);
	lease_try(lease);
}
