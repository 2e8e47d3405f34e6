/* figures.h - the last word of each topic that brokers and programs tell about themselves
 * ($SYS/broker/…, gymchat/state/…), with the time it came. Bounded: a broker that tells more is not
 * listened to. Pure but for memory. */
#pragma once
#include <stddef.h>
#include <stdint.h>

#define FIGURES_MAX	 256
#define FIGURES_NAME_MAX 128
#define FIGURES_TEXT_MAX 2048

struct figure {
	char name[FIGURES_NAME_MAX];
	char text[FIGURES_TEXT_MAX];
	int64_t heard_ms;
};

struct figures {
	struct figure *all[FIGURES_MAX];
	size_t n;
};

void figures_set(
	struct figures *figures, const char *name, const char *text, size_t len, int64_t now_ms);
const struct figure *figures_get(
	const struct figures *figures, const char *name); /* NULL: never heard */
void figures_clear(struct figures *figures);
