#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "broker-conf/acl.h"
#include "broker-conf/sessions.h"

static const struct limits none,
	small = {.messages_per_sec = 5, .connections = 2, .subscriptions = 3};

/* Client pointers are only compared: numbers do, 16 apart like the broker's. */
static const void *client(uintptr_t n)
{
	return (const void *)(n * 16);
}

static struct session *open_kind(struct sessions *s, uintptr_t n, const char *sub,
	const char *client_id, enum session_kind kind, int64_t exp, const struct limits *limits,
	struct err *err)
{
	struct claims claims = {.gym = "g", .role = ROLE_CLIENT, .exp = exp};
	char username[200];

	snprintf(claims.sub, sizeof claims.sub, "%s", sub);
	snprintf(username, sizeof username, "g.client.%s", sub);
	return sessions_open(s, client(n), &claims, username, client_id, kind, limits, 0, err);
}

static struct session *open_as(struct sessions *s, uintptr_t n, const char *sub,
	const char *client_id, int64_t exp, const struct limits *limits, struct err *err)
{
	return open_kind(s, n, sub, client_id, SESSION_CLEAN, exp, limits, err);
}

static int new_sessions(void **state)
{
	*state = sessions_new();
	return 0;
}

static int free_sessions(void **state)
{
	struct sessions *s = *state;
	sessions_free(&s);
	assert_null(s);
	return 0;
}

static void found_by_pointer(void **state)
{
	struct sessions *s = *state;
	char sub[32];

	for (uintptr_t n = 1; n <= 5000; n++) {
		snprintf(sub, sizeof sub, "c%u", (unsigned)n);
		assert_non_null(open_as(s, n, sub, "x", (int64_t)n, &none, NULL));
	}
	assert_int_equal(sessions_count(s), 5000);
	for (uintptr_t n = 2; n <= 5000; n += 2)
		sessions_close(s, client(n), 0);
	sessions_close(s, client(2), 0); /* gone already */
	assert_int_equal(sessions_count(s), 2500);
	for (uintptr_t n = 1; n <= 5000; n++) {
		struct session *session = sessions_find(s, client(n));
		assert_int_equal(session != NULL, n % 2);
		if (session != NULL)
			assert_int_equal(session->claims.exp, n);
	}
}

/* Against a plain array, with many collisions: opens, closes and finds in a random order. */
static void finds_what_an_array_finds(void **state)
{
	enum { CLIENTS = 300 };
	struct sessions *s = *state;
	bool there[CLIENTS + 1] = {false};

	srand(7);
	for (int step = 0; step < 50000; step++) {
		uintptr_t n = 1 + (uintptr_t)rand() % CLIENTS;
		uintptr_t pointer = n << 16; /* few distinct low bits */
		if (there[n])
			sessions_close(s, client(pointer), step);
		else
			assert_non_null(open_as(s, pointer, "ana", "x", rand(), &none, NULL));
		there[n] = !there[n];
		n = 1 + (uintptr_t)rand() % CLIENTS;
		assert_int_equal(sessions_find(s, client(n << 16)) != NULL, there[n]);
	}
}

static void connections_are_counted(void **state)
{
	struct sessions *s = *state;
	struct err err = {0};

	assert_non_null(open_as(s, 1, "ana", "one", 10, &small, &err));
	assert_non_null(open_as(s, 2, "ana", "two", 10, &small, &err));
	assert_null(open_as(s, 3, "ana", "three", 10, &small, &err));
	assert_int_equal(err.code, ERR_LIMIT);
	assert_non_null(open_as(s, 4, "bob", "one", 10, &small, &err)); /* has his own */
	/* a takeover: login of the new one before the end of the old one */
	assert_non_null(open_as(s, 5, "ana", "two", 10, &small, &err));
	assert_non_null(sessions_find(s, client(2)));
	sessions_close(s, client(2), 0);
	assert_non_null(sessions_find(s, client(5)));
	assert_null(open_as(s, 3, "ana", "three", 10, &small, &err));
	sessions_close(s, client(1), 0);
	assert_non_null(open_as(s, 3, "ana", "three", 10, &small, &err));
	/* the broker gave the pointer to a new connection */
	assert_non_null(open_as(s, 3, "ana", "four", 10, &small, &err));
	assert_string_equal(sessions_find(s, client(3))->client_id, "four");
	assert_int_equal(sessions_identity(s, "g.client.ana")->connections, 2);
}

