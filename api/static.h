/* static.h - the files of the web build, the demo pages and the demo tokens: everything that is no
 * route of the API. Types, caching and the Content-Security-Policy are decided here
 * (docs/security.md "Browser"). */
#pragma once
#include <stdbool.h>

#include "api/http.h"
#include "common/err.h"
#include "common/settings.h"
#include "common/token.h"

/* settings and keys are borrowed for the process's life. */
MUST_CHECK int static_init(
	const struct settings *settings, const struct token_keys *keys, struct err *err);
void static_deinit(void);
/* Answers any request whose path no route of the API has: GET, HEAD, and POST /demo/token/..., with
 * the body whole; 404 and 405 too. Always answers, at once. */
void static_serve(struct http_request *request);
