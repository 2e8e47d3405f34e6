/* log.h - one line an event on stderr: time, program, level, text. No message bodies, no tokens.
 *   2026-11-22T10:41:07.123Z archiver info  connected to the broker as _system.service.archiver.a1
 * Bytes below 0x20 and 0x7f in the text are printed as \xNN: a line stays a line. */
#pragma once
#include <stdarg.h>

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

void log_open(const char *program, enum log_level most);
/* "error", "warn", "info", "debug" to a level; -1 for any other word. */
int log_level_parse(const char *word);
/* Sends lines elsewhere (the broker's log, a test); NULL: stderr again. line has no newline. */
void log_set_sink(void (*sink)(enum log_level level, const char *line));

void log_line(enum log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
#define log_error(...) log_line(LOG_ERROR, __VA_ARGS__)
#define log_warn(...)  log_line(LOG_WARN, __VA_ARGS__)
#define log_info(...)  log_line(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_line(LOG_DEBUG, __VA_ARGS__)
