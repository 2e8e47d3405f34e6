/* idle.h - connections between two requests: closed after IDLE_SEC. libwebsockets would do it too,
 * but it keeps its time limits in one sorted list and walks it from the head at each insertion:
 * with 5,000 clients an answer took over a millisecond. One list for each process. */
#pragma once
#include <libwebsockets.h>
#include <uv.h>

#include "api/edge_wait.h"

#define IDLE_SEC 60

struct idle {		       /* a connection's: the first member of its libwebsockets user data */
	struct edge_wait wait; /* first */
	struct lws *wsi;
};

void idle_init(uv_loop_t *loop);
void idle_deinit(void);
/* Its request is answered; libwebsockets' own time limit is taken off. */
void idle_begin(struct lws *wsi);
/* It has another request, or is gone; may be called more than once. */
void idle_end(struct idle *idle);
