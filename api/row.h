/* row.h - one row of a binary result, column by column. A column of another type is a mistake in
 * sql.c (abort). */
#pragma once
#include <libpq-fe.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/rand.h"

struct row {
	const PGresult *res;
	int row;
};

bool row_is_null(struct row row, int column);
int64_t row_int(struct row row, int column);	  /* bigint or integer; NULL: 0 */
double row_real(struct row row, int column);	  /* double precision; NULL: 0 */
bool row_bool(struct row row, int column);	  /* NULL: false */
const char *row_text(struct row row, int column); /* text, NUL-ended; NULL: NULL */
size_t row_len(struct row row, int column);	  /* bytes of row_text */
int64_t row_us(struct row row, int column); /* timestamptz in microseconds since 1970; NULL: 0 */
/* uuid as lower-case text into buf; NULL: "". Returns buf. */
char *row_uuid(struct row row, int column, char buf[UUID_TEXT_SIZE]);
/* An array of bigint, or of timestamptz (microseconds since 2000, see row_us), without NULLs; how
 * many. */
size_t row_array(struct row row, int column, int64_t *numbers, size_t max);
#define ROW_EPOCH_US 946684800000000LL /* from 1970 to 2000 */
