/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Opening, locking, binding and describing a spool; see spool.h. */
#include "formats/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <time.h>
#include <unistd.h>

#include "core/io.h"
#include "core/mem.h"
#include "formats/spool_impl.h"

#define LOCK_CONTENTS	  0
#define LOCK_WANTED	  1 /* the ledger is, by those who hold it */
#define LOCK_DESTINATIONS 16
/* Who fills the spool makes way soon, unless its source says nothing. */
#define DELIVER_WAIT_MS (150 * 1000)
#define WRITE_WAIT_MS	(10 * 1000)

/* Kinds of file system on which SQLite's locks or syncfs do not hold. */
static const long network_fs[] = { 0x6969 /* NFS */, 0x517b /* SMB */,
	0xfe534d42 /* SMB2 */, 0xff534d42 /* CIFS */, 0x5346414f /* AFS */,
	0x00c36400 /* Ceph */, 0x01021997 /* 9P */, 0x73757245 /* Coda */ };

static int
refuse_network(struct spool *sp, struct err *err)
{
	struct statfs fs;
	size_t i;

	if ((sp->flags & (SPOOL_FORCE | SPOOL_REHEARSE)) != 0 ||
	    fstatfs(sp->dirfd, &fs) < 0)
		return 0;
	for (i = 0; i < sizeof(network_fs) / sizeof(network_fs[0]); i++) {
		if ((long)fs.f_type == network_fs[i]) {
			err_set(err, SCOPE_RUN, EX_CANTCREAT,
			    "spool '%s' is on a network file system", sp->dir);
			return err_hint(err,
			    "use a local disk: locks and syncs are not "
			    "reliable there (--force uses it anyway)");
		}
	}
	return 0;
}

