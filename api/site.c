#include "api/site.h"

#include <assert.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/must.h"

#define SITE_DEPTH_MAX 8
#define SITE_PATH_MAX  512
#define SITE_HASH_MIN  8 /* bytes of a hash in a name */

struct site {
	struct site_file *files; /* [count], sorted by path */
	size_t count, total;
};

static const struct {
	const char *ending, *type;
} types[] = {
	{".html", "text/html; charset=utf-8"},
	{".js", "text/javascript; charset=utf-8"},
	{".css", "text/css; charset=utf-8"},
	{".json", "application/json"},
	{".map", "application/json"},
	{".webmanifest", "application/manifest+json"},
	{".txt", "text/plain; charset=utf-8"},
	{".svg", "image/svg+xml"},
	{".png", "image/png"},
	{".jpg", "image/jpeg"},
	{".webp", "image/webp"},
	{".ico", "image/x-icon"},
	{".woff2", "font/woff2"},
	{".mp3", "audio/mpeg"},
	{".wasm", "application/wasm"},
};

static bool ends_with(const char *text, size_t len, const char *ending)
{
	size_t tail = strlen(ending);
	return len > tail && memcmp(text + len - tail, ending, tail) == 0;
}

static const char *type_of(const char *path)
{
	for (size_t i = 0; i < COUNT(types); i++) {
		if (ends_with(path, strlen(path), types[i].ending))
			return types[i].type;
	}
	return "application/octet-stream";
}

/* Whether the name is like panel.OEYWT3JD.js in /assets/. */
static bool has_hash(const char *path)
{
	const char *from = strchr(path + 1, '.');
	if (strncmp(path, "/assets/", 8) != 0 || from == NULL)
		return false;
	size_t len = strcspn(from + 1, ".");
	for (size_t i = 1; i <= len; i++) {
		if (!isupper((unsigned char)from[i]) && !isdigit((unsigned char)from[i]))
			return false;
	}
	return len >= SITE_HASH_MIN && from[len + 1] == '.';
}

/* Length of the path without .gz or .br. */
static size_t split_coding(const char *path, enum site_coding *coding_r)
{
	size_t len = strlen(path);
	*coding_r = ends_with(path, len, ".gz")	  ? SITE_GZIP
		    : ends_with(path, len, ".br") ? SITE_BROTLI
						  : SITE_PLAIN;
	return *coding_r == SITE_PLAIN ? len : len - 3;
}

static void make_tag(struct site_body *body)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);
	for (size_t i = 0; i < body->len; i++)
		hash = (hash ^ body->bytes[i]) * UINT64_C(0x100000001b3);
	snprintf(body->tag, sizeof(body->tag), "\"%016llx\"", (unsigned long long)hash);
}

/* The place of a path, made where it is new. */
static struct site_file *site_place(struct site *site, const char *path, size_t len)
{
	for (size_t i = 0; i < site->count; i++) {
		const char *other = site->files[i].path;
		if (strlen(other) == len && memcmp(other, path, len) == 0)
			return &site->files[i];
	}
	site->files = must(realloc(site->files, (site->count + 1) * sizeof(*site->files)));
	struct site_file *file = &site->files[site->count++];
	*file = (struct site_file){.path = must(strndup(path, len))};
	file->type = type_of(file->path);
	file->is_page = ends_with(file->path, len, ".html");
	file->is_fixed = has_hash(file->path);
	return file;
}

static int read_all(int fd, uint8_t *bytes, size_t len)
{
	while (len > 0) {
		ssize_t got = read(fd, bytes, len);
		if (got <= 0)
			return -1;
		bytes += got;
		len -= (size_t)got;
	}
	return 0;
}

static int site_read(struct site *site, int folder, const char *name, const char *path,
	const struct stat *about, struct err *err)
{
	size_t len = (size_t)about->st_size;
	if (len > SITE_FILE_MAX || site->total + len > SITE_TOTAL_MAX)
		return err_set(err, ERR_CONFIG, "WEB_DIR: %s is too large to be served", path);
	int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return err_set(err, ERR_CONFIG, "WEB_DIR: %s: %s", path, strerror(errno));
	enum site_coding coding;
	struct site_file *file = site_place(site, path, split_coding(path, &coding));
	struct site_body *body = &file->bodies[coding];
	body->bytes = must(malloc(len + 1));
	body->len = len;
	int rc = read_all(fd, body->bytes, len);
	close(fd);
	if (rc < 0)
		return err_set(err, ERR_CONFIG, "WEB_DIR: %s cannot be read", path);
	site->total += len;
	make_tag(body);
	return 0;
}

static int site_walk(struct site *site, int fd, const char *path, int depth, struct err *err);

