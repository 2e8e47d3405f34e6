#include "api/row.h"

#include <stdlib.h>
#include <string.h>

/* Microseconds from 1970, where Unix begins to count, to 2000, where PostgreSQL does. */
#define EPOCH_2000_US 946684800000000LL

static const uint8_t *value(struct row row, int column, int len)
{
	if (PQgetlength(row.res, row.row, column) != len)
		abort();
	return (const uint8_t *)PQgetvalue(row.res, row.row, column);
}

static uint64_t number(const uint8_t *at, int len)
{
	uint64_t n = 0;
	for (int i = 0; i < len; i++)
		n = n << 8 | at[i];
	return n;
}

bool row_is_null(struct row row, int column)
{
	return PQgetisnull(row.res, row.row, column) != 0;
}

int64_t row_int(struct row row, int column)
{
	if (row_is_null(row, column))
		return 0;
	if (PQgetlength(row.res, row.row, column) == 4)
		return (int32_t)number(value(row, column, 4), 4);
	return (int64_t)number(value(row, column, 8), 8);
}

double row_real(struct row row, int column)
{
	double n;
	if (row_is_null(row, column))
		return 0;
	uint64_t bits = number(value(row, column, 8), 8);
	memcpy(&n, &bits, sizeof(n));
	return n;
}

bool row_bool(struct row row, int column)
{
	return !row_is_null(row, column) && *value(row, column, 1) != 0;
}

const char *row_text(struct row row, int column)
{
	return row_is_null(row, column) ? NULL : PQgetvalue(row.res, row.row, column);
}

size_t row_len(struct row row, int column)
{
	return (size_t)PQgetlength(row.res, row.row, column);
}

int64_t row_us(struct row row, int column)
{
	if (row_is_null(row, column))
		return 0;
	return (int64_t)number(value(row, column, 8), 8) + EPOCH_2000_US;
}

char *row_uuid(struct row row, int column, char buf[UUID_TEXT_SIZE])
{
	static const char hex[] = "0123456789abcdef";
	char *at = buf;
	buf[0] = '\0';
	if (row_is_null(row, column))
		return buf;
	const uint8_t *bytes = value(row, column, 16);
	for (int i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*at++ = '-';
		*at++ = hex[bytes[i] >> 4];
		*at++ = hex[bytes[i] & 15];
	}
	*at = '\0';
	return buf;
}
