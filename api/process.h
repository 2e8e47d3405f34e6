/* process.h - one API process from its start to its end: the parts in the order in which they need
 * each other. */
#pragma once
#include "common/settings.h"

/* worker: 0 alone, 1.. one of several. Runs until SIGTERM or SIGINT (a second one stops at once);
 * the exit status. */
int process_run(const struct settings *settings, unsigned worker);
