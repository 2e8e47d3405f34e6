#include "common/jsonout.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/must.h"

#define JSONOUT_FIRST_SIZE 256

void jsonout_init(struct jsonout *out)
{
	*out = (struct jsonout){
		.text = must(malloc(JSONOUT_FIRST_SIZE)), .size = JSONOUT_FIRST_SIZE};
	out->text[0] = '\0';
}

void jsonout_reset(struct jsonout *out)
{
	out->len = 0;
	out->comma = false;
	if (out->text == NULL) /* taken: start anew */
		jsonout_init(out);
	out->text[0] = '\0';
}

void jsonout_deinit(struct jsonout *out)
{
	free(out->text);
	*out = (struct jsonout){0};
}

/* Room for more bytes and a NUL; where the next byte goes. */
static char *reserve(struct jsonout *out, size_t more)
{
	size_t need = out->len + more + 1;
	if (need > out->size) {
		size_t size = out->size * 2 > need ? out->size * 2 : need;
		char *text = must(realloc(out->text, size));
		out->text = text;
		out->size = size;
	}
	return out->text + out->len;
}

static void put(struct jsonout *out, const char *bytes, size_t len)
{
	char *at = reserve(out, len);
	memcpy(at, bytes, len);
	at[len] = '\0';
	out->len += len;
}

static void put_char(struct jsonout *out, char c)
{
	put(out, &c, 1);
}

static void before_value(struct jsonout *out)
{
	if (out->comma)
		put_char(out, ',');
	out->comma = true;
}

void jsonout_open(struct jsonout *out, char bracket)
{
	before_value(out);
	put_char(out, bracket);
	out->comma = false;
}

void jsonout_close(struct jsonout *out, char bracket)
{
	put_char(out, bracket);
	out->comma = true;
}

/* What must be escaped: quote, backslash, controls; DEL too, for the eyes of whoever reads the
 * text. */
static bool is_plain(unsigned char c)
{
	return c >= 0x20 && c != '"' && c != '\\' && c != 0x7f;
}

#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

/* High bits set, one a byte: zero bytes of a word. Above a zero byte some may be wrong, below none,
 * which is enough to ask whether there is any. */
static uint64_t zeros(uint64_t word)
{
	return (word - EACH(1)) & ~word & EACH(0x80);
}

/* is_plain of eight bytes at once: most texts have nothing to escape. */
static bool are_plain(const char *text)
{
	uint64_t word;
	memcpy(&word, text, 8);
	uint64_t controls = (word - EACH(0x20)) & ~word & EACH(0x80);
	return (controls | zeros(word ^ EACH('"')) | zeros(word ^ EACH('\\')) |
		       zeros(word ^ EACH(0x7f))) == 0;
}

static size_t escape(unsigned char c, char at[6])
{
	static const char hex[] = "0123456789abcdef";
	static const char shorts[128] = {
		['"'] = '"',
		['\\'] = '\\',
		['\b'] = 'b',
		['\f'] = 'f',
		['\n'] = 'n',
		['\r'] = 'r',
		['\t'] = 't',
	};
	at[0] = '\\';
	if (shorts[c] != '\0') {
		at[1] = shorts[c];
		return 2;
	}
	memcpy(at + 1, "u00", 3);
	at[4] = hex[c >> 4];
	at[5] = hex[c & 15];
	return 6;
}

static void put_quoted(struct jsonout *out, const char *text, size_t len)
{
	char *start = reserve(out, len * 6 + 2), *at = start;
	*at++ = '"';
	for (size_t i = 0; i < len;) {
		size_t run = i;
		while (run + 8 <= len && are_plain(text + run))
			run += 8;
		while (run < len && is_plain((unsigned char)text[run]))
			run++;
		memcpy(at, text + i, run - i);
		at += run - i;
		if (run < len)
			at += escape((unsigned char)text[run++], at);
		i = run;
	}
	*at++ = '"';
	*at = '\0';
	out->len += (size_t)(at - start);
}

void jsonout_key(struct jsonout *out, const char *key)
{
	before_value(out);
	put_quoted(out, key, strlen(key));
	put_char(out, ':');
	out->comma = false;
}

void jsonout_string_n(struct jsonout *out, const char *text, size_t len)
{
	before_value(out);
	put_quoted(out, text, len);
}

void jsonout_string(struct jsonout *out, const char *text)
{
	if (text == NULL)
		jsonout_null(out);
	else
		jsonout_string_n(out, text, strlen(text));
}

void jsonout_int(struct jsonout *out, int64_t n)
{
	char digits[24];
	int len = snprintf(digits, sizeof(digits), "%" PRId64, n);
	jsonout_raw(out, digits, (size_t)len);
}

/* The shortest of %.15g and %.17g that reads back as the same number; JSON has no infinities: null.
 */
void jsonout_real(struct jsonout *out, double n)
{
	char digits[40];
	if (!isfinite(n)) {
		jsonout_null(out);
		return;
	}
	int len = snprintf(digits, sizeof(digits), "%.15g", n);
	if (strtod(digits, NULL) != n)
		len = snprintf(digits, sizeof(digits), "%.17g", n);
	char *point = strpbrk(digits, ",");
	if (point != NULL) /* a library may have set a locale with a decimal comma */
		*point = '.';
	jsonout_raw(out, digits, (size_t)len);
}

void jsonout_bool(struct jsonout *out, bool b)
{
	jsonout_raw(out, b ? "true" : "false", b ? 4 : 5);
}

void jsonout_null(struct jsonout *out)
{
	jsonout_raw(out, "null", 4);
}

void jsonout_raw(struct jsonout *out, const char *json, size_t len)
{
	before_value(out);
	put(out, json, len);
}

void jsonout_pair(struct jsonout *out, const char *key, const char *text)
{
	jsonout_key(out, key);
	jsonout_string(out, text);
}

void jsonout_pair_int(struct jsonout *out, const char *key, int64_t n)
{
	jsonout_key(out, key);
	jsonout_int(out, n);
}
