#include "api/server.h"

#include <libwebsockets.h>
#include <stdlib.h>
#include <string.h>

#include "api/auth.h"
#include "api/edge.h"
#include "api/http.h"
#include "api/idle.h"
#include "api/listener.h"
#include "api/origin.h"
#include "api/poll.h"
#include "api/query.h"
#include "api/routes.h"
#include "api/static.h"
#include "common/log.h"

#define EDGE_PATH "/mqtt"
#define HEADER_BYTES                                                                               \
	16384 /* libwebsockets closes without a word above; our own limits are lower               \
	       */
#define READ_BYTES    32768
#define WRITE_BYTES   (128 * 1024) /* more than one write of ours, so that none is cut */
#define ESTABLISH_SEC 10	   /* for the headers of a request, and for a TLS handshake */
#define DRAIN_MAX_MS  10000
#define DRAIN_LOOK_MS 50

struct session { /* what libwebsockets keeps for a connection, during one request */
	struct idle idle;
	struct http_request *request;
};

static struct {
	struct lws_context *context;
	struct lws_vhost *vhost;
	const struct settings *settings;
	uv_loop_t *loop;
	uv_timer_t drain;
	uint64_t drain_until_ms;
	void (*on_drained)(void);
	bool is_draining;
} server;

/* ---- what a request leads to ---- */

static void answer_options(struct http_request *request, unsigned allowed)
{
	char methods[64];
	if (request->route != NULL)
		allowed |= BIT(request->route->method);
	route_allow(allowed, methods, sizeof(methods));
	http_add_header(request, "allow", "%s", methods);
	if (request->origin != NULL) {
		http_add_header(request, "access-control-allow-methods", "%s", methods);
		http_add_header(request, "access-control-allow-headers",
			"authorization, content-type, if-none-match, x-request-id");
		http_add_header(request, "access-control-max-age", "600");
	}
	http_reply(request, 204, NULL, NULL, 0, NULL);
}

static bool check_origin(struct http_request *request)
{
	const char *origin = http_header(request, WSI_TOKEN_ORIGIN);
	if (!origin_is_allowed(origin)) {
		http_fail(request, "origin_denied", "the origin is not on this server's list");
		return false;
	}
	request->origin = origin;
	return true;
}

static bool is_of_api(const char *path)
{
	return strncmp(path, "/v1/", 4) == 0 || strcmp(path, EDGE_PATH) == 0;
}

/* No handler: another method's path, or the API's own part of the tree. false: the static files'.
 */
static bool answer_without_route(struct http_request *request, unsigned allowed)
{
	char methods[64];
	if (allowed != 0) {
		http_add_header(
			request, "allow", "%s", route_allow(allowed, methods, sizeof(methods)));
		http_fail(request, "method_not_allowed", "the path has %s", methods);
	} else if (strcmp(request->path, EDGE_PATH) == 0) {
		http_add_header(request, "upgrade", "websocket");
		http_problem(request, 426, "invalid", "connect with a WebSocket, subprotocol mqtt");
	} else if (is_of_api(request->path)) {
		http_fail(request, "not_found", "the API has no such path");
	} else {
		return false;
	}
	return true;
}

static bool check_body(struct http_request *request)
{
	size_t max = request->route->body_max;
	if (max == 0)
		return true;
	if (request->body_expected > max)
		http_fail(request, "too_large", "no more than %zu bytes here", max);
	else if (!query_is_json(http_header(request, WSI_TOKEN_HTTP_CONTENT_TYPE)))
		http_fail(request, "media_type", "send application/json");
	else
		return true;
	return false;
}

/* Everything that can be said before the body is here. true: a handler may be called. */
static bool admit(struct http_request *request)
{
	unsigned allowed = 0;
	if (!http_check(request) || !check_origin(request))
		return false;
	request->route = route_find(routes_table, routes_count, request->method, request->path,
		&request->places, &allowed);
	if (request->method == HTTP_OPTIONS && allowed != 0) {
		answer_options(request, allowed);
		return false;
	}
	if (request->route == NULL)
		return !answer_without_route(request, allowed);
	if (!auth_check(request, request->route, &request->places) || !check_body(request))
		return false;
	if (request->places.is_malformed) {
		http_fail(request, "invalid", "gym and room are 1 to 64 of A-Z a-z 0-9 _ -");
		return false;
	}
	return true;
}

static void handle(struct http_request *request)
{
	if (request->route != NULL)
		request->route->handle(request, &request->places);
	else
		static_serve(request);
}

/* ---- libwebsockets ---- */

static int on_request(struct lws *wsi, struct session *session, const char *path, size_t len)
{
	idle_end(&session->idle);
	struct http_request *request = http_begin(wsi, path, len);
	session->request = request;
	request->is_closing = server.is_draining;
	http_enter(wsi);
	if (admit(request) && request->is_body_whole)
		handle(request);
	return http_leave();
}

