/* jsonscan.h - strict look at JSON bytes before anything parses them. cJSON 1.7.15 passes bad
 * UTF-8, duplicate keys and trailing bytes, cuts strings at \u0000 and rounds large numbers; so a
 * payload is checked here first and unknown fields are kept as the raw text that came. No
 * allocation. What has been checked is read with jsonread.h. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/auto.h"
#include "common/err.h"

#define JSON_DEPTH_MAX 32
/* Members of one object; more is refused, so that looking for duplicates stays cheap. */
#define JSON_KEYS_MAX 256

struct json_slice { /* bytes of the input, not NUL-ended */
	const char *at;
	size_t len;
};

enum json_type {
	JSON_OBJECT,
	JSON_ARRAY,
	JSON_STRING,
	JSON_NUMBER,
	JSON_TRUE,
	JSON_FALSE,
	JSON_NULL
};

struct json_member {
	struct json_slice key;	 /* without quotes, escapes not resolved */
	struct json_slice value; /* raw text, with quotes where it is a string */
	enum json_type type;
};

/* One JSON text by RFC 8259, the whole of it: valid UTF-8 without NUL, no \u0000, no lone
 * surrogates (escaped or encoded), no duplicate keys in an object (compared after resolving
 * escapes), nothing after the value but white space, numbers that fit a finite double (of at most
 * 63 characters: cJSON reads no more), at most JSON_DEPTH_MAX deep. 0, or -1 and *err (ERR_INPUT)
 * says what and at which byte. */
MUST_CHECK int json_check(const uint8_t *bytes, size_t len, struct err *err);
/* The same for a text that must be an object, and its members in their order: one look at the bytes
 * for both. members and *nmembers_r are meaningless after -1. */
MUST_CHECK int json_check_object(const uint8_t *bytes, size_t len,
	struct json_member members[JSON_KEYS_MAX], size_t *nmembers_r, struct err *err);
