#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/mqttunsent.h"

static void counts_what_is_not_written(void **state)
{
	struct mqttunsent unsent = {0};
	(void)state;
	mqttunsent_put(&unsent, 10, false);
	mqttunsent_put(&unsent, 200, true);
	mqttunsent_put(&unsent, 3000, false);
	mqttunsent_put(&unsent, 40000, true);
	assert_int_equal(unsent.bytes, 43210);
	mqttunsent_written(&unsent);
	assert_int_equal(unsent.bytes, 43200);
	mqttunsent_written(&unsent); /* the one of QoS 1 before it has left too */
	assert_int_equal(unsent.bytes, 40000);
	mqttunsent_all_written(&unsent);
	assert_int_equal(unsent.bytes, 0);
	mqttunsent_written(&unsent);
	assert_int_equal(unsent.bytes, 0);
	mqttunsent_deinit(&unsent);
}

static void keeps_its_count_while_it_grows_around_the_end(void **state)
{
	struct mqttunsent unsent = {0};
	size_t sum = 0, next = 0;
	(void)state;
	for (size_t n = 0; n < 1000; n++) {
		mqttunsent_put(&unsent, n, false);
		sum += n;
		if (n % 3 == 0) {
			mqttunsent_written(&unsent);
			sum -= next++;
		}
		assert_int_equal(unsent.bytes, sum);
	}
	assert_int_equal(unsent.len, 1000 - next);
	mqttunsent_deinit(&unsent);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_what_is_not_written),
		cmocka_unit_test(keeps_its_count_while_it_grows_around_the_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
