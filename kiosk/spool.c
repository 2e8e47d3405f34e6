#include "kiosk/spool.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/log.h"
#include "common/must.h"

#define TALLY_BYTES    65 /* "%016u %010u BOOT\n" */
#define BOOT_SIZE      37 /* a UUID as text */
#define SPOOL_NAME_MAX 80
#define SPOOL_LEFT_OVER_SEC                                                                        \
	600 /* results and half-written files that nobody has touched for so long */
#define SPOOL_HEAD_MAX (4 * (TOPIC_KEY_MAX + 1) + UUID_TEXT_SIZE + 8)

struct spool {
	int folder; /* descriptor */
	int lock;   /* -1: another process sends */
	unsigned max;
	char path[];
};

static inline void fd_auto(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}
static inline void dir_auto(DIR **dir)
{
	if (*dir != NULL)
		closedir(*dir);
}

static int fail(const struct spool *spool, const char *what, struct err *err)
{
	return err_set(err, ERR_IO, "spool %s: %s: %s", spool->path, what, strerror(errno));
}

/* ---- names ---- */

static void entry_name(uint64_t ordinal, char buf[SPOOL_NAME_MAX])
{
	snprintf(buf, SPOOL_NAME_MAX, "%016" PRIu64 ".entry", ordinal);
}

static bool has_end(const char *name, const char *end)
{
	size_t len = strlen(name), end_len = strlen(end);
	return len > end_len && strcmp(name + len - end_len, end) == 0;
}

/* 0: not the name of an entry. */
static uint64_t name_ordinal(const char *name)
{
	char *end;
	if (!has_end(name, ".entry") || name[0] < '0' || name[0] > '9')
		return 0;
	uint64_t ordinal = strtoull(name, &end, 10);
	return strcmp(end, ".entry") == 0 ? ordinal : 0;
}

/* ---- files ---- */

static int write_all(int fd, const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, bytes, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		bytes += n;
		len -= (size_t)n;
	}
	return 0;
}

