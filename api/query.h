/* query.h - typed values from the query and the headers of a request. Hand-written parsers of bytes
 * from the network: tests/fuzz/fuzz_query.c. Pure. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api/arena.h"
#include "common/auto.h"
#include "common/err.h"
#include "common/token.h"

#define QUERY_SEQ_MAX ((int64_t)1 << 53) /* what a JSON number of a browser holds exactly */

/* Value of name among "name=value" texts (NULL-ended); "" for "name" alone, NULL where it is
 * missing. */
const char *query_value(const char *const *query, const char *name);
/* A decimal number within [min, max], digits only. value NULL: *n_r is standard. -1 with ERR_INPUT.
 */
MUST_CHECK int query_number(const char *name, const char *value, int64_t min, int64_t max,
	int64_t standard, int64_t *n_r, struct err *err);
/* One of the words "a|b|c"; its index, standard where value is NULL, -1 with ERR_INPUT. */
MUST_CHECK int query_word(
	const char *name, const char *value, const char *words, int standard, struct err *err);
/* The token of "Bearer TOKEN" (any case, one or more spaces); NULL where the field is something
 * else. */
const char *query_bearer(const char *authorization);
/* Whether an If-None-Match field names this entity tag (quotes included, weak comparison) or is
 * "*". */
bool query_etag_matches(const char *if_none_match, const char *etag);
/* Whether a content type is JSON: application/json or application/...+json, parameters ignored;
 * NULL is taken as JSON. */
bool query_is_json(const char *content_type);
/* A request id that may be echoed and logged: 1..64 of [A-Za-z0-9._-]. */
bool query_is_request_id(const char *text);
/* The query again, percent-encoded, without the parameter name; "" or ended by '&'. In the arena.
 */
const char *query_without(struct arena *arena, const char *const *query, const char *name);
