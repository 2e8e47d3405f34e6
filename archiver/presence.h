/* presence.h - who has been heard lately, so that last_seen is written at most once a minute a
 * person. A fixed table of 64 Ki hashes: whoever is pushed out by another is written again a little
 * earlier. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "common/topic.h"

#define PRESENCE_EVERY_US 60000000

struct presence_seen;

struct presence_seen *presence_seen_new(uint64_t secret);
void presence_seen_free(struct presence_seen **seen);
/* Whether last_seen is to be written now; remembers it as written. */
bool presence_seen_due(struct presence_seen *seen, const char *gym, enum role role, const char *who,
	int64_t now_us);
void presence_seen_clear(struct presence_seen *seen); /* what was to be written has not been */
