#include <openssl/evp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/base64url.h"
#include "tests/unit/token_fixture.h"

/* The key whose first byte is first, as key_a etc. spell it. */
static const unsigned char *key_bytes(int first)
{
	static unsigned char bytes[32];
	for (int i = 0; i < 32; i++)
		bytes[i] = (unsigned char)(first + i);
	return bytes;
}

/* A signed token of raw JSON, which libjwt would not write: so the HMAC is made here. */
static char *hs256(const char *header, const char *payload, const unsigned char *key)
{
	static char token[TOKEN_MAX * 2];
	int n = base64url_encode(header, strlen(header), token, sizeof(token));
	token[n++] = '.';
	n += base64url_encode(payload, strlen(payload), token + n, sizeof(token) - (size_t)n);
	unsigned char mac[EVP_MAX_MD_SIZE];
	size_t mac_len;
	EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, key, 32, (unsigned char *)token, (size_t)n,
		mac, sizeof(mac), &mac_len);
	token[n++] = '.';
	assert_true(base64url_encode(mac, mac_len, token + n, sizeof(token) - (size_t)n) > 0);
	return token;
}

#define HEADER_A "{\"alg\":\"HS256\",\"typ\":\"JWT\",\"kid\":\"a\"}"

static int verify_payload(const struct token_keys *keys, const char *payload)
{
	return verify(keys, hs256(HEADER_A, payload, key_bytes(0)));
}

static void takes_good_claims(void **state)
{
	AUTO(token_keys) struct token_keys *keys = keys_of("a HS256 " KEY_A "\n", NULL);
	(void)state;
	assert_int_equal(verify_payload(keys, CLIENT TIMES "}"), 0);
	assert_string_equal(got.gym, "demo");
	assert_string_equal(got.sub, "ana");
	assert_int_equal(got.role, ROLE_CLIENT);
	assert_string_equal(got.name, "");
	assert_int_equal(got.nrooms, 1);
	assert_string_equal(got.rooms[0], "ana");
	assert_int_equal(got.iat, 1795344000);
	assert_int_equal(got.exp, 1795347600);
	assert_int_equal(got.nbf, 0);
	assert_int_equal(verify_payload(keys, "{\"aud\":[\"other\",\"gymchat\"],\"gym\":\"demo\","
					      "\"role\":\"kiosk\",\"sub\":\"entrada\","
					      "\"name\":\"Se\xc3\xb1ora "
					      "\\u00d1\",\"rooms\":[\"kiosk-entrada\",\"x\"],"
					      "\"iss\":\"crm\",\"jti\":\"j-1\","
					      "\"nbf\":1795344000.9,\"iat\":1795344000.5,\"exp\":"
					      "1795347600.0,\"more\":{\"a\":[1]}}"),
		0);
	assert_string_equal(got.name, "Se\xc3\xb1ora \xc3\x91");
	assert_int_equal(got.nrooms, 2);
	assert_string_equal(got.rooms[1], "x");
	assert_string_equal(got.jti, "j-1");
	assert_int_equal(got.nbf, 1795344000);
}

static void gives_default_rooms(void **state)
{
	static const struct {
		const char *role, *sub, *room;
	} cases[] = {
		{"client", "ana", "ana"},
		{"kiosk", "entrada", "kiosk-entrada"},
		{"staff", "marta", NULL},
		{"service", "crm", NULL},
	};
	AUTO(token_keys) struct token_keys *keys = keys_of("a HS256 " KEY_A, NULL);
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char payload[256];
		snprintf(payload, sizeof(payload),
			"{\"aud\":\"gymchat\",\"gym\":\"demo\",\"role\":\"%s\",\"sub\":\"%s\"" TIMES
			"}",
			cases[i].role, cases[i].sub);
		assert_int_equal(verify_payload(keys, payload), 0);
		assert_int_equal(got.nrooms, cases[i].room != NULL);
		if (cases[i].room != NULL)
			assert_string_equal(got.rooms[0], cases[i].room);
	}
	assert_int_equal(verify_payload(keys, CLIENT TIMES ",\"rooms\":[]}"), 0);
	assert_int_equal(got.nrooms, 0); /* an empty list is a list */
	assert_false(claims_has_room(&got, "ana"));
}

#define ROOMS8 "\"a\",\"b\",\"c\",\"d\",\"e\",\"f\",\"g\",\"h\""

