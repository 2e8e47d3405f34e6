#include "api/query.h"

#include <string.h>
#include <strings.h>

const char *query_value(const char *const *query, const char *name)
{
	size_t len = strlen(name);
	for (; query != NULL && *query != NULL; query++) {
		if (strncmp(*query, name, len) != 0)
			continue;
		if ((*query)[len] == '=')
			return *query + len + 1;
		if ((*query)[len] == '\0')
			return *query + len;
	}
	return NULL;
}

int query_number(const char *name, const char *value, int64_t min, int64_t max, int64_t standard,
	int64_t *n_r, struct err *err)
{
	int64_t n = 0;
	*n_r = standard;
	if (value == NULL)
		return 0;
	const char *at = value;
	for (; *at >= '0' && *at <= '9' && n <= QUERY_SEQ_MAX; at++)
		n = n * 10 + (*at - '0');
	if (*at != '\0' || at == value || n < min || n > max)
		return err_set(err, ERR_INPUT, "%s must be a whole number from %lld to %lld", name,
			(long long)min, (long long)max);
	*n_r = n;
	return 0;
}

int query_word(
	const char *name, const char *value, const char *words, int standard, struct err *err)
{
	int index = 0;
	if (value == NULL)
		return standard;
	size_t value_len = strlen(value);
	for (const char *at = words;; at++, index++) {
		size_t len = strcspn(at, "|");
		if (len == value_len && memcmp(at, value, len) == 0)
			return index;
		at += len;
		if (*at == '\0')
			break;
	}
	return err_set(err, ERR_INPUT, "%s must be one of %s", name, words);
}

const char *query_bearer(const char *authorization)
{
	if (authorization == NULL || strncasecmp(authorization, "Bearer", 6) != 0)
		return NULL;
	const char *at = authorization + 6;
	size_t spaces = strspn(at, " ");
	if (spaces == 0 || at[spaces] == '\0')
		return NULL;
	return at + spaces;
}

/* Skips what stands between the tags of a list. */
static const char *next_tag(const char *at)
{
	at += strspn(at, ", \t");
	if (strncmp(at, "W/", 2) == 0)
		at += 2;
	return at;
}

bool query_etag_matches(const char *if_none_match, const char *etag)
{
	if (if_none_match == NULL)
		return false;
	const char *opaque = strncmp(etag, "W/", 2) == 0 ? etag + 2 : etag;
	size_t opaque_len = strlen(opaque);
	const char *at = next_tag(if_none_match);
	if (strcmp(at, "*") == 0)
		return true;
	while (*at == '"') {
		const char *end = strchr(at + 1, '"');
		if (end == NULL)
			return false;
		size_t len = (size_t)(end + 1 - at);
		if (len == opaque_len && memcmp(at, opaque, len) == 0)
			return true;
		at = next_tag(end + 1);
	}
	return false;
}

bool query_is_json(const char *content_type)
{
	if (content_type == NULL)
		return true;
	size_t len = strcspn(content_type, "; \t");
	if (len < 12 || strncasecmp(content_type, "application/", 12) != 0)
		return false;
	if (len == 16 && strncasecmp(content_type + 12, "json", 4) == 0)
		return true;
	return len > 17 && strncasecmp(content_type + len - 5, "+json", 5) == 0;
}

bool query_is_request_id(const char *text)
{
	static const char good[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
	if (text == NULL)
		return false;
	size_t len = strspn(text, good);
	return len >= 1 && len <= 64 && text[len] == '\0';
}

static bool is_unreserved(unsigned char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '.' || c == '_' || c == '~';
}

/* The first '=' stays: it stands between name and value. */
static char *put_encoded(char *at, const char *text)
{
	static const char hex[] = "0123456789ABCDEF";
	bool is_name = true;
	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;
		if (is_unreserved(c) || (c == '=' && is_name)) {
			is_name = is_name && c != '=';
			*at++ = (char)c;
			continue;
		}
		*at++ = '%';
		*at++ = hex[c >> 4];
		*at++ = hex[c & 15];
	}
	return at;
}

const char *query_without(struct arena *arena, const char *const *query, const char *name)
{
	size_t size = 1, name_len = strlen(name);
	for (const char *const *at = query; *at != NULL; at++)
		size += strlen(*at) * 3 + 1;
	char *text = arena_take(arena, size), *end = text;
	for (; *query != NULL; query++) {
		if (strncmp(*query, name, name_len) == 0 &&
			((*query)[name_len] == '=' || (*query)[name_len] == '\0'))
			continue;
		end = put_encoded(end, *query);
		*end++ = '&';
	}
	*end = '\0';
	return text;
}
