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

#include "common/settings.h"
#include "common/topic.h"

#define ENV(...)  ((char *[]){__VA_ARGS__, NULL})
#define OVER(...) ((const char *[]){__VA_ARGS__, NULL})

static struct err err;

static struct settings *load(
	enum setting_program program, char *const *env, const char *const *overrides)
{
	struct settings *s = NULL;
	err = (struct err){0};
	if (settings_load(&s, program, env, overrides, &err) != 0)
		fail_msg("%s", err.text);
	return s;
}

/* Each value stops the start, and the error says all of the words. */
static void refused(enum setting_program program, char *const *env, const char *const *overrides,
	const char *words)
{
	struct settings *s = (struct settings *)&err; /* must become NULL */
	err = (struct err){0};
	if (settings_load(&s, program, env, overrides, &err) != -1)
		fail_msg("not refused: %s", words);
	assert_null(s);
	assert_int_equal(err.code, ERR_CONFIG);
	char copy[512], *save;
	snprintf(copy, sizeof(copy), "%s", words);
	for (char *w = strtok_r(copy, " ", &save); w != NULL; w = strtok_r(NULL, " ", &save)) {
		if (strstr(err.text, w) == NULL)
			fail_msg("\"%s\" lacks \"%s\"", err.text, w);
	}
}

static char *temp_file(const char *text, size_t len)
{
	static char path[] = "/tmp/gymchat-test-XXXXXX";
	strcpy(path + sizeof(path) - 7, "XXXXXX");
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, len), len);
	close(fd);
	return path;
}

static void has_defaults(void **state)
{
	(void)state;
	AUTO(settings) struct settings *s = load(SETTING_API, NULL, NULL);
	assert_string_equal(settings_text(s, "LISTEN"), "127.0.0.1");
	assert_int_equal(settings_number(s, "PORT"), 8080);
	assert_string_equal(settings_text(s, "LOG_LEVEL"), "info");
	assert_false(settings_on(s, "DEMO"));
	assert_true(settings_on(s, "LIMITS"));
	assert_null(settings_text(s, "PUBLIC_URL"));
	assert_null(settings_text(s, "READY_FILE"));
	assert_null(settings_text(s, "TOKEN_KEYS"));
	assert_null(settings_file(s, "TOKEN_KEYS"));
	assert_true(topic_is_key(settings_text(s, "INSTANCE")));
}

static void takes_the_environment(void **state)
{
	(void)state;
	AUTO(settings) struct settings *s = load(SETTING_API,
		ENV("PATH=/bin", "GYMCHAT=x", "gymchat_port=1", "GYMCHAT_PORT=9000",
			"GYMCHAT_DEMO=on", "GYMCHAT_LOG_LEVEL=debug", "GYMCHAT_READY_FILE=/run/r",
			"GYMCHAT_ORIGINS=https://a=b", "GYMCHAT_LISTEN=", "GYMCHAT_INSTANCE=a1"),
		NULL);
	assert_int_equal(settings_number(s, "PORT"), 9000);
	assert_true(settings_on(s, "DEMO"));
	assert_string_equal(settings_text(s, "LOG_LEVEL"), "debug");
	assert_string_equal(settings_text(s, "READY_FILE"), "/run/r");
	assert_string_equal(settings_text(s, "ORIGINS"), "https://a=b");
	assert_string_equal(settings_text(s, "LISTEN"), "127.0.0.1"); /* empty: not given */
	assert_string_equal(settings_text(s, "INSTANCE"), "a1");
}

static void overrides_win(void **state)
{
	(void)state;
	const char *path = temp_file("from the file", 13);
	AUTO(settings) struct settings *s = load(SETTING_BROKER,
		ENV("GYMCHAT_LIMIT_MESSAGES=5", "GYMCHAT_TOKEN_KEYS=from the environment"),
		OVER("limit_messages", "7", "token_keys_file", path));
	assert_int_equal(settings_number(s, "LIMIT_MESSAGES"), 7);
	assert_string_equal(settings_text(s, "TOKEN_KEYS"), "from the file");
	assert_string_equal(settings_file(s, "TOKEN_KEYS"), path);
	unlink(path);
	refused(SETTING_BROKER, NULL, OVER("limit_mesages", "7"), "GYMCHAT_LIMIT_MESAGES perhaps");
}

