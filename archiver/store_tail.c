/* The rows of a batch that are no messages: marks, receipts, dead letters, presence, names. */
#include <stdlib.h>
#include <string.h>

#include "archiver/store_rows.h"

static int64_t int_of(const PGresult *res, int row, int column)
{
	return strtoll(PQgetvalue(res, row, column), NULL, 10); /* NULL reads as 0 */
}

/* ---- marks ---- */

static enum batch_side side_of(const struct batch_reader *reader)
{
	return reader->role == ROLE_STAFF ? BATCH_STAFF : BATCH_CLIENTS;
}

static void put_readers(struct store_rows *rows)
{
	struct batch_reader **readers = rows->readers;
	pgargs_reset(&rows->args);
	STORE_COLUMN(&rows->args, PGBIN_INT8, rows->nreaders,
		pgbin_int8(bin, readers[i]->room->gym->id));
	STORE_COLUMN(
		&rows->args, PGBIN_INT8, rows->nreaders, pgbin_int8(bin, readers[i]->room->id));
	STORE_COLUMN(&rows->args, PGBIN_TEXT, rows->nreaders,
		pgbin_text(bin, role_name(readers[i]->role)));
	STORE_COLUMN(&rows->args, PGBIN_TEXT, rows->nreaders, pgbin_text(bin, readers[i]->who));
}

/* A reader of a room that is not there has no mark and needs none: its seqs end at 0. */
bool store_rows_ask_marks(struct store_rows *rows)
{
	rows->nreaders = 0;
	for (unsigned i = 0; i < rows->batch->nreaders; i++) {
		struct batch_reader *reader = rows->batch->readers[i];
		reader->mark = (struct mark){0};
		memset(reader->room->sides, 0, sizeof(reader->room->sides));
		if (reader->room->id != 0)
			rows->readers[rows->nreaders++] = reader;
	}
	put_readers(rows);
	return rows->nreaders > 0;
}

void store_rows_marks(struct store_rows *rows, const PGresult *res)
{
	for (int row = 0; row < PQntuples(res); row++) {
		struct batch_reader *reader = rows->readers[int_of(res, row, 0) - 1];
		reader->mark = (struct mark){int_of(res, row, 1), int_of(res, row, 2),
			int_of(res, row, 3), int_of(res, row, 4)};
		reader->room->sides[side_of(reader)] =
			(struct mark_side){int_of(res, row, 5), int_of(res, row, 6)};
	}
}

static void put_time(struct pgbin *bin, int64_t us)
{
	if (us == 0)
		pgbin_null(bin);
	else
		pgbin_time(bin, us);
}

bool store_rows_put_marks(struct store_rows *rows)
{
	struct batch_reader **readers = rows->readers;
	rows->nreaders = 0;
	for (unsigned i = 0; i < rows->batch->nreaders; i++) {
		if (rows->batch->readers[i]->has_moved)
			readers[rows->nreaders++] = rows->batch->readers[i];
	}
	put_readers(rows);
	STORE_COLUMN(&rows->args, PGBIN_INT8, rows->nreaders,
		pgbin_int8(bin, readers[i]->mark.delivered));
	STORE_COLUMN(
		&rows->args, PGBIN_INT8, rows->nreaders, pgbin_int8(bin, readers[i]->mark.read));
	STORE_COLUMN(&rows->args, PGBIN_TIMESTAMPTZ, rows->nreaders,
		put_time(bin, readers[i]->mark.delivered_at_us));
	STORE_COLUMN(&rows->args, PGBIN_TIMESTAMPTZ, rows->nreaders,
		put_time(bin, readers[i]->mark.read_at_us));
	return rows->nreaders > 0;
}

/* As STORE_COLUMN, of those receipts that moved their reader's mark. */
#define MOVED_COLUMN(rows, type, put)                                                              \
	do {                                                                                       \
		struct pgbin *bin = pgargs_array(&(rows)->args, (type));                           \
		for (unsigned i = 0; i < (rows)->batch->nreceipts; i++) {                          \
			const struct batch_receipt *receipt = &(rows)->batch->receipts[i];         \
			if (receipt->has_moved)                                                    \
				put;                                                               \
		}                                                                                  \
	} while (0)

