#include <jwt.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base64url.h"
#include "tests/unit/token_fixture.h"

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
	assert_int_equal(verify(keys, token), 0);
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
	assert_int_equal(verify(keys, head), -1);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_public_keys_of_their_algorithm_only),
		cmocka_unit_test(refuses_bad_keys),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