static void refuses_wrong_claims(void **state)
{
	static const struct {
		const char *payload, *why;
	} cases[] = {
		{"{}", "gym"},
		{"[]", "malformed"},
		{"null", "malformed"},
		{CLIENT TIMES, "malformed"},
		{CLIENT TIMES "} ", NULL},
		{CLIENT TIMES "}x", "malformed"},
		{CLIENT TIMES ",\"sub\":\"eva\"}", "malformed"}, /* duplicate */
		{CLIENT TIMES ",\"\\u0073ub\":\"eva\"}",
			"malformed"}, /* the same, spelt with an escape */
		{"{\"gym\":\"demo\",\"role\":\"client\",\"sub\":\"ana\"" TIMES "}", "aud"},
		{"{\"aud\":\"other\",\"gym\":\"demo\",\"role\":\"client\",\"sub\":\"ana\"" TIMES
		 "}",
			"aud"},
		{"{\"aud\":\"gymchat2\",\"gym\":\"demo\",\"role\":\"client\",\"sub\":\"ana\"" TIMES
		 "}",
			"aud"},
		{"{\"aud\":[],\"gym\":\"demo\",\"role\":\"client\",\"sub\":\"ana\"" TIMES "}",
			"aud"},
		{"{\"aud\":[\"gymchat\",1],\"gym\":\"demo\",\"role\":\"client\",\"sub\":"
		 "\"ana\"" TIMES "}",
			"aud"},
		{"{\"aud\":{\"gymchat\":1},\"gym\":\"demo\",\"role\":\"client\",\"sub\":"
		 "\"ana\"" TIMES "}",
			"aud"},
		{"{\"aud\":1,\"gym\":\"demo\",\"role\":\"client\",\"sub\":\"ana\"" TIMES "}",
			"aud"},
		{"{\"aud\":\"gymchat\",\"role\":\"client\",\"sub\":\"ana\"" TIMES "}", "gym"},
		{"{\"aud\":\"gymchat\",\"gym\":7,\"role\":\"client\",\"sub\":\"ana\"" TIMES "}",
			"gym"},
		{"{\"aud\":\"gymchat\",\"gym\":\"\",\"role\":\"client\",\"sub\":\"ana\"" TIMES "}",
			"gym"},
		{"{\"aud\":\"gymchat\",\"gym\":\"a/b\",\"role\":\"client\",\"sub\":\"ana\"" TIMES
		 "}",
			"gym"},
		{"{\"aud\":\"gymchat\",\"gym\":\"_x\",\"role\":\"client\",\"sub\":\"ana\"" TIMES
		 "}",
			"reserved"},
		{"{\"aud\":\"gymchat\",\"gym\":\"_system\",\"role\":\"service\",\"sub\":"
		 "\"api\"" TIMES "}",
			"system key"},
		{"{\"aud\":\"gymchat\",\"gym\":\"demo\",\"role\":\"owner\",\"sub\":\"ana\"" TIMES
		 "}",
			"role"},
		{"{\"aud\":\"gymchat\",\"gym\":\"demo\",\"role\":\"none\",\"sub\":\"ana\"" TIMES
		 "}",
			"role"},
		{"{\"aud\":\"gymchat\",\"gym\":\"demo\",\"role\":1,\"sub\":\"ana\"" TIMES "}",
			"role"},
		{"{\"aud\":\"gymchat\",\"gym\":\"demo\",\"sub\":\"ana\"" TIMES "}", "role"},
		{"{\"aud\":\"gymchat\",\"gym\":\"demo\",\"role\":\"client\"" TIMES "}", "sub"},
		{"{\"aud\":\"gymchat\",\"gym\":\"demo\",\"role\":\"client\",\"sub\":42" TIMES "}",
			"sub"},
		{"{\"aud\":\"gymchat\",\"gym\":\"demo\",\"role\":\"client\",\"sub\":null" TIMES "}",
			"sub"},
		{"{\"aud\":\"gymchat\",\"gym\":\"demo\",\"role\":\"client\",\"sub\":\"a.b\"" TIMES
		 "}",
			"sub"},
		{"{\"aud\":\"gymchat\",\"gym\":\"demo\",\"role\":\"client\",\"sub\":\"+\"" TIMES
		 "}",
			"sub"},
		{"{\"aud\":\"gymchat\",\"gym\":\"demo\",\"role\":\"client\",\"sub\":\"" KEY64
		 "x\"" TIMES "}",
			"sub"},
		{"{\"aud\":\"gymchat\",\"gym\":\"demo\",\"role\":\"kiosk\",\"sub\":\"" KEY64
		 "\"" TIMES "}",
			"rooms"},
		{CLIENT ",\"exp\":1795347600}", "iat"},
		{CLIENT ",\"iat\":1795344000}", "exp"},
		{CLIENT ",\"iat\":\"1795344000\",\"exp\":1795347600}", "iat"},
		{CLIENT ",\"iat\":1795344000,\"exp\":\"1795347600\"}", "exp"},
		{CLIENT ",\"iat\":1795344000,\"exp\":true}", "exp"},
		{CLIENT ",\"iat\":1795344000,\"exp\":null}", "exp"},
		{CLIENT ",\"iat\":1795344000,\"exp\":1e300}", "exp"},
		{CLIENT ",\"iat\":1795344000,\"exp\":253402300800}", "exp"},
		/* jansson gives up first */
		{CLIENT ",\"iat\":1795344000,\"exp\":99999999999999999999}", "signature"},
		{CLIENT ",\"iat\":-5,\"exp\":1795347600}", "iat"},
		{CLIENT ",\"iat\":1795344098,\"exp\":1795347600}", "iat lies in the future"},
		{CLIENT TIMES ",\"nbf\":1795344098}", "nbf"},
		{CLIENT TIMES ",\"nbf\":\"1\"}", "nbf"},
		{CLIENT TIMES ",\"name\":7}", "name"},
		{CLIENT TIMES ",\"name\":[\"x\"]}", "name"},
		{CLIENT TIMES ",\"jti\":7}", "jti"},
		{CLIENT TIMES ",\"jti\":\"a b\"}", "jti"},
		{CLIENT TIMES ",\"iss\":7}", "iss"},
		{CLIENT TIMES ",\"rooms\":\"ana\"}", "rooms"},
		{CLIENT TIMES ",\"rooms\":null}", "rooms"},
		{CLIENT TIMES ",\"rooms\":[1]}", "rooms"},
		{CLIENT TIMES ",\"rooms\":[\"a\",\"#\"]}", "rooms"},
		{CLIENT TIMES ",\"rooms\":[\"\"]}", "rooms"},
		{CLIENT TIMES ",\"rooms\":[" ROOMS8 "," ROOMS8 "]}", NULL},
		{CLIENT TIMES ",\"rooms\":[" ROOMS8 "," ROOMS8 ",\"i\"]}", "rooms"},
	};
	AUTO(token_keys) struct token_keys *keys = keys_of("a HS256 " KEY_A, KEY_S);
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		int rc = verify_payload(keys, cases[i].payload);
		if ((rc == 0) != (cases[i].why == NULL))
			fail_msg("%s: rc %d, %s", cases[i].payload, rc, err.text);
		if (rc == 0)
			continue;
		if (err.code != ERR_DENIED || strstr(err.text, cases[i].why) == NULL)
			fail_msg("%s: %s", cases[i].payload, err.text);
		assert_string_equal(got.gym, "");
		assert_int_equal(got.nrooms, 0);
	}
}

