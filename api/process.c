#include "api/process.h"

#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <uv.h>

#include "api/alarm.h"
#include "api/auth.h"
#include "api/db.h"
#include "api/digest.h"
#include "api/edge.h"
#include "api/feed.h"
#include "api/health.h"
#include "api/http.h"
#include "api/idle.h"
#include "api/metrics.h"
#include "api/origin.h"
#include "api/place.h"
#include "api/poll.h"
#include "api/server.h"
#include "api/snooze.h"
#include "api/static.h"
#include "api/stats.h"
#include "api/tally.h"
#include "api/tokens.h"
#include "api/workers.h"
#include "common/log.h"

#define TICK_MS 1000

static struct {
	uv_loop_t loop;
	uv_signal_t term, interrupt, hangup;
	uv_timer_t tick;
	struct token_keys *keys;
	int status; /* of the exit */
} process;

/* ---- stopping ---- */

static void on_drained(void)
{
	uv_stop(&process.loop);
}

static void stop(const char *why)
{
	if (server_is_draining()) {
		log_info("stopping at once");
		uv_stop(&process.loop);
		return;
	}
	log_info("stopping: %s", why);
	server_drain(on_drained);
	health_update();
}

static void on_signal(uv_signal_t *handle, int number)
{
	(void)handle;
	if (number == SIGHUP)
		server_reload();
	else
		stop(number == SIGTERM ? "SIGTERM" : "SIGINT");
}

static void on_wrong_schema(const struct err *err)
{
	log_error("%s", err->text);
	process.status = EXIT_WRONG_SETTINGS;
	uv_stop(&process.loop);
}

static void on_broker(void)
{
	auth_tell_revocations();
	health_update();
}

static void on_database(void)
{
	tokens_refresh();
}

static void on_tick(uv_timer_t *timer)
{
	(void)timer;
	metrics_update();
}

/* ---- starting ---- */

static void start_signals(void)
{
	uv_signal_init(&process.loop, &process.term);
	uv_signal_init(&process.loop, &process.interrupt);
	uv_signal_init(&process.loop, &process.hangup);
	uv_signal_start(&process.term, on_signal, SIGTERM);
	uv_signal_start(&process.interrupt, on_signal, SIGINT);
	uv_signal_start(&process.hangup, on_signal, SIGHUP);
}

static int start_parts(const struct settings *settings, unsigned worker, struct err *err)
{
	uv_loop_t *loop = &process.loop;
	const char *keys = settings_text(settings, "TOKEN_KEYS");
	if (keys == NULL)
		return err_set(err, ERR_CONFIG,
			"no key for tokens: set GYMCHAT_TOKEN_KEYS_FILE to the file with the "
			"CRM's");
	if (token_keys_new(&process.keys, keys, NULL, err) != 0)
		return err_wrap(err, "GYMCHAT_TOKEN_KEYS");
	if (origin_init(settings, err) != 0 || place_init(settings, err) != 0 ||
		auth_init(settings, process.keys, err) != 0 ||
		static_init(settings, process.keys, err) != 0)
		return -1;
	int listen_fd = server_listen(settings, err); /* first: a port in use is found at once */
	if (listen_fd < 0)
		return -1;
	http_init(loop, (unsigned)settings_number(settings, "ANSWER_SEC"));
	idle_init(loop);
	alarm_init(loop);
	poll_init(loop);
	snooze_init(loop);
	tokens_init(loop, settings, process.keys);
	digest_init(loop);
	uv_timer_init(loop, &process.tick);
	uv_timer_start(&process.tick, on_tick, TICK_MS, TICK_MS);
	if (edge_init(loop, settings, err) != 0 ||
		server_init(loop, settings, listen_fd, err) != 0 ||
		db_init(loop, settings, on_wrong_schema, on_database, err) != 0)
		return -1;
	return feed_init(loop, settings, worker, on_broker, err);
}

static void log_start(const struct settings *settings)
{
	log_info("gymchat-api %s listens on %s port %lld", GYMCHAT_VERSION,
		settings_text(settings, "LISTEN"), settings_number(settings, "PORT"));
}

/* ---- ending ---- */

static void close_signals(void)
{
	uv_close((uv_handle_t *)&process.term, NULL);
	uv_close((uv_handle_t *)&process.interrupt, NULL);
	uv_close((uv_handle_t *)&process.hangup, NULL);
}

static void end_parts(void)
{
	feed_deinit();
	db_deinit();
	server_deinit();
	edge_deinit();
	snooze_deinit();
	tokens_deinit();
	digest_deinit();
	uv_close((uv_handle_t *)&process.tick, NULL);
	stats_deinit();
	poll_deinit();
	alarm_deinit();
	http_deinit();
	idle_deinit();
	close_signals();
	/* What was closed is told so in the next turns. */
	for (int turn = 0; turn < 100 && uv_run(&process.loop, UV_RUN_NOWAIT) != 0; turn++)
		;
	static_deinit();
	auth_deinit();
	place_deinit();
	origin_deinit();
	token_keys_free(&process.keys);
}

int process_run(const struct settings *settings, unsigned worker)
{
	struct err err = {0};
	tally_be(worker == 0 ? 0 : worker - 1);
	health_init(settings, worker <= 1);
	if (uv_loop_init(&process.loop) != 0)
		abort();
	start_signals();
	if (start_parts(settings, worker, &err) != 0) {
		log_error("%s", err.text);
		return err.code == ERR_IO ? EXIT_FAILURE : EXIT_WRONG_SETTINGS;
	}
	if (worker <= 1)
		log_start(settings);
	uv_run(&process.loop, UV_RUN_DEFAULT);
	health_stop();
	end_parts();
	return process.status;
}
