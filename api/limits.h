/* limits.h - how many requests an identity may make: a token bucket for each {gym, role, sub},
 * never for an address (a gym is one NAT). Staff, services and kiosks have wider ones
 * (LIMIT_STAFF_FACTOR). Pure but for its table: time is passed in. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"
#include "common/settings.h"
#include "common/token.h"

struct limits;

struct limits_verdict { /* what the RateLimit fields and Retry-After say */
	bool is_allowed;
	bool is_limited; /* false: limits are off, say nothing */
	unsigned per_sec, burst;
	unsigned remaining;
	int64_t retry_after_ms; /* until the next request would pass; 0 when allowed */
	int64_t reset_ms;	/* until the bucket is full again */
};

struct limits *limits_new(const struct settings *settings);
void limits_free(struct limits **limits);
/* Takes one request of this identity at now_ms (monotonic). Memory is bounded: full buckets are
 * dropped. */
void limits_take(struct limits *limits, const struct claims *claims, int64_t now_ms,
	struct limits_verdict *verdict_r);
