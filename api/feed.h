/* feed.h - the API's ear and voice at the broker, as _system.service.api: hears the log notices of
 * every room, tells those who wait for one, and publishes: state changes, and what a bearer says
 * whose token has just been checked. One for each process. */
#pragma once
#include <stdbool.h>
#include <uv.h>

#include "api/figures.h"
#include "common/jsonscan.h"
#include "common/settings.h"
#include "common/token.h"

struct feed_notice {
	const char *gym, *room;
	bool is_desk;		/* of the desk's log, not of the room's */
	struct json_slice json; /* a checked object */
};

/* Waits for notices of one room, or of all rooms of a gym (room ""). In its owner's memory; to be
 * removed before that goes. on_notice may remove it, and may add others. */
struct feed_wait {
	struct feed_wait *next, **link; /* link NULL: not added */
	const char *gym, *room;		/* borrowed */
	bool wants_desk;
	void (*on_notice)(struct feed_wait *wait, const struct feed_notice *notice);
};

/* A publish that wants to know when the broker has it. Likewise in its owner's memory. */
struct feed_post {
	struct feed_post *next, **link;
	int mid;
	/* The broker has it; or, is_lost, the link went down before it said so. */
	void (*on_taken)(struct feed_post *post, bool is_lost);
};

MUST_CHECK int feed_init(uv_loop_t *loop, const struct settings *settings, unsigned worker,
	void (*on_change)(void), struct err *err);
void feed_deinit(void);
bool feed_is_up(void);
/* What the archiver last said of itself: false while it is silent or says that it waits. */
bool feed_archive_is_up(void);

void feed_listen(struct feed_wait *wait);
void feed_unlisten(struct feed_wait *wait); /* nothing where it was not added */
/* QoS 1. -1: not connected, or the queue is full. */
MUST_CHECK int feed_post(struct feed_post *post, const char *topic, const void *payload, size_t len,
	struct err *err);
void feed_unpost(struct feed_post *post);
/* QoS 0: notices and states; dropped while there is no connection. */
void feed_tell(const char *topic, const char *json, size_t len);

/* What broker and programs tell about themselves: names are the whole topics. */
const struct figures *feed_figures(void);
