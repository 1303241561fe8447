/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whole reads and writes, and small files, without surprises. */
#ifndef CORE_IO_H
#define CORE_IO_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/buf.h"
#include "core/err.h"

/* All of it or -1 with errno; retries EINTR and short writes. */
int io_write_all(int fd, const void *data, size_t len);
/* Up to 'len' bytes, less only at the end of the file; -1 with errno. */
ssize_t io_read_full(int fd, void *data, size_t len);
ssize_t io_pread_full(int fd, void *data, size_t len, uint64_t offset);

/* The whole of a small file, at most 'max' bytes (else EX_DATAERR). */
int io_read_file(const char *path, size_t max, struct buf *out,
    struct err *err);

#endif
