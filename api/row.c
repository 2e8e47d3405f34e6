#include "api/row.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

static const uint8_t *value(struct row row, int column, int len)
{
	if (PQgetlength(row.res, row.row, column) != len)
		abort();
	return (const uint8_t *)PQgetvalue(row.res, row.row, column);
}

static uint64_t number(const uint8_t *at, int len)
{
	uint64_t long_n;
	uint32_t n;
	if (len == 4) {
		memcpy(&n, at, sizeof(n));
		return be32toh(n);
	}
	memcpy(&long_n, at, sizeof(long_n));
	return be64toh(long_n);
}

bool row_is_null(struct row row, int column)
{
	return PQgetisnull(row.res, row.row, column) != 0;
}

int64_t row_int(struct row row, int column)
{
	const uint8_t *at = (const uint8_t *)PQgetvalue(row.res, row.row, column);
	switch (PQgetlength(row.res, row.row, column)) {
	case 8: return (int64_t)number(at, 8);
	case 4: return (int32_t)number(at, 4);
	case 0: return 0; /* NULL */
	default: abort();
	}
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
	if (PQgetlength(row.res, row.row, column) == 0) /* NULL */
		return 0;
	return (int64_t)number(value(row, column, 8), 8) + ROW_EPOCH_US;
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
		*at++ = hex[bytes[i] >> 4];
		*at++ = hex[bytes[i] & 15];
		if (i == 3 || i == 5 || i == 7 || i == 9)
			*at++ = '-';
	}
	*at = '\0';
	return buf;
}

size_t row_array(struct row row, int column, int64_t *numbers, size_t max)
{
	const uint8_t *at = (const uint8_t *)PQgetvalue(row.res, row.row, column);
	const uint8_t *end = at + PQgetlength(row.res, row.row, column);
	size_t n = 0;
	/* dimensions, flags, element type, then length and lower bound of the one dimension */
	if (end - at < 20)
		return 0; /* NULL or empty */
	for (at += 20; at + 12 <= end && n < max; at += 12)
		numbers[n++] = (int64_t)number(at + 4, 8);
	return n;
}
