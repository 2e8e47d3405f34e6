/* metrics.h - puts what is only known inside of this process into its tally, for /metrics of its
 * siblings. */
#pragma once

void metrics_update(void); /* once a second */
