#include "api/values.h"

#include <string.h>

const char *values_array(struct arena *arena, const char *const *items, size_t n)
{
	size_t size = 3;
	for (size_t i = 0; i < n; i++)
		size += 2 * strlen(items[i]) + 3;
	char *text = arena_take(arena, size), *at = text;
	*at++ = '{';
	for (size_t i = 0; i < n; i++) {
		at = stpcpy(at, i > 0 ? ",\"" : "\"");
		for (const char *c = items[i]; *c != '\0'; c++) {
			if (*c == '"' || *c == '\\')
				*at++ = '\\';
			*at++ = *c;
		}
		*at++ = '"';
	}
	strcpy(at, "}");
	return text;
}

const char *values_number(struct arena *arena, int64_t n)
{
	return arena_format(arena, "%lld", (long long)n);
}
