/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The messages of one mbox; see mbox_walk.h.
 *
 * A message is known by its content less what mail programs change in its
 * header, so it keeps its key when it is read, flagged, or when others
 * before it are deleted.
 */
#include "extract/mbox_walk.h"

#include <stdlib.h>

#include "core/limits.h"
#include "core/mem.h"
#include "core/text.h"
#include "extract/labels.h"
#include "extract/marks.h"
#include "formats/folder.h"
#include "formats/mbox.h"
#include "formats/words.h"

#define KEY_BYTES 16 /* of the hash, in hex */

struct mbox_walk {
	struct mbox_walk_file file;
	struct mbox *m;
	struct mbox_item it;
	struct marks marks;
	struct digest *digest;
	struct equals announced; /* folders, by hash */

	/* the current message, while it has folders to go to */
	struct buf folders; /* one a line */
	struct slice folders_left;
	struct buf folder, key, source;
	uint64_t number; /* among its equals */
	uint8_t id[DIGEST_BYTES];
	uint8_t raw[DIGEST_BYTES];
	bool raw_known;

	bool any; /* a folder was announced */
	uint64_t partial, messages;
};

static void
say_dialect(const struct mbox_walk *w)
{
	const char *name = mbox_dialect_name(mbox_dialect(w->m));
	struct report *r = w->file.spec->report;

	if (w->file.member == NULL)
		report_set(r, "dialect", js_str(slice_str(name)));
	if (w->file.spec->mbox_dialect != NULL || mbox_has_evidence(w->m))
		report_note(r, "mbox read as %s", name);
	else
		report_note(r,
		    "mbox read as %s, as nothing in it tells the dialect",
		    name);
	if (mbox_has_cr_lines(w->m))
		report_note(r,
		    "the lines of an mbox end with CR alone (an "
		    "old Mac's): they were given LF too");
}

int
mbox_walk_open(struct mbox_walk **w_r, const struct mbox_walk_file *file,
    struct err *err)
{
	enum mbox_dialect want = MBOX_BY_EVIDENCE;
	struct mbox_walk *w;

	*w_r = NULL;
	if (file->spec->mbox_dialect != NULL &&
	    mbox_dialect_parse(file->spec->mbox_dialect, &want) < 0) {
		err_set(err, SCOPE_RUN, EX_USAGE, "'%s' is no mbox dialect",
		    file->spec->mbox_dialect);
		return err_hint(err, "use mboxo, mboxrd, mboxcl or mboxcl2");
	}
	w = mem_alloc(1, sizeof(*w));
	w->file = *file;
	w->digest = digest_new();
	if (mbox_open(&w->m, file->fd, want, err) < 0) {
		err_within(err, "'%s'", file->path);
		mbox_walk_close(&w);
		return -1;
	}
	*w_r = w;
	return 0;
}

/* Hash what is stored from 'at' on into w->digest. */
static int
hash_rest(struct mbox_walk *w, uint64_t at, struct err *err)
{
	const char *p;
	ssize_t n;

	while ((n = mbox_raw(w->m, at, &p, err)) > 0) {
		digest_add(w->digest, p, (size_t)n);
		at += (uint64_t)n;
	}
	return (int)n;
}

/* Read the header's marks and hash the rest of the message: w->id, and
 * w->raw where no mark was left out. */
static int
identify(struct mbox_walk *w, struct err *err)
{
	const char *p = NULL;
	struct slice head;
	size_t taken = 0;
	ssize_t n = mbox_raw(w->m, 0, &p, err);

	if (n < 0)
		return -1;
	head = slice_of(p, (size_t)n);
	if (head.n > LIMIT_HEAD_BYTES)
		head.n = LIMIT_HEAD_BYTES;
	digest_reset(w->digest);
	marks_read(&w->marks, head, w->digest, &taken);
	if (hash_rest(w, taken, err) < 0)
		return -1;
	digest_end(w->digest, w->id);
	w->raw_known = !w->marks.mutable;
	memcpy(w->raw, w->id, sizeof(w->raw));
	if (w->file.member != NULL) {
		/* the same message may lie in another mbox of the tree */
		digest_reset(w->digest);
		digest_add(w->digest, w->file.member,
		    strlen(w->file.member) + 1);
		digest_add(w->digest, w->id, sizeof(w->id));
		digest_end(w->digest, w->id);
	}
	return 0;
}

static uint64_t
first_bytes(const uint8_t hash[DIGEST_BYTES])
{
	uint64_t v;

	memcpy(&v, hash, sizeof(v));
	return v;
}

/* w->source: {"kind":"mbox","offset":42} */
static void
set_source(struct mbox_walk *w)
{
	struct js *o = js_obj();

	js_set_str(o, "kind", "mbox");
	if (w->file.member != NULL)
		js_set_str(o, "path", w->file.member);
	js_set_int(o, "offset", (int64_t)w->it.offset);
	buf_clear(&w->source);
	js_put(&w->source, o);
	js_free(&o);
}

