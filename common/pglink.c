#include "common/pglink.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/pghosts.h"
#include "common/pgjob.h"
#include "common/rand.h"

#define PGLINK_BACKOFF_BASE_MS 100
#define PGLINK_BACKOFF_CAP_MS  5000
#define PGLINK_SETTLED_MS      5000 /* up for so long: the next loss starts the back-off anew */

static const unsigned pglink_may[] = {
	[PGLINK_DOWN] = BIT(PGLINK_CONNECTING),
	[PGLINK_CONNECTING] = BIT(PGLINK_PREPARING) | BIT(PGLINK_DOWN),
	[PGLINK_PREPARING] = BIT(PGLINK_UP) | BIT(PGLINK_DOWN),
	[PGLINK_UP] = BIT(PGLINK_DOWN), /* whatever was sent and not answered is uncertain here */
};

struct queue {
	struct pgjob *first, *last;
	unsigned len;
};

/* Timers outlive the link for a turn of the loop, so they are allocated apart from it. */
struct pglink {
	uv_loop_t *loop;
	struct pglink_options options;
	char *conninfo, *application;
	enum pglink_state state;
	PGconn *pg;
	uv_poll_t *watch; /* of the present socket; NULL: none */
	int watching;	  /* UV_READABLE | UV_WRITABLE */
	uv_timer_t
		*retry; /* while DOWN: the next attempt; else until UP: the attempt's time limit */
	uv_timer_t *answer; /* how long the first of the queue may still take */
	uv_timer_t *soon;   /* what must not happen inside a caller's call */
	unsigned attempt;
	uint64_t up_at_ms;
	struct queue jobs;     /* in the order of their answers */
	struct pgjob *to_send; /* first job not handed to libpq; NULL: none */
	struct queue refused;  /* asked while not UP: answered from the loop */
	struct queue failing;  /* their failure is set, their callbacks are being run */
	unsigned answers;      /* taken in all */
	struct err broken;     /* set: goes down in the next turn */
	char last_words[200];  /* the server's FATAL message, where it sent one unasked */
	unsigned
		life; /* changes when the connection is lost: loops that ran callbacks look at it */
	unsigned depth; /* callbacks that this link's own functions are in */
	bool freed;
};

static void link_attempt(struct pglink *link);
static void link_down(struct pglink *link, const struct err *why);
static void link_progress(struct pglink *link);

/* ---- the queue ---- */

static void queue_put(struct queue *queue, struct pgjob *job)
{
	if (queue->last == NULL)
		queue->first = job;
	else
		queue->last->next = job;
	queue->last = job;
	queue->len++;
}

static struct pgjob *queue_take(struct queue *queue)
{
	struct pgjob *job = queue->first;
	if (job == NULL)
		return NULL;
	queue->first = job->next;
	if (queue->first == NULL)
		queue->last = NULL;
	queue->len--;
	job->next = NULL;
	return job;
}

/* ---- memory ---- */

static void link_release(struct pglink *link)
{
	if (!link->freed || link->depth > 0)
		return;
	free(link->conninfo);
	free(link->application);
	free(link);
}

static void link_enter(struct pglink *link)
{
	link->depth++;
}

static void link_leave(struct pglink *link)
{
	link->depth--;
	link_release(link);
}

static void on_handle_closed(uv_handle_t *handle)
{
	free(handle);
}

static uv_timer_t *timer_new(struct pglink *link)
{
	uv_timer_t *timer = calloc(1, sizeof(*timer));
	assert(timer != NULL);
	uv_timer_init(link->loop, timer);
	timer->data = link;
	return timer;
}

static char *copy_text(const char *text)
{
	char *copy = strdup(text == NULL ? "" : text);
	assert(copy != NULL);
	return copy;
}

struct pglink *pglink_new(uv_loop_t *loop, const struct pglink_options *options)
{
	struct pglink *link = calloc(1, sizeof(*link));
	assert(link != NULL);
	link->loop = loop;
	link->options = *options;
	link->options.conninfo = link->conninfo = copy_text(options->conninfo);
	link->options.application = link->application = copy_text(options->application);
	link->retry = timer_new(link);
	link->answer = timer_new(link);
	link->soon = timer_new(link);
	return link;
}

/* ---- answers ---- */

/* Runs the job's callback and frees it. The link may be freed afterwards: callers hold link_enter.
 */
