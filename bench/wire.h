/* wire.h - just enough of MQTT 3.1.1 for a load generator: builds packets into a buffer and finds
 * them in a stream. No library, so that the generator costs as little as it can beside the system
 * it measures. Not for production use. */
#pragma once
#include <stddef.h>
#include <stdint.h>

enum wire_type {
	WIRE_CONNECT = 1,
	WIRE_CONNACK = 2,
	WIRE_PUBLISH = 3,
	WIRE_PUBACK = 4,
	WIRE_SUBSCRIBE = 8,
	WIRE_SUBACK = 9,
	WIRE_PINGREQ = 12,
	WIRE_PINGRESP = 13,
	WIRE_DISCONNECT = 14
};

struct wire_packet {
	uint8_t type, qos;
	uint16_t id;	   /* of PUBLISH with QoS > 0, PUBACK, SUBACK */
	uint8_t code;	   /* of CONNACK; of SUBACK the first */
	const char *topic; /* of PUBLISH, not NUL-ended */
	size_t topic_len;
	const uint8_t *payload;
	size_t payload_len;
};

/* Each writes one packet to buf, which must have room (topic + payload + 64), and returns its
 * length. */
size_t wire_connect(uint8_t *buf, const char *client_id, const char *username, const char *password,
	uint16_t keepalive);
size_t wire_subscribe(uint8_t *buf, uint16_t id, const char *filter, uint8_t qos);
size_t wire_publish(
	uint8_t *buf, const char *topic, const void *payload, size_t len, uint8_t qos, uint16_t id);
size_t wire_puback(uint8_t *buf, uint16_t id);
size_t wire_pingreq(uint8_t *buf);
/* Bytes of the first whole packet of buf[len], 0 when there is none yet, -1 when this is no MQTT.
 */
long wire_next(const uint8_t *buf, size_t len, struct wire_packet *packet_r);
