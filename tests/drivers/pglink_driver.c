/* pglink_driver.c - puts a pglink into a test's hands: commands come on stdin, events leave on
 * stdout, a line each. pglink_driver CONNINFO SCHEMA_VERSION pipeline|plain QUERY_TIMEOUT_MS
 * [SETUP] Commands (TAG names the answer): query TAG STATEMENT [ARG]   statements: echo, fail,
 * sleep, wide, bad script TAG SQL              plain only copy TAG ROWS               plain only:
 * COPY into a temporary table, then count what is there nest TAG                    a query whose
 * callback asks the next one free TAG                    a query whose callback frees the link;
 * those behind it fail at once forget TAG | drop | waiting | quit Events: up, down CODE SQLSTATE
 * TEXT, answer TAG ok VALUE, answer TAG CODE SQLSTATE TEXT, waiting N, closed */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "common/err.h"
#include "common/pglink.h"

enum { SQL_ECHO, SQL_FAIL, SQL_SLEEP, SQL_WIDE };

static const struct sql_query statements[] = {
	[SQL_ECHO] = {"echo", 1, "SELECT pg_backend_pid() || ' ' || coalesce($1::text, 'null')"},
	[SQL_FAIL] = {"fail", 1, "SELECT 1 / $1::int"},
	[SQL_SLEEP] = {"sleep", 1,
		"SELECT coalesce(nullif(pg_sleep($1::float8)::text, ''), 'slept')"},
	[SQL_WIDE] = {"wide", 1, "SELECT length($1::text)::text"},
};

static uv_loop_t *loop;
static struct pglink *link_;
static uv_pipe_t input;
static char line[1 << 16];
static size_t line_len;

struct request {
	char tag[32];
	char *data;
	void (*then)(void);
};

static const char *dash(const char *text)
{
	return text[0] == '\0' ? "-" : text;
}

static void on_up(void *ctx)
{
	(void)ctx;
	puts("up");
}

static void on_down(void *ctx, const struct err *err)
{
	(void)ctx;
	printf("down %s %s %s\n", err_code_name(err->code), dash(err->sqlstate), err->text);
}

static void on_answer(void *ctx, PGresult *res, const struct err *err)
{
	struct request *request = ctx;
	if (err != NULL)
		printf("answer %s %s %s %s\n", request->tag, err_code_name(err->code),
			dash(err->sqlstate), err->text);
	else
		printf("answer %s ok %s\n", request->tag,
			PQntuples(res) > 0 ? PQgetvalue(res, 0, 0) : PQcmdStatus(res));
	if (request->then != NULL)
		request->then();
	free(request->data);
	free(request);
}

static struct request *request_new(const char *tag)
{
	struct request *request = calloc(1, sizeof(*request));
	assert(request != NULL);
	snprintf(request->tag, sizeof(request->tag), "%s", tag);
	return request;
}

static void ask(const char *tag, unsigned sql, const char *arg, void (*then)(void))
{
	struct request *request = request_new(tag);
	const char *values[] = {arg};
	request->then = then;
	pglink_query(link_, sql, values, NULL, NULL, false, on_answer, request);
}

static void do_query(const char *tag, char *rest)
{
	char *arg = strchr(rest, ' ');
	if (arg != NULL)
		*arg++ = '\0';
	for (unsigned i = 0; i < COUNT(statements); i++) {
		if (strcmp(rest, statements[i].name) != 0)
			continue;
		if (i == SQL_WIDE) {
			size_t len = strtoul(arg, NULL, 10);
			char *wide = malloc(len + 1);
			assert(wide != NULL);
			memset(wide, 'x', len);
			wide[len] = '\0';
			ask(tag, i, wide, NULL);
			free(wide);
		} else {
			ask(tag, i, arg, NULL);
		}
	}
}

