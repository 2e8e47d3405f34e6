/* replay.c - main() of a fuzz target outside libFuzzer: feeds it every file of the folders named on
 * the command line, so that the kept corpus is a regression test of every build. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	struct stat st;
	if (f == NULL || fstat(fileno(f), &st) != 0) {
		perror(path);
		return -1;
	}
	/* Exactly as long as the input, so that a read past its end is seen by the sanitizer. */
	uint8_t *data = malloc((size_t)st.st_size + (st.st_size == 0));
	size_t got = fread(data, 1, (size_t)st.st_size, f);
	fclose(f);
	LLVMFuzzerTestOneInput(data, got);
	free(data);
	return 0;
}

int main(int argc, char **argv)
{
	unsigned replayed = 0;
	for (int i = 1; i < argc; i++) {
		DIR *dir = opendir(argv[i]);
		if (dir == NULL) {
			perror(argv[i]);
			return 1;
		}
		for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
			char path[4096];
			if (entry->d_name[0] == '.')
				continue;
			snprintf(path, sizeof path, "%s/%s", argv[i], entry->d_name);
			if (replay_file(path) != 0)
				return 1;
			replayed++;
		}
		closedir(dir);
	}
	printf("%u inputs replayed\n", replayed);
	return replayed > 0 ? 0 : 1; /* an empty corpus proves nothing */
}
