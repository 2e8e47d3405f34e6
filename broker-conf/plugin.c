/* plugin.c - gymchat_auth.so, a plugin of Mosquitto 2 (interface 5): who may connect, publish and
 * subscribe, decided from the token alone. Only glue to the broker is here; the rules are in acl,
 * identity, limits, sessions, reject. Everything runs on the broker's one thread and answers from
 * memory. */
#include <mosquitto.h>
#include <mosquitto_broker.h>
#include <mosquitto_plugin.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "broker-conf/acl.h"
#include "broker-conf/config.h"
#include "broker-conf/identity.h"
#include "broker-conf/reject.h"
#include "broker-conf/sessions.h"
#include "common/log.h"
#include "common/must.h"

#define PLUGIN_INTERFACE 5
/* Many tokens may end in one second: the chat goes on in between. */
#define PLUGIN_KICKS_PER_TICK 256
/* For connections and subscriptions, where there is no bucket to wait for. */
#define PLUGIN_RETRY_MS 5000
/* Refused filters of one connection before it is ended. */
#define PLUGIN_REFUSED_MAX 1000
#define PLUGIN_QUIET_US	   60000000

extern char **environ;

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

static void plugin_log(enum log_level level, const char *line)
{
	static const int levels[] = {
		[LOG_ERROR] = MOSQ_LOG_ERR,
		[LOG_WARN] = MOSQ_LOG_WARNING,
		[LOG_INFO] = MOSQ_LOG_NOTICE,
		[LOG_DEBUG] = MOSQ_LOG_INFO,
	};
	const char *text = strchr(line, ' '); /* the broker puts its own time before it */
	mosquitto_log_printf(levels[level], "%s", text != NULL ? text + 1 : line);
}

/* The coarse clock is exact to 4 ms and read without leaving the process: this is asked at every
 * publish. */
static int64_t plugin_mono_us(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC_COARSE, &ts);
	return ts.tv_sec * INT64_C(1000000) + ts.tv_nsec / 1000;
}

static int64_t plugin_now_sec(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_REALTIME_COARSE, &ts);
	return ts.tv_sec;
}

/* ---- answers ---- */

static void plugin_answer(
	struct plugin *p, const struct claims *claims, const struct reject *reject)
{
	struct topic to = {.kind = TOPIC_TO, .role = claims->role};
	char topic[TOPIC_MAX];

	memcpy(to.gym, claims->gym, sizeof to.gym);
	memcpy(to.who, claims->sub, sizeof to.who);
	if (topic_format(&to, topic, sizeof topic) < 0)
		return;
	reject_write(reject, &p->out);
	mosquitto_broker_publish_copy(NULL, topic, (int)p->out.len, p->out.text, 0, false, NULL);
}

/* ---- CONNECT ---- */

/* MQTT 5 says in its properties, which no plugin sees here, how long a session stays. */
static enum session_kind plugin_session_kind(const struct mosquitto *client)
{
	if (!mosquitto_client_clean_session(client))
		return SESSION_KEPT;
	return mosquitto_client_protocol_version(client) < 5 ? SESSION_CLEAN : SESSION_FRESH;
}

static int plugin_admit(
	struct plugin *p, const struct mosquitto_evt_basic_auth *event, struct err *err)
{
	const char *client_id = mosquitto_client_id(event->client);
	int64_t now_sec = plugin_now_sec();
	struct claims claims;

	if (event->username == NULL || event->password == NULL)
		return err_set(err, ERR_DENIED, "username and token (as password) are needed");
	if (token_verify(p->config.keys, event->password, p->config.token_days, now_sec, &claims,
		    err) != 0)
		return -1;
	/* No allowance for clocks at the end: the connection would be ended at once. */
	if (claims.exp <= now_sec)
		return err_set(err, ERR_EXPIRED, "token: expired %lld s ago",
			(long long)(now_sec - claims.exp));
	if (revocations_hit(&p->revoked, &claims))
		return err_set(err, ERR_DENIED, "token: revoked");
	if (identity_check(&claims, event->username, client_id, err) != 0)
		return -1;
	struct limits limits = limits_for(&p->config.limits, p->config.staff_factor, &claims);
	if (sessions_open(p->sessions, event->client, &claims, event->username, client_id,
		    plugin_session_kind(event->client), &limits, plugin_mono_us(), err) != NULL)
		return 0;
	/* CONNACK has no word for it: the identity's other connections are told. */
	struct reject reject = {.topic = "",
		.code = "rate_limited",
		.detail = err->text,
		.retry_after_ms = PLUGIN_RETRY_MS};
	plugin_answer(p, &claims, &reject);
	return -1;
}

