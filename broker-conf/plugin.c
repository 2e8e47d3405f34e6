/* plugin.c - gymchat_auth.so, a plugin of Mosquitto 2 (interface 5): who may connect, publish and
 * subscribe, decided from the token alone. Only glue to the broker is here; the rules are in acl,
 * identity, limits, sessions, reject. Everything runs on the broker's one thread and answers from
 * memory. */
#include <stdlib.h>
#include <string.h>

#include "broker-conf/plugin.h"
#include "common/log.h"
#include "common/must.h"

#define PLUGIN_INTERFACE 5
/* Many tokens may end in one second: the chat goes on in between. */
#define PLUGIN_KICKS_PER_TICK 256

extern char **environ;

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

void plugin_answer(struct plugin *p, const struct claims *claims, const struct reject *reject)
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

static int plugin_listen(struct plugin *p, struct err *err)
{
	for (size_t i = 0; i < COUNT(plugin_events); i++) {
		const struct plugin_event *on = &plugin_events[i];
		if (mosquitto_callback_register(p->id, on->event, on->callback, on->topic, p) !=
			MOSQ_ERR_SUCCESS)
			return err_set(err, ERR_CONFIG, "the broker refused event %d", on->event);
	}
	return 0;
}

static void plugin_say_limits(const struct config *config)
{
	log_info("ready: messages %lld/s, bytes %lld/s, connections %lld, subscriptions %lld, "
		 "staff and services times %lld (0: no limit)",
		(long long)config->limits.messages_per_sec, (long long)config->limits.bytes_per_sec,
		(long long)config->limits.connections, (long long)config->limits.subscriptions,
		(long long)config->staff_factor);
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
	struct plugin *p = must(calloc(1, sizeof *p));
	struct err err = {0};

	log_open("gymchat_auth", LOG_INFO);
	log_set_sink(plugin_log);
	p->id = id;
	p->options = plugin_copy_options(options, option_count);
	p->sessions = sessions_new();
	jsonout_init(&p->out);
	if (config_load(&p->config, environ, p->options, &err) != 0 ||
		plugin_listen(p, &err) != 0) {
		log_error("%s", err.text);
		plugin_free(p);
		return MOSQ_ERR_INVAL;
	}
	log_open("gymchat_auth", p->config.log_level);
	plugin_say_limits(&p->config);
	*userdata = p;
	return MOSQ_ERR_SUCCESS;
}

int mosquitto_plugin_cleanup(void *userdata, struct mosquitto_opt *options, int option_count)
{
	(void)options;
	(void)option_count;
	plugin_free(userdata);
	return MOSQ_ERR_SUCCESS;
}
