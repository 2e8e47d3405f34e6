/* Internal notes of the desk: as messages, in a list of their own that no client sees. */
#include <string.h>

#include "api/auth.h"
#include "api/db.h"
#include "api/item.h"
#include "api/page.h"
#include "api/resources.h"
#include "api/say.h"

enum { SORT, MESSAGE, NAME = MESSAGE + ITEM_MESSAGE_COLUMNS };

struct reading {
	const struct route_places *places;
	struct page page;
};

static void write_notes(struct jsonout *json, PGresult *res, bool is_after, int64_t last_seq)
{
	int n = item_messages_that_fit(res, 1, PQntuples(res) - 1, MESSAGE); /* row 0: the room */
	jsonout_open(json, '{');
	jsonout_key(json, "notes");
	jsonout_open(json, '[');
	for (int i = 0; i < n; i++) {
		struct row row = {res, is_after ? i + 1 : n - i};
		item_message(json, row, MESSAGE, row_text(row, NAME), 0, 0);
	}
	jsonout_close(json, ']');
	jsonout_pair_int(json, "note_last_seq", last_seq);
	jsonout_close(json, '}');
}

static void on_rows(struct http_request *request, PGresult *res)
{
	struct reading *reading = request->handler;
	const struct page *page = &reading->page;
	struct jsonout *json = http_json();
	if (PQntuples(res) == 0) {
		http_fail(request, "not_found", "there is no room %s", reading->places->room);
		return;
	}
	int64_t last_seq = row_int((struct row){res, 0}, MESSAGE);
	if (page->is_after && page->seq > last_seq) {
		http_fail(request, "cursor_ahead", "after is %lld, the room's last note %lld",
			(long long)page->seq, (long long)last_seq);
		return;
	}
	write_notes(json, res, page->is_after, last_seq);
	http_reply_tagged(request, json);
}

void notes_get(struct http_request *request, const struct route_places *places)
{
	struct err err = {0};
	const char *code;
	struct reading *reading = arena_take(&request->arena, sizeof(*reading));
	reading->places = places;
	request->handler = reading;
	if (page_parse(request->query, &reading->page, &code, &err) != 0) {
		http_fail(request, code, "%s", err.text);
		return;
	}
	const char *values[] = {places->gym, places->room,
		values_number(&request->arena, reading->page.seq),
		values_number(&request->arena, reading->page.limit)};
	db_ask(request, reading->page.is_after ? SQL_NOTES_AFTER : SQL_NOTES_BEFORE, values,
		on_rows);
}

void notes_post(struct http_request *request, const struct route_places *places)
{
	say_message(request, places->room, TOPIC_NOTE);
}
