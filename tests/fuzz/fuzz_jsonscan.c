/* What json_check takes, cJSON takes too and sees the same in it; the walkers stay inside on any
 * bytes. */
#include <assert.h>
#include <cjson/cJSON.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/jsonread.h"
#include "common/jsonscan.h"
#include "common/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void compare(struct json_slice raw, enum json_type type, const cJSON *json);

/* The string as cJSON has it: no NUL inside, valid, nothing cut. */
static void compare_string(struct json_slice raw, const char *text)
{
	char *buf = malloc(raw.len);
	int len = json_unescape(raw, buf, raw.len);
	assert(len >= 0 && strlen(buf) == (size_t)len);
	assert(utf8_is_valid((const uint8_t *)buf, (size_t)len));
	assert(utf8_count(buf, (size_t)len) <= (size_t)len);
	assert(strcmp(buf, text) == 0);
	free(buf);
}

static void compare_object(struct json_slice raw, const cJSON *json)
{
	size_t cursor = 0;
	struct json_member m, found;
	const cJSON *child = json->child;
	for (; json_next(raw, &cursor, &m) == 1; child = child->next) {
		assert(child != NULL);
		struct json_slice key = {m.key.at - 1, m.key.len + 2};
		compare_string(key, child->string);
		if (strchr(child->string, '\\') == NULL) { /* names to look for have none */
			assert(json_key_is(m.key, child->string));
			assert(json_find(raw, child->string, &found));
			assert(found.value.at == m.value.at);
		}
		compare(m.value, m.type, child);
	}
	assert(child == NULL);
}

static void compare_array(struct json_slice raw, const cJSON *json)
{
	size_t cursor = 0;
	struct json_slice item;
	enum json_type type;
	const cJSON *child = json->child;
	for (; json_next_item(raw, &cursor, &item, &type) == 1; child = child->next) {
		assert(child != NULL);
		compare(item, type, child);
	}
	assert(child == NULL);
}

static void compare(struct json_slice raw, enum json_type type, const cJSON *json)
{
	switch (type) {
	case JSON_OBJECT:
		assert(cJSON_IsObject(json));
		compare_object(raw, json);
		break;
	case JSON_ARRAY:
		assert(cJSON_IsArray(json));
		compare_array(raw, json);
		break;
	case JSON_STRING:
		assert(cJSON_IsString(json));
		compare_string(raw, json->valuestring);
		break;
	case JSON_NUMBER: assert(cJSON_IsNumber(json) && isfinite(json->valuedouble)); break;
	case JSON_TRUE: assert(cJSON_IsTrue(json) && raw.len == 4); break;
	case JSON_FALSE: assert(cJSON_IsFalse(json) && raw.len == 5); break;
	case JSON_NULL: assert(cJSON_IsNull(json) && raw.len == 4); break;
	}
}

static void check_good(const uint8_t *data, size_t size)
{
	static struct json_member members[JSON_KEYS_MAX];
	struct json_slice whole = {(const char *)data, size};
	struct json_member m;
	size_t n, cursor = 0;
	assert(utf8_is_valid(data, size));
	cJSON *json = cJSON_ParseWithLength((const char *)data, size);
	assert(json != NULL);
	bool is_object = json_check_object(data, size, members, &n, NULL) == 0;
	assert(is_object == (bool)cJSON_IsObject(json));
	if (is_object)
		compare_object(whole, json);
	if (cJSON_IsArray(json))
		compare_array(whole, json);
	for (size_t i = 0; is_object && i < n; i++)
		assert(json_next(whole, &cursor, &m) == 1 && m.value.at == members[i].value.at &&
			m.value.len == members[i].value.len && m.type == members[i].type);
	cJSON_Delete(json);
}

/* Not promised on such bytes, but no harm either. */
static void walk_bad(const uint8_t *data, size_t size)
{
	struct json_slice whole = {(const char *)data, size};
	struct json_slice item;
	struct json_member m;
	enum json_type type;
	size_t cursor = 0;
	char buf[64];
	while (json_next(whole, &cursor, &m) == 1)
		assert(m.value.at + m.value.len <= whole.at + whole.len);
	cursor = 0;
	while (json_next_item(whole, &cursor, &item, &type) == 1)
		assert(item.at + item.len <= whole.at + whole.len);
	if (json_unescape(whole, buf, sizeof(buf)) >= 0)
		assert(size >= 2);
	(void)json_find(whole, "a", &m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = {0};
	if (json_check(data, size, &err) == 0) {
		check_good(data, size);
	} else {
		assert(err.code == ERR_INPUT && err.text[0] != '\0');
	}
	walk_bad(data, size);
	return 0;
}
