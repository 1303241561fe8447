/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Message files as a source: a single one, or a tree of them (.eml, Apple
 * Mail's .emlx, MH's numbers, whatever is mail by its bytes), with mboxes
 * among them as folders of their name.
 *
 * A message's key is a hash of its path in the tree.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/limits.h"
#include "core/mem.h"
#include "core/stop.h"
#include "core/text.h"
#include "extract/eml_impl.h"
#include "formats/folder.h"
#include "formats/mbox.h"

/* What next_in_dir() returns beside 1 (a message) and -1 (a refused one). */
enum { FOUND_MBOX = 2, DIR_END = 3 };

static void
forget_mboxes(struct source_eml *s)
{
	size_t i;

	for (i = 0; i < s->nmbox; i++)
		free(s->mbox[i]);
	s->nmbox = s->mbox_at = 0;
}

static void
eml_close(struct source *src)
{
	struct source_eml *s = (struct source_eml *)src;

	mbox_walk_close(&s->walk);
	equals_free(&s->equals);
	listing_free(&s->names);
	tree_file_close(&s->file);
	eml_dirs_free(&s->dirs);
	tree_close(&s->tree);
	marks_free(&s->marks);
	forget_mboxes(s);
	free(s->mbox);
	buf_free(&s->path);
	buf_free(&s->source);
	buf_free(&s->key);
	buf_free(&s->dir_name);
	buf_free(&s->mbox_path);
	buf_free(&s->mbox_folder);
	buf_free(&s->mbox_name);
	free(s->single);
	free(s->head);
	free(s);
}

/* A directory is ours when it is nobody else's; open() looks into it. */
static int
eml_probe(const char *path, int fd, bool is_dir, const void *head, size_t len)
{
	const char *slash = strrchr(path, '/'), *what;
	const char *name = slash == NULL ? path : slash + 1;

	(void)fd;
	if (is_dir)
		return 10;
	switch (len == 0 ? EML_OTHER
			 : eml_file_kind(name, slice_of(head, len), &what)) {
	case EML_APPLE:
		return 85;
	case EML_MESSAGE:
		return 60;
	default:
		return 0;
	}
}

/* ---------------------------------------------------------- one message */

static void
set_path(struct source_eml *s, const char *name)
{
	buf_clear(&s->path);
	tree_join(&s->path, eml_this_dir(s)->dir, name);
	buf_clear(&s->source);
	tree_source(&s->source, &s->tree, buf_str(&s->path));
	buf_clear(&s->key);
	tree_key(&s->key, 'e', NULL, s->path.p, s->path.n);
}

static void
fill_message(struct source_eml *s, struct source_item *item)
{
	const struct stat *st = &s->file.st;

	item->what = SOURCE_MSG;
	item->local_lines = true;
	item->subject = buf_str(&s->marks.subject);
	item->msg.folder = eml_this_dir(s)->path;
	item->msg.key = buf_str(&s->key);
	item->msg.source = buf_str(&s->source);
	item->msg.flags = s->marks.flags;
	item->msg.keywords = buf_str(&s->marks.keywords);
	item->msg.size = s->file.end - s->file.at;
	if (st->st_mtim.tv_sec > 0) {
		item->msg.received = st->st_mtim.tv_sec;
		item->msg.received_how = RECEIVED_SOURCE;
	}
}

static void
clear_marks(struct source_eml *s)
{
	s->marks.flags = 0;
	buf_clear(&s->marks.keywords);
	buf_clear(&s->marks.subject);
}

/* The message in the open file, whose head is 'head'.  1 or -1. */
static int
take_message(struct source_eml *s, const char *name, struct slice head,
    bool apple, struct source_item *item, struct err *err)
{
	bool cut = false;
	size_t taken;
	int rc = 1;

	if (apple)
		rc = eml_read_apple(&s->file, head, &s->marks, &cut, err);
	else
		marks_read(&s->marks, head, NULL, &taken);
	s->cut += cut;
	s->partial += rc > 0 && (eml_is_partial(name) || s->marks.partial);
	fill_message(s, item);
	s->src.done += (uint64_t)s->file.st.st_size;
	return rc;
}

/* ---------------------------------------------------------- one file */

static void
remember_mbox(struct source_eml *s, const char *name)
{
	if (s->nmbox == s->mbox_cap) {
		s->mbox_cap = s->mbox_cap == 0 ? 16 : s->mbox_cap * 2;
		s->mbox = mem_grow(s->mbox, s->mbox_cap, sizeof(*s->mbox));
	}
	s->mbox[s->nmbox++] = mem_str(name);
}

