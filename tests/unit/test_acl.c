#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "broker-conf/acl.h"

/* The people and programs of the tables below, in this order. */
enum { ANA, MARTA, DOOR, CRM, ARCHIVER, API, NOBODY, WHO };

static const struct claims who[WHO] = {
	[ANA] = {.gym = "g", .role = ROLE_CLIENT, .sub = "ana", .rooms = {"ana"}, .nrooms = 1},
	[MARTA] = {.gym = "g", .role = ROLE_STAFF, .sub = "marta"},
	[DOOR] = {.gym = "g",
		.role = ROLE_KIOSK,
		.sub = "door",
		.rooms = {"kiosk-door"},
		.nrooms = 1},
	[CRM] = {.gym = "g", .role = ROLE_SERVICE, .sub = "crm"},
	[ARCHIVER] = {.gym = "_system", .role = ROLE_SERVICE, .sub = "archiver"},
	[API] = {.gym = "_system", .role = ROLE_SERVICE, .sub = "api"},
	[NOBODY] = {.gym = "g", .role = ROLE_NONE, .sub = "ana", .rooms = {"ana"}, .nrooms = 1},
};

/* What each may with a concrete topic: r reads, w writes, b both, - neither. Columns in the order
 * above. */
static const struct {
	const char *topic, *may;
} topics[] = {
	/* ana, marta, door, crm, archiver, api, nobody */
	{"gym/g/room/ana/msg/client/ana", "br-rrw-"},
	{"gym/g/room/ana/msg/client/bob", "rr-rrw-"},
	{"gym/g/room/ana/msg/staff/marta", "rb-rrw-"},
	{"gym/g/room/ana/msg/staff/ana", "rr-rrw-"},
	{"gym/g/room/ana/msg/kiosk/door", "rrwrrw-"},
	{"gym/g/room/ana/msg/kiosk/gate", "rr-rrw-"},
	{"gym/g/room/ana/msg/service/crm", "rr-brw-"},
	{"gym/g/room/ana/receipt/client/ana", "br-rrw-"},
	{"gym/g/room/ana/receipt/staff/marta", "rb-rrw-"},
	{"gym/g/room/ana/receipt/kiosk/door", "rr-rr--"},
	{"gym/g/room/ana/receipt/service/crm", "rr-rr--"},
	{"gym/g/room/ana/typing/client/ana", "br-r---"},
	{"gym/g/room/ana/typing/staff/marta", "rb-r---"},
	{"gym/g/room/ana/typing/kiosk/door", "rr-r---"},
	{"gym/g/room/ana/log", "rr-rwb-"},
	/* a room of somebody else */
	{"gym/g/room/bob/msg/client/bob", "-r-rrw-"},
	{"gym/g/room/bob/msg/client/ana", "-r-rrw-"},
	{"gym/g/room/bob/msg/staff/marta", "-b-rrw-"},
	{"gym/g/room/bob/msg/kiosk/door", "-rwrrw-"},
	{"gym/g/room/bob/receipt/client/ana", "-r-rrw-"},
	{"gym/g/room/bob/log", "-r-rwb-"},
	/* rooms of kiosks */
	{"gym/g/room/kiosk-door/msg/kiosk/door", "-rbrrw-"},
	{"gym/g/room/kiosk-door/msg/staff/marta", "-brrrw-"},
	{"gym/g/room/kiosk-door/msg/service/crm", "-rrbrw-"},
	{"gym/g/room/kiosk-door/msg/client/ana", "-rrrrw-"},
	{"gym/g/room/kiosk-door/log", "-rrrwb-"},
	{"gym/g/room/kiosk-gate/msg/kiosk/door", "-r-rrw-"},
	{"gym/g/room/kiosk-gate/msg/staff/marta", "-b-rrw-"},
	{"gym/g/room/kiosk-gate/log", "-r-rwb-"},
	/* answers to one */
	{"gym/g/to/client/ana", "r---ww-"},
	{"gym/g/to/client/bob", "----ww-"},
	{"gym/g/to/staff/marta", "-r--ww-"},
	{"gym/g/to/staff/ana", "----ww-"},
	{"gym/g/to/kiosk/door", "--r-ww-"},
	{"gym/g/to/service/crm", "---rww-"},
	{"gym/g/to/owner/crm", "-------"},
	/* presence */
	{"gym/g/presence/client/ana", "wr-rr--"},
	{"gym/g/presence/client/bob", "-r-rr--"},
	{"gym/g/presence/staff/marta", "rb-rr--"},
	{"gym/g/presence/staff/ana", "rr-rr--"},
	{"gym/g/presence/kiosk/door", "-rwrr--"},
	{"gym/g/presence/service/crm", "-r-br--"},
	/* the desk */
	{"gym/g/desk/ana/note/staff/marta", "-b-rrw-"},
	{"gym/g/desk/ana/note/staff/ana", "-r-rrw-"},
	{"gym/g/desk/ana/note/staff/crm", "-r-rrw-"},
	{"gym/g/desk/ana/here/staff/marta", "-b-r---"},
	{"gym/g/desk/ana/here/staff/luis", "-r-r---"},
	{"gym/g/desk/ana/log", "-r-rwb-"},
	{"gym/g/announce/staff/marta", "-------"},
	/* another gym */
	{"gym/h/room/ana/msg/client/ana", "----rw-"},
	{"gym/h/room/ana/msg/staff/marta", "----rw-"},
	{"gym/h/room/ana/msg/kiosk/door", "----rw-"},
	{"gym/h/room/ana/log", "----wb-"},
	{"gym/h/to/client/ana", "----ww-"},
	{"gym/h/presence/staff/marta", "----r--"},
	{"gym/h/desk/ana/log", "----wb-"},
	{"gym/gg/room/ana/msg/client/ana", "----rw-"},
	/* the programs */
	{"gymchat/state/archiver/main", "----wr-"},
	{"gymchat/state/api/a1", "-----b-"},
	{"gymchat/state/other/a1", "-----r-"},
	{"$SYS/broker/uptime", "-----r-"},
	{"$SYS/broker/connection/x/state", "-----r-"},
	{"$CONTROL/dynamic-security/v1", "-------"},
	{"$CONTROL/gymchat/v1", "-----w-"},
	{"$share/x/gym/g/room/ana/log", "-------"},
	/* keys that are none are written by nobody; levels too few, too many, empty */
	{"gym/g/room/a.b/msg/staff/marta", "-r-rr--"},
	{"gym/g/room//msg/staff/marta", "-r-rr--"},
	{"gym/g/room/ana/msg/staff/marta/x", "rr-r---"},
	{"gym/g/room/ana/msg/staff", "rr-r---"},
	{"gym/g/room/ana/msg/owner/marta", "rr-rr--"},
	{"gym/g/room/ana", "rr-r---"},
	{"gym/g/room/anabel/log", "-r-rwb-"},
	{"gym/g/room/an/log", "-r-rwb-"},
	{"gym/g/room", "-------"},
	{"gym/g/desk", "-r-r---"},
	{"gym/g", "-------"},
	{"gym", "-------"},
	{"", "-------"},
	{"/gym/g/room/ana/log", "-------"},
	{"gymchat/state/archiver", "-----r-"},
	{"gymchat/state/archiver/main/x", "-----r-"},
};

