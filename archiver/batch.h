/* batch.h - what one commit is made of: messages, notes, receipts, presence and what cannot be
 * stored, in the order in which they came. Decides the fate and the seq of each message. Pure:
 * knows neither MQTT nor SQL, and the clock is the caller's. All memory is the batch's own and is
 * given back by batch_reset.
 *
 * Its life: batch_add for each publish; then the store fills in what the database knows (rooms' ids
 * and seqs, ids that are there already, marks); batch_settle, as often as it takes; a commit;
 * batch_commit. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "archiver/marks.h"
#include "archiver/pool.h"
#include "archiver/presence.h"
#include "common/envelope.h"
#include "common/topic.h"

/* Over this a batch is full, whatever the number of its items. A commit takes about twice as much
 * again. */
#define BATCH_BYTES_MAX (4 * 1024 * 1024)
#define BATCH_ID_BYTES	16

struct batch;
struct batch_message;
struct batch_dead;
struct batch_person;
struct batch_reader;

/* What the messages of a commit do to their room's row. */
enum batch_room_flag {
	BATCH_LISTED =
		BIT(0), /* somebody but a kiosk wrote, or a kiosk asked for help in its own room */
	BATCH_ASKED = BIT(1),	 /* a client wrote (or that kiosk): a closed room opens */
	BATCH_ANSWERED = BIT(2), /* staff wrote: who waited waits no more */
	BATCH_WAITS = BIT(3)	 /* asked, and no answer after it in this commit */
};

enum batch_side { BATCH_CLIENTS, BATCH_STAFF, BATCH_SIDES };

struct batch_gym {
	const char *key;
	int64_t id;	/* 0: not known, or not there */
	bool is_wanted; /* something needs its row */
	struct batch_gym *next, *chain;
};

struct batch_room {
	const char *key;
	struct batch_gym *gym;
	int64_t id;			 /* 0: not known, or not there */
	int64_t last_seq, note_last_seq; /* committed */
	int64_t first_seq;		 /* last_seq before this batch; -1: not known */
	int64_t next_seq, next_note_seq; /* what the commit at hand makes of them */
	unsigned flags;			 /* enum batch_room_flag, of the commit at hand */
	bool is_wanted;			 /* a message or note needs its row */
	bool is_made;			 /* by the commit at hand */
	bool is_note_listed;		 /* a note of the commit at hand was new */
	bool has_desk;			 /* notes, or notes that were rejected */
	bool is_reopened;		 /* by this batch */
	const char *title;		 /* where reopened; NULL: none */
	bool is_named;			 /* its client's name has been asked for */
	const char *first_name;		 /* of its client, where a kiosk wrote; NULL: not known */
	struct mark_side sides[BATCH_SIDES]; /* as they were read, then moved by marks_apply */
	struct batch_message *first, *last;  /* messages and notes, in order */
	struct batch_dead *first_dead, *last_dead;
	struct batch_reader *first_reader, *last_reader;
	uint64_t hash;
	struct batch_room *chain;
};

enum batch_fate {
	BATCH_OPEN,	/* not settled yet */
	BATCH_NEW,	/* is stored with seq */
	BATCH_AGAIN,	/* the same message is there already: its seq and time are told once more */
	BATCH_CONFLICT, /* another message has that id */
	BATCH_REFUSED	/* the database does not take it */
};

/* What makes two messages of one id the same. */
struct batch_content {
	enum role role;
	const char *sender, *kind, *text, *reply_to,
		*attachments; /* the last two: "" where missing */
};

struct batch_message {
	struct batch_room *room;
	struct batch_content is;
	struct batch_person *person; /* who is told on to/; NULL: reads the room's log */
	const char *topic;
	const uint8_t *payload;
	const char *extra;
	size_t payload_len, text_len, attachments_len, extra_len;
	char id[UUID_TEXT_SIZE];
	uint8_t uuid[BATCH_ID_BYTES];
	bool is_note;
	int64_t sent_at_us, arrived_us;
	enum batch_fate fate;
	const char *detail; /* of BATCH_REFUSED */
	int64_t seq, stored_at_us;
	struct batch_message
		*original; /* the first of this id and room in this batch; NULL: itself */
	const struct batch_content
		*known; /* the database's message of this id; NULL: none or not asked */
	int64_t known_seq, known_stored_at_us;
	struct batch_message *next_of_room;
	struct batch_message *next_of_person;
	struct batch_message *chain; /* of the id's bucket */
};

