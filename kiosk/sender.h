/* sender.h - sends what the spool holds, its own process's entries and others', until each is
 * stored or finally rejected. Runs only in the process that has the spool's lock. */
#pragma once
#include <uv.h>

#include "kiosk/answer.h"
#include "kiosk/identity.h"
#include "kiosk/spool.h"

struct sender;

struct sender_options {
	const char *host; /* or a Unix socket's path with port 0 */
	int port;
	const struct identity *identity; /* borrowed; entries of another stay where they are */
	struct spool *spool;		 /* borrowed, locked */
	void *ctx;
	/* A token that is good now; -1: not at the moment. */
	int (*token)(void *ctx, char *buf, size_t size, struct err *err);
	/* An entry's end. It is in the spool until this returns. */
	void (*on_answer)(void *ctx, const struct answer *answer, const char *room);
};

struct sender *sender_new(uv_loop_t *loop, const struct sender_options *options);
void sender_free(struct sender **sender);
/* One that this process has just added. */
void sender_take(struct sender *sender, const struct spool_entry *entry);
/* Entries that wait, of this kiosk. */
size_t sender_waiting(const struct sender *sender);
