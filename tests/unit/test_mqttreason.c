#include <errno.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/auto.h"
#include "common/mqttreason.h"

static void knows_refusals(void **state)
{
	static const struct {
		bool is_v5;
		int rc;
		enum err_code code;
		bool is_old;
	} cases[] = {
		{false, 1, ERR_IO, false},
		{false, 3, ERR_IO, false},
		{false, 4, ERR_DENIED, false},
		{false, 5, ERR_DENIED, false},
		{true, 1, ERR_IO, true}, /* a broker of 3.1.1 answers in its own way */
		{true, MQTT_RC_UNSUPPORTED_PROTOCOL_VERSION, ERR_IO, true},
		{true, MQTT_RC_NOT_AUTHORIZED, ERR_DENIED, false},
		{true, MQTT_RC_BAD_USERNAME_OR_PASSWORD, ERR_DENIED, false},
		{true, MQTT_RC_BANNED, ERR_DENIED, false},
		{true, MQTT_RC_SERVER_BUSY, ERR_IO, false},
		{true, 5, ERR_IO, false},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct err why = {0};
		mqttreason_of_refusal(cases[i].is_v5, cases[i].rc, &why);
		if (why.code != cases[i].code ||
			mqttreason_is_old_broker(cases[i].is_v5, cases[i].rc) != cases[i].is_old)
			fail_msg("rc %d: %s", cases[i].rc, why.text);
	}
}

static void says_why_it_ended(void **state)
{
	static const struct {
		bool is_before_connack;
		int rc, system_error;
		const char *text;
	} cases[] = {
		{false, MOSQ_ERR_ERRNO, ECONNRESET,
			"connection to the broker lost: Connection reset by peer"},
		{false, MOSQ_ERR_KEEPALIVE, 0,
			"connection to the broker lost: it answers no PINGREQ"},
		{false, MOSQ_ERR_CONN_LOST, EAGAIN,
			"connection to the broker lost: The connection was lost"},
		{true, MOSQ_ERR_CONN_LOST, 0,
			"the broker closed the connection before its CONNACK: The connection was "
			"lost"},
		{false, MQTT_RC_SESSION_TAKEN_OVER, 0,
			"connection to the broker lost: Session taken over"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct err why = {0};
		mqttreason_of_end(
			cases[i].is_before_connack, cases[i].rc, cases[i].system_error, &why);
		assert_int_equal(why.code, ERR_IO);
		assert_string_equal(why.text, cases[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_refusals),
		cmocka_unit_test(says_why_it_ended),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
