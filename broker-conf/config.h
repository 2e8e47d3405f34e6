/* config.h - what the plugin is told: GYMCHAT_* of the environment, plugin_opt_ lines of
 * mosquitto.conf over them. */
#pragma once
#include <stdint.h>

#include "broker-conf/limits.h"
#include "common/err.h"
#include "common/log.h"
#include "common/token.h"

struct config {
	struct token_keys *keys;
	struct limits limits; /* of clients and kiosks; all 0 with LIMITS=off */
	int64_t staff_factor, token_days;
	enum log_level log_level;
};

/* options: "key","value",...,NULL pairs as Mosquitto gives them (lower case, without plugin_opt_);
 * each must be a setting of the broker. -1 with *err: which one, and how to mend it; *config is
 * untouched then. */
MUST_CHECK int config_load(struct config *config, char *const *environment,
	const char *const *options, struct err *err);
void config_deinit(struct config *config);
