#include "common/mqttconn.h"

#include <assert.h>
#include <errno.h>
#include <linux/sockios.h>
#include <mqtt_protocol.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "common/mqttdial.h"
#include "common/mqttreason.h"
#include "common/mqttunsent.h"
#include "common/must.h"

#define MQTTCONN_TURN_PACKETS 256 /* read in one turn of the loop, then others have theirs */
/* With hold_acks: the owner's store must not wait long for its turn (reading costs 5 us a message).
 */
#define MQTTCONN_TURN_HELD   64
#define MQTTCONN_QUEUE_BYTES (1024 * 1024) /* publishes beyond it are refused until they drain */
#define MQTTCONN_NO_EXPIRY   0xFFFFFFFFu

enum mqttconn_state {
	MQTTCONN_DIALLING,
	MQTTCONN_CONNECTING,
	MQTTCONN_SUBSCRIBING,
	MQTTCONN_UP,
	MQTTCONN_OVER
};

struct mqttconn {
	uv_loop_t *loop;
	struct mqttlink_options options; /* texts but the filters: while opening only */
	struct mqttconn_events events;
	enum mqttconn_state state;
	bool is_v5;
	struct mqttdial *dial;
	struct mosquitto *mosq;
	uv_poll_t *watch;
	int watching;
	int *mids; /* of the SUBSCRIBEs, one a filter; 0 when granted */
	unsigned nfilters, granted;
	struct err why; /* first reason for the end that was seen */
	bool is_old_broker;
	/* reading */
	unsigned batch_max, batch; /* messages read and not flushed */
	unsigned run;		   /* of those, in this turn */
	bool is_held;	      /* on_batch has run; neither a flush nor mqttconn_read_on has come */
	bool has_message;     /* the last packet was a PUBLISH */
	size_t message_bytes; /* a lower bound of its size on the wire */
	/* writing */
	struct mqttunsent unsent;
	bool is_writing, was_queued, is_polite;
	unsigned depth; /* in functions that go on after callbacks */
};

static void conn_release(struct mqttconn *conn)
{
	if (conn->state != MQTTCONN_OVER || conn->depth > 0)
		return;
	if (conn->is_polite) {
		conn->is_writing = true;
		mosquitto_disconnect(conn->mosq);
		mosquitto_loop_write(conn->mosq, 1);
	}
	if (conn->mosq != NULL)
		mosquitto_destroy(conn->mosq);
	free(conn->mids);
	mqttunsent_deinit(&conn->unsent);
	free(conn);
}

static void on_watch_closed(uv_handle_t *handle)
{
	free(handle);
}

/* ---- the end ---- */

static void conn_shut(struct mqttconn *conn)
{
	conn->state = MQTTCONN_OVER;
	mqttdial_abandon(&conn->dial);
	if (conn->watch != NULL)
		uv_close((uv_handle_t *)TAKE(conn->watch), on_watch_closed);
}

static void conn_lose(struct mqttconn *conn)
{
	if (conn->state == MQTTCONN_OVER)
		return;
	if (conn->why.code == ERR_NONE)
		err_set(&conn->why, ERR_IO, "connection to the broker lost");
	conn_shut(conn);
	conn->events.on_lost(conn->events.ctx, &conn->why, conn->is_old_broker);
}

static void conn_enter(struct mqttconn *conn)
{
	conn->depth++;
}

static void conn_leave(struct mqttconn *conn)
{
	conn->depth--;
	conn_release(conn);
}

/* libmosquitto closes the socket itself; then its return code or on_disconnect has told why. */
static bool conn_is_broken(const struct mqttconn *conn)
{
	return conn->state == MQTTCONN_OVER || conn->why.code != ERR_NONE ||
	       mosquitto_socket(conn->mosq) < 0;
}

