/* origin.h - which browser origins may use this server: that of PUBLIC_URL and those of ORIGINS.
 * Shared by CORS and by the WebSocket edge. One list a process. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"
#include "common/settings.h"

MUST_CHECK int origin_init(const struct settings *settings, struct err *err);
void origin_deinit(void);
/* origin: value of the Origin header; NULL (no browser) is allowed. */
bool origin_is_allowed(const char *origin);
/* Origin of a URL ("https://chat.gym/x" -> "https://chat.gym") into buf; -1: not http(s) or ws(s).
 */
MUST_CHECK int origin_of_url(const char *url, char *buf, size_t size);
/* The list: 0 is the server's own (PUBLIC_URL), NULL past the end. */
const char *origin_at(unsigned i);
