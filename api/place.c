#include "api/place.h"

#include <stdio.h>
#include <string.h>

#include "api/origin.h"

static char mqtt_url[512];

int place_init(const struct settings *settings, struct err *err)
{
	const char *given = settings_text(settings, "MQTT_URL");
	const char *own = origin_at(0); /* http… of what PUBLIC_URL says or LISTEN and PORT make */
	if (given != NULL && strlen(given) < sizeof(mqtt_url)) {
		strcpy(mqtt_url, given);
		return 0;
	}
	if (given != NULL || own == NULL || strncmp(own, "http", 4) != 0)
		return err_set(err, ERR_CONFIG, "GYMCHAT_MQTT_URL is too long");
	/* http: ws:, https: wss: */
	snprintf(mqtt_url, sizeof(mqtt_url), "ws%s/mqtt", own + 4);
	return 0;
}

void place_deinit(void)
{
	mqtt_url[0] = '\0';
}

const char *place_mqtt_url(void)
{
	return mqtt_url;
}
