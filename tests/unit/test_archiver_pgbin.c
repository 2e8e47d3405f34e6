#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "archiver/pgargs.h"
#include "archiver/pgbin.h"
#include "archiver/pool.h"
#include "common/auto.h"

#define EQUALS(bin, bytes)                                                                         \
	do {                                                                                       \
		assert_int_equal((bin)->len, sizeof(bytes) - 1);                                   \
		assert_memory_equal((bin)->at, bytes, sizeof(bytes) - 1);                          \
	} while (0)

static void writes_values(void **state)
{
	struct pgbin bin;
	(void)state;
	pgbin_init(&bin);
	pgbin_int8(&bin, -2);
	pgbin_int4(&bin, 258);
	pgbin_bool(&bin, true);
	pgbin_time(&bin, 946684800000001);
	pgbin_text(&bin, "hé");
	pgbin_text(&bin, NULL);
	pgbin_bytes(&bin, NULL, 0);
	EQUALS(&bin, "\0\0\0\10\xff\xff\xff\xff\xff\xff\xff\xfe"
		     "\0\0\0\4\0\0\1\2"
		     "\0\0\0\1\1"
		     "\0\0\0\10\0\0\0\0\0\0\0\1"
		     "\0\0\0\3h\xc3\xa9"
		     "\xff\xff\xff\xff"
		     "\0\0\0\0");
	pgbin_reset(&bin, 1 << 20);
	assert_true(bin.len == 0 && bin.size > 0);
	pgbin_reset(&bin, 0);
	assert_int_equal(bin.size, 0);
	pgbin_deinit(&bin);
}

static void writes_copy(void **state)
{
	struct pgbin bin;
	(void)state;
	pgbin_init(&bin);
	pgbin_copy_begin(&bin);
	pgbin_copy_row(&bin, 1);
	pgbin_int4(&bin, 7);
	pgbin_copy_end(&bin);
	EQUALS(&bin, "PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0"
		     "\0\1\0\0\0\4\0\0\0\7"
		     "\xff\xff");
	pgbin_deinit(&bin);
}

static void writes_arrays(void **state)
{
	struct pgbin bin;
	(void)state;
	pgbin_init(&bin);
	pgbin_array_begin(&bin, PGBIN_INT4);
	pgbin_int4(&bin, 1);
	pgbin_int4(&bin, 2);
	pgbin_array_end(&bin);
	pgbin_array_begin(&bin, PGBIN_TEXT);
	pgbin_null(&bin);
	pgbin_array_end(&bin);
	EQUALS(&bin, "\0\0\0\1\0\0\0\0\0\0\0\27\0\0\0\2\0\0\0\1"
		     "\0\0\0\4\0\0\0\1\0\0\0\4\0\0\0\2"
		     "\0\0\0\1\0\0\0\1\0\0\0\31\0\0\0\1\0\0\0\1"
		     "\xff\xff\xff\xff");
	pgbin_deinit(&bin);
}

static void parses_uuids(void **state)
{
	uint8_t uuid[16];
	(void)state;
	pgbin_uuid_parse("0123abcd-4567-4e8f-9abc-def012345678", uuid);
	assert_memory_equal(
		uuid, "\x01\x23\xab\xcd\x45\x67\x4e\x8f\x9a\xbc\xde\xf0\x12\x34\x56\x78", 16);
}

static void args_know_their_ends(void **state)
{
	struct pgargs args;
	(void)state;
	pgargs_init(&args);
	for (int round = 0; round < 2; round++) {
		pgargs_reset(&args);
		pgbin_int8(pgargs_array(&args, PGBIN_INT8), 1);
		pgargs_time(&args, 946684800000000);
		pgbin_int8(pgargs_array(&args, PGBIN_INT8), 1);
		assert_int_equal(args.n, 3);
		assert_int_equal(args.end[0] - args.at[0], 20 + 12);
		assert_int_equal(args.end[1] - args.at[1], 8);
		assert_memory_equal(args.bin.at + args.at[1], "\0\0\0\0\0\0\0\0", 8);
		assert_memory_equal(
			args.bin.at + args.at[0] + 12, "\0\0\0\1", 4); /* closed: one element */
	}
	pgargs_deinit(&args);
}

static void a_pool_gives_back_all_at_once(void **state)
{
	struct pool pool;
	(void)state;
	pool_init(&pool);
	for (int round = 0; round < 3; round++) {
		char *first = pool_text(&pool, "abc", 3);
		for (int i = 0; i < 1000; i++)
			memset(pool_take(&pool, 1000), 'x', 1000);
		char *large = pool_zero(&pool, 1 << 20);
		assert_int_equal(large[(1 << 20) - 1], 0);
		assert_string_equal(first, "abc");
		assert_string_equal(pool_text(&pool, NULL, 0), "");
		assert_true(pool.used > 2000000);
		assert_int_equal((uintptr_t)pool_take(&pool, 1) % 16, 0);
		pool_reset(&pool, round == 0 ? 256 * 1024 : 0);
		assert_int_equal(pool.used, 0);
	}
	pool_deinit(&pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_values),
		cmocka_unit_test(writes_copy),
		cmocka_unit_test(writes_arrays),
		cmocka_unit_test(parses_uuids),
		cmocka_unit_test(args_know_their_ends),
		cmocka_unit_test(a_pool_gives_back_all_at_once),
	};
	return cmocka_run_group_tests_name("archiver pgbin", tests, NULL, NULL);
}
