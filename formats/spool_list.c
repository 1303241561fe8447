/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Looking into a spool: folders, messages, fates.  A reader changes nothing,
 * so where files and rows disagree it lays the files over the rows: the
 * folder is listed into temp.seen and joined.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/log.h"
#include "core/mem.h"
#include "formats/folder.h"
#include "formats/head.h"
#include "formats/spool_impl.h"

#define COLUMNS                                                                \
	"m.id,m.folder,m.ident,m.info,m.key,m.source,m.size,m.sha256,"         \
	"m.source_sha256,m.received,m.received_how,m.flags,m.keywords,"        \
	"m.message_id,m.source_flags,m.source_keywords,m.lost"
#define NCOLUMNS 17

int64_t
spool_folder_id(struct spool *sp, const char *path, struct err *err)
{
	int64_t id;

	if (ledger_number(sp->ledger, &id, err,
		"SELECT id FROM folder WHERE path=?", "t", path) < 0)
		return -1;
	return id;
}

const char *
spool_folder_path(struct spool *sp, int64_t id, struct err *err)
{
	struct ledger_rows *q;
	int rc;

	if (ledger_query(sp->ledger, &q, err,
		"SELECT path FROM folder WHERE id=?", "i", id) < 0)
		return NULL;
	rc = ledger_step(q, err);
	buf_clear(&sp->cur_path);
	if (rc == 1)
		buf_puts(&sp->cur_path, ledger_text(q, 0));
	else if (rc == 0)
		err_set(err, SCOPE_RUN, EX_SOFTWARE,
		    "spool '%s': no folder %lld", sp->dir, (long long)id);
	ledger_end(&q);
	return rc == 1 ? buf_str(&sp->cur_path) : NULL;
}

static bool
same(const char *a, const char *b)
{
	return a == NULL || (b != NULL && strcmp(a, b) == 0);
}

/* 1 when the row already says what 'f' says (NULL and -1 say nothing). */
static int
row_agrees(struct spool *sp, int64_t id, const struct spool_folder *f,
    struct err *err)
{
	struct ledger_rows *q;
	int rc;

	if (ledger_query(sp->ledger, &q, err,
		"SELECT name,special_use,subscribed,uidvalidity FROM folder "
		"WHERE id=?",
		"i", id) < 0)
		return -1;
	rc = ledger_step(q, err);
	if (rc == 1)
		rc = same(f->name, ledger_text(q, 0)) &&
		    same(f->special_use, ledger_text(q, 1)) &&
		    (f->subscribed < 0 ||
			(!ledger_is_null(q, 2) &&
			    ledger_int(q, 2) == f->subscribed)) &&
		    (f->uidvalidity == 0 || ledger_int(q, 3) == f->uidvalidity);
	ledger_end(&q);
	return rc;
}

static int
update_folder(struct spool *sp, int64_t id, const struct spool_folder *f,
    struct err *err)
{
	char delimiter[2] = { f->delimiter, '\0' };
	int rc = row_agrees(sp, id, f, err);

	if (rc != 0)
		return rc < 0 ? -1 : 0;
	if (spool_change(sp, err) < 0)
		return -1;
	return ledger_do(sp->ledger, err,
		   "UPDATE folder SET name=coalesce(?1,name),"
		   "delimiter=CASE WHEN ?1 IS NULL THEN delimiter ELSE ?2 END,"
		   "special_use=coalesce(?3,special_use),"
		   "subscribed=CASE WHEN ?4<0 THEN subscribed ELSE ?4 END,"
		   "uidvalidity=CASE WHEN ?5=0 THEN uidvalidity ELSE ?5 END "
		   "WHERE id=?6",
		   "tttiii", f->name, delimiter, f->special_use,
		   (int64_t)f->subscribed, (int64_t)f->uidvalidity, id) < 0
	    ? -1
	    : 0;
}

int64_t
spool_folder_add(struct spool *sp, const struct spool_folder *f,
    struct err *err)
{
	int64_t id = spool_folder_id(sp, f->path, err), mtime;
	bool fresh;

	if (id < 0)
		return -1;
	if (id == 0) {
		/* directories before the row: never rows without files */
		if (spool_tree_make(sp, f->path, err) < 0 ||
		    spool_tree_state(sp, f->path, &mtime, &fresh, err) < 0 ||
		    spool_change(sp, err) < 0 ||
		    ledger_do(sp->ledger, err,
			"INSERT INTO folder(path,seen_ns) VALUES(?,?)", "ti",
			f->path,
			spool_folder_is_new(sp, f->path) ? mtime : 0) < 0)
			return -1;
		id = ledger_last_id(sp->ledger);
	}
	return update_folder(sp, id, f, err) < 0 ? -1 : id;
}

