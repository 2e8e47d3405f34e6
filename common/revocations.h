/* revocations.h - tokens that were taken back before their time: a list that the API keeps in the
 * database, holds against each request, and tells the broker's plugin. Pure but for memory. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "common/jsonout.h"
#include "common/token.h"

/* Where the API publishes the list; only the plugin hears of it. */
#define REVOCATIONS_TOPIC     "$CONTROL/gymchat/v1"
#define REVOCATIONS_PART_SIZE 16384 /* bytes of one publish, at most */

/* The token with the jti, or all of role and sub that were issued up to iat_max. */
struct revocation {
	char gym[TOPIC_KEY_MAX + 1];
	char jti[TOPIC_KEY_MAX + 1]; /* "": by role and sub */
	char sub[TOPIC_KEY_MAX + 1];
	enum role role;
	int64_t iat_max;
};

struct revocations { /* zeroed: empty */
	struct revocation *all;
	size_t n, size;
	uint32_t *slots; /* [2 * size] place in all + 1, by hash of what is named; 0: free */
	uint64_t seed;	 /* of the hash: who chooses names must not choose their places */
};

void revocations_deinit(struct revocations *list);
/* A holder that is in it already: the later iat_max stays. */
void revocations_add(struct revocations *list, const struct revocation *one);
/* Whether they are the same, in the same order. */
bool revocations_same(const struct revocations *a, const struct revocations *b);
bool revocations_hit(const struct revocations *list, const struct claims *claims);

/* The part of the list that begins at *next, as
 *   {"replace":true,"revocations":[{"gym","jti"},{"gym","role","sub","iat_max"}],"total":2}
 * into out (emptied first); *next moves on. true: more is left. replace is true in the first part,
 * total stands in the last. */
bool revocations_write(const struct revocations *list, size_t *next, struct jsonout *out);
/* Takes a part over into what has come so far: replace empties it first, and after the last part it
 * is the list. 1: it is, whole; 0: more is to come, or (the last part) something was lost; -1 with
 * ERR_INPUT: malformed, and coming is as it was. */
MUST_CHECK int revocations_read(
	struct revocations *coming, const uint8_t *payload, size_t len, struct err *err);
