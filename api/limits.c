#include "api/limits.h"

#include <stdlib.h>
#include <string.h>

#include "common/must.h"
#include "common/rand.h"

#define LIMITS_FIRST 256	/* places of a new table; always a power of two */
#define LIMITS_MOST  (1u << 20) /* places; 40 MiB */

#define LIMITS_RETRY_MS 1000 /* when a place may be free, which nobody can know */

struct bucket {
	uint64_t who;	  /* hash of the identity; 0: free place */
	int64_t milli;	  /* thousandths of a request that are left */
	int64_t then_ms;  /* when that was so */
	int64_t paid_us;  /* when the bytes that came are paid for */
	unsigned factor;  /* how wide its limit is */
	unsigned pending; /* requests that are not answered yet */
};

/* Open addressing. A full bucket is as good as none, so that whenever the table gets crowded it is
 * made anew from those that are not full: how many there are depends on who asked in the last
 * seconds, not on who ever did. */
struct limits {
	struct bucket *table; /* [size] */
	size_t size, used;
	uint64_t seed;
	unsigned per_sec, burst, factor, pending;
	int64_t bytes_per_sec;
	bool is_on;
};

struct limits *limits_new(const struct settings *settings)
{
	struct limits *limits = must(calloc(1, sizeof(*limits)));
	limits->per_sec = (unsigned)settings_number(settings, "LIMIT_REQUESTS");
	limits->burst = (unsigned)settings_number(settings, "LIMIT_BURST");
	limits->factor = (unsigned)settings_number(settings, "LIMIT_STAFF_FACTOR");
	limits->pending = (unsigned)settings_number(settings, "LIMIT_PENDING");
	limits->bytes_per_sec = settings_number(settings, "LIMIT_BYTES");
	limits->is_on = settings_on(settings, "LIMITS");
	limits->size = LIMITS_FIRST;
	limits->table = must(calloc(limits->size, sizeof(*limits->table)));
	rand_bytes(&limits->seed, sizeof(limits->seed));
	return limits;
}

void limits_free(struct limits **limits)
{
	if (*limits == NULL)
		return;
	free((*limits)->table);
	free(*limits);
	*limits = NULL;
}

