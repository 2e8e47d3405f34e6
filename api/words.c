#include "api/words.h"

#include <string.h>

#include "common/utf8.h"

static bool is_letter(unsigned char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       c >= 0x80;
}

/* Everything else becomes one space; none at either end. */
static char *tidy(struct arena *arena, const char *text)
{
	char *words = arena_take(arena, strlen(text) + 1), *at = words;
	for (; *text != '\0'; text++) {
		if (is_letter((unsigned char)*text))
			*at++ = *text;
		else if (at > words && at[-1] != ' ')
			*at++ = ' ';
	}
	if (at > words && at[-1] == ' ')
		at--;
	*at = '\0';
	return words;
}

int words_parse(struct arena *arena, const char *text, struct words *words_r, struct err *err)
{
	size_t len = text == NULL ? 0 : strlen(text);
	if (len > WORDS_BYTES_MAX ||
		!utf8_is_valid((const uint8_t *)(text == NULL ? "" : text), len))
		return err_set(
			err, ERR_INPUT, "q must be UTF-8 of at most %d bytes", WORDS_BYTES_MAX);
	char *words = tidy(arena, text == NULL ? "" : text);
	if (words[0] == '\0')
		return err_set(err, ERR_INPUT, "q has no word to look for");
	char *space = strrchr(words, ' ');
	*words_r = (struct words){
		.whole = space == NULL ? "" : words, .last = space == NULL ? words : space + 1};
	if (space != NULL)
		*space = '\0';
	return 0;
}
