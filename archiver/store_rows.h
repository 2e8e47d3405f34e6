/* store_rows.h - the rows of a batch in PostgreSQL's shape, and its answers back into the batch:
 * one pair of functions for each step of store_commit.c. Each send returns false where there is
 * nothing to send. Internal to store. */
#pragma once
#include "archiver/batch.h"
#include "archiver/pgargs.h"
#include "archiver/rooms.h"
#include "archiver/sql.h"

/* What is looked for in one SQL_ROOMS_FIND or made by SQL_..._MAKE. */
struct store_wanted {
	struct batch_gym *gym;
	struct batch_room *room; /* NULL: the gym alone */
};

/* One array parameter: put is an expression of bin and i. */
#define STORE_COLUMN(args, type, n, put)                                                           \
	do {                                                                                       \
		struct pgbin *bin = pgargs_array((args), (type));                                  \
		for (unsigned i = 0; i < (n); i++)                                                 \
			put;                                                                       \
	} while (0)

struct store_rows {
	struct batch *batch;
	unsigned from, to; /* the messages of the commit at hand */
	int64_t now_us;
	struct store_wanted *wanted;
	unsigned nwanted;
	struct batch_room **sorted; /* those that get messages, by id: neighbours in the indexes */
	unsigned nsorted;
	struct batch_room **moved; /* those whose row is made or changed */
	unsigned nmoved;
	struct batch_message **asked; /* messages whose ids are looked for */
	unsigned nasked;
	struct batch_reader **readers; /* whose marks are read or written */
	unsigned nreaders;
	struct pgargs args;
	struct pgbin copy;
};

void store_rows_init(struct store_rows *rows, unsigned max_items);
void store_rows_deinit(struct store_rows *rows);

/* Ids and seqs from the cache; true: all that is needed was there. */
bool store_rows_from_cache(struct store_rows *rows, struct rooms *cache);
void store_rows_forget_ids(struct store_rows *rows); /* of a transaction that was rolled back */
void store_rows_to_cache(const struct store_rows *rows, struct rooms *cache);

bool store_rows_find(struct store_rows *rows); /* all gyms and rooms without id */
void store_rows_found(struct store_rows *rows, const PGresult *res);
bool store_rows_missing_gyms(struct store_rows *rows); /* of those that were looked for */
bool store_rows_make_rooms(
	struct store_rows *rows); /* those that get messages or notes, once settled */
/* false: somebody else has made one of them meanwhile. */
bool store_rows_made(struct store_rows *rows, const PGresult *res);

bool store_rows_ask_known(struct store_rows *rows, bool notes);
void store_rows_known(struct store_rows *rows, const PGresult *res);

bool store_rows_copy(struct store_rows *rows); /* the messages of a settled batch into rows->copy */
bool store_rows_copy_notes(struct store_rows *rows);
bool store_rows_advance(struct store_rows *rows);
void store_rows_reopened(struct store_rows *rows, const PGresult *res);
bool store_rows_note_rooms(struct store_rows *rows);

bool store_rows_ask_marks(struct store_rows *rows);
void store_rows_marks(struct store_rows *rows, const PGresult *res);
bool store_rows_put_marks(struct store_rows *rows);
bool store_rows_put_receipts(struct store_rows *rows);
bool store_rows_put_dead(struct store_rows *rows, int64_t since_us);
bool store_rows_put_seen(struct store_rows *rows);
bool store_rows_ask_names(struct store_rows *rows);
void store_rows_names(struct store_rows *rows, const PGresult *res);
