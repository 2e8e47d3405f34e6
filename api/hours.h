/* hours.h - when a gym is open: {"mon":[["07:00","14:00"],["16:00","22:00"]],"sun":[]}, in its own
 * time zone. Days that are missing are closed days; {} means that nothing is told. Pure. */
#pragma once
#include "common/auto.h"
#include "common/err.h"
#include "common/jsonscan.h"

#define HOURS_SPANS_MAX 8 /* of a day */

/* A checked object: days by name, spans that rise and do not overlap, "24:00" for the end of the
 * day. */
MUST_CHECK int hours_check(struct json_slice hours, struct err *err);