/* Does the mbox in the open file have one message only? */
static bool
has_one(struct source_eml *s)
{
	struct mbox_item it;
	struct mbox *m;
	struct err ignored;
	int n = 0;

	if (mbox_open(&m, s->file.fd, MBOX_BY_EVIDENCE, &ignored) < 0)
		return false;
	while (n < 2 && mbox_next(m, &it, &ignored) == 1)
		n++;
	mbox_close(&m);
	return n == 1;
}

/* A file beside its Thunderbird index is a folder, also when it is empty. */
static bool
has_index(struct source_eml *s, const char *name)
{
	char *index = mem_fmt("%s.msf", name);
	bool has = faccessat(listing_dir(s->names, 0), index, F_OK,
		       AT_SYMLINK_NOFOLLOW) == 0;

	free(index);
	return has;
}

/* In an "X.sbd" all files are folders, whatever their names look like. */
static bool
is_in_sbd(const struct source_eml *s)
{
	const char *dir = eml_this_dir(s)->dir;
	size_t n = strlen(dir);

	return n > 4 && strcmp(dir + n - 4, ".sbd") == 0;
}

static int
refuse_file(struct source_eml *s, struct source_item *item, const char *what,
    struct err *err)
{
	fill_message(s, item);
	err_set(err, SCOPE_MSG, EX_DATAERR,
	    "this is no message: it looks like %s", what);
	return err_hint(err, "look for another copy of it");
}

static int
take_empty(struct source_eml *s, const char *name, struct source_item *item,
    struct err *err)
{
	if (eml_is_named(name))
		return refuse_file(s, item, "an empty file", err);
	if (has_index(s, name))
		remember_mbox(s, name);
	else
		report_not_carried(s->spec->report, "an empty file", 1);
	return 0;
}

/* The open file.  1 a message, FOUND_MBOX a message in an mbox that counts
 * as a file, 0 nothing (yet), -1 a message that is refused. */
static int
take_file(struct source_eml *s, const char *name, struct source_item *item,
    struct err *err)
{
	struct slice head;
	const char *what;
	ssize_t n;

	n = tree_file_look(&s->file, s->head, LIMIT_BLOCK, 0, err);
	if (n < 0) {
		fill_message(s, item);
		return -1;
	}
	if (n == 0)
		return take_empty(s, name, item, err);
	head = slice_of(s->head, (size_t)n);
	switch (eml_file_kind(name, head, &what)) {
	case EML_MESSAGE:
		return take_message(s, name, head, false, item, err);
	case EML_APPLE:
		return take_message(s, name, head, true, item, err);
	case EML_MBOX_ONE:
		if (!is_in_sbd(s) && !has_index(s, name) && has_one(s))
			return FOUND_MBOX;
		remember_mbox(s, name);
		return 0;
	case EML_MBOX:
		remember_mbox(s, name);
		return 0;
	case EML_BAD:
		return refuse_file(s, item, what, err);
	default:
		report_not_carried(s->spec->report, what, 1);
		s->src.done += (uint64_t)s->file.st.st_size;
		return 0;
	}
}

/* A name whose file cannot be had: a message's is refused, another's named.
 * -1 or 0. */
static int
bear_name(struct source_eml *s, const char *name, struct source_item *item,
    struct err *err)
{
	if (eml_is_named(name)) {
		fill_message(s, item);
		return -1;
	}
	if (err->status != EX_NOINPUT)
		tree_problem(&s->tree, eml_this_dir(s)->dir, name, err, false);
	return 0;
}

static int
take_name(struct source_eml *s, const char *name, struct source_item *item,
    struct err *err)
{
	int at = listing_dir(s->names, 0), what;
	const char *dir = eml_this_dir(s)->dir;
	struct stat st;
	struct err why;

	set_path(s, name);
	clear_marks(s);
	what = tree_look(&s->tree, dir, at, name, &st, err);
	if (what == TREE_DIRECTORY)
		return 0; /* the walk went there */
	if (*name == '.') {
		s->hidden++;
		return 0;
	}
	if (what == TREE_SPECIAL) {
		err_set(&why, SCOPE_MSG, EX_DATAERR,
		    "a pipe, socket or device: not opened");
		tree_problem(&s->tree, dir, name, &why, true);
		return 0;
	}
	if (what < 0 ||
	    tree_file_open(&s->file, &s->tree, dir, at, name, err) < 0)
		return bear_name(s, name, item, err);
	return take_file(s, name, item, err);
}