/* w->key, for w->folder.  With --labels folders a message lies in several
 * folders, and each of them is one of its own to the spool. */
static void
set_key(struct mbox_walk *w)
{
	uint8_t hash[DIGEST_BYTES];
	char hex[DIGEST_HEX];

	buf_clear(&w->key);
	buf_putf(&w->key, "m%s", digest_hex(hex, w->id, KEY_BYTES));
	if (w->number > 1)
		buf_putf(&w->key, "-%llu", (unsigned long long)w->number);
	if (w->file.spec->labels_as_folders && w->marks.has_labels) {
		digest_of(w->folder.p, w->folder.n, hash);
		buf_putf(&w->key, ".%s", digest_hex(hex, hash, 4));
	}
}

static void
fill(struct mbox_walk *w, struct source_item *item)
{
	item->what = SOURCE_MSG;
	item->local_lines = true;
	item->subject = buf_str(&w->marks.subject);
	item->raw_sha256 = w->raw_known && !w->it.quoted ? w->raw : NULL;
	item->msg.key = buf_str(&w->key);
	item->msg.folder = buf_str(&w->folder);
	item->msg.source = buf_str(&w->source);
	item->msg.flags = w->marks.flags;
	item->msg.keywords = buf_str(&w->marks.keywords);
	item->msg.received = w->it.date;
	item->msg.received_how =
	    w->it.date == DATE_UNKNOWN ? RECEIVED_UNKNOWN : RECEIVED_SOURCE;
	item->msg.size = w->it.size;
}

/* Something is odd about a message that is carried all the same. */
static void
name_oddity(struct mbox_walk *w, const struct err *what, bool warning)
{
	struct buf subject = { 0 };
	struct problem p = { .folder = buf_str(&w->folder),
		.source = buf_str(&w->source),
		.size = w->it.size,
		.err = what,
		.warning = warning };

	words_decode(&subject, buf_slice(&w->marks.subject));
	p.subject = buf_str(&subject);
	report_problem(w->file.spec->report, &p);
	buf_free(&subject);
}

static void
name_oddities(struct mbox_walk *w)
{
	unsigned long long offset = w->it.offset;
	struct err what;

	if (w->it.cut) {
		err_set(&what, SCOPE_MSG, EX_DATAERR,
		    "'%s' ends in the middle of the message at byte %llu: "
		    "the end of it, and what followed, may be missing",
		    w->file.path, offset);
		err_hint(&what,
		    "look for a complete copy of the file; what "
		    "is there was kept");
		name_oddity(w, &what, false);
	}
	if (w->it.embedded) {
		err_set(&what, SCOPE_MSG, EX_DATAERR,
		    "'%s': at byte %llu a message begins where one is "
		    "attached to another (message/rfc822)",
		    w->file.path, offset);
		err_hint(&what,
		    "it was taken as a message of its own; it may "
		    "be the end of the one before");
		name_oddity(w, &what, true);
	}
}

/* Text before the first postmark is nobody's message: named, not carried. */
static int
refuse_stray(struct mbox_walk *w, struct source_item *item, struct err *err)
{
	fill(w, item);
	err_set(err, SCOPE_MSG, EX_DATAERR,
	    "'%s': the first %llu bytes belong to no message (there is no "
	    "\"From \" line before them)",
	    w->file.path, (unsigned long long)(mbox_done(w->m)));
	return err_hint(err,
	    "look at the beginning of the file: it may be "
	    "damaged, or be no mbox");
}

/* The next message of the file: 1, 0, or -1. */
static int
advance(struct mbox_walk *w, struct source_item *item, struct err *err)
{
	int n = mbox_next(w->m, &w->it, err);

	if (n < 0)
		return err_within(err, "'%s'", w->file.path);
	if (n == 0)
		return 0;
	set_source(w);
	buf_clear(&w->folders);
	buf_clear(&w->folder);
	buf_puts(&w->folder, w->file.folder);
	n = identify(w, err);
	w->number = equals_number(w->file.equals, first_bytes(w->id));
	set_key(w);
	if (n < 0) {
		fill(w, item);
		return err_within(err, "'%s'", w->file.path);
	}
	if (w->it.stray)
		return refuse_stray(w, item, err);
	w->messages++;
	w->partial += w->marks.partial;
	if (w->marks.has_labels)
		labels_apply(&w->marks, w->file.spec->labels_as_folders,
		    &w->folders);
	if (w->folders.n == 0) {
		buf_puts(&w->folders, w->file.folder);
		buf_putc(&w->folders, '\n');
	}
	w->folders_left = buf_slice(&w->folders);
	return 1;
}

