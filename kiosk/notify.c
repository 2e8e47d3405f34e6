#include "kiosk/notify.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/jsonout.h"
#include "common/log.h"
#include "common/must.h"
#include "kiosk/lines.h"
#include "kiosk/sender.h"

#define NOTIFY_TURN_MS                                                                             \
	200 /* a run that is not the sender: looks so often whether it may become it */

/* One of this run's own that has no end yet. */
struct own {
	char id[UUID_TEXT_SIZE], room[TOPIC_KEY_MAX + 1];
	unsigned line; /* 0: from the command line */
};

struct notify {
	uv_loop_t *loop;
	const struct notify_options *options;
	struct sender *sender; /* NULL: another run has the lock */
	struct lines *lines;   /* NULL: none, or read to its end */
	struct own *own;
	size_t nown, own_size;
	bool is_rejected, is_unkept, is_over;
	uv_timer_t turn, deadline;
	uv_signal_t interrupt, terminate;
};

/* ---- telling ---- */

static void say(const struct notify *notify, const char *line)
{
	if (notify->options->is_quiet)
		return;
	puts(line);
	fflush(stdout); /* a turnstile waits for it */
}

static void say_plain(const struct notify *notify, const struct own *own, const char *state)
{
	AUTO(jsonout) struct jsonout json;
	jsonout_init(&json);
	jsonout_open(&json, '{');
	if (own->line > 0)
		jsonout_pair_int(&json, "line", own->line);
	jsonout_pair(&json, "id", own->id);
	jsonout_pair(&json, "room", own->room);
	jsonout_pair(&json, "state", state);
	jsonout_close(&json, '}');
	say(notify, json.text);
}

/* ---- this run's own ---- */

static struct own *own_find(struct notify *notify, const char *id)
{
	for (size_t i = 0; i < notify->nown; i++)
		if (strcmp(notify->own[i].id, id) == 0)
			return &notify->own[i];
	return NULL;
}

static void own_add(struct notify *notify, const struct spool_entry *entry, unsigned line)
{
	if (notify->nown == notify->own_size) {
		notify->own_size = notify->own_size == 0 ? 16 : notify->own_size * 2;
		notify->own = must(realloc(notify->own, notify->own_size * sizeof(*notify->own)));
	}
	struct own *own = &notify->own[notify->nown++];
	*own = (struct own){.line = line};
	strcpy(own->id, entry->id);
	strcpy(own->room, entry->room);
}

static void own_remove(struct notify *notify, struct own *own)
{
	*own = notify->own[--notify->nown];
}

/* ---- the end ---- */

static bool is_drained(const struct notify *notify)
{
	uint64_t *list;
	struct err err = {0};
	if (!notify->options->drains)
		return true;
	if (notify->sender != NULL)
		return sender_waiting(notify->sender) == 0;
	int len = spool_list(notify->options->spool, &list, &err);
	if (len >= 0)
		free(list);
	return len == 0;
}

/* Nothing is torn down here: this runs inside callbacks of what would be. */
static void finish(struct notify *notify)
{
	notify->is_over = true;
	uv_stop(notify->loop);
}

static void finish_if_done(struct notify *notify)
{
	if (notify->lines == NULL && notify->nown == 0 && is_drained(notify))
		finish(notify);
}

static void on_deadline(uv_timer_t *timer)
{
	finish(timer->data);
}

static void on_signal(uv_signal_t *signal, int number)
{
	log_info("ends on signal %d; what is not stored stays in the spool", number);
	finish(signal->data);
}

/* The time to wait starts when nothing new can come. */
static void input_over(struct notify *notify)
{
	if (notify->options->wait_ms >= 0)
		uv_timer_start(
			&notify->deadline, on_deadline, (uint64_t)notify->options->wait_ms, 0);
	finish_if_done(notify);
}

/* ---- sending, or waiting for who sends ---- */

static void on_turn(uv_timer_t *timer);

static void on_answer(void *ctx, const struct answer *answer, const char *room)
{
	struct notify *notify = ctx;
	struct own *own = own_find(notify, answer->id);
	char line[SPOOL_RESULT_MAX];
	answer_line(answer, room, own == NULL ? 0 : own->line, line, sizeof(line));
	if (!answer->is_stored)
		log_warn("%s for room %s rejected: %s (%s)", answer->id, room, answer->code,
			answer->detail);
	if (own == NULL) {
		spool_put_result(notify->options->spool, answer->id, line);
	} else {
		say(notify, line);
		own_remove(notify, own);
	}
	/* A drain answers for all that it sent. */
	if (!answer->is_stored && (own != NULL || notify->options->drains))
		notify->is_rejected = true;
	uv_timer_start(&notify->turn, on_turn, 0,
		0); /* the spool still has it: see afterwards whether all is done */
}

/* A result written by another run does not know the line here. */
static void say_result(const struct notify *notify, const struct own *own, const char *line)
{
	char with_line[SPOOL_RESULT_MAX + 32];
	if (own->line == 0) {
		say(notify, line);
		return;
	}
	snprintf(with_line, sizeof(with_line), "{\"line\":%u,%s", own->line, line + 1);
	say(notify, with_line);
}

static void take_results(struct notify *notify)
{
	char line[SPOOL_RESULT_MAX];
	for (size_t i = 0; i < notify->nown;) {
		struct own *own = &notify->own[i];
		if (spool_take_result(notify->options->spool, own->id, line) == 0) {
			i++;
			continue;
		}
		if (strstr(line, "\"state\":\"stored\"") == NULL)
			notify->is_rejected = true;
		say_result(notify, own, line);
		own_remove(notify, own);
	}
}