/* -------------------------------------------------------- a directory */

static bool
begin_dir(struct source_eml *s)
{
	const char *dir = eml_this_dir(s)->dir;
	struct buf path = { 0 };
	struct err why;

	if (!eml_list_dir(s)) {
		err_sys(&why, SCOPE_FOLDER, EX_NOPERM,
		    "the directory cannot be read");
		tree_problem(&s->tree, dir, "", &why, false);
		return false;
	}
	s->announced = s->at > 0 && s->announced &&
	    strcmp(eml_this_dir(s)->path, eml_this_dir(s)[-1].path) == 0;
	buf_clear(&s->dir_name);
	eml_dir_path(&path, &s->dir_name, dir);
	buf_free(&path);
	s->begun = true;
	return true;
}

static void
end_dir(struct source_eml *s)
{
	listing_free(&s->names);
	forget_mboxes(s);
	s->begun = false;
	s->at++;
}

static int
give_folder(struct source_eml *s, struct source_item *item)
{
	s->announced = true;
	item->what = SOURCE_FOLDER;
	item->folder = eml_this_dir(s)->path;
	item->folder_name = buf_str(&s->dir_name);
	item->delimiter = '/';
	return 1;
}

/* Begin to read the mbox 'name' of this directory into its own folder, or
 * into this directory's. */
static int
begin_mbox(struct source_eml *s, const char *name, bool own, struct err *err)
{
	struct mbox_walk_file f = { .spec = s->spec, .equals = &s->equals };

	set_path(s, name);
	if (s->file.fd < 0 &&
	    tree_file_open(&s->file, &s->tree, eml_this_dir(s)->dir,
		listing_dir(s->names, 0), name, err) < 0)
		return -1;
	buf_clear(&s->mbox_path);
	buf_puts(&s->mbox_path, buf_str(&s->path));
	buf_clear(&s->mbox_folder);
	buf_clear(&s->mbox_name);
	if (*eml_this_dir(s)->dir != '\0' || !own) {
		buf_puts(&s->mbox_folder, eml_this_dir(s)->path);
		buf_puts(&s->mbox_name, buf_str(&s->dir_name));
	}
	/* in Apple's "X.mbox" the file is called "mbox" */
	if (own && (s->mbox_folder.n == 0 || strcmp(name, "mbox") != 0)) {
		struct buf last = { 0 };

		mbox_folder_name(&last, name);
		folder_join(&s->mbox_folder, buf_slice(&last));
		if (s->mbox_name.n > 0)
			buf_putc(&s->mbox_name, '/');
		buf_puts(&s->mbox_name, buf_str(&last));
		buf_free(&last);
	}
	f.fd = s->file.fd;
	f.path = f.member = buf_str(&s->mbox_path);
	f.folder = buf_str(&s->mbox_folder);
	f.folder_name = buf_str(&s->mbox_name);
	s->walk_done = 0;
	if (!folder_is_path(buf_slice(&s->mbox_folder)))
		err_set(err, SCOPE_FOLDER, EX_DATAERR,
		    "too deep or too long for a folder: not read");
	else if (mbox_walk_open(&s->walk, &f, err) == 0)
		return 0;
	tree_file_close(&s->file);
	return -1;
}

static int
next_in_mbox(struct source_eml *s, struct source_item *item, struct err *err)
{
	int rc = mbox_walk_next(s->walk, item, err);
	uint64_t done = mbox_walk_done(s->walk);

	s->src.done += done - s->walk_done;
	s->walk_done = done;
	if (rc < 0 && err->scope >= SCOPE_FOLDER && err->scope < SCOPE_RUN) {
		tree_problem(&s->tree, buf_str(&s->mbox_path), "", err, false);
		rc = 0;
	}
	if (rc == 0) {
		mbox_walk_close(&s->walk);
		tree_file_close(&s->file);
	}
	return rc;
}

/* The next message among the directory's files. */
static int
next_in_dir(struct source_eml *s, struct source_item *item, struct err *err)
{
	struct name n;
	int rc;

	for (;;) {
		tree_file_close(&s->file);
		if (stop_check(err) < 0)
			return -1;
		rc = listing_next(s->names, &n, err);
		if (rc < 0)
			tree_problem(&s->tree, eml_this_dir(s)->dir, "", err,
			    false);
		if (rc <= 0)
			return DIR_END;
		if (s->single != NULL && strcmp(n.s, s->single) != 0)
			continue;
		rc = take_name(s, n.s, item, err);
		if (rc == FOUND_MBOX && begin_mbox(s, n.s, false, err) < 0) {
			fill_message(s, item);
			return -1;
		}
		if (rc != 0)
			return rc;
	}
}

