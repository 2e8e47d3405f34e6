/* config.c - see config.h. */
#include "broker-conf/config.h"

#include <string.h>
#include <strings.h>

#include "common/settings.h"

/* A setting of another program in this file would be ignored in silence: a mistake, like an unknown
 * one. */
static bool config_is_ours(const char *option)
{
	for (const struct setting *row = settings_table; row->key != NULL; row++) {
		size_t len = strlen(row->key);
		if ((row->programs & SETTING_BROKER) == 0 ||
			strncasecmp(option, row->key, len) != 0)
			continue;
		if (option[len] == '\0' ||
			(row->type == SETTING_SECRET && strcasecmp(option + len, "_file") == 0))
			return true;
	}
	return false;
}

static int config_check_options(const char *const *options, struct err *err)
{
	for (; *options != NULL; options += 2)
		if (!config_is_ours(*options))
			return err_set(err, ERR_CONFIG,
				"plugin_opt_%s: not an option of this plugin", *options);
	return 0;
}

static struct limits config_limits(const struct settings *s)
{
	if (!settings_on(s, "LIMITS"))
		return (struct limits){0};
	return (struct limits){
		.messages_per_sec = settings_number(s, "LIMIT_MESSAGES"),
		.bytes_per_sec = settings_number(s, "LIMIT_BYTES"),
		.connections = settings_number(s, "LIMIT_CONNECTIONS"),
		.subscriptions = settings_number(s, "LIMIT_SUBSCRIPTIONS"),
	};
}

int config_load(struct config *config, char *const *environment, const char *const *options,
	struct err *err)
{
	AUTO(settings) struct settings *s = NULL;
	struct token_keys *keys;

	if (config_check_options(options, err) != 0 ||
		settings_load(&s, SETTING_BROKER, environment, options, err) != 0)
		return -1;
	if (settings_text(s, "TOKEN_KEYS") == NULL)
		return err_set(err, ERR_CONFIG,
			"no keys to check tokens with: set plugin_opt_token_keys_file or "
			"GYMCHAT_TOKEN_KEYS_FILE");
	if (token_keys_new(&keys, settings_text(s, "TOKEN_KEYS"), settings_text(s, "SYSTEM_KEY"),
		    err) != 0)
		return -1;
	*config = (struct config){
		.keys = keys,
		.limits = config_limits(s),
		.staff_factor = settings_number(s, "LIMIT_STAFF_FACTOR"),
		.token_days = settings_number(s, "TOKEN_DAYS"),
		.log_level = (enum log_level)log_level_parse(settings_text(s, "LOG_LEVEL")),
	};
	if (settings_text(s, "SYSTEM_KEY") == NULL)
		log_warn("no SYSTEM_KEY: neither the archiver nor the api can connect");
	return 0;
}

void config_deinit(struct config *config)
{
	token_keys_free(&config->keys);
}
