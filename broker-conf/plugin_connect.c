#include "broker-conf/identity.h"
#include "broker-conf/plugin.h"
#include "common/log.h"

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

int plugin_on_basic_auth(int event, void *event_data, void *userdata)
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

int plugin_on_disconnect(int event, void *event_data, void *userdata)
{
	const struct mosquitto_evt_disconnect *gone = event_data;
	struct plugin *p = userdata;

	(void)event;
	sessions_close(p->sessions, gone->client, plugin_mono_us());
	return MOSQ_ERR_SUCCESS;
}
