#include "api/cursor.h"

#include <string.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

#define CURSOR_BYTES (2 + 8 * CURSOR_PARTS) /* list, direction, parts big-endian */
#define CURSOR_CHARS ((CURSOR_BYTES * 8 + 5) / 6)

static void put_number(uint8_t *at, int64_t n)
{
	for (int i = 0; i < 8; i++)
		at[i] = (uint8_t)((uint64_t)n >> (56 - 8 * i));
}

static int64_t get_number(const uint8_t *at)
{
	uint64_t n = 0;
	for (int i = 0; i < 8; i++)
		n = n << 8 | at[i];
	return (int64_t)n;
}

/* The i-th group of six bits of the bytes; bits after the end are zero. */
static unsigned six_bits(const uint8_t *bytes, size_t len, size_t i)
{
	size_t bit = i * 6, at = bit / 8;
	unsigned pair = (unsigned)bytes[at] << 8 | (at + 1 < len ? bytes[at + 1] : 0);
	return pair >> (10 - bit % 8) & 63;
}

char *cursor_format(const struct cursor *cursor, char buf[CURSOR_TEXT_SIZE])
{
	uint8_t bytes[CURSOR_BYTES] = {(uint8_t)cursor->list, cursor->backwards};
	for (int i = 0; i < CURSOR_PARTS; i++)
		put_number(bytes + 2 + 8 * i, cursor->parts[i]);
	for (size_t i = 0; i < CURSOR_CHARS; i++)
		buf[i] = alphabet[six_bits(bytes, sizeof(bytes), i)];
	buf[CURSOR_CHARS] = '\0';
	return buf;
}

static bool decode(const char *text, uint8_t bytes[CURSOR_BYTES])
{
	unsigned held = 0, bits = 0;
	size_t len = 0;
	for (size_t i = 0; i < CURSOR_CHARS; i++) {
		const char *at = text[i] == '\0' ? NULL : strchr(alphabet, text[i]);
		if (at == NULL)
			return false;
		held = (held << 6 | (unsigned)(at - alphabet)) & 0xffff;
		bits += 6;
		if (bits >= 8 && len < CURSOR_BYTES) {
			bits -= 8;
			bytes[len++] = (uint8_t)(held >> bits);
		}
	}
	/* One spelling only: the bits left over are zero. */
	return text[CURSOR_CHARS] == '\0' && len == CURSOR_BYTES &&
	       (held & ((1u << bits) - 1)) == 0;
}

int cursor_parse(const char *text, char list, struct cursor *cursor_r, struct err *err)
{
	uint8_t bytes[CURSOR_BYTES];
	*cursor_r = (struct cursor){.list = list};
	if (!decode(text, bytes) || bytes[0] != (uint8_t)list || bytes[1] > 1)
		return err_set(err, ERR_INPUT, "not a cursor of this list");
	cursor_r->backwards = bytes[1] == 1;
	for (int i = 0; i < CURSOR_PARTS; i++)
		cursor_r->parts[i] = get_number(bytes + 2 + 8 * i);
	return 0;
}
