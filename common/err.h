/* err.h - one error, filled by the deepest function, given context on the way up, logged only by the one who decides
 * what happens next. */
#pragma once
#include <stdbool.h>

enum err_code {
	ERR_NONE,
	ERR_INPUT,	  /* what came from outside is malformed */
	ERR_TOO_LARGE,	  /* well-formed perhaps, but over a stated limit */
	ERR_CONFIG,	  /* a setting or a file named by one */
	ERR_DENIED,	  /* not allowed; text says why */
	ERR_EXPIRED,	  /* a token past its time */
	ERR_NOT_FOUND,
	ERR_CONFLICT,
	ERR_IO,		  /* file, socket, broker */
	ERR_DB,		  /* the database said no: sqlstate tells */
	ERR_DB_DOWN,	  /* nothing was sent, or surely nothing was done */
	ERR_DB_UNCERTAIN, /* the server may have done it: retry only what is idempotent */
	ERR_LIMIT,	  /* ask again later */
};

struct err {
	enum err_code code;
	char sqlstate[6]; /* "" unless code is ERR_DB or ERR_DB_UNCERTAIN */
	char text[320];	  /* one line, no trailing full stop */
};

/* Sets *err (err may be NULL) and returns -1, so that `return err_set(...)` reads well. */
int err_set(struct err *err, enum err_code code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Puts "context: " before the text and returns -1. */
int err_wrap(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The name of a code, e.g. "input"; static. */
const char *err_code_name(enum err_code code);
