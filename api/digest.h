/* digest.h - calls the database's digest() (schema/0004_digest.sql) again and again: search words
 * and response times are worked out behind the commit, in small portions with pauses, so that a
 * burst of messages has the machine for itself. One for each process; several may run. */
#pragma once
#include <stdint.h>
#include <uv.h>

void digest_init(uv_loop_t *loop);
void digest_deinit(void);
/* Messages that are stored and not digested yet, as far as this process knows; -1: not known. */
int64_t digest_behind(void);
