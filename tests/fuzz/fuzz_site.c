/* fuzz_site - what clients say about codings and tags: input is an Accept-Encoding, a newline and
 * an If-None-Match. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "api/site.h"

static const char *const names[] = {[SITE_GZIP] = "gzip", [SITE_BROTLI] = "br"};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t body[4];
	const struct site_file file = {.path = (char *)"/x.js",
		.bodies = {{body, 4, "\"plain\""}, {body, 3, "\"gzip\""}, {body, 2, "\"br\""}}};
	char *accept = malloc(size + 1);
	memcpy(accept, data, size);
	accept[size] = '\0';
	char *match = strchr(accept, '\n');
	if (match != NULL)
		*match++ = '\0';
	enum site_coding coding = site_choose(&file, accept);
	if (coding >= SITE_CODINGS ||
		(coding != SITE_PLAIN && strcasestr(accept, names[coding]) == NULL))
		abort();
	bool has = site_has_tag(match, file.bodies[coding].tag);
	if (has && strcmp(match, "*") != 0 && strstr(match, file.bodies[coding].tag) == NULL)
		abort();
	free(accept);
	return 0;
}
