/* pgrate.c - what one libpq connection does to the table `messages` with nothing around it: the
 * yardstick of the archive's benchmark (docs/benchmarks.md).
 *
 *   gymchat-pgrate copy URL ROWS     plain COPY, 1,000 rows a transaction, 10,000 rooms
 *   gymchat-pgrate insert URL ROWS   one INSERT and its commit after the other: the time of each
 *
 * Prints one JSON line. Rows go to a gym of its own (its id is one more than any there is). */
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ROOMS 10000
#define BATCH 1000

static PGconn *pg;
static long long gym;

static double now_sec(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void must(PGresult *res, ExecStatusType want)
{
	if (PQresultStatus(res) != want) {
		fprintf(stderr, "gymchat-pgrate: %s", PQerrorMessage(pg));
		exit(1);
	}
	PQclear(res);
}

static void row_id(long n, char buf[37])
{
	snprintf(buf, 37, "%08llx-0000-4000-8000-%012lx", gym & 0xffffffff,
		(unsigned long)n & 0xffffffffffff);
}

static void copy(long rows)
{
	static char line[600];
	char id[37], text[91];
	memset(text, 'x', 90);
	text[90] = '\0';
	double begin = now_sec();
	for (long n = 0; n < rows;) {
		must(PQexec(pg, "BEGIN"), PGRES_COMMAND_OK);
		must(PQexec(pg, "COPY messages (gym_id, room_id, seq, id, sender_role, sender, "
				"kind, body, sent_at) FROM STDIN"),
			PGRES_COPY_IN);
		for (int i = 0; i < BATCH && n < rows; i++, n++) {
			row_id(n, id);
			int len = snprintf(line, sizeof line,
				"%lld\t%ld\t%ld\t%s\tstaff\ts1\ttext\t%s\t2026-01-01 00:00:00+00\n",
				gym, n % ROOMS, n / ROOMS + 1, id, text);
			PQputCopyData(pg, line, len);
		}
		PQputCopyEnd(pg, NULL);
		must(PQgetResult(pg), PGRES_COMMAND_OK);
		while (PQgetResult(pg) != NULL)
			;
		must(PQexec(pg, "COMMIT"), PGRES_COMMAND_OK);
	}
	double took = now_sec() - begin;
	printf("{\"rows\":%ld,\"seconds\":%.3f,\"per_second\":%.0f}\n", rows, took,
		(double)rows / took);
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static void insert(long rows)
{
	must(PQprepare(pg, "one",
		     "INSERT INTO messages (gym_id, room_id, seq, id, sender_role, sender, kind, "
		     "body, sent_at)"
		     " VALUES ($1, $2, $3, $4, 'staff', 's1', 'text', $5, now())",
		     5, NULL),
		PGRES_COMMAND_OK);
	double *took = calloc((size_t)rows, sizeof *took);
	char gym_text[24], room[24], seq[24], id[37], body[91];
	snprintf(gym_text, sizeof gym_text, "%lld", gym);
	memset(body, 'x', 90);
	body[90] = '\0';
	for (long n = 0; n < rows; n++) {
		snprintf(room, sizeof room, "%ld", n % ROOMS);
		snprintf(seq, sizeof seq, "%ld", n / ROOMS + 1);
		row_id(n, id);
		const char *args[] = {gym_text, room, seq, id, body};
		double begin = now_sec();
		must(PQexecPrepared(pg, "one", 5, args, NULL, NULL, 0), PGRES_COMMAND_OK);
		took[n] = now_sec() - begin;
	}
	qsort(took, (size_t)rows, sizeof *took, by_size);
	printf("{\"rows\":%ld,\"p50_ms\":%.3f,\"p99_ms\":%.3f}\n", rows, took[rows / 2] * 1e3,
		took[rows * 99 / 100] * 1e3);
	free(took);
}

int main(int argc, char **argv)
{
	if (argc != 4 || atol(argv[3]) < 1) {
		fprintf(stderr, "usage: gymchat-pgrate copy|insert URL ROWS\n");
		return 2;
	}
	pg = PQconnectdb(argv[2]);
	if (PQstatus(pg) != CONNECTION_OK) {
		fprintf(stderr, "gymchat-pgrate: %s", PQerrorMessage(pg));
		return 1;
	}
	PGresult *res = PQexec(pg, "SELECT greatest((SELECT max(id) FROM gyms), (SELECT "
				   "max(gym_id) FROM messages), 0) + 1");
	gym = PQntuples(res) == 1 ? atoll(PQgetvalue(res, 0, 0)) : 1;
	PQclear(res);
	if (strcmp(argv[1], "copy") == 0)
		copy(atol(argv[3]));
	else
		insert(atol(argv[3]));
	PQfinish(pg);
	return 0;
}
