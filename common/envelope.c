#include "common/envelope.h"

#include <string.h>

#include "common/jsonread.h"
#include "common/utf8.h"
#include "common/when.h"

/* Largest integer that JavaScript holds exactly: no browser's seq lies above. */
#define SEQ_MAX 9007199254740991LL

/* Members with a meaning here. Those from FIELD_SEQ on are given by the archive and the topic, so a
 * sender's own are left out of what is kept: an answer of the API must not hold two of them. */
enum field {
	FIELD_ID,
	FIELD_TEXT,
	FIELD_SENT_AT,
	FIELD_KIND,
	FIELD_REPLY_TO,
	FIELD_ATTACHMENTS,
	FIELD_SEQ,
	FIELD_ROLE,
	FIELD_SENDER,
	FIELD_NAME,
	FIELD_STORED_AT,
	FIELD_DELIVERED_AT,
	FIELD_READ_AT,
	FIELD_OTHER
};

struct field_name {
	const char *name;
	size_t len;
};
#define FIELD(text)                                                                                \
	{                                                                                          \
		text, sizeof(text) - 1                                                             \
	}
static const struct field_name field_names[] = {
	[FIELD_ID] = FIELD("id"),
	[FIELD_TEXT] = FIELD("text"),
	[FIELD_SENT_AT] = FIELD("sent_at"),
	[FIELD_KIND] = FIELD("kind"),
	[FIELD_REPLY_TO] = FIELD("reply_to"),
	[FIELD_ATTACHMENTS] = FIELD("attachments"),
	[FIELD_SEQ] = FIELD("seq"),
	[FIELD_ROLE] = FIELD("role"),
	[FIELD_SENDER] = FIELD("sender"),
	[FIELD_NAME] = FIELD("name"),
	[FIELD_STORED_AT] = FIELD("stored_at"),
	[FIELD_DELIVERED_AT] = FIELD("delivered_at"),
	[FIELD_READ_AT] = FIELD("read_at"),
};

/* The known members of one message, NULL where missing or null. */
struct fields {
	const struct json_member *of[FIELD_OTHER];
};

static enum field field_of(struct json_slice key)
{
	bool has_escape = memchr(key.at, '\\', key.len) != NULL;
	for (size_t i = 0; i < COUNT(field_names); i++) {
		const struct field_name *f = &field_names[i];
		if (has_escape ? json_key_is(key, f->name)
			       : key.len == f->len && memcmp(key.at, f->name, f->len) == 0)
			return (enum field)i;
	}
	return FIELD_OTHER;
}

static void add_extra(struct envelope *e, const struct json_member *m)
{
	char *at = e->extra + e->extra_len;
	if (e->extra_len > 0)
		*at++ = ',';
	*at++ = '"';
	at = mempcpy(at, m->key.at, m->key.len);
	*at++ = '"';
	*at++ = ':';
	at = mempcpy(at, m->value.at, m->value.len);
	*at = '\0';
	e->extra_len = (size_t)(at - e->extra);
}

static void sort_members(const struct json_member *members, size_t n, struct fields *fields_r,
	struct envelope *envelope_r)
{
	memset(fields_r, 0, sizeof(*fields_r));
	for (size_t i = 0; i < n; i++) {
		enum field field = field_of(members[i].key);
		if (field == FIELD_OTHER)
			add_extra(envelope_r, &members[i]);
		else if (members[i].type != JSON_NULL)
			fields_r->of[field] = &members[i];
	}
}

/* A member's string without escapes into buf; its length, or -1: missing, no string, or longer. */
static int get_string(const struct json_member *m, char *buf, size_t size)
{
	if (m == NULL || m->type != JSON_STRING)
		return -1;
	return json_unescape(m->value, buf, size);
}

