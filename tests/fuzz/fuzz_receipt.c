/* Receipts and presence: what parses is in range, what does not leaves the empty value. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "common/envelope.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_receipt(const uint8_t *data, size_t size)
{
	static const struct receipt none = {-1, -1, 0};
	struct receipt r;
	struct err err = {0};
	if (receipt_parse(data, size, &r, &err) != 0) {
		assert(err.code == ERR_INPUT || err.code == ERR_TOO_LARGE);
		assert(memcmp(&r, &none, sizeof(r)) == 0);
		return;
	}
	assert(r.delivered >= -1 && r.delivered < 1LL << 53);
	assert(r.read >= -1 && r.read < 1LL << 53);
	assert(r.at_us >= 0);
}

static void check_presence(const uint8_t *data, size_t size)
{
	struct presence p;
	struct err err = {0};
	if (presence_parse(data, size, &p, &err) != 0)
		assert(err.code != ERR_NONE && !p.online && p.conn[0] == '\0');
	else
		assert(p.conn[0] == '\0' || topic_is_key(p.conn));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_receipt(data, size);
	check_presence(data, size);
	return 0;
}
