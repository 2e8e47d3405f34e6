#include "common/mqttunsent.h"

#include <stdlib.h>

#include "common/must.h"

void mqttunsent_deinit(struct mqttunsent *unsent)
{
	free(unsent->ring);
	*unsent = (struct mqttunsent){0};
}

static void grow(struct mqttunsent *unsent)
{
	size_t size = unsent->size == 0 ? 64 : unsent->size * 2;
	struct mqttunsent_publish *ring = must(calloc(size, sizeof(*ring)));
	for (size_t i = 0; i < unsent->len; i++)
		ring[i] = unsent->ring[(unsent->at + i) % unsent->size];
	free(unsent->ring);
	unsent->ring = ring;
	unsent->size = size;
	unsent->at = 0;
}

void mqttunsent_put(struct mqttunsent *unsent, size_t bytes, bool is_qos1)
{
	if (unsent->len == unsent->size)
		grow(unsent);
	unsent->ring[(unsent->at + unsent->len++) % unsent->size] =
		(struct mqttunsent_publish){.bytes = (unsigned)bytes, .is_qos1 = is_qos1};
	unsent->bytes += bytes;
}

static struct mqttunsent_publish take(struct mqttunsent *unsent)
{
	struct mqttunsent_publish first = unsent->ring[unsent->at];
	unsent->at = (unsent->at + 1) % unsent->size;
	unsent->len--;
	unsent->bytes -= first.bytes;
	return first;
}

void mqttunsent_written(struct mqttunsent *unsent)
{
	while (unsent->len > 0 && take(unsent).is_qos1)
		;
}

void mqttunsent_all_written(struct mqttunsent *unsent)
{
	unsent->at = unsent->len = unsent->bytes = 0;
}
