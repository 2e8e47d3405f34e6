/* expiry.c - see expiry.h. */
#include "broker-conf/expiry.h"

#include <assert.h>
#include <stdlib.h>

#include "common/must.h"

void expiry_deinit(struct expiry *heap)
{
	free(heap->items);
	*heap = (struct expiry){0};
}

static void expiry_put(struct expiry *heap, size_t slot, struct expiry_item *item)
{
	heap->items[slot] = item;
	item->slot = slot;
}

static void expiry_rise(struct expiry *heap, struct expiry_item *item)
{
	size_t slot = item->slot;
	for (; slot > 0; slot = (slot - 1) / 2) {
		struct expiry_item *parent = heap->items[(slot - 1) / 2];
		if (parent->at <= item->at)
			break;
		expiry_put(heap, slot, parent);
	}
	expiry_put(heap, slot, item);
}

static void expiry_sink(struct expiry *heap, struct expiry_item *item)
{
	size_t slot = item->slot;
	for (size_t child; (child = 2 * slot + 1) < heap->n; slot = child) {
		if (child + 1 < heap->n && heap->items[child + 1]->at < heap->items[child]->at)
			child++;
		if (item->at <= heap->items[child]->at)
			break;
		expiry_put(heap, slot, heap->items[child]);
	}
	expiry_put(heap, slot, item);
}

void expiry_add(struct expiry *heap, struct expiry_item *item)
{
	if (heap->n == heap->size) {
		heap->size = heap->size > 0 ? 2 * heap->size : 64;
		heap->items = must(reallocarray(heap->items, heap->size, sizeof heap->items[0]));
	}
	item->slot = heap->n++;
	expiry_rise(heap, item);
}

void expiry_remove(struct expiry *heap, struct expiry_item *item)
{
	assert(item->slot < heap->n && heap->items[item->slot] == item);
	struct expiry_item *last = heap->items[--heap->n];
	if (last == item)
		return;
	last->slot = item->slot;
	expiry_rise(heap, last);
	expiry_sink(heap, last);
}

struct expiry_item *expiry_first(const struct expiry *heap)
{
	return heap->n > 0 ? heap->items[0] : NULL;
}
