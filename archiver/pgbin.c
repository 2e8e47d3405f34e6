#include "archiver/pgbin.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "common/must.h"

#define EPOCH_2000_US	946684800000000 /* PostgreSQL counts from there */
#define NULL_LENGTH	0xffffffffu
#define ARRAY_HEAD_FLAG 4  /* offset of "has nulls" in an array's head */
#define ARRAY_HEAD_DIM	12 /* and of its number of elements */

void pgbin_init(struct pgbin *bin)
{
	*bin = (struct pgbin){0};
}

void pgbin_deinit(struct pgbin *bin)
{
	free(bin->at);
	pgbin_init(bin);
}

void pgbin_reset(struct pgbin *bin, size_t keep_bytes)
{
	if (bin->size > keep_bytes)
		pgbin_deinit(bin);
	bin->len = 0;
}

static char *reserve(struct pgbin *bin, size_t more)
{
	if (bin->len + more > bin->size) {
		size_t size = bin->size * 2 > 4096 ? bin->size * 2 : 4096;
		while (size < bin->len + more)
			size *= 2;
		bin->at = must(realloc(bin->at, size));
		bin->size = size;
	}
	char *at = bin->at + bin->len;
	bin->len += more;
	return at;
}

static char *put32(char *at, uint32_t value)
{
	value = htobe32(value);
	return mempcpy(at, &value, sizeof(value));
}

static char *put64(char *at, uint64_t value)
{
	value = htobe64(value);
	return mempcpy(at, &value, sizeof(value));
}

void pgbin_int8(struct pgbin *bin, int64_t value)
{
	put64(put32(reserve(bin, 12), 8), (uint64_t)value);
	bin->values++;
}

void pgbin_int4(struct pgbin *bin, int32_t value)
{
	put32(put32(reserve(bin, 8), 4), (uint32_t)value);
	bin->values++;
}

void pgbin_bool(struct pgbin *bin, bool value)
{
	*put32(reserve(bin, 5), 1) = value ? 1 : 0;
	bin->values++;
}

void pgbin_time(struct pgbin *bin, int64_t us)
{
	pgbin_int8(bin, us - EPOCH_2000_US);
}

void pgbin_bytes(struct pgbin *bin, const void *bytes, size_t len)
{
	char *at = put32(reserve(bin, 4 + len), (uint32_t)len);
	if (len > 0)
		memcpy(at, bytes, len);
	bin->values++;
}

void pgbin_null(struct pgbin *bin)
{
	put32(reserve(bin, 4), NULL_LENGTH);
	bin->values++;
	bin->has_null = true;
}

void pgbin_text(struct pgbin *bin, const char *text)
{
	if (text == NULL)
		pgbin_null(bin);
	else
		pgbin_bytes(bin, text, strlen(text));
}

void pgbin_copy_begin(struct pgbin *bin)
{
	static const char signature[] = "PGCOPY\n\377\r\n"; /* its NUL belongs to it */
	char *at = mempcpy(reserve(bin, sizeof(signature) + 8), signature, sizeof(signature));
	put32(put32(at, 0), 0);
}

static void put16(struct pgbin *bin, uint16_t value)
{
	value = htobe16(value);
	memcpy(reserve(bin, sizeof(value)), &value, sizeof(value));
}

void pgbin_copy_row(struct pgbin *bin, unsigned columns)
{
	put16(bin, (uint16_t)columns);
}

void pgbin_copy_end(struct pgbin *bin)
{
	put16(bin, 0xffff);
}

void pgbin_array_begin(struct pgbin *bin, enum pgbin_type type)
{
	bin->array = bin->len;
	bin->values = 0;
	bin->has_null = false;
	char *at = put32(reserve(bin, 20), 1); /* dimensions */
	at = put32(at, 0);
	at = put32(at, (uint32_t)type);
	put32(put32(at, 0), 1); /* elements, lower bound */
}

void pgbin_array_end(struct pgbin *bin)
{
	put32(bin->at + bin->array + ARRAY_HEAD_FLAG, bin->has_null ? 1 : 0);
	put32(bin->at + bin->array + ARRAY_HEAD_DIM, bin->values);
}

static uint8_t hex_digit(char c)
{
	return (uint8_t)(c <= '9' ? c - '0' : c - 'a' + 10);
}

void pgbin_uuid_parse(const char *text, uint8_t uuid[16])
{
	for (int i = 0; i < 16; i++) {
		text += *text == '-';
		uuid[i] = (uint8_t)(hex_digit(text[0]) << 4 | hex_digit(text[1]));
		text += 2;
	}
}
