/* cursor.h - the opaque cursors of lists: where a page ended, as base64url text. Whoever makes one
 * up gets a place in the same list or cursor_invalid, never somebody else's rows: the list itself
 * is bound by the path and the token. Pure. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/auto.h"
#include "common/err.h"

#define CURSOR_TEXT_SIZE 96
#define CURSOR_PARTS	 3

/* A place in a list that is sorted by up to three numbers (times in microseconds, ids, phases). */
struct cursor {
	char list;	/* which list and order: a cursor of one is refused by another */
	bool backwards; /* the page before this place, not the one after it */
	int64_t parts[CURSOR_PARTS];
};

/* Writes the cursor; returns buf. */
char *cursor_format(const struct cursor *cursor, char buf[CURSOR_TEXT_SIZE]);
/* Reads a cursor of this list; -1 with ERR_INPUT: not one. */
MUST_CHECK int cursor_parse(const char *text, char list, struct cursor *cursor_r, struct err *err);
