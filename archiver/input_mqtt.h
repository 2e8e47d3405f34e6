/* input_mqtt.h - batches from the broker: what all gyms publish, QoS 1, one persistent session. */
#pragma once
#include <uv.h>

#include "archiver/input.h"

struct input_mqtt_options {
	const char *host; /* or a Unix socket's path with port 0 */
	int port;
	const char *client_id, *username;
	unsigned batch_max;
	void *ctx;
	int (*password)(void *ctx, char *buf, size_t size, struct err *err);
};

/* How many publishes the broker may have on their way to us: those that are being stored, and those
 * that wait. */
unsigned input_mqtt_window(unsigned batch_max);
struct input *input_mqtt_new(uv_loop_t *loop, const struct input_mqtt_options *options,
	const struct input_events *events);
