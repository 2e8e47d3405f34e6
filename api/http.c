/* What came: headers, limits, the body, and noticing that a client has gone. The answer is in
 * http_reply.c. */
#include "api/http.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "api/http_reply.h"
#include "api/query.h"
#include "common/must.h"
#include "common/rand.h"

#define QUERY_MAX	32
#define SWEEP_MS	100
#define LINGER_MS	2000
#define GONE_EVENTS_MAX 64

/* One process, one server. Requests stand in the list until they are watched or end; the oldest
 * first, so that a sweep ends at the first young one. */
static struct {
	struct http_request *first, *last;
	unsigned live;
	uint64_t ids;
	uv_loop_t *loop;
	uv_timer_t sweep;
	uv_poll_t gone;
	int gone_fd; /* epoll: connections of watched requests, for EPOLLRDHUP */
} http;

static void sweep(uv_timer_t *timer);
static void on_gone(uv_poll_t *poll, int status, int events);

void http_init(uv_loop_t *loop, unsigned answer_sec)
{
	http.loop = loop;
	rand_bytes(&http.ids, sizeof(http.ids));
	http.gone_fd = epoll_create1(EPOLL_CLOEXEC);
	assert(http.gone_fd >= 0);
	uv_timer_init(loop, &http.sweep);
	uv_poll_init(loop, &http.gone, http.gone_fd);
	uv_poll_start(&http.gone, UV_READABLE, on_gone);
	http_reply_init(answer_sec);
}

static void on_gone_closed(uv_handle_t *handle)
{
	(void)handle;
	close(http.gone_fd);
}

void http_deinit(void)
{
	uv_close((uv_handle_t *)&http.sweep, NULL);
	uv_close((uv_handle_t *)&http.gone, on_gone_closed);
	http_reply_deinit();
}

unsigned http_live(void)
{
	return http.live;
}

/* ---- the list of the unwatched ---- */

static void list_add(struct http_request *request)
{
	request->prev = http.last;
	request->next = NULL;
	if (http.last != NULL)
		http.last->next = request;
	else
		http.first = request;
	http.last = request;
	if (!uv_is_active((uv_handle_t *)&http.sweep))
		uv_timer_start(&http.sweep, sweep, SWEEP_MS, SWEEP_MS);
}

static void list_remove(struct http_request *request)
{
	*(request->prev != NULL ? &request->prev->next : &http.first) = request->next;
	*(request->next != NULL ? &request->next->prev : &http.last) = request->prev;
	request->prev = request->next = NULL;
}

/* ---- watching: a request that waits ----
 * While a request waits, libwebsockets leaves what comes, the end of the stream included, in the
 * socket, and is woken for it again and again. A second epoll says what came, once: then the
 * connection is closed, or the wait ended, or reading turned off. It is not turned off before:
 * libwebsockets spins just as well on a connection that is turned off and has bytes in its buffer.
 */

static void watch_for(struct http_request *request, int operation, uint32_t events)
{
	struct epoll_event event = {.events = events | EPOLLONESHOT, .data.ptr = request};
	epoll_ctl(http.gone_fd, operation, lws_get_socket_fd(request->wsi), &event);
}

/* From now on notices at once when the client goes, or sends more. */
static void watch(struct http_request *request)
{
	if (request->is_watched || request->status != 0 || !request->is_body_whole)
		return;
	list_remove(request);
	request->is_watched = true;
	lws_set_timeout(request->wsi, NO_PENDING_TIMEOUT, 0);
	watch_for(request, EPOLL_CTL_ADD, EPOLLIN | EPOLLRDHUP);
}

/* They are 10 KiB, and libwebsockets looks for them from the head of one list, the youngest first,
 * when the request ends: with 5,000 that wait each answer took a millisecond. */
void http_park(struct http_request *request)
{
	lws_http_headers_detach(request->wsi);
	watch(request);
}

