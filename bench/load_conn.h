/* load_conn.h - thousands of MQTT clients in one epoll loop, over TCP, a Unix socket or WebSocket.
 * For the benches only. */
#pragma once
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/wire.h"
#include "bench/wsframe.h"

enum load_state {
	LOAD_IDLE,	 /* not connected */
	LOAD_CONNECTING, /* TCP */
	LOAD_UPGRADING,	 /* WebSocket */
	LOAD_JOINING,	 /* CONNECT sent */
	LOAD_SUBSCRIBING,
	LOAD_READY
};

struct load_conn {
	int fd;
	enum load_state state;
	uint16_t next_id;
	uint16_t close_code;  /* of the last WebSocket close frame; 0: none came */
	int64_t act_ms;	      /* when to connect again, or to ping */
	unsigned attempts;    /* failed in a row */
	struct bytes in, out; /* raw bytes that wait */
	struct bytes mqtt;    /* WebSocket: what the frames carried */
	char name[40], filter[96];
	const char *role;
	unsigned char peer_address; /* last byte of 127.0.0.x that it connects from */
};

struct load_target {
	struct sockaddr_in address;
	char host[64], path[64];
	bool is_ws;
	const char *gym;
	unsigned keepalive_sec, qos;
	/* Fills in the password of a client; "" without tokens. */
	void (*password)(const struct load_conn *conn, char *buf, size_t size);
	void (*on_ready)(struct load_conn *conn);
	void (*on_lost)(struct load_conn *conn);
	void (*on_publish)(struct load_conn *conn, const struct wire_packet *packet);
};

/* One target a process. url: tcp://ADDRESS:PORT or ws://ADDRESS:PORT/PATH. -1: not such a URL. */
int load_open(struct load_target *target, const char *url);
void load_connect(struct load_conn *conn);
void load_send_publish(struct load_conn *conn, const char *topic, const void *payload, size_t len);
void load_send_ping(struct load_conn *conn);
/* Handles what comes within timeout_us. */
void load_poll(int64_t timeout_us);
int64_t load_now_us(void);