static uint64_t mix(uint64_t x)
{
	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

static uint64_t hash_text(uint64_t hash, const char *text)
{
	for (; *text != '\0'; text++)
		hash = (hash ^ (uint8_t)*text) * UINT64_C(0x100000001b3);
	return mix(hash);
}

static uint64_t hash_identity(const struct limits *limits, const struct claims *claims)
{
	uint64_t hash = hash_text(limits->seed, claims->gym);
	hash = hash_text(hash + (uint64_t)claims->role, claims->sub);
	return hash != 0 ? hash : 1;
}

static struct bucket *find(const struct limits *limits, uint64_t who)
{
	size_t at = who & (limits->size - 1);
	while (limits->table[at].who != 0 && limits->table[at].who != who)
		at = (at + 1) & (limits->size - 1);
	return &limits->table[at];
}

static int64_t per_sec_of(const struct limits *limits, const struct bucket *bucket)
{
	return (int64_t)limits->per_sec * bucket->factor;
}

static int64_t most_of(const struct limits *limits, const struct bucket *bucket)
{
	return (int64_t)limits->burst * (int64_t)bucket->factor * 1000;
}

/* What is left now. A full bucket's time is enough for any gap, so the product cannot overflow. */
static int64_t milli_at(const struct limits *limits, const struct bucket *bucket, int64_t now_ms)
{
	int64_t most = most_of(limits, bucket), per_sec = per_sec_of(limits, bucket);
	int64_t passed_ms = now_ms > bucket->then_ms ? now_ms - bucket->then_ms : 0;
	if (per_sec == 0 || passed_ms > most / per_sec)
		return most;
	int64_t milli = bucket->milli + passed_ms * per_sec;
	return milli < most ? milli : most;
}

static bool is_worth_keeping(
	const struct limits *limits, const struct bucket *bucket, int64_t now_ms)
{
	return bucket->who != 0 &&
	       (bucket->pending > 0 || bucket->paid_us / 1000 > now_ms ||
		       milli_at(limits, bucket, now_ms) < most_of(limits, bucket));
}

static void make_anew(struct limits *limits, int64_t now_ms)
{
	struct bucket *old = limits->table;
	size_t old_size = limits->size, alive = 0;
	for (size_t i = 0; i < old_size; i++)
		alive += is_worth_keeping(limits, &old[i], now_ms);
	if (alive * 2 >= LIMITS_MOST)
		alive = 0; /* half a million busy identities: start over rather than grow */
	for (limits->size = LIMITS_FIRST; limits->size < alive * 4; limits->size *= 2)
		;
	limits->table = must(calloc(limits->size, sizeof(*limits->table)));
	limits->used = alive;
	for (size_t i = 0; i < old_size && alive > 0; i++) {
		if (is_worth_keeping(limits, &old[i], now_ms))
			*find(limits, old[i].who) = old[i];
	}
	free(old);
}

/* The identity's bucket, filled up to now. */
static struct bucket *fill(struct limits *limits, uint64_t who, unsigned factor, int64_t now_ms)
{
	struct bucket *bucket = find(limits, who);
	if (bucket->who == 0) {
		if (limits->used * 4 >= limits->size * 3) {
			make_anew(limits, now_ms);
			bucket = find(limits, who);
		}
		limits->used++;
		*bucket = (struct bucket){.who = who, .factor = factor};
		bucket->milli = most_of(limits, bucket);
	}
	bucket->milli = milli_at(limits, bucket, now_ms);
	bucket->then_ms = now_ms;
	return bucket;
}

/* As docs/security.md has it for the broker: kiosks have no more than clients. */
static unsigned factor_of(const struct limits *limits, const struct claims *claims)
{
	return claims->role == ROLE_STAFF || claims->role == ROLE_SERVICE ? limits->factor : 1;
}

/* Answers that are not taken, and requests that wait, are memory. */
static bool take_place(
	const struct limits *limits, const struct bucket *bucket, struct limits_verdict *verdict_r)
{
	uint64_t most = (uint64_t)limits->pending * bucket->factor;
	if (most == 0 || bucket->pending < most)
		return true;
	verdict_r->most_pending = (unsigned)most;
	verdict_r->retry_after_ms = LIMITS_RETRY_MS;
	return false;
}

static bool take_request(
	const struct limits *limits, struct bucket *bucket, struct limits_verdict *verdict_r)
{
	int64_t per_sec = per_sec_of(limits, bucket), most = most_of(limits, bucket);
	if (per_sec == 0)
		return true;
	verdict_r->is_limited = true;
	verdict_r->per_sec = (unsigned)per_sec;
	verdict_r->burst = limits->burst * bucket->factor;
	bool is_allowed = bucket->milli >= 1000;
	if (is_allowed)
		bucket->milli -= 1000;
	else
		verdict_r->retry_after_ms = (1000 - bucket->milli + per_sec - 1) / per_sec;
	verdict_r->remaining = (unsigned)(bucket->milli / 1000);
	verdict_r->reset_ms = (most - bucket->milli + per_sec - 1) / per_sec;
	return is_allowed;
}

/* A clock beyond what microseconds can say stands there. */
static int64_t us_of(int64_t ms)
{
	return ms < INT64_MAX / 2000 ? ms * 1000 : INT64_MAX / 2;
}

/* A second's worth may come at once, and a body that is larger runs into debt. */
static bool take_bytes(const struct limits *limits, struct bucket *bucket, size_t bytes,
	int64_t now_ms, struct limits_verdict *verdict_r)
{
	int64_t per_sec = limits->bytes_per_sec * bucket->factor, now_us = us_of(now_ms);
	int64_t paid_us = bucket->paid_us > now_us ? bucket->paid_us : now_us;
	if (per_sec == 0 || bytes == 0)
		return true;
	if (paid_us >= now_us + 1000000) {
		verdict_r->is_bytes = true;
		verdict_r->per_sec = per_sec < UINT32_MAX ? (unsigned)per_sec : UINT32_MAX;
		verdict_r->retry_after_ms = (paid_us - now_us - 1000000) / 1000 + 1;
		return false;
	}
	bucket->paid_us = paid_us + (int64_t)bytes * 1000000 / per_sec;
	return true;
}

void limits_take(struct limits *limits, const struct claims *claims, size_t bytes, int64_t now_ms,
	struct limits_verdict *verdict_r)
{
	*verdict_r = (struct limits_verdict){.is_allowed = true};
	if (!limits->is_on)
		return;
	struct bucket *bucket =
		fill(limits, hash_identity(limits, claims), factor_of(limits, claims), now_ms);
	verdict_r->is_allowed = take_place(limits, bucket, verdict_r) &&
				take_request(limits, bucket, verdict_r) &&
				take_bytes(limits, bucket, bytes, now_ms, verdict_r);
	bucket->pending += verdict_r->is_allowed;
}

void limits_give_back(struct limits *limits, const struct claims *claims)
{
	if (!limits->is_on)
		return;
	struct bucket *bucket = find(limits, hash_identity(limits, claims));
	if (bucket->pending > 0) /* none: the table was started over meanwhile */
		bucket->pending--;
}
