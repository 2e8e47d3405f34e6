#include "api/tokens.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "api/auth.h"
#include "api/body.h"
#include "api/db.h"
#include "api/item.h"
#include "api/resources.h"
#include "common/rand.h"

#define TTL_STANDARD_SEC 3600
#define TTL_MAX_SEC	 (30 * 86400)
#define REFRESH_MS	 5000 /* how soon another process knows of a revocation */
#define CALM_MS		 200  /* between two looks at the list, however often somebody revokes */
#define TELL_EACH	 12 /* looks, until the broker is told again what it should know already */
#define GYM_MAX		 "20000" /* revocations of a gym */

static struct {
	const struct token_keys *keys;
	uv_timer_t refresh;
	uint64_t asked_ms;
	int64_t days;
	unsigned looks;
	bool is_asking, is_wanted; /* wanted: something was revoked since the list was asked for */
} tokens;

/* ---- minting ---- */

static int parse_rooms(
	struct arena *arena, struct json_slice object, struct claims *claims, struct err *err)
{
	enum body_is is;
	const char **rooms;
	size_t n;
	if (body_texts(arena, object, "rooms", TOKEN_ROOMS_MAX, TOPIC_KEY_MAX, &is, &rooms, &n,
		    err) != 0)
		return -1;
	if (n > 0 && claims->role != ROLE_CLIENT && claims->role != ROLE_KIOSK)
		return err_set(err, ERR_INPUT, "rooms are for clients and kiosks: staff see all");
	for (size_t i = 0; i < n; i++) {
		if (!topic_is_key(rooms[i]))
			return err_set(err, ERR_INPUT, "rooms must be 1 to 64 of A-Z a-z 0-9 _ -");
		strcpy(claims->rooms[i], rooms[i]);
	}
	claims->nrooms = (unsigned)n;
	return 0;
}

/* A service gives its gym's people tokens; who may mint is the CRM's own key alone. */
static int parse_role(
	struct arena *arena, struct json_slice object, struct claims *claims, struct err *err)
{
	enum body_is is;
	const char *role;
	if (body_text(arena, object, "role", 16, &is, &role, err) != 0)
		return -1;
	claims->role = is == BODY_THERE ? role_parse(role) : ROLE_NONE;
	if (claims->role == ROLE_NONE || claims->role == ROLE_SERVICE)
		return err_set(err, ERR_INPUT, "role must be client, staff or kiosk");
	return 0;
}

static int parse_who(
	struct arena *arena, struct json_slice object, struct claims *claims, struct err *err)
{
	enum body_is is;
	const char *gym, *sub, *name;
	if (body_key(arena, object, "gym", &is, &gym, err) != 0)
		return -1;
	if (is != BODY_THERE)
		return err_set(err, ERR_INPUT, "gym is missing");
	strcpy(claims->gym, gym);
	if (body_key(arena, object, "sub", &is, &sub, err) != 0)
		return -1;
	if (is != BODY_THERE)
		return err_set(err, ERR_INPUT, "sub is missing");
	strcpy(claims->sub, sub);
	if (body_text(arena, object, "name", 200, &is, &name, err) != 0)
		return -1;
	if (name != NULL && strlen(name) >= TOKEN_NAME_BYTES)
		return err_set(err, ERR_INPUT, "name has over %d bytes", TOKEN_NAME_BYTES - 1);
	if (name != NULL)
		strcpy(claims->name, name);
	return 0;
}

static int parse_claims(
	struct arena *arena, struct json_slice object, struct claims *claims, struct err *err)
{
	enum body_is is;
	int64_t ttl;
	if (body_only(object, "gym|role|sub|name|rooms|ttl", err) != 0 ||
		parse_role(arena, object, claims, err) != 0 ||
		parse_who(arena, object, claims, err) != 0 ||
		parse_rooms(arena, object, claims, err) != 0 ||
		body_number(object, "ttl", 1, TTL_MAX_SEC, &is, &ttl, err) != 0)
		return -1;
	claims->iat = time(NULL);
	claims->exp = claims->iat + (is == BODY_THERE ? ttl : TTL_STANDARD_SEC);
	uuid_v4(claims->jti);
	return 0;
}

static void answer_token(struct http_request *request, const struct claims *claims)
{
	char token[TOKEN_MAX + 1];
	struct err err = {0};
	if (token_sign(tokens.keys, claims, token, sizeof(token), &err) != 0) {
		http_fail(request, "internal", "no token: %s", err.text);
		return;
	}
	struct jsonout *json = http_json();
	jsonout_open(json, '{');
	jsonout_pair(json, "token", token);
	item_pair_time(json, "expires_at", claims->exp * 1000000);
	jsonout_pair(json, "jti", claims->jti);
	jsonout_close(json, '}');
	http_reply_json(request, 201, json);
}

void tokens_post(struct http_request *request, const struct route_places *places)
{
	struct err err = {0};
	struct json_slice object;
	struct claims claims = {0};
	(void)places;
	if (!body_open(request, &object))
		return;
	if (parse_claims(&request->arena, object, &claims, &err) != 0)
		http_fail(request, "invalid", "%s", err.text);
	else if (strcmp(claims.gym, request->claims->gym) != 0)
		http_fail(request, "forbidden", "a service mints tokens for its own gym");
	else
		answer_token(request, &claims);
}

