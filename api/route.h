/* route.h - the table of routes: which method and path is which handler, and who may ask. Pure:
 * knows neither sockets nor tokens. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "api/method.h"
#include "common/auto.h"
#include "common/topic.h"

#define ROUTE_OPEN    BIT(ROLE_NONE) /* no token is asked for */
#define ROUTE_CLIENT  BIT(ROLE_CLIENT)
#define ROUTE_STAFF   BIT(ROLE_STAFF)
#define ROUTE_KIOSK   BIT(ROLE_KIOSK)
#define ROUTE_SERVICE BIT(ROLE_SERVICE)
#define ROUTE_DESK    (ROUTE_STAFF | ROUTE_SERVICE) /* what staff may, the gym's CRM may */
#define ROUTE_PEOPLE  (ROUTE_CLIENT | ROUTE_STAFF | ROUTE_SERVICE) /* who can read a room */
#define ROUTE_ALL     (ROUTE_PEOPLE | ROUTE_KIOSK)

struct http_request;

/* What stood in the places of a pattern: "" where the pattern has no such place. A value is a key
 * of the topic grammar, or is_malformed is set and the value is "". */
struct route_places {
	char gym[TOPIC_KEY_MAX + 1];
	char room[TOPIC_KEY_MAX + 1];
	bool is_malformed;
};

struct route {
	enum http_method method;
	const char *pattern;  /* "/v1/gyms/{gym}/rooms/{room}/messages" */
	unsigned roles;	      /* bits of ROUTE_...; ROUTE_OPEN alone: no token */
	size_t body_max;      /* bytes; 0: the route takes no body and ignores one */
	bool is_for_any_room; /* a kiosk may name any room but other kiosks' */
	/* Answers now or later. The room of the path is one that the token may enter. */
	void (*handle)(struct http_request *request, const struct route_places *places);
};

/* Finds the route of a path among routes[nroutes]; HEAD finds GET's. NULL: allowed_r has the bits
 * BIT(enum http_method) of the methods that this path has; none: there is no such path. */
const struct route *route_find(const struct route *routes, size_t nroutes, enum http_method method,
	const char *path, struct route_places *places_r, unsigned *allowed_r);
/* "GET, HEAD, PUT, OPTIONS" for the Allow field; returns buf. */
char *route_allow(unsigned allowed, char *buf, size_t size);
