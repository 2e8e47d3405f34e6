/* alarm.h - time limits of requests: any number of them behind one timer of the loop. An alarm
 * lives in its owner's memory and must be cleared before that goes. */
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

struct alarm {
	uint64_t at_ms; /* by the loop's clock */
	size_t place;	/* in the heap, from 1; 0: not set */
	void (*ring)(struct alarm *alarm);
};

void alarm_init(uv_loop_t *loop);
void alarm_deinit(void);
/* Sets it anew, whether it was set or not; it rings once, from the loop. */
void alarm_set(struct alarm *alarm, uint64_t in_ms, void (*ring)(struct alarm *alarm));
void alarm_clear(struct alarm *alarm); /* nothing where it is not set */
