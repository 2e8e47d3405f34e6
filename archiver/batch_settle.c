/* The fate of a batch's messages: what the database knows of them, and what a commit makes of it.
 */
#include <cjson/cJSON.h>
#include <string.h>

#include "archiver/batch.h"
#include "archiver/sabotage.h"

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
		.sender = pool_string(&batch->pool, known->sender),
		.kind = pool_string(&batch->pool, known->kind),
		.text = pool_string(&batch->pool, known->text),
		.reply_to = pool_string(&batch->pool, known->reply_to),
		.attachments = pool_string(&batch->pool, known->attachments)};
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
