/* What the API reads by hand of an address and of fields: lines of the input are the path, then
 * parameters, then fields. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "api/cursor.h"
#include "api/inbox.h"
#include "api/page.h"
#include "api/query.h"
#include "api/route.h"
#include "api/words.h"

#define LINES_MAX 16

static const struct route routes[] = {
	{HTTP_GET, "/v1/gyms/{gym}/rooms/{room}/messages", ROUTE_ALL, 0, false, NULL},
	{HTTP_PATCH, "/v1/gyms/{gym}/rooms/{room}", ROUTE_ALL, 0, false, NULL},
	{HTTP_GET, "/livez", ROUTE_OPEN, 0, false, NULL},
};

static void must(int is_true)
{
	if (!is_true)
		abort();
}

static void try_route(const char *path)
{
	struct route_places places;
	unsigned allowed;
	char text[64];
	const struct route *route =
		route_find(routes, COUNT(routes), HTTP_GET, path, &places, &allowed);
	must(route != NULL || (places.gym[0] == '\0' && places.room[0] == '\0'));
	must(places.gym[0] == '\0' || topic_is_key(places.gym));
	must(places.room[0] == '\0' || topic_is_key(places.room));
	route_allow(allowed, text, sizeof(text));
}

static void try_cursor(const char *text)
{
	struct cursor cursor;
	struct err err = {0};
	char again[CURSOR_TEXT_SIZE];
	if (cursor_parse(text, 'w', &cursor, &err) == 0)
		must(strcmp(cursor_format(&cursor, again), text) == 0);
}

static void try_fields(const char *text)
{
	struct err err = {0};
	const char *token = query_bearer(text);
	must(token == NULL || (*token != '\0' && *token != ' '));
	query_etag_matches(text, "\"0123456789abcdef\"");
	query_is_json(text);
	must(!query_is_request_id(text) || strlen(text) <= 64);
	must(query_word("w", text, "a|bc|def", 0, &err) < 3);
}

static void try_words(struct arena *arena, const char *text)
{
	struct words words;
	struct err err = {0};
	if (words_parse(arena, text, &words, &err) != 0)
		return;
	must(words.last[0] != '\0');
	must(strpbrk(words.whole, "'&|!:*()\\") == NULL &&
		strpbrk(words.last, "'&|!:*()\\ ") == NULL);
}

static void try_query(struct arena *arena, const char *const *query)
{
	struct page page;
	struct inbox inbox;
	struct err err = {0};
	const char *code, *values[INBOX_VALUES_MAX] = {0};
	if (page_parse(query, &page, &code, &err) == 0)
		must(page.seq >= 0 && page.limit >= 1 && page.limit <= PAGE_LIMIT_MAX);
	if (inbox_parse(query, "me", &inbox, &code, &err) == 0) {
		must(inbox_statement(&inbox, arena, "g", "staff", "me", values) < SQL_COUNT);
		must(values[5] != NULL);
	}
	query_without(arena, query, "cursor");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena;
	const char *lines[LINES_MAX + 1] = {NULL};
	size_t n = 0;
	arena_init(&arena);
	char *text = arena_copy(&arena, (const char *)data, size), *rest = text;
	while (n < LINES_MAX && rest != NULL)
		lines[n++] = strsep(&rest, "\n");
	try_route(lines[0]);
	try_query(&arena, lines);
	for (size_t i = 0; i < n; i++) {
		try_cursor(lines[i]);
		try_fields(lines[i]);
		try_words(&arena, lines[i]);
	}
	arena_deinit(&arena);
	return 0;
}
