/* resources.h - the handlers of the routes: one C file each resource, one table of all (routes.c).
 */
#pragma once
#include "api/http.h"
#include "api/route.h"

#define HANDLER(name) void name(struct http_request *request, const struct route_places *places)

HANDLER(messages_get); /* messages.c */
HANDLER(messages_post);
HANDLER(receipt_put);
HANDLER(notes_get); /* notes.c */
HANDLER(notes_post);
HANDLER(rooms_get); /* rooms.c */
HANDLER(rooms_post);
HANDLER(room_get); /* room.c */
HANDLER(room_patch);
HANDLER(gym_put);    /* gyms.c */
HANDLER(canned_get); /* canned.c */
HANDLER(canned_put);
HANDLER(presence_get);	    /* presence.c */
HANDLER(search_get);	    /* search.c */
HANDLER(response_time_get); /* stats.c */
HANDLER(me_get);	    /* me.c */
HANDLER(tokens_post);	    /* tokens.c */
HANDLER(tokens_revoke);
HANDLER(livez_get); /* health.c */
HANDLER(readyz_get);
HANDLER(metrics_get); /* metrics.c */
HANDLER(openapi_get); /* openapi.c */
