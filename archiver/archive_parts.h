/* archive_parts.h - what the files of archive share: its parts and its states. Internal to archive.
 *
 *   archive.c        start and stop, the lease, the database
 *   archive_flow.c   batches: from the input to the store, the notices, the acknowledgement
 *   archive_ready.c  whether it works, and who is told
 */
#pragma once
#include "archiver/archive.h"
#include "archiver/batch.h"
#include "archiver/input.h"
#include "archiver/lease.h"
#include "archiver/outlet.h"
#include "archiver/presence.h"
#include "archiver/report.h"
#include "archiver/store.h"

#define ARCHIVE_REASON_SIZE 360

enum archive_state {
	ARCHIVE_OFFLINE, /* no database */
	ARCHIVE_STANDBY, /* the lease is not ours */
	ARCHIVE_READING, /* waiting for a batch */
	ARCHIVE_STORING, /* and perhaps reading the next batch */
	ARCHIVE_TELLING, /* stored; the notices lag, so the PUBACKs wait */
	ARCHIVE_RESTING, /* the database refused: the input is off for a while */
	ARCHIVE_STOPPED
};

/* A complaint that is not repeated with every attempt. */
struct archive_complaint {
	char text[200];
	int64_t said_ms;
};

struct archive {
	uv_loop_t *loop;
	struct archive_options options;
	enum archive_state state;
	struct pglink *pg;
	struct lease *lease;
	int64_t epoch;
	bool is_waiting_for_lease, is_stopping;
	struct rooms *rooms;
	struct store *store;
	struct input *input;
	struct outlet *outlet;
	struct presence_seen *seen;
	uv_timer_t *tick, *rest, *drain;
	unsigned ticks, rests;
	/* the flow */
	struct batch *filling; /* what the input hands over */
	bool is_held;	       /* the input waits: for input_read_on or the acknowledgement */
	struct batch *storing; /* empty while READING */
	struct notices notices;
	unsigned unacknowledged; /* handed over by the present connection: the chain */
	int64_t chain_ms;	 /* when the first of them came */
	bool is_hanging_up;	 /* the input goes down because we say so */
	/* until when to look whether messages are there already */
	unsigned careful_left, redelivered_left;
	bool is_careful, is_redelivery; /* the batch that is being stored: looked up; may be one */
	int64_t connected_us, storing_since_us;
	uint64_t violations;
	/* why not ready */
	struct report report;
	int64_t trouble_ms; /* 0: none */
	char trouble[ARCHIVE_REASON_SIZE], database_down[ARCHIVE_REASON_SIZE],
		broker_down[ARCHIVE_REASON_SIZE];
	struct archive_complaint database, broker, notices_link;
};

/* archive.c */
void archive_set_state(struct archive *a, enum archive_state state);
void archive_finish(struct archive *a, int exit_code);

/* archive_flow.c */
void archive_flow_init(struct archive *a, uint64_t secret); /* input, outlet, batches */
void archive_flow_deinit(struct archive *a);
void archive_flow_start(struct archive *a); /* READING: the input is turned on */
void archive_flow_stop(
	struct archive *a, const struct err *why); /* the input is cut off, whatever it is doing */

/* archive_ready.c */
void archive_ready_update(struct archive *a);
void archive_ready_tick(struct archive *a);
void archive_ready_tell(struct archive *a); /* our state, now */
void archive_complain(struct archive_complaint *last, const char *about, const char *text);
const char *archive_trouble_text(const struct err *err);
