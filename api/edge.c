#include "api/edge.h"

#include <assert.h>
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "api/edge_broker.h"
#include "api/edge_buf.h"
#include "api/edge_wait.h"
#include "api/origin.h"
#include "common/log.h"

#define EDGE_RX_BYTES	 2048  /* what libwebsockets reads at once; allocated for each client */
#define EDGE_FRAME_BYTES 32768 /* most bytes of one frame to a browser; one buffer for all */
#define EDGE_HOLD_BYTES                                                                            \
	16384 /* of a frame that is still arriving: the broker gets it in one piece */
/* Towards the broker: a held frame, and what libwebsockets had read when reading stopped. */
#define EDGE_UP_BYTES	 (EDGE_HOLD_BYTES + 4 * EDGE_RX_BYTES)
#define EDGE_SEND_BUFFER 65536 /* of a browser's socket: no more than this waits in the kernel */
#define EDGE_TURNS	 4     /* frames to one browser before the others get their turn */
#define EDGE_BYE_MS	 3000  /* for the other half of a closing handshake */
#define EDGE_DIAL_MS	 5000  /* for the broker to take a connection */
#define EDGE_REDIAL_MS	 2     /* while its queue of new connections is full */
#define EDGE_GONE_MS	 100   /* until we look whether the broker is still there */
#define EDGE_SPARE_FILES 128   /* descriptors left for everything else */
#define EDGE_TRIM_AFTER	 1000  /* clients that came or went: a storm */
#define EDGE_REPORT_MS	 2000  /* what was closed meanwhile becomes one line of the log */
#define EDGE_QUIET_MS	 1000
#define MQTT_CONNECT	 0x10

/* Close codes of RFC 6455 and its registry that libwebsockets has no names for. */
#define CLOSE_RESTART	1012
#define CLOSE_TRY_LATER 1013