static void bounds_names(void **state)
{
	AUTO(token_keys) struct token_keys *keys = keys_of("a HS256 " KEY_A, NULL);
	(void)state;
	for (int len = 255; len <= 256; len++) {
		char payload[600];
		snprintf(payload, sizeof(payload), "%s,\"name\":\"%0*d\"}", CLIENT TIMES, len, 0);
		assert_int_equal(verify_payload(keys, payload), len == 255 ? 0 : -1);
	}
}

static void knows_the_time(void **state)
{
	AUTO(token_keys) struct token_keys *keys = keys_of("a HS256 " KEY_A, NULL);
	static const struct {
		int64_t now;
		int rc;
		enum err_code code;
	} cases[] = {
		{1795343900, -1, ERR_DENIED}, /* before iat by more than the skew */
		{1795343969, -1, ERR_DENIED},
		{1795343970, 0, ERR_NONE},
		{1795347600, 0, ERR_NONE},
		{1795347629, 0, ERR_NONE},
		{1795347630, -1, ERR_EXPIRED},
		{1895347630, -1, ERR_EXPIRED},
	};
	(void)state;
	char *token = hs256(HEADER_A, CLIENT TIMES "}", key_bytes(0));
	for (size_t i = 0; i < COUNT(cases); i++) {
		int rc = verify_at(keys, token, cases[i].now);
		if (rc != cases[i].rc || err.code != cases[i].code)
			fail_msg("%lld: %d %s", (long long)cases[i].now, rc, err.text);
	}
	/* a bad signature is that, and not expired: nobody learns more from it */
	token[strlen(token) - 3] ^= 1;
	assert_int_equal(verify_at(keys, token, 1895347630), -1);
	assert_int_equal(err.code, ERR_DENIED);
}

