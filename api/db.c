#include "api/db.h"

#include <stdlib.h>
#include <string.h>

#include "common/log.h"

#define LINKS_MAX	   32
#define CONNECT_TIMEOUT_MS 5000
#define QUERY_TIMEOUT_MS   10000 /* over statement_timeout: a server that does not answer at all */

#define CANCELED     "57014" /* by statement_timeout */
#define SLOW_LINKS   2	     /* as many searches and counts at a time */
#define FIND_TIMEOUT "3"     /* seconds */

/* Every statement is prepared and its plan is one for all values, so plan it once. */
#define SETUP                                                                                      \
	"SET TimeZone = 'UTC'; SET jit = off; SET client_min_messages = warning;"                  \
	" SET idle_in_transaction_session_timeout = '8s'; SET plan_cache_mode = "                  \
	"force_generic_plan;"
#define SETUP_OTHERS SETUP " SET statement_timeout = '8s'"
#define SETUP_SLOW   SETUP " SET statement_timeout = '" FIND_TIMEOUT "s'"

static struct {
	/* first the quick ones, then the slow ones, then the process's own */
	struct pglink *links[LINKS_MAX + SLOW_LINKS + 1];
	unsigned nquick, nlinks, up;
	bool is_told_down; /* the loss is logged once, not at every attempt */
	void (*on_schema)(const struct err *err);
	void (*on_change)(void);
} db;

struct db_wait {
	struct pglink *link;
	db_cb cb;
	bool (*refused)(struct http_request *request, const struct err *err);
};

static void on_up(void *ctx)
{
	(void)ctx;
	db.up++;
	if (db.up == db.nlinks) {
		log_info("connected to the database (%u connections)", db.nlinks);
		db.is_told_down = false;
	}
	db.on_change();
}

static unsigned count_up(void)
{
	unsigned n = 0;
	for (unsigned i = 0; i < db.nlinks; i++)
		n += db.links[i] != NULL && pglink_state(db.links[i]) == PGLINK_UP;
	return n;
}

static void on_down(void *ctx, const struct err *err)
{
	(void)ctx;
	db.up = count_up();
	if (err->code == ERR_CONFIG)
		db.on_schema(err);
	else if (!db.is_told_down)
		log_warn("%s; trying again", err->text);
	db.is_told_down = true;
	db.on_change();
}

int db_init(uv_loop_t *loop, const struct settings *settings,
	void (*on_schema)(const struct err *err), void (*on_change)(void), struct err *err)
{
	const char *url = settings_text(settings, "API_DATABASE_URL");
	if (url == NULL)
		return err_set(err, ERR_CONFIG, "GYMCHAT_API_DATABASE_URL is missing");
	db.on_schema = on_schema;
	db.on_change = on_change;
	db.nquick = (unsigned)settings_number(settings, "DATABASE_CONNECTIONS");
	db.nlinks = db.nquick + SLOW_LINKS + 1;
	for (unsigned i = 0; i < db.nlinks; i++) {
		bool is_slow = i >= db.nquick && i < db.nquick + SLOW_LINKS;
		struct pglink_options options = {
			.conninfo = url,
			.application = "gymchat-api",
			.sql = api_sql,
			.nsql = SQL_COUNT,
			.schema_version = GYMCHAT_SCHEMA_VERSION,
			.pipeline = true,
			.setup = is_slow ? SETUP_SLOW : SETUP_OTHERS,
			.connect_timeout_ms = CONNECT_TIMEOUT_MS,
			.query_timeout_ms = QUERY_TIMEOUT_MS,
			.on_up = on_up,
			.on_down = on_down,
		};
		db.links[i] = pglink_new(loop, &options);
		pglink_start(db.links[i]);
	}
	return 0;
}

void db_deinit(void)
{
	for (unsigned i = 0; i < db.nlinks; i++)
		pglink_free(&db.links[i]);
	db.nlinks = db.up = 0;
}

bool db_is_up(void)
{
	return db.up > 0;
}

unsigned db_waiting(void)
{
	unsigned n = 0;
	for (unsigned i = 0; i < db.nlinks; i++)
		n += pglink_waiting(db.links[i]);
	return n;
}

/* ---- asking ---- */

/* The connection with the least to do, of those from begin to end that are up. */
static struct pglink *idlest(unsigned begin, unsigned end)
{
	struct pglink *best = db.links[begin];
	unsigned least = ~0u;
	for (unsigned i = begin; i < end; i++) {
		unsigned waiting = pglink_waiting(db.links[i]);
		if (pglink_state(db.links[i]) == PGLINK_UP && waiting < least) {
			best = db.links[i];
			least = waiting;
		}
	}
	return best;
}

static struct pglink *quick_link(void)
{
	return idlest(0, db.nquick);
}

static struct pglink *slow_link(void)
{
	return idlest(db.nquick, db.nquick + SLOW_LINKS);
}

static void answer_failure(struct http_request *request, const struct err *err)
{
	if (err->code == ERR_DB && strcmp(err->sqlstate, CANCELED) != 0)
		http_fail(request, "internal", "the database refused: %s", err->text);
	else
		http_fail(request, "database_unavailable", "%s", err->text);
}

static void on_answer(void *ctx, PGresult *res, const struct err *err)
{
	struct http_request *request = ctx;
	struct db_wait *wait = request->waiting;
	request->on_gone = NULL;
	if (res != NULL)
		wait->cb(request, res);
	else if (wait->refused == NULL || !wait->refused(request, err))
		answer_failure(request, err);
}

static void forget(struct http_request *request)
{
	struct db_wait *wait = request->waiting;
	pglink_forget(wait->link, request);
}

static void ask(struct http_request *request, struct pglink *link, enum sql sql,
	const char *const *values, db_cb cb,
	bool (*refused)(struct http_request *request, const struct err *err))
{
	struct db_wait *wait = arena_take(&request->arena, sizeof(*wait));
	*wait = (struct db_wait){.link = link, .cb = cb, .refused = refused};
	request->waiting = wait;
	request->on_gone = forget;
	pglink_query(link, sql, values, NULL, NULL, true, on_answer, request);
}

void db_ask(struct http_request *request, enum sql sql, const char *const *values, db_cb cb)
{
	ask(request, quick_link(), sql, values, cb, NULL);
}

void db_ask_slow(struct http_request *request, enum sql sql, const char *const *values, db_cb cb)
{
	ask(request, slow_link(), sql, values, cb, NULL);
}

static bool is_too_broad(struct http_request *request, const struct err *err)
{
	if (strcmp(err->sqlstate, CANCELED) != 0)
		return false;
	http_fail(request, "too_broad",
		"nothing found within " FIND_TIMEOUT " s: give a longer or another word");
	return true;
}

void db_find(struct http_request *request, enum sql sql, const char *const *values, db_cb cb)
{
	ask(request, slow_link(), sql, values, cb, is_too_broad);
}

void db_ask_checked(struct http_request *request, enum sql sql, const char *const *values, db_cb cb,
	bool (*refused)(struct http_request *request, const struct err *err))
{
	ask(request, quick_link(), sql, values, cb, refused);
}

void db_run(enum sql sql, const char *const *values, pglink_cb cb, void *ctx)
{
	pglink_query(db.links[db.nlinks - 1], sql, values, NULL, NULL, true, cb, ctx);
}
