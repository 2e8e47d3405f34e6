#include "api/workers.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "api/process.h"
#include "api/tally.h"
#include "common/log.h"

#define WORKERS_MAX	64
#define RESTART_PAUSE_S 1 /* a worker that dies at once must not eat the machine */

static struct {
	pid_t pids[WORKERS_MAX]; /* 0: not running */
	unsigned n;
	volatile sig_atomic_t stop; /* the signal that ends it */
} workers;

static void signal_all(int number)
{
	for (unsigned i = 0; i < workers.n; i++) {
		if (workers.pids[i] > 0)
			kill(workers.pids[i], number);
	}
}

static void on_signal(int number)
{
	if (number == SIGHUP)
		signal_all(number); /* each reads its certificate again */
	else
		workers.stop = number;
}

/* Without SA_RESTART: waiting for a child ends with the signal. */
static void catch_signals(void)
{
	struct sigaction action = {.sa_handler = on_signal};
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
}

/* SIGHUP stays ignored until the worker's loop takes it. */
static void uncatch_signals(void)
{
	signal(SIGTERM, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	signal(SIGHUP, SIG_IGN);
}

static void start(const struct settings *settings, unsigned i)
{
	pid_t parent = getpid(), pid = fork();
	if (pid < 0) {
		log_error("cannot start worker %u: %s", i + 1, strerror(errno));
		return;
	}
	if (pid > 0) {
		workers.pids[i] = pid;
		return;
	}
	uncatch_signals();
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(0);
	exit(process_run(settings, i + 1));
}

static int which(pid_t pid)
{
	for (unsigned i = 0; i < workers.n; i++) {
		if (workers.pids[i] == pid)
			return (int)i;
	}
	return -1;
}

/* A worker ended that nobody stopped. */
static int on_end(const struct settings *settings, unsigned i, int status)
{
	workers.pids[i] = 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_WRONG_SETTINGS)
		return EXIT_WRONG_SETTINGS;
	log_error("worker %u ended (%s %d), starting it again", i + 1,
		WIFEXITED(status) ? "exit" : "signal",
		WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
	nanosleep(&(struct timespec){.tv_sec = RESTART_PAUSE_S}, NULL);
	if (!workers.stop)
		start(settings, i);
	return 0;
}

static int stop_all(int result)
{
	int sent = 0, status;
	for (;;) {
		if (workers.stop != sent || sent == 0)
			signal_all((sent = workers.stop ? workers.stop : SIGTERM));
		pid_t pid = waitpid(-1, &status, 0);
		if (pid < 0 && errno == ECHILD)
			return result;
		if (pid < 0) { /* a second signal: the workers stop at once */
			signal_all(SIGTERM);
			continue;
		}
		int i = which(pid);
		if (i >= 0)
			workers.pids[i] = 0;
	}
}

static int supervise(const struct settings *settings)
{
	int status, result = 0;
	while (!workers.stop && result == 0) {
		pid_t pid = waitpid(-1, &status, 0);
		int i = pid > 0 ? which(pid) : -1;
		if (i >= 0 && !workers.stop)
			result = on_end(settings, (unsigned)i, status);
		else if (i >= 0)
			workers.pids[i] = 0;
	}
	return stop_all(result);
}

int workers_run(const struct settings *settings)
{
	workers.n = (unsigned)settings_number(settings, "WORKERS");
	tally_init(workers.n);
	if (workers.n == 1)
		return process_run(settings, 0);
	catch_signals();
	for (unsigned i = 0; i < workers.n; i++)
		start(settings, i);
	return supervise(settings);
}
