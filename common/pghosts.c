#include "common/pghosts.h"

#include <libpq-fe.h>
#include <stdlib.h>
#include <string.h>

#include "common/must.h"

static unsigned list_len(const char *list)
{
	unsigned len = 1;
	for (; *list != '\0'; list++)
		len += *list == ',';
	return len;
}

/* "a,b,c" by 1 is "b,c,a". Empty entries, which stand for the default, stay entries. */
static char *rotated(const char *list, unsigned by)
{
	size_t len = strlen(list), cut = 0;
	char *copy = must(malloc(len + 2));
	for (; by > 0; by--)
		cut += strcspn(list + cut, ",") + 1;
	memcpy(copy, list + cut, len - cut);
	copy[len - cut] = ',';
	memcpy(copy + len - cut + 1, list, cut);
	copy[len] = '\0'; /* the comma that stood at the cut ends the copy */
	return copy;
}

static char *rotate_option(
	const PQconninfoOption *options, const char *key, unsigned hosts, unsigned by)
{
	for (; options->keyword != NULL; options++) {
		if (strcmp(options->keyword, key) != 0 || options->val == NULL)
			continue;
		return list_len(options->val) == hosts ? rotated(options->val, by % hosts) : NULL;
	}
	return NULL;
}

static unsigned count_hosts(const PQconninfoOption *options)
{
	unsigned hosts = 1;
	for (; options->keyword != NULL; options++)
		if ((strcmp(options->keyword, "host") == 0 ||
			    strcmp(options->keyword, "hostaddr") == 0) &&
			options->val != NULL && list_len(options->val) > hosts)
			hosts = list_len(options->val);
	return hosts;
}

void pghosts_init(struct pghosts *hosts, const char *conninfo, unsigned by)
{
	*hosts = (struct pghosts){0};
	PQconninfoOption *options = PQconninfoParse(conninfo, NULL);
	if (options == NULL)
		return;
	unsigned n = count_hosts(options);
	if (n > 1 && by % n != 0) {
		hosts->host = rotate_option(options, "host", n, by);
		hosts->hostaddr = rotate_option(options, "hostaddr", n, by);
		hosts->port = rotate_option(options, "port", n, by);
	}
	PQconninfoFree(options);
}

void pghosts_deinit(struct pghosts *hosts)
{
	free(hosts->host);
	free(hosts->hostaddr);
	free(hosts->port);
	*hosts = (struct pghosts){0};
}
