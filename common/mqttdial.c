#include "common/mqttdial.h"

#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/auto.h"
#include "common/must.h"

#define MQTTDIAL_STACK (256 * 1024)

/* Shared by the loop and the thread; whoever is done last frees it. */
struct mqttdial {
	pthread_mutex_t lock;
	struct mosquitto *mosq;
	char *host;
	int port, keepalive_sec;
	mosquitto_property *properties;
	uv_async_t *wake; /* the loop's; NULL once abandoned */
	void (*done)(void *ctx, struct mosquitto *mosq, const struct err *err);
	void *ctx;
	bool is_finished;
	int rc, system_error;
};

static void dial_free(struct mqttdial *dial)
{
	if (dial->mosq != NULL)
		mosquitto_destroy(dial->mosq);
	mosquitto_property_free_all(&dial->properties);
	pthread_mutex_destroy(&dial->lock);
	free(dial->host);
	free(dial);
}

/* Returns whether nobody waits any more. */
static bool dial_finish(struct mqttdial *dial, int rc, int system_error)
{
	pthread_mutex_lock(&dial->lock);
	bool is_abandoned = dial->wake == NULL;
	dial->is_finished = true;
	dial->rc = rc;
	dial->system_error = system_error;
	if (!is_abandoned)
		uv_async_send(dial->wake);
	pthread_mutex_unlock(&dial->lock);
	return is_abandoned;
}

static void *dial_thread(void *arg)
{
	struct mqttdial *dial = arg;
	int rc = mosquitto_connect_bind_v5(
		dial->mosq, dial->host, dial->port, dial->keepalive_sec, NULL, dial->properties);
	if (dial_finish(dial, rc, errno))
		dial_free(dial);
	return NULL;
}

static void on_wake_closed(uv_handle_t *handle)
{
	free(handle);
}

static const char *dial_reason(const struct mqttdial *dial)
{
	if (dial->rc == MOSQ_ERR_EAI)
		return gai_strerror(dial->system_error);
	return dial->rc == MOSQ_ERR_ERRNO ? strerror(dial->system_error)
					  : mosquitto_strerror(dial->rc);
}

static void on_wake(uv_async_t *wake)
{
	struct mqttdial *dial = wake->data;
	struct err err = {0};
	/* Taking the lock once waits for the thread to leave it: it touches nothing afterwards. */
	pthread_mutex_lock(&dial->lock);
	dial->wake = NULL;
	pthread_mutex_unlock(&dial->lock);
	uv_close((uv_handle_t *)wake, on_wake_closed);
	if (dial->rc == MOSQ_ERR_SUCCESS) {
		dial->done(dial->ctx, TAKE(dial->mosq), NULL);
	} else {
		err_set(&err, ERR_IO, "no broker at %s port %d: %s", dial->host, dial->port,
			dial_reason(dial));
		dial->done(dial->ctx, NULL, &err);
	}
	dial_free(dial);
}

static void thread_start(struct mqttdial *dial)
{
	pthread_attr_t attributes;
	pthread_t thread;
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, MQTTDIAL_STACK);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	int rc = pthread_create(&thread, &attributes, dial_thread, dial);
	pthread_attr_destroy(&attributes);
	if (rc != 0)
		dial_finish(dial, MOSQ_ERR_ERRNO, rc);
}

struct mqttdial *mqttdial_start(uv_loop_t *loop, struct mosquitto *mosq, const char *host, int port,
	int keepalive_sec, mosquitto_property *properties,
	void (*done)(void *ctx, struct mosquitto *mosq, const struct err *err), void *ctx)
{
	struct mqttdial *dial = must(calloc(1, sizeof(*dial)));
	*dial = (struct mqttdial){.mosq = mosq,
		.host = must(strdup(host)),
		.port = port,
		.keepalive_sec = keepalive_sec,
		.properties = properties,
		.wake = must(calloc(1, sizeof(uv_async_t))),
		.done = done,
		.ctx = ctx};
	pthread_mutex_init(&dial->lock, NULL);
	uv_async_init(loop, dial->wake, on_wake);
	dial->wake->data = dial;
	thread_start(dial);
	return dial;
}

void mqttdial_abandon(struct mqttdial **handle)
{
	struct mqttdial *dial = TAKE(*handle);
	if (dial == NULL)
		return;
	pthread_mutex_lock(&dial->lock);
	uv_async_t *wake = TAKE(dial->wake);
	bool is_finished = dial->is_finished;
	pthread_mutex_unlock(&dial->lock);
	uv_close((uv_handle_t *)wake, on_wake_closed);
	if (is_finished)
		dial_free(dial); /* else the thread does */
}