static void job_finish(struct pgjob *job)
{
	bool ok = job->failure.code == ERR_NONE;
	if (job->cb != NULL)
		job->cb(job->ctx, ok ? job->result : NULL, ok ? NULL : &job->failure);
	pgjob_free(&job);
}

/* Moves jobs to those that are about to be told of a failure. */
static void jobs_give_up(struct pglink *link, struct queue *queue, const char *why)
{
	struct pgjob *job;
	while ((job = queue_take(queue)) != NULL) {
		if (job->failure.code == ERR_NONE && job->sent)
			err_set(&job->failure, ERR_DB_UNCERTAIN, "no answer came: %s", why);
		else if (job->failure.code == ERR_NONE)
			err_set(&job->failure, ERR_DB_DOWN, "the database is not reachable: %s",
				why);
		queue_put(&link->failing, job);
	}
}

/* The queue stays in the link, so that a callback that forgets or frees finds those after it. */
static void jobs_tell(struct pglink *link)
{
	struct pgjob *job;
	while ((job = queue_take(&link->failing)) != NULL)
		job_finish(job);
}

/* ---- states ---- */

static void link_set_state(struct pglink *link, enum pglink_state state)
{
	assert((pglink_may[link->state] & BIT(state)) != 0);
	link->state = state;
}

static void watch_close(struct pglink *link)
{
	if (link->watch == NULL)
		return;
	uv_close((uv_handle_t *)link->watch, on_handle_closed);
	link->watch = NULL;
	link->watching = 0;
}

static void on_retry(uv_timer_t *timer)
{
	link_attempt(timer->data);
}

static void link_retry_later(struct pglink *link)
{
	int ms = rand_backoff_ms(PGLINK_BACKOFF_BASE_MS, PGLINK_BACKOFF_CAP_MS, link->attempt++);
	uv_timer_start(link->retry, on_retry, (uint64_t)ms, 0);
}

/* Closes the connection and answers what waits; the owner hears of it last, and may have freed the
 * link by then. */
static void link_down(struct pglink *link, const struct err *why)
{
	struct err reason = *why;
	if (link->state == PGLINK_DOWN)
		return;
	link_enter(link);
	link->life++;
	if (link->state == PGLINK_UP && uv_now(link->loop) - link->up_at_ms >= PGLINK_SETTLED_MS)
		link->attempt = 0;
	link_set_state(link, PGLINK_DOWN);
	watch_close(link);
	uv_timer_stop(link->answer);
	PQfinish(TAKE(link->pg));
	link->broken.code = ERR_NONE;
	link->to_send = NULL;
	link_retry_later(link);
	jobs_give_up(link, &link->jobs, reason.text);
	jobs_tell(link);
	if (!link->freed && link->options.on_down != NULL)
		link->options.on_down(link->options.ctx, &reason);
	link_leave(link);
}

static void link_fail(struct pglink *link, enum err_code code, const char *what)
{
	struct err err = {0};
	if (link->last_words[0] != '\0')
		err_set(&err, code, "%s: %s", what, link->last_words);
	else
		pgjob_conn_error(link->pg, code, what, &err);
	link_down(link, &err);
}

/* ---- from the loop, not from inside a call ---- */

static void on_soon(uv_timer_t *timer)
{
	struct pglink *link = timer->data;
	link_enter(link);
	jobs_give_up(link, &link->refused, "not connected");
	jobs_tell(link);
	if (!link->freed && link->broken.code != ERR_NONE)
		link_down(link, &link->broken);
	link_leave(link);
}

static void link_soon(struct pglink *link)
{
	if (!uv_is_active((uv_handle_t *)link->soon))
		uv_timer_start(link->soon, on_soon, 0, 0);
}

/* ---- the time of one answer ---- */

/* The answer may lie in the socket, when it was this process that stood still: look before judging.
 */
static void on_answer_late(uv_timer_t *timer)
{
	struct pglink *link = timer->data;
	struct err err = {0};
	unsigned life = link->life, answers = link->answers;
	link_enter(link);
	link_progress(link);
	if (link->life == life && link->answers == answers) {
		err_set(&err, ERR_DB_UNCERTAIN, "the database did not answer within %d ms",
			link->options.query_timeout_ms);
		link_down(link, &err);
	}
	link_leave(link);
}

