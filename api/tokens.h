/* tokens.h - minting and revoking tokens, and remembering what was revoked. One for each process.
 */
#pragma once
#include <uv.h>

#include "common/settings.h"
#include "common/token.h"

/* keys: borrowed for the process's life. */
void tokens_init(uv_loop_t *loop, const struct settings *settings, const struct token_keys *keys);
void tokens_deinit(void);
/* The database can be asked (again): reads what was revoked elsewhere. */
void tokens_refresh(void);
