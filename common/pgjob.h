/* pgjob.h - one thing that pglink was asked for: a prepared statement, a script, a COPY, or the
 * preparing of all statements. Knows how to put itself on the wire and how to read its answer; does
 * not know the event loop. Internal to pglink. */
#pragma once
#include "common/pglink.h"

enum pgjob_kind { PGJOB_QUERY, PGJOB_SCRIPT, PGJOB_COPY, PGJOB_PREPARE };

enum pgjob_step {
	PGJOB_MORE,  /* results are still to come */
	PGJOB_DONE,  /* answered: result and failure tell how */
	PGJOB_BROKEN /* the connection is of no use any more */
};

struct pgjob {
	struct pgjob *next;
	enum pgjob_kind kind;
	bool sent;
	pglink_cb cb; /* NULL: nobody waits for it */
	void *ctx;
	/* PGJOB_QUERY: statement and values (borrowed until kept, see pgjob_keep) */
	const struct sql_query *sql; /* PGJOB_PREPARE: all of them */
	unsigned nsql, prepared;     /* PGJOB_PREPARE: how many, and how many have been answered */
	const char *const *values;
	const int *lengths, *formats;
	bool binary_result;
	void *kept; /* owns what values, lengths and formats point to */
	/* PGJOB_SCRIPT, PGJOB_COPY */
	char *text, *after; /* owned; after is NULL once it has been sent */
	const char *data;   /* borrowed */
	size_t len, pos;
	bool copying;	 /* the server waits for data */
	bool copy_ended; /* PQputCopyEnd is queued */
	bool rolling_back;
	/* the answer */
	PGresult *result;   /* the last with rows, or else the last; owned */
	struct err failure; /* code ERR_NONE: none */
};

struct pgjob *pgjob_new(enum pgjob_kind kind, const char *text, pglink_cb cb,
	void *ctx); /* text is copied; NULL: none */
/* Copies what the values point to, so that the job can be sent later. */
void pgjob_keep(struct pgjob *job);
/* Hands the job to libpq, in pipeline mode with a sync of its own: an error of one never aborts
 * another. */
MUST_CHECK int pgjob_send(struct pgjob *job, PGconn *pg, struct err *err);
/* Takes one return of PQgetResult, NULL included. */
enum pgjob_step pgjob_take(struct pgjob *job, PGconn *pg, PGresult *res, struct err *err);
/* While copying: gives libpq the next piece. 1 all is queued, 0 there is more (flush first), -1. */
MUST_CHECK int pgjob_feed(struct pgjob *job, PGconn *pg, struct err *err);

/* Runs the callback with the result or the failure, and frees the job. */
void pgjob_finish(struct pgjob **job);

/* What a failed result says, as ERR_DB, or as ERR_DB_UNCERTAIN when the server ended the session
 * with it. */
void pgjob_result_error(const PGresult *res, struct err *err);
/* The connection's own last error on one line. */
void pgjob_conn_error(const PGconn *pg, enum err_code code, const char *what, struct err *err);
