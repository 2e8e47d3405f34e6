#include "archiver/batch.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "archiver/batch_dead.h"
#include "archiver/batch_tables.h"
#include "archiver/pgbin.h"
#include "common/must.h"
#include "common/utf8.h"

#define POOL_KEEP_BYTES (4 * 1024 * 1024)

struct batch *batch_new(unsigned max_items, uint64_t secret)
{
	struct batch *batch = must(calloc(1, sizeof(*batch)));
	batch->max = max_items;
	batch->messages = must(calloc(max_items, sizeof(*batch->messages)));
	batch->dead = must(calloc(max_items, sizeof(*batch->dead)));
	batch->receipts = must(calloc(max_items, sizeof(*batch->receipts)));
	batch->presences = must(calloc(max_items, sizeof(*batch->presences)));
	batch->rooms = must(calloc(max_items, sizeof(struct batch_room *)));
	batch->readers = must(calloc(max_items, sizeof(struct batch_reader *)));
	batch->envelope = must(calloc(1, sizeof(*batch->envelope)));
	batch->tables = batch_tables_new(max_items, secret);
	pool_init(&batch->pool);
	return batch;
}

void batch_free(struct batch **handle)
{
	struct batch *batch = TAKE(*handle);
	if (batch == NULL)
		return;
	pool_deinit(&batch->pool);
	batch_tables_free(&batch->tables);
	free(batch->messages);
	free(batch->dead);
	free(batch->receipts);
	free(batch->presences);
	free(batch->rooms);
	free(batch->readers);
	free(batch->envelope);
	free(batch);
}

void batch_reset(struct batch *batch)
{
	if (batch->items > 0)
		batch_tables_clear(batch->tables);
	pool_reset(&batch->pool, POOL_KEEP_BYTES);
	batch->items = batch->nmessages = batch->ndead = batch->nmalformed = 0;
	batch->nreceipts = batch->npresences = batch->nrooms = batch->nreaders = 0;
	batch->nstored = batch->nnotes = batch->nagain = 0;
	batch->gyms = NULL;
	batch->persons = NULL;
	batch->first_arrived_us = 0;
}

bool batch_is_full(const struct batch *batch)
{
	return batch->items >= batch->max || batch->pool.used >= BATCH_BYTES_MAX;
}

bool batch_is_empty(const struct batch *batch)
{
	return batch->nmessages == 0 && batch->ndead == 0 && batch->nreceipts == 0 &&
	       batch->npresences == 0;
}

static void add_malformed(
	struct batch *batch, const struct batch_origin *from, const char *id, const struct err *err)
{
	batch_dead_add(batch, from, true, err->code == ERR_TOO_LARGE ? "too_large" : "invalid", id,
		err->text);
}

/* ---- taking in ---- */

static void message_fill(
	struct batch *batch, struct batch_message *message, const struct batch_origin *from)
{
	const struct envelope *e = batch->envelope;
	message->topic = from->text;
	message->payload = from->payload;
	message->payload_len = from->len;
	message->arrived_us = from->arrived_us;
	message->is.role = from->topic.role;
	message->is.sender = strrchr(from->text, '/') + 1;
	message->is.kind =
		strcmp(e->kind, "text") == 0 ? "text" : pool_string(&batch->pool, e->kind);
	message->is.text = pool_text(&batch->pool, e->text, e->text_len);
	message->text_len = e->text_len;
	message->is.reply_to = pool_string(&batch->pool, e->reply_to);
	message->is.attachments =
		e->attachments.len == 0
			? ""
			: pool_text(&batch->pool, e->attachments.at, e->attachments.len);
	message->attachments_len = e->attachments.len;
	message->extra = e->extra_len == 0 ? "" : pool_text(&batch->pool, e->extra, e->extra_len);
	message->extra_len = e->extra_len;
	message->sent_at_us = e->sent_at_us;
	memcpy(message->id, e->id, sizeof(message->id));
	pgbin_uuid_parse(e->id, message->uuid);
}

static void message_link(
	struct batch *batch, struct batch_message *message, const struct topic *topic)
{
	struct batch_room *room = message->room;
	room->is_wanted = room->gym->is_wanted = true;
	*(room->last == NULL ? &room->first : &room->last->next_of_room) = message;
	room->last = message;
	room->has_desk = room->has_desk || message->is_note;
	message->original = batch_original_of(batch, message);
	if (topic->role != ROLE_KIOSK)
		return;
	struct batch_person *person = batch_person_of(batch, topic->gym, topic->role, topic->who);
	message->person = person;
	*(person->last == NULL ? &person->first : &person->last->next_of_person) = message;
	person->last = message;
}

