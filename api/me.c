/* Who the token says I am, and everything a page needs to start: without the database, what it can.
 */
#include <stdio.h>
#include <string.h>

#include "api/auth.h"
#include "api/db.h"
#include "api/feed.h"
#include "api/item.h"
#include "api/place.h"
#include "api/resources.h"
#include "api/stats.h"
#include "common/when.h"

static void write_rooms(struct jsonout *json, const struct claims *claims)
{
	jsonout_key(json, "rooms");
	jsonout_open(json, '[');
	for (unsigned i = 0; i < claims->nrooms && !auth_is_desk(claims); i++)
		jsonout_string(json, claims->rooms[i]);
	jsonout_close(json, ']');
}

/* Topics with {room} where a room's key belongs; the filters are what the broker lets this token
 * subscribe. */
static void write_topics(struct jsonout *json, const struct claims *claims)
{
	char topic[TOPIC_MAX];
	const char *role = role_name(claims->role);
	static const char *const in_rooms[] = {"msg", "receipt", "typing"};
	jsonout_key(json, "topics");
	jsonout_open(json, '{');
	for (size_t i = 0; i < COUNT(in_rooms); i++) {
		snprintf(topic, sizeof(topic), "gym/%s/room/{room}/%s/%s/%s", claims->gym,
			in_rooms[i], role, claims->sub);
		jsonout_pair(json, in_rooms[i], topic);
	}
	snprintf(topic, sizeof(topic), "gym/%s/room/%s/#", claims->gym,
		auth_is_desk(claims) ? "+" : "{room}");
	jsonout_pair(json, "room_filter", topic);
	snprintf(topic, sizeof(topic), "gym/%s/presence/%s/%s", claims->gym, role, claims->sub);
	jsonout_pair(json, "presence", topic);
	snprintf(topic, sizeof(topic), "gym/%s/presence/%s", claims->gym,
		auth_is_desk(claims) ? "#" : "staff/+");
	jsonout_pair(json, "presence_filter", topic);
	snprintf(topic, sizeof(topic), "gym/%s/to/%s/%s", claims->gym, role, claims->sub);
	jsonout_pair(json, "to", topic);
	if (auth_is_desk(claims)) {
		snprintf(topic, sizeof(topic), "gym/%s/desk/#", claims->gym);
		jsonout_pair(json, "desk_filter", topic);
		snprintf(topic, sizeof(topic), "gym/%s/desk/{room}/note/staff/%s", claims->gym,
			claims->sub);
		jsonout_pair(json, "note", topic);
		snprintf(topic, sizeof(topic), "gym/%s/desk/{room}/here/staff/%s", claims->gym,
			claims->sub);
		jsonout_pair(json, "here", topic);
	}
	jsonout_close(json, '}');
}

/* row NULL: the database does not answer; the key stands for the name. */
static void write_gym(struct jsonout *json, const struct claims *claims, const struct row *row)
{
	jsonout_key(json, "gym");
	jsonout_open(json, '{');
	jsonout_pair(json, "key", claims->gym);
	const char *name = row == NULL ? "" : row_text(*row, 1);
	jsonout_pair(json, "name", name[0] == '\0' ? claims->gym : name);
	if (row != NULL) {
		jsonout_pair(json, "time_zone", row_text(*row, 2));
		jsonout_pair(json, "locale", row_text(*row, 3));
		item_pair_json(json, "hours", *row, 4, "{}");
		item_pair_json(json, "settings", *row, 5, "{}");
	}
	jsonout_close(json, '}');
}

static void write_identity(struct jsonout *json, const struct claims *claims)
{
	char username[TOPIC_MAX];
	claims_username(claims, username, sizeof(username) - 1);
	jsonout_pair(json, "role", role_name(claims->role));
	jsonout_pair(json, "sub", claims->sub);
	jsonout_pair(json, "name", claims->name[0] == '\0' ? claims->sub : claims->name);
	write_rooms(json, claims);
	jsonout_pair(json, "username", username);
	jsonout_pair(json, "client_id_prefix", strcat(username, "."));
	jsonout_pair(json, "mqtt_url", place_mqtt_url());
	write_topics(json, claims);
	item_pair_time(json, "expires_at", claims->exp * 1000000);
}

static void answer(struct http_request *request, const struct row *row)
{
	struct jsonout *json = http_json();
	bool is_archive_up = row != NULL && feed_archive_is_up();
	jsonout_open(json, '{');
	write_gym(json, request->claims, row);
	write_identity(json, request->claims);
	jsonout_pair(json, "archive", is_archive_up ? "ok" : "unavailable");
	jsonout_key(json, "response_time");
	stats_write(json, request->claims->gym);
	jsonout_close(json, '}');
	http_reply_json(request, 200, json);
}

static void on_gym(struct http_request *request, PGresult *res)
{
	struct row row = {res, 0};
	/* None: another request has just made the gym, in a transaction that this one did not see.
	 */
	answer(request, PQntuples(res) == 0 ? NULL : &row);
}

static bool on_no_database(struct http_request *request, const struct err *err)
{
	(void)err;
	answer(request, NULL);
	return true;
}

static void ask(struct http_request *request)
{
	const struct claims *claims = request->claims;
	const char *values[] = {claims->gym, role_name(claims->role), claims->sub,
		claims->name[0] == '\0' ? NULL : claims->name};
	db_ask_checked(request, SQL_ME, values, on_gym, on_no_database);
}

void me_get(struct http_request *request, const struct route_places *places)
{
	(void)places;
	if (db_is_up())
		stats_get(request, request->claims->gym, ask);
	else
		answer(request, NULL);
}
