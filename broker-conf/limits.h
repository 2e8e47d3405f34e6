/* limits.h - how much one identity may publish, and how often it may connect and subscribe. Token
 * buckets kept as points in time, so that an idle one needs no refilling. Pure; the clock is passed
 * in.
 *
 * A bucket holds one second's worth. Who goes over it is refused until the bucket is full again, a
 * second or more, and is told so: were single publishes let through in between, a message could
 * overtake an earlier one that was refused, and a sender's messages would be archived out of their
 * order. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/token.h"

struct limits {					 /* 0: no such limit */
	int64_t messages_per_sec, bytes_per_sec; /* of publishes, all kinds, payload bytes */
	int64_t connections, subscriptions; /* at one time, over all connections of the identity */
};

/* What these claims may: staff and services factor times more (0: no limit for them), the programs
 * without limit. */
struct limits limits_for(const struct limits *each, int64_t factor, const struct claims *claims);

struct limits_bucket {				 /* zeroed: full */
	int64_t messages_paid_us, bytes_paid_us; /* when what was published is paid for */
	int64_t closed_until_us;
};

/* Charges one publish. 0: let it pass; else refused, and the milliseconds until the next will pass.
 */
int64_t limits_publish(
	struct limits_bucket *bucket, const struct limits *limits, size_t bytes, int64_t now_us);
/* Charges one filter of a SUBSCRIBE or UNSUBSCRIBE to a bucket of its own: as many a second as may
 * be subscribed at one time, four times over, for an identity whose connections all begin anew. The
 * same returns. */
int64_t limits_filter(struct limits_bucket *bucket, const struct limits *limits, int64_t now_us);
/* Whether the bucket remembers nothing any more, so that a new one would do. */
bool limits_is_full(const struct limits_bucket *bucket, int64_t now_us);
