/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Messages on their way into a spool, and changes to those that are there. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/io.h"
#include "core/limits.h"
#include "core/mem.h"
#include "core/step.h"
#include "formats/folder.h"
#include "formats/head.h"
#include "formats/spool_impl.h"

struct spool_draft {
	struct spool *sp;
	struct spool_draft *next; /* among the idle ones */
	struct digest *digest;
	struct buf block; /* bytes not written yet */
	struct buf head;  /* the first LIMIT_HEAD_BYTES */
	uint64_t size;
	int fd;
	char tmp[SPOOL_TMP_NAME];
	bool hashed; /* sha256 is final */
	uint8_t sha256[DIGEST_BYTES];
};

void
spool_drafts_free(struct spool *sp)
{
	struct spool_draft *d;

	while ((d = sp->idle) != NULL) {
		sp->idle = d->next;
		digest_free(&d->digest);
		buf_free(&d->block);
		buf_free(&d->head);
		free(d);
	}
}

static struct spool_draft *
get_draft(struct spool *sp)
{
	struct spool_draft *d = sp->idle;

	if (d == NULL) {
		d = mem_alloc(1, sizeof(*d));
		d->sp = sp;
		d->digest = digest_new();
	} else {
		sp->idle = d->next;
		digest_reset(d->digest);
		buf_clear(&d->block);
		buf_clear(&d->head);
	}
	d->size = 0;
	d->fd = -1;
	d->hashed = false;
	return d;
}

static void
put_draft(struct spool_draft **dp)
{
	struct spool_draft *d = *dp;

	if (d->fd >= 0)
		close(d->fd);
	d->fd = -1;
	d->next = d->sp->idle;
	d->sp->idle = d;
	*dp = NULL;
}

/* A name in tmp/ that nobody else uses: only one process writes here. */
static void
new_tmp_name(struct spool *sp, char tmp[SPOOL_TMP_NAME])
{
	snprintf(tmp, SPOOL_TMP_NAME, "%ld.%llu", (long)getpid(),
	    (unsigned long long)++sp->drafts);
}

int
spool_begin(struct spool *sp, struct spool_draft **d_r, struct err *err)
{
	struct spool_draft *d = get_draft(sp);

	new_tmp_name(sp, d->tmp);
	d->fd = openat(sp->tmpfd, d->tmp,
	    O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (d->fd < 0) {
		err_sys(err, SCOPE_RUN, EX_CANTCREAT, "spool '%s': tmp/%s",
		    sp->dir, d->tmp);
		put_draft(&d);
		return -1;
	}
	*d_r = d;
	return 0;
}

static int
write_block(struct spool_draft *d, const void *data, size_t len,
    struct err *err)
{
	if (io_write_all(d->fd, data, len) < 0)
		return err_sys(err, SCOPE_RUN, EX_IOERR,
		    "spool '%s': writing a message", d->sp->dir);
	return 0;
}

int
spool_write(struct spool_draft *d, const void *data, size_t len,
    struct err *err)
{
	size_t more;

	if (d->size + len > LIMIT_MSG_BYTES)
		return err_set(err, SCOPE_MSG, EX_DATAERR,
		    "message is larger than %llu bytes",
		    (unsigned long long)LIMIT_MSG_BYTES);
	if (spool_make_way(d->sp, err) < 0)
		return -1;
	d->size += len;
	digest_add(d->digest, data, len);
	if (d->head.n < LIMIT_HEAD_BYTES) {
		more = LIMIT_HEAD_BYTES - d->head.n;
		buf_put(&d->head, data, len < more ? len : more);
	}
	if (d->block.n + len > LIMIT_BLOCK) {
		if (write_block(d, d->block.p, d->block.n, err) < 0)
			return -1;
		buf_clear(&d->block);
	}
	if (len >= LIMIT_BLOCK)
		return write_block(d, data, len, err);
	buf_put(&d->block, data, len);
	return 0;
}

struct slice
spool_draft_head(const struct spool_draft *d)
{
	return buf_slice(&d->head);
}

uint64_t
spool_draft_size(const struct spool_draft *d)
{
	return d->size;
}

const uint8_t *
spool_draft_sha256(struct spool_draft *d)
{
	if (!d->hashed)
		digest_end(d->digest, d->sha256);
	d->hashed = true;
	return d->sha256;
}

void
spool_discard(struct spool_draft **dp)
{
	if (*dp == NULL)
		return;
	unlinkat((*dp)->sp->tmpfd, (*dp)->tmp, 0);
	put_draft(dp);
}

static int64_t
received_of(const struct msg *msg)
{
	return msg->received == DATE_UNKNOWN ? 0 : msg->received;
}

static int
check_key(struct spool *sp, const struct msg *msg, struct err *err)
{
	struct spool_entry have;
	const char *p;
	size_t n = strlen(msg->key);
	int rc;

	for (p = msg->key; *p != '\0'; p++)
		if (strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			   "abcdefghijklmnopqrstuvwxyz0123456789_.-",
			*p) == NULL)
			break;
	if (*p != '\0' || n == 0 || n > 120)
		return err_set(err, SCOPE_RUN, EX_SOFTWARE,
		    "spool '%s': '%s' is no key", sp->dir, msg->key);
	rc = spool_find(sp, msg->key, &have, err);
	if (rc == 1 && !have.lost)
		return err_set(err, SCOPE_RUN, EX_SOFTWARE,
		    "spool '%s': key '%s' is there already", sp->dir, msg->key);
	return rc < 0 ? -1 : 0;
}

