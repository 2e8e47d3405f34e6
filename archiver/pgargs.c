#include "archiver/pgargs.h"

#include <assert.h>
#include <endian.h>
#include <string.h>

#define KEEP_BYTES (1024 * 1024)

void pgargs_init(struct pgargs *args)
{
	*args = (struct pgargs){0};
}

void pgargs_deinit(struct pgargs *args)
{
	pgbin_deinit(&args->bin);
}

void pgargs_reset(struct pgargs *args)
{
	pgbin_reset(&args->bin, KEEP_BYTES);
	args->n = 0;
	args->is_array = false;
}

static void finish(struct pgargs *args)
{
	if (args->is_array)
		pgbin_array_end(&args->bin);
	args->is_array = false;
	if (args->n > 0)
		args->end[args->n - 1] = args->bin.len;
}

static void begin(struct pgargs *args)
{
	assert(args->n < PGARGS_MAX);
	finish(args);
	args->at[args->n++] = args->bin.len;
}

struct pgbin *pgargs_array(struct pgargs *args, enum pgbin_type type)
{
	begin(args);
	args->is_array = true;
	pgbin_array_begin(&args->bin, type);
	return &args->bin;
}

void pgargs_time(struct pgargs *args, int64_t us)
{
	begin(args);
	pgbin_time(&args->bin, us);
	args->at[args->n - 1] += 4; /* a parameter's length stands elsewhere */
}

void pgargs_send(struct pgargs *args, struct pglink *link, const struct sql_query *table,
	unsigned sql, pglink_cb cb, void *ctx)
{
	const char *values[PGARGS_MAX];
	int lengths[PGARGS_MAX], formats[PGARGS_MAX];
	assert(args->n == table[sql].nparams);
	finish(args);
	for (int i = 0; i < args->n; i++) {
		values[i] = args->bin.at + args->at[i];
		lengths[i] = (int)(args->end[i] - args->at[i]);
		formats[i] = 1;
	}
	pglink_query(link, sql, values, lengths, formats, false, cb, ctx);
}
