/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Items of a spool that are no mail; see spool_items.h.
 *
 * A place's directory is a folder of the batch with the number -place, so
 * that files of items become visible and durable together with messages.
 */
#include "formats/spool_items.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/limits.h"
#include "core/mem.h"
#include "core/text.h"
#include "formats/folder.h"
#include "formats/spool_impl.h"

#define TITLE_BYTES 80 /* of it in a file's name, before it is encoded */

#define COLUMNS                                                                \
	"SELECT id,kind,key,file,folder,source,class,title,modified,size,"     \
	"sha256,lost FROM item "

/* ------------------------------------------------------------ directories */

int
spool_items_dir(struct spool *sp, enum item_place place, bool make,
    struct err *err)
{
	const unsigned flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	const char *name = item_place_name(place);
	int top, fd = -1;

	if (make && mkdirat(sp->dirfd, "items", 0700) < 0 && errno != EEXIST)
		goto failed;
	top = openat(sp->dirfd, "items", (int)flags);
	if (top >= 0) {
		if (!make || mkdirat(top, name, 0700) == 0 || errno == EEXIST)
			fd = openat(top, name, (int)flags);
		close(top);
	}
	if (fd >= 0)
		return fd;
failed:
	if (errno == ELOOP || errno == ENOTDIR) {
		err_set(err, SCOPE_RUN, EX_CANTCREAT,
		    "spool '%s': items/%s is not a directory (a symbolic "
		    "link?)",
		    sp->dir, name);
		return err_hint(err,
		    "a spool must not lead out of its "
		    "directory; put the real directory there");
	}
	return err_sys(err, SCOPE_RUN,
	    errno == EACCES ? EX_NOPERM : EX_CANTCREAT, "spool '%s': items/%s",
	    sp->dir, name);
}

/* "items/contacts/NAME" taken apart; NULL if it is no such thing. */
static const char *
split_file(const char *file, enum item_place *place_r)
{
	const char *p, *slash;
	size_t i, n;

	if (file == NULL || strncmp(file, "items/", 6) != 0)
		return NULL;
	p = file + 6;
	slash = strchr(p, '/');
	if (slash == NULL || slash[1] == '\0' || strchr(slash + 1, '/') != NULL)
		return NULL;
	n = (size_t)(slash - p);
	for (i = PLACE_MAIL + 1; i < ITEM_PLACES; i++) {
		const char *name = item_place_name((enum item_place)i);

		if (strlen(name) == n && strncmp(p, name, n) == 0) {
			*place_r = (enum item_place)i;
			return slash + 1;
		}
	}
	return NULL;
}

/* "Jane Doe.p200024.vcf" */
static void
put_name(struct buf *out, const struct spool_item *item)
{
	struct slice t = slice_trim(slice_str(item->title));
	size_t n = t.n, tail;

	if (n > TITLE_BYTES) {
		n = TITLE_BYTES;
		while (n > 0 && ((unsigned char)t.p[n] & 0xc0) == 0x80)
			n--;
		t = slice_trim(slice_of(t.p, n));
	}
	tail = strlen(item->key) + strlen(item_kind_ending(item->kind)) + 2;
	if (t.n > 0) {
		folder_encode(out, t);
		if (out->n + tail > LIMIT_COMPONENT_BYTES)
			buf_clear(out);
		else
			buf_putc(out, '.');
	}
	buf_putf(out, "%s.%s", item->key, item_kind_ending(item->kind));
}

/* ------------------------------------------------------------------- rows */

