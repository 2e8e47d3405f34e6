/* main.c - gymchat-archiver: settings, signals, and the loop. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "archiver/archive.h"
#include "common/log.h"
#include "common/settings.h"

extern char **environ;

struct program {
	uv_loop_t loop;
	uv_signal_t term, interrupt;
	struct archive *archive;
	int exit_code;
};

static void on_signal(uv_signal_t *handle, int number)
{
	struct program *program = handle->data;
	(void)number;
	archive_stop(program->archive);
}

/* Its last callback may come out of its own functions: it is freed when the loop has ended. */
static void on_stopped(void *ctx, int exit_code)
{
	struct program *program = ctx;
	program->exit_code = exit_code;
	uv_stop(&program->loop);
}

static void watch_signal(struct program *program, uv_signal_t *handle, int number)
{
	uv_signal_init(&program->loop, handle);
	handle->data = program;
	uv_signal_start(handle, on_signal, number);
}

static int need(const struct settings *settings, const char *key)
{
	if (settings_text(settings, key) != NULL)
		return 0;
	log_error("GYMCHAT_%s is missing (or GYMCHAT_%s_FILE)", key, key);
	return -1;
}

static struct archive_options options_of(
	const struct settings *settings, struct systoken *token, struct program *program)
{
	const char *socket = settings_text(settings, "MQTT_SOCKET");
	return (struct archive_options){
		.database_url = settings_text(settings, "ARCHIVER_DATABASE_URL"),
		.mqtt_host = socket != NULL ? socket : settings_text(settings, "MQTT_HOST"),
		.mqtt_port = socket != NULL ? 0 : (int)settings_number(settings, "MQTT_PORT"),
		.instance = settings_text(settings, "INSTANCE"),
		.ready_file = settings_text(settings, "READY_FILE"),
		.batch_max = (unsigned)settings_number(settings, "BATCH_MAX"),
		.warn_queued = (uint64_t)settings_number(settings, "WARN_QUEUED"),
		.has_notices = settings_on(settings, "NOTICES"),
		.token = token,
		.ctx = program,
		.on_stopped = on_stopped};
}

static int run(const struct settings *settings, struct systoken *token)
{
	struct program program = {0};
	struct archive_options options = options_of(settings, token, &program);
	signal(SIGPIPE, SIG_IGN);
	uv_loop_init(&program.loop);
	watch_signal(&program, &program.term, SIGTERM);
	watch_signal(&program, &program.interrupt, SIGINT);
	program.archive = archive_new(&program.loop, &options);
	archive_start(program.archive);
	uv_run(&program.loop, UV_RUN_DEFAULT);
	archive_free(&program.archive);
	uv_close((uv_handle_t *)&program.term, NULL);
	uv_close((uv_handle_t *)&program.interrupt, NULL);
	uv_run(&program.loop, UV_RUN_DEFAULT);
	uv_loop_close(&program.loop);
	return program.exit_code;
}

/* The archiver's session at the broker must be found again after a restart, so its name has no
 * process id in it. */
static int load(struct settings **settings, struct err *err)
{
	static const char *const instance[] = {"instance", "main", NULL};
	bool is_given = getenv("GYMCHAT_INSTANCE") != NULL;
	return settings_load(settings, SETTING_ARCHIVER, environ, is_given ? NULL : instance, err);
}

static int program(void)
{
	struct err err = {0};
	AUTO(settings) struct settings *settings = NULL;
	struct systoken *token = NULL;
	log_open("archiver", LOG_INFO);
	if (load(&settings, &err) != 0) {
		log_error("%s", err.text);
		return 2;
	}
	log_open("archiver", (enum log_level)log_level_parse(settings_text(settings, "LOG_LEVEL")));
	if (need(settings, "ARCHIVER_DATABASE_URL") != 0)
		return 2;
	if (systoken_new(&token, settings, "archiver", &err) != 0) {
		log_error("%s", err.text);
		return 2;
	}
	int code = run(settings, token);
	systoken_free(&token);
	return code;
}

int main(int argc, char **argv)
{
	if (argc == 1)
		return program();
	if (strcmp(argv[1], "--version") == 0) {
		puts("gymchat-archiver " GYMCHAT_VERSION);
		return 0;
	}
	bool is_help = strcmp(argv[1], "--help") == 0;
	FILE *out = is_help ? stdout : stderr;
	fputs("usage: gymchat-archiver [--help | --version]\n"
	      "Stores what the broker hands on in PostgreSQL, each message once and in order, and "
	      "acknowledges it then.\n",
		out);
	settings_help(out, SETTING_ARCHIVER);
	return is_help ? 0 : 2;
}
