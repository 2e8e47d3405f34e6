/* stats.h - how fast a gym's desk answers (docs/api.md "Gyms, presence, response time"): worked out
 * by one function of the database, remembered for STATS_KEEP_MS. One for each process. */
#pragma once
#include "api/http.h"

#define STATS_DAYS    30
#define STATS_KEEP_MS 300000
#define STATS_N_MIN   5 /* fewer answers say nothing */

void stats_deinit(void);
/* Calls then(request) when the gym's figure is known, or cannot be: at once where it is remembered.
 */
void stats_get(
	struct http_request *request, const char *gym, void (*then)(struct http_request *request));
/* {"median_s","p90_s","n"}, or null: too few, or not known. */
void stats_write(struct jsonout *json, const char *gym);
