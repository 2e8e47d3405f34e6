/* sessions.c - see sessions.h. */
#include "broker-conf/sessions.h"

#include <assert.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "common/must.h"

#define SESSIONS_NOT_QUEUED	   SIZE_MAX
#define SESSIONS_LOOK_US	   INT64_C(3600000000)
#define CONTAINER(p, type, member) ((type *)((char *)(p)-offsetof(type, member)))

struct slot { /* the pointer beside the session: a probe reads no other memory */
	const void *client;
	struct session *session;
};

struct sessions {
	struct slot *slots; /* open addressing, [mask + 1], at most half full */
	size_t mask, n;
	void *identities; /* tsearch(3) tree by username: looked up at login and will only */
	size_t nidentities;
	struct expiry ends, idle, looks;
};

static int sessions_by_name(const void *a, const void *b)
{
	return strcmp(
		((const struct identity *)a)->username, ((const struct identity *)b)->username);
}

static size_t sessions_home(const struct sessions *s, const void *client)
{
	return (size_t)(((uintptr_t)client * UINT64_C(0x9e3779b97f4a7c15)) >> 20) & s->mask;
}

/* The slot that holds the client, or the free one where it belongs. */
static size_t sessions_slot(const struct sessions *s, const void *client)
{
	size_t at = sessions_home(s, client);
	while (s->slots[at].client != NULL && s->slots[at].client != client)
		at = (at + 1) & s->mask;
	return at;
}

static void sessions_grow(struct sessions *s)
{
	struct slot *old = s->slots;
	size_t old_size = s->mask + 1;

	s->mask = 2 * old_size - 1;
	s->slots = must(calloc(s->mask + 1, sizeof s->slots[0]));
	for (size_t i = 0; i < old_size; i++)
		if (old[i].client != NULL)
			s->slots[sessions_slot(s, old[i].client)] = old[i];
	free(old);
}

/* Moves back what had to step over the hole, so that no probe ends too early. */
static void sessions_clear_slot(struct sessions *s, size_t hole)
{
	for (size_t at = (hole + 1) & s->mask; s->slots[at].client != NULL;
		at = (at + 1) & s->mask) {
		size_t home = sessions_home(s, s->slots[at].client);
		if (((at - home) & s->mask) >= ((at - hole) & s->mask)) {
			s->slots[hole] = s->slots[at];
			hole = at;
		}
	}
	s->slots[hole] = (struct slot){0};
}

struct sessions *sessions_new(void)
{
	struct sessions *s = must(calloc(1, sizeof *s));
	s->mask = 1023;
	s->slots = must(calloc(s->mask + 1, sizeof s->slots[0]));
	return s;
}

static void sessions_free_away(struct away *away)
{
	free(away->filters);
	free(away);
}

static void sessions_free_identity(void *p)
{
	struct identity *identity = p;
	for (struct away *away; (away = identity->away) != NULL; sessions_free_away(away))
		identity->away = away->next;
	free(identity->username);
	free(identity);
}

static void sessions_free_session(struct session *session)
{
	free(session->filters);
	free(session);
}

void sessions_free(struct sessions **sp)
{
	struct sessions *s = *sp;
	if (s == NULL)
		return;
	*sp = NULL;
	for (size_t i = 0; i <= s->mask; i++)
		if (s->slots[i].client != NULL)
			sessions_free_session(s->slots[i].session);
	tdestroy(s->identities, sessions_free_identity);
	expiry_deinit(&s->ends);
	expiry_deinit(&s->idle);
	expiry_deinit(&s->looks);
	free(s->slots);
	free(s);
}

struct session *sessions_find(const struct sessions *s, const void *client)
{
	return s->slots[sessions_slot(s, client)].session;
}

struct identity *sessions_identity(const struct sessions *s, const char *username)
{
	struct identity key = {.username = (char *)username};
	struct identity **found = tfind(&key, &s->identities, sessions_by_name);
	return found != NULL ? *found : NULL;
}

static struct identity *sessions_new_identity(struct sessions *s, const char *username)
{
	struct identity *identity = must(calloc(1, sizeof *identity));
	identity->username = must(strdup(username));
	identity->idle.slot = SESSIONS_NOT_QUEUED;
	struct identity **node = tsearch(identity, &s->identities, sessions_by_name);
	assert(node != NULL && *node == identity);
	s->nidentities++;
	return identity;
}

static void sessions_unqueue(struct expiry *heap, struct expiry_item *item)
{
	if (item->slot == SESSIONS_NOT_QUEUED)
		return;
	expiry_remove(heap, item);
	item->slot = SESSIONS_NOT_QUEUED;
}

/* The live one of the identity with that client id. */
static struct session *sessions_named(const struct identity *identity, const char *client_id)
{
	struct session *session = identity->sessions;
	while (session != NULL && strcmp(session->client_id, client_id) != 0)
		session = session->next;
	return session;
}

/* Whether the identity may have one more connection; its own successor takes the place of the old
 * one. */
