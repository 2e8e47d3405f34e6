/* hash.h - the hash of the archiver's tables: FNV-1a over a secret start, well mixed at the end.
 * Keys come from tokens that the CRM signed; the secret keeps even those from choosing their
 * bucket. */
#pragma once
#include <stddef.h>
#include <stdint.h>

static inline uint64_t hash_start(uint64_t secret)
{
	return 0xcbf29ce484222325u ^ secret;
}

static inline uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t len)
{
	const uint8_t *at = bytes;
	for (size_t i = 0; i < len; i++)
		hash = (hash ^ at[i]) * 0x100000001b3u;
	return hash;
}

/* NUL included: "a","bc" and "ab","c" differ. */
static inline uint64_t hash_text(uint64_t hash, const char *text)
{
	for (; *text != '\0'; text++)
		hash = (hash ^ (uint8_t)*text) * 0x100000001b3u;
	return hash * 0x100000001b3u;
}

static inline uint64_t hash_end(uint64_t hash)
{
	hash ^= hash >> 32;
	hash *= 0xd6e8feb86659fd93u;
	return hash ^ (hash >> 32);
}
