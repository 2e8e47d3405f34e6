/* load.c - idle clients and talking pairs over MQTT, for `gymchat bench edge`. Open loop: messages
 * go out at times fixed beforehand and are counted from those, so that a system that stalls cannot
 * hide its queue. Speaks with its caller in lines: one JSON object a stage on stdout, and after
 * each but the last it waits for an empty line on stdin. */
#include <assert.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "bench/load_conn.h"
#include "common/rand.h"
#include "common/token.h"
#include "common/when.h"

#define LOAD_IN_FLIGHT	 200 /* connection attempts at a time at the start */
#define LOAD_TAIL_SEC	 3   /* for stragglers, after the last message */
#define LOAD_TOKEN_SEC	 7200
#define LOAD_GIVE_UP_SEC 120
#define LOAD_SEQ_AT	 31 /* where the number stands in a payload */

static struct {
	const char *url, *keys;
	unsigned idle, pairs, payload, sources;
	double rate, seconds;
	unsigned spread_ms; /* of reconnects after a restart of the broker; 0: no such stage */
} opt = {.payload = 250, .sources = 4};

static struct load_target target = {.gym = "bench", .keepalive_sec = 60, .qos = 1};
static struct token_keys *keys;
static struct load_conn *conns;
static unsigned nconns, nready, nlost;
static bool reconnects;
static unsigned nfailed, ncodes[5000];
static int64_t first_lost_us;

/* what was sent: when it was due, and how long it took to the other side (-1: not there yet) */
static unsigned nsent, nreceived, ndoubled;
static int64_t *due_us;
static double *took_us;

static void on_password(const struct load_conn *conn, char *buf, size_t size)
{
	struct claims claims = {.role = role_parse(conn->role), .nrooms = 0};
	struct err err = {0};
	buf[0] = '\0';
	if (keys == NULL)
		return;
	claims.iat = when_now_us() / 1000000;
	claims.exp = claims.iat + LOAD_TOKEN_SEC;
	snprintf(claims.gym, sizeof(claims.gym), "%s", target.gym);
	snprintf(claims.sub, sizeof(claims.sub), "%s", conn->name);
	if (token_sign(keys, &claims, buf, size, &err) < 0) {
		fprintf(stderr, "load: %s\n", err.text);
		exit(1);
	}
}

static void on_ready(struct load_conn *conn)
{
	nready++;
	conn->act_ms = load_now_us() / 1000 + rand_below(target.keepalive_sec * 900);
}

static void on_lost(struct load_conn *conn)
{
	int64_t now_us = load_now_us();
	nlost++;
	ncodes[conn->close_code < COUNT(ncodes) ? conn->close_code : 0]++;
	if (first_lost_us == 0)
		first_lost_us = now_us;
	if (conn->attempts > 1)
		nfailed++;
	int wait_ms = conn->attempts > 1 ? rand_backoff_ms(500, 5000, conn->attempts - 1)
					 : (int)rand_below(opt.spread_ms + 1);
	conn->act_ms = now_us / 1000 + wait_ms;
}

/* Whether the sender at the topic's end is this one: a room's people get their own back. */
static bool is_own(const struct load_conn *conn, const struct wire_packet *packet)
{
	size_t len = strlen(conn->name);
	const char *end = packet->topic + packet->topic_len;
	return packet->topic_len > len && end[-(long)len - 1] == '/' &&
	       memcmp(end - len, conn->name, len) == 0;
}

static void on_publish(struct load_conn *conn, const struct wire_packet *packet)
{
	char number[13] = {0};
	if (packet->payload_len < LOAD_SEQ_AT + 12 || is_own(conn, packet))
		return;
	memcpy(number, packet->payload + LOAD_SEQ_AT, 12);
	unsigned long seq = strtoul(number, NULL, 16);
	if (seq >= nsent)
		return;
	if (took_us[seq] >= 0) {
		ndoubled++;
		return;
	}
	took_us[seq] = (double)(load_now_us() - due_us[seq]);
	nreceived++;
}

static void make_conns(void)
{
	nconns = opt.idle + 2 * opt.pairs;
	conns = calloc(nconns, sizeof(*conns));
	assert(conns != NULL);
	for (unsigned i = 0; i < nconns; i++) {
		struct load_conn *conn = &conns[i];
		unsigned pair = (i - opt.idle) / 2;
		bool is_staff = i >= opt.idle && (i - opt.idle) % 2 == 1;
		char room[16];
		snprintf(room, sizeof(room), i < opt.idle ? "i%u" : "p%u", i < opt.idle ? i : pair);
		snprintf(conn->name, sizeof(conn->name), is_staff ? "s%.12s" : "%.12s", room);
		snprintf(conn->filter, sizeof(conn->filter), "gym/%s/room/%s/#", target.gym, room);
		conn->role = is_staff ? "staff" : "client";
		conn->fd = -1;
		conn->peer_address = (unsigned char)(2 + i % opt.sources);
	}
}

