/* plugin.h - inside of gymchat_auth.so: what its files share.
 *
 *   plugin.c          its life, the broker's ticks and reloads, revoked tokens
 *   plugin_connect.c  who may connect
 *   plugin_access.c   what a session may publish, subscribe to and be given
 */
#pragma once
#include <mosquitto.h>
#include <mosquitto_broker.h>
#include <mosquitto_plugin.h>
#include <time.h>

#include "broker-conf/config.h"
#include "broker-conf/reject.h"
#include "broker-conf/sessions.h"
#include "common/jsonout.h"
#include "common/revocations.h"

/* For connections and subscriptions, where there is no bucket to wait for. */
#define PLUGIN_RETRY_MS 5000

struct plugin {
	mosquitto_plugin_id_t *id;
	const char **options; /* "key","value",...,NULL: own copies, for reloads */
	struct config config;
	struct sessions *sessions;
	struct revocations revoked; /* the API tells them, */
	struct revocations coming;  /* in several parts */
	bool is_rechecking;	    /* from RELOAD to the next TICK: see plugin_recheck */
	bool is_looking;	    /* see plugin_look_for_away */
	struct jsonout out;	    /* of answers, kept for its memory */
};

/* The coarse clock is exact to 4 ms and read without leaving the process: this is asked at every
 * publish. */
static inline int64_t plugin_mono_us(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC_COARSE, &ts);
	return ts.tv_sec * INT64_C(1000000) + ts.tv_nsec / 1000;
}

static inline int64_t plugin_now_sec(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_REALTIME_COARSE, &ts);
	return ts.tv_sec;
}

/* Tells those of the identity who listen on its gym/{gym}/to/{role}/{sub}. */
void plugin_answer(struct plugin *p, const struct claims *claims, const struct reject *reject);

/* Events of the broker. */
int plugin_on_basic_auth(int event, void *event_data, void *userdata);
int plugin_on_disconnect(int event, void *event_data, void *userdata);
int plugin_on_acl_check(int event, void *event_data, void *userdata);
