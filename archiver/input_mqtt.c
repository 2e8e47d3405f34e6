#include "archiver/input_mqtt.h"

#include <stdlib.h>

#include "common/mqttlink.h"
#include "common/must.h"

#define KEEPALIVE_SEC  60
#define WINDOW_BATCHES 3
#define WINDOW_MAX     65535 /* of MQTT 5's Receive Maximum */

struct input_mqtt {
	struct input base;
	struct input_mqtt_options options; /* texts: while it is made only */
	struct mqttlink *link;
	bool is_cut; /* the batch was ended early */
};

/* The archiver never subscribes to what it publishes itself. */
static const char *const filters[] = {"gym/+/room/+/msg/+/+", "gym/+/room/+/receipt/+/+",
	"gym/+/presence/+/+", "gym/+/desk/+/note/+/+", NULL};

unsigned input_mqtt_window(unsigned batch_max)
{
	return batch_max * WINDOW_BATCHES < WINDOW_MAX ? batch_max * WINDOW_BATCHES : WINDOW_MAX;
}

static int password(void *ctx, char *buf, size_t size, struct err *err)
{
	const struct input_mqtt *input = ctx;
	return input->options.password(input->options.ctx, buf, size, err);
}

static void on_up(void *ctx)
{
	struct input_mqtt *input = ctx;
	input->base.events.on_up(input->base.events.ctx);
}

static void on_down(void *ctx, const struct err *err)
{
	struct input_mqtt *input = ctx;
	input->base.events.on_down(input->base.events.ctx, err);
}

static void on_message(void *ctx, const struct mqttlink_message *message)
{
	struct input_mqtt *input = ctx;
	struct input_events *events = &input->base.events;
	if (!events->on_item(events->ctx, message->topic, message->payload, message->len)) {
		mqttlink_set_batch_max(input->link, 1);
		input->is_cut = true;
	}
}

static void on_batch(void *ctx)
{
	struct input_mqtt *input = ctx;
	if (input->is_cut)
		mqttlink_set_batch_max(input->link, input->options.batch_max);
	input->is_cut = false;
	input->base.events.on_batch(input->base.events.ctx);
}

static void start(struct input *base)
{
	mqttlink_start(((struct input_mqtt *)base)->link);
}

static void read_on(struct input *base)
{
	mqttlink_read_on(((struct input_mqtt *)base)->link);
}

static void acknowledge(struct input *base)
{
	mqttlink_flush(((struct input_mqtt *)base)->link);
}

static void drop(struct input *base, const struct err *why)
{
	struct input_mqtt *input = (struct input_mqtt *)base;
	mqttlink_drop(input->link, why);
	mqttlink_stop(input->link);
}

static void stop(struct input *base)
{
	mqttlink_stop(((struct input_mqtt *)base)->link);
}

static bool is_up(const struct input *base)
{
	return mqttlink_is_up(((const struct input_mqtt *)base)->link);
}

static void release(struct input *base)
{
	struct input_mqtt *input = (struct input_mqtt *)base;
	mqttlink_free(&input->link);
	free(input);
}

static const struct input_ops ops = {start, read_on, acknowledge, drop, stop, is_up, release};

struct input *input_mqtt_new(uv_loop_t *loop, const struct input_mqtt_options *options,
	const struct input_events *events)
{
	struct input_mqtt *input = must(calloc(1, sizeof(*input)));
	struct mqttlink_options link = {.host = options->host,
		.port = options->port,
		.client_id = options->client_id,
		.username = options->username,
		.password = password,
		.filters = filters,
		.qos = 1,
		.persistent = true,
		.receive_maximum = (int)input_mqtt_window(options->batch_max),
		.hold_acks = true,
		.keepalive_sec = KEEPALIVE_SEC,
		.ctx = input,
		.on_up = on_up,
		.on_down = on_down,
		.on_message = on_message,
		.on_batch = on_batch};
	input->base = (struct input){&ops, *events};
	input->options = *options;
	input->link = mqttlink_new(loop, &link);
	mqttlink_set_batch_max(input->link, input->options.batch_max);
	return &input->base;
}
