/* server.h - the libwebsockets context of the process: HTTP with its routes, the upgrade to /mqtt,
 * connections taken from a listening socket of our own. One for each process. */
#pragma once
#include <stdbool.h>
#include <uv.h>

#include "common/err.h"
#include "common/settings.h"

/* The listening socket of LISTEN and PORT, close-on-exec; -1: *err says why (a port in use by its
 * number). */
MUST_CHECK int server_listen(const struct settings *settings, struct err *err);
/* Serves what comes in at listen_fd, which stays the caller's. */
MUST_CHECK int server_init(
	uv_loop_t *loop, const struct settings *settings, int listen_fd, struct err *err);
/* Takes no more connections, lets those that are there finish, calls done when none is left or
 * after a time. */
void server_drain(void (*done)(void));
void server_deinit(void); /* closes what is left; handles close in the loop */
bool server_is_draining(void);
/* Reads TLS_CERT and TLS_KEY again. */
void server_reload(void);
