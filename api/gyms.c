/* What a gym is called, where it is and when it is open: set by its CRM. */
#include <string.h>

#include "api/body.h"
#include "api/db.h"
#include "api/hours.h"
#include "api/item.h"
#include "api/resources.h"
#include "common/jsonread.h"

#define SETTINGS_MAX 32768 /* bytes of what pages are told */

struct gym_change { /* NULL: left as it is */
	const char *name, *time_zone, *locale, *hours, *settings;
};

/* A member that is an object, as it came. */
static int take_object(struct arena *arena, struct json_slice object, const char *key,
	const char **text_r, struct err *err)
{
	struct json_member member;
	*text_r = NULL;
	if (!json_find(object, key, &member))
		return 0;
	if (member.type != JSON_OBJECT || member.value.len > SETTINGS_MAX)
		return err_set(err, ERR_INPUT, "%s must be an object of at most %d bytes", key,
			SETTINGS_MAX);
	*text_r = arena_copy(arena, member.value.at, member.value.len);
	return 0;
}

static int parse_change(
	struct arena *arena, struct json_slice object, struct gym_change *change, struct err *err)
{
	enum body_is is;
	if (body_only(object, "name|time_zone|locale|hours|settings", err) != 0 ||
		body_text(arena, object, "name", 200, &is, &change->name, err) != 0 ||
		body_text(arena, object, "time_zone", 64, &is, &change->time_zone, err) != 0 ||
		body_text(arena, object, "locale", 8, &is, &change->locale, err) != 0 ||
		take_object(arena, object, "hours", &change->hours, err) != 0 ||
		take_object(arena, object, "settings", &change->settings, err) != 0)
		return -1;
	if (change->locale != NULL && strcmp(change->locale, "es") != 0 &&
		strcmp(change->locale, "en") != 0)
		return err_set(err, ERR_INPUT, "locale must be es or en");
	if (change->hours == NULL)
		return 0;
	return hours_check((struct json_slice){change->hours, strlen(change->hours)}, err);
}

static void on_gym(struct http_request *request, PGresult *res)
{
	struct row row = {res, 0};
	struct jsonout *json = http_json();
	jsonout_open(json, '{');
	jsonout_pair(json, "key", row_text(row, 1));
	jsonout_pair(json, "name", row_text(row, 2));
	jsonout_pair(json, "time_zone", row_text(row, 3));
	jsonout_pair(json, "locale", row_text(row, 4));
	item_pair_json(json, "hours", row, 5, "{}");
	item_pair_json(json, "settings", row, 6, "{}");
	jsonout_close(json, '}');
	http_reply_json(request, row_bool(row, 0) ? 201 : 200, json);
}

/* invalid_parameter_value is what AT TIME ZONE says; the others are jsonb's, of what JSON may hold
 * and jsonb may not. */
static bool on_refused(struct http_request *request, const struct err *err)
{
	if (strcmp(err->sqlstate, "22023") == 0)
		http_fail(request, "invalid", "time_zone must be one of the IANA names");
	else if (strncmp(err->sqlstate, "22", 2) == 0)
		http_fail(request, "invalid", "hours or settings cannot be stored");
	else
		return false;
	return true;
}

void gym_put(struct http_request *request, const struct route_places *places)
{
	struct err err = {0};
	struct json_slice object;
	struct gym_change change = {0};
	if (!body_open(request, &object))
		return;
	if (parse_change(&request->arena, object, &change, &err) != 0) {
		http_fail(request, "invalid", "%s", err.text);
		return;
	}
	const char *values[] = {places->gym, change.name, change.time_zone, change.locale,
		change.hours, change.settings};
	db_ask_checked(request, SQL_GYM_PUT, values, on_gym, on_refused);
}
