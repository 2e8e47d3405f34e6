/* token_fixture.h - what the tests of tokens share: three keys, a moment and claims that are good
 * then. */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/auto.h"
#include "common/token.h"

#define NOW    1795344067
#define KEY_A  "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8" /* bytes 0..31 */
#define KEY_B  "ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8" /* bytes 32..63 */
#define KEY_S  "QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8" /* bytes 64..95 */
#define TIMES  ",\"iat\":1795344000,\"exp\":1795347600"
#define CLIENT "{\"aud\":\"gymchat\",\"gym\":\"demo\",\"role\":\"client\",\"sub\":\"ana\""
#define DAYS   400 /* the longest life of a token */
#define KEY64  "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_-"

static struct err err;
static struct claims got;

static inline struct token_keys *keys_of(const char *text, const char *system)
{
	struct token_keys *keys = NULL;
	if (token_keys_new(&keys, text, system, &err) != 0)
		fail_msg("%s", err.text);
	return keys;
}

/* token_verify with the life and into the claims of this file; err is what it says, and nothing
 * older. */
static inline int verify_at(const struct token_keys *keys, const char *token, int64_t now_sec)
{
	err = (struct err){0};
	return token_verify(keys, token, DAYS, now_sec, &got, &err);
}

static inline int verify(const struct token_keys *keys, const char *token)
{
	return verify_at(keys, token, NOW);
}
