#include "common/pgjob.h"

#include <stdlib.h>
#include <string.h>

#include "common/must.h"

static inline void pgtext_auto(char **text)
{
	free(*text);
}

#define PGJOB_COPY_PIECE 65536 /* bytes handed to libpq before the socket is asked again */

struct pgjob *pgjob_new(enum pgjob_kind kind, const char *text, pglink_cb cb, void *ctx)
{
	struct pgjob *job = must(calloc(1, sizeof(*job)));
	job->kind = kind;
	job->text = text == NULL ? NULL : must(strdup(text));
	job->cb = cb;
	job->ctx = ctx;
	return job;
}

static size_t value_size(const struct pgjob *job, int i)
{
	if (job->values[i] == NULL)
		return 0;
	bool is_binary = job->formats != NULL && job->formats[i] == 1;
	return is_binary ? (size_t)job->lengths[i] : strlen(job->values[i]) + 1;
}

void pgjob_keep(struct pgjob *job)
{
	int n = job->kind == PGJOB_QUERY ? job->sql->nparams : 0;
	if (n == 0)
		return;
	size_t bytes = 0;
	for (int i = 0; i < n; i++)
		bytes += value_size(job, i);
	size_t heads = (size_t)n * (sizeof(char *) + 2 * sizeof(int));
	char *block = must(malloc(heads + bytes));
	const char **values = (const char **)(void *)block;
	int *lengths = (int *)(void *)(values + n);
	int *formats = lengths + n;
	char *at = block + heads;
	for (int i = 0; i < n; i++) {
		size_t size = value_size(job, i);
		values[i] = job->values[i] == NULL ? NULL : memcpy(at, job->values[i], size);
		lengths[i] = job->lengths == NULL ? 0 : job->lengths[i];
		formats[i] = job->formats == NULL ? 0 : job->formats[i];
		at += size;
	}
	job->kept = block;
	job->values = values;
	job->lengths = lengths;
	job->formats = formats;
}

static void one_line(char *text)
{
	size_t len = strlen(text);
	while (len > 0 && text[len - 1] == '\n')
		text[--len] = '\0';
	for (char *at = text; *at != '\0'; at++)
		if (*at == '\n' || *at == '\t')
			*at = ' ';
}

void pgjob_conn_error(const PGconn *pg, enum err_code code, const char *what, struct err *err)
{
	const char *text = pg == NULL ? "out of memory" : PQerrorMessage(pg);
	err_set(err, code, "%s: %s", what, text[0] == '\0' ? "connection closed" : text);
	one_line(err->text);
}

void pgjob_result_error(const PGresult *res, struct err *err)
{
	const char *severity = PQresultErrorField(res, PG_DIAG_SEVERITY_NONLOCALIZED);
	const char *state = PQresultErrorField(res, PG_DIAG_SQLSTATE);
	const char *text = PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY);
	/* Without a SQLSTATE libpq itself made the result: the connection broke. FATAL: the server
	 * ended the session, and a commit may have come before that. */
	bool is_end = state == NULL || (severity != NULL && strcmp(severity, "ERROR") != 0);
	if (text == NULL)
		text = PQresultErrorMessage(res);
	err_set(err, is_end ? ERR_DB_UNCERTAIN : ERR_DB, "%s", text);
	one_line(err->text);
	if (state != NULL)
		memcpy(err->sqlstate, state, sizeof(err->sqlstate));
}

static int send_prepares(struct pgjob *job, PGconn *pg)
{
	int ok = 1;
	for (unsigned i = 0; ok && i < job->nsql; i++)
		ok = PQsendPrepare(pg, job->sql[i].name, job->sql[i].text, 0, NULL);
	return ok;
}

int pgjob_send(struct pgjob *job, PGconn *pg, struct err *err)
{
	int ok;
	job->sent = true;
	if (job->kind == PGJOB_QUERY)
		ok = PQsendQueryPrepared(pg, job->sql->name, job->sql->nparams, job->values,
			job->lengths, job->formats, job->binary_result);
	else if (job->kind == PGJOB_PREPARE)
		ok = send_prepares(job, pg);
	else
		ok = PQsendQuery(pg, job->text);
	if (ok && PQpipelineStatus(pg) != PQ_PIPELINE_OFF)
		ok = PQpipelineSync(pg);
	if (ok)
		return 0;
	pgjob_conn_error(pg, ERR_DB_DOWN, "sending", err);
	return -1;
}

