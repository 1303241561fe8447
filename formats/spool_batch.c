/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The batch.  Order is everything (docs/spool.md, Durability): the files'
 * bytes reach the disk, then their names appear in cur/, then the
 * directories reach the disk, then the rows are committed, and only then
 * does anything go that the rows no longer tell of.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/mem.h"
#include "core/step.h"
#include "formats/spool_impl.h"

/* More directories than this are synced with one syncfs. */
#define SYNC_ONE_BY_ONE 4

static int64_t
monotonic_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec;
}

static int
insert_event(struct spool *sp, struct err *err)
{
	if (sp->event_what == NULL || sp->event_id != 0)
		return 0;
	if (ledger_do(sp->ledger, err,
		"INSERT INTO event(started,what,version,detail) "
		"VALUES(?,?,?,?)",
		"ittt", sp->event_started, sp->event_what, POSTROAD_VERSION,
		sp->event_detail) < 0)
		return -1;
	sp->event_id = ledger_last_id(sp->ledger);
	return 0;
}

int
spool_change(struct spool *sp, struct err *err)
{
	if (!ledger_in_transaction(sp->ledger)) {
		sp->batch.begun = monotonic_s();
		if (ledger_begin(sp->ledger, err) < 0)
			return -1;
	}
	return insert_event(sp, err);
}

