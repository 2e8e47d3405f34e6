/* One room: looking at it, and what the desk sets. */
#include "api/room.h"

#include <string.h>

#include "api/auth.h"
#include "api/body.h"
#include "api/db.h"
#include "api/events.h"
#include "api/item.h"
#include "api/resources.h"
#include "common/when.h"

#define LABELS_MAX 20
#define LABEL_MAX  40

struct looking {
	const char *room;
	int status;
};

/* A token's own room that nobody has written to. */
static void write_empty(struct jsonout *json, const char *room)
{
	jsonout_open(json, '{');
	jsonout_pair(json, "room", room);
	jsonout_pair(json, "title", NULL);
	jsonout_pair(json, "kind", topic_is_kiosk_room(room) ? "kiosk" : "support");
	jsonout_pair(json, "status", "open");
	jsonout_pair_int(json, "last_seq", 0);
	jsonout_pair_int(json, "unread", 0);
	jsonout_pair_int(json, "read", 0);
	jsonout_pair(json, "last_message_at", NULL);
	jsonout_pair(json, "created_at", NULL);
	jsonout_key(json, "people");
	jsonout_raw(json, "[]", 2);
	jsonout_pair(json, "last_message", NULL);
	jsonout_key(json, "marks");
	jsonout_raw(json, "[]", 2);
	jsonout_close(json, '}');
}

static void on_room(struct http_request *request, PGresult *res)
{
	struct looking *looking = request->handler;
	struct jsonout *json = http_json();
	struct row row = {res, 0};
	bool is_desk = auth_is_desk(request->claims);
	if (PQntuples(res) == 0 && is_desk) {
		http_fail(request, "not_found", "there is no room %s", looking->room);
		return;
	}
	if (PQntuples(res) == 0) {
		write_empty(json, looking->room);
	} else {
		jsonout_open(json, '{');
		item_room_members(json, row, is_desk);
		item_pair_json(json, "marks", row, ITEM_ROOM_MARKS, "[]");
		jsonout_close(json, '}');
	}
	if (looking->status == 0)
		http_reply_tagged(request, json);
	else
		http_reply_json(request, looking->status, json);
}

void room_answer(struct http_request *request, const char *gym, const char *room, int status)
{
	bool is_desk = auth_is_desk(request->claims);
	const char *values[] = {gym, is_desk ? "staff" : role_name(request->claims->role),
		request->claims->sub, room};
	struct looking *looking = arena_take(&request->arena, sizeof(*looking));
	*looking = (struct looking){.room = room, .status = status};
	request->handler = looking;
	db_ask(request, SQL_ROOM_ONE, values, on_room);
}

void room_get(struct http_request *request, const struct route_places *places)
{
	room_answer(request, places->gym, places->room, 0);
}

/* ---- what the desk sets ---- */

struct patch { /* NULL: left as it is */
	const char *status, *snoozed_until, *assignee, *labels, *title;
	bool has_assignee, has_title;
};

static int parse_snooze(
	struct arena *arena, struct json_slice object, struct patch *patch, struct err *err)
{
	enum body_is is;
	int64_t us;
	if (body_text(arena, object, "snoozed_until", 64, &is, &patch->snoozed_until, err) != 0)
		return -1;
	bool is_snooze = patch->status != NULL && strcmp(patch->status, "snoozed") == 0;
	if (is == BODY_THERE && patch->status != NULL && !is_snooze)
		return err_set(err, ERR_INPUT, "snoozed_until goes with status snoozed");
	if (is_snooze && is != BODY_THERE)
		return err_set(err, ERR_INPUT, "status snoozed needs snoozed_until");
	if (is != BODY_THERE)
		return 0;
	if (when_parse(patch->snoozed_until, strlen(patch->snoozed_until), &us) != 0)
		return err_set(err, ERR_INPUT, "snoozed_until is no time of RFC 3339");
	if (us <= when_now_us())
		return err_set(err, ERR_INPUT, "snoozed_until is over");
	patch->status = "snoozed";
	return 0;
}

static int parse_labels(
	struct arena *arena, struct json_slice object, struct patch *patch, struct err *err)
{
	enum body_is is;
	const char **labels;
	size_t n;
	if (body_texts(arena, object, "labels", LABELS_MAX, LABEL_MAX, &is, &labels, &n, err) != 0)
		return -1;
	if (is != BODY_MISSING)
		patch->labels = values_array(arena, labels, n);
	return 0;
}

static int parse_patch(
	struct arena *arena, struct json_slice object, struct patch *patch, struct err *err)
{
	enum body_is is;
	if (body_only(object, "status|snoozed_until|assignee|labels|title", err) != 0 ||
		body_text(arena, object, "status", 16, &is, &patch->status, err) != 0)
		return -1;
	if (is == BODY_THERE && strcmp(patch->status, "open") != 0 &&
		strcmp(patch->status, "snoozed") != 0 && strcmp(patch->status, "resolved") != 0)
		return err_set(err, ERR_INPUT, "status must be open, snoozed or resolved");
	if (parse_snooze(arena, object, patch, err) != 0 ||
		body_key(arena, object, "assignee", &is, &patch->assignee, err) != 0)
		return -1;
	patch->has_assignee = is != BODY_MISSING;
	if (body_text(arena, object, "title", 200, &is, &patch->title, err) != 0)
		return -1;
	patch->has_title = is != BODY_MISSING;
	return parse_labels(arena, object, patch, err);
}

static void on_patched(struct http_request *request, PGresult *res)
{
	const struct route_places *places = &request->places;
	struct row row = {res, 0};
	if (PQntuples(res) == 0) {
		http_fail(request, "not_found", "there is no room %s", places->room);
		return;
	}
	struct event_room event = {.gym = places->gym,
		.room = places->room,
		.status = row_text(row, 0),
		.title = row_text(row, 1),
		.assignee = row_text(row, 2),
		.labels = row_text(row, 3),
		.snoozed_until_us = row_us(row, 4),
		.last_seq = row_int(row, 5),
		.note_last_seq = row_int(row, 6)};
	if (row_bool(row, 7))
		events_room(&event);
	if (row_bool(row, 8))
		events_desk(&event);
	room_answer(request, places->gym, places->room, 200);
}

void room_patch(struct http_request *request, const struct route_places *places)
{
	struct err err = {0};
	struct json_slice object;
	struct patch patch = {0};
	if (!body_open(request, &object))
		return;
	if (parse_patch(&request->arena, object, &patch, &err) != 0) {
		http_fail(request, "invalid", "%s", err.text);
		return;
	}
	const char *values[] = {places->gym, places->room, role_name(request->claims->role),
		request->claims->sub, patch.status, patch.snoozed_until,
		patch.has_assignee ? "t" : "f", patch.assignee, patch.labels,
		patch.has_title ? "t" : "f", patch.title};
	db_ask(request, SQL_ROOM_PATCH, values, on_patched);
}
