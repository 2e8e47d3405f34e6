/* jsonout.h - writes JSON text into a growing buffer: for answers and notices, where building a cJSON tree first
 * would cost more than the work itself. Strings are escaped; raw puts text that is already JSON. Commas are the
 * writer's business. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct jsonout {
	char *text; /* NUL-ended, owned; take it with TAKE or release with jsonout_deinit */
	size_t len, size;
	bool comma; /* whether the next value wants one */
};

void jsonout_init(struct jsonout *out);
void jsonout_reset(struct jsonout *out); /* empties, keeps the memory */
void jsonout_deinit(struct jsonout *out);
static inline void jsonout_auto(struct jsonout *out) { jsonout_deinit(out); }

void jsonout_open(struct jsonout *out, char bracket);  /* '{' or '[' */
void jsonout_close(struct jsonout *out, char bracket); /* '}' or ']' */
void jsonout_key(struct jsonout *out, const char *key);
void jsonout_string(struct jsonout *out, const char *text); /* NULL: null */
void jsonout_string_n(struct jsonout *out, const char *text, size_t len);
void jsonout_int(struct jsonout *out, int64_t n);
void jsonout_real(struct jsonout *out, double n);
void jsonout_bool(struct jsonout *out, bool b);
void jsonout_null(struct jsonout *out);
void jsonout_raw(struct jsonout *out, const char *json, size_t len);
/* key and value in one call */
void jsonout_pair(struct jsonout *out, const char *key, const char *text);
void jsonout_pair_int(struct jsonout *out, const char *key, int64_t n);