/* A token that lived longer than revocations are kept would come back to life. The programs' own
 * may. */
static void lives_no_longer_than_revocations(void **state)
{
	static const struct {
		const char *times;
		int rc;
	} cases[] = {
		{",\"iat\":1795344000,\"exp\":1829904000}", 0}, /* 400 days to the second */
		{",\"iat\":1795344000,\"exp\":1829904001}", -1},
		{",\"iat\":0,\"exp\":1795347600}", -1}, /* alive for an hour, but for decades */
		{",\"iat\":1795344000,\"exp\":253402300799}", -1},
	};
	static const char system[] =
		"{\"aud\":\"gymchat\",\"gym\":\"_system\",\"role\":\"service\",\"sub\":\"api\"";
	AUTO(token_keys) struct token_keys *keys = keys_of("a HS256 " KEY_A, KEY_S);
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char payload[256];
		snprintf(payload, sizeof(payload), "%s%s", CLIENT, cases[i].times);
		int rc = verify(keys, hs256(HEADER_A, payload, key_bytes(0)));
		if (rc != cases[i].rc)
			fail_msg("%s: %d %s", payload, rc, err.text);
		if (rc != 0) {
			assert_int_equal(err.code, ERR_DENIED);
			assert_non_null(strstr(err.text, "more than 400 days"));
			assert_string_equal(got.gym, "");
		}
		snprintf(payload, sizeof(payload), "%s%s", system, cases[i].times);
		assert_int_equal(
			verify(keys, hs256("{\"alg\":\"HS256\"}", payload, key_bytes(64))), 0);
	}
}

static int verify_header(const struct token_keys *keys, const char *header, int key)
{
	return verify(keys, hs256(header, CLIENT TIMES "}", key_bytes(key)));
}

static void picks_the_key_by_kid(void **state)
{
	AUTO(token_keys) struct token_keys *one = keys_of("a HS256 " KEY_A, NULL);
	AUTO(token_keys) struct token_keys *two = keys_of(
		"# old\na HS256 " KEY_A "\n\n  b\tHS256 " KEY_B "= # new\r\n", NULL);
	(void)state;
	assert_int_equal(verify_header(one, "{\"alg\":\"HS256\"}", 0), 0);
	assert_int_equal(verify_header(one, "{\"alg\":\"HS256\",\"kid\":\"b\"}", 0), -1);
	assert_non_null(strstr(err.text, "unknown key"));
	assert_int_equal(verify_header(two, "{\"alg\":\"HS256\"}", 0), -1);
	assert_non_null(strstr(err.text, "names no key"));
	assert_int_equal(verify_header(two, "{\"alg\":\"HS256\",\"kid\":\"a\"}", 0), 0);
	assert_int_equal(verify_header(two, "{\"alg\":\"HS256\",\"kid\":\"b\"}", 32), 0);
	assert_int_equal(verify_header(two, "{\"alg\":\"HS256\",\"kid\":\"b\"}", 0), -1);
	assert_non_null(strstr(err.text, "bad signature"));
	assert_int_equal(verify_header(two, "{\"alg\":\"HS256\",\"kid\":\"c\"}", 0), -1);
	assert_int_equal(verify_header(two, "{\"alg\":\"HS256\",\"kid\":1}", 0), -1);
	assert_int_equal(verify_header(two, "{\"alg\":\"HS256\",\"kid\":\"../a\"}", 0), -1);
}

static void refuses_other_headers(void **state)
{
	static const char *const headers[] = {
		"{}",
		"[]",
		"{\"kid\":\"a\"}",
		"{\"alg\":\"none\",\"kid\":\"a\"}",
		"{\"alg\":\"None\",\"kid\":\"a\"}",
		"{\"alg\":\"hs256\",\"kid\":\"a\"}",
		"{\"alg\":\"HS384\",\"kid\":\"a\"}",
		"{\"alg\":\"RS256\",\"kid\":\"a\"}",
		"{\"alg\":1,\"kid\":\"a\"}",
		"{\"alg\":[\"HS256\"],\"kid\":\"a\"}",
		"{\"alg\":\"none\",\"alg\":\"HS256\",\"kid\":\"a\"}",
		"{\"alg\":\"HS256\",\"kid\":\"a\",\"crit\":[\"exp\"]}",
	};
	AUTO(token_keys) struct token_keys *keys = keys_of("a HS256 " KEY_A, NULL);
	(void)state;
	for (size_t i = 0; i < COUNT(headers); i++) {
		if (verify_header(keys, headers[i], 0) == 0 || err.code != ERR_DENIED)
			fail_msg("%s", headers[i]);
	}
}

