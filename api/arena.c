#include "api/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/must.h"

#define CHUNK_BYTES 4000 /* with malloc's own header just under a page */

struct arena_chunk {
	struct arena_chunk *older;
	alignas(max_align_t) char bytes[];
};

void arena_init(struct arena *arena)
{
	*arena = (struct arena){0};
}

void arena_deinit(struct arena *arena)
{
	for (struct arena_chunk *chunk = arena->chunks, *older; chunk != NULL; chunk = older) {
		older = chunk->older;
		free(chunk);
	}
	arena_init(arena);
}

static void add_chunk(struct arena *arena, size_t size)
{
	if (size < CHUNK_BYTES)
		size = CHUNK_BYTES;
	struct arena_chunk *chunk = must(malloc(sizeof(*chunk) + size));
	chunk->older = arena->chunks;
	arena->chunks = chunk;
	arena->at = chunk->bytes;
	arena->left = size;
}

void *arena_take(struct arena *arena, size_t size)
{
	size_t align = alignof(max_align_t);
	if (size > SIZE_MAX / 2)
		abort();
	size = (size + align - 1) / align * align;
	if (size > arena->left)
		add_chunk(arena, size);
	void *piece = arena->at;
	arena->at += size;
	arena->left -= size;
	return piece;
}

char *arena_copy(struct arena *arena, const char *text, size_t len)
{
	char *copy = arena_take(arena, len + 1);
	memcpy(copy, text, len);
	copy[len] = '\0';
	return copy;
}

char *arena_format(struct arena *arena, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	int len = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	if (len < 0)
		abort();
	char *text = arena_take(arena, (size_t)len + 1);
	va_start(args, fmt);
	vsnprintf(text, (size_t)len + 1, fmt, args);
	va_end(args);
	return text;
}
