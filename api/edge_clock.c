/* Whatever the edge does after a time: deadlines of clients, signs of life, the log, memory. */
#include <malloc.h>
#include <string.h>

#include "api/edge_parts.h"
#include "common/log.h"

#define EDGE_BYE_MS	3000 /* for the other half of a closing handshake */
#define EDGE_DIAL_MS	5000 /* for the broker to take a connection */
#define EDGE_GONE_MS	100  /* until we look whether the broker is still there */
#define EDGE_TRIM_AFTER 1000 /* clients that came or went: a storm */
#define EDGE_QUIET_MS	1000 /* after the last of them */
#define EDGE_REPORT_MS	2000 /* what was closed meanwhile becomes one line of the log */

static struct {
	uv_timer_t timer;
	int64_t rings_ms; /* -1: never */
	struct edge_waits quiet, report;
	struct edge_wait trim;	   /* in `quiet` after a storm */
	struct edge_wait closings; /* in `report` while the log does not know of some */
	unsigned moves;		   /* clients that came or went since memory was trimmed */
	unsigned long long told_broker, told_slow; /* of the statistics, what the log knows */
} edge_clock;

static void edge_on_clock(uv_timer_t *timer);

static void edge_arm(void)
{
	const struct edge_waits *all[] = {&edge.hello, &edge.dial, &edge.stall, &edge.gone,
		&edge.bye, &edge_clock.quiet, &edge_clock.report, &edge.watch};
	int64_t next_ms = -1;
	for (size_t i = 0; i < COUNT(all); i++)
		next_ms = edge_waits_sooner(all[i], next_ms);
	if (next_ms < 0 || (edge_clock.rings_ms >= 0 && edge_clock.rings_ms <= next_ms))
		return;
	int64_t now_ms = edge_now();
	uint64_t after_ms = next_ms > now_ms ? (uint64_t)(next_ms - now_ms) : 0;
	edge_clock.rings_ms = next_ms;
	uv_timer_start(&edge_clock.timer, edge_on_clock, after_ms, 0);
}

void edge_await(struct edge_waits *waits, struct edge_wait *item)
{
	edge_waits_add(waits, item, edge_now());
	edge_arm();
}

void edge_note_closing(unsigned long long *count)
{
	(*count)++;
	if (!edge_wait_is_in(&edge_clock.closings))
		edge_await(&edge_clock.report, &edge_clock.closings);
}

void edge_note_move(void)
{
	if (++edge_clock.moves >= EDGE_TRIM_AFTER)
		edge_await(&edge_clock.quiet, &edge_clock.trim);
}

static void edge_check_life(struct edge_wait *watch)
{
	struct edge_client *client = edge_client_of(watch);
	uint8_t ping[LWS_PRE + 1] = {0}; /* with a byte: an empty pong would not be reported */
	edge_waits_add(&edge.watch, &client->watch, edge_now());
	if (client->state != EDGE_OPEN || edge_now() - client->heard_ms < edge.watch.after_ms)
		return;
	if (client->is_pinged || lws_write(client->wsi, ping + LWS_PRE, 1, LWS_WRITE_PING) < 0)
		edge_kill(client);
	client->is_pinged = true;
}

static void edge_report(int64_t now_ms)
{
	unsigned long long by_broker = edge.stats.closed_broker - edge_clock.told_broker;
	unsigned long long slow = edge.stats.closed_slow - edge_clock.told_slow;
	if (edge_waits_take_due(&edge_clock.report, now_ms) == NULL)
		return;
	if (by_broker > 0)
		log_info("edge: the broker ended or refused %llu connections, %u are left",
			by_broker, edge.stats.clients);
	if (slow > 0)
		log_info("edge: closed %llu browsers that took nothing for %lld ms", slow,
			(long long)edge.stall.after_ms);
	edge_clock.told_broker = edge.stats.closed_broker;
	edge_clock.told_slow = edge.stats.closed_slow;
}

/* One look tells for all of a crowd: a broker that ended one connection, or another one. */
static void edge_tell_gone(int64_t now_ms)
{
	struct edge_wait *due = edge_waits_take_due(&edge.gone, now_ms);
	int pid = due == NULL ? -1 : edge_broker_look(&edge.broker);
	for (; due != NULL; due = edge_waits_take_due(&edge.gone, now_ms)) {
		struct edge_client *client = (struct edge_client *)due;
		bool is_same = pid == 0 || pid == client->broker_pid;
		if (is_same)
			edge_close(client, LWS_CLOSE_STATUS_NORMAL, "closed by the broker");
		else
			edge_close(client, CLOSE_RESTART, "the broker is restarting");
	}
}

/* The header buffers of a reconnect storm leave the heap full of holes: 8,000 clients kept 72 MiB
 * instead of 34. */
static void edge_trim(int64_t now_ms)
{
	if (edge_waits_take_due(&edge_clock.quiet, now_ms) == NULL)
		return;
	edge_clock.moves = 0;
	malloc_trim(0);
}

static void edge_on_clock(uv_timer_t *timer)
{
	struct edge_wait *due;
	int64_t now_ms = edge_now();
	(void)timer;
	while ((due = edge_waits_take_due(&edge.hello, now_ms)) != NULL)
		edge_close((struct edge_client *)due, LWS_CLOSE_STATUS_POLICY_VIOLATION,
			"no MQTT CONNECT in time");
	while ((due = edge_waits_take_due(&edge.dial, now_ms)) != NULL)
		edge_close((struct edge_client *)due, CLOSE_TRY_LATER, "the broker is busy");
	while ((due = edge_waits_take_due(&edge.stall, now_ms)) != NULL) {
		edge_note_closing(&edge.stats.closed_slow);
		edge_close((struct edge_client *)due, LWS_CLOSE_STATUS_POLICY_VIOLATION,
			"too slow in reading");
	}
	while ((due = edge_waits_take_due(&edge.bye, now_ms)) != NULL)
		edge_kill((struct edge_client *)due);
	edge_tell_gone(now_ms);
	while ((due = edge_waits_take_due(&edge.watch, now_ms)) != NULL)
		edge_check_life(due);
	edge_report(now_ms);
	edge_trim(now_ms);
	edge_clock.rings_ms = -1;
	edge_arm();
}

void edge_clock_init(const struct settings *settings)
{
	memset(&edge_clock, 0, sizeof(edge_clock));
	edge_clock.rings_ms = -1;
	uv_timer_init(edge.loop, &edge_clock.timer);
	edge_waits_init(&edge.hello, settings_number(settings, "EDGE_CONNECT_MS"));
	edge_waits_init(&edge.stall, settings_number(settings, "EDGE_STALL_MS"));
	edge_waits_init(&edge.watch, settings_number(settings, "EDGE_PING_MS"));
	edge_waits_init(&edge.dial, EDGE_DIAL_MS);
	edge_waits_init(&edge.gone, EDGE_GONE_MS);
	edge_waits_init(&edge.bye, EDGE_BYE_MS);
	edge_waits_init(&edge_clock.quiet, EDGE_QUIET_MS);
	edge_waits_init(&edge_clock.report, EDGE_REPORT_MS);
}

void edge_clock_deinit(void)
{
	uv_close((uv_handle_t *)&edge_clock.timer, NULL);
}