/* A new row, or the row of a lost message filled in again. */
static int
insert_row(struct spool *sp, int64_t folder, const struct msg *msg,
    const char *ident, const char *info, uint64_t size, const uint8_t *sha256,
    const uint8_t *source_sha256, struct slice message_id, struct err *err)
{
	if (ledger_do(sp->ledger, err, "DELETE FROM fate WHERE key=?", "t",
		msg->key) < 0)
		return -1;
	return ledger_do(sp->ledger, err,
		   "INSERT INTO message(folder,ident,info,key,source,size,"
		   "sha256,source_sha256,received,received_how,flags,keywords,"
		   "source_flags,source_keywords,message_id)"
		   "VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?11,?12,?13)"
		   "ON CONFLICT(key) DO UPDATE SET folder=?1,ident=?2,info=?3,"
		   "source=?5,size=?6,sha256=?7,source_sha256=?8,received=?9,"
		   "received_how=?10,flags=?11,keywords=?12,source_flags=?11,"
		   "source_keywords=?12,message_id=?13,lost=0",
		   "itttt"
		   "ibbiiits",
		   folder, ident, info, msg->key,
		   msg->source == NULL ? "{}" : msg->source, (int64_t)size,
		   slice_of(sha256, DIGEST_BYTES),
		   slice_of(source_sha256,
		       source_sha256 == NULL ? 0 : DIGEST_BYTES),
		   received_of(msg), (int64_t)msg->received_how,
		   (int64_t)msg->flags,
		   msg->keywords == NULL ? "" : msg->keywords, message_id) < 0
	    ? -1
	    : 0;
}

/* The row and the pending rename of the file 'tmp'. */
static int
enter(struct spool *sp, const char *tmp, const struct msg *msg, uint64_t size,
    const uint8_t *sha256, const uint8_t *source_sha256,
    struct slice message_id, struct err *err)
{
	struct buf ident = { 0 }, name = { 0 };
	char letters[8], info[16];
	int64_t folder;
	int rc = -1;

	snprintf(info, sizeof(info), ":2,%s",
	    msg_flag_letters(letters, msg->flags));
	buf_putf(&ident, "%lld.%s.postroad,S=%llu", (long long)received_of(msg),
	    msg->key, (unsigned long long)size);
	buf_putf(&name, "%s%s", buf_str(&ident), info);
	if (spool_change(sp, err) < 0 || check_key(sp, msg, err) < 0)
		goto out;
	folder = spool_folder_id(sp, msg->folder, err);
	if (folder == 0)
		folder = spool_folder_add(sp,
		    &(struct spool_folder){ .path = msg->folder,
			.subscribed = -1 },
		    err);
	if (folder < 0)
		goto out;
	if (insert_row(sp, folder, msg, buf_str(&ident), info, size, sha256,
		source_sha256, message_id, err) < 0 ||
	    spool_pend(sp, folder, tmp, buf_str(&name), size, err) < 0)
		goto out;
	rc = spool_flush_if_due(sp, err);
out:
	buf_free(&ident);
	buf_free(&name);
	return rc;
}