static bool sessions_has_room(const struct identity *identity, const char *client_id)
{
	return identity->limits.connections == 0 ||
	       identity->connections < identity->limits.connections ||
	       sessions_named(identity, client_id) != NULL;
}

/* ---- sessions that are away ---- */

static struct away *sessions_away(const struct identity *identity, const char *client_id)
{
	struct away *away = identity->away;
	while (away != NULL && strcmp(away->client_id, client_id) != 0)
		away = away->next;
	return away;
}

/* Whether one more may be left behind; one that comes back is not one more. */
static bool sessions_may_stay(const struct identity *identity, const char *client_id)
{
	return identity->limits.connections == 0 ||
	       identity->naway < identity->limits.connections ||
	       sessions_away(identity, client_id) != NULL;
}

/* What the session holds at the broker goes on being counted. */
static void sessions_go_away(struct sessions *s, struct session *session, int64_t now_us)
{
	struct identity *identity = session->identity;
	size_t len = strlen(session->client_id);
	struct away *away = must(calloc(1, sizeof *away + len + 1));
	memcpy(away->client_id, session->client_id, len + 1);
	away->identity = identity;
	away->filters = TAKE(session->filters);
	away->nfilters = session->nfilters;
	away->look.at = now_us;
	away->next = identity->away;
	identity->away = away;
	identity->naway++;
	expiry_add(&s->looks, &away->look);
}

/* The caller owns it then. */
static void sessions_unlink_away(struct sessions *s, struct away *away)
{
	struct away **at = &away->identity->away;
	while (*at != away)
		at = &(*at)->next;
	*at = away->next;
	away->identity->naway--;
	sessions_unqueue(&s->looks, &away->look);
}

static void sessions_take_filters(struct session *session, uint64_t **filters, size_t n)
{
	session->filters = TAKE(*filters);
	session->nfilters = session->filters_size = n;
}

/* The session comes back, or the broker has just dropped it for a fresh one. */
static void sessions_come_back(struct sessions *s, struct session *session)
{
	struct away *away = sessions_away(session->identity, session->client_id);
	if (away == NULL)
		return;
	sessions_unlink_away(s, away);
	if (session->kind == SESSION_KEPT)
		sessions_take_filters(session, &away->filters, away->nfilters);
	else
		session->identity->subscriptions -= (int64_t)away->nfilters;
	sessions_free_away(away);
}

static void sessions_idle(struct sessions *s, struct identity *identity, int64_t now_us)
{
	if (identity->sessions != NULL || identity->away != NULL)
		return;
	identity->idle.at = now_us;
	expiry_add(&s->idle, &identity->idle);
}

struct away *sessions_next_away(struct sessions *s, int64_t now_us)
{
	struct expiry_item *first = expiry_first(&s->looks);
	if (first == NULL || first->at > now_us)
		return NULL;
	expiry_remove(&s->looks, first);
	first->at = now_us + SESSIONS_LOOK_US;
	expiry_add(&s->looks, first);
	return CONTAINER(first, struct away, look);
}

void sessions_forget(struct sessions *s, struct away *away, int64_t now_us)
{
	struct identity *identity = away->identity;
	sessions_unlink_away(s, away);
	identity->subscriptions -= (int64_t)away->nfilters;
	sessions_free_away(away);
	sessions_idle(s, identity, now_us);
}

/* ---- logins ---- */

static struct session *sessions_new_session(
	const void *client, const struct claims *claims, const char *client_id)
{
	size_t len = strlen(client_id);
	struct session *session = must(calloc(1, sizeof *session + len + 1));
	session->client = client;
	session->claims = *claims;
	session->end.at = claims->exp;
	memcpy(session->client_id, client_id, len + 1);
	return session;
}

struct session *sessions_open(struct sessions *s, const void *client, const struct claims *claims,
	const char *username, const char *client_id, enum session_kind kind,
	const struct limits *limits, int64_t now_us, struct err *err)
{
	sessions_close(s, client, now_us);
	struct identity *identity = sessions_identity(s, username);
	if (identity == NULL)
		identity = sessions_new_identity(s, username);
	identity->limits = *limits;
	if (!sessions_has_room(identity, client_id)) {
		err_set(err, ERR_LIMIT, "at most %lld connections at one time",
			(long long)limits->connections);
		return NULL;
	}
	if (kind != SESSION_CLEAN && !sessions_may_stay(identity, client_id)) {
		err_set(err, ERR_LIMIT,
			"at most %lld sessions without a connection: connect with a clean one",
			(long long)limits->connections);
		return NULL;
	}
	sessions_unqueue(&s->idle, &identity->idle);
	struct session *session = sessions_new_session(client, claims, client_id);
	session->identity = identity;
	session->kind = kind;
	sessions_come_back(s, session);
	session->next = identity->sessions;
	identity->sessions = session;
	identity->connections++;
	if (2 * ++s->n > s->mask)
		sessions_grow(s);
	s->slots[sessions_slot(s, client)] = (struct slot){client, session};
	expiry_add(&s->ends, &session->end);
	return session;
}

