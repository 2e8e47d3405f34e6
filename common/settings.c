#include "common/settings.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/must.h"
#include "common/settings_table.h"
#include "common/topic.h"

#define PREFIX		"GYMCHAT_"
#define FILE_SUFFIX	"_FILE"
#define NAME_MAX_LEN	64
#define SECRET_FILE_MAX 65536
#define LIKELY_DISTANCE                                                                            \
	3 /* mistyped letters up to which a key is taken for another's misspelling */
#define INSTANCE_DEFAULT "{hostname}-{pid}"

struct value {
	char *text;	  /* NULL: unset */
	char *file;	  /* the path that a secret came from */
	long long number; /* of NUMBER and SWITCH */
};

struct settings {
	struct value values[SETTINGS_MAX];
};

/* What one source (environment or overrides) says of one setting; borrowed. */
struct given {
	const char *value, *file;
};

static int find_row(const char *key)
{
	for (int i = 0; settings_table[i].key != NULL; i++) {
		if (strcmp(settings_table[i].key, key) == 0)
			return i;
	}
	return -1;
}

/* The row that KEY or, for a secret, KEY_FILE names; -1: none. */
static int find_name(const char *name, bool *is_file_r)
{
	int row = find_row(name);
	*is_file_r = false;
	size_t len = strlen(name), suffix = strlen(FILE_SUFFIX);
	if (row >= 0 || len <= suffix || strcmp(name + len - suffix, FILE_SUFFIX) != 0)
		return row;
	char key[NAME_MAX_LEN + 1];
	if (len - suffix > NAME_MAX_LEN)
		return -1;
	memcpy(key, name, len - suffix);
	key[len - suffix] = '\0';
	row = find_row(key);
	*is_file_r = true;
	return row >= 0 && settings_table[row].type == SETTING_SECRET ? row : -1;
}

/* Letters to change, add or leave out to get from a to b. */
static unsigned distance(const char *a, const char *b)
{
	unsigned row[NAME_MAX_LEN + 1];
	size_t len = strlen(b);
	for (size_t j = 0; j <= len; j++)
		row[j] = (unsigned)j;
	for (; *a != '\0'; a++) {
		unsigned diagonal = row[0]++;
		for (size_t j = 1; j <= len; j++) {
			unsigned change = diagonal + (*a != b[j - 1]);
			unsigned step = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
			diagonal = row[j];
			row[j] = change < step ? change : step;
		}
	}
	return row[len];
}

static void try_likely(const char *name, const char *candidate, unsigned *best, char *likely)
{
	unsigned d = distance(name, candidate);
	if (d < *best && d < strlen(candidate)) {
		*best = d;
		strcpy(likely, candidate);
	}
}

static int unknown(const char *name, struct err *err)
{
	char likely[NAME_MAX_LEN + 1] = "", file[NAME_MAX_LEN + 1];
	unsigned best = LIKELY_DISTANCE + 1;
	for (const struct setting *s = settings_table; s->key != NULL; s++) {
		try_likely(name, s->key, &best, likely);
		if (s->type != SETTING_SECRET)
			continue;
		snprintf(file, sizeof(file), "%s" FILE_SUFFIX, s->key);
		try_likely(name, file, &best, likely);
	}
	if (*likely == '\0')
		return err_set(err, ERR_CONFIG, "unknown setting " PREFIX "%s", name);
	return err_set(err, ERR_CONFIG,
		"unknown setting " PREFIX "%s, perhaps " PREFIX "%s is meant", name, likely);
}

/* Notes one name = value of a source. Empty is the same as not given: that is how files of settings
 * leave one out. */
static int note(struct given *given, const char *name, const char *value, struct err *err)
{
	bool is_file;
	int row = find_name(name, &is_file);
	if (row < 0)
		return unknown(name, err);
	if (*value == '\0')
		return 0;
	if (is_file)
		given[row].file = value;
	else
		given[row].value = value;
	return 0;
}

