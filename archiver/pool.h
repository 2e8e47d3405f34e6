/* pool.h - the memory of one batch: taken piece by piece, given back at once, kept for the next
 * batch. */
#pragma once
#include <stddef.h>

struct pool_chunk;

struct pool {
	struct pool_chunk *first, *now;
	size_t used; /* bytes handed out since the last reset */
};

void pool_init(struct pool *pool);
void pool_deinit(struct pool *pool);
/* Aligned for any type, not cleared. Running out of memory ends the process. */
void *pool_take(struct pool *pool, size_t size);
void *pool_zero(struct pool *pool, size_t size);
/* A copy, NUL-ended; bytes may be NULL when len is 0. */
char *pool_text(struct pool *pool, const void *bytes, size_t len);
/* Likewise of a NUL-ended text; an empty one takes nothing. */
const char *pool_string(struct pool *pool, const char *text);
/* All pieces become invalid. Keeps up to keep_bytes for the next use. */
void pool_reset(struct pool *pool, size_t keep_bytes);