/* Somebody who is told something on gym/{gym}/to/{role}/{who}. */
struct batch_person {
	const char *gym, *who;
	enum role role;
	struct batch_message *first, *last; /* kiosk messages */
	struct batch_dead *first_dead, *last_dead;
	struct batch_person *next; /* all of the batch */
	struct batch_person *chain;
	uint64_t hash;
};

/* Cannot be stored: a row of dead_letters and, where the sender is known, a rejection. */
struct batch_dead {
	const char *topic;
	const uint8_t *payload;
	size_t len;
	const char *code, *detail;
	int64_t arrived_us;
	struct batch_person *person; /* NULL: the topic does not tell who sent it */
	struct batch_room *room;     /* NULL: concerns no room */
	bool is_message, is_note;    /* else a receipt or presence: told to the sender alone */
	const char *id;		     /* "" where unknown */
	struct batch_dead *next_of_room, *next_of_person;
};

struct batch_reader {
	struct batch_room *room;
	enum role role;
	const char *who;
	struct mark mark;
	bool has_moved;
	int64_t heard_us; /* time of the last receipt, for the echo of one who has no mark */
	struct batch_reader *next, *chain;
	uint64_t hash;
};

struct batch_receipt {
	struct batch_reader *reader;
	struct receipt said;
	int64_t arrived_us;
	bool has_moved;
	struct mark_advance advance;
};

struct batch_presence {
	struct batch_gym *gym;
	enum role role;
	const char *who;
	int64_t seen_us;
};

struct batch {
	unsigned max, items; /* publishes taken in */
	struct batch_message *messages;
	unsigned nmessages;
	struct batch_dead *dead;
	unsigned ndead, nmalformed; /* those that batch_add made come first */
	struct batch_receipt *receipts;
	unsigned nreceipts;
	struct batch_presence *presences;
	unsigned npresences;
	struct batch_room **rooms;
	unsigned nrooms;
	struct batch_gym *gyms;
	struct batch_reader **readers;
	unsigned nreaders;
	struct batch_person *persons;
	unsigned nstored, nnotes, nagain; /* committed so far: messages, notes, repetitions */
	int64_t first_arrived_us;
	struct pool pool;
	struct batch_tables *tables;
	struct envelope *envelope; /* where each message is parsed into */
};

struct batch *batch_new(unsigned max_items, uint64_t secret);
void batch_free(struct batch **batch);
void batch_reset(struct batch *batch);
bool batch_is_full(const struct batch *batch);
bool batch_is_empty(const struct batch *batch); /* nothing in it needs the database */

/* Takes in one publish: what is malformed becomes a dead letter. topic and payload are copied. */
void batch_add(struct batch *batch, const char *topic, const uint8_t *payload, size_t len,
	int64_t arrived_us);

/* Leaves only presence that is due to be written. */
void batch_thin_presences(struct batch *batch, struct presence_seen *seen);

/* The database has this room. Called again after a failure, with what it says then. */
void batch_room_found(struct batch_room *room, int64_t gym_id, int64_t id, int64_t last_seq,
	int64_t note_last_seq);
/* The commit at hand makes this room, as it was settled. */
void batch_room_made(struct batch_room *room, int64_t id);
/* What batch_room_found and batch_room_made said is not so. */
void batch_room_forget(struct batch_room *room);
/* The database has a message of this id. Strings are copied. */
void batch_known(struct batch *batch, struct batch_message *message,
	const struct batch_content *known, int64_t seq, int64_t stored_at_us);

/* Gives fate and seq to the messages [from, to), which are all stored at now_us. What is before
 * from has been committed. May be called again for another range or after a failure: nothing of an
 * earlier call remains. */
void batch_settle(struct batch *batch, unsigned from, unsigned to, int64_t now_us);
/* The database does not take this one: it becomes a dead letter, and so does a repetition of it. */
void batch_refuse(struct batch *batch, struct batch_message *message, const char *detail);
/* Makes the dead letters of all conflicts and refusals so far, behind those of batch_add. May be
 * called again. */
void batch_bury(struct batch *batch);
/* What was settled last is in the database: rooms' seqs move on. */
void batch_commit(struct batch *batch, unsigned from, unsigned to);

/* Moves the marks of all readers by their receipts, in order. Rooms' next_seq and readers' marks
 * must be there. */
void batch_move_marks(struct batch *batch);
bool batch_same_content(const struct batch_content *a, const struct batch_content *b);
