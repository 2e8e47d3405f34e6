/* gymchat-token as its users run it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/settings.h"
#include "common/token.h"
#include "common/when.h"

#define KEY_A  "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
#define KEY_S  "QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8"
#define CRM    "GYMCHAT_TOKEN_KEYS='a HS256 " KEY_A "' "
#define SYSTEM "GYMCHAT_SYSTEM_KEY=" KEY_S " "

static char output[65536]; /* what the last run wrote to both outputs */

/* Runs "ENV gymchat-token ARGS"; its exit status. */
static int run(const char *env, const char *args)
{
	char command[1024];
	snprintf(command, sizeof(command), "env -i %s %s %s 2>&1", env, TOKEN_PROGRAM, args);
	FILE *f = popen(command, "r");
	assert_non_null(f);
	size_t len = fread(output, 1, sizeof(output) - 1, f);
	output[len] = '\0';
	return WEXITSTATUS(pclose(f));
}

static void prints_a_good_token(void **state)
{
	struct token_keys *keys;
	struct claims got;
	struct err err;
	int64_t now = when_now_us() / 1000000;
	(void)state;
	assert_int_equal(token_keys_new(&keys, "a HS256 " KEY_A, KEY_S, &err), 0);
	assert_int_equal(run(CRM, "--gym demo --role client --sub ana --name 'Ana L\xc3\xb3pez' "
				  "--rooms ana,club --ttl 60"),
		0);
	output[strcspn(output, "\n")] = '\0';
	assert_int_equal(token_verify(keys, output, 1, now, &got, &err), 0);
	assert_string_equal(got.name, "Ana L\xc3\xb3pez");
	assert_int_equal(got.nrooms, 2);
	assert_string_equal(got.rooms[1], "club");
	assert_in_range(got.exp, now + 60, now + 65);

	assert_int_equal(run(SYSTEM, "--gym=_system --role=service --sub=api"), 0);
	output[strcspn(output, "\n")] = '\0';
	assert_int_equal(token_verify(keys, output, 1, now, &got, &err), 0);
	assert_in_range(got.exp, now + 3600, now + 3605);
	token_keys_free(&keys);
}

static void says_what_is_wrong(void **state)
{
	static const struct {
		const char *env, *args;
		int status;
		const char *says;
	} cases[] = {
		{CRM, "", 2, "--gym, --role and --sub are needed"},
		{CRM, "--gym demo --role client", 2, "are needed"},
		{CRM, "--gym demo --role boss --sub ana", 2, "--role: client, staff"},
		{CRM, "--gym demo --role client --sub a.b", 2, "sub is not of"},
		{CRM, "--gym '' --role client --sub ana", 2, "--gym: 1 to 64 bytes"},
		{CRM, "--gym _x --role client --sub ana", 2, "gym is no key, or reserved"},
		{CRM, "--gym demo --role client --sub ana --ttl 0", 2, "--ttl: seconds from 1"},
		{CRM, "--gym demo --role client --sub ana --ttl 1h", 2, "--ttl"},
		{CRM, "--gym demo --role client --sub ana --rooms a,,b", 2, "--rooms"},
		{CRM,
			"--gym demo --role client --sub ana --rooms "
			"a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q",
			2, "--rooms: at most 16"},
		{CRM, "--gym demo --role client --sub ana more", 2, "more: no such argument"},
		{CRM, "--colour red", 2, "unrecognized option"},
		{CRM, "--gym", 2, "requires an argument"},
		{"", "--gym demo --role client --sub ana", 1, "set GYMCHAT_TOKEN_KEYS_FILE"},
		{SYSTEM, "--gym demo --role client --sub ana", 1, "no HS256 key"},
		{CRM, "--gym _system --role service --sub api", 1, "no system key"},
		{"GYMCHAT_TOKEN_KEYS_FILE=/does/not/exist", "--gym demo --role client --sub ana", 1,
			"/does/not/exist: No such file"},
		{"GYMCHAT_TOKEN_KEYS='a HS256 c2hvcnQ'", "--gym demo --role client --sub ana", 1,
			"line 1 of the token keys: the key has 5 bytes"},
		{CRM "GYMCHAT_TOKN_KEYS=x", "--gym demo --role client --sub ana", 1,
			"perhaps GYMCHAT_TOKEN_KEYS is meant"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		int status = run(cases[i].env, cases[i].args);
		if (status != cases[i].status || strstr(output, cases[i].says) == NULL)
			fail_msg("%s: status %d, %s", cases[i].args, status, output);
		assert_null(strstr(output, "c2hvcnQ"));
	}
}

static void helps(void **state)
{
	char *first;
	(void)state;
	assert_int_equal(run("", "--help"), 0);
	assert_non_null(strstr(output, "Usage: gymchat-token --gym GYM"));
	assert_non_null(strstr(output, "GYMCHAT_TOKEN_KEYS or _FILE"));
	assert_int_equal(run("", "--settings"), 0);
	assert_non_null(strstr(output, "| `GYMCHAT_LOG_LEVEL` |"));
	assert_int_equal(run("", "--new-key"), 0);
	assert_int_equal(strlen(output), TOKEN_KEY_TEXT_SIZE); /* 43 and a newline */
	first = strdup(output);
	assert_int_equal(run("", "--new-key"), 0);
	assert_string_not_equal(first, output);
	free(first);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prints_a_good_token),
		cmocka_unit_test(says_what_is_wrong),
		cmocka_unit_test(helps),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
