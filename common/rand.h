/* rand.h - random bytes, ids and jitter from getrandom(2). */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void rand_bytes(void *buf, size_t len);
/* 0 .. bound-1, uniform; bound > 0 */
uint32_t rand_below(uint32_t bound);
/* Full jitter: a random delay in [0, min(cap_ms, base_ms * 2^attempt)], at least 1. */
int rand_backoff_ms(int base_ms, int cap_ms, unsigned attempt);

#define UUID_TEXT_SIZE 37
void uuid_v4(char buf[UUID_TEXT_SIZE]);
void uuid_v7(int64_t now_us, char buf[UUID_TEXT_SIZE]);
/* Lower-case, hyphenated, version 4 or 7, RFC variant: the only spelling that gymchat takes. */
bool uuid_is_valid(const char *text, size_t len);