/* Lock one byte of spool.lock for as long as it is open. */
static int
lock_byte(struct spool *sp, off_t byte, struct err *err)
{
	struct flock fl = { .l_type = F_WRLCK,
		.l_whence = SEEK_SET,
		.l_start = byte,
		.l_len = 1 };

	if ((sp->flags & SPOOL_REHEARSE) != 0)
		return 0;
	if (sp->lockfd < 0)
		sp->lockfd = openat(sp->dirfd, "spool.lock",
		    O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (sp->lockfd < 0)
		return err_sys(err, SCOPE_RUN, EX_CANTCREAT,
		    "spool '%s': spool.lock", sp->dir);
	if (fcntl(sp->lockfd, F_OFD_SETLK, &fl) == 0)
		return 0;
	if (errno != EAGAIN && errno != EACCES)
		return err_sys(err, SCOPE_RUN, EX_CANTCREAT,
		    "spool '%s': locking", sp->dir);
	err_set(err, SCOPE_RUN, EX_TEMPFAIL,
	    "spool '%s' is in use by another postroad", sp->dir);
	return err_hint(err,
	    "wait until it has finished, then run the same "
	    "command again");
}

static void
unlock_byte(struct spool *sp, off_t byte)
{
	struct flock fl = { .l_type = F_UNLCK,
		.l_whence = SEEK_SET,
		.l_start = byte,
		.l_len = 1 };

	if (sp->lockfd >= 0)
		fcntl(sp->lockfd, F_OFD_SETLK, &fl);
}

int
spool_lock_destination(struct spool *sp, int64_t destination, struct err *err)
{
	if (lock_byte(sp, (off_t)(LOCK_DESTINATIONS + destination), err) == 0)
		return 0;
	if (err->status == EX_TEMPFAIL)
		err_set(err, SCOPE_RUN, EX_TEMPFAIL,
		    "spool '%s' is being loaded to this destination by "
		    "another postroad",
		    sp->dir);
	return -1;
}

void
spool_unlock_destination(struct spool *sp, int64_t destination)
{
	unlock_byte(sp, (off_t)(LOCK_DESTINATIONS + destination));
}

static int
open_dirs(struct spool *sp, const char *dir, struct err *err)
{
	char *real;

	if (sp->mode == SPOOL_WRITE && mkdir(dir, 0700) < 0 && errno != EEXIST)
		return err_sys(err, SCOPE_RUN, EX_CANTCREAT, "spool '%s'", dir);
	sp->dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	real = sp->dirfd < 0 ? NULL : realpath(dir, NULL);
	if (real == NULL) {
		err_sys(err, SCOPE_RUN,
		    sp->mode == SPOOL_WRITE ? EX_CANTCREAT
			: errno == EACCES   ? EX_NOPERM
					    : EX_NOINPUT,
		    "spool '%s'", dir);
		if (err->sys == ENOENT)
			return err_hint(err,
			    "'postroad extract SOURCE %s' makes one", dir);
		return err->sys != ENOTDIR || sp->mode == SPOOL_WRITE
		    ? -1
		    : err_hint(err,
			  "a spool is a directory: 'postroad extract %s' makes "
			  "one of a file",
			  dir);
	}
	free(sp->dir);
	sp->dir = real;
	return 0;
}

/* An existing directory with other things in it is not made into a spool. */
static int
refuse_foreign(struct spool *sp, struct err *err)
{
	static const char *const ours[] = { "spool.db", "mail", "spool.lock",
		"tmp" };
	size_t i;

	for (i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		if (faccessat(sp->dirfd, ours[i], F_OK, AT_SYMLINK_NOFOLLOW) ==
		    0)
			return 0;
	if (sp->mode == SPOOL_WRITE && spool_dir_is_empty(sp->dirfd))
		return 0;
	err_set(err, SCOPE_RUN,
	    sp->mode == SPOOL_WRITE ? EX_CANTCREAT : EX_DATAERR,
	    "'%s' is not a spool", sp->dir);
	return err_hint(err,
	    sp->mode == SPOOL_WRITE
		? "name a directory that does not exist yet, or an empty one"
		: "'postroad extract' makes spools; 'postroad help' tells");
}

static int
open_subdir(struct spool *sp, const char *name, int *fd_r, struct err *err)
{
	if (sp->mode == SPOOL_WRITE && mkdirat(sp->dirfd, name, 0700) < 0 &&
	    errno != EEXIST)
		return err_sys(err, SCOPE_RUN, EX_CANTCREAT, "spool '%s': %s",
		    sp->dir, name);
	*fd_r = openat(sp->dirfd, name,
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (*fd_r >= 0)
		return 0;
	if (errno == ELOOP || errno == ENOTDIR) {
		err_set(err, SCOPE_RUN, EX_CANTCREAT,
		    "spool '%s': %s is not a directory (a symbolic link?)",
		    sp->dir, name);
		return err_hint(err,
		    "a spool must not lead out of its "
		    "directory; put the real directory there");
	}
	return err_sys(err, SCOPE_RUN, errno == EACCES ? EX_NOPERM : EX_DATAERR,
	    "spool '%s': %s", sp->dir, name);
}

static int
open_ledger(struct spool *sp, struct err *err)
{
	char *path = mem_fmt("%s/spool.db", sp->dir);
	enum ledger_mode mode = (sp->flags & SPOOL_REHEARSE) != 0
	    ? LEDGER_SCRATCH
	    : sp->mode == SPOOL_READ ? LEDGER_READ
				     : LEDGER_CREATE;
	int rc;

	rc = ledger_open(&sp->ledger, path, mode, err);
	free(path);
	if (rc < 0 && mode != LEDGER_CREATE && err->status == EX_NOINPUT) {
		err_set(err, SCOPE_RUN, EX_DATAERR,
		    "spool '%s' has no spool.db", sp->dir);
		err_hint(err,
		    "extract again, or load: both make a new one "
		    "from the files in mail/");
	}
	return rc;
}

/* Tell whoever writes that the ledger is wanted; once we have it, that it is
 * not any more. */
static void
want_ledger(void *arg, bool on)
{
	struct spool *sp = arg;
	struct flock fl = { .l_type = on ? F_RDLCK : F_UNLCK,
		.l_whence = SEEK_SET,
		.l_start = LOCK_WANTED,
		.l_len = 1 };

	if (on == sp->wants || sp->lockfd < 0)
		return;
	sp->wants = on;
	fcntl(sp->lockfd, F_OFD_SETLK, &fl);
}

bool
spool_is_wanted(const struct spool *sp)
{
	struct flock fl = { .l_type = F_WRLCK,
		.l_whence = SEEK_SET,
		.l_start = LOCK_WANTED,
		.l_len = 1 };

	return sp->lockfd >= 0 && fcntl(sp->lockfd, F_OFD_GETLK, &fl) == 0 &&
	    fl.l_type != F_UNLCK;
}

/* Rows and files into agreement, where we may: a run that holds the contents
 * lock now keeps them so itself. */
static int
settle(struct spool *sp, struct err *err)
{
	int rc;

	if (sp->mode == SPOOL_READ)
		return 0;
	if (lock_byte(sp, LOCK_CONTENTS, err) < 0) {
		if (sp->mode == SPOOL_DELIVER && err->status == EX_TEMPFAIL)
			return 0;
		return -1;
	}
	rc = open_ledger(sp, err);
	if (rc == 0)
		rc = spool_reconcile(sp, err);
	if (sp->mode == SPOOL_DELIVER)
		unlock_byte(sp, LOCK_CONTENTS);
	return rc;
}

static int
open_all(struct spool *sp, const char *dir, struct err *err)
{
	if (open_dirs(sp, dir, err) < 0 || refuse_foreign(sp, err) < 0 ||
	    (sp->mode != SPOOL_READ && refuse_network(sp, err) < 0) ||
	    open_subdir(sp, "mail", &sp->mailfd, err) < 0)
		return -1;
	if (sp->mode == SPOOL_WRITE &&
	    open_subdir(sp, "tmp", &sp->tmpfd, err) < 0)
		return -1;
	if (settle(sp, err) < 0)
		return -1;
	if (sp->ledger == NULL && open_ledger(sp, err) < 0)
		return -1;
	if (sp->mode != SPOOL_READ)
		ledger_set_waiting(sp->ledger, want_ledger, sp,
		    sp->mode == SPOOL_DELIVER ? DELIVER_WAIT_MS
					      : WRITE_WAIT_MS);
	return 0;
}

int
spool_open(struct spool **sp_r, const char *dir, enum spool_mode mode,
    unsigned flags, struct err *err)
{
	struct spool *sp = mem_alloc(1, sizeof(*sp));

	sp->dir = mem_str(dir);
	sp->mode = mode;
	sp->flags = flags;
	sp->dirfd = sp->mailfd = sp->tmpfd = sp->lockfd = sp->cur_fd = -1;
	err_clear(err);
	if (open_all(sp, dir, err) < 0) {
		spool_close(&sp);
		return -1;
	}
	*sp_r = sp;
	return 0;
}

static void
close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

void
spool_close(struct spool **spp)
{
	struct spool *sp = *spp;
	struct err ignored = { 0 };

	if (sp == NULL)
		return;
	if (sp->ledger != NULL && sp->mode == SPOOL_WRITE)
		spool_flush(sp, &ignored);
	spool_batch_free(sp);
	ledger_close(&sp->ledger);
	close_fd(sp->cur_fd);
	close_fd(sp->tmpfd);
	close_fd(sp->mailfd);
	close_fd(sp->dirfd);
	close_fd(sp->lockfd);
	buf_free(&sp->cur_path);
	buf_free(&sp->meta);
	buf_free(&sp->file);
	arena_free(&sp->found);
	arena_free(&sp->folder_row);
	arena_free(&sp->item_row);
	free(sp->folder_ids);
	free(sp->event_what);
	free(sp->event_detail);
	free(sp->dir);
	free(sp);
	*spp = NULL;
}

const char *
spool_dir(const struct spool *sp)
{
	return sp->dir;
}

struct ledger *
spool_ledger(struct spool *sp)
{
	return sp->ledger;
}

const char *
spool_meta(struct spool *sp, const char *name)
{
	struct ledger_rows *q = NULL;
	struct err err = { 0 };
	bool found;

	if (ledger_query(sp->ledger, &q, &err,
		"SELECT value FROM meta WHERE name=?", "t", name) < 0)
		return NULL;
	found = ledger_step(q, &err) == 1;
	buf_clear(&sp->meta);
	if (found)
		buf_puts(&sp->meta, ledger_text(q, 0));
	ledger_end(&q);
	return found ? buf_str(&sp->meta) : NULL;
}

int
spool_meta_set(struct spool *sp, const char *name, const char *value,
    struct err *err)
{
	const char *have = spool_meta(sp, name);

	if (have != NULL && strcmp(have, value) == 0)
		return 0;
	if (spool_change(sp, err) < 0)
		return -1;
	return ledger_do(sp->ledger, err,
		   "INSERT INTO meta VALUES(?,?) ON CONFLICT(name) DO "
		   "UPDATE SET value=excluded.value",
		   "tt", name, value) < 0
	    ? -1
	    : 0;
}

int
spool_bind(struct spool *sp, const char *kind, const char *identity,
    struct err *err)
{
	const char *have;
	char *have_kind;

	have = spool_meta(sp, "source_kind");
	if (have == NULL) {
		if (spool_meta_set(sp, "source_kind", kind, err) < 0 ||
		    spool_meta_set(sp, "source_identity", identity, err) < 0)
			return -1;
		return spool_meta_set(sp, "tool_version", POSTROAD_VERSION,
		    err);
	}
	have_kind = mem_str(have);
	have = spool_meta(sp, "source_identity");
	if (strcmp(have_kind, kind) == 0 && have != NULL &&
	    strcmp(have, identity) == 0) {
		free(have_kind);
		return 0;
	}
	err_set(err, SCOPE_RUN, EX_USAGE,
	    "spool '%s' holds another source: %s %s", sp->dir, have_kind,
	    have == NULL ? "?" : have);
	free(have_kind);
	return err_hint(err,
	    "extract into a spool of its own and join both with 'postroad "
	    "merge'; if it is the same source in another place, add "
	    "--rebind");
}

int
spool_rebind(struct spool *sp, const char *kind, const char *identity,
    struct err *err)
{
	const char *have = spool_meta(sp, "source_kind");

	if (have == NULL || strcmp(have, kind) != 0)
		return spool_bind(sp, kind, identity, err);
	return spool_meta_set(sp, "source_identity", identity, err);
}

void
spool_event_begin(struct spool *sp, const char *what, const char *detail)
{
	free(sp->event_what);
	free(sp->event_detail);
	sp->event_what = mem_str(what);
	sp->event_detail = mem_str(detail);
	sp->event_started = (int64_t)time(NULL);
	sp->event_id = 0;
}

int
spool_event_now(struct spool *sp, struct err *err)
{
	return spool_change(sp, err);
}

int
spool_event_last(struct spool *sp, const char *what, struct buf *detail,
    struct err *err)
{
	struct ledger_rows *q;
	int rc;

	if (ledger_query(sp->ledger, &q, err,
		"SELECT detail FROM event WHERE what=? ORDER BY id DESC "
		"LIMIT 1",
		"t", what) < 0)
		return -1;
	rc = ledger_step(q, err);
	if (rc == 1 && ledger_text(q, 0) != NULL)
		buf_puts(detail, ledger_text(q, 0));
	ledger_end(&q);
	return rc;
}

int
spool_event_end(struct spool *sp, int status, const char *summary,
    struct err *err)
{
	if (sp->event_id == 0)
		return 0;
	if (ledger_begin(sp->ledger, err) < 0 ||
	    ledger_do(sp->ledger, err,
		"UPDATE event SET ended=?, status=?, summary=? WHERE id=?",
		"iiti", (int64_t)time(NULL), (int64_t)status, summary,
		sp->event_id) < 0)
		return -1;
	return ledger_commit(sp->ledger, err);
}
