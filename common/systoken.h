/* systoken.h - the password of the programs themselves at the broker: signed with SYSTEM_KEY for each
 * connection, or the token that SYSTEM_TOKEN gives (its file is read again each time, so that whoever
 * writes it can renew it). */
#pragma once
#include <stddef.h>

#include "common/err.h"
#include "common/settings.h"

#define SYSTOKEN_TTL_SEC 43200 /* the broker ends a connection with its token: twice a day */

struct systoken;

/* sub: "archiver" or "api". settings is borrowed for its life. -1: neither setting is given, or the key
 * is malformed. */
MUST_CHECK int systoken_new(
	struct systoken **token, const struct settings *settings, const char *sub, struct err *err);
void systoken_free(struct systoken **token);
/* A token that is good now into buf. */
MUST_CHECK int systoken_get(struct systoken *token, char *buf, size_t size, struct err *err);
