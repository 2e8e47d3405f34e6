#include "common/token_keys.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base64url.h"
#include "common/must.h"
#include "common/rand.h"

#define KEY_BYTES_MAX	1024
#define PEM_BYTES_MAX	16384
#define RSA_BITS_MIN	2048
#define KEYS_LINE_WORDS 3

static inline void file_auto(FILE **f)
{
	if (*f != NULL)
		fclose(*f);
}

static inline void bio_auto(BIO **bio)
{
	BIO_free(*bio);
}

static inline void pkey_auto(EVP_PKEY **pkey)
{
	EVP_PKEY_free(*pkey);
}

static void key_take(
	struct token_key *key, const char *kid, jwt_alg_t alg, const void *bytes, size_t len)
{
	snprintf(key->kid, sizeof(key->kid), "%s", kid);
	key->alg = alg;
	key->len = (int)len;
	key->bytes = must(malloc(len + 1));
	memcpy(key->bytes, bytes, len);
	key->bytes[len] = '\0';
}

static void key_deinit(struct token_key *key)
{
	if (key->bytes != NULL)
		OPENSSL_cleanse(key->bytes, (size_t)key->len);
	free(key->bytes);
}

static int key_hmac(struct token_key *key, const char *kid, const char *value, struct err *err)
{
	unsigned char bytes[KEY_BYTES_MAX];
	size_t text_len = strlen(value);
	while (text_len > 0 && value[text_len - 1] == '=') /* tools that pad are no mistake */
		text_len--;
	int len = base64url_decode(value, text_len, bytes, sizeof(bytes));
	if (len < 0)
		return err_set(err, ERR_CONFIG, "the key is not base64url (A-Z a-z 0-9 - _)");
	if (len < TOKEN_KEY_MIN)
		return err_set(err, ERR_CONFIG, "the key has %d bytes, at least %d are needed", len,
			TOKEN_KEY_MIN);
	key_take(key, kid, JWT_ALG_HS256, bytes, (size_t)len);
	OPENSSL_cleanse(bytes, sizeof(bytes));
	return 0;
}

/* Whether the PEM text holds a public key that fits the algorithm. */
static int pem_check(const char *pem, size_t len, jwt_alg_t alg, struct err *err)
{
	AUTO(bio) BIO *bio = BIO_new_mem_buf(pem, (int)len);
	AUTO(pkey) EVP_PKEY *pkey = PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);
	ERR_clear_error();
	if (pkey == NULL)
		return err_set(err, ERR_CONFIG, "no PEM public key (BEGIN PUBLIC KEY) in the file");
	if (alg == JWT_ALG_RS256) {
		bool is_fit = EVP_PKEY_get_base_id(pkey) == EVP_PKEY_RSA &&
			      EVP_PKEY_get_bits(pkey) >= RSA_BITS_MIN;
		return is_fit ? 0
			      : err_set(err, ERR_CONFIG,
					"RS256 needs an RSA key of at least %d bits", RSA_BITS_MIN);
	}
	char curve[32] = "";
	EVP_PKEY_get_group_name(pkey, curve, sizeof(curve), NULL);
	ERR_clear_error();
	if (EVP_PKEY_get_base_id(pkey) != EVP_PKEY_EC || strcmp(curve, "prime256v1") != 0)
		return err_set(err, ERR_CONFIG, "ES256 needs a key on the curve P-256");
	return 0;
}

static int key_pem(
	struct token_key *key, const char *kid, jwt_alg_t alg, const char *path, struct err *err)
{
	char pem[PEM_BYTES_MAX];
	AUTO(file) FILE *f = fopen(path, "re");
	if (f == NULL)
		return err_set(err, ERR_CONFIG, "%s: %m", path);
	size_t len = fread(pem, 1, sizeof(pem), f);
	if (len == sizeof(pem))
		return err_set(err, ERR_CONFIG, "%s: too large for a PEM public key", path);
	if (pem_check(pem, len, alg, err) != 0)
		return err_wrap(err, "%s", path);
	key_take(key, kid, alg, pem, len);
	return 0;
}

