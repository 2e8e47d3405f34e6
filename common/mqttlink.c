#include "common/mqttlink.h"

#include <stdlib.h>
#include <string.h>

#include "common/mqttconn.h"
#include "common/must.h"
#include "common/rand.h"

#define MQTTLINK_BACKOFF_BASE_MS 100
#define MQTTLINK_BACKOFF_CAP_MS	 5000
#define MQTTLINK_SETTLED_MS	 5000  /* up for so long: the next loss starts the back-off anew */
#define MQTTLINK_ATTEMPT_MS	 10000 /* from dialling, or the last batch, to the last SUBACK */
#define MQTTLINK_TICK_MS	 1000
#define MQTTLINK_BATCH_MAX	 1000
#define MQTTLINK_PASSWORD_BYTES	 8192

/* Timers end a turn of the loop later than the link, so they are allocated apart from it. */
struct mqttlink {
	uv_loop_t *loop;
	struct mqttlink_options options;
	char *host, *client_id, *username, *will_topic,
		*will_payload; /* owned copies, in options too */
	struct mqttconn *conn; /* NULL: waiting for the next attempt, or stopped */
	bool is_up, is_old_broker;
	uv_timer_t *retry; /* without conn: the next attempt; with one: its time limit */
	uv_timer_t *tick;
	unsigned attempt, batch_max;
	uint64_t up_at_ms;
	unsigned depth;
	bool freed;
};

static void link_attempt(struct mqttlink *link);

static void link_release(struct mqttlink *link)
{
	if (!link->freed || link->depth > 0)
		return;
	free(link->host);
	free(link->client_id);
	free(link->username);
	free(link->will_topic);
	free(link->will_payload);
	free(link);
	mosquitto_lib_cleanup();
}

static void on_timer_closed(uv_handle_t *handle)
{
	free(handle);
}

static uv_timer_t *timer_new(struct mqttlink *link)
{
	uv_timer_t *timer = must(calloc(1, sizeof(*timer)));
	uv_timer_init(link->loop, timer);
	timer->data = link;
	return timer;
}

static char *copy_text(const char *text)
{
	return text == NULL ? NULL : must(strdup(text));
}

struct mqttlink *mqttlink_new(uv_loop_t *loop, const struct mqttlink_options *options)
{
	struct mqttlink *link = must(calloc(1, sizeof(*link)));
	mosquitto_lib_init();
	link->loop = loop;
	link->options = *options;
	link->options.host = link->host = copy_text(options->host);
	link->options.client_id = link->client_id = copy_text(options->client_id);
	link->options.username = link->username = copy_text(options->username);
	link->options.will_topic = link->will_topic = copy_text(options->will_topic);
	link->options.will_payload = link->will_payload = copy_text(options->will_payload);
	link->batch_max = options->receive_maximum > 0 ? (unsigned)options->receive_maximum
						       : MQTTLINK_BATCH_MAX;
	link->retry = timer_new(link);
	link->tick = timer_new(link);
	return link;
}

/* ---- down and up ---- */

static void on_retry(uv_timer_t *timer)
{
	link_attempt(timer->data);
}

static void link_down(struct mqttlink *link, const struct err *why)
{
	struct err reason = *why;
	if (link->is_up && uv_now(link->loop) - link->up_at_ms >= MQTTLINK_SETTLED_MS)
		link->attempt = 0;
	link->is_up = false;
	uv_timer_stop(link->tick);
	int ms =
		rand_backoff_ms(MQTTLINK_BACKOFF_BASE_MS, MQTTLINK_BACKOFF_CAP_MS, link->attempt++);
	uv_timer_start(link->retry, on_retry, (uint64_t)ms, 0);
	link->depth++;
	if (link->options.on_down != NULL)
		link->options.on_down(link->options.ctx, &reason);
	link->depth--;
	link_release(link);
}

static void on_lost(void *ctx, const struct err *err, bool is_old_broker)
{
	struct mqttlink *link = ctx;
	link->conn = NULL;
	link->is_old_broker = link->is_old_broker || is_old_broker;
	link_down(link, err);
}

static void on_tick(uv_timer_t *timer)
{
	struct mqttlink *link = timer->data;
	mqttconn_tick(link->conn);
}

static void on_up(void *ctx)
{
	struct mqttlink *link = ctx;
	link->is_up = true;
	link->up_at_ms = uv_now(link->loop);
	uv_timer_stop(link->retry);
	uv_timer_start(link->tick, on_tick, MQTTLINK_TICK_MS, MQTTLINK_TICK_MS);
	if (link->options.on_up != NULL)
		link->options.on_up(link->options.ctx);
}

