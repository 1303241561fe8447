/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The fake server's mail: DIR/<mailbox, percent-encoded>/ with 'state' (one
 * line: uidvalidity, uidnext, subscribed, special use or -) and for each
 * message its bytes (0000000042) and what is known of it (0000000042.info:
 * internal date, tab, flags).  Plain files, so that a test can look at them
 * and change them between two runs of the client.
 */
#ifndef TESTS_FAKE_FAKE_STORE_H
#define TESTS_FAKE_FAKE_STORE_H

#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/io.h"
#include "core/mem.h"
#include "core/num.h"

struct box {
	char *dir;
	uint32_t uidvalidity, uidnext;
	bool subscribed;
	char use[32];
	uint32_t *uids; /* ascending */
	size_t n;
};

static const char *store_dir;
static int store_lock_fd = -1;

static inline void
store_lock(bool on)
{
	char *path;

	if (store_lock_fd < 0) {
		path = mem_fmt("%s/.lock", store_dir);
		store_lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
		free(path);
	}
	flock(store_lock_fd, on ? LOCK_EX : LOCK_UN);
}

static bool store_icase; /* names are told apart without case */

static inline void store_name(const char *file, struct buf *out);

/* The name as it is there, if it is there in any case. */
static inline void
store_fold(struct slice name, struct buf *out)
{
	DIR *d = opendir(store_dir);
	struct buf have = { 0 };
	struct dirent *e;

	buf_put(out, name.p, name.n);
	while (d != NULL && (e = readdir(d)) != NULL) {
		store_name(e->d_name, &have);
		if (slice_is_nocase(name, buf_str(&have))) {
			buf_clear(out);
			buf_put(out, have.p, have.n);
		}
	}
	if (d != NULL)
		closedir(d);
	buf_free(&have);
}

static inline char *
store_path(struct slice name)
{
	struct buf b = { 0 }, folded = { 0 };
	size_t i;
	char c;

	if (store_icase) {
		store_fold(name, &folded);
		name = buf_slice(&folded);
	}

	if (slice_is_nocase(name, "INBOX"))
		name = slice_str("INBOX");
	buf_putf(&b, "%s/", store_dir);
	for (i = 0; i < name.n; i++) {
		c = name.p[i];
		if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
		    (c >= 'A' && c <= 'Z') || c == '-' || c == '_' ||
		    (c == '.' && i > 0))
			buf_putc(&b, c);
		else
			buf_putf(&b, "%%%02X", (unsigned)(unsigned char)c);
	}
	buf_free(&folded);
	return b.p;
}

static inline void
store_name(const char *file, struct buf *out)
{
	unsigned v;
	char two[3] = "";

	for (buf_clear(out); *file != '\0'; file++) {
		if (*file == '%' && file[1] != '\0') {
			two[0] = file[1];
			two[1] = file[2];
			v = (unsigned)strtoul(two, NULL, 16);
			buf_putc(out, (char)v);
			file += 2;
		} else {
			buf_putc(out, *file);
		}
	}
}

static inline void
box_free(struct box *b)
{
	free(b->dir);
	free(b->uids);
	memset(b, 0, sizeof(*b));
}

static inline void
box_save(const struct box *b)
{
	char *path = mem_fmt("%s/state", b->dir);
	FILE *f = fopen(path, "we");

	if (f == NULL) {
		perror(path);
		exit(2);
	}
	fprintf(f, "%u %u %d %s\n", (unsigned)b->uidvalidity,
	    (unsigned)b->uidnext, b->subscribed,
	    b->use[0] != '\0' ? b->use : "-");
	fclose(f);
	free(path);
}

static inline int
store_compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static inline void
box_scan(struct box *b)
{
	DIR *d = opendir(b->dir);
	struct dirent *e;
	uint64_t uid;

	while (d != NULL && (e = readdir(d)) != NULL) {
		if (!num_u64(slice_str(e->d_name), UINT32_MAX, &uid))
			continue;
		b->uids = mem_grow(b->uids, b->n + 1, sizeof(*b->uids));
		b->uids[b->n++] = (uint32_t)uid;
	}
	if (d != NULL)
		closedir(d);
	if (b->n > 0)
		qsort(b->uids, b->n, sizeof(*b->uids), store_compare);
}

