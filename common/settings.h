/* settings.h - every GYMCHAT_* setting of every program, in one table (settings.c), from the environment.
 * docs/settings.md and each program's --help are made from it; a test holds them together. */
#pragma once
#include <stdbool.h>
#include <stdio.h>

#include "common/auto.h"
#include "common/err.h"

enum setting_program {
	SETTING_ARCHIVER = BIT(0),
	SETTING_API = BIT(1),
	SETTING_BROKER = BIT(2), /* the auth plugin */
	SETTING_NOTIFY = BIT(3), /* gymchat-notify */
	SETTING_TOKEN = BIT(4),	 /* gymchat-token */
	SETTING_COMMAND = BIT(5) /* read or printed by the gymchat command only */
};

enum setting_type {
	SETTING_TEXT,
	SETTING_NUMBER,
	SETTING_SWITCH, /* on or off */
	SETTING_WORD,	/* one of the words in .words, separated by | */
	SETTING_SECRET	/* text; KEY_FILE names a file that holds it instead */
};

struct setting {
	const char *key; /* without GYMCHAT_ */
	enum setting_type type;
	const char *unit;  /* "", "ms", "s", "bytes", "per second", ... */
	long long min, max; /* of a number */
	const char *words; /* of a word: those allowed; of a text: NULL, or the pattern of a key, which it must be */
	const char *standard; /* default as text; NULL: none, the setting may stay unset */
	unsigned programs;    /* bits of setting_program */
	const char *help;     /* one sentence */
};

/* All rows, ended by one with key NULL. */
extern const struct setting settings_table[];

struct settings; /* the values of one program; immutable after loading */

/* Reads the environment for one program. Unknown GYMCHAT_ keys (of no program), malformed or out of range values,
 * a secret given both ways or an unreadable secret file: -1, *err says which setting and how to mend it. Secrets of
 * other programs are not read. overrides: NULL, or "key","value",...,NULL pairs that win over the environment
 * (the broker's plugin_opt_ lines; keys in lower case). */
MUST_CHECK int settings_load(struct settings **s, enum setting_program program, char *const *environment,
	const char *const *overrides, struct err *err);
void settings_free(struct settings **s);
static inline void settings_auto(struct settings **s) { settings_free(s); }

/* Values by key without GYMCHAT_. A key that the table lacks, or of another type, is a programming error (abort). */
const char *settings_text(const struct settings *s, const char *key); /* TEXT, WORD, SECRET; NULL when unset */
long long settings_number(const struct settings *s, const char *key);
bool settings_on(const struct settings *s, const char *key);
/* The path given as GYMCHAT_<key>_FILE, NULL when the secret came as a value or not at all. For files read again. */
const char *settings_file(const struct settings *s, const char *key);

/* --help text: the settings of one program, with unit, range and default. */
void settings_help(FILE *out, enum setting_program program);
/* All rows as the table of docs/settings.md. */
void settings_markdown(FILE *out);
