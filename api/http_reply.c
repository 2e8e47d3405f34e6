#include "api/http_reply.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "api/idle.h"
#include "api/problem.h"
#include "api/query.h"
#include "api/routes.h"
#include "api/tally.h"
#include "common/log.h"

#define HEAD_MAX     4096
#define PIECE_BYTES  65536 /* of a body in one write; the next when the socket takes more */
#define ADDED_FIRST  512
#define ADDED_MAX    2048
#define SCRATCH_KEPT 262144
#define STUCK_SEC    30	   /* a client that takes nothing of its last bytes for so long is gone */
#define SLOWEST	     32768 /* bytes of an answer that a client must take in a second */
#define HELD_MAX     (64 * 1024 * 1024) /* bytes of answers that wait to be taken */

struct http_answer {
	const char *type;
	uint8_t *body;
	size_t len, sent, held; /* held: what it adds to out.held */
	void (*release)(void *body);
	bool is_head_sent;
};

/* One answer is written at a time, from one buffer. */
static struct {
	uint8_t buf[LWS_PRE + HEAD_MAX + PIECE_BYTES];
	struct jsonout scratch;
	size_t held; /* bytes of copies, of all answers */
	unsigned answer_sec;
	struct lws *inside; /* its callback is running */
	bool inside_ends;   /* and shall end the connection */
	time_t date_sec;
	char date[40];
} out;

void http_reply_init(unsigned answer_sec)
{
	out.answer_sec = answer_sec;
	jsonout_init(&out.scratch);
}

void http_reply_deinit(void)
{
	jsonout_deinit(&out.scratch);
}

struct jsonout *http_json(void)
{
	if (out.scratch.size > SCRATCH_KEPT) {
		jsonout_deinit(&out.scratch);
		jsonout_init(&out.scratch);
	}
	jsonout_reset(&out.scratch);
	return &out.scratch;
}

void http_enter(struct lws *wsi)
{
	out.inside = wsi;
	out.inside_ends = false;
}

int http_leave(void)
{
	out.inside = NULL;
	return out.inside_ends ? -1 : 0;
}

/* ---- the head ---- */

static const char *reason(int status)
{
	static const struct {
		int status;
		const char *reason;
	} reasons[] = {
		{200, "OK"},
		{201, "Created"},
		{202, "Accepted"},
		{204, "No Content"},
		{301, "Moved Permanently"},
		{302, "Found"},
		{303, "See Other"},
		{304, "Not Modified"},
		{308, "Permanent Redirect"},
		{400, "Bad Request"},
		{401, "Unauthorized"},
		{403, "Forbidden"},
		{404, "Not Found"},
		{405, "Method Not Allowed"},
		{408, "Request Timeout"},
		{409, "Conflict"},
		{411, "Length Required"},
		{412, "Precondition Failed"},
		{413, "Content Too Large"},
		{414, "URI Too Long"},
		{415, "Unsupported Media Type"},
		{422, "Unprocessable Content"},
		{429, "Too Many Requests"},
		{431, "Request Header Fields Too Large"},
		{500, "Internal Server Error"},
		{503, "Service Unavailable"},
	};
	for (size_t i = 0; i < COUNT(reasons); i++) {
		if (reasons[i].status == status)
			return reasons[i].reason;
	}
	return "Status";
}

static const char *date(void)
{
	time_t now = time(NULL);
	struct tm tm;
	if (now != out.date_sec) {
		out.date_sec = now;
		strftime(out.date, sizeof(out.date), "%a, %d %b %Y %H:%M:%S GMT",
			gmtime_r(&now, &tm));
	}
	return out.date;
}

static char *put(char *at, const char *name, const char *value)
{
	return stpcpy(stpcpy(stpcpy(at, name), value), "\r\n");
}

static bool has_content(const struct http_request *request)
{
	return request->status != 204 && request->status != 304;
}

/* HTTP/1.0 with "Connection: keep-alive" wants to hear of it; a client of 1.1 knows. */
static const char *connection(const struct http_request *request)
{
	if (request->is_closing)
		return "connection: close\r\n";
	return request->is_http_1_0 ? "connection: keep-alive\r\n" : "";
}