static int note_environment(struct given *given, char *const *environment, struct err *err)
{
	for (; environment != NULL && *environment != NULL; environment++) {
		const char *name = *environment, *equals = strchr(name, '=');
		if (equals == NULL || strncmp(name, PREFIX, strlen(PREFIX)) != 0)
			continue;
		name += strlen(PREFIX);
		char key[NAME_MAX_LEN + 1];
		snprintf(key, sizeof(key), "%.*s", (int)(equals - name), name);
		if (note(given, key, equals + 1, err) != 0)
			return -1;
	}
	return 0;
}

static int note_overrides(struct given *given, const char *const *overrides, struct err *err)
{
	for (; overrides != NULL && overrides[0] != NULL; overrides += 2) {
		char key[NAME_MAX_LEN + 1];
		snprintf(key, sizeof(key), "%s", overrides[0]);
		for (char *p = key; *p != '\0'; p++)
			*p = (char)toupper((unsigned char)*p);
		if (note(given, key, overrides[1], err) != 0)
			return -1;
	}
	return 0;
}

static int set_number(const struct setting *s, const char *text, struct value *v, struct err *err)
{
	char *end;
	errno = 0;
	v->number = strtoll(text, &end, 10);
	bool is_number = (isdigit((unsigned char)*text) || *text == '-') && *end == '\0';
	if (!is_number || errno == ERANGE || v->number < s->min || v->number > s->max)
		return err_set(err, ERR_CONFIG,
			PREFIX "%s is \"%s\", not a number from %lld to %lld%s%s", s->key, text,
			s->min, s->max, *s->unit != '\0' ? " " : "", s->unit);
	return 0;
}

static int set_switch(const struct setting *s, const char *text, struct value *v, struct err *err)
{
	if (strcmp(text, "on") != 0 && strcmp(text, "off") != 0)
		return err_set(
			err, ERR_CONFIG, PREFIX "%s is \"%s\", neither on nor off", s->key, text);
	v->number = strcmp(text, "on") == 0;
	return 0;
}

static int set_word(const struct setting *s, const char *text, struct err *err)
{
	size_t len = strlen(text);
	for (const char *word = s->words; *word != '\0';) {
		size_t word_len = strcspn(word, "|");
		if (word_len == len && memcmp(word, text, len) == 0)
			return 0;
		word += word_len + (word[word_len] == '|');
	}
	return err_set(
		err, ERR_CONFIG, PREFIX "%s is \"%s\", not one of %s", s->key, text, s->words);
}

static int set_value(const struct setting *s, const char *text, struct value *v, struct err *err)
{
	v->text = must(strdup(text));
	switch (s->type) {
	case SETTING_NUMBER: return set_number(s, text, v, err);
	case SETTING_SWITCH: return set_switch(s, text, v, err);
	case SETTING_WORD: return set_word(s, text, err);
	case SETTING_TEXT:
		if (s->words != NULL && !topic_is_key(text)) /* SETTINGS_KEY */
			return err_set(err, ERR_CONFIG, PREFIX "%s is \"%s\", not of %s", s->key,
				text, s->words);
		return 0;
	case SETTING_SECRET: break;
	}
	size_t len = strlen(text);
	if (len > 0 && v->text[len - 1] == '\n')
		v->text[--len] = '\0';
	if (len > 0 && v->text[len - 1] == '\r')
		v->text[--len] = '\0';
	return len > 0 ? 0 : err_set(err, ERR_CONFIG, PREFIX "%s is empty", s->key);
}

