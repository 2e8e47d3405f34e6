/* jsonread.h - reads JSON text that json_check has passed, where it lies: members, items, strings.
 * No allocation; what it gives out points into the text. On bytes that were never checked it
 * promises nothing but to stay inside them. */
#pragma once
#include "common/jsonscan.h"

/* Walks the members of a checked object: *cursor starts at 0. 1: *member_r filled, 0: no more. */
int json_next(struct json_slice object, size_t *cursor, struct json_member *member_r);
/* The member named key (plain ASCII without escapes) of a checked object; false where it is
 * missing. */
bool json_find(struct json_slice object, const char *key, struct json_member *member_r);
/* Whether a member's key is name (plain ASCII without escapes), also where the key is spelt with
 * escapes. */
bool json_key_is(struct json_slice key, const char *name);
/* The elements of a checked array, likewise. */
int json_next_item(
	struct json_slice array, size_t *cursor, struct json_slice *item_r, enum json_type *type_r);
/* Resolves the escapes of a checked raw string (with quotes) into buf, NUL-ended; returns bytes, or
 * -1: does not fit (raw length is always enough). */
MUST_CHECK int json_unescape(struct json_slice raw, char *buf, size_t size);