static int get_uuid(const struct json_member *m, char buf[UUID_TEXT_SIZE])
{
	int len = get_string(m, buf, UUID_TEXT_SIZE);
	if (len >= 0 && uuid_is_valid(buf, (size_t)len))
		return 0;
	buf[0] = '\0';
	return -1;
}

static int get_when(const struct json_member *m, int64_t *us_r)
{
	char text[64];
	int len = get_string(m, text, sizeof(text));
	return len >= 0 ? when_parse(text, (size_t)len, us_r) : -1;
}

static int get_kind(const struct json_member *m, char kind[ENVELOPE_KIND_MAX + 1])
{
	memcpy(kind, "text", sizeof("text"));
	if (m == NULL)
		return 0;
	int len = get_string(m, kind, ENVELOPE_KIND_MAX + 1);
	if (len < 1)
		return -1;
	for (const char *p = kind; *p != '\0'; p++) {
		bool is_ok = (*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9') || *p == '_' ||
			     *p == '-';
		if (!is_ok)
			return -1;
	}
	return 0;
}

static int get_text(const struct json_member *m, struct envelope *e, struct err *err)
{
	if (m == NULL || m->type != JSON_STRING)
		return err_set(err, ERR_INPUT, "text is missing or no string");
	int len = json_unescape(m->value, e->text, sizeof(e->text));
	if (len < 1)
		return err_set(err, ERR_INPUT, "text is empty");
	/* A code point is at least a byte: short texts need no count. */
	if (len > ENVELOPE_TEXT_MAX && utf8_count(e->text, (size_t)len) > ENVELOPE_TEXT_MAX)
		return err_set(
			err, ERR_INPUT, "text is longer than %d characters", ENVELOPE_TEXT_MAX);
	e->text_len = (size_t)len;
	return 0;
}

static int get_fields(const struct fields *f, struct envelope *e, struct err *err)
{
	const struct json_member *reply_to = f->of[FIELD_REPLY_TO];
	const struct json_member *attachments = f->of[FIELD_ATTACHMENTS];
	if (get_uuid(f->of[FIELD_ID], e->id) != 0)
		return err_set(err, ERR_INPUT, "id is no lower-case UUID of version 4 or 7");
	if (get_text(f->of[FIELD_TEXT], e, err) != 0)
		return -1;
	if (get_when(f->of[FIELD_SENT_AT], &e->sent_at_us) != 0)
		return err_set(err, ERR_INPUT, "sent_at is no RFC 3339 time");
	if (get_kind(f->of[FIELD_KIND], e->kind) != 0)
		return err_set(
			err, ERR_INPUT, "kind is not of [a-z0-9_-]{1,%d}", ENVELOPE_KIND_MAX);
	if (reply_to != NULL && get_uuid(reply_to, e->reply_to) != 0)
		return err_set(err, ERR_INPUT, "reply_to is no lower-case UUID");
	if (attachments != NULL && attachments->type != JSON_ARRAY)
		return err_set(err, ERR_INPUT, "attachments is no array");
	if (attachments != NULL)
		e->attachments = attachments->value;
	return 0;
}

/* Empties all that is read where a member is missing; the two large buffers only at their start. */
static void envelope_clear(struct envelope *e)
{
	e->id[0] = e->kind[0] = e->reply_to[0] = e->text[0] = e->extra[0] = '\0';
	e->text_len = e->extra_len = 0;
	e->sent_at_us = 0;
	e->attachments = (struct json_slice){NULL, 0};
}

/* Nothing of it is kept but the id, for the answer. */
static int refuse_large(const uint8_t *payload, size_t len, struct envelope *e, struct err *err)
{
	struct json_member members[JSON_KEYS_MAX];
	size_t n;
	if (json_check_object(payload, len, members, &n, NULL) == 0) {
		for (size_t i = 0; i < n; i++) {
			if (field_of(members[i].key) == FIELD_ID)
				(void)get_uuid(&members[i], e->id);
		}
	}
	return err_set(err, ERR_TOO_LARGE, "%zu bytes, more than %d", len, ENVELOPE_BYTES_MAX);
}

int envelope_parse(const uint8_t *payload, size_t len, struct envelope *envelope_r, struct err *err)
{
	struct json_member members[JSON_KEYS_MAX];
	struct fields fields;
	size_t n;
	envelope_clear(envelope_r);
	if (len > ENVELOPE_BYTES_MAX)
		return refuse_large(payload, len, envelope_r, err);
	if (json_check_object(payload, len, members, &n, err) != 0)
		return -1;
	sort_members(members, n, &fields, envelope_r);
	return get_fields(&fields, envelope_r, err);
}

/* The members of a small payload that is not kept: receipts and presence. */
static int check_small(const uint8_t *payload, size_t len,
	struct json_member members[JSON_KEYS_MAX], size_t *n_r, struct err *err)
{
	if (len > ENVELOPE_BYTES_MAX)
		return err_set(
			err, ERR_TOO_LARGE, "%zu bytes, more than %d", len, ENVELOPE_BYTES_MAX);
	return json_check_object(payload, len, members, n_r, err);
}

static const struct json_member *find(const struct json_member *members, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++) {
		if (json_key_is(members[i].key, name))
			return members[i].type != JSON_NULL ? &members[i] : NULL;
	}
	return NULL;
}