/* Who may subscribe to a filter: s yes, - no. */
static const struct {
	const char *filter, *may;
} filters[] = {
	/* ana, marta, door, crm, archiver, api, nobody */
	{"#", "-------"},
	{"+", "-------"},
	{"+/#", "-------"},
	{"+/g/room/ana/log", "-------"},
	{"gym/#", "-------"},
	{"gym/+/#", "-------"},
	{"gym/g/#", "-------"},
	{"gym/+/room/ana/#", "-------"},
	{"gym/+/room/ana/log", "-----s-"},
	{"gym/g/+/ana/log", "-------"},
	{"gym/g/room/#", "-------"},
	{"gym/g/room/+/#", "-s-s---"},
	{"gym/g/room/+/log", "-s-s-s-"},
	{"gym/g/room/+/msg/+/+", "-s-ss--"},
	{"gym/g/room/+/msg/#", "-s-s---"},
	{"gym/g/room/ana/#", "ss-s---"},
	{"gym/g/room/ana/+", "ss-s---"},
	{"gym/g/room/ana/log", "ss-s-s-"},
	{"gym/g/room/ana/msg/+/+", "ss-ss--"},
	{"gym/g/room/ana/+/client/ana", "ss-s---"},
	{"gym/g/room/bob/#", "-s-s---"},
	{"gym/g/room/kiosk-door/#", "-sss---"},
	{"gym/g/room/kiosk-gate/#", "-s-s---"},
	{"gym/h/room/ana/#", "-------"},
	{"gym/h/room/+/#", "-------"},
	{"gym/+/room/+/msg/+/+", "----s--"},
	{"gym/+/room/+/receipt/+/+", "----s--"},
	{"gym/+/room/+/+/+/+", "-------"},
	{"gym/+/room/+/msg/#", "-------"},
	{"gym/+/room/+/log", "-----s-"},
	{"gym/+/room/+/#", "-------"},
	{"gym/+/presence/+/+", "----s--"},
	{"gym/+/desk/+/note/+/+", "----s--"},
	{"gym/+/desk/+/log", "-----s-"},
	{"gym/g/presence/#", "-s-s---"},
	{"gym/g/presence/+/+", "-s-ss--"},
	{"gym/g/presence/staff/+", "ss-ss--"},
	{"gym/g/presence/staff/#", "-s-s---"},
	{"gym/g/presence/staff/marta", "ss-ss--"},
	{"gym/g/presence/client/+", "-s-ss--"},
	{"gym/g/desk/#", "-s-s---"},
	{"gym/g/desk/+/log", "-s-s-s-"},
	{"gym/g/desk/ana/here/staff/+", "-s-s---"},
	{"gym/g/to/client/ana", "s------"},
	{"gym/g/to/staff/marta", "-s-----"},
	{"gym/g/to/kiosk/door", "--s----"},
	{"gym/g/to/service/crm", "---s---"},
	{"gym/g/to/client/+", "-------"},
	{"gym/g/to/+/ana", "-------"},
	{"gym/g/to/#", "-------"},
	{"gym/+/to/+/+", "-------"},
	{"gym/g/announce/staff/+", "-------"},
	{"gymchat/state/#", "-----s-"},
	{"gymchat/state/+/+", "-----s-"},
	{"gymchat/#", "-------"},
	{"gymchat/+/archiver/main", "-------"},
	{"$SYS/#", "-----s-"},
	{"$SYS/broker/+", "-----s-"},
	{"$SYS", "-----s-"},
	{"$CONTROL/#", "-------"},
	{"$share/x/gym/g/room/ana/#", "-------"},
	{"$share/x/$SYS/#", "-------"},
	/* malformed: nothing that a broker would let through, refused all the same */
	{"gym/g/room/ana/#/log", "-------"},
	{"gym/g/room/ana#", "-------"},
	{"gym/g/room/ana/lo+", "-------"},
	{"gym/g/presence/staff/+/", "-s-s---"},
	{"", "-------"},
};