static void on_attempt_late(uv_timer_t *timer)
{
	struct err err = {0};
	err_set(&err, ERR_IO, "no session with the broker within %d s", MQTTLINK_ATTEMPT_MS / 1000);
	mqttlink_drop(timer->data, &err);
}

/* ---- events that are handed on ---- */

static void on_message(void *ctx, const struct mqttlink_message *message)
{
	struct mqttlink *link = ctx;
	if (link->options.on_message != NULL)
		link->options.on_message(link->options.ctx, message);
}

/* A session with a backlog hands out as much as its window before the SUBACKs: that takes as long
 * as the owner needs. */
static void on_batch(void *ctx)
{
	struct mqttlink *link = ctx;
	if (!link->is_up)
		uv_timer_stop(link->retry);
	if (link->options.on_batch != NULL)
		link->options.on_batch(link->options.ctx);
	else
		mqttlink_flush(link);
}

static void on_drain(void *ctx)
{
	struct mqttlink *link = ctx;
	if (link->options.on_drain != NULL)
		link->options.on_drain(link->options.ctx);
}

static void on_puback(void *ctx, int mid)
{
	struct mqttlink *link = ctx;
	if (link->options.on_puback != NULL)
		link->options.on_puback(link->options.ctx, mid);
}

static void link_attempt(struct mqttlink *link)
{
	struct mqttconn_events events = {
		link, on_up, on_lost, on_message, on_batch, on_drain, on_puback};
	char password[MQTTLINK_PASSWORD_BYTES] = "";
	struct err err = {0};
	bool is_v5 = link->options.persistent && !link->is_old_broker;
	if (link->options.password != NULL &&
		link->options.password(link->options.ctx, password, sizeof(password), &err) < 0) {
		err_wrap(&err, "no token for the broker");
		link_down(link, &err);
		return;
	}
	link->conn = mqttconn_open(link->loop, &link->options, is_v5, password, &events);
	explicit_bzero(password, sizeof(password));
	mqttconn_set_batch_max(link->conn, link->batch_max);
	uv_timer_start(link->retry, on_attempt_late, MQTTLINK_ATTEMPT_MS, 0);
}

/* ---- what owners call ---- */

void mqttlink_start(struct mqttlink *link)
{
	if (link->conn == NULL)
		uv_timer_start(link->retry, on_retry, 0, 0);
}

void mqttlink_drop(struct mqttlink *link, const struct err *why)
{
	if (link->conn == NULL)
		return;
	mqttconn_close(&link->conn, false);
	link_down(link, why);
}

void mqttlink_stop(struct mqttlink *link)
{
	uv_timer_stop(link->retry);
	uv_timer_stop(link->tick);
	link->is_up = false;
	link->attempt = 0;
	mqttconn_close(&link->conn, true);
}

void mqttlink_free(struct mqttlink **handle)
{
	struct mqttlink *link = TAKE(*handle);
	if (link == NULL)
		return;
	mqttlink_stop(link);
	uv_close((uv_handle_t *)TAKE(link->retry), on_timer_closed);
	uv_close((uv_handle_t *)TAKE(link->tick), on_timer_closed);
	link->freed = true;
	link_release(link);
}

bool mqttlink_is_up(const struct mqttlink *link)
{
	return link->is_up;
}

int mqttlink_publish(struct mqttlink *link, const char *topic, const void *payload, size_t len,
	int qos, struct err *err)
{
	if (!link->is_up)
		return err_set(err, ERR_IO, "not connected to the broker");
	return mqttconn_publish(link->conn, topic, payload, len, qos, NULL, err);
}

int mqttlink_publish_qos1(struct mqttlink *link, const char *topic, const void *payload, size_t len,
	int *mid_r, struct err *err)
{
	if (!link->is_up)
		return err_set(err, ERR_IO, "not connected to the broker");
	return mqttconn_publish(link->conn, topic, payload, len, 1, mid_r, err);
}

size_t mqttlink_unsent(const struct mqttlink *link)
{
	return link->conn == NULL ? 0 : mqttconn_unsent(link->conn);
}

void mqttlink_set_batch_max(struct mqttlink *link, unsigned messages)
{
	link->batch_max = messages;
	if (link->conn != NULL)
		mqttconn_set_batch_max(link->conn, messages);
}

void mqttlink_read_on(struct mqttlink *link)
{
	if (link->conn != NULL)
		mqttconn_read_on(link->conn);
}

void mqttlink_flush(struct mqttlink *link)
{
	if (link->conn == NULL)
		return;
	if (!link->is_up)
		uv_timer_start(link->retry, on_attempt_late, MQTTLINK_ATTEMPT_MS, 0);
	mqttconn_flush(link->conn);
}