/* After a reload the broker asks BASIC_AUTH again in the same turn, for every session it holds,
 * also for those that are away (without a password after a restart). Live ones must still have a
 * good token by the keys of now, so that taking out a key ends what it let in. Those that are away
 * have nothing to check, and refusing one would queue its expiry a second time inside the broker.
 */
static int plugin_recheck(
	struct plugin *p, const struct mosquitto_evt_basic_auth *event, struct err *err)
{
	struct session *session = sessions_find(p->sessions, event->client);
	struct claims claims;

	if (session == NULL)
		return 0;
	if (event->password == NULL)
		return err_set(err, ERR_DENIED, "no token any more");
	session->identity->limits =
		limits_for(&p->config.limits, p->config.staff_factor, &session->claims);
	return token_verify(p->config.keys, event->password, p->config.token_days, plugin_now_sec(),
		&claims, err);
}

/* Only Mosquitto's own WebSocket listener may take a new connection between a reload and the next
 * tick. */
static bool plugin_is_recheck(const struct plugin *p, const struct mosquitto *client)
{
	return p->is_rechecking && (sessions_find(p->sessions, client) != NULL ||
					   mosquitto_client_protocol(client) != mp_websockets);
}

static int plugin_on_basic_auth(int event, void *event_data, void *userdata)
{
	const struct mosquitto_evt_basic_auth *auth = event_data;
	struct plugin *p = userdata;
	struct err err = {0};

	(void)event;
	int rc = plugin_is_recheck(p, auth->client) ? plugin_recheck(p, auth, &err)
						    : plugin_admit(p, auth, &err);
	if (rc == 0)
		return MOSQ_ERR_SUCCESS;
	const char *client_id = mosquitto_client_id(auth->client);
	log_info("refused connection %.200s: %s",
		client_id != NULL ? client_id : "without client id", err.text);
	return MOSQ_ERR_AUTH;
}

static int plugin_on_disconnect(int event, void *event_data, void *userdata)
{
	const struct mosquitto_evt_disconnect *gone = event_data;
	struct plugin *p = userdata;

	(void)event;
	sessions_close(p->sessions, gone->client, plugin_mono_us());
	return MOSQ_ERR_SUCCESS;
}

/* ---- PUBLISH, SUBSCRIBE, delivery ---- */

/* NULL: may pass; else why not. Retained messages would reach readers past the archive and for
 * ever; a QoS 2 publish waits in the broker for its PUBREL, out of the order of the sender's others
 * and for as long as the sender likes. */
static const char *plugin_refuses_publish(
	const struct claims *claims, const struct mosquitto_evt_acl_check *check)
{
	if (!acl_decide(claims, check->topic, ACL_WRITE))
		return "this identity may not write to this topic";
	if (check->retain)
		return "retained messages are not taken";
	if (check->qos > 1)
		return "QoS 2 is not taken: publish at QoS 1";
	return NULL;
}

/* Charged before it is judged, so that what is forbidden is not free. */
static bool plugin_may_publish(
	struct plugin *p, struct session *session, const struct mosquitto_evt_acl_check *check)
{
	struct identity *identity = session->identity;
	struct reject reject = {
		.topic = check->topic, .payload = check->payload, .len = check->payloadlen};