static int
close_draft(struct spool_draft *d, int64_t mtime, struct err *err)
{
	struct timespec times[2] = { { .tv_sec = mtime }, { .tv_sec = mtime } };
	int fd = d->fd;

	if (write_block(d, d->block.p, d->block.n, err) < 0)
		return -1;
	d->fd = -1;
	if (futimens(fd, times) < 0 || close(fd) < 0)
		return err_sys(err, SCOPE_RUN, EX_IOERR,
		    "spool '%s': writing a message", d->sp->dir);
	return 0;
}

struct spool *
spool_draft_end(struct spool_draft **dp, int64_t mtime, struct spool_made *m_r,
    struct err *err)
{
	struct spool_draft *d = *dp;
	struct spool *sp = d->sp;

	*dp = NULL;
	if (close_draft(d, mtime == DATE_UNKNOWN ? 0 : mtime, err) < 0) {
		spool_discard(&d);
		return NULL;
	}
	digest_end(d->digest, m_r->sha256);
	m_r->size = d->size;
	memcpy(m_r->tmp, d->tmp, sizeof(m_r->tmp));
	put_draft(&d);
	return sp;
}

int
spool_commit(struct spool_draft **dp, const struct msg *msg,
    const uint8_t *source_sha256, struct err *err)
{
	struct spool_draft *d = *dp;
	struct spool *sp = d->sp;

	*dp = NULL;
	if (close_draft(d, received_of(msg), err) < 0) {
		spool_discard(&d);
		return -1;
	}
	if (enter(sp, d->tmp, msg, d->size, spool_draft_sha256(d),
		source_sha256, head_message_id(buf_slice(&d->head)), err) < 0) {
		put_draft(&d);
		return -1;
	}
	put_draft(&d);
	return 0;
}

/* The bytes of 'in' as a new file in our tmp/. */
static int
copy_file(struct spool *sp, int in, int64_t mtime, const char *tmp,
    struct err *err)
{
	struct timespec times[2] = { { .tv_sec = mtime }, { .tv_sec = mtime } };
	char block[LIMIT_BLOCK];
	ssize_t n = -1;
	int out;

	out = openat(sp->tmpfd, tmp,
	    O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (out < 0)
		return err_sys(err, SCOPE_RUN, EX_CANTCREAT,
		    "spool '%s': tmp/%s", sp->dir, tmp);
	while ((n = io_read_full(in, block, sizeof(block))) > 0)
		if (io_write_all(out, block, (size_t)n) < 0)
			break;
	if (n != 0 || futimens(out, times) < 0) {
		err_sys(err, SCOPE_RUN, EX_IOERR, "spool '%s': copying",
		    sp->dir);
		n = -1;
	}
	close(out);
	return n == 0 ? 0 : -1;
}

int
spool_copy_tmp(struct spool *sp, int in, int64_t mtime, const char *tmp,
    struct err *err)
{
	int rc = in < 0 ? -1 : copy_file(sp, in, mtime, tmp, err);

