#include "archiver/pool.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/must.h"

#define CHUNK_BYTES (128 * 1024)

struct pool_chunk {
	struct pool_chunk *next;
	size_t size, used;
	alignas(max_align_t) char bytes[];
};

void pool_init(struct pool *pool)
{
	*pool = (struct pool){0};
}

static void chunks_free(struct pool_chunk *chunk)
{
	while (chunk != NULL) {
		struct pool_chunk *next = chunk->next;
		free(chunk);
		chunk = next;
	}
}

void pool_deinit(struct pool *pool)
{
	chunks_free(pool->first);
	pool_init(pool);
}

static struct pool_chunk *chunk_new(size_t size)
{
	if (size < CHUNK_BYTES)
		size = CHUNK_BYTES;
	struct pool_chunk *chunk = must(malloc(sizeof(*chunk) + size));
	chunk->next = NULL;
	chunk->size = size;
	chunk->used = 0;
	return chunk;
}

/* The next chunk that has room: one that was kept, or a new one in front of those. */
static void pool_advance(struct pool *pool, size_t size)
{
	struct pool_chunk *kept = pool->now == NULL ? pool->first : pool->now->next;
	if (kept == NULL || kept->size < size) {
		struct pool_chunk *chunk = chunk_new(size);
		chunk->next = kept;
		if (pool->now == NULL)
			pool->first = chunk;
		else
			pool->now->next = chunk;
		kept = chunk;
	}
	kept->used = 0;
	pool->now = kept;
}

void *pool_take(struct pool *pool, size_t size)
{
	size_t align = alignof(max_align_t);
	if (size > SIZE_MAX / 2)
		abort();
	size = (size + align - 1) / align * align;
	if (pool->now == NULL || pool->now->size - pool->now->used < size)
		pool_advance(pool, size);
	void *piece = pool->now->bytes + pool->now->used;
	pool->now->used += size;
	pool->used += size;
	return piece;
}

void *pool_zero(struct pool *pool, size_t size)
{
	return memset(pool_take(pool, size), 0, size);
}

char *pool_text(struct pool *pool, const void *bytes, size_t len)
{
	char *copy = pool_take(pool, len + 1);
	if (len > 0)
		memcpy(copy, bytes, len);
	copy[len] = '\0';
	return copy;
}

const char *pool_string(struct pool *pool, const char *text)
{
	return text[0] == '\0' ? "" : pool_text(pool, text, strlen(text));
}

void pool_reset(struct pool *pool, size_t keep_bytes)
{
	struct pool_chunk **end = &pool->first;
	for (size_t kept = 0; *end != NULL && kept + (*end)->size <= keep_bytes;
		end = &(*end)->next)
		kept += (*end)->size;
	chunks_free(*end);
	*end = NULL;
	pool->now = NULL;
	pool->used = 0;
}
