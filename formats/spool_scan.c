/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Bringing rows and files into agreement.  The Maildir holds the truth about
 * bytes, spool.db the truth about history: a file without a row is adopted,
 * a row without a file is lost, a changed info tells changed flags.  A
 * folder whose cur/ has the mtime that the ledger noted, and whose new/ is
 * empty, is not read at all.
 *
 * Listings go through a temporary SQLite table, so that a folder of a
 * million messages costs no memory.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/io.h"
#include "core/limits.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/num.h"
#include "core/step.h"
#include "core/text.h"
#include "formats/folder.h"
#include "formats/head.h"
#include "formats/spool_impl.h"

struct slice
spool_ident_of(const char *name, const char **info_r)
{
	const char *colon = strrchr(name, ':');

	if (colon == NULL || colon == name) {
		*info_r = "";
		return slice_str(name);
	}
	*info_r = colon;
	return slice_of(name, (size_t)(colon - name));
}

uint32_t
spool_info_flags(const char *info)
{
	if (strncmp(info, ":2,", 3) != 0)
		return 0;
	return msg_flags_of_letters(slice_str(info + 3));
}

int
spool_hash_fd(int fd, uint8_t sha256[DIGEST_BYTES], uint64_t *size_r,
    struct buf *head, struct err *err)
{
	struct digest *d = digest_new();
	char *block = mem_alloc(1, LIMIT_BLOCK);
	ssize_t n;

	*size_r = 0;
	while ((n = io_read_full(fd, block, LIMIT_BLOCK)) > 0) {
		digest_add(d, block, (size_t)n);
		if (*size_r == 0 && head != NULL)
			buf_put(head, block, (size_t)n);
		*size_r += (uint64_t)n;
	}
	digest_end(d, sha256);
	digest_free(&d);
	free(block);
	if (n < 0)
		return err_sys(err, SCOPE_MSG, EX_IOERR, "reading");
	return 0;
}

static int
begin_seen(struct spool *sp, int64_t folder, struct err *err)
{
	if (!sp->has_seen &&
	    ledger_do(sp->ledger, err,
		"CREATE TEMP TABLE IF NOT EXISTS seen(folder INTEGER,"
		"ident TEXT,info TEXT,fresh INTEGER,"
		"PRIMARY KEY(folder,ident)) WITHOUT ROWID",
		"") < 0)
		return -1;
	sp->has_seen = true;
	return ledger_do(sp->ledger, err, "DELETE FROM seen WHERE folder=?",
		   "i", folder) < 0
	    ? -1
	    : 0;
}

static int
see_file(struct spool *sp, int64_t folder, const char *name, bool fresh,
    struct err *err)
{
	const char *info;
	struct slice ident = spool_ident_of(name, &info);
	int n;

	n = ledger_do(sp->ledger, err,
	    "INSERT OR IGNORE INTO seen VALUES(?,?,?,?)", "isti", folder, ident,
	    info, (int64_t)fresh);
	if (n == 0) /* a second file of the same identity: by its whole name */
		n = ledger_do(sp->ledger, err,
		    "INSERT OR REPLACE INTO seen VALUES(?,?,'',?)", "iti",
		    folder, name, (int64_t)fresh);
	return n < 0 ? -1 : 0;
}

static int
see_dir(struct spool *sp, int64_t folder, const char *path, const char *sub,
    struct err *err)
{
	int fd = spool_tree_open(sp, path, sub, err), rc = 0;
	struct dirent *e;
	DIR *d;

	if (fd < 0)
		return err->sys == ENOENT ? 0 : -1;
	d = fdopendir(fd);
	if (d == NULL) {
		close(fd);
		return err_sys(err, SCOPE_RUN, EX_IOERR,
		    "spool '%s': mail/%s/%s", sp->dir, path, sub);
	}
	errno = 0;
	while (rc == 0 && (e = readdir(d)) != NULL)
		if (e->d_name[0] != '.')
			rc = see_file(sp, folder, e->d_name,
			    strcmp(sub, "new") == 0, err);
	closedir(d);
	return rc;
}

int
spool_scan_folder(struct spool *sp, int64_t folder, const char *path,
    struct err *err)
{
	bool own = !ledger_in_transaction(sp->ledger);
	int rc;

