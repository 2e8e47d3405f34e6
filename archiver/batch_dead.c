#include "archiver/batch_dead.h"

#include <string.h>

#include "archiver/batch_tables.h"

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

void batch_dead_add(struct batch *batch, const struct batch_origin *from, bool has_sender,
	const char *code, const char *id, const char *detail)
{
	struct batch_dead *dead = &batch->dead[batch->ndead++];
	const struct topic *topic = &from->topic;
	*dead = (struct batch_dead){.topic = from->text,
		.payload = from->payload,
		.len = from->len,
		.code = code,
		.detail = copy_detail(batch, detail),
		.id = pool_string(&batch->pool, id),
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

void batch_refuse(struct batch *batch, struct batch_message *message, const char *detail)
{
	message->fate = BATCH_REFUSED;
	message->detail = copy_detail(batch, detail);
}

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
