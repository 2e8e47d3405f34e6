#include "archiver/notice.h"

#include <stdlib.h>
#include <string.h>

#include "common/must.h"
#include "common/when.h"

#define TEXT_KEEP_BYTES (2 * 1024 * 1024)
#define HEAD_BYTES	64 /* "{"last_seq":9007199254740991," and what closes it */

/* One topic's notices while they are written: arrays of entries, cut where 16 KiB are full. */
struct writer {
	struct notices *to;
	const char *topic;
	const char *seq_key;   /* "last_seq" or "note_last_seq"; NULL: no such member */
	int64_t seq, last_seq; /* how far this notice tells; the last one tells last_seq */
	const char *section;   /* the array that is open; NULL: none */
	unsigned entries;      /* in this notice */
	size_t before;	       /* length before the entry at hand */
	bool is_new_section;   /* the entry at hand opened it */
	int64_t when_us;       /* most times of a batch are one and the same */
	char when[WHEN_TEXT_SIZE];
};

void notices_init(struct notices *notices)
{
	*notices = (struct notices){0};
	jsonout_init(&notices->text);
	jsonout_init(&notices->part);
}

void notices_deinit(struct notices *notices)
{
	jsonout_deinit(&notices->text);
	jsonout_deinit(&notices->part);
	free(notices->all);
	notices->all = NULL;
	notices->len = notices->size = 0;
}

static void notices_clear(struct notices *notices)
{
	if (notices->text.size > TEXT_KEEP_BYTES)
		jsonout_deinit(&notices->text);
	jsonout_reset(&notices->text);
	notices->len = 0;
}

static struct notice *notice_add(struct notices *notices)
{
	if (notices->len == notices->size) {
		notices->size = notices->size == 0 ? 64 : notices->size * 2;
		notices->all = must(realloc(notices->all, notices->size * sizeof(*notices->all)));
	}
	return &notices->all[notices->len++];
}

static void put_raw(struct jsonout *out, const char *bytes, size_t len)
{
	out->comma = false;
	jsonout_raw(out, bytes, len);
}

/* ---- a notice ---- */

static void writer_init(struct writer *w, struct notices *to, const char *topic)
{
	*w = (struct writer){.to = to, .topic = topic, .when_us = -1};
	jsonout_reset(&to->part);
}

static void section_close(struct writer *w)
{
	if (w->section != NULL)
		jsonout_close(&w->to->part, ']');
	w->section = NULL;
}

/* Puts head and members together and starts the next notice. */
static void writer_emit(struct writer *w, int64_t seq)
{
	struct jsonout *text = &w->to->text;
	section_close(w);
	struct notice *notice = notice_add(w->to);
	notice->topic = text->len;
	put_raw(text, w->topic, strlen(w->topic) + 1);
	notice->payload = text->len;
	put_raw(text, "{", 1);
	text->comma = false;
	if (w->seq_key != NULL)
		jsonout_pair_int(text, w->seq_key, seq);
	if (w->to->part.len > 0)
		jsonout_raw(text, w->to->part.text, w->to->part.len);
	put_raw(text, "}", 1);
	notice->len = text->len - notice->payload;
	put_raw(text, "", 1);
	jsonout_reset(&w->to->part);
	w->entries = 0;
}

/* An entry of an array is entry_begin, its members, entry_end; false there: once more. */
static void entry_begin(struct writer *w, const char *section)
{
	struct jsonout *part = &w->to->part;
	bool is_open = w->section != NULL && strcmp(w->section, section) == 0;
	if (!is_open)
		section_close(w);
	w->before = part->len;
	w->is_new_section = !is_open;
	if (!is_open) {
		jsonout_key(part, section);
		jsonout_open(part, '[');
		w->section = section;
	}
	jsonout_open(part, '{');
}

/* What was written since w->before stays, or, where the notice is full, makes way and is to be
 * written again. */
static bool fits(struct writer *w)
{
	struct jsonout *part = &w->to->part;
	if (part->len + HEAD_BYTES <= NOTICE_BYTES_MAX || w->entries == 0)
		return true;
	part->len = w->before;
	part->text[part->len] = '\0';
	if (w->is_new_section)
		w->section = NULL;
	writer_emit(w, w->seq);
	return false;
}

static bool entry_end(struct writer *w)
{
	jsonout_close(&w->to->part, '}');
	bool is_in = fits(w);
	w->entries += is_in;
	return is_in;
}

static void writer_finish(struct writer *w)
{
	if (w->entries > 0)
		writer_emit(w, w->last_seq);
}

static const char *when(struct writer *w, int64_t us)
{
	if (us != w->when_us) {
		when_format(us, w->when);
		w->when_us = us;
	}
	return w->when;
}

/* ---- entries ---- */

/* A repetition within the batch was told by its original, where that one is stored. */
static bool is_told(const struct batch_message *message)
{
	const struct batch_message *first = message->original;
	if (message->fate == BATCH_NEW)
		return true;
	return message->fate == BATCH_AGAIN &&
	       (first == NULL || (first->fate != BATCH_NEW && first->fate != BATCH_AGAIN));
}

static void put_stored(
	struct writer *w, const struct batch_message *message, const char *section, bool with_role)
{
	struct jsonout *part = &w->to->part;
	do {
		entry_begin(w, section);
		jsonout_pair(part, "id", message->id);
		jsonout_pair_int(part, "seq", message->seq);
		if (with_role)
			jsonout_pair(part, "role", role_name(message->is.role));
		jsonout_pair(part, "sender", message->is.sender);
		jsonout_pair(part, "stored_at", when(w, message->stored_at_us));
	} while (!entry_end(w));
	if (message->seq > w->seq)
		w->seq = message->seq;
}

