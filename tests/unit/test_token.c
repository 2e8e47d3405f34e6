#include <jwt.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/auto.h"
#include "common/base64url.h"
#include "common/token.h"

#define NOW    1795344067
#define KEY_A  "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8" /* bytes 0..31 */
#define KEY_B  "ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8" /* bytes 32..63 */
#define KEY_S  "QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8" /* bytes 64..95 */
#define TIMES  ",\"iat\":1795344000,\"exp\":1795347600"
#define CLIENT "{\"aud\":\"gymchat\",\"gym\":\"demo\",\"role\":\"client\",\"sub\":\"ana\""

static struct err err;
static struct claims got;

/* The key whose first byte is first, as key_a etc. spell it. */
static const unsigned char *key_bytes(int first)
{
	static unsigned char bytes[32];
	for (int i = 0; i < 32; i++)
		bytes[i] = (unsigned char)(first + i);
	return bytes;
}

static struct token_keys *keys_of(const char *text, const char *system)
{
	struct token_keys *keys = NULL;
	if (token_keys_new(&keys, text, system, &err) != 0)
		fail_msg("%s", err.text);
	return keys;
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
	err = (struct err){0};
	return token_verify(keys, hs256(HEADER_A, payload, key_bytes(0)), NOW, &got, &err);
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

#define KEY64  "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_-"
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
		err = (struct err){0};
		int rc = token_verify(keys, token, cases[i].now, &got, &err);
		if (rc != cases[i].rc || err.code != cases[i].code)
			fail_msg("%lld: %d %s", (long long)cases[i].now, rc, err.text);
	}
	/* a bad signature is that, and not expired: nobody learns more from it */
	token[strlen(token) - 3] ^= 1;
	assert_int_equal(token_verify(keys, token, 1895347630, &got, &err), -1);
	assert_int_equal(err.code, ERR_DENIED);
}

