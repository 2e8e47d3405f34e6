/* The description of this API, as it stands in docs/openapi.yaml, is part of the program. */
#include "api/resources.h"

extern const char openapi_yaml[], openapi_yaml_end[];

__asm__(".section .rodata\n"
	".global openapi_yaml\n"
	"openapi_yaml:\n"
	".incbin \"" OPENAPI_FILE "\"\n"
	".global openapi_yaml_end\n"
	"openapi_yaml_end:\n"
	".byte 0\n"
	".previous\n");

void openapi_get(struct http_request *request, const struct route_places *places)
{
	(void)places;
	http_add_header(request, "cache-control", "public, max-age=300");
	http_reply(request, 200, "application/yaml", (void *)openapi_yaml,
		(size_t)(openapi_yaml_end - openapi_yaml), NULL);
}
