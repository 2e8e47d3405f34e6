/* pgqueue.h - jobs of one pglink in the order of their answers. Internal to pglink. */
#pragma once
#include "common/pgjob.h"

struct pgqueue {
	struct pgjob *first, *last;
	unsigned len;
};

void pgqueue_put(struct pgqueue *queue, struct pgjob *job);
struct pgjob *pgqueue_take(struct pgqueue *queue); /* NULL: empty */
/* The callbacks of that ctx will not run. */
void pgqueue_forget(struct pgqueue *queue, const void *ctx);
/* Moves all jobs to another queue, each with a failure: uncertain where it was sent, unless it has
 * one already. */
void pgqueue_give_up(struct pgqueue *queue, struct pgqueue *to, const char *why);
