/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Attachments as files; see attach.h. */
#include "transform/attach.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/io.h"
#include "core/limits.h"
#include "core/mem.h"
#include "core/step.h"
#include "core/text.h"

#define NAME_BYTES 150 /* of a name, behind its hash */
#define HASH_BYTES 16

struct attach {
	char *dir;
	int fd; /* -1: a dry run */
	struct digest *digest;
	unsigned long made; /* temporary names so far */
};

int
attach_open(struct attach **a_r, const char *dir, bool dry, struct err *err)
{
	struct attach *a = mem_alloc(1, sizeof(*a));

	*a_r = a;
	a->dir = mem_str(dir);
	a->fd = -1;
	a->digest = digest_new();
	if (dry)
		return 0;
	if (mkdir(dir, 0700) < 0 && errno != EEXIST) {
		err_sys(err, SCOPE_RUN, EX_CANTCREAT, "%s", dir);
		attach_close(a_r);
		return -1;
	}
	a->fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (a->fd >= 0)
		return 0;
	err_sys(err, SCOPE_RUN, EX_CANTCREAT, "%s", dir);
	attach_close(a_r);
	return -1;
}

void
attach_close(struct attach **ap)
{
	struct attach *a = *ap;

	if (a == NULL)
		return;
	if (a->fd >= 0)
		close(a->fd);
	digest_free(&a->digest);
	free(a->dir);
	free(a);
	*ap = NULL;
}

/* ------------------------------------------------------------------ names */

/* No system minds it, and no reader is fooled by it. */
static bool
is_safe(uint32_t cp)
{
	if (cp < 0x80)
		return (cp >= '0' && cp <= '9') || (cp >= 'A' && cp <= 'Z') ||
		    (cp >= 'a' && cp <= 'z') || cp == '.' || cp == '-' ||
		    cp == '_' || cp == ' ' || cp == '(' || cp == ')';
	/* C1; without width, or turning the text around; line ends */
	return cp > 0xa0 && !(cp >= 0x200b && cp <= 0x200f) &&
	    !(cp >= 0x2028 && cp <= 0x202e) &&
	    !(cp >= 0x2060 && cp <= 0x206f) && cp != 0xfeff && cp != 0x61c;
}

void
attach_name(struct buf *out, struct slice name)
{
	size_t start = out->n, k, i;
	uint32_t cp = 0;

	for (; name.n > 0; name = slice_from(name, k)) {
		k = text_utf8(name.p, name.n, &cp);
		if (out->n - start > NAME_BYTES)
			break;
		if (k > 0 && is_safe(cp)) {
			buf_put(out, name.p, k);
			continue;
		}
		k = k == 0 ? 1 : k;
		for (i = 0; i < k; i++)
			buf_putf(out, "%%%02X", (unsigned char)name.p[i]);
	}
	/* Windows minds blanks and dots at the end */
	while (out->n > start && strchr(" .", out->p[out->n - 1]) != NULL)
		out->n--;
	if (out->n == start)
		buf_puts(out, "attachment");
	out->p[out->n] = '\0';
}

static char *
file_name(const uint8_t *sha256, struct slice name, struct arena *arena)
{
	char hex[2 * HASH_BYTES + 1];
	struct buf b = { 0 };
	char *s;

	buf_putf(&b, "%s-", digest_hex(hex, sha256, HASH_BYTES));
	attach_name(&b, name);
	s = arena_slice(arena, buf_slice(&b));
	buf_free(&b);
	return s;
}

/* ------------------------------------------------------------------ files */

struct writing {
	struct attach *a;
	int fd; /* -1: only looked at */
	uint64_t size;
};

static int
on_bytes(void *arg, const void *data, size_t len, struct err *err)
{
	struct writing *w = arg;

	w->size += len;
	digest_add(w->a->digest, data, len);
	if (w->fd >= 0 && io_write_all(w->fd, data, len) != 0)
		return err_sys(err, SCOPE_RUN, EX_IOERR,
		    "writing an attachment into '%s'", w->a->dir);
	return 0;
}

