/* mqttunsent.h - counts the bytes of publishes that libmosquitto holds and has not written yet. It
 * tells when one of QoS 0 was written, of QoS 1 only when its PUBACK came; but packets leave in the
 * order of their publishing. Internal to mqttconn. Pure. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct mqttunsent_publish {
	unsigned bytes;
	bool is_qos1;
};

struct mqttunsent {
	struct mqttunsent_publish *ring; /* owned; a zeroed struct is a valid empty one */
	size_t size, at, len;
	size_t bytes;
};

void mqttunsent_deinit(struct mqttunsent *unsent);
void mqttunsent_put(struct mqttunsent *unsent, size_t bytes, bool is_qos1);
/* The first of QoS 0 has been written, and with it those of QoS 1 before it. */
void mqttunsent_written(struct mqttunsent *unsent);
void mqttunsent_all_written(struct mqttunsent *unsent);
