/* flood.c - publishers for the archive's benchmark (docs/benchmarks.md).
 *   gymchat-flood flood    saturates: each sender keeps --window QoS 1 publishes unacknowledged
 *   gymchat-flood latency  open loop: --rate messages a second, due at fixed times whatever the
 * system does; a second connection (staff, gym/{gym}/room/+/#) takes the time to the delivery and
 * to the log notice Prints one JSON line. Keys for the tokens: GYMCHAT_TOKEN_KEYS(_FILE). */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "bench/wire.h"
#include "common/settings.h"
#include "common/token.h"

#define IN_SIZE	 (1 << 18)
#define OUT_SIZE (1 << 18)

static struct {
	const char *gym;
	int port, senders, rooms, window, size, rate;
	long messages;
} opt = {.gym = "bench",
	.port = 1883,
	.senders = 8,
	.rooms = 10000,
	.window = 200,
	.size = 200,
	.rate = 500,
	.messages = 100000};

struct conn {
	int fd;
	bool live;
	char sub[16];
	uint8_t *in, *out;
	size_t in_len, out_len, out_at;
	unsigned unacked;
	uint16_t next_id;
	long sent, acked, quota;
};

static struct token_keys *keys;
static uint64_t random_state = 88172645463325252ull;
static uint64_t run_tag;

static uint64_t random_next(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	return random_state ^= random_state << 17;
}