static void
fill(struct spool *sp, struct ledger_rows *q, struct spool_item *r)
{
	struct arena *a = &sp->item_row;
	struct slice hash;
	enum item_place place;

	arena_reset(a);
	memset(r, 0, sizeof(*r));
	r->id = ledger_int(q, 0);
	r->kind = item_kind_named(ledger_text(q, 1));
	if (r->kind == KIND_MAIL || r->kind >= ITEM_KINDS)
		r->kind = KIND_OTHER;
	r->key = arena_str(a, ledger_text(q, 2));
	r->file = arena_str(a, ledger_text(q, 3));
	r->folder = arena_str(a, ledger_text(q, 4));
	r->source = arena_str(a, ledger_text(q, 5));
	r->class = arena_str(a, ledger_text(q, 6));
	r->title = arena_str(a, ledger_text(q, 7));
	r->modified = ledger_int(q, 8);
	r->size = (uint64_t)ledger_int(q, 9);
	hash = ledger_blob(q, 10);
	if (hash.n == DIGEST_BYTES)
		memcpy(r->sha256, hash.p, DIGEST_BYTES);
	r->lost = ledger_int(q, 11) != 0 ||
	    split_file(r->file, &place) == NULL ||
	    (faccessat(sp->dirfd, r->file, F_OK, AT_SYMLINK_NOFOLLOW) != 0 &&
		!spool_is_pending(sp, -(int64_t)place,
		    split_file(r->file, &place)));
}

/* The first row of a query, which is ended. */
static int
take_row(struct spool *sp, struct ledger_rows **q, struct spool_item *r,
    struct err *err)
{
	int rc = ledger_step(*q, err);

	if (rc == 1)
		fill(sp, *q, r);
	ledger_end(q);
	return rc;
}

int
spool_item_find(struct spool *sp, const char *key, struct spool_item *item_r,
    struct err *err)
{
	struct ledger_rows *q;

	if (ledger_query(sp->ledger, &q, err, COLUMNS "WHERE key=?", "t", key) <
	    0)
		return -1;
	return take_row(sp, &q, item_r, err);
}

int
spool_item_next(struct spool *sp, int64_t *after, struct spool_item *item_r,
    struct err *err)
{
	struct ledger_rows *q;
	int rc;

	if (ledger_query(sp->ledger, &q, err,
		COLUMNS "WHERE id>? ORDER BY id LIMIT 1", "i", *after) < 0)
		return -1;
	rc = take_row(sp, &q, item_r, err);
	if (rc == 1)
		*after = item_r->id;
	return rc;
}

int
spool_item_count(struct spool *sp, struct spool_item_counts *c_r,
    struct err *err)
{
	struct ledger_rows *q;
	enum item_kind kind;
	enum item_place place;
	int rc;

	memset(c_r, 0, sizeof(*c_r));
	if (ledger_query(sp->ledger, &q, err,
		"SELECT kind,count(*),sum(size) FROM item WHERE lost=0 "
		"GROUP BY kind",
		"") < 0)
		return -1;
	while ((rc = ledger_step(q, err)) == 1) {
		kind = item_kind_named(ledger_text(q, 0));
		place =
		    kind >= ITEM_KINDS ? PLACE_OTHER : item_kind_place(kind);
		c_r->n[place] += (uint64_t)ledger_int(q, 1);
		c_r->bytes[place] += (uint64_t)ledger_int(q, 2);
	}
	ledger_end(&q);
	return rc;
}

static bool
is_key(const char *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			   "abcdefghijklmnopqrstuvwxyz0123456789_-",
			p[i]) == NULL)
			return false;
	return n > 0 && n <= 120;
}

static const char *
or_empty(const char *s)
{
	return s == NULL ? "" : s;
}

static int
put_row(struct spool *sp, const struct spool_item *i, const char *file,
    uint64_t size, const uint8_t *sha256, struct err *err)
{
	struct buf title = { 0 };
	int rc;

	text_repair(&title, slice_str(i->title));
	rc = ledger_do(sp->ledger, err,
	    "INSERT INTO item(kind,key,file,folder,source,class,title,modified,"
	    "size,sha256)VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10)"
	    "ON CONFLICT(key) DO UPDATE SET "
	    "kind=?1,file=?3,folder=?4,source=?5,"
	    "class=?6,title=?7,modified=?8,size=?9,sha256=?10,lost=0",
	    "tttttttiib", item_kind_name(i->kind), i->key, file,
	    or_empty(i->folder), i->source == NULL ? "{}" : i->source,
	    or_empty(i->class), buf_str(&title),
	    i->modified == DATE_UNKNOWN ? (int64_t)0 : i->modified,
	    (int64_t)size, slice_of(sha256, DIGEST_BYTES));
	buf_free(&title);
	return rc < 0 ? -1 : 0;
}

