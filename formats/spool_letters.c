/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Keywords as Dovecot's Maildir has them: a file dovecot-keywords a folder
 * ("0 name" a line, 26 at most), and the letters a..z in file names.
 * Letters that are there stay as they are; new names are added in sorted
 * order.  A folder with more than 26 gets none: spool.db has them all.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/io.h"
#include "core/mem.h"
#include "core/num.h"
#include "core/step.h"
#include "formats/spool_impl.h"

#define FILE_NAME "dovecot-keywords"
#define FILE_MAX  16384

void
letters_free(struct letters *l)
{
	int i;

	for (i = 0; i < 26; i++) {
		free(l->name[i]);
		l->name[i] = NULL;
	}
}

static void
parse_line(struct letters *l, struct slice line)
{
	uint64_t n;

	line = slice_trim(line);
	if (!num_take_u64(&line, 25, &n) || line.n < 2 || line.p[0] != ' ')
		return;
	free(l->name[n]);
	l->name[n] = mem_strn(line.p + 1, line.n - 1);
}

int
letters_read(struct spool *sp, const char *path, struct letters *l,
    struct err *err)
{
	int dir = spool_tree_open(sp, path, "", err), fd;
	struct buf text = { 0 };
	struct slice rest, line;
	ssize_t n;

	if (dir < 0)
		return err->sys == ENOENT ? 0 : -1;
	fd = openat(dir, FILE_NAME, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	close(dir);
	if (fd < 0)
		return 0;
	n = io_read_full(fd, buf_room(&text, FILE_MAX), FILE_MAX);
	close(fd);
	text.n = n < 0 ? 0 : (size_t)n;
	rest = buf_slice(&text);
	while (slice_next_line(&rest, &line))
		parse_line(l, line);
	buf_free(&text);
	return 0;
}

int
letters_find(const struct letters *l, struct slice word)
{
	int i;

	for (i = 0; i < 26; i++)
		if (l->name[i] != NULL && slice_is_nocase(word, l->name[i]))
			return i;
	return -1;
}

uint32_t
letters_read_info(const struct letters *l, const char *info, const char *had,
    struct buf *keywords)
{
	uint32_t flags = spool_info_flags(info);
	struct slice rest = slice_str(had), word;
	const char *p;

	while (msg_keyword_next(&rest, &word))
		if (letters_find(l, word) < 0)
			msg_keyword_put(keywords, word);
	for (p = info; *p != '\0'; p++)
		if (*p >= 'a' && *p <= 'z' && l->name[*p - 'a'] != NULL)
			msg_keyword_add(keywords, &flags,
			    slice_str(l->name[*p - 'a']));
	return flags;
}

void
letters_info(const struct letters *l, uint32_t flags, const char *keywords,
    struct buf *info)
{
	bool have[26] = { false };
	struct slice rest = slice_str(keywords), word;
	char upper[8];
	int i;

	while (msg_keyword_next(&rest, &word)) {
		i = letters_find(l, word);
		if (i >= 0)
			have[i] = true;
	}
	i = letters_find(l, slice_str("$Forwarded"));
	if (i >= 0 && (flags & MSG_FORWARDED) != 0)
		have[i] = true;
	buf_putf(info, ":2,%s", msg_flag_letters(upper, flags));
	for (i = 0; i < 26; i++)
		if (have[i])
			buf_putc(info, (char)('a' + i));
}

/* Every keyword that occurs in the folder, sorted, each once. */
static int
collect(struct spool *sp, int64_t folder, struct buf *all, struct err *err)
{
	struct ledger_rows *q;
	struct slice rest, word;
	uint32_t ignored = 0;
	int rc;

	if (ledger_query(sp->ledger, &q, err,
		"SELECT DISTINCT keywords,flags&16 FROM message WHERE "
		"folder=? AND lost=0 AND (keywords<>'' OR flags&16)",
		"i", folder) < 0)
		return -1;
	while ((rc = ledger_step(q, err)) == 1) {
		rest = slice_str(ledger_text(q, 0));
		while (msg_keyword_next(&rest, &word))
			msg_keyword_add(all, &ignored, word);
		if (ledger_int(q, 1) != 0)
			msg_keyword_put(all, slice_str("$Forwarded"));
	}
	ledger_end(&q);
	return rc;
}

/* Give letters to the words that have none.  -1: they do not suffice. */
static int
assign(struct letters *l, struct slice all, bool *changed)
{
	struct slice word;
	int i;

	while (msg_keyword_next(&all, &word)) {
		if (letters_find(l, word) >= 0)
			continue;
		for (i = 0; i < 26 && l->name[i] != NULL; i++)
			;
		if (i == 26)
			return -1;
		l->name[i] = mem_strn(word.p, word.n);
		*changed = true;
	}
	return 0;
}

static int
write_letters(struct spool *sp, const char *path, const struct letters *l,
    struct err *err)
{
	struct timespec when[2] = { { .tv_nsec = UTIME_OMIT } };
	struct buf text = { 0 };
	int dir, fd, i, rc = -1;