bool
spool_folder_is_new(struct spool *sp, const char *path)
{
	struct err ignored = { 0 };
	int fd = spool_tree_open(sp, path, "cur", &ignored);
	bool empty = fd >= 0 && spool_dir_is_empty(fd);

	if (fd >= 0)
		close(fd);
	return empty;
}

/* The ids of all folders, INBOX first, then byte by byte. */
static int
load_folder_ids(struct spool *sp, struct err *err)
{
	struct ledger_rows *q;
	int rc;

	sp->nfolder_ids = sp->folder_pos = 0;
	if (ledger_query(sp->ledger, &q, err,
		"SELECT id FROM folder ORDER BY path<>'INBOX',path", "") < 0)
		return -1;
	while ((rc = ledger_step(q, err)) == 1) {
		if ((sp->nfolder_ids & 63) == 0)
			sp->folder_ids = mem_grow(sp->folder_ids,
			    sp->nfolder_ids + 64, sizeof(*sp->folder_ids));
		sp->folder_ids[sp->nfolder_ids++] = ledger_int(q, 0);
	}
	ledger_end(&q);
	return rc;
}

/* Does the folder lie there as the ledger tells?  1, 0, -1. */
static int
is_settled(struct spool *sp, int64_t id, const char *path, struct err *err)
{
	int64_t mtime, seen;
	bool fresh;

	if (sp->mode != SPOOL_READ)
		return 1;
	if (spool_tree_state(sp, path, &mtime, &fresh, err) < 0 ||
	    ledger_number(sp->ledger, &seen, err,
		"SELECT seen_ns FROM folder WHERE id=?", "i", id) < 0)
		return -1;
	return mtime == seen && !fresh;
}

/* What the folder holds, counted by walking where rows cannot be trusted. */
static int
count_folder(struct spool *sp, struct spool_folder *f, struct err *err)
{
	struct spool_iter *it;
	struct spool_entry e;
	int rc = is_settled(sp, f->id, f->path, err);

	if (rc < 0)
		return -1;
	if (rc == 1) {
		struct ledger_rows *q;

		if (ledger_query(sp->ledger, &q, err,
			"SELECT count(*),coalesce(sum(size),0) FROM message "
			"WHERE folder=? AND lost=0",
			"i", f->id) < 0)
			return -1;
		rc = ledger_step(q, err);
		if (rc == 1) {
			f->messages = (uint64_t)ledger_int(q, 0);
			f->bytes = (uint64_t)ledger_int(q, 1);
		}
		ledger_end(&q);
		return rc < 0 ? -1 : 0;
	}
	if (spool_iter_open(sp, f->path, &it, err) < 0)
		return -1;
	while ((rc = spool_iter_next(it, &e, err)) == 1) {
		if (!e.lost) {
			f->messages++;
			f->bytes += e.msg.size;
		}
	}
	spool_iter_close(&it);
	return rc;
}

static int
read_folder(struct spool *sp, int64_t id, struct spool_folder *f,
    struct err *err)
{
	struct arena *a = &sp->folder_row;
	struct ledger_rows *q;
	const char *delimiter;
	int rc;

	if (ledger_query(sp->ledger, &q, err,
		"SELECT path,name,delimiter,special_use,subscribed,"
		"uidvalidity FROM folder WHERE id=?",
		"i", id) < 0)
		return -1;
	rc = ledger_step(q, err);
	if (rc == 1) {
		arena_reset(a);
		*f = (struct spool_folder){ .id = id };
		f->path = arena_str(a, ledger_text(q, 0));
		f->name = arena_str(a, ledger_text(q, 1));
		delimiter = ledger_text(q, 2);
		f->delimiter = delimiter == NULL ? '\0' : delimiter[0];
		f->special_use = arena_str(a, ledger_text(q, 3));
		f->subscribed =
		    ledger_is_null(q, 4) ? -1 : (int)ledger_int(q, 4);
		f->uidvalidity = (uint32_t)ledger_int(q, 5);
	}
	ledger_end(&q);
	return rc;
}

