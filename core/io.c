/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whole reads and writes; see io.h. */
#include "core/io.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int
io_write_all(int fd, const void *data, size_t len)
{
	const char *p = data;
	ssize_t n;

	while (len > 0) {
		n = write(fd, p, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

ssize_t
io_read_full(int fd, void *data, size_t len)
{
	char *p = data;
	size_t got = 0;
	ssize_t n;

	while (got < len) {
		n = read(fd, p + got, len - got);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		got += (size_t)n;
	}
	return (ssize_t)got;
}

ssize_t
io_pread_full(int fd, void *data, size_t len, uint64_t offset)
{
	char *p = data;
	size_t got = 0;
	ssize_t n;

	while (got < len) {
		n = pread(fd, p + got, len - got, (off_t)(offset + got));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		got += (size_t)n;
	}
	return (ssize_t)got;
}

int
io_read_file(const char *path, size_t max, struct buf *out, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	ssize_t n;

	if (fd < 0)
		return err_sys(err, SCOPE_RUN, EX_NOINPUT, "'%s'", path);
	n = io_read_full(fd, buf_room(out, max + 1), max + 1);
	close(fd);
	if (n < 0)
		return err_sys(err, SCOPE_RUN, EX_NOINPUT, "'%s'", path);
	if ((size_t)n > max)
		return err_set(err, SCOPE_RUN, EX_DATAERR,
		    "'%s' is larger than %zu bytes", path, max);
	out->n += (size_t)n;
	out->p[out->n] = '\0';
	return 0;
}
