#include "bench/load_conn.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define LOAD_READ 65536

static struct load_target *target;
static int epoll_fd;
static uint8_t scratch[LOAD_READ];

int64_t load_now_us(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

int load_open(struct load_target *to, const char *url)
{
	char scheme[8], address[32];
	int port = 0;
	to->path[0] = '\0';
	if (sscanf(url, "%7[a-z]://%31[0-9.]:%d%63s", scheme, address, &port, to->path) < 3)
		return -1;
	to->is_ws = strcmp(scheme, "ws") == 0;
	if (!to->is_ws && strcmp(scheme, "tcp") != 0)
		return -1;
	to->address.sin_family = AF_INET;
	to->address.sin_port = htons((uint16_t)port);
	if (inet_pton(AF_INET, address, &to->address.sin_addr) != 1)
		return -1;
	snprintf(to->host, sizeof(to->host), "%s:%d", address, port);
	target = to;
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	return epoll_fd < 0 ? -1 : 0;
}

static void load_drop(struct load_conn *conn)
{
	if (conn->fd >= 0)
		close(conn->fd);
	conn->fd = -1;
	conn->state = LOAD_IDLE;
	bytes_free(&conn->in);
	bytes_free(&conn->out);
	bytes_free(&conn->mqtt);
}

static void load_lost(struct load_conn *conn)
{
	load_drop(conn);
	conn->attempts++;
	target->on_lost(conn);
}

static void load_watch(struct load_conn *conn, int how)
{
	bool wants_out = conn->state == LOAD_CONNECTING || conn->out.len > 0;
	struct epoll_event event = {
		.events = EPOLLIN | (wants_out ? EPOLLOUT : 0), .data.ptr = conn};
	epoll_ctl(epoll_fd, how, conn->fd, &event);
}

static int load_flush(struct load_conn *conn)
{
	bool was_full = conn->out.len > 0;
	while (conn->out.len > 0) {
		ssize_t sent = send(conn->fd, conn->out.at, conn->out.len, MSG_NOSIGNAL);
		if (sent < 0 && errno == EAGAIN)
			break;
		if (sent < 0)
			return -1;
		bytes_use(&conn->out, (size_t)sent);
	}
	if (was_full || conn->out.len > 0)
		load_watch(conn, EPOLL_CTL_MOD);
	return 0;
}

static void load_send(struct load_conn *conn, const void *packet, size_t len)
{
	struct bytes made = {0};
	if (conn->fd < 0)
		return;
	if (target->is_ws)
		wsframe_put(&made, WSFRAME_BINARY, packet, len);
	const uint8_t *at = target->is_ws ? made.at : packet;
	size_t left = target->is_ws ? made.len : len;
	ssize_t sent = conn->out.len > 0 ? 0 : send(conn->fd, at, left, MSG_NOSIGNAL);
	if (sent < 0)
		sent = 0;
	if ((size_t)sent < left) {
		bytes_add(&conn->out, at + sent, left - (size_t)sent);
		load_watch(conn, EPOLL_CTL_MOD);
	}
	bytes_free(&made);
}

void load_connect(struct load_conn *conn)
{
	struct sockaddr_in from = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000000u | conn->peer_address)};
	conn->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	assert(conn->fd >= 0);
	setsockopt(conn->fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
	setsockopt(conn->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &(int){1}, sizeof(int));
	if (bind(conn->fd, (struct sockaddr *)&from, sizeof(from)) < 0)
		perror("bind");
	conn->state = LOAD_CONNECTING;
	conn->close_code = 0;
	if (connect(conn->fd, (struct sockaddr *)&target->address, sizeof(target->address)) < 0 &&
		errno != EINPROGRESS) {
		load_lost(conn);
		return;
	}
	load_watch(conn, EPOLL_CTL_ADD);
}

static void load_join(struct load_conn *conn)
{
	static uint8_t packet[8192];
	char username[96], client_id[128], password[4200];
	snprintf(username, sizeof(username), "%s.%s.%s", target->gym, conn->role, conn->name);
	snprintf(client_id, sizeof(client_id), "%s.%d", username, (int)getpid());
	target->password(conn, password, sizeof(password));
	conn->state = LOAD_JOINING;
	load_send(conn, packet,
		wire_connect(
			packet, client_id, username, password, (uint16_t)target->keepalive_sec));
}

static int load_on_connected(struct load_conn *conn)
{
	int why = 0;
	socklen_t len = sizeof(why);
	getsockopt(conn->fd, SOL_SOCKET, SO_ERROR, &why, &len);
	if (why != 0)
		return -1;
	conn->state = target->is_ws ? LOAD_UPGRADING : LOAD_JOINING;
	load_watch(conn, EPOLL_CTL_MOD);
	if (!target->is_ws)
		load_join(conn);
	else
		wsframe_put_upgrade(&conn->out, target->host, target->path);
	return load_flush(conn);
}

