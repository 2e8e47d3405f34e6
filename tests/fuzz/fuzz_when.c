/* What parses is a time that formats and parses back, cut to milliseconds. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "common/when.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_back(int64_t us)
{
	char text[WHEN_TEXT_SIZE];
	int64_t back;
	when_format(us, text);
	int rc = when_parse(text, strlen(text), &back);
	assert(rc == 0 && back == us - us % 1000);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int64_t us;
	char text[WHEN_TEXT_SIZE];
	if (when_parse((const char *)data, size, &us) == 0) {
		assert(us >= 0 && size >= 20);
		check_back(us);
	}
	if (size >= sizeof(us)) {
		memcpy(&us, data, sizeof(us));
		assert(strlen(when_format(us, text)) == 24); /* any number at all */
		if (us >= 0 && us < 253402300800000000)
			check_back(us);
	}
	return 0;
}
