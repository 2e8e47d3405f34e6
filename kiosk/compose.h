/* compose.h - makes the payload of one message from a command line or a line of JSON. Pure but for
 * id and time. */
#pragma once
#include <stddef.h>

#include "kiosk/spool.h"

struct compose {
	const char *room, *text;
	const char *kind, *id; /* NULL: the protocol's default, a new one */
};

/* Fills room, id, payload and len of the entry; the rest is the caller's. -1: ERR_INPUT or
 * ERR_TOO_LARGE. */
MUST_CHECK int compose_words(
	const struct compose *words, struct spool_entry *entry_r, struct err *err);
/* {"room":…,"text":…} and any other members of a message; id and sent_at are added where they are
 * missing, unknown members go out as they came. */
MUST_CHECK int compose_line(
	const char *line, size_t len, struct spool_entry *entry_r, struct err *err);
