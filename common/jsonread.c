#include "common/jsonread.h"

#include <string.h>

#include "common/jsonpart.h"

/* The text has been checked: these look for ends only, and stay inside on any bytes. */

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
	while (at < end && *at != ',' && *at != '}' && *at != ']' && !jsonpart_is_space(*at))
		at++;
	return at;
}

static const uint8_t *to_next(const uint8_t *at, const uint8_t *end, uint8_t but)
{
	while (at < end && (jsonpart_is_space(*at) || *at == but))
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
	*member_r = (struct json_member){jsonpart_slice(key + 1, key_end - 1),
		jsonpart_slice(value, value_end), jsonpart_type(*value)};
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
	struct jsonpart_resolved r = {
		.at = (const uint8_t *)key.at, .end = (const uint8_t *)key.at + key.len};
	int c;
	while ((c = jsonpart_resolved_next(&r)) >= 0 && *name != '\0' && c == (uint8_t)*name)
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
	*item_r = jsonpart_slice(item, item_end);
	*type_r = jsonpart_type(*item);
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
		size_t escape_len = jsonpart_escape(at, end, &code);
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
