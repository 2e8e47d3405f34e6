/* routes.h - the table of all routes of the API; docs/openapi.yaml describes each, a test holds the
 * two together. */
#pragma once
#include "api/route.h"

extern const struct route routes_table[];
extern const size_t routes_count;
