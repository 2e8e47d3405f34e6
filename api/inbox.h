/* inbox.h - which rooms are asked for: filters, order and place, and the statement that finds them.
 * Pure. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api/arena.h"
#include "api/cursor.h"
#include "api/sql.h"
#include "common/err.h"

#define INBOX_LIMIT_STANDARD 50
#define INBOX_LIMIT_MAX	     200
#define INBOX_TEXT_MAX	     100 /* bytes of ?q= */
#define INBOX_VALUES_MAX     9

enum inbox_status { INBOX_OPEN, INBOX_SNOOZED, INBOX_RESOLVED, INBOX_ALL };
enum inbox_order { INBOX_WAITING, INBOX_LATEST };

struct inbox {
	enum inbox_status status;
	enum inbox_order order;
	const char *assignee; /* NULL: any, "": nobody */
	const char *text;     /* NULL: no filter */
	int64_t limit, wait_sec;
	bool has_counts; /* ?counts=1 */
	bool has_place;	 /* a cursor was given */
	struct cursor place;
};

/* me: who asks, for @me. -1: *code_r says which problem. */
MUST_CHECK int inbox_parse(const char *const *query, const char *me, struct inbox *inbox_r,
	const char **code_r, struct err *err);
/* The statement and its values (in the arena), asking for one row more than the limit, so that it
 * shows whether there is another page. */
enum sql inbox_statement(const struct inbox *inbox, struct arena *arena, const char *gym,
	const char *role, const char *who, const char *values[INBOX_VALUES_MAX]);
/* The cursor before the first, or after the last of the rows shown, from its place (phase, k1, k2).
 */
char *inbox_cursor(const struct inbox *inbox, bool backwards, const int64_t place[CURSOR_PARTS],
	char buf[CURSOR_TEXT_SIZE]);
