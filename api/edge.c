#include "api/edge.h"

#include <string.h>
#include <sys/resource.h>

#include "api/edge_parts.h"
#include "common/log.h"

#define EDGE_SPARE_FILES 128 /* descriptors left for everything else */

struct edge edge;

struct edge_session { /* what libwebsockets keeps for us */
	struct edge_client *client;
};

static void edge_on_event(
	struct edge_session *session, enum lws_callback_reasons why, const void *in, size_t len)
{
	struct edge_client *client = session->client;
	switch (why) {
	case LWS_CALLBACK_RECEIVE: edge_receive(client, in, len); break;
	case LWS_CALLBACK_RECEIVE_PONG: edge_hear(client); break;
	case LWS_CALLBACK_SERVER_WRITEABLE: edge_go_on(client); break;
	case LWS_CALLBACK_WS_SERVER_DROP_PROTOCOL:
	case LWS_CALLBACK_CLOSED: edge_client_end(TAKE(session->client)); break;
	default: break;
	}
}

static int edge_cb(struct lws *wsi, enum lws_callback_reasons why, void *user, void *in, size_t len)
{
	struct edge_session *session = user;
	if (why == LWS_CALLBACK_ESTABLISHED)
		session->client = edge_client_new(wsi);
	else if (session != NULL && session->client != NULL)
		edge_on_event(session, why, in, len);
	return 0;
}

const struct lws_protocols edge_protocol = {
	.name = "mqtt",
	.callback = edge_cb,
	.per_session_data_size = sizeof(struct edge_session),
	.rx_buffer_size = EDGE_RX_BYTES,
	.tx_packet_size = EDGE_FRAME_BYTES,
};

const lws_retry_bo_t edge_no_policy = {0};

/* Each client needs two descriptors. main() has asked for as many as there are. */
static unsigned edge_fit_clients(long long wanted)
{
	struct rlimit files = {.rlim_cur = 1024};
	getrlimit(RLIMIT_NOFILE, &files);
	rlim_t most = files.rlim_cur > 2 * EDGE_SPARE_FILES
			      ? (files.rlim_cur - EDGE_SPARE_FILES) / 2
			      : files.rlim_cur / 4;
	if (wanted > 0 && (rlim_t)wanted > most)
		log_warn("EDGE_CLIENTS is %lld, but %llu descriptors are enough for %llu", wanted,
			(unsigned long long)files.rlim_cur, (unsigned long long)most);
	return (unsigned)(wanted > 0 && (rlim_t)wanted < most ? (rlim_t)wanted : most);
}

int edge_init(uv_loop_t *loop, const struct settings *settings, struct err *err)
{
	memset(&edge, 0, sizeof(edge));
	edge.loop = loop;
	edge.clients_max = edge_fit_clients(settings_number(settings, "EDGE_CLIENTS"));
	edge.message_max = (size_t)settings_number(settings, "EDGE_MESSAGE_MAX");
	edge_clock_init(settings);
	edge_relay_init();
	return edge_broker_init(&edge.broker, settings_text(settings, "MQTT_SOCKET"),
		settings_text(settings, "MQTT_HOST"), (int)settings_number(settings, "MQTT_PORT"),
		err);
}

bool edge_has_room(void)
{
	if (!edge.is_draining && edge.stats.clients < edge.clients_max)
		return true;
	edge.stats.refused++;
	return false;
}

void edge_drain(void)
{
	edge.is_draining = true;
	struct edge_wait *next;
	for (struct edge_wait *at = edge_waits_first(&edge.watch); at != NULL; at = next) {
		next = at->next == &edge.watch.ends ? NULL : at->next;
		edge_close(
			edge_client_of(at), LWS_CLOSE_STATUS_GOINGAWAY, "the server is stopping");
	}
}

void edge_deinit(void)
{
	edge_clock_deinit();
	edge_relay_deinit();
}

void edge_stats(struct edge_stats *stats_r)
{
	*stats_r = edge.stats;
}
