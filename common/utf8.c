#include "common/utf8.h"

static bool is_cont(uint8_t c)
{
	return (c & 0xc0) == 0x80;
}

size_t utf8_sequence(const uint8_t *at, const uint8_t *end)
{
	size_t left = (size_t)(end - at);
	uint8_t c = at[0];
	if (c >= 0xc2 && c <= 0xdf)
		return left >= 2 && is_cont(at[1]) ? 2 : 0;
	if (c >= 0xe0 && c <= 0xef) {
		if (left < 3 || !is_cont(at[1]) || !is_cont(at[2]))
			return 0;
		bool is_wrong = (c == 0xe0 && at[1] < 0xa0) || (c == 0xed && at[1] > 0x9f);
		return is_wrong ? 0 : 3;
	}
	if (c >= 0xf0 && c <= 0xf4) {
		if (left < 4 || !is_cont(at[1]) || !is_cont(at[2]) || !is_cont(at[3]))
			return 0;
		bool is_wrong = (c == 0xf0 && at[1] < 0x90) || (c == 0xf4 && at[1] > 0x8f);
		return is_wrong ? 0 : 4;
	}
	return 0;
}

size_t utf8_put(char at[UTF8_POINT_MAX], uint32_t code)
{
	if (code < 0x80) {
		at[0] = (char)code;
		return 1;
	}
	if (code < 0x800) {
		at[0] = (char)(0xc0 | code >> 6);
		at[1] = (char)(0x80 | (code & 0x3f));
		return 2;
	}
	if (code < 0x10000) {
		at[0] = (char)(0xe0 | code >> 12);
		at[1] = (char)(0x80 | (code >> 6 & 0x3f));
		at[2] = (char)(0x80 | (code & 0x3f));
		return 3;
	}
	at[0] = (char)(0xf0 | code >> 18);
	at[1] = (char)(0x80 | (code >> 12 & 0x3f));
	at[2] = (char)(0x80 | (code >> 6 & 0x3f));
	at[3] = (char)(0x80 | (code & 0x3f));
	return 4;
}

size_t utf8_count(const char *text, size_t len)
{
	size_t count = 0;
	for (size_t i = 0; i < len; i++)
		count += !is_cont((uint8_t)text[i]);
	return count;
}

bool utf8_is_valid(const uint8_t *bytes, size_t len)
{
	const uint8_t *end = bytes + len;
	while (bytes < end) {
		size_t n = *bytes == 0 ? 0 : *bytes < 0x80 ? 1 : utf8_sequence(bytes, end);
		if (n == 0)
			return false;
		bytes += n;
	}
	return true;
}