static void add_message(struct batch *batch, const struct batch_origin *from)
{
	struct err err = {0};
	if (envelope_parse(from->payload, from->len, batch->envelope, &err) != 0) {
		add_malformed(batch, from, batch->envelope->id, &err);
		return;
	}
	struct batch_message *message = &batch->messages[batch->nmessages++];
	*message = (struct batch_message){.is_note = from->topic.kind == TOPIC_NOTE};
	message->room = batch_room_of(batch, from->topic.gym, from->topic.room);
	message_fill(batch, message, from);
	message_link(batch, message, &from->topic);
}

static void add_receipt(struct batch *batch, const struct batch_origin *from)
{
	struct err err = {0};
	struct receipt said;
	const struct topic *topic = &from->topic;
	if (receipt_parse(from->payload, from->len, &said, &err) != 0) {
		add_malformed(batch, from, "", &err);
		return;
	}
	struct batch_room *room = batch_room_of(batch, topic->gym, topic->room);
	struct batch_reader *reader = batch_reader_of(batch, room, topic->role, topic->who);
	reader->heard_us = from->arrived_us;
	batch->receipts[batch->nreceipts++] = (struct batch_receipt){
		.reader = reader, .said = said, .arrived_us = from->arrived_us};
}

/* Only "online" counts as heard: "offline" may be the broker's word, a minute and a half after the
 * person went. */
static void add_presence(struct batch *batch, const struct batch_origin *from)
{
	struct err err = {0};
	struct presence said;
	const struct topic *topic = &from->topic;
	if (presence_parse(from->payload, from->len, &said, &err) != 0) {
		add_malformed(batch, from, "", &err);
		return;
	}
	if (!said.online)
		return;
	struct batch_gym *gym = batch_gym_of(batch, topic->gym);
	batch->presences[batch->npresences++] = (struct batch_presence){
		gym, topic->role, pool_string(&batch->pool, topic->who), from->arrived_us};
}

/* A topic that is no UTF-8 cannot be: the broker refuses those. Were one to come, it must not stop
 * the rest. */
static char *copy_topic(struct batch *batch, const char *topic)
{
	char *copy = pool_text(&batch->pool, topic, strlen(topic));
	if (utf8_is_valid((const uint8_t *)copy, strlen(copy)))
		return copy;
	for (char *at = copy; *at != '\0'; at++) {
		if ((*at & 0x80) != 0)
			*at = '?';
	}
	return copy;
}

void batch_add(struct batch *batch, const char *topic, const uint8_t *payload, size_t len,
	int64_t arrived_us)
{
	struct batch_origin from = {.text = copy_topic(batch, topic),
		.payload = (const uint8_t *)pool_text(&batch->pool, payload, len),
		.len = len,
		.arrived_us = arrived_us};
	assert(batch->items < batch->max);
	if (batch->items++ == 0)
		batch->first_arrived_us = arrived_us;
	if (topic_parse(topic, &from.topic) != 0) {
		batch_dead_add(
			batch, &from, false, "invalid", "", "the topic is not of the protocol");
		return;
	}
	if (from.topic.gym[0] == '_') {
		batch_dead_add(batch, &from, false, "forbidden", "",
			"gym keys that start with _ are reserved");
		return;
	}
	switch (from.topic.kind) {
	case TOPIC_MSG:
	case TOPIC_NOTE: add_message(batch, &from); return;
	case TOPIC_RECEIPT: add_receipt(batch, &from); return;
	case TOPIC_PRESENCE: add_presence(batch, &from); return;
	default:
		batch_dead_add(
			batch, &from, false, "invalid", "", "nothing of this topic is archived");
		return;
	}
}

void batch_thin_presences(struct batch *batch, struct presence_seen *seen)
{
	unsigned kept = 0;
	for (unsigned i = 0; i < batch->npresences; i++) {
		const struct batch_presence *presence = &batch->presences[i];
		if (!presence_seen_due(seen, presence->gym->key, presence->role, presence->who,
			    presence->seen_us))
			continue;
		presence->gym->is_wanted = true;
		batch->presences[kept++] = *presence;
	}
	batch->npresences = kept;
}
