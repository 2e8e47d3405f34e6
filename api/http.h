/* http.h - one HTTP request: what came, and the one answer to it. A request is made when its
 * headers are there and lives until its answer is written or its client has gone; a handler may
 * answer at once or later from the loop. Everything a handler takes from the arena lives as long as
 * the request. Call only from the loop. */
#pragma once
#include <libwebsockets.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api/arena.h"
#include "common/auto.h"
#include "common/err.h"
#include "common/jsonout.h"
#include "common/token.h"

#define HTTP_URL_MAX	 4096  /* bytes of path and query; over it: 414 */
#define HTTP_HEADERS_MAX 8192  /* bytes of all header values; over it: 431 */
#define HTTP_BODY_MAX	 65536 /* bytes of any body; over it: 413, connection closed */
#define HTTP_BODY_SEC	 15    /* a body must have come by then, else 408 */
#define HTTP_ID_MAX	 64    /* bytes of a request id */
#define HTTP_ADDED_MAX	 2048  /* bytes of header lines that handlers add */

enum http_method {
	HTTP_GET,
	HTTP_HEAD, /* answered as GET; the body is left out by http_reply */
	HTTP_POST,
	HTTP_PUT,
	HTTP_PATCH,
	HTTP_DELETE,
	HTTP_OPTIONS,
	HTTP_OTHER
};

struct http_request {
	struct lws *wsi;
	enum http_method method;
	const char *path; /* percent-decoded by libwebsockets, starts with '/', without the query */
	const char *const *query; /* decoded "name=value", NULL-ended */
	const uint8_t
		*body; /* [body_len], whole when a handler is called; JSON is not checked yet */
	size_t body_len;
	char id[HTTP_ID_MAX +
		1]; /* of the X-Request-Id that came, or a new one; in the answer and in the log */
	const struct claims *claims; /* who asks; NULL until api/auth.h has checked the token */
	struct arena arena;
	int64_t began_us;
	/* Set by a handler that waits for something: run once when the client has gone (or the
	 * server gives the request up), so that it forgets the request. Cleared by an answer. */
	void (*on_gone)(struct http_request *request);
	void *waiting; /* the handler's own, for on_gone */

	/* the rest is http.c's */
	struct http_answer *answer;
	char added[HTTP_ADDED_MAX];
	size_t added_len;
	uint8_t *body_buf;
	size_t body_size, body_expected;
	int status; /* of the answer; 0 while there is none */
	bool body_is_whole, is_closing, is_watched;
	struct http_request *next, *prev; /* of all that live */
};

/* Value of a request header, in the arena; NULL where it did not come. */
const char *http_header(struct http_request *request, enum lws_token_indexes token);
/* The same for headers that libwebsockets has no token for; name in lower case with its colon,
 * "x-request-id:". */
const char *http_header_named(struct http_request *request, const char *name);
/* Value of a query parameter, "" for "?name", NULL where missing; the first of several. */
const char *http_query(const struct http_request *request, const char *name);

/* Adds a header line to the answer to come; name in lower case without colon. */
void http_add_header(struct http_request *request, const char *name, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* The answer: exactly one of these, once; the request may be gone when they return. type NULL: no
 * content-type and no body (204, 304). */
/* body[len] is borrowed until release(body) is run; release NULL: for ever. */
void http_reply(struct http_request *request, int status, const char *type, void *body, size_t len,
	void (*release)(void *body));
/* JSON; takes the text over and leaves *json empty. */
void http_reply_json(struct http_request *request, int status, struct jsonout *json);
/* RFC 9457 problem+json with a code of docs/errors.md; fmt: what happened, for a person. */
void http_problem(struct http_request *request, int status, const char *code, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
