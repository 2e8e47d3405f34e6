/* poll.h - requests that wait for news (?wait=): parked without a thread and without a query, woken
 * by any notice of their room or gym. Notices may be lost, so every POLL_LOOK_MS one query for all
 * of them looks at the rooms' versions; those who wait for a gym are woken to look for themselves.
 */
#pragma once
#include <uv.h>

#include "api/alarm.h"
#include "api/feed.h"
#include "api/http.h"

#define POLL_LOOK_MS 5000

enum poll_reason { POLL_NOTICE, POLL_LOOK, POLL_OVER };

struct poll { /* in the request's arena */
	struct http_request *request;
	struct feed_wait wait;
	struct alarm over;
	int64_t version; /* of the room, as SQL_ROOMS_LOOK tells it; set by the owner before
			    poll_park */
	bool is_parked, has_news; /* has_news: a notice came since poll_begin */
	struct poll *next, *prev;
	unsigned place; /* in the query that is on its way */
	unsigned turn;
	/* Wakes the request once, unparked: it asks again or answers. */
	void (*wake)(struct poll *poll, enum poll_reason reason);
};

void poll_init(uv_loop_t *loop);
void poll_deinit(void);
unsigned poll_count(void);
void poll_drain(void); /* every wait is over, now and from now on */
/* Listens from now on, so that nothing is missed between the first query and parking. gym and room
 * (""): of the request's life. */
void poll_begin(struct poll *poll, struct http_request *request, const char *gym, const char *room,
	bool wants_desk, unsigned wait_sec);
/* Waits; at once woken when there is news already. */
void poll_park(struct poll *poll);
/* Stops listening: before the answer. (The end of the request does it too.) */
void poll_end(struct poll *poll);