int
spool_folder_next_uncounted(struct spool *sp, int64_t *id,
    struct spool_folder *f_r, struct err *err)
{
	size_t i;
	int rc;

	if (*id == 0) {
		if (load_folder_ids(sp, err) < 0)
			return -1;
		i = 0;
	} else {
		/* usually the one handed out last */
		i = sp->folder_pos;
		if (i >= sp->nfolder_ids || sp->folder_ids[i] != *id)
			for (i = 0;
			     i < sp->nfolder_ids && sp->folder_ids[i] != *id;
			     i++)
				;
		i++;
	}
	for (; i < sp->nfolder_ids; i++) {
		rc = read_folder(sp, sp->folder_ids[i], f_r, err);
		if (rc == 0)
			continue; /* gone meanwhile */
		if (rc < 0)
			return -1;
		*id = f_r->id;
		sp->folder_pos = i;
		return 1;
	}
	return 0;
}

int
spool_folder_next(struct spool *sp, int64_t *id, struct spool_folder *f_r,
    struct err *err)
{
	int rc = spool_folder_next_uncounted(sp, id, f_r, err);

	return rc == 1 && count_folder(sp, f_r, err) < 0 ? -1 : rc;
}

/* ------------------------------------------------------------- messages */

static bool
take_hash(struct ledger_rows *q, int col, uint8_t out[DIGEST_BYTES])
{
	struct slice b = ledger_blob(q, col);

	if (b.n != DIGEST_BYTES)
		return false;
	memcpy(out, b.p, DIGEST_BYTES);
	return true;
}

/* mail/PATH/cur/NAME, by hand: there is one a message. */
static const char *
file_name(struct arena *a, const char *path, const char *ident,
    const char *info)
{
	const char *parts[] = { "mail/", path, "/cur/", ident, info };
	size_t i, n = 0, len[5];
	char *name, *p;

	for (i = 0; i < 5; i++)
		n += len[i] = strlen(parts[i]);
	name = p = arena_alloc(a, n + 1);
	for (i = 0; i < 5; i++) {
		memcpy(p, parts[i], len[i]);
		p += len[i];
	}
	*p = '\0';
	return name;
}

static void
fill_entry(struct ledger_rows *q, struct arena *a, const char *path,
    struct spool_entry *e)
{
	*e = (struct spool_entry){ .id = ledger_int(q, 0),
		.folder_id = ledger_int(q, 1) };
	e->file = file_name(a, path, ledger_text(q, 2), ledger_text(q, 3));
	e->msg.folder = path;
	e->msg.key = arena_str(a, ledger_text(q, 4));
	e->msg.source = arena_str(a, ledger_text(q, 5));
	e->msg.size = (uint64_t)ledger_int(q, 6);
	e->has_sha256 = take_hash(q, 7, e->sha256);
	e->has_source_sha256 = take_hash(q, 8, e->source_sha256);
	e->msg.received = ledger_int(q, 9);
	e->msg.received_how = (enum received_how)ledger_int(q, 10);
	e->msg.flags = (uint32_t)ledger_int(q, 11);
	e->msg.keywords = arena_str(a, ledger_text(q, 12));
	e->message_id = arena_str(a, ledger_text(q, 13));
	e->source_flags = (uint32_t)ledger_int(q, 14);
	e->source_keywords = arena_str(a, ledger_text(q, 15));
	e->lost = ledger_int(q, 16) != 0;
}

/* One row or none; ends the query. */
static int
take_entry(struct spool *sp, struct ledger_rows **q, struct spool_entry *e_r,
    struct err *err)
{
	struct spool_entry unused;
	const char *path;
	int rc = ledger_step(*q, err);

	if (rc == 1) {
		arena_reset(&sp->found);
		path = arena_str(&sp->found, ledger_text(*q, NCOLUMNS));
		fill_entry(*q, &sp->found, path, e_r == NULL ? &unused : e_r);
	}
	ledger_end(q);
	return rc;
}

int
spool_find(struct spool *sp, const char *key, struct spool_entry *e_r,
    struct err *err)
{
	struct ledger_rows *q;

	return ledger_query(sp->ledger, &q, err,
		   "SELECT " COLUMNS ",f.path FROM message m JOIN folder f ON "
		   "f.id=m.folder WHERE m.key=?",
		   "t", key) < 0
	    ? -1
	    : take_entry(sp, &q, e_r, err);
}

int
spool_find_row(struct spool *sp, int64_t id, struct spool_entry *e_r,
    struct err *err)
{
	struct ledger_rows *q;

