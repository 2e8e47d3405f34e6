#include "common/revocations.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct claims claims(const char *gym, enum role role, const char *sub, const char *jti)
{
	struct claims c = {.role = role, .iat = 100, .exp = 200};
	strcpy(c.gym, gym);
	strcpy(c.sub, sub);
	strcpy(c.jti, jti);
	return c;
}

static void hits_what_it_names(void **state)
{
	struct revocations list = {0};
	struct revocation by_jti = {.gym = "g", .jti = "j1"};
	struct revocation by_holder = {
		.gym = "g", .role = ROLE_CLIENT, .sub = "ana", .iat_max = 100};
	(void)state;
	revocations_add(&list, &by_jti);
	revocations_add(&list, &by_holder);
	const struct {
		struct claims claims;
		bool is_hit;
	} cases[] = {
		{claims("g", ROLE_STAFF, "x", "j1"), true},
		{claims("g", ROLE_STAFF, "x", "j2"), false},
		{claims("g", ROLE_STAFF, "x", ""), false},
		{claims("h", ROLE_STAFF, "x", "j1"), false},
		{claims("g", ROLE_CLIENT, "ana", "other"), true},
		{claims("g", ROLE_STAFF, "ana", ""), false},
		{claims("g", ROLE_CLIENT, "ana2", ""), false},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		if (revocations_hit(&list, &cases[i].claims) != cases[i].is_hit)
			fail_msg("case %zu", i);
	}
	struct claims later = claims("g", ROLE_CLIENT, "ana", "");
	later.iat = 101;
	assert_false(revocations_hit(&list, &later));
	revocations_deinit(&list);
}

static void knows_a_holder_once(void **state)
{
	struct revocations list = {0};
	(void)state;
	for (int64_t iat = 90; iat <= 120; iat += 10) {
		struct revocation one = {.gym = "g", .role = ROLE_CLIENT, .sub = "ana"};
		one.iat_max = iat == 120 ? 80 : iat; /* the last comes late */
		revocations_add(&list, &one);
	}
	assert_int_equal(list.n, 1);
	assert_int_equal(list.all[0].iat_max, 110);
	revocations_deinit(&list);
}

/* The broker's one thread asks this at each CONNECT. */
static void finds_one_of_many(void **state)
{
	struct revocations list = {0};
	(void)state;
	for (int i = 0; i < 100000; i++) {
		struct revocation one = {.gym = "g"};
		snprintf(one.jti, sizeof(one.jti), "j%d", i);
		revocations_add(&list, &one);
	}
	for (int i = 0; i < 200000; i++) {
		char jti[16];
		snprintf(jti, sizeof(jti), "j%d", i);
		struct claims c = claims("g", ROLE_STAFF, "x", jti);
		if (revocations_hit(&list, &c) != (i < 100000))
			fail_msg("%s", jti);
	}
	revocations_deinit(&list);
	struct claims c = claims("g", ROLE_STAFF, "x", "j5");
	assert_false(revocations_hit(&list, &c));
	revocations_deinit(&list);
}

static void comes_over_in_parts(void **state)
{
	struct revocations list = {0}, got = {0};
	struct jsonout out;
	struct err err = {0};
	size_t next = 0, parts = 0;
	bool has_more;
	(void)state;
	for (int i = 0; i < 500; i++) {
		struct revocation one = {.gym = "g", .role = ROLE_STAFF, .iat_max = 1795370000 + i};
		snprintf(i % 2 ? one.jti : one.sub, sizeof(one.jti), "%064d", i);
		if (i % 2) {
			one.role = ROLE_NONE;
			one.iat_max = 0;
		}
		revocations_add(&list, &one);
	}
	struct revocation old = {.gym = "g", .jti = "old"};
	revocations_add(&got, &old);
	jsonout_init(&out);
	do {
		has_more = revocations_write(&list, &next, &out);
		assert_true(out.len <= REVOCATIONS_PART_SIZE);
		assert_int_equal(revocations_read(&got, (const uint8_t *)out.text, out.len, &err),
			!has_more);
		parts++;
	} while (has_more);
	assert_true(parts > 3);
	assert_true(revocations_same(&list, &got));
	revocations_deinit(&list);
	next = 0;
	assert_false(revocations_write(&list, &next, &out));
	assert_string_equal(out.text, "{\"replace\":true,\"revocations\":[],\"total\":0}");
	assert_int_equal(revocations_read(&got, (const uint8_t *)out.text, out.len, &err), 1);
	assert_int_equal(got.n, 0);
	jsonout_deinit(&out);
	revocations_deinit(&list);
	revocations_deinit(&got);
}