static int set_from_file(
	const struct setting *s, const char *path, struct value *v, struct err *err)
{
	char text[SECRET_FILE_MAX];
	FILE *f = fopen(path, "re");
	size_t len = f != NULL ? fread(text, 1, sizeof(text), f) : 0;
	bool is_read = f != NULL && !ferror(f);
	int why = errno;
	if (f != NULL)
		fclose(f);
	if (!is_read)
		return err_set(err, ERR_CONFIG, PREFIX "%s" FILE_SUFFIX ": %s: %s", s->key, path,
			strerror(why));
	if (len == 0 || len == sizeof(text) || memchr(text, '\0', len) != NULL)
		return err_set(err, ERR_CONFIG, PREFIX "%s" FILE_SUFFIX ": %s: %s", s->key, path,
			len == 0	      ? "the file is empty"
			: len == sizeof(text) ? "the file is too large for a secret"
					      : "the file holds a NUL byte");
	text[len] = '\0';
	v->file = must(strdup(path));
	int rc = set_value(s, text, v, err);
	explicit_bzero(text, sizeof(text));
	return rc;
}

/* INSTANCE where none is given: unique enough, and a key whatever the host is called. */
static char *default_instance(void)
{
	char host[HOST_NAME_MAX + 1] = "host", text[HOST_NAME_MAX + 32];
	gethostname(host, sizeof(host) - 1);
	snprintf(text, sizeof(text), "%.40s-%d", host, (int)getpid());
	for (char *p = text; *p != '\0'; p++) {
		if (!topic_is_key_n(p, 1))
			*p = '-';
	}
	return must(strdup(text));
}

static int set_row(
	const struct setting *s, const struct given *given, struct value *v, struct err *err)
{
	if (given->value != NULL && given->file != NULL)
		return err_set(err, ERR_CONFIG,
			"both " PREFIX "%s and " PREFIX "%s" FILE_SUFFIX
			" are given: leave one out",
			s->key, s->key);
	if (given->file != NULL)
		return set_from_file(s, given->file, v, err);
	if (given->value != NULL)
		return set_value(s, given->value, v, err);
	if (s->standard == NULL)
		return 0;
	if (strcmp(s->standard, INSTANCE_DEFAULT) == 0) {
		v->text = default_instance();
		return 0;
	}
	return set_value(s, s->standard, v, err);
}

int settings_load(struct settings **s, enum setting_program program, char *const *environment,
	const char *const *overrides, struct err *err)
{
	struct given given[SETTINGS_MAX] = {0}, wins[SETTINGS_MAX] = {0};
	AUTO(settings) struct settings *loaded = must(calloc(1, sizeof(*loaded)));
	*s = NULL;
	if (note_environment(given, environment, err) != 0 ||
		note_overrides(wins, overrides, err) != 0)
		return -1;
	for (int i = 0; settings_table[i].key != NULL; i++) {
		const struct setting *row = &settings_table[i];
		bool is_overridden = wins[i].value != NULL || wins[i].file != NULL;
		if ((row->programs & program) != 0 &&
			set_row(row, is_overridden ? &wins[i] : &given[i], &loaded->values[i],
				err) != 0)
			return -1;
	}
	*s = TAKE(loaded);
	return 0;
}

void settings_free(struct settings **s)
{
	struct settings *settings = TAKE(*s);
	for (int i = 0; settings != NULL && settings_table[i].key != NULL; i++) {
		struct value *v = &settings->values[i];
		if (v->text != NULL && settings_table[i].type == SETTING_SECRET)
			explicit_bzero(v->text, strlen(v->text));
		free(v->text);
		free(v->file);
	}
	free(settings);
}

static const struct value *value_of(const struct settings *s, const char *key, unsigned types)
{
	int row = find_row(key);
	if (row < 0 || (BIT(settings_table[row].type) & types) == 0)
		abort();
	return &s->values[row];
}

const char *settings_text(const struct settings *s, const char *key)
{
	unsigned types = BIT(SETTING_TEXT) | BIT(SETTING_WORD) | BIT(SETTING_SECRET);
	return value_of(s, key, types)->text;
}

long long settings_number(const struct settings *s, const char *key)
{
	return value_of(s, key, BIT(SETTING_NUMBER))->number;
}

bool settings_on(const struct settings *s, const char *key)
{
	return value_of(s, key, BIT(SETTING_SWITCH))->number != 0;
}

const char *settings_file(const struct settings *s, const char *key)
{
	return value_of(s, key, BIT(SETTING_SECRET))->file;
}