static int64_t
cur_mtime(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -1;
	return (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
}

int
spool_touch(struct spool *sp, int64_t folder, struct err *err)
{
	struct batch *b = &sp->batch;
	int64_t seen = 0;
	size_t i;
	int fd;

	for (i = b->ntouched; i > 0; i--)
		if (b->touched[i - 1].folder == folder)
			return 0;
	fd = spool_cur(sp, folder, err);
	if (fd >= 0 && folder < 0)
		goto touched; /* no mtime tells about items */
	if (fd < 0 ||
	    ledger_number(sp->ledger, &seen, err,
		"SELECT seen_ns FROM folder WHERE id=?", "i", folder) < 0)
		return -1;
touched:
	b->touched = mem_grow(b->touched, b->ntouched + 1, sizeof(*b->touched));
	b->touched[b->ntouched++] = (struct touched){ .folder = folder,
		.trusted = folder >= 0 && seen == cur_mtime(fd) };
	return 0;
}

int
spool_pend(struct spool *sp, int64_t folder, const char *tmp, const char *final,
    uint64_t bytes, struct err *err)
{
	struct batch *b = &sp->batch;

	if (spool_touch(sp, folder, err) < 0)
		return -1;
	if (b->npending == b->pending_cap) {
		b->pending_cap = b->pending_cap == 0 ? 256 : b->pending_cap * 2;
		b->pending =
		    mem_grow(b->pending, b->pending_cap, sizeof(*b->pending));
	}
	b->pending[b->npending++] =
	    (struct pending){ .tmp = arena_str(&b->arena, tmp),
		    .final = arena_str(&b->arena, final),
		    .folder = folder };
	b->bytes += bytes;
	return 0;
}

void
spool_doom(struct spool *sp, int64_t folder, const char *name)
{
	struct batch *b = &sp->batch;
	size_t i;

	for (i = b->ntouched; i > 0; i--)
		if (b->touched[i - 1].folder == folder)
			b->touched[i - 1].dooms = true;
	b->doomed = mem_grow(b->doomed, b->ndoomed + 1, sizeof(*b->doomed));
	b->doomed[b->ndoomed++] =
	    (struct doomed){ .name = arena_str(&b->arena, name),
		    .folder = folder };
}

bool
spool_is_pending(const struct spool *sp, int64_t folder, const char *final)
{
	const struct batch *b = &sp->batch;
	size_t i;

	for (i = 0; i < b->npending; i++)
		if (b->pending[i].folder == folder &&
		    strcmp(b->pending[i].final, final) == 0)
			return true;
	return false;
}

static int64_t
monotonic_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int
spool_make_way(struct spool *sp, struct err *err)
{
	const struct timespec ts = { .tv_nsec = 1000000 };
	struct batch *b = &sp->batch;
	int64_t now = monotonic_ms();
	unsigned waited;

	if (!ledger_in_transaction(sp->ledger) || now - b->looked_ms < LOOK_MS)
		return 0;
	b->looked_ms = now;
	if (!spool_is_wanted(sp))
		return 0;
	if (spool_flush(sp, err) < 0)
		return -1;
	for (waited = 0; waited < WAY_MS && spool_is_wanted(sp); waited++)
		nanosleep(&ts, NULL);
	b->looked_ms = monotonic_ms();
	return 0;
}

int
spool_flush_if_due(struct spool *sp, struct err *err)
{
	struct batch *b = &sp->batch;

	if (spool_make_way(sp, err) < 0)
		return -1;
	if (b->npending < BATCH_MSGS && b->bytes < BATCH_BYTES &&
	    monotonic_s() - b->begun < BATCH_S)
		return 0;
	return spool_flush(sp, err);
}

static int
disk_error(struct spool *sp, const char *doing, struct err *err)
{
	return err_sys(err, SCOPE_RUN, EX_IOERR, "spool '%s': %s", sp->dir,
	    doing);
}

static int
rename_pending(struct spool *sp, struct err *err)
{
	struct batch *b = &sp->batch;
	size_t i;
	int fd;

	for (i = 0; i < b->npending; i++) {
		fd = spool_cur(sp, b->pending[i].folder, err);
		if (fd < 0)
			return -1;
		step("spool.rename");
		if (renameat(sp->tmpfd, b->pending[i].tmp, fd,
			b->pending[i].final) < 0)
			return disk_error(sp, "making a message visible", err);
	}
	return 0;
}

static int
sync_directories(struct spool *sp, struct err *err)
{
	struct batch *b = &sp->batch;
	size_t i;
	int fd;

	if (b->ntouched == 0)
		return 0;
	step("spool.sync_directories");
	if (b->ntouched > SYNC_ONE_BY_ONE)
		return syncfs(sp->dirfd) < 0
		    ? disk_error(sp, "syncing directories", err)
		    : 0;
	for (i = 0; i < b->ntouched; i++) {
		fd = spool_cur(sp, b->touched[i].folder, err);
		if (fd < 0)
			return -1;
		if (fsync(fd) < 0)
			return disk_error(sp, "syncing a directory", err);
	}
	return 0;
}

/*
 * Write down how cur/ stands now, where nobody else had changed it.  While
 * doomed files still lie there it must be looked at again after a crash.
 */
static int
record_mtimes(struct spool *sp, bool doomed_lie, struct err *err)
{
	struct batch *b = &sp->batch;
	int64_t seen;
	size_t i;
	int fd;

	for (i = 0; i < b->ntouched; i++) {
		if (!b->touched[i].trusted)
			continue;
		fd = spool_cur(sp, b->touched[i].folder, err);
		if (fd < 0)
			return -1;
		seen = doomed_lie && b->touched[i].dooms ? 0 : cur_mtime(fd);
		if (ledger_do(sp->ledger, err,
			"UPDATE folder SET seen_ns=? WHERE id=?", "ii", seen,
			b->touched[i].folder) < 0)
			return -1;
	}
	return 0;
}

/* The rows are committed: now the files that they no longer tell of go. */
static int
unlink_doomed(struct spool *sp, struct err *err)
{
	struct batch *b = &sp->batch;
	size_t i;
	int fd;

	if (b->ndoomed == 0)
		return 0;
	for (i = 0; i < b->ndoomed; i++) {
		fd = spool_cur(sp, b->doomed[i].folder, err);
		if (fd < 0)
			return -1;
		step("spool.unlink");
		if (unlinkat(fd, b->doomed[i].name, 0) < 0 && errno != ENOENT)
			return disk_error(sp, "removing a message", err);
	}
	if (ledger_begin(sp->ledger, err) < 0 ||
	    record_mtimes(sp, false, err) < 0)
		return -1;
	return ledger_commit(sp->ledger, err);
}

static void
batch_clear(struct batch *b)
{
	b->npending = 0;
	b->ndoomed = 0;
	b->ntouched = 0;
	b->bytes = 0;
	arena_reset(&b->arena);
}

int
spool_flush(struct spool *sp, struct err *err)
{
	struct batch *b = &sp->batch;

	if (b->npending > 0) {
		step("spool.sync_files");
		if (syncfs(sp->dirfd) < 0)
			return disk_error(sp, "syncing messages", err);
		if (rename_pending(sp, err) < 0)
			return -1;
	}
	if (sync_directories(sp, err) < 0 || record_mtimes(sp, true, err) < 0)
		return -1;
	step("spool.commit");
	if (ledger_commit(sp->ledger, err) < 0)
		return -1;
	step("spool.committed");
	if (unlink_doomed(sp, err) < 0)
		return -1;
	batch_clear(b);
	return 0;
}

void
spool_batch_free(struct spool *sp)
{
	free(sp->batch.pending);
	free(sp->batch.doomed);
	free(sp->batch.touched);
	arena_free(&sp->batch.arena);
	spool_drafts_free(sp);
}
