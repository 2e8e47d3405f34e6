/* spool.h - the folder that keeps what a kiosk has said until it is stored (docs/notify.md "The
 * spool"). One file an entry, on the disk (fsync of file and folder) before spool_add returns;
 * several processes may use one folder. Knows nothing of MQTT. Files:
 *
 *   0000000000000007.entry  "1 GYM SUB ROOM ID\n", the payload as it is published each time, "\n"
 *   UUID.result             what became of an entry, for the process that added it, when another
 *                           one sent it
 *   lock, add.lock          flock: who sends, who adds; add.lock also holds the last ordinal
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/auto.h"
#include "common/envelope.h"
#include "common/err.h"
#include "common/rand.h"
#include "common/topic.h"

#define SPOOL_RESULT_MAX 2048

struct spool_entry {
	uint64_t ordinal; /* older entries have smaller ones; unique among those that are there */
	char gym[TOPIC_KEY_MAX + 1], sub[TOPIC_KEY_MAX + 1], room[TOPIC_KEY_MAX + 1];
	char id[UUID_TEXT_SIZE];
	size_t len;
	char payload[ENVELOPE_BYTES_MAX + 1];
};

struct spool;

/* Makes the folder (mode 0700) where it is missing; its parent must exist. max: entries, more are
 * refused. Sweeps what crashes and waiters that left have left over. -1: ERR_CONFIG. */
MUST_CHECK int spool_open(struct spool **spool, const char *folder, unsigned max, struct err *err);
void spool_free(struct spool **spool); /* gives the lock back */
static inline void spool_auto(struct spool **spool)
{
	spool_free(spool);
}

/* Becomes the one that sends: 1, or 0 while another process is; -1. */
MUST_CHECK int spool_lock(struct spool *spool, struct err *err);

/* Puts an entry behind all others; fills entry->ordinal. -1: ERR_IO, ERR_LIMIT (full); then nothing
 * was kept. */
MUST_CHECK int spool_add(struct spool *spool, struct spool_entry *entry, struct err *err);
/* 1, 0 when it is not there any more (or is no entry: it is then set aside as .bad), -1. */
MUST_CHECK int spool_read(
	struct spool *spool, uint64_t ordinal, struct spool_entry *entry_r, struct err *err);
/* Whether a file name of the folder is that of an entry that is there; *ordinal_r is its. */
bool spool_is_entry(const struct spool *spool, const char *name, uint64_t *ordinal_r);
const char *spool_path(const struct spool *spool);
/* Removes it; a crash right afterwards may bring it back, which costs a resend. */
void spool_remove(struct spool *spool, uint64_t ordinal);
/* All ordinals, ascending; *list_r is the caller's (free). Returns how many, -1. */
MUST_CHECK int spool_list(struct spool *spool, uint64_t **list_r, struct err *err);

/* For who waits elsewhere. Failures are of no consequence: the waiter ends as "queued". */
void spool_put_result(struct spool *spool, const char *id, const char *line);
/* 1: buf has the line and the file is gone; 0: none yet. */
int spool_take_result(struct spool *spool, const char *id, char buf[SPOOL_RESULT_MAX]);