static int site_enter(struct site *site, int folder, const struct dirent *entry, const char *path,
	int depth, struct err *err)
{
	struct stat about;
	char inner[SITE_PATH_MAX];
	int len = snprintf(inner, sizeof(inner), "%s/%s", path, entry->d_name);
	if (entry->d_name[0] == '.' || len >= SITE_PATH_MAX)
		return 0;
	if (fstatat(folder, entry->d_name, &about, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	if (S_ISREG(about.st_mode))
		return site_read(site, folder, entry->d_name, inner, &about, err);
	if (!S_ISDIR(about.st_mode) || depth == SITE_DEPTH_MAX)
		return 0;
	int fd = openat(folder, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return err_set(err, ERR_CONFIG, "WEB_DIR: %s: %s", inner, strerror(errno));
	return site_walk(site, fd, inner, depth + 1, err);
}

/* Takes fd over. */
static int site_walk(struct site *site, int fd, const char *path, int depth, struct err *err)
{
	DIR *dir = fdopendir(fd);
	assert(dir != NULL);
	int rc = 0;
	for (struct dirent *entry; rc == 0 && (entry = readdir(dir)) != NULL;)
		rc = site_enter(site, fd, entry, path, depth, err);
	closedir(dir);
	return rc;
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct site_file *)a)->path, ((const struct site_file *)b)->path);
}

/* A variant without its plain file would be no file for clients that take none. */
static void drop_orphans(struct site *site)
{
	size_t kept = 0;
	for (size_t i = 0; i < site->count; i++) {
		struct site_file *file = &site->files[i];
		if (file->bodies[SITE_PLAIN].bytes != NULL) {
			site->files[kept++] = *file;
			continue;
		}
		for (size_t coding = 0; coding < SITE_CODINGS; coding++)
			free(file->bodies[coding].bytes);
		free(file->path);
	}
	site->count = kept;
}

int site_load(struct site **site, const char *folder, struct err *err)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_set(err, ERR_CONFIG, "WEB_DIR %s: %s", folder, strerror(errno));
	struct site *made = must(calloc(1, sizeof(*made)));
	if (site_walk(made, fd, "", 0, err) < 0) {
		site_free(&made);
		return -1;
	}
	drop_orphans(made);
	if (made->count > 0)
		qsort(made->files, made->count, sizeof(*made->files), by_path);
	*site = made;
	return 0;
}

void site_free(struct site **site)
{
	if (*site == NULL)
		return;
	for (size_t i = 0; i < (*site)->count; i++) {
		for (size_t coding = 0; coding < SITE_CODINGS; coding++)
			free((*site)->files[i].bodies[coding].bytes);
		free((*site)->files[i].path);
	}
	free((*site)->files);
	free(*site);
	*site = NULL;
}

const struct site_file *site_find(const struct site *site, const char *path)
{
	char longer[SITE_PATH_MAX];
	size_t len = strlen(path);
	if (site->count == 0 || len == 0)
		return NULL;
	struct site_file key = {.path = (char *)path};
	const struct site_file *file =
		bsearch(&key, site->files, site->count, sizeof(key), by_path);
	if (file != NULL)
		return file;
	int n = snprintf(longer, sizeof(longer), "%s%s", path,
		path[len - 1] == '/' ? "index.html" : ".html");
	key.path = longer;
	return n >= SITE_PATH_MAX ? NULL
				  : bsearch(&key, site->files, site->count, sizeof(key), by_path);
}

/* Whether Accept-Encoding lists a coding and does not give it the quality 0. */
static bool accepts(const char *accept, const char *coding)
{
	size_t len = strlen(coding);
	for (const char *at = accept; *at != '\0';) {
		at += strspn(at, " \t,");
		size_t item = strcspn(at, ",");
		size_t name = strcspn(at, ",; \t");
		if (name == len && strncasecmp(at, coding, len) == 0) {
			const char *q = memmem(at, item, "q=", 2);
			return q == NULL || strtod(q + 2, NULL) > 0;
		}
		at += item;
	}
	return false;
}

enum site_coding site_choose(const struct site_file *file, const char *accept)
{
	static const char *const names[] = {[SITE_GZIP] = "gzip", [SITE_BROTLI] = "br"};
	enum site_coding best = SITE_PLAIN;
	for (enum site_coding coding = SITE_GZIP; accept != NULL && coding < SITE_CODINGS;
		coding++) {
		const struct site_body *body = &file->bodies[coding];
		if (body->bytes != NULL && body->len < file->bodies[best].len &&
			accepts(accept, names[coding]))
			best = coding;
	}
	return best;
}

bool site_has_tag(const char *if_none_match, const char *tag)
{
	if (if_none_match == NULL)
		return false;
	return strcmp(if_none_match, "*") == 0 || strstr(if_none_match, tag) != NULL;
}
