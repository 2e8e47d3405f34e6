#include "archiver/outlet.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/log.h"
#include "common/mqttlink.h"
#include "common/must.h"
#include "common/rand.h"

#define KEEPALIVE_SEC	60
#define CLIENT_ID_BYTES 320

struct outlet {
	struct outlet_options options; /* texts: while it is made only */
	struct mqttlink *link;
	bool is_started;
	char state_topic[TOPIC_MAX];
	const struct notices *telling; /* NULL: nothing */
	size_t told;
};

static int password(void *ctx, char *buf, size_t size, struct err *err)
{
	const struct outlet *outlet = ctx;
	return outlet->options.password(outlet->options.ctx, buf, size, err);
}

/* true: all is on its way */
static bool go_on(struct outlet *outlet)
{
	const struct notices *notices = outlet->telling;
	struct err err = {0};
	for (; outlet->told < notices->len; outlet->told++) {
		size_t i = outlet->told;
		const char *topic = notice_topic(notices, i);
		if (mqttlink_publish(outlet->link, topic, notice_payload(notices, i),
			    notices->all[i].len, 0, &err) == 0)
			continue;
		if (err.code != ERR_INPUT)
			return false; /* not up, or full: on_up or on_drain goes on */
		log_error("a notice for %s is lost: %s", topic, err.text);
	}
	outlet->telling = NULL;
	return true;
}

static void go_on_and_say(struct outlet *outlet)
{
	if (outlet->telling != NULL && go_on(outlet))
		outlet->options.on_told(outlet->options.ctx);
}

static void on_up(void *ctx)
{
	struct outlet *outlet = ctx;
	outlet->options.on_up(outlet->options.ctx);
	go_on_and_say(outlet);
}

static void on_down(void *ctx, const struct err *err)
{
	struct outlet *outlet = ctx;
	outlet->options.on_down(outlet->options.ctx, err);
}

static void on_drain(void *ctx)
{
	go_on_and_say(ctx);
}

struct outlet *outlet_new(uv_loop_t *loop, const struct outlet_options *options)
{
	struct outlet *outlet = must(calloc(1, sizeof(*outlet)));
	char client_id[CLIENT_ID_BYTES];
	struct topic state = {.kind = TOPIC_STATE, .room = "archiver"};
	outlet->options = *options;
	snprintf(state.who, sizeof(state.who), "%s", options->instance);
	if (topic_format(&state, outlet->state_topic, sizeof(outlet->state_topic)) < 0)
		abort(); /* settings.c has seen that the instance is a key */
	/* Two of one instance, one of them paused, must not push each other out of the broker for
	 * ever. */
	snprintf(client_id, sizeof(client_id), "%s.%s.out.%08x", options->username,
		options->instance, rand_below(UINT32_MAX));
	struct mqttlink_options link = {.host = options->host,
		.port = options->port,
		.client_id = client_id,
		.username = options->username,
		.password = password,
		.keepalive_sec = KEEPALIVE_SEC,
		.will_topic = outlet->state_topic,
		.will_payload = "{\"state\":\"gone\",\"ready\":false}",
		.ctx = outlet,
		.on_up = on_up,
		.on_down = on_down,
		.on_drain = on_drain};
	outlet->link = mqttlink_new(loop, &link);
	return outlet;
}

void outlet_free(struct outlet **handle)
{
	struct outlet *outlet = TAKE(*handle);
	if (outlet == NULL)
		return;
	mqttlink_free(&outlet->link);
	free(outlet);
}

void outlet_start(struct outlet *outlet)
{
	if (!outlet->is_started)
		mqttlink_start(outlet->link);
	outlet->is_started = true;
}

void outlet_stop(struct outlet *outlet)
{
	outlet->is_started = false;
	outlet->telling = NULL;
	mqttlink_stop(outlet->link);
}

bool outlet_is_up(const struct outlet *outlet)
{
	return mqttlink_is_up(outlet->link);
}

bool outlet_tell(struct outlet *outlet, const struct notices *notices)
{
	outlet->telling = notices;
	outlet->told = 0;
	return go_on(outlet);
}

void outlet_forget(struct outlet *outlet)
{
	outlet->telling = NULL;
}

void outlet_state(struct outlet *outlet, const char *json, size_t len)
{
	struct err err = {0};
	if (mqttlink_publish(outlet->link, outlet->state_topic, json, len, 0, &err) != 0)
		log_debug("our state is not told: %s", err.text);
}
