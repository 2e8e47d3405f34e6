/* fuzz_revocations - what the broker's plugin takes from $CONTROL/gymchat/v1: lines of the input
 * are publishes, one after the other. A list that was taken comes back the same from its own
 * writing. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/revocations.h"

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void check_hits(const struct revocations *list)
{
	for (size_t i = 0; i < list->n; i++) {
		const struct revocation *one = &list->all[i];
		struct claims claims = {.role = one->role, .iat = one->iat_max};
		must(topic_is_key(one->gym));
		strcpy(claims.gym, one->gym);
		strcpy(claims.sub, one->sub);
		strcpy(claims.jti, one->jti);
		must(revocations_hit(list, &claims));
	}
}

static void check_again(const struct revocations *list)
{
	struct revocations again = {0};
	struct jsonout out;
	struct err err = {0};
	size_t next = 0;
	bool has_more;
	jsonout_init(&out);
	do {
		has_more = revocations_write(list, &next, &out);
		must(out.len <= REVOCATIONS_PART_SIZE);
		must(revocations_read(&again, (const uint8_t *)out.text, out.len, &err) ==
			!has_more);
	} while (has_more);
	must(revocations_same(list, &again));
	revocations_deinit(&again);
	jsonout_deinit(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct revocations list = {0};
	while (size > 0) {
		const uint8_t *end = memchr(data, '\n', size);
		size_t len = end == NULL ? size : (size_t)(end - data), before = list.n;
		struct err err = {0};
		if (revocations_read(&list, data, len, &err) < 0)
			must(err.code == ERR_INPUT && list.n == before);
		data += len + (end != NULL);
		size -= len + (end != NULL);
	}
	check_hits(&list);
	check_again(&list);
	revocations_deinit(&list);
	return 0;
}
