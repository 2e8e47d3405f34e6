#include "archiver/rooms.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "archiver/hash.h"
#include "common/must.h"

#define NONE UINT32_MAX

struct gym {
	int64_t id;
	uint64_t hash;
	uint32_t next;
	char key[TOPIC_KEY_MAX + 1];
};

/* Entries are numbers into arrays that never move; calloc touches no page before it is used. */
struct rooms {
	uint64_t secret;
	uint32_t max, count, heads_len;
	struct room *all;
	uint32_t *heads;	 /* by hash */
	uint32_t newest, oldest; /* by use */
	uint32_t gyms_max, gyms_count, gym_heads_len;
	struct gym *gyms;
	uint32_t *gym_heads;
};

/* A power of two at least as large. */
static uint32_t heads_for(uint32_t max)
{
	uint32_t len = 16;
	while (len < max)
		len *= 2;
	return len;
}

struct rooms *rooms_new(uint32_t max_rooms, uint32_t max_gyms, uint64_t secret)
{
	assert(max_rooms >= 2 && max_gyms >= 1);
	struct rooms *rooms = must(calloc(1, sizeof(*rooms)));
	rooms->secret = secret;
	rooms->max = max_rooms;
	rooms->heads_len = heads_for(max_rooms);
	rooms->all = must(calloc(max_rooms, sizeof(*rooms->all)));
	rooms->heads = must(malloc(rooms->heads_len * sizeof(*rooms->heads)));
	rooms->gyms_max = max_gyms;
	rooms->gym_heads_len = heads_for(max_gyms);
	rooms->gyms = must(calloc(max_gyms, sizeof(*rooms->gyms)));
	rooms->gym_heads = must(malloc(rooms->gym_heads_len * sizeof(*rooms->gym_heads)));
	rooms_clear(rooms);
	return rooms;
}

void rooms_free(struct rooms **handle)
{
	struct rooms *rooms = TAKE(*handle);
	if (rooms == NULL)
		return;
	free(rooms->all);
	free(rooms->heads);
	free(rooms->gyms);
	free(rooms->gym_heads);
	free(rooms);
}

void rooms_clear(struct rooms *rooms)
{
	rooms->count = rooms->gyms_count = 0;
	rooms->newest = rooms->oldest = NONE;
	memset(rooms->heads, 0xff, rooms->heads_len * sizeof(*rooms->heads));
	memset(rooms->gym_heads, 0xff, rooms->gym_heads_len * sizeof(*rooms->gym_heads));
}

uint32_t rooms_count(const struct rooms *rooms)
{
	return rooms->count;
}

/* ---- gyms ---- */

static uint64_t gym_hash(const struct rooms *rooms, const char *key)
{
	return hash_end(hash_text(hash_start(rooms->secret), key));
}

static uint32_t gym_find(const struct rooms *rooms, const char *key, uint64_t hash)
{
	uint32_t at = rooms->gym_heads[hash & (rooms->gym_heads_len - 1)];
	while (at != NONE &&
		(rooms->gyms[at].hash != hash || strcmp(rooms->gyms[at].key, key) != 0))
		at = rooms->gyms[at].next;
	return at;
}

static uint32_t gym_put(struct rooms *rooms, const char *key, int64_t id)
{
	uint64_t hash = gym_hash(rooms, key);
	uint32_t at = gym_find(rooms, key, hash);
	if (at == NONE) {
		if (rooms->gyms_count == rooms->gyms_max)
			rooms_clear(rooms); /* more gyms than one machine serves: start anew */
		uint32_t *head = &rooms->gym_heads[hash & (rooms->gym_heads_len - 1)];
		at = rooms->gyms_count++;
		struct gym *gym = &rooms->gyms[at];
		gym->hash = hash;
		gym->next = *head;
		*head = at;
		strcpy(gym->key, key);
	}
	rooms->gyms[at].id = id;
	return at;
}

int64_t rooms_gym(struct rooms *rooms, const char *gym)
{
	uint32_t at = gym_find(rooms, gym, gym_hash(rooms, gym));
	return at == NONE ? 0 : rooms->gyms[at].id;
}

void rooms_put_gym(struct rooms *rooms, const char *gym, int64_t gym_id)
{
	gym_put(rooms, gym, gym_id);
}

/* ---- rooms by use ---- */

static void use_unlink(struct rooms *rooms, struct room *room)
{
	if (room->newer == NONE)
		rooms->newest = room->older;
	else
		rooms->all[room->newer].older = room->older;
	if (room->older == NONE)
		rooms->oldest = room->newer;
	else
		rooms->all[room->older].newer = room->newer;
}

static void use_link_newest(struct rooms *rooms, struct room *room)
{
	uint32_t at = (uint32_t)(room - rooms->all);
	room->newer = NONE;
	room->older = rooms->newest;
	if (rooms->newest == NONE)
		rooms->oldest = at;
	else
		rooms->all[rooms->newest].newer = at;
	rooms->newest = at;
}

/* ---- rooms by key ---- */

static uint64_t room_hash(const struct rooms *rooms, uint32_t gym, const char *key)
{
	return hash_end(hash_text(hash_start(rooms->secret ^ rooms->gyms[gym].hash), key));
}

static uint32_t *room_head(struct rooms *rooms, uint64_t hash)
{
	return &rooms->heads[hash & (rooms->heads_len - 1)];
}

static struct room *room_find(struct rooms *rooms, uint32_t gym, const char *key, uint64_t hash)
{
	uint32_t at = *room_head(rooms, hash);
	while (at != NONE) {
		struct room *room = &rooms->all[at];
		if (room->hash == hash && room->gym == gym && strcmp(room->key, key) == 0)
			return room;
		at = room->next;
	}
	return NULL;
}

/* The least recently used one, taken out of everything. */
static struct room *room_evict(struct rooms *rooms)
{
	uint32_t at = rooms->oldest;
	struct room *room = &rooms->all[at];
	uint32_t *link = room_head(rooms, room->hash);
	while (*link != at)
		link = &rooms->all[*link].next;
	*link = room->next;
	use_unlink(rooms, room);
	return room;
}

struct room *rooms_find(struct rooms *rooms, const char *gym, const char *key, int64_t *gym_id_r)
{
	uint32_t at = gym_find(rooms, gym, gym_hash(rooms, gym));
	if (at == NONE)
		return NULL;
	*gym_id_r = rooms->gyms[at].id;
	struct room *room = room_find(rooms, at, key, room_hash(rooms, at, key));
	if (room != NULL && room->newer != NONE) {
		use_unlink(rooms, room);
		use_link_newest(rooms, room);
	}
	return room;
}

struct room *rooms_put(struct rooms *rooms, const char *gym, int64_t gym_id, const char *key)
{
	uint32_t at = gym_put(rooms, gym, gym_id);
	uint64_t hash = room_hash(rooms, at, key);
	struct room *room = room_find(rooms, at, key, hash);
	if (room != NULL)
		return room;
	room = rooms->count < rooms->max ? &rooms->all[rooms->count++] : room_evict(rooms);
	uint32_t *head = room_head(rooms, hash);
	*room = (struct room){.hash = hash, .gym = at, .next = *head};
	strcpy(room->key, key);
	*head = (uint32_t)(room - rooms->all);
	use_link_newest(rooms, room);
	return room;
}
