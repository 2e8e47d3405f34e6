#include "api/routes.h"

#include "api/resources.h"
#include "common/envelope.h"

#define GYM  "/v1/gyms/{gym}"
#define ROOM GYM "/rooms/{room}"
#define KB   1024

/* One row a route, a table to be read across: not for clang-format. */
/* clang-format off */
const struct route routes_table[] = {
	/* the most asked first */
	{HTTP_GET,   ROOM "/messages",           ROUTE_ALL,     0,       .handle = messages_get},
	{HTTP_POST,  ROOM "/messages",           ROUTE_ALL,     HTTP_BODY_MAX, .is_for_any_room = true, .handle = messages_post},
	{HTTP_PUT,   ROOM "/receipt",            ROUTE_CLIENT | ROUTE_STAFF, 4 * KB, .handle = receipt_put},
	{HTTP_GET,   GYM "/rooms",               ROUTE_PEOPLE,  0,       .handle = rooms_get},
	{HTTP_POST,  GYM "/rooms",               ROUTE_DESK,    16 * KB, .handle = rooms_post},
	{HTTP_GET,   ROOM,                       ROUTE_PEOPLE,  0,       .handle = room_get},
	{HTTP_PATCH, ROOM,                       ROUTE_DESK,    16 * KB, .handle = room_patch},
	{HTTP_GET,   ROOM "/notes",              ROUTE_DESK,    0,       .handle = notes_get},
	{HTTP_POST,  ROOM "/notes",              ROUTE_DESK,    HTTP_BODY_MAX, .handle = notes_post},
	{HTTP_PUT,   GYM,                        ROUTE_SERVICE, 64 * KB, .handle = gym_put},
	{HTTP_GET,   GYM "/canned",              ROUTE_DESK,    0,       .handle = canned_get},
	{HTTP_PUT,   GYM "/canned",              ROUTE_DESK,    64 * KB, .handle = canned_put},
	{HTTP_GET,   GYM "/presence",            ROUTE_PEOPLE,  0,       .handle = presence_get},
	{HTTP_GET,   GYM "/search",              ROUTE_DESK,    0,       .handle = search_get},
	{HTTP_GET,   GYM "/stats/response-time", ROUTE_PEOPLE,  0,       .handle = response_time_get},
	{HTTP_GET,   "/v1/me",                   ROUTE_ALL,     0,       .handle = me_get},
	{HTTP_POST,  "/v1/tokens",               ROUTE_SERVICE, 16 * KB, .handle = tokens_post},
	{HTTP_POST,  "/v1/tokens/revoke",        ROUTE_SERVICE, 4 * KB,  .handle = tokens_revoke},
	{HTTP_GET,   "/livez",                   ROUTE_OPEN,    0,       .handle = livez_get},
	{HTTP_GET,   "/readyz",                  ROUTE_OPEN,    0,       .handle = readyz_get},
	{HTTP_GET,   "/metrics",                 ROUTE_OPEN,    0,       .handle = metrics_get},
	{HTTP_GET,   "/openapi.yaml",            ROUTE_OPEN,    0,       .handle = openapi_get},
};
/* clang-format on */
const size_t routes_count = COUNT(routes_table);
