/* outbox.h - which entry of the spool is sent when (docs/notify.md "What it promises"): oldest
 * first, of each room one at a time, so that nothing newer to a room overtakes; again after 5 s
 * without an answer, then doubling to 60 s. Pure: times are the caller's milliseconds, always
 * growing. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/auto.h"
#include "common/rand.h"
#include "common/topic.h"

#define OUTBOX_WINDOW	     8 /* sent and not answered at a time: below the broker's 20 messages/s */
#define OUTBOX_RESEND_MS     5000
#define OUTBOX_RESEND_MAX_MS 60000

struct outbox_entry {
	struct outbox_entry *next; /* of the same room, newer */
	struct outbox_room *room;
	uint64_t ordinal;
	char id[UUID_TEXT_SIZE];
	bool is_sent;	   /* on the present connection */
	int64_t due_ms;	   /* may be sent (again) from then on */
	unsigned attempts; /* on the present connection */
};

struct outbox;

struct outbox *outbox_new(void);
void outbox_free(struct outbox **outbox);
size_t outbox_len(const struct outbox *outbox);
void outbox_add(struct outbox *outbox, const char *room, const char *id, uint64_t ordinal);
/* Among those that may be under way, the oldest of each room; NULL: none. */
struct outbox_entry *outbox_find(
	struct outbox *outbox, const char *id, const char *room); /* room "": any */
const char *outbox_room(const struct outbox_entry *entry);
void outbox_remove(struct outbox *outbox, struct outbox_entry *entry);

/* The oldest entry that may be sent now; NULL: none. */
struct outbox_entry *outbox_next(struct outbox *outbox, int64_t now_ms);
void outbox_sent(struct outbox *outbox, struct outbox_entry *entry, int64_t now_ms);
/* Refused for now: nothing at all is sent before then. */
void outbox_hold(struct outbox *outbox, struct outbox_entry *entry, int64_t until_ms);
/* The connection is gone: whatever was sent and not answered is due again. */
void outbox_unsent(struct outbox *outbox);
/* Milliseconds until outbox_next may have something; -1: not before something else happens. */
int64_t outbox_wait_ms(const struct outbox *outbox, int64_t now_ms);
