/* auth.h - who asks, and whether they may: from the token alone. A token that was good is
 * remembered until it ends. One for each process. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "api/http.h"
#include "api/route.h"
#include "common/revocations.h"
#include "common/settings.h"
#include "common/token.h"

MUST_CHECK int auth_init(
	const struct settings *settings, const struct token_keys *keys, struct err *err);
void auth_deinit(void);
/* Sets request->claims; false: the request has been answered (401, 403 or 429). Another gym, a room
 * that is not one's own: 403 whether it exists or not. */
bool auth_check(
	struct http_request *request, const struct route *route, const struct route_places *places);
/* Staff, and the services that do in their gym what staff may. */
static inline bool auth_is_desk(const struct claims *claims)
{
	return claims->role == ROLE_STAFF || claims->role == ROLE_SERVICE;
}
/* The tokens that are revoked now: takes the list over (leaves it empty) and tells the broker where
 * it is another than before. */
void auth_set_revocations(struct revocations *list);
/* Tells the broker again, which forgets them when it ends. */
void auth_tell_revocations(void);
