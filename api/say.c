#include "api/say.h"

#include <stddef.h>
#include <string.h>

#include "api/alarm.h"
#include "api/db.h"
#include "api/feed.h"
#include "common/envelope.h"
#include "common/jsonread.h"
#include "common/when.h"

struct say { /* in the request's arena */
	struct http_request *request;
	struct feed_wait wait;
	struct feed_post post;
	struct alarm alarm;
	enum topic_kind kind;
	const char *room;
	char id[UUID_TEXT_SIZE];   /* of a message or note */
	struct receipt receipt;	   /* of TOPIC_RECEIPT */
	bool is_taken, has_looked; /* the broker has it; the archive has been asked */
};

/* What the request has in its body, until the next one is looked at; NULL: no message. */
static struct envelope *parse(const struct http_request *request, struct err *err)
{
	static struct envelope envelope; /* 48 KiB */
	return envelope_parse(request->body, request->body_len, &envelope, err) == 0 ? &envelope
										     : NULL;
}

/* ---- answers ---- */

static void end(void *ctx)
{
	struct say *say = ctx;
	feed_unlisten(&say->wait);
	feed_unpost(&say->post);
	alarm_clear(&say->alarm);
}

static void answer_stored(struct say *say, int64_t seq, const char *stored_at)
{
	struct jsonout *json = http_json();
	jsonout_open(json, '{');
	jsonout_pair(json, "id", say->id);
	jsonout_pair_int(json, "seq", seq);
	jsonout_pair(json, "stored_at", stored_at);
	jsonout_close(json, '}');
	end(say);
	http_reply_json(say->request, 201, json);
}

static void answer_mark(struct say *say, int64_t delivered, int64_t read)
{
	struct jsonout *json = http_json();
	jsonout_open(json, '{');
	jsonout_pair(json, "role", role_name(say->request->claims->role));
	jsonout_pair(json, "who", say->request->claims->sub);
	jsonout_pair_int(json, "delivered", delivered);
	jsonout_pair_int(json, "read", read);
	jsonout_close(json, '}');
	end(say);
	http_reply_json(say->request, 200, json);
}

/* The broker has it, the archive will: nothing more is known. */
static void answer_queued(struct say *say)
{
	struct jsonout *json = http_json();
	jsonout_open(json, '{');
	if (say->kind != TOPIC_RECEIPT)
		jsonout_pair(json, "id", say->id);
	jsonout_pair(json, "status", "queued");
	jsonout_close(json, '}');
	end(say);
	http_reply_json(say->request, 202, json);
}

static void answer_nobody(struct say *say)
{
	end(say);
	http_fail(say->request, "broker_unavailable",
		"the broker did not take it; send it again with the same id");
}

static void answer_rejected(struct say *say, const char *code)
{
	static const char *const known[] = {
		"conflict", "invalid", "too_large", "forbidden", "rate_limited"};
	end(say);
	for (size_t i = 0; i < COUNT(known); i++) {
		if (strcmp(code, known[i]) == 0) {
			http_fail(
				say->request, code, "the archive rejected the message %s", say->id);
			return;
		}
	}
	http_fail(say->request, "invalid", "the archive rejected the message %s", say->id);
}

/* ---- notices ---- */

static bool text_is(struct json_slice object, const char *key, const char *text)
{
	struct json_member member;
	char value[128];
	return json_find(object, key, &member) && member.type == JSON_STRING &&
	       json_unescape(member.value, value, sizeof(value)) >= 0 && strcmp(value, text) == 0;
}

static void text_of(struct json_slice object, const char *key, char *buf, size_t size)
{
	struct json_member member;
	if (!json_find(object, key, &member) || member.type != JSON_STRING ||
		json_unescape(member.value, buf, size) < 0)
		buf[0] = '\0';
}

static int64_t number_of(struct json_slice object, const char *key)
{
	struct json_member member;
	int64_t n = 0;
	if (!json_find(object, key, &member) || member.type != JSON_NUMBER)
		return 0;
	for (size_t i = 0; i < member.value.len && member.value.at[i] >= '0' &&
			   member.value.at[i] <= '9' && n < INT64_MAX / 10 - 1;
		i++)
		n = n * 10 + (member.value.at[i] - '0');
	return n;
}

