#include "api/idle.h"

#include <stddef.h>

#define LOOK_MS 1000

static struct {
	struct idle *first, *last; /* the oldest first */
	uv_loop_t *loop;
	uv_timer_t look;
} idles;

static void on_look(uv_timer_t *timer);

void idle_init(uv_loop_t *loop)
{
	idles.loop = loop;
	uv_timer_init(loop, &idles.look);
}

void idle_deinit(void)
{
	uv_close((uv_handle_t *)&idles.look, NULL);
}

void idle_begin(struct lws *wsi)
{
	struct idle *idle = lws_wsi_user(wsi);
	if (idle == NULL || idle->is_idle)
		return;
	lws_set_timeout(wsi, NO_PENDING_TIMEOUT, 0);
	*idle = (struct idle){
		.wsi = wsi, .prev = idles.last, .since_ms = uv_now(idles.loop), .is_idle = true};
	*(idles.last != NULL ? &idles.last->next : &idles.first) = idle;
	idles.last = idle;
	if (!uv_is_active((uv_handle_t *)&idles.look))
		uv_timer_start(&idles.look, on_look, LOOK_MS, LOOK_MS);
}

void idle_end(struct idle *idle)
{
	if (!idle->is_idle)
		return;
	*(idle->prev != NULL ? &idle->prev->next : &idles.first) = idle->next;
	*(idle->next != NULL ? &idle->next->prev : &idles.last) = idle->prev;
	idle->is_idle = false;
}

static void on_look(uv_timer_t *timer)
{
	uint64_t now_ms = uv_now(idles.loop);
	while (idles.first != NULL && now_ms - idles.first->since_ms >= IDLE_SEC * 1000) {
		struct idle *idle = idles.first;
		idle_end(idle);
		lws_set_timeout(idle->wsi, PENDING_TIMEOUT_USER_REASON_BASE, LWS_TO_KILL_SYNC);
	}
	if (idles.first == NULL)
		uv_timer_stop(timer);
}
