/* rooms.h - what the archiver remembers of rooms and gyms: their ids and how far their seq has got.
 * Bounded: the room that was used longest ago makes way. Only what is committed belongs in here. */
#pragma once
#include <stdint.h>

#include "common/topic.h"

/* 112 bytes a room: 100,000 rooms take 11 MiB, and only those in use take memory. */
#define ROOMS_CACHE_MAX	     131072
#define ROOMS_CACHE_GYMS_MAX 16384

struct room {
	int64_t id, last_seq, note_last_seq;
	/* the cache's own */
	uint64_t hash;
	uint32_t gym, next, older, newer;
	char key[TOPIC_KEY_MAX + 1];
};

struct rooms;

/* max_rooms >= 2; one batch may use fewer than that. */
struct rooms *rooms_new(uint32_t max_rooms, uint32_t max_gyms, uint64_t secret);
void rooms_free(struct rooms **rooms);

/* NULL: not remembered. The pointer is good until the next rooms_put or rooms_clear. *gym_id_r is
 * the gym's. */
struct room *rooms_find(struct rooms *rooms, const char *gym, const char *key, int64_t *gym_id_r);
/* Remembers a room and its gym, or finds it; the caller sets id and seqs. */
struct room *rooms_put(struct rooms *rooms, const char *gym, int64_t gym_id, const char *key);
/* 0: not remembered */
int64_t rooms_gym(struct rooms *rooms, const char *gym);
void rooms_put_gym(struct rooms *rooms, const char *gym, int64_t gym_id);
void rooms_clear(struct rooms *rooms);
uint32_t rooms_count(const struct rooms *rooms);
