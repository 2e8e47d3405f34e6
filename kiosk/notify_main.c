/* gymchat-notify - says something in a room from a turnstile, a check-in screen or a script:
 * docs/notify.md. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "common/settings.h"
#include "common/token.h"
#include "common/when.h"
#include "kiosk/notify.h"

#define WAIT_STANDARD_SEC 10
#define WAIT_MAX_SEC	  (365L * 86400)

extern char **environ;

static const char usage[] =
	"Usage: gymchat-notify --room ROOM --text TEXT [--kind KIND] [--id UUID] [options]\n"
	"       gymchat-notify --lines [options]   JSON lines on stdin: "
	"{\"room\":\"ana\",\"text\":\"...\"}\n"
	"       gymchat-notify --drain [options]   sends what earlier runs left in the spool\n"
	"Keeps each message in the spool until it is stored, and prints a line of JSON about "
	"each.\n"
	"\n"
	"  --room ROOM     key of the room, e.g. the client's id\n"
	"  --text TEXT     what is said, 1 to 4000 characters\n"
	"  --kind KIND     what it is, e.g. checkin; default: text\n"
	"  --id UUID       its id (version 4 or 7), for who repeats the command; default: a new "
	"one\n"
	"  --wait SECONDS  for the archive, after the end of the input; 0: queues only; forever; "
	"default 10\n"
	"  --quiet         prints nothing on stdout\n"
	"  --help, --version\n"
	"\n"
	"Ends with 0 all stored, 1 something was rejected, 2 something is still queued (a later "
	"run sends\n"
	"it), 3 wrong use or settings, 4 the spool could not keep it.\n"
	"\n";

enum notify_option {
	OPT_ROOM = 1,
	OPT_TEXT,
	OPT_KIND,
	OPT_ID,
	OPT_LINES,
	OPT_DRAIN,
	OPT_WAIT,
	OPT_QUIET,
	OPT_HELP,
	OPT_VERSION
};

static const struct option options[] = {
	{"room", required_argument, NULL, OPT_ROOM},
	{"text", required_argument, NULL, OPT_TEXT},
	{"kind", required_argument, NULL, OPT_KIND},
	{"id", required_argument, NULL, OPT_ID},
	{"lines", no_argument, NULL, OPT_LINES},
	{"drain", no_argument, NULL, OPT_DRAIN},
	{"wait", required_argument, NULL, OPT_WAIT},
	{"quiet", no_argument, NULL, OPT_QUIET},
	{"help", no_argument, NULL, OPT_HELP},
	{"version", no_argument, NULL, OPT_VERSION},
	{NULL, 0, NULL, 0},
};

struct run {
	struct compose words;
	struct notify_options notify;
	struct settings *settings;
	struct identity identity;
	int printed; /* --help or --version: nothing else is done */
};

static int take_wait(struct run *run, const char *text)
{
	char *end;
	if (strcmp(text, "forever") == 0) {
		run->notify.wait_ms = -1;
		return 0;
	}
	long sec = strtol(text, &end, 10);
	if (end == text || *end != '\0' || sec < 0 || sec > WAIT_MAX_SEC)
		return -1;
	run->notify.wait_ms = sec * 1000;
	return 0;
}

static void print_about(struct run *run, int option)
{
	run->printed = 1;
	if (option == OPT_VERSION) {
		puts("gymchat-notify " GYMCHAT_VERSION);
		return;
	}
	fputs(usage, stdout);
	settings_help(stdout, SETTING_NOTIFY);
}

static int take_option(struct run *run, int option)
{
	switch (option) {
	case OPT_ROOM: run->words.room = optarg; return 0;
	case OPT_TEXT: run->words.text = optarg; return 0;
	case OPT_KIND: run->words.kind = optarg; return 0;
	case OPT_ID: run->words.id = optarg; return 0;
	case OPT_LINES: run->notify.input = STDIN_FILENO; return 0;
	case OPT_DRAIN: run->notify.drains = true; return 0;
	case OPT_WAIT: return take_wait(run, optarg);
	case OPT_QUIET: run->notify.is_quiet = true; return 0;
	case OPT_HELP:
	case OPT_VERSION: print_about(run, option); return 0;
	default: return -1;
	}
}