/* ---------------------------------------------------------------- changes */

static bool
same_words(const struct spool_item *a, const struct spool_item *b)
{
	return a->kind == b->kind &&
	    strcmp(or_empty(a->folder), b->folder) == 0 &&
	    strcmp(or_empty(a->class), b->class) == 0 &&
	    strcmp(or_empty(a->title), b->title) == 0 &&
	    (a->source == NULL || strcmp(a->source, b->source) == 0);
}

/* The name it has already, or one of its own. */
static int
name_of(struct spool *sp, const struct spool_item *item,
    const struct spool_item *have, struct buf *name, struct err *err)
{
	enum item_place place = PLACE_MAIL;
	const char *old = have == NULL ? NULL : split_file(have->file, &place);

	if (!is_key(item->key, strlen(item->key)) || item->kind == KIND_MAIL ||
	    item->kind >= ITEM_KINDS)
		return err_set(err, SCOPE_RUN, EX_SOFTWARE,
		    "spool '%s': '%s' is no key of an item", sp->dir,
		    item->key);
	if (old != NULL && place == item_kind_place(item->kind)) {
		buf_puts(name, old);
		return 0;
	}
	put_name(name, item);
	if (old == NULL || have->lost)
		return 0;
	/* it is of another kind now */
	if (spool_touch(sp, -(int64_t)place, err) < 0)
		return -1;
	spool_doom(sp, -(int64_t)place, old);
	return 0;
}

/* The finished file tmp/'tmp' under its own name, in the next batch; or away
 * with it, if it is there already. */
static int
enter(struct spool *sp, const char *tmp, const struct spool_item *item,
    uint64_t size, const uint8_t *sha256, enum spool_item_fate *fate_r,
    struct err *err)
{
	enum item_place place = item_kind_place(item->kind);
	struct spool_item have;
	struct buf name = { 0 };
	char *file = NULL;
	bool same;
	int rc = spool_item_find(sp, item->key, &have, err), there = rc;

	if (rc < 0)
		goto out;
	same = rc == 1 && !have.lost && have.size == size &&
	    item_kind_place(have.kind) == place &&
	    memcmp(have.sha256, sha256, DIGEST_BYTES) == 0;
	*fate_r = same		    ? SPOOL_ITEM_UNCHANGED
	    : rc == 1 && !have.lost ? SPOOL_ITEM_REPLACED
				    : SPOOL_ITEM_STORED;
	if (same)
		unlinkat(sp->tmpfd, tmp, 0);
	rc = 0;
	if (same && same_words(item, &have))
		goto out;
	rc = -1;
	if (spool_change(sp, err) < 0 ||
	    name_of(sp, item, there == 1 ? &have : NULL, &name, err) < 0)
		goto out;
	file = mem_fmt("items/%s/%s", item_place_name(place), buf_str(&name));
	if (put_row(sp, item, file, size, sha256, err) < 0 ||
	    (!same &&
		spool_pend(sp, -(int64_t)place, tmp, buf_str(&name), size,
		    err) < 0))
		goto out;
	rc = spool_flush_if_due(sp, err);
out:
	buf_free(&name);
	free(file);
	return rc;
}

int
spool_item_commit(struct spool_draft **d, const struct spool_item *item,
    enum spool_item_fate *fate_r, struct err *err)
{
	struct spool_made made;
	struct spool *sp;

	sp = spool_draft_end(d, item->modified, &made, err);
	if (sp == NULL)
		return -1;
	return enter(sp, made.tmp, item, made.size, made.sha256, fate_r, err);
}