static void subscriptions_are_counted(void **state)
{
	struct sessions *s = *state;
	struct session *one = open_as(s, 1, "ana", "one", 10, &small, NULL);
	struct session *two = open_as(s, 2, "ana", "two", 10, &small, NULL);
	struct session *free_one = open_as(s, 3, "bob", "one", 10, &none, NULL);
	struct err err = {0};
	char filter[32];

	assert_int_equal(sessions_subscribe(one, "a", &err), 0);
	assert_int_equal(sessions_subscribe(one, "a", &err), 0); /* again: the same one */
	assert_int_equal(sessions_subscribe(one, "b", &err), 0);
	assert_int_equal(sessions_subscribe(two, "a", &err), 0);
	assert_int_equal(sessions_subscribe(two, "b", &err), -1);
	assert_int_equal(err.code, ERR_LIMIT);
	assert_int_equal(sessions_subscribe(one, "b", &err), 0);
	sessions_unsubscribe(one, "b");
	sessions_unsubscribe(one, "b");
	sessions_unsubscribe(one, "never");
	assert_int_equal(sessions_subscribe(two, "b", &err), 0);
	assert_int_equal(sessions_subscribe(one, "b", &err), -1);
	sessions_close(s, client(2), 0);
	assert_int_equal(sessions_subscribe(one, "b", &err), 0);
	assert_int_equal(sessions_subscribe(one, "c", &err), 0);
	for (int i = 0; i < 1000; i++) {
		snprintf(filter, sizeof filter, "f%d", i);
		assert_int_equal(sessions_subscribe(free_one, filter, &err), 0);
	}
}

static void tokens_end_soonest_first(void **state)
{
	struct sessions *s = *state;
	int64_t last = 0;

	srand(11);
	for (uintptr_t n = 1; n <= 2000; n++)
		assert_non_null(open_as(s, n, "ana", "x", 1 + rand() % 500, &none, NULL));
	for (uintptr_t n = 1; n <= 2000; n += 3)
		sessions_close(s, client(n), 0);
	assert_null(sessions_next_ended(s, 0));
	size_t ended = 0;
	for (int64_t now = 1; now <= 500; now++)
		for (struct session *session; (session = sessions_next_ended(s, now)) != NULL;
			ended++) {
			assert_true(session->end.at >= last && session->end.at <= now);
			last = session->end.at;
			sessions_close(s, session->client, 0);
		}
	assert_int_equal(ended, 2000 - 667);
	assert_int_equal(sessions_count(s), 0);
}

/* A kick that the broker carries out later must neither be repeated nor lose the claims meanwhile.
 */
static void an_ended_session_is_told_once(void **state)
{
	struct sessions *s = *state;
	open_as(s, 1, "ana", "x", 5, &none, NULL);
	assert_ptr_equal(sessions_next_ended(s, 5), sessions_find(s, client(1)));
	assert_null(sessions_next_ended(s, 6));
	assert_non_null(sessions_find(s, client(1)));
	sessions_close(s, client(1), 0);
}

static void the_revoked_end_first(void **state)
{
	struct sessions *s = *state;
	struct revocations revoked = {0};
	struct revocation bob = {.gym = "g", .role = ROLE_CLIENT, .sub = "bob", .iat_max = 9};
	open_as(s, 1, "ana", "x", 50, &none, NULL);
	open_as(s, 2, "bob", "y", 60, &none, NULL);
	open_as(s, 3, "bob", "z", 40, &none, NULL);
	assert_ptr_equal(sessions_next_ended(s, 40), sessions_find(s, client(3)));
	revocations_add(&revoked, &bob);
	assert_int_equal(sessions_revoke(s, &revoked), 1); /* the other is being ended already */
	assert_int_equal(sessions_revoke(s, &revoked), 1); /* told again before the next tick */
	assert_ptr_equal(sessions_next_ended(s, 41), sessions_find(s, client(2)));
	assert_null(sessions_next_ended(s, 41));
	for (uintptr_t n = 1; n <= 3; n++)
		sessions_close(s, client(n), 0);
	revocations_deinit(&revoked);
}

