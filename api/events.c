#include "api/events.h"

#include <string.h>

#include "api/feed.h"
#include "api/http.h"
#include "api/item.h"
#include "common/topic.h"

static void tell(const struct event_room *event, enum topic_kind kind, const struct jsonout *json)
{
	char text[TOPIC_MAX];
	struct topic topic = {.kind = kind};
	strcpy(topic.gym, event->gym);
	strcpy(topic.room, event->room);
	if (topic_format(&topic, text, sizeof(text)) > 0)
		feed_tell(text, json->text, json->len);
}

void events_room(const struct event_room *event)
{
	struct jsonout *json = http_json();
	jsonout_open(json, '{');
	jsonout_pair_int(json, "last_seq", event->last_seq);
	jsonout_key(json, "room");
	jsonout_open(json, '{');
	jsonout_pair(json, "status", event->status);
	jsonout_pair(json, "title", event->title);
	jsonout_close(json, '}');
	jsonout_close(json, '}');
	tell(event, TOPIC_ROOM_LOG, json);
}

void events_desk(const struct event_room *event)
{
	struct jsonout *json = http_json();
	jsonout_open(json, '{');
	jsonout_pair_int(json, "note_last_seq", event->note_last_seq);
	jsonout_pair(json, "status", event->status);
	item_pair_time(json, "snoozed_until", event->snoozed_until_us);
	jsonout_pair(json, "assignee", event->assignee);
	jsonout_key(json, "labels");
	jsonout_raw(json, event->labels, strlen(event->labels));
	jsonout_close(json, '}');
	tell(event, TOPIC_DESK_LOG, json);
}
