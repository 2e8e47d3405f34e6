/* A text that parses formats back to itself, and whatever formats parses back to itself. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/topic.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size), back[TOPIC_MAX];
	struct topic topic, zero = {0};
	if (topic_parse(text, &topic) == 0) {
		assert(topic_format(&topic, back, sizeof(back)) == (int)strlen(text));
		assert(strcmp(text, back) == 0);
	} else {
		assert(memcmp(&topic, &zero, sizeof(zero)) == 0);
	}
	free(text);
}

/* "kind role" in the first two bytes, then gym, room and who, separated by slashes. */
static void check_fields(const uint8_t *data, size_t size)
{
	struct topic topic = {.kind = data[0] % 16, .role = data[1] % 8}, back;
	char *parts[] = {topic.gym, topic.room, topic.who}, text[TOPIC_MAX];
	size_t part = 0, at = 0;
	for (size_t i = 2; i < size && part < COUNT(parts); i++) {
		if (data[i] == '/' || at == TOPIC_KEY_MAX) {
			part++;
			at = 0;
		} else {
			parts[part][at++] = (char)data[i];
		}
	}
	if (topic_format(&topic, text, sizeof(text)) < 0)
		return;
	assert(topic_parse(text, &back) == 0);
	assert(back.kind == topic.kind);
	assert(strcmp(back.gym, back.kind == TOPIC_STATE ? "" : topic.gym) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_text(data, size);
	if (size > 2)
		check_fields(data, size);
	return 0;
}
