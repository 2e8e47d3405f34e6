#include "api/problem.h"

#include <stdlib.h>
#include <string.h>

const struct problem problem_table[] = {
	{"invalid", 400, "The request is malformed"},
	{"invalid_json", 400, "The body is not JSON"},
	{"cursor_invalid", 400, "The cursor is malformed"},
	{"cursor_ahead", 400, "The cursor is ahead of the room"},
	{"token_missing", 401, "A token is needed"},
	{"token_invalid", 401, "The token is not good"},
	{"token_expired", 401, "The token has expired"},
	{"forbidden", 403, "The token does not allow this"},
	{"origin_denied", 403, "This origin may not use the server"},
	{"not_found", 404, "There is no such thing"},
	{"method_not_allowed", 405, "The path has no such method"},
	{"body_timeout", 408, "The body did not come in time"},
	{"conflict", 409, "The id is taken by another message"},
	{"length_required", 411, "The length of the body is needed"},
	{"too_large", 413, "The body is too large"},
	{"url_too_long", 414, "The address is too long"},
	{"media_type", 415, "The body must be JSON"},
	{"too_broad", 422, "The search takes too long"},
	{"rate_limited", 429, "Too many requests"},
	{"headers_too_large", 431, "The headers are too large"},
	{"internal", 500, "The server made a mistake"},
	{"database_unavailable", 503, "The archive is not reachable"},
	{"broker_unavailable", 503, "The broker is not reachable"},
	{"overloaded", 503, "The server has too much to do"},
	{"too_many_clients", 503, "There is no room for another client"},
	{"stopping", 503, "The server is about to stop"},
	{NULL, 0, NULL},
};

const struct problem *problem_find(const char *code)
{
	const struct problem *problem = problem_table;
	while (problem->code != NULL && strcmp(problem->code, code) != 0)
		problem++;
	if (problem->code == NULL)
		abort();
	return problem;
}

void problem_write(struct jsonout *json, const struct problem *problem, const char *detail,
	const char *request_id)
{
	jsonout_open(json, '{');
	jsonout_pair(json, "type", "about:blank");
	jsonout_pair(json, "title", problem->title);
	jsonout_pair_int(json, "status", problem->status);
	jsonout_pair(json, "code", problem->code);
	jsonout_pair(json, "detail", detail);
	jsonout_pair(json, "request_id", request_id);
	jsonout_close(json, '}');
}