/* Bytes of a file into buf, or -1; a longer file is an error. */
static ssize_t read_all(const struct spool *spool, const char *name, char *buf, size_t size)
{
	AUTO(fd) int fd = openat(spool->folder, name, O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	if (fd < 0)
		return -1;
	while (len < size) {
		ssize_t n = read(fd, buf + len, size - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			return (ssize_t)len;
		len += (size_t)n;
	}
	errno = EFBIG;
	return -1;
}

/* A file is either whole under its name or not there. */
static int put_half(
	const struct spool *spool, const char *half, const char *bytes, size_t len, bool is_synced)
{
	AUTO(fd) int fd =
			openat(spool->folder, half, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	return fd < 0 || write_all(fd, bytes, len) < 0 || (is_synced && fsync(fd) < 0) ? -1 : 0;
}

static int put_file(const struct spool *spool, const char *name, const char *bytes, size_t len)
{
	char half[SPOOL_NAME_MAX];
	snprintf(half, sizeof(half), "%d.half", (int)getpid());
	if (put_half(spool, half, bytes, len, false) == 0 &&
		renameat(spool->folder, half, spool->folder, name) == 0)
		return 0;
	int reason = errno;
	unlinkat(spool->folder, half, 0);
	errno = reason;
	return -1;
}

/* The same, on the disk before it returns, and never in the place of another: EEXIST. */
static int put_synced(const struct spool *spool, const char *name, const char *bytes, size_t len)
{
	char half[SPOOL_NAME_MAX];
	snprintf(half, sizeof(half), "%d.half", (int)getpid());
	bool is_there = put_half(spool, half, bytes, len, true) == 0 &&
			renameat2(spool->folder, half, spool->folder, name, RENAME_NOREPLACE) == 0;
	if (is_there && fsync(spool->folder) == 0)
		return 0;
	int reason = errno;
	unlinkat(spool->folder, is_there ? name : half, 0);
	errno = reason;
	return -1;
}

static DIR *folder_read(const struct spool *spool)
{
	int fd = openat(spool->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	if (dir == NULL && fd >= 0)
		close(fd);
	return dir;
}

/* ---- opening ---- */

static void sweep(const struct spool *spool)
{
	AUTO(dir) DIR *dir = folder_read(spool);
	struct dirent *file;
	struct stat about;
	while (dir != NULL && (file = readdir(dir)) != NULL) {
		if (!has_end(file->d_name, ".result") && !has_end(file->d_name, ".half"))
			continue;
		if (fstatat(spool->folder, file->d_name, &about, 0) == 0 &&
			time(NULL) - about.st_mtime > SPOOL_LEFT_OVER_SEC)
			unlinkat(spool->folder, file->d_name, 0);
	}
}

/* The folder's own name must survive a power cut too. */
static void sync_parent(const struct spool *spool)
{
	AUTO(fd) int parent = openat(spool->folder, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (parent >= 0)
		fsync(parent);
}

int spool_open(struct spool **opened, const char *folder, unsigned max, struct err *err)
{
	AUTO(spool) struct spool *spool = must(calloc(1, sizeof(*spool) + strlen(folder) + 1));
	strcpy(spool->path, folder);
	spool->lock = -1;
	spool->max = max;
	bool is_new = mkdir(folder, 0700) == 0;
	spool->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (spool->folder < 0)
		return err_set(err, ERR_CONFIG,
			"the spool %s cannot be used: %s (GYMCHAT_SPOOL names another)", folder,
			strerror(errno));
	if (is_new)
		sync_parent(spool);
	sweep(spool);
	*opened = TAKE(spool);
	return 0;
}

void spool_free(struct spool **spool)
{
	if (*spool == NULL)
		return;
	if ((*spool)->folder >= 0)
		close((*spool)->folder);
	if ((*spool)->lock >= 0)
		close((*spool)->lock);
	free(*spool);
	*spool = NULL;
}

int spool_lock(struct spool *spool, struct err *err)
{
	if (spool->lock >= 0)
		return 1;
	AUTO(fd) int fd = openat(spool->folder, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return fail(spool, "lock", err);
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? 0 : fail(spool, "lock", err);
	spool->lock = fd;
	fd = -1;
	return 1;
}

/* ---- entries ---- */

static int compare_ordinals(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return (x > y) - (x < y);
}

int spool_list(struct spool *spool, uint64_t **list_r, struct err *err)
{
	AUTO(dir) DIR *dir = folder_read(spool);
	size_t len = 0, size = 64;
	if (dir == NULL)
		return fail(spool, "reading", err);
	uint64_t *list = must(calloc(size, sizeof(*list)));
	for (struct dirent *file; (file = readdir(dir)) != NULL;) {
		uint64_t ordinal = name_ordinal(file->d_name);
		if (ordinal == 0)
			continue;
		if (len == size) {
			list = must(realloc(list, (size *= 2) * sizeof(*list)));
		}
		list[len++] = ordinal;
	}
	qsort(list, len, sizeof(*list), compare_ordinals);
	*list_r = list;
	return (int)len;
}

/* What add.lock holds, so that adding need not read the folder: the last ordinal that was given,
 * and a number of entries that is surely not too low. It is not synced, so after a power cut it may
 * be older than the entries, and a new one would come before some that wait: it is believed only
 * while the machine has not started anew. */
struct tally {
	uint64_t last;
	unsigned most;
};

/* Another at each start of the machine; "" where the kernel does not tell. */
static void boot_id(char buf[BOOT_SIZE])
{
	AUTO(fd) int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? -1 : read(fd, buf, BOOT_SIZE - 1);
	buf[len == BOOT_SIZE - 1 ? len : 0] = '\0';
}

static int tally_scan(struct spool *spool, struct tally *tally, struct err *err)
{
	uint64_t *list;
	int len = spool_list(spool, &list, err);
	if (len < 0)
		return -1;
	uint64_t last = len == 0 ? 0 : list[len - 1];
	free(list);
	*tally = (struct tally){
		.last = last > tally->last ? last : tally->last, .most = (unsigned)len};
	return 0;
}

static int tally_read(struct spool *spool, int lock, struct tally *tally, struct err *err)
{
	char text[TALLY_BYTES + 1] = "", boot[BOOT_SIZE], now[BOOT_SIZE];
	boot_id(now);
	bool is_known =
		pread(lock, text, TALLY_BYTES, 0) == TALLY_BYTES &&
		sscanf(text, "%" SCNu64 " %u %36s\n", &tally->last, &tally->most, boot) == 3 &&
		strcmp(boot, now) == 0;
	if ((!is_known || tally->most >= spool->max) && tally_scan(spool, tally, err) < 0)
		return -1;
	if (tally->most >= spool->max)
		return err_set(err, ERR_LIMIT, "spool %s is full: %u entries wait", spool->path,
			tally->most);
	return 0;
}

static void tally_write(int lock, const struct tally *tally)
{
	char text[TALLY_BYTES + 1], boot[BOOT_SIZE];
	boot_id(boot);
	snprintf(text, sizeof(text), "%016" PRIu64 " %010u %36s\n", tally->last, tally->most, boot);
	if (pwrite(lock, text, TALLY_BYTES, 0) != TALLY_BYTES && ftruncate(lock, 0) < 0)
		log_warn("add.lock cannot be written: %s", strerror(errno));
}

static int entry_put(struct spool *spool, const struct spool_entry *entry)
{
	char name[SPOOL_NAME_MAX];
	char text[SPOOL_HEAD_MAX + ENVELOPE_BYTES_MAX + 2];
	int len = snprintf(text, sizeof(text), "1 %s %s %s %s\n%.*s\n", entry->gym, entry->sub,
		entry->room, entry->id, (int)entry->len, entry->payload);
	assert(len > 0 && (size_t)len < sizeof(text));
	entry_name(entry->ordinal, name);
	return put_synced(spool, name, text, (size_t)len);
}

/* Adding is one at a time, so that an ordinal is given once and the order is that of the calls. */
int spool_add(struct spool *spool, struct spool_entry *entry, struct err *err)
{
	struct tally tally = {0};
	AUTO(fd) int lock = openat(spool->folder, "add.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (lock < 0 || flock(lock, LOCK_EX) < 0)
		return fail(spool, "add.lock", err);
	if (tally_read(spool, lock, &tally, err) < 0)
		return -1;
	entry->ordinal = tally.last + 1;
	int rc = entry_put(spool, entry);
	if (rc < 0 && errno == EEXIST && tally_scan(spool, &tally, err) == 0) {
		entry->ordinal = tally.last + 1;
		rc = entry_put(spool, entry);
	}
	if (rc < 0)
		return fail(spool, "writing an entry", err);
	tally.last++;
	tally.most++;
	tally_write(lock, &tally);
	return 0;
}

static bool entry_parse(char *text, size_t len, struct spool_entry *entry)
{
	char *head_end = memchr(text, '\n', len);
	if (head_end == NULL || len < 2 || text[len - 1] != '\n')
		return false;
	*head_end = '\0';
	int used = 0;
	if (sscanf(text, "1 %64s %64s %64s %36s%n", entry->gym, entry->sub, entry->room, entry->id,
		    &used) != 4 ||
		text[used] != '\0')
		return false;
	entry->len = len - (size_t)(head_end + 1 - text) - 1;
	if (entry->len == 0 || entry->len > ENVELOPE_BYTES_MAX)
		return false;
	memcpy(entry->payload, head_end + 1, entry->len);
	entry->payload[entry->len] = '\0';
	return topic_is_key(entry->gym) && topic_is_key(entry->sub) && topic_is_key(entry->room) &&
	       uuid_is_valid(entry->id, strlen(entry->id));
}

int spool_read(struct spool *spool, uint64_t ordinal, struct spool_entry *entry, struct err *err)
{
	char name[SPOOL_NAME_MAX], aside[SPOOL_NAME_MAX];
	char text[SPOOL_HEAD_MAX + ENVELOPE_BYTES_MAX + 3];
	entry_name(ordinal, name);
	ssize_t len = read_all(spool, name, text, sizeof(text));
	if (len < 0 && errno != EFBIG)
		return errno == ENOENT ? 0 : fail(spool, name, err);
	entry->ordinal = ordinal;
	if (len >= 0 && entry_parse(text, (size_t)len, entry))
		return 1;
	snprintf(aside, sizeof(aside), "%016" PRIu64 ".bad", ordinal);
	log_error("spool %s: %s is no entry, kept as %s", spool->path, name, aside);
	if (renameat(spool->folder, name, spool->folder, aside) < 0)
		return fail(spool, name, err);
	return 0;
}

bool spool_is_entry(const struct spool *spool, const char *name, uint64_t *ordinal_r)
{
	*ordinal_r = name_ordinal(name);
	return *ordinal_r != 0 && faccessat(spool->folder, name, F_OK, 0) == 0;
}

const char *spool_path(const struct spool *spool)
{
	return spool->path;
}

void spool_remove(struct spool *spool, uint64_t ordinal)
{
	char name[SPOOL_NAME_MAX];
	entry_name(ordinal, name);
	if (unlinkat(spool->folder, name, 0) < 0 && errno != ENOENT)
		log_warn("spool %s: %s cannot be removed: %s", spool->path, name, strerror(errno));
}

/* ---- results ---- */

void spool_put_result(struct spool *spool, const char *id, const char *line)
{
	char name[SPOOL_NAME_MAX];
	snprintf(name, sizeof(name), "%s.result", id);
	if (put_file(spool, name, line, strlen(line)) < 0)
		log_warn("spool %s: %s: %s", spool->path, name, strerror(errno));
}

int spool_take_result(struct spool *spool, const char *id, char buf[SPOOL_RESULT_MAX])
{
	char name[SPOOL_NAME_MAX];
	snprintf(name, sizeof(name), "%s.result", id);
	ssize_t len = read_all(spool, name, buf, SPOOL_RESULT_MAX);
	if (len < 0)
		return 0;
	buf[len] = '\0';
	unlinkat(spool->folder, name, 0);
	return 1;
}
