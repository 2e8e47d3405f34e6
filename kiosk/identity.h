/* identity.h - who the kiosk's token says it is. The signature is the broker's business: here the
 * claims are only read, for the username and the topics. Pure. */
#pragma once
#include <stdint.h>

#include "common/auto.h"
#include "common/err.h"
#include "common/topic.h"

struct identity {
	char gym[TOPIC_KEY_MAX + 1], sub[TOPIC_KEY_MAX + 1];
	int64_t exp; /* seconds since 1970 */
};

/* -1: ERR_CONFIG: no JWT of gymchat, or of another role than kiosk. err->text never holds the
 * token. */
MUST_CHECK int identity_read(const char *token, struct identity *identity_r, struct err *err);
