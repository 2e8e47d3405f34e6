/* identity.h - the names of a connection: MQTT username {gym}.{role}.{sub}, client id
 * {username}.{anything}. The username says who speaks, so that a session without a live login
 * (after its end, or restored after a restart of the broker) can still be judged; the client id
 * begins with it, so that nobody can evict another's session. Pure. */
#pragma once
#include <stdbool.h>

#include "broker-conf/acl.h"
#include "common/err.h"
#include "common/token.h"

#define IDENTITY_NAME_SIZE                                                                         \
	140 /* the longest username with its NUL: 64 + 1 + 7 + 1 + 64 + 1, rounded up */
#define IDENTITY_TAIL_MAX 128 /* [A-Za-z0-9_.-]{1,128} after "{username}." */

/* At CONNECT: whether the names belong to the claims. 0, or -1 and *err says what should have been.
 */
MUST_CHECK int identity_check(
	const struct claims *claims, const char *username, const char *client_id, struct err *err);

/* What the names alone tell: gym, role, sub; no rooms, no times. 0, or -1: not such names. NULLs
 * are refused. */
MUST_CHECK int identity_from_names(
	const char *username, const char *client_id, struct claims *claims_r);

/* Decides for a session that has no live login. The broker asks then, and a plain no would lose
 * mail with a success PUBACK, so:
 *
 *   ACL_READ       the programs' sessions keep what they read: the archiver's holds the messages
 *                  while it is away. Nobody else's: state comes from the API, a token's rooms are
 *                  unknown here, and a forgotten session of staff would hold a whole gym's traffic.
 *   ACL_WRITE      a will, sent after its connection's end and perhaps the token's: the own
 *                  presence, and the programs' state.
 *   ACL_SUBSCRIBE  never.
 */
bool identity_may_away(const struct claims *names, const char *topic, enum acl_access access);