/* Was this folder not told yet? */
static bool
is_new_folder(struct mbox_walk *w)
{
	uint8_t hash[DIGEST_BYTES];

	digest_of(w->folder.p, w->folder.n, hash);
	return equals_number(&w->announced, first_bytes(hash)) == 1;
}

static int
tell_folder(struct mbox_walk *w, struct source_item *item)
{
	bool own = slice_is(buf_slice(&w->folder), w->file.folder);

	w->any = true;
	item->what = SOURCE_FOLDER;
	item->folder = buf_str(&w->folder);
	item->folder_name = own ? w->file.folder_name : NULL;
	item->special_use =
	    own ? NULL : labels_special_use(buf_slice(&w->folder));
	return 1;
}

static void
say_last(struct mbox_walk *w)
{
	char many[80];

	if (w->partial > 0)
		report_note(w->file.spec->report,
		    "'%s': of %s the mail program had fetched only a part "
		    "(X-Mozilla-Status 0400)",
		    w->file.path,
		    text_number(many, w->partial, "message", "messages"));
	if (w->messages > 0)
		say_dialect(w);
}

int
mbox_walk_next(struct mbox_walk *w, struct source_item *item, struct err *err)
{
	struct slice line;
	int n;

	while (w->folders_left.n == 0) {
		n = advance(w, item, err);
		if (n < 0)
			return -1;
		if (n == 0) {
			say_last(w);
			buf_clear(&w->folder);
			buf_puts(&w->folder, w->file.folder);
			return w->any ? 0 : tell_folder(w, item);
		}
		if (w->marks.internal) {
			report_not_carried(w->file.spec->report,
			    "mbox internal data", 1);
			w->folders_left.n = 0;
		}
	}
	line = w->folders_left;
	line.n = (size_t)((const char *)memchr(line.p, '\n', line.n) - line.p);
	buf_clear(&w->folder);
	buf_put(&w->folder, line.p, line.n);
	if (is_new_folder(w))
		return tell_folder(w, item);
	w->folders_left = slice_from(w->folders_left, line.n + 1);
	mbox_rewind(w->m);
	set_key(w);
	name_oddities(w);
	fill(w, item);
	return 1;
}

ssize_t
mbox_walk_read(struct mbox_walk *w, void *buf, size_t cap, struct err *err)
{
	ssize_t n = mbox_read(w->m, buf, cap, err);

	return n < 0 ? err_within(err, "'%s'", w->file.path) : n;
}

bool
mbox_walk_raw_sha256(struct mbox_walk *w, uint8_t out[DIGEST_BYTES])
{
	struct err err;

	if (!mbox_changed(w->m))
		return false;
	if (!w->raw_known) {
		digest_reset(w->digest);
		if (hash_rest(w, 0, &err) < 0)
			return false;
		digest_end(w->digest, w->raw);
		w->raw_known = true;
	}
	memcpy(out, w->raw, DIGEST_BYTES);
	return true;
}

uint64_t
mbox_walk_done(const struct mbox_walk *w)
{
	return mbox_done(w->m);
}

bool
mbox_walk_has_none(const struct mbox_walk *w)
{
	return w->it.stray && mbox_done(w->m) == mbox_size(w->m);
}

void
mbox_walk_close(struct mbox_walk **w)
{
	if (*w == NULL)
		return;
	mbox_close(&(*w)->m);
	marks_free(&(*w)->marks);
	digest_free(&(*w)->digest);
	equals_free(&(*w)->announced);
	buf_free(&(*w)->folders);
	buf_free(&(*w)->folder);
	buf_free(&(*w)->key);
	buf_free(&(*w)->source);
	free(*w);
	*w = NULL;
}

static bool
cut_suffix(struct slice *s, const char *suffix)
{
	size_t n = strlen(suffix);

	if (s->n <= n || strncasecmp(s->p + s->n - n, suffix, n) != 0)
		return false;
	s->n -= n;
	return true;
}

static struct slice
last_component(struct slice path, struct slice *dir_r)
{
	size_t n = path.n;

	while (n > 0 && path.p[n - 1] != '/')
		n--;
	*dir_r = slice_of(path.p, n == 0 ? 0 : n - 1);
	return slice_from(path, n);
}

void
mbox_folder_name(struct buf *out, const char *path)
{
	struct slice dir, name, up;

	name = last_component(slice_str(path), &dir);
	if (slice_is(name, "mbox")) { /* Apple Mail's X.mbox/mbox */
		up = last_component(dir, &dir);
		if (cut_suffix(&up, ".mbox"))
			name = up;
	} else if (!cut_suffix(&name, ".mbox") && !cut_suffix(&name, ".mbx")) {
		cut_suffix(&name, ".txt");
	}
	buf_put(out, name.p, name.n);
}