	reject.retry_after_ms = limits_publish(
		&identity->bucket, &identity->limits, check->payloadlen, plugin_mono_us());
	if (reject.retry_after_ms > 0) {
		reject.code = "rate_limited";
		reject.detail = "too many messages or bytes a second";
	} else {
		reject.code = "forbidden";
		reject.detail = plugin_refuses_publish(&session->claims, check);
		if (reject.detail == NULL)
			return true;
	}
	log_debug("refused publish of %s on %.*s: %s", session->client_id, TOPIC_MAX, check->topic,
		reject.detail);
	plugin_answer(p, &session->claims, &reject);
	return false;
}

/* To refuse must not cost more than to ask: one line a minute for an identity, and an end. */
static void plugin_refuse_filter(
	struct plugin *p, struct session *session, const char *filter, const char *why)
{
	struct identity *identity = session->identity;
	int64_t now_us = plugin_mono_us();

	if (++session->refused == PLUGIN_REFUSED_MAX)
		sessions_end(p->sessions, session, SESSION_REFUSED);
	if (now_us < identity->quiet_until_us) {
		identity->unsaid++;
		return;
	}
	log_info("refused filter %.*s of %s: %s; %u before it without a line", TOPIC_MAX, filter,
		session->client_id, why, identity->unsaid);
	identity->quiet_until_us = now_us + PLUGIN_QUIET_US;
	identity->unsaid = 0;
}

static bool plugin_has_paid(struct plugin *p, struct session *session, const char *filter)
{
	struct identity *identity = session->identity;
	if (limits_filter(&identity->filters_bucket, &identity->limits, plugin_mono_us()) == 0)
		return true;
	plugin_refuse_filter(p, session, filter, "too many a second");
	return false;
}

static bool plugin_may_subscribe(struct plugin *p, struct session *session, const char *filter)
{
	struct err err = {0};

	if (!plugin_has_paid(p, session, filter))
		return false;
	if (!acl_decide(&session->claims, filter, ACL_SUBSCRIBE)) {
		plugin_refuse_filter(p, session, filter, "not allowed");
		return false;
	}
	if (sessions_subscribe(session, filter, &err) == 0)
		return true;
	struct reject reject = {.topic = filter,
		.code = "rate_limited",
		.detail = err.text,
		.retry_after_ms = PLUGIN_RETRY_MS};
	plugin_refuse_filter(p, session, filter, err.text);
	plugin_answer(p, &session->claims, &reject);
	return false;
}

/* No live login: a session that is away, or the will of one that has just ended. */
static bool plugin_may_away(struct plugin *p, const struct mosquitto_evt_acl_check *check)
{
	const char *username = mosquitto_client_username(check->client);
	struct claims names;

	if (identity_from_names(username, mosquitto_client_id(check->client), &names) != 0)
		return false;
	if (check->access == MOSQ_ACL_READ)
		return identity_may_away(&names, check->topic, ACL_READ);
	if (check->access != MOSQ_ACL_WRITE)
		return check->access == MOSQ_ACL_SUBSCRIBE && p->is_looking;
	struct identity *identity = sessions_identity(p->sessions, username);
	bool may = !check->retain && check->qos < 2 &&
		   identity_may_away(&names, check->topic, ACL_WRITE) &&
		   (identity == NULL || limits_publish(&identity->bucket, &identity->limits,
						check->payloadlen, plugin_mono_us()) == 0);
	if (!may)
		log_info("refused will of %s on %.*s", mosquitto_client_id(check->client),
			TOPIC_MAX, check->topic);
	return may;
}

static bool plugin_may(struct plugin *p, const struct mosquitto_evt_acl_check *check)
{
	struct session *session = sessions_find(p->sessions, check->client);

	if (check->access == MOSQ_ACL_UNSUBSCRIBE) {
		if (session != NULL && plugin_has_paid(p, session, check->topic))
			sessions_unsubscribe(session, check->topic);
		return true; /* unpaid: it goes on being counted */
	}
	if (session == NULL)
		return plugin_may_away(p, check);
	switch (check->access) {
	case MOSQ_ACL_READ: return acl_decide(&session->claims, check->topic, ACL_READ);
	case MOSQ_ACL_WRITE: return plugin_may_publish(p, session, check);
	case MOSQ_ACL_SUBSCRIBE: return plugin_may_subscribe(p, session, check->topic);
	default: return false;
	}
}

