#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/auto.h"
#include "common/err.h"
#include "common/log.h"
#include "common/utf8.h"

static char seen[8192];
static enum log_level seen_level;
static unsigned nseen;

static void sink(enum log_level level, const char *line)
{
	seen_level = level;
	snprintf(seen, sizeof(seen), "%s", line);
	nseen++;
}

static void sets_and_wraps(void **state)
{
	struct err err = {.code = ERR_DB, .sqlstate = "23505"};
	(void)state;
	assert_int_equal(err_set(&err, ERR_INPUT, "byte %d", 7), -1);
	assert_int_equal(err.code, ERR_INPUT);
	assert_string_equal(err.text, "byte 7");
	assert_string_equal(err.sqlstate, "");
	assert_int_equal(err_wrap(&err, "room %s", "ana"), -1);
	assert_string_equal(err.text, "room ana: byte 7");
	assert_int_equal(err.code, ERR_INPUT);
	assert_int_equal(err_set(NULL, ERR_INPUT, "nobody asks"), -1);
	assert_int_equal(err_wrap(NULL, "nobody asks"), -1);
}

static void takes_its_own_text(void **state)
{
	struct err err = {0};
	(void)state;
	err_set(&err, ERR_DB, "first");
	err_set(&err, ERR_IO, "%s, then second", err.text);
	assert_string_equal(err.text, "first, then second");
	err_wrap(&err, "<%s>", err.text);
	assert_string_equal(err.text, "<first, then second>: first, then second");
}

static void is_one_line_and_is_cut(void **state)
{
	struct err err = {0};
	char longer[1000];
	(void)state;
	err_set(&err, ERR_DB, "FATAL:  no\n\tpg_hba entry\r\n");
	assert_string_equal(err.text, "FATAL:  no  pg_hba entry ");
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	err_set(&err, ERR_DB, "%s", longer);
	assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
	err_wrap(&err, "context");
	assert_memory_equal(err.text, "context: xxx", 12);
	assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
	err_wrap(&err, "%s", longer);
	assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
}

static void is_cut_between_characters(void **state)
{
	static const char *const characters[] = {"\xc3\xb1", "\xe2\x82\xac", "\xf0\x9f\x98\x80"};
	(void)state;
	for (size_t i = 0; i < COUNT(characters); i++) {
		for (size_t shift = 0; shift < 4; shift++) {
			struct err err = {0};
			char text[1000] = "";
			memset(text, 'x', shift);
			while (strlen(text) < 900)
				strcat(text, characters[i]);
			err_set(&err, ERR_DB, "%s", text);
			assert_true(utf8_is_valid((uint8_t *)err.text, strlen(err.text)));
			assert_true(strlen(err.text) > sizeof(err.text) - 5);
		}
	}
	struct err err = {0};
	err_set(&err, ERR_DB, "whole \xc3\xb1");
	assert_string_equal(err.text, "whole \xc3\xb1");
}

static void names_all_codes(void **state)
{
	(void)state;
	for (int code = ERR_NONE; code <= ERR_LIMIT; code++)
		assert_string_not_equal(err_code_name((enum err_code)code), "unknown");
	assert_string_equal(err_code_name(ERR_DB_UNCERTAIN), "db_uncertain");
	assert_string_equal(err_code_name((enum err_code)99), "unknown");
}

static void knows_levels(void **state)
{
	static const char *const words[] = {"error", "warn", "info", "debug"};
	(void)state;
	for (int i = 0; i < 4; i++)
		assert_int_equal(log_level_parse(words[i]), i);
	assert_int_equal(log_level_parse("INFO"), -1);
	assert_int_equal(log_level_parse(""), -1);
}

static void logs_one_line(void **state)
{
	(void)state;
	log_set_sink(sink);
	log_open("archiver", LOG_INFO);
	errno = ENOENT;
	log_info("room %s, %d messages", "ana", 3);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(seen_level, LOG_INFO);
	assert_int_equal(strlen("2026-11-22T10:41:07.123Z"), 24);
	assert_int_equal(seen[23], 'Z');
	assert_string_equal(seen + 24, " archiver info  room ana, 3 messages");
	log_error("no");
	assert_string_equal(seen + 24, " archiver error no");
	log_set_sink(NULL);
}

static void leaves_out_what_is_below(void **state)
{
	unsigned before = nseen;
	(void)state;
	log_set_sink(sink);
	log_open("api", LOG_WARN);
	log_debug("x");
	log_info("x");
	assert_int_equal(nseen, before);
	log_warn("x");
	assert_int_equal(nseen, before + 1);
	log_set_sink(NULL);
}

static void keeps_a_line_a_line(void **state)
{
	char longer[6000];
	(void)state;
	log_set_sink(sink);
	log_open("api", LOG_DEBUG);
	log_info("%s", "a\nb\r\x01\x1b[31m\x7f \xc3\xb1");
	assert_string_equal(seen + 24, " api info  a\\x0ab\\x0d\\x01\\x1b[31m\\x7f \xc3\xb1");
	memset(longer, '\n', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	log_info("%s", longer);
	assert_true(strlen(seen) > 1000);
	assert_null(strchr(seen, '\n'));
	log_set_sink(NULL);
}

static void writes_to_stderr(void **state)
{
	char line[256] = "";
	int ends[2], saved = dup(STDERR_FILENO);
	(void)state;
	assert_int_equal(pipe(ends), 0);
	dup2(ends[1], STDERR_FILENO);
	log_open("notify", LOG_INFO);
	log_info("hello");
	dup2(saved, STDERR_FILENO);
	close(ends[1]);
	close(saved);
	assert_true(read(ends[0], line, sizeof(line) - 1) > 0);
	close(ends[0]);
	assert_string_equal(line + 24, " notify info  hello\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sets_and_wraps),
		cmocka_unit_test(takes_its_own_text),
		cmocka_unit_test(is_one_line_and_is_cut),
		cmocka_unit_test(is_cut_between_characters),
		cmocka_unit_test(names_all_codes),
		cmocka_unit_test(knows_levels),
		cmocka_unit_test(logs_one_line),
		cmocka_unit_test(leaves_out_what_is_below),
		cmocka_unit_test(keeps_a_line_a_line),
		cmocka_unit_test(writes_to_stderr),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
