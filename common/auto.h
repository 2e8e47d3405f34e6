/* auto.h - scope-bound release and a few words used everywhere. */
#pragma once
#include <stddef.h>

/* AUTO(kind) T *p = acquire(): released by kind_auto(&p) when the scope ends. A module that hands out something to
 * be released defines `static inline void kind_auto(T **p)` beside it. */
#define AUTO(kind) __attribute__((cleanup(kind##_auto)))
/* Hands a pointer over: yields it and leaves NULL behind, so that AUTO releases nothing. */
#define TAKE(p) \
	({ \
		__typeof__(p) taken_ = (p); \
		(p) = NULL; \
		taken_; \
	})
#define MUST_CHECK __attribute__((warn_unused_result))
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define BIT(n) (1u << (n))
