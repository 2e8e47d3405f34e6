#include "common/pglink.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/must.h"
#include "common/pglink_parts.h"
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

/* ---- memory ---- */

static void link_release(struct pglink *link)
{
	if (!link->freed || link->depth > 0)
		return;
	free(link->conninfo);
	free(link->application);
	free(link);
}

void pglink_enter(struct pglink *link)
{
	link->depth++;
}

void pglink_leave(struct pglink *link)
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
	uv_timer_t *timer = must(calloc(1, sizeof(*timer)));
	uv_timer_init(link->loop, timer);
	timer->data = link;
	return timer;
}

static char *copy_text(const char *text)
{
	return must(strdup(text == NULL ? "" : text));
}

struct pglink *pglink_new(uv_loop_t *loop, const struct pglink_options *options)
{
	struct pglink *link = must(calloc(1, sizeof(*link)));
	link->loop = loop;
	link->options = *options;
	link->options.conninfo = link->conninfo = copy_text(options->conninfo);
	link->options.application = link->application = copy_text(options->application);
	link->retry = timer_new(link);
	link->answer = timer_new(link);
	link->soon = timer_new(link);
	return link;
}

/* ---- states ---- */

/* The queue stays in the link, so that a callback that forgets or frees finds those after it. */
static void jobs_tell(struct pglink *link)
{
	struct pgjob *job;
	while ((job = pgqueue_take(&link->failing)) != NULL)
		pgjob_finish(&job);
}

void pglink_set_state(struct pglink *link, enum pglink_state state)
{
	assert((pglink_may[link->state] & BIT(state)) != 0);
	link->state = state;
}

static void on_retry(uv_timer_t *timer)
{
	pglink_attempt(timer->data);
}

static void link_retry_later(struct pglink *link)
{
	int ms = rand_backoff_ms(PGLINK_BACKOFF_BASE_MS, PGLINK_BACKOFF_CAP_MS, link->attempt++);
	uv_timer_start(link->retry, on_retry, (uint64_t)ms, 0);
}

/* The owner hears of it last, and may have freed the link by then. */
void pglink_lose(struct pglink *link, const struct err *why)
{
	struct err reason = *why;
	if (link->state == PGLINK_DOWN)
		return;
	pglink_enter(link);
	link->life++;
	if (link->state == PGLINK_UP && uv_now(link->loop) - link->up_at_ms >= PGLINK_SETTLED_MS)
		link->attempt = 0;
	pglink_set_state(link, PGLINK_DOWN);
	pglink_unwatch(link);
	uv_timer_stop(link->answer);
	PQfinish(TAKE(link->pg));
	link->broken.code = ERR_NONE;
	link->to_send = NULL;
	link_retry_later(link);
	pgqueue_give_up(&link->jobs, &link->failing, reason.text);
	jobs_tell(link);
	if (!link->freed && link->options.on_down != NULL)
		link->options.on_down(link->options.ctx, &reason);
	pglink_leave(link);
}

void pglink_fail(struct pglink *link, enum err_code code, const char *what)
{
	struct err err = {0};
	if (link->last_words[0] != '\0')
		err_set(&err, code, "%s: %s", what, link->last_words);
	else
		pgjob_conn_error(link->pg, code, what, &err);
	pglink_lose(link, &err);
}

/* ---- from the loop, not from inside a call ---- */

static void on_soon(uv_timer_t *timer)
{
	struct pglink *link = timer->data;
	pglink_enter(link);
	pgqueue_give_up(&link->refused, &link->failing, "not connected");
	jobs_tell(link);
	if (!link->freed && link->broken.code != ERR_NONE)
		pglink_lose(link, &link->broken);
	pglink_leave(link);
}

void pglink_soon(struct pglink *link)
{
	if (!uv_is_active((uv_handle_t *)link->soon))
		uv_timer_start(link->soon, on_soon, 0, 0);
}

void pglink_break(struct pglink *link, const struct err *err)
{
	if (link->broken.code == ERR_NONE)
		link->broken = *err;
	pglink_soon(link);
}

/* ---- what owners call ---- */

void pglink_start(struct pglink *link)
{
	if (link->state == PGLINK_DOWN)
		uv_timer_start(link->retry, on_retry, 0, 0);
}

void pglink_drop(struct pglink *link, const struct err *why)
{
	pglink_lose(link, why);
}

void pglink_free(struct pglink **handle)
{
	struct pglink *link = TAKE(*handle);
	if (link == NULL)
		return;
	pglink_enter(link);
	link->freed = true;
	link->life++;
	pglink_unwatch(link);
	PQfinish(TAKE(link->pg));
	link->state = PGLINK_DOWN;
	link->to_send = NULL;
	uv_close((uv_handle_t *)TAKE(link->retry), on_handle_closed);
	uv_close((uv_handle_t *)TAKE(link->answer), on_handle_closed);
	uv_close((uv_handle_t *)TAKE(link->soon), on_handle_closed);
	pgqueue_give_up(&link->jobs, &link->failing, "closing");
	pgqueue_give_up(&link->refused, &link->failing, "closing");
	jobs_tell(link);
	pglink_leave(link);
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
	pgqueue_put(&link->refused, job);
	pglink_soon(link);
}

void pglink_query(struct pglink *link, unsigned sql, const char *const *values, const int *lengths,
	const int *formats, bool binary_result, pglink_cb cb, void *ctx)
{
	assert(sql < link->options.nsql);
	struct pgjob *job = pgjob_new(PGJOB_QUERY, NULL, cb, ctx);
	job->sql = &link->options.sql[sql];
	job->values = values;
	job->lengths = lengths;
	job->formats = formats;
	job->binary_result = binary_result;
	if (link->state != PGLINK_UP) {
		refuse_later(link, job);
		return;
	}
	pglink_put(link, job);
	if (!job->sent)
		pgjob_keep(job);
}

static void put_script(struct pglink *link, struct pgjob *job)
{
	assert(!link->options.pipeline);
	if (link->state == PGLINK_UP)
		pglink_put(link, job);
	else
		refuse_later(link, job);
}

void pglink_script(struct pglink *link, const char *sql, pglink_cb cb, void *ctx)
{
	put_script(link, pgjob_new(PGJOB_SCRIPT, sql, cb, ctx));
}

void pglink_copy(struct pglink *link, const char *script, const char *data, size_t len,
	const char *after, pglink_cb cb, void *ctx)
{
	struct pgjob *job = pgjob_new(PGJOB_COPY, script, cb, ctx);
	job->data = data;
	job->len = len;
	job->after = after == NULL ? NULL : copy_text(after);
	put_script(link, job);
}

void pglink_forget(struct pglink *link, void *ctx)
{
	pgqueue_forget(&link->jobs, ctx);
	pgqueue_forget(&link->refused, ctx);
	pgqueue_forget(&link->failing, ctx);
}
