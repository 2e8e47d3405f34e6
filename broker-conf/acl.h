/* acl.h - who may write and read which topic: docs/security.md "Who may do what" as one table.
 * Pure; default deny. Asked by the broker at every publish and every delivery on its only thread:
 * no allocation, one walk along the topic for each row of the role, under 300 ns (test_acl prints
 * what it measured). */
#pragma once
#include <stdbool.h>

#include "common/token.h"

enum acl_access {
	ACL_WRITE,     /* topic: a concrete topic that the identity publishes on */
	ACL_READ,      /* topic: a concrete topic about to be delivered to the identity */
	ACL_SUBSCRIBE, /* topic: the filter of a SUBSCRIBE, wildcards included */
};

/* Whether the claims allow it. A filter is allowed only when every topic that it can match may be
 * read, so nothing that a granted subscription matches is refused at delivery. A room list in the
 * claims counts for clients and kiosks; with an empty one they keep what needs no room (that is how
 * a will is judged after its session: identity.h). */
bool acl_decide(const struct claims *claims, const char *topic, enum acl_access access);
