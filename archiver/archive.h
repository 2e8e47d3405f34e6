/* archive.h - the archiver as a whole: takes the lease, reads a batch, has it stored, says so, and
 * only then acknowledges it (docs/guarantees.md). One per process, one thread, one libuv loop. */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "common/systoken.h"

struct archive;

struct archive_options {
	const char *database_url;
	const char *mqtt_host; /* or a Unix socket's path with port 0 */
	int mqtt_port;
	const char *instance;
	const char *ready_file; /* NULL: none */
	unsigned batch_max;
	uint64_t warn_queued;	/* messages; 0: never warn */
	bool has_notices;	/* false: for benches */
	struct systoken *token; /* borrowed */
	void *ctx;
	void (*on_stopped)(void *ctx, int exit_code); /* last callback: free it now or later */
};

/* Texts are borrowed for its life. */
struct archive *archive_new(uv_loop_t *loop, const struct archive_options *options);
void archive_start(struct archive *archive);
/* Finishes the batch at hand, then stops. Called again: stops now; the broker sends that batch
 * again. */
void archive_stop(struct archive *archive);
void archive_free(struct archive **archive);
