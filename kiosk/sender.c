#include "kiosk/sender.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/mqttlink.h"
#include "common/must.h"
#include "common/when.h"
#include "kiosk/outbox.h"

#define SENDER_KEEPALIVE_SEC 30
#define SENDER_LOOK_MS	     5000 /* where changes of the folder are not told */
#define SENDER_HOLD_MS	     1000 /* a rate_limited without retry_after_ms */

struct sender {
	uv_loop_t *loop;
	struct sender_options options;
	struct mqttlink *link;
	struct outbox *outbox;
	uint64_t *known; /* ordinals that have been looked at and are still there, ascending */
	size_t nknown;
	uint64_t newest; /* highest ordinal that has ever been looked at */
	uv_timer_t *pump,
		*look; /* allocated apart, as is changes: they end a turn of the loop later */
	uv_fs_event_t *changes;
	char filter[TOPIC_MAX], client_id[TOPIC_MAX], username[TOPIC_MAX];
	const char *filters[2];
	enum err_code told; /* kind of the last loss that was logged: one line for an outage */
};

static void sender_pump(struct sender *sender);

static void on_closed(uv_handle_t *handle)
{
	free(handle);
}

static int64_t now_ms(void)
{
	return when_mono_ms();
}

/* ---- what is there to send ---- */