static void sessions_leave(struct sessions *s, struct session *session, int64_t now_us)
{
	struct identity *identity = session->identity;
	struct session **at = &identity->sessions;

	while (*at != session)
		at = &(*at)->next;
	*at = session->next;
	identity->connections--;
	struct session *successor = sessions_named(identity, session->client_id);
	bool is_counted = identity->limits.connections > 0 || identity->limits.subscriptions > 0;
	if (successor != NULL && successor->kind == SESSION_KEPT && successor->filters == NULL)
		sessions_take_filters(successor, &session->filters, session->nfilters);
	else if (successor == NULL && session->kind != SESSION_CLEAN && is_counted)
		sessions_go_away(s, session, now_us);
	else
		identity->subscriptions -= (int64_t)session->nfilters;
	sessions_idle(s, identity, now_us);
}

void sessions_close(struct sessions *s, const void *client, int64_t now_us)
{
	size_t at = sessions_slot(s, client);
	struct session *session = s->slots[at].session;

	if (session == NULL)
		return;
	sessions_clear_slot(s, at);
	s->n--;
	sessions_unqueue(&s->ends, &session->end);
	sessions_leave(s, session, now_us);
	sessions_free_session(session);
}

/* FNV-1a: a filter's text is the identity's own and bounded in number, so colliding on purpose wins
 * nothing much. */
static uint64_t sessions_hash(const char *filter)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);
	for (; *filter != '\0'; filter++)
		hash = (hash ^ (uint8_t)*filter) * UINT64_C(0x100000001b3);
	return hash;
}

/* Index of the hash, or nfilters. */
static size_t sessions_filter(const struct session *session, uint64_t hash)
{
	size_t i = 0;
	while (i < session->nfilters && session->filters[i] != hash)
		i++;
	return i;
}

int sessions_subscribe(struct session *session, const char *filter, struct err *err)
{
	struct identity *identity = session->identity;
	uint64_t hash = sessions_hash(filter);

	if (identity->limits.subscriptions == 0 ||
		sessions_filter(session, hash) < session->nfilters)
		return 0;
	if (identity->subscriptions >= identity->limits.subscriptions)
		return err_set(err, ERR_LIMIT, "at most %lld subscriptions at one time",
			(long long)identity->limits.subscriptions);
	if (session->nfilters == session->filters_size) {
		session->filters_size = session->filters_size > 0 ? 2 * session->filters_size : 8;
		session->filters = must(reallocarray(
			session->filters, session->filters_size, sizeof session->filters[0]));
	}
	session->filters[session->nfilters++] = hash;
	identity->subscriptions++;
	return 0;
}

void sessions_unsubscribe(struct session *session, const char *filter)
{
	size_t at = sessions_filter(session, sessions_hash(filter));
	if (at == session->nfilters)
		return;
	session->filters[at] = session->filters[--session->nfilters];
	session->identity->subscriptions--;
}

struct session *sessions_next_ended(struct sessions *s, int64_t now_sec)
{
	struct expiry_item *first = expiry_first(&s->ends);
	if (first == NULL || first->at > now_sec)
		return NULL;
	sessions_unqueue(&s->ends, first);
	return CONTAINER(first, struct session, end);
}

void sessions_end(struct sessions *s, struct session *session, enum session_end why)
{
	if (session->end.slot == SESSIONS_NOT_QUEUED)
		return;
	sessions_unqueue(&s->ends, &session->end);
	session->end.at = why;
	expiry_add(&s->ends, &session->end);
}

unsigned sessions_revoke(struct sessions *s, const struct revocations *revoked)
{
	unsigned n = 0;
	for (size_t i = 0; i <= s->mask; i++) {
		struct session *session = s->slots[i].session;
		if (s->slots[i].client == NULL || session->end.slot == SESSIONS_NOT_QUEUED ||
			!revocations_hit(revoked, &session->claims))
			continue;
		sessions_end(s, session, SESSION_REVOKED);
		n++;
	}
	return n;
}

void sessions_sweep(struct sessions *s, int64_t now_us)
{
	struct expiry_item *first;
	while ((first = expiry_first(&s->idle)) != NULL && first->at <= now_us) {
		struct identity *identity = CONTAINER(first, struct identity, idle);
		sessions_unqueue(&s->idle, first);
		if (limits_is_full(&identity->bucket, now_us) &&
			limits_is_full(&identity->filters_bucket, now_us)) {
			tdelete(identity, &s->identities, sessions_by_name);
			s->nidentities--;
			sessions_free_identity(identity);
		} else {
			first->at = now_us + 1000000; /* look again in a second */
			expiry_add(&s->idle, first);
		}
	}
}

size_t sessions_count(const struct sessions *s)
{
	return s->n;
}

size_t sessions_identities(const struct sessions *s)
{
	return s->nidentities;
}