static void reconnecting_buys_nothing(void **state)
{
	struct sessions *s = *state;
	struct identity *identity = open_as(s, 1, "ana", "x", 5, &small, NULL)->identity;

	for (int i = 0; i < 5; i++)
		assert_int_equal(limits_publish(&identity->bucket, &identity->limits, 1, 0), 0);
	assert_int_equal(limits_publish(&identity->bucket, &identity->limits, 1, 0), 1000);
	sessions_close(s, client(1), 0);
	sessions_sweep(s, 1);
	assert_ptr_equal(open_as(s, 2, "ana", "y", 5, &small, NULL)->identity, identity);
	assert_true(limits_publish(&identity->bucket, &identity->limits, 1, 1) > 0);
	sessions_sweep(s, 10000000); /* not while it is connected */
	assert_ptr_equal(sessions_identity(s, "g.client.ana"), identity);
	sessions_close(s, client(2), 10000000);
	sessions_sweep(s, 10000000);
	assert_null(sessions_identity(s, "g.client.ana"));
	assert_int_equal(sessions_identities(s), 0);
}

/* A kept session with n filters that is left behind. */
static void leave_behind(struct sessions *s, const char *client_id, int filters)
{
	struct session *session = open_kind(s, 9, "ana", client_id, SESSION_KEPT, 10, &small, NULL);
	char filter[32];
	for (int i = 0; i < filters; i++) {
		snprintf(filter, sizeof filter, "f%d", i);
		assert_int_equal(sessions_subscribe(session, filter, NULL), 0);
	}
	sessions_close(s, client(9), 0);
}

static void what_is_left_behind_counts(void **state)
{
	struct sessions *s = *state;
	struct err err = {0};
	leave_behind(s, "one", 2);
	leave_behind(s, "two", 1);
	struct identity *ana = sessions_identity(s, "g.client.ana");
	assert_int_equal(ana->naway, 2);
	assert_int_equal(ana->subscriptions, 3);
	sessions_sweep(s, 10000000);
	assert_ptr_equal(sessions_identity(s, "g.client.ana"), ana);
	/* no third one, however it is called; what leaves nothing behind is welcome */
	assert_null(open_kind(s, 1, "ana", "three", SESSION_KEPT, 10, &small, &err));
	assert_int_equal(err.code, ERR_LIMIT);
	assert_null(open_kind(s, 1, "ana", "three", SESSION_FRESH, 10, &small, &err));
	struct session *clean = open_as(s, 1, "ana", "three", 10, &small, &err);
	assert_int_equal(sessions_subscribe(clean, "g", &err), -1);
	/* back: its filters are its own again, and one given back is free for others */
	struct session *back = open_kind(s, 2, "ana", "one", SESSION_KEPT, 10, &small, &err);
	assert_int_equal(ana->naway, 1);
	assert_int_equal(sessions_subscribe(back, "f0", &err), 0);
	assert_int_equal(sessions_subscribe(back, "new", &err), -1);
	sessions_unsubscribe(back, "f1");
	assert_int_equal(sessions_subscribe(clean, "g", &err), 0);
	sessions_close(s, client(2), 0);
	assert_int_equal(ana->naway, 2);
	/* anew: the broker forgets what it had */
	back = open_kind(s, 2, "ana", "one", SESSION_CLEAN, 10, &small, &err);
	assert_int_equal(ana->subscriptions, 2);
	sessions_close(s, client(2), 0);
	sessions_close(s, client(1), 0);
	assert_int_equal(ana->naway, 1);
	assert_int_equal(ana->subscriptions, 1);
}

