/* token_keys.h - inside of struct token_keys, for token.c alone. */
#pragma once
#include <jwt.h>

#include "common/token.h"

#define TOKEN_KEY_MIN	 32 /* bytes of an HS256 key */
#define TOKEN_KEYS_MAX	 2  /* of the CRM: the old and the new one while keys are rotated */
#define TOKEN_SYSTEM_KID "_system"

struct token_key {
	char kid[TOPIC_KEY_MAX + 1];
	jwt_alg_t alg;	      /* the only one it is good for */
	unsigned char *bytes; /* HMAC key or PEM text; NUL-ended beyond len */
	int len;
};

struct token_keys {
	struct token_key crm[TOKEN_KEYS_MAX];
	unsigned ncrm;
	struct token_key system; /* bytes NULL: none */
};
