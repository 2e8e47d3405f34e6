#include "common/log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/when.h"

#define LOG_LINE_MAX 2048 /* longer text is cut */

static const char *const level_names[] = {
	[LOG_ERROR] = "error",
	[LOG_WARN] = "warn",
	[LOG_INFO] = "info",
	[LOG_DEBUG] = "debug",
};

static const char *log_program = "gymchat";
static enum log_level log_most = LOG_INFO;
static void (*log_sink)(enum log_level level, const char *line);

void log_open(const char *program, enum log_level most)
{
	log_program = program;
	log_most = most;
}

int log_level_parse(const char *word)
{
	for (size_t i = 0; i < COUNT(level_names); i++) {
		if (strcmp(word, level_names[i]) == 0)
			return (int)i;
	}
	return -1;
}

void log_set_sink(void (*sink)(enum log_level level, const char *line))
{
	log_sink = sink;
}

/* Copies text with control bytes as \xNN, so that nobody's name can forge a line. */
static size_t log_escape(char *out, size_t size, const char *text)
{
	static const char hex[] = "0123456789abcdef";
	size_t len = 0;
	for (; *text != '\0' && len + 5 < size; text++) {
		unsigned char c = (unsigned char)*text;
		if (c >= 0x20 && c != 0x7f) {
			out[len++] = (char)c;
			continue;
		}
		out[len++] = '\\';
		out[len++] = 'x';
		out[len++] = hex[c >> 4];
		out[len++] = hex[c & 15];
	}
	out[len] = '\0';
	return len;
}

/* One write a line: lines of several processes in one file do not mix. */
static void log_to_stderr(char *line, size_t len)
{
	line[len++] = '\n';
	while (len > 0) {
		ssize_t n = write(STDERR_FILENO, line, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return; /* nowhere left to say it */
		line += n;
		len -= (size_t)n;
	}
}

void log_line(enum log_level level, const char *fmt, ...)
{
	if (level > log_most)
		return;
	int saved_errno = errno;
	char text[LOG_LINE_MAX];
	va_list args;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);

	char stamp[WHEN_TEXT_SIZE], line[LOG_LINE_MAX + 256];
	int head = snprintf(line, 200, "%s %s %-5s ", when_format(when_now_us(), stamp),
		log_program, level_names[level]);
	size_t at = head < 200 ? (size_t)head : 199;
	size_t len = at + log_escape(line + at, sizeof(line) - at - 1, text);
	if (log_sink != NULL)
		log_sink(level, line);
	else
		log_to_stderr(line, len);
	errno = saved_errno;
}
