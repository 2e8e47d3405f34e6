/* fuzz_body - the members of a JSON body as the API's handlers ask for them. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "api/body.h"
#include "api/hours.h"
#include "common/topic.h"
#include "common/utf8.h"

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void try_texts(struct arena *arena, struct json_slice object)
{
	struct err err = {0};
	enum body_is is;
	const char *text, **items;
	size_t n;
	if (body_text(arena, object, "text", 20, &is, &text, &err) == 0) {
		must((is == BODY_THERE) == (text != NULL));
		must(text == NULL || utf8_count(text, strlen(text)) <= 20);
	}
	if (body_key(arena, object, "room", &is, &text, &err) == 0)
		must(text == NULL || topic_is_key(text));
	if (body_texts(arena, object, "labels", 4, 8, &is, &items, &n, &err) == 0) {
		must(n <= 4);
		for (size_t i = 0; i < n; i++)
			must(items[i][0] != '\0' && strlen(items[i]) <= 8 * 4);
	}
}

static void try_rest(struct json_slice object)
{
	struct err err = {0};
	enum body_is is;
	int64_t number;
	if (body_number(object, "ttl", 1, 2592000, &is, &number, &err) == 0 && is == BODY_THERE)
		must(number >= 1 && number <= 2592000);
	if (body_only(object, "text|room|labels|ttl", &err) != 0)
		must(err.code == ERR_INPUT && err.text[0] != '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = {0};
	struct arena arena;
	/* an object: body_open lets nothing else through */
	if (size == 0 || data[0] != '{' || json_check(data, size, &err) != 0)
		return 0;
	arena_init(&arena);
	try_texts(&arena, (struct json_slice){(const char *)data, size});
	try_rest((struct json_slice){(const char *)data, size});
	arena_deinit(&arena);
	return 0;
}