	return ledger_query(sp->ledger, &q, err,
		   "SELECT " COLUMNS ",f.path FROM message m JOIN folder f ON "
		   "f.id=m.folder WHERE m.id=?",
		   "i", id) < 0
	    ? -1
	    : take_entry(sp, &q, e_r, err);
}

int
spool_find_message_id(struct spool *sp, const char *message_id, int64_t *row,
    struct spool_entry *e_r, struct err *err)
{
	struct ledger_rows *q;
	const char *path;
	int rc;

	if (ledger_query(sp->ledger, &q, err,
		"SELECT " COLUMNS ",f.path FROM message m JOIN folder f ON "
		"f.id=m.folder WHERE m.message_id=? AND m.id>? ORDER BY m.id "
		"LIMIT 1",
		"ti", message_id, *row) < 0)
		return -1;
	rc = ledger_step(q, err);
	if (rc == 1) {
		arena_reset(&sp->found);
		path = arena_str(&sp->found, ledger_text(q, NCOLUMNS));
		fill_entry(q, &sp->found, path, e_r);
		*row = e_r->id;
	}
	ledger_end(&q);
	return rc;
}

enum phase { PHASE_NEXT_FOLDER, PHASE_ROWS, PHASE_FILES };

struct spool_iter {
	struct spool *sp;
	int64_t *folders;
	size_t nfolders, at;
	enum phase phase;
	int64_t folder;
	bool settled;
	struct buf path;
	struct letters letters;
	struct ledger_rows *q;
	struct arena arena;
};

int
spool_iter_open(struct spool *sp, const char *folder, struct spool_iter **it_r,
    struct err *err)
{
	struct spool_iter *it = mem_alloc(1, sizeof(*it));
	struct ledger_rows *q;
	int rc;

	it->sp = sp;
	*it_r = it;
	if (ledger_query(sp->ledger, &q, err,
		"SELECT id FROM folder WHERE ?1 IS NULL OR path=?1 ORDER BY "
		"path<>'INBOX',path",
		"t", folder) < 0) {
		spool_iter_close(it_r);
		return -1;
	}
	while ((rc = ledger_step(q, err)) == 1) {
		if ((it->nfolders & 63) == 0)
			it->folders = mem_grow(it->folders, it->nfolders + 64,
			    sizeof(*it->folders));
		it->folders[it->nfolders++] = ledger_int(q, 0);
	}
	ledger_end(&q);
	if (rc < 0)
		spool_iter_close(it_r);
	return rc;
}

static int
start_rows(struct spool_iter *it, struct err *err)
{
	struct ledger *l = it->sp->ledger;

	if (it->settled)
		return ledger_query(l, &it->q, err,
		    "SELECT " COLUMNS " FROM message m WHERE m.folder=? "
		    "ORDER BY m.id",
		    "i", it->folder);
	if (spool_scan_folder(it->sp, it->folder, buf_str(&it->path), err) <
		0 ||
	    letters_read(it->sp, buf_str(&it->path), &it->letters, err) < 0)
		return -1;
	return ledger_query(l, &it->q, err,
	    "SELECT " COLUMNS ",s.info,s.fresh FROM message m LEFT JOIN "
	    "temp.seen s ON s.folder=m.folder AND s.ident=m.ident WHERE "
	    "m.folder=? ORDER BY m.id",
	    "i", it->folder);
}

static int
start_files(struct spool_iter *it, struct err *err)
{
	return ledger_query(it->sp->ledger, &it->q, err,
	    "SELECT s.ident,s.info,s.fresh FROM temp.seen s WHERE s.folder=?1 "
	    "AND NOT EXISTS(SELECT 1 FROM message m WHERE m.folder=?1 AND "
	    "m.ident=s.ident)",
	    "i", it->folder);
}

/* The file as it lies there overrules what the row says of it. */
static void
lay_over(struct spool_iter *it, struct spool_entry *e)
{
	const char *info = ledger_text(it->q, NCOLUMNS);
	struct buf words = { 0 };
	bool fresh = ledger_int(it->q, NCOLUMNS + 1) != 0;

	e->lost = info == NULL;
	if (info == NULL ||
	    (!fresh && strcmp(info, ledger_text(it->q, 3)) == 0))
		return;
	e->file = arena_fmt(&it->arena, "mail/%s/%s/%s%s", buf_str(&it->path),
	    fresh ? "new" : "cur", ledger_text(it->q, 2), info);
	e->msg.flags =
	    letters_read_info(&it->letters, info, e->msg.keywords, &words);
	e->msg.keywords = arena_str(&it->arena, buf_str(&words));
	buf_free(&words);
}

