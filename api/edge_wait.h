/* edge_wait.h - deadlines for thousands of clients at no cost: one list for each kind of wait, all
 * of whose members wait equally long, so that adding at the tail keeps it sorted. (libwebsockets
 * 4.1 keeps all timeouts in one sorted list that is searched from the head.) Pure; intrusive. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct edge_wait { /* a member; all zero while in no list */
	struct edge_wait *next, *prev;
	int64_t due_ms;
};

struct edge_waits {
	struct edge_wait ends; /* next: first due, prev: last due */
	int64_t after_ms;      /* how long each member waits; 0: for ever */
};

void edge_waits_init(struct edge_waits *waits, int64_t after_ms);
/* Moves an item to the tail, out of whichever list it was in. */
void edge_waits_add(struct edge_waits *waits, struct edge_wait *item, int64_t now_ms);
void edge_wait_drop(struct edge_wait *item); /* harmless while in no list */
bool edge_wait_is_in(const struct edge_wait *item);
/* The first member; NULL: empty. */
struct edge_wait *edge_waits_first(const struct edge_waits *waits);
/* Takes out the first member when it is due; NULL: none is. */
struct edge_wait *edge_waits_take_due(struct edge_waits *waits, int64_t now_ms);
/* The earlier of until_ms and this list's first deadline; until_ms < 0: none yet. */
int64_t edge_waits_sooner(const struct edge_waits *waits, int64_t until_ms);
