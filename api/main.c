/* gymchat-api: the HTTP API, the static files and the WebSocket edge in one event loop. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include <uv.h>

#include "api/workers.h"
#include "common/log.h"
#include "common/settings.h"

extern char **environ;

static void usage(FILE *out)
{
	fputs("usage: gymchat-api [--help | --version]\n"
	      "The HTTP API, the web pages and MQTT over WebSockets (docs/api.md). Settings:\n",
		out);
	settings_help(out, SETTING_API);
}

/* Two descriptors for each WebSocket client: as many as the system lets this process have. */
static void raise_files(void)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return;
	limit.rlim_cur = limit.rlim_max < WORKERS_FILES_MAX ? limit.rlim_max : WORKERS_FILES_MAX;
	setrlimit(RLIMIT_NOFILE, &limit);
}

int main(int argc, char **argv)
{
	struct err err = {0};
	if (argc == 2 && strcmp(argv[1], "--version") == 0)
		return puts(GYMCHAT_VERSION) < 0;
	if (argc > 1) {
		bool is_help = strcmp(argv[1], "--help") == 0;
		usage(is_help ? stdout : stderr);
		return is_help ? 0 : EXIT_WRONG_USE;
	}
	log_open("api", LOG_INFO);
	AUTO(settings) struct settings *settings = NULL;
	if (settings_load(&settings, SETTING_API, environ, NULL, &err) != 0) {
		log_error("%s", err.text);
		return EXIT_WRONG_SETTINGS;
	}
	log_open("api", (enum log_level)log_level_parse(settings_text(settings, "LOG_LEVEL")));
	raise_files();
	signal(SIGPIPE, SIG_IGN);
	return workers_run(settings);
}
