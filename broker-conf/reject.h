/* reject.h - what the broker answers to a publish that it refuses: MQTT 3.1.1 has no way to say no,
 * the publisher even gets a success PUBACK. Goes to the publisher's gym/{gym}/to/{role}/{sub} at
 * QoS 0. Pure. */
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "common/jsonout.h"
#include "common/topic.h"

#define REJECT_SCAN_MAX                                                                            \
	16384 /* a larger payload is not searched for its id: no allowed one is larger */

struct reject {
	const char *topic;	/* that was refused */
	const uint8_t *payload; /* [len]; NULL where there is none */
	size_t len;
	const char *code;	/* "forbidden" or "rate_limited" */
	const char *detail;	/* plain words */
	int64_t retry_after_ms; /* 0: none, the answer is final */
};

/* {"rejected":[{"id","room","code","detail","retry_after_ms"?}]} into out, emptied first. id and
 * room are null where payload or topic do not hold a valid one. */
void reject_write(const struct reject *reject, struct jsonout *out);
