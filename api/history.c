#include "api/history.h"

#include <string.h>

#include "api/item.h"
#include "api/page.h"
#include "common/topic.h"

/* Columns of SQL_HISTORY_...; see sql.c for what each sort of row holds. */
enum {
	SORT,
	SEQ,
	ID,
	ROLE,
	WHO,
	KIND,
	BODY,
	REPLY_TO,
	ATTACHMENTS,
	EXTRA,
	FIRST_AT,
	SECOND_AT,
	NUMBER,
	SEQS,
	TIMES
};

enum side { SIDE_CLIENT, SIDE_STAFF, SIDES };

/* When a side's mark moved, ascending by seq. */
struct advances {
	int64_t seqs[PAGE_LIMIT_MAX], times[PAGE_LIMIT_MAX];
	size_t n, next;
};

struct rows { /* where the rows of each sort are */
	const PGresult *res;
	int room; /* -1: there is none */
	int names, nnames, marks, nmarks, messages, nmessages;
	struct advances delivered[SIDES], read[SIDES];
};

static int side_of(struct row row)
{
	const char *role = row_text(row, ROLE);
	return strcmp(role, "client") == 0  ? SIDE_CLIENT
	       : strcmp(role, "staff") == 0 ? SIDE_STAFF
					    : -1;
}

static void take_advances(struct advances *advances, struct row row)
{
	advances->n = row_array(row, SEQS, advances->seqs, PAGE_LIMIT_MAX);
	size_t times = row_array(row, TIMES, advances->times, PAGE_LIMIT_MAX);
	if (times < advances->n)
		advances->n = times;
}

static void count_row(int *first, int *n, int row)
{
	if ((*n)++ == 0)
		*first = row;
}

static void sort_row(struct rows *rows, struct row row)
{
	switch (*row_text(row, SORT)) {
	case 'r': rows->room = row.row; break;
	case 'n': count_row(&rows->names, &rows->nnames, row.row); break;
	case 'k': count_row(&rows->marks, &rows->nmarks, row.row); break;
	case 'd': take_advances(&rows->delivered[side_of(row)], row); break;
	case 'e': take_advances(&rows->read[side_of(row)], row); break;
	default: count_row(&rows->messages, &rows->nmessages, row.row); break;
	}
}

static void sort_rows(struct rows *rows, const PGresult *res)
{
	rows->res = res;
	rows->room = -1;
	rows->names = rows->nnames = rows->marks = rows->nmarks = 0;
	rows->messages = rows->nmessages = 0;
	for (int side = 0; side < SIDES; side++) {
		rows->delivered[side].n = rows->delivered[side].next = 0;
		rows->read[side].n = rows->read[side].next = 0;
	}
	for (int i = 0, n = PQntuples(res); i < n; i++)
		sort_row(rows, (struct row){res, i});
}

/* The time of the first advance at or above seq; 0: not yet. Called with rising seq. */
static int64_t advance_at(struct advances *advances, int64_t seq)
{
	while (advances->next < advances->n && advances->seqs[advances->next] < seq)
		advances->next++;
	return advances->next < advances->n ? advances->times[advances->next] + ROW_EPOCH_US : 0;
}

static const char *name_of(const struct rows *rows, struct row message)
{
	const char *role = row_text(message, ROLE), *sender = row_text(message, WHO);
	for (int i = 0; i < rows->nnames; i++) {
		struct row name = {rows->res, rows->names + i};
		if (strcmp(row_text(name, WHO), sender) == 0 &&
			strcmp(row_text(name, ROLE), role) == 0)
			return row_text(name, KIND);
	}
	return NULL;
}

static void write_message(struct jsonout *json, struct rows *rows, struct row row)
{
	int side = side_of(row);
	int64_t seq = row_int(row, SEQ), delivered_us = 0, read_us = 0;
	if (side >= 0) { /* kiosks and services are on neither side */
		delivered_us = advance_at(&rows->delivered[SIDES - 1 - side], seq);
		read_us = advance_at(&rows->read[SIDES - 1 - side], seq);
	}
	item_message(json, row, SEQ, name_of(rows, row), delivered_us, read_us);
}

static void write_messages(struct jsonout *json, struct rows *rows, bool is_after)
{
	jsonout_key(json, "messages");
	jsonout_open(json, '[');
	/* The rows begin at the cursor: those that do not fit are the next page. */
	int n = item_messages_that_fit(rows->res, rows->messages, rows->nmessages, SEQ);
	for (int i = 0; i < n; i++) {
		int at = is_after ? i : n - 1 - i;
		write_message(json, rows, (struct row){rows->res, rows->messages + at});
	}
	jsonout_close(json, ']');
}

static int64_t write_marks(struct jsonout *json, const struct rows *rows)
{
	int64_t sum = 0;
	jsonout_key(json, "marks");
	jsonout_open(json, '[');
	for (int i = 0; i < rows->nmarks; i++) {
		struct row row = {rows->res, rows->marks + i};
		int64_t delivered = row_int(row, SEQ), read = row_int(row, NUMBER);
		jsonout_open(json, '{');
		jsonout_pair(json, "role", row_text(row, ROLE));
		jsonout_pair(json, "who", row_text(row, WHO));
		jsonout_pair_int(json, "delivered", delivered);
		jsonout_pair_int(json, "read", read);
		item_pair_time(json, "delivered_at", row_us(row, FIRST_AT));
		item_pair_time(json, "read_at", row_us(row, SECOND_AT));
		jsonout_close(json, '}');
		sum += delivered + read;
	}
	jsonout_close(json, ']');
	return sum;
}

static void write_empty_room(struct jsonout *json, const char *room)
{
	jsonout_pair(json, "room", room);
	jsonout_pair(json, "title", NULL);
	jsonout_pair(json, "kind", topic_is_kiosk_room(room) ? "kiosk" : "support");
	jsonout_pair(json, "status", "open");
}

static void write_room(
	struct jsonout *json, const struct rows *rows, const char *room, bool is_desk)
{
	jsonout_key(json, "room");
	jsonout_open(json, '{');
	if (rows->room < 0) {
		write_empty_room(json, room);
	} else {
		struct row row = {rows->res, rows->room};
		jsonout_pair(json, "room", row_text(row, ROLE));
		jsonout_pair(json, "title", row_text(row, WHO));
		jsonout_pair(json, "kind", row_text(row, KIND));
		jsonout_pair(json, "status", row_text(row, BODY));
		if (is_desk) {
			item_pair_time(json, "snoozed_until", row_us(row, FIRST_AT));
			jsonout_pair(json, "assignee", row_text(row, ATTACHMENTS));
			item_pair_json(json, "labels", row, EXTRA, "[]");
		}
	}
	jsonout_close(json, '}');
}

void history_write(struct jsonout *json, const PGresult *res, const char *room, bool is_desk,
	bool is_after, struct history *history_r)
{
	struct rows rows;
	sort_rows(&rows, res);
	struct row row = {res, rows.room};
	*history_r = (struct history){.has_room = rows.room >= 0, .messages = rows.nmessages};
	if (history_r->has_room)
		history_r->last_seq = row_int(row, SEQ);
	jsonout_open(json, '{');
	write_messages(json, &rows, is_after);
	int64_t sum = write_marks(json, &rows);
	jsonout_pair_int(json, "last_seq", history_r->last_seq);
	write_room(json, &rows, room, is_desk);
	jsonout_close(json, '}');
	if (history_r->has_room)
		history_r->version = item_version(row_int(row, NUMBER), sum);
}
