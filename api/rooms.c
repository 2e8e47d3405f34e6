/* The rooms of a gym: the desk's inbox, a client's own list, and making one. */
#include <string.h>

#include "api/auth.h"
#include "api/body.h"
#include "api/db.h"
#include "api/events.h"
#include "api/inbox.h"
#include "api/item.h"
#include "api/poll.h"
#include "api/query.h"
#include "api/resources.h"
#include "api/room.h"
#include "common/jsonread.h"

/* ---- the list ---- */

struct listing {	  /* one GET of rooms, from the query to the answer */
	struct poll poll; /* first: polls are cast back */
	const struct route_places *places;
	struct inbox inbox;
	int64_t counts[5];
	char next[CURSOR_TEXT_SIZE]; /* "": this is the last page */
	const char *parked;	     /* the answer as it was when it began to wait */
	size_t parked_len;
	bool is_desk, is_woken, is_looking;
};

static void ask(struct http_request *request);

static void write_counts(struct jsonout *json, const struct listing *listing)
{
	static const char *const names[] = {"mine", "unassigned", "all", "waiting", "unread"};
	jsonout_key(json, "counts");
	jsonout_open(json, '{');
	for (size_t i = 0; i < COUNT(names); i++)
		jsonout_pair_int(json, names[i], listing->counts[i]);
	jsonout_close(json, '}');
}

static const char *cursor_at(
	const struct listing *listing, PGresult *res, int row, bool backwards, char *buf)
{
	struct row at = {res, row};
	int64_t place[CURSOR_PARTS] = {
		row_int(at, ITEM_ROOM_PHASE), row_int(at, ITEM_ROOM_K1), row_int(at, ITEM_ROOM_K2)};
	return inbox_cursor(&listing->inbox, backwards, place, buf);
}

struct span { /* of the rows, those that are shown, and whether there are more on either side */
	int from, to;
	bool has_prev, has_next;
};

/* One row more than asked for says that there is more in the direction that was asked for; in the
 * other there is whatever one came from. */
static struct span span_of(const struct listing *listing, int rows)
{
	const struct inbox *inbox = &listing->inbox;
	bool is_back = inbox->has_place && inbox->place.backwards;
	bool has_more = rows > inbox->limit;
	struct span span = {.to = rows, .has_prev = inbox->has_place, .has_next = has_more};
	if (is_back)
		span = (struct span){
			.from = has_more, .to = rows, .has_prev = has_more, .has_next = rows > 0};
	else if (has_more)
		span.to--;
	if (rows == 0)
		span.has_prev = false;
	return span;
}

/* The same list from the next cursor on, for clients that follow links. */
static void answer(struct http_request *request, struct jsonout *json)
{
	struct listing *listing = request->handler;
	poll_end(&listing->poll);
	if (listing->next[0] != '\0')
		http_add_header(request, "link", "<%s?%scursor=%s>; rel=\"next\"", request->path,
			query_without(&request->arena, request->query, "cursor"), listing->next);
	http_reply_tagged(request, json);
}

static void write_list(struct http_request *request, struct jsonout *json, PGresult *res)
{
	struct listing *listing = request->handler;
	struct span span = span_of(listing, PQntuples(res));
	char prev[CURSOR_TEXT_SIZE];
	if (!listing->is_desk)
		span = (struct span){.to = PQntuples(res)};
	listing->next[0] = '\0';
	jsonout_open(json, '{');
	jsonout_key(json, "rooms");
	jsonout_open(json, '[');
	for (int i = span.from; i < span.to; i++)
		item_room(json, (struct row){res, i}, listing->is_desk);
	jsonout_close(json, ']');
	jsonout_pair(json, "next",
		span.has_next ? cursor_at(listing, res, span.to - 1, false, listing->next) : NULL);
	jsonout_pair(json, "prev",
		span.has_prev ? cursor_at(listing, res, span.from, true, prev) : NULL);
	if (listing->inbox.has_counts && listing->is_desk)
		write_counts(json, listing);
	jsonout_close(json, '}');
}

