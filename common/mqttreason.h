/* mqttreason.h - why a connection to the broker did not come about or ended, in words and as an
 * error code. Pure. Internal to mqttconn. */
#pragma once
#include <stdbool.h>

#include "common/err.h"

/* The broker's CONNACK says no. rc: of MQTT 5 or, where the connection is not is_v5, of 3.1.1.
 * ERR_DENIED where it is the token that the broker does not want, else ERR_IO. */
void mqttreason_of_refusal(bool is_v5, int rc, struct err *why);
/* Whether that means that the broker does not know MQTT 5. */
bool mqttreason_is_old_broker(bool is_v5, int rc);
/* It is over. rc: what libmosquitto returned, or from 128 on the broker's reason; system_error:
 * errno right after it. */
void mqttreason_of_end(bool is_before_connack, int rc, int system_error, struct err *why);