	/* not the clock: the same source gives the same tree.  Names are only
	 * ever added, so readers that look at the time see each change */
	for (i = 0; i < 26; i++) {
		if (l->name[i] != NULL) {
			buf_putf(&text, "%d %s\n", i, l->name[i]);
			when[1].tv_sec++;
		}
	}
	dir = spool_tree_open(sp, path, "", err);
	fd = openat(sp->tmpfd, FILE_NAME,
	    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (dir >= 0 && fd >= 0 && io_write_all(fd, text.p, text.n) == 0 &&
	    futimens(fd, when) == 0 && fsync(fd) == 0) {
		step("spool.letters");
		rc = renameat(sp->tmpfd, FILE_NAME, dir, FILE_NAME);
	}
	if (rc < 0 && dir >= 0)
		err_sys(err, SCOPE_RUN, EX_IOERR, "spool '%s': mail/%s/%s",
		    sp->dir, path, FILE_NAME);
	if (fd >= 0)
		close(fd);
	if (dir >= 0)
		close(dir);
	buf_free(&text);
	return rc;
}

static int
rename_one(struct spool *sp, int64_t folder, int64_t id, const char *ident,
    const char *old, const char *new, struct err *err)
{
	char *from = mem_fmt("%s%s", ident, old);
	char *to = mem_fmt("%s%s", ident, new);
	int fd, rc = -1;

	if (spool_change(sp, err) == 0 && spool_touch(sp, folder, err) == 0 &&
	    (fd = spool_cur(sp, folder, err)) >= 0) {
		step("spool.letter");
		rc = renameat(fd, from, fd, to);
		if (rc < 0 && errno == ENOENT)
			rc = 0;
		else if (rc < 0)
			err_sys(err, SCOPE_RUN, EX_IOERR,
			    "spool '%s': renaming a message", sp->dir);
	}
	free(from);
	free(to);
	if (rc < 0)
		return -1;
	return ledger_do(sp->ledger, err,
		   "UPDATE message SET info=? WHERE id=?", "ti", new, id) < 0
	    ? -1
	    : 0;
}

static int
rename_all(struct spool *sp, int64_t folder, const struct letters *l,
    struct err *err)
{
	struct buf info = { 0 };
	struct ledger_rows *q;
	int rc;

	if (ledger_query(sp->ledger, &q, err,
		"SELECT id,ident,info,flags,keywords FROM message WHERE "
		"folder=? AND lost=0 AND (keywords<>'' OR flags&16)",
		"i", folder) < 0)
		return -1;
	while ((rc = ledger_step(q, err)) == 1) {
		buf_clear(&info);
		letters_info(l, (uint32_t)ledger_int(q, 3), ledger_text(q, 4),
		    &info);
		if (strcmp(buf_str(&info), ledger_text(q, 2)) != 0 &&
		    rename_one(sp, folder, ledger_int(q, 0), ledger_text(q, 1),
			ledger_text(q, 2), buf_str(&info), err) < 0) {
			rc = -1;
			break;
		}
	}
	ledger_end(&q);
	buf_free(&info);
	return rc;
}

static int
finish_folder(struct spool *sp, int64_t folder, const char *path,
    struct err *err)
{
	struct letters l = { { NULL } };
	struct buf all = { 0 };
	bool changed = false;
	int rc = -1;

	if (collect(sp, folder, &all, err) < 0)
		goto out;
	rc = 0;
	if (all.n == 0)
		goto out;
	rc = letters_read(sp, path, &l, err);
	if (rc < 0 || assign(&l, buf_slice(&all), &changed) < 0)
		goto out;
	if (changed)
		rc = write_letters(sp, path, &l, err);
	if (rc == 0)
		rc = rename_all(sp, folder, &l, err);
out:
	letters_free(&l);
	buf_free(&all);
	return rc;
}

int
spool_finish(struct spool *sp, struct err *err)
{
	struct ledger_rows *q;
	int rc;

	/* a transaction cannot begin in the midst of a query: the ledger may
	 * have been written by others since */
	if (spool_flush(sp, err) < 0 || ledger_begin(sp->ledger, err) < 0 ||
	    ledger_query(sp->ledger, &q, err,
		"SELECT id,path FROM folder ORDER BY path", "") < 0)
		return -1;
	while ((rc = ledger_step(q, err)) == 1)
		if (finish_folder(sp, ledger_int(q, 0), ledger_text(q, 1),
			err) < 0) {
			rc = -1;
			break;
		}
	ledger_end(&q);
	return rc < 0 ? -1 : spool_flush(sp, err);
}
