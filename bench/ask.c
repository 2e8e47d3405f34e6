/* ask.c - asks over HTTP and measures, for `gymchat bench history`. Two ways: each client asks
 * again as soon as it has its answer (what is the most?), or questions are due at random times of a
 * given rate (how long does an answer take?). In the second way time is counted from when a
 * question was due, so that a server that stalls cannot hide its queue. gymchat-ask --port P --path
 * '/v1/gyms/g/rooms/%/messages' --most N --clients N --seconds S
 *     [--rate N] [--header 'authorization: Bearer T']... [--seed N]
 * A '%' in the path becomes a random number from 1 to N; client i sends header i modulo their
 * number. The first second is not counted. Prints one JSON object. */
#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <math.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "common/auto.h"

#define ASK_HEADERS_MAX 64
#define ASK_CLIENTS_MAX 1000
#define ASK_HEAD_MAX	4096
#define ASK_READ_BYTES	(256 * 1024)
#define ASK_WARM_US	1000000
#define ASK_TAIL_US	5000000 /* for the last answers */

static struct {
	int port;
	const char *path;
	unsigned most, clients;
	double seconds, rate; /* rate 0: as fast as it goes */
	const char *headers[ASK_HEADERS_MAX];
	unsigned nheaders;
	uint64_t seed;
} opt = {.most = 1, .clients = 8, .seconds = 10, .seed = 1};

struct client {
	int fd;
	const char *header;
	int64_t due_us; /* of the question that is out; 0: none is */
	size_t left;	/* bytes of the answer's body that are to come */
	bool is_in_body;
	char head[ASK_HEAD_MAX];
	size_t head_len;
	struct client *next; /* of the free ones */
};

static struct client *clients, *unused;
static int epoll_fd;
static char read_buf[ASK_READ_BYTES];

static int64_t start_us, *took_us;
static size_t nasked, ntook, took_size, nrefused;
static uint64_t nbytes;

/* Questions that are due and have no client: a ring. */
static int64_t *due;
static size_t due_size, due_first, due_last;

static void give_up(const char *why)
{
	fprintf(stderr, "gymchat-ask: %s: %s\n", why, strerror(errno));
	exit(1);
}

static int64_t now_us(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

static uint64_t random_bits(void)
{
	uint64_t x = opt.seed += 0x9e3779b97f4a7c15u;
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

/* ---- one client ---- */

static void open_client(struct client *client, unsigned i)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)opt.port)};
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = client};
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	client->header = opt.nheaders > 0 ? opt.headers[i % opt.nheaders] : NULL;
	client->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (client->fd < 0 || connect(client->fd, (struct sockaddr *)&to, sizeof(to)) != 0)
		give_up("connecting");
	setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
	fcntl(client->fd, F_SETFL, O_NONBLOCK);
	epoll_ctl(epoll_fd, EPOLL_CTL_ADD, client->fd, &event);
	client->next = unused;
	unused = client;
}

static size_t put_path(char *at, size_t size)
{
	size_t before = strcspn(opt.path, "%");
	const char *after = opt.path[before] == '%' ? opt.path + before + 1 : "";
	if (opt.path[before] != '%')
		return (size_t)snprintf(at, size, "%s", opt.path);
	return (size_t)snprintf(at, size, "%.*s%u%s", (int)before, opt.path,
		1 + (unsigned)(random_bits() % opt.most), after);
}

static void ask(struct client *client, int64_t due_us)
{
	char path[1024], text[4096];
	put_path(path, sizeof(path));
	int len = snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n%s%s\r\n",
		path, opt.port, client->header != NULL ? client->header : "",
		client->header != NULL ? "\r\n" : "");
	if (len < 0 || len >= (int)sizeof(text))
		give_up("a question too long");
	client->due_us = due_us;
	client->is_in_body = false;
	client->head_len = 0;
	nasked++;
	if (write(client->fd, text, (size_t)len) != len)
		give_up("asking");
}

static void take_time(int64_t us)
{
	if (ntook == took_size) {
		took_size = took_size * 2 + 65536;
		took_us = realloc(took_us, took_size * sizeof(*took_us));
		assert(took_us != NULL);
	}
	took_us[ntook++] = us;
}

/* The answer is whole. Counted are those whose questions were due after the first second. */
static void answered(struct client *client, int64_t now)
{
	int64_t due_us = client->due_us;
	client->due_us = 0;
	if (due_us >= start_us + ASK_WARM_US)
		take_time(now - due_us);
	if (opt.rate == 0 && now < start_us + ASK_WARM_US + (int64_t)(opt.seconds * 1e6)) {
		ask(client, now);
	} else if (due_first != due_last) {
		ask(client, due[due_first]);
		due_first = (due_first + 1) % due_size;
	} else {
		client->next = unused;
		unused = client;
	}
}

/* Takes bytes until the head is whole; how many it took. */
static size_t take_head(struct client *client, const char *bytes, size_t len)
{
	size_t n = len < ASK_HEAD_MAX - 1 - client->head_len ? len
							     : ASK_HEAD_MAX - 1 - client->head_len;
	memcpy(client->head + client->head_len, bytes, n);
	client->head[client->head_len + n] = '\0';
	char *end = strstr(client->head, "\r\n\r\n");
	if (end == NULL) {
		client->head_len += n;
		if (client->head_len == ASK_HEAD_MAX - 1)
			give_up("a head too long");
		return n;
	}
	size_t used = (size_t)(end + 4 - client->head) - client->head_len;
	*end = '\0';
	char *length = strcasestr(client->head, "\r\ncontent-length:");
	if (length == NULL)
		give_up("an answer without a content-length");
	if (strncmp(client->head + 8, " 200", 4) != 0 && nrefused++ == 0)
		fprintf(stderr, "gymchat-ask: %.*s\n", (int)strcspn(client->head, "\r"),
			client->head);
	client->left = strtoul(length + 17, NULL, 10);
	client->is_in_body = true;
	return used;
}

