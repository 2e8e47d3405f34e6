/* jsonpart.h - the small parts of JSON text that checking (jsonscan) and reading (jsonread) share:
 * white space, types, escapes. Internal to both. Pure; stays inside [at, end) on any bytes. */
#pragma once
#include "common/jsonscan.h"
#include "common/utf8.h"

static inline bool jsonpart_is_space(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static inline struct json_slice jsonpart_slice(const uint8_t *from, const uint8_t *to)
{
	return (struct json_slice){(const char *)from, (size_t)(to - from)};
}

/* What a value that starts with this byte is, if it is one: JSON_NUMBER for all that nothing else
 * starts with. */
enum json_type jsonpart_type(uint8_t first);

/* One escape at the backslash: its length, 0 when it is none, is NUL or half of a surrogate pair.
 * *code_r: what it stands for. */
size_t jsonpart_escape(const uint8_t *at, const uint8_t *end, uint32_t *code_r);

/* Walks a checked string's bytes with its escapes resolved; start with {.at, .end}. */
struct jsonpart_resolved {
	const uint8_t *at, *end; /* end: the closing quote or beyond */
	char buf[UTF8_POINT_MAX];
	size_t pos, len; /* of buf */
};

/* The next byte; -1 at the end. */
int jsonpart_resolved_next(struct jsonpart_resolved *r);
