#include <stdlib.h>

#include "common/pglink_parts.h"

#include "common/must.h"

static void on_handle_closed(uv_handle_t *handle)
{
	free(handle);
}

/* The answer may lie in the socket, when it was this process that stood still: look first. Whatever
 * moves there starts the timer anew. */
static void on_answer_late(uv_timer_t *timer)
{
	struct pglink *link = timer->data;
	struct err err = {0};
	unsigned life = link->life;
	pglink_enter(link);
	pglink_progress(link);
	if (link->life == life && link->jobs.first != NULL &&
		!uv_is_active((uv_handle_t *)link->answer)) {
		err_set(&err, ERR_DB_UNCERTAIN, "the database did not answer within %d ms",
			link->options.query_timeout_ms);
		pglink_lose(link, &err);
	}
	pglink_leave(link);
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

static void on_socket(uv_poll_t *watch, int status, int events);

int pglink_watch(struct pglink *link, int events)
{
	if (link->watch == NULL) {
		uv_poll_t *watch = must(calloc(1, sizeof(*watch)));
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

void pglink_unwatch(struct pglink *link)
{
	if (link->watch == NULL)
		return;
	uv_close((uv_handle_t *)TAKE(link->watch), on_handle_closed);
	link->watching = 0;
}

/* Pushes what libpq holds, and waits for the socket only while some is left. 1 none, 0 some, -1. */
static int link_flush(struct pglink *link)
{
	struct err err = {0};
	int rc = PQflush(link->pg);
	if (rc >= 0 && pglink_watch(link, rc == 0 ? UV_READABLE : UV_READABLE | UV_WRITABLE) == 0)
		return rc == 0;
	pgjob_conn_error(link->pg, ERR_DB_DOWN, "sending", &err);
	pglink_break(link, &err);
	return -1;
}

static void link_feed_copy(struct pglink *link, struct pgjob *job)
{
	struct err err = {0};
	while (job->copying) {
		if (pgjob_feed(job, link->pg, &err) < 0) {
			pglink_break(link, &err);
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
			pglink_break(link, &err);
			return;
		}
		if (job == link->jobs.first)
			answer_timer_set(link);
	} while (may_send(link));
	link_flush(link);
}

static void link_answer_first(struct pglink *link)
{
	struct pgjob *job = pgqueue_take(&link->jobs);
	answer_timer_set(link);
	link_send(link);
	pgjob_finish(&job);
}

/* Takes every answer that has come. After a callback the link may be down, or freed. */
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
			pglink_break(link, &job->failure);
		if (step == PGJOB_DONE)
			link_answer_first(link);
		else if (step == PGJOB_BROKEN)
			pglink_lose(link, &err);
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
void pglink_progress(struct pglink *link)
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
		pglink_fail(link, ERR_DB_DOWN, "connection to the database lost");
	else if (link->life == life && link->broken.code != ERR_NONE)
		pglink_lose(link, &link->broken);
}

void pglink_put(struct pglink *link, struct pgjob *job)
{
	pgqueue_put(&link->jobs, job);
	if (link->to_send == NULL)
		link->to_send = job;
	link_send(link);
}

static void on_socket(uv_poll_t *watch, int status, int events)
{
	struct pglink *link = watch->data;
	(void)status; /* an error shows in what libpq reads */
	(void)events;
	pglink_enter(link);
	if (link->state == PGLINK_CONNECTING)
		pglink_connecting(link);
	else
		pglink_progress(link);
	pglink_leave(link);
}