static int verify_header(const struct token_keys *keys, const char *header, int key)
{
	err = (struct err){0};
	return token_verify(keys, hs256(header, CLIENT TIMES "}", key_bytes(key)), NOW, &got, &err);
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
	assert_int_equal(token_verify(keys, good, NOW, &got, &err), 0);
	static const char *const cases[] = {"", ".", "..", "...", "a.b.c", "eyJ.eyJ.x", "ana"};
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(token_verify(keys, cases[i], NOW, &got, &err), -1);
		assert_int_equal(err.code, ERR_DENIED);
	}
	char text[TOKEN_MAX + 300];
	/* unsigned, padded, with more parts, with blanks */
	snprintf(text, sizeof(text), "%s", good);
	strrchr(text, '.')[1] = '\0';
	assert_int_equal(token_verify(keys, text, NOW, &got, &err), -1);
	snprintf(text, sizeof(text), "%s=", good);
	assert_int_equal(token_verify(keys, text, NOW, &got, &err), -1);
	snprintf(text, sizeof(text), "%s.x", good);
	assert_int_equal(token_verify(keys, text, NOW, &got, &err), -1);
	snprintf(text, sizeof(text), " %s", good);
	assert_int_equal(token_verify(keys, text, NOW, &got, &err), -1);
	snprintf(text, sizeof(text), "%s\n", good);
	assert_int_equal(token_verify(keys, text, NOW, &got, &err), -1);
	memset(text, 'A', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(token_verify(keys, text, NOW, &got, &err), -1);
	for (size_t i = 0; good[i] != '\0'; i++) { /* no character may change */
		char was = good[i];
		good[i] = was == 'A' ? 'B' : 'A';
		if (token_verify(keys, good, NOW, &got, &err) == 0)
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
	assert_int_equal(token_verify(keys, hs256(named, api, key_bytes(64)), NOW, &got, &err), 0);
	assert_int_equal(token_verify(keys, hs256(bare, api, key_bytes(64)), NOW, &got, &err), 0);
	assert_int_equal(token_verify(own, hs256(bare, api, key_bytes(64)), NOW, &got, &err), 0);
	assert_int_equal(token_verify(crm, hs256(bare, api, key_bytes(64)), NOW, &got, &err), -1);
	assert_int_equal(token_verify(keys, hs256(named, api, key_bytes(0)), NOW, &got, &err), -1);
	assert_int_equal(
		token_verify(keys, hs256(HEADER_A, api, key_bytes(0)), NOW, &got, &err), -1);
	assert_int_equal(
		token_verify(keys, hs256(named, staff, key_bytes(64)), NOW, &got, &err), -1);
	/* and the system key is good for no other gym */
	assert_int_equal(
		token_verify(keys, hs256(named, CLIENT TIMES "}", key_bytes(64)), NOW, &got, &err),
		-1);
	assert_int_equal(
		token_verify(keys, hs256(bare, CLIENT TIMES "}", key_bytes(64)), NOW, &got, &err),
		-1);
	assert_int_equal(
		token_verify(own, hs256(bare, CLIENT TIMES "}", key_bytes(64)), NOW, &got, &err),
		-1);
}

struct pair {
	char public_path[64];
	char private_pem[4096];
	char public_pem[2048];
};

static void read_bio(BIO *bio, char *text, size_t size)
{
	int len = BIO_read(bio, text, (int)size - 1);
	text[len > 0 ? len : 0] = '\0';
	BIO_free(bio);
}

static void make_pair(struct pair *pair, EVP_PKEY *pkey)
{
	BIO *bio = BIO_new(BIO_s_mem());
	PEM_write_bio_PrivateKey(bio, pkey, NULL, NULL, 0, NULL, NULL);
	read_bio(bio, pair->private_pem, sizeof(pair->private_pem));
	bio = BIO_new(BIO_s_mem());
	PEM_write_bio_PUBKEY(bio, pkey);
	read_bio(bio, pair->public_pem, sizeof(pair->public_pem));
	EVP_PKEY_free(pkey);
	strcpy(pair->public_path, "/tmp/gymchat-test-XXXXXX");
	int fd = mkstemp(pair->public_path);
	assert_true(fd >= 0 && write(fd, pair->public_pem, strlen(pair->public_pem)) > 0);
	close(fd);
}

static void sign_pem(const struct pair *pair, jwt_alg_t alg, char *token, size_t size)
{
	jwt_t *jwt;
	jwt_new(&jwt);
	assert_int_equal(jwt_add_grants_json(jwt, CLIENT TIMES "}"), 0);
	jwt_add_header(jwt, "kid", "p");
	assert_int_equal(jwt_set_alg(jwt, alg, (const unsigned char *)pair->private_pem,
				 (int)strlen(pair->private_pem)),
		0);
	char *text = jwt_encode_str(jwt);
	snprintf(token, size, "%s", text);
	free(text);
	jwt_free(jwt);
}

static void check_pem(EVP_PKEY *pkey, jwt_alg_t alg, const char *alg_name)
{
	struct pair pair;
	char token[2048], lines[128];
	make_pair(&pair, pkey);
	sign_pem(&pair, alg, token, sizeof(token));
	snprintf(lines, sizeof(lines), "p %s %s", alg_name, pair.public_path);
	AUTO(token_keys) struct token_keys *keys = keys_of(lines, NULL);
	assert_int_equal(token_verify(keys, token, NOW, &got, &err), 0);
	assert_string_equal(got.sub, "ana");
	assert_int_equal(
		token_sign(keys, &got, token, sizeof(token), &err), -1); /* public keys only */
	assert_int_equal(err.code, ERR_CONFIG);

	/* the classic switch: HMAC with the public key's text, which everybody knows */
	char head[512];
	const char *header = "{\"alg\":\"HS256\",\"kid\":\"p\"}";
	int n = base64url_encode(header, strlen(header), head, sizeof(head));
	head[n++] = '.';
	n += base64url_encode(
		CLIENT TIMES "}", strlen(CLIENT TIMES "}"), head + n, sizeof(head) - (size_t)n);
	unsigned char mac[64];
	size_t mac_len;
	EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, pair.public_pem, strlen(pair.public_pem),
		(unsigned char *)head, (size_t)n, mac, sizeof(mac), &mac_len);
	head[n++] = '.';
	assert_true(base64url_encode(mac, mac_len, head + n, sizeof(head) - (size_t)n) > 0);
	assert_int_equal(token_verify(keys, head, NOW, &got, &err), -1);
	assert_non_null(strstr(err.text, "alg is not the key's"));
	unlink(pair.public_path);
}