static bool is_same_as_parked(const struct listing *listing, const struct jsonout *json)
{
	return listing->parked_len == json->len &&
	       memcmp(listing->parked, json->text, json->len) == 0;
}

/* With ?wait= the request stays while the list is what the client has (If-None-Match), or what it
 * was when it began to wait. */
static bool waits(struct http_request *request, const struct jsonout *json)
{
	struct listing *listing = request->handler;
	char tag[HTTP_TAG_SIZE];
	const char *known = request->known_tags;
	if (listing->inbox.wait_sec == 0 || (listing->is_woken && !listing->is_looking))
		return false;
	if (listing->is_looking && !is_same_as_parked(listing, json))
		return false;
	if (!listing->is_looking && known != NULL &&
		!query_etag_matches(known, http_tag(json->text, json->len, tag)))
		return false;
	if (!listing->is_looking) {
		listing->parked = arena_copy(&request->arena, json->text, json->len);
		listing->parked_len = json->len;
	}
	listing->is_looking = false;
	poll_park(&listing->poll);
	return true;
}

static void on_wake(struct poll *poll, enum poll_reason reason)
{
	struct listing *listing = (struct listing *)poll;
	listing->is_woken = true;
	listing->is_looking = reason == POLL_LOOK;
	if (reason == POLL_OVER && listing->parked != NULL) {
		struct jsonout *json = http_json();
		jsonout_raw(json, listing->parked, listing->parked_len);
		answer(poll->request, json);
	} else {
		ask(poll->request);
	}
}

static void on_rows(struct http_request *request, PGresult *res)
{
	struct jsonout *json = http_json();
	write_list(request, json, res);
	if (!waits(request, json))
		answer(request, json);
}

static void ask_list(struct http_request *request)
{
	struct listing *listing = request->handler;
	const struct claims *claims = request->claims;
	const char *values[INBOX_VALUES_MAX], *gym = listing->places->gym;
	const char *rooms[TOKEN_ROOMS_MAX];
	if (listing->is_desk) {
		enum sql sql = inbox_statement(
			&listing->inbox, &request->arena, gym, "staff", claims->sub, values);
		if (listing->inbox.text != NULL)
			db_find(request, sql, values, on_rows);
		else
			db_ask(request, sql, values, on_rows);
		return;
	}
	for (unsigned i = 0; i < claims->nrooms; i++)
		rooms[i] = claims->rooms[i];
	values[0] = gym;
	values[1] = role_name(claims->role);
	values[2] = claims->sub;
	values[3] = values_array(&request->arena, rooms, claims->nrooms);
	db_ask(request, SQL_ROOMS_OWN, values, on_rows);
}

static void on_counts(struct http_request *request, PGresult *res)
{
	struct listing *listing = request->handler;
	for (size_t i = 0; i < COUNT(listing->counts); i++)
		listing->counts[i] = row_int((struct row){res, 0}, (int)i);
	ask_list(request);
}

static void ask(struct http_request *request)
{
	struct listing *listing = request->handler;
	const char *values[] = {listing->places->gym, request->claims->sub};
	if (listing->inbox.has_counts && listing->is_desk)
		db_ask_slow(request, SQL_COUNTS, values, on_counts);
	else
		ask_list(request);
}

void rooms_get(struct http_request *request, const struct route_places *places)
{
	struct err err = {0};
	const char *code;
	struct listing *listing = arena_take(&request->arena, sizeof(*listing));
	*listing = (struct listing){
		.places = places, .poll.wake = on_wake, .is_desk = auth_is_desk(request->claims)};
	request->handler = listing;
	if (inbox_parse(request->query, request->claims->sub, &listing->inbox, &code, &err) != 0) {
		http_fail(request, code, "%s", err.text);
		return;
	}
	if (listing->inbox.wait_sec > 0)
		poll_begin(&listing->poll, request, places->gym, "", listing->is_desk,
			(unsigned)listing->inbox.wait_sec);
	ask(request);
}

/* ---- making one ---- */

struct making {
	const struct route_places *places;
	const char *room, *title, *people;
	int status; /* 201 or 200 */
};