/* Connects at most so many at a time, until all are ready. False: gave up. */
static bool connect_all(void)
{
	int64_t give_up_us = load_now_us() + LOAD_GIVE_UP_SEC * 1000000LL;
	unsigned next = 0;
	while (nready < nconns && load_now_us() < give_up_us) {
		while (next < nconns && next - nready < LOAD_IN_FLIGHT)
			load_connect(&conns[next++]);
		load_poll(10000);
		if (nlost > 0)
			return false;
	}
	return nready == nconns;
}

/* Pings what is idle, connects what is due: a slice of all, so that nobody waits for the look. */
static void keep_up(unsigned slice)
{
	static unsigned at;
	int64_t now_ms = load_now_us() / 1000;
	for (unsigned i = 0; i < slice; i++) {
		struct load_conn *conn = &conns[at++ % nconns];
		if (now_ms < conn->act_ms)
			continue;
		if (conn->state == LOAD_READY) {
			load_send_ping(conn);
			conn->act_ms = now_ms + target.keepalive_sec * 900;
		} else if (conn->state == LOAD_IDLE && reconnects) {
			load_connect(conn);
		}
	}
}

/* Serves the clients until a moment; looks after each of them once in a second, in a storm once in
 * 10 ms. */
static void run_until(int64_t until_us)
{
	static int64_t kept_us;
	int64_t now_us;
	while ((now_us = load_now_us()) < until_us) {
		if (now_us - kept_us > 10000) {
			keep_up(reconnects ? nconns : nconns / 100 + 1);
			kept_us = now_us;
		}
		int64_t left_us = until_us - load_now_us();
		load_poll(left_us < 0 ? 0 : left_us > 10000 ? 10000 : left_us);
	}
}

static void send_one(void)
{
	static char payload[131072];
	char topic[160], text[WHEN_TEXT_SIZE];
	unsigned pair = rand_below(opt.pairs), side = rand_below(2);
	struct load_conn *conn = &conns[opt.idle + 2 * pair + side];
	int len = snprintf(payload, sizeof(payload),
		"{\"id\":\"00000000-0000-4000-8000-%012x\",\"sent_at\":\"%s\",\"text\":\"", nsent,
		when_format(when_now_us(), text));
	while (len < (int)opt.payload - 2)
		payload[len++] = 'x';
	payload[len++] = '"';
	payload[len++] = '}';
	snprintf(topic, sizeof(topic), "gym/%s/room/p%u/msg/%s/%s", target.gym, pair, conn->role,
		conn->name);
	nsent++;
	load_send_publish(conn, topic, payload, (size_t)len);
}

static void talk(void)
{
	unsigned most = (unsigned)(opt.rate * opt.seconds * 1.5 + 1000);
	due_us = calloc(most, sizeof(*due_us));
	took_us = malloc(most * sizeof(*took_us));
	assert(due_us != NULL && took_us != NULL);
	for (unsigned i = 0; i < most; i++)
		took_us[i] = -1;
	int64_t start_us = load_now_us();
	double at_us = (double)start_us;
	while (at_us < (double)start_us + opt.seconds * 1e6 && nsent < most) {
		run_until((int64_t)at_us);
		due_us[nsent] = (int64_t)at_us;
		send_one();
		at_us -= log(1 - (rand_below(1u << 30) + 0.5) / (1u << 30)) / opt.rate * 1e6;
	}
	int64_t end_us = load_now_us() + LOAD_TAIL_SEC * 1000000LL;
	while (nreceived < nsent && load_now_us() < end_us)
		run_until(load_now_us() + 5000);
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return x < y ? -1 : x > y;
}

static void print_latency(void)
{
	unsigned n = 0;
	for (unsigned i = 0; i < nsent; i++)
		if (took_us[i] >= 0)
			took_us[n++] = took_us[i];
	qsort(took_us, n, sizeof(*took_us), by_size);
	if (n == 0)
		took_us[n++] = -1;
	printf("{\"stage\":\"latency\",\"sent\":%u,\"received\":%u,\"doubled\":%u,\"p50_us\":%.0f,"
	       "\"p99_us\":%.0f,\"max_us\":%.0f,\"disconnected\":%u}\n",
		nsent, nreceived, ndoubled, took_us[n / 2], took_us[(size_t)(n * 0.99)],
		took_us[n - 1], nlost);
	fflush(stdout);
}

