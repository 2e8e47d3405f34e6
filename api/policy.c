#include "api/policy.h"

#include <stdio.h>
#include <string.h>

#include "api/origin.h"

#define ORIGIN_SIZE 300

/* "http://x" to "ws://x", "https://x" to "wss://x". */
static void policy_ws_of(const char *origin, char *buf, size_t size)
{
	snprintf(buf, size, "ws%s", origin + strlen("http"));
}

/* Where pages connect to besides their own origin: their own /mqtt, and the broker that MQTT_URL
 * names. */
static int policy_connect(const struct settings *settings, char *buf, size_t size, struct err *err)
{
	const char *url = settings_text(settings, "MQTT_URL");
	char own[ORIGIN_SIZE], broker[ORIGIN_SIZE];
	policy_ws_of(origin_at(0), own, sizeof(own));
	if (url == NULL) {
		snprintf(buf, size, "%s", own);
		return 0;
	}
	if (strncasecmp(url, "ws", 2) != 0 || origin_of_url(url, broker, sizeof(broker)) < 0)
		return err_set(err, ERR_CONFIG, "MQTT_URL: not like wss://chat.gym/mqtt");
	snprintf(buf, size, strcmp(own, broker) == 0 ? "%s" : "%s %s", own, broker);
	return 0;
}

int policy_write(const struct settings *settings, char *buf, size_t size, struct err *err)
{
	char connect[2 * ORIGIN_SIZE];
	if (policy_connect(settings, connect, sizeof(connect), err) < 0)
		return -1;
	int len = snprintf(buf, size,
		"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
		"font-src 'self'; media-src 'self'; manifest-src 'self'; worker-src 'self'; "
		"connect-src 'self' %s; base-uri 'none'; form-action 'none'; "
		"require-trusted-types-for 'script'; trusted-types lit-html gymchat; "
		"frame-ancestors 'self'",
		connect);
	/* pages of the CRM may show ours in a frame */
	for (unsigned i = 1; origin_at(i) != NULL && len < (int)size; i++)
		len += snprintf(buf + len, size - (size_t)len, " %s", origin_at(i));
	if (len >= (int)size)
		return err_set(err, ERR_CONFIG, "ORIGINS: the list is too long for a header");
	return len;
}