/* ---- revoking ---- */

struct revoking {
	const char *jti, *role, *sub;
	int64_t exp; /* of the token with the jti; 0: not told */
};

static int parse_revoking(
	struct arena *arena, struct json_slice object, struct revoking *revoking, struct err *err)
{
	enum body_is is;
	if (body_only(object, "jti|role|sub|exp", err) != 0 ||
		body_number(object, "exp", 1, TOKEN_EXP_MAX, &is, &revoking->exp, err) != 0 ||
		body_key(arena, object, "jti", &is, &revoking->jti, err) != 0 ||
		body_text(arena, object, "role", 16, &is, &revoking->role, err) != 0 ||
		body_key(arena, object, "sub", &is, &revoking->sub, err) != 0)
		return -1;
	bool has_holder = revoking->role != NULL && revoking->sub != NULL;
	if ((revoking->jti != NULL) == has_holder ||
		(revoking->role == NULL) != (revoking->sub == NULL))
		return err_set(err, ERR_INPUT, "give either jti, or role and sub");
	if (has_holder && revoking->exp > 0)
		return err_set(err, ERR_INPUT, "exp is of the token with the jti");
	if (has_holder && role_parse(revoking->role) == ROLE_NONE)
		return err_set(err, ERR_INPUT, "role must be client, staff, kiosk or service");
	return 0;
}

static void on_revoked(struct http_request *request, PGresult *res)
{
	if (!row_bool((struct row){res, 0}, 0)) {
		http_fail(request, "invalid",
			GYM_MAX
			" are revoked in this gym: revoke by role and sub, and tell a token's exp");
		return;
	}
	tokens_refresh();
	http_reply(request, 204, NULL, NULL, 0, NULL);
}

void tokens_revoke(struct http_request *request, const struct route_places *places)
{
	struct err err = {0};
	struct json_slice object;
	struct revoking revoking = {0};
	(void)places;
	if (!body_open(request, &object))
		return;
	if (parse_revoking(&request->arena, object, &revoking, &err) != 0) {
		http_fail(request, "invalid", "%s", err.text);
		return;
	}
	const char *values[] = {request->claims->gym, revoking.jti, revoking.role, revoking.sub,
		values_number(&request->arena, tokens.days * 86400 + TOKEN_SKEW_SEC),
		revoking.exp == 0 ? NULL
				  : values_number(&request->arena, revoking.exp + TOKEN_SKEW_SEC),
		GYM_MAX};
	db_ask(request, SQL_REVOKE, values, on_revoked);
}

/* ---- remembering ---- */

static void take_text(char *to, size_t size, const char *from)
{
	snprintf(to, size, "%s", from == NULL ? "" : from);
}

static void take(struct revocations *list, struct row row)
{
	const char *role = row_text(row, 2);
	struct revocation one = {
		.role = role == NULL ? ROLE_NONE : role_parse(role), .iat_max = row_int(row, 4)};
	take_text(one.gym, sizeof(one.gym), row_text(row, 0));
	take_text(one.jti, sizeof(one.jti), row_text(row, 1));
	take_text(one.sub, sizeof(one.sub), row_text(row, 3));
	revocations_add(list, &one);
}

static void on_rows(void *ctx, PGresult *res, const struct err *err)
{
	struct revocations list = {0};
	(void)ctx;
	(void)err;
	tokens.is_asking = false;
	for (int i = 0; res != NULL && i < PQntuples(res); i++)
		take(&list, (struct row){res, i});
	if (res != NULL)
		auth_set_revocations(&list);
	if (tokens.is_wanted)
		tokens_refresh();
}

/* Always the whole list: an id is taken before its row can be seen, so "newer than the last" would
 * miss some. */
static void look(void)
{
	if (tokens.is_asking || !db_is_up())
		return;
	tokens.is_asking = true;
	tokens.is_wanted = false;
	tokens.asked_ms = uv_now(tokens.refresh.loop);
	db_run(SQL_REVOCATIONS, NULL, on_rows, NULL);
}

static void on_refresh(uv_timer_t *timer)
{
	(void)timer;
	look();
	/* It may have lost a part of the list. */
	if (++tokens.looks % TELL_EACH == 0)
		auth_tell_revocations();
}

/* The list may be long: who revokes a thousand a second has it read five times. */
void tokens_refresh(void)
{
	uint64_t passed_ms = uv_now(tokens.refresh.loop) - tokens.asked_ms;
	tokens.is_wanted = true;
	if (passed_ms >= CALM_MS)
		look();
	else
		uv_timer_start(&tokens.refresh, on_refresh, CALM_MS - passed_ms, REFRESH_MS);
}

void tokens_init(uv_loop_t *loop, const struct settings *settings, const struct token_keys *keys)
{
	tokens.keys = keys;
	tokens.days = settings_number(settings, "TOKEN_DAYS");
	uv_timer_init(loop, &tokens.refresh);
	uv_timer_start(&tokens.refresh, on_refresh, REFRESH_MS, REFRESH_MS);
}

void tokens_deinit(void)
{
	uv_close((uv_handle_t *)&tokens.refresh, NULL);
}
