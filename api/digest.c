#include "api/digest.h"

#include "api/db.h"
#include "common/log.h"

#define PORTION	    "500"
#define RESERVED    64 /* numbers that the archiver's session has taken ahead (messages.row_id) */
#define IDLE_MS	    1000
#define PAUSE_SHARE 2 /* a pause lasts so many times as long as the portion took */

static struct {
	uv_loop_t *loop;
	uv_timer_t timer;
	uint64_t began_ms;
	int64_t behind;
	bool has_warned;
} digest = {.behind = -1};

static void on_timer(uv_timer_t *timer);

static void again(uint64_t in_ms)
{
	uv_timer_start(&digest.timer, on_timer, in_ms, 0);
}

static void on_digested(void *ctx, PGresult *res, const struct err *err)
{
	(void)ctx;
	uint64_t took_ms = uv_now(digest.loop) - digest.began_ms;
	if (uv_is_closing((uv_handle_t *)&digest.timer))
		return;
	if (res == NULL) {
		if (err->code == ERR_DB && !digest.has_warned)
			log_error("the digest of messages failed: %s", err->text);
		digest.has_warned = err->code == ERR_DB;
		again(IDLE_MS);
		return;
	}
	struct row row = {res, 0};
	int64_t took = row_int(row, 0), behind = row_int(row, 1) - (took > 0 ? took : 0);
	digest.has_warned = false;
	digest.behind = behind > RESERVED ? behind : 0;
	again(took > 0 && digest.behind > 0 ? took_ms * PAUSE_SHARE + 1 : IDLE_MS);
}

static void on_timer(uv_timer_t *timer)
{
	const char *values[] = {PORTION};
	(void)timer;
	if (!db_is_up()) {
		digest.behind = -1;
		again(IDLE_MS);
		return;
	}
	digest.began_ms = uv_now(digest.loop);
	db_run(SQL_DIGEST, values, on_digested, NULL);
}

void digest_init(uv_loop_t *loop)
{
	digest.loop = loop;
	uv_timer_init(loop, &digest.timer);
	again(IDLE_MS);
}

void digest_deinit(void)
{
	uv_close((uv_handle_t *)&digest.timer, NULL);
}

int64_t digest_behind(void)
{
	return digest.behind;
}
