#include "api/idle.h"

#include <stddef.h>

#define LOOK_MS 1000

static struct {
	struct edge_waits waits;
	uv_loop_t *loop;
	uv_timer_t look;
} idles;

static void on_look(uv_timer_t *timer);

void idle_init(uv_loop_t *loop)
{
	idles.loop = loop;
	edge_waits_init(&idles.waits, IDLE_SEC * 1000);
	uv_timer_init(loop, &idles.look);
}

void idle_deinit(void)
{
	uv_close((uv_handle_t *)&idles.look, NULL);
}

void idle_begin(struct lws *wsi)
{
	struct idle *idle = lws_wsi_user(wsi);
	if (idle == NULL || edge_wait_is_in(&idle->wait))
		return;
	lws_set_timeout(wsi, NO_PENDING_TIMEOUT, 0);
	idle->wsi = wsi;
	edge_waits_add(&idles.waits, &idle->wait, (int64_t)uv_now(idles.loop));
	if (!uv_is_active((uv_handle_t *)&idles.look))
		uv_timer_start(&idles.look, on_look, LOOK_MS, LOOK_MS);
}

void idle_end(struct idle *idle)
{
	edge_wait_drop(&idle->wait);
}

static void on_look(uv_timer_t *timer)
{
	int64_t now_ms = (int64_t)uv_now(idles.loop);
	struct edge_wait *due;
	while ((due = edge_waits_take_due(&idles.waits, now_ms)) != NULL) {
		struct idle *idle = (struct idle *)due;
		lws_set_timeout(idle->wsi, PENDING_TIMEOUT_USER_REASON_BASE, LWS_TO_KILL_SYNC);
	}
	if (edge_waits_first(&idles.waits) == NULL)
		uv_timer_stop(timer);
}