struct is { /* a member and its text */
	const char *key, *text;
};

static bool is_all(struct json_slice object, const struct is *want, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!text_is(object, want[i].key, want[i].text))
			return false;
	}
	return true;
}

/* The object of a notice's list that is all that is wanted. */
static bool find_in(struct json_slice notice, const char *list, const struct is *want, size_t n,
	struct json_slice *item_r)
{
	struct json_member member;
	enum json_type type;
	size_t cursor = 0;
	if (!json_find(notice, list, &member) || member.type != JSON_ARRAY)
		return false;
	while (json_next_item(member.value, &cursor, item_r, &type) == 1) {
		if (type == JSON_OBJECT && is_all(*item_r, want, n))
			return true;
	}
	return false;
}

/* What a service writes at the desk, it writes as one of the staff. */
static enum role role_of(const struct say *say)
{
	return say->kind == TOPIC_NOTE ? ROLE_STAFF : say->request->claims->role;
}

/* By id and sender: where somebody else's message of that id was first, ours is rejected, and the
 * same notice may tell both. Notes are the staff's, so their list names no role. */
static void on_message_notice(struct say *say, struct json_slice notice)
{
	const struct is mine[] = {{"id", say->id}, {"sender", say->request->claims->sub},
		{"role", role_name(role_of(say))}};
	bool is_note = say->kind == TOPIC_NOTE;
	struct json_slice item;
	char text[64];
	if (find_in(notice, is_note ? "notes" : "stored", mine, is_note ? 2 : 3, &item)) {
		text_of(item, "stored_at", text, sizeof(text));
		answer_stored(say, number_of(item, "seq"), text);
	} else if (find_in(notice, "rejected", mine, 3, &item)) {
		text_of(item, "code", text, sizeof(text));
		answer_rejected(say, text);
	}
}

static void on_notice(struct feed_wait *wait, const struct feed_notice *notice)
{
	struct say *say = (struct say *)((char *)wait - offsetof(struct say, wait));
	const struct claims *claims = say->request->claims;
	const struct is mine[] = {{"who", claims->sub}, {"role", role_name(claims->role)}};
	struct json_slice item;
	if (notice->is_desk != (say->kind == TOPIC_NOTE))
		return;
	if (say->kind != TOPIC_RECEIPT)
		on_message_notice(say, notice->json);
	else if (find_in(notice->json, "marks", mine, COUNT(mine), &item))
		answer_mark(say, number_of(item, "delivered"), number_of(item, "read"));
}

/* ---- no notice ---- */

static void on_alarm(struct alarm *alarm);

/* Whether the row of that id is the message that is being said. reply_to and attachments are not
 * compared: the archive does, and its notice is what is usually heard. */
static bool is_same(const struct say *say, struct row row)
{
	const struct http_request *request = say->request;
	struct envelope *envelope = parse(request, NULL);
	return strcmp(row_text(row, 2), role_name(role_of(say))) == 0 &&
	       strcmp(row_text(row, 3), request->claims->sub) == 0 && envelope != NULL &&
	       strcmp(row_text(row, 4), envelope->kind) == 0 &&
	       strcmp(row_text(row, 5), envelope->text) == 0;
}

static void on_found(struct http_request *request, PGresult *res)
{
	struct say *say = request->handler;
	struct row row = {res, 0};
	char when[WHEN_TEXT_SIZE];
	if (PQntuples(res) == 0)
		return; /* the alarm is set */
	if (say->kind != TOPIC_RECEIPT && !is_same(say, row))
		answer_rejected(say, "conflict");
	else if (say->kind != TOPIC_RECEIPT)
		answer_stored(say, row_int(row, 0), when_format(row_us(row, 1), when));
	else if (row_int(row, 0) >= say->receipt.delivered && row_int(row, 1) >= say->receipt.read)
		answer_mark(say, row_int(row, 0), row_int(row, 1));
}

