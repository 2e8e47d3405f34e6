/* sessions.h - the live logins of the broker: the claims of each connection by its client pointer,
 * what the connections of one identity share (limits), and whose token ends next. Keyed by pointer
 * because on a takeover the new connection logs in before the old one, with the same client id, is
 * told to be gone. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "broker-conf/expiry.h"
#include "broker-conf/limits.h"
#include "common/err.h"
#include "common/revocations.h"
#include "common/token.h"

/* What the broker does with the session of a connection. */
enum session_kind {
	SESSION_CLEAN, /* ends with the connection */
	SESSION_FRESH, /* begins anew and may outlive it: MQTT 5, whose expiry no plugin sees */
	SESSION_KEPT   /* goes on with the one of its client id, and outlives the connection */
};

/* All connections of one {gym}.{role}.{sub}, and the sessions that they have left with the broker.
 * Outlives the last one until its bucket is full again, so that reconnecting buys nothing. */
struct identity {
	char *username;
	struct limits limits;
	struct limits_bucket bucket, filters_bucket;
	int64_t quiet_until_us; /* no line in the log before that */
	unsigned unsaid;	/* refusals without one */
	struct session *sessions;
	struct away *away;
	int64_t connections, naway, subscriptions; /* of both */
	struct expiry_item idle; /* microseconds, when to look whether it can be forgotten; only
				    without sessions */
};

/* A session without a connection: the broker holds its subscriptions, in memory and in its file,
 * until its client comes back or it expires. */
struct away {
	struct away *next; /* of the identity */
	struct identity *identity;
	struct expiry_item look; /* microseconds, when to see whether the broker still has it */
	uint64_t *filters;
	size_t nfilters;
	char client_id[];
};

enum session_end { SESSION_REVOKED = 0, SESSION_REFUSED = -1 };

struct session {
	const void *client; /* the broker's pointer: only compared */
	struct identity *identity;
	struct session *next;	/* of the identity */
	struct expiry_item end; /* seconds since 1970: when its token ends; or a session_end */
	unsigned refused;	/* filters */
	uint64_t *filters;	/* hashes of what it subscribed, [nfilters] */
	size_t nfilters, filters_size;
	enum session_kind kind;
	struct claims claims;
	char client_id[];
};

struct sessions;

struct sessions *sessions_new(void);
void sessions_free(struct sessions **s);

/* A login. A session with the same pointer is replaced; one of the same identity with the same
 * client id is about to be dropped by the broker and does not count. NULL with ERR_LIMIT: the
 * identity has all its connections, or, for one that is not clean, has left as many sessions
 * behind.
 */
struct session *sessions_open(struct sessions *s, const void *client, const struct claims *claims,
	const char *username, const char *client_id, enum session_kind kind,
	const struct limits *limits, int64_t now_us, struct err *err);
void sessions_close(
	struct sessions *s, const void *client, int64_t now_us); /* an unknown one is fine */
/* NULL: no live login. */
struct session *sessions_find(const struct sessions *s, const void *client);
/* NULL: nobody of that name was here lately. */
struct identity *sessions_identity(const struct sessions *s, const char *username);

/* Counts a filter, once however often it is asked for; -1 with ERR_LIMIT: the identity has all its
 * subscriptions. */
MUST_CHECK int sessions_subscribe(struct session *session, const char *filter, struct err *err);
void sessions_unsubscribe(struct session *session, const char *filter);

/* The session whose token has ended, soonest first, taken out of the queue (it stays findable until
 * closed). */
struct session *sessions_next_ended(struct sessions *s, int64_t now_sec);
/* Ends it before its token does: it is the next that sessions_next_ended gives, unless it was given
 * already. */
void sessions_end(struct sessions *s, struct session *session, enum session_end why);
/* The tokens that are revoked have ended: their sessions are the next that sessions_next_ended
 * gives. Returns how many. */
unsigned sessions_revoke(struct sessions *s, const struct revocations *revoked);
/* One that is away and whose turn it is to be looked for, again in an hour; NULL: none. */
struct away *sessions_next_away(struct sessions *s, int64_t now_us);
/* The broker does not have it any more. */
void sessions_forget(struct sessions *s, struct away *away, int64_t now_us);
/* Forgets identities without sessions whose buckets are full. Cheap when there is nothing to do. */
void sessions_sweep(struct sessions *s, int64_t now_us);

size_t sessions_count(const struct sessions *s);
size_t sessions_identities(const struct sessions *s);