static void a_lost_part_makes_no_list(void **state)
{
	struct revocations list = {0}, got = {0};
	struct jsonout out;
	struct err err = {0};
	(void)state;
	for (int i = 0; i < 1000; i++) {
		struct revocation one = {.gym = "g"};
		snprintf(one.jti, sizeof(one.jti), "%064d", i);
		revocations_add(&list, &one);
	}
	jsonout_init(&out);
	for (size_t lost = 0, part = 0, next = 0, parts = 9; lost < parts;
		lost++, part = next = 0) {
		bool has_more;
		int rc = 0;
		do {
			has_more = revocations_write(&list, &next, &out);
			if (part++ != lost)
				rc = revocations_read(
					&got, (const uint8_t *)out.text, out.len, &err);
		} while (has_more);
		parts = part;
		/* what came before the first part was lost is there still */
		assert_int_equal(rc, lost == 0 && got.n == list.n);
	}
	jsonout_deinit(&out);
	revocations_deinit(&list);
	revocations_deinit(&got);
}

/* Names that met under a hash without a secret: 20,000 of them took the broker 3 s. */
static void places_cannot_be_chosen(void **state)
{
	struct revocations a = {0}, b = {0};
	struct revocation one = {.gym = "g", .jti = "j"};
	(void)state;
	revocations_add(&a, &one);
	revocations_add(&b, &one);
	assert_true(a.seed != b.seed);
	unsigned same = 0;
	for (int i = 0; i < 1000; i++) {
		snprintf(one.jti, sizeof(one.jti), "j%d", i);
		revocations_add(&a, &one);
		revocations_add(&b, &one);
	}
	assert_int_equal(a.size, b.size);
	for (size_t i = 0; i < 2 * a.size; i++)
		same += a.slots[i] != 0 && a.slots[i] == b.slots[i];
	assert_true(same < 50);
	revocations_deinit(&a);
	revocations_deinit(&b);
}

static void refuses_what_is_malformed(void **state)
{
	static const char *const bad[] = {"", "{}", "[]", "{\"replace\":true}",
		"{\"replace\":1,\"revocations\":[]}", "{\"replace\":true,\"revocations\":{}}",
		"{\"replace\":true,\"revocations\":[5]}", "{\"replace\":true,\"revocations\":[{}]}",
		"{\"replace\":true,\"revocations\":[{\"gym\":\"g\"}]}",
		"{\"replace\":true,\"revocations\":[{\"jti\":\"j\"}]}",
		"{\"replace\":true,\"revocations\":[{\"gym\":\"g/h\",\"jti\":\"j\"}]}",
		"{\"replace\":true,\"revocations\":[{\"gym\":\"g\",\"role\":\"boss\",\"sub\":\"x\","
		"\"iat_max\":1}]}",
		"{\"replace\":true,\"revocations\":[{\"gym\":\"g\",\"role\":\"staff\",\"sub\":"
		"\"x\"}]}",
		"{\"replace\":true,\"revocations\":[{\"gym\":\"g\",\"role\":\"staff\",\"sub\":"
		"\"x\","
		"\"iat_max\":-1}]}",
		"{\"replace\":true,\"revocations\":[{\"gym\":\"g\",\"role\":\"staff\",\"sub\":"
		"\"x\","
		"\"iat_max\":1,\"jti\":\"j\"}]}"};
	struct revocations list = {0};
	struct revocation one = {.gym = "g", .jti = "j1"};
	(void)state;
	revocations_add(&list, &one);
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct err err = {0};
		if (revocations_read(&list, (const uint8_t *)bad[i], strlen(bad[i]), &err) != -1)
			fail_msg("%s", bad[i]);
		assert_int_equal(err.code, ERR_INPUT);
	}
	assert_int_equal(list.n, 1);
	revocations_deinit(&list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hits_what_it_names),
		cmocka_unit_test(knows_a_holder_once),
		cmocka_unit_test(finds_one_of_many),
		cmocka_unit_test(comes_over_in_parts),
		cmocka_unit_test(a_lost_part_makes_no_list),
		cmocka_unit_test(places_cannot_be_chosen),
		cmocka_unit_test(refuses_what_is_malformed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
