/* place.h - where this server is, as browsers see it. One for each process. */
#pragma once
#include "common/err.h"
#include "common/settings.h"

/* From PUBLIC_URL and MQTT_URL, or what stands for them. */
MUST_CHECK int place_init(const struct settings *settings, struct err *err);
void place_deinit(void);
const char *place_mqtt_url(void); /* "wss://chat.gym/mqtt" */
