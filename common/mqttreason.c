#include "common/mqttreason.h"

#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <string.h>

/* Codes of a CONNACK of MQTT 3.1.1. */
#define REFUSED_VERSION	      1
#define REFUSED_NAME_OR_TOKEN 4
#define REFUSED_NOT_ALLOWED   5
#define REASONS_OF_BROKER     128 /* from here on */

static bool is_denial(bool is_v5, int rc)
{
	if (!is_v5)
		return rc == REFUSED_NAME_OR_TOKEN || rc == REFUSED_NOT_ALLOWED;
	return rc == MQTT_RC_NOT_AUTHORIZED || rc == MQTT_RC_BAD_USERNAME_OR_PASSWORD ||
	       rc == MQTT_RC_BANNED;
}

void mqttreason_of_refusal(bool is_v5, int rc, struct err *why)
{
	err_set(why, is_denial(is_v5, rc) ? ERR_DENIED : ERR_IO,
		"the broker refused the connection: %s",
		is_v5 ? mosquitto_reason_string(rc) : mosquitto_connack_string(rc));
}

bool mqttreason_is_old_broker(bool is_v5, int rc)
{
	return is_v5 && (rc == REFUSED_VERSION || rc == MQTT_RC_UNSUPPORTED_PROTOCOL_VERSION);
}

static const char *text_of(int rc, int system_error)
{
	if (rc >= REASONS_OF_BROKER)
		return mosquitto_reason_string(rc);
	if (rc == MOSQ_ERR_KEEPALIVE) /* which mosquitto_strerror of 2.0.11 does not know */
		return "it answers no PINGREQ";
	return rc == MOSQ_ERR_ERRNO ? strerror(system_error) : mosquitto_strerror(rc);
}

void mqttreason_of_end(bool is_before_connack, int rc, int system_error, struct err *why)
{
	err_set(why, ERR_IO, "%s: %s",
		is_before_connack ? "the broker closed the connection before its CONNACK"
				  : "connection to the broker lost",
		text_of(rc, system_error));
	size_t len = strlen(why->text);
	if (why->text[len - 1] == '.') /* as libmosquitto's sentences end */
		why->text[len - 1] = '\0';
}
