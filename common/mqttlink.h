/* mqttlink.h - one libmosquitto client on a libuv loop, driven by mosquitto_loop_read / _write /
 * _misc: connects with a token as its password, resubscribes, reconnects with full-jitter back-off
 * (100 ms .. 5 s). Call only from the loop.
 *
 * hold_acks: the archiver's mode (docs/guarantees.md "Commit before acknowledge"). The instance is
 * "threaded" for libmosquitto, so that nothing at all is written outside mosquitto_loop_write, and
 * this module calls that only while no message awaits its flush (CONNECT, SUBSCRIBE, PINGREQ) and
 * in mqttlink_flush. Between on_batch and mqttlink_flush or mqttlink_drop the link does nothing by
 * itself: it neither reads nor notices a lost connection, so a flush never acknowledges the batch
 * of a later connection (but see mqttlink_read_on). */
#pragma once
#include <mosquitto.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "common/auto.h"
#include "common/err.h"

struct mqttlink;

struct mqttlink_message {
	const char *topic;
	const uint8_t *payload; /* [len]; may be NULL when len is 0 */
	size_t len;
	int qos;
	bool retain;
	bool dup; /* a hint only: libmosquitto 2.0.11 does not tell, and it is false */
};

struct mqttlink_options {
	const char *host; /* or a Unix socket's path with port 0 */
	int port;
	const char *client_id, *username; /* copied */
	/* Puts the password of an attempt (a fresh token) into buf; -1: not now, retried. */
	int (*password)(void *ctx, char *buf, size_t size, struct err *err);
	const char *const *filters; /* NULL-ended, borrowed */
	int qos;		    /* of the subscriptions */
	/* MQTT 5 (3.1.1 where the broker has no 5), clean_start=false, the session never expires;
	 * else 3.1.1 and a clean session. */
	bool persistent;
	int receive_maximum; /* with persistent; 0: libmosquitto's 20 */
	bool hold_acks;
	int keepalive_sec;
	const char *will_topic, *will_payload; /* NULL: none; copied; QoS 0 */
	void *ctx;
	/* After CONNACK and all SUBACKs granted. A persistent session's messages, and on_batch, may
	 * come before it. */
	void (*on_up)(void *ctx);
	/* Lost, dropped (inside of mqttlink_drop), or an attempt failed: each one tells, and is
	 * retried by itself. ERR_DENIED: the broker refused the token or a subscription. Messages
	 * after the last on_batch come again. */
	void (*on_down)(void *ctx, const struct err *err);
	void (*on_message)(void *ctx, const struct mqttlink_message *message);
	/* hold_acks only: called after a run of on_message when the socket had nothing more or the
	 * batch is full (see mqttlink_set_batch_max); the owner stores, then calls mqttlink_flush.
	 * Reading pauses in between, or until mqttlink_read_on. */
	void (*on_batch)(void *ctx);
	/* NULL, or: all that was published has been handed to the socket. */
	void (*on_drain)(void *ctx);
	/* NULL, or: the broker has a publish of mqttlink_publish_qos1. It proves no more than that.
	 */
	void (*on_puback)(void *ctx, int mid);
};

struct mqttlink *mqttlink_new(uv_loop_t *loop, const struct mqttlink_options *options);
void mqttlink_start(struct mqttlink *link);
/* Drops the connection without flushing (mosquitto_reconnect drops pending PUBACKs): the broker
 * sends the batch again. */
void mqttlink_drop(struct mqttlink *link, const struct err *why);
/* Disconnects and stays so, until mqttlink_start; no on_down. Says DISCONNECT (no will) after what
 * is queued, as far as the socket takes it at once, but not while messages await their flush: those
 * are left to the broker. */
void mqttlink_stop(struct mqttlink *link);
void mqttlink_free(struct mqttlink **link);
bool mqttlink_is_up(const struct mqttlink *link);
/* Publishes; -1 when not up or the outgoing queue holds over 1 MiB (caller keeps and retries
 * on_drain). */
MUST_CHECK int mqttlink_publish(struct mqttlink *link, const char *topic, const void *payload,
	size_t len, int qos, struct err *err);
/* The same with QoS 1; *mid_r is what on_puback will name. What has no PUBACK when the link goes
 * down is lost or not: it is not sent again. */
MUST_CHECK int mqttlink_publish_qos1(struct mqttlink *link, const char *topic, const void *payload,
	size_t len, int *mid_r, struct err *err);
/* Bytes queued here and not yet written, plus what the kernel holds: unacknowledged by the broker's
 * kernel (TCP), not yet read by the broker (Unix socket, an upper bound). 0 when down. */
size_t mqttlink_unsent(const struct mqttlink *link);
/* Default: receive_maximum, or else 1000. */
void mqttlink_set_batch_max(struct mqttlink *link, unsigned messages);
/* hold_acks: reads the next batch although the one before has not been flushed; on_batch comes
 * again. From then on a lost connection is noticed: on_down means that what was handed over since
 * the last flush comes again, and the owner must not flush for it. */
void mqttlink_read_on(struct mqttlink *link);
/* hold_acks: the PUBACKs of all that was handed over since the last flush are written in the next
 * turn of the loop, then reading goes on. Where nothing awaits it: nothing. */
void mqttlink_flush(struct mqttlink *link);