/* A file that has no row yet. */
static int
fill_from_file(struct spool_iter *it, struct spool_entry *e, struct err *err)
{
	const char *info = ledger_text(it->q, 1);
	struct buf words = { 0 }, head = { 0 };
	struct stat st;
	int fd;

	*e = (struct spool_entry){ .folder_id = it->folder };
	e->file = arena_fmt(&it->arena, "mail/%s/%s/%s%s", buf_str(&it->path),
	    ledger_int(it->q, 2) != 0 ? "new" : "cur", ledger_text(it->q, 0),
	    info);
	e->msg.folder = buf_str(&it->path);
	if (spool_key_of(it->sp, buf_str(&it->path), ledger_text(it->q, 0),
		&words, err) < 0)
		return -1;
	e->msg.key = arena_str(&it->arena, buf_str(&words));
	buf_clear(&words);
	e->msg.source = SPOOL_ADOPTED;
	e->message_id = e->source_keywords = "";
	e->msg.flags = letters_read_info(&it->letters, info, "", &words);
	e->msg.keywords = arena_str(&it->arena, buf_str(&words));
	buf_free(&words);
	fd = spool_body(it->sp, e, err);
	if (fd < 0)
		return -1;
	if (fstat(fd, &st) == 0) {
		e->msg.received = st.st_mtim.tv_sec;
		e->msg.received_how = RECEIVED_SOURCE;
	}
	e->has_sha256 =
	    spool_hash_fd(fd, e->sha256, &e->msg.size, &head, err) == 0;
	e->message_id =
	    arena_slice(&it->arena, head_message_id(buf_slice(&head)));
	buf_free(&head);
	close(fd);
	return 0;
}

static int
next_folder(struct spool_iter *it, struct err *err)
{
	const char *path;
	int rc;

	letters_free(&it->letters);
	if (it->at == it->nfolders)
		return 0;
	it->folder = it->folders[it->at++];
	path = spool_folder_path(it->sp, it->folder, err);
	if (path == NULL)
		return -1;
	buf_clear(&it->path);
	buf_puts(&it->path, path);
	rc = is_settled(it->sp, it->folder, buf_str(&it->path), err);
	it->settled = rc == 1;
	if (rc < 0 || start_rows(it, err) < 0)
		return -1;
	it->phase = PHASE_ROWS;
	return 1;
}

int
spool_iter_next(struct spool_iter *it, struct spool_entry *e_r, struct err *err)
{
	int rc;

	for (;;) {
		arena_reset(&it->arena);
		if (it->phase == PHASE_NEXT_FOLDER) {
			rc = next_folder(it, err);
			if (rc != 1)
				return rc;
		}
		rc = ledger_step(it->q, err);
		if (rc < 0)
			return -1;
		if (rc == 1 && it->phase == PHASE_ROWS) {
			fill_entry(it->q, &it->arena, buf_str(&it->path), e_r);
			if (!it->settled)
				lay_over(it, e_r);
			return 1;
		}
		if (rc == 1) {
			if (fill_from_file(it, e_r, err) == 0)
				return 1;
			log_warn("%s", err->text);
			continue;
		}
		ledger_end(&it->q);
		if (it->phase == PHASE_ROWS && !it->settled) {
			if (start_files(it, err) < 0)
				return -1;
			it->phase = PHASE_FILES;
		} else {
			it->phase = PHASE_NEXT_FOLDER;
		}
	}
}

void
spool_iter_close(struct spool_iter **itp)
{
	struct spool_iter *it = *itp;

	if (it == NULL)
		return;
	ledger_end(&it->q);
	letters_free(&it->letters);
	buf_free(&it->path);
	arena_free(&it->arena);
	free(it->folders);
	free(it);
	*itp = NULL;
}

/* The directory of "mail/PATH/cur/NAME", and NAME; a descriptor of the
 * caller's.  Step by step, so that no symbolic link is followed. */
