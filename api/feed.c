#include "api/feed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/jsonread.h"
#include "common/log.h"
#include "common/mqttlink.h"
#include "common/systoken.h"
#include "common/topic.h"

#define KEEPALIVE_SEC 30
#define STATE_MS      10000 /* how often the own state is told */
#define SILENT_MS     30000 /* an archiver that has not been heard for so long is down */
#define TABLE_SIZE    4096  /* lists of waits, by hash of gym and room */
#define POSTS_SIZE    256   /* lists of posts, by message id */
#define STATE_PREFIX  "gymchat/state/"

static const char *const filters[] = {
	"gym/+/room/+/log", "gym/+/desk/+/log", STATE_PREFIX "#", "$SYS/#", NULL};

static struct {
	struct mqttlink *link;
	struct systoken *token;
	uv_loop_t *loop;
	uv_timer_t tick;
	void (*on_change)(void);
	struct feed_wait *waits[TABLE_SIZE], *cursor; /* cursor: next of a walk, moved on removal */
	struct feed_post *posts[POSTS_SIZE];
	struct figures figures;
	char state_topic[TOPIC_MAX];
	uint64_t up_since_ms;
	bool is_told_down;
} feed;

/* ---- who waits ---- */

static struct feed_wait **list_of(const char *gym, const char *room)
{
	unsigned hash = 5381;
	for (; *gym != '\0'; gym++)
		hash = hash * 33 ^ (unsigned char)*gym;
	hash = hash * 33 ^ '/';
	for (; *room != '\0'; room++)
		hash = hash * 33 ^ (unsigned char)*room;
	return &feed.waits[(hash ^ hash >> 16) % TABLE_SIZE];
}

void feed_listen(struct feed_wait *wait)
{
	struct feed_wait **list = list_of(wait->gym, wait->room);
	wait->next = *list;
	wait->link = list;
	if (*list != NULL)
		(*list)->link = &wait->next;
	*list = wait;
}

void feed_unlisten(struct feed_wait *wait)
{
	if (wait->link == NULL)
		return;
	if (feed.cursor == wait)
		feed.cursor = wait->next;
	*wait->link = wait->next;
	if (wait->next != NULL)
		wait->next->link = wait->link;
	wait->link = NULL;
}

static bool concerns(const struct feed_wait *wait, const char *gym, const char *room, bool is_desk)
{
	return strcmp(wait->gym, gym) == 0 && strcmp(wait->room, room) == 0 &&
	       (wait->wants_desk || !is_desk);
}

static bool is_awaited(const char *gym, const char *room, bool is_desk)
{
	for (struct feed_wait *wait = *list_of(gym, room); wait != NULL; wait = wait->next) {
		if (concerns(wait, gym, room, is_desk))
			return true;
	}
	return false;
}

/* Those who wait for this room ("": for any of the gym). A wait that goes away while it, or
 * another, is being told moves the cursor. */
static void tell(const char *room, const struct feed_notice *notice)
{
	for (struct feed_wait *wait = *list_of(notice->gym, room); wait != NULL;
		wait = feed.cursor) {
		feed.cursor = wait->next;
		if (concerns(wait, notice->gym, room, notice->is_desk))
			wait->on_notice(wait, notice);
	}
	feed.cursor = NULL;
}

/* Most notices are of rooms that nobody here waits for: parse only what is awaited. */
static void on_log(const struct topic *topic, const struct mqttlink_message *message)
{
	bool is_desk = topic->kind == TOPIC_DESK_LOG;
	struct feed_notice notice = {.gym = topic->gym,
		.room = topic->room,
		.is_desk = is_desk,
		.json = {(const char *)message->payload, message->len}};
	if (!is_awaited(topic->gym, topic->room, is_desk) && !is_awaited(topic->gym, "", is_desk))
		return;
	if (message->len == 0 || json_check(message->payload, message->len, NULL) != 0) {
		log_warn("a notice that is not JSON came on %s", message->topic);
		return;
	}
	tell(topic->room, &notice);
	tell("", &notice);
}

/* ---- figures and states ---- */

static bool is_state_ready(const struct figure *figure)
{
	struct json_member ready;
	struct json_slice json = {figure->text, strlen(figure->text)};
	return json_check((const uint8_t *)json.at, json.len, NULL) == 0 &&
	       json_find(json, "ready", &ready) && ready.type == JSON_TRUE;
}

bool feed_archive_is_up(void)
{
	static const char prefix[] = STATE_PREFIX "archiver/";
	uint64_t now = uv_now(feed.loop);
	bool is_heard = false;
	if (!feed_is_up())
		return false;
	for (size_t i = 0; i < feed.figures.n; i++) {
		const struct figure *figure = feed.figures.all[i];
		if (strncmp(figure->name, prefix, sizeof(prefix) - 1) != 0)
			continue;
		is_heard = true;
		if (now - (uint64_t)figure->heard_ms < SILENT_MS && is_state_ready(figure))
			return true;
	}
	/* Nothing is retained: just connected, the archiver has had no chance to speak. */
	return !is_heard && now - feed.up_since_ms < SILENT_MS;
}

const struct figures *feed_figures(void)
{
	return &feed.figures;
}

