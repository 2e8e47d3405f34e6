/* The opening hours of a gym, as a service sends them. */
#include <stdint.h>

#include "api/hours.h"
#include "common/jsonread.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = {0};
	struct json_slice json = {(const char *)data, size};
	struct json_member member;
	size_t cursor = 0;
	/* an object: hours_check is given nothing else */
	if (json_check(data, size, &err) == 0 && json_next(json, &cursor, &member) == 1)
		(void)!hours_check(json, &err);
	return 0;
}
