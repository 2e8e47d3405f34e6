/* A client between its browser and the broker. Nothing is allocated while nothing waits: bytes pass
 * at once, or reading stops on the other side. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/edge_parts.h"

#include "common/must.h"

#define EDGE_HOLD_BYTES 16384 /* of a frame that is arriving: the broker gets it in one piece */
/* Towards the broker: a held frame, and what libwebsockets had read when reading stopped. */
#define EDGE_UP_BYTES	 (EDGE_HOLD_BYTES + 4 * EDGE_RX_BYTES)
#define EDGE_SEND_BUFFER 65536 /* of a browser's socket: no more than this waits in the kernel */
#define EDGE_TURNS	 4     /* frames to one browser before the others get their turn */
#define EDGE_REDIAL_MS	 2     /* while the broker's queue of new connections is full */
#define MQTT_CONNECT	 0x10

static const unsigned edge_may[] = {
	[EDGE_HELLO] = BIT(EDGE_DIALLING) | BIT(EDGE_CLOSING),
	[EDGE_DIALLING] = BIT(EDGE_OPEN) | BIT(EDGE_CLOSING),
	[EDGE_OPEN] = BIT(EDGE_GONE) | BIT(EDGE_CLOSING),
	[EDGE_GONE] = BIT(EDGE_CLOSING),
	[EDGE_CLOSING] = 0,
};

static uv_timer_t redial; /* runs while somebody waits for the broker's queue */

static void edge_set_state(struct edge_client *client, enum edge_state state)
{
	assert(edge_may[client->state] & BIT(state));
	client->state = state;
}

/* ---- the broker's side ---- */

static void edge_on_poll(uv_poll_t *poll, int status, int events);

/* Asks the loop for what this client waits for on the broker's socket. */
static void edge_watch_broker(struct edge_client *client)
{
	/* also while reading stands still: a restart closes all at once */
	int events = UV_DISCONNECT;
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
	bool is_queueing = uv_is_active((uv_handle_t *)&redial);
	if (!is_queueing && edge_dial(client)) {
		if (client->state == EDGE_DIALLING)
			edge_stop_browser(client);
		return;
	}
	edge_stop_browser(client);
	edge_await(&edge.dial, &client->wait);
	if (!is_queueing)
		uv_timer_start(&redial, edge_on_redial, EDGE_REDIAL_MS, EDGE_REDIAL_MS);
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

void edge_kill(struct edge_client *client)
{
	edge_drop_broker(client);
	if (client->state != EDGE_CLOSING)
		edge_set_state(client, EDGE_CLOSING);
	edge_wait_drop(&client->wait);
	lws_set_timeout(client->wsi, PENDING_TIMEOUT_USER_REASON_BASE, LWS_TO_KILL_ASYNC);
	lws_cancel_service(lws_get_context(client->wsi)); /* a foreign loop does not see it else */
}

/* The frame is written here and not through lws_close_reason: that one is lost where a part of a
 * frame still waits to be sent. */
void edge_close(struct edge_client *client, int code, const char *reason)
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

void edge_hear(struct edge_client *client)
{
	client->heard_ms = edge_now();
	client->is_pinged = false;
}

void edge_receive(struct edge_client *client, const uint8_t *bytes, size_t len)
{
	edge_hear(client);
	if (client->state >= EDGE_GONE || !edge_check_frame(client, bytes, len) || len == 0)
		return;
	edge.stats.bytes_in += len;
	if (client->state != EDGE_HELLO) {
		edge_forward(client, bytes, len);
		return;
	}
	edge_wait_drop(&client->wait);
	edge_set_state(client, EDGE_DIALLING);
	edge_keep(client, bytes, len);
	if (client->state == EDGE_DIALLING)
		edge_start_dialling(client);
}

void edge_go_on(struct edge_client *client)
{
	if (client->state != EDGE_OPEN || !client->is_down_full ||
		lws_partial_buffered(client->wsi))
		return;
	client->is_down_full = false;
	edge_wait_drop(&client->wait);
	edge_watch_broker(client);
}

/* ---- life ---- */

struct edge_client *edge_client_new(struct lws *wsi)
{
	struct edge_client *client = must(calloc(1, sizeof(*client)));
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
	return client;
}

void edge_client_end(struct edge_client *client)
{
	edge_drop_broker(client);
	edge_wait_drop(&client->wait);
	edge_wait_drop(&client->watch);
	edge.stats.clients--;
	edge_note_move();
	client->wsi = NULL;
	if (!client->has_poll)
		free(client);
}

void edge_relay_init(void)
{
	uv_timer_init(edge.loop, &redial);
}

void edge_relay_deinit(void)
{
	uv_close((uv_handle_t *)&redial, NULL);
}