static void a_takeover_takes_the_filters_over(void **state)
{
	struct sessions *s = *state;
	struct session *old = open_kind(s, 1, "ana", "one", SESSION_KEPT, 10, &small, NULL);
	assert_int_equal(sessions_subscribe(old, "a", NULL), 0);
	struct session *fresh = open_kind(s, 2, "ana", "one", SESSION_KEPT, 10, &small, NULL);
	sessions_close(s, client(1), 0);
	assert_int_equal(fresh->nfilters, 1);
	assert_int_equal(fresh->identity->subscriptions, 1);
	assert_int_equal(fresh->identity->naway, 0);
	struct session *clean = open_as(s, 3, "ana", "one", 10, &small, NULL);
	sessions_close(s, client(2), 0);
	assert_int_equal(clean->nfilters, 0);
	assert_int_equal(clean->identity->subscriptions, 0);
	assert_int_equal(clean->identity->naway, 0);
}

static void those_away_are_looked_for(void **state)
{
	struct sessions *s = *state;
	const int64_t hour = INT64_C(3600000000);
	leave_behind(s, "one", 1);
	struct away *away = sessions_next_away(s, 1);
	assert_string_equal(away->client_id, "one");
	assert_null(sessions_next_away(s, hour));
	assert_ptr_equal(sessions_next_away(s, hour + 1), away);
	sessions_forget(s, away, hour + 1);
	assert_int_equal(sessions_identity(s, "g.client.ana")->subscriptions, 0);
	sessions_sweep(s, hour + 1);
	assert_int_equal(sessions_identities(s), 0);
	open_kind(s, 1, "ana", "x", SESSION_KEPT, 10, &none, NULL);
	sessions_close(s, client(1), 0);
	assert_null(sessions_next_away(s, hour)); /* without limits there is nothing to count */
}

/* CPU time: what other processes take is none of the price. */
static int64_t used_ns(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return ts.tv_sec * INT64_C(1000000000) + ts.tv_nsec;
}

/* One delivery among 10,000 connections, in an order that no cache knows; and a tick in which
 * nothing ends. */
static void prints_what_a_delivery_costs(void **state)
{
	enum { CLIENTS = 10000, TIMES = 200000 };
	struct sessions *s = *state;
	char sub[32];
	unsigned yes = 0;

	for (uintptr_t n = 1; n <= CLIENTS; n++) {
		snprintf(sub, sizeof sub, "c%u", (unsigned)n);
		struct session *session = open_as(s, n, sub, "x", INT64_MAX, &none, NULL);
		strcpy(session->claims.rooms[0], "ana");
		session->claims.nrooms = 1;
	}
	int64_t start = used_ns();
	for (uint32_t i = 0, n = 1; i < TIMES; i++, n = (n * 7919 + 13) % CLIENTS)
		yes += acl_decide(
			&sessions_find(s, client(n + 1))->claims, "gym/g/room/ana/log", ACL_READ);
	int64_t each = (used_ns() - start) / TIMES;
	assert_int_equal(yes, TIMES);
	start = used_ns();
	for (int i = 0; i < TIMES; i++) {
		assert_null(sessions_next_ended(s, i));
		sessions_sweep(s, i);
	}
	printf("find + read among %d: %d ns; a tick: %d ns\n", CLIENTS, (int)each,
		(int)((used_ns() - start) / TIMES));
	assert_true(each < 20000);
}

int main(void)
{
#define WITH_SESSIONS(test) cmocka_unit_test_setup_teardown(test, new_sessions, free_sessions)
	const struct CMUnitTest tests[] = {
		WITH_SESSIONS(found_by_pointer),
		WITH_SESSIONS(finds_what_an_array_finds),
		WITH_SESSIONS(connections_are_counted),
		WITH_SESSIONS(subscriptions_are_counted),
		WITH_SESSIONS(tokens_end_soonest_first),
		WITH_SESSIONS(an_ended_session_is_told_once),
		WITH_SESSIONS(the_revoked_end_first),
		WITH_SESSIONS(reconnecting_buys_nothing),
		WITH_SESSIONS(what_is_left_behind_counts),
		WITH_SESSIONS(a_takeover_takes_the_filters_over),
		WITH_SESSIONS(those_away_are_looked_for),
		WITH_SESSIONS(prints_what_a_delivery_costs),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
