#include "api/health.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "api/db.h"
#include "api/feed.h"
#include "api/resources.h"
#include "api/server.h"
#include "common/log.h"

static struct {
	const char *path; /* NULL: no file is wanted */
	char last[64];	  /* what was said last */
} health;

/* Whoever reads the file sees the old text or the new one, never half of one. */
static void write_file(const char *text)
{
	char temporary[4096];
	if (health.path == NULL)
		return;
	snprintf(temporary, sizeof(temporary), "%s.new", health.path);
	int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	bool is_good = fd >= 0 && dprintf(fd, "%s\n", text) > 0;
	if (fd >= 0)
		is_good = close(fd) == 0 && is_good;
	if (!is_good || rename(temporary, health.path) != 0)
		log_error("cannot write %s: %s", health.path, strerror(errno));
}

static void say(const char *text)
{
	if (strcmp(text, health.last) == 0)
		return;
	snprintf(health.last, sizeof(health.last), "%s", text);
	write_file(text);
	if (strcmp(text, "ready") == 0)
		log_info("ready");
}

void health_init(const struct settings *settings, bool is_first)
{
	health.path = is_first ? settings_text(settings, "READY_FILE") : NULL;
	say("waiting: starting");
}

/* The database is no condition: without it people still talk. */
void health_update(void)
{
	say(server_is_draining() ? "waiting: stopping"
		: feed_is_up()	 ? "ready"
				 : "waiting: the broker is not reachable");
}

void health_stop(void)
{
	say("waiting: stopping");
}

void livez_get(struct http_request *request, const struct route_places *places)
{
	(void)places;
	struct jsonout *json = http_json();
	jsonout_open(json, '{');
	jsonout_pair(json, "status", "alive");
	jsonout_pair(json, "version", GYMCHAT_VERSION);
	jsonout_close(json, '}');
	http_reply_json(request, 200, json);
}

void readyz_get(struct http_request *request, const struct route_places *places)
{
	bool is_ready = feed_is_up() && !server_is_draining();
	bool is_whole = is_ready && db_is_up() && feed_archive_is_up();
	struct jsonout *json = http_json();
	(void)places;
	jsonout_open(json, '{');
	jsonout_pair(json, "status",
		!is_ready   ? (server_is_draining() ? "stopping" : "waiting")
		: !is_whole ? "degraded"
			    : "ready");
	jsonout_pair(json, "broker", feed_is_up() ? "ok" : "unavailable");
	jsonout_pair(json, "database", db_is_up() ? "ok" : "unavailable");
	jsonout_pair(json, "archiver", feed_archive_is_up() ? "ok" : "unavailable");
	jsonout_close(json, '}');
	http_reply_json(request, is_ready ? 200 : 503, json);
}