/* HEAD_MAX is never reached: an id of 64 bytes, an origin of 256, ADDED_MAX, and fixed words. */
static size_t write_head(struct http_request *request, const struct http_answer *answer, char *buf)
{
	char *at =
		buf + sprintf(buf, "HTTP/1.1 %d %s\r\n", request->status, reason(request->status));
	if (answer->type != NULL)
		at = put(at, "content-type: ", answer->type);
	if (has_content(request))
		at += sprintf(at, "content-length: %zu\r\n", answer->len);
	at = put(at, "date: ", date());
	at = put(at, "x-request-id: ", request->id);
	at = stpcpy(at, "x-content-type-options: nosniff\r\n");
	if (request->origin != NULL) {
		at = put(at, "access-control-allow-origin: ", request->origin);
		at = stpcpy(at, "access-control-expose-headers: etag, link, location, "
				"ratelimit, ratelimit-policy, retry-after, x-request-id\r\n"
				"vary: origin\r\n");
	}
	memcpy(at, request->added == NULL ? "" : request->added, request->added_len);
	at = stpcpy(at + request->added_len, connection(request));
	at = stpcpy(at, "\r\n");
	return (size_t)(at - buf);
}

/* ---- onto the wire ---- */

void http_answer_drop(struct http_request *request)
{
	struct http_answer *answer = TAKE(request->answer);
	out.held -= answer != NULL ? answer->held : 0;
	if (answer != NULL && answer->release != NULL)
		answer->release(answer->body);
}

static void end_connection(struct lws *wsi)
{
	if (out.inside == wsi)
		out.inside_ends = true;
	else {
		lws_set_timeout(wsi, PENDING_TIMEOUT_USER_REASON_BASE, LWS_TO_KILL_ASYNC);
		lws_cancel_service_pt(wsi); /* a foreign loop does not see it else */
	}
}

/* What the client still sends would reset the connection and take the answer with it: say that
 * nothing more comes from here, and read on until the client has seen it. */
static void linger(struct http_request *request)
{
	http_answer_drop(request);
	shutdown(lws_get_socket_fd(request->wsi), SHUT_WR);
}

static void count(const struct http_request *request)
{
	size_t route = request->route == NULL ? TALLY_ROUTES_MAX - 1
					      : (size_t)(request->route - routes_table);
	tally_answer(
		route, request->status, request->is_long ? 0 : uv_hrtime() - request->began_ns);
}

static void finish(struct http_request *request)
{
	struct lws *wsi = request->wsi;
	http_answer_drop(request);
	count(request);
	log_debug("%s %s %d id=%s", http_method_name(request->method), request->path,
		request->status, request->id);
	bool is_stuck = lws_partial_buffered(wsi) != 0;
	if (is_stuck)
		lws_set_timeout(wsi, PENDING_TIMEOUT_HTTP_CONTENT, STUCK_SEC);
	if (request->is_lingering)
		linger(request);
	else if (request->is_closing || lws_http_transaction_completed(wsi) != 0)
		end_connection(wsi);
	else if (!is_stuck)
		idle_begin(wsi);
}

static int write_some(struct http_request *request)
{
	struct http_answer *answer = request->answer;
	size_t head = 0, left = answer->len - answer->sent;
	size_t n = left < PIECE_BYTES ? left : PIECE_BYTES;
	uint8_t *at = out.buf + LWS_PRE;
	if (!answer->is_head_sent)
		head = write_head(request, answer, (char *)at);
	answer->is_head_sent = true;
	if (!has_content(request) || request->method == HTTP_HEAD)
		n = left = 0;
	if (head == 0 && n == 0)
		return 0;
	if (n > 0)
		memcpy(at + head, answer->body + answer->sent, n);
	answer->sent += n;
	int flags = left == n ? LWS_WRITE_HTTP_FINAL : LWS_WRITE_HTTP;
	return lws_write(request->wsi, at, head + n, flags) < 0 ? -1 : left > n;
}

void http_send(struct http_request *request)
{
	struct lws *wsi = request->wsi;
	bool is_first = !request->answer->is_head_sent;
	switch (write_some(request)) {
	case 0: finish(request); break;
	case 1:
		/* For all of it: with a new limit for each piece, 3 MiB could be held for an hour.
		 */
		if (is_first)
			lws_set_timeout(wsi, PENDING_TIMEOUT_HTTP_CONTENT,
				(int)(out.answer_sec + request->answer->len / SLOWEST));
		lws_callback_on_writable(wsi);
		break;
	default: end_connection(wsi); break;
	}
}

void http_on_writable(struct http_request *request)
{
	if (request != NULL && request->answer != NULL && request->answer->is_head_sent)
		http_send(request);
}

/* ---- what handlers call ---- */

