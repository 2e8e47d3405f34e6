#include "common/jsonscan.h"

#include <string.h>

/* cJSON reads 63 characters of a number and fails at the next. Larger exponents are no double, and
 * smaller ones nobody's measurement: PostgreSQL's numeric refuses some. */
#define NUMBER_LEN_MAX	63
#define EXPONENT_MAX	400
#define DOUBLE_MAX_EXP	308
#define DOUBLE_MAX_LEAD "17976931348623157" /* digits of the largest double */

struct scan {
	const uint8_t *start, *at, *end;
	struct json_member *members; /* of the outermost object; NULL: not wanted */
	size_t nmembers;
	struct err *err;
};

/* Keys of one object, to find a duplicate: the hash first, the bytes only when hashes agree. */
struct key_set {
	unsigned n;
	uint32_t hash[JSON_KEYS_MAX];
	uint32_t offset[JSON_KEYS_MAX]; /* of the byte after the opening quote */
};

static int scan_value(struct scan *s, unsigned depth, enum json_type *type_r);

static int bad(struct scan *s, const char *what)
{
	return err_set(s->err, ERR_INPUT, "JSON: %s at byte %zu", what, (size_t)(s->at - s->start));
}

static bool is_space(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void skip_space(struct scan *s)
{
	while (s->at < s->end && is_space(*s->at))
		s->at++;
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

static bool is_cont(uint8_t c)
{
	return (c & 0xc0) == 0x80;
}

/* Length of the well-formed UTF-8 sequence at a byte >= 0x80, 0 when there is none (RFC 3629: no
 * overlong forms, no surrogates, nothing above U+10FFFF). */
static size_t utf8_sequence(const uint8_t *at, const uint8_t *end)
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

#define ONES  0x0101010101010101ULL
#define HIGHS 0x8080808080808080ULL

/* Bit 7 of each byte that is zero; exact for the lowest of them, which is all that is asked. */
static uint64_t zero_bytes(uint64_t word)
{
	return (word - ONES) & ~word & HIGHS;
}

/* The first byte from at on that is a control, a quote, a backslash or not ASCII, eight at a time.
 */
static const uint8_t *skip_plain(const uint8_t *at, const uint8_t *end)
{
	while (end - at >= 8) {
		uint64_t word;
		memcpy(&word, at, 8);
		uint64_t odd = (word & HIGHS) | ((word - ONES * 0x20) & ~word & HIGHS) |
			       zero_bytes(word ^ ONES * '"') | zero_bytes(word ^ ONES * '\\');
		if (odd != 0)
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
			return at + (__builtin_ctzll(odd) >> 3);
#else
			break;
#endif
		at += 8;
	}
	while (at < end && *at >= 0x20 && *at < 0x80 && *at != '"' && *at != '\\')
		at++;
	return at;
}

/* One escape at the backslash: its length, 0 when it is none, is NUL or half of a surrogate pair.
 * *code_r: what it stands for. */
static size_t escape_at(const uint8_t *at, const uint8_t *end, uint32_t *code_r)
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

static size_t utf8_put(char *at, uint32_t code)
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

/* From the opening quote to after the closing one. */
static int scan_string(struct scan *s)
{
	s->at++;
	for (;;) {
		s->at = skip_plain(s->at, s->end);
		if (s->at == s->end)
			return bad(s, "string without an end");
		uint32_t code;
		size_t len;
		if (*s->at == '"')
			break;
		if (*s->at == '\\') {
			if ((len = escape_at(s->at, s->end, &code)) == 0)
				return bad(s, "bad escape (or \\u0000, or half a surrogate pair)");
		} else if (*s->at < 0x20) {
			return bad(s, "control character in a string");
		} else if ((len = utf8_sequence(s->at, s->end)) == 0) {
			return bad(s, "not UTF-8");
		}
		s->at += len;
	}
	s->at++;
	return 0;
}

static bool is_digit(const struct scan *s)
{
	return s->at < s->end && *s->at >= '0' && *s->at <= '9';
}

static size_t skip_digits(struct scan *s)
{
	const uint8_t *from = s->at;
	while (is_digit(s))
		s->at++;
	return (size_t)(s->at - from);
}

/* "e+12" if there is one; -1 malformed or beyond EXPONENT_MAX */
static int scan_exponent(struct scan *s, int *exponent_r)
{
	*exponent_r = 0;
	if (s->at == s->end || (*s->at | 0x20) != 'e')
		return 0;
	s->at++;
	bool is_negative = s->at < s->end && *s->at == '-';
	if (s->at < s->end && (*s->at == '-' || *s->at == '+'))
		s->at++;
	if (!is_digit(s))
		return bad(s, "number without digits");
	for (; is_digit(s); s->at++) {
		*exponent_r = *exponent_r * 10 + (*s->at - '0');
		if (*exponent_r > EXPONENT_MAX)
			return bad(s, "number too large");
	}
	if (is_negative)
		*exponent_r = -*exponent_r;
	return 0;
}

/* Whether digits * 10^exponent is a finite double; text: digits with at most one point. */
static bool is_finite_number(const uint8_t *text, const uint8_t *end, int exponent)
{
	char lead[] = "00000000000000000"; /* first 17 digits that count */
	size_t nlead = 0;
	int power = exponent - 1; /* of the first digit that counts */
	bool is_fraction = false;
	for (; text < end && (*text | 0x20) != 'e'; text++) {
		if (*text == '.') {
			is_fraction = true;
			continue;
		}
		bool counts = nlead > 0 || *text != '0';
		if (counts && nlead < sizeof(lead) - 1)
			lead[nlead++] = (char)*text;
		power += is_fraction ? -(!counts) : counts;
	}
	return nlead == 0 || power < DOUBLE_MAX_EXP ||
	       (power == DOUBLE_MAX_EXP && memcmp(lead, DOUBLE_MAX_LEAD, sizeof(lead)) <= 0);
}

static int scan_number(struct scan *s)
{
	const uint8_t *from = s->at;
	if (*s->at == '-')
		s->at++;
	const uint8_t *digits = s->at;
	if (skip_digits(s) == 0)
		return bad(s, "number without digits");
	if (*digits == '0' && s->at > digits + 1)
		return bad(s, "number with a leading zero");
	if (s->at < s->end && *s->at == '.') {
		s->at++;
		if (skip_digits(s) == 0)
			return bad(s, "number without digits");
	}
	int exponent;
	if (scan_exponent(s, &exponent) != 0)
		return -1;
	if (s->at - from > NUMBER_LEN_MAX || !is_finite_number(digits, s->at, exponent))
		return bad(s, "number too large");
	return 0;
}

static int scan_word(struct scan *s, const char *word)
{
	size_t len = strlen(word);
	if ((size_t)(s->end - s->at) < len || memcmp(s->at, word, len) != 0)
		return bad(s, "not a value");
	s->at += len;
	return 0;
}

/* Walks a checked string's bytes with its escapes resolved. */
struct resolved {
	const uint8_t *at, *end; /* end: the closing quote or beyond */
	char buf[4];
	size_t pos, len;
};

/* The next byte; -1 at the end. */
static int resolved_next(struct resolved *r)
{
	if (r->pos < r->len)
		return (uint8_t)r->buf[r->pos++];
	if (r->at >= r->end || *r->at == '"')
		return -1;
	if (*r->at != '\\')
		return *r->at++;
	uint32_t code;
	size_t len = escape_at(r->at, r->end, &code);
	if (len == 0)
		return -1;
	r->at += len;
	r->len = utf8_put(r->buf, code);
	r->pos = 1;
	return (uint8_t)r->buf[0];
}

static bool resolved_equal(const uint8_t *a, const uint8_t *b, const uint8_t *end)
{
	struct resolved ra = {.at = a, .end = end}, rb = {.at = b, .end = end};
	int ca, cb;
	do {
		ca = resolved_next(&ra);
		cb = resolved_next(&rb);
	} while (ca == cb && ca >= 0);
	return ca == cb;
}

/* FNV-1a of the key with its escapes resolved. */
static uint32_t key_hash(const uint8_t *at, const uint8_t *end)
{
	uint32_t hash = 2166136261u;
	if (memchr(at, '\\', (size_t)(end - at)) == NULL) {
		while (at < end)
			hash = (hash ^ *at++) * 16777619u;
		return hash;
	}
	struct resolved r = {.at = at, .end = end};
	for (int c; (c = resolved_next(&r)) >= 0;)
		hash = (hash ^ (uint32_t)c) * 16777619u;
	return hash;
}

static int add_key(struct scan *s, struct key_set *keys, const uint8_t *key)
{
	uint32_t hash = key_hash(key, s->at - 1);
	if (keys->n == JSON_KEYS_MAX)
		return bad(s, "too many members in an object");
	for (unsigned i = 0; i < keys->n; i++) {
		if (keys->hash[i] == hash &&
			resolved_equal(s->start + keys->offset[i], key, s->end))
			return bad(s, "duplicate key");
	}
	keys->hash[keys->n] = hash;
	keys->offset[keys->n++] = (uint32_t)(key - s->start);
	return 0;
}

static struct json_slice slice(const uint8_t *from, const uint8_t *to)
{
	return (struct json_slice){(const char *)from, (size_t)(to - from)};
}

static int scan_member(struct scan *s, unsigned depth, struct key_set *keys)
{
	skip_space(s);
	if (s->at == s->end || *s->at != '"')
		return bad(s, "key expected");
	const uint8_t *key = s->at + 1;
	if (scan_string(s) != 0 || add_key(s, keys, key) != 0)
		return -1;
	const uint8_t *key_end = s->at - 1;
	skip_space(s);
	if (s->at == s->end || *s->at != ':')
		return bad(s, "colon expected");
	s->at++;
	skip_space(s);
	const uint8_t *value = s->at;
	enum json_type type;
	if (scan_value(s, depth, &type) != 0)
		return -1;
	if (depth == 1 && s->members != NULL)
		s->members[s->nmembers++] =
			(struct json_member){slice(key, key_end), slice(value, s->at), type};
	return 0;
}

/* After a value in an object or array: 1 another follows, 0 that was the last, -1. */
static int scan_comma(struct scan *s, uint8_t close)
{
	skip_space(s);
	if (s->at < s->end && *s->at == ',') {
		s->at++;
		return 1;
	}
	if (s->at < s->end && *s->at == close) {
		s->at++;
		return 0;
	}
	return bad(s, "comma or closing bracket expected");
}

/* Whether the bracket just opened is closed at once. */
static bool is_empty(struct scan *s, uint8_t close)
{
	s->at++;
	skip_space(s);
	if (s->at == s->end || *s->at != close)
		return false;
	s->at++;
	return true;
}

static int scan_object(struct scan *s, unsigned depth)
{
	struct key_set keys;
	keys.n = 0;
	if (is_empty(s, '}'))
		return 0;
	for (;;) {
		if (scan_member(s, depth, &keys) != 0)
			return -1;
		int more = scan_comma(s, '}');
		if (more <= 0)
			return more;
	}
}

static int scan_array(struct scan *s, unsigned depth)
{
	if (is_empty(s, ']'))
		return 0;
	for (;;) {
		enum json_type type;
		skip_space(s);
		if (scan_value(s, depth, &type) != 0)
			return -1;
		int more = scan_comma(s, ']');
		if (more <= 0)
			return more;
	}
}

static enum json_type type_at(uint8_t c)
{
	switch (c) {
	case '{': return JSON_OBJECT;
	case '[': return JSON_ARRAY;
	case '"': return JSON_STRING;
	case 't': return JSON_TRUE;
	case 'f': return JSON_FALSE;
	case 'n': return JSON_NULL;
	default: return JSON_NUMBER;
	}
}

static int scan_value(struct scan *s, unsigned depth, enum json_type *type_r)
{
	if (s->at == s->end)
		return bad(s, "value expected");
	*type_r = type_at(*s->at);
	if (*type_r <= JSON_ARRAY && depth == JSON_DEPTH_MAX)
		return bad(s, "too deep");
	switch (*type_r) {
	case JSON_OBJECT: return scan_object(s, depth + 1);
	case JSON_ARRAY: return scan_array(s, depth + 1);
	case JSON_STRING: return scan_string(s);
	case JSON_TRUE: return scan_word(s, "true");
	case JSON_FALSE: return scan_word(s, "false");
	case JSON_NULL: return scan_word(s, "null");
	case JSON_NUMBER: break;
	}
	if (*s->at != '-' && (*s->at < '0' || *s->at > '9'))
		return bad(s, "value expected");
	return scan_number(s);
}

static int scan_text(struct scan *s, enum json_type *type_r)
{
	if (s->end - s->start > UINT32_MAX)
		return bad(s, "too long");
	skip_space(s);
	if (scan_value(s, 0, type_r) != 0)
		return -1;
	skip_space(s);
	return s->at == s->end ? 0 : bad(s, "bytes after the value");
}

int json_check(const uint8_t *bytes, size_t len, struct err *err)
{
	struct scan s = {.start = bytes, .at = bytes, .end = bytes + len, .err = err};
	enum json_type type;
	return scan_text(&s, &type);
}

int json_check_object(const uint8_t *bytes, size_t len, struct json_member members[JSON_KEYS_MAX],
	size_t *nmembers_r, struct err *err)
{
	struct scan s = {bytes, bytes, bytes + len, members, 0, err};
	enum json_type type;
	*nmembers_r = 0;
	if (scan_text(&s, &type) != 0)
		return -1;
	if (type != JSON_OBJECT)
		return err_set(err, ERR_INPUT, "JSON: an object expected");
	*nmembers_r = s.nmembers;
	return 0;
}

/* From here on the text has been checked: these look for ends only, and stay inside on any bytes.
 */

static const uint8_t *skip_string(const uint8_t *at, const uint8_t *end)
{
	for (at++; at < end; at++) {
		if (*at == '"')
			return at + 1;
		if (*at == '\\')
			at++;
	}
	return end;
}

static const uint8_t *skip_nested(const uint8_t *at, const uint8_t *end)
{
	size_t depth = 0;
	while (at < end) {
		if (*at == '"') {
			at = skip_string(at, end);
			continue;
		}
		depth += *at == '{' || *at == '[';
		if ((*at == '}' || *at == ']') && --depth == 0)
			return at + 1;
		at++;
	}
	return end;
}

static const uint8_t *skip_value(const uint8_t *at, const uint8_t *end)
{
	if (at < end && *at == '"')
		return skip_string(at, end);
	if (at < end && (*at == '{' || *at == '['))
		return skip_nested(at, end);
	while (at < end && *at != ',' && *at != '}' && *at != ']' && !is_space(*at))
		at++;
	return at;
}

static const uint8_t *to_next(const uint8_t *at, const uint8_t *end, uint8_t but)
{
	while (at < end && (is_space(*at) || *at == but))
		at++;
	return at;
}

/* Where the next member or item starts, NULL when there is none; open: the bracket of the outer
 * value. */
static const uint8_t *next_start(struct json_slice outer, size_t cursor, uint8_t open)
{
	const uint8_t *at = (const uint8_t *)outer.at, *end = at + outer.len;
	if (cursor == 0) {
		at = to_next(at, end, ' ');
		if (at == end || *at != open)
			return NULL;
		at = to_next(at + 1, end, ' ');
	} else {
		at = to_next(at + cursor, end, ',');
	}
	return at < end && *at != open + 2 ? at : NULL; /* '{' + 2 is '}', '[' + 2 is ']' */
}

int json_next(struct json_slice object, size_t *cursor, struct json_member *member_r)
{
	const uint8_t *end = (const uint8_t *)object.at + object.len;
	const uint8_t *key = next_start(object, *cursor, '{');
	if (key == NULL || *key != '"')
		return 0;
	const uint8_t *key_end = skip_string(key, end);
	const uint8_t *value = to_next(key_end, end, ':');
	const uint8_t *value_end = skip_value(value, end);
	if (key_end - key < 2 || value_end == value)
		return 0;
	*member_r = (struct json_member){
		slice(key + 1, key_end - 1), slice(value, value_end), type_at(*value)};
	*cursor = (size_t)(value_end - (const uint8_t *)object.at);
	return 1;
}

bool json_key_is(struct json_slice key, const char *name)
{
	size_t len = strlen(name);
	if (key.len == len && memcmp(key.at, name, len) == 0)
		return true;
	if (key.len <= len || memchr(key.at, '\\', key.len) == NULL)
		return false;
	struct resolved r = {
		.at = (const uint8_t *)key.at, .end = (const uint8_t *)key.at + key.len};
	int c;
	while ((c = resolved_next(&r)) >= 0 && *name != '\0' && c == (uint8_t)*name)
		name++;
	return c < 0 && *name == '\0';
}

bool json_find(struct json_slice object, const char *key, struct json_member *member_r)
{
	size_t cursor = 0;
	while (json_next(object, &cursor, member_r) == 1) {
		if (json_key_is(member_r->key, key))
			return true;
	}
	return false;
}

int json_next_item(
	struct json_slice array, size_t *cursor, struct json_slice *item_r, enum json_type *type_r)
{
	const uint8_t *end = (const uint8_t *)array.at + array.len;
	const uint8_t *item = next_start(array, *cursor, '[');
	if (item == NULL)
		return 0;
	const uint8_t *item_end = skip_value(item, end);
	if (item_end == item)
		return 0;
	*item_r = slice(item, item_end);
	*type_r = type_at(*item);
	*cursor = (size_t)(item_end - (const uint8_t *)array.at);
	return 1;
}

int json_unescape(struct json_slice raw, char *buf, size_t size)
{
	if (raw.len < 2 || size == 0)
		return -1;
	const uint8_t *at = (const uint8_t *)raw.at + 1, *end = at + raw.len - 2;
	size_t len = 0;
	while (at < end) {
		const uint8_t *slash = memchr(at, '\\', (size_t)(end - at));
		size_t run = (size_t)((slash != NULL ? slash : end) - at);
		if (len + run >= size)
			return -1;
		memcpy(buf + len, at, run);
		len += run;
		at += run;
		if (slash == NULL)
			break;
		char bytes[4];
		uint32_t code;
		size_t escape_len = escape_at(at, end, &code);
		size_t n = escape_len != 0 ? utf8_put(bytes, code) : 0;
		if (n == 0 || len + n >= size)
			return -1;
		memcpy(buf + len, bytes, n);
		len += n;
		at += escape_len;
	}
	buf[len] = '\0';
	return (int)len;
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
