#include "api/auth.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "api/feed.h"
#include "api/limits.h"
#include "api/query.h"
#include "common/must.h"
#include "common/rand.h"
#include "common/when.h"

#define CACHE_LISTS 1024
#define CACHE_MAX   4096 /* tokens, about 2 KiB each; then the oldest goes */

/* A token that was good. Its claims never change; whether it has ended or been revoked is looked at
 * each time. */
struct known {
	struct known *next;	     /* of its list */
	struct known *newer, *older; /* by age */
	uint64_t hash;
	bool is_cleared; /* held against all revocations */
	struct claims claims;
	char token[];
};

static struct {
	const struct token_keys *keys;
	int64_t token_days;
	struct limits *limits;
	uint64_t seed;
	struct known *lists[CACHE_LISTS], *newest, *oldest;
	unsigned known;
	struct revocations revocations;
	bool has_revocations; /* the database has told them */
} auth;

int auth_init(const struct settings *settings, const struct token_keys *keys, struct err *err)
{
	(void)err;
	auth.keys = keys;
	auth.token_days = settings_number(settings, "TOKEN_DAYS");
	auth.limits = limits_new(settings);
	rand_bytes(&auth.seed, sizeof(auth.seed));
	return 0;
}

/* ---- tokens that were good ---- */

static uint64_t hash_of(const char *token)
{
	uint64_t hash = auth.seed;
	for (; *token != '\0'; token++)
		hash = (hash ^ (unsigned char)*token) * 0x100000001b3u;
	return hash ^ hash >> 31;
}

static struct known *find(const char *token, uint64_t hash)
{
	struct known *known = auth.lists[hash % CACHE_LISTS];
	while (known != NULL && (known->hash != hash || strcmp(known->token, token) != 0))
		known = known->next;
	return known;
}

static void forget(struct known *known)
{
	struct known **link = &auth.lists[known->hash % CACHE_LISTS];
	while (*link != known)
		link = &(*link)->next;
	*link = known->next;
	*(known->newer != NULL ? &known->newer->older : &auth.newest) = known->older;
	*(known->older != NULL ? &known->older->newer : &auth.oldest) = known->newer;
	auth.known--;
	free(known);
}

static struct known *remember(const char *token, uint64_t hash, const struct claims *claims)
{
	size_t size = strlen(token) + 1;
	if (auth.known == CACHE_MAX)
		forget(auth.oldest);
	struct known *known = must(malloc(sizeof(*known) + size));
	*known = (struct known){.next = auth.lists[hash % CACHE_LISTS],
		.older = auth.newest,
		.hash = hash,
		.claims = *claims};
	memcpy(known->token, token, size);
	auth.lists[hash % CACHE_LISTS] = known;
	*(auth.newest != NULL ? &auth.newest->newer : &auth.oldest) = known;
	auth.newest = known;
	auth.known++;
	return known;
}

void auth_deinit(void)
{
	while (auth.oldest != NULL)
		forget(auth.oldest);
	limits_free(&auth.limits);
	revocations_deinit(&auth.revocations);
}

/* ---- revoked tokens ---- */

/* Before the database has told any there is nothing to say: an empty list would open the broker to
 * what another process has told it to refuse. */
void auth_tell_revocations(void)
{
	struct jsonout *json = http_json();
	size_t next = 0;
	bool has_more = false;
	if (!auth.has_revocations)
		return;
	do {
		has_more = revocations_write(&auth.revocations, &next, json);
		feed_tell(REVOCATIONS_TOPIC, json->text, json->len);
	} while (has_more);
}

/* What is known is held against all of them again: they change rarely. */
void auth_set_revocations(struct revocations *list)
{
	bool is_same = auth.has_revocations && revocations_same(list, &auth.revocations);
	auth.has_revocations = true;
	if (is_same) {
		revocations_deinit(list);
		return;
	}
	revocations_deinit(&auth.revocations);
	auth.revocations = *list;
	*list = (struct revocations){0};
	for (struct known *known = auth.oldest; known != NULL; known = known->newer)
		known->is_cleared = false;
	auth_tell_revocations();
}

static bool is_revoked(struct known *known)
{
	if (!known->is_cleared && revocations_hit(&auth.revocations, &known->claims))
		return true;
	known->is_cleared = true;
	return false;
}

/* ---- the token of a request ---- */

