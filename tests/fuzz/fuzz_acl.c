/* fuzz_acl - who may subscribe: input is one byte (whose claims), a filter, a newline, a topic.
 * Against a plain matcher written after the MQTT specification: what a granted filter matches may
 * be read, a filter without wildcards is its topic, and nobody of a gym gets at another's. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker-conf/acl.h"

static const struct claims who[] = {
	{.gym = "g",
		.role = ROLE_CLIENT,
		.sub = "ana",
		.rooms = {"ana", "b", "kiosk-door"},
		.nrooms = 3},
	{.gym = "g", .role = ROLE_STAFF, .sub = "ana"},
	{.gym = "g", .role = ROLE_KIOSK, .sub = "door", .rooms = {"kiosk-door"}, .nrooms = 1},
	{.gym = "g", .role = ROLE_SERVICE, .sub = "crm"},
	{.gym = "_system", .role = ROLE_SERVICE, .sub = "archiver"},
	{.gym = "_system", .role = ROLE_SERVICE, .sub = "api"},
};
#define SYSTEM 4 /* the first of the programs */

static const char *level_end(const char *level)
{
	return strchrnul(level, '/');
}

static bool matches(const char *filter, const char *topic)
{
	if (topic[0] == '$' && (filter[0] == '+' || filter[0] == '#'))
		return false;
	for (;;) {
		if (strcmp(filter, "#") == 0)
			return true;
		const char *f = level_end(filter), *t = level_end(topic);
		bool same =
			f - filter == t - topic && memcmp(filter, topic, (size_t)(f - filter)) == 0;
		if (!same && !(f - filter == 1 && *filter == '+'))
			return false;
		if (*f == '\0' || *t == '\0')
			return *t == '\0' && (*f == '\0' || strcmp(f, "/#") == 0);
		filter = f + 1;
		topic = t + 1;
	}
}

static void must(bool holds, const char *what, const char *filter, const char *topic)
{
	if (holds)
		return;
	fprintf(stderr, "%s: filter \"%s\", topic \"%s\"\n", what, filter, topic);
	abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	unsigned i = data[0] % COUNT(who);
	char *filter = strndup((const char *)data + 1, size - 1);
	char *newline = strchr(filter, '\n');
	char *topic = strdup(newline != NULL ? newline + 1 : filter);
	if (newline != NULL)
		*newline = '\0';

	bool subscribes = acl_decide(&who[i], filter, ACL_SUBSCRIBE);
	bool is_concrete = strpbrk(topic, "+#") == NULL;
	if (subscribes && is_concrete && matches(filter, topic))
		must(acl_decide(&who[i], topic, ACL_READ), "granted, but not readable", filter,
			topic);
	if (strpbrk(filter, "+#") == NULL)
		must(subscribes == acl_decide(&who[i], filter, ACL_READ), "one topic, two answers",
			filter, topic);
	if (i < SYSTEM && (subscribes || acl_decide(&who[i], filter, ACL_WRITE)))
		must(strncmp(filter, "gym/g/", 6) == 0, "out of the gym", filter, topic);
	if (acl_decide(&who[i], topic, ACL_WRITE)) {
		struct topic parsed;
		must(topic_parse(topic, &parsed) == 0, "written, but not of the grammar", filter,
			topic);
		must(i >= SYSTEM || strcmp(parsed.who, who[i].sub) == 0, "writes as another",
			filter, topic);
	}
	free(topic);
	free(filter);
	return 0;
}
