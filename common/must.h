/* must.h - memory that has to be there: running out of it ends the process, so that nobody has to
 * handle what no test reaches. */
#pragma once
#include <stdlib.h>

/* must(malloc(size)), must(strdup(text)) and the like: never NULL. */
static inline void *must(void *memory)
{
	if (memory == NULL)
		abort();
	return memory;
}
