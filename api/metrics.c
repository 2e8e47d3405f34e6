/* Prometheus' text format: this process and its siblings, and what archiver and broker tell of
 * themselves. No gym, room or person in any label. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "api/db.h"
#include "api/digest.h"
#include "api/feed.h"
#include "api/metrics.h"
#include "api/poll.h"
#include "api/resources.h"
#include "api/routes.h"
#include "api/tally.h"
#include "api/text.h"
#include "common/jsonread.h"
#include "common/topic.h"

/* ---- requests ---- */

static void write_answers(struct text *out)
{
	text_add(out, "# HELP gymchat_http_requests_total Requests that were answered.\n"
		      "# TYPE gymchat_http_requests_total counter\n");
	for (unsigned w = 0; w < tally_count(); w++) {
		for (size_t r = 0; r < TALLY_ROUTES_MAX; r++) {
			for (int c = 2; c <= 5; c++) {
				uint64_t n = tally_of(w)->answers[r][c];
				if (n == 0)
					continue;
				text_add(out,
					"gymchat_http_requests_total{worker=\"%u\",method=\"%s\","
					"route=\"%s\",code=\"%dxx\"} %llu\n",
					w,
					r < routes_count ? http_method_name(routes_table[r].method)
							 : "",
					r < routes_count ? routes_table[r].pattern : "", c,
					(unsigned long long)n);
			}
		}
	}
}

static void write_times_of(struct text *out, unsigned worker)
{
	const struct tally *tally = tally_of(worker);
	uint64_t sum = 0;
	for (int i = 0; i < TALLY_BUCKETS; i++) {
		sum += tally->took[i];
		text_add(out,
			"gymchat_http_request_duration_seconds_bucket{worker=\"%u\",le=\"%g\"} "
			"%llu\n",
			worker, tally_bounds_s[i], (unsigned long long)sum);
	}
	text_add(out,
		"gymchat_http_request_duration_seconds_bucket{worker=\"%u\",le=\"+Inf\"} %llu\n"
		"gymchat_http_request_duration_seconds_sum{worker=\"%u\"} %.6f\n"
		"gymchat_http_request_duration_seconds_count{worker=\"%u\"} %llu\n",
		worker, (unsigned long long)tally->took_n, worker, (double)tally->took_ns / 1e9,
		worker, (unsigned long long)tally->took_n);
}

static void write_times(struct text *out)
{
	text_add(out,
		"# HELP gymchat_http_request_duration_seconds From the headers to the answer, "
		"without long polls.\n"
		"# TYPE gymchat_http_request_duration_seconds histogram\n");
	for (unsigned w = 0; w < tally_count(); w++)
		write_times_of(out, w);
}

/* ---- one number for each worker ---- */

static double of_database(const struct tally *t)
{
	return t->is_database_up;
}
static double of_broker(const struct tally *t)
{
	return t->is_broker_up;
}
static double of_alive(const struct tally *t)
{
	return t->is_alive;
}
static double of_in_flight(const struct tally *t)
{
	return (double)t->in_flight;
}
static double of_polls(const struct tally *t)
{
	return (double)t->long_polls;
}
static double of_waiting(const struct tally *t)
{
	return (double)t->database_waiting;
}
static double of_clients(const struct tally *t)
{
	return t->edge.clients;
}
static double of_accepted(const struct tally *t)
{
	return (double)t->edge.accepted;
}
static double of_refused(const struct tally *t)
{
	return (double)t->edge.refused;
}
static double of_slow(const struct tally *t)
{
	return (double)t->edge.closed_slow;
}
static double of_lost(const struct tally *t)
{
	return (double)t->edge.closed_broker;
}
static double of_in(const struct tally *t)
{
	return (double)t->edge.bytes_in;
}
static double of_out(const struct tally *t)
{
	return (double)t->edge.bytes_out;
}

static const struct {
	const char *name, *type, *help;
	double (*of)(const struct tally *tally);
} numbers[] = {
	{"gymchat_api_up", "gauge", "Whether the worker runs.", of_alive},
	{"gymchat_api_database_up", "gauge", "Whether it can ask PostgreSQL.", of_database},
	{"gymchat_api_broker_up", "gauge", "Whether it is connected to the broker.", of_broker},
	{"gymchat_http_requests_in_flight", "gauge",
		"Requests not answered yet, long polls included.", of_in_flight},
	{"gymchat_http_long_polls", "gauge", "Requests that wait for news.", of_polls},
	{"gymchat_api_database_queries_waiting", "gauge", "Statements not answered yet.",
		of_waiting},
	{"gymchat_edge_clients", "gauge", "WebSockets that are open.", of_clients},
	{"gymchat_edge_accepted_total", "counter", "WebSockets accepted.", of_accepted},
	{"gymchat_edge_refused_total", "counter", "WebSockets refused or closed for bad behaviour.",
		of_refused},
	{"gymchat_edge_closed_slow_total", "counter", "Browsers closed since they did not read.",
		of_slow},
	{"gymchat_edge_closed_broker_total", "counter",
		"WebSockets closed by the broker or its loss.", of_lost},
	{"gymchat_edge_received_bytes_total", "counter", "Bytes from browsers.", of_in},
	{"gymchat_edge_sent_bytes_total", "counter", "Bytes to browsers.", of_out},
};

