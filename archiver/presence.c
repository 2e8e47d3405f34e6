#include "archiver/presence.h"

#include <stdlib.h>
#include <string.h>

#include "archiver/hash.h"
#include "common/auto.h"
#include "common/must.h"

#define SLOTS (1u << 16)

struct slot {
	uint64_t person;
	int64_t written_us;
};

struct presence_seen {
	uint64_t secret;
	struct slot slots[SLOTS];
};

struct presence_seen *presence_seen_new(uint64_t secret)
{
	struct presence_seen *seen = must(calloc(1, sizeof(*seen)));
	seen->secret = secret;
	return seen;
}

void presence_seen_free(struct presence_seen **seen)
{
	free(TAKE(*seen));
}

bool presence_seen_due(struct presence_seen *seen, const char *gym, enum role role, const char *who,
	int64_t now_us)
{
	uint64_t hash = hash_text(hash_text(hash_start(seen->secret), gym), who);
	uint64_t person =
		hash_end(hash_text(hash, role_name(role))) | 1; /* never an empty slot's 0 */
	struct slot *slot = &seen->slots[(person >> 32) % SLOTS];
	if (slot->person == person && now_us - slot->written_us < PRESENCE_EVERY_US &&
		now_us >= slot->written_us)
		return false;
	*slot = (struct slot){person, now_us};
	return true;
}

void presence_seen_clear(struct presence_seen *seen)
{
	memset(seen->slots, 0, sizeof(seen->slots));
}
