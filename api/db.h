/* db.h - the API's way to PostgreSQL: a few pipelined connections in the process's loop, two more
 * for what takes long, and one for the process's own work. One of these for each process. */
#pragma once
#include <uv.h>

#include "api/http.h"
#include "api/row.h"
#include "api/sql.h"
#include "api/values.h"
#include "common/pglink.h"
#include "common/settings.h"

/* on_schema: the database has another schema than this program (text names the mending command);
 * the program stops. on_change: db_is_up may say something else now. */
MUST_CHECK int db_init(uv_loop_t *loop, const struct settings *settings,
	void (*on_schema)(const struct err *err), void (*on_change)(void), struct err *err);
void db_deinit(void); /* answers what waits */
bool db_is_up(void);  /* at least one connection can be asked */
unsigned db_waiting(void);

/* Asks on behalf of a request: cb gets the rows, or the request is answered 503
 * database_unavailable (500 internal where the statement failed) and cb is not run. A request asks
 * one thing at a time. values are copied; NULL is SQL's NULL. */
typedef void (*db_cb)(struct http_request *request, PGresult *res);
void db_ask(struct http_request *request, enum sql sql, const char *const *values, db_cb cb);
/* The same over the connections for slow things, so that nothing quick waits behind it. */
void db_ask_slow(struct http_request *request, enum sql sql, const char *const *values, db_cb cb);
/* So too, for what somebody looks for: where it takes too long, that is answered too_broad. */
void db_find(struct http_request *request, enum sql sql, const char *const *values, db_cb cb);
/* Refused is called first with what the database said (its sqlstate), and may answer: true. */
void db_ask_checked(struct http_request *request, enum sql sql, const char *const *values, db_cb cb,
	bool (*refused)(struct http_request *request, const struct err *err));
/* For the process itself; over a connection of its own. */
void db_run(enum sql sql, const char *const *values, pglink_cb cb, void *ctx);
