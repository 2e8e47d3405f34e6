/* token.h - the JWT of docs/security.md: verify, sign, keys. libjwt checks the signature; the
 * claims, the pinned algorithm and the reserved gym are checked here. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "common/topic.h"

#define TOKEN_MAX	 4096 /* bytes of a token */
#define TOKEN_ROOMS_MAX	 16
#define TOKEN_NAME_BYTES 256
#define TOKEN_SKEW_SEC	 30 /* clock difference allowed for exp, nbf and iat */
#define TOKEN_SYSTEM_GYM "_system"
/* No time of a token is later: 9999-12-31T23:59:59Z. */
#define TOKEN_EXP_MAX INT64_C(253402300799)

struct claims {
	char gym[TOPIC_KEY_MAX + 1];
	char sub[TOPIC_KEY_MAX + 1];
	enum role role;
	char name[TOKEN_NAME_BYTES]; /* "" where missing; UTF-8 */
	/* A client's default to [sub], a kiosk's to [kiosk-{sub}]; no kiosk's room in a client's.
	 */
	char rooms[TOKEN_ROOMS_MAX][TOPIC_KEY_MAX + 1];
	unsigned nrooms;
	int64_t iat, exp, nbf;	     /* seconds since 1970; nbf 0 where missing */
	char jti[TOPIC_KEY_MAX + 1]; /* "" where missing */
};

struct token_keys; /* at most two of the CRM, and the programs' own */

/* keys: lines `KID ALG VALUE`, # starts a comment; ALG HS256 (VALUE base64url of >= 32 bytes),
 * ES256 or RS256 (VALUE the path of a PEM public key). One or two lines; NULL: only the programs'
 * own tokens. system: base64url of >= 32 bytes, or NULL: accept no _system token. -1 and *err says
 * which line and why. */
MUST_CHECK int token_keys_new(
	struct token_keys **keys, const char *text, const char *system, struct err *err);
void token_keys_free(struct token_keys **keys);
static inline void token_keys_auto(struct token_keys **keys)
{
	token_keys_free(keys);
}
/* A fresh HS256 key as base64url. */
#define TOKEN_KEY_TEXT_SIZE 44
void token_key_generate(char buf[TOKEN_KEY_TEXT_SIZE]);

/* 0 and *claims_r, or -1 and *claims_r empty: ERR_EXPIRED for a good signature past its time, else
 * ERR_DENIED; err->text never holds the token. A token of the gym _system is good only when signed
 * by the system key, and that key for no other gym. max_days: between iat and exp, so that a
 * revocation that is kept as long outlives the token; the programs' own may live as they like. */
MUST_CHECK int token_verify(const struct token_keys *keys, const char *token, int64_t max_days,
	int64_t now_sec, struct claims *claims_r, struct err *err);
/* Signs with the first HS256 key, or for the gym _system with the system key. 0 or -1 (no such key,
 * does not fit). */
MUST_CHECK int token_sign(const struct token_keys *keys, const struct claims *claims, char *buf,
	size_t size, struct err *err);
/* Whether these claims may enter a room: staff and service of the gym any, client and kiosk their
 * own. */
bool claims_has_room(const struct claims *claims, const char *room);
/* "{gym}.{role}.{sub}", the MQTT username; returns its length or -1. */
int claims_username(const struct claims *claims, char *buf, size_t size);
