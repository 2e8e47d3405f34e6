/* http.h - one HTTP request: what came, and the one answer to it. A request is made when its
 * headers are there and lives until its answer is written or its client has gone; a handler may
 * answer at once or later from the loop. Everything a handler takes from the arena lives as long as
 * the request. Call only from the loop. */
#pragma once
#include <libwebsockets.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "api/arena.h"
#include "api/method.h"
#include "api/route.h"
#include "common/auto.h"
#include "common/err.h"
#include "common/jsonout.h"
#include "common/token.h"

#define HTTP_URL_MAX	 4096  /* bytes of path and query; over it: 414 */
#define HTTP_HEADERS_MAX 8192  /* bytes of all header values; over it: 431 */
#define HTTP_BODY_MAX	 65536 /* bytes of any body; over it: 413, connection closed */
#define HTTP_BODY_SEC	 15    /* a body must have come by then, else 408 */
#define HTTP_ID_MAX	 64    /* bytes of a request id */

struct http_request {
	struct lws *wsi;
	enum http_method method;
	/* Percent-decoded by libwebsockets, starts with '/', without the query. */
	const char *path;
	const char *const *query; /* decoded "name=value", NULL-ended */
	/* [body_len], whole when a handler is called; whether it is JSON is not checked yet. */
	const uint8_t *body;
	size_t body_len;
	/* The X-Request-Id that came, or a new one: in the answer and in the log. */
	char id[HTTP_ID_MAX + 1];
	const char *origin;	     /* Origin field; NULL: no browser, or same origin */
	const char *known_tags;	     /* If-None-Match; NULL: did not come */
	const struct claims *claims; /* who asks; NULL until auth.h has checked the token */
	struct arena arena;
	int64_t began_ms; /* by the loop's clock */
	uint64_t began_ns;
	bool is_long; /* it waited on purpose: its time says nothing */
	/* Set by a handler that waits for something: run once when the client has gone (or the
	 * server gives the request up), so that it forgets the request. Cleared by an answer. */
	void (*on_gone)(struct http_request *request);
	void *waiting; /* of whoever set on_gone */
	/* While it is watched: the client has sent more, its next request. NULL: that waits. */
	void (*on_more)(struct http_request *request);
	void *handler; /* the handler's own */
	struct poll *parked;

	/* The server's: what the path led to. */
	const struct route *route; /* NULL: no route of the API */
	struct route_places places;

	/* The rest is http.c's. */
	struct http_request *next, *prev; /* among the unwatched, oldest first */
	struct http_answer *answer;	  /* given and not written yet */
	struct http_cleanup *cleanups;
	char *added; /* header lines of the answer to come */
	size_t added_len, added_size;
	uint8_t *body_buf;
	size_t body_expected;
	int status;	  /* of the answer; 0 while there is none */
	bool is_http_1_0; /* wants to hear that its connection stays open */
	bool is_body_whole, is_closing, is_lingering, is_watched, is_held_back, has_cache_control;
};

/* Value of a request header, in the arena; NULL where it did not come. Not after the request has
 * been parked. */
const char *http_header(struct http_request *request, enum lws_token_indexes token);
/* The same for headers that libwebsockets has no token for; name in lower case with its colon,
 * "x-request-id:". */
const char *http_header_named(struct http_request *request, const char *name);
/* Value of a query parameter, "" for "?name", NULL where missing; the first of several. */
const char *http_query(const struct http_request *request, const char *name);

/* Runs at the end of the request, however it ends; the latest first, before the arena goes. */
void http_on_end(struct http_request *request, void (*run)(void *ctx), void *ctx);

/* Adds a header line to the answer to come; name in lower case without colon. */
void http_add_header(struct http_request *request, const char *name, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* The answer: exactly one of these, once; the request may be gone when they return. An answer that
 * comes before the body has, is held until then. */

/* body[len] is borrowed until release(body) is run; release NULL: for ever. type NULL: no
 * content-type and no body (204, 304). */
void http_reply(struct http_request *request, int status, const char *type, void *body, size_t len,
	void (*release)(void *body));
/* JSON, not to be cached; takes the text over and leaves *json empty. */
void http_reply_json(struct http_request *request, int status, struct jsonout *json);
/* 200 with an entity tag made from the text; 304 where the client has that one already. */
void http_reply_tagged(struct http_request *request, struct jsonout *json);
/* The tag of a text, quoted, into buf. */
#define HTTP_TAG_SIZE 24
char *http_tag(const char *text, size_t len, char buf[HTTP_TAG_SIZE]);
/* RFC 9457 problem+json with a code of docs/errors.md; fmt: what happened, for a person. */
void http_problem(struct http_request *request, int status, const char *code, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* The same with the status that goes with the code. */
#define http_fail(request, code, ...) http_problem((request), 0, (code), __VA_ARGS__)
/* A JSON writer that is ready to use: one for the whole process, so finish with it before the loop
 * turns. */
struct jsonout *http_json(void);

/* From now on notices at once when the client goes, or sends more, and gives the headers back: for
 * requests that wait long and have all they need of them. Others are watched by themselves after
 * HTTP_WATCH_MS. */
#define HTTP_WATCH_MS 100
void http_park(struct http_request *request);

/* ---- for server.c ---- */

/* answer_sec: GYMCHAT_ANSWER_SEC */
void http_init(uv_loop_t *loop, unsigned answer_sec);
void http_deinit(void);
unsigned http_live(void); /* requests that are not answered yet */
/* Makes the request whose headers have just come. */
struct http_request *http_begin(struct lws *wsi, const char *path, size_t path_len);
/* Looks at lengths and limits; false: already answered. */
bool http_check(struct http_request *request);
void http_body_add(struct http_request *request, const void *bytes, size_t len);
/* The body is whole; true: a handler may be called, false: the answer was given before. */
bool http_body_done(struct http_request *request);
void http_on_writable(struct http_request *request);
/* The connection is being closed or goes on to its next request. */
void http_end(struct http_request **request);
/* Around a callback of libwebsockets for this connection: within, an answer that ends the
 * connection says so by the callback's return value, which http_leave gives. */
void http_enter(struct lws *wsi);
int http_leave(void);
