/* base64url.h - RFC 4648 section 5 without padding, as JWTs and keys spell bytes. */
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "common/auto.h"

/* Strict: the alphabet only, no '=', no stray bits at the end, so that bytes have one spelling.
 * Returns bytes, or -1: malformed or does not fit. */
MUST_CHECK int base64url_decode(const char *text, size_t len, void *buf, size_t size);
/* NUL-ended; returns its length, or -1: does not fit. */
MUST_CHECK int base64url_encode(const void *bytes, size_t len, char *buf, size_t size);
