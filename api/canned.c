/* Canned answers of the desk: one list for each gym, replaced as a whole. */
#include <string.h>

#include "api/body.h"
#include "api/db.h"
#include "api/item.h"
#include "api/resources.h"
#include "common/envelope.h"
#include "common/jsonread.h"

#define ITEMS_MAX 200
#define TITLE_MAX 100

static void write_list(struct jsonout *json, const struct row *row)
{
	jsonout_open(json, '{');
	jsonout_key(json, "canned");
	if (row == NULL)
		jsonout_raw(json, "[]", 2);
	else
		jsonout_raw(json, row_text(*row, 0), row_len(*row, 0));
	item_pair_time(json, "updated_at", row == NULL ? 0 : row_us(*row, 1));
	jsonout_pair(json, "updated_by", row == NULL ? NULL : row_text(*row, 2));
	jsonout_close(json, '}');
}

static void on_list(struct http_request *request, PGresult *res)
{
	struct row row = {res, 0};
	struct jsonout *json = http_json();
	write_list(json, PQntuples(res) == 0 ? NULL : &row);
	http_reply_tagged(request, json);
}

void canned_get(struct http_request *request, const struct route_places *places)
{
	const char *values[] = {places->gym};
	db_ask(request, SQL_CANNED_GET, values, on_list);
}

static int check_item(
	struct arena *arena, struct json_slice item, enum json_type type, struct err *err)
{
	enum body_is is;
	const char *text;
	if (type != JSON_OBJECT)
		return err_set(err, ERR_INPUT, "canned must be a list of objects");
	if (body_only(item, "key|title|text", err) != 0 ||
		body_key(arena, item, "key", &is, &text, err) != 0)
		return -1;
	if (is != BODY_THERE)
		return err_set(err, ERR_INPUT, "an answer needs a key");
	if (body_text(arena, item, "title", TITLE_MAX, &is, &text, err) != 0 ||
		body_text(arena, item, "text", ENVELOPE_TEXT_MAX, &is, &text, err) != 0)
		return -1;
	if (is != BODY_THERE || text[0] == '\0')
		return err_set(err, ERR_INPUT, "an answer needs a text");
	return 0;
}

/* The list as it came, checked item by item. */
static int parse_list(
	struct arena *arena, struct json_slice object, const char **list_r, struct err *err)
{
	struct json_member list;
	struct json_slice item;
	enum json_type type;
	size_t cursor = 0, n = 0;
	if (body_only(object, "canned", err) != 0)
		return -1;
	if (!json_find(object, "canned", &list) || list.type != JSON_ARRAY)
		return err_set(err, ERR_INPUT, "canned must be a list");
	while (json_next_item(list.value, &cursor, &item, &type) == 1) {
		if (++n > ITEMS_MAX)
			return err_set(err, ERR_INPUT, "over %d canned answers", ITEMS_MAX);
		if (check_item(arena, item, type, err) != 0)
			return -1;
	}
	*list_r = arena_copy(arena, list.value.at, list.value.len);
	return 0;
}

void canned_put(struct http_request *request, const struct route_places *places)
{
	struct err err = {0};
	struct json_slice object;
	const char *list = NULL;
	if (!body_open(request, &object))
		return;
	if (parse_list(&request->arena, object, &list, &err) != 0) {
		http_fail(request, "invalid", "%s", err.text);
		return;
	}
	const char *values[] = {places->gym, list, request->claims->sub};
	db_ask(request, SQL_CANNED_PUT, values, on_list);
}
