#include "api/origin.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/auto.h"
#include "common/must.h"

static struct {
	char **list; /* [count], the server's own first */
	unsigned count;
} origins;

static const struct {
	const char *scheme, *port; /* the port that a browser leaves out */
} schemes[] = {{"http://", ":80"}, {"https://", ":443"}, {"ws://", ":80"}, {"wss://", ":443"}};

static bool is_host_byte(char c)
{
	return isalnum((unsigned char)c) || strchr("-._:[]", c) != NULL;
}

/* As a browser would write it: lower case, without path and without the scheme's own port. */
static int origin_write(const char *at, size_t len, char *buf, size_t size)
{
	for (size_t i = 0; i < COUNT(schemes); i++) {
		const char *scheme = schemes[i].scheme, *port = schemes[i].port;
		size_t from = strlen(scheme), end;
		if (len <= from || strncasecmp(at, scheme, from) != 0)
			continue;
		for (end = from; end < len && at[end] != '\0' && is_host_byte(at[end]); end++)
			;
		if (end == from || (end < len && strchr("/?#", at[end]) == NULL))
			return -1;
		size_t tail = strlen(port);
		if (end - from > tail && memcmp(at + end - tail, port, tail) == 0)
			end -= tail;
		if (end >= size)
			return -1;
		for (size_t j = 0; j < end; j++)
			buf[j] = (char)tolower((unsigned char)at[j]);
		buf[end] = '\0';
		return 0;
	}
	return -1;
}

int origin_of_url(const char *url, char *buf, size_t size)
{
	return origin_write(url, strlen(url), buf, size);
}

static int origin_add(const char *key, const char *at, size_t len, struct err *err)
{
	char origin[300];
	if (strncasecmp(at, "http", 4) != 0 || origin_write(at, len, origin, sizeof(origin)) < 0)
		return err_set(err, ERR_CONFIG, "GYMCHAT_%s: \"%.*s\" is not like https://chat.gym",
			key, (int)(len > 100 ? 100 : len), at);
	origins.list = must(realloc(origins.list, sizeof(*origins.list) * (origins.count + 1)));
	origins.list[origins.count++] = must(strdup(origin));
	return 0;
}

static int origin_add_list(const char *text, struct err *err)
{
	while (*text != '\0') {
		text += strspn(text, " ,");
		size_t len = strcspn(text, " ,");
		if (len > 0 && origin_add("ORIGINS", text, len, err) < 0)
			return -1;
		text += len;
	}
	return 0;
}

/* What browsers see where nobody has said it: the address that we listen on. Every address is none.
 */
static int origin_of_listener(
	const struct settings *settings, char *buf, size_t size, struct err *err)
{
	const char *host = settings_text(settings, "LISTEN");
	const char *scheme = settings_text(settings, "TLS_CERT") != NULL ? "https" : "http";
	bool is_v6 = strchr(host, ':') != NULL;
	if (strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0)
		return err_set(err, ERR_CONFIG,
			"GYMCHAT_LISTEN=%s is every address and none that a browser could open: "
			"say the one that browsers "
			"see as well, such as GYMCHAT_PUBLIC_URL=%s://chat.gym",
			host, scheme);
	snprintf(buf, size, "%s://%s%s%s:%lld", scheme, is_v6 ? "[" : "", host, is_v6 ? "]" : "",
		settings_number(settings, "PORT"));
	return 0;
}

int origin_init(const struct settings *settings, struct err *err)
{
	const char *url = settings_text(settings, "PUBLIC_URL");
	const char *others = settings_text(settings, "ORIGINS");
	char standard[300];
	if (url == NULL) {
		if (origin_of_listener(settings, standard, sizeof(standard), err) < 0)
			return -1;
		url = standard;
	}
	if (origin_add("PUBLIC_URL", url, strlen(url), err) < 0)
		return -1;
	return others == NULL ? 0 : origin_add_list(others, err);
}

void origin_deinit(void)
{
	for (unsigned i = 0; i < origins.count; i++)
		free(origins.list[i]);
	free(origins.list);
	origins.list = NULL;
	origins.count = 0;
}

bool origin_is_allowed(const char *origin)
{
	if (origin == NULL)
		return true;
	for (unsigned i = 0; i < origins.count; i++) {
		if (strcmp(origins.list[i], origin) == 0)
			return true;
	}
	return false;
}

const char *origin_at(unsigned i)
{
	return i < origins.count ? origins.list[i] : NULL;
}