int
spool_item_link(struct spool *sp, struct spool *from,
    const struct spool_item *item, enum spool_item_fate *fate_r,
    struct err *err)
{
	struct spool_item have;
	char tmp[SPOOL_TMP_NAME];
	int rc = spool_item_find(sp, item->key, &have, err);

	if (rc < 0)
		return -1;
	if (rc == 1 && !have.lost && have.size == item->size &&
	    memcmp(have.sha256, item->sha256, DIGEST_BYTES) == 0 &&
	    same_words(item, &have)) {
		*fate_r = SPOOL_ITEM_UNCHANGED;
		return 0;
	}
	rc = spool_link_tmp(sp, from, item->file, tmp, err);
	if (rc == 0)
		rc = spool_copy_tmp(sp, spool_item_open(from, item, err),
		    item->modified, tmp, err);
	if (rc < 0)
		return -1;
	return enter(sp, tmp, item, item->size, item->sha256, fate_r, err);
}

int
spool_item_remove(struct spool *sp, const char *key, struct err *err)
{
	struct spool_item have;
	enum item_place place;
	const char *name;
	int rc;

	/* a file still in tmp/ cannot be unlinked in its place */
	if (sp->batch.npending > 0 && spool_flush(sp, err) < 0)
		return -1;
	rc = spool_item_find(sp, key, &have, err);
	if (rc <= 0)
		return rc;
	if (spool_change(sp, err) < 0 ||
	    ledger_do(sp->ledger, err, "DELETE FROM item WHERE key=?", "t",
		key) < 0)
		return -1;
	name = split_file(have.file, &place);
	if (name != NULL && !have.lost) {
		if (spool_touch(sp, -(int64_t)place, err) < 0)
			return -1;
		spool_doom(sp, -(int64_t)place, name);
	}
	return spool_flush_if_due(sp, err);
}

int
spool_item_open(struct spool *sp, const struct spool_item *item,
    struct err *err)
{
	enum item_place place;
	const char *name = split_file(item->file, &place);
	struct stat st;
	int dir, fd, saved;

	if (name == NULL)
		return err_set(err, SCOPE_MSG, EX_DATAERR,
		    "'%s' is no file of an item", item->file);
	dir = spool_items_dir(sp, place, false, err);
	if (dir < 0) {
		err->scope = SCOPE_MSG;
		return -1;
	}
	fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	saved = errno;
	close(dir);
	errno = saved;
	if (fd < 0)
		return err_sys(err, SCOPE_MSG,
		    errno == EACCES ? EX_NOPERM : EX_NOINPUT, "%s", item->file);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return err_set(err, SCOPE_MSG, EX_DATAERR,
		    "%s: not a regular file", item->file);
	}
	return fd;
}

/* -------------------------------------------------------------- agreement */

struct settle {
	struct spool *sp;
	enum item_place place;
	bool count; /* only that: files without a row */
	uint64_t n; /* adopted, or counted */
};

/* "Jane Doe.p200024.vcf" -> its key; an empty one if it tells none. */
static struct slice
key_in(const char *name)
{
	const char *end = strrchr(name, '.'), *p = end;

	if (end == NULL)
		return slice_of("", 0);
	while (p > name && p[-1] != '.')
		p--;
	return is_key(p, (size_t)(end - p)) ? slice_of(p, (size_t)(end - p))
					    : slice_of("", 0);
}

static enum item_kind
kind_in(enum item_place place)
{
	size_t k;

	for (k = KIND_MAIL + 1; k < ITEM_KINDS; k++)
		if (item_kind_place((enum item_kind)k) == place)
			break;
	return (enum item_kind)k;
}

/* A file that no row tells of: the item that its name tells, where that one
 * has no file, else a new one. */