static void takes_public_keys_of_their_algorithm_only(void **state)
{
	(void)state;
	check_pem(EVP_EC_gen("P-256"), JWT_ALG_ES256, "ES256");
	check_pem(EVP_RSA_gen(2048), JWT_ALG_RS256, "RS256");
}

static void bad_keys(const char *text, const char *system, const char *why)
{
	struct token_keys *keys = (struct token_keys *)&err;
	err = (struct err){0};
	if (token_keys_new(&keys, text, system, &err) != -1)
		fail_msg("taken: %s", text);
	assert_null(keys);
	assert_int_equal(err.code, ERR_CONFIG);
	if (strstr(err.text, why) == NULL)
		fail_msg("\"%s\" lacks \"%s\"", err.text, why);
	assert_null(strstr(err.text, KEY_A)); /* no key in a log */
}

static void refuses_bad_keys(void **state)
{
	struct pair ec, rsa, p384;
	char lines[128];
	(void)state;
	make_pair(&ec, EVP_EC_gen("P-256"));
	make_pair(&p384, EVP_EC_gen("P-384"));
	make_pair(&rsa, EVP_RSA_gen(1024));
	bad_keys(NULL, NULL, "neither");
	bad_keys("", NULL, "no key");
	bad_keys("# nothing\n\n", NULL, "no key");
	bad_keys("a HS256\n", NULL, "line 1 of the token keys: KID ALG VALUE");
	bad_keys("\n\na HS256 " KEY_A " more", NULL, "line 3");
	bad_keys("a HS256 " KEY_A "\nb HS256 " KEY_B "\nc HS256 " KEY_S, NULL, "at most 2");
	bad_keys("a HS256 " KEY_A "\na HS256 " KEY_B, NULL, "KID of the first");
	bad_keys("_system HS256 " KEY_A, NULL, "KID");
	bad_keys("a.b HS256 " KEY_A, NULL, "KID");
	bad_keys("a none x", NULL, "ALG");
	bad_keys("a HS512 " KEY_A, NULL, "ALG");
	bad_keys("a HS256 c2hvcnQ", NULL, "has 5 bytes, at least 32");
	bad_keys("a HS256 +/+/", NULL, "base64url");
	bad_keys("a ES256 /does/not/exist.pem", NULL, "No such file");
	bad_keys("a ES256 /dev/null", NULL, "no PEM public key");
	bad_keys("a ES256 /dev/zero", NULL, "too large");
	snprintf(lines, sizeof(lines), "a RS256 %s", ec.public_path);
	bad_keys(lines, NULL, "RSA key");
	snprintf(lines, sizeof(lines), "a ES256 %s", p384.public_path);
	bad_keys(lines, NULL, "P-256");
	snprintf(lines, sizeof(lines), "a RS256 %s", rsa.public_path);
	bad_keys(lines, NULL, "at least 2048 bits");
	snprintf(lines, sizeof(lines), "a ES256 %s", rsa.public_path);
	bad_keys(lines, NULL, "P-256");
	bad_keys("a HS256 " KEY_A, KEY_A, "also the CRM's key a");
	bad_keys("a HS256 " KEY_A, "c2hvcnQ", "system key");
	bad_keys(NULL, "", "system key");
	unlink(ec.public_path);
	unlink(rsa.public_path);
	unlink(p384.public_path);
}

