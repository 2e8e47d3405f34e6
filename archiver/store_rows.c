#include "archiver/store_rows.h"

#include <stdlib.h>
#include <string.h>

#include "common/must.h"

#define COPY_KEEP_BYTES (2 * 1024 * 1024)
#define MESSAGE_COLUMNS 13
#define NOTE_COLUMNS	12
#define FLAG_NOTE	16 /* beside enum batch_room_flag, in SQL_ROOMS_MAKE */

void store_rows_init(struct store_rows *rows, unsigned max_items)
{
	*rows = (struct store_rows){0};
	rows->wanted = must(calloc(
		(size_t)max_items * 2, sizeof(*rows->wanted))); /* a room, and perhaps its gym */
	rows->sorted = must(calloc(max_items, sizeof(struct batch_room *)));
	rows->moved = must(calloc(max_items, sizeof(struct batch_room *)));
	rows->asked = must(calloc(max_items, sizeof(struct batch_message *)));
	rows->readers = must(calloc(max_items, sizeof(struct batch_reader *)));
	pgargs_init(&rows->args);
	pgbin_init(&rows->copy);
}

void store_rows_deinit(struct store_rows *rows)
{
	free(rows->wanted);
	free(rows->sorted);
	free(rows->moved);
	free(rows->asked);
	free(rows->readers);
	pgargs_deinit(&rows->args);
	pgbin_deinit(&rows->copy);
}

static int64_t int_of(const PGresult *res, int row, int column)
{
	return strtoll(PQgetvalue(res, row, column), NULL, 10);
}

/* The list's entry that a row of the answer is about: WITH ORDINALITY counts from 1. */
static unsigned index_of(const PGresult *res, int row)
{
	return (unsigned)int_of(res, row, 0) - 1;
}

/* ---- rooms and gyms ---- */

bool store_rows_from_cache(struct store_rows *rows, struct rooms *cache)
{
	bool has_all = true;
	for (unsigned i = 0; i < rows->batch->nrooms; i++) {
		struct batch_room *room = rows->batch->rooms[i];
		int64_t gym_id;
		const struct room *known = rooms_find(cache, room->gym->key, room->key, &gym_id);
		if (known != NULL)
			batch_room_found(
				room, gym_id, known->id, known->last_seq, known->note_last_seq);
		has_all = has_all && known != NULL;
	}
	for (struct batch_gym *gym = rows->batch->gyms; gym != NULL; gym = gym->next) {
		if (gym->id == 0)
			gym->id = rooms_gym(cache, gym->key);
		has_all = has_all && (gym->id != 0 || !gym->is_wanted);
	}
	return has_all;
}

void store_rows_forget_ids(struct store_rows *rows)
{
	for (unsigned i = 0; i < rows->batch->nrooms; i++)
		batch_room_forget(rows->batch->rooms[i]);
	for (struct batch_gym *gym = rows->batch->gyms; gym != NULL; gym = gym->next)
		gym->id = 0;
}

void store_rows_to_cache(const struct store_rows *rows, struct rooms *cache)
{
	for (unsigned i = 0; i < rows->batch->nrooms; i++) {
		const struct batch_room *room = rows->batch->rooms[i];
		if (room->id == 0)
			continue;
		struct room *known = rooms_put(cache, room->gym->key, room->gym->id, room->key);
		known->id = room->id;
		known->last_seq = room->last_seq;
		known->note_last_seq = room->note_last_seq;
	}
	for (struct batch_gym *gym = rows->batch->gyms; gym != NULL; gym = gym->next) {
		if (gym->id != 0)
			rooms_put_gym(cache, gym->key, gym->id);
	}
}

static void put_wanted_gyms(struct store_rows *rows)
{
	STORE_COLUMN(
		&rows->args, PGBIN_TEXT, rows->nwanted, pgbin_text(bin, rows->wanted[i].gym->key));
}

static void put_wanted_rooms(struct store_rows *rows)
{
	STORE_COLUMN(&rows->args, PGBIN_TEXT, rows->nwanted,
		pgbin_text(bin, rows->wanted[i].room == NULL ? NULL : rows->wanted[i].room->key));
}