static double now_sec(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void die(const char *what)
{
	fprintf(stderr, "gymchat-flood: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void conn_open(struct conn *c, const char *sub)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
		.sin_port = htons((uint16_t)opt.port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int one = 1;
	c->fd = socket(AF_INET, SOCK_STREAM, 0);
	if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&to, sizeof to) != 0)
		die("connect");
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	fcntl(c->fd, F_SETFL, O_NONBLOCK);
	c->in = malloc(IN_SIZE);
	c->out = malloc(OUT_SIZE);
	snprintf(c->sub, sizeof c->sub, "%s", sub);

	struct claims claims = {.role = ROLE_STAFF, .iat = time(NULL), .exp = time(NULL) + 7200};
	struct err err = {0};
	char token[TOKEN_MAX], user[200], id[240];
	snprintf(claims.gym, sizeof claims.gym, "%s", opt.gym);
	snprintf(claims.sub, sizeof claims.sub, "%s", sub);
	if (token_sign(keys, &claims, token, sizeof token, &err) != 0) {
		fprintf(stderr, "gymchat-flood: %s\n", err.text);
		exit(1);
	}
	claims_username(&claims, user, sizeof user);
	snprintf(id, sizeof id, "%s.%d", user, (int)getpid());
	c->out_len = wire_connect(c->out, id, user, token, 600);
}

/* 8 hex digits of the run, 4-4-4 fixed (version 4), 12 of the message's number. */
static void message_id(long n, char buf[37])
{
	snprintf(buf, 37, "%08x-%04x-4%03x-8000-%012lx", (unsigned)run_tag,
		(unsigned)(run_tag >> 32) & 0xffff, (unsigned)(run_tag >> 48) & 0xfff,
		(unsigned long)n);
}

static void queue_message(struct conn *c, long n)
{
	static char fill[65536];
	char topic[200], payload[70000], id[37];
	if (fill[0] == '\0')
		memset(fill, 'x', sizeof fill - 1);
	message_id(n, id);
	snprintf(topic, sizeof topic, "gym/%s/room/r%d/msg/staff/%s", opt.gym,
		(int)(random_next() % (unsigned)opt.rooms), c->sub);
	int text = opt.size > 120 ? opt.size - 110 : 10;
	int len = snprintf(payload, sizeof payload,
		"{\"id\":\"%s\",\"text\":\"%.*s\",\"sent_at\":\"2026-01-01T00:00:00.000Z\","
		"\"kind\":\"text\"}",
		id, text, fill);
	if (++c->next_id == 0)
		c->next_id = 1;
	c->out_len += wire_publish(c->out + c->out_len, topic, payload, (size_t)len, 1, c->next_id);
	c->unacked++;
	c->sent++;
}

static void conn_write(struct conn *c)
{
	while (c->out_at < c->out_len) {
		ssize_t n = write(c->fd, c->out + c->out_at, c->out_len - c->out_at);
		if (n < 0 && errno == EAGAIN)
			return;
		if (n <= 0)
			die("write");
		c->out_at += (size_t)n;
	}
	c->out_at = c->out_len = 0;
}

/* Reads what is there and hands each packet over; false: the broker closed. */
static bool conn_read(
	struct conn *c, void (*on_packet)(struct conn *c, const struct wire_packet *p))
{
	ssize_t n = read(c->fd, c->in + c->in_len, IN_SIZE - c->in_len);
	if (n == 0 || (n < 0 && errno != EAGAIN))
		return false;
	if (n < 0)
		return true;
	c->in_len += (size_t)n;
	size_t at = 0;
	struct wire_packet p;
	for (long used; (used = wire_next(c->in + at, c->in_len - at, &p)) != 0;
		at += (size_t)used) {
		if (used < 0)
			die("not MQTT");
		on_packet(c, &p);
	}
	memmove(c->in, c->in + at, c->in_len - at);
	c->in_len -= at;
	return true;
}

/* --- flood --- */
static long flood_next;

static void flood_on_packet(struct conn *c, const struct wire_packet *p)
{
	if (p->type == WIRE_CONNACK) {
		if (p->code != 0) {
			fprintf(stderr, "gymchat-flood: refused, code %d\n", p->code);
			exit(1);
		}
		c->live = true;
	} else if (p->type == WIRE_PUBACK) {
		c->unacked--;
		c->acked++;
	}
}

static void flood_fill(struct conn *c)
{
	while (c->live && c->unacked < (unsigned)opt.window && c->sent < c->quota &&
		OUT_SIZE - c->out_len > (size_t)opt.size + 512)
		queue_message(c, flood_next++);
}

static void wait_for(int epoll, struct conn *c)
{
	struct epoll_event ev = {
		.events = EPOLLIN | (c->out_at < c->out_len ? (unsigned)EPOLLOUT : 0u),
		.data.ptr = c};
	if (epoll_ctl(epoll, EPOLL_CTL_MOD, c->fd, &ev) != 0 &&
		epoll_ctl(epoll, EPOLL_CTL_ADD, c->fd, &ev) != 0)
		die("epoll");
}

static int flood(void)
{
	struct conn *conns = calloc((size_t)opt.senders, sizeof *conns);
	int epoll = epoll_create1(0);
	for (int i = 0; i < opt.senders; i++) {
		char sub[16];
		snprintf(sub, sizeof sub, "s%d", i);
		conn_open(&conns[i], sub);
		conns[i].quota = opt.messages / opt.senders + (i < opt.messages % opt.senders);
		conn_write(&conns[i]);
		wait_for(epoll, &conns[i]);
	}
	double begin = now_sec();
	long acked = 0;
	while (acked < opt.messages) {
		struct epoll_event events[64];
		int n = epoll_wait(epoll, events, 64, 30000);
		if (n == 0) {
			fprintf(stderr, "gymchat-flood: nothing for 30 s\n");
			return 1;
		}
		for (int i = 0; i < n; i++) {
			struct conn *c = events[i].data.ptr;
			long before = c->acked;
			if ((events[i].events & EPOLLIN) && !conn_read(c, flood_on_packet))
				die("closed by the broker");
			acked += c->acked - before;
			flood_fill(c);
			conn_write(c);
			wait_for(epoll, c);
		}
	}
	double took = now_sec() - begin;
	printf("{\"acked\":%ld,\"seconds\":%.3f,\"per_second\":%.0f}\n", acked, took,
		(double)acked / took);
	return 0;
}

/* --- latency --- */
static struct {
	double due, delivered, noticed;
} * taken;
static bool listening;

static void latency_note(const uint8_t *at, size_t len, bool is_log)
{
	char tag[24];
	char first[37];
	message_id(0, first);
	memcpy(tag, first, 23);
	double now = now_sec();
	for (const uint8_t *end = at + len;
		len >= 36 && (at = memmem(at, (size_t)(end - at), tag, 23)) != NULL; at += 36) {
		if (end - at < 36)
			return;
		char hex[13] = {0};
		memcpy(hex, at + 24, 12);
		long n = strtol(hex, NULL, 16);
		if (n < 0 || n >= opt.messages)
			continue;
		double *slot = is_log ? &taken[n].noticed : &taken[n].delivered;
		if (*slot == 0)
			*slot = now;
	}
}

static void latency_on_packet(struct conn *c, const struct wire_packet *p)
{
	flood_on_packet(c, p);
	if (p->type == WIRE_SUBACK)
		listening = p->code < 0x80;
	if (p->type == WIRE_PUBLISH)
		latency_note(p->payload, p->payload_len,
			p->topic_len > 4 && memcmp(p->topic + p->topic_len - 4, "/log", 4) == 0);
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static void print_percentiles(const char *name, double *ms, long n)
{
	qsort(ms, (size_t)n, sizeof *ms, by_size);
	double p50 = n ? ms[n / 2] : -1, p99 = n ? ms[n * 99 / 100] : -1, most = n ? ms[n - 1] : -1;
	printf("\"%s_n\":%ld,\"%s_p50_ms\":%.3f,\"%s_p99_ms\":%.3f,\"%s_max_ms\":%.3f", name, n,
		name, p50, name, p99, name, most);
}

static void latency_print(void)
{
	double *ms = calloc((size_t)opt.messages, sizeof *ms);
	long n = 0, m = 0;
	for (long i = 0; i < opt.messages; i++) {
		if (taken[i].delivered > 0)
			ms[n++] = (taken[i].delivered - taken[i].due) * 1e3;
	}
	printf("{");
	print_percentiles("delivery", ms, n);
	for (long i = 0; i < opt.messages; i++) {
		if (taken[i].noticed > 0)
			ms[m++] = (taken[i].noticed - taken[i].due) * 1e3;
	}
	printf(",");
	print_percentiles("notice", ms, m);
	printf(",\"messages\":%ld}\n", opt.messages);
	free(ms);
}

/* Until all were noticed, or 10 s after the last was due. */
static int latency(void)
{
	struct conn pub = {0}, sub = {0};
	int epoll = epoll_create1(0);
	taken = calloc((size_t)opt.messages, sizeof *taken);
	conn_open(&pub, "pub");
	conn_open(&sub, "watch");
	char filter[200];
	snprintf(filter, sizeof filter, "gym/%s/room/+/#", opt.gym);
	sub.out_len += wire_subscribe(sub.out + sub.out_len, 1, filter, 0);
	struct conn *both[] = {&pub, &sub};
	for (int i = 0; i < 2; i++) {
		conn_write(both[i]);
		wait_for(epoll, both[i]);
	}
	double begin = 0;
	long next = 0;
	for (;;) {
		double now = now_sec();
		if (begin == 0 && pub.live && listening)
			begin = now + 0.1;
		for (; begin > 0 && next < opt.messages && now >= begin + (double)next / opt.rate;
			next++) {
			taken[next].due = begin + (double)next / opt.rate;
			queue_message(&pub, next);
		}
		conn_write(&pub);
		wait_for(epoll, &pub);
		if (next == opt.messages &&
			(taken[next - 1].noticed > 0 || now > begin + (double)next / opt.rate + 10))
			break;
		struct epoll_event events[8];
		struct timespec nap = {.tv_nsec = 200000}; /* the open loop's grain: 0.2 ms */
		int n = epoll_pwait2(epoll, events, 8, &nap, NULL);
		for (int i = 0; i < n; i++) {
			if (!conn_read(events[i].data.ptr, latency_on_packet))
				die("closed by the broker");
		}
	}
	latency_print();
	return 0;
}

int main(int argc, char **argv)
{
	extern char **environ;
	static const struct option longs[] = {{"gym", 1, 0, 'g'}, {"port", 1, 0, 'p'},
		{"senders", 1, 0, 'k'}, {"rooms", 1, 0, 'r'}, {"messages", 1, 0, 'n'},
		{"window", 1, 0, 'w'}, {"size", 1, 0, 's'}, {"rate", 1, 0, 'R'}, {0}};
	for (int o; (o = getopt_long(argc, argv, "", longs, NULL)) != -1;) {
		switch (o) {
		case 'g': opt.gym = optarg; break;
		case 'p': opt.port = atoi(optarg); break;
		case 'k': opt.senders = atoi(optarg); break;
		case 'r': opt.rooms = atoi(optarg); break;
		case 'n': opt.messages = atol(optarg); break;
		case 'w': opt.window = atoi(optarg); break;
		case 's': opt.size = atoi(optarg); break;
		case 'R': opt.rate = atoi(optarg); break;
		default: return 2;
		}
	}
	struct err err = {0};
	AUTO(settings) struct settings *settings = NULL;
	if (settings_load(&settings, SETTING_TOKEN, environ, NULL, &err) != 0 ||
		token_keys_new(&keys, settings_text(settings, "TOKEN_KEYS"), NULL, &err) != 0) {
		fprintf(stderr, "gymchat-flood: %s\n", err.text);
		return 1;
	}
	run_tag = (uint64_t)time(NULL) << 20 ^ (uint64_t)getpid();
	random_state ^= run_tag * 0x9e3779b97f4a7c15ull;
	if (optind < argc && strcmp(argv[optind], "latency") == 0)
		return latency();
	return flood();
}