static void conn_blame(struct mqttconn *conn, int rc, int system_error)
{
	if (conn->why.code != ERR_NONE)
		return;
	mqttreason_of_end(conn->state == MQTTCONN_CONNECTING, rc, system_error, &conn->why);
}

/* ---- what libmosquitto calls, from inside its loop functions ---- */

static void conn_subscribe(struct mqttconn *conn)
{
	conn->state = MQTTCONN_SUBSCRIBING;
	for (unsigned i = 0; i < conn->nfilters; i++) {
		int rc = mosquitto_subscribe(
			conn->mosq, &conn->mids[i], conn->options.filters[i], conn->options.qos);
		if (rc != MOSQ_ERR_SUCCESS && conn->why.code == ERR_NONE)
			err_set(&conn->why, ERR_CONFIG, "cannot subscribe to %s: %s",
				conn->options.filters[i], mosquitto_strerror(rc));
	}
}

static void on_connect(
	struct mosquitto *mosq, void *ctx, int rc, int flags, const mosquitto_property *properties)
{
	struct mqttconn *conn = ctx;
	(void)mosq;
	(void)flags;
	(void)properties;
	if (rc == 0) {
		conn_subscribe(conn);
		return;
	}
	conn->is_old_broker = mqttreason_is_old_broker(conn->is_v5, rc);
	mqttreason_of_refusal(conn->is_v5, rc, &conn->why);
}

static void on_disconnect(
	struct mosquitto *mosq, void *ctx, int rc, const mosquitto_property *properties)
{
	int system_error = errno;
	(void)mosq;
	(void)properties;
	conn_blame(ctx, rc, system_error);
}

static void on_subscribe(struct mosquitto *mosq, void *ctx, int mid, int count, const int *granted,
	const mosquitto_property *properties)
{
	struct mqttconn *conn = ctx;
	(void)mosq;
	(void)properties;
	for (unsigned i = 0; i < conn->nfilters; i++) {
		if (conn->mids[i] != mid)
			continue;
		conn->mids[i] = 0;
		conn->granted++;
		if ((count < 1 || granted[0] >= 128) && conn->why.code == ERR_NONE)
			err_set(&conn->why, ERR_DENIED, "the broker refused the subscription to %s",
				conn->options.filters[i]);
	}
}

static void on_message(struct mosquitto *mosq, void *ctx, const struct mosquitto_message *message,
	const mosquitto_property *properties)
{
	struct mqttconn *conn = ctx;
	struct mqttlink_message told = {.topic = message->topic,
		.payload = message->payload,
		.len = (size_t)message->payloadlen,
		.qos = message->qos,
		.retain = message->retain};
	(void)mosq;
	(void)properties;
	if (conn->state == MQTTCONN_OVER)
		return;
	conn->batch++;
	conn->run++;
	conn->has_message = true;
	conn->message_bytes = strlen(message->topic) + told.len;
	if (conn->events.on_message != NULL)
		conn->events.on_message(conn->events.ctx, &told);
}

/* While writing: one of QoS 0 has gone out. While reading: the PUBACK of one of QoS 1 has come. */
static void on_publish(
	struct mosquitto *mosq, void *ctx, int mid, int rc, const mosquitto_property *properties)
{
	struct mqttconn *conn = ctx;
	(void)mosq;
	(void)rc;
	(void)properties;
	if (conn->is_writing)
		mqttunsent_written(&conn->unsent);
	else if (conn->state != MQTTCONN_OVER && conn->events.on_puback != NULL)
		conn->events.on_puback(conn->events.ctx, mid);
}

/* ---- reading and writing ---- */

static void on_socket(uv_poll_t *watch, int status, int events);

static void watch_set(struct mqttconn *conn, int events)
{
	if (conn->watching == events)
		return;
	conn->watching = events;
	if (events == 0)
		uv_poll_stop(conn->watch);
	else
		uv_poll_start(conn->watch, events, on_socket);
}

