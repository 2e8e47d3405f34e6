/* sabotage.h - how to break the archiver's promises on purpose, so that the fault checker can be
 * seen to notice (tests/faults). Only the program gymchat-archiver-sabotage is compiled with
 * GYMCHAT_TEST_SABOTAGE; its environment variable of the same name holds the mode's word. Elsewhere
 * nothing of it exists. */
#pragma once
#include <stdbool.h>

enum sabotage {
	SABOTAGE_EARLY_ACK, /* early-ack: PUBACKs leave before the COMMIT */
	SABOTAGE_NO_DEDUPE, /* no-dedupe: a message that is there already is stored again (where the
			       schema lets it) */
	SABOTAGE_BROKEN_ORDER /* broken-order: the messages of a room get their seqs in reverse,
				 batch by batch */
};

#ifdef GYMCHAT_TEST_SABOTAGE
bool sabotage_is(enum sabotage mode);
#else
static inline bool sabotage_is(enum sabotage mode)
{
	(void)mode;
	return false;
}
#endif