	/* one transaction, or every row would be one */
	if (own && ledger_do(sp->ledger, err, "SAVEPOINT scan", "") < 0)
		return -1;
	rc = begin_seen(sp, folder, err) < 0 ||
		see_dir(sp, folder, path, "cur", err) < 0 ||
		see_dir(sp, folder, path, "new", err) < 0
	    ? -1
	    : 0;
	if (own && ledger_do(sp->ledger, err, "RELEASE scan", "") < 0)
		return -1;
	return rc;
}

/* ------------------------------------------------------------ adopting */

struct found {
	struct spool *sp;
	int64_t folder;
	const char *path;
	const char *ident, *info;
	bool fresh;   /* lies in new/ */
	bool dropped; /* was a leftover, and is gone */
	int fd;
	struct stat st;
};

/* "<received>.<key>.postroad,S=<bytes>": our own names say whose they are. */
static bool
parse_name(const char *ident, int64_t *received, struct slice *key)
{
	struct slice s = slice_str(ident);
	const char *end = strstr(ident, ".postroad,S=");
	uint64_t t, size;

	if (end == NULL || !num_take_u64(&s, INT64_MAX, &t) || s.n == 0 ||
	    s.p[0] != '.' || s.p + 1 >= end ||
	    !num_u64(slice_str(end + 12), INT64_MAX, &size))
		return false;
	*received = (int64_t)t;
	*key = slice_of(s.p + 1, (size_t)(end - s.p - 1));
	return key->n <= 120;
}