static bool cell_allows(char cell, enum acl_access access)
{
	switch (cell) {
	case 'b': return true;
	case 'r': return access != ACL_WRITE;
	case 'w': return access == ACL_WRITE;
	case 's': return access == ACL_SUBSCRIBE;
	default: return false;
	}
}

static void check_cell(const char *topic, const char *may, unsigned i, enum acl_access access)
{
	static const char *const verbs[] = {"write", "read", "subscribe to"};
	bool expected = cell_allows(may[i], access);
	if (acl_decide(&who[i], topic, access) != expected)
		fail_msg("%s %s/%s %s %s %s", role_name(who[i].role), who[i].gym, who[i].sub,
			expected ? "should" : "should not", verbs[access], topic);
}

static void every_role_topic_and_access(void **state)
{
	(void)state;
	for (size_t t = 0; t < COUNT(topics); t++) {
		assert_int_equal(strlen(topics[t].may), WHO);
		for (unsigned i = 0; i < WHO; i++) {
			check_cell(topics[t].topic, topics[t].may, i, ACL_WRITE);
			check_cell(topics[t].topic, topics[t].may, i, ACL_READ);
			/* a filter without wildcards matches one topic */
			check_cell(topics[t].topic, topics[t].may, i, ACL_SUBSCRIBE);
		}
	}
}