static void want(struct store_rows *rows, struct batch_gym *gym, struct batch_room *room)
{
	rows->wanted[rows->nwanted++] = (struct store_wanted){gym, room};
}

bool store_rows_find(struct store_rows *rows)
{
	rows->nwanted = 0;
	for (unsigned i = 0; i < rows->batch->nrooms; i++) {
		struct batch_room *room = rows->batch->rooms[i];
		if (room->id == 0)
			want(rows, room->gym, room);
	}
	for (struct batch_gym *gym = rows->batch->gyms; gym != NULL; gym = gym->next) {
		if (gym->id == 0 && gym->is_wanted)
			want(rows, gym, NULL);
	}
	pgargs_reset(&rows->args);
	put_wanted_gyms(rows);
	put_wanted_rooms(rows);
	return rows->nwanted > 0;
}

bool store_rows_missing_gyms(struct store_rows *rows)
{
	unsigned kept = 0;
	for (unsigned i = 0; i < rows->nwanted; i++) {
		const struct store_wanted *wanted = &rows->wanted[i];
		if (wanted->gym->id == 0 && wanted->gym->is_wanted)
			rows->wanted[kept++] = *wanted;
	}
	rows->nwanted = kept;
	pgargs_reset(&rows->args);
	put_wanted_gyms(rows);
	return kept > 0;
}

void store_rows_found(struct store_rows *rows, const PGresult *res)
{
	for (int row = 0; row < PQntuples(res); row++) {
		const struct store_wanted *wanted = &rows->wanted[index_of(res, row)];
		wanted->gym->id = int_of(res, row, 1);
		if (wanted->room != NULL && !PQgetisnull(res, row, 2))
			batch_room_found(wanted->room, wanted->gym->id, int_of(res, row, 2),
				int_of(res, row, 3), int_of(res, row, 4));
	}
}

/* A room that only receipts and rejections speak of is not made: nothing of theirs needs its row.
 */
bool store_rows_make_rooms(struct store_rows *rows)
{
	struct batch_room **made = rows->moved;
	rows->nmoved = 0;
	for (unsigned i = 0; i < rows->batch->nrooms; i++) {
		struct batch_room *room = rows->batch->rooms[i];
		if (room->id == 0 && (room->next_seq > 0 || room->next_note_seq > 0))
			made[rows->nmoved++] = room;
	}
	pgargs_reset(&rows->args);
	STORE_COLUMN(&rows->args, PGBIN_INT8, rows->nmoved, pgbin_int8(bin, made[i]->gym->id));
	STORE_COLUMN(&rows->args, PGBIN_TEXT, rows->nmoved, pgbin_text(bin, made[i]->key));
	STORE_COLUMN(&rows->args, PGBIN_INT8, rows->nmoved, pgbin_int8(bin, made[i]->next_seq));
	STORE_COLUMN(
		&rows->args, PGBIN_INT8, rows->nmoved, pgbin_int8(bin, made[i]->next_note_seq));
	STORE_COLUMN(&rows->args, PGBIN_INT4, rows->nmoved,
		pgbin_int4(
			bin, (int32_t)made[i]->flags | (made[i]->is_note_listed ? FLAG_NOTE : 0)));
	pgargs_time(&rows->args, rows->now_us);
	return rows->nmoved > 0;
}

bool store_rows_made(struct store_rows *rows, const PGresult *res)
{
	if ((unsigned)PQntuples(res) != rows->nmoved)
		return false;
	for (unsigned i = 0; i < rows->nmoved; i++)
		batch_room_made(rows->moved[i], int_of(res, (int)i, 0));
	return true;
}

/* ---- ids that are there already ---- */