/* libwebsockets 4.1 gives a request with a body that it finds behind another one in its buffer that
 * buffer from its start: the request's own head comes as its body, and it asks for the end of the
 * body without end. Such a connection is closed; whoever sends requests with bodies without waiting
 * for the answers before must be ready to send them again (RFC 9112, 9.3.2). */
static bool is_own_head(const struct http_request *request, const char *bytes, size_t len)
{
	const char *method = http_method_name(request->method);
	size_t method_len = strlen(method);
	return request->body_len == 0 && len > method_len + 1 &&
	       memcmp(bytes, method, method_len) == 0 && memcmp(bytes + method_len, " /", 2) == 0;
}

static int on_body(struct session *session, const void *bytes, size_t len)
{
	if (session->request == NULL)
		return 0;
	if (is_own_head(session->request, bytes, len))
		return -1;
	http_body_add(session->request, bytes, len);
	return 0;
}

static int on_body_done(struct lws *wsi, struct session *session)
{
	struct http_request *request = session->request;
	if (request == NULL)
		return 0;
	http_enter(wsi);
	if (http_body_done(request))
		handle(request);
	return http_leave();
}

static int on_writable(struct lws *wsi, struct session *session)
{
	http_enter(wsi);
	http_on_writable(session->request);
	return http_leave();
}

/* The word mqtt in a comma-separated list. */
static bool names_mqtt(const char *list)
{
	while (list != NULL && *list != '\0') {
		list += strspn(list, ", \t");
		size_t len = strcspn(list, ", \t");
		if (len == 4 && memcmp(list, "mqtt", 4) == 0)
			return true;
		list += len;
	}
	return false;
}

static bool may_upgrade(struct http_request *request, const char *to)
{
	if (!http_check(request) || !check_origin(request))
		return false;
	if (strcmp(request->path, EDGE_PATH) != 0)
		http_fail(request, "not_found", "there is no WebSocket here");
	else if (strcasecmp(to, "websocket") != 0)
		http_fail(request, "invalid", "the only upgrade is websocket");
	else if (!names_mqtt(http_header(request, WSI_TOKEN_PROTOCOL)))
		http_fail(request, "invalid", "the only subprotocol is mqtt");
	else if (server.is_draining)
		http_fail(request, "stopping", "the server is about to stop");
	else if (!edge_has_room())
		http_fail(request, "too_many_clients", "no more WebSockets fit in this process");
	else
		return true;
	return false;
}

/* The edge's protocol takes over where this returns 0; else the refusal is written and the
 * connection ends. */
static int on_upgrade(struct lws *wsi, const char *to)
{
	char path[HTTP_URL_MAX + 2] = ""; /* what does not fit is no path of ours either */
	int len = lws_hdr_copy(wsi, path, sizeof(path), WSI_TOKEN_GET_URI);
	struct http_request *request = http_begin(wsi, path, len > 0 ? (size_t)len : 0);
	request->is_closing = request->is_body_whole = true;
	http_enter(wsi);
	bool is_good = may_upgrade(request, to);
	http_leave();
	http_end(&request);
	return is_good ? 0 : -1;
}

static int on_http(struct lws *wsi, enum lws_callback_reasons why, void *user, void *in, size_t len)
{
	struct session *session = user;
	switch (why) {
	case LWS_CALLBACK_HTTP: return on_request(wsi, session, in, len);
	case LWS_CALLBACK_HTTP_BODY: return on_body(session, in, len);
	case LWS_CALLBACK_HTTP_BODY_COMPLETION: return on_body_done(wsi, session);
	case LWS_CALLBACK_HTTP_WRITEABLE: return on_writable(wsi, session);
	case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE: return on_upgrade(wsi, in);
	case LWS_CALLBACK_HTTP_DROP_PROTOCOL:
	case LWS_CALLBACK_CLOSED_HTTP:
		if (session != NULL) {
			idle_end(&session->idle);
			http_end(&session->request);
		}
		return 0;
	case LWS_CALLBACK_RAW_ADOPT: /* CONNECT makes libwebsockets take the connection for raw
					bytes */
	case LWS_CALLBACK_RAW_RX: return -1;
	default: return 0;
	}
}

/* Its errors are mostly of clients; ours are answered and logged by ourselves. */
static void on_lws_log(int level, const char *line)
{
	int len = (int)strcspn(line, "\n");
	if (level == LLL_ERR && server.vhost == NULL)
		log_warn("libwebsockets: %.*s", len, line);
	else
		log_debug("libwebsockets: %.*s", len, line);
}

/* ---- start and end ---- */