static int
open_dir_of(struct spool *sp, const struct spool_entry *e, const char **name_r,
    bool *own_r, struct err *err)
{
	const char *slash = strrchr(e->file, '/');
	bool cur = slash[-3] == 'c';
	char *path;
	int fd;

	*name_r = slash + 1;
	*own_r = !cur || e->folder_id == 0;
	if (!*own_r)
		return spool_cur(sp, e->folder_id, err);
	/* without "mail/" before and "/cur" behind */
	path = mem_strn(e->file + 5, (size_t)(slash - e->file) - 5 - 4);
	fd = spool_tree_open(sp, path, cur ? "cur" : "new", err);
	free(path);
	return fd;
}

int
spool_body(struct spool *sp, const struct spool_entry *e, struct err *err)
{
	const char *name;
	struct stat st;
	int dir, fd, saved;
	bool own;

	dir = open_dir_of(sp, e, &name, &own, err);
	if (dir < 0) {
		err->scope = SCOPE_MSG;
		return -1;
	}
	fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	saved = errno;
	if (own)
		close(dir);
	errno = saved;
	if (fd < 0)
		return err_sys(err, SCOPE_MSG,
		    errno == EACCES ? EX_NOPERM : EX_NOINPUT, "%s", e->file);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return err_set(err, SCOPE_MSG, EX_DATAERR,
		    "%s: not a regular file", e->file);
	}
	return fd;
}

int
spool_body_is(struct spool *sp, const struct spool_entry *e, uint64_t size)
{
	const char *slash = strrchr(e->file, '/');
	struct err ignored = { 0 };
	struct stat st;
	int dir;

	if (slash[-3] != 'c' || e->folder_id == 0)
		return 0;
	dir = spool_cur(sp, e->folder_id, &ignored);
	return dir >= 0 &&
	    fstatat(dir, slash + 1, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISREG(st.st_mode) && (st.st_mode & S_IRUSR) != 0 &&
	    (uint64_t)st.st_size == size;
}

/* ---------------------------------------------------------------- fates */

static const char *const fate_names[FATE_COUNT] = { [FATE_EXCLUDED] =
							"excluded",
	[FATE_DUPLICATE] = "duplicate",
	[FATE_REFUSED] = "refused",
	[FATE_VANISHED] = "vanished" };

int
spool_fate_set(struct spool *sp, const char *key, const char *folder,
    const char *source, enum fate fate, const char *why, uint64_t size,
    const char *message_id, struct err *err)
{
	int64_t same_already;

	if (message_id == NULL)
		message_id = "";
	if (ledger_number(sp->ledger, &same_already, err,
		"SELECT count(*) FROM fate WHERE key=? AND folder=? AND "
		"source=? AND fate=? AND why=? AND size=? AND message_id=?",
		"tttttit", key, folder, source, fate_names[fate], why,
		(int64_t)size, message_id) < 0)
		return -1;
	if (same_already != 0)
		return 0;
	if (spool_change(sp, err) < 0)
		return -1;
	return ledger_do(sp->ledger, err,
		   "INSERT OR REPLACE INTO fate VALUES(?,?,?,?,?,?,?)",
		   "tttttit", key, folder, source, fate_names[fate], why,
		   (int64_t)size, message_id) < 0
	    ? -1
	    : 0;
}

int
spool_fate_next(struct spool *sp, int64_t *row, struct spool_fate *f_r,
    struct err *err)
{
	struct arena *a = &sp->found;
	struct ledger_rows *q;
	const char *name;
	int rc, f;

	if (ledger_query(sp->ledger, &q, err,
		"SELECT rowid,key,folder,source,fate,why,size,message_id FROM "
		"fate WHERE rowid>? ORDER BY rowid LIMIT 1",
		"i", *row) < 0)
		return -1;
	rc = ledger_step(q, err);
	if (rc == 1) {
		arena_reset(a);
		*row = ledger_int(q, 0);
		*f_r = (struct spool_fate){ .fate = FATE_REFUSED };
		f_r->key = arena_str(a, ledger_text(q, 1));
		f_r->folder = arena_str(a, ledger_text(q, 2));
		f_r->source = arena_str(a, ledger_text(q, 3));
		name = ledger_text(q, 4);
		for (f = 0; f < FATE_COUNT; f++)
			if (fate_names[f] != NULL &&
			    strcmp(fate_names[f], name) == 0)
				f_r->fate = (enum fate)f;
		f_r->why = arena_str(a, ledger_text(q, 5));
		f_r->size = (uint64_t)ledger_int(q, 6);
		f_r->message_id = arena_str(a, ledger_text(q, 7));
	}
	ledger_end(&q);
	return rc;
}
