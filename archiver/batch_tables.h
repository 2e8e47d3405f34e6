/* batch_tables.h - finds the rooms, gyms, readers, persons and message ids of one batch. Internal
 * to batch. */
#pragma once
#include "archiver/batch.h"

struct batch_tables *batch_tables_new(unsigned max_items, uint64_t secret);
void batch_tables_free(struct batch_tables **tables);
void batch_tables_clear(struct batch_tables *tables);

/* Each finds, or makes in the batch's pool and lists in the batch. Keys are copied. */
struct batch_gym *batch_gym_of(struct batch *batch, const char *gym);
struct batch_room *batch_room_of(struct batch *batch, const char *gym, const char *key);
struct batch_reader *batch_reader_of(
	struct batch *batch, struct batch_room *room, enum role role, const char *who);
struct batch_person *batch_person_of(
	struct batch *batch, const char *gym, enum role role, const char *who);
/* The first message of the batch with the same room, id and kind of table, or NULL: then this one
 * is the first. */
struct batch_message *batch_original_of(struct batch *batch, struct batch_message *message);
