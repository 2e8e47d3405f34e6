#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "broker-conf/identity.h"

static const struct claims ana = {
	.gym = "g", .role = ROLE_CLIENT, .sub = "ana", .rooms = {"ana"}, .nrooms = 1};

static void names_must_be_the_tokens(void **state)
{
	static const struct {
		const char *username, *client_id;
		int rc;
	} cases[] = {
		{"g.client.ana", "g.client.ana.1", 0},
		{"g.client.ana", "g.client.ana.a_Z-9.x", 0},
		{"g.client.ana", "g.client.ana.", -1}, /* nothing behind the dot */
		{"g.client.ana", "g.client.ana", -1},
		{"g.client.ana", "g.client.anab.1", -1},
		{"g.client.ana", "g.client.bob.1", -1},
		{"g.client.ana", "x", -1},
		{"g.client.ana", "", -1},
		{"g.client.ana", NULL, -1},
		{"g.client.ana", "g.client.ana.a b", -1},
		{"g.client.ana", "g.client.ana.a/b", -1},
		{"g.client.ana", "g.client.ana.#", -1},
		{"g.client.bob", "g.client.bob.1", -1}, /* somebody else's */
		{"h.client.ana", "h.client.ana.1", -1}, /* another gym */
		{"g.staff.ana", "g.staff.ana.1", -1},
		{"g.client.ana.", "g.client.ana..1", -1},
		{"", ".1", -1},
		{NULL, "g.client.ana.1", -1},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct err err = {0};
		int rc = identity_check(&ana, cases[i].username, cases[i].client_id, &err);
		if (rc != cases[i].rc)
			fail_msg("%s / %s: rc %d (%s)", cases[i].username, cases[i].client_id, rc,
				err.text);
	}
}

static void a_client_id_has_an_end(void **state)
{
	char id[IDENTITY_NAME_SIZE + IDENTITY_TAIL_MAX + 2];
	(void)state;
	int head = snprintf(id, sizeof id, "g.client.ana.");
	memset(id + head, 'x', IDENTITY_TAIL_MAX + 1);
	id[head + IDENTITY_TAIL_MAX + 1] = '\0';
	assert_int_equal(identity_check(&ana, "g.client.ana", id, NULL), -1);
	id[head + IDENTITY_TAIL_MAX] = '\0';
	assert_int_equal(identity_check(&ana, "g.client.ana", id, NULL), 0);
}

static void longest_keys_fit(void **state)
{
	struct claims c = {.role = ROLE_SERVICE};
	char username[IDENTITY_NAME_SIZE], id[IDENTITY_NAME_SIZE + 2];
	struct claims names;

	(void)state;
	memset(c.gym, 'g', TOPIC_KEY_MAX);
	memset(c.sub, 's', TOPIC_KEY_MAX);
	snprintf(username, sizeof username, "%s.service.%s", c.gym, c.sub);
	snprintf(id, sizeof id, "%s.1", username);
	assert_int_equal(identity_check(&c, username, id, NULL), 0);
	assert_int_equal(identity_from_names(username, id, &names), 0);
	assert_string_equal(names.gym, c.gym);
	assert_string_equal(names.sub, c.sub);
}

static void names_tell_gym_role_and_sub(void **state)
{
	static const char *const bad[][2] = {
		{NULL, "g.client.ana.1"},
		{"g.client.ana", NULL},
		{"g.client.ana", "g.client.bob.1"},
		{"g.owner.ana", "g.owner.ana.1"},
		{"g.none.ana", "g.none.ana.1"},
		{"g.client", "g.client.1"},
		{"g.client.", "g.client..1"},
		{".client.ana", ".client.ana.1"},
		{"g.client.a.b", "g.client.a.b.1"},
		{"g.client.a/b", "g.client.a/b.1"},
		{"", "."},
	};
	struct claims names;

	(void)state;
	assert_int_equal(identity_from_names("g.staff.marta", "g.staff.marta.1", &names), 0);
	assert_string_equal(names.gym, "g");
	assert_string_equal(names.sub, "marta");
	assert_int_equal(names.role, ROLE_STAFF);
	assert_int_equal(names.nrooms, 0);
	for (size_t i = 0; i < COUNT(bad); i++)
		if (identity_from_names(bad[i][0], bad[i][1], &names) != -1)
			fail_msg("%s / %s taken", bad[i][0], bad[i][1]);
}

