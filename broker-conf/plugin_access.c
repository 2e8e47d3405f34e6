#include "broker-conf/acl.h"
#include "broker-conf/identity.h"
#include "broker-conf/plugin.h"
#include "common/log.h"

/* Refused filters of one connection before it is ended. */
#define PLUGIN_REFUSED_MAX 1000
#define PLUGIN_QUIET_US	   60000000

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
int plugin_on_acl_check(int event, void *event_data, void *userdata)
{
	(void)event;
	return plugin_may(userdata, event_data) ? MOSQ_ERR_SUCCESS : MOSQ_ERR_ACL_DENIED;
}
