/* What parses keeps every promise of envelope.h, and written anew it parses to the same. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/envelope.h"
#include "common/jsonout.h"
#include "common/jsonread.h"
#include "common/utf8.h"
#include "common/when.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct envelope first, again;

static void check_extra(const struct envelope *e)
{
	static const char *const others[] = {"id", "text", "seq", "role", "sender", "name",
		"stored_at", "delivered_at", "read_at"};
	struct json_slice object;
	struct json_member m;
	AUTO(jsonout) struct jsonout out;
	jsonout_init(&out);
	jsonout_open(&out, '{');
	if (e->extra_len > 0)
		jsonout_raw(&out, e->extra, e->extra_len);
	jsonout_close(&out, '}');
	assert(strlen(e->extra) == e->extra_len);
	assert(json_check((const uint8_t *)out.text, out.len, NULL) == 0);
	object = (struct json_slice){out.text, out.len};
	for (size_t i = 0; i < COUNT(others); i++)
		assert(!json_find(object, others[i], &m));
}

static void check_promises(const struct envelope *e)
{
	size_t points = utf8_count(e->text, e->text_len);
	assert(uuid_is_valid(e->id, strlen(e->id)));
	assert(e->reply_to[0] == '\0' || uuid_is_valid(e->reply_to, strlen(e->reply_to)));
	assert(points >= 1 && points <= ENVELOPE_TEXT_MAX);
	assert(strlen(e->text) == e->text_len);
	assert(utf8_is_valid((const uint8_t *)e->text, e->text_len));
	assert(topic_is_key(e->kind) && strlen(e->kind) <= ENVELOPE_KIND_MAX);
	assert(e->sent_at_us >= 0);
	if (e->attachments.len > 0)
		assert(json_check((const uint8_t *)e->attachments.at, e->attachments.len, NULL) ==
			0);
	check_extra(e);
}

static void write_anew(struct jsonout *out, const struct envelope *e)
{
	char at[WHEN_TEXT_SIZE];
	jsonout_open(out, '{');
	if (e->extra_len > 0)
		jsonout_raw(out, e->extra, e->extra_len);
	jsonout_pair(out, "id", e->id);
	jsonout_pair(out, "text", e->text);
	jsonout_pair(out, "kind", e->kind);
	jsonout_pair(out, "sent_at", when_format(e->sent_at_us, at));
	if (e->reply_to[0] != '\0')
		jsonout_pair(out, "reply_to", e->reply_to);
	if (e->attachments.len > 0) {
		jsonout_key(out, "attachments");
		jsonout_raw(out, e->attachments.at, e->attachments.len);
	}
	jsonout_close(out, '}');
}

static void check_again(const struct envelope *e)
{
	struct err err = {0};
	AUTO(jsonout) struct jsonout out;
	jsonout_init(&out);
	write_anew(&out, e);
	if (envelope_parse((const uint8_t *)out.text, out.len, &again, &err) != 0) {
		/* escapes may have grown it, and the two members that may have been missing */
		assert(err.code == ERR_TOO_LARGE || strstr(err.text, "too many members") != NULL);
		return;
	}
	assert(strcmp(e->id, again.id) == 0 && strcmp(e->kind, again.kind) == 0);
	assert(strcmp(e->reply_to, again.reply_to) == 0);
	assert(strcmp(e->text, again.text) == 0 && strcmp(e->extra, again.extra) == 0);
	assert(e->sent_at_us - e->sent_at_us % 1000 == again.sent_at_us);
	assert(e->attachments.len == again.attachments.len);
	assert(e->attachments.len == 0 ||
		memcmp(e->attachments.at, again.attachments.at, e->attachments.len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = {0};
	memset(first.text, 'x', 64); /* what an earlier message may have left */
	if (envelope_parse(data, size, &first, &err) != 0) {
		assert(err.code == (size > ENVELOPE_BYTES_MAX ? ERR_TOO_LARGE : ERR_INPUT));
		assert(first.id[0] == '\0' || uuid_is_valid(first.id, strlen(first.id)));
		return 0;
	}
	check_promises(&first);
	check_again(&first);
	return 0;
}
