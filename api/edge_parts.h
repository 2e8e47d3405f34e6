/* edge_parts.h - what the parts of the edge share: edge.c (libwebsockets, start and end),
 * edge_relay.c (a client between browser and broker), edge_clock.c (whatever takes time). For them
 * only. */
#pragma once
#include <libwebsockets.h>
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "api/edge.h"
#include "api/edge_broker.h"
#include "api/edge_buf.h"
#include "api/edge_wait.h"

#define EDGE_RX_BYTES	 2048  /* what libwebsockets reads at once; allocated for each client */
#define EDGE_FRAME_BYTES 32768 /* most bytes of one frame to a browser; one buffer for all */

/* Close codes of the registry of RFC 6455 that libwebsockets has no names for. */
#define CLOSE_RESTART	1012
#define CLOSE_TRY_LATER 1013

enum edge_state {
	EDGE_HELLO,    /* no byte has come */
	EDGE_DIALLING, /* a CONNECT has; the broker's socket is not there yet */
	EDGE_OPEN,     /* bytes pass */
	/* The broker ended the connection. Mosquitto that stops closes its clients before its
	 * listener, so a moment passes before we know what to tell them. */
	EDGE_GONE,
	EDGE_CLOSING /* the close frame is on its way; ends with the WebSocket */
};

struct edge_client {
	struct edge_wait wait;	/* hello, dial, stall, gone or bye; first: waits are cast back */
	struct edge_wait watch; /* in the list of all, by when to look for signs of life */
	struct lws *wsi;	/* NULL once the WebSocket is gone */
	uv_poll_t poll;		/* of fd; open while has_poll */
	struct edge_buf up;	/* towards the broker */
	int64_t heard_ms;	/* last sign of the browser */
	uint32_t message_bytes; /* of the WebSocket message that is arriving */
	int fd;			/* the broker's; -1: none */
	int broker_pid;		/* who is behind it; 0: unknown */
	enum edge_state state;
	bool has_poll, is_up_full, is_down_full;
	bool is_pinged; /* and has not been heard since */
};

struct edge {
	uv_loop_t *loop;
	struct edge_broker broker;
	struct edge_stats stats;
	size_t message_max;
	unsigned clients_max;
	bool is_draining;
	struct edge_waits hello, dial, stall, gone, bye; /* of a client's `wait` */
	struct edge_waits watch;			 /* of every client's `watch` */
	uint8_t frame[LWS_PRE + EDGE_FRAME_BYTES];
};
extern struct edge edge;

static inline int64_t edge_now(void)
{
	return (int64_t)uv_now(edge.loop);
}

/* The client of a member of edge.watch. */
static inline struct edge_client *edge_client_of(struct edge_wait *watch)
{
	return (struct edge_client *)((char *)watch - offsetof(struct edge_client, watch));
}

/* ---- edge_relay.c ---- */

void edge_relay_init(void);
void edge_relay_deinit(void);
struct edge_client *edge_client_new(struct lws *wsi);
/* The WebSocket is gone. */
void edge_client_end(struct edge_client *client);
void edge_receive(struct edge_client *client, const uint8_t *bytes, size_t len);
/* The browser's socket may have taken what waited. */
void edge_go_on(struct edge_client *client);
/* A sign of life. */
void edge_hear(struct edge_client *client);
/* Says why, then waits for the browser's half of the closing handshake. */
void edge_close(struct edge_client *client, int code, const char *reason);
/* Ends a WebSocket without ceremony, from wherever we are. */
void edge_kill(struct edge_client *client);

/* ---- edge_clock.c ---- */

void edge_clock_init(const struct settings *settings);
void edge_clock_deinit(void);
/* Puts an item at the end of a list and sees to it that the clock rings in time. */
void edge_await(struct edge_waits *waits, struct edge_wait *item);
/* Counts one of the statistics, and sees to it that the log tells. */
void edge_note_closing(unsigned long long *count);
/* A client came or went: after a storm memory is given back. */
void edge_note_move(void);