int server_listen(const struct settings *settings, struct err *err)
{
	int fd;
	bool is_shared = settings_number(settings, "WORKERS") > 1;
	if (listener_open(settings_text(settings, "LISTEN"), (int)settings_number(settings, "PORT"),
		    is_shared, &fd, err) != 0)
		return -1;
	return fd;
}

static bool has_tls(const struct settings *settings)
{
	return settings_text(settings, "TLS_CERT") != NULL;
}

static void fill_context(struct lws_context_creation_info *info, void **loops)
{
	*info = (struct lws_context_creation_info){
		.options = LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_EXPLICIT_VHOSTS |
			   LWS_SERVER_OPTION_UV_NO_SIGSEGV_SIGFPE_SPIN,
		.foreign_loops = loops,
		.port = CONTEXT_PORT_NO_LISTEN_SERVER,
		.max_http_header_data2 = HEADER_BYTES,
		.pt_serv_buf_size = READ_BYTES,
		.timeout_secs = ESTABLISH_SEC,
		.count_threads = 1,
		.retry_and_idle_policy = &edge_no_policy,
	};
	if (has_tls(server.settings))
		info->options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
}

static struct lws_vhost *make_vhost(void)
{
	static struct lws_protocols protocols[3];
	/* with a space: no Sec-WebSocket-Protocol can ask for it */
	protocols[0] = (struct lws_protocols){.name = "http requests",
		.callback = on_http,
		.per_session_data_size = sizeof(struct session),
		.tx_packet_size = WRITE_BYTES};
	protocols[1] = edge_protocol;
	struct lws_context_creation_info info = {
		.port = CONTEXT_PORT_NO_LISTEN_SERVER,
		.vhost_name = "gymchat",
		.protocols = protocols,
		.keepalive_timeout = IDLE_SEC,
		.timeout_secs_ah_idle = ESTABLISH_SEC,
		.retry_and_idle_policy = &edge_no_policy,
		.alpn = "http/1.1", /* WebSockets over HTTP/2 would pass the edge's limits by */
	};
	if (has_tls(server.settings)) {
		/* again for the virtual host: without it the certificate is ignored in silence */
		info.options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
		info.ssl_cert_filepath = settings_text(server.settings, "TLS_CERT");
		info.ssl_private_key_filepath = settings_text(server.settings, "TLS_KEY");
	}
	return lws_create_vhost(server.context, &info);
}

int server_init(uv_loop_t *loop, const struct settings *settings, int listen_fd, struct err *err)
{
	struct lws_context_creation_info info;
	void *loops[] = {loop};
	server.loop = loop;
	server.settings = settings;
	if (has_tls(settings) && settings_text(settings, "TLS_KEY") == NULL)
		return err_set(err, ERR_CONFIG, "GYMCHAT_TLS_CERT needs GYMCHAT_TLS_KEY");
	lws_set_log_level(LLL_ERR | LLL_WARN, on_lws_log);
	fill_context(&info, loops);
	server.context = lws_create_context(&info);
	if (server.context == NULL)
		return err_set(err, ERR_CONFIG,
			"libwebsockets does not start: is its package for libuv there "
			"(libwebsockets-evlib-uv)?");
	server.vhost = make_vhost();
	if (server.vhost == NULL)
		return err_set(err, ERR_CONFIG, "libwebsockets does not start%s",
			has_tls(settings) ? ": are TLS_CERT and TLS_KEY good?" : "");
	uv_timer_init(loop, &server.drain);
	listener_start(loop, listen_fd, server.vhost);
	return 0;
}

void server_reload(void)
{
	const char *cert = settings_text(server.settings, "TLS_CERT");
	const char *key = settings_text(server.settings, "TLS_KEY");
	if (cert == NULL)
		return;
	if (lws_tls_cert_updated(server.context, cert, key, NULL, 0, NULL, 0) != 0)
		log_error("the new certificate is not good: the old one stays");
	else
		log_info("certificate read again");
}

bool server_is_draining(void)
{
	return server.is_draining;
}

static void on_drain(uv_timer_t *timer)
{
	struct edge_stats stats;
	edge_stats(&stats);
	if ((http_live() > 0 || stats.clients > 0) && uv_now(server.loop) < server.drain_until_ms)
		return;
	uv_timer_stop(timer);
	server.on_drained();
}

void server_drain(void (*done)(void))
{
	server.is_draining = true;
	server.on_drained = done;
	server.drain_until_ms = uv_now(server.loop) + DRAIN_MAX_MS;
	listener_stop();
	edge_drain();
	poll_drain();
	uv_timer_start(&server.drain, on_drain, 0, DRAIN_LOOK_MS);
}

void server_deinit(void)
{
	if (server.context == NULL)
		return;
	listener_stop();
	uv_close((uv_handle_t *)&server.drain, NULL);
	lws_context_destroy(server.context);
	server.context = NULL;
}
