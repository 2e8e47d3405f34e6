/* envelope.h - what people and things publish: messages, notes, receipts, presence. Checks the raw bytes first
 * (jsonscan.h), then the shape of docs/protocol.md. Pure; no allocation: everything points into the payload or into
 * the struct. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "common/jsonscan.h"
#include "common/rand.h"
#include "common/topic.h"

#define ENVELOPE_BYTES_MAX 16384
#define ENVELOPE_TEXT_MAX  4000 /* code points, at least 1 */
#define ENVELOPE_KIND_MAX  32	/* [a-z0-9_-]{1,32}, "text" where missing */

struct envelope {
	char id[UUID_TEXT_SIZE];
	char kind[ENVELOPE_KIND_MAX + 1];
	char reply_to[UUID_TEXT_SIZE];	/* "" where missing */
	char text[ENVELOPE_BYTES_MAX + 1]; /* escapes resolved, UTF-8, NUL-ended */
	size_t text_len;
	int64_t sent_at_us;
	struct json_slice attachments; /* raw array, len 0 where missing */
	/* Unknown members as raw text "\"a\":1,\"b\":[]" without braces, in their order; len 0 where none. */
	char extra[ENVELOPE_BYTES_MAX + 1];
	size_t extra_len;
};

/* A message or a note. 0, or -1 with ERR_TOO_LARGE (over ENVELOPE_BYTES_MAX) or ERR_INPUT. Even then id is filled when
 * the payload was well-formed JSON and had a valid one, so that its sender can be told; else id is "". */
MUST_CHECK int envelope_parse(const uint8_t *payload, size_t len, struct envelope *envelope_r, struct err *err);

struct receipt {
	int64_t delivered; /* -1 where missing */
	int64_t read;	   /* -1 where missing */
	int64_t at_us;	   /* 0 where missing */
};
MUST_CHECK int receipt_parse(const uint8_t *payload, size_t len, struct receipt *receipt_r, struct err *err);

struct presence {
	bool online;
	char conn[TOPIC_KEY_MAX + 1]; /* which connection, [A-Za-z0-9_-]{1,64}; "" where missing */
};
MUST_CHECK int presence_parse(const uint8_t *payload, size_t len, struct presence *presence_r, struct err *err);
