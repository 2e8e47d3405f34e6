/* Full text search over a gym's messages, newest first. */
#include <stdio.h>
#include <string.h>

#include "api/cursor.h"
#include "api/db.h"
#include "api/item.h"
#include "api/query.h"
#include "api/resources.h"
#include "api/words.h"
#include "common/when.h"

#define LIMIT_STANDARD 20
#define LIMIT_MAX      50
#define LIST	       's'
#define RECENT_MONTHS  2 /* looked at alone at first: a frequent word must not fetch years */
#define MONTH_US       (30LL * 86400 * 1000000)

enum { ROW_ID, ROOM, TITLE, SNIPPET, MESSAGE, NAME = MESSAGE + ITEM_MESSAGE_COLUMNS };
enum { STORED_AT = MESSAGE + ITEM_MESSAGE_COLUMNS - 1 };

struct looking {
	const struct route_places *places;
	struct words words;
	int64_t limit;
	struct cursor place; /* parts: row_id, stored_at */
	bool is_recent;	     /* the newest months alone have been asked */
};

/* The snippet in parts: what stands between \x02 and \x03 matched. No markup, so that nobody can
 * bring in his own. */
static void write_part(struct jsonout *json, const char *text, size_t len, bool is_match)
{
	if (len == 0)
		return;
	jsonout_open(json, '{');
	jsonout_key(json, "text");
	jsonout_string_n(json, text, len);
	jsonout_key(json, "match");
	jsonout_bool(json, is_match);
	jsonout_close(json, '}');
}

static void write_snippet(struct jsonout *json, const char *text)
{
	bool is_match = false;
	jsonout_key(json, "snippet");
	jsonout_open(json, '[');
	while (*text != '\0') {
		size_t len = strcspn(text, "\x02\x03");
		write_part(json, text, len, is_match);
		text += len;
		if (*text != '\0')
			is_match = *text++ == '\x02';
	}
	jsonout_close(json, ']');
}

static void write_result(struct jsonout *json, struct row row)
{
	jsonout_open(json, '{');
	jsonout_pair(json, "room", row_text(row, ROOM));
	jsonout_pair(json, "title", row_text(row, TITLE));
	write_snippet(json, row_text(row, SNIPPET));
	jsonout_key(json, "message");
	item_message(json, row, MESSAGE, row_text(row, NAME), ITEM_NOT_ASKED, ITEM_NOT_ASKED);
	jsonout_close(json, '}');
}

static void answer(struct http_request *request, PGresult *res)
{
	struct looking *looking = request->handler;
	struct jsonout *json = http_json();
	char next[CURSOR_TEXT_SIZE];
	int rows = PQntuples(res), n = rows > looking->limit ? (int)looking->limit : rows;
	jsonout_open(json, '{');
	jsonout_key(json, "results");
	jsonout_open(json, '[');
	for (int i = 0; i < n; i++)
		write_result(json, (struct row){res, i});
	jsonout_close(json, ']');
	if (rows > n) {
		struct row last = {res, n - 1};
		struct cursor cursor = {
			.list = LIST, .parts = {row_int(last, ROW_ID), row_us(last, STORED_AT)}};
		jsonout_pair(json, "next", cursor_format(&cursor, next));
	} else {
		jsonout_pair(json, "next", NULL);
	}
	jsonout_close(json, '}');
	http_reply_json(request, 200, json);
}

/* "'month 202611' | 'month 202610'": that of the time and those before it. */
static const char *months(struct arena *arena, int64_t us)
{
	char when[WHEN_TEXT_SIZE], *text = arena_take(arena, RECENT_MONTHS * 24), *at = text;
	for (int i = 0; i < RECENT_MONTHS; i++) {
		when_format(us - i * MONTH_US, when);
		at += sprintf(at, "%s'month %.4s%.2s'", i > 0 ? "|" : "", when, when + 5);
	}
	return text;
}

static void ask(struct http_request *request);

static void on_rows(struct http_request *request, PGresult *res)
{
	struct looking *looking = request->handler;
	if (!looking->is_recent || PQntuples(res) > looking->limit) {
		answer(request, res);
		return;
	}
	looking->is_recent = false;
	ask(request);
}

static void ask(struct http_request *request)
{
	struct looking *looking = request->handler;
	struct arena *arena = &request->arena;
	const char *values[] = {looking->places->gym, looking->words.whole, looking->words.last,
		looking->is_recent ? months(arena, looking->place.parts[1]) : NULL,
		values_number(arena, looking->place.parts[0]),
		values_number(arena, looking->limit + 1)};
	db_find(request, SQL_SEARCH, values, on_rows);
}

void search_get(struct http_request *request, const struct route_places *places)
{
	struct err err = {0};
	const char *cursor = http_query(request, "cursor");
	struct looking *looking = arena_take(&request->arena, sizeof(*looking));
	*looking = (struct looking){
		.places = places, .is_recent = true, .place.parts = {INT64_MAX, when_now_us()}};
	request->handler = looking;
	if (words_parse(&request->arena, http_query(request, "q"), &looking->words, &err) != 0 ||
		query_number("limit", http_query(request, "limit"), 1, LIMIT_MAX, LIMIT_STANDARD,
			&looking->limit, &err) != 0)
		http_fail(request, "invalid", "%s", err.text);
	else if (cursor != NULL && cursor_parse(cursor, LIST, &looking->place, &err) != 0)
		http_fail(request, "cursor_invalid", "%s", err.text);
	else
		ask(request);
}