static void do_copy(const char *tag, size_t rows)
{
	struct request *request = request_new(tag);
	size_t len = 0;
	request->data = malloc(rows * 64 + 1);
	assert(request->data != NULL);
	for (size_t i = 0; i < rows; i++)
		len += (size_t)sprintf(
			request->data + len, "%zu\tsomething that is worth sending\n", i);
	pglink_copy(link_,
		"BEGIN; CREATE TEMP TABLE sent (n int PRIMARY KEY CHECK (n <> 666666), t text) ON "
		"COMMIT DROP;"
		" COPY sent FROM STDIN",
		request->data, len,
		"SELECT count(*)::text || ' ' || sum(n)::text FROM sent; COMMIT", on_answer,
		request);
}

static void nested(void)
{
	ask("nested", SQL_ECHO, "inner", NULL);
}

static void freeing(void)
{
	pglink_free(&link_);
	puts("freed");
}

static void quit(void)
{
	pglink_free(&link_);
	if (!uv_is_closing((uv_handle_t *)&input))
		uv_close((uv_handle_t *)&input, NULL);
}

/* Forgets everything that was asked with a tag by asking once more under a context that is then
 * forgotten. */
static void do_forget(const char *tag)
{
	struct request *request = request_new(tag);
	const char *values[] = {"forgotten"};
	pglink_query(link_, SQL_ECHO, values, NULL, NULL, false, on_answer, request);
	pglink_forget(link_, request);
	free(request);
}

static void do_line(char *text)
{
	char *tag = strchr(text, ' ');
	if (tag != NULL)
		*tag++ = '\0';
	char *rest = tag == NULL ? NULL : strchr(tag, ' ');
	if (rest != NULL)
		*rest++ = '\0';
	if (strcmp(text, "query") == 0)
		do_query(tag, rest);
	else if (strcmp(text, "script") == 0)
		pglink_script(link_, rest, on_answer, request_new(tag));
	else if (strcmp(text, "copy") == 0)
		do_copy(tag, strtoul(rest, NULL, 10));
	else if (strcmp(text, "nest") == 0)
		ask(tag, SQL_ECHO, "outer", nested);
	else if (strcmp(text, "free") == 0)
		ask(tag, SQL_ECHO, "last", freeing);
	else if (strcmp(text, "forget") == 0)
		do_forget(tag);
	else if (strcmp(text, "drop") == 0)
		pglink_drop(
			link_, &(struct err){.code = ERR_DB_DOWN, .text = "dropped by the test"});
	else if (strcmp(text, "waiting") == 0)
		printf("waiting %u\n", pglink_waiting(link_));
	else if (strcmp(text, "quit") == 0)
		quit();
}

static void on_alloc(uv_handle_t *handle, size_t wanted, uv_buf_t *buf)
{
	(void)handle;
	(void)wanted;
	*buf = uv_buf_init(line + line_len, (unsigned)(sizeof(line) - line_len));
}

static void on_input(uv_stream_t *stream, ssize_t len, const uv_buf_t *buf)
{
	(void)buf;
	if (len < 0) {
		uv_read_stop(stream);
		quit();
		return;
	}
	line_len += (size_t)len;
	char *end;
	while ((end = memchr(line, '\n', line_len)) != NULL) {
		*end = '\0';
		do_line(line);
		line_len -= (size_t)(end + 1 - line);
		memmove(line, end + 1, line_len);
	}
}

int main(int argc, char **argv)
{
	if (argc < 5)
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	loop = uv_default_loop();
	struct pglink_options options = {.conninfo = argv[1],
		.application = "pglink_driver",
		.sql = statements,
		.nsql = COUNT(statements),
		.schema_version = argv[2],
		.pipeline = strcmp(argv[3], "pipeline") == 0,
		.setup = argc > 5 ? argv[5] : NULL,
		.connect_timeout_ms = 2000,
		.query_timeout_ms = atoi(argv[4]),
		.on_up = on_up,
		.on_down = on_down};
	link_ = pglink_new(loop, &options);
	pglink_start(link_);
	uv_pipe_init(loop, &input, 0);
	uv_pipe_open(&input, 0);
	uv_read_start((uv_stream_t *)&input, on_alloc, on_input);
	uv_run(loop, UV_RUN_DEFAULT);
	puts("closed");
	return uv_loop_close(loop);
}