static void every_role_and_filter(void **state)
{
	(void)state;
	for (size_t f = 0; f < COUNT(filters); f++) {
		assert_int_equal(strlen(filters[f].may), WHO);
		for (unsigned i = 0; i < WHO; i++)
			check_cell(filters[f].filter, filters[f].may, i, ACL_SUBSCRIBE);
	}
}

static void a_wildcard_is_never_written(void **state)
{
	(void)state;
	for (size_t f = 0; f < COUNT(filters); f++)
		for (unsigned i = 0; i < WHO; i++)
			if (strpbrk(filters[f].filter, "+#") != NULL)
				assert_false(acl_decide(&who[i], filters[f].filter, ACL_WRITE));
}

/* The token's list counts, not the id; and a kiosk's room stays closed to clients however they come
 * by its name. */
static void rooms_are_the_tokens(void **state)
{
	const struct claims family = {.gym = "g",
		.role = ROLE_CLIENT,
		.sub = "pedro",
		.rooms = {"ana", "kiosk-door", "trial-7"},
		.nrooms = 3};
	const struct claims sneaky = {.gym = "g",
		.role = ROLE_CLIENT,
		.sub = "kiosk-door",
		.rooms = {"kiosk-door"},
		.nrooms = 1};
	const struct claims gate = {.gym = "g",
		.role = ROLE_KIOSK,
		.sub = "gate",
		.rooms = {"kiosk-gate", "kiosk-door", "lobby"},
		.nrooms = 3};

	(void)state;
	assert_true(acl_decide(&family, "gym/g/room/ana/msg/client/pedro", ACL_WRITE));
	assert_true(acl_decide(&family, "gym/g/room/trial-7/#", ACL_SUBSCRIBE));
	assert_false(acl_decide(&family, "gym/g/room/pedro/msg/client/pedro", ACL_WRITE));
	assert_false(acl_decide(&family, "gym/g/room/ana/msg/client/ana", ACL_WRITE));
	assert_false(acl_decide(&family, "gym/g/room/kiosk-door/#", ACL_SUBSCRIBE));
	assert_false(acl_decide(&sneaky, "gym/g/room/kiosk-door/log", ACL_READ));
	assert_false(acl_decide(&sneaky, "gym/g/room/kiosk-door/msg/client/kiosk-door", ACL_WRITE));
	assert_true(acl_decide(&gate, "gym/g/room/lobby/#", ACL_SUBSCRIBE));
	assert_true(acl_decide(&gate, "gym/g/room/kiosk-door/msg/kiosk/gate", ACL_WRITE));
	assert_false(acl_decide(&gate, "gym/g/room/kiosk-exit/msg/kiosk/gate", ACL_WRITE));
}

static void reserved_gyms_are_the_programs(void **state)
{
	struct claims c = {.gym = "_system", .role = ROLE_STAFF, .sub = "archiver"};

	(void)state;
	assert_false(acl_decide(&c, "gym/g/room/ana/log", ACL_WRITE));
	assert_false(acl_decide(&c, "gym/_system/room/ana/log", ACL_READ));
	c.role = ROLE_SERVICE;
	assert_true(acl_decide(&c, "gym/g/room/ana/log", ACL_WRITE));
	strcpy(c.sub, "archive");
	assert_false(acl_decide(&c, "gym/g/room/ana/log", ACL_WRITE));
	strcpy(c.sub, "archiver");
	strcpy(c.gym, "_other");
	assert_false(acl_decide(&c, "gym/_other/room/ana/msg/service/archiver", ACL_WRITE));
}

