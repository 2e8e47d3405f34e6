#include "archiver/marks.h"

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t most(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

int marks_apply(struct mark *mark, struct mark_side *side, const struct receipt *receipt,
	int64_t last_seq, int64_t arrived_us, struct mark_advance *advance_r)
{
	/* A missing one is -1, which never moves anything. */
	int64_t delivered = most(mark->delivered, least(receipt->delivered, last_seq));
	int64_t read = most(mark->read, least(receipt->read, delivered));
	if (delivered == mark->delivered && read == mark->read)
		return 0;
	int64_t at = receipt->at_us > 0 ? least(receipt->at_us, arrived_us) : arrived_us;
	*advance_r = (struct mark_advance){
		delivered, read, at, delivered > side->delivered, read > side->read};
	if (delivered > mark->delivered)
		mark->delivered_at_us = at;
	if (read > mark->read)
		mark->read_at_us = at;
	mark->delivered = delivered;
	mark->read = read;
	side->delivered = most(side->delivered, delivered);
	side->read = most(side->read, read);
	return 1;
}

int64_t marks_at(const struct mark *mark, int64_t when_us)
{
	int64_t at = most(mark->delivered_at_us, mark->read_at_us);
	return at > 0 ? at : when_us;
}