static void answer_timer_set(struct pglink *link)
{
	uv_update_time(link->loop); /* a long callback may have made the loop's idea of now old */
	if (link->jobs.first == NULL || link->options.query_timeout_ms <= 0)
		uv_timer_stop(link->answer);
	else
		uv_timer_start(
			link->answer, on_answer_late, (uint64_t)link->options.query_timeout_ms, 0);
}

/* ---- sending and reading ---- */

static void on_socket(uv_poll_t *watch, int status, int events);

static int watch_open(struct pglink *link, int events)
{
	if (link->watch == NULL) {
		uv_poll_t *watch = calloc(1, sizeof(*watch));
		assert(watch != NULL);
		if (uv_poll_init(link->loop, watch, PQsocket(link->pg)) != 0) {
			free(watch);
			return -1;
		}
		watch->data = link;
		link->watch = watch;
		link->watching = 0;
	}
	if (link->watching == events)
		return 0;
	link->watching = events;
	return uv_poll_start(link->watch, events, on_socket);
}

/* Something is wrong that a caller inside of its own call must not hear of at once. */
static void link_break(struct pglink *link, const struct err *err)
{
	if (link->broken.code == ERR_NONE)
		link->broken = *err;
	link_soon(link);
}

/* Pushes what libpq holds; asks for writability only while something is left. 1 nothing left, 0
 * some, -1. */
static int link_flush(struct pglink *link)
{
	struct err err = {0};
	int rc = PQflush(link->pg);
	if (rc >= 0 && watch_open(link, rc == 0 ? UV_READABLE : UV_READABLE | UV_WRITABLE) == 0)
		return rc == 0;
	pgjob_conn_error(link->pg, ERR_DB_DOWN, "sending", &err);
	link_break(link, &err);
	return -1;
}

static void link_feed_copy(struct pglink *link, struct pgjob *job)
{
	struct err err = {0};
	while (job->copying) {
		if (pgjob_feed(job, link->pg, &err) < 0) {
			link_break(link, &err);
			return;
		}
		answer_timer_set(link);
		if (link_flush(link) != 1)
			return; /* goes on when the socket takes more */
	}
}

static bool may_send(const struct pglink *link)
{
	if (link->to_send == NULL || link->broken.code != ERR_NONE)
		return false;
	return link->to_send == link->jobs.first || PQpipelineStatus(link->pg) != PQ_PIPELINE_OFF;
}

/* Hands over what may go. Never runs a callback. */
static void link_send(struct pglink *link)
{
	struct err err = {0};
	if (!may_send(link))
		return;
	do {
		struct pgjob *job = link->to_send;
		link->to_send = job->next;
		if (pgjob_send(job, link->pg, &err) < 0) {
			link_break(link, &err);
			return;
		}
		if (job == link->jobs.first)
			answer_timer_set(link);
	} while (may_send(link));
	link_flush(link);
}

static void link_answer_first(struct pglink *link)
{
	struct pgjob *job = queue_take(&link->jobs);
	link->answers++;
	answer_timer_set(link);
	link_send(link);
	job_finish(job);
}

/* Takes every answer that has come. Callbacks run here: afterwards the link may be down or freed.
 */
static void link_take_answers(struct pglink *link)
{
	unsigned life = link->life;
	while (link->life == life && link->jobs.first != NULL && link->jobs.first->sent &&
		!link->jobs.first->copying && PQstatus(link->pg) == CONNECTION_OK &&
		!PQisBusy(link->pg)) {
		struct err err = {0};
		struct pgjob *job = link->jobs.first;
		enum pgjob_step step = pgjob_take(job, link->pg, PQgetResult(link->pg), &err);
		if (step == PGJOB_DONE && job->failure.code == ERR_DB_UNCERTAIN)
			link_break(link, &job->failure);
		if (step == PGJOB_DONE)
			link_answer_first(link);
		else if (step == PGJOB_BROKEN)
			link_down(link, &err);
		else if (job->copying)
			link_feed_copy(link, job);
		else if (PQpipelineStatus(link->pg) == PQ_PIPELINE_OFF)
			link_flush(link);
	}
}

/* What comes unasked, such as the server's last words, is looked at only by a libpq that is idle;
 * after the last sync of a pipeline it is idle once PQgetResult has said NULL. */
