#include "api/inbox.h"

#include <string.h>

#include "api/page.h"
#include "api/query.h"
#include "api/values.h"
#include "common/topic.h"
#include "common/utf8.h"

#define NEVER_US 253402300800000000LL /* after every time: the year 10000 */

static bool is_filtered(const struct inbox *inbox)
{
	return inbox->status != INBOX_OPEN || inbox->text != NULL;
}

/* Cursors of another order, or of another way through the rooms, do not fit. */
static char list_name(const struct inbox *inbox)
{
	return inbox->order == INBOX_WAITING ? 'w' : 'l';
}

static int parse_filters(
	const char *const *query, const char *me, struct inbox *inbox, struct err *err)
{
	const char *assignee = query_value(query, "assignee"), *text = query_value(query, "q");
	int status = query_word("status", query_value(query, "status"), "open|snoozed|resolved|all",
		INBOX_OPEN, err);
	if (status < 0)
		return -1;
	inbox->status = (enum inbox_status)status;
	if (assignee != NULL && strcmp(assignee, "@none") == 0)
		inbox->assignee = "";
	else if (assignee != NULL && strcmp(assignee, "@me") == 0)
		inbox->assignee = me;
	else if (assignee != NULL && !topic_is_key(assignee))
		return err_set(err, ERR_INPUT, "assignee must be an id, @me or @none");
	else
		inbox->assignee = assignee;
	if (text != NULL && (strlen(text) > INBOX_TEXT_MAX ||
				    !utf8_is_valid((const uint8_t *)text, strlen(text))))
		return err_set(
			err, ERR_INPUT, "q must be UTF-8 of at most %d bytes", INBOX_TEXT_MAX);
	inbox->text = text != NULL && text[0] != '\0' ? text : NULL;
	return 0;
}

static int parse_order(const char *const *query, struct inbox *inbox, struct err *err)
{
	int standard = is_filtered(inbox) ? INBOX_LATEST : INBOX_WAITING;
	int order =
		query_word("order", query_value(query, "order"), "waiting|latest", standard, err);
	if (order < 0)
		return -1;
	if (order == INBOX_WAITING && is_filtered(inbox))
		return err_set(err, ERR_INPUT, "order waiting is for open rooms, without q");
	inbox->order = (enum inbox_order)order;
	return 0;
}

static int parse_numbers(const char *const *query, struct inbox *inbox, struct err *err)
{
	int64_t counts;
	if (query_number("limit", query_value(query, "limit"), 1, INBOX_LIMIT_MAX,
		    INBOX_LIMIT_STANDARD, &inbox->limit, err) != 0 ||
		query_number("wait", query_value(query, "wait"), 0, PAGE_WAIT_MAX_SEC, 0,
			&inbox->wait_sec, err) != 0 ||
		query_number("counts", query_value(query, "counts"), 0, 1, 0, &counts, err) != 0)
		return -1;
	inbox->has_counts = counts == 1;
	return 0;
}

static int parse_place(const char *text, struct inbox *inbox, struct err *err)
{
	const int64_t *place = inbox->place.parts;
	if (cursor_parse(text, list_name(inbox), &inbox->place, err) != 0)
		return -1;
	/* What somebody made up must not be a time that PostgreSQL has none for. */
	if (place[0] < 0 || place[0] > 1 || place[1] < -NEVER_US || place[1] > NEVER_US ||
		place[2] < -INT64_MAX)
		return err_set(err, ERR_INPUT, "not a cursor of this list");
	return 0;
}

int inbox_parse(const char *const *query, const char *me, struct inbox *inbox_r,
	const char **code_r, struct err *err)
{
	const char *cursor = query_value(query, "cursor");
	*inbox_r = (struct inbox){0};
	*code_r = "invalid";
	if (parse_filters(query, me, inbox_r, err) != 0 || parse_order(query, inbox_r, err) != 0 ||
		parse_numbers(query, inbox_r, err) != 0)
		return -1;
	*code_r = "cursor_invalid";
	inbox_r->has_place = cursor != NULL;
	if (cursor == NULL)
		return 0;
	return parse_place(cursor, inbox_r, err);
}

/* ---- the statement ---- */

static const char *statuses(enum inbox_status status)
{
	static const char *const arrays[] = {
		"{open}", "{snoozed}", "{resolved}", "{open,snoozed,resolved}"};
	return arrays[status];
}

/* The pattern's own signs in what is looked for. */
static const char *escape_like(struct arena *arena, const char *text)
{
	char *escaped = arena_take(arena, strlen(text) * 2 + 1), *at = escaped;
	for (; *text != '\0'; text++) {
		if (*text == '%' || *text == '_' || *text == '\\')
			*at++ = '\\';
		*at++ = *text;
	}
	*at = '\0';
	return escaped;
}

static const char **put_place(const char **at, struct arena *arena, int64_t us, int64_t id)
{
	*at++ = values_number(arena, us);
	*at++ = values_number(arena, id);
	return at;
}

/* Two places: one among those who wait, one among the others. From a place in one part, the whole
 * of the other is before or after it: the year 10000 gives all of a part or nothing, as the
 * statement compares. */
static const char **put_places(const char **at, struct arena *arena, const struct inbox *inbox)
{
	const int64_t *place = inbox->place.parts;
	bool is_waiting = inbox->has_place && place[0] == 0;
	if (inbox->order == INBOX_WAITING) {
		if (is_waiting)
			at = put_place(at, arena, place[1], place[2]);
		else
			at = put_place(at, arena, inbox->has_place ? NEVER_US : 0, 0);
	}
	bool is_among_others = inbox->has_place && (place[0] != 0 || inbox->order == INBOX_LATEST);
	if (is_among_others)
		return put_place(at, arena, -place[1], -place[2]);
	return put_place(at, arena, NEVER_US, 0);
}

enum sql inbox_statement(const struct inbox *inbox, struct arena *arena, const char *gym,
	const char *role, const char *who, const char *values[INBOX_VALUES_MAX])
{
	static const enum sql statements[][2] = {
		{SQL_INBOX_WAITING, SQL_INBOX_WAITING_BACK},
		{SQL_INBOX_OPEN, SQL_INBOX_OPEN_BACK},
		{SQL_INBOX_ANY, SQL_INBOX_ANY_BACK},
		{SQL_INBOX_TEXT, SQL_INBOX_TEXT_BACK},
	};
	const char **at = values;
	*at++ = gym;
	*at++ = role;
	*at++ = who;
	at = put_places(at, arena, inbox);
	*at++ = values_number(arena, inbox->limit + 1);
	*at++ = inbox->assignee;
	int kind = inbox->order == INBOX_WAITING ? 0 : is_filtered(inbox) ? 2 : 1;
	if (inbox->text != NULL)
		kind = 3;
	if (kind >= 2)
		*at++ = statuses(inbox->status);
	if (kind == 3)
		*at = escape_like(arena, inbox->text);
	return statements[kind][inbox->has_place && inbox->place.backwards];
}

char *inbox_cursor(const struct inbox *inbox, bool backwards, const int64_t place[CURSOR_PARTS],
	char buf[CURSOR_TEXT_SIZE])
{
	struct cursor cursor = {.list = list_name(inbox), .backwards = backwards};
	memcpy(cursor.parts, place, sizeof(cursor.parts));
	return cursor_format(&cursor, buf);
}
