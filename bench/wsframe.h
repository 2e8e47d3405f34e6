/* wsframe.h - just enough of RFC 6455 for a load generator: the upgrade request, masked frames out,
 * frames in; and a byte buffer that costs nothing while empty. Not for production use. */
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "common/auto.h"

struct bytes { /* growing; all zero: empty */
	uint8_t *at;
	size_t len, size;
};

void bytes_add(struct bytes *bytes, const void *more, size_t len);
void bytes_use(struct bytes *bytes, size_t n); /* forgets the first n; empty: releases the memory */
void bytes_free(struct bytes *bytes);

enum { WSFRAME_BINARY = 2, WSFRAME_CLOSE = 8, WSFRAME_PING = 9, WSFRAME_PONG = 10 };

struct wsframe { /* points into what was parsed */
	unsigned opcode;
	const uint8_t *payload;
	size_t len;
};

void wsframe_put_upgrade(struct bytes *out, const char *host, const char *path);
void wsframe_put(struct bytes *out, unsigned opcode, const void *payload, size_t len);
/* Length of the first whole frame of a server, 0 when it is not all there yet, -1 when malformed.
 */
MUST_CHECK long wsframe_next(const uint8_t *buf, size_t len, struct wsframe *frame_r);
/* Length of the answer's head with its empty line, 0: not all there yet, -1: it is not a 101. */
MUST_CHECK long wsframe_upgraded(const uint8_t *buf, size_t len);