static bool conn_may_write(const struct mqttconn *conn)
{
	return !conn->options.hold_acks || conn->batch == 0;
}

/* What is queued while messages await their flush are their PUBACKs, which stay. */
static bool conn_may_read(const struct mqttconn *conn)
{
	if (!conn->options.hold_acks)
		return true;
	return !conn->is_held && (conn->batch > 0 || !mosquitto_want_write(conn->mosq));
}

/* Between on_batch and a flush the socket is left alone altogether: if it breaks meanwhile, the
 * flush finds out. So a flush can never hit the batch of a later connection. (After
 * mqttconn_read_on it is told of the loss, and its batch is gone with the connection.) */
static void conn_watch(struct mqttconn *conn)
{
	int events = conn_may_read(conn) ? UV_READABLE : 0;
	if (conn_may_write(conn) && mosquitto_want_write(conn->mosq))
		events |= UV_WRITABLE;
	watch_set(conn, events);
}

/* libmosquitto writes packet by packet: without a cork each PUBACK of a batch is a segment, and a
 * wake-up of the broker, of its own. */
static void conn_cork(const struct mqttconn *conn, int is_on)
{
	if (conn->options.port != 0)
		setsockopt(
			mosquitto_socket(conn->mosq), IPPROTO_TCP, TCP_CORK, &is_on, sizeof(is_on));
}

static void conn_write(struct mqttconn *conn)
{
	conn->is_writing = true;
	conn_cork(conn, 1);
	int rc = mosquitto_loop_write(conn->mosq, 1);
	int system_error = errno;
	conn_cork(conn, 0);
	conn->is_writing = false;
	if (rc != MOSQ_ERR_SUCCESS)
		conn_blame(conn, rc, system_error);
	if (conn_is_broken(conn)) {
		conn_lose(conn);
		return;
	}
	if (mosquitto_want_write(conn->mosq))
		return;
	mqttunsent_all_written(&conn->unsent);
	if (conn->was_queued && conn->events.on_drain != NULL) {
		conn->was_queued = false;
		conn->events.on_drain(conn->events.ctx);
	}
}

static int bytes_there(const struct mqttconn *conn)
{
	int bytes = 0;
	return ioctl(mosquitto_socket(conn->mosq), FIONREAD, &bytes) == 0 ? bytes : 0;
}

static unsigned turn_limit(const struct mqttconn *conn)
{
	if (!conn->options.hold_acks)
		return MQTTCONN_TURN_PACKETS;
	return conn->batch_max > 0 && conn->batch_max < MQTTCONN_TURN_HELD ? conn->batch_max
									   : MQTTCONN_TURN_HELD;
}

/* One packet at most. false: over, or CONNACK has come and the SUBSCRIBEs must go out first. */
static bool conn_read_packet(struct mqttconn *conn)
{
	enum mqttconn_state before = conn->state;
	conn->has_message = false;
	int rc = mosquitto_loop_read(conn->mosq, 1);
	if (rc != MOSQ_ERR_SUCCESS)
		conn_blame(conn, rc, errno);
	if (conn->state == MQTTCONN_OVER)
		return false;
	if (conn_is_broken(conn)) {
		conn_lose(conn);
		return false;
	}
	if (conn->state == MQTTCONN_SUBSCRIBING && conn->granted == conn->nfilters) {
		conn->state = MQTTCONN_UP;
		conn->events.on_up(conn->events.ctx);
	}
	return conn->state != MQTTCONN_OVER && before != MQTTCONN_CONNECTING;
}

/* Reads until the socket has nothing more or the batch is full. libmosquitto reads one packet a
 * call and its errno tells nothing (its own full socket pair sets it), so FIONREAD is asked; and
 * only as often as the sizes of the messages, which are less than what was on the wire, leave it
 * open. */