/* Where an ordinal is in known, or would be. */
static size_t known_place(const struct sender *sender, uint64_t ordinal)
{
	size_t from = 0, to = sender->nknown;
	while (from < to) {
		size_t middle = (from + to) / 2;
		if (sender->known[middle] < ordinal)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

static bool is_known(const struct sender *sender, uint64_t ordinal)
{
	size_t place = known_place(sender, ordinal);
	return place < sender->nknown && sender->known[place] == ordinal;
}

static void known_remove(struct sender *sender, uint64_t ordinal)
{
	size_t place = known_place(sender, ordinal);
	if (!is_known(sender, ordinal))
		return;
	sender->nknown--;
	memmove(sender->known + place, sender->known + place + 1,
		(sender->nknown - place) * sizeof(*sender->known));
}

static void load(struct sender *sender, uint64_t ordinal)
{
	struct spool_entry entry;
	struct err err = {0};
	const struct identity *me = sender->options.identity;
	int rc = spool_read(sender->options.spool, ordinal, &entry, &err);
	if (rc < 0)
		log_error("%s", err.text);
	if (rc <= 0)
		return;
	if (strcmp(entry.gym, me->gym) != 0 || strcmp(entry.sub, me->sub) != 0)
		log_warn("entry %s waits for kiosk %s of gym %s: not ours", entry.id, entry.sub,
			entry.gym);
	else
		outbox_add(sender->outbox, entry.room, entry.id, ordinal);
}

/* Looks for what has been added, by whomever. */
static void sender_look(struct sender *sender)
{
	struct err err = {0};
	uint64_t *list;
	int len = spool_list(sender->options.spool, &list, &err);
	if (len < 0) {
		log_error("%s", err.text);
		return;
	}
	for (size_t i = 0, k = 0; i < (size_t)len; i++) {
		while (k < sender->nknown && sender->known[k] < list[i])
			k++;
		if (k == sender->nknown || sender->known[k] != list[i])
			load(sender, list[i]);
	}
	free(sender->known);
	sender->known = list;
	sender->nknown = (size_t)len;
	if (len > 0 && list[len - 1] > sender->newest)
		sender->newest = list[len - 1];
	sender_pump(sender);
}

/* Only the next one may be taken as it is: a gap may be another process's, of the same room, and
 * older. */
void sender_take(struct sender *sender, const struct spool_entry *entry)
{
	if (entry->ordinal != sender->newest + 1 || is_known(sender, entry->ordinal)) {
		sender_look(sender);
		return;
	}
	sender->newest = entry->ordinal;
	sender->known = must(realloc(sender->known, (sender->nknown + 1) * sizeof(*sender->known)));
	sender->known[sender->nknown++] = entry->ordinal;
	outbox_add(sender->outbox, entry->room, entry->id, entry->ordinal);
	sender_pump(sender);
}

/* ---- sending ---- */

/* 1 sent, 0 it has vanished, -1 not now. */
static int publish(struct sender *sender, struct outbox_entry *item)
{
	struct spool_entry entry;
	struct topic topic = {.kind = TOPIC_MSG, .role = ROLE_KIOSK};
	struct err err = {0};
	char name[TOPIC_MAX];
	int rc = spool_read(sender->options.spool, item->ordinal, &entry, &err);
	if (rc < 0)
		log_error("%s", err.text);
	if (rc <= 0)
		return rc;
	strcpy(topic.gym, entry.gym);
	strcpy(topic.room, entry.room);
	strcpy(topic.who, entry.sub);
	if (topic_format(&topic, name, sizeof(name)) < 0)
		return -1;
	rc = mqttlink_publish(sender->link, name, entry.payload, entry.len, 1, &err);
	if (rc < 0)
		log_debug("%s", err.text);
	return rc < 0 ? -1 : 1;
}

static void on_pump(uv_timer_t *timer)
{
	sender_pump(timer->data);
}

/* All that is due. false: not now; the next drain, connection or look tries again. */
static bool send_due(struct sender *sender)
{
	struct outbox_entry *item;
	while (mqttlink_is_up(sender->link) &&
		(item = outbox_next(sender->outbox, now_ms())) != NULL) {
		int rc = publish(sender, item);
		if (rc < 0)
			return false;
		if (rc > 0)
			outbox_sent(sender->outbox, item, now_ms());
		else
			outbox_remove(sender->outbox, item);
	}
	return mqttlink_is_up(sender->link);
}

static void sender_pump(struct sender *sender)
{
	int64_t wait = send_due(sender) ? outbox_wait_ms(sender->outbox, now_ms()) : -1;
	if (wait < 0)
		uv_timer_stop(sender->pump);
	else
		uv_timer_start(sender->pump, on_pump, (uint64_t)wait + 1, 0);
}

/* ---- the broker ---- */

static void take_answer(void *ctx, const struct answer *answer)
{
	struct sender *sender = ctx;
	struct outbox_entry *item = outbox_find(sender->outbox, answer->id, answer->room);
	if (item == NULL)
		return; /* told before, or of another program with the same token */
	if (!answer->is_stored && strcmp(answer->code, "rate_limited") == 0) {
		int64_t wait = answer->retry_after_ms > 0 ? answer->retry_after_ms : SENDER_HOLD_MS;
		outbox_hold(sender->outbox, item, now_ms() + wait);
		return;
	}
	sender->options.on_answer(sender->options.ctx, answer, outbox_room(item));
	spool_remove(sender->options.spool, item->ordinal);
	known_remove(sender, item->ordinal);
	outbox_remove(sender->outbox, item);
}

static void on_message(void *ctx, const struct mqttlink_message *message)
{
	struct sender *sender = ctx;
	if (answers_read(message->payload, message->len, take_answer, sender) < 0)
		log_warn("%s: not an answer of gymchat", message->topic);
	sender_pump(sender);
}

static void on_up(void *ctx)
{
	struct sender *sender = ctx;
	sender->told = ERR_NONE;
	log_info("connected to the broker as %s, %zu to send", sender->username,
		outbox_len(sender->outbox));
	sender_pump(sender);
}

static void on_down(void *ctx, const struct err *err)
{
	struct sender *sender = ctx;
	if (sender->told != err->code)
		log_warn("%s: tried again until it works", err->text);
	else
		log_debug("%s", err->text);
	sender->told = err->code;
	outbox_unsent(sender->outbox);
	sender_pump(sender);
}

static void on_drain(void *ctx)
{
	sender_pump(ctx);
}

static int give_token(void *ctx, char *buf, size_t size, struct err *err)
{
	struct sender *sender = ctx;
	return sender->options.token(sender->options.ctx, buf, size, err);
}

static void link_open(struct sender *sender)
{
	const struct identity *me = sender->options.identity;
	struct topic to = {.kind = TOPIC_TO, .role = ROLE_KIOSK};
	uint8_t random[4];
	strcpy(to.gym, me->gym);
	strcpy(to.who, me->sub);
	int len = topic_format(&to, sender->filter, sizeof(sender->filter));
	assert(len > 0);
	sender->filters[0] = sender->filter;
	rand_bytes(random, sizeof(random));
	snprintf(sender->username, sizeof(sender->username), "%s.kiosk.%s", me->gym, me->sub);
	snprintf(sender->client_id, sizeof(sender->client_id),
		"%s.kiosk.%s.notify-%02x%02x%02x%02x", me->gym, me->sub, random[0], random[1],
		random[2], random[3]);
	struct mqttlink_options options = {.host = sender->options.host,
		.port = sender->options.port,
		.client_id = sender->client_id,
		.username = sender->username,
		.password = give_token,
		.filters = sender->filters,
		.keepalive_sec = SENDER_KEEPALIVE_SEC,
		.ctx = sender,
		.on_up = on_up,
		.on_down = on_down,
		.on_message = on_message,
		.on_drain = on_drain};
	sender->link = mqttlink_new(sender->loop, &options);
	mqttlink_start(sender->link);
}

/* ---- life ---- */

static void on_look(uv_timer_t *timer)
{
	sender_look(timer->data);
}

static void on_change(uv_fs_event_t *changes, const char *name, int events, int status)
{
	struct sender *sender = changes->data;
	uint64_t ordinal;
	(void)events;
	if (status == 0 && name != NULL && spool_is_entry(sender->options.spool, name, &ordinal) &&
		!is_known(sender, ordinal))
		sender_look(sender);
}

static void watch_folder(struct sender *sender)
{
	sender->changes = must(calloc(1, sizeof(*sender->changes)));
	uv_fs_event_init(sender->loop, sender->changes);
	sender->changes->data = sender;
	int rc =
		uv_fs_event_start(sender->changes, on_change, spool_path(sender->options.spool), 0);
	if (rc != 0)
		log_debug("the spool is not watched: %s", uv_strerror(rc));
}

static uv_timer_t *timer_new(struct sender *sender)
{
	uv_timer_t *timer = must(calloc(1, sizeof(*timer)));
	uv_timer_init(sender->loop, timer);
	timer->data = sender;
	return timer;
}

struct sender *sender_new(uv_loop_t *loop, const struct sender_options *options)
{
	struct sender *sender = must(calloc(1, sizeof(*sender)));
	sender->loop = loop;
	sender->options = *options;
	sender->outbox = outbox_new();
	sender->pump = timer_new(sender);
	sender->look = timer_new(sender);
	watch_folder(sender);
	link_open(sender);
	sender_look(sender);
	uv_timer_start(sender->look, on_look, SENDER_LOOK_MS, SENDER_LOOK_MS);
	return sender;
}

void sender_free(struct sender **handle)
{
	struct sender *sender = TAKE(*handle);
	if (sender == NULL)
		return;
	mqttlink_free(&sender->link);
	uv_close((uv_handle_t *)sender->pump, on_closed);
	uv_close((uv_handle_t *)sender->look, on_closed);
	uv_close((uv_handle_t *)sender->changes, on_closed);
	outbox_free(&sender->outbox);
	free(sender->known);
	free(sender);
}

size_t sender_waiting(const struct sender *sender)
{
	return outbox_len(sender->outbox);
}