/* The archive cannot be asked: the alarm decides. */
static bool on_not_found(struct http_request *request, const struct err *err)
{
	(void)request;
	(void)err;
	return true;
}

static void look(struct say *say)
{
	const struct claims *claims = say->request->claims;
	const char *message[] = {claims->gym, say->room, say->id};
	const char *mark[] = {claims->gym, say->room, role_name(claims->role), claims->sub};
	say->has_looked = true;
	alarm_set(&say->alarm, SAY_MAX_MS - SAY_LOOK_MS, on_alarm);
	if (say->kind == TOPIC_RECEIPT)
		db_ask_checked(say->request, SQL_MARK_FIND, mark, on_found, on_not_found);
	else
		db_ask_checked(say->request,
			say->kind == TOPIC_NOTE ? SQL_NOTE_FIND : SQL_MESSAGE_FIND, message,
			on_found, on_not_found);
}

static void on_alarm(struct alarm *alarm)
{
	struct say *say = (struct say *)((char *)alarm - offsetof(struct say, alarm));
	if (!say->has_looked && db_is_up())
		look(say);
	else if (!say->has_looked) {
		say->has_looked = true;
		alarm_set(alarm, SAY_MAX_MS - SAY_LOOK_MS, on_alarm);
	} else if (say->is_taken)
		answer_queued(say);
	else
		answer_nobody(say);
}

/* ---- publishing ---- */

static void on_taken(struct feed_post *post, bool is_lost)
{
	struct say *say = (struct say *)((char *)post - offsetof(struct say, post));
	say->is_taken = !is_lost;
	if (is_lost)
		answer_nobody(say);
	else if (!feed_archive_is_up())
		answer_queued(say);
}

static void publish(struct say *say)
{
	enum role role = role_of(say);
	struct http_request *request = say->request;
	struct err err = {0};
	char text[TOPIC_MAX];
	struct topic topic = {.kind = say->kind, .role = role};
	strcpy(topic.gym, request->claims->gym);
	strcpy(topic.room, say->room);
	strcpy(topic.who, request->claims->sub);
	if (topic_format(&topic, text, sizeof(text)) < 0) {
		http_fail(request, "forbidden", "no %s may write this", role_name(role));
		return;
	}
	feed_listen(&say->wait);
	http_on_end(request, end, say);
	if (!feed_is_up() ||
		feed_post(&say->post, text, request->body, request->body_len, &err) != 0) {
		end(say);
		http_fail(request, "broker_unavailable", "the broker is not reachable");
		return;
	}
	alarm_set(&say->alarm, SAY_LOOK_MS, on_alarm);
}

static struct say *begin(struct http_request *request, const char *room, enum topic_kind kind)
{
	struct say *say = arena_take(&request->arena, sizeof(*say));
	*say = (struct say){.request = request,
		.room = room,
		.kind = kind,
		.wait = {.gym = request->claims->gym,
			.room = room,
			.wants_desk = kind == TOPIC_NOTE,
			.on_notice = on_notice},
		.post = {.on_taken = on_taken}};
	request->handler = say;
	return say;
}

void say_message(struct http_request *request, const char *room, enum topic_kind kind)
{
	struct err err = {0};
	const struct envelope *envelope = parse(request, &err);
	if (envelope == NULL) {
		http_fail(request, err.code == ERR_TOO_LARGE ? "too_large" : "invalid", "%s",
			err.text);
		return;
	}
	struct say *say = begin(request, room, kind);
	strcpy(say->id, envelope->id);
	publish(say);
}

void say_receipt(struct http_request *request, const char *room)
{
	struct receipt receipt;
	struct err err = {0};
	if (receipt_parse(request->body, request->body_len, &receipt, &err) != 0) {
		http_fail(request, "invalid", "%s", err.text);
		return;
	}
	struct say *say = begin(request, room, TOPIC_RECEIPT);
	say->receipt = receipt;
	publish(say);
}
