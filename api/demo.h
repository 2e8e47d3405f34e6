/* demo.h - tokens for anybody who asks, while the setting DEMO is on: for the demo pages. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"
#include "common/jsonout.h"
#include "common/token.h"

#define DEMO_TOKEN_SEC 900

/* Writes {"token","expires_at"} for a role of the demo ("client", "staff" or "kiosk"). sub and name
 * may be NULL: ana, marta or entrada, and a name that goes with it. 0, or -1: ERR_NOT_FOUND (no
 * such role), ERR_INPUT (sub or name), ERR_CONFIG (no key signs). */
MUST_CHECK int demo_token(const struct token_keys *keys, const char *gym, const char *role,
	const char *sub, const char *name, int64_t now_us, struct jsonout *json, struct err *err);
