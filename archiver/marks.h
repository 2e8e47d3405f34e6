/* marks.h - how far readers have got: what a receipt does to its reader's mark. Pure.
 * Marks move forward only, and 0 <= read <= delivered <= last_seq: what lies above its bound is
 * clamped to it, what is missing stays as it was (docs/guarantees.md "Delivered and read"). */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "common/envelope.h"

struct mark {
	int64_t delivered, read;
	int64_t delivered_at_us, read_at_us; /* of the last advance; 0: never */
};

/* The furthest of all readers of a side (clients or staff) of one room. */
struct mark_side {
	int64_t delivered, read;
};

/* One advance, a row of the table receipts. */
struct mark_advance {
	int64_t delivered, read, at_us;
	bool first_delivered, first_read; /* it moved the side, too */
};

/* 1: mark and side moved, *advance_r says how; 0: nothing moved. */
int marks_apply(struct mark *mark, struct mark_side *side, const struct receipt *receipt,
	int64_t last_seq, int64_t arrived_us, struct mark_advance *advance_r);
/* The time of the mark's last advance; when_us where it has none. */
int64_t marks_at(const struct mark *mark, int64_t when_us);