static void put_id(struct jsonout *part, const char *id)
{
	jsonout_pair(part, "id", id[0] == '\0' ? NULL : id);
}

static void put_rejected(struct writer *w, const struct batch_dead *dead)
{
	struct jsonout *part = &w->to->part;
	do {
		entry_begin(w, "rejected");
		put_id(part, dead->id);
		jsonout_pair(part, "role", role_name(dead->person->role));
		jsonout_pair(part, "sender", dead->person->who);
		jsonout_pair(part, "code", dead->code);
	} while (!entry_end(w));
}

static void put_mark(struct writer *w, const struct batch_reader *reader)
{
	struct jsonout *part = &w->to->part;
	do {
		entry_begin(w, "marks");
		jsonout_pair(part, "role", role_name(reader->role));
		jsonout_pair(part, "who", reader->who);
		jsonout_pair_int(part, "delivered", reader->mark.delivered);
		jsonout_pair_int(part, "read", reader->mark.read);
		jsonout_pair(part, "at", when(w, marks_at(&reader->mark, reader->heard_us)));
	} while (!entry_end(w));
}

static void put_room(struct writer *w, const struct batch_room *room)
{
	struct jsonout *part = &w->to->part;
	section_close(w);
	do {
		w->before = part->len;
		jsonout_key(part, "room");
		jsonout_open(part, '{');
		jsonout_pair(part, "status", "open");
		jsonout_pair(part, "title", room->title);
		jsonout_close(part, '}');
	} while (!fits(w));
	w->entries++;
}

static void put_to_kiosk(struct writer *w, const struct batch_message *message)
{
	struct jsonout *part = &w->to->part;
	do {
		entry_begin(w, "stored");
		jsonout_pair(part, "id", message->id);
		jsonout_pair(part, "room", message->room->key);
		jsonout_pair_int(part, "seq", message->seq);
		if (message->room->first_name != NULL)
			jsonout_pair(part, "first_name", message->room->first_name);
	} while (!entry_end(w));
}

static void put_to_rejected(struct writer *w, const struct batch_dead *dead)
{
	struct jsonout *part = &w->to->part;
	do {
		entry_begin(w, "rejected");
		put_id(part, dead->id);
		jsonout_pair(part, "room", dead->room == NULL ? NULL : dead->room->key);
		jsonout_pair(part, "code", dead->code);
		jsonout_pair(part, "detail", dead->detail);
	} while (!entry_end(w));
}

/* ---- topics ---- */

static void begin_topic(struct writer *w, struct notices *to, char topic[TOPIC_MAX],
	enum topic_kind kind, enum role role, const char *gym, const char *key)
{
	struct topic parts = {.kind = kind, .role = role};
	strcpy(parts.gym, gym);
	strcpy(kind == TOPIC_TO ? parts.who : parts.room, key);
	if (topic_format(&parts, topic, TOPIC_MAX) < 0)
		abort(); /* its keys came out of a topic */
	writer_init(w, to, topic);
}

static void build_log(struct notices *to, const struct batch_room *room, bool is_desk)
{
	struct writer w;
	char topic[TOPIC_MAX];
	begin_topic(&w, to, topic, is_desk ? TOPIC_DESK_LOG : TOPIC_ROOM_LOG, ROLE_NONE,
		room->gym->key, room->key);
	w.seq_key = is_desk ? "note_last_seq" : "last_seq";
	w.seq = is_desk || room->first_seq < 0 ? 0 : room->first_seq;
	w.last_seq = is_desk ? room->next_note_seq : room->next_seq;
	for (const struct batch_message *message = room->first; message != NULL;
		message = message->next_of_room) {
		if (message->is_note == is_desk && is_told(message))
			put_stored(&w, message, is_desk ? "notes" : "stored", !is_desk);
	}
	for (const struct batch_dead *dead = room->first_dead; dead != NULL;
		dead = dead->next_of_room) {
		if (dead->is_message && dead->is_note == is_desk)
			put_rejected(&w, dead);
	}
	for (const struct batch_reader *reader = room->first_reader; reader != NULL && !is_desk;
		reader = reader->next)
		put_mark(&w, reader);
	if (room->is_reopened && !is_desk)
		put_room(&w, room);
	writer_finish(&w);
}

static void build_to(struct notices *to, const struct batch_person *person)
{
	struct writer w;
	char topic[TOPIC_MAX];
	begin_topic(&w, to, topic, TOPIC_TO, person->role, person->gym, person->who);
	for (const struct batch_message *message = person->first; message != NULL;
		message = message->next_of_person) {
		if (is_told(message))
			put_to_kiosk(&w, message);
	}
	for (const struct batch_dead *dead = person->first_dead; dead != NULL;
		dead = dead->next_of_person)
		put_to_rejected(&w, dead);
	writer_finish(&w);
}

void notices_build(struct notices *notices, const struct batch *batch)
{
	notices_clear(notices);
	for (unsigned i = 0; i < batch->nrooms; i++) {
		build_log(notices, batch->rooms[i], false);
		if (batch->rooms[i]->has_desk)
			build_log(notices, batch->rooms[i], true);
	}
	for (const struct batch_person *person = batch->persons; person != NULL;
		person = person->next)
		build_to(notices, person);
}