bool store_rows_put_receipts(struct store_rows *rows)
{
	bool has_any = false;
	for (unsigned i = 0; i < rows->batch->nreceipts; i++)
		has_any = has_any || rows->batch->receipts[i].has_moved;
	pgargs_reset(&rows->args);
	MOVED_COLUMN(rows, PGBIN_INT8, pgbin_int8(bin, receipt->reader->room->gym->id));
	MOVED_COLUMN(rows, PGBIN_INT8, pgbin_int8(bin, receipt->reader->room->id));
	MOVED_COLUMN(rows, PGBIN_TEXT, pgbin_text(bin, role_name(receipt->reader->role)));
	MOVED_COLUMN(rows, PGBIN_TEXT, pgbin_text(bin, receipt->reader->who));
	MOVED_COLUMN(rows, PGBIN_INT8, pgbin_int8(bin, receipt->advance.delivered));
	MOVED_COLUMN(rows, PGBIN_INT8, pgbin_int8(bin, receipt->advance.read));
	MOVED_COLUMN(rows, PGBIN_TIMESTAMPTZ, pgbin_time(bin, receipt->advance.at_us));
	MOVED_COLUMN(rows, PGBIN_BOOL, pgbin_bool(bin, receipt->advance.first_delivered));
	MOVED_COLUMN(rows, PGBIN_BOOL, pgbin_bool(bin, receipt->advance.first_read));
	return has_any;
}

/* ---- dead letters, presence, names ---- */

bool store_rows_put_dead(struct store_rows *rows, int64_t since_us)
{
	const struct batch_dead *dead = rows->batch->dead;
	unsigned n = rows->batch->ndead;
	pgargs_reset(&rows->args);
	STORE_COLUMN(&rows->args, PGBIN_TEXT, n, pgbin_text(bin, dead[i].topic));
	STORE_COLUMN(&rows->args, PGBIN_BYTEA, n, pgbin_bytes(bin, dead[i].payload, dead[i].len));
	STORE_COLUMN(&rows->args, PGBIN_TEXT, n, pgbin_text(bin, dead[i].code));
	STORE_COLUMN(&rows->args, PGBIN_TEXT, n, pgbin_text(bin, dead[i].detail));
	STORE_COLUMN(&rows->args, PGBIN_TIMESTAMPTZ, n, pgbin_time(bin, dead[i].arrived_us));
	if (since_us != 0)
		pgargs_time(&rows->args, since_us);
	return n > 0;
}

bool store_rows_put_seen(struct store_rows *rows)
{
	const struct batch_presence *presences = rows->batch->presences;
	unsigned n = rows->batch->npresences;
	pgargs_reset(&rows->args);
	STORE_COLUMN(&rows->args, PGBIN_INT8, n, pgbin_int8(bin, presences[i].gym->id));
	STORE_COLUMN(&rows->args, PGBIN_TEXT, n, pgbin_text(bin, role_name(presences[i].role)));
	STORE_COLUMN(&rows->args, PGBIN_TEXT, n, pgbin_text(bin, presences[i].who));
	STORE_COLUMN(&rows->args, PGBIN_TIMESTAMPTZ, n, pgbin_time(bin, presences[i].seen_us));
	return n > 0;
}

/* A kiosk's screen greets by name the client in whose room it noted a check-in. */
bool store_rows_ask_names(struct store_rows *rows)
{
	struct batch_room **rooms = rows->sorted;
	rows->nsorted = 0;
	for (unsigned i = 0; i < rows->batch->nrooms; i++)
		rows->batch->rooms[i]->is_named = false;
	for (const struct batch_person *person = rows->batch->persons; person != NULL;
		person = person->next) {
		for (const struct batch_message *m = person->first; m != NULL;
			m = m->next_of_person) {
			struct batch_room *room = m->room;
			if (topic_is_kiosk_room(room->key) || room->is_named)
				continue;
			room->is_named = true;
			rooms[rows->nsorted++] = room;
		}
	}
	pgargs_reset(&rows->args);
	STORE_COLUMN(&rows->args, PGBIN_INT8, rows->nsorted, pgbin_int8(bin, rooms[i]->gym->id));
	STORE_COLUMN(&rows->args, PGBIN_TEXT, rows->nsorted, pgbin_text(bin, rooms[i]->key));
	return rows->nsorted > 0;
}

void store_rows_names(struct store_rows *rows, const PGresult *res)
{
	for (int row = 0; row < PQntuples(res); row++)
		rows->sorted[int_of(res, row, 0) - 1]->first_name = pool_text(&rows->batch->pool,
			PQgetvalue(res, row, 1), (size_t)PQgetlength(res, row, 1));
}