static int key_new(struct token_key *key, char *const words[KEYS_LINE_WORDS], struct err *err)
{
	const char *kid = words[0], *alg = words[1], *value = words[2];
	if (!topic_is_key(kid) || *kid == '_')
		return err_set(
			err, ERR_CONFIG, "KID must be of [A-Za-z0-9_-]{1,64} and not start with _");
	if (strcmp(alg, "HS256") == 0)
		return key_hmac(key, kid, value, err);
	if (strcmp(alg, "ES256") == 0)
		return key_pem(key, kid, JWT_ALG_ES256, value, err);
	if (strcmp(alg, "RS256") == 0)
		return key_pem(key, kid, JWT_ALG_RS256, value, err);
	return err_set(err, ERR_CONFIG, "ALG must be HS256, ES256 or RS256");
}

/* Splits off the words before a comment; their number, at most max + 1. */
static unsigned words_of(char *line, char **words, unsigned max)
{
	unsigned n = 0;
	char *save = NULL;
	for (char *word = strtok_r(line, " \t\r", &save); word != NULL && *word != '#';
		word = strtok_r(NULL, " \t\r", &save)) {
		if (n == max)
			return max + 1;
		words[n++] = word;
	}
	return n;
}

static int add_line(struct token_keys *keys, char *line, struct err *err)
{
	char *words[KEYS_LINE_WORDS];
	unsigned n = words_of(line, words, KEYS_LINE_WORDS);
	if (n == 0)
		return 0;
	if (n != KEYS_LINE_WORDS)
		return err_set(err, ERR_CONFIG, "KID ALG VALUE expected");
	if (keys->ncrm == TOKEN_KEYS_MAX)
		return err_set(err, ERR_CONFIG, "at most %d keys at a time", TOKEN_KEYS_MAX);
	if (keys->ncrm == 1 && strcmp(keys->crm[0].kid, words[0]) == 0)
		return err_set(err, ERR_CONFIG, "the second key has the KID of the first");
	if (key_new(&keys->crm[keys->ncrm], words, err) != 0)
		return -1;
	keys->ncrm++;
	return 0;
}

static int add_lines(struct token_keys *keys, const char *text, struct err *err)
{
	unsigned number = 0;
	while (*text != '\0') {
		size_t len = strcspn(text, "\n");
		char *line = must(strndup(text, len));
		int rc = add_line(keys, line, err);
		OPENSSL_cleanse(line, strlen(line));
		free(line);
		number++;
		if (rc != 0)
			return err_wrap(err, "line %u of the token keys", number);
		text += len + (text[len] == '\n');
	}
	return keys->ncrm > 0 ? 0 : err_set(err, ERR_CONFIG, "the token keys hold no key");
}

static int add_system(struct token_keys *keys, const char *system, struct err *err)
{
	if (key_hmac(&keys->system, TOKEN_SYSTEM_KID, system, err) != 0)
		return err_wrap(err, "system key");
	for (unsigned i = 0; i < keys->ncrm; i++) {
		const struct token_key *crm = &keys->crm[i];
		if (crm->len == keys->system.len &&
			memcmp(crm->bytes, keys->system.bytes, (size_t)crm->len) == 0)
			return err_set(err, ERR_CONFIG,
				"the system key is also the CRM's key %s: make an own one",
				crm->kid);
	}
	return 0;
}

int token_keys_new(struct token_keys **keys, const char *text, const char *system, struct err *err)
{
	*keys = NULL;
	AUTO(token_keys) struct token_keys *k = must(calloc(1, sizeof(*k)));
	if (text == NULL && system == NULL)
		return err_set(err, ERR_CONFIG, "neither token keys nor a system key");
	if (text != NULL && add_lines(k, text, err) != 0)
		return -1;
	if (system != NULL && add_system(k, system, err) != 0)
		return -1;
	*keys = TAKE(k);
	return 0;
}

void token_keys_free(struct token_keys **keys)
{
	struct token_keys *k = TAKE(*keys);
	if (k == NULL)
		return;
	for (unsigned i = 0; i < TOKEN_KEYS_MAX; i++)
		key_deinit(&k->crm[i]);
	key_deinit(&k->system);
	free(k);
}

void token_key_generate(char buf[TOKEN_KEY_TEXT_SIZE])
{
	unsigned char bytes[TOKEN_KEY_MIN];
	rand_bytes(bytes, sizeof(bytes));
	if (base64url_encode(bytes, sizeof(bytes), buf, TOKEN_KEY_TEXT_SIZE) < 0)
		abort();
	OPENSSL_cleanse(bytes, sizeof(bytes));
}
