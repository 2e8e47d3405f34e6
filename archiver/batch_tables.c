#include "archiver/batch_tables.h"

#include <stdlib.h>
#include <string.h>

#include "archiver/hash.h"
#include "common/must.h"

/* Chained hash tables with as many heads as a batch has items. */
struct batch_tables {
	uint64_t secret;
	unsigned len; /* heads of each, a power of two */
	struct batch_gym *gyms[64];
	struct batch_room **rooms;
	struct batch_reader **readers;
	struct batch_person **persons;
	struct batch_message **messages;
};

struct batch_tables *batch_tables_new(unsigned max_items, uint64_t secret)
{
	struct batch_tables *tables = must(calloc(1, sizeof(*tables)));
	tables->secret = secret;
	for (tables->len = 16; tables->len < max_items;)
		tables->len *= 2;
	tables->rooms = must(calloc(tables->len, sizeof(*tables->rooms)));
	tables->readers = must(calloc(tables->len, sizeof(*tables->readers)));
	tables->persons = must(calloc(tables->len, sizeof(*tables->persons)));
	tables->messages = must(calloc(tables->len, sizeof(*tables->messages)));
	return tables;
}

void batch_tables_free(struct batch_tables **handle)
{
	struct batch_tables *tables = TAKE(*handle);
	if (tables == NULL)
		return;
	free(tables->rooms);
	free(tables->readers);
	free(tables->persons);
	free(tables->messages);
	free(tables);
}

void batch_tables_clear(struct batch_tables *tables)
{
	memset(tables->gyms, 0, sizeof(tables->gyms));
	memset(tables->rooms, 0, tables->len * sizeof(*tables->rooms));
	memset(tables->readers, 0, tables->len * sizeof(*tables->readers));
	memset(tables->persons, 0, tables->len * sizeof(*tables->persons));
	memset(tables->messages, 0, tables->len * sizeof(*tables->messages));
}

struct batch_gym *batch_gym_of(struct batch *batch, const char *key)
{
	struct batch_tables *tables = batch->tables;
	uint64_t hash = hash_end(hash_text(hash_start(tables->secret), key));
	struct batch_gym **head = &tables->gyms[hash % COUNT(tables->gyms)];
	for (struct batch_gym *gym = *head; gym != NULL; gym = gym->chain) {
		if (strcmp(gym->key, key) == 0)
			return gym;
	}
	struct batch_gym *gym = pool_zero(&batch->pool, sizeof(*gym));
	gym->key = pool_string(&batch->pool, key);
	gym->chain = *head;
	*head = gym;
	gym->next = batch->gyms;
	batch->gyms = gym;
	return gym;
}

struct batch_room *batch_room_of(struct batch *batch, const char *gym, const char *key)
{
	struct batch_tables *tables = batch->tables;
	uint64_t hash = hash_end(hash_text(hash_text(hash_start(tables->secret), gym), key));
	struct batch_room **head = &tables->rooms[hash & (tables->len - 1)];
	for (struct batch_room *room = *head; room != NULL; room = room->chain) {
		if (room->hash == hash && strcmp(room->key, key) == 0 &&
			strcmp(room->gym->key, gym) == 0)
			return room;
	}
	struct batch_room *room = pool_zero(&batch->pool, sizeof(*room));
	room->key = pool_string(&batch->pool, key);
	room->gym = batch_gym_of(batch, gym);
	room->first_seq = -1;
	room->hash = hash;
	room->chain = *head;
	*head = room;
	batch->rooms[batch->nrooms++] = room;
	return room;
}

struct batch_reader *batch_reader_of(
	struct batch *batch, struct batch_room *room, enum role role, const char *who)
{
	struct batch_tables *tables = batch->tables;
	uint64_t hash = hash_end(hash_text(room->hash ^ role, who));
	struct batch_reader **head = &tables->readers[hash & (tables->len - 1)];
	for (struct batch_reader *reader = *head; reader != NULL; reader = reader->chain) {
		if (reader->room == room && reader->role == role && strcmp(reader->who, who) == 0)
			return reader;
	}
	struct batch_reader *reader = pool_zero(&batch->pool, sizeof(*reader));
	reader->room = room;
	reader->role = role;
	reader->who = pool_string(&batch->pool, who);
	reader->hash = hash;
	reader->chain = *head;
	*head = reader;
	*(room->last_reader == NULL ? &room->first_reader : &room->last_reader->next) = reader;
	room->last_reader = reader;
	batch->readers[batch->nreaders++] = reader;
	return reader;
}

struct batch_person *batch_person_of(
	struct batch *batch, const char *gym, enum role role, const char *who)
{
	struct batch_tables *tables = batch->tables;
	uint64_t hash = hash_end(hash_text(hash_text(hash_start(tables->secret ^ role), gym), who));
	struct batch_person **head = &tables->persons[hash & (tables->len - 1)];
	for (struct batch_person *person = *head; person != NULL; person = person->chain) {
		if (person->role == role && strcmp(person->who, who) == 0 &&
			strcmp(person->gym, gym) == 0)
			return person;
	}
	struct batch_person *person = pool_zero(&batch->pool, sizeof(*person));
	person->gym = pool_string(&batch->pool, gym);
	person->who = pool_string(&batch->pool, who);
	person->role = role;
	person->hash = hash;
	person->chain = *head;
	*head = person;
	person->next = batch->persons;
	batch->persons = person;
	return person;
}

struct batch_message *batch_original_of(struct batch *batch, struct batch_message *message)
{
	struct batch_tables *tables = batch->tables;
	uint64_t hash = hash_end(hash_bytes(message->room->hash, message->uuid, BATCH_ID_BYTES));
	struct batch_message **head = &tables->messages[hash & (tables->len - 1)];
	for (struct batch_message *other = *head; other != NULL; other = other->chain) {
		if (other->room == message->room && other->is_note == message->is_note &&
			memcmp(other->uuid, message->uuid, BATCH_ID_BYTES) == 0)
			return other;
	}
	message->chain = *head;
	*head = message;
	return NULL;
}