bool store_rows_ask_known(struct store_rows *rows, bool notes)
{
	rows->nasked = 0;
	for (unsigned i = rows->from; i < rows->to; i++) {
		struct batch_message *message = &rows->batch->messages[i];
		if (message->is_note == notes && message->original == NULL &&
			message->room->id != 0)
			rows->asked[rows->nasked++] = message;
	}
	struct batch_message **asked = rows->asked;
	pgargs_reset(&rows->args);
	STORE_COLUMN(
		&rows->args, PGBIN_INT8, rows->nasked, pgbin_int8(bin, asked[i]->room->gym->id));
	STORE_COLUMN(&rows->args, PGBIN_INT8, rows->nasked, pgbin_int8(bin, asked[i]->room->id));
	STORE_COLUMN(&rows->args, PGBIN_UUID, rows->nasked,
		pgbin_bytes(bin, asked[i]->uuid, BATCH_ID_BYTES));
	return rows->nasked > 0;
}

void store_rows_known(struct store_rows *rows, const PGresult *res)
{
	for (int row = 0; row < PQntuples(res); row++) {
		struct batch_content known = {
			.role = role_parse(PQgetvalue(res, row, 3)),
			.sender = PQgetvalue(res, row, 4),
			.kind = PQgetvalue(res, row, 5),
			.text = PQgetvalue(res, row, 6),
			.reply_to = PQgetvalue(res, row, 7), /* "" where NULL */
			.attachments = PQgetvalue(res, row, 8),
		};
		batch_known(rows->batch, rows->asked[index_of(res, row)], &known,
			int_of(res, row, 1), int_of(res, row, 2));
	}
}

/* ---- messages ---- */

static int by_id(const void *left, const void *right)
{
	const struct batch_room *a = *(struct batch_room *const *)left;
	const struct batch_room *b = *(struct batch_room *const *)right;
	if (a->gym->id != b->gym->id)
		return a->gym->id < b->gym->id ? -1 : 1;
	return a->id < b->id ? -1 : a->id > b->id;
}

/* Rows go in by room, not by arrival: the indexes are walked in their own order, which costs a
 * sixth less. Each room's messages keep theirs. */
static void sort_rooms(struct store_rows *rows)
{
	rows->nsorted = 0;
	for (unsigned i = 0; i < rows->batch->nrooms; i++) {
		struct batch_room *room = rows->batch->rooms[i];
		if (room->next_seq > room->last_seq)
			rows->sorted[rows->nsorted++] = room;
	}
	qsort(rows->sorted, rows->nsorted, sizeof(struct batch_room *), by_id);
}

static void put_optional(struct pgbin *bin, const char *text, size_t len)
{
	if (len == 0)
		pgbin_null(bin);
	else
		pgbin_bytes(bin, text, len);
}

static void put_row(struct pgbin *bin, const struct batch_message *message)
{
	uint8_t reply_to[BATCH_ID_BYTES];
	pgbin_copy_row(bin, message->is_note ? NOTE_COLUMNS : MESSAGE_COLUMNS);
	pgbin_int8(bin, message->room->gym->id);
	pgbin_int8(bin, message->room->id);
	pgbin_int8(bin, message->seq);
	pgbin_time(bin, message->sent_at_us);
	pgbin_time(bin, message->stored_at_us);
	pgbin_bytes(bin, message->uuid, BATCH_ID_BYTES);
	if (message->is.reply_to[0] == '\0') {
		pgbin_null(bin);
	} else {
		pgbin_uuid_parse(message->is.reply_to, reply_to);
		pgbin_bytes(bin, reply_to, BATCH_ID_BYTES);
	}
	if (!message->is_note)
		pgbin_text(bin, role_name(message->is.role));
	pgbin_text(bin, message->is.sender);
	pgbin_text(bin, message->is.kind);
	pgbin_bytes(bin, message->is.text, message->text_len);
	put_optional(bin, message->is.attachments, message->attachments_len);
	put_optional(bin, message->extra, message->extra_len);
}

static bool is_in_commit(const struct store_rows *rows, const struct batch_message *message)
{
	unsigned i = (unsigned)(message - rows->batch->messages);
	return i >= rows->from && i < rows->to && message->fate == BATCH_NEW;
}

