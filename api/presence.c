/* Who is online, and when the others were last seen: the snapshot that a page starts from. */
#include "api/auth.h"
#include "api/db.h"
#include "api/item.h"
#include "api/resources.h"

static void write_person(struct jsonout *json, struct row row)
{
	const char *who = row_text(row, 1), *name = row_text(row, 2);
	jsonout_open(json, '{');
	jsonout_pair(json, "role", row_text(row, 0));
	jsonout_pair(json, "who", who);
	jsonout_pair(json, "name", name != NULL ? name : who);
	jsonout_key(json, "online");
	jsonout_bool(json, row_bool(row, 4));
	item_pair_time(json, "last_seen", row_us(row, 3));
	jsonout_close(json, '}');
}

static void on_rows(struct http_request *request, PGresult *res)
{
	struct jsonout *json = http_json();
	jsonout_open(json, '{');
	jsonout_key(json, "people");
	jsonout_open(json, '[');
	for (int i = 0; i < PQntuples(res); i++)
		write_person(json, (struct row){res, i});
	jsonout_close(json, ']');
	jsonout_close(json, '}');
	http_reply_json(request, 200, json);
}

void presence_get(struct http_request *request, const struct route_places *places)
{
	const char *values[] = {places->gym, role_name(request->claims->role)};
	db_ask(request, SQL_PRESENCE, values, on_rows);
}