static void take_failure(struct pgjob *job, const PGresult *res)
{
	if (job->failure.code != ERR_NONE || job->rolling_back)
		return;
	pgjob_result_error(res, &job->failure);
	if (job->kind == PGJOB_PREPARE && job->prepared < job->nsql)
		err_wrap(&job->failure, "statement %s", job->sql[job->prepared].name);
}

static void take_good(struct pgjob *job, PGresult **res)
{
	job->prepared++;
	if (job->failure.code != ERR_NONE || job->rolling_back)
		return;
	if (job->result != NULL && PQresultStatus(job->result) == PGRES_TUPLES_OK &&
		PQresultStatus(*res) != PGRES_TUPLES_OK)
		return; /* "UPDATE ... RETURNING ...; COMMIT" answers with the rows */
	PQclear(job->result);
	job->result = TAKE(*res);
}

/* A script is over when PQgetResult says NULL, but for what is sent after it. */
static enum pgjob_step script_over(struct pgjob *job, PGconn *pg, struct err *err)
{
	const char *next = NULL;
	AUTO(pgtext) char *after = NULL;
	if (job->failure.code == ERR_NONE && job->after != NULL)
		next = after = TAKE(job->after);
	else if (job->failure.code == ERR_DB && !job->rolling_back &&
		 PQtransactionStatus(pg) == PQTRANS_INERROR)
		next = "ROLLBACK"; /* nothing else can be done in there, and the next job must not
				      fall into it */
	if (next == NULL)
		return PGJOB_DONE;
	job->rolling_back = job->failure.code != ERR_NONE;
	if (PQsendQuery(pg, next))
		return PGJOB_MORE;
	pgjob_conn_error(pg, ERR_DB_DOWN, "sending", err);
	return PGJOB_BROKEN;
}

static enum pgjob_step take_copy(struct pgjob *job, PGconn *pg, struct err *err)
{
	if (job->kind == PGJOB_COPY && !job->copy_ended) {
		job->copying = true;
		return PGJOB_MORE;
	}
	if (PQputCopyEnd(pg, "no data for this COPY") == 1)
		return PGJOB_MORE;
	pgjob_conn_error(pg, ERR_DB_DOWN, "COPY", err);
	return PGJOB_BROKEN;
}

enum pgjob_step pgjob_take(struct pgjob *job, PGconn *pg, PGresult *res, struct err *err)
{
	AUTO(pgres) PGresult *owned = res;
	if (res == NULL)
		return PQpipelineStatus(pg) != PQ_PIPELINE_OFF ? PGJOB_MORE
							       : script_over(job, pg, err);
	switch (PQresultStatus(res)) {
	case PGRES_PIPELINE_SYNC: return PGJOB_DONE;
	case PGRES_TUPLES_OK:
	case PGRES_COMMAND_OK:
	case PGRES_EMPTY_QUERY: take_good(job, &owned); return PGJOB_MORE;
	case PGRES_COPY_IN: return take_copy(job, pg, err);
	case PGRES_PIPELINE_ABORTED: return PGJOB_MORE; /* the failure before it has been taken */
	case PGRES_COPY_OUT:
	case PGRES_COPY_BOTH:
		err_set(err, ERR_DB_UNCERTAIN, "COPY to the client is not supported here");
		return PGJOB_BROKEN;
	default: take_failure(job, res); return PGJOB_MORE;
	}
}

int pgjob_feed(struct pgjob *job, PGconn *pg, struct err *err)
{
	int rc = 1;
	size_t piece = job->len - job->pos;
	if (piece > PGJOB_COPY_PIECE)
		piece = PGJOB_COPY_PIECE;
	if (piece > 0)
		rc = PQputCopyData(pg, job->data + job->pos, (int)piece);
	if (rc == 1)
		job->pos += piece;
	if (rc == 1 && job->pos == job->len)
		rc = PQputCopyEnd(pg, NULL);
	else if (rc == 1)
		return 0;
	if (rc < 0) {
		pgjob_conn_error(pg, ERR_DB_UNCERTAIN, "COPY", err);
		return -1;
	}
	if (rc == 0)
		return 0;
	job->copying = false;
	job->copy_ended = true;
	return 1;
}

void pgjob_finish(struct pgjob **job)
{
	struct pgjob *told = TAKE(*job);
	bool ok = told->failure.code == ERR_NONE;
	if (told->cb != NULL)
		told->cb(told->ctx, ok ? told->result : NULL, ok ? NULL : &told->failure);
	PQclear(told->result);
	free(told->kept);
	free(told->text);
	free(told->after);
	free(told);
}