	if (in >= 0)
		close(in);
	if (in >= 0 && rc < 0)
		unlinkat(sp->tmpfd, tmp, 0);
	return rc;
}

int
spool_link_tmp(struct spool *sp, struct spool *from, const char *file,
    char tmp[SPOOL_TMP_NAME], struct err *err)
{
	struct stat st;

	new_tmp_name(sp, tmp);
	if (linkat(from->dirfd, file, sp->tmpfd, tmp, 0) < 0) {
		if (errno == ENOENT)
			return err_set(err, SCOPE_MSG, EX_NOINPUT,
			    "'%s' is gone from the spool", file);
		return 0;
	}
	if (fstatat(sp->tmpfd, tmp, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    !S_ISREG(st.st_mode)) {
		unlinkat(sp->tmpfd, tmp, 0);
		return err_set(err, SCOPE_MSG, EX_DATAERR,
		    "'%s' is no regular file", file);
	}
	return 1;
}

int
spool_link(struct spool *sp, struct spool *from, const struct spool_entry *e,
    const struct msg *msg, struct err *err)
{
	char tmp[SPOOL_TMP_NAME];
	int rc = spool_link_tmp(sp, from, e->file, tmp, err);

	if (rc == 0)
		rc = spool_copy_tmp(sp, spool_body(from, e, err),
		    e->msg.received, tmp, err);
	if (rc < 0)
		return -1;
	return enter(sp, tmp, msg, e->msg.size, e->sha256,
	    e->has_source_sha256 ? e->source_sha256 : NULL,
	    slice_str(e->message_id), err);
}

/* What a change to a message that is there needs to know. */
struct there {
	int64_t id, folder;
	char *ident, *info;
};

static int
find_there(struct spool *sp, const char *key, struct there *t, struct err *err)
{
	struct ledger_rows *q;
	int rc;

	/* a file still in tmp/ cannot be renamed in cur/ */
	if (sp->batch.npending > 0 && spool_flush(sp, err) < 0)
		return -1;
	if (spool_change(sp, err) < 0 ||
	    ledger_query(sp->ledger, &q, err,
		"SELECT id,folder,ident,info FROM message WHERE key=?", "t",
		key) < 0)
		return -1;
	rc = ledger_step(q, err);
	if (rc == 1) {
		t->id = ledger_int(q, 0);
		t->folder = ledger_int(q, 1);
		t->ident = mem_str(ledger_text(q, 2));
		t->info = mem_str(ledger_text(q, 3));
	} else if (rc == 0) {
		err_set(err, SCOPE_RUN, EX_SOFTWARE,
		    "spool '%s': no message has key '%s'", sp->dir, key);
	}
	ledger_end(&q);
	return rc == 1 ? 0 : -1;
}

static void
there_free(struct there *t)
{
	free(t->ident);
	free(t->info);
}

/* Rename in cur/, from one folder to another.  What is gone stays gone: the
 * next scan says so. */
static int
rename_there(struct spool *sp, const struct there *t, int64_t to,
    const char *info, struct err *err)
{
	char *old = mem_fmt("%s%s", t->ident, t->info);
	char *new = mem_fmt("%s%s", t->ident, info);
	int from = -1, into, rc = -1;

	if (spool_touch(sp, t->folder, err) < 0 || spool_touch(sp, to, err) < 0)
		goto out;
	from = spool_cur(sp, t->folder, err);
	if (from >= 0)
		from = fcntl(from, F_DUPFD_CLOEXEC, 3);
	into = spool_cur(sp, to, err);
	if (from < 0 || into < 0)
		goto out;
	step("spool.rename_there");
	rc = renameat(from, old, into, new);
	if (rc < 0 && errno == ENOENT)
		rc = 0;
	if (rc < 0)
		err_sys(err, SCOPE_RUN, EX_IOERR,
		    "spool '%s': renaming a message", sp->dir);
out:
	if (from >= 0)
		close(from);
	free(old);
	free(new);
	return rc;
}

int
spool_set_flags(struct spool *sp, const char *key, uint32_t flags,
    const char *keywords, struct err *err)
{
	struct there t = { 0 };
	char letters[8], info[16];
	int rc = -1;

	snprintf(info, sizeof(info), ":2,%s", msg_flag_letters(letters, flags));
	if (find_there(sp, key, &t, err) == 0 &&
	    rename_there(sp, &t, t.folder, info, err) == 0 &&
	    ledger_do(sp->ledger, err,
		"UPDATE message SET info=?1,flags=?2,source_flags=?2,"
		"keywords=?3,source_keywords=?3 WHERE id=?4",
		"titi", info, (int64_t)flags, keywords, t.id) >= 0)
		rc = 0;
	there_free(&t);
	return rc < 0 ? -1 : spool_flush_if_due(sp, err);
}

int
spool_move(struct spool *sp, const char *key, const char *folder,
    struct err *err)
{
	struct there t = { 0 };
	int64_t to = spool_folder_id(sp, folder, err);
	int rc = -1;

	if (to == 0)
		err_set(err, SCOPE_RUN, EX_SOFTWARE,
		    "spool '%s': no folder '%s'", sp->dir, folder);
	if (to <= 0)
		return -1;
	if (find_there(sp, key, &t, err) == 0 &&
	    rename_there(sp, &t, to, t.info, err) == 0 &&
	    ledger_do(sp->ledger, err, "UPDATE message SET folder=? WHERE id=?",
		"ii", to, t.id) >= 0)
		rc = 0;
	there_free(&t);
	return rc < 0 ? -1 : spool_flush_if_due(sp, err);
}

int
spool_remove(struct spool *sp, const char *key, struct err *err)
{
	struct there t = { 0 };
	char *name;
	int rc = -1;

	if (find_there(sp, key, &t, err) == 0 &&
	    spool_touch(sp, t.folder, err) == 0 &&
	    ledger_do(sp->ledger, err, "DELETE FROM message WHERE id=?", "i",
		t.id) >= 0) {
		name = mem_fmt("%s%s", t.ident, t.info);
		spool_doom(sp, t.folder, name);
		free(name);
		rc = 0;
	}
	there_free(&t);
	return rc < 0 ? -1 : spool_flush_if_due(sp, err);
}

bool
spool_is_adopted(const struct spool_entry *e)
{
	return strcmp(e->msg.source, SPOOL_ADOPTED) == 0;
}

/* What the source says of a message whose file is right. */
static int
confirm_row(struct spool *sp, const struct msg *msg,
    const uint8_t *source_sha256, struct err *err)
{
	if (spool_change(sp, err) < 0)
		return -1;
	return ledger_do(sp->ledger, err,
		   "UPDATE message SET id=(SELECT max(id)+1 FROM message),"
		   "source=?,source_sha256=?,received_how=? WHERE key=?",
		   "tbit", msg->source,
		   slice_of(source_sha256,
		       source_sha256 == NULL ? 0 : DIGEST_BYTES),
		   (int64_t)msg->received_how, msg->key) < 0
	    ? -1
	    : 0;
}

int
spool_confirm(struct spool_draft **dp, const struct msg *msg,
    const uint8_t *source_sha256, struct err *err)
{
	struct spool_draft *d = *dp;
	struct spool *sp = d->sp;
	struct spool_entry have;
	const uint8_t *sha256;
	int rc;

	*dp = NULL;
	rc = close_draft(d, received_of(msg), err) < 0
	    ? -1
	    : spool_find(sp, msg->key, &have, err);
	if (rc < 0) {
		spool_discard(&d);
		return -1;
	}
	sha256 = spool_draft_sha256(d);
	if (rc == 1 && memcmp(sha256, have.sha256, DIGEST_BYTES) == 0) {
		spool_discard(&d);
		return confirm_row(sp, msg, source_sha256, err) < 0 ? -1 : 1;
	}
	/* flushed, so that the removal does not hit a new file of that name */
	if (rc == 1)
		rc = spool_remove(sp, msg->key, err) < 0 ? -1
							 : spool_flush(sp, err);
	if (rc == 0)
		rc = enter(sp, d->tmp, msg, d->size, sha256, source_sha256,
		    head_message_id(buf_slice(&d->head)), err);
	put_draft(&d);
	return rc;
}

int
spool_confirm_link(struct spool *sp, struct spool *from,
    const struct spool_entry *e, const struct msg *msg, struct err *err)
{
	struct spool_entry have;
	int rc = spool_find(sp, msg->key, &have, err);

	if (rc == 1 && e->has_sha256 && have.has_sha256 &&
	    memcmp(e->sha256, have.sha256, DIGEST_BYTES) == 0)
		return confirm_row(sp, msg,
			   e->has_source_sha256 ? e->source_sha256 : NULL,
			   err) < 0
		    ? -1
		    : 1;
	if (rc == 1 &&
	    (spool_remove(sp, msg->key, err) < 0 || spool_flush(sp, err) < 0))
		return -1;
	return rc < 0 ? -1 : spool_link(sp, from, e, msg, err);
}
