#include "api/figures.h"

#include <stdlib.h>
#include <string.h>

#include "common/must.h"

const struct figure *figures_get(const struct figures *figures, const char *name)
{
	for (size_t i = 0; i < figures->n; i++) {
		if (strcmp(figures->all[i]->name, name) == 0)
			return figures->all[i];
	}
	return NULL;
}

static struct figure *make(struct figures *figures, const char *name)
{
	if (figures->n == FIGURES_MAX || strlen(name) >= FIGURES_NAME_MAX)
		return NULL;
	struct figure *figure = must(calloc(1, sizeof(*figure)));
	strcpy(figure->name, name);
	figures->all[figures->n++] = figure;
	return figure;
}

void figures_set(
	struct figures *figures, const char *name, const char *text, size_t len, int64_t now_ms)
{
	if (len >= FIGURES_TEXT_MAX)
		return;
	struct figure *figure = (struct figure *)figures_get(figures, name);
	if (figure == NULL)
		figure = make(figures, name);
	if (figure == NULL)
		return;
	if (len > 0)
		memcpy(figure->text, text, len);
	figure->text[len] = '\0';
	figure->heard_ms = now_ms;
}

void figures_clear(struct figures *figures)
{
	while (figures->n > 0)
		free(figures->all[--figures->n]);
}
