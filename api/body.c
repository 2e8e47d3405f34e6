#include "api/body.h"

#include <stdlib.h>
#include <string.h>

#include "api/http.h"
#include "common/jsonread.h"
#include "common/topic.h"
#include "common/utf8.h"

static bool is_object(struct json_slice json)
{
	size_t i = 0;
	while (i < json.len && strchr(" \t\r\n", json.at[i]) != NULL)
		i++;
	return i < json.len && json.at[i] == '{';
}

bool body_open(struct http_request *request, struct json_slice *object_r)
{
	struct err err = {0};
	*object_r = (struct json_slice){(const char *)request->body, request->body_len};
	if (request->body_len == 0)
		err_set(&err, ERR_INPUT, "the body is empty");
	else if (json_check(request->body, request->body_len, &err) == 0 && !is_object(*object_r))
		err_set(&err, ERR_INPUT, "the body is no object");
	if (err.code != ERR_NONE)
		http_fail(request, "invalid_json", "%s", err.text);
	return err.code == ERR_NONE;
}

/* 1 there and of this type, 0 missing or null, -1 */
static int member(struct json_slice object, const char *key, enum json_type type,
	const char *type_name, enum body_is *is_r, struct json_slice *value_r, struct err *err)
{
	struct json_member found;
	*is_r = BODY_MISSING;
	if (!json_find(object, key, &found))
		return 0;
	*is_r = found.type == JSON_NULL ? BODY_NULL : BODY_THERE;
	*value_r = found.value;
	if (found.type == JSON_NULL)
		return 0;
	if (found.type != type)
		return err_set(err, ERR_INPUT, "%s must be %s", key, type_name);
	return 1;
}

static int take_text(struct arena *arena, struct json_slice raw, const char *key, size_t max_points,
	const char **text_r, struct err *err)
{
	char *text = arena_take(arena, raw.len + 1);
	int len = json_unescape(raw, text, raw.len + 1);
	if (len < 0 || utf8_count(text, (size_t)len) > max_points)
		return err_set(err, ERR_INPUT, "%s has over %zu characters", key, max_points);
	*text_r = text;
	return 0;
}

int body_text(struct arena *arena, struct json_slice object, const char *key, size_t max_points,
	enum body_is *is_r, const char **text_r, struct err *err)
{
	struct json_slice raw;
	*text_r = NULL;
	int rc = member(object, key, JSON_STRING, "a text", is_r, &raw, err);
	return rc <= 0 ? rc : take_text(arena, raw, key, max_points, text_r, err);
}

int body_key(struct arena *arena, struct json_slice object, const char *key, enum body_is *is_r,
	const char **text_r, struct err *err)
{
	if (body_text(arena, object, key, TOPIC_KEY_MAX, is_r, text_r, err) != 0)
		return -1;
	if (*is_r == BODY_THERE && !topic_is_key(*text_r))
		return err_set(err, ERR_INPUT, "%s must be 1 to 64 of A-Z a-z 0-9 _ -", key);
	return 0;
}

int body_number(struct json_slice object, const char *key, int64_t min, int64_t max,
	enum body_is *is_r, int64_t *n_r, struct err *err)
{
	struct json_slice raw;
	int64_t n = 0;
	*n_r = 0;
	int rc = member(object, key, JSON_NUMBER, "a number", is_r, &raw, err);
	if (rc <= 0)
		return rc;
	size_t i = 0;
	for (; i < raw.len && i < 18 && raw.at[i] >= '0' && raw.at[i] <= '9'; i++)
		n = n * 10 + (raw.at[i] - '0');
	if (i < raw.len || n < min || n > max)
		return err_set(err, ERR_INPUT, "%s must be a whole number from %lld to %lld", key,
			(long long)min, (long long)max);
	*n_r = n;
	return 0;
}

static bool has_item(const char **items, size_t n, const char *item)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(items[i], item) == 0)
			return true;
	}
	return false;
}

int body_texts(struct arena *arena, struct json_slice object, const char *key, size_t max_items,
	size_t max_points, enum body_is *is_r, const char ***items_r, size_t *n_r, struct err *err)
{
	struct json_slice raw, item;
	enum json_type type;
	size_t cursor = 0, n = 0;
	*items_r = NULL;
	*n_r = 0;
	int rc = member(object, key, JSON_ARRAY, "a list", is_r, &raw, err);
	if (rc <= 0)
		return rc;
	const char **items = arena_take(arena, (max_items + 1) * sizeof(*items));
	while (json_next_item(raw, &cursor, &item, &type) == 1) {
		if (n == max_items)
			return err_set(err, ERR_INPUT, "%s has over %zu items", key, max_items);
		if (type != JSON_STRING)
			return err_set(err, ERR_INPUT, "%s must be a list of texts", key);
		if (take_text(arena, item, key, max_points, &items[n], err) != 0)
			return -1;
		if (items[n][0] == '\0' || has_item(items, n, items[n]))
			return err_set(
				err, ERR_INPUT, "%s has an item that is empty or twice there", key);
		n++;
	}
	*items_r = items;
	*n_r = n;
	return 0;
}

int body_only(struct json_slice object, const char *keys, struct err *err)
{
	struct json_member found;
	size_t cursor = 0;
	while (json_next(object, &cursor, &found) == 1) {
		bool is_known = false;
		for (const char *at = keys; *at != '\0' && !is_known; at += *at == '|') {
			size_t len = strcspn(at, "|");
			is_known = found.key.len == len && memcmp(found.key.at, at, len) == 0;
			at += len;
		}
		if (!is_known)
			return err_set(err, ERR_INPUT, "unknown member %.*s; known are %s",
				(int)(found.key.len < 64 ? found.key.len : 64), found.key.at, keys);
	}
	return 0;
}
