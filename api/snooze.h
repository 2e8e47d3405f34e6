/* snooze.h - rooms whose snooze is over go back to the inbox, and everybody who is there is told.
 * One for each process; several may run: each room is taken by one. */
#pragma once
#include <uv.h>

void snooze_init(uv_loop_t *loop);
void snooze_deinit(void);
