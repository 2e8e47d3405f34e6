/* pglink_parts.h - what the files of pglink share: pglink.c (life, states, what owners call),
 * pglink_connect.c (the way from DOWN to UP), pglink_wire.c (sending and reading on an established
 * connection). Nobody else includes it.
 *
 * Callbacks may do anything to the link, free it too. So whoever runs one holds pglink_enter, and
 * looks at `life` before it goes on with the connection. */
#pragma once
#include "common/pgqueue.h"

/* Timers outlive the link for a turn of the loop, so they are allocated apart from it. */
struct pglink {
	uv_loop_t *loop;
	struct pglink_options options;
	char *conninfo, *application;
	enum pglink_state state;
	PGconn *pg;
	uv_poll_t *watch;   /* of the present socket; NULL: none */
	int watching;	    /* UV_READABLE | UV_WRITABLE */
	uv_timer_t *retry;  /* DOWN: the next attempt; later, until UP: the attempt's time limit */
	uv_timer_t *answer; /* how long the first of the queue may still take */
	uv_timer_t *soon;   /* what must not happen inside a caller's call */
	unsigned attempt;
	uint64_t up_at_ms;
	struct pgqueue jobs;	/* in the order of their answers */
	struct pgjob *to_send;	/* first job not handed to libpq; NULL: none */
	struct pgqueue refused; /* asked while not UP: answered from the loop */
	struct pgqueue failing; /* their failure is set, their callbacks are being run */
	struct err broken;	/* set: goes down in the next turn */
	char last_words[200];	/* the server's FATAL message, where it sent one unasked */
	unsigned life;		/* changes when the connection is lost */
	unsigned depth;		/* callbacks that this link's own functions are in */
	bool freed;
};

void pglink_enter(struct pglink *link);
void pglink_leave(struct pglink *link); /* the last one releases a freed link */
void pglink_set_state(struct pglink *link, enum pglink_state state);
/* Closes the connection, answers what waits, tells the owner, tries again later. In a link that is
 * DOWN: nothing. */
void pglink_lose(struct pglink *link, const struct err *why);
/* The same, with the reason that the server or libpq gave. */
void pglink_fail(struct pglink *link, enum err_code code, const char *what);
/* Goes down in the next turn of the loop: for functions that owners call, inside which no callback
 * may run. */
void pglink_break(struct pglink *link, const struct err *err);
void pglink_soon(struct pglink *link); /* tells those in `refused`, in the next turn */

void pglink_attempt(struct pglink *link);    /* DOWN to CONNECTING */
void pglink_connecting(struct pglink *link); /* CONNECTING, and the socket stirs */

MUST_CHECK int pglink_watch(
	struct pglink *link, int events); /* UV_READABLE | UV_WRITABLE; 0 or -1 */
void pglink_unwatch(struct pglink *link);
void pglink_put(struct pglink *link, struct pgjob *job); /* queues, and sends what may be sent */
void pglink_progress(struct pglink *link);		 /* PREPARING or UP, and the socket stirs */
