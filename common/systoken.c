#include "common/systoken.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/must.h"
#include "common/token.h"
#include "common/when.h"

struct systoken {
	struct token_keys *keys; /* NULL: a ready token is given */
	const struct settings *settings;
	char sub[TOPIC_KEY_MAX + 1];
};

int systoken_new(
	struct systoken **token, const struct settings *settings, const char *sub, struct err *err)
{
	const char *key = settings_text(settings, "SYSTEM_KEY");
	bool is_ready = settings_text(settings, "SYSTEM_TOKEN") != NULL;
	*token = NULL;
	if (key == NULL && !is_ready)
		return err_set(err, ERR_CONFIG,
			"no key for the broker: set GYMCHAT_SYSTEM_KEY_FILE or "
			"GYMCHAT_SYSTEM_TOKEN_FILE");
	struct systoken *made = must(calloc(1, sizeof(*made)));
	made->settings = settings;
	snprintf(made->sub, sizeof(made->sub), "%s", sub);
	if (!is_ready && token_keys_new(&made->keys, NULL, key, err) != 0) {
		systoken_free(&made);
		return -1;
	}
	*token = made;
	return 0;
}

void systoken_free(struct systoken **token)
{
	struct systoken *freed = TAKE(*token);
	if (freed == NULL)
		return;
	token_keys_free(&freed->keys);
	free(freed);
}

static int read_file(const char *path, char *buf, size_t size, struct err *err)
{
	FILE *file = fopen(path, "re");
	if (file == NULL)
		return err_set(err, ERR_CONFIG, "%s: %s", path, strerror(errno));
	size_t len = fread(buf, 1, size - 1, file);
	fclose(file);
	buf[len] = '\0';
	buf[strcspn(buf, "\r\n")] = '\0';
	if (len == size - 1 || buf[0] == '\0')
		return err_set(err, ERR_CONFIG, "%s does not hold one token", path);
	return 0;
}

static int ready_token(const struct settings *settings, char *buf, size_t size, struct err *err)
{
	const char *path = settings_file(settings, "SYSTEM_TOKEN");
	if (path != NULL)
		return read_file(path, buf, size, err);
	const char *given = settings_text(settings, "SYSTEM_TOKEN");
	if (strlen(given) >= size)
		return err_set(err, ERR_CONFIG, "GYMCHAT_SYSTEM_TOKEN is too long");
	strcpy(buf, given);
	return 0;
}

int systoken_get(struct systoken *token, char *buf, size_t size, struct err *err)
{
	if (token->keys == NULL)
		return ready_token(token->settings, buf, size, err);
	int64_t now_sec = when_now_us() / 1000000;
	struct claims claims = {.gym = TOKEN_SYSTEM_GYM,
		.role = ROLE_SERVICE,
		.iat = now_sec,
		.exp = now_sec + SYSTOKEN_TTL_SEC};
	snprintf(claims.sub, sizeof(claims.sub), "%s", token->sub);
	return token_sign(token->keys, &claims, buf, size, err);
}
