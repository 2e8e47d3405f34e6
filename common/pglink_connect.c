#include <string.h>

#include "common/log.h"
#include "common/pghosts.h"
#include "common/pglink_parts.h"

static void take_notice(void *arg, const PGresult *res)
{
	struct pglink *link = arg;
	struct err err = {0};
	const char *severity = PQresultErrorField(res, PG_DIAG_SEVERITY_NONLOCALIZED);
	pgjob_result_error(res, &err);
	if (severity != NULL &&
		(strcmp(severity, "FATAL") == 0 || strcmp(severity, "PANIC") == 0)) {
		size_t len = strnlen(err.text, sizeof(link->last_words) - 1);
		memcpy(link->last_words, err.text, len);
		link->last_words[len] = '\0';
	}
	if (link->options.on_notice != NULL)
		link->options.on_notice(link->options.ctx, err.text);
	else
		log_debug("database: %s: %s", severity == NULL ? "NOTICE" : severity, err.text);
}

static void link_up(struct pglink *link)
{
	uv_timer_stop(link->retry);
	link->up_at_ms = uv_now(link->loop);
	pglink_set_state(link, PGLINK_UP);
	if (link->options.on_up != NULL)
		link->options.on_up(link->options.ctx);
}

static void put_own_script(struct pglink *link, const char *sql, pglink_cb cb)
{
	pglink_put(link, pgjob_new(PGJOB_SCRIPT, sql, cb, link));
}

static void on_prepared(void *ctx, PGresult *res, const struct err *err)
{
	struct pglink *link = ctx;
	(void)res;
	if (link->state != PGLINK_PREPARING)
		return; /* lost on the way: pglink_lose tells why */
	if (err != NULL)
		pglink_lose(link, err);
	else if (!link->options.pipeline && PQpipelineStatus(link->pg) != PQ_PIPELINE_OFF &&
		 !PQexitPipelineMode(link->pg))
		pglink_fail(link, ERR_DB_DOWN, "leaving the pipeline");
	else
		link_up(link);
}

static void link_prepare(struct pglink *link)
{
	if (!PQenterPipelineMode(link->pg)) {
		pglink_fail(link, ERR_DB_DOWN, "entering the pipeline");
		return;
	}
	struct pgjob *job = pgjob_new(PGJOB_PREPARE, NULL, on_prepared, link);
	job->sql = link->options.sql;
	job->nsql = link->options.nsql;
	pglink_put(link, job);
}

static void wrong_schema(struct pglink *link, const char *is)
{
	struct err err = {0};
	const char *want = link->options.schema_version;
	const char *mend =
		is == NULL || strcmp(is, want) < 0
			? "run `./gymchat up` or `gymchat migrate`"
			: "it is newer than this program: install the release that belongs to it";
	err_set(&err, ERR_CONFIG, "the database's schema is %s, this program needs %s: %s",
		is == NULL ? "missing" : is, want, mend);
	pglink_lose(link, &err);
}

static void on_schema_version(void *ctx, PGresult *res, const struct err *err)
{
	struct pglink *link = ctx;
	if (link->state != PGLINK_PREPARING)
		return;
	if (err != NULL && strcmp(err->sqlstate, "42P01") != 0) {
		pglink_lose(link, err);
		return;
	}
	const char *is = err != NULL || PQntuples(res) == 0 || PQgetisnull(res, 0, 0)
				 ? NULL
				 : PQgetvalue(res, 0, 0);
	if (is == NULL || strcmp(is, link->options.schema_version) != 0)
		wrong_schema(link, is);
	else
		link_prepare(link);
}

static void link_check_schema(struct pglink *link)
{
	if (link->options.schema_version == NULL)
		link_prepare(link);
	else
		put_own_script(
			link, "SELECT max(version) FROM schema_migrations", on_schema_version);
}

static void on_setup_done(void *ctx, PGresult *res, const struct err *err)
{
	struct pglink *link = ctx;
	(void)res;
	if (link->state != PGLINK_PREPARING)
		return;
	if (err != NULL)
		pglink_lose(link, err);
	else
		link_check_schema(link);
}

static void link_connected(struct pglink *link)
{
	pglink_set_state(link, PGLINK_PREPARING);
	if (PQsetnonblocking(link->pg, 1) != 0 || pglink_watch(link, UV_READABLE) != 0)
		pglink_fail(link, ERR_DB_DOWN, "connecting");
	else if (link->options.setup != NULL)
		put_own_script(link, link->options.setup, on_setup_done);
	else
		link_check_schema(link);
}

void pglink_connecting(struct pglink *link)
{
	/* libpq may close the socket and open another, with the same number too: never keep the
	 * watch over a poll. */
	pglink_unwatch(link);
	switch (PQconnectPoll(link->pg)) {
	case PGRES_POLLING_OK: link_connected(link); return;
	case PGRES_POLLING_READING:
		if (pglink_watch(link, UV_READABLE) == 0)
			return;
		break;
	case PGRES_POLLING_WRITING:
		if (pglink_watch(link, UV_WRITABLE) == 0)
			return;
		break;
	default: break;
	}
	pglink_fail(link, ERR_DB_DOWN, "cannot connect to the database");
}

static void on_connect_late(uv_timer_t *timer)
{
	struct pglink *link = timer->data;
	struct err err = {0};
	err_set(&err, ERR_DB_DOWN, "no connection to the database within %d ms",
		link->options.connect_timeout_ms);
	pglink_lose(link, &err);
}

/* What stands before dbname are defaults: the conninfo's own words win over them, and what follows
 * over those. */
static PGconn *connect_begin(struct pglink *link)
{
	AUTO(pghosts) struct pghosts hosts;
	const char *keys[7] = {"client_encoding", "dbname", "application_name"};
	const char *values[7] = {"UTF8", link->conninfo, link->application};
	unsigned n = 3;
	pghosts_init(&hosts, link->conninfo, link->attempt);
	const char *const rotated[][2] = {
		{"host", hosts.host}, {"hostaddr", hosts.hostaddr}, {"port", hosts.port}};
	for (unsigned i = 0; i < COUNT(rotated); i++) {
		if (rotated[i][1] == NULL)
			continue;
		keys[n] = rotated[i][0];
		values[n++] = rotated[i][1];
	}
	return PQconnectStartParams(keys, values, 1);
}

void pglink_attempt(struct pglink *link)
{
	pglink_enter(link);
	link->last_words[0] = '\0';
	pglink_set_state(link, PGLINK_CONNECTING);
	if (link->options.connect_timeout_ms > 0)
		uv_timer_start(link->retry, on_connect_late,
			(uint64_t)link->options.connect_timeout_ms, 0);
	link->pg = connect_begin(link);
	if (link->pg == NULL || PQstatus(link->pg) == CONNECTION_BAD) {
		pglink_fail(link, ERR_DB_DOWN, "cannot connect to the database");
	} else {
		PQsetNoticeReceiver(link->pg, take_notice, link);
		if (pglink_watch(link, UV_WRITABLE) != 0)
			pglink_fail(link, ERR_DB_DOWN, "cannot connect to the database");
	}
	pglink_leave(link);
}
