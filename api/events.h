/* events.h - what the API itself changes, told to everybody who is there: status and title in the
 * room's log, what concerns the desk alone in the desk's. QoS 0: whoever misses one learns it from
 * the API. */
#pragma once
#include <stdint.h>

struct event_room {
	const char *gym, *room;
	int64_t last_seq, note_last_seq;
	const char *status, *title, *assignee; /* title and assignee may be NULL */
	const char *labels;		       /* JSON */
	int64_t snoozed_until_us;	       /* 0: not snoozed */
};

void events_room(const struct event_room *event);
void events_desk(const struct event_room *event);
