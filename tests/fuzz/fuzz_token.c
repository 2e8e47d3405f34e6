/* Tokens. The first byte chooses: 't' the rest is a token as it came; 'k' the rest is a file of
 * keys; any other: the rest is header JSON, a newline and claims JSON, signed here with a known
 * key, so that what lies behind the signature is reached. What verifies keeps the promises of
 * token.h and can be signed and verified again. */
#include <assert.h>
#include <openssl/evp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base64url.h"
#include "common/token.h"
#include "common/utf8.h"

#define NOW  1795344067
#define DAYS 400
#define CRM  "a HS256 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
#define OWN  "QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct token_keys *keys;

static void check_claims(const struct claims *c)
{
	char text[TOKEN_MAX + 1];
	struct claims back;
	struct err err = {0};
	assert(topic_is_key(c->gym) && topic_is_key(c->sub));
	assert(c->role >= ROLE_CLIENT && c->role <= ROLE_SERVICE);
	assert(c->gym[0] != '_' || (strcmp(c->gym, "_system") == 0 && c->role == ROLE_SERVICE));
	assert(c->nrooms <= TOKEN_ROOMS_MAX);
	for (unsigned i = 0; i < c->nrooms; i++)
		assert(topic_is_key(c->rooms[i]));
	assert(utf8_is_valid((const uint8_t *)c->name, strlen(c->name)));
	assert(c->iat <= NOW + TOKEN_SKEW_SEC && c->nbf <= NOW + TOKEN_SKEW_SEC);
	assert(c->exp > NOW - TOKEN_SKEW_SEC);
	assert(c->exp - c->iat <= DAYS * 86400 || strcmp(c->gym, "_system") == 0);
	assert(claims_username(c, text, sizeof(text)) > 0);
	assert(token_sign(keys, c, text, sizeof(text), &err) == 0);
	assert(token_verify(keys, text, DAYS, NOW, &back, &err) == 0);
	if (c->nrooms > 0) /* an empty list is not written: the default stands for it */
		assert(memcmp(c, &back, sizeof(back)) == 0);
}

static void check_token(const char *token)
{
	static const struct claims none;
	struct claims claims;
	struct err err = {0};
	if (token_verify(keys, token, DAYS, NOW, &claims, &err) == 0) {
		check_claims(&claims);
		return;
	}
	assert(err.code == ERR_DENIED || err.code == ERR_EXPIRED);
	assert(memcmp(&claims, &none, sizeof(none)) == 0);
}

static void check_keys(const char *text)
{
	struct token_keys *own = NULL;
	struct err err = {0};
	if (strstr(text, "S256") != strstr(text, "HS256") || strstr(text, "ES256") ||
		strstr(text, "RS256"))
		return; /* no opening of whatever path comes up */
	if (token_keys_new(&own, text, OWN, &err) != 0)
		assert(own == NULL && err.code == ERR_CONFIG);
	token_keys_free(&own);
}

/* The HMAC key of the gym: its first byte, as in the unit tests. */
static void sign_and_check(const uint8_t *data, size_t size)
{
	char token[TOKEN_MAX * 2];
	uint8_t key[32], mac[64];
	size_t mac_len;
	const uint8_t *split = memchr(data, '\n', size);
	if (split == NULL || size > TOKEN_MAX)
		return;
	size_t payload = (size_t)(data + size - split - 1);
	for (int i = 0; i < 32; i++)
		key[i] = (uint8_t)((memmem(data, size, "_system", 7) ? 64 : 0) + i);
	int n = base64url_encode(data, (size_t)(split - data), token, sizeof(token));
	token[n++] = '.';
	n += base64url_encode(split + 1, payload, token + n, sizeof(token) - (size_t)n);
	EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, key, 32, (uint8_t *)token, (size_t)n, mac,
		sizeof(mac), &mac_len);
	token[n++] = '.';
	if (base64url_encode(mac, mac_len, token + n, sizeof(token) - (size_t)n) > 0)
		check_token(token);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err;
	if (keys == NULL && token_keys_new(&keys, CRM, OWN, &err) != 0)
		abort();
	if (size == 0)
		return 0;
	char *text = strndup((const char *)data + 1, size - 1);
	if (data[0] == 't')
		check_token(text);
	else if (data[0] == 'k')
		check_keys(text);
	else
		sign_and_check(data + 1, size - 1);
	free(text);
	return 0;
}
