#include "kiosk/lines.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/must.h"

/* The watch outlives the reader for a turn of the loop, so it is allocated apart. */
struct lines {
	union {
		uv_poll_t poll; /* what can be waited for */
		uv_idle_t idle; /* a file, which is always ready */
		uv_handle_t any;
	} * watch;
	int fd, flags; /* flags as they were: the terminal may be shared with a shell */
	void (*take)(void *ctx, unsigned number, const char *line, size_t len);
	void (*over)(void *ctx);
	void *ctx;
	unsigned number;
	bool is_too_long, is_freed;
	unsigned depth;
	size_t len;
	char text[LINES_MAX + 1];
};

static void on_closed(uv_handle_t *handle)
{
	free(handle);
}

void lines_free(struct lines **handle)
{
	struct lines *lines = TAKE(*handle);
	if (lines == NULL)
		return;
	if (lines->watch != NULL) {
		uv_close(&TAKE(lines->watch)->any, on_closed);
		fcntl(lines->fd, F_SETFL, lines->flags);
	}
	lines->is_freed = true;
	if (lines->depth == 0)
		free(lines);
}

static void tell(struct lines *lines, const char *line, size_t len)
{
	lines->number++;
	if (lines->is_too_long)
		lines->take(lines->ctx, lines->number, NULL, 0);
	else
		lines->take(lines->ctx, lines->number, line, len);
	lines->is_too_long = false;
}

static void split(struct lines *lines)
{
	size_t at = 0;
	char *end;
	while (!lines->is_freed &&
		(end = memchr(lines->text + at, '\n', lines->len - at)) != NULL) {
		size_t len = (size_t)(end - (lines->text + at));
		*end = '\0';
		tell(lines, lines->text + at, len);
		at += len + 1;
	}
	memmove(lines->text, lines->text + at, lines->len - at);
	lines->len -= at;
	if (lines->len == LINES_MAX) {
		lines->is_too_long = true;
		lines->len = 0;
	}
}

/* A last line without its newline counts too. */
static void finish(struct lines *lines)
{
	if (lines->len > 0 || lines->is_too_long) {
		lines->text[lines->len] = '\0';
		tell(lines, lines->text, lines->len);
	}
	if (!lines->is_freed) {
		uv_close(&TAKE(lines->watch)->any, on_closed);
		fcntl(lines->fd, F_SETFL, lines->flags);
		lines->over(lines->ctx);
	}
}

static void progress(struct lines *lines)
{
	ssize_t n = read(lines->fd, lines->text + lines->len, LINES_MAX - lines->len);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	lines->depth++;
	if (n > 0) {
		lines->len += (size_t)n;
		split(lines);
	} else {
		finish(lines);
	}
	lines->depth--;
	if (lines->is_freed && lines->depth == 0)
		free(lines);
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
	(void)status; /* read will say */
	(void)events;
	progress(poll->data);
}

static void on_idle(uv_idle_t *idle)
{
	progress(idle->data);
}

struct lines *lines_new(uv_loop_t *loop, int fd,
	void (*take)(void *, unsigned, const char *, size_t), void (*over)(void *), void *ctx)
{
	struct lines *lines = must(calloc(1, sizeof(*lines)));
	lines->watch = must(calloc(1, sizeof(*lines->watch)));
	lines->fd = fd;
	lines->flags = fcntl(fd, F_GETFL);
	lines->take = take;
	lines->over = over;
	lines->ctx = ctx;
	if (uv_guess_handle(fd) != UV_FILE && uv_poll_init(loop, &lines->watch->poll, fd) == 0) {
		uv_poll_start(&lines->watch->poll, UV_READABLE, on_readable);
	} else {
		uv_idle_init(loop, &lines->watch->idle);
		uv_idle_start(&lines->watch->idle, on_idle);
	}
	lines->watch->any.data = lines;
	return lines;
}