/* Exactly one of the three ways. */
static int take_arguments(struct run *run, int argc, char **argv, struct err *err)
{
	int option;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
		if (take_option(run, option) < 0)
			return err_set(err, ERR_CONFIG, "wrong option, see --help");
	bool has_words = run->words.room != NULL || run->words.text != NULL;
	if (run->printed)
		return 0;
	if (optind < argc || has_words + (run->notify.input >= 0) + run->notify.drains != 1)
		return err_set(err, ERR_CONFIG,
			"one of --room with --text, --lines, --drain expected, see --help");
	if (has_words && (run->words.room == NULL || run->words.text == NULL))
		return err_set(err, ERR_CONFIG, "--room and --text belong together");
	if (!has_words && (run->words.kind != NULL || run->words.id != NULL))
		return err_set(err, ERR_CONFIG, "--kind and --id belong to --room");
	run->notify.words = has_words ? &run->words : NULL;
	return 0;
}

/* ---- the token ---- */

static int read_token_file(const char *path, char *buf, size_t size, struct err *err)
{
	FILE *file = fopen(path, "re");
	if (file == NULL)
		return err_set(err, ERR_CONFIG, "GYMCHAT_TOKEN_FILE %s cannot be read", path);
	size_t len = fread(buf, 1, size - 1, file);
	fclose(file);
	buf[len] = '\0';
	buf[strcspn(buf, "\r\n")] = '\0';
	return 0;
}

/* A file is read for each connection: whoever made it may have renewed it. */
static int read_token(const struct run *run, char *buf, size_t size, struct err *err)
{
	const char *path = settings_file(run->settings, "TOKEN"),
		   *value = settings_text(run->settings, "TOKEN");
	if (path != NULL)
		return read_token_file(path, buf, size, err);
	if (value == NULL || strlen(value) >= size)
		return err_set(err, ERR_CONFIG,
			"GYMCHAT_TOKEN_FILE (or GYMCHAT_TOKEN) must give the kiosk's token");
	strcpy(buf, value);
	return 0;
}

static int give_token(void *ctx, char *buf, size_t size, struct err *err)
{
	struct run *run = ctx;
	struct identity now;
	if (read_token(run, buf, size, err) < 0 || identity_read(buf, &now, err) < 0)
		return -1;
	if (strcmp(now.gym, run->identity.gym) != 0 || strcmp(now.sub, run->identity.sub) != 0)
		return err_set(
			err, ERR_CONFIG, "the token file is of another kiosk now: start again");
	if (now.exp <= when_now_us() / 1000000)
		return err_set(err, ERR_EXPIRED,
			"the token has expired: a new one must be put into the settings");
	return 0;
}

/* ---- the run ---- */

static void take_address(struct run *run)
{
	const char *path = settings_text(run->settings, "MQTT_SOCKET");
	run->notify.host = path != NULL ? path : settings_text(run->settings, "MQTT_HOST");
	run->notify.port = path != NULL ? 0 : (int)settings_number(run->settings, "MQTT_PORT");
}

static int prepare(struct run *run, struct err *err)
{
	char token[TOKEN_MAX + 2];
	if (settings_load(&run->settings, SETTING_NOTIFY, environ, NULL, err) < 0)
		return -1;
	log_open("notify",
		(enum log_level)log_level_parse(settings_text(run->settings, "LOG_LEVEL")));
	take_address(run);
	if (read_token(run, token, sizeof(token), err) < 0 ||
		identity_read(token, &run->identity, err) < 0)
		return -1;
	return spool_open(&run->notify.spool, settings_text(run->settings, "SPOOL"),
		(unsigned)settings_number(run->settings, "SPOOL_MAX"), err);
}

static int run_all(struct run *run, int argc, char **argv)
{
	struct err err = {0};
	uv_loop_t loop;
	if (take_arguments(run, argc, argv, &err) < 0 ||
		(!run->printed && prepare(run, &err) < 0)) {
		log_error("%s", err.text);
		return NOTIFY_USAGE;
	}
	if (run->printed)
		return NOTIFY_STORED;
	uv_loop_init(&loop);
	int code = notify_run(&loop, &run->notify);
	uv_loop_close(&loop);
	return code;
}

int main(int argc, char **argv)
{
	struct run run = {.notify = {.input = -1, .wait_ms = WAIT_STANDARD_SEC * 1000L}};
	log_open("notify", LOG_INFO);
	run.notify.identity = &run.identity;
	run.notify.token = give_token;
	run.notify.ctx = &run;
	int code = run_all(&run, argc, argv);
	spool_free(&run.notify.spool);
	settings_free(&run.settings);
	return code;
}
