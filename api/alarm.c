/* A binary heap of pointers, the earliest at place 1. */
#include "api/alarm.h"

#include <stdlib.h>

#include "common/must.h"

static struct {
	struct alarm **heap; /* [1..len] */
	size_t len, size;
	uv_loop_t *loop;
	uv_timer_t timer;
} alarms;

void alarm_init(uv_loop_t *loop)
{
	alarms.loop = loop;
	uv_timer_init(loop, &alarms.timer);
}

void alarm_deinit(void)
{
	while (alarms.len > 0)
		alarm_clear(alarms.heap[alarms.len]);
	free(alarms.heap);
	alarms.heap = NULL;
	alarms.size = 0;
	uv_close((uv_handle_t *)&alarms.timer, NULL);
}

static void put(size_t place, struct alarm *alarm)
{
	alarms.heap[place] = alarm;
	alarm->place = place;
}

static void rise(struct alarm *alarm)
{
	size_t place = alarm->place;
	for (; place > 1 && alarms.heap[place / 2]->at_ms > alarm->at_ms; place /= 2)
		put(place, alarms.heap[place / 2]);
	put(place, alarm);
}

static void sink(struct alarm *alarm)
{
	size_t place = alarm->place;
	for (size_t child; (child = place * 2) <= alarms.len; place = child) {
		if (child < alarms.len && alarms.heap[child + 1]->at_ms < alarms.heap[child]->at_ms)
			child++;
		if (alarms.heap[child]->at_ms >= alarm->at_ms)
			break;
		put(place, alarms.heap[child]);
	}
	put(place, alarm);
}

static void on_timer(uv_timer_t *timer);

static void wind(void)
{
	if (alarms.len == 0) {
		uv_timer_stop(&alarms.timer);
		return;
	}
	uint64_t now = uv_now(alarms.loop), at = alarms.heap[1]->at_ms;
	uv_timer_start(&alarms.timer, on_timer, at > now ? at - now : 0, 0);
}

static void on_timer(uv_timer_t *timer)
{
	(void)timer;
	uint64_t now = uv_now(alarms.loop);
	while (alarms.len > 0 && alarms.heap[1]->at_ms <= now) {
		struct alarm *due = alarms.heap[1];
		alarm_clear(due);
		due->ring(due);
	}
	wind();
}

void alarm_clear(struct alarm *alarm)
{
	size_t place = alarm->place;
	if (place == 0)
		return;
	struct alarm *last = alarms.heap[alarms.len--];
	alarm->place = 0;
	if (alarms.len == 0)
		uv_timer_stop(&alarms.timer); /* else it wakes early once, at most */
	if (last == alarm)
		return;
	put(place, last);
	rise(last);
	sink(last);
}

void alarm_set(struct alarm *alarm, uint64_t in_ms, void (*ring)(struct alarm *alarm))
{
	alarm_clear(alarm);
	if (alarms.len + 2 > alarms.size) {
		alarms.size = alarms.size == 0 ? 64 : alarms.size * 2;
		alarms.heap = must(realloc(alarms.heap, alarms.size * sizeof(*alarms.heap)));
	}
	alarm->at_ms = uv_now(alarms.loop) + in_ms;
	alarm->ring = ring;
	put(++alarms.len, alarm);
	rise(alarm);
	if (alarms.heap[1] == alarm)
		wind();
}