static int write_person(struct arena *arena, struct jsonout *json, struct json_slice item,
	enum json_type type, struct err *err)
{
	enum body_is is;
	const char *role, *who, *name;
	if (type != JSON_OBJECT)
		return err_set(err, ERR_INPUT, "people must be a list of objects");
	if (body_only(item, "role|who|name", err) != 0 ||
		body_text(arena, item, "role", 16, &is, &role, err) != 0)
		return -1;
	if (is != BODY_THERE || role_parse(role) == ROLE_NONE)
		return err_set(
			err, ERR_INPUT, "a person's role is client, staff, kiosk or service");
	if (body_key(arena, item, "who", &is, &who, err) != 0)
		return -1;
	if (is != BODY_THERE)
		return err_set(err, ERR_INPUT, "a person needs who");
	if (body_text(arena, item, "name", 200, &is, &name, err) != 0)
		return -1;
	jsonout_open(json, '{');
	jsonout_pair(json, "role", role);
	jsonout_pair(json, "who", who);
	jsonout_pair(json, "name", name);
	jsonout_close(json, '}');
	return 0;
}

static int parse_people(
	struct arena *arena, struct json_slice object, const char **people_r, struct err *err)
{
	struct json_member people;
	struct json_slice item;
	enum json_type type;
	size_t cursor = 0, n = 0;
	struct jsonout *json = http_json();
	*people_r = "[]";
	if (!json_find(object, "people", &people) || people.type == JSON_NULL)
		return 0;
	if (people.type != JSON_ARRAY)
		return err_set(err, ERR_INPUT, "people must be a list");
	jsonout_open(json, '[');
	while (json_next_item(people.value, &cursor, &item, &type) == 1) {
		if (++n > 50)
			return err_set(err, ERR_INPUT, "people has over 50 items");
		if (write_person(arena, json, item, type, err) != 0)
			return -1;
	}
	jsonout_close(json, ']');
	*people_r = arena_copy(arena, json->text, json->len);
	return 0;
}

static int parse_making(
	struct arena *arena, struct json_slice object, struct making *making, struct err *err)
{
	enum body_is is;
	if (body_only(object, "room|title|people", err) != 0 ||
		body_key(arena, object, "room", &is, &making->room, err) != 0)
		return -1;
	if (is != BODY_THERE)
		return err_set(err, ERR_INPUT, "room is missing: the client's id, or kiosk-{id}");
	if (body_text(arena, object, "title", 200, &is, &making->title, err) != 0)
		return -1;
	return parse_people(arena, object, &making->people, err);
}

static void on_made(struct http_request *request, PGresult *res)
{
	struct making *making = request->handler;
	struct row row = {res, 0};
	struct event_room event = {.gym = making->places->gym,
		.room = making->room,
		.last_seq = row_int(row, 1),
		.status = row_text(row, 2),
		.title = row_text(row, 3)};
	making->status = row_bool(row, 0) ? 201 : 200;
	if (making->status == 201)
		events_room(&event);
	room_answer(request, making->places->gym, making->room, making->status);
}

/* Two persons twice in one list: the statement would touch a row twice. */
static bool on_refused(struct http_request *request, const struct err *err)
{
	if (strcmp(err->sqlstate, "21000") != 0)
		return false;
	http_fail(request, "invalid", "people names somebody twice");
	return true;
}

void rooms_post(struct http_request *request, const struct route_places *places)
{
	struct err err = {0};
	struct json_slice object;
	struct making *making = arena_take(&request->arena, sizeof(*making));
	*making = (struct making){.places = places};
	request->handler = making;
	if (!body_open(request, &object))
		return;
	if (parse_making(&request->arena, object, making, &err) != 0) {
		http_fail(request, "invalid", "%s", err.text);
		return;
	}
	const char *values[] = {places->gym, making->room,
		topic_is_kiosk_room(making->room) ? "kiosk" : "support", making->title,
		making->people};
	db_ask_checked(request, SQL_ROOM_CREATE, values, on_made, on_refused);
}
