/* pghosts.h - libpq tries the hosts of a list in order and stays at one that swallows packets; so
 * each attempt of ours starts at the next one. Internal to pglink. Pure. */
#pragma once
#include <stddef.h>

#include "common/auto.h"

struct pghosts {
	char *host, *hostaddr, *port; /* rotated lists, owned; NULL: as in the conninfo */
};

/* by: how many places the first host of the list is moved on, modulo the length. One host, or a
 * conninfo that libpq does not understand (it will say so itself): all NULL. */
void pghosts_init(struct pghosts *hosts, const char *conninfo, unsigned by);
void pghosts_deinit(struct pghosts *hosts);
static inline void pghosts_auto(struct pghosts *hosts)
{
	pghosts_deinit(hosts);
}
