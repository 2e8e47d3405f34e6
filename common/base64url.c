#include "common/base64url.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static int value_of(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '-' ? 62 : c == '_' ? 63 : -1;
}

int base64url_decode(const char *text, size_t len, void *buf, size_t size)
{
	uint8_t *out = buf;
	size_t n = 0;
	uint32_t bits = 0;
	unsigned nbits = 0;
	if (len % 4 == 1 || len / 4 * 3 + len % 4 * 3 / 4 > size)
		return -1;
	for (size_t i = 0; i < len; i++) {
		int value = value_of(text[i]);
		if (value < 0)
			return -1;
		bits = bits << 6 | (uint32_t)value;
		nbits += 6;
		if (nbits >= 8) {
			nbits -= 8;
			out[n++] = (uint8_t)(bits >> nbits);
		}
	}
	return (bits & ((1u << nbits) - 1)) == 0 ? (int)n : -1;
}

int base64url_encode(const void *bytes, size_t len, char *buf, size_t size)
{
	const uint8_t *in = bytes;
	size_t n = 0;
	uint32_t bits = 0;
	unsigned nbits = 0;
	if ((len * 4 + 2) / 3 >= size)
		return -1;
	for (size_t i = 0; i < len; i++) {
		bits = bits << 8 | in[i];
		for (nbits += 8; nbits >= 6; nbits -= 6)
			buf[n++] = alphabet[bits >> (nbits - 6) & 63];
	}
	if (nbits > 0)
		buf[n++] = alphabet[bits << (6 - nbits) & 63];
	buf[n] = '\0';
	return (int)n;
}
