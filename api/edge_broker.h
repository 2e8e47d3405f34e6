/* edge_broker.h - where the broker is, and one non-blocking connection to it for each browser.
 * Knows neither MQTT nor the event loop. */
#pragma once
#include <stdbool.h>
#include <sys/socket.h>

#include "common/auto.h"
#include "common/err.h"

struct edge_broker {
	struct sockaddr_storage address;
	socklen_t address_len;
	char name[160]; /* for the log */
};

enum edge_dial {
	EDGE_DIAL_OPEN,	   /* connected */
	EDGE_DIAL_PENDING, /* TCP: writable when it is decided; ask edge_broker_outcome then */
	EDGE_DIAL_FULL,	   /* Unix: the broker's queue of new connections is full, ask again soon */
	EDGE_DIAL_DOWN	   /* nobody listens, or no descriptor is left (errno) */
};

/* socket: path of the broker's Unix socket, or NULL: host (a name or an address, looked up now) and
 * port. */
MUST_CHECK int edge_broker_init(struct edge_broker *broker, const char *socket_path,
	const char *host, int port, struct err *err);
/* *fd_r is the caller's for OPEN and PENDING, else -1. */
enum edge_dial edge_broker_dial(const struct edge_broker *broker, int *fd_r);
/* After EDGE_DIAL_PENDING: 0 connected, -1 not (errno). */
MUST_CHECK int edge_broker_outcome(int fd);
/* Which process is at the other end of a connection to a Unix socket; 0 for TCP. */
int edge_broker_pid(const struct edge_broker *broker, int fd);
/* The process that listens there now; 0: one that we cannot tell (TCP), -1: nobody. */
int edge_broker_look(const struct edge_broker *broker);
