#include "api/edge_buf.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/must.h"

#define EDGE_BUF_STEP 1024u /* allocations are multiples of it */

static void edge_buf_make_room(struct edge_buf *buf, size_t len)
{
	if (buf->from + (size_t)buf->len + len <= buf->size)
		return;
	size_t size = (buf->len + len + EDGE_BUF_STEP - 1) / EDGE_BUF_STEP * EDGE_BUF_STEP;
	uint8_t *bytes = must(malloc(size));
	if (buf->len > 0)
		memcpy(bytes, buf->bytes + buf->from, buf->len);
	free(buf->bytes);
	buf->bytes = bytes;
	buf->from = 0;
	buf->size = (uint32_t)size;
}

int edge_buf_add(struct edge_buf *buf, const void *bytes, size_t len, size_t limit)
{
	if (len > limit || buf->len > limit - len)
		return -1;
	if (len == 0)
		return 0;
	edge_buf_make_room(buf, len);
	memcpy(buf->bytes + buf->from + buf->len, bytes, len);
	buf->len += (uint32_t)len;
	return 0;
}

void edge_buf_use(struct edge_buf *buf, size_t n)
{
	assert(n <= buf->len);
	buf->from += (uint32_t)n;
	buf->len -= (uint32_t)n;
	if (buf->len == 0)
		edge_buf_clear(buf);
}

void edge_buf_clear(struct edge_buf *buf)
{
	free(buf->bytes);
	memset(buf, 0, sizeof(*buf));
}

/* Bytes that the socket took, 0: full, -1: broken. */
static ssize_t edge_buf_try(int fd, const void *bytes, size_t len)
{
	ssize_t sent;
	do
		sent = send(fd, bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return 0;
	return sent;
}

int edge_buf_flush(struct edge_buf *buf, int fd)
{
	while (buf->len > 0) {
		ssize_t sent = edge_buf_try(fd, buf->bytes + buf->from, buf->len);
		if (sent < 0)
			return -1;
		if (sent == 0)
			return 0;
		edge_buf_use(buf, (size_t)sent);
	}
	return 0;
}

int edge_buf_send(struct edge_buf *buf, int fd, const void *bytes, size_t len, size_t limit)
{
	ssize_t sent = 0;
	if (buf->len == 0 && len > 0)
		sent = edge_buf_try(fd, bytes, len);
	if (sent < 0)
		return -1;
	if (edge_buf_add(buf, (const uint8_t *)bytes + sent, len - (size_t)sent, limit) < 0) {
		errno = ENOBUFS;
		return -1;
	}
	return 0;
}
