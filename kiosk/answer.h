/* answer.h - reads what comes on gym/{gym}/to/kiosk/{sub} (docs/protocol.md "To one identity").
 * Pure. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/auto.h"
#include "common/rand.h"
#include "common/topic.h"

struct answer {
	char id[UUID_TEXT_SIZE], room[TOPIC_KEY_MAX + 1]; /* room "" where missing */
	bool is_stored;
	/* stored */
	int64_t seq;
	char first_name[256]; /* "" where missing */
	/* rejected */
	char code[32], detail[256];
	int64_t retry_after_ms; /* rate_limited; 0 where missing */
};

/* Calls take for each entry that names an id, in order. Returns how many, or -1: not such a
 * payload. */
int answers_read(const void *payload, size_t len,
	void (*take)(void *ctx, const struct answer *answer), void *ctx);
/* The line that tells a user: {"id":…,"room":…,"state":"stored","seq":…}; line: of the input, 0
 * none. Returns buf. */
char *answer_line(
	const struct answer *answer, const char *room, unsigned line, char *buf, size_t size);