static void conn_read(struct mqttconn *conn)
{
	long there = 0;
	conn->run = 0;
	for (unsigned packets = 0;
		(conn->options.hold_acks ? conn->run : packets) < turn_limit(conn); packets++) {
		if (!conn_read_packet(conn))
			break;
		there = conn->has_message ? there - (long)conn->message_bytes : 0;
		if (there <= 0)
			there = bytes_there(conn);
		if (there <= 0)
			break;
	}
	if (!conn->options.hold_acks) {
		conn->batch = 0;
	} else if (conn->state != MQTTCONN_OVER && conn->run > 0) {
		conn->is_held = true;
		conn->events.on_batch(conn->events.ctx);
	}
}

static void on_socket(uv_poll_t *watch, int status, int events)
{
	struct mqttconn *conn = watch->data;
	conn_enter(conn);
	if ((events & UV_WRITABLE) != 0 || status < 0)
		conn_write(conn);
	if (conn->state != MQTTCONN_OVER && ((events & UV_READABLE) != 0 || status < 0) &&
		conn_may_read(conn))
		conn_read(conn);
	if (conn->state != MQTTCONN_OVER)
		conn_watch(conn);
	conn_leave(conn);
}

/* ---- opening ---- */

static void on_dialled(void *ctx, struct mosquitto *mosq, const struct err *err)
{
	struct mqttconn *conn = ctx;
	conn->dial = NULL; /* frees itself */
	conn->mosq = mosq;
	conn_enter(conn);
	if (err != NULL)
		conn->why = *err;
	else
		conn->watch = calloc(1, sizeof(*conn->watch));
	if (conn->watch == NULL ||
		uv_poll_init(conn->loop, conn->watch, mosquitto_socket(mosq)) != 0) {
		free(TAKE(conn->watch));
		conn_lose(conn);
	} else {
		conn->watch->data = conn;
		conn->state = MQTTCONN_CONNECTING;
		conn_watch(conn);
	}
	conn_leave(conn);
}

static void mosq_set_callbacks(struct mosquitto *mosq)
{
	mosquitto_connect_v5_callback_set(mosq, on_connect);
	mosquitto_disconnect_v5_callback_set(mosq, on_disconnect);
	mosquitto_subscribe_v5_callback_set(mosq, on_subscribe);
	mosquitto_message_v5_callback_set(mosq, on_message);
	mosquitto_publish_v5_callback_set(mosq, on_publish);
}

static struct mosquitto *mosq_new(struct mqttconn *conn, const char *password)
{
	const struct mqttlink_options *options = &conn->options;
	struct mosquitto *mosq = mosquitto_new(options->client_id, !options->persistent, conn);
	assert(mosq != NULL);
	/* "Threaded" without a thread: libmosquitto writes nothing outside mosquitto_loop_write. */
	mosquitto_threaded_set(mosq, true);
	mosquitto_int_option(mosq, MOSQ_OPT_PROTOCOL_VERSION,
		conn->is_v5 ? MQTT_PROTOCOL_V5 : MQTT_PROTOCOL_V311);
	mosquitto_int_option(mosq, MOSQ_OPT_SEND_MAXIMUM, 0);
	if (options->port != 0)
		mosquitto_int_option(mosq, MOSQ_OPT_TCP_NODELAY, 1);
	mosquitto_username_pw_set(mosq, options->username, password);
	if (options->will_topic != NULL)
		mosquitto_will_set(mosq, options->will_topic, (int)strlen(options->will_payload),
			options->will_payload, 0, false);
	mosq_set_callbacks(mosq);
	return mosq;
}

static mosquitto_property *connect_properties(const struct mqttconn *conn)
{
	mosquitto_property *properties = NULL;
	if (!conn->is_v5)
		return NULL;
	mosquitto_property_add_int32(
		&properties, MQTT_PROP_SESSION_EXPIRY_INTERVAL, MQTTCONN_NO_EXPIRY);
	if (conn->options.receive_maximum > 0)
		mosquitto_property_add_int16(&properties, MQTT_PROP_RECEIVE_MAXIMUM,
			(uint16_t)conn->options.receive_maximum);
	return properties;
}

