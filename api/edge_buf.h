/* edge_buf.h - bytes that a socket would not take yet. Holds no memory while empty: thousands of
 * idle clients must not pay for it. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/auto.h"

struct edge_buf {	    /* all zero: empty */
	uint8_t *bytes;	    /* [size], NULL while empty */
	uint32_t from, len; /* what waits is bytes[from .. from + len) */
	uint32_t size;
};

/* Copies bytes to the end. -1: more than limit would wait; nothing is added then. */
MUST_CHECK int edge_buf_add(struct edge_buf *buf, const void *bytes, size_t len, size_t limit);
/* Forgets the first n (<= buf->len) bytes; releases the memory with the last one. */
void edge_buf_use(struct edge_buf *buf, size_t n);
void edge_buf_clear(struct edge_buf *buf);

/* Sends from the buffer to a non-blocking socket, until it is empty or the socket is full.
 * -1: the socket is broken (errno). */
MUST_CHECK int edge_buf_flush(struct edge_buf *buf, int fd);
/* Sends bytes behind what waits already; what the socket does not take is kept, at most limit.
 * -1: the socket is broken (errno), or over the limit (ENOBUFS). */
MUST_CHECK int edge_buf_send(
	struct edge_buf *buf, int fd, const void *bytes, size_t len, size_t limit);
