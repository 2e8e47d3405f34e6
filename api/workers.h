/* workers.h - one process, or WORKERS of them that share the port: a parent that starts each again
 * when it dies. */
#pragma once
#include "common/settings.h"

#define WORKERS_FILES_MAX 1048576
#define EXIT_WRONG_USE	  64 /* as in sysexits.h */
#define EXIT_WRONG_SETTINGS                                                                        \
	78 /* settings, or a database of another schema: trying again is of no use */

/* Runs until SIGTERM or SIGINT; the exit status. */
int workers_run(const struct settings *settings);