static void refuses_what_is_no_token(void **state)
{
	AUTO(token_keys) struct token_keys *keys = keys_of("a HS256 " KEY_A, NULL);
	(void)state;
	char good[1024];
	strcpy(good, hs256(HEADER_A, CLIENT TIMES "}", key_bytes(0)));
	assert_int_equal(verify(keys, good), 0);
	static const char *const cases[] = {"", ".", "..", "...", "a.b.c", "eyJ.eyJ.x", "ana"};
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(verify(keys, cases[i]), -1);
		assert_int_equal(err.code, ERR_DENIED);
	}
	char text[TOKEN_MAX + 300];
	/* unsigned, padded, with more parts, with blanks */
	snprintf(text, sizeof(text), "%s", good);
	strrchr(text, '.')[1] = '\0';
	assert_int_equal(verify(keys, text), -1);
	snprintf(text, sizeof(text), "%s=", good);
	assert_int_equal(verify(keys, text), -1);
	snprintf(text, sizeof(text), "%s.x", good);
	assert_int_equal(verify(keys, text), -1);
	snprintf(text, sizeof(text), " %s", good);
	assert_int_equal(verify(keys, text), -1);
	snprintf(text, sizeof(text), "%s\n", good);
	assert_int_equal(verify(keys, text), -1);
	memset(text, 'A', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(verify(keys, text), -1);
	for (size_t i = 0; good[i] != '\0'; i++) { /* no character may change */
		char was = good[i];
		good[i] = was == 'A' ? 'B' : 'A';
		if (verify(keys, good) == 0)
			fail_msg("character %zu changed, taken all the same", i);
		assert_null(strstr(err.text, "eyJ")); /* the error never shows the token */
		good[i] = was;
	}
}

static void the_system_gym_has_its_own_key(void **state)
{
	static const char api[] = "{\"aud\":\"gymchat\",\"gym\":\"_system\",\"role\":\"service\","
				  "\"sub\":\"api\"" TIMES "}";
	static const char staff[] =
		"{\"aud\":\"gymchat\",\"gym\":\"_system\",\"role\":\"staff\",\"sub\":\"api\"" TIMES
		"}";
	AUTO(token_keys) struct token_keys *keys = keys_of("a HS256 " KEY_A, KEY_S);
	AUTO(token_keys) struct token_keys *crm = keys_of("a HS256 " KEY_A, NULL);
	AUTO(token_keys) struct token_keys *own = keys_of(NULL, KEY_S);
	const char *named = "{\"alg\":\"HS256\",\"kid\":\"_system\"}",
		   *bare = "{\"alg\":\"HS256\"}";
	(void)state;
	assert_int_equal(verify(keys, hs256(named, api, key_bytes(64))), 0);
	assert_int_equal(verify(keys, hs256(bare, api, key_bytes(64))), 0);
	assert_int_equal(verify(own, hs256(bare, api, key_bytes(64))), 0);
	assert_int_equal(verify(crm, hs256(bare, api, key_bytes(64))), -1);
	assert_int_equal(verify(keys, hs256(named, api, key_bytes(0))), -1);
	assert_int_equal(verify(keys, hs256(HEADER_A, api, key_bytes(0))), -1);
	assert_int_equal(verify(keys, hs256(named, staff, key_bytes(64))), -1);
	/* and the system key is good for no other gym */
	assert_int_equal(verify(keys, hs256(named, CLIENT TIMES "}", key_bytes(64))), -1);
	assert_int_equal(verify(keys, hs256(bare, CLIENT TIMES "}", key_bytes(64))), -1);
	assert_int_equal(verify(own, hs256(bare, CLIENT TIMES "}", key_bytes(64))), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_good_claims),
		cmocka_unit_test(gives_default_rooms),
		cmocka_unit_test(refuses_wrong_claims),
		cmocka_unit_test(bounds_names),
		cmocka_unit_test(knows_the_time),
		cmocka_unit_test(lives_no_longer_than_revocations),
		cmocka_unit_test(picks_the_key_by_kid),
		cmocka_unit_test(refuses_other_headers),
		cmocka_unit_test(refuses_what_is_no_token),
		cmocka_unit_test(the_system_gym_has_its_own_key),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