static void signs_what_it_verifies(void **state)
{
	AUTO(token_keys) struct token_keys *keys =
			keys_of("a HS256 " KEY_A "\nb HS256 " KEY_B, KEY_S);
	struct claims c = {.gym = "demo",
		.sub = "ana",
		.role = ROLE_CLIENT,
		.name = "Ana \"\xc3\x91\"\n",
		.iat = NOW,
		.exp = NOW + 60,
		.nbf = NOW - 5,
		.jti = "j"};
	char token[TOKEN_MAX + 1];
	(void)state;
	assert_int_equal(token_sign(keys, &c, token, sizeof(token), &err), 0);
	assert_int_equal(token_verify(keys, token, NOW, &got, &err), 0);
	strcpy(c.rooms[0], "ana"); /* the default that the reader fills in */
	c.nrooms = 1;
	assert_memory_equal(&got, &c, sizeof(c));
	strcpy(c.rooms[1], "club");
	c.nrooms = 2;
	assert_int_equal(token_sign(keys, &c, token, sizeof(token), &err), 0);
	assert_int_equal(token_verify(keys, token, NOW, &got, &err), 0);
	assert_memory_equal(&got, &c, sizeof(c));
	assert_int_equal(token_sign(keys, &c, token, 100, &err), -1);
	assert_int_equal(err.code, ERR_TOO_LARGE);

	struct claims api = {
		.gym = "_system", .sub = "api", .role = ROLE_SERVICE, .iat = NOW, .exp = NOW + 60};
	assert_int_equal(token_sign(keys, &api, token, sizeof(token), &err), 0);
	assert_int_equal(token_verify(keys, token, NOW, &got, &err), 0);
	assert_memory_equal(&got, &api, sizeof(api));
	AUTO(token_keys) struct token_keys *crm = keys_of("a HS256 " KEY_A, NULL);
	assert_int_equal(token_sign(crm, &api, token, sizeof(token), &err), -1);
	assert_non_null(strstr(err.text, "no system key"));
}

/* The largest claims there are fit a token. */
static void the_largest_token_fits(void **state)
{
	AUTO(token_keys) struct token_keys *keys = keys_of("a HS256 " KEY_A, NULL);
	struct claims c = {.gym = KEY64,
		.sub = KEY64,
		.role = ROLE_CLIENT,
		.jti = KEY64,
		.nrooms = TOKEN_ROOMS_MAX,
		.iat = NOW,
		.exp = 253402300799,
		.nbf = NOW};
	char token[TOKEN_MAX + 1];
	(void)state;
	for (int i = 0; i < TOKEN_ROOMS_MAX; i++)
		strcpy(c.rooms[i], KEY64);
	memset(c.name, 'n', sizeof(c.name) - 1);
	assert_int_equal(token_sign(keys, &c, token, sizeof(token), &err), 0);
	assert_int_equal(token_verify(keys, token, NOW, &got, &err), 0);
	assert_memory_equal(&got, &c, sizeof(c));
}

static void does_not_sign_what_it_would_refuse(void **state)
{
	static const struct claims cases[] = {
		{.gym = "", .sub = "a", .role = ROLE_CLIENT, .iat = NOW, .exp = NOW},
		{.gym = "_x", .sub = "a", .role = ROLE_CLIENT, .iat = NOW, .exp = NOW},
		{.gym = "_system", .sub = "a", .role = ROLE_STAFF, .iat = NOW, .exp = NOW},
		{.gym = "g", .sub = "a.b", .role = ROLE_CLIENT, .iat = NOW, .exp = NOW},
		{.gym = "g", .sub = "a", .role = ROLE_NONE, .iat = NOW, .exp = NOW},
		{.gym = "g", .sub = "a", .role = (enum role)9, .iat = NOW, .exp = NOW},
		{.gym = "g",
			.sub = "a",
			.role = ROLE_CLIENT,
			.name = "\xff",
			.iat = NOW,
			.exp = NOW},
		{.gym = "g", .sub = "a", .role = ROLE_CLIENT, .jti = "a b", .iat = NOW, .exp = NOW},
		{.gym = "g", .sub = "a", .role = ROLE_CLIENT, .nrooms = 1, .iat = NOW, .exp = NOW},
		{.gym = "g", .sub = "a", .role = ROLE_CLIENT, .iat = NOW},
		{.gym = "g", .sub = "a", .role = ROLE_CLIENT, .iat = NOW, .exp = INT64_MAX},
		{.gym = "g", .sub = "a", .role = ROLE_CLIENT, .iat = -1, .exp = NOW},
	};
	AUTO(token_keys) struct token_keys *keys = keys_of("a HS256 " KEY_A, KEY_S);
	char token[TOKEN_MAX];
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		if (token_sign(keys, &cases[i], token, sizeof(token), &err) != -1)
			fail_msg("case %zu signed", i);
		assert_int_equal(err.code, ERR_INPUT);
	}
}