static void put_room_rows(struct store_rows *rows, const struct batch_room *room, bool notes)
{
	for (const struct batch_message *message = room->first; message != NULL;
		message = message->next_of_room) {
		if (message->is_note == notes && is_in_commit(rows, message))
			put_row(&rows->copy, message);
	}
}

bool store_rows_copy(struct store_rows *rows)
{
	sort_rooms(rows);
	pgbin_reset(&rows->copy, COPY_KEEP_BYTES);
	pgbin_copy_begin(&rows->copy);
	for (unsigned i = 0; i < rows->nsorted; i++)
		put_room_rows(rows, rows->sorted[i], false);
	pgbin_copy_end(&rows->copy);
	return rows->nsorted > 0;
}

bool store_rows_copy_notes(struct store_rows *rows)
{
	bool has_any = false;
	pgbin_reset(&rows->copy, COPY_KEEP_BYTES);
	pgbin_copy_begin(&rows->copy);
	for (unsigned i = 0; i < rows->batch->nrooms; i++) {
		const struct batch_room *room = rows->batch->rooms[i];
		has_any = has_any || room->is_note_listed;
		if (room->is_note_listed)
			put_room_rows(rows, room, true);
	}
	pgbin_copy_end(&rows->copy);
	return has_any;
}

static void put_moved_ids(struct store_rows *rows)
{
	pgargs_reset(&rows->args);
	STORE_COLUMN(
		&rows->args, PGBIN_INT8, rows->nmoved, pgbin_int8(bin, rows->moved[i]->gym->id));
	STORE_COLUMN(&rows->args, PGBIN_INT8, rows->nmoved, pgbin_int8(bin, rows->moved[i]->id));
}

bool store_rows_advance(struct store_rows *rows)
{
	struct batch_room **moved = rows->moved;
	rows->nmoved = 0;
	for (unsigned i = 0; i < rows->nsorted; i++) {
		if (!rows->sorted[i]->is_made)
			moved[rows->nmoved++] = rows->sorted[i];
	}
	put_moved_ids(rows);
	STORE_COLUMN(&rows->args, PGBIN_INT8, rows->nmoved, pgbin_int8(bin, moved[i]->last_seq));
	STORE_COLUMN(&rows->args, PGBIN_INT8, rows->nmoved, pgbin_int8(bin, moved[i]->next_seq));
	STORE_COLUMN(
		&rows->args, PGBIN_INT4, rows->nmoved, pgbin_int4(bin, (int32_t)moved[i]->flags));
	pgargs_time(&rows->args, rows->now_us);
	return rows->nmoved > 0;
}

void store_rows_reopened(struct store_rows *rows, const PGresult *res)
{
	for (int row = 0; row < PQntuples(res); row++) {
		struct batch_gym gym = {.id = int_of(res, row, 0)};
		struct batch_room key = {.gym = &gym, .id = int_of(res, row, 1)}, *at = &key;
		struct batch_room **found = bsearch(
			&at, rows->sorted, rows->nsorted, sizeof(struct batch_room *), by_id);
		if (found == NULL)
			continue;
		(*found)->is_reopened = true;
		(*found)->title = PQgetisnull(res, row, 2)
					  ? NULL
					  : pool_text(&rows->batch->pool, PQgetvalue(res, row, 2),
						    (size_t)PQgetlength(res, row, 2));
	}
}

bool store_rows_note_rooms(struct store_rows *rows)
{
	struct batch_room **moved = rows->moved;
	rows->nmoved = 0;
	for (unsigned i = 0; i < rows->batch->nrooms; i++) {
		struct batch_room *room = rows->batch->rooms[i];
		if (room->is_note_listed && !room->is_made)
			moved[rows->nmoved++] = room;
	}
	put_moved_ids(rows);
	STORE_COLUMN(
		&rows->args, PGBIN_INT8, rows->nmoved, pgbin_int8(bin, moved[i]->note_last_seq));
	STORE_COLUMN(
		&rows->args, PGBIN_INT8, rows->nmoved, pgbin_int8(bin, moved[i]->next_note_seq));
	return rows->nmoved > 0;
}
