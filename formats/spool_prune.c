/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Folders that are taken away again; see spool.h. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "core/step.h"
#include "formats/spool_impl.h"

/* Remove mail/PATH itself and what above it is an empty directory; one with
 * anything in it stays, quietly. */
static void
remove_dirs(struct spool *sp, struct slice path)
{
	struct err ignored = { 0 };
	struct buf parent = { 0 }, name = { 0 };
	const char *slash;
	int fd;

	while (path.n > 0) {
		slash = memrchr(path.p, '/', path.n);
		buf_clear(&parent);
		buf_clear(&name);
		if (slash != NULL)
			buf_put(&parent, path.p, (size_t)(slash - path.p));
		buf_put(&name, slash == NULL ? path.p : slash + 1,
		    slash == NULL ? path.n
				  : path.n - (size_t)(slash + 1 - path.p));
		fd = spool_tree_open(sp, buf_str(&parent), "", &ignored);
		if (fd < 0)
			break;
		if (unlinkat(fd, buf_str(&name), AT_REMOVEDIR) < 0) {
			close(fd);
			break;
		}
		close(fd);
		path.n = slash == NULL ? 0 : (size_t)(slash - path.p);
	}
	buf_free(&parent);
	buf_free(&name);
}

/* 1 when cur, new and tmp are gone, 0 when something is in them. */
static int
remove_maildir(struct spool *sp, const char *path, struct err *err)
{
	static const char *const subs[] = { "cur", "new", "tmp" };
	int fd = spool_tree_open(sp, path, "", err);
	size_t i;

	if (fd < 0)
		return err->sys == ENOENT ? 1 : -1;
	step("spool.remove_folder");
	for (i = 0; i < 3; i++) {
		if (unlinkat(fd, subs[i], AT_REMOVEDIR) < 0 &&
		    errno != ENOENT) {
			close(fd);
			return 0;
		}
	}
	unlinkat(fd, "dovecot-keywords", 0);
	close(fd);
	return 1;
}

int
spool_folder_remove(struct spool *sp, const char *path, struct err *err)
{
	int64_t messages;
	int rc;

	if (spool_flush(sp, err) < 0 ||
	    ledger_number(sp->ledger, &messages, err,
		"SELECT count(*) FROM message m JOIN folder f ON "
		"f.id=m.folder WHERE f.path=?",
		"t", path) < 0)
		return -1;
	if (messages > 0)
		return 0;
	if (sp->cur_fd >= 0)
		close(sp->cur_fd);
	sp->cur_fd = -1;
	rc = remove_maildir(sp, path, err);
	if (rc <= 0)
		return rc;
	remove_dirs(sp, slice_str(path));
	if (spool_change(sp, err) < 0 ||
	    ledger_do(sp->ledger, err, "DELETE FROM folder WHERE path=?", "t",
		path) < 0)
		return -1;
	return 1;
}