/* A seq: digits only, 0..SEQ_MAX; -1 where missing */
static int get_seq(const struct json_member *m, int64_t *seq_r)
{
	*seq_r = -1;
	if (m == NULL)
		return 0;
	if (m->type != JSON_NUMBER || m->value.len > 16)
		return -1;
	int64_t seq = 0;
	for (size_t i = 0; i < m->value.len; i++) {
		char c = m->value.at[i];
		if (c < '0' || c > '9')
			return -1;
		seq = seq * 10 + (c - '0');
	}
	if (seq > SEQ_MAX)
		return -1;
	*seq_r = seq;
	return 0;
}

int receipt_parse(const uint8_t *payload, size_t len, struct receipt *receipt_r, struct err *err)
{
	struct json_member members[JSON_KEYS_MAX];
	size_t n;
	*receipt_r = (struct receipt){-1, -1, 0};
	if (check_small(payload, len, members, &n, err) != 0)
		return -1;
	struct receipt r = {-1, -1, 0};
	const struct json_member *at = find(members, n, "at");
	if (get_seq(find(members, n, "delivered"), &r.delivered) != 0)
		return err_set(err, ERR_INPUT, "delivered is no seq");
	if (get_seq(find(members, n, "read"), &r.read) != 0)
		return err_set(err, ERR_INPUT, "read is no seq");
	if (at != NULL && get_when(at, &r.at_us) != 0)
		return err_set(err, ERR_INPUT, "at is no RFC 3339 time");
	*receipt_r = r;
	return 0;
}

int presence_parse(const uint8_t *payload, size_t len, struct presence *presence_r, struct err *err)
{
	struct json_member members[JSON_KEYS_MAX];
	size_t n;
	*presence_r = (struct presence){.online = false};
	if (check_small(payload, len, members, &n, err) != 0)
		return -1;
	const struct json_member *online = find(members, n, "online");
	const struct json_member *conn = find(members, n, "conn");
	if (online == NULL || (online->type != JSON_TRUE && online->type != JSON_FALSE))
		return err_set(err, ERR_INPUT, "online is neither true nor false");
	char key[TOPIC_KEY_MAX + 1] = "";
	int key_len = conn != NULL ? get_string(conn, key, sizeof(key)) : 0;
	if (conn != NULL && (key_len < 0 || !topic_is_key_n(key, (size_t)key_len)))
		return err_set(err, ERR_INPUT, "conn is not of [A-Za-z0-9_-]{1,64}");
	presence_r->online = online->type == JSON_TRUE;
	memcpy(presence_r->conn, key, sizeof(key));
	return 0;
}
