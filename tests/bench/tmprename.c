/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The limit of this disk: write files of the given sizes into DIR/tmp, rename
 * each into DIR/cur, and sync the file system once: tmprename DIR <SIZES.
 * It does nothing else: no parsing, no hashing, no ledger.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char block[65536];

static int
write_file(const char *path, uint64_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0)
		return -1;
	while (size > 0) {
		size_t n = size < sizeof(block) ? (size_t)size : sizeof(block);

		if (write(fd, block, n) != (ssize_t)n) {
			close(fd);
			return -1;
		}
		size -= n;
	}
	return close(fd);
}

static int
make_dirs(const char *dir)
{
	char path[4096];

	if (mkdir(dir, 0700) < 0 && errno != EEXIST)
		return -1;
	snprintf(path, sizeof(path), "%s/tmp", dir);
	if (mkdir(path, 0700) < 0)
		return -1;
	snprintf(path, sizeof(path), "%s/cur", dir);
	return mkdir(path, 0700);
}

int
main(int argc, char **argv)
{
	char tmp[4200], cur[4200];
	uint64_t size, n = 0;
	int fd;

	if (argc != 2 || strlen(argv[1]) > 4000 || make_dirs(argv[1]) < 0) {
		fputs("usage: tmprename NEW-DIR <SIZES\n", stderr);
		return 64;
	}
	memset(block, 'x', sizeof(block));
	while (scanf("%" SCNu64, &size) == 1) {
		/* names as long as a spool's */
		snprintf(tmp, sizeof(tmp),
		    "%s/tmp/1262304000.%040" PRIu64 ".postroad,S=%" PRIu64
		    ":2,S",
		    argv[1], n, size);
		snprintf(cur, sizeof(cur),
		    "%s/cur/1262304000.%040" PRIu64 ".postroad,S=%" PRIu64
		    ":2,S",
		    argv[1], n++, size);
		if (write_file(tmp, size) < 0 || rename(tmp, cur) < 0) {
			perror(tmp);
			return 74;
		}
	}
	fd = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 || syncfs(fd) < 0 ? 74 : 0;
}
