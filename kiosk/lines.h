/* lines.h - reads lines of a descriptor on a libuv loop, whatever it is: pipe, socket, terminal or
 * file. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "common/auto.h"

#define LINES_MAX 65536 /* bytes of one line; a longer one is told as NULL, once */

struct lines;

/* take: each line without its newline, NUL-ended, numbered from 1; line NULL: too long. over: end
 * of the input or an error of it, once. Either may free the reader. */
struct lines *lines_new(uv_loop_t *loop, int fd,
	void (*take)(void *ctx, unsigned number, const char *line, size_t len),
	void (*over)(void *ctx), void *ctx);
void lines_free(struct lines **lines);
