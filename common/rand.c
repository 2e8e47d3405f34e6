#include "common/rand.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

void rand_bytes(void *buf, size_t len)
{
	uint8_t *at = buf;
	while (len > 0) {
		ssize_t n = getrandom(at, len, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			abort(); /* no kernel that we run on lacks it; weak ids are worse than none
				  */
		at += n;
		len -= (size_t)n;
	}
}

uint32_t rand_below(uint32_t bound)
{
	uint32_t reject_below = -bound % bound; /* 2^32 mod bound: the uneven rest */
	uint32_t n;
	do {
		rand_bytes(&n, sizeof(n));
	} while (n < reject_below);
	return n % bound;
}

int rand_backoff_ms(int base_ms, int cap_ms, unsigned attempt)
{
	int64_t most = base_ms;
	for (unsigned i = 0; i < attempt && most < cap_ms; i++)
		most *= 2;
	if (most > cap_ms)
		most = cap_ms;
	if (most < 1)
		return 1;
	uint32_t delay = rand_below((uint32_t)most + 1);
	return delay > 0 ? (int)delay : 1;
}

static void uuid_format(const uint8_t bytes[16], char buf[UUID_TEXT_SIZE])
{
	static const char hex[] = "0123456789abcdef";
	char *at = buf;
	for (int i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*at++ = '-';
		*at++ = hex[bytes[i] >> 4];
		*at++ = hex[bytes[i] & 15];
	}
	*at = '\0';
}

void uuid_v4(char buf[UUID_TEXT_SIZE])
{
	uint8_t bytes[16];
	rand_bytes(bytes, sizeof(bytes));
	bytes[6] = (bytes[6] & 0x0f) | 0x40;
	bytes[8] = (bytes[8] & 0x3f) | 0x80;
	uuid_format(bytes, buf);
}

void uuid_v7(int64_t now_us, char buf[UUID_TEXT_SIZE])
{
	uint8_t bytes[16];
	rand_bytes(bytes + 8, 8);
	int64_t ms = now_us / 1000;
	for (int i = 0; i < 6; i++)
		bytes[i] = (uint8_t)(ms >> (40 - 8 * i));
	/* RFC 9562 method 3: the part of the millisecond in the 12 bits after the version keeps ids
	 * in order */
	unsigned part = (unsigned)(now_us % 1000) * 4096 / 1000;
	bytes[6] = (uint8_t)(0x70 | part >> 8);
	bytes[7] = (uint8_t)part;
	bytes[8] = (bytes[8] & 0x3f) | 0x80;
	uuid_format(bytes, buf);
}

bool uuid_is_valid(const char *text, size_t len)
{
	if (len != UUID_TEXT_SIZE - 1)
		return false;
	for (size_t i = 0; i < len; i++) {
		char c = text[i];
		bool is_hyphen = i == 8 || i == 13 || i == 18 || i == 23;
		bool is_hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
		if (is_hyphen ? c != '-' : !is_hex)
			return false;
	}
	char variant = text[19];
	return (text[14] == '4' || text[14] == '7') &&
	       (variant == '8' || variant == '9' || variant == 'a' || variant == 'b');
}
