/* Messages of a room: reading them, waiting for news, sending, and marks. */
#include <string.h>

#include "api/auth.h"
#include "api/db.h"
#include "api/history.h"
#include "api/page.h"
#include "api/poll.h"
#include "api/query.h"
#include "api/resources.h"
#include "api/say.h"

struct reading {	  /* one GET of messages, from the query to the answer */
	struct poll poll; /* first: polls are cast back */
	const struct route_places *places;
	struct page page;
	const char *parked; /* the answer as it was when it began to wait */
	size_t parked_len;
	bool is_woken;
};

static void ask(struct http_request *request);

/* Whether the client, by its If-None-Match, already has what would be answered. */
static bool is_known(struct http_request *request, const struct jsonout *json)
{
	char tag[HTTP_TAG_SIZE];
	const char *known = request->known_tags;
	return known == NULL || query_etag_matches(known, http_tag(json->text, json->len, tag));
}

/* Time is over and nothing has come: what was there at the beginning still is. */
static void answer_over(struct http_request *request, struct reading *reading)
{
	struct jsonout *json = http_json();
	poll_end(&reading->poll);
	jsonout_raw(json, reading->parked, reading->parked_len);
	http_reply_tagged(request, json);
}

static void on_wake(struct poll *poll, enum poll_reason reason)
{
	struct reading *reading = (struct reading *)poll;
	reading->is_woken = true;
	if (reason == POLL_OVER && reading->parked != NULL)
		answer_over(poll->request, reading);
	else
		ask(poll->request);
}

/* Nothing new: with ?wait= the request stays, unless it has been woken already. */
static bool waits(struct http_request *request, struct reading *reading,
	const struct history *history, const struct jsonout *json)
{
	bool is_good = reading->page.seq <= history->last_seq &&
		       (history->has_room || !auth_is_desk(request->claims));
	if (reading->page.wait_sec == 0 || reading->is_woken || history->messages > 0 || !is_good ||
		!is_known(request, json))
		return false;
	reading->parked = arena_copy(&request->arena, json->text, json->len);
	reading->parked_len = json->len;
	reading->poll.version = history->version;
	poll_park(&reading->poll);
	return true;
}

static bool is_refused(
	struct http_request *request, const struct reading *reading, const struct history *history)
{
	const struct page *page = &reading->page;
	if (!history->has_room && auth_is_desk(request->claims))
		http_fail(request, "not_found", "there is no room %s", reading->places->room);
	else if (page->is_after && page->seq > history->last_seq)
		http_fail(request, "cursor_ahead", "after is %lld, the room's last message %lld",
			(long long)page->seq, (long long)history->last_seq);
	else
		return false;
	return true;
}

static void on_rows(struct http_request *request, PGresult *res)
{
	struct reading *reading = request->handler;
	struct history history;
	struct jsonout *json = http_json();
	history_write(json, res, reading->places->room, auth_is_desk(request->claims),
		reading->page.is_after, &history);
	if (waits(request, reading, &history, json))
		return;
	poll_end(&reading->poll);
	if (!is_refused(request, reading, &history))
		http_reply_tagged(request, json);
}

static void ask(struct http_request *request)
{
	struct reading *reading = request->handler;
	const struct page *page = &reading->page;
	const char *values[] = {reading->places->gym, reading->places->room,
		values_number(&request->arena, page->seq),
		values_number(&request->arena, page->limit)};
	db_ask(request, page->is_after ? SQL_HISTORY_AFTER : SQL_HISTORY_BEFORE, values, on_rows);
}

void messages_get(struct http_request *request, const struct route_places *places)
{
	struct err err = {0};
	const char *code;
	struct reading *reading = arena_take(&request->arena, sizeof(*reading));
	*reading = (struct reading){.places = places, .poll.wake = on_wake};
	request->handler = reading;
	if (page_parse(request->query, &reading->page, &code, &err) != 0) {
		http_fail(request, code, "%s", err.text);
		return;
	}
	if (reading->page.wait_sec > 0)
		poll_begin(&reading->poll, request, places->gym, places->room,
			auth_is_desk(request->claims), (unsigned)reading->page.wait_sec);
	ask(request);
}

/* ---- sending ---- */

void messages_post(struct http_request *request, const struct route_places *places)
{
	say_message(request, places->room, TOPIC_MSG);
}

void receipt_put(struct http_request *request, const struct route_places *places)
{
	say_receipt(request, places->room);
}
