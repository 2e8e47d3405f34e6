#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/site.h"

static char folder[64];
static struct site *site;

static void put(const char *path, const char *text)
{
	char whole[200];
	snprintf(whole, sizeof(whole), "%s/%s", folder, path);
	FILE *file = fopen(whole, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void put_folder(const char *path)
{
	char whole[200];
	snprintf(whole, sizeof(whole), "%s/%s", folder, path);
	assert_int_equal(mkdir(whole, 0755), 0);
}

static int make_site(void **state)
{
	struct err err = {0};
	char link[200];
	(void)state;
	strcpy(folder, "/tmp/gymchat-site-XXXXXX");
	assert_non_null(mkdtemp(folder));
	put_folder("assets");
	put_folder("demo");
	put("index.html", "<!doctype html>");
	put("gym-chat.js", "export {}");
	put("demo/index.html", "demos");
	put("demo/client.html", "client");
	put("assets/page.VQEI2D7Z.css", "body { color: red; }");
	put("assets/page.VQEI2D7Z.css.gz", "gz");
	put("assets/page.VQEI2D7Z.css.br", "b");
	put("assets/plain.css", "a { }");
	put("assets/worse.ABCDEFGH.js", "x");
	put("assets/worse.ABCDEFGH.js.gz", "longer than x");
	put("assets/alone.js.gz", "no plain file");
	put(".secret", "no");
	snprintf(link, sizeof(link), "%s/passwd", folder);
	assert_int_equal(symlink("/etc/passwd", link), 0);
	return site_load(&site, folder, &err);
}

static int drop_site(void **state)
{
	char command[100];
	(void)state;
	site_free(&site);
	assert_null(site);
	snprintf(command, sizeof(command), "rm -r %s", folder);
	return system(command);
}

static void finds_files_by_their_names(void **state)
{
	static const struct {
		const char *path, *file, *type; /* NULL: none */
	} cases[] = {
		{"/", "/index.html", "text/html; charset=utf-8"},
		{"/index.html", "/index.html", "text/html; charset=utf-8"},
		{"/gym-chat.js", "/gym-chat.js", "text/javascript; charset=utf-8"},
		{"/demo/", "/demo/index.html", "text/html; charset=utf-8"},
		{"/demo/client", "/demo/client.html", "text/html; charset=utf-8"},
		{"/assets/page.VQEI2D7Z.css", "/assets/page.VQEI2D7Z.css",
			"text/css; charset=utf-8"},
		{"/demo", NULL, NULL},
		{"/assets/", NULL, NULL},
		{"/assets/page.VQEI2D7Z.css.gz", NULL, NULL},
		{"/assets/alone.js", NULL, NULL},
		{"/.secret", NULL, NULL},
		{"/passwd", NULL, NULL},
		{"/../etc/passwd", NULL, NULL},
		{"/demo/../index.html", NULL, NULL},
		{"//index.html", NULL, NULL},
		{"", NULL, NULL},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct site_file *file = site_find(site, cases[i].path);
		if ((file == NULL) != (cases[i].file == NULL))
			fail_msg("%s: %s", cases[i].path, file ? file->path : "not found");
		if (file == NULL)
			continue;
		assert_string_equal(file->path, cases[i].file);
		assert_string_equal(file->type, cases[i].type);
	}
}

static void survives_long_paths(void **state)
{
	static char path[10000];
	(void)state;
	memset(path, 'a', sizeof(path) - 1);
	path[0] = '/';
	assert_null(site_find(site, path));
	path[sizeof(path) - 2] = '/';
	assert_null(site_find(site, path));
}

static void knows_what_never_changes(void **state)
{
	(void)state;
	assert_true(site_find(site, "/assets/page.VQEI2D7Z.css")->is_fixed);
	assert_false(site_find(site, "/assets/plain.css")->is_fixed);
	assert_false(site_find(site, "/gym-chat.js")->is_fixed);
	assert_true(site_find(site, "/demo/client")->is_page);
	assert_false(site_find(site, "/gym-chat.js")->is_page);
}

static void chooses_the_smallest_that_is_taken(void **state)
{
	static const struct {
		const char *accept;
		enum site_coding coding;
	} cases[] = {
		{NULL, SITE_PLAIN},
		{"", SITE_PLAIN},
		{"gzip", SITE_GZIP},
		{"gzip, deflate, br", SITE_BROTLI},
		{"deflate , BR;q=0.5", SITE_BROTLI},
		{"br;q=0, gzip;q=0.1", SITE_GZIP},
		{"br; q=0.000", SITE_PLAIN},
		{"brotli, xgzip", SITE_PLAIN},
		{",,;q=,", SITE_PLAIN},
	};
	const struct site_file *page = site_find(site, "/assets/page.VQEI2D7Z.css");
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		if (site_choose(page, cases[i].accept) != cases[i].coding)
			fail_msg("%s", cases[i].accept);
	}
	assert_int_equal(
		site_choose(site_find(site, "/assets/worse.ABCDEFGH.js"), "gzip"), SITE_PLAIN);
}

static void tells_variants_apart_by_their_tags(void **state)
{
	const struct site_file *page = site_find(site, "/assets/page.VQEI2D7Z.css");
	const char *tag = page->bodies[SITE_PLAIN].tag;
	char list[100];
	(void)state;
	assert_string_not_equal(tag, page->bodies[SITE_GZIP].tag);
	assert_true(site_has_tag(tag, tag));
	assert_true(site_has_tag("*", tag));
	snprintf(list, sizeof(list), "\"x\", W/%s", tag);
	assert_true(site_has_tag(list, tag));
	assert_false(site_has_tag(NULL, tag));
	assert_false(site_has_tag("\"x\"", tag));
}

static void says_which_folder_is_missing(void **state)
{
	struct site *none = NULL;
	struct err err = {0};
	(void)state;
	assert_int_equal(site_load(&none, "/nonexistent/dist", &err), -1);
	assert_int_equal(err.code, ERR_CONFIG);
	assert_non_null(strstr(err.text, "/nonexistent/dist"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_files_by_their_names),
		cmocka_unit_test(survives_long_paths),
		cmocka_unit_test(knows_what_never_changes),
		cmocka_unit_test(chooses_the_smallest_that_is_taken),
		cmocka_unit_test(tells_variants_apart_by_their_tags),
		cmocka_unit_test(says_which_folder_is_missing),
	};
	return cmocka_run_group_tests(tests, make_site, drop_site);
}