/* The mboxes come when all other messages of their directory are through. */
static void
begin_next_mbox(struct source_eml *s)
{
	const char *name = s->mbox[s->mbox_at++];
	struct err why;

	if (begin_mbox(s, name, true, &why) < 0)
		tree_problem(&s->tree, eml_this_dir(s)->dir, name, &why, false);
}

static void
sum_up(struct source_eml *s)
{
	struct report *r = s->spec->report;
	char many[80];

	if (s->hidden > 0)
		report_not_carried(r, "hidden file", s->hidden);
	if (s->dirs.hidden > 0)
		report_not_carried(r, "hidden directory", s->dirs.hidden);
	if (s->dirs.attachments > 0)
		report_not_carried(r, "directory of Apple Mail's attachments",
		    s->dirs.attachments);
	if (s->partial > 0)
		report_note(r,
		    "%s incomplete at the source: attachments that the mail "
		    "program had not fetched, or keeps elsewhere, are not "
		    "there",
		    text_number(many, s->partial, "message is",
			"messages are"));
	if (s->cut > 0)
		report_note(r,
		    "in %s the size is wrong: the message ends where the "
		    "property list begins",
		    text_number(many, s->cut, ".emlx file", ".emlx files"));
}

static int
eml_next(struct source *src, struct source_item *item, struct err *err)
{
	struct source_eml *s = (struct source_eml *)src;
	int rc;

	if (s->has_pending) {
		s->has_pending = false;
		fill_message(s, item);
		return 1;
	}
	while (s->at < s->dirs.n) {
		if (s->walk != NULL) {
			rc = next_in_mbox(s, item, err);
			if (rc != 0)
				return rc;
		}
		if (!s->begun && !begin_dir(s)) {
			s->at++;
			continue;
		}
		if (eml_this_dir(s)->empty && !s->announced &&
		    *eml_this_dir(s)->dir)
			return give_folder(s, item);
		rc = next_in_dir(s, item, err);
		if (rc == 1 && !s->announced) {
			s->has_pending = true;
			*item = (struct source_item){ .subscribed = -1 };
			return give_folder(s, item);
		}
		if (rc == 1 || rc == -1)
			return rc;
		if (rc == FOUND_MBOX)
			continue;
		if (s->mbox_at < s->nmbox)
			begin_next_mbox(s);
		else
			end_dir(s);
	}
	sum_up(s);
	return 0;
}

static ssize_t
eml_read(struct source *src, void *buf, size_t cap, struct err *err)
{
	struct source_eml *s = (struct source_eml *)src;

	if (s->walk != NULL)
		return mbox_walk_read(s->walk, buf, cap, err);
	return tree_file_read(&s->file, buf, cap, err);
}

static bool
eml_raw(struct source *src, uint8_t out[DIGEST_BYTES])
{
	struct source_eml *s = (struct source_eml *)src;

	return s->walk != NULL && mbox_walk_raw_sha256(s->walk, out);
}

/* ---------------------------------------------------------------- open */

static int
eml_open(struct source **src_r, const struct source_spec *spec, struct err *err)
{
	struct source_eml *s = mem_alloc(1, sizeof(*s));
	struct stat st;

	s->spec = spec;
	s->file.fd = s->tree.root = -1;
	s->head = mem_alloc(1, LIMIT_BLOCK);
	s->src.identity = realpath(spec->path, NULL);
	if (s->src.identity == NULL || stat(spec->path, &st) < 0) {
		err_sys(err, SCOPE_STORE, EX_NOINPUT, "'%s'", spec->path);
		goto fail;
	}
	if (S_ISDIR(st.st_mode) ? eml_open_tree(s, err) < 0
				: eml_open_single(s, &st, err) < 0)
		goto fail;
	*src_r = &s->src;
	return 0;
fail:
	free(s->src.identity);
	eml_close(&s->src);
	return -1;
}

const struct source_ops source_eml_ops = {
	.name = "eml",
	.probe = eml_probe,
	.open = eml_open,
	.next = eml_next,
	.read = eml_read,
	.raw_sha256 = eml_raw,
	.close = eml_close,
};
