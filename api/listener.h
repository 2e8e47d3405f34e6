/* listener.h - the listening socket of the API process. libwebsockets would accept everything that
 * waits before it serves anybody: a reconnect storm then costs memory for thousands of half-read
 * requests at once, and time, since it keeps their timeouts in one sorted list. Here connections
 * are taken in handfuls between other work, and handed to libwebsockets. */
#pragma once
#include <libwebsockets.h>
#include <stdbool.h>
#include <uv.h>

#include "common/auto.h"
#include "common/err.h"

/* address: IPv4 or IPv6 in numbers, or a name. is_shared: other processes listen there too
 * (SO_REUSEPORT). 0 and *fd_r, or -1. */
MUST_CHECK int listener_open(
	const char *address, int port, bool is_shared, int *fd_r, struct err *err);
/* Accepts for a virtual host that was made with CONTEXT_PORT_NO_LISTEN_SERVER; takes fd over. One a
 * process. */
void listener_start(uv_loop_t *loop, int fd, struct lws_vhost *vhost);
void listener_stop(void); /* connections that are here stay; harmless when not started */
