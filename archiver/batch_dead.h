/* batch_dead.h - what of a batch cannot be stored: its rows of dead_letters and who is told.
 * Internal to batch, which has batch_refuse and batch_bury in its own header. */
#pragma once
#include "archiver/batch.h"

/* Where a publish came from, as far as its topic tells. */
struct batch_origin {
	const char *text;	/* in the pool */
	const uint8_t *payload; /* in the pool */
	size_t len;
	int64_t arrived_us;
	struct topic topic;
};

/* A publish that becomes a dead letter as it comes in. has_sender: its topic tells who is to be
 * told, and of which room. Text is copied, from is not kept. */
void batch_dead_add(struct batch *batch, const struct batch_origin *from, bool has_sender,
	const char *code, const char *id, const char *detail);
