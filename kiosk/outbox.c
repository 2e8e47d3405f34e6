#include "kiosk/outbox.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/must.h"

struct outbox_room {
	struct outbox_room *next;
	struct outbox_entry *first; /* oldest: the only one that may be under way */
	char key[TOPIC_KEY_MAX + 1];
};

struct outbox {
	struct outbox_room *rooms;
	size_t len, sent;
	int64_t held_until_ms;
};

struct outbox *outbox_new(void)
{
	struct outbox *outbox = must(calloc(1, sizeof(*outbox)));
	return outbox;
}

void outbox_free(struct outbox **outbox)
{
	if (*outbox == NULL)
		return;
	while ((*outbox)->rooms != NULL)
		outbox_remove(*outbox, (*outbox)->rooms->first);
	free(*outbox);
	*outbox = NULL;
}

size_t outbox_len(const struct outbox *outbox)
{
	return outbox->len;
}

static struct outbox_room *room_get(struct outbox *outbox, const char *key)
{
	struct outbox_room *room = outbox->rooms;
	while (room != NULL && strcmp(room->key, key) != 0)
		room = room->next;
	if (room != NULL)
		return room;
	room = must(calloc(1, sizeof(*room)));
	assert(strlen(key) <= TOPIC_KEY_MAX);
	strcpy(room->key, key);
	room->next = outbox->rooms;
	outbox->rooms = room;
	return room;
}

void outbox_add(struct outbox *outbox, const char *room_key, const char *id, uint64_t ordinal)
{
	struct outbox_room *room = room_get(outbox, room_key);
	struct outbox_entry *entry = must(calloc(1, sizeof(*entry))), **at = &room->first;
	assert(strlen(id) < sizeof(entry->id));
	entry->room = room;
	entry->ordinal = ordinal;
	strcpy(entry->id, id);
	while (*at != NULL && (*at)->ordinal < ordinal)
		at = &(*at)->next;
	entry->next = *at;
	*at = entry;
	outbox->len++;
}

struct outbox_entry *outbox_find(struct outbox *outbox, const char *id, const char *room_key)
{
	for (struct outbox_room *room = outbox->rooms; room != NULL; room = room->next)
		if (strcmp(room->first->id, id) == 0 &&
			(room_key[0] == '\0' || strcmp(room->key, room_key) == 0))
			return room->first;
	return NULL;
}

const char *outbox_room(const struct outbox_entry *entry)
{
	return entry->room->key;
}

static void room_drop_if_empty(struct outbox *outbox, struct outbox_room *room)
{
	struct outbox_room **at = &outbox->rooms;
	if (room->first != NULL)
		return;
	while (*at != room)
		at = &(*at)->next;
	*at = room->next;
	free(room);
}

void outbox_remove(struct outbox *outbox, struct outbox_entry *entry)
{
	struct outbox_entry **at = &entry->room->first;
	while (*at != entry)
		at = &(*at)->next;
	*at = entry->next;
	outbox->len--;
	outbox->sent -= entry->is_sent;
	room_drop_if_empty(outbox, entry->room);
	free(entry);
}

/* An entry under way is there twice at no cost: its resend needs no free place in the window. */
static bool may_send(const struct outbox *outbox, const struct outbox_entry *entry)
{
	return entry->is_sent || outbox->sent < OUTBOX_WINDOW;
}

struct outbox_entry *outbox_next(struct outbox *outbox, int64_t now_ms)
{
	struct outbox_entry *oldest = NULL;
	if (now_ms < outbox->held_until_ms)
		return NULL;
	for (struct outbox_room *room = outbox->rooms; room != NULL; room = room->next)
		if (room->first->due_ms <= now_ms && may_send(outbox, room->first) &&
			(oldest == NULL || room->first->ordinal < oldest->ordinal))
			oldest = room->first;
	return oldest;
}

void outbox_sent(struct outbox *outbox, struct outbox_entry *entry, int64_t now_ms)
{
	int64_t delay = OUTBOX_RESEND_MS;
	for (unsigned i = 0; i < entry->attempts && delay < OUTBOX_RESEND_MAX_MS; i++)
		delay *= 2;
	entry->due_ms = now_ms + (delay > OUTBOX_RESEND_MAX_MS ? OUTBOX_RESEND_MAX_MS : delay);
	entry->attempts++;
	outbox->sent += !entry->is_sent;
	entry->is_sent = true;
}

static void forget_sent(struct outbox *outbox, struct outbox_entry *entry)
{
	outbox->sent -= entry->is_sent;
	entry->is_sent = false;
	entry->attempts = 0;
	entry->due_ms = 0;
}

void outbox_hold(struct outbox *outbox, struct outbox_entry *entry, int64_t until_ms)
{
	forget_sent(outbox, entry);
	if (until_ms > outbox->held_until_ms)
		outbox->held_until_ms = until_ms;
}

void outbox_unsent(struct outbox *outbox)
{
	for (struct outbox_room *room = outbox->rooms; room != NULL; room = room->next)
		forget_sent(outbox, room->first);
}

int64_t outbox_wait_ms(const struct outbox *outbox, int64_t now_ms)
{
	int64_t first = -1;
	for (struct outbox_room *room = outbox->rooms; room != NULL; room = room->next)
		if (may_send(outbox, room->first) && (first < 0 || room->first->due_ms < first))
			first = room->first->due_ms;
	if (first < 0)
		return -1;
	if (first < outbox->held_until_ms)
		first = outbox->held_until_ms;
	return first > now_ms ? first - now_ms : 0;
}
