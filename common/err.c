#include "common/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* len without the bytes of a character that was cut short: errors end up in JSON. */
static size_t whole_characters(const char *text, size_t len)
{
	size_t lead = len;
	while (lead > 0 && len - lead < 4 && (text[lead - 1] & 0xc0) == 0x80)
		lead--;
	if (lead == 0 || (text[lead - 1] & 0xc0) != 0xc0)
		return len;
	unsigned char c = (unsigned char)text[--lead];
	size_t need = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
	return len - lead < need ? lead : len;
}

/* Puts text into err as one line, cut where it must be: a library's message may end in a newline or
 * span lines. */
static void err_put(struct err *err, const char *text)
{
	size_t len = whole_characters(text, strnlen(text, sizeof(err->text) - 1));
	while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == ' '))
		len--;
	for (size_t i = 0; i < len; i++) {
		bool is_break = text[i] == '\n' || text[i] == '\r' || text[i] == '\t';
		err->text[i] = is_break ? ' ' : text[i];
	}
	err->text[len] = '\0';
}

int err_set(struct err *err, enum err_code code, const char *fmt, ...)
{
	if (err == NULL)
		return -1;
	char text[sizeof(err->text)]; /* arguments may point into err->text */
	va_list args;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	err->code = code;
	err->sqlstate[0] = '\0';
	err_put(err, text);
	return -1;
}

int err_wrap(struct err *err, const char *fmt, ...)
{
	if (err == NULL)
		return -1;
	char context[sizeof(err->text)], whole[2 * sizeof(err->text) + 2];
	va_list args;
	va_start(args, fmt);
	vsnprintf(context, sizeof(context), fmt, args);
	va_end(args);
	snprintf(whole, sizeof(whole), "%s: %s", context, err->text);
	err_put(err, whole);
	return -1;
}

const char *err_code_name(enum err_code code)
{
	switch (code) {
	case ERR_NONE: return "none";
	case ERR_INPUT: return "input";
	case ERR_TOO_LARGE: return "too_large";
	case ERR_CONFIG: return "config";
	case ERR_DENIED: return "denied";
	case ERR_EXPIRED: return "expired";
	case ERR_NOT_FOUND: return "not_found";
	case ERR_CONFLICT: return "conflict";
	case ERR_IO: return "io";
	case ERR_DB: return "db";
	case ERR_DB_DOWN: return "db_down";
	case ERR_DB_UNCERTAIN: return "db_uncertain";
	case ERR_LIMIT: return "limit";
	}
	return "unknown";
}
