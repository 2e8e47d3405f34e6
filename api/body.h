/* body.h - the JSON object in the body of a request, member by member. Pure but for body_open. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api/arena.h"
#include "common/err.h"
#include "common/jsonscan.h"

struct http_request;

enum body_is { BODY_MISSING, BODY_NULL, BODY_THERE };

/* The object; false: none, and the request has been answered invalid_json. */
bool body_open(struct http_request *request, struct json_slice *object_r);

/* Each -1 with ERR_INPUT where the member is there and of another shape. */

/* A text of at most max_points code points, in the arena; NULL unless BODY_THERE. */
MUST_CHECK int body_text(struct arena *arena, struct json_slice object, const char *key,
	size_t max_points, enum body_is *is_r, const char **text_r, struct err *err);
/* A text that is a key of the topic grammar. */
MUST_CHECK int body_key(struct arena *arena, struct json_slice object, const char *key,
	enum body_is *is_r, const char **text_r, struct err *err);
/* A whole number within [min, max]. */
MUST_CHECK int body_number(struct json_slice object, const char *key, int64_t min, int64_t max,
	enum body_is *is_r, int64_t *n_r, struct err *err);
/* An array of at most max_items different texts, none empty, of at most max_points code points
 * each. */
MUST_CHECK int body_texts(struct arena *arena, struct json_slice object, const char *key,
	size_t max_items, size_t max_points, enum body_is *is_r, const char ***items_r, size_t *n_r,
	struct err *err);
/* Any member that is not one of "a|b|c" is an error that names it: a misspelt setting must not pass
 * unseen. */
MUST_CHECK int body_only(struct json_slice object, const char *keys, struct err *err);
