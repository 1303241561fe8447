/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A Maildir as a source: the plain one, Maildir++ (".A.B" beside cur and
 * new) and nested ones (LAYOUT=fs).  Messages are all files in cur/ and new/,
 * and files that lie beside these and are mail by their bytes.
 *
 * A message's key is a hash of its directory and its name without flags.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/js.h"
#include "core/limits.h"
#include "core/mem.h"
#include "core/stop.h"
#include "extract/maildir_boxes.h"
#include "extract/source_impl.h"
#include "formats/maildir.h"
#include "formats/sniff.h"

/* Directories of a folder, in the order in which equal names are given. */
enum { IN_CUR, IN_NEW, BESIDE };

static const char *const where_name[] = { "cur", "new", "" };

/* What next_in_box() returns beside 1 and -1. */
enum { STRAY = 2, BOX_END = 3 };

#define KEYWORDS_MAX LIMIT_BLOCK
#define SEARCHES_MAX 256 /* a folder; each reads two directories */

struct source_maildir {
	struct source src;
	const struct source_spec *spec;
	struct tree tree;
	struct maildir_boxes boxes;
	size_t at;	  /* the folder being read, boxes.n: none left */
	bool begun;	  /* its names are being listed */
	bool announced;	  /* its path was given as SOURCE_FOLDER */
	bool has_pending; /* a message behind its late announcement */
	struct listing *names;
	struct maildir_keywords letters;
	/* the current message */
	struct tree_file file;
	struct buf name, dir, path, source, key, keywords, stem;
	size_t where;
	struct stat st;
	uint64_t twin;	   /* it is the how-manieth with this stem */
	unsigned searches; /* find_again() in this folder */
	bool opened;
	/* what the summary says once */
	uint64_t unfinished, hidden, strange, unknown_letters;
	char *head; /* LIMIT_BLOCK bytes for a look at strays */
};

static struct maildir_box *
this_box(const struct source_maildir *s)
{
	return &s->boxes.box[s->at];
}

static void
maildir_close(struct source *src)
{
	struct source_maildir *s = (struct source_maildir *)src;

	listing_free(&s->names);
	tree_file_close(&s->file);
	maildir_keywords_free(&s->letters);
	maildir_boxes_free(&s->boxes);
	tree_close(&s->tree);
	buf_free(&s->name);
	buf_free(&s->dir);
	buf_free(&s->path);
	buf_free(&s->source);
	buf_free(&s->key);
	buf_free(&s->keywords);
	buf_free(&s->stem);
	free(s->head);
	free(s);
}

static int
maildir_probe(const char *path, int fd, bool is_dir, const void *head,
    size_t len)
{
	(void)path;
	(void)head;
	(void)len;
	return is_dir ? maildir_boxes_probe(fd) : 0;
}

