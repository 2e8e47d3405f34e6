/* mqttdial.h - opens libmosquitto's connection in a thread of its own: looking a name up and
 * connecting block there, and against an address that swallows packets for two minutes. Internal to
 * mqttlink. */
#pragma once
#include <mosquitto.h>
#include <uv.h>

#include "common/err.h"

struct mqttdial;

/* Takes mosq over until done or mqttdial_abandon. host with port 0 is a Unix socket's path.
 * properties (CONNECT's; taken over) may be NULL. done runs on the loop, once: with err NULL the
 * connection is open and mosq is the caller's again (nothing has been written yet); with an error
 * mosq is gone. */
struct mqttdial *mqttdial_start(uv_loop_t *loop, struct mosquitto *mosq, const char *host, int port,
	int keepalive_sec, mosquitto_property *properties,
	void (*done)(void *ctx, struct mosquitto *mosq, const struct err *err), void *ctx);
/* done will not run; what comes of the attempt is thrown away. *dial NULL: nothing. */
void mqttdial_abandon(struct mqttdial **dial);
