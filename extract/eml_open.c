/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Opening message files: what is no mail is said before anything is taken. */
#include <stdlib.h>
#include <string.h>

#include "core/limits.h"
#include "core/mem.h"
#include "core/stop.h"
#include "extract/eml_impl.h"

bool
eml_list_dir(struct source_eml *s)
{
	int fd = tree_dir(&s->tree, eml_this_dir(s)->dir);

	if (fd >= 0)
		s->names = listing_new((int[LISTING_DIRS]){ fd, -1, -1 }, NULL);
	return fd >= 0;
}

/* What was seen instead of mail, each kind once. */
struct seen {
	const char *what[8];
	size_t n;
};

static void
add_seen(struct seen *seen, const char *what)
{
	size_t i;

	for (i = 0; i < seen->n; i++)
		if (strcmp(seen->what[i], what) == 0)
			return;
	if (seen->n < sizeof(seen->what) / sizeof(seen->what[0]))
		seen->what[seen->n++] = what;
}

/* Is the file 'name' mail of some kind?  Else note what it is. */
static bool
is_mail(struct source_eml *s, const char *name, struct seen *seen)
{
	int at = listing_dir(s->names, 0);
	const char *dir = eml_this_dir(s)->dir, *what = "an empty file";
	enum eml_kind kind = EML_OTHER;
	struct err ignored;
	struct stat st;
	ssize_t n;

	if (eml_is_named(name))
		return true;
	if (*name == '.' ||
	    tree_look(&s->tree, dir, at, name, &st, &ignored) != TREE_FILE ||
	    tree_file_open(&s->file, &s->tree, dir, at, name, &ignored) < 0)
		return false;
	n = tree_file_look(&s->file, s->head, LIMIT_BLOCK, 0, &ignored);
	tree_file_close(&s->file);
	if (n > 0)
		kind = eml_file_kind(name, slice_of(s->head, (size_t)n), &what);
	if (kind == EML_OTHER || kind == EML_BAD)
		add_seen(seen, what);
	return kind != EML_OTHER && kind != EML_BAD;
}

/* Go through the tree until the first mail. */
static bool
has_mail(struct source_eml *s, struct seen *seen)
{
	struct err ignored;
	bool found = false;
	struct name n;

	for (s->at = 0; s->at < s->dirs.n && !found; s->at++) {
		if (!eml_list_dir(s))
			continue;
		while (!found && !stop_requested() &&
		    listing_next(s->names, &n, &ignored) == 1)
			found = is_mail(s, n.s, seen);
		listing_free(&s->names);
	}
	s->at = 0;
	return found;
}

static int
say_no_mail(const char *path, const struct seen *seen, struct err *err)
{
	struct buf list = { 0 };
	size_t i;

	for (i = 0; i < seen->n; i++)
		buf_putf(&list, "%s%s", i == 0 ? "" : ", ", seen->what[i]);
	if (list.n == 0)
		err_set(err, SCOPE_STORE, EX_DATAERR,
		    "the directory '%s' is empty", path);
	else
		err_set(err, SCOPE_STORE, EX_DATAERR,
		    "no mail was found in the directory '%s', but: %s", path,
		    buf_str(&list));
	buf_free(&list);
	return err_hint(err,
	    "give an mbox, a Maildir, a folder of .eml files or a PST");
}

int
eml_open_tree(struct source_eml *s, struct err *err)
{
	struct seen seen = { .n = 0 };

	if (tree_open(&s->tree, s->spec->path, "eml", s->spec->report, err) <
		0 ||
	    eml_dirs_find(&s->dirs, &s->tree, err) < 0)
		return -1;
	if (s->dirs.is_maildir) {
		err_set(err, SCOPE_STORE, EX_DATAERR, "'%s' is a Maildir",
		    s->spec->path);
		return err_hint(err, "give it as maildir:%s", s->spec->path);
	}
	s->src.total = s->dirs.bytes;
	if (has_mail(s, &seen))
		return 0;
	if (stop_check(err) < 0)
		return -1;
	/* with a Maildir named as a problem there was something */
	return report_problems(s->spec->report) > 0
	    ? 0
	    : say_no_mail(s->spec->path, &seen, err);
}

/* Forced on a file, eml: is to say at once that it is none. */
static int
check_single(struct source_eml *s, struct err *err)
{
	const char *what = "an empty file";
	enum eml_kind kind = EML_OTHER;
	ssize_t n;

	if (tree_file_open(&s->file, &s->tree, "", s->tree.root, s->single,
		err) < 0)
		goto fail;
	n = tree_file_look(&s->file, s->head, LIMIT_BLOCK, 0, err);
	tree_file_close(&s->file);
	if (n < 0)
		goto fail;
	if (n > 0)
		kind = eml_file_kind(s->single, slice_of(s->head, (size_t)n),
		    &what);
	if (kind == EML_OTHER || kind == EML_BAD) {
		err_set(err, SCOPE_STORE, EX_DATAERR,
		    "'%s' is no message: it looks like %s", s->spec->path,
		    what);
		return err_hint(err,
		    "give a message file, or a folder of "
		    "them");
	}
	return 0;
fail:
	err->scope = SCOPE_STORE;
	return err_within(err, "'%s'", s->spec->path);
}

/* A single file: its directory, in which only it counts. */
int
eml_open_single(struct source_eml *s, const struct stat *st, struct err *err)
{
	const char *slash = strrchr(s->src.identity, '/');
	char *dir =
	    mem_strn(s->src.identity, (size_t)(slash - s->src.identity) + 1);
	int rc = tree_open(&s->tree, dir, "eml", s->spec->report, err);

	free(dir);
	if (rc < 0)
		return -1;
	s->single = mem_str(slash + 1);
	s->src.total = (uint64_t)st->st_size;
	eml_dirs_single(&s->dirs);
	return check_single(s, err);
}