static void storm(void)
{
	int64_t give_up_us = load_now_us() + LOAD_GIVE_UP_SEC * 1000000LL;
	reconnects = true;
	nlost = nfailed = 0;
	memset(ncodes, 0, sizeof(ncodes));
	first_lost_us = 0;
	int64_t lost_us = 0;
	unsigned ngone = 0;
	for (bool are_back = false; !are_back && load_now_us() < give_up_us;) {
		run_until(load_now_us() + 2000);
		unsigned here = 0;
		for (unsigned i = 0; i < nconns; i++)
			here += conns[i].state == LOAD_READY;
		if (nconns - here > ngone) {
			ngone = nconns - here;
			lost_us = load_now_us();
		}
		are_back = first_lost_us > 0 && here == nconns;
	}
	printf("{\"stage\":\"storm\",\"closed\":%u,\"failed_attempts\":%u,\"code_1012\":%u,"
	       "\"code_1013\":%u,\"most_away\":%u,\"closing_ms\":%lld,\"all_back_ms\":%lld}\n",
		nlost - nfailed, nfailed, ncodes[1012], ncodes[1013], ngone,
		(long long)(lost_us - first_lost_us) / 1000,
		(long long)(load_now_us() - first_lost_us) / 1000);
	fflush(stdout);
}

static void wait_for_caller(void)
{
	char line[16];
	if (fgets(line, sizeof(line), stdin) == NULL)
		exit(1);
}

static int read_keys(const char *path)
{
	static char text[4096];
	struct err err = {0};
	FILE *file = fopen(path, "r");
	if (file == NULL)
		return -1;
	size_t len = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[len] = '\0';
	if (token_keys_new(&keys, text, NULL, &err) == 0)
		return 0;
	fprintf(stderr, "load: %s: %s\n", path, err.text);
	return -1;
}

static int read_options(int argc, char **argv)
{
	static const struct option table[] = {{"url", 1, NULL, 'u'}, {"keys", 1, NULL, 'k'},
		{"idle", 1, NULL, 'i'}, {"pairs", 1, NULL, 'p'}, {"rate", 1, NULL, 'r'},
		{"seconds", 1, NULL, 's'}, {"payload", 1, NULL, 'b'}, {"spread-ms", 1, NULL, 'j'},
		{"gym", 1, NULL, 'g'}, {0}};
	for (int c; (c = getopt_long(argc, argv, "", table, NULL)) != -1;)
		switch (c) {
		case 'u': opt.url = optarg; break;
		case 'k': opt.keys = optarg; break;
		case 'i': opt.idle = (unsigned)atoi(optarg); break;
		case 'p': opt.pairs = (unsigned)atoi(optarg); break;
		case 'r': opt.rate = atof(optarg); break;
		case 's': opt.seconds = atof(optarg); break;
		case 'b': opt.payload = (unsigned)atoi(optarg); break;
		case 'j': opt.spread_ms = (unsigned)atoi(optarg); break;
		case 'g': target.gym = optarg; break;
		default: return -1;
		}
	return opt.url != NULL && opt.payload <= 65536 ? 0 : -1;
}

int main(int argc, char **argv)
{
	struct rlimit files;
	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	if (read_options(argc, argv) < 0 || load_open(&target, opt.url) < 0) {
		fprintf(stderr,
			"usage: gymchat-load --url ws://ADDRESS:PORT/mqtt|tcp://ADDRESS:PORT"
			" [--keys FILE] [--gym KEY] [--idle N] [--pairs N --rate R --seconds S"
			" [--payload BYTES]] [--spread-ms MS]\n");
		return 2;
	}
	if (opt.keys != NULL && read_keys(opt.keys) < 0)
		return 1;
	target.password = on_password;
	target.on_ready = on_ready;
	target.on_lost = on_lost;
	target.on_publish = on_publish;
	make_conns();
	int64_t began_us = load_now_us();
	bool all = connect_all();
	printf("{\"stage\":\"connected\",\"clients\":%u,\"ms\":%lld}\n", nready,
		(long long)(load_now_us() - began_us) / 1000);
	fflush(stdout);
	if (!all)
		return 1;
	wait_for_caller();
	if (opt.pairs > 0) {
		run_until(load_now_us() + 500000);
		talk();
		print_latency();
		if (opt.spread_ms > 0)
			wait_for_caller();
	}
	if (opt.spread_ms > 0)
		storm();
	return 0;
}
