#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/log.h"
#include "kiosk/spool.h"

#define ID "0190f5fe-7c00-7a00-8000-000000000001"

static char folder[64];

static int folder_make(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/gymchat-spool-XXXXXX");
	return mkdtemp(folder) == NULL;
}

static int folder_remove(void **state)
{
	char command[128];
	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	return system(command);
}

static struct spool *spool_new(unsigned max)
{
	struct spool *spool = NULL;
	struct err err = {0};
	if (spool_open(&spool, folder, max, &err) != 0)
		fail_msg("%s", err.text);
	return spool;
}

static uint64_t add(struct spool *spool, const char *room, const char *payload)
{
	struct spool_entry entry = {.gym = "demo", .sub = "entrada", .id = ID};
	struct err err = {0};
	strcpy(entry.room, room);
	strcpy(entry.payload, payload);
	entry.len = strlen(payload);
	if (spool_add(spool, &entry, &err) != 0)
		fail_msg("%s", err.text);
	return entry.ordinal;
}

static void put_file(const char *name, const char *text)
{
	char path[160];
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static bool has_file(const char *name)
{
	char path[160];
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return access(path, F_OK) == 0;
}

static int count(struct spool *spool)
{
	uint64_t *list;
	int len = spool_list(spool, &list, NULL);
	free(list);
	return len;
}

static void keeps_entries_in_order(void **state)
{
	struct spool *spool = spool_new(100);
	struct spool_entry entry;
	uint64_t *list;
	(void)state;
	for (int i = 0; i < 12; i++)
		assert_int_equal(add(spool, "ana", "{\"a\":\"line\\nand \xc3\xb1\"}"), i + 1);
	spool_remove(spool, 3);
	spool_free(&spool);
	spool = spool_new(100);
	assert_int_equal(spool_list(spool, &list, NULL), 11);
	for (int i = 0; i < 11; i++)
		assert_int_equal(list[i], i < 2 ? i + 1 : i + 2);
	free(list);
	assert_int_equal(spool_read(spool, 12, &entry, NULL), 1);
	assert_string_equal(entry.gym, "demo");
	assert_string_equal(entry.sub, "entrada");
	assert_string_equal(entry.room, "ana");
	assert_string_equal(entry.id, ID);
	assert_string_equal(entry.payload, "{\"a\":\"line\\nand \xc3\xb1\"}");
	assert_int_equal(entry.len, strlen(entry.payload));
	assert_int_equal(spool_read(spool, 3, &entry, NULL), 0);
	assert_int_equal(add(spool, "ana", "{}"), 13);
	spool_free(&spool);
}

static void the_largest_message_fits(void **state)
{
	struct spool *spool = spool_new(100);
	struct spool_entry entry = {
		.gym = "g", .sub = "s", .room = "r", .id = ID, .len = ENVELOPE_BYTES_MAX};
	(void)state;
	memset(entry.gym, 'g', TOPIC_KEY_MAX);
	memset(entry.sub, 's', TOPIC_KEY_MAX);
	memset(entry.room, 'r', TOPIC_KEY_MAX);
	memset(entry.payload, 'x', ENVELOPE_BYTES_MAX);
	assert_int_equal(spool_add(spool, &entry, NULL), 0);
	assert_int_equal(spool_read(spool, entry.ordinal, &entry, NULL), 1);
	assert_int_equal(entry.len, ENVELOPE_BYTES_MAX);
	assert_int_equal(strlen(entry.room), TOPIC_KEY_MAX);
	spool_free(&spool);
}

static void what_is_no_entry_is_set_aside(void **state)
{
	static const char *const broken[] = {"", "1 demo entrada ana",
		"1 demo entrada ana " ID "\n", "1 demo entrada ana " ID "\n{}",
		"2 demo entrada ana " ID "\n{}\n", "1 demo entrada a+a " ID "\n{}\n",
		"1 demo entrada ana no-uuid\n{}\n", "1 demo entrada ana " ID " more\n{}\n"};
	struct spool *spool = spool_new(100);
	struct spool_entry entry;
	(void)state;
	for (size_t i = 0; i < COUNT(broken); i++) {
		put_file("0000000000000007.entry", broken[i]);
		if (spool_read(spool, 7, &entry, NULL) != 0 || has_file("0000000000000007.entry") ||
			!has_file("0000000000000007.bad"))
			fail_msg("taken: %s", broken[i]);
	}
	put_file("notes.txt", "x");
	put_file("7.entry.old", "x");
	assert_int_equal(count(spool), 0);
	spool_free(&spool);
}

static void a_full_spool_refuses_and_keeps(void **state)
{
	struct spool *spool = spool_new(2);
	struct spool_entry entry = {
		.gym = "g", .sub = "s", .room = "r", .id = ID, .len = 2, .payload = "{}"};
	struct err err = {0};
	(void)state;
	add(spool, "ana", "{}");
	add(spool, "ana", "{}");
	assert_int_equal(spool_add(spool, &entry, &err), -1);
	assert_int_equal(err.code, ERR_LIMIT);
	assert_int_equal(count(spool), 2);
	spool_free(&spool);
}

/* A count that is believed, though it is wrong: that of this start of the machine. */
static void count_of_now(char buf[80])
{
	char boot[37] = "";
	FILE *file = fopen("/proc/sys/kernel/random/boot_id", "r");
	assert_non_null(file);
	assert_int_equal(fread(boot, 1, 36, file), 36);
	fclose(file);
	snprintf(buf, 80, "0000000000000001 0000000001 %s\n", boot);
}

/* add.lock is not synced: after a power cut it may be older than the entries, or half there. */
static void an_old_count_overwrites_nothing(void **state)
{
	char of_now[80];
	const char *const found[] = {"0000000000000001 0000000001\n", "", "0000000000000001 00",
		"nonsense", "0000000000000000 0000000000\n", of_now};
	struct spool *spool = spool_new(100);
	(void)state;
	count_of_now(of_now);
	for (uint64_t i = 1; i <= 3; i++)
		assert_int_equal(add(spool, "ana", "{}"), i);
	for (size_t i = 0; i < COUNT(found); i++) {
		put_file("add.lock", found[i]);
		assert_int_equal(add(spool, "ana", "{}"), 4 + i);
		assert_int_equal(count(spool), 4 + i);
	}
	spool_free(&spool);
}

#define OLD_BOOT  "00000000-0000-4000-8000-000000000000"
#define OLD_COUNT "0000000000000001 0000000001 " OLD_BOOT "\n"

/* What waits was said before: a count of the time before the power cut must not put a new entry in
 * front of it. */
static void an_old_count_gets_nobody_ahead(void **state)
{
	struct spool *spool = spool_new(100);
	uint64_t *list;
	(void)state;
	for (uint64_t i = 1; i <= 3; i++)
		assert_int_equal(add(spool, "ana", "{}"), i);
	spool_remove(spool, 1);
	spool_remove(spool, 2);
	put_file("add.lock", OLD_COUNT);
	assert_int_equal(add(spool, "ana", "{}"), 4);
	assert_int_equal(add(spool, "ana", "{}"), 5);
	assert_int_equal(spool_list(spool, &list, NULL), 3);
	assert_int_equal(list[0], 3);
	free(list);
	spool_free(&spool);
}

static void ordinals_are_not_given_twice_and_room_is_found_again(void **state)
{
	struct spool *spool = spool_new(2);
	(void)state;
	assert_int_equal(add(spool, "ana", "{}"), 1);
	assert_int_equal(add(spool, "ana", "{}"), 2);
	for (uint64_t i = 2; i < 50; i++) {
		spool_remove(spool, i);
		assert_int_equal(add(spool, "ana", "{}"), i + 1);
	}
	spool_free(&spool);
}

static void one_at_a_time_has_the_lock(void **state)
{
	struct spool *first = spool_new(9), *second = spool_new(9);
	(void)state;
	assert_int_equal(spool_lock(first, NULL), 1);
	assert_int_equal(spool_lock(first, NULL), 1);
	assert_int_equal(spool_lock(second, NULL), 0);
	spool_free(&first);
	assert_int_equal(spool_lock(second, NULL), 1);
	spool_free(&second);
}

/* Eight processes at once: no ordinal twice, nothing lost. */
static void many_may_add(void **state)
{
	enum { PROCESSES = 8, EACH = 25 };
	pid_t children[PROCESSES];
	(void)state;
	for (int i = 0; i < PROCESSES; i++) {
		children[i] = fork();
		if (children[i] != 0)
			continue;
		struct spool *spool = spool_new(1000);
		for (int n = 0; n < EACH; n++)
			add(spool, "ana", "{}");
		spool_free(&spool);
		_exit(0);
	}
	for (int i = 0; i < PROCESSES; i++) {
		int status = -1;
		assert_int_equal(waitpid(children[i], &status, 0), children[i]);
		assert_int_equal(status, 0);
	}
	struct spool *spool = spool_new(1000);
	assert_int_equal(count(spool), PROCESSES * EACH);
	assert_int_equal(add(spool, "ana", "{}"), PROCESSES * EACH + 1);
	spool_free(&spool);
}

static void results_are_taken_once(void **state)
{
	struct spool *spool = spool_new(9);
	char line[SPOOL_RESULT_MAX];
	(void)state;
	assert_int_equal(spool_take_result(spool, ID, line), 0);
	spool_put_result(spool, ID, "{\"state\":\"stored\"}");
	assert_int_equal(spool_take_result(spool, ID, line), 1);
	assert_string_equal(line, "{\"state\":\"stored\"}");
	assert_int_equal(spool_take_result(spool, ID, line), 0);
	spool_free(&spool);
}

static void left_overs_are_swept_and_entries_never(void **state)
{
	static const char *const names[] = {
		"1.half", ID ".result", "0000000000000001.entry", "0000000000000002.bad"};
	struct timespec old[2] = {{.tv_sec = time(NULL) - 3600}, {.tv_sec = time(NULL) - 3600}};
	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		char path[160];
		put_file(names[i], "x");
		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		assert_int_equal(utimensat(AT_FDCWD, path, old, 0), 0);
	}
	put_file("2.half", "young");
	struct spool *spool = spool_new(9);
	assert_false(has_file(names[0]));
	assert_false(has_file(names[1]));
	assert_true(has_file(names[2]));
	assert_true(has_file(names[3]));
	assert_true(has_file("2.half"));
	spool_free(&spool);
}

