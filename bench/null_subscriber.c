/* null_subscriber.c - the yardstick of the archive's benchmark: a QoS 1 subscriber that stores
 * nothing. Reads what the socket has, up to a batch, as the archiver does; with NOTICES=1 it
 * publishes the notices that the archiver would (built by the archiver's own code), QoS 0 on a
 * second connection; then it lets the PUBACKs go. No database, no waiting. Environment: MQTT_PORT,
 * MQTT_USERNAME, MQTT_PASSWORD, NOTICES. Says "subscribed", then "received N" as N grows. */
#include <errno.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "archiver/batch.h"
#include "archiver/notice.h"
#include "common/when.h"

#define BATCH_MAX 1000

static struct batch *batch;
static struct notices notices;
static struct mosquitto *in, *out;
static bool subscribed;
static unsigned long received;

static void must(int rc, const char *what)
{
	if (rc == MOSQ_ERR_SUCCESS)
		return;
	fprintf(stderr, "gymchat-null-subscriber: %s: %s\n", what, mosquitto_strerror(rc));
	exit(1);
}

static void on_connect(struct mosquitto *m, void *ctx, int rc)
{
	(void)ctx;
	if (rc != 0) {
		fprintf(stderr, "gymchat-null-subscriber: refused, code %d\n", rc);
		exit(1);
	}
	if (m == in)
		must(mosquitto_subscribe(m, NULL, "gym/+/room/+/msg/+/+", 1), "subscribe");
}

static void on_subscribe(struct mosquitto *m, void *ctx, int mid, int n, const int *granted)
{
	(void)m, (void)ctx, (void)mid, (void)n;
	subscribed = granted[0] == 1;
	if (subscribed)
		puts("subscribed");
}

static void on_message(struct mosquitto *m, void *ctx, const struct mosquitto_message *message)
{
	(void)m, (void)ctx;
	batch_add(batch, message->topic, message->payload, (size_t)message->payloadlen,
		when_now_us());
	received++;
}

static struct mosquitto *link_new(const char *tail)
{
	char id[256];
	const char *user = getenv("MQTT_USERNAME");
	snprintf(id, sizeof id, "%s.null-%s", user, tail);
	struct mosquitto *m = mosquitto_new(id, true, NULL);
	mosquitto_int_option(m, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5);
	mosquitto_int_option(m, MOSQ_OPT_RECEIVE_MAXIMUM, BATCH_MAX);
	mosquitto_int_option(m, MOSQ_OPT_TCP_NODELAY, 1);
	mosquitto_connect_callback_set(m, on_connect);
	mosquitto_subscribe_callback_set(m, on_subscribe);
	mosquitto_message_callback_set(m, on_message);
	must(mosquitto_username_pw_set(m, user, getenv("MQTT_PASSWORD")), "login");
	return m;
}

static int unread(struct mosquitto *m)
{
	int bytes = 0;
	return ioctl(mosquitto_socket(m), FIONREAD, &bytes) == 0 ? bytes : 0;
}

static void tell(void)
{
	for (unsigned i = 0; i < batch->nrooms; i++)
		batch_room_found(batch->rooms[i], 1, i + 1, 0, 0);
	batch_settle(batch, 0, batch->nmessages, when_now_us());
	batch_bury(batch);
	notices_build(&notices, batch);
	for (size_t i = 0; i < notices.len; i++)
		mosquitto_publish(out, NULL, notice_topic(&notices, i), (int)notices.all[i].len,
			notice_payload(&notices, i), 0, false);
}

static void take_batch(void)
{
	while (batch->items < BATCH_MAX && unread(in) > 0)
		must(mosquitto_loop_read(in, 1), "read");
	if (batch->items == 0)
		return;
	if (out != NULL)
		tell();
	batch_reset(batch);
	printf("received %lu\n", received);
	fflush(stdout);
}

int main(void)
{
	const char *wants = getenv("NOTICES");
	int port = atoi(getenv("MQTT_PORT"));
	mosquitto_lib_init();
	batch = batch_new(BATCH_MAX, 1);
	notices_init(&notices);
	setvbuf(stdout, NULL, _IOLBF, 0);
	in = link_new("in");
	must(mosquitto_connect(in, "127.0.0.1", port, 600), "connect");
	if (wants != NULL && strcmp(wants, "1") == 0) {
		out = link_new("out");
		must(mosquitto_connect(out, "127.0.0.1", port, 600), "connect");
	}
	for (;;) {
		struct pollfd fds[2] = {{mosquitto_socket(in), POLLIN, 0},
			{out != NULL ? mosquitto_socket(out) : -1, POLLIN, 0}};
		if (mosquitto_want_write(in))
			fds[0].events |= POLLOUT;
		if (out != NULL && mosquitto_want_write(out))
			fds[1].events |= POLLOUT;
		poll(fds, 2, 1000);
		take_batch();
		must(mosquitto_loop_write(in, 1), "write");
		mosquitto_loop_misc(in);
		if (out == NULL)
			continue;
		if (unread(out) > 0)
			must(mosquitto_loop_read(out, 1), "read notices' link");
		must(mosquitto_loop_write(out, 1), "write notices");
		mosquitto_loop_misc(out);
	}
}
