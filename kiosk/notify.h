/* notify.h - one run of gymchat-notify: puts what it is given into the spool, sends or lets another
 * run send, tells what became of each, and returns the exit code. */
#pragma once
#include <stdbool.h>
#include <uv.h>

#include "kiosk/compose.h"
#include "kiosk/identity.h"
#include "kiosk/spool.h"

/* Exit codes; docs/notify.md tells them to users. */
enum notify_exit {
	NOTIFY_STORED = 0,   /* all of this run's */
	NOTIFY_REJECTED = 1, /* at least one, for good */
	NOTIFY_QUEUED = 2,   /* at least one waits in the spool for a later run; none rejected */
	NOTIFY_USAGE = 3,    /* wrong use or settings: nothing was kept */
	NOTIFY_UNKEPT = 4    /* the spool could not take it: full, or the disk refuses */
};

struct notify_options {
	const struct compose *words; /* one message; NULL: none */
	int input;		     /* descriptor of JSON lines; -1: none */
	bool drains;		     /* also waits until the spool is empty */
	bool is_quiet;
	long wait_ms; /* after the end of the input; -1: for ever */
	const char *host;
	int port;
	const struct identity *identity;
	struct spool *spool;
	void *ctx;
	int (*token)(void *ctx, char *buf, size_t size, struct err *err);
};

int notify_run(uv_loop_t *loop, const struct notify_options *options);