static int give_token(void *ctx, char *buf, size_t size, struct err *err)
{
	const struct notify_options *options = ((struct notify *)ctx)->options;
	return options->token(options->ctx, buf, size, err);
}

static void become_sender(struct notify *notify)
{
	const struct notify_options *options = notify->options;
	struct err err = {0};
	int rc = spool_lock(options->spool, &err);
	if (rc < 0)
		log_error("%s", err.text);
	if (rc != 1)
		return;
	take_results(notify); /* of the sender before us */
	struct sender_options to = {.host = options->host,
		.port = options->port,
		.identity = options->identity,
		.spool = options->spool,
		.ctx = notify,
		.token = give_token,
		.on_answer = on_answer};
	notify->sender = sender_new(notify->loop, &to);
}

static void on_turn(uv_timer_t *timer)
{
	struct notify *notify = timer->data;
	if (notify->sender == NULL) {
		take_results(notify);
		become_sender(notify);
	}
	if (notify->sender != NULL)
		uv_timer_stop(timer);
	finish_if_done(notify);
}

/* ---- what comes in ---- */

static void reject_line(struct notify *notify, unsigned number, const struct err *err)
{
	struct answer answer = {0};
	char line[SPOOL_RESULT_MAX];
	snprintf(answer.code, sizeof(answer.code), "%s",
		err->code == ERR_TOO_LARGE ? "too_large" : "invalid");
	snprintf(answer.detail, sizeof(answer.detail), "%.250s", err->text);
	say(notify, answer_line(&answer, "", number, line, sizeof(line)));
	notify->is_rejected = true;
}

static void keep(struct notify *notify, struct spool_entry *entry, unsigned number)
{
	struct err err = {0};
	strcpy(entry->gym, notify->options->identity->gym);
	strcpy(entry->sub, notify->options->identity->sub);
	if (spool_add(notify->options->spool, entry, &err) < 0) {
		struct own lost = {.line = number};
		log_error("not kept: %s", err.text);
		strcpy(lost.id, entry->id);
		strcpy(lost.room, entry->room);
		say_plain(notify, &lost, "failed");
		notify->is_unkept = true;
		return;
	}
	own_add(notify, entry, number);
	if (notify->sender != NULL)
		sender_take(notify->sender, entry);
}

static void on_line(void *ctx, unsigned number, const char *line, size_t len)
{
	struct notify *notify = ctx;
	struct spool_entry entry;
	struct err err = {0};
	if (line == NULL)
		err_set(&err, ERR_TOO_LARGE, "a line of over %d bytes", LINES_MAX);
	else if (strspn(line, " \t\r") == len)
		return;
	if (line == NULL || compose_line(line, len, &entry, &err) < 0)
		reject_line(notify, number, &err);
	else
		keep(notify, &entry, number);
}

static void on_lines_over(void *ctx)
{
	struct notify *notify = ctx;
	lines_free(&notify->lines);
	input_over(notify);
}

/* ---- a run ---- */

static void handles_open(struct notify *notify)
{
	uv_timer_init(notify->loop, &notify->turn);
	uv_timer_init(notify->loop, &notify->deadline);
	uv_signal_init(notify->loop, &notify->interrupt);
	uv_signal_init(notify->loop, &notify->terminate);
	notify->turn.data = notify->deadline.data = notify->interrupt.data =
		notify->terminate.data = notify;
	uv_signal_start(&notify->interrupt, on_signal, SIGINT);
	uv_signal_start(&notify->terminate, on_signal, SIGTERM);
	uv_timer_start(&notify->turn, on_turn, 0, NOTIFY_TURN_MS);
}

static void handles_close(struct notify *notify)
{
	uv_close((uv_handle_t *)&notify->turn, NULL);
	uv_close((uv_handle_t *)&notify->deadline, NULL);
	uv_close((uv_handle_t *)&notify->interrupt, NULL);
	uv_close((uv_handle_t *)&notify->terminate, NULL);
	lines_free(&notify->lines);
	sender_free(&notify->sender);
	uv_run(notify->loop, UV_RUN_DEFAULT);
}

static int take_words(struct notify *notify)
{
	struct spool_entry entry;
	struct err err = {0};
	if (notify->options->words == NULL)
		return 0;
	if (compose_words(notify->options->words, &entry, &err) < 0) {
		log_error("%s", err.text);
		return -1;
	}
	keep(notify, &entry, 0);
	return 0;
}

static int exit_code(const struct notify *notify)
{
	if (notify->is_unkept)
		return NOTIFY_UNKEPT;
	if (notify->is_rejected)
		return NOTIFY_REJECTED;
	return notify->nown > 0 || !is_drained(notify) ? NOTIFY_QUEUED : NOTIFY_STORED;
}

/* Tells what is left. */
static int end(struct notify *notify)
{
	if (notify->sender == NULL)
		take_results(notify);
	int code = exit_code(notify);
	for (size_t i = 0; i < notify->nown; i++)
		say_plain(notify, &notify->own[i], "queued");
	free(TAKE(notify->own));
	notify->nown = 0;
	return code;
}

int notify_run(uv_loop_t *loop, const struct notify_options *options)
{
	struct notify notify = {.loop = loop, .options = options};
	if (take_words(&notify) < 0)
		return NOTIFY_USAGE;
	/* Queues only: not worth a connection. */
	if (options->input < 0 && options->wait_ms == 0)
		return end(&notify);
	handles_open(&notify);
	if (options->input >= 0)
		notify.lines = lines_new(loop, options->input, on_line, on_lines_over, &notify);
	else
		input_over(&notify);
	if (!notify.is_over)
		uv_run(loop, UV_RUN_DEFAULT);
	int code = end(&notify);
	handles_close(&notify);
	return code;
}
