#include "archiver/batch.h"

#include <assert.h>
#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "archiver/batch_tables.h"
#include "archiver/pgbin.h"
#include "archiver/sabotage.h"
#include "common/utf8.h"

#define POOL_KEEP_BYTES (4 * 1024 * 1024)

static void *zeroed(size_t n, size_t size)
{
	void *memory = calloc(n, size);
	if (memory == NULL)
		abort();
	return memory;
}

struct batch *batch_new(unsigned max_items, uint64_t secret)
{
	struct batch *batch = zeroed(1, sizeof(*batch));
	batch->max = max_items;
	batch->messages = zeroed(max_items, sizeof(*batch->messages));
	batch->dead = zeroed(max_items, sizeof(*batch->dead));
	batch->receipts = zeroed(max_items, sizeof(*batch->receipts));
	batch->presences = zeroed(max_items, sizeof(*batch->presences));
	batch->rooms = zeroed(max_items, sizeof(struct batch_room *));
	batch->readers = zeroed(max_items, sizeof(struct batch_reader *));
	batch->envelope = zeroed(1, sizeof(*batch->envelope));
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

/* ---- dead letters ---- */

static void dead_link(struct batch_dead *dead)
{
	struct batch_room *room = dead->room;
	struct batch_person *person = dead->person;
	if (room != NULL) {
		*(room->last_dead == NULL ? &room->first_dead : &room->last_dead->next_of_room) =
			dead;
		room->last_dead = dead;
		room->has_desk = room->has_desk || dead->is_note;
	}
	if (person != NULL) {
		*(person->last_dead == NULL ? &person->first_dead
					    : &person->last_dead->next_of_person) = dead;
		person->last_dead = dead;
	}
}

/* Where a publish came from, as far as its topic tells. */
struct origin {
	const char *text;	/* in the pool */
	const uint8_t *payload; /* in the pool */
	size_t len;
	int64_t arrived_us;
	struct topic topic;
};

/* Plain ASCII: what others said (PostgreSQL among them) may have been cut inside a character. */
static const char *copy_detail(struct batch *batch, const char *detail)
{
	char *copy = pool_text(&batch->pool, detail, strlen(detail));
	for (char *at = copy; *at != '\0'; at++) {
		if ((signed char)*at < 0x20 || *at == 0x7f)
			*at = '?';
	}
	return copy;
}

static void add_dead(struct batch *batch, const struct origin *from, bool has_sender,
	const char *code, const char *id, const char *detail)
{
	struct batch_dead *dead = &batch->dead[batch->ndead++];
	const struct topic *topic = &from->topic;
	*dead = (struct batch_dead){.topic = from->text,
		.payload = from->payload,
		.len = from->len,
		.code = code,
		.detail = copy_detail(batch, detail),
		.id = pool_text(&batch->pool, id, strlen(id)),
		.arrived_us = from->arrived_us};
	if (has_sender) {
		dead->is_note = topic->kind == TOPIC_NOTE;
		dead->is_message = topic->kind == TOPIC_MSG || dead->is_note;
		dead->person = batch_person_of(batch, topic->gym, topic->role, topic->who);
		if (topic->room[0] != '\0')
			dead->room = batch_room_of(batch, topic->gym, topic->room);
	}
	dead_link(dead);
	batch->nmalformed = batch->ndead;
}

static void add_malformed(
	struct batch *batch, const struct origin *from, const char *id, const struct err *err)
{
	add_dead(batch, from, true, err->code == ERR_TOO_LARGE ? "too_large" : "invalid", id,
		err->text);
}

/* ---- taking in ---- */

static const char *copy_or_empty(struct batch *batch, const char *text)
{
	return text[0] == '\0' ? "" : pool_text(&batch->pool, text, strlen(text));
}

static void message_fill(
	struct batch *batch, struct batch_message *message, const struct origin *from)
{
	const struct envelope *e = batch->envelope;
	message->topic = from->text;
	message->payload = from->payload;
	message->payload_len = from->len;
	message->arrived_us = from->arrived_us;
	message->is.role = from->topic.role;
	message->is.sender = strrchr(from->text, '/') + 1;
	message->is.kind = strcmp(e->kind, "text") == 0 ? "text" : copy_or_empty(batch, e->kind);
	message->is.text = pool_text(&batch->pool, e->text, e->text_len);
	message->text_len = e->text_len;
	message->is.reply_to = copy_or_empty(batch, e->reply_to);
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

static void add_message(struct batch *batch, const struct origin *from)
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

static void add_receipt(struct batch *batch, const struct origin *from)
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
static void add_presence(struct batch *batch, const struct origin *from)
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
	batch->presences[batch->npresences++] = (struct batch_presence){gym, topic->role,
		pool_text(&batch->pool, topic->who, strlen(topic->who)), from->arrived_us};
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
	struct origin from = {.text = copy_topic(batch, topic),
		.payload = (const uint8_t *)pool_text(&batch->pool, payload, len),
		.len = len,
		.arrived_us = arrived_us};
	assert(batch->items < batch->max);
	if (batch->items++ == 0)
		batch->first_arrived_us = arrived_us;
	if (topic_parse(topic, &from.topic) != 0) {
		add_dead(batch, &from, false, "invalid", "", "the topic is not of the protocol");
		return;
	}
	if (from.topic.gym[0] == '_') {
		add_dead(batch, &from, false, "forbidden", "",
			"gym keys that start with _ are reserved");
		return;
	}
	switch (from.topic.kind) {
	case TOPIC_MSG:
	case TOPIC_NOTE: add_message(batch, &from); return;
	case TOPIC_RECEIPT: add_receipt(batch, &from); return;
	case TOPIC_PRESENCE: add_presence(batch, &from); return;
	default:
		add_dead(batch, &from, false, "invalid", "", "nothing of this topic is archived");
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

/* ---- what the database knows ---- */

void batch_room_found(struct batch_room *room, int64_t gym_id, int64_t id, int64_t last_seq,
	int64_t note_last_seq)
{
	room->gym->id = gym_id;
	room->id = id;
	room->last_seq = room->next_seq = last_seq;
	room->note_last_seq = room->next_note_seq = note_last_seq;
	if (room->first_seq < 0)
		room->first_seq = last_seq;
}

void batch_room_made(struct batch_room *room, int64_t id)
{
	room->id = id;
	room->is_made = true;
	if (room->first_seq < 0)
		room->first_seq = 0;
}

void batch_room_forget(struct batch_room *room)
{
	room->id = room->last_seq = room->note_last_seq = 0;
	room->is_made = false;
}

void batch_known(struct batch *batch, struct batch_message *message,
	const struct batch_content *known, int64_t seq, int64_t stored_at_us)
{
	struct batch_content *copy = pool_take(&batch->pool, sizeof(*copy));
	*copy = (struct batch_content){.role = known->role,
		.sender = copy_or_empty(batch, known->sender),
		.kind = copy_or_empty(batch, known->kind),
		.text = copy_or_empty(batch, known->text),
		.reply_to = copy_or_empty(batch, known->reply_to),
		.attachments = copy_or_empty(batch, known->attachments)};
	message->known = copy;
	message->known_seq = seq;
	message->known_stored_at_us = stored_at_us;
}

/* Another spelling of the same JSON is the same: a retry may come another way than the first
 * attempt. */
static bool same_json(const char *a, const char *b)
{
	if (strcmp(a, b) == 0)
		return true;
	if (a[0] == '\0' || b[0] == '\0')
		return false;
	cJSON *tree_a = cJSON_Parse(a), *tree_b = cJSON_Parse(b);
	bool is_same = tree_a != NULL && tree_b != NULL && cJSON_Compare(tree_a, tree_b, true);
	cJSON_Delete(tree_a);
	cJSON_Delete(tree_b);
	return is_same;
}

bool batch_same_content(const struct batch_content *a, const struct batch_content *b)
{
	return a->role == b->role && strcmp(a->sender, b->sender) == 0 &&
	       strcmp(a->kind, b->kind) == 0 && strcmp(a->text, b->text) == 0 &&
	       strcmp(a->reply_to, b->reply_to) == 0 && same_json(a->attachments, b->attachments);
}

/* ---- settling ---- */

/* A client asks; so does a kiosk in its own room ("Pedir ayuda"), but not one that notes a check-in
 * elsewhere. */
static bool is_asking(const struct batch_message *message)
{
	const char *key = message->room->key;
	return message->is.role == ROLE_CLIENT ||
	       (message->is.role == ROLE_KIOSK && topic_is_kiosk_room(key) &&
		       strcmp(key + strlen("kiosk-"), message->is.sender) == 0);
}

static void room_take_message(struct batch_room *room, const struct batch_message *message)
{
	bool asks = is_asking(message);
	if (asks || message->is.role != ROLE_KIOSK)
		room->flags |= BATCH_LISTED;
	if (asks)
		room->flags |= BATCH_ASKED | BATCH_WAITS;
	if (message->is.role == ROLE_STAFF)
		room->flags = (room->flags | BATCH_ANSWERED) & ~(unsigned)BATCH_WAITS;
}

static void settle_new(struct batch_message *message, int64_t now_us)
{
	struct batch_room *room = message->room;
	message->fate = BATCH_NEW;
	message->stored_at_us = now_us;
	if (message->is_note) {
		message->seq = ++room->next_note_seq;
		room->is_note_listed = true;
	} else {
		message->seq = ++room->next_seq;
		room_take_message(room, message);
	}
}

static void settle_again(struct batch_message *message, int64_t seq, int64_t stored_at_us)
{
	message->fate = BATCH_AGAIN;
	message->seq = seq;
	message->stored_at_us = stored_at_us;
}

static void settle(struct batch_message *message, int64_t now_us)
{
	const struct batch_message *first = message->original == NULL ? message : message->original;
	if (message->fate == BATCH_REFUSED)
		return;
	message->fate = BATCH_CONFLICT;
	if (sabotage_is(SABOTAGE_NO_DEDUPE)) {
		settle_new(message, now_us);
	} else if (first->known != NULL) {
		if (batch_same_content(&message->is, first->known))
			settle_again(message, first->known_seq, first->known_stored_at_us);
	} else if (first == message) {
		settle_new(message, now_us);
	} else if (first->fate == BATCH_REFUSED) {
		message->fate = BATCH_REFUSED;
		message->detail = first->detail;
	} else if (batch_same_content(&message->is, &first->is)) {
		settle_again(message, first->seq, first->stored_at_us);
	}
}

/* The wrong way round on purpose: see sabotage.h. */
static void break_order(struct batch *batch, unsigned from, unsigned to)
{
	for (unsigned i = from; i < to; i++) {
		struct batch_message *message = &batch->messages[i];
		if (message->fate == BATCH_NEW && !message->is_note)
			message->seq = message->room->last_seq + 1 + message->room->next_seq -
				       message->seq;
	}
}

void batch_settle(struct batch *batch, unsigned from, unsigned to, int64_t now_us)
{
	for (unsigned i = 0; i < batch->nrooms; i++) {
		struct batch_room *room = batch->rooms[i];
		room->next_seq = room->last_seq;
		room->next_note_seq = room->note_last_seq;
		room->flags = 0;
		room->is_note_listed = false;
	}
	for (unsigned i = from; i < to; i++)
		settle(&batch->messages[i], now_us);
	if (sabotage_is(SABOTAGE_BROKEN_ORDER))
		break_order(batch, from, to);
}

void batch_refuse(struct batch *batch, struct batch_message *message, const char *detail)
{
	message->fate = BATCH_REFUSED;
	message->detail = copy_detail(batch, detail);
}

/* ---- dead letters of what was well-formed ---- */

static void unlink_buried(struct batch *batch)
{
	for (unsigned i = 0; i < batch->nrooms; i++)
		batch->rooms[i]->first_dead = batch->rooms[i]->last_dead = NULL;
	for (struct batch_person *person = batch->persons; person != NULL; person = person->next)
		person->first_dead = person->last_dead = NULL;
	batch->ndead = batch->nmalformed;
	for (unsigned i = 0; i < batch->ndead; i++) {
		batch->dead[i].next_of_room = batch->dead[i].next_of_person = NULL;
		dead_link(&batch->dead[i]);
	}
}

static void bury(struct batch *batch, const struct batch_message *message)
{
	bool is_conflict = message->fate == BATCH_CONFLICT;
	struct batch_dead *dead = &batch->dead[batch->ndead++];
	*dead = (struct batch_dead){.topic = message->topic,
		.payload = message->payload,
		.len = message->payload_len,
		.code = is_conflict ? "conflict" : "invalid",
		.detail = is_conflict ? "another message has this id" : message->detail,
		.id = message->id,
		.arrived_us = message->arrived_us,
		.person = batch_person_of(
			batch, message->room->gym->key, message->is.role, message->is.sender),
		.room = message->room,
		.is_message = true,
		.is_note = message->is_note};
	dead_link(dead);
}

void batch_bury(struct batch *batch)
{
	if (batch->ndead > batch->nmalformed)
		unlink_buried(batch);
	for (unsigned i = 0; i < batch->nmessages; i++) {
		const struct batch_message *message = &batch->messages[i];
		if (message->fate == BATCH_CONFLICT || message->fate == BATCH_REFUSED)
			bury(batch, message);
	}
}

/* ---- after the commit ---- */

void batch_commit(struct batch *batch, unsigned from, unsigned to)
{
	for (unsigned i = 0; i < batch->nrooms; i++) {
		struct batch_room *room = batch->rooms[i];
		room->last_seq = room->next_seq;
		room->note_last_seq = room->next_note_seq;
		room->is_made = false;
	}
	for (unsigned i = from; i < to; i++) {
		const struct batch_message *message = &batch->messages[i];
		if (message->fate == BATCH_AGAIN)
			batch->nagain++;
		else if (message->fate == BATCH_NEW && message->is_note)
			batch->nnotes++;
		else if (message->fate == BATCH_NEW)
			batch->nstored++;
	}
}

/* ---- marks ---- */

void batch_move_marks(struct batch *batch)
{
	for (unsigned i = 0; i < batch->nreaders; i++)
		batch->readers[i]->has_moved = false;
	for (unsigned i = 0; i < batch->nreceipts; i++) {
		struct batch_receipt *receipt = &batch->receipts[i];
		struct batch_reader *reader = receipt->reader;
		enum batch_side side = reader->role == ROLE_STAFF ? BATCH_STAFF : BATCH_CLIENTS;
		receipt->has_moved =
			marks_apply(&reader->mark, &reader->room->sides[side], &receipt->said,
				reader->room->next_seq, receipt->arrived_us, &receipt->advance);
		reader->has_moved = reader->has_moved || receipt->has_moved;
	}
}