static int
adopt(struct settle *s, int dir, const char *name, const char *file,
    struct err *err)
{
	struct slice in = key_in(name);
	struct spool_item item = { .kind = kind_in(s->place),
		.file = file,
		.source = SPOOL_ADOPTED,
		.folder = "" },
			  have = { 0 };
	uint8_t sha256[DIGEST_BYTES];
	char hex[DIGEST_HEX], foreign[40], *key = mem_strn(in.p, in.n);
	struct stat st;
	uint64_t size;
	int rc = 0, fd;

	if (in.n > 0)
		rc = spool_item_find(s->sp, key, &have, err);
	if (in.n == 0 || (rc == 1 && !have.lost)) {
		digest_of(file, strlen(file), sha256);
		snprintf(foreign, sizeof(foreign), "x%.32s",
		    digest_hex(hex, sha256, DIGEST_BYTES));
		item.key = foreign;
	} else {
		item.key = key;
	}
	item.title = name;
	if (rc == 1 && have.lost) {
		item.title = have.title;
		item.folder = have.folder;
		item.class = have.class;
	}
	fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (rc < 0 || fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		goto out;
	item.modified = st.st_mtim.tv_sec < 0 ? 0 : st.st_mtim.tv_sec;
	rc = spool_hash_fd(fd, sha256, &size, NULL, err);
	if (rc == 0)
		rc = spool_change(s->sp, err);
	if (rc == 0)
		rc = put_row(s->sp, &item, file, size, sha256, err);
	s->n++;
out:
	if (fd >= 0)
		close(fd);
	free(key);
	return rc < 0 ? -1 : 0;
}

static int
settle_file(void *arg, int dir, const char *name, struct err *err)
{
	struct settle *s = arg;
	char *file = mem_fmt("items/%s/%s", item_place_name(s->place), name);
	int64_t lost;
	int rc = ledger_number(s->sp->ledger, &lost, err,
	    "SELECT coalesce((SELECT lost FROM item WHERE file=?),-1)", "t",
	    file);

	if (rc == 0 && lost < 0 && s->count)
		s->n++;
	else if (rc == 0 && lost < 0)
		rc = adopt(s, dir, name, file, err);
	else if (rc == 0 && lost > 0 && !s->count)
		rc = spool_change(s->sp, err) < 0 ||
			ledger_do(s->sp->ledger, err,
			    "UPDATE item SET lost=0 WHERE file=?", "t",
			    file) < 0
		    ? -1
		    : 0;
	free(file);
	return rc;
}

static int
settle_all(struct spool *sp, struct settle *s, struct err *err)
{
	size_t i;
	int dir, rc = 0;

	for (i = PLACE_MAIL + 1; rc == 0 && i < ITEM_PLACES; i++) {
		s->place = (enum item_place)i;
		dir = spool_items_dir(sp, s->place, false, err);
		if (dir < 0 && err->sys == ENOENT) {
			err_clear(err);
			continue;
		}
		if (dir < 0)
			return -1;
		rc = spool_dir_each(dir, settle_file, s, err);
		close(dir);
	}
	return rc;
}

int
spool_items_unknown(struct spool *sp, uint64_t *n_r, struct err *err)
{
	struct settle s = { .sp = sp, .count = true };
	int rc = settle_all(sp, &s, err);

	*n_r = s.n;
	return rc;
}

int
spool_items_settle(struct spool *sp, uint64_t *adopted, struct err *err)
{
	struct settle s = { .sp = sp };
	struct spool_item item;
	int64_t at = 0, was;
	int rc = settle_all(sp, &s, err);

	*adopted += s.n;
	while (rc == 0 && (rc = spool_item_next(sp, &at, &item, err)) == 1) {
		rc = ledger_number(sp->ledger, &was, err,
		    "SELECT lost FROM item WHERE id=?", "i", item.id);
		if (rc < 0 || was != 0 || !item.lost)
			continue;
		if (spool_change(sp, err) < 0 ||
		    ledger_do(sp->ledger, err,
			"UPDATE item SET lost=1 WHERE id=?", "i", item.id) < 0)
			return -1;
	}
	return rc < 0 ? -1 : 0;
}
