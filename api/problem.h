/* problem.h - every error code that the HTTP API can answer, and the body that goes with it (RFC
 * 9457). docs/errors.md describes each; a test holds the two together. */
#pragma once
#include <stddef.h>

#include "common/jsonout.h"

struct problem {
	const char *code; /* stable: programs branch on it */
	int status;
	const char *title; /* the same for every occurrence */
};

extern const struct problem problem_table[]; /* ended by a row with code NULL */

/* The row of a code; an unknown code is a programming error (abort). */
const struct problem *problem_find(const char *code);
/* The body: {"type","title","status","code","detail","request_id"}. */
void problem_write(struct jsonout *json, const struct problem *problem, const char *detail,
	const char *request_id);
