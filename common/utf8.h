/* utf8.h - UTF-8 by RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF. Pure. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether bytes are valid, and none of them NUL. */
bool utf8_is_valid(const uint8_t *bytes, size_t len);
/* Code points of valid bytes. */
size_t utf8_count(const char *text, size_t len);
/* Length of the well-formed sequence at a byte >= 0x80, 0 where there is none; at < end. */
size_t utf8_sequence(const uint8_t *at, const uint8_t *end);
/* Writes a code point (no surrogate, at most U+10FFFF): 1 to UTF8_POINT_MAX bytes, and no NUL after
 * them. */
#define UTF8_POINT_MAX 4
size_t utf8_put(char at[UTF8_POINT_MAX], uint32_t code);
