/* Prints the API's statements, for tests that hold them against a schema: name, number of
 * parameters and text, each ended by a NUL byte. */
#include <stdio.h>

#include "api/sql.h"

int main(void)
{
	for (int i = 0; i < SQL_COUNT; i++)
		printf("%s%c%d%c%s%c", api_sql[i].name, 0, api_sql[i].nparams, 0, api_sql[i].text,
			0);
	return 0;
}