static inline bool
box_load(struct box *b, struct slice name)
{
	char *path;
	struct buf text = { 0 };
	struct err err = { 0 };
	struct slice s;
	uint64_t v = 0;

	memset(b, 0, sizeof(*b));
	b->dir = store_path(name);
	path = mem_fmt("%s/state", b->dir);
	if (io_read_file(path, 4096, &text, &err) < 0) {
		free(path);
		box_free(b);
		return false;
	}
	free(path);
	s = buf_slice(&text);
	num_take_u64(&s, UINT32_MAX, &v);
	b->uidvalidity = (uint32_t)v;
	s = slice_from(s, 1);
	num_take_u64(&s, UINT32_MAX, &v);
	b->uidnext = (uint32_t)v;
	s = slice_from(s, 1);
	b->subscribed = s.n > 0 && s.p[0] == '1';
	s = slice_trim(slice_from(s, 2));
	if (!slice_is(s, "-") && s.n < sizeof(b->use))
		memcpy(b->use, s.p, s.n);
	buf_free(&text);
	box_scan(b);
	return true;
}

static inline bool
box_create(struct slice name, uint32_t uidvalidity, const char *use)
{
	struct box b = { .uidvalidity = uidvalidity, .uidnext = 1 };

	b.dir = store_path(name);
	if (mkdir(b.dir, 0755) < 0) {
		box_free(&b);
		return false;
	}
	snprintf(b.use, sizeof(b.use), "%s", use);
	box_save(&b);
	box_free(&b);
	return true;
}

static inline char *
box_file(const struct box *b, uint32_t uid, const char *suffix)
{
	return mem_fmt("%s/%010u%s", b->dir, (unsigned)uid, suffix);
}

/* Where a message waits until it is kept: DIR/.tmp-<pid>-<n> */
static inline char *
store_tmp(unsigned n)
{
	return mem_fmt("%s/.tmp-%d-%u", store_dir, (int)getpid(), n);
}

/* Keep the waiting message; returns its UID. */
static inline uint32_t
box_add(struct box *b, const char *tmp, const char *date, const char *flags)
{
	uint32_t uid = b->uidnext++;
	char *path = box_file(b, uid, ".info");
	FILE *f = fopen(path, "we");

	if (f == NULL) {
		perror(path);
		exit(2);
	}
	fprintf(f, "%s\t%s\n", date, flags);
	fclose(f);
	free(path);
	path = box_file(b, uid, "");
	rename(tmp, path);
	free(path);
	b->uids = mem_grow(b->uids, b->n + 1, sizeof(*b->uids));
	b->uids[b->n++] = uid;
	return uid;
}

static inline void
box_read_info(const struct box *b, uint32_t uid, struct buf *date,
    struct buf *flags)
{
	char *path = box_file(b, uid, ".info");
	struct buf text = { 0 };
	struct err err = { 0 };
	const char *tab;

	buf_clear(date);
	buf_clear(flags);
	if (io_read_file(path, 65536, &text, &err) == 0) {
		tab = memchr(text.p, '\t', text.n);
		if (tab != NULL) {
			buf_put(date, text.p, (size_t)(tab - text.p));
			buf_puts(flags, tab + 1);
			while (flags->n > 0 && flags->p[flags->n - 1] == '\n')
				flags->p[--flags->n] = '\0';
		}
	}
	buf_free(&text);
	free(path);
}

static inline void
box_write_flags(const struct box *b, uint32_t uid, const char *date,
    const char *flags)
{
	char *path = box_file(b, uid, ".info");
	FILE *f = fopen(path, "we");

	if (f != NULL) {
		fprintf(f, "%s\t%s\n", date, flags);
		fclose(f);
	}
	free(path);
}

static inline int64_t
box_size(const struct box *b, uint32_t uid)
{
	char *path = box_file(b, uid, "");
	struct stat st;
	int64_t n = stat(path, &st) < 0 ? -1 : (int64_t)st.st_size;

	free(path);
	return n;
}

/* Give every mailbox another UIDVALIDITY, as a restored server does. */
static inline void
store_bump(uint32_t by)
{
	DIR *d = opendir(store_dir);
	struct buf name = { 0 };
	struct dirent *e;
	struct box b;

	while (d != NULL && (e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		store_name(e->d_name, &name);
		if (box_load(&b, buf_slice(&name))) {
			b.uidvalidity += by;
			box_save(&b);
			box_free(&b);
		}
	}
	if (d != NULL)
		closedir(d);
	buf_free(&name);
}

#endif
