#include "common/pgqueue.h"

void pgqueue_put(struct pgqueue *queue, struct pgjob *job)
{
	if (queue->last == NULL)
		queue->first = job;
	else
		queue->last->next = job;
	queue->last = job;
	queue->len++;
}

struct pgjob *pgqueue_take(struct pgqueue *queue)
{
	struct pgjob *job = queue->first;
	if (job == NULL)
		return NULL;
	queue->first = job->next;
	if (queue->first == NULL)
		queue->last = NULL;
	queue->len--;
	job->next = NULL;
	return job;
}

void pgqueue_forget(struct pgqueue *queue, const void *ctx)
{
	for (struct pgjob *job = queue->first; job != NULL; job = job->next)
		if (job->ctx == ctx)
			job->cb = NULL;
}

void pgqueue_give_up(struct pgqueue *queue, struct pgqueue *to, const char *why)
{
	struct pgjob *job;
	while ((job = pgqueue_take(queue)) != NULL) {
		if (job->failure.code == ERR_NONE && job->sent)
			err_set(&job->failure, ERR_DB_UNCERTAIN, "no answer came: %s", why);
		else if (job->failure.code == ERR_NONE)
			err_set(&job->failure, ERR_DB_DOWN, "the database is not reachable: %s",
				why);
		pgqueue_put(to, job);
	}
}
