#include "api/route.h"

#include <string.h>

const char *http_method_name(enum http_method method)
{
	static const char *const names[] = {
		"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "?"};
	return names[method <= HTTP_OTHER ? method : HTTP_OTHER];
}

static void place_set(
	char place[TOPIC_KEY_MAX + 1], const char *at, size_t len, struct route_places *places)
{
	place[0] = '\0';
	if (!topic_is_key_n(at, len)) {
		places->is_malformed = true;
		return;
	}
	memcpy(place, at, len);
	place[len] = '\0';
}

static void place_take(
	const char *name, size_t name_len, const char *at, size_t len, struct route_places *places)
{
	if (name_len == 3 && memcmp(name, "gym", 3) == 0)
		place_set(places->gym, at, len, places);
	else
		place_set(places->room, at, len, places);
}

/* A segment of the pattern against one of the path; both end at '/' or NUL. */
static bool segment_fits(const char *pattern, size_t pattern_len, const char *at, size_t len,
	struct route_places *places)
{
	if (pattern[0] != '{')
		return pattern_len == len && memcmp(pattern, at, len) == 0;
	if (len == 0)
		return false;
	place_take(pattern + 1, pattern_len - 2, at, len, places);
	return true;
}

static bool path_fits(const char *pattern, const char *path, struct route_places *places)
{
	*places = (struct route_places){0};
	while (*pattern == '/' && *path == '/') {
		size_t pattern_len = strcspn(++pattern, "/"), len = strcspn(++path, "/");
		if (!segment_fits(pattern, pattern_len, path, len, places))
			return false;
		pattern += pattern_len;
		path += len;
	}
	return *pattern == '\0' && *path == '\0';
}

const struct route *route_find(const struct route *routes, size_t nroutes, enum http_method method,
	const char *path, struct route_places *places_r, unsigned *allowed_r)
{
	struct route_places places;
	enum http_method wanted = method == HTTP_HEAD ? HTTP_GET : method;
	*allowed_r = 0;
	for (size_t i = 0; i < nroutes; i++) {
		if (!path_fits(routes[i].pattern, path, &places))
			continue;
		if (routes[i].method == wanted) {
			*places_r = places;
			return &routes[i];
		}
		*allowed_r |= BIT(routes[i].method);
	}
	*places_r = (struct route_places){0};
	return NULL;
}

char *route_allow(unsigned allowed, char *buf, size_t size)
{
	size_t len = 0;
	if (allowed & BIT(HTTP_GET))
		allowed |= BIT(HTTP_HEAD);
	allowed |= BIT(HTTP_OPTIONS);
	buf[0] = '\0';
	for (enum http_method m = HTTP_GET; m < HTTP_OTHER; m++) {
		const char *name = http_method_name(m);
		if ((allowed & BIT(m)) == 0 || len + strlen(name) + 3 > size)
			continue;
		len = (size_t)(stpcpy(stpcpy(buf + len, len > 0 ? ", " : ""), name) - buf);
	}
	return buf;
}
