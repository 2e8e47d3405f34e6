/* notice.h - what is said about a batch after its COMMIT (docs/protocol.md "Log notices"): to each
 * room's log and desk log, and on to/ for kiosks and for those whose publish was rejected. As few
 * notices as fit in 16 KiB each. Pure. */
#pragma once
#include <stddef.h>

#include "archiver/batch.h"
#include "common/jsonout.h"

#define NOTICE_BYTES_MAX 16384

struct notice {
	size_t topic, payload, len; /* offsets into text; the topic is NUL-ended */
};

struct notices {
	struct jsonout text; /* topics and payloads, one after the other */
	struct jsonout part; /* the members of the notice being written */
	struct notice *all;
	size_t len, size;
};

void notices_init(struct notices *notices);
void notices_deinit(struct notices *notices);
/* Replaces what was in there by the notices of a settled, buried batch whose marks have been moved.
 */
void notices_build(struct notices *notices, const struct batch *batch);

static inline const char *notice_topic(const struct notices *notices, size_t i)
{
	return notices->text.text + notices->all[i].topic;
}
static inline const char *notice_payload(const struct notices *notices, size_t i)
{
	return notices->text.text + notices->all[i].payload;
}