static void names_an_unknown_setting_and_a_likely_one(void **state)
{
	(void)state;
	refused(SETTING_API, ENV("GYMCHAT_POTR=1"), NULL,
		"GYMCHAT_POTR perhaps GYMCHAT_PORT meant");
	refused(SETTING_API, ENV("GYMCHAT_TOKENKEYS_FILE=1"), NULL,
		"GYMCHAT_TOKENKEYS_FILE perhaps GYMCHAT_TOKEN_KEYS_FILE");
	refused(SETTING_API, ENV("GYMCHAT_port=1"), NULL, "unknown GYMCHAT_port");
	refused(SETTING_API, ENV("GYMCHAT_SOMETHING_ELSE=1"), NULL,
		"unknown GYMCHAT_SOMETHING_ELSE");
	assert_null(strstr(err.text, "perhaps"));
	refused(SETTING_API, ENV("GYMCHAT_PORT_FILE=/x"), NULL, "unknown GYMCHAT_PORT_FILE");
	refused(SETTING_API, ENV("GYMCHAT_=1"), NULL, "unknown");
	char longer[300] = "GYMCHAT_";
	memset(longer + 8, 'X', 250);
	strcpy(longer + 258, "=1");
	refused(SETTING_API, ENV(longer), NULL, "unknown");
}

static void refuses_what_is_out_of_range(void **state)
{
	(void)state;
	refused(SETTING_API, ENV("GYMCHAT_PORT=0"), NULL, "GYMCHAT_PORT \"0\" 1 65535");
	refused(SETTING_API, ENV("GYMCHAT_PORT=65536"), NULL, "GYMCHAT_PORT 65535");
	refused(SETTING_API, ENV("GYMCHAT_PORT=80a"), NULL, "GYMCHAT_PORT \"80a\"");
	refused(SETTING_API, ENV("GYMCHAT_PORT= 80"), NULL, "GYMCHAT_PORT");
	refused(SETTING_API, ENV("GYMCHAT_PORT=+80"), NULL, "GYMCHAT_PORT");
	refused(SETTING_API, ENV("GYMCHAT_PORT=0x50"), NULL, "GYMCHAT_PORT");
	refused(SETTING_API, ENV("GYMCHAT_PORT=99999999999999999999"), NULL, "GYMCHAT_PORT");
	refused(SETTING_API, ENV("GYMCHAT_DEMO=yes"), NULL, "GYMCHAT_DEMO \"yes\" on off");
	refused(SETTING_API, ENV("GYMCHAT_LOG_LEVEL=loud"), NULL,
		"LOG_LEVEL error|warn|info|debug");
	refused(SETTING_API, ENV("GYMCHAT_LOG_LEVEL=inf"), NULL, "LOG_LEVEL");
	refused(SETTING_API, ENV("GYMCHAT_INSTANCE=a.b"), NULL, "INSTANCE [A-Za-z0-9_-]{1,64}");
	refused(SETTING_ARCHIVER, ENV("GYMCHAT_BATCH_MAX=-1"), NULL, "BATCH_MAX 1 10000 messages");
}

static void other_programs_values_do_not_count(void **state)
{
	(void)state;
	AUTO(settings) struct settings *s = load(SETTING_ARCHIVER,
		ENV("GYMCHAT_PORT=none", "GYMCHAT_API_DATABASE_URL_FILE=/does/not/exist",
			"GYMCHAT_URL=x", "GYMCHAT_DATABASE_URL=y", "GYMCHAT_BATCH_MAX=10"),
		NULL);
	assert_int_equal(settings_number(s, "BATCH_MAX"), 10);
	assert_null(settings_text(s, "API_DATABASE_URL"));
}