static void on_message(void *ctx, const struct mqttlink_message *message)
{
	struct topic topic;
	(void)ctx;
	if (strncmp(message->topic, "$SYS/", 5) == 0 ||
		strncmp(message->topic, STATE_PREFIX, strlen(STATE_PREFIX)) == 0)
		figures_set(&feed.figures, message->topic, (const char *)message->payload,
			message->len, (int64_t)uv_now(feed.loop));
	else if (topic_parse(message->topic, &topic) == 0 &&
		 (topic.kind == TOPIC_ROOM_LOG || topic.kind == TOPIC_DESK_LOG))
		on_log(&topic, message);
}

static void tell_state(bool is_ready)
{
	char json[128];
	int len = snprintf(json, sizeof(json), "{\"ready\":%s,\"version\":\"%s\"}",
		is_ready ? "true" : "false", GYMCHAT_VERSION);
	feed_tell(feed.state_topic, json, (size_t)len);
}

static void on_tick(uv_timer_t *timer)
{
	(void)timer;
	tell_state(true);
}

/* ---- what is being published ---- */

static void post_remove(struct feed_post *post)
{
	*post->link = post->next;
	if (post->next != NULL)
		post->next->link = post->link;
	post->link = NULL;
}

void feed_unpost(struct feed_post *post)
{
	if (post->link != NULL)
		post_remove(post);
}

int feed_post(
	struct feed_post *post, const char *topic, const void *payload, size_t len, struct err *err)
{
	if (mqttlink_publish_qos1(feed.link, topic, payload, len, &post->mid, err) != 0)
		return -1;
	struct feed_post **list = &feed.posts[(unsigned)post->mid % POSTS_SIZE];
	post->next = *list;
	post->link = list;
	if (*list != NULL)
		(*list)->link = &post->next;
	*list = post;
	return 0;
}

static void on_puback(void *ctx, int mid)
{
	(void)ctx;
	for (struct feed_post *post = feed.posts[(unsigned)mid % POSTS_SIZE]; post != NULL;
		post = post->next) {
		if (post->mid != mid)
			continue;
		post_remove(post);
		post->on_taken(post, false);
		return;
	}
}

static void posts_lost(void)
{
	for (unsigned i = 0; i < POSTS_SIZE; i++) {
		struct feed_post *post;
		while ((post = feed.posts[i]) != NULL) {
			post_remove(post);
			post->on_taken(post, true);
		}
	}
}

void feed_tell(const char *topic, const char *json, size_t len)
{
	struct err err = {0};
	if (feed_is_up() && mqttlink_publish(feed.link, topic, json, len, 0, &err) != 0)
		log_debug("notice on %s dropped: %s", topic, err.text);
}

/* ---- the link ---- */

static int password(void *ctx, char *buf, size_t size, struct err *err)
{
	(void)ctx;
	return systoken_get(feed.token, buf, size, err);
}

static void on_up(void *ctx)
{
	(void)ctx;
	feed.is_told_down = false;
	feed.up_since_ms = uv_now(feed.loop);
	log_info("connected to the broker");
	tell_state(true);
	feed.on_change();
}

static void on_down(void *ctx, const struct err *err)
{
	(void)ctx;
	if (!feed.is_told_down)
		log_warn("%s; trying again", err->text);
	feed.is_told_down = true;
	figures_clear(&feed.figures);
	posts_lost();
	feed.on_change();
}

static struct mqttlink *make_link(
	uv_loop_t *loop, const struct settings *settings, const char *instance)
{
	char username[] = TOKEN_SYSTEM_GYM ".service.api", client_id[TOPIC_MAX];
	const char *socket = settings_text(settings, "MQTT_SOCKET");
	snprintf(client_id, sizeof(client_id), "%s.%s", username, instance);
	struct mqttlink_options options = {
		.host = socket != NULL ? socket : settings_text(settings, "MQTT_HOST"),
		.port = socket != NULL ? 0 : (int)settings_number(settings, "MQTT_PORT"),
		.client_id = client_id,
		.username = username,
		.password = password,
		.filters = filters,
		.qos = 0,
		.keepalive_sec = KEEPALIVE_SEC,
		.will_topic = feed.state_topic,
		.will_payload = "{\"ready\":false}",
		.on_up = on_up,
		.on_down = on_down,
		.on_message = on_message,
		.on_puback = on_puback,
	};
	return mqttlink_new(loop, &options);
}

int feed_init(uv_loop_t *loop, const struct settings *settings, unsigned worker,
	void (*on_change)(void), struct err *err)
{
	char instance[TOPIC_KEY_MAX + 16];
	snprintf(instance, sizeof(instance), "%.56s", settings_text(settings, "INSTANCE"));
	if (worker > 0)
		snprintf(instance + strlen(instance), 16, "-w%u", worker);
	snprintf(feed.state_topic, sizeof(feed.state_topic), STATE_PREFIX "api/%s", instance);
	feed.loop = loop;
	feed.on_change = on_change;
	if (systoken_new(&feed.token, settings, "api", err) != 0)
		return -1;
	uv_timer_init(loop, &feed.tick);
	uv_timer_start(&feed.tick, on_tick, STATE_MS, STATE_MS);
	feed.link = make_link(loop, settings, instance);
	mqttlink_start(feed.link);
	return 0;
}

void feed_deinit(void)
{
	if (feed.link == NULL)
		return;
	tell_state(false);
	mqttlink_stop(feed.link);
	mqttlink_free(&feed.link);
	uv_close((uv_handle_t *)&feed.tick, NULL);
	systoken_free(&feed.token);
	posts_lost();
	figures_clear(&feed.figures);
}

bool feed_is_up(void)
{
	return feed.link != NULL && mqttlink_is_up(feed.link);
}