void http_add_header(struct http_request *request, const char *name, const char *fmt, ...)
{
	char value[1024];
	va_list args;
	va_start(args, fmt);
	int n = vsnprintf(value, sizeof(value), fmt, args);
	va_end(args);
	size_t need = strlen(name) + 4 + (size_t)n;
	if (n < 0 || (size_t)n >= sizeof(value) || request->added_len + need > ADDED_MAX) {
		log_warn("header %s is too long for an answer, left out: id=%s", name, request->id);
		return;
	}
	if (request->added_len + need >= request->added_size) {
		request->added_size = request->added_size == 0 ? ADDED_FIRST : ADDED_MAX + 1;
		if (request->added_len + need >= request->added_size)
			request->added_size = ADDED_MAX + 1;
		char *bigger = arena_take(&request->arena, request->added_size);
		memcpy(bigger, request->added == NULL ? "" : request->added, request->added_len);
		request->added = bigger;
	}
	request->added_len +=
		(size_t)sprintf(request->added + request->added_len, "%s: %s\r\n", name, value);
	if (strcmp(name, "cache-control") == 0)
		request->has_cache_control = true;
}

static void reply(struct http_request *request, int status, struct http_answer given)
{
	assert(request->status == 0);
	http_unwatch(request);
	request->status = status;
	if (request->on_gone != NULL) /* whoever would still come with something */
		request->on_gone(request);
	request->on_gone = NULL;
	struct http_answer *answer = arena_take(&request->arena, sizeof(*answer));
	*answer = given;
	request->answer = answer;
	if (request->is_body_whole || request->is_closing)
		http_send(request);
}

void http_reply(struct http_request *request, int status, const char *type, void *body, size_t len,
	void (*release)(void *body))
{
	reply(request, status,
		(struct http_answer){.type = type, .body = body, .len = len, .release = release});
}

/* The scratch text is written before this returns, or copied. */
static void reply_text(
	struct http_request *request, int status, const char *type, struct jsonout *json)
{
	if (!request->has_cache_control)
		http_add_header(request, "cache-control", "no-store");
	if (json != &out.scratch) {
		http_reply(request, status, type, TAKE(json->text), json->len, free);
		return;
	}
	bool is_now = request->is_body_whole || request->is_closing;
	if (is_now && json->len <= PIECE_BYTES) {
		http_reply(request, status, type, json->text, json->len, NULL);
		return;
	}
	if (json->len > PIECE_BYTES && out.held + json->len > HELD_MAX) {
		request->added_len = 0; /* that was of the answer that is not given */
		request->has_cache_control = false;
		http_fail(request, "overloaded", "too many answers wait for their clients");
		return;
	}
	char *copy = arena_copy(&request->arena, json->text, json->len);
	out.held += json->len;
	reply(request, status,
		(struct http_answer){.type = type,
			.body = (uint8_t *)copy,
			.len = json->len,
			.held = json->len});
}

void http_reply_json(struct http_request *request, int status, struct jsonout *json)
{
	reply_text(request, status, "application/json", json);
}

/* Not for enemies: whoever makes two texts of one tag fools only himself. */
char *http_tag(const char *text, size_t len, char buf[HTTP_TAG_SIZE])
{
	uint64_t hash = 0x9e3779b97f4a7c15u ^ len, word;
	for (; len >= 8; text += 8, len -= 8) {
		memcpy(&word, text, 8);
		hash = (hash ^ word) * 0xff51afd7ed558ccdu;
		hash ^= hash >> 32;
	}
	word = 0;
	memcpy(&word, text, len);
	hash = (hash ^ word) * 0xc4ceb9fe1a85ec53u;
	hash ^= hash >> 29;
	snprintf(buf, HTTP_TAG_SIZE, "\"%016llx\"", (unsigned long long)hash);
	return buf;
}

void http_reply_tagged(struct http_request *request, struct jsonout *json)
{
	char tag[HTTP_TAG_SIZE];
	http_tag(json->text, json->len, tag);
	http_add_header(request, "etag", "%s", tag);
	http_add_header(request, "cache-control", "private, no-cache");
	if (query_etag_matches(request->known_tags, tag))
		http_reply(request, 304, NULL, NULL, 0, NULL);
	else
		reply_text(request, 200, "application/json", json);
}

void http_problem(struct http_request *request, int status, const char *code, const char *fmt, ...)
{
	char detail[512];
	va_list args;
	va_start(args, fmt);
	vsnprintf(detail, sizeof(detail), fmt, args);
	va_end(args);
	struct problem problem = *problem_find(code);
	if (status != 0)
		problem.status = status;
	if (problem.status >= 500)
		log_warn("%s %s: %d %s: %s id=%s", http_method_name(request->method), request->path,
			problem.status, code, detail, request->id);
	if (problem.status == 503)
		http_add_header(request, "retry-after", "%d", 2);
	struct jsonout *json = http_json();
	problem_write(json, &problem, detail, request->id);
	reply_text(request, problem.status, "application/problem+json", json);
}
