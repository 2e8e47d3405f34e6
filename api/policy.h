/* policy.h - the headers that tell browsers what a page may do (docs/security.md "Browser"). */
#pragma once
#include <stddef.h>

#include "common/err.h"
#include "common/settings.h"

/* Content-Security-Policy of the pages, from PUBLIC_URL, ORIGINS and MQTT_URL; after origin_init.
 * Returns its length, or -1: MQTT_URL is no address, or the list of origins is too long. */
MUST_CHECK int policy_write(
	const struct settings *settings, char *buf, size_t size, struct err *err);
