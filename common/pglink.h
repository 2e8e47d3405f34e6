/* pglink.h - one asynchronous connection to PostgreSQL on a libuv loop: connects, verifies the
 * schema's version, prepares the program's statements, answers in order, reconnects with jittered
 * back-off. Call only from the loop. Connect, send, flush, read, finish are five steps, each waits
 * through uv_poll; only the look-up of a host name blocks, in libpq: give an address where names
 * are slow. Of several hosts in the conninfo each attempt starts with another. */
#pragma once
#include <libpq-fe.h>
#include <stdbool.h>
#include <uv.h>

#include "common/auto.h"
#include "common/err.h"

static inline void pgres_auto(PGresult **r)
{
	PQclear(*r);
}

struct sql_query {
	const char *name; /* of the prepared statement */
	int nparams;
	const char *text;
};

struct pglink;

enum pglink_state { PGLINK_DOWN, PGLINK_CONNECTING, PGLINK_PREPARING, PGLINK_UP };

struct pglink_options {
	const char *conninfo;	     /* copied */
	const char *application;     /* application_name; copied */
	const struct sql_query *sql; /* borrowed for the link's life */
	unsigned nsql;
	const char *schema_version; /* highest row of schema_migrations that must be there, e.g.
				       "0002" */
	bool pipeline;	   /* many queries in flight; COPY and scripts are not possible then */
	const char *setup; /* SQL run after connecting, before preparing (SET ...); NULL: none */
	int connect_timeout_ms,
		query_timeout_ms; /* of one answer; over it the link goes down as uncertain */
	void *ctx;
	void (*on_up)(void *ctx);
	/* Lost, or could not connect; retried by itself. ERR_CONFIG: the schema has another version
	 * (text names the command that mends it); the program decides whether to stop. */
	void (*on_down)(void *ctx, const struct err *err);
	void (*on_notice)(void *ctx, const char *text); /* NULL: logged at debug */
};

/* res is borrowed for the call; NULL with *err on failure. Queries waiting when the link goes down
 * are answered with ERR_DB_DOWN (never sent) or ERR_DB_UNCERTAIN (sent); each callback runs exactly
 * once, also from pglink_free. */
typedef void (*pglink_cb)(void *ctx, PGresult *res, const struct err *err);

struct pglink *pglink_new(uv_loop_t *loop, const struct pglink_options *options);
void pglink_start(struct pglink *link); /* first attempt at once */
void pglink_free(struct pglink **link); /* answers what waits, closes */
enum pglink_state pglink_state(const struct pglink *link);
/* Drops the connection now (for example a lost lease); reconnects by itself. */
void pglink_drop(struct pglink *link, const struct err *why);
unsigned pglink_waiting(const struct pglink *link); /* queries not answered yet */

/* Queues a prepared statement: text parameters (copied; NULL entry = SQL NULL), or with
 * lengths/formats for binary ones. Answer: PGRES_TUPLES_OK or PGRES_COMMAND_OK, text format unless
 * binary_result. In a link that is not UP the callback is run with ERR_DB_DOWN from the loop, never
 * from inside this call. */
void pglink_query(struct pglink *link, unsigned sql, const char *const *values, const int *lengths,
	const int *formats, bool binary_result, pglink_cb cb, void *ctx);
/* Cancels interest: the callback of that ctx will not run (the answer is read and dropped). */
void pglink_forget(struct pglink *link, void *ctx);

/* Only without pipeline. A script is simple-protocol SQL of one or more statements; its callback
 * gets the last result that has rows, or else the last one (an error of any statement is the error
 * of the script). A script that fails inside a transaction is rolled back before its callback runs.
 */
void pglink_script(struct pglink *link, const char *sql, pglink_cb cb, void *ctx);
/* script ends in COPY ... FROM STDIN; data[len] is borrowed until the callback (or pglink_free);
 * then `after` (NULL: none) is run as a script, its result is the answer. After a failure it is not
 * run, and what the script began is rolled back. */
void pglink_copy(struct pglink *link, const char *script, const char *data, size_t len,
	const char *after, pglink_cb cb, void *ctx);