static int
refuse_spool(const struct source_maildir *s, const char *path, struct err *err)
{
	if (faccessat(s->tree.root, "spool.db", F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	err_set(err, SCOPE_STORE, EX_DATAERR, "'%s' is a spool", path);
	return err_hint(err,
	    "it was extracted already: go on with transform or load; its mail/ "
	    "directory can be read as a Maildir");
}

static int
maildir_open(struct source **src_r, const struct source_spec *spec,
    struct err *err)
{
	struct source_maildir *s = mem_alloc(1, sizeof(*s));

	s->spec = spec;
	s->file.fd = s->tree.root = -1;
	if (tree_open(&s->tree, spec->path, "maildir", spec->report, err) < 0 ||
	    refuse_spool(s, spec->path, err) < 0 ||
	    maildir_boxes_find(&s->boxes, &s->tree, err) < 0)
		goto fail;
	s->src.identity = realpath(spec->path, NULL);
	if (s->src.identity == NULL) {
		err_sys(err, SCOPE_STORE, EX_NOINPUT, "'%s'", spec->path);
		goto fail;
	}
	s->src.total = s->boxes.bytes;
	s->head = mem_alloc(1, LIMIT_BLOCK);
	*src_r = &s->src;
	return 0;
fail:
	maildir_close(&s->src);
	return -1;
}

/* ------------------------------------------------------------- a folder */

/* A directory of the folder that is read, or -1: named if it is there but
 * cannot be read. */
static int
open_part(struct source_maildir *s, const char *name)
{
	struct buf dir = { 0 };
	struct err why;
	int fd;

	tree_join(&dir, this_box(s)->dir, name);
	fd = tree_dir(&s->tree, buf_str(&dir));
	if (fd < 0 && errno != ENOENT && errno != ENOTDIR && errno != ELOOP) {
		err_sys(&why, SCOPE_FOLDER, EX_NOPERM,
		    "the directory cannot be read");
		tree_problem(&s->tree, buf_str(&dir), "", &why, false);
	}
	buf_free(&dir);
	return fd;
}

static void
count_unfinished(struct source_maildir *s)
{
	int dirs[LISTING_DIRS] = { open_part(s, "tmp"), -1, -1 };
	struct listing *l = listing_new(dirs, NULL);
	struct err ignored;
	struct name n;

	while (listing_next(l, &n, &ignored) == 1)
		s->unfinished += n.s[0] != '.';
	listing_free(&l);
}

static void
read_letters(struct source_maildir *s, int at)
{
	const struct maildir_box *box = this_box(s);
	struct tree_file f;
	struct err ignored;
	struct stat st;
	ssize_t n;

	maildir_keywords_free(&s->letters);
	if (at < 0 ||
	    tree_look(&s->tree, box->dir, at, "dovecot-keywords", &st,
		&ignored) != TREE_FILE ||
	    tree_file_open(&f, &s->tree, box->dir, at, "dovecot-keywords",
		&ignored) < 0)
		return;
	n = tree_file_look(&f, s->head, KEYWORDS_MAX, 0, &ignored);
	tree_file_close(&f);
	if (n > 0)
		maildir_keywords_parse(&s->letters,
		    slice_of(s->head, (size_t)n));
}

static void
begin_box(struct source_maildir *s)
{
	const struct maildir_box *box = this_box(s);
	int dirs[LISTING_DIRS];

	dirs[IN_CUR] = open_part(s, "cur");
	dirs[IN_NEW] = open_part(s, "new");
	dirs[BESIDE] = open_part(s, "");
	count_unfinished(s);
	read_letters(s, dirs[BESIDE]);
	s->names = listing_new(dirs, maildir_stem_length);
	s->begun = true;
	s->announced = box->merged && s->announced;
	buf_clear(&s->stem);
	s->twin = 0;
	s->searches = 0;
	if (box->merged)
		report_note(s->spec->report,
		    "the directories '%s' and '%s' have one folder name: "
		    "their messages are in one folder",
		    box[-1].dir[0] == '\0' ? "." : box[-1].dir, box->dir);
}

static int
give_folder(struct source_maildir *s, struct source_item *item)
{
	const struct maildir_box *box = this_box(s);

	s->announced = true;
	item->what = SOURCE_FOLDER;
	item->folder = box->path;
	item->folder_name = box->name;
	item->delimiter = box->delimiter;
	item->subscribed = box->subscribed;
	return 1;
}

static void
end_box(struct source_maildir *s)
{
	s->strange += this_box(s)->strange && !s->announced;
	listing_free(&s->names);
	s->begun = false;
	s->at++;
}

/* ------------------------------------------------------------- a message */

static void
set_place(struct source_maildir *s, const char *name, size_t where)
{
	s->where = where;
	buf_clear(&s->name);
	buf_puts(&s->name, name);
	buf_clear(&s->dir);
	tree_join(&s->dir, this_box(s)->dir, where_name[where]);
	buf_clear(&s->path);
	tree_join(&s->path, buf_str(&s->dir), name);
	buf_clear(&s->source);
	tree_source(&s->source, &s->tree, buf_str(&s->path));
}

static void
set_key(struct source_maildir *s, const struct name *n)
{
	struct slice stem = slice_of(n->s, n->stem);

	if (slice_eq(stem, buf_slice(&s->stem)) && s->stem.n > 0) {
		s->twin++;
	} else {
		buf_clear(&s->stem);
		buf_put(&s->stem, stem.p, stem.n);
		s->twin = 1;
	}
	buf_clear(&s->key);
	tree_key(&s->key, 'd', this_box(s)->dir, n->s, n->stem);
	if (s->twin > 1)
		buf_putf(&s->key, "-%" PRIu64, s->twin);
}

static uint32_t
read_flags(struct source_maildir *s)
{
	struct slice letters = maildir_letters(buf_str(&s->name));
	uint32_t flags = msg_flags_of_letters(letters);
	const struct buf *word;
	size_t i;

	buf_clear(&s->keywords);
	for (i = 0; i < letters.n; i++) {
		if (strchr("DFPRST", letters.p[i]) != NULL)
			continue;
		word = letters.p[i] < 'a' || letters.p[i] > 'z'
		    ? NULL
		    : &s->letters.name[letters.p[i] - 'a'];
		if (word == NULL || word->n == 0)
			s->unknown_letters++;
		else
			msg_keyword_add(&s->keywords, &flags, buf_slice(word));
	}
	return flags;
}

/*
 * The file is not where the directory had it: a mail program that is at work
 * here has changed its flags or moved it from new to cur.  Find its stem
 * again.  True: name and place are set anew.
 */
static bool
find_again(struct source_maildir *s)
{
	int dirs[LISTING_DIRS] = { -1, -1, -1 };
	struct listing *l;
	bool found = false;
	struct err ignored;
	struct name n;

	if (s->twin > 1 || s->searches++ >= SEARCHES_MAX)
		return false;
	dirs[IN_CUR] = open_part(s, "cur");
	dirs[IN_NEW] = open_part(s, "new");
	l = listing_new(dirs, maildir_stem_length);
	while (!found && listing_next(l, &n, &ignored) == 1) {
		found = slice_eq(slice_of(n.s, n.stem), buf_slice(&s->stem));
		if (found)
			set_place(s, n.s, n.where);
	}
	listing_free(&l);
	return found;
}

static int
look(struct source_maildir *s, struct err *err)
{
	int at = listing_dir(s->names, s->where), what;

	what = tree_look(&s->tree, buf_str(&s->dir), at, buf_str(&s->name),
	    &s->st, err);
	if (what < 0 && err->status == EX_NOINPUT && find_again(s)) {
		at = listing_dir(s->names, s->where);
		what = tree_look(&s->tree, buf_str(&s->dir), at,
		    buf_str(&s->name), &s->st, err);
	}
	return what;
}

/* Fill in what is known about the message whose place and key are set. */
static void
fill_message(struct source_maildir *s, struct source_item *item)
{
	item->what = SOURCE_MSG;
	item->local_lines = true;
	item->msg.folder = this_box(s)->path;
	item->msg.flags = read_flags(s);
	item->msg.key = buf_str(&s->key);
	item->msg.source = buf_str(&s->source);
	item->msg.keywords = buf_str(&s->keywords);
	item->msg.size = (uint64_t)s->st.st_size;
	if (s->st.st_mtim.tv_sec > 0) {
		item->msg.received = s->st.st_mtim.tv_sec;
		item->msg.received_how = RECEIVED_SOURCE;
	}
}

/* A file in cur/ or new/.  1 a message, 0 none, -1 one that is refused. */
static int
take_file(struct source_maildir *s, const struct name *n,
    struct source_item *item, struct err *err)
{
	struct err why;
	int what;

	if (n->s[0] == '.') {
		s->hidden++;
		return 0;
	}
	set_key(s, n);
	set_place(s, n->s, n->where);
	s->st = (struct stat){ 0 };
	what = look(s, err);
	if (what < 0 && err->status == EX_NOINPUT && s->twin > 1)
		return 0; /* it was moved to where we have just read it */
	if (what == TREE_DIRECTORY || what == TREE_SPECIAL) {
		err_set(&why, SCOPE_MSG, EX_DATAERR,
		    what == TREE_SPECIAL
			? "a pipe, socket or device among the messages"
			: "a directory among the messages: not read");
		tree_problem(&s->tree, buf_str(&s->dir), n->s, &why,
		    what == TREE_SPECIAL);
		return 0;
	}
	fill_message(s, item);
	if (what < 0)
		return -1;
	if (s->st.st_size == 0)
		return err_set(err, SCOPE_MSG, EX_DATAERR,
		    "the file is empty: there is no message in it");
	s->src.done += (uint64_t)s->st.st_size;
	return 1;
}

/* --------------------------------------------- files beside cur and new */

/* Name or count a file that is no message. */
static void
pass_over(struct source_maildir *s, const char *name, struct slice head)
{
	struct err why;

	if (slice_starts(head, "From ")) {
		err_set(&why, SCOPE_FOLDER, EX_DATAERR,
		    "an mbox in a Maildir: not read");
		err_hint(&why, "extract it by itself");
		tree_problem(&s->tree, this_box(s)->dir, name, &why, false);
	} else {
		report_not_carried(s->spec->report, sniff_head(head).name, 1);
	}
}

/* Is the file at s->name mail, by its bytes? */
static bool
is_mail(struct source_maildir *s, const char *name)
{
	bool has_info = maildir_letters(name).p != NULL &&
	    name[maildir_base_length(name)] != '\0';
	struct slice head = { 0 };
	struct err why;
	ssize_t n = -1;
	int sure;

	if (tree_file_open(&s->file, &s->tree, buf_str(&s->dir),
		listing_dir(s->names, BESIDE), name, &why) == 0)
		n = tree_file_look(&s->file, s->head, LIMIT_BLOCK, 0, &why);
	tree_file_close(&s->file);
	if (n < 0) {
		tree_problem(&s->tree, buf_str(&s->dir), name, &why, false);
		return false;
	}
	head = slice_of(s->head, (size_t)n);
	sure = slice_starts(head, "From ") ? 0 : sniff_mail(head);
	if (sure >= 80 || (sure > 0 && has_info))
		return true;
	pass_over(s, name, head);
	return false;
}

/* A file in the folder's own directory: 0, or STRAY when it is a message. */
static int
take_stray(struct source_maildir *s, const struct name *n)
{
	struct err why;
	int what;

	if (maildir_is_own_file(n->s))
		return 0;
	set_place(s, n->s, BESIDE);
	s->st = (struct stat){ 0 };
	what = tree_look(&s->tree, buf_str(&s->dir),
	    listing_dir(s->names, BESIDE), n->s, &s->st, &why);
	if (what == TREE_DIRECTORY)
		return 0; /* the walk went there */
	if (what == TREE_SPECIAL) {
		report_not_carried(s->spec->report, "a pipe, socket or device",
		    1);
		return 0;
	}
	if (what < 0) {
		if (why.status != EX_NOINPUT)
			tree_problem(&s->tree, buf_str(&s->dir), n->s, &why,
			    true);
		return 0;
	}
	if (!is_mail(s, n->s))
		return 0;
	set_key(s, n);
	return STRAY;
}

static int
give_stray(struct source_maildir *s, struct source_item *item)
{
	fill_message(s, item);
	s->src.done += (uint64_t)s->st.st_size;
	return 1;
}

/* ---------------------------------------------------------------- public */

static void
sum_up(struct source_maildir *s)
{
	struct report *r = s->spec->report;

	if (s->unfinished > 0)
		report_not_carried(r, "unfinished delivery in tmp/",
		    s->unfinished);
	if (s->hidden > 0)
		report_not_carried(r, "hidden file in cur/ or new/", s->hidden);
	if (s->strange > 0)
		report_not_carried(r,
		    "directory with a leading dot that is no Maildir",
		    s->strange);
	if (s->unknown_letters > 0)
		report_note(r,
		    "%" PRIu64 " flag letters that no dovecot-keywords file "
		    "explains are left out",
		    s->unknown_letters);
}

/* The next message of the folder, as take_file() or take_stray(). */
static int
next_in_box(struct source_maildir *s, struct source_item *item, struct err *err)
{
	struct name n;
	int rc;

	for (;;) {
		if (stop_check(err) < 0)
			return -1;
		rc = listing_next(s->names, &n, err);
		if (rc < 0) {
			tree_problem(&s->tree, this_box(s)->dir, "", err,
			    false);
			return BOX_END;
		}
		if (rc == 0)
			return BOX_END;
		rc = n.where == BESIDE ? take_stray(s, &n)
				       : take_file(s, &n, item, err);
		if (rc != 0)
			return rc;
	}
}

static int
maildir_next(struct source *src, struct source_item *item, struct err *err)
{
	struct source_maildir *s = (struct source_maildir *)src;
	int rc;

	tree_file_close(&s->file);
	s->opened = false;
	while (s->at < s->boxes.n) {
		if (!s->begun)
			begin_box(s);
		if (this_box(s)->is_box && !s->announced)
			return give_folder(s, item);
		rc = s->has_pending ? STRAY : next_in_box(s, item, err);
		/* not till now was it known to be a folder */
		s->has_pending = rc == STRAY && !s->announced;
		if (s->has_pending)
			return give_folder(s, item);
		if (rc == STRAY)
			return give_stray(s, item);
		if (rc != BOX_END)
			return rc;
		end_box(s);
	}
	sum_up(s);
	return 0;
}

static int
open_message(struct source_maildir *s, struct err *err)
{
	int rc = tree_file_open(&s->file, &s->tree, buf_str(&s->dir),
	    listing_dir(s->names, s->where), buf_str(&s->name), err);

	if (rc < 0 && err->status == EX_NOINPUT && s->where != BESIDE &&
	    find_again(s))
		rc = tree_file_open(&s->file, &s->tree, buf_str(&s->dir),
		    listing_dir(s->names, s->where), buf_str(&s->name), err);
	return rc;
}

static ssize_t
maildir_read(struct source *src, void *buf, size_t cap, struct err *err)
{
	struct source_maildir *s = (struct source_maildir *)src;

	if (!s->opened && open_message(s, err) < 0)
		return -1;
	s->opened = true;
	return tree_file_read(&s->file, buf, cap, err);
}

const struct source_ops source_maildir_ops = {
	.name = "maildir",
	.probe = maildir_probe,
	.open = maildir_open,
	.next = maildir_next,
	.read = maildir_read,
	.close = maildir_close,
};