/* Never another error: the broker would end the publisher's connection for it. */
static int plugin_on_acl_check(int event, void *event_data, void *userdata)
{
	(void)event;
	return plugin_may(userdata, event_data) ? MOSQ_ERR_SUCCESS : MOSQ_ERR_ACL_DENIED;
}

/* ---- revoked tokens ---- */

/* From the API alone: acl.c lets nobody else write here. The sessions end with the next tick. */
static int plugin_on_control(int event, void *event_data, void *userdata)
{
	const struct mosquitto_evt_control *control = event_data;
	struct plugin *p = userdata;
	struct err err = {0};

	(void)event;
	int rc = revocations_read(&p->coming, control->payload, control->payloadlen, &err);
	if (rc < 0)
		log_warn("revocations that cannot be read: %s", err.text);
	if (rc <= 0)
		return MOSQ_ERR_SUCCESS;
	/* Each API process tells it each minute; claims do not change while a session lasts. */
	if (revocations_same(&p->coming, &p->revoked)) {
		revocations_deinit(&p->coming);
		return MOSQ_ERR_SUCCESS;
	}
	/* Only a whole list counts: between two parts none may connect that is in neither. */
	revocations_deinit(&p->revoked);
	p->revoked = p->coming;
	p->coming = (struct revocations){0};
	sessions_revoke(p->sessions, &p->revoked);
	return MOSQ_ERR_SUCCESS;
}

/* ---- time ---- */

static const char *plugin_why_ended(const struct session *ended)
{
	switch (ended->end.at) {
	case SESSION_REVOKED: return "its token has been revoked";
	case SESSION_REFUSED: return "too many refused filters";
	default: return "its token has expired";
	}
}

/* Which of those that are away the broker still has, only a kick can tell: it finds the client id
 * or not. To a session without a connection it does nothing, but that brokers since 2.0.12 (and
 * Debian's 2.0.11) ask whether it may keep its subscriptions: it may. */
static void plugin_look_for_away(struct plugin *p)
{
	struct away *away;
	p->is_looking = true;
	for (int looks = 0; looks < PLUGIN_KICKS_PER_TICK; looks++) {
		if ((away = sessions_next_away(p->sessions, plugin_mono_us())) == NULL)
			break;
		if (mosquitto_kick_client_by_clientid(away->client_id, true) == MOSQ_ERR_NOT_FOUND)
			sessions_forget(p->sessions, away, plugin_mono_us());
	}
	p->is_looking = false;
}

static int plugin_on_tick(int event, void *event_data, void *userdata)
{
	struct plugin *p = userdata;
	int64_t now_sec = plugin_now_sec();
	struct session *ended;

	(void)event;
	(void)event_data;
	p->is_rechecking = false;
	for (int kicks = 0; kicks < PLUGIN_KICKS_PER_TICK; kicks++) {
		if ((ended = sessions_next_ended(p->sessions, now_sec)) == NULL)
			break;
		/* The kick runs DISCONNECT, which frees the session with its client id. */
		char *client_id = must(strdup(ended->client_id));
		log_info("ended connection %s: %s", client_id, plugin_why_ended(ended));
		mosquitto_kick_client_by_clientid(client_id, true);
		free(client_id);
	}
	plugin_look_for_away(p);
	sessions_sweep(p->sessions, plugin_mono_us());
	return MOSQ_ERR_SUCCESS;
}

/* SIGHUP: keys and limits anew; then the broker asks for every session (plugin_recheck). What
 * cannot be read changes nothing. */
static int plugin_on_reload(int event, void *event_data, void *userdata)
{
	struct plugin *p = userdata;
	struct config fresh;
	struct err err = {0};

	(void)event;
	(void)event_data;
	if (config_load(&fresh, environ, p->options, &err) != 0) {
		log_error("reload: keeping the old keys and limits: %s", err.text);
	} else {
		config_deinit(&p->config);
		p->config = fresh;
		log_open("gymchat_auth", fresh.log_level);
		log_info("reloaded keys and limits");
	}
	p->is_rechecking = true;
	return MOSQ_ERR_PLUGIN_DEFER; /* success would end the broker's own reload here */
}