static bool refuse(struct http_request *request, const char *code, const char *detail)
{
	http_add_header(request, "www-authenticate",
		strcmp(code, "token_missing") == 0
			? "Bearer realm=\"gymchat\""
			: "Bearer realm=\"gymchat\", error=\"invalid_token\"");
	/* Nobody may hold memory by a body that never comes. */
	if (request->body_expected > 0)
		request->is_closing = request->is_lingering = true;
	http_fail(request, code, "%s", detail);
	return false;
}

static struct known *verify(struct http_request *request, const char *token, uint64_t hash)
{
	struct err err = {0};
	struct claims claims;
	if (token_verify(auth.keys, token, auth.token_days, time(NULL), &claims, &err) != 0) {
		refuse(request, err.code == ERR_EXPIRED ? "token_expired" : "token_invalid",
			err.text);
		return NULL;
	}
	return remember(token, hash, &claims);
}

static bool has_token(struct http_request *request)
{
	const char *token = query_bearer(http_header(request, WSI_TOKEN_HTTP_AUTHORIZATION));
	if (token == NULL)
		return refuse(
			request, "token_missing", "send the field Authorization: Bearer TOKEN");
	uint64_t hash = hash_of(token);
	struct known *known = find(token, hash);
	if (known != NULL && known->claims.exp + TOKEN_SKEW_SEC <= time(NULL)) {
		forget(known);
		known = NULL; /* the verdict in words is verify's */
	}
	if (known == NULL && (known = verify(request, token, hash)) == NULL)
		return false;
	if (is_revoked(known)) {
		forget(known);
		return refuse(request, "token_invalid", "the token has been revoked");
	}
	struct claims *claims = arena_take(&request->arena, sizeof(*claims));
	*claims = known->claims;
	request->claims = claims;
	return true;
}

/* ---- what it allows ---- */

static bool forbid(struct http_request *request, const char *detail)
{
	http_fail(request, "forbidden", "%s", detail);
	return false;
}

/* As the broker's rules have it: docs/security.md "Who may do what". */
static bool may_enter(const struct claims *claims, const struct route *route, const char *room)
{
	if (claims->role == ROLE_KIOSK && route->is_for_any_room && !topic_is_kiosk_room(room))
		return true;
	return claims_has_room(claims, room);
}

static bool is_allowed(
	struct http_request *request, const struct route *route, const struct route_places *places)
{
	const struct claims *claims = request->claims;
	if (claims->gym[0] == '_')
		return forbid(request, "the programs' own tokens are for the broker");
	if ((route->roles & BIT(claims->role)) == 0)
		return forbid(request, "the token's role may not do this");
	if (places->gym[0] != '\0' && strcmp(places->gym, claims->gym) != 0)
		return forbid(request, "the token is of another gym");
	if (places->room[0] != '\0' && !may_enter(claims, route, places->room))
		return forbid(request, "the room is not one of the token's");
	return true;
}

static void give_back(void *ctx)
{
	limits_give_back(auth.limits, ctx);
}

static void say_limit(struct http_request *request, const struct limits_verdict *verdict)
{
	http_add_header(
		request, "retry-after", "%lld", (long long)(verdict->retry_after_ms + 999) / 1000);
	if (verdict->most_pending > 0)
		http_fail(request, "rate_limited", "%u requests are under way: take their answers",
			verdict->most_pending);
	else
		http_fail(request, "rate_limited", "over %u %s per second; again in %lld ms",
			verdict->per_sec, verdict->is_bytes ? "bytes" : "requests",
			(long long)verdict->retry_after_ms);
}

static bool is_within_limits(struct http_request *request)
{
	struct limits_verdict verdict;
	limits_take(auth.limits, request->claims, request->body_expected, when_mono_ms(), &verdict);
	if (verdict.is_limited) {
		http_add_header(request, "ratelimit-policy", "\"requests\";q=%u;w=%u",
			verdict.burst, (verdict.burst + verdict.per_sec - 1) / verdict.per_sec);
		http_add_header(request, "ratelimit", "\"requests\";r=%u;t=%lld", verdict.remaining,
			(long long)(verdict.reset_ms + 999) / 1000);
	}
	if (verdict.is_allowed)
		http_on_end(request, give_back, (void *)request->claims);
	else
		say_limit(request, &verdict);
	return verdict.is_allowed;
}

bool auth_check(
	struct http_request *request, const struct route *route, const struct route_places *places)
{
	if (route->roles == ROUTE_OPEN)
		return true;
	return has_token(request) && is_allowed(request, route, places) &&
	       is_within_limits(request);
}
