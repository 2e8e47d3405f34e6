/* input.h - where batches come from: anything that hands out items in order, keeps what is not
 * acknowledged, and hands it out again after a loss. MQTT is one such source (input_mqtt.h); AMQP
 * with manual acknowledgement could be another. Items and batches come from the loop, never from
 * inside a call. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

struct input;

struct input_events {
	void *ctx;
	void (*on_up)(void *ctx);
	void (*on_down)(void *ctx,
		const struct err
			*err); /* tried again by itself; what was not acknowledged comes again */
	/* topic and payload are borrowed. false: the batch is full, end it here. */
	bool (*on_item)(void *ctx, const char *topic, const uint8_t *payload, size_t len);
	/* A batch is complete: nothing more comes until input_read_on, input_acknowledge or
	 * input_drop. */
	void (*on_batch)(void *ctx);
};

struct input_ops {
	void (*start)(struct input *input);
	void (*read_on)(struct input *input);
	void (*acknowledge)(struct input *input);
	void (*drop)(struct input *input, const struct err *why);
	void (*stop)(struct input *input);
	bool (*is_up)(const struct input *input);
	void (*free)(struct input *input);
};

struct input {
	const struct input_ops *ops;
	struct input_events events;
};

static inline void input_start(struct input *input)
{
	input->ops->start(input);
}
/* Takes in the next batch while this one is not acknowledged yet. From then on on_down may come:
 * what was handed over since the last acknowledgement will come again. */
static inline void input_read_on(struct input *input)
{
	input->ops->read_on(input);
}
/* All that was handed over since the last acknowledgement is stored: it will not come again. */
static inline void input_acknowledge(struct input *input)
{
	input->ops->acknowledge(input);
}
/* The batch is not stored, or nobody knows: the connection is cut and stays so until input_start.
 */
static inline void input_drop(struct input *input, const struct err *why)
{
	input->ops->drop(input, why);
}
/* Says good-bye where no batch is open; else as input_drop. */
static inline void input_stop(struct input *input)
{
	input->ops->stop(input);
}
static inline bool input_is_up(const struct input *input)
{
	return input->ops->is_up(input);
}
static inline void input_free(struct input **input)
{
	if (*input != NULL)
		(*input)->ops->free(*input);
	*input = NULL;
}