static void reads_secrets_from_files(void **state)
{
	static const struct {
		const char *text;
		size_t len;
		const char *want;
	} cases[] = {
		{"secret", 6, "secret"},
		{"secret\n", 7, "secret"},
		{"secret\r\n", 8, "secret"},
		{"secret\n\n", 8, "secret\n"},
		{"two\nlines\n", 10, "two\nlines"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char env[128];
		const char *path = temp_file(cases[i].text, cases[i].len);
		snprintf(env, sizeof(env), "GYMCHAT_SYSTEM_KEY_FILE=%s", path);
		AUTO(settings) struct settings *s = load(SETTING_API, ENV(env), NULL);
		assert_string_equal(settings_text(s, "SYSTEM_KEY"), cases[i].want);
		assert_string_equal(settings_file(s, "SYSTEM_KEY"), path);
		unlink(path);
	}
}

static void refuses_bad_secret_files(void **state)
{
	char env[128];
	(void)state;
	refused(SETTING_API, ENV("GYMCHAT_SYSTEM_KEY_FILE=/does/not/exist"), NULL,
		"GYMCHAT_SYSTEM_KEY_FILE /does/not/exist No such file");
	refused(SETTING_API, ENV("GYMCHAT_SYSTEM_KEY_FILE=/"), NULL,
		"GYMCHAT_SYSTEM_KEY_FILE directory");
	refused(SETTING_API, ENV("GYMCHAT_SYSTEM_KEY_FILE=/dev/null"), NULL, "empty");
	refused(SETTING_API, ENV("GYMCHAT_SYSTEM_KEY_FILE=/dev/zero"), NULL, "too large");
	const char *path = temp_file("a\0b", 3);
	snprintf(env, sizeof(env), "GYMCHAT_SYSTEM_KEY_FILE=%s", path);
	refused(SETTING_API, ENV(env), NULL, "NUL");
	unlink(path);
	path = temp_file("\n", 1);
	snprintf(env, sizeof(env), "GYMCHAT_SYSTEM_KEY_FILE=%s", path);
	refused(SETTING_API, ENV(env), NULL, "GYMCHAT_SYSTEM_KEY empty");
	unlink(path);
	refused(SETTING_API, ENV("GYMCHAT_SYSTEM_KEY=hush", "GYMCHAT_SYSTEM_KEY_FILE=/x"), NULL,
		"both GYMCHAT_SYSTEM_KEY GYMCHAT_SYSTEM_KEY_FILE");
	assert_null(strstr(err.text, "hush"));
}

static void trims_secrets_given_as_values(void **state)
{
	(void)state;
	AUTO(settings) struct settings *s =
			load(SETTING_API, ENV("GYMCHAT_SYSTEM_KEY=hush\n"), NULL);
	assert_string_equal(settings_text(s, "SYSTEM_KEY"), "hush");
	assert_null(settings_file(s, "SYSTEM_KEY"));
}

/* Every row: a known key, a sentence of help, a default that its own program takes. */
static void the_table_is_sound(void **state)
{
	(void)state;
	for (const struct setting *s = settings_table; s->key != NULL; s++) {
		for (const struct setting *t = s + 1; t->key != NULL; t++)
			assert_string_not_equal(s->key, t->key);
		assert_true(topic_is_key(s->key));
		assert_true(s->programs != 0);
		assert_non_null(s->unit);
		assert_true(s->help != NULL && s->help[strlen(s->help) - 1] == '.');
		assert_null(strchr(s->help, '|'));
		if (s->type == SETTING_NUMBER)
			assert_true(s->min <= s->max && s->standard != NULL);
		if (s->type == SETTING_SWITCH || s->type == SETTING_WORD)
			assert_non_null(s->standard);
		if (s->type == SETTING_SECRET)
			assert_null(s->standard);
	}
	for (unsigned program = SETTING_ARCHIVER; program <= SETTING_COMMAND; program <<= 1) {
		AUTO(settings) struct settings *s = load((enum setting_program)program, NULL, NULL);
		assert_non_null(s);
	}
}

static char *written_by(void (*write_to)(FILE *out))
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	write_to(out);
	fclose(out);
	return text;
}

static void help_of_the_archiver(FILE *out)
{
	settings_help(out, SETTING_ARCHIVER);
}

static void help_shows_its_own(void **state)
{
	(void)state;
	char *text = written_by(help_of_the_archiver);
	assert_non_null(strstr(text, "GYMCHAT_BATCH_MAX (number 1..10000 messages; default 7000)"));
	assert_non_null(strstr(text, "GYMCHAT_ARCHIVER_DATABASE_URL or _FILE (secret)"));
	assert_null(strstr(text, "GYMCHAT_PORT"));
	free(text);
}

static char *whole_file(const char *path)
{
	char *text = calloc(1, 1 << 18);
	FILE *f = fopen(path, "r");
	if (f == NULL)
		fail_msg("%s: %s", path, strerror(errno));
	text[fread(text, 1, (1 << 18) - 1, f)] = '\0';
	fclose(f);
	return text;
}

static void the_manual_has_the_table(void **state)
{
	(void)state;
	char *manual = whole_file(SETTINGS_MANUAL), *table = written_by(settings_markdown);
	char *from = strstr(manual, "<!-- settings -->\n"),
	     *to = strstr(manual, "<!-- /settings -->");
	assert_true(from != NULL && to != NULL);
	from += strlen("<!-- settings -->\n");
	*to = '\0';
	if (strcmp(from, table) != 0)
		fail_msg("docs/settings.md is not the table of common/settings_table.c: run "
			 "cmake --build build/release --target settings-manual");
	free(manual);
	free(table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(has_defaults),
		cmocka_unit_test(takes_the_environment),
		cmocka_unit_test(overrides_win),
		cmocka_unit_test(names_an_unknown_setting_and_a_likely_one),
		cmocka_unit_test(refuses_what_is_out_of_range),
		cmocka_unit_test(other_programs_values_do_not_count),
		cmocka_unit_test(reads_secrets_from_files),
		cmocka_unit_test(refuses_bad_secret_files),
		cmocka_unit_test(trims_secrets_given_as_values),
		cmocka_unit_test(the_table_is_sound),
		cmocka_unit_test(help_shows_its_own),
		cmocka_unit_test(the_manual_has_the_table),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