void http_unwatch(struct http_request *request)
{
	if (!request->is_watched)
		return;
	request->is_watched = false;
	epoll_ctl(http.gone_fd, EPOLL_CTL_DEL, lws_get_socket_fd(request->wsi), NULL);
	if (request->is_held_back)
		lws_rx_flow_control(request->wsi, 1);
	request->is_held_back = false;
	list_add(request);
}

static void kill_connection(struct http_request *request)
{
	lws_set_timeout(request->wsi, PENDING_TIMEOUT_USER_REASON_BASE, LWS_TO_KILL_SYNC);
}

static void on_news(struct http_request *request, uint32_t events)
{
	if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) {
		kill_connection(request);
	} else if (request->on_more != NULL) {
		request->on_more(request);
	} else {
		request->is_held_back = true;
		lws_rx_flow_control(request->wsi, 0);
		watch_for(request, EPOLL_CTL_MOD, EPOLLRDHUP);
	}
}

static void on_gone(uv_poll_t *poll, int status, int events)
{
	struct epoll_event gone[GONE_EVENTS_MAX];
	(void)poll;
	(void)status;
	(void)events;
	int n = epoll_wait(http.gone_fd, gone, GONE_EVENTS_MAX, 0);
	/* Each event belongs to a request of its own, and ending one ends no other. */
	for (int i = 0; i < n; i++)
		on_news(gone[i].data.ptr, gone[i].events);
}

static void give_up_body(struct http_request *request)
{
	request->is_closing = request->is_lingering = true;
	if (request->answer == NULL)
		http_fail(request, "body_timeout", "the body did not come within %d s",
			HTTP_BODY_SEC);
	else
		http_send(request); /* an early refusal, held for a body that never ends */
}

static void sweep_one(struct http_request *request, int64_t age_ms)
{
	if (request->is_lingering) {
		if (age_ms >= LINGER_MS)
			kill_connection(request);
	} else if (!request->is_body_whole) {
		if (age_ms >= HTTP_BODY_SEC * 1000)
			give_up_body(request);
	} else if (request->status == 0) {
		watch(request);
	}
}

static void sweep(uv_timer_t *timer)
{
	int64_t now_ms = (int64_t)uv_now(http.loop);
	for (struct http_request *request = http.first, *next; request != NULL; request = next) {
		next = request->next;
		if (now_ms - request->began_ms < HTTP_WATCH_MS)
			return;
		sweep_one(request, now_ms - request->began_ms);
	}
	if (http.first == NULL)
		uv_timer_stop(timer);
}

/* ---- headers ---- */

const char *http_header(struct http_request *request, enum lws_token_indexes token)
{
	int len = lws_hdr_total_length(request->wsi, token);
	if (len <= 0)
		return NULL;
	char *value = arena_take(&request->arena, (size_t)len + 16);
	if (lws_hdr_copy(request->wsi, value, len + 16, token) < 0)
		return NULL;
	return value;
}

const char *http_header_named(struct http_request *request, const char *name)
{
	int name_len = (int)strlen(name);
	int len = lws_hdr_custom_length(request->wsi, name, name_len);
	if (len <= 0)
		return NULL;
	char *value = arena_take(&request->arena, (size_t)len + 1);
	if (lws_hdr_custom_copy(request->wsi, value, len + 1, name, name_len) < 0)
		return NULL;
	value[len] = '\0';
	return value;
}

const char *http_query(const struct http_request *request, const char *name)
{
	return query_value(request->query, name);
}

static enum http_method method_of(struct lws *wsi)
{
	static const struct {
		enum lws_token_indexes token;
		enum http_method method;
	} methods[] = {
		{WSI_TOKEN_GET_URI, HTTP_GET},
		{WSI_TOKEN_POST_URI, HTTP_POST},
		{WSI_TOKEN_PUT_URI, HTTP_PUT},
		{WSI_TOKEN_PATCH_URI, HTTP_PATCH},
		{WSI_TOKEN_DELETE_URI, HTTP_DELETE},
		{WSI_TOKEN_HEAD_URI, HTTP_HEAD},
		{WSI_TOKEN_OPTIONS_URI, HTTP_OPTIONS},
	};
	for (size_t i = 0; i < COUNT(methods); i++) {
		if (lws_hdr_total_length(wsi, methods[i].token) > 0)
			return methods[i].method;
	}
	return HTTP_OTHER;
}

