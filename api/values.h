/* values.h - parameters of statements as text, in an arena. Pure. */
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "api/arena.h"

/* An array of texts as PostgreSQL writes it, {"a","b"}. */
const char *values_array(struct arena *arena, const char *const *items, size_t n);
const char *values_number(struct arena *arena, int64_t n);