static void link_listen(struct pglink *link)
{
	if (link->jobs.first == NULL && PQstatus(link->pg) == CONNECTION_OK && !PQisBusy(link->pg))
		PQclear(PQgetResult(link->pg));
	if (link->jobs.first == NULL)
		(void)PQisBusy(link->pg);
}

/* The socket stirs on an established connection. */
static void link_progress(struct pglink *link)
{
	unsigned life = link->life;
	struct pgjob *first = link->jobs.first;
	bool is_alive = PQconsumeInput(link->pg) == 1;
	if (is_alive && first != NULL && first->copying && link_flush(link) == 1)
		link_feed_copy(link, first);
	else if (is_alive)
		link_flush(link);
	link_take_answers(link);
	if (link->life == life)
		link_listen(link);
	if (link->life == life && (!is_alive || PQstatus(link->pg) != CONNECTION_OK))
		link_fail(link, ERR_DB_DOWN, "connection to the database lost");
	else if (link->life == life && link->broken.code != ERR_NONE)
		link_down(link, &link->broken);
}

/* ---- connecting ---- */

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
	link_set_state(link, PGLINK_UP);
	if (link->options.on_up != NULL)
		link->options.on_up(link->options.ctx);
}

static void put_job(struct pglink *link, struct pgjob *job)
{
	queue_put(&link->jobs, job);
	if (link->to_send == NULL)
		link->to_send = job;
	link_send(link);
}

static void put_own_script(struct pglink *link, const char *sql, pglink_cb cb)
{
	struct pgjob *job = pgjob_new(PGJOB_SCRIPT, cb, link);
	job->text = copy_text(sql);
	put_job(link, job);
}

static void on_prepared(void *ctx, PGresult *res, const struct err *err)
{
	struct pglink *link = ctx;
	(void)res;
	if (link->state != PGLINK_PREPARING)
		return; /* lost on the way: link_down tells why */
	if (err != NULL)
		link_down(link, err);
	else if (!link->options.pipeline && PQpipelineStatus(link->pg) != PQ_PIPELINE_OFF &&
		 !PQexitPipelineMode(link->pg))
		link_fail(link, ERR_DB_DOWN, "leaving the pipeline");
	else
		link_up(link);
}

static void link_prepare(struct pglink *link)
{
	if (!PQenterPipelineMode(link->pg)) {
		link_fail(link, ERR_DB_DOWN, "entering the pipeline");
		return;
	}
	struct pgjob *job = pgjob_new(PGJOB_PREPARE, on_prepared, link);
	job->sql = link->options.sql;
	job->nsql = link->options.nsql;
	put_job(link, job);
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
	link_down(link, &err);
}

