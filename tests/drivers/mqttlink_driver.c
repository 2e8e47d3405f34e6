/* mqttlink_driver.c - puts a mqttlink into a test's hands: commands come on stdin, events leave on
 * stdout, a line each. mqttlink_driver HOST PORT CLIENT_ID [hold] [persistent] [max=N]
 * [keepalive=N] [auto] [will=TOPIC] [filter]... auto: each batch is flushed at once. Commands:
 * flush, read-on, drop, stop, start, publish QOS TOPIC TEXT, flood N BYTES (QoS 0 to "flood" until
 * N are taken or one is refused), unsent, quit. Events: up, down CODE TEXT, message TOPIC TEXT,
 * batch N, drain, puback, unsent N, refused CODE TEXT, flooded N, closed */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "common/err.h"
#include "common/mqttlink.h"

static uv_loop_t *loop;
static struct mqttlink *link_;
static uv_pipe_t input;
static char line[1 << 16];
static size_t line_len;
static unsigned batch;
static bool is_auto, is_quiet;

static int password(void *ctx, char *buf, size_t size, struct err *err)
{
	(void)ctx;
	(void)err;
	snprintf(buf, size, "secret");
	return 0;
}

static void on_up(void *ctx)
{
	(void)ctx;
	puts("up");
}

static void on_down(void *ctx, const struct err *err)
{
	(void)ctx;
	printf("down %s %s\n", err_code_name(err->code), err->text);
}

static void on_message(void *ctx, const struct mqttlink_message *message)
{
	(void)ctx;
	batch++;
	if (!is_quiet)
		printf("message %s %.*s\n", message->topic, (int)message->len,
			(const char *)message->payload);
}

static void on_batch(void *ctx)
{
	(void)ctx;
	printf("batch %u\n", batch);
	batch = 0;
	if (is_auto)
		mqttlink_flush(link_);
}

static void on_drain(void *ctx)
{
	(void)ctx;
	puts("drain");
}

static void on_puback(void *ctx, int mid)
{
	(void)ctx;
	(void)mid;
	puts("puback");
}

static void quit(void)
{
	mqttlink_free(&link_);
	if (!uv_is_closing((uv_handle_t *)&input))
		uv_close((uv_handle_t *)&input, NULL);
}

static void do_publish(char *rest)
{
	struct err err = {0};
	char *topic = strchr(rest, ' ');
	*topic++ = '\0';
	char *text = strchr(topic, ' ');
	*text++ = '\0';
	if (mqttlink_publish(link_, topic, text, strlen(text), atoi(rest), &err) < 0)
		printf("refused %s %s\n", err_code_name(err.code), err.text);
}

static void do_flood(const char *rest)
{
	struct err err = {0};
	unsigned n = 0, most = 0, bytes = 0;
	sscanf(rest, "%u %u", &most, &bytes);
	char *payload = calloc(1, bytes + 1);
	assert(payload != NULL);
	while (n < most && mqttlink_publish(link_, "flood", payload, bytes, 0, &err) == 0)
		n++;
	free(payload);
	printf("flooded %u\n", n);
}

static void do_line(char *text)
{
	char *rest = strchr(text, ' ');
	if (rest != NULL)
		*rest++ = '\0';
	if (strcmp(text, "flush") == 0)
		mqttlink_flush(link_);
	else if (strcmp(text, "read-on") == 0)
		mqttlink_read_on(link_);
	else if (strcmp(text, "drop") == 0)
		mqttlink_drop(link_, &(struct err){.code = ERR_DB, .text = "dropped by the test"});
	else if (strcmp(text, "stop") == 0)
		mqttlink_stop(link_);
	else if (strcmp(text, "start") == 0)
		mqttlink_start(link_);
	else if (strcmp(text, "publish") == 0)
		do_publish(rest);
	else if (strcmp(text, "flood") == 0)
		do_flood(rest);
	else if (strcmp(text, "unsent") == 0)
		printf("unsent %zu\n", mqttlink_unsent(link_));
	else if (strcmp(text, "quit") == 0)
		quit();
}

static void on_alloc(uv_handle_t *handle, size_t wanted, uv_buf_t *buf)
{
	(void)handle;
	(void)wanted;
	*buf = uv_buf_init(line + line_len, (unsigned)(sizeof(line) - line_len));
}

static void on_input(uv_stream_t *stream, ssize_t len, const uv_buf_t *buf)
{
	(void)buf;
	if (len < 0) {
		uv_read_stop(stream);
		quit();
		return;
	}
	line_len += (size_t)len;
	char *end;
	while ((end = memchr(line, '\n', line_len)) != NULL) {
		*end = '\0';
		do_line(line);
		line_len -= (size_t)(end + 1 - line);
		memmove(line, end + 1, line_len);
	}
}

/* Options by word; returns how many of the arguments are left over, the filters. */
static int take_words(int argc, char **argv, struct mqttlink_options *options)
{
	int i = 0;
	for (; i < argc; i++) {
		if (strcmp(argv[i], "hold") == 0)
			options->hold_acks = true;
		else if (strcmp(argv[i], "persistent") == 0)
			options->persistent = true;
		else if (strncmp(argv[i], "max=", 4) == 0)
			options->receive_maximum = atoi(argv[i] + 4);
		else if (strncmp(argv[i], "keepalive=", 10) == 0)
			options->keepalive_sec = atoi(argv[i] + 10);
		else if (strncmp(argv[i], "will=", 5) == 0)
			options->will_topic = argv[i] + 5;
		else if (strcmp(argv[i], "auto") == 0)
			is_auto = true;
		else if (strcmp(argv[i], "quiet") == 0)
			is_quiet = true;
		else
			break;
	}
	return argc - i;
}

int main(int argc, char **argv)
{
	if (argc < 4)
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	loop = uv_default_loop();
	struct mqttlink_options options = {.host = argv[1],
		.port = atoi(argv[2]),
		.client_id = argv[3],
		.username = "tester",
		.password = password,
		.qos = 1,
		.keepalive_sec = 60,
		.will_payload = "gone",
		.on_up = on_up,
		.on_down = on_down,
		.on_message = on_message,
		.on_batch = on_batch,
		.on_drain = on_drain,
		.on_puback = on_puback};
	int nfilters = take_words(argc - 4, argv + 4, &options);
	options.filters = (const char *const *)(argv + argc - nfilters); /* argv ends with NULL */
	link_ = mqttlink_new(loop, &options);
	mqttlink_start(link_);
	uv_pipe_init(loop, &input, 0);
	uv_pipe_open(&input, 0);
	uv_read_start((uv_stream_t *)&input, on_alloc, on_input);
	uv_run(loop, UV_RUN_DEFAULT);
	puts("closed");
	return uv_loop_close(loop);
}
