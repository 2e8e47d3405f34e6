#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/pghosts.h"

static const char *none(const char *text)
{
	return text == NULL ? "-" : text;
}

static void each_attempt_starts_one_host_later(void **state)
{
	static const struct {
		const char *conninfo;
		unsigned by;
		const char *host, *hostaddr, *port;
	} cases[] = {
		{"host=a,b,c port=1,2,3", 0, "-", "-", "-"},
		{"host=a,b,c port=1,2,3", 1, "b,c,a", "-", "2,3,1"},
		{"host=a,b,c port=1,2,3", 5, "c,a,b", "-", "3,1,2"},
		{"host=a,b,c", 3, "-", "-", "-"},
		{"host=a,b,c port=5432", 1, "b,c,a", "-", "-"}, /* one port for all */
		{"hostaddr=10.0.0.1,10.0.0.2 host=a,b", 1, "b,a", "10.0.0.2,10.0.0.1", "-"},
		{"postgresql://u@a:1,b:2/gymchat", 1, "b,a", "-", "2,1"},
		{"postgresql://u@/gymchat?host=/run/x", 1, "-", "-", "-"},
		{"host=a,,c", 1, ",c,a", "-", "-"}, /* an empty entry is libpq's default host */
		{"host=a,b port=1,", 1, "b,a", "-", ",1"},
		{"dbname=x", 1, "-", "-", "-"},
		{"not a conninfo", 1, "-", "-", "-"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO(pghosts) struct pghosts got;
		pghosts_init(&got, cases[i].conninfo, cases[i].by);
		if (strcmp(none(got.host), cases[i].host) != 0 ||
			strcmp(none(got.port), cases[i].port) != 0 ||
			strcmp(none(got.hostaddr), cases[i].hostaddr) != 0)
			fail_msg("%s by %u: host %s, hostaddr %s, port %s", cases[i].conninfo,
				cases[i].by, none(got.host), none(got.hostaddr), none(got.port));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(each_attempt_starts_one_host_later)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
