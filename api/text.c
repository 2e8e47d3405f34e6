#include "api/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/must.h"

#define FIRST_SIZE 4096

void text_init(struct text *out)
{
	*out = (struct text){.text = must(malloc(FIRST_SIZE)), .size = FIRST_SIZE};
	out->text[0] = '\0';
}

void text_add(struct text *out, const char *fmt, ...)
{
	for (;;) {
		va_list args;
		va_start(args, fmt);
		int n = vsnprintf(out->text + out->len, out->size - out->len, fmt, args);
		va_end(args);
		if (n < 0)
			abort();
		if ((size_t)n < out->size - out->len) {
			out->len += (size_t)n;
			return;
		}
		out->size = out->size * 2 + (size_t)n;
		out->text = must(realloc(out->text, out->size));
	}
}
