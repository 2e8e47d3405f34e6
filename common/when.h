/* when.h - times: microseconds since 1970-01-01 UTC inside, RFC 3339 outside. */
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "common/auto.h"

#define WHEN_TEXT_SIZE 32 /* "2026-11-22T10:41:07.123456Z" and its NUL fit */

int64_t when_now_us(void);	/* wall clock */
int64_t when_mono_ms(void);	/* monotonic */
/* RFC 3339 date-time with a zone, years 1970 to 9999; fraction cut to microseconds; second 60 is 59.999999. -1: not one. */
MUST_CHECK int when_parse(const char *text, size_t len, int64_t *us_r);
/* UTC with "Z" and milliseconds; returns buf. */
char *when_format(int64_t us, char buf[WHEN_TEXT_SIZE]);
