/* fuzz_origin - addresses of settings and Origin headers: what origin_of_url takes must be safe
 * inside a header, and stay the same when it is taken again. */
#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/origin.h"

static void must(bool holds, const char *what, const char *origin)
{
	if (holds)
		return;
	fprintf(stderr, "%s: \"%s\"\n", what, origin);
	abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *url = malloc(size + 1), origin[64], again[64];
	memcpy(url, data, size);
	url[size] = '\0';
	if (origin_of_url(url, origin, sizeof(origin)) == 0) {
		must(strlen(origin) < sizeof(origin), "too long", origin);
		for (const char *c = origin; *c != '\0'; c++)
			must(isalnum((unsigned char)*c) || strchr("-._:[]/", *c) != NULL,
				"unsafe byte", origin);
		must(origin_of_url(origin, again, sizeof(again)) == 0, "not taken again", origin);
		/* a port may be left out once more: "https://x:443:443" */
		must(strncmp(origin, again, strlen(again)) == 0, "changed", origin);
	}
	free(url);
	return 0;
}