static void take_bytes(struct client *client, const char *bytes, size_t len)
{
	nbytes += len;
	while (len > 0) {
		size_t n = len < client->left ? len : client->left;
		if (client->is_in_body)
			client->left -= n;
		else
			n = take_head(client, bytes, len);
		bytes += n;
		len -= n;
		if (client->is_in_body && client->left == 0)
			answered(client, now_us());
	}
}

static void on_readable(struct client *client)
{
	ssize_t len = read(client->fd, read_buf, sizeof(read_buf));
	if (len > 0)
		take_bytes(client, read_buf, (size_t)len);
	else if (len == 0 || errno != EAGAIN)
		give_up("the server has closed a connection");
}

static void serve(int64_t wait_us)
{
	struct epoll_event events[64];
	struct timespec wait = {.tv_sec = wait_us / 1000000, .tv_nsec = wait_us % 1000000 * 1000};
	int n = epoll_pwait2(epoll_fd, events, COUNT(events), &wait, NULL);
	for (int i = 0; i < n; i++)
		on_readable(events[i].data.ptr);
}

/* ---- the two ways ---- */

static bool is_all_quiet(void)
{
	for (unsigned i = 0; i < opt.clients; i++) {
		if (clients[i].due_us != 0)
			return false;
	}
	return due_first == due_last;
}

static void ask_on_and_on(void)
{
	for (unsigned i = 0; i < opt.clients; i++)
		ask(&clients[i], now_us());
	while (!is_all_quiet())
		serve(100000);
}

static void ask_or_queue(int64_t due_us)
{
	if (unused == NULL) {
		due[due_last] = due_us;
		due_last = (due_last + 1) % due_size;
		assert(due_last != due_first);
		return;
	}
	struct client *client = unused;
	unused = client->next;
	ask(client, due_us);
}

static void ask_when_due(void)
{
	double at_us = (double)start_us, end_us = at_us + ASK_WARM_US + opt.seconds * 1e6;
	due_size = (size_t)(opt.rate * (opt.seconds + 2) * 2 + 1000);
	due = calloc(due_size, sizeof(*due));
	assert(due != NULL);
	while (at_us < end_us) {
		for (int64_t left; (left = (int64_t)at_us - now_us()) > 0;)
			serve(left);
		ask_or_queue((int64_t)at_us);
		serve(0);
		at_us -= log((double)((random_bits() >> 11) + 1) / (1ll << 53)) / opt.rate * 1e6;
	}
	int64_t give_up_us = now_us() + ASK_TAIL_US;
	while (!is_all_quiet() && now_us() < give_up_us)
		serve(10000);
}

/* ---- what came of it ---- */

static int by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return x < y ? -1 : x > y;
}

static void print_result(void)
{
	size_t n = ntook;
	qsort(took_us, n, sizeof(*took_us), by_size);
	if (n == 0)
		take_time(-1);
	printf("{\"asked\":%zu,\"answers\":%zu,\"per_second\":%.0f,\"p50_us\":%lld,\"p99_us\":%lld,"
	       "\"max_us\":%lld,\"refused\":%zu,\"unanswered\":%d,\"bytes_each\":%.0f}\n",
		nasked, n, (double)n / opt.seconds, (long long)took_us[n / 2],
		(long long)took_us[(size_t)((double)n * 0.99)],
		(long long)took_us[n > 0 ? n - 1 : 0], nrefused, !is_all_quiet(),
		(double)nbytes / (double)nasked);
}

static int read_options(int argc, char **argv)
{
	static const struct option table[] = {{"port", 1, NULL, 'p'}, {"path", 1, NULL, 'q'},
		{"most", 1, NULL, 'm'}, {"clients", 1, NULL, 'c'}, {"seconds", 1, NULL, 's'},
		{"rate", 1, NULL, 'r'}, {"header", 1, NULL, 'h'}, {"seed", 1, NULL, 'x'},
		{NULL, 0, NULL, 0}};
	for (int c; (c = getopt_long(argc, argv, "", table, NULL)) != -1;) {
		switch (c) {
		case 'p': opt.port = atoi(optarg); break;
		case 'q': opt.path = optarg; break;
		case 'm': opt.most = (unsigned)atoi(optarg); break;
		case 'c': opt.clients = (unsigned)atoi(optarg); break;
		case 's': opt.seconds = atof(optarg); break;
		case 'r': opt.rate = atof(optarg); break;
		case 'h':
			if (opt.nheaders == ASK_HEADERS_MAX)
				return -1;
			opt.headers[opt.nheaders++] = optarg;
			break;
		case 'x': opt.seed = strtoull(optarg, NULL, 10); break;
		default: return -1;
		}
	}
	return opt.port > 0 && opt.path != NULL && opt.most > 0 && opt.seconds > 0 &&
			       opt.clients > 0 && opt.clients <= ASK_CLIENTS_MAX && opt.rate >= 0
		       ? 0
		       : -1;
}

int main(int argc, char **argv)
{
	if (read_options(argc, argv) != 0) {
		fprintf(stderr, "usage: gymchat-ask --port P --path PATH [--most N] [--clients N]"
				" [--seconds S] [--rate N] [--header H]... [--seed N]\n");
		return 2;
	}
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	clients = calloc(opt.clients, sizeof(*clients));
	assert(clients != NULL && epoll_fd >= 0);
	for (unsigned i = 0; i < opt.clients; i++)
		open_client(&clients[i], i);
	start_us = now_us();
	if (opt.rate > 0)
		ask_when_due();
	else
		ask_on_and_on();
	print_result();
	return 0;
}