/* What a session without a live login may: its mail (the programs) and its will. */
static void sessions_that_are_away(void **state)
{
	static const struct {
		const char *username, *topic;
		bool read, write;
	} cases[] = {
		{"_system.service.archiver", "gym/g/room/ana/msg/client/ana", true, false},
		{"_system.service.archiver", "gym/g/desk/ana/note/staff/m", true, false},
		{"_system.service.archiver", "gym/g/room/ana/log", false, false},
		{"_system.service.archiver", "gymchat/state/archiver/main", false, true},
		{"_system.service.archiver", "gymchat/state/api/main", false, false},
		{"_system.service.archiver", "$SYS/broker/uptime", false, false},
		{"_system.service.api", "gym/g/room/ana/log", true, false},
		{"_system.service.api", "gymchat/state/api/main", true, true},
		{"_system.service.api", "$CONTROL/gymchat/v1", false, false},
		{"_system.service.other", "gym/g/room/ana/log", false, false},
		{"_system.client.archiver", "gym/g/room/ana/msg/client/ana", false, false},
		/* wills: the own presence, and nothing that is kept */
		{"g.client.ana", "gym/g/presence/client/ana", false, true},
		{"g.client.ana", "gym/g/presence/client/bob", false, false},
		{"g.client.ana", "gym/h/presence/client/ana", false, false},
		{"g.client.ana", "gym/g/room/ana/msg/client/ana", false, false},
		{"g.client.ana", "gym/g/room/ana/log", false, false},
		{"g.client.ana", "$CONTROL/dynamic-security/v1", false, false},
		{"g.staff.marta", "gym/g/room/ana/msg/staff/marta", false, false},
		{"g.staff.marta", "gym/g/desk/ana/note/staff/marta", false, false},
		{"g.service.crm", "gym/g/room/ana/msg/service/crm", false, false},
		{"g.service.crm", "gym/g/presence/service/crm", false, true},
		{"g.staff.marta", "gym/g/room/ana/msg/client/ana", false, false},
		{"g.staff.marta", "gym/g/presence/staff/marta", false, true},
		{"g.kiosk.door", "gym/g/room/ana/msg/kiosk/door", false, false},
		{"g.kiosk.door", "gym/g/presence/kiosk/door", false, true},
		{"g.kiosk.door", "gym/g/room/kiosk-door/msg/kiosk/door", false, false},
		{"g.kiosk.door", "gym/g/room/kiosk-gate/msg/kiosk/door", false, false},
		{"g.kiosk.door", "gym/g/room/kiosk-door/log", false, false},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char client_id[IDENTITY_NAME_SIZE + 2];
		struct claims names;
		snprintf(client_id, sizeof client_id, "%s.1", cases[i].username);
		assert_int_equal(identity_from_names(cases[i].username, client_id, &names), 0);
		if (identity_may_away(&names, cases[i].topic, ACL_READ) != cases[i].read ||
			identity_may_away(&names, cases[i].topic, ACL_WRITE) != cases[i].write)
			fail_msg("%s on %s", cases[i].username, cases[i].topic);
		assert_false(identity_may_away(&names, cases[i].topic, ACL_SUBSCRIBE));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_must_be_the_tokens),
		cmocka_unit_test(a_client_id_has_an_end),
		cmocka_unit_test(longest_keys_fit),
		cmocka_unit_test(names_tell_gym_role_and_sub),
		cmocka_unit_test(sessions_that_are_away),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
