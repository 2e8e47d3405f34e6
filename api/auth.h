/* auth.h - who asks, and whether they may: from the token alone. A token that was good is
 * remembered until it ends. One for each process. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "api/http.h"
#include "api/route.h"
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
/* A revoked token: that with the jti, or all of role and sub that were issued up to iat_max. */
struct auth_revocation {
	char gym[TOPIC_KEY_MAX + 1];
	char jti[TOPIC_KEY_MAX + 1]; /* "": by role and sub */
	char sub[TOPIC_KEY_MAX + 1];
	enum role role;
	int64_t iat_max;
};
/* All that are in force; copied. */
void auth_set_revocations(const struct auth_revocation *all, size_t n);
