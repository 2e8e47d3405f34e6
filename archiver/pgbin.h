/* pgbin.h - PostgreSQL's binary formats: rows of COPY (FORMAT binary), and arrays as parameters of
 * a prepared statement. A value is its length (4 bytes, -1 for NULL) and its bytes in network
 * order, in both. Pure. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Types of array elements (pg_type.oid, fixed for ever). */
enum pgbin_type {
	PGBIN_BOOL = 16,
	PGBIN_BYTEA = 17,
	PGBIN_INT8 = 20,
	PGBIN_INT4 = 23,
	PGBIN_TEXT = 25,
	PGBIN_TIMESTAMPTZ = 1184,
	PGBIN_UUID = 2950
};

struct pgbin {
	char *at;
	size_t len, size;
	unsigned values; /* since the last pgbin_array_begin */
	bool has_null;
	size_t array; /* where it began */
};

void pgbin_init(struct pgbin *bin);
void pgbin_deinit(struct pgbin *bin);
void pgbin_reset(struct pgbin *bin,
	size_t keep_bytes); /* empties; gives memory back where it grew over keep_bytes */

void pgbin_int8(struct pgbin *bin, int64_t value);
void pgbin_int4(struct pgbin *bin, int32_t value);
void pgbin_bool(struct pgbin *bin, bool value);
void pgbin_time(struct pgbin *bin, int64_t us); /* timestamptz from microseconds since 1970 */
void pgbin_bytes(struct pgbin *bin, const void *bytes, size_t len); /* text, bytea, uuid */
void pgbin_text(struct pgbin *bin, const char *text);		    /* NULL: NULL */
void pgbin_null(struct pgbin *bin);

void pgbin_copy_begin(struct pgbin *bin);
void pgbin_copy_row(struct pgbin *bin, unsigned columns); /* before the values of each row */
void pgbin_copy_end(struct pgbin *bin);

/* One-dimensional; values between the two calls. */
void pgbin_array_begin(struct pgbin *bin, enum pgbin_type type);
void pgbin_array_end(struct pgbin *bin);

/* "0123abcd-..." (valid by uuid_is_valid) to 16 bytes. */
void pgbin_uuid_parse(const char *text, uint8_t uuid[16]);
