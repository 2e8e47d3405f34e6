/* limits.c - see limits.h. */
#include "broker-conf/limits.h"

#include <string.h>

#define SECOND_US 1000000

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static int64_t limits_times(int64_t limit, int64_t factor)
{
	int64_t product;
	return __builtin_mul_overflow(limit, factor, &product) ? 0 : product;
}

struct limits limits_for(const struct limits *each, int64_t factor, const struct claims *claims)
{
	if (strcmp(claims->gym, TOKEN_SYSTEM_GYM) == 0)
		return (struct limits){0};
	if (claims->role != ROLE_STAFF && claims->role != ROLE_SERVICE)
		return *each;
	return (struct limits){
		.messages_per_sec = limits_times(each->messages_per_sec, factor),
		.bytes_per_sec = limits_times(each->bytes_per_sec, factor),
		.connections = limits_times(each->connections, factor),
		.subscriptions = limits_times(each->subscriptions, factor),
	};
}

/* Microseconds that `amount` is worth at `per_sec`, at least one; a limit of 0 costs nothing. */
static int64_t limits_cost_us(int64_t amount, int64_t per_sec)
{
	if (per_sec == 0)
		return 0;
	return later(amount * SECOND_US / per_sec, amount > 0);
}

int64_t limits_publish(
	struct limits_bucket *bucket, const struct limits *limits, size_t bytes, int64_t now_us)
{
	if (now_us >= bucket->closed_until_us) {
		int64_t messages = later(bucket->messages_paid_us, now_us);
		int64_t volume = later(bucket->bytes_paid_us, now_us);
		int64_t one = limits_cost_us(1, limits->messages_per_sec);
		/* Bytes may run into debt: a single publish larger than a second's worth must be
		 * able to pass. */
		if (messages + one <= now_us + SECOND_US && volume < now_us + SECOND_US) {
			bucket->messages_paid_us = messages + one;
			bucket->bytes_paid_us =
				volume + limits_cost_us((int64_t)bytes, limits->bytes_per_sec);
			return 0;
		}
		bucket->closed_until_us = later(later(messages, volume), now_us + SECOND_US);
	}
	return (bucket->closed_until_us - now_us + 999) / 1000;
}

int64_t limits_filter(struct limits_bucket *bucket, const struct limits *limits, int64_t now_us)
{
	const struct limits filters = {.messages_per_sec = limits_times(limits->subscriptions, 4)};
	return limits_publish(bucket, &filters, 0, now_us);
}

bool limits_is_full(const struct limits_bucket *bucket, int64_t now_us)
{
	return now_us >= bucket->messages_paid_us && now_us >= bucket->bytes_paid_us &&
	       now_us >= bucket->closed_until_us;
}
