#include "api/stats.h"

#include <stdlib.h>
#include <string.h>

#include "api/db.h"
#include "api/query.h"
#include "api/resources.h"
#include "common/must.h"
#include "common/when.h"

#define GYMS_MAX 1024 /* remembered; then the oldest goes */

struct answer_time {
	char gym[TOPIC_KEY_MAX + 1];
	int64_t known_ms; /* when it was worked out; 0: never */
	double median_s, p90_s;
	int64_t n;
};

static struct {
	struct answer_time *all;
	size_t n;
} stats;

void stats_deinit(void)
{
	free(stats.all);
	stats.all = NULL;
	stats.n = 0;
}

static struct answer_time *find(const char *gym)
{
	for (size_t i = 0; i < stats.n; i++) {
		if (strcmp(stats.all[i].gym, gym) == 0)
			return &stats.all[i];
	}
	return NULL;
}

static struct answer_time *oldest(void)
{
	struct answer_time *found = &stats.all[0];
	for (size_t i = 1; i < stats.n; i++) {
		if (stats.all[i].known_ms < found->known_ms)
			found = &stats.all[i];
	}
	return found;
}

static void keep(const char *gym, const struct answer_time *known)
{
	struct answer_time *place = find(gym);
	if (place == NULL && stats.n == GYMS_MAX)
		place = oldest();
	if (place == NULL) {
		stats.all = must(realloc(stats.all, (stats.n + 1) * sizeof(*stats.all)));
		place = &stats.all[stats.n++];
	}
	*place = *known;
	strcpy(place->gym, gym);
	place->known_ms = when_mono_ms();
}

static struct answer_time take(PGresult *res)
{
	struct answer_time known = {0};
	struct row row = {res, 0};
	if (PQntuples(res) == 0)
		return known; /* a gym that nobody knows has answered nobody */
	known.median_s = row_real(row, 0);
	known.p90_s = row_real(row, 1);
	known.n = row_int(row, 2);
	return known;
}

static void write_time(struct jsonout *json, const struct answer_time *known)
{
	if (known == NULL || known->n < STATS_N_MIN) {
		jsonout_null(json);
		return;
	}
	jsonout_open(json, '{');
	jsonout_pair_int(json, "median_s", (int64_t)(known->median_s + 0.5));
	jsonout_pair_int(json, "p90_s", (int64_t)(known->p90_s + 0.5));
	jsonout_pair_int(json, "n", known->n);
	jsonout_close(json, '}');
}

void stats_write(struct jsonout *json, const char *gym)
{
	write_time(json, find(gym));
}

/* ---- for /v1/me ---- */

struct wanting {
	void (*then)(struct http_request *request);
};

static void on_time(struct http_request *request, PGresult *res)
{
	struct wanting *wanting = request->handler;
	struct answer_time known = take(res);
	keep(request->claims->gym, &known);
	wanting->then(request);
}

static bool on_unknown(struct http_request *request, const struct err *err)
{
	struct wanting *wanting = request->handler;
	(void)err;
	wanting->then(request);
	return true;
}

void stats_get(
	struct http_request *request, const char *gym, void (*then)(struct http_request *request))
{
	const struct answer_time *known = find(gym);
	if (known != NULL && when_mono_ms() - known->known_ms < STATS_KEEP_MS) {
		then(request);
		return;
	}
	struct wanting *wanting = arena_take(&request->arena, sizeof(*wanting));
	wanting->then = then;
	request->handler = wanting;
	const char *values[] = {gym, values_number(&request->arena, STATS_DAYS)};
	db_ask_checked(request, SQL_RESPONSE_TIME, values, on_time, on_unknown);
}

/* ---- GET .../stats/response-time ---- */

static void on_asked(struct http_request *request, PGresult *res)
{
	int64_t *days = request->handler;
	struct answer_time known = take(res);
	struct jsonout *json = http_json();
	jsonout_open(json, '{');
	jsonout_key(json, "response_time");
	write_time(json, &known);
	jsonout_pair_int(json, "days", *days);
	jsonout_close(json, '}');
	http_reply_json(request, 200, json);
}

void response_time_get(struct http_request *request, const struct route_places *places)
{
	struct err err = {0};
	int64_t *days = arena_take(&request->arena, sizeof(*days));
	request->handler = days;
	if (query_number("days", http_query(request, "days"), 1, 365, STATS_DAYS, days, &err) !=
		0) {
		http_fail(request, "invalid", "%s", err.text);
		return;
	}
	const char *values[] = {places->gym, values_number(&request->arena, *days)};
	db_ask_slow(request, SQL_RESPONSE_TIME, values, on_asked);
}
