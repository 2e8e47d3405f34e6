/* limits.h - how many requests an identity may make, and how many bytes it may send with them:
 * token buckets for each {gym, role, sub}, never for an address (a gym is one NAT). Staff and
 * services have wider ones (LIMIT_STAFF_FACTOR). Pure but for its table: time is passed in. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"
#include "common/settings.h"
#include "common/token.h"

struct limits;

struct limits_verdict { /* what the RateLimit fields and Retry-After say */
	bool is_allowed;
	bool is_limited;       /* false: requests are not, say nothing */
	bool is_bytes;	       /* per_sec is of bytes: it was they that were too many */
	unsigned most_pending; /* over 0: that many are under way, and it was they */
	unsigned per_sec, burst;
	unsigned remaining;
	int64_t retry_after_ms; /* until the next request would pass; 0 when allowed */
	int64_t reset_ms;	/* until the bucket is full again */
};

struct limits *limits_new(const struct settings *settings);
void limits_free(struct limits **limits);
/* Takes one request of this identity with so many bytes of body, at now_ms (monotonic). Memory is
 * bounded: full buckets are dropped. */
void limits_take(struct limits *limits, const struct claims *claims, size_t bytes, int64_t now_ms,
	struct limits_verdict *verdict_r);
/* A request that was allowed has ended. */
void limits_give_back(struct limits *limits, const struct claims *claims);
