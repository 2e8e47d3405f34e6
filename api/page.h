/* page.h - which page of a room's messages or notes is asked for: ?before=, ?after=, ?limit=,
 * ?wait=. Pure. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "common/auto.h"
#include "common/err.h"

#define PAGE_LIMIT_STANDARD 50
#define PAGE_LIMIT_MAX	    200
#define PAGE_WAIT_MAX_SEC   25

struct page {
	bool is_after; /* the messages that follow seq, oldest first; else those before it, newest
			  first */
	int64_t seq;   /* exclusive; without before and after: above every seq */
	int64_t limit;
	int64_t wait_sec; /* 0: answer at once; only with after */
};

/* -1: *code_r says which problem (problem.h), *err in words. */
MUST_CHECK int page_parse(
	const char *const *query, struct page *page_r, const char **code_r, struct err *err);
