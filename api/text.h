/* text.h - a text that grows as it is written. */
#pragma once
#include <stddef.h>

struct text {
	char *text; /* NUL-ended, malloc'ed: the owner frees it */
	size_t len, size;
};

void text_init(struct text *out);
void text_add(struct text *out, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
