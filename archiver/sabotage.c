#include "archiver/sabotage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VARIABLE "GYMCHAT_TEST_SABOTAGE"

static const char *const words[] = {
	[SABOTAGE_EARLY_ACK] = "early-ack",
	[SABOTAGE_NO_DEDUPE] = "no-dedupe",
	[SABOTAGE_BROKEN_ORDER] = "broken-order",
};
static int chosen = -1;

/* Before main, and out of the environment: it is no setting. */
__attribute__((constructor)) static void sabotage_read(void)
{
	const char *word = getenv(VARIABLE);
	for (size_t i = 0; word != NULL && i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(word, words[i]) == 0)
			chosen = (int)i;
	}
	if (word == NULL || chosen < 0) {
		fputs("gymchat-archiver-sabotage: " VARIABLE
		      " is early-ack, no-dedupe or broken-order\n",
			stderr);
		exit(2);
	}
	unsetenv(VARIABLE);
}

bool sabotage_is(enum sabotage mode)
{
	return chosen == (int)mode;
}