static void makes_its_folder_but_no_more(void **state)
{
	char path[80];
	struct spool *spool = NULL;
	struct err err = {0};
	struct stat about;
	(void)state;
	snprintf(path, sizeof(path), "%s/new", folder);
	assert_int_equal(spool_open(&spool, path, 9, &err), 0);
	assert_int_equal(stat(path, &about), 0);
	assert_int_equal(about.st_mode & 0777, 0700);
	assert_string_equal(spool_path(spool), path);
	spool_free(&spool);
	snprintf(path, sizeof(path), "%s/no/new", folder);
	assert_int_equal(spool_open(&spool, path, 9, &err), -1);
	assert_int_equal(err.code, ERR_CONFIG);
	assert_null(spool);
}

static void ignore_line(enum log_level level, const char *line)
{
	(void)level;
	(void)line;
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_make, folder_remove)
	const struct CMUnitTest tests[] = {TEST(keeps_entries_in_order),
		TEST(the_largest_message_fits), TEST(what_is_no_entry_is_set_aside),
		TEST(a_full_spool_refuses_and_keeps), TEST(an_old_count_overwrites_nothing),
		TEST(an_old_count_gets_nobody_ahead),
		TEST(ordinals_are_not_given_twice_and_room_is_found_again),
		TEST(one_at_a_time_has_the_lock), TEST(many_may_add), TEST(results_are_taken_once),
		TEST(left_overs_are_swept_and_entries_never), TEST(makes_its_folder_but_no_more)};
	log_set_sink(ignore_line);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