static void head(struct text *out, const char *name, const char *type, const char *help)
{
	text_add(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void write_numbers(struct text *out)
{
	for (size_t i = 0; i < COUNT(numbers); i++) {
		head(out, numbers[i].name, numbers[i].type, numbers[i].help);
		for (unsigned w = 0; w < tally_count(); w++)
			text_add(out, "%s{worker=\"%u\"} %.15g\n", numbers[i].name, w,
				numbers[i].of(tally_of(w)));
	}
}

/* ---- the archive ---- */

#define ARCHIVER_PREFIX "gymchat/state/archiver/"

static const struct {
	const char *member, *name, *type, *help;
	double unit;
} archiver_numbers[] = {
	{"received", "gymchat_archiver_received_total", "counter",
		"Publishes taken from the broker.", 1},
	{"stored", "gymchat_archiver_stored_total", "counter", "Messages stored.", 1},
	{"notes", "gymchat_archiver_notes_total", "counter", "Notes stored.", 1},
	{"receipts", "gymchat_archiver_receipts_total", "counter", "Receipts taken.", 1},
	{"deduped", "gymchat_archiver_deduped_total", "counter",
		"Messages that were there already.", 1},
	{"redelivered", "gymchat_archiver_redelivered_total", "counter",
		"Messages that were there already, after a reconnect.", 1},
	{"conflicts", "gymchat_archiver_conflicts_total", "counter",
		"Ids used for another message.", 1},
	{"dead_letters", "gymchat_archiver_dead_letters_total", "counter",
		"What could not be stored.", 1},
	{"batches", "gymchat_archiver_batches_total", "counter", "Commits.", 1},
	{"rate", "gymchat_archiver_stored_per_second", "gauge",
		"Messages stored in a second, lately.", 1},
	{"lag_ms", "gymchat_archiver_lag_seconds", "gauge",
		"Longest time from arrival to commit since the last report.", 0.001},
	{"commit_ms", "gymchat_archiver_commit_seconds", "gauge",
		"Longest commit since the last report.", 0.001},
	{"queued", "gymchat_archiver_queued_messages", "gauge",
		"Messages that the broker probably holds for the archive.", 1},
};

/* The end of a state's topic: its instance, or NULL. */
static const char *archiver_of(const struct figure *figure)
{
	size_t len = strlen(ARCHIVER_PREFIX);
	return strncmp(figure->name, ARCHIVER_PREFIX, len) == 0 ? figure->name + len : NULL;
}

static bool number_in(const struct figure *figure, const char *member, double *n_r)
{
	struct json_member found;
	struct json_slice json = {figure->text, strlen(figure->text)};
	if (json_check((const uint8_t *)json.at, json.len, NULL) != 0 ||
		!json_find(json, member, &found) || found.type != JSON_NUMBER)
		return false;
	*n_r = strtod(found.value.at, NULL);
	return true;
}

static void write_archiver(struct text *out)
{
	const struct figures *figures = feed_figures();
	head(out, "gymchat_archiver_up", "gauge",
		"Whether an archiver stores: 0 too where none is heard of.");
	text_add(out, "gymchat_archiver_up %d\n", feed_archive_is_up());
	for (size_t i = 0; i < COUNT(archiver_numbers); i++) {
		head(out, archiver_numbers[i].name, archiver_numbers[i].type,
			archiver_numbers[i].help);
		for (size_t f = 0; f < figures->n; f++) {
			const char *instance = archiver_of(figures->all[f]);
			double n;
			if (instance != NULL && topic_is_key(instance) &&
				number_in(figures->all[f], archiver_numbers[i].member, &n))
				text_add(out, "%s{instance=\"%s\"} %.15g\n",
					archiver_numbers[i].name, instance,
					n * archiver_numbers[i].unit);
		}
	}
	head(out, "gymchat_digest_behind_messages", "gauge",
		"Messages stored that search and response times do not know yet; -1: not known.");
	text_add(out, "gymchat_digest_behind_messages %lld\n", (long long)digest_behind());
}

/* ---- the broker ---- */

static const struct {
	const char *topic, *name, *type, *help;
} broker_numbers[] = {
	{"$SYS/broker/clients/connected", "gymchat_broker_clients_connected", "gauge",
		"Connections to the broker."},
	{"$SYS/broker/clients/disconnected", "gymchat_broker_clients_disconnected", "gauge",
		"Sessions that are kept for clients that are away."},
	{"$SYS/broker/messages/received", "gymchat_broker_messages_received_total", "counter",
		"MQTT packets received."},
	{"$SYS/broker/messages/sent", "gymchat_broker_messages_sent_total", "counter",
		"MQTT packets sent."},
	{"$SYS/broker/publish/messages/received", "gymchat_broker_publishes_received_total",
		"counter", "Publishes received."},
	{"$SYS/broker/publish/messages/sent", "gymchat_broker_publishes_sent_total", "counter",
		"Publishes sent."},
	{"$SYS/broker/publish/messages/dropped", "gymchat_broker_publishes_dropped_total",
		"counter", "Publishes dropped for full queues: should stay 0."},
	{"$SYS/broker/bytes/received", "gymchat_broker_received_bytes_total", "counter",
		"Bytes received."},
	{"$SYS/broker/bytes/sent", "gymchat_broker_sent_bytes_total", "counter", "Bytes sent."},
	{"$SYS/broker/store/messages/count", "gymchat_broker_stored_messages", "gauge",
		"Messages in the broker's queues."},
	{"$SYS/broker/store/messages/bytes", "gymchat_broker_stored_bytes", "gauge",
		"Bytes in the broker's queues."},
	{"$SYS/broker/subscriptions/count", "gymchat_broker_subscriptions", "gauge",
		"Subscriptions."},
	{"$SYS/broker/heap/current", "gymchat_broker_heap_bytes", "gauge", "Memory in use."},
};

static void write_broker(struct text *out)
{
	for (size_t i = 0; i < COUNT(broker_numbers); i++) {
		const struct figure *figure = figures_get(feed_figures(), broker_numbers[i].topic);
		if (figure == NULL)
			continue;
		head(out, broker_numbers[i].name, broker_numbers[i].type, broker_numbers[i].help);
		text_add(out, "%s %.15g\n", broker_numbers[i].name, strtod(figure->text, NULL));
	}
}

/* ---- the process ---- */

static long resident_kib(void)
{
	long pages = 0;
	FILE *file = fopen("/proc/self/statm", "re");
	if (file == NULL)
		return 0;
	if (fscanf(file, "%*d %ld", &pages) != 1)
		pages = 0;
	fclose(file);
	return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static void write_process(struct text *out)
{
	struct rusage usage;
	getrusage(RUSAGE_SELF, &usage);
	double cpu = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
		     (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
	head(out, "gymchat_build_info", "gauge", "The version, as a label.");
	text_add(out, "gymchat_build_info{version=\"" GYMCHAT_VERSION "\"} 1\n");
	head(out, "process_cpu_seconds_total", "counter", "CPU time of the worker that was asked.");
	text_add(out, "process_cpu_seconds_total %.3f\n", cpu);
	head(out, "process_resident_memory_bytes", "gauge", "Memory of the worker that was asked.");
	text_add(out, "process_resident_memory_bytes %lld\n", (long long)resident_kib() * 1024);
}

/* ---- who may ask ---- */

/* From this machine and not through a proxy, which would speak for the whole world. */
static bool is_local(struct http_request *request)
{
	char peer[64] = "";
	lws_get_peer_simple(request->wsi, peer, sizeof(peer));
	bool is_loopback = strncmp(peer, "127.", 4) == 0 || strcmp(peer, "::1") == 0 ||
			   strncmp(peer, "::ffff:127.", 11) == 0;
	return is_loopback && http_header(request, WSI_TOKEN_X_FORWARDED_FOR) == NULL &&
	       http_header_named(request, "forwarded:") == NULL;
}

void metrics_update(void)
{
	struct tally *tally = tally_own();
	edge_stats(&tally->edge);
	tally->in_flight = http_live();
	tally->long_polls = poll_count();
	tally->database_waiting = db_waiting();
	tally->is_database_up = db_is_up();
	tally->is_broker_up = feed_is_up();
	tally->is_archive_up = feed_archive_is_up();
	tally->digest_behind = digest_behind();
}

void metrics_get(struct http_request *request, const struct route_places *places)
{
	(void)places;
	if (!is_local(request)) {
		http_fail(request, "forbidden", "metrics are for this machine alone");
		return;
	}
	struct text out;
	text_init(&out);
	metrics_update();
	write_process(&out);
	write_numbers(&out);
	write_answers(&out);
	write_times(&out);
	write_archiver(&out);
	write_broker(&out);
	http_add_header(request, "cache-control", "no-store");
	http_reply(
		request, 200, "text/plain; version=0.0.4; charset=utf-8", out.text, out.len, free);
}