/* A file without a name where that is possible; else *tmp has one. */
static int
open_tmp(struct attach *a, char *tmp, size_t cap, struct err *err)
{
	int fd = openat(a->fd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	*tmp = '\0';
	if (fd >= 0)
		return fd;
	snprintf(tmp, cap, ".postroad.%ld.%lu", (long)getpid(), ++a->made);
	fd = openat(a->fd, tmp,
	    O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		err_sys(err, SCOPE_RUN, EX_CANTCREAT, "%s/%s", a->dir, tmp);
	return fd;
}

/* 1 named, 0 a file of that name is there, -1. */
static int
give_name(struct attach *a, int fd, const char *tmp, const char *name,
    struct err *err)
{
	char self[40];
	int rc;

	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	step("fix.attachment");
	rc = *tmp == '\0'
	    ? linkat(AT_FDCWD, self, a->fd, name, AT_SYMLINK_FOLLOW)
	    : linkat(a->fd, tmp, a->fd, name, 0);
	if (rc < 0 && errno == EEXIST)
		return 0;
	step("fix.attachment_sync");
	if (rc < 0 || fsync(a->fd) < 0)
		return err_sys(err, SCOPE_RUN, EX_CANTCREAT, "%s/%s", a->dir,
		    name);
	return 1;
}

/* Is what lies there what we have? */
static int
compare(struct attach *a, const struct attached *m, struct err *err)
{
	char *block = mem_alloc(1, LIMIT_BLOCK);
	uint8_t sha256[DIGEST_BYTES];
	int fd = openat(a->fd, m->file,
	    O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	ssize_t n = -1;

	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    (uint64_t)st.st_size == m->size) {
		digest_reset(a->digest);
		while ((n = io_read_full(fd, block, LIMIT_BLOCK)) > 0)
			digest_add(a->digest, block, (size_t)n);
		digest_end(a->digest, sha256);
	}
	/* one that a killed run left may not be on disk yet */
	if (fd >= 0 && (fsync(fd) < 0 || fsync(a->fd) < 0))
		n = -1;
	if (fd >= 0)
		close(fd);
	free(block);
	if (n == 0 && memcmp(sha256, m->sha256, DIGEST_BYTES) == 0)
		return 0;
	err_set(err, SCOPE_MSG, EX_CANTCREAT,
	    "its attachment has no place: '%s/%s' is there and is something "
	    "else",
	    a->dir, m->file);
	return err_hint(err,
	    "move that away, or give another --attachments-dir");
}

int
attach_store(struct attach *a, int fd, const struct span *span,
    struct slice name, struct arena *arena, struct attached *made_r,
    struct err *err)
{
	struct writing w = { .a = a, .fd = -1 };
	struct item_sink sink = { on_bytes, &w };
	char tmp[60];
	int rc;

	if (a->fd >= 0 && (w.fd = open_tmp(a, tmp, sizeof(tmp), err)) < 0)
		return -1;
	digest_reset(a->digest);
	rc = span_copy(fd, span, &sink, err) < 0 ? -1 : 0;
	if (rc == 0) {
		made_r->size = w.size;
		digest_end(a->digest, made_r->sha256);
		made_r->file = file_name(made_r->sha256, name, arena);
	}
	if (w.fd < 0)
		return rc;
	if (rc == 0 && fsync(w.fd) < 0)
		rc = err_sys(err, SCOPE_RUN, EX_IOERR,
		    "writing an attachment into '%s'", a->dir);
	if (rc == 0)
		rc = give_name(a, w.fd, tmp, made_r->file, err);
	if (rc == 0)
		rc = compare(a, made_r, err);
	if (*tmp != '\0')
		unlinkat(a->fd, tmp, 0);
	close(w.fd);
	return rc < 0 ? -1 : 0;
}