static void longest_keys_fit(void **state)
{
	struct claims c = {.role = ROLE_STAFF};
	char topic[TOPIC_MAX], key[TOPIC_KEY_MAX + 2];

	(void)state;
	memset(c.gym, 'g', TOPIC_KEY_MAX);
	memset(c.sub, 's', TOPIC_KEY_MAX);
	memset(key, 'r', sizeof key);
	snprintf(topic, sizeof topic, "gym/%s/room/%.*s/msg/staff/%s", c.gym, TOPIC_KEY_MAX, key,
		c.sub);
	assert_true(acl_decide(&c, topic, ACL_WRITE));
	snprintf(topic, sizeof topic, "gym/%s/room/%.*s/msg/staff/%s", c.gym, TOPIC_KEY_MAX + 1,
		key, c.sub);
	assert_false(acl_decide(&c, topic, ACL_WRITE));
}

/* CPU time: what other processes take is none of the price. */
static int64_t used_ns(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return ts.tv_sec * INT64_C(1000000000) + ts.tv_nsec;
}

/* The price of the questions that the broker asks most, and of the dearest answer; printed, and
 * only held against a bound that no sanitizer reaches. */
static void prints_what_a_check_costs(void **state)
{
	static const struct {
		const char *what, *topic;
		unsigned who;
		enum acl_access access;
	} cases[] = {
		{"client writes a message", "gym/g/room/ana/msg/client/ana", ANA, ACL_WRITE},
		{"client reads a log notice", "gym/g/room/ana/log", ANA, ACL_READ},
		{"staff reads a message", "gym/g/room/ana/msg/client/ana", MARTA, ACL_READ},
		{"archiver reads a message", "gym/g/room/ana/msg/client/ana", ARCHIVER, ACL_READ},
		{"archiver writes a notice", "gym/g/room/ana/log", ARCHIVER, ACL_WRITE},
		{"staff may not, all rows", "gym/g/desk/ana/here/staff/luis", MARTA, ACL_WRITE},
	};
	enum { TIMES = 200000 };

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		unsigned yes = 0;
		int64_t start = used_ns();
		for (unsigned n = 0; n < TIMES; n++) {
			const char *volatile topic = cases[i].topic;
			yes += acl_decide(&who[cases[i].who], topic, cases[i].access);
		}
		int64_t each = (used_ns() - start) / TIMES;
		assert_true(yes == 0 || yes == TIMES);
		printf("%-26s %4d ns\n", cases[i].what, (int)each);
		assert_true(each < 20000);
	}
}

/* What a filter matches is one question, what it costs the broker another. */
static void filters_are_no_longer_than_topics(void **state)
{
	static const struct {
		size_t len; /* of what follows gym/g/room/ana/, all of `of` */
		char of;
		bool may;
	} cases[] = {{1, 'x', true}, {TOPIC_MAX - 16, 'x', true}, {TOPIC_MAX - 15, 'x', false},
		{60000, 'x', false}, {3, '/', true}, {4, '/', false}, {200, '/', false}};
	struct claims ana = {
		.gym = "g", .role = ROLE_CLIENT, .sub = "ana", .rooms = {"ana"}, .nrooms = 1};
	char filter[65536];
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char *tail = stpcpy(filter, "gym/g/room/ana/");
		memset(tail, cases[i].of, cases[i].len);
		tail[cases[i].len] = '\0';
		if (acl_decide(&ana, filter, ACL_SUBSCRIBE) != cases[i].may)
			fail_msg("%zu of '%c': should %sbe granted", cases[i].len, cases[i].of,
				cases[i].may ? "" : "not ");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(filters_are_no_longer_than_topics),
		cmocka_unit_test(every_role_topic_and_access),
		cmocka_unit_test(every_role_and_filter),
		cmocka_unit_test(a_wildcard_is_never_written),
		cmocka_unit_test(rooms_are_the_tokens),
		cmocka_unit_test(reserved_gyms_are_the_programs),
		cmocka_unit_test(longest_keys_fit),
		cmocka_unit_test(prints_what_a_check_costs),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