/* Is the file that the row with this key tells of still where it says? */
static int
row_stands(struct spool *sp, struct slice key, int64_t *id_r, struct err *err)
{
	struct ledger_rows *q;
	char *file = NULL;
	int rc;

	*id_r = 0;
	if (ledger_query(sp->ledger, &q, err,
		"SELECT m.id,f.path,m.ident,m.info FROM message m JOIN folder "
		"f ON f.id=m.folder WHERE m.key=?",
		"s", key) < 0)
		return -1;
	rc = ledger_step(q, err);
	if (rc == 1) {
		*id_r = ledger_int(q, 0);
		file = mem_fmt("%s/cur/%s%s", ledger_text(q, 1),
		    ledger_text(q, 2), ledger_text(q, 3));
		rc =
		    faccessat(sp->mailfd, file, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
	}
	ledger_end(&q);
	free(file);
	return rc;
}

static int
insert_adopted(const struct found *f, struct slice key, const char *source,
    int64_t received, enum received_how how, struct err *err)
{
	uint8_t sha256[DIGEST_BYTES];
	uint32_t flags = spool_info_flags(f->info);
	struct buf head = { 0 };
	uint64_t size;
	int rc;

	if (spool_hash_fd(f->fd, sha256, &size, &head, err) < 0) {
		buf_free(&head);
		return -1;
	}
	/* it is there: whatever fate it had before is over */
	rc = ledger_do(f->sp->ledger, err, "DELETE FROM fate WHERE key=?", "s",
	    key);
	if (rc >= 0)
		rc = ledger_do(f->sp->ledger, err,
		    "INSERT INTO message(folder,ident,info,key,source,size,"
		    "sha256,received,received_how,flags,keywords,"
		    "source_flags,source_keywords,message_id)"
		    "VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,'',?10,'',?11)",
		    "ittstibiiis", f->folder, f->ident, f->info, key, source,
		    (int64_t)size, slice_of(sha256, DIGEST_BYTES), received,
		    (int64_t)how, (int64_t)flags,
		    head_message_id(buf_slice(&head)));
	buf_free(&head);
	return rc < 0 ? -1 : 0;
}

#define FOREIGN_KEY 40

/* A key of our making, for a file that another program put there. */
static void
foreign_key(const char *path, const char *ident, char key[FOREIGN_KEY])
{
	uint8_t sha256[DIGEST_BYTES];
	struct buf what = { 0 };

	buf_putf(&what, "%s/%s", path, ident);
	digest_of(what.p, what.n, sha256);
	buf_free(&what);
	key[0] = 'x';
	digest_hex(key + 1, sha256, 16);
}

int
spool_key_of(struct spool *sp, const char *path, const char *ident,
    struct buf *key, struct err *err)
{
	char made[FOREIGN_KEY];
	struct slice told;
	int64_t received, id;
	int rc = 1;

	if (parse_name(ident, &received, &told))
		rc = row_stands(sp, told, &id, err);
	if (rc == 1) {
		foreign_key(path, ident, made);
		told = slice_str(made);
	}
	if (rc >= 0)
		buf_put(key, told.p, told.n);
	return rc < 0 ? -1 : 0;
}

/* A file that some other program put here: new, with a key of our making. */
static int
adopt_foreign(const struct found *f, struct err *err)
{
	char key[FOREIGN_KEY];

	foreign_key(f->path, f->ident, key);
	return insert_adopted(f, slice_str(key), SPOOL_ADOPTED,
	    (int64_t)f->st.st_mtim.tv_sec, RECEIVED_SOURCE, err);
}

/*
 * Its message has another name now, and a file with these bytes
 * (spool_moves.h): a run died before it took the old one away.
 */
static int
drop_leftover(struct found *f, struct slice key, struct err *err)
{
	char *name = mem_fmt("%s%s", f->ident, f->info);
	uint8_t sha256[DIGEST_BYTES];
	struct buf head = { 0 };
	int64_t known = 0;
	uint64_t size;
	int dir, rc;

	rc = ledger_number(f->sp->ledger, &known, err,
	    "SELECT EXISTS(SELECT 1 FROM renamed WHERE old=?)", "s", key);
	if (rc == 0 && known != 0) {
		rc = spool_hash_fd(f->fd, sha256, &size, &head, err);
		if (rc == 0)
			rc = ledger_number(f->sp->ledger, &known, err,
			    "SELECT EXISTS(SELECT 1 FROM renamed r JOIN "
			    "message m ON m.key=r.key WHERE r.old=? AND "
			    "m.sha256=?)",
			    "sb", key, slice_of(sha256, sizeof(sha256)));
		if (rc == 0)
			lseek(f->fd, 0, SEEK_SET);
	}
	if (rc == 0 && known != 0) {
		dir = spool_tree_open(f->sp, f->path, "cur", err);
		rc = dir < 0 ? -1 : 1;
		if (dir >= 0) {
			f->dropped = unlinkat(dir, name, 0) == 0;
			close(dir);
		}
	}
	buf_free(&head);
	free(name);
	return rc;
}

static int
adopt_ours(struct found *f, struct slice key, int64_t received, struct err *err)
{
	int64_t id;
	int rc = row_stands(f->sp, key, &id, err);

	if (rc < 0)
		return -1;
	if (rc == 1) /* a copy that somebody made */
		return adopt_foreign(f, err);
	if (id != 0) /* somebody moved it */
		return ledger_do(f->sp->ledger, err,
			   "UPDATE message SET folder=?,ident=?,info=?,"
			   "flags=?,lost=0 WHERE id=?",
			   "ittii", f->folder, f->ident, f->info,
			   (int64_t)spool_info_flags(f->info), id) < 0
		    ? -1
		    : 0;
	rc = drop_leftover(f, key, err);
	if (rc != 0)
		return rc < 0 ? -1 : 0;
	return insert_adopted(f, key, SPOOL_ADOPTED, received,
	    received == 0 ? RECEIVED_UNKNOWN : RECEIVED_SOURCE, err);
}

/* new/ is for deliveries; here messages are always in cur/. */
static int
move_to_cur(struct found *f, const char *name, struct err *err)
{
	int from, to, rc = -1;

	from = spool_tree_open(f->sp, f->path, "new", err);
	to = from < 0 ? -1 : spool_tree_open(f->sp, f->path, "cur", err);
	if (to >= 0) {
		char *final = mem_fmt("%s:2,", f->ident);

		step("spool.adopt_new");
		rc = renameat(from, name, to, final);
		if (rc < 0)
			err_sys(err, SCOPE_RUN, EX_IOERR,
			    "spool '%s': mail/%s/new/%s", f->sp->dir, f->path,
			    name);
		free(final);
		f->info = ":2,";
		f->fresh = false;
	}
	if (from >= 0)
		close(from);
	if (to >= 0)
		close(to);
	return rc;
}

static int
adopt(struct found *f, struct err *err)
{
	char *name = mem_fmt("%s%s", f->ident, f->info);
	struct slice key;
	int64_t received;
	int dir, rc = -1;

	if (f->fresh && (f->sp->flags & SPOOL_REHEARSE) != 0) {
		log_warn("spool '%s': mail/%s/new/%s is passed over: it comes "
			 "in with the next run that may change the spool",
		    f->sp->dir, f->path, name);
		free(name);
		return 0;
	}
	if (f->fresh && move_to_cur(f, name, err) < 0) {
		free(name);
		return -1;
	}
	free(name);
	name = mem_fmt("%s%s", f->ident, f->info);
	dir = spool_tree_open(f->sp, f->path, "cur", err);
	f->fd = dir < 0
	    ? -1
	    : openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (dir >= 0)
		close(dir);
	if (f->fd < 0 || fstat(f->fd, &f->st) < 0 || !S_ISREG(f->st.st_mode)) {
		log_warn("spool '%s': mail/%s/cur/%s is no readable file; "
			 "left alone",
		    f->sp->dir, f->path, name);
		rc = 0;
	} else if (parse_name(f->ident, &received, &key)) {
		rc = adopt_ours(f, key, received, err);
	} else {
		rc = adopt_foreign(f, err);
	}
	if (f->fd >= 0)
		close(f->fd);
	free(name);
	return rc;
}

static int
adopt_all(struct spool *sp, int64_t folder, const char *path, uint64_t *adopted,
    bool *moved, struct err *err)
{
	struct ledger_rows *q;
	struct found f;
	int rc;

	if (ledger_query(sp->ledger, &q, err,
		"SELECT ident,info,fresh FROM seen s WHERE folder=?1 AND NOT "
		"EXISTS(SELECT 1 FROM message m WHERE m.folder=?1 AND "
		"m.ident=s.ident)",
		"i", folder) < 0)
		return -1;
	while ((rc = ledger_step(q, err)) == 1) {
		f = (struct found){ .sp = sp,
			.folder = folder,
			.path = path,
			.ident = ledger_text(q, 0),
			.info = ledger_text(q, 1),
			.fresh = ledger_int(q, 2) != 0,
			.fd = -1 };
		*moved = *moved || f.fresh;
		if (adopt(&f, err) < 0) {
			rc = -1;
			break;
		}
		*moved = *moved || f.dropped;
		*adopted += !f.dropped;
	}
	ledger_end(&q);
	return rc;
}

/* ------------------------------------------------------------- the rows */

/* Letters that another program changed: flags and keywords. */
static int
note_flags(struct spool *sp, int64_t folder, const char *path, struct err *err)
{
	struct letters l = { { NULL } };
	struct ledger_rows *q;
	struct buf words = { 0 };
	uint32_t flags;
	int rc;

	if (letters_read(sp, path, &l, err) < 0)
		return -1;
	if (ledger_query(sp->ledger, &q, err,
		"SELECT m.id,s.info,m.keywords FROM message m JOIN seen s ON "
		"s.folder=m.folder AND s.ident=m.ident WHERE m.folder=? AND "
		"m.info<>s.info AND s.fresh=0",
		"i", folder) < 0) {
		letters_free(&l);
		return -1;
	}
	while ((rc = ledger_step(q, err)) == 1) {
		buf_clear(&words);
		flags = letters_read_info(&l, ledger_text(q, 1),
		    ledger_text(q, 2), &words);
		if (ledger_do(sp->ledger, err,
			"UPDATE message SET info=?,flags=?,keywords=? WHERE "
			"id=?",
			"titi", ledger_text(q, 1), (int64_t)flags,
			buf_str(&words), ledger_int(q, 0)) < 0) {
			rc = -1;
			break;
		}
	}
	ledger_end(&q);
	letters_free(&l);
	buf_free(&words);
	return rc < 0 ? -1 : 0;
}

static int
mark_lost(struct spool *sp, int64_t folder, const char *path, struct err *err)
{
	int n;

	if (ledger_do(sp->ledger, err,
		"UPDATE message SET lost=0 WHERE folder=?1 AND lost=1 AND "
		"EXISTS(SELECT 1 FROM seen s WHERE s.folder=?1 AND "
		"s.ident=message.ident)",
		"i", folder) < 0)
		return -1;
	n = ledger_do(sp->ledger, err,
	    "UPDATE message SET lost=1 WHERE folder=?1 AND lost=0 AND NOT "
	    "EXISTS(SELECT 1 FROM seen s WHERE s.folder=?1 AND "
	    "s.ident=message.ident)",
	    "i", folder);
	if (n > 0)
		log_debug("spool '%s': folder '%s': %d files are not where "
			  "the ledger has them",
		    sp->dir, path, n);
	return n < 0 ? -1 : 0;
}

static int
settle_folder(struct spool *sp, int64_t folder, const char *path,
    uint64_t *adopted, struct err *err)
{
	int64_t mtime, seen, after;
	bool fresh, moved = false;

	if (spool_tree_state(sp, path, &mtime, &fresh, err) < 0 ||
	    ledger_number(sp->ledger, &seen, err,
		"SELECT seen_ns FROM folder WHERE id=?", "i", folder) < 0)
		return -1;
	if (mtime == seen && !fresh)
		return 0;
	if (mtime == -1 && (sp->flags & SPOOL_REHEARSE) == 0 &&
	    spool_tree_make(sp, path, err) < 0)
		return -1;
	if (ledger_begin(sp->ledger, err) < 0 ||
	    spool_scan_folder(sp, folder, path, err) < 0 ||
	    mark_lost(sp, folder, path, err) < 0 ||
	    note_flags(sp, folder, path, err) < 0 ||
	    adopt_all(sp, folder, path, adopted, &moved, err) < 0)
		return -1;
	if (moved || mtime == -1) {
		if (spool_tree_state(sp, path, &after, &fresh, err) < 0)
			return -1;
		mtime = after;
	}
	return ledger_do(sp->ledger, err,
		   "UPDATE folder SET seen_ns=? WHERE id=?", "ii", mtime,
		   folder) < 0 ||
		ledger_do(sp->ledger, err, "DELETE FROM seen WHERE folder=?",
		    "i", folder) < 0
	    ? -1
	    : 0;
}

/* A Maildir that has no row: another program's folder, or a lost ledger. */
static int
note_folder(void *arg, const char *path, struct err *err)
{
	struct spool *sp = arg;
	struct spool_folder f = { .path = path, .subscribed = -1 };
	int64_t id = spool_folder_id(sp, path, err);

	if (id == 0)
		id = spool_folder_add(sp, &f, err);
	return id < 0 ? -1 : 0;
}

static void
clean_tmp(struct spool *sp)
{
	int fd = openat(sp->dirfd, "tmp",
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;

	while (d != NULL && (e = readdir(d)) != NULL)
		if (e->d_name[0] != '.')
			unlinkat(fd, e->d_name, 0);
	if (d != NULL)
		closedir(d);
	else if (fd >= 0)
		close(fd);
}

int
spool_reconcile(struct spool *sp, struct err *err)
{
	uint64_t adopted = 0;
	char files[80];
	struct ledger_rows *q;
	int rc;

	if ((sp->flags & SPOOL_REHEARSE) == 0)
		clean_tmp(sp);
	if (spool_tree_walk(sp, note_folder, sp, err) < 0 ||
	    ledger_begin(sp->ledger, err) < 0 ||
	    ledger_query(sp->ledger, &q, err, "SELECT id,path FROM folder",
		"") < 0)
		return -1;
	while ((rc = ledger_step(q, err)) == 1) {
		rc = settle_folder(sp, ledger_int(q, 0), ledger_text(q, 1),
		    &adopted, err);
		if (rc < 0)
			break;
	}
	ledger_end(&q);
	if (rc < 0)
		return -1;
	if ((sp->flags & SPOOL_REHEARSE) == 0 &&
	    spool_items_settle(sp, &adopted, err) < 0)
		return -1;
	if (adopted > 0)
		log_info("spool '%s': adopted %s that the ledger did not know",
		    sp->dir, text_number(files, adopted, "file", "files"));
	step("spool.reconciled");
	return ledger_commit(sp->ledger, err);
}