static void knows_rooms_and_usernames(void **state)
{
	struct claims client = {.gym = "demo",
		.sub = "ana",
		.role = ROLE_CLIENT,
		.rooms = {"ana", "club"},
		.nrooms = 2};
	struct claims staff = {.gym = "demo", .sub = "marta", .role = ROLE_STAFF};
	struct claims kiosk = {
		.gym = "demo", .sub = "e", .role = ROLE_KIOSK, .rooms = {"kiosk-e"}, .nrooms = 1};
	char name[256];
	(void)state;
	assert_true(claims_has_room(&client, "ana"));
	assert_true(claims_has_room(&client, "club"));
	assert_false(claims_has_room(&client, "eva"));
	assert_false(claims_has_room(&client, ""));
	assert_true(claims_has_room(&staff, "eva"));
	assert_false(claims_has_room(&staff, "+"));
	assert_true(claims_has_room(&kiosk, "kiosk-e"));
	assert_false(claims_has_room(&kiosk, "ana"));
	assert_int_equal(claims_username(&client, name, sizeof(name)), 15);
	assert_string_equal(name, "demo.client.ana");
	assert_int_equal(claims_username(&client, name, 15), -1);
}

static void base64url_is_strict(void **state)
{
	static const struct {
		const char *text;
		int len;
		const char *bytes;
	} cases[] = {
		{"", 0, ""},
		{"Zg", 1, "f"},
		{"Zm8", 2, "fo"},
		{"Zm9v", 3, "foo"},
		{"-_-_", 3, "\xfb\xff\xbf"},
		{"Zg==", -1, ""},
		{"Z", -1, ""},
		{"Zh", -1, ""}, /* stray bits */
		{"Zm9", -1, ""},
		{"Zm9v ", -1, ""},
		{"+/+/", -1, ""},
		{"Zm9v\n", -1, ""},
	};
	char buf[64], back[64], key[TOKEN_KEY_TEXT_SIZE];
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		int len = base64url_decode(cases[i].text, strlen(cases[i].text), buf, sizeof(buf));
		if (len != cases[i].len)
			fail_msg("%s: %d", cases[i].text, len);
		if (len < 0)
			continue;
		assert_memory_equal(buf, cases[i].bytes, len);
		assert_int_equal(base64url_encode(buf, (size_t)len, back, sizeof(back)),
			strlen(cases[i].text));
		assert_string_equal(back, cases[i].text);
	}
	assert_int_equal(base64url_decode("Zm9v", 4, buf, 2), -1);
	assert_int_equal(base64url_encode("foo", 3, back, 4), -1);
	token_key_generate(key);
	assert_int_equal(base64url_decode(key, strlen(key), buf, sizeof(buf)), 32);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_good_claims),
		cmocka_unit_test(gives_default_rooms),
		cmocka_unit_test(refuses_wrong_claims),
		cmocka_unit_test(bounds_names),
		cmocka_unit_test(knows_the_time),
		cmocka_unit_test(picks_the_key_by_kid),
		cmocka_unit_test(refuses_other_headers),
		cmocka_unit_test(refuses_what_is_no_token),
		cmocka_unit_test(the_system_gym_has_its_own_key),
		cmocka_unit_test(takes_public_keys_of_their_algorithm_only),
		cmocka_unit_test(refuses_bad_keys),
		cmocka_unit_test(signs_what_it_verifies),
		cmocka_unit_test(the_largest_token_fits),
		cmocka_unit_test(does_not_sign_what_it_would_refuse),
		cmocka_unit_test(knows_rooms_and_usernames),
		cmocka_unit_test(base64url_is_strict),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
