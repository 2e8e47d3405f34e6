/* expiry.h - what ends when, soonest first: a binary heap of items that live inside their owners,
 * so that 10,000 connections cost one comparison a tick. */
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "common/auto.h"

struct expiry_item {
	int64_t at;  /* in the owner's unit */
	size_t slot; /* in the heap; the heap's own business */
};

struct expiry { /* zeroed: empty */
	struct expiry_item **items;
	size_t n, size;
};

void expiry_deinit(struct expiry *heap); /* the items stay their owners' */
void expiry_add(struct expiry *heap, struct expiry_item *item);
void expiry_remove(struct expiry *heap, struct expiry_item *item); /* one that is in it */
/* The soonest, NULL when empty; stays in. */
struct expiry_item *expiry_first(const struct expiry *heap);
