#include "common/jsonscan.h"

#include <string.h>

#include "common/jsonpart.h"

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

static void skip_space(struct scan *s)
{
	while (s->at < s->end && jsonpart_is_space(*s->at))
		s->at++;
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
			if ((len = jsonpart_escape(s->at, s->end, &code)) == 0)
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

static bool resolved_equal(const uint8_t *a, const uint8_t *b, const uint8_t *end)
{
	struct jsonpart_resolved ra = {.at = a, .end = end}, rb = {.at = b, .end = end};
	int ca, cb;
	do {
		ca = jsonpart_resolved_next(&ra);
		cb = jsonpart_resolved_next(&rb);
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
	struct jsonpart_resolved r = {.at = at, .end = end};
	for (int c; (c = jsonpart_resolved_next(&r)) >= 0;)
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
		s->members[s->nmembers++] = (struct json_member){
			jsonpart_slice(key, key_end), jsonpart_slice(value, s->at), type};
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

static int scan_value(struct scan *s, unsigned depth, enum json_type *type_r)
{
	if (s->at == s->end)
		return bad(s, "value expected");
	*type_r = jsonpart_type(*s->at);
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
