/* pgargs.h - the parameters of a prepared statement, all in binary: arrays and single times. */
#pragma once
#include "archiver/pgbin.h"
#include "common/pglink.h"

#define PGARGS_MAX 9

struct pgargs {
	struct pgbin bin; /* values go in here, between pgargs_array and the next call */
	size_t at[PGARGS_MAX], end[PGARGS_MAX];
	int n;
	bool is_array; /* the last one is, and is still open */
};

void pgargs_init(struct pgargs *args);
void pgargs_deinit(struct pgargs *args);
void pgargs_reset(struct pgargs *args);
/* Begins the next parameter; its elements are put with pgbin_... into the returned buffer. */
struct pgbin *pgargs_array(struct pgargs *args, enum pgbin_type type);
void pgargs_time(struct pgargs *args, int64_t us);
/* How many parameters there are is checked against the statement. The answer is in text. */
void pgargs_send(struct pgargs *args, struct pglink *link, const struct sql_query *table,
	unsigned sql, pglink_cb cb, void *ctx);
