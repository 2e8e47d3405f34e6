#include "bench/wsframe.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where len more may be written. */
static uint8_t *bytes_room(struct bytes *bytes, size_t len)
{
	if (bytes->len + len > bytes->size) {
		bytes->size = bytes->len + len + 64;
		bytes->at = realloc(bytes->at, bytes->size);
		assert(bytes->at != NULL);
	}
	return bytes->at + bytes->len;
}

void bytes_add(struct bytes *bytes, const void *more, size_t len)
{
	if (len == 0)
		return;
	memcpy(bytes_room(bytes, len), more, len);
	bytes->len += len;
}

void bytes_use(struct bytes *bytes, size_t n)
{
	assert(n <= bytes->len);
	bytes->len -= n;
	if (bytes->len == 0)
		bytes_free(bytes);
	else
		memmove(bytes->at, bytes->at + n, bytes->len);
}

void bytes_free(struct bytes *bytes)
{
	free(bytes->at);
	memset(bytes, 0, sizeof(*bytes));
}

void wsframe_put_upgrade(struct bytes *out, const char *host, const char *path)
{
	char request[512];
	int len = snprintf(request, sizeof(request),
		"GET %s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
		"Sec-WebSocket-Key: Z3ltY2hhdC1iZW5jaC1sb2FkZQ==\r\nSec-WebSocket-Version: 13\r\n"
		"Sec-WebSocket-Protocol: mqtt\r\n\r\n",
		path, host);
	bytes_add(out, request, (size_t)len);
}

static size_t put_head(uint8_t *head, unsigned opcode, size_t len)
{
	head[0] = (uint8_t)(0x80 | opcode);
	if (len < 126) {
		head[1] = (uint8_t)(0x80 | len);
		return 2;
	}
	size_t n = 2, wide = len < 65536 ? 2 : 8;
	head[1] = wide == 2 ? 0x80 | 126 : 0x80 | 127;
	while (wide-- > 0)
		head[n++] = (uint8_t)((uint64_t)len >> (8 * wide));
	return n;
}

void wsframe_put(struct bytes *out, unsigned opcode, const void *payload, size_t len)
{
	static const uint8_t mask[4] = {0x5a, 0xc3, 0x69, 0x96};
	uint8_t head[14];
	size_t n = put_head(head, opcode, len);
	memcpy(head + n, mask, sizeof(mask));
	bytes_add(out, head, n + sizeof(mask));
	const uint8_t *from = payload;
	uint8_t *to = bytes_room(out, len);
	for (size_t i = 0; i < len; i++)
		to[i] = from[i] ^ mask[i & 3];
	out->len += len;
}

long wsframe_next(const uint8_t *buf, size_t len, struct wsframe *frame_r)
{
	if (len < 2)
		return 0;
	size_t head = 2, body = buf[1];
	if (body & 0x80) /* a server does not mask */
		return -1;
	if (body >= 126)
		head += body == 126 ? 2 : 8;
	if (len < head)
		return 0;
	if (head > 2)
		body = 0;
	for (size_t i = 2; i < head; i++)
		body = body << 8 | buf[i];
	if (body > 1u << 24)
		return -1;
	if (len - head < body)
		return 0;
	*frame_r = (struct wsframe){buf[0] & 0x0f, buf + head, body};
	return (long)(head + body);
}

long wsframe_upgraded(const uint8_t *buf, size_t len)
{
	static const char ok[] = "HTTP/1.1 101";
	if (len >= sizeof(ok) - 1 && memcmp(buf, ok, sizeof(ok) - 1) != 0)
		return -1;
	const uint8_t *end = memmem(buf, len, "\r\n\r\n", 4);
	return end == NULL ? 0 : end - buf + 4;
}