static void on_schema_version(void *ctx, PGresult *res, const struct err *err)
{
	struct pglink *link = ctx;
	if (link->state != PGLINK_PREPARING)
		return;
	if (err != NULL && strcmp(err->sqlstate, "42P01") != 0) {
		link_down(link, err);
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
		link_down(link, err);
	else
		link_check_schema(link);
}

static void link_connected(struct pglink *link)
{
	link_set_state(link, PGLINK_PREPARING);
	if (PQsetnonblocking(link->pg, 1) != 0 || watch_open(link, UV_READABLE) != 0)
		link_fail(link, ERR_DB_DOWN, "connecting");
	else if (link->options.setup != NULL)
		put_own_script(link, link->options.setup, on_setup_done);
	else
		link_check_schema(link);
}

static void link_connecting(struct pglink *link)
{
	/* libpq may close the socket and open another, with the same number too: never keep the
	 * watch over a poll. */
	watch_close(link);
	switch (PQconnectPoll(link->pg)) {
	case PGRES_POLLING_OK: link_connected(link); return;
	case PGRES_POLLING_READING:
		if (watch_open(link, UV_READABLE) == 0)
			return;
		break;
	case PGRES_POLLING_WRITING:
		if (watch_open(link, UV_WRITABLE) == 0)
			return;
		break;
	default: break;
	}
	link_fail(link, ERR_DB_DOWN, "cannot connect to the database");
}

static void on_connect_late(uv_timer_t *timer)
{
	struct pglink *link = timer->data;
	struct err err = {0};
	err_set(&err, ERR_DB_DOWN, "no connection to the database within %d ms",
		link->options.connect_timeout_ms);
	link_down(link, &err);
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

static void link_attempt(struct pglink *link)
{
	link_enter(link);
	link->last_words[0] = '\0';
	link_set_state(link, PGLINK_CONNECTING);
	if (link->options.connect_timeout_ms > 0)
		uv_timer_start(link->retry, on_connect_late,
			(uint64_t)link->options.connect_timeout_ms, 0);
	link->pg = connect_begin(link);
	if (link->pg == NULL || PQstatus(link->pg) == CONNECTION_BAD) {
		link_fail(link, ERR_DB_DOWN, "cannot connect to the database");
	} else {
		PQsetNoticeReceiver(link->pg, take_notice, link);
		if (watch_open(link, UV_WRITABLE) != 0)
			link_fail(link, ERR_DB_DOWN, "cannot connect to the database");
	}
	link_leave(link);
}

static void on_socket(uv_poll_t *watch, int status, int events)
{
	struct pglink *link = watch->data;
	(void)status; /* an error shows in what libpq reads */
	(void)events;
	link_enter(link);
	if (link->state == PGLINK_CONNECTING)
		link_connecting(link);
	else
		link_progress(link);
	link_leave(link);
}

/* ---- what owners call ---- */

void pglink_start(struct pglink *link)
{
	if (link->state == PGLINK_DOWN)
		uv_timer_start(link->retry, on_retry, 0, 0);
}

void pglink_drop(struct pglink *link, const struct err *why)
{
	link_down(link, why);
}

void pglink_free(struct pglink **handle)
{
	struct pglink *link = TAKE(*handle);
	if (link == NULL)
		return;
	link_enter(link);
	link->freed = true;
	link->life++;
	watch_close(link);
	PQfinish(TAKE(link->pg));
	link->state = PGLINK_DOWN;
	link->to_send = NULL;
	uv_close((uv_handle_t *)TAKE(link->retry), on_handle_closed);
	uv_close((uv_handle_t *)TAKE(link->answer), on_handle_closed);
	uv_close((uv_handle_t *)TAKE(link->soon), on_handle_closed);
	jobs_give_up(link, &link->jobs, "closing");
	jobs_give_up(link, &link->refused, "closing");
	jobs_tell(link);
	link_leave(link);
}

enum pglink_state pglink_state(const struct pglink *link)
{
	return link->state;
}

unsigned pglink_waiting(const struct pglink *link)
{
	return link->jobs.len + link->refused.len + link->failing.len;
}

static void refuse_later(struct pglink *link, struct pgjob *job)
{
	queue_put(&link->refused, job);
	link_soon(link);
}

void pglink_query(struct pglink *link, unsigned sql, const char *const *values, const int *lengths,
	const int *formats, bool binary_result, pglink_cb cb, void *ctx)
{
	assert(sql < link->options.nsql);
	struct pgjob *job = pgjob_new(PGJOB_QUERY, cb, ctx);
	job->sql = &link->options.sql[sql];
	job->values = values;
	job->lengths = lengths;
	job->formats = formats;
	job->binary_result = binary_result;
	if (link->state != PGLINK_UP) {
		refuse_later(link, job);
		return;
	}
	put_job(link, job);
	if (!job->sent)
		pgjob_keep(job);
}

static void put_script(struct pglink *link, struct pgjob *job, const char *sql)
{
	assert(!link->options.pipeline);
	job->text = copy_text(sql);
	if (link->state == PGLINK_UP)
		put_job(link, job);
	else
		refuse_later(link, job);
}

void pglink_script(struct pglink *link, const char *sql, pglink_cb cb, void *ctx)
{
	put_script(link, pgjob_new(PGJOB_SCRIPT, cb, ctx), sql);
}

void pglink_copy(struct pglink *link, const char *script, const char *data, size_t len,
	const char *after, pglink_cb cb, void *ctx)
{
	struct pgjob *job = pgjob_new(PGJOB_COPY, cb, ctx);
	job->data = data;
	job->len = len;
	job->after = after == NULL ? NULL : copy_text(after);
	put_script(link, job, script);
}

static void queue_forget(struct queue *queue, const void *ctx)
{
	for (struct pgjob *job = queue->first; job != NULL; job = job->next)
		if (job->ctx == ctx)
			job->cb = NULL;
}

void pglink_forget(struct pglink *link, void *ctx)
{
	queue_forget(&link->jobs, ctx);
	queue_forget(&link->refused, ctx);
	queue_forget(&link->failing, ctx);
}