enum edge_state { EDGE_HELLO, EDGE_DIALLING, EDGE_OPEN, EDGE_GONE, EDGE_CLOSING };
static const unsigned edge_may[] = {
	[EDGE_HELLO] = BIT(EDGE_DIALLING) | BIT(EDGE_CLOSING),
	[EDGE_DIALLING] = BIT(EDGE_OPEN) | BIT(EDGE_CLOSING),
	[EDGE_OPEN] = BIT(EDGE_GONE) | BIT(EDGE_CLOSING),
	/* The broker ended the connection. Mosquitto that stops closes its clients before its
	 * listener, so a moment passes before we know what to tell them. */
	[EDGE_GONE] = BIT(EDGE_CLOSING),
	[EDGE_CLOSING] = 0, /* the close frame is on its way; ends with the WebSocket */
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

struct edge_session { /* what libwebsockets keeps for us */
	struct edge_client *client;
};

static struct edge {
	uv_loop_t *loop;
	uv_timer_t clock;  /* the next deadline */
	uv_timer_t redial; /* runs while somebody waits in `dial` */
	int64_t clock_ms;  /* when it rings, -1: never */
	struct edge_broker broker;
	struct edge_waits hello, dial, stall, gone, bye, watch;
	struct edge_stats stats;
	size_t message_max;
	unsigned clients_max;
	unsigned long long told_broker, told_slow; /* of the stats, what the log knows */
	unsigned moves; /* clients that came or went since memory was trimmed */
	struct edge_waits quiet, report;
	struct edge_wait trim;	   /* in `quiet` after a storm */
	struct edge_wait closings; /* in `report` while the log does not know of some */
	bool is_draining;
	uint8_t frame[LWS_PRE + EDGE_FRAME_BYTES];
} edge;

static void edge_set_state(struct edge_client *client, enum edge_state state)
{
	assert(edge_may[client->state] & BIT(state));
	client->state = state;
}

static int64_t edge_now(void)
{
	return (int64_t)uv_now(edge.loop);
}

/* ---- deadlines ---- */

static void edge_on_clock(uv_timer_t *timer);

static void edge_arm(void)
{
	const struct edge_waits *all[] = {&edge.hello, &edge.dial, &edge.stall, &edge.gone,
		&edge.bye, &edge.quiet, &edge.report, &edge.watch};
	int64_t next_ms = -1;
	for (size_t i = 0; i < COUNT(all); i++)
		next_ms = edge_waits_sooner(all[i], next_ms);
	if (next_ms < 0 || (edge.clock_ms >= 0 && edge.clock_ms <= next_ms))
		return;
	int64_t now_ms = edge_now();
	uint64_t after_ms = next_ms > now_ms ? (uint64_t)(next_ms - now_ms) : 0;
	edge.clock_ms = next_ms;
	uv_timer_start(&edge.clock, edge_on_clock, after_ms, 0);
}

static void edge_await(struct edge_waits *waits, struct edge_wait *item)
{
	edge_waits_add(waits, item, edge_now());
	edge_arm();
}

/* Counts, and sees to it that the log tells. */
static void edge_note_closing(unsigned long long *count)
{
	(*count)++;
	if (!edge_wait_is_in(&edge.closings))
		edge_await(&edge.report, &edge.closings);
}

static struct edge_client *edge_of_watch(struct edge_wait *watch)
{
	return (struct edge_client *)((char *)watch - offsetof(struct edge_client, watch));
}

/* ---- the broker's side ---- */

static void edge_on_poll(uv_poll_t *poll, int status, int events);
static void edge_close(struct edge_client *client, int code, const char *reason);
static void edge_kill(struct edge_client *client);

/* Asks the loop for what this client waits for on the broker's socket. */
static void edge_watch_broker(struct edge_client *client)
{
	int events =
		UV_DISCONNECT; /* also while reading stands still: a restart closes all at once */
	if (client->state == EDGE_DIALLING || client->is_up_full)
		events |= UV_WRITABLE;
	if (client->state == EDGE_OPEN && !client->is_down_full)
		events |= UV_READABLE;
	uv_poll_start(&client->poll, events, edge_on_poll);
}

static void edge_on_poll_closed(uv_handle_t *handle)
{
	struct edge_client *client = handle->data;
	client->has_poll = false;
	if (client->wsi == NULL)
		free(client);
}

static void edge_drop_broker(struct edge_client *client)
{
	edge_buf_clear(&client->up);
	client->is_up_full = false;
	if (client->fd < 0)
		return;
	uv_poll_stop(&client->poll);
	uv_close((uv_handle_t *)&client->poll, edge_on_poll_closed);
	close(client->fd);
	client->fd = -1;
}

static void edge_take_fd(struct edge_client *client, int fd)
{
	client->fd = fd;
	client->has_poll = true;
	client->poll.data = client;
	uv_poll_init(edge.loop, &client->poll, fd);
}

/* The broker closed this connection, or went away altogether. */
static void edge_on_broker_gone(struct edge_client *client)
{
	edge_note_closing(&edge.stats.closed_broker);
	edge_drop_broker(client);
	edge_set_state(client, EDGE_GONE);
	edge_await(&edge.gone, &client->wait);
}

static void edge_stop_browser(struct edge_client *client)
{
	client->is_up_full = true;
	lws_rx_flow_control(client->wsi, 0);
}

static void edge_resume_browser(struct edge_client *client)
{
	client->is_up_full = false;
	lws_rx_flow_control(client->wsi, 1);
}

static void edge_on_connected(struct edge_client *client)
{
	edge_wait_drop(&client->wait);
	edge_set_state(client, EDGE_OPEN);
	client->broker_pid = edge_broker_pid(&edge.broker, client->fd);
	if (edge_buf_flush(&client->up, client->fd) < 0) {
		edge_on_broker_gone(client);
		return;
	}
	if (client->up.len > 0)
		edge_stop_browser(client);
	else if (client->is_up_full)
		edge_resume_browser(client);
	edge_watch_broker(client);
}

/* False: the broker's queue is full. */
static bool edge_dial(struct edge_client *client)
{
	int fd;
	switch (edge_broker_dial(&edge.broker, &fd)) {
	case EDGE_DIAL_OPEN:
		edge_take_fd(client, fd);
		edge_on_connected(client);
		break;
	case EDGE_DIAL_PENDING:
		edge_take_fd(client, fd);
		edge_watch_broker(client);
		edge_await(&edge.dial, &client->wait);
		break;
	case EDGE_DIAL_FULL: return false;
	case EDGE_DIAL_DOWN:
		edge_note_closing(&edge.stats.closed_broker);
		edge_close(client, CLOSE_TRY_LATER, "the broker cannot be reached");
		break;
	}
	return true;
}

static void edge_on_redial(uv_timer_t *timer)
{
	struct edge_wait *first;
	while ((first = edge_waits_first(&edge.dial)) != NULL)
		if (!edge_dial((struct edge_client *)first))
			return;
	uv_timer_stop(timer);
}

static void edge_start_dialling(struct edge_client *client)
{
	edge_set_state(client, EDGE_DIALLING);
	bool is_queueing = uv_is_active((uv_handle_t *)&edge.redial);
	if (!is_queueing && edge_dial(client)) {
		if (client->state == EDGE_DIALLING)
			edge_stop_browser(client);
		return;
	}
	edge_stop_browser(client);
	edge_await(&edge.dial, &client->wait);
	if (!is_queueing)
		uv_timer_start(&edge.redial, edge_on_redial, EDGE_REDIAL_MS, EDGE_REDIAL_MS);
}

/* What the broker has for this browser. Reading stops while the browser's socket is full: at most
 * one frame waits here, the rest in the broker, which has its own limit. */
static void edge_pump_down(struct edge_client *client)
{
	uint8_t *payload = edge.frame + LWS_PRE;
	for (int turn = 0; turn < EDGE_TURNS; turn++) {
		ssize_t got = recv(client->fd, payload, EDGE_FRAME_BYTES, MSG_DONTWAIT);
		if (got < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (got <= 0) {
			edge_on_broker_gone(client);
			return;
		}
		edge.stats.bytes_out += (size_t)got;
		if (lws_write(client->wsi, payload, (size_t)got, LWS_WRITE_BINARY) < got) {
			edge_kill(client);
			return;
		}
		if (lws_partial_buffered(client->wsi)) {
			client->is_down_full = true;
			edge_watch_broker(client);
			edge_await(&edge.stall, &client->wait);
			return;
		}
		if (got < EDGE_FRAME_BYTES)
			return;
	}
}

static void edge_pump_up(struct edge_client *client)
{
	if (edge_buf_flush(&client->up, client->fd) < 0) {
		edge_on_broker_gone(client);
		return;
	}
	if (client->up.len > 0)
		return;
	edge_resume_browser(client);
	edge_watch_broker(client);
}

static void edge_on_poll(uv_poll_t *poll, int status, int events)
{
	struct edge_client *client = poll->data;
	if (client->state == EDGE_DIALLING) {
		if (status < 0 || edge_broker_outcome(client->fd) < 0)
			edge_close(client, CLOSE_TRY_LATER, "the broker cannot be reached");
		else
			edge_on_connected(client);
		return;
	}
	if (status < 0 || (client->is_down_full && (events & UV_DISCONNECT))) {
		edge_on_broker_gone(client);
		return;
	}
	if ((events & UV_WRITABLE) && client->is_up_full)
		edge_pump_up(client);
	if (client->state == EDGE_OPEN && !client->is_down_full &&
		(events & (UV_READABLE | UV_DISCONNECT)))
		edge_pump_down(client);
}

/* ---- the browser's side ---- */

/* Ends a WebSocket without ceremony, from wherever we are. */
static void edge_kill(struct edge_client *client)
{
	edge_drop_broker(client);
	if (client->state != EDGE_CLOSING)
		edge_set_state(client, EDGE_CLOSING);
	edge_wait_drop(&client->wait);
	lws_set_timeout(client->wsi, PENDING_TIMEOUT_USER_REASON_BASE, LWS_TO_KILL_ASYNC);
	lws_cancel_service(lws_get_context(client->wsi)); /* a foreign loop does not see it else */
}

/* Says why, then waits for the browser's half of the handshake. The frame is written here and not
 * through lws_close_reason: that one is lost where a part of a frame still waits to be sent. */
static void edge_close(struct edge_client *client, int code, const char *reason)
{
	if (client->state == EDGE_CLOSING)
		return;
	edge_drop_broker(client);
	edge_set_state(client, EDGE_CLOSING);
	uint8_t room[LWS_PRE + 2 + 125], *frame = room + LWS_PRE;
	size_t len = strnlen(reason, 123);
	frame[0] = 0x88; /* final, close */
	frame[1] = (uint8_t)(2 + len);
	frame[2] = (uint8_t)(code >> 8);
	frame[3] = (uint8_t)code;
	memcpy(frame + 4, reason, len);
	if (lws_write(client->wsi, frame, 4 + len, LWS_WRITE_RAW) < 0) {
		edge_kill(client);
		return;
	}
	lws_rx_flow_control(client->wsi, 1);
	edge_await(&edge.bye, &client->wait);
}

/* Bytes that cannot go on yet. More than fits cannot come: reading has stopped. */
static void edge_keep(struct edge_client *client, const void *bytes, size_t len)
{
	if (edge_buf_add(&client->up, bytes, len, EDGE_UP_BYTES) < 0)
		edge_kill(client);
}

static void edge_forward(struct edge_client *client, const void *bytes, size_t len)
{
	bool has_more = lws_remaining_packet_payload(client->wsi) > 0;
	if (client->state == EDGE_DIALLING || client->is_up_full ||
		(has_more && client->up.len + len <= EDGE_HOLD_BYTES)) {
		edge_keep(client, bytes, len);
		return;
	}
	if (edge_buf_send(&client->up, client->fd, bytes, len, EDGE_UP_BYTES) < 0 ||
		edge_buf_flush(&client->up, client->fd) < 0) {
		edge_on_broker_gone(client);
	} else if (client->up.len > 0) {
		edge_stop_browser(client);
		edge_watch_broker(client);
	}
}

/* Whether these bytes may come; closes the client where not. */
static bool edge_check_frame(struct edge_client *client, const uint8_t *bytes, size_t len)
{
	struct lws *wsi = client->wsi;
	if (!lws_frame_is_binary(wsi)) {
		edge_close(client, LWS_CLOSE_STATUS_UNACCEPTABLE_OPCODE, "binary frames only");
		return false;
	}
	if (lws_is_first_fragment(wsi))
		client->message_bytes = 0;
	if (client->message_bytes + len + lws_remaining_packet_payload(wsi) > edge.message_max) {
		edge_close(client, LWS_CLOSE_STATUS_MESSAGE_TOO_LARGE, "message too large");
		return false;
	}
	client->message_bytes += (uint32_t)len;
	if (client->state == EDGE_HELLO && len > 0 && bytes[0] != MQTT_CONNECT) {
		edge_close(client, LWS_CLOSE_STATUS_PROTOCOL_ERR, "no MQTT CONNECT");
		return false;
	}
	return true;
}

static void edge_note_life(struct edge_client *client)
{
	client->heard_ms = edge_now();
	client->is_pinged = false;
}

static int edge_on_receive(struct edge_client *client, const uint8_t *bytes, size_t len)
{
	edge_note_life(client);
	if (client->state >= EDGE_GONE || !edge_check_frame(client, bytes, len) || len == 0)
		return 0;
	edge.stats.bytes_in += len;
	if (client->state != EDGE_HELLO) {
		edge_forward(client, bytes, len);
		return 0;
	}
	edge_wait_drop(&client->wait);
	edge_keep(client, bytes, len);
	edge_start_dialling(client);
	return 0;
}

/* The browser's socket has taken what waited. */
static int edge_on_writable(struct edge_client *client)
{
	if (client->is_down_full && client->state == EDGE_OPEN &&
		!lws_partial_buffered(client->wsi)) {
		client->is_down_full = false;
		edge_wait_drop(&client->wait);
		edge_watch_broker(client);
	}
	return 0;
}

static void edge_note_move(void)
{
	if (++edge.moves >= EDGE_TRIM_AFTER)
		edge_await(&edge.quiet, &edge.trim);
}

static int edge_on_opened(struct lws *wsi, struct edge_session *session)
{
	struct edge_client *client = calloc(1, sizeof(*client));
	assert(client != NULL);
	session->client = client;
	client->wsi = wsi;
	client->fd = -1;
	client->heard_ms = edge_now();
	setsockopt(lws_get_socket_fd(wsi), SOL_SOCKET, SO_SNDBUF, &(int){EDGE_SEND_BUFFER},
		sizeof(int));
	edge_await(&edge.hello, &client->wait);
	edge_await(&edge.watch, &client->watch);
	edge.stats.accepted++;
	edge.stats.clients++;
	edge_note_move();
	return 0;
}

static int edge_on_closed(struct edge_session *session)
{
	struct edge_client *client = TAKE(session->client);
	edge_drop_broker(client);
	edge_wait_drop(&client->wait);
	edge_wait_drop(&client->watch);
	edge.stats.clients--;
	edge_note_move();
	client->wsi = NULL;
	if (!client->has_poll)
		free(client);
	return 0;
}

/* ---- upgrades ---- */

/* Answers the upgrade request as HTTP: libwebsockets alone would just hang up. */
static int edge_refuse(
	struct lws *wsi, int status, const char *title, const char *code, const char *added)
{
	char body[160], answer[LWS_PRE + 512];
	edge.stats.refused++;
	int body_len = snprintf(body, sizeof(body),
		"{\"type\":\"about:blank\",\"title\":\"%s\",\"status\":%d,\"code\":\"%s\"}", title,
		status, code);
	int len = snprintf(answer + LWS_PRE, sizeof(answer) - LWS_PRE,
		"HTTP/1.1 %d %s\r\ncontent-type: application/problem+json\r\n"
		"content-length: %d\r\nconnection: close\r\n%s\r\n%s",
		status, title, body_len, added, body);
	lws_write(wsi, (uint8_t *)answer + LWS_PRE, (size_t)len, LWS_WRITE_HTTP_HEADERS);
	return -1;
}

static int edge_on_upgrade(struct lws *wsi)
{
	char origin[512];
	int len = lws_hdr_total_length(wsi, WSI_TOKEN_ORIGIN);
	if (len > 0 && (lws_hdr_copy(wsi, origin, sizeof(origin), WSI_TOKEN_ORIGIN) < 0 ||
			       !origin_is_allowed(origin))) {
		log_info("edge: refused a WebSocket of origin %.200s",
			len < 512 ? origin : "(too long)");
		return edge_refuse(wsi, 403, "Forbidden", "origin_not_allowed", "");
	}
	if (edge.is_draining || edge.stats.clients >= edge.clients_max)
		return edge_refuse(wsi, 503, "Service Unavailable", "too_many_connections",
			"retry-after: 5\r\n");
	return 0;
}

static int edge_cb(struct lws *wsi, enum lws_callback_reasons why, void *user, void *in, size_t len)
{
	struct edge_session *session = user;
	if (why == LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION)
		return edge_on_upgrade(wsi);
	if (why == LWS_CALLBACK_ESTABLISHED)
		return edge_on_opened(wsi, session);
	if (session == NULL || session->client == NULL)
		return 0;
	switch (why) {
	case LWS_CALLBACK_RECEIVE: return edge_on_receive(session->client, in, len);
	case LWS_CALLBACK_RECEIVE_PONG: edge_note_life(session->client); return 0;
	case LWS_CALLBACK_SERVER_WRITEABLE: return edge_on_writable(session->client);
	case LWS_CALLBACK_WS_SERVER_DROP_PROTOCOL:
	case LWS_CALLBACK_CLOSED: return edge_on_closed(session);
	default: return 0;
	}
}

const struct lws_protocols edge_protocol = {
	.name = "mqtt",
	.callback = edge_cb,
	.per_session_data_size = sizeof(struct edge_session),
	.rx_buffer_size = EDGE_RX_BYTES,
	.tx_packet_size = EDGE_FRAME_BYTES,
};

const lws_retry_bo_t edge_no_policy = {0};

/* ---- time ---- */

static void edge_check_life(struct edge_client *client)
{
	uint8_t ping[LWS_PRE + 1] = {0}; /* with a byte: an empty pong would not be reported */
	edge_waits_add(&edge.watch, &client->watch, edge_now());
	if (client->state != EDGE_OPEN || edge_now() - client->heard_ms < edge.watch.after_ms)
		return;
	if (client->is_pinged || lws_write(client->wsi, ping + LWS_PRE, 1, LWS_WRITE_PING) < 0)
		edge_kill(client);
	client->is_pinged = true;
}

static void edge_report(int64_t now_ms)
{
	unsigned long long by_broker = edge.stats.closed_broker - edge.told_broker;
	unsigned long long slow = edge.stats.closed_slow - edge.told_slow;
	if (edge_waits_take_due(&edge.report, now_ms) == NULL)
		return;
	if (by_broker > 0)
		log_info("edge: the broker ended or refused %llu connections, %u are left",
			by_broker, edge.stats.clients);
	if (slow > 0)
		log_info("edge: closed %llu browsers that took nothing for %lld ms", slow,
			(long long)edge.stall.after_ms);
	edge.told_broker = edge.stats.closed_broker;
	edge.told_slow = edge.stats.closed_slow;
}

/* One look tells for all of a crowd: a broker that ended one connection, or another one. */
static void edge_tell_gone(int64_t now_ms)
{
	struct edge_wait *due = edge_waits_take_due(&edge.gone, now_ms);
	int pid = due == NULL ? -1 : edge_broker_look(&edge.broker);
	for (; due != NULL; due = edge_waits_take_due(&edge.gone, now_ms)) {
		struct edge_client *client = (struct edge_client *)due;
		bool is_same = pid == 0 || pid == client->broker_pid;
		if (is_same)
			edge_close(client, LWS_CLOSE_STATUS_NORMAL, "closed by the broker");
		else
			edge_close(client, CLOSE_RESTART, "the broker is restarting");
	}
}

/* The header buffers of a reconnect storm leave the heap full of holes: 8,000 clients kept 72 MiB
 * instead of 34. */
static void edge_trim(int64_t now_ms)
{
	if (edge_waits_take_due(&edge.quiet, now_ms) == NULL)
		return;
	edge.moves = 0;
	malloc_trim(0);
}

static void edge_on_clock(uv_timer_t *timer)
{
	struct edge_wait *due;
	int64_t now_ms = edge_now();
	(void)timer;
	while ((due = edge_waits_take_due(&edge.hello, now_ms)) != NULL)
		edge_close((struct edge_client *)due, LWS_CLOSE_STATUS_POLICY_VIOLATION,
			"no MQTT CONNECT in time");
	while ((due = edge_waits_take_due(&edge.dial, now_ms)) != NULL)
		edge_close((struct edge_client *)due, CLOSE_TRY_LATER, "the broker is busy");
	while ((due = edge_waits_take_due(&edge.stall, now_ms)) != NULL) {
		edge_note_closing(&edge.stats.closed_slow);
		edge_close((struct edge_client *)due, LWS_CLOSE_STATUS_POLICY_VIOLATION,
			"too slow in reading");
	}
	while ((due = edge_waits_take_due(&edge.bye, now_ms)) != NULL)
		edge_kill((struct edge_client *)due);
	edge_tell_gone(now_ms);
	while ((due = edge_waits_take_due(&edge.watch, now_ms)) != NULL)
		edge_check_life(edge_of_watch(due));
	edge_report(now_ms);
	edge_trim(now_ms);
	edge.clock_ms = -1;
	edge_arm();
}

/* ---- life ---- */

/* Each client needs two descriptors. main() has asked for as many as there are. */
static unsigned edge_fit_clients(long long wanted)
{
	struct rlimit files = {.rlim_cur = 1024};
	getrlimit(RLIMIT_NOFILE, &files);
	rlim_t most = files.rlim_cur > 2 * EDGE_SPARE_FILES
			      ? (files.rlim_cur - EDGE_SPARE_FILES) / 2
			      : files.rlim_cur / 4;
	if (wanted > 0 && (rlim_t)wanted > most)
		log_warn("EDGE_CLIENTS is %lld, but %llu descriptors are enough for %llu", wanted,
			(unsigned long long)files.rlim_cur, (unsigned long long)most);
	return (unsigned)(wanted > 0 && (rlim_t)wanted < most ? (rlim_t)wanted : most);
}

int edge_init(uv_loop_t *loop, const struct settings *settings, struct err *err)
{
	memset(&edge, 0, sizeof(edge));
	edge.loop = loop;
	edge.clock_ms = -1;
	edge.clients_max = edge_fit_clients(settings_number(settings, "EDGE_CLIENTS"));
	edge.message_max = (size_t)settings_number(settings, "EDGE_MESSAGE_MAX");
	edge_waits_init(&edge.hello, settings_number(settings, "EDGE_CONNECT_MS"));
	edge_waits_init(&edge.stall, settings_number(settings, "EDGE_STALL_MS"));
	edge_waits_init(&edge.watch, settings_number(settings, "EDGE_PING_MS"));
	edge_waits_init(&edge.dial, EDGE_DIAL_MS);
	edge_waits_init(&edge.gone, EDGE_GONE_MS);
	edge_waits_init(&edge.bye, EDGE_BYE_MS);
	edge_waits_init(&edge.quiet, EDGE_QUIET_MS);
	edge_waits_init(&edge.report, EDGE_REPORT_MS);
	uv_timer_init(loop, &edge.clock);
	uv_timer_init(loop, &edge.redial);
	return edge_broker_init(&edge.broker, settings_text(settings, "MQTT_SOCKET"),
		settings_text(settings, "MQTT_HOST"), (int)settings_number(settings, "MQTT_PORT"),
		err);
}

void edge_drain(void)
{
	edge.is_draining = true;
	struct edge_wait *next;
	for (struct edge_wait *at = edge_waits_first(&edge.watch); at != NULL; at = next) {
		next = at->next == &edge.watch.ends ? NULL : at->next;
		edge_close(edge_of_watch(at), LWS_CLOSE_STATUS_GOINGAWAY, "the server is stopping");
	}
}

void edge_deinit(void)
{
	uv_close((uv_handle_t *)&edge.clock, NULL);
	uv_close((uv_handle_t *)&edge.redial, NULL);
}

void edge_stats(struct edge_stats *stats_r)
{
	*stats_r = edge.stats;
}
