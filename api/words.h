/* words.h - what somebody types into a search box, taken apart. Pure; tests/fuzz/fuzz_query.c. */
#pragma once
#include <stddef.h>

#include "api/arena.h"
#include "common/auto.h"
#include "common/err.h"

#define WORDS_BYTES_MAX 200

struct words {
	const char
		*whole; /* all words but the last, with one space between; "" where there is one */
	const char *last; /* perhaps unfinished */
};

/* Words are runs of letters and digits; every byte above 0x7f counts as a letter. -1 with
 * ERR_INPUT: too long, not UTF-8, or without any word. */
MUST_CHECK int words_parse(
	struct arena *arena, const char *text, struct words *words_r, struct err *err);
