/* edge.h - carries MQTT over WebSockets to the broker's own socket: bytes in, bytes out, no MQTT
 * parser. One for each process, in the same loop and libwebsockets context as the HTTP API
 * (docs/edge.md). */
#pragma once
#include <libwebsockets.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "common/auto.h"
#include "common/err.h"
#include "common/settings.h"

/* Subprotocol "mqtt" of the WebSocket upgrade at /mqtt; second row of the server's protocol table.
 * The server itself refuses upgrades of any other path, of other subprotocols and origins, and
 * those for which there is no room. */
extern const struct lws_protocols edge_protocol;
/* For retry_and_idle_policy of the context: the edge looks for signs of life itself. With
 * libwebsockets' own policy each new WebSocket searches a sorted list of all the others: 8,000
 * reconnects took 2.4 s of CPU time instead of 1.4. */
extern const lws_retry_bo_t edge_no_policy;

struct edge_stats {
	unsigned long long accepted, refused, closed_slow, closed_broker; /* since the start */
	unsigned long long bytes_in, bytes_out;				  /* from and to browsers */
	unsigned clients;						  /* now */
};

/* Before the context is made. settings is borrowed for the process's life. */
MUST_CHECK int edge_init(uv_loop_t *loop, const struct settings *settings, struct err *err);
/* Whether another client may come; counts those that may not. */
bool edge_has_room(void);
/* SIGTERM: refuse new upgrades, close every client with 1001; edge_stats tells when none is left.
 */
void edge_drain(void);
void edge_deinit(void); /* after the context is gone */
void edge_stats(struct edge_stats *stats_r);