static void take_query(struct http_request *request)
{
	static const char *const none[] = {NULL};
	int total = lws_hdr_total_length(request->wsi, WSI_TOKEN_HTTP_URI_ARGS);
	request->query = none;
	if (total <= 0)
		return;
	const char **query = arena_take(&request->arena, sizeof(*query) * (QUERY_MAX + 1));
	int n = 0;
	for (int i = 0; i < QUERY_MAX; i++) {
		int len = lws_hdr_fragment_length(request->wsi, WSI_TOKEN_HTTP_URI_ARGS, i);
		char *text = arena_take(&request->arena, (size_t)len + 1);
		if (lws_hdr_copy_fragment(request->wsi, text, len + 1, WSI_TOKEN_HTTP_URI_ARGS, i) <
			0)
			break;
		text[len] = '\0';
		query[n++] = text;
	}
	query[n] = NULL;
	request->query = query;
}

static void take_id(struct http_request *request)
{
	const char *given = http_header_named(request, "x-request-id:");
	if (query_is_request_id(given)) {
		strcpy(request->id, given);
		return;
	}
	/* splitmix64 of a counter with a random start: unique here, and unlikely elsewhere */
	uint64_t x = http.ids += 0x9e3779b97f4a7c15u;
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	x ^= x >> 31;
	for (int i = 0; i < 16; i++, x >>= 4)
		request->id[i] = "0123456789abcdef"[x & 15];
	request->id[16] = '\0';
}

static void take_version(struct http_request *request)
{
	char version[16] = "";
	lws_hdr_copy(request->wsi, version, sizeof(version), WSI_TOKEN_HTTP);
	request->is_http_1_0 = strcmp(version, "HTTP/1.0") == 0;
}

struct http_request *http_begin(struct lws *wsi, const char *path, size_t path_len)
{
	struct http_request *request = must(malloc(sizeof(*request)));
	*request = (struct http_request){.wsi = wsi,
		.method = method_of(wsi),
		.began_ms = (int64_t)uv_now(http.loop),
		.began_ns = uv_hrtime()};
	arena_init(&request->arena);
	request->path = arena_copy(&request->arena, path, path_len);
	take_query(request);
	take_id(request);
	take_version(request);
	request->known_tags = http_header(request, WSI_TOKEN_HTTP_IF_NONE_MATCH);
	list_add(request);
	http.live++;
	/* libwebsockets' own time limit of 5 s would end what waits longer */
	lws_set_timeout(wsi, NO_PENDING_TIMEOUT, 0);
	return request;
}

/* ---- limits ---- */

static size_t url_bytes(struct http_request *request)
{
	int args = lws_hdr_total_length(request->wsi, WSI_TOKEN_HTTP_URI_ARGS);
	return strlen(request->path) + (args > 0 ? (size_t)args : 0);
}

static size_t header_bytes(struct lws *wsi)
{
	size_t total = 0;
	for (int token = WSI_TOKEN_HOST; token < WSI_TOKEN_COUNT; token++) {
		int len = token == WSI_TOKEN_HTTP_URI_ARGS ? 0 : lws_hdr_total_length(wsi, token);
		total += len > 0 ? (size_t)len : 0;
	}
	return total;
}

static bool method_has_body(enum http_method method)
{
	return method == HTTP_POST || method == HTTP_PUT || method == HTTP_PATCH;
}

/* Answers and ends the connection, since where the next request begins is not known. */
static bool refuse(struct http_request *request, const char *code, const char *detail)
{
	request->is_closing = true;
	http_fail(request, code, "%s", detail);
	return false;
}

/* An early refusal must not wait for a body that is too long, or endless. */
static bool refuse_body(struct http_request *request, const char *code, const char *detail)
{
	request->is_lingering = true;
	return refuse(request, code, detail);
}

