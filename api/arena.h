/* arena.h - memory that is released in one go, at the end of a request. Pieces are aligned for any
 * type and never freed one by one. Running out of memory ends the process. */
#pragma once
#include <stdarg.h>
#include <stddef.h>

#include "common/auto.h"

struct arena_chunk;

struct arena {
	struct arena_chunk *chunks; /* newest first */
	char *at;		    /* free room of the newest */
	size_t left;
};

void arena_init(struct arena *arena);
void arena_deinit(struct arena *arena);
void *arena_take(struct arena *arena, size_t size);		     /* not cleared */
char *arena_copy(struct arena *arena, const char *text, size_t len); /* NUL-ended */
char *arena_format(struct arena *arena, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
