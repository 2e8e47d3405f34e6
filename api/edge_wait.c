#include "api/edge_wait.h"

#include <stddef.h>

void edge_waits_init(struct edge_waits *waits, int64_t after_ms)
{
	waits->ends.next = waits->ends.prev = &waits->ends;
	waits->ends.due_ms = 0;
	waits->after_ms = after_ms;
}

void edge_wait_drop(struct edge_wait *item)
{
	if (item->next == NULL)
		return;
	item->next->prev = item->prev;
	item->prev->next = item->next;
	item->next = item->prev = NULL;
}

void edge_waits_add(struct edge_waits *waits, struct edge_wait *item, int64_t now_ms)
{
	edge_wait_drop(item);
	item->due_ms = now_ms + waits->after_ms;
	item->next = &waits->ends;
	item->prev = waits->ends.prev;
	item->prev->next = item;
	waits->ends.prev = item;
}

bool edge_wait_is_in(const struct edge_wait *item)
{
	return item->next != NULL;
}

struct edge_wait *edge_waits_first(const struct edge_waits *waits)
{
	return waits->ends.next == &waits->ends ? NULL : waits->ends.next;
}

struct edge_wait *edge_waits_take_due(struct edge_waits *waits, int64_t now_ms)
{
	struct edge_wait *first = edge_waits_first(waits);
	if (first == NULL || waits->after_ms == 0 || first->due_ms > now_ms)
		return NULL;
	edge_wait_drop(first);
	return first;
}

int64_t edge_waits_sooner(const struct edge_waits *waits, int64_t until_ms)
{
	const struct edge_wait *first = edge_waits_first(waits);
	if (first == NULL || waits->after_ms == 0)
		return until_ms;
	return until_ms < 0 || first->due_ms < until_ms ? first->due_ms : until_ms;
}