/* ---- life ---- */

static const struct plugin_event {
	int event;
	MOSQ_FUNC_generic_callback callback;
	const char *topic; /* CONTROL alone has one */
} plugin_events[] = {
	{MOSQ_EVT_BASIC_AUTH, plugin_on_basic_auth, NULL},
	{MOSQ_EVT_ACL_CHECK, plugin_on_acl_check, NULL},
	{MOSQ_EVT_DISCONNECT, plugin_on_disconnect, NULL},
	{MOSQ_EVT_TICK, plugin_on_tick, NULL},
	{MOSQ_EVT_RELOAD, plugin_on_reload, NULL},
	{MOSQ_EVT_CONTROL, plugin_on_control, REVOCATIONS_TOPIC},
};

static void plugin_free(struct plugin *p)
{
	for (size_t i = 0; i < COUNT(plugin_events); i++)
		mosquitto_callback_unregister(p->id, plugin_events[i].event,
			plugin_events[i].callback, plugin_events[i].topic);
	for (const char **option = p->options; *option != NULL; option++)
		free((char *)*option);
	free(p->options);
	config_deinit(&p->config);
	revocations_deinit(&p->revoked);
	revocations_deinit(&p->coming);
	sessions_free(&p->sessions);
	jsonout_deinit(&p->out);
	free(p);
	log_set_sink(NULL);
}

static const char **plugin_copy_options(const struct mosquitto_opt *options, int count)
{
	const char **copy = must(calloc(2 * (size_t)count + 1, sizeof copy[0]));
	for (int i = 0; i < count; i++) {
		copy[2 * i] = must(strdup(options[i].key));
		copy[2 * i + 1] = must(strdup(options[i].value != NULL ? options[i].value : ""));
	}
	return copy;
}

int mosquitto_plugin_version(int supported_version_count, const int *supported_versions)
{
	for (int i = 0; i < supported_version_count; i++)
		if (supported_versions[i] == PLUGIN_INTERFACE)
			return PLUGIN_INTERFACE;
	return -1;
}

int mosquitto_plugin_init(
	mosquitto_plugin_id_t *id, void **userdata, struct mosquitto_opt *options, int option_count)
{
	struct plugin *p = calloc(1, sizeof *p);
	struct err err = {0};

	if (p == NULL)
		return MOSQ_ERR_NOMEM;
	log_open("gymchat_auth", LOG_INFO);
	log_set_sink(plugin_log);
	p->id = id;
	p->options = plugin_copy_options(options, option_count);
	if (config_load(&p->config, environ, p->options, &err) != 0) {
		log_error("%s", err.text);
		plugin_free(p);
		return MOSQ_ERR_INVAL;
	}
	log_open("gymchat_auth", p->config.log_level);
	p->sessions = sessions_new();
	jsonout_init(&p->out);
	for (size_t i = 0; i < COUNT(plugin_events); i++)
		if (mosquitto_callback_register(id, plugin_events[i].event,
			    plugin_events[i].callback, plugin_events[i].topic,
			    p) != MOSQ_ERR_SUCCESS) {
			log_error("the broker refused event %d", plugin_events[i].event);
			plugin_free(p);
			return MOSQ_ERR_INVAL;
		}
	*userdata = p;
	log_info("ready: messages %lld/s, bytes %lld/s, connections %lld, subscriptions %lld, "
		 "staff and services "
		 "times %lld (0: no limit)",
		(long long)p->config.limits.messages_per_sec,
		(long long)p->config.limits.bytes_per_sec, (long long)p->config.limits.connections,
		(long long)p->config.limits.subscriptions, (long long)p->config.staff_factor);
	return MOSQ_ERR_SUCCESS;
}

int mosquitto_plugin_cleanup(void *userdata, struct mosquitto_opt *options, int option_count)
{
	(void)options;
	(void)option_count;
	plugin_free(userdata);
	return MOSQ_ERR_SUCCESS;
}