struct mqttconn *mqttconn_open(uv_loop_t *loop, const struct mqttlink_options *options, bool is_v5,
	const char *password, const struct mqttconn_events *events)
{
	struct mqttconn *conn = must(calloc(1, sizeof(*conn)));
	conn->loop = loop;
	conn->options = *options;
	conn->is_v5 = is_v5;
	conn->events = *events;
	while (options->filters != NULL && options->filters[conn->nfilters] != NULL)
		conn->nfilters++;
	conn->mids = must(calloc(conn->nfilters + 1, sizeof(*conn->mids)));
	conn->dial = mqttdial_start(loop, mosq_new(conn, password), options->host, options->port,
		options->keepalive_sec, connect_properties(conn), on_dialled, conn);
	return conn;
}

void mqttconn_close(struct mqttconn **handle, bool is_polite)
{
	struct mqttconn *conn = TAKE(*handle);
	if (conn == NULL)
		return;
	/* Said in conn_release, since libmosquitto may be further up the stack now. */
	conn->is_polite = is_polite && conn->state == MQTTCONN_UP && conn_may_write(conn);
	if (conn->state != MQTTCONN_OVER)
		conn_shut(conn);
	conn_release(conn);
}

/* ---- what the owner calls ---- */

void mqttconn_set_batch_max(struct mqttconn *conn, unsigned messages)
{
	conn->batch_max = messages;
}

int mqttconn_publish(struct mqttconn *conn, const char *topic, const void *payload, size_t len,
	int qos, int *mid_r, struct err *err)
{
	int mid = 0;
	if (conn->state != MQTTCONN_UP)
		return err_set(err, ERR_IO, "not connected to the broker");
	if (conn->unsent.bytes > MQTTCONN_QUEUE_BYTES) {
		conn->was_queued = true;
		return err_set(err, ERR_LIMIT, "%zu bytes wait to be sent to the broker",
			conn->unsent.bytes);
	}
	int rc = mosquitto_publish(conn->mosq, &mid, topic, (int)len, payload, qos, false);
	if (rc != MOSQ_ERR_SUCCESS)
		return err_set(
			err, ERR_INPUT, "cannot publish to %s: %s", topic, mosquitto_strerror(rc));
	mqttunsent_put(&conn->unsent, strlen(topic) + len + 9, qos > 0);
	conn->was_queued = true;
	if (mid_r != NULL)
		*mid_r = mid;
	conn_watch(conn);
	return 0;
}

size_t mqttconn_unsent(const struct mqttconn *conn)
{
	int kernel = 0;
	if (conn->mosq == NULL || ioctl(mosquitto_socket(conn->mosq), SIOCOUTQ, &kernel) != 0)
		kernel = 0;
	return conn->unsent.bytes + (size_t)kernel;
}

void mqttconn_read_on(struct mqttconn *conn)
{
	if (!conn->is_held)
		return;
	conn->is_held = false;
	conn_watch(conn);
}

void mqttconn_flush(struct mqttconn *conn)
{
	if (conn->batch == 0)
		return;
	conn->is_held = false;
	conn->batch = 0;
	conn_watch(
		conn); /* written in the next turn, so that no event comes from inside this call */
}

void mqttconn_tick(struct mqttconn *conn)
{
	if (conn->state == MQTTCONN_DIALLING || !conn_may_write(conn))
		return;
	conn_enter(conn);
	/* Queues a PINGREQ, or finds that the broker is silent. */
	int rc = mosquitto_loop_misc(conn->mosq);
	if (rc != MOSQ_ERR_SUCCESS)
		conn_blame(conn, rc, errno);
	if (conn_is_broken(conn))
		conn_lose(conn);
	else
		conn_watch(conn);
	conn_leave(conn);
}
