/* health.h - whether this process lives and can work, for supervisors, probes and READY_FILE. One
 * for each process. */
#pragma once
#include <stdbool.h>

#include "common/settings.h"

/* Writes READY_FILE ("waiting: starting") where the setting is there and is_first. */
void health_init(const struct settings *settings, bool is_first);
/* Something has changed: looks anew, says so once. */
void health_update(void);
/* "waiting: stopping" */
void health_stop(void);
