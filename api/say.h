/* say.h - publishes for a bearer without MQTT, and waits until the archive has it: messages, notes
 * and marks. */
#pragma once
#include "api/http.h"
#include "common/topic.h"

#define SAY_LOOK_MS 1500 /* no notice until then: it may have been lost, look in the archive */
#define SAY_MAX_MS  5000 /* nor then: the archive is behind */

/* The body is the envelope, TOPIC_MSG or TOPIC_NOTE. 201 stored, 202 the broker has it, 503 nobody
 * has; the id is the idempotency key. */
void say_message(struct http_request *request, const char *room, enum topic_kind kind);
/* The body is a receipt. 200 with the mark as it stands, 202, 503. */
void say_receipt(struct http_request *request, const char *room);
