/* mqttconn.h - one connection to the broker, from dialling to its end; never opens a second one.
 * Internal to mqttlink.
 *
 * With hold_acks two rules keep a PUBACK from leaving early: nothing is written while a message
 * awaits its flush, and nothing is read while something of a flushed batch is queued for writing.
 * So whatever a write sends belongs to flushed batches. */
#pragma once
#include "common/mqttlink.h"

struct mqttconn;

struct mqttconn_events {
	void *ctx;
	void (*on_up)(void *ctx); /* CONNACK and all SUBACKs */
	/* The end, once, never from inside a call of the owner. is_old_broker: it does not know
	 * MQTT 5. */
	void (*on_lost)(void *ctx, const struct err *err, bool is_old_broker);
	void (*on_message)(void *ctx, const struct mqttlink_message *message);
	void (*on_batch)(void *ctx);
	void (*on_drain)(void *ctx);
	void (*on_puback)(void *ctx, int mid);
};

/* The texts of options are borrowed for the call, its filters for the connection's life. */
struct mqttconn *mqttconn_open(uv_loop_t *loop, const struct mqttlink_options *options, bool is_v5,
	const char *password, const struct mqttconn_events *events);
/* No event comes any more. is_polite: with DISCONNECT, so that the broker does not publish the
 * will; not where messages await their flush, since libmosquitto would write their PUBACKs first.
 */
void mqttconn_close(struct mqttconn **conn, bool is_polite);
void mqttconn_set_batch_max(struct mqttconn *conn, unsigned messages);
/* 0 or -1; *mid_r (may be NULL) is what on_puback will name. */
MUST_CHECK int mqttconn_publish(struct mqttconn *conn, const char *topic, const void *payload,
	size_t len, int qos, int *mid_r, struct err *err);
size_t mqttconn_unsent(const struct mqttconn *conn);
void mqttconn_read_on(struct mqttconn *conn);
void mqttconn_flush(struct mqttconn *conn);
/* Once a second: keepalive. */
void mqttconn_tick(struct mqttconn *conn);
