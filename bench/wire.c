#include "bench/wire.h"

#include <string.h>

static size_t put_length(uint8_t *at, size_t n)
{
	size_t used = 0;
	do {
		at[used] = n & 0x7f;
		n >>= 7;
		if (n > 0)
			at[used] |= 0x80;
		used++;
	} while (n > 0);
	return used;
}

static uint8_t *put_u16(uint8_t *at, uint16_t n)
{
	*at++ = n >> 8;
	*at++ = n & 0xff;
	return at;
}

static uint8_t *put_text(uint8_t *at, const char *text)
{
	size_t len = strlen(text);
	at = put_u16(at, (uint16_t)len);
	memcpy(at, text, len);
	return at + len;
}

static uint8_t *put_head(uint8_t *buf, uint8_t first, size_t rest)
{
	buf[0] = first;
	return buf + 1 + put_length(buf + 1, rest);
}

size_t wire_connect(uint8_t *buf, const char *client_id, const char *username, const char *password,
	uint16_t keepalive)
{
	size_t rest = 10 + 2 + strlen(client_id) + 2 + strlen(username) + 2 + strlen(password);
	uint8_t *at = put_head(buf, WIRE_CONNECT << 4, rest);
	at = put_text(at, "MQTT");
	*at++ = 4;    /* 3.1.1 */
	*at++ = 0xc2; /* username, password, clean session */
	at = put_u16(at, keepalive);
	at = put_text(at, client_id);
	at = put_text(at, username);
	at = put_text(at, password);
	return (size_t)(at - buf);
}

size_t wire_subscribe(uint8_t *buf, uint16_t id, const char *filter, uint8_t qos)
{
	uint8_t *at = put_head(buf, WIRE_SUBSCRIBE << 4 | 2, 2 + 2 + strlen(filter) + 1);
	at = put_u16(at, id);
	at = put_text(at, filter);
	*at++ = qos;
	return (size_t)(at - buf);
}

size_t wire_publish(
	uint8_t *buf, const char *topic, const void *payload, size_t len, uint8_t qos, uint16_t id)
{
	uint8_t *at = put_head(buf, (uint8_t)(WIRE_PUBLISH << 4 | qos << 1),
		2 + strlen(topic) + (qos > 0 ? 2 : 0) + len);
	at = put_text(at, topic);
	if (qos > 0)
		at = put_u16(at, id);
	memcpy(at, payload, len);
	return (size_t)(at + len - buf);
}

size_t wire_puback(uint8_t *buf, uint16_t id)
{
	return (size_t)(put_u16(put_head(buf, WIRE_PUBACK << 4, 2), id) - buf);
}

size_t wire_pingreq(uint8_t *buf)
{
	return (size_t)(put_head(buf, WIRE_PINGREQ << 4, 0) - buf);
}

/* Where the body begins and how long it is; 0 when the length is not there yet, -1 when it has five
 * bytes. */
static int get_length(const uint8_t *buf, size_t len, size_t *head_r, size_t *rest_r)
{
	size_t rest = 0;
	for (size_t i = 1; i < 5; i++) {
		if (i >= len)
			return 0;
		rest |= (size_t)(buf[i] & 0x7f) << (7 * (i - 1));
		if ((buf[i] & 0x80) == 0) {
			*head_r = i + 1;
			*rest_r = rest;
			return 1;
		}
	}
	return -1;
}

static uint16_t get_u16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static int get_publish(const uint8_t *body, size_t rest, struct wire_packet *p)
{
	if (rest < 2)
		return -1;
	p->topic_len = get_u16(body);
	size_t at = 2 + p->topic_len + (p->qos > 0 ? 2 : 0);
	if (at > rest)
		return -1;
	p->topic = (const char *)body + 2;
	p->id = p->qos > 0 ? get_u16(body + 2 + p->topic_len) : 0;
	p->payload = body + at;
	p->payload_len = rest - at;
	return 0;
}

long wire_next(const uint8_t *buf, size_t len, struct wire_packet *p)
{
	size_t head, rest;
	int rc = len < 2 ? 0 : get_length(buf, len, &head, &rest);
	if (rc <= 0)
		return rc;
	if (len < head + rest)
		return 0;
	const uint8_t *body = buf + head;
	*p = (struct wire_packet){.type = buf[0] >> 4, .qos = buf[0] >> 1 & 3};
	if (p->type == WIRE_PUBLISH && get_publish(body, rest, p) != 0)
		return -1;
	if ((p->type == WIRE_PUBACK || p->type == WIRE_SUBACK) && rest >= 2)
		p->id = get_u16(body);
	if (p->type == WIRE_CONNACK && rest >= 2)
		p->code = body[1];
	if (p->type == WIRE_SUBACK && rest >= 3)
		p->code = body[2];
	return (long)(head + rest);
}