static int load_on_packet(struct load_conn *conn, const struct wire_packet *packet)
{
	uint8_t reply[256];
	switch (packet->type) {
	case WIRE_CONNACK:
		if (packet->code != 0)
			return -1;
		conn->state = LOAD_SUBSCRIBING;
		load_send(
			conn, reply, wire_subscribe(reply, 1, conn->filter, (uint8_t)target->qos));
		return 0;
	case WIRE_SUBACK:
		if (packet->code > 2)
			return -1;
		conn->state = LOAD_READY;
		conn->attempts = 0;
		target->on_ready(conn);
		return 0;
	case WIRE_PUBLISH:
		target->on_publish(conn, packet);
		if (packet->qos > 0)
			load_send(conn, reply, wire_puback(reply, packet->id));
		return 0;
	default: return 0;
	}
}

/* Bytes of whole packets, or -1. */
static long load_on_mqtt(struct load_conn *conn, const uint8_t *at, size_t len)
{
	long used = 0, n;
	struct wire_packet packet;
	while ((n = wire_next(at + used, len - (size_t)used, &packet)) > 0) {
		if (load_on_packet(conn, &packet) < 0)
			return -1;
		used += n;
	}
	return n < 0 ? -1 : used;
}

/* MQTT bytes of one frame; only what is no whole packet is kept. */
static int load_on_frame(struct load_conn *conn, const struct wsframe *frame)
{
	struct bytes pong = {0};
	if (frame->opcode == WSFRAME_CLOSE) {
		conn->close_code = frame->len < 2
					   ? 1005
					   : (uint16_t)(frame->payload[0] << 8 | frame->payload[1]);
		return -1;
	}
	if (frame->opcode == WSFRAME_PING) {
		wsframe_put(&pong, WSFRAME_PONG, frame->payload, frame->len);
		bytes_add(&conn->out, pong.at, pong.len);
		bytes_free(&pong);
		return load_flush(conn);
	}
	if (frame->opcode != WSFRAME_BINARY)
		return 0;
	if (conn->mqtt.len > 0) {
		bytes_add(&conn->mqtt, frame->payload, frame->len);
		long used = load_on_mqtt(conn, conn->mqtt.at, conn->mqtt.len);
		if (used > 0)
			bytes_use(&conn->mqtt, (size_t)used);
		return used < 0 ? -1 : 0;
	}
	long used = load_on_mqtt(conn, frame->payload, frame->len);
	if (used >= 0)
		bytes_add(&conn->mqtt, frame->payload + used, frame->len - (size_t)used);
	return used < 0 ? -1 : 0;
}

static long load_on_ws(struct load_conn *conn, const uint8_t *at, size_t len)
{
	long used = 0, n = 0;
	struct wsframe frame;
	if (conn->state == LOAD_UPGRADING) {
		used = wsframe_upgraded(at, len);
		if (used <= 0)
			return used;
		load_join(conn);
	}
	while ((n = wsframe_next(at + used, len - (size_t)used, &frame)) > 0) {
		used += n;
		if (load_on_frame(conn, &frame) < 0)
			return -1;
	}
	return n < 0 ? -1 : used;
}

static int load_on_bytes(struct load_conn *conn, const uint8_t *at, size_t len)
{
	bool is_kept = conn->in.len > 0;
	if (is_kept) {
		bytes_add(&conn->in, at, len);
		at = conn->in.at;
		len = conn->in.len;
	}
	long used = target->is_ws ? load_on_ws(conn, at, len) : load_on_mqtt(conn, at, len);
	if (used < 0)
		return -1;
	if (is_kept)
		bytes_use(&conn->in, (size_t)used);
	else
		bytes_add(&conn->in, at + used, len - (size_t)used);
	return 0;
}

static int load_on_readable(struct load_conn *conn)
{
	ssize_t got = recv(conn->fd, scratch, sizeof(scratch), MSG_DONTWAIT);
	if (got < 0 && errno == EAGAIN)
		return 0;
	if (got <= 0)
		return -1;
	return load_on_bytes(conn, scratch, (size_t)got);
}

void load_poll(int64_t timeout_us)
{
	struct epoll_event events[256];
	struct timespec wait = {timeout_us / 1000000, timeout_us % 1000000 * 1000};
	int n = epoll_pwait2(epoll_fd, events, 256, &wait, NULL);
	for (int i = 0; i < n; i++) {
		struct load_conn *conn = events[i].data.ptr;
		int rc = 0;
		if (conn->state == LOAD_CONNECTING)
			rc = load_on_connected(conn);
		else if (events[i].events & EPOLLOUT)
			rc = load_flush(conn);
		if (rc == 0 && conn->fd >= 0 && (events[i].events & ~(unsigned)EPOLLOUT))
			rc = load_on_readable(conn);
		if (rc < 0)
			load_lost(conn);
	}
}

void load_send_publish(struct load_conn *conn, const char *topic, const void *payload, size_t len)
{
	static uint8_t packet[131072];
	uint16_t id = target->qos > 0 ? (conn->next_id = (uint16_t)(conn->next_id % 65535 + 1)) : 0;
	load_send(
		conn, packet, wire_publish(packet, topic, payload, len, (uint8_t)target->qos, id));
}

void load_send_ping(struct load_conn *conn)
{
	uint8_t packet[4];
	load_send(conn, packet, wire_pingreq(packet));
}
