#include "common/jsonpart.h"

enum json_type jsonpart_type(uint8_t first)
{
	switch (first) {
	case '{': return JSON_OBJECT;
	case '[': return JSON_ARRAY;
	case '"': return JSON_STRING;
	case 't': return JSON_TRUE;
	case 'f': return JSON_FALSE;
	case 'n': return JSON_NULL;
	default: return JSON_NUMBER;
	}
}

static int hex_digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Four hex digits, -1 when they are not. */
static int hex4(const uint8_t *at, const uint8_t *end)
{
	int unit = 0;
	if (end - at < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		int digit = hex_digit(at[i]);
		if (digit < 0)
			return -1;
		unit = unit << 4 | digit;
	}
	return unit;
}

size_t jsonpart_escape(const uint8_t *at, const uint8_t *end, uint32_t *code_r)
{
	static const uint8_t shorts[128] = {
		['"'] = '"',
		['\\'] = '\\',
		['/'] = '/',
		['b'] = '\b',
		['f'] = '\f',
		['n'] = '\n',
		['r'] = '\r',
		['t'] = '\t',
	};
	if (end - at < 2)
		return 0;
	if (at[1] != 'u') {
		*code_r = at[1] < 128 ? shorts[at[1]] : 0;
		return *code_r != 0 ? 2 : 0;
	}
	int unit = hex4(at + 2, end);
	if (unit <= 0 || (unit >= 0xdc00 && unit <= 0xdfff))
		return 0;
	*code_r = (uint32_t)unit;
	if (unit < 0xd800 || unit > 0xdbff)
		return 6;
	if (end - at < 12 || at[6] != '\\' || at[7] != 'u')
		return 0;
	int low = hex4(at + 8, end);
	if (low < 0xdc00 || low > 0xdfff)
		return 0;
	*code_r = 0x10000 + ((uint32_t)(unit - 0xd800) << 10) + (uint32_t)(low - 0xdc00);
	return 12;
}

int jsonpart_resolved_next(struct jsonpart_resolved *r)
{
	if (r->pos < r->len)
		return (uint8_t)r->buf[r->pos++];
	if (r->at >= r->end || *r->at == '"')
		return -1;
	if (*r->at != '\\')
		return *r->at++;
	uint32_t code;
	size_t len = jsonpart_escape(r->at, r->end, &code);
	if (len == 0)
		return -1;
	r->at += len;
	r->len = utf8_put(r->buf, code);
	r->pos = 1;
	return (uint8_t)r->buf[0];
}