/* "Content-Length : 5" is no field (RFC 9112, 5.1). libwebsockets takes it for one that it does not
 * know; a proxy that knew it would see another body than we do. It gives no list of names, so only
 * by these. */
static bool is_length_spaced(struct lws *wsi)
{
	static const char *const names[] = {"content-length :", "content-length\t:",
		"transfer-encoding :", "transfer-encoding\t:"};
	for (size_t i = 0; i < COUNT(names); i++) {
		if (lws_hdr_custom_length(wsi, names[i], (int)strlen(names[i])) >= 0)
			return true;
	}
	return false;
}

static bool check_length(struct http_request *request)
{
	struct err err = {0};
	const char *length = http_header(request, WSI_TOKEN_HTTP_CONTENT_LENGTH);
	int64_t n;
	bool has_body = method_has_body(request->method);
	if (is_length_spaced(request->wsi))
		return refuse(request, "invalid", "no blank belongs before a field's colon");
	if (lws_hdr_total_length(request->wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING) > 0) {
		request->is_lingering = has_body;
		return refuse(request, "length_required",
			"a body must come with its Content-Length, not in chunks");
	}
	if (length == NULL && has_body)
		return refuse_body(request, "length_required", "Content-Length is missing");
	if (query_number("Content-Length", length, 0, QUERY_SEQ_MAX, 0, &n, &err) != 0)
		return refuse(request, "invalid", err.text);
	if (n > HTTP_BODY_MAX)
		return refuse_body(request, "too_large", "no body may have more than 65536 bytes");
	request->body_expected = (size_t)n;
	/* For a POST of length 0 libwebsockets reports a body, for the other methods none. */
	request->is_body_whole = n == 0 && request->method != HTTP_POST;
	return true;
}

bool http_check(struct http_request *request)
{
	if (url_bytes(request) > HTTP_URL_MAX)
		return refuse(request, "url_too_long", "path and query have over 4096 bytes");
	if (header_bytes(request->wsi) > HTTP_HEADERS_MAX)
		return refuse(request, "headers_too_large", "the headers have over 8192 bytes");
	return check_length(request);
}

/* ---- the body ---- */

void http_body_add(struct http_request *request, const void *bytes, size_t len)
{
	if (request->is_lingering || request->answer != NULL || len == 0)
		return; /* read only to be done with it */
	if (request->body_len + len > request->body_expected)
		return;
	if (request->body_buf == NULL)
		request->body_buf = arena_take(&request->arena, request->body_expected);
	memcpy(request->body_buf + request->body_len, bytes, len);
	request->body_len += len;
	request->body = request->body_buf;
}

bool http_body_done(struct http_request *request)
{
	if (request->is_lingering)
		return false;
	if (request->is_body_whole) { /* the next request is there before this answer is */
		watch(request);
		return false;
	}
	request->is_body_whole = true;
	if (request->answer == NULL)
		return true;
	http_send(request);
	return false;
}

/* ---- the end ---- */

struct http_cleanup {
	struct http_cleanup *next;
	void (*run)(void *ctx);
	void *ctx;
};

void http_on_end(struct http_request *request, void (*run)(void *ctx), void *ctx)
{
	struct http_cleanup *cleanup = arena_take(&request->arena, sizeof(*cleanup));
	*cleanup = (struct http_cleanup){.next = request->cleanups, .run = run, .ctx = ctx};
	request->cleanups = cleanup;
}

void http_end(struct http_request **request)
{
	struct http_request *ended = *request;
	if (ended == NULL)
		return;
	*request = NULL;
	if (ended->on_gone != NULL)
		ended->on_gone(ended);
	for (struct http_cleanup *cleanup = ended->cleanups; cleanup != NULL;
		cleanup = cleanup->next)
		cleanup->run(cleanup->ctx);
	if (ended->is_watched)
		epoll_ctl(http.gone_fd, EPOLL_CTL_DEL, lws_get_socket_fd(ended->wsi), NULL);
	else
		list_remove(ended);
	http_answer_drop(ended);
	arena_deinit(&ended->arena);
	free(ended);
	http.live--;
}
