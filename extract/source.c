/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The table of sources: which one a SOURCE argument means, and the order of
 * calls, so that the kinds need not look after it.  See source.h.
 */
#include "extract/source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/io.h"
#include "core/limits.h"
#include "extract/source_impl.h"
#include "formats/sniff.h"

static const struct source_ops *const source_table[] = {
	&source_mbox_ops,
	&source_pst_ops,
	&source_maildir_ops,
	&source_eml_ops,
	&source_imap_ops,
	&source_pop3_ops,
	NULL,
};

/* Where a source stands; each call names the states it is legal in. */
enum {
	AT_ITEM = 1, /* between items */
	AT_MSG = 2,  /* a message is there, maybe read in part */
	READ_ALL = 4,
	ENDED = 8,
	BROKEN = 16
};

static const struct source_ops *
find_kind(struct slice name)
{
	size_t i;

	for (i = 0; source_table[i] != NULL; i++)
		if (slice_is(name, source_table[i]->name))
			return source_table[i];
	return NULL;
}

/* The kind of source that a URL's scheme means: imaps is imap, in TLS. */
static const struct source_ops *
kind_of_url(const char *url)
{
	size_t n = strcspn(url, ":");
	const struct source_ops *ops = find_kind(slice_of(url, n));

	if (ops == NULL && n > 0 && url[n - 1] == 's')
		ops = find_kind(slice_of(url, n - 1));
	return ops;
}

static int
parse_url(struct source_spec *spec, const char *arg, struct err *err)
{
	const struct source_ops *ops = kind_of_url(arg);

	if (ops == NULL || ops->probe != NULL) {
		err_set(err, SCOPE_RUN, EX_USAGE,
		    "the URL is of no kind that mail is taken from");
		return err_hint(err,
		    "write imaps://USER@HOST/ or pop3s://USER@HOST/, or a "
		    "path");
	}
	spec->kind = ops->name;
	return 0;
}

bool
source_spec_is_account(const struct source_spec *spec)
{
	const struct source_ops *ops =
	    spec->kind == NULL ? NULL : find_kind(slice_str(spec->kind));

	return ops != NULL && ops->probe == NULL;
}

int
source_spec_parse(struct source_spec *spec, const char *arg, struct err *err)
{
	const char *colon = strchr(arg, ':');
	const struct source_ops *ops;

	spec->kind = NULL;
	spec->path = arg;
	if (colon != NULL && strncmp(colon, "://", 3) == 0)
		return parse_url(spec, arg, err);
	if (colon != NULL) {
		ops = find_kind(slice_of(arg, (size_t)(colon - arg)));
		if (ops != NULL && ops->probe != NULL) {
			spec->kind = ops->name;
			spec->path = colon + 1;
		}
	}
	if (*spec->path == '\0')
		return err_set(err, SCOPE_RUN, EX_USAGE,
		    "'%s': a path is missing", arg);
	return 0;
}

/* A descriptor to look at 'path' with, and what it is. */
static int
open_path(const char *path, struct stat *st, struct err *err)
{
	int flags = O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
	int fd = open(path, flags | O_NOATIME);

	if (fd < 0 && errno == EPERM)
		fd = open(path, flags);
	if (fd < 0)
		return err_sys(err, SCOPE_RUN,
		    errno == EACCES || errno == EPERM ? EX_NOPERM : EX_NOINPUT,
		    "'%s'", path);
	if (fstat(fd, st) < 0) {
		err_sys(err, SCOPE_RUN, EX_NOINPUT, "'%s'", path);
	} else if (!S_ISREG(st->st_mode) && !S_ISDIR(st->st_mode)) {
		err_set(err, SCOPE_RUN, EX_DATAERR,
		    "'%s' is neither a file nor a directory", path);
	} else {
		return fd;
	}
	close(fd);
	return -1;
}

static const struct source_ops *
most_sure(const char *path, int fd, bool is_dir, struct slice head)
{
	const struct source_ops *best = NULL;
	int sure, most = 0;
	size_t i;

	for (i = 0; source_table[i] != NULL; i++) {
		sure = source_table[i]->probe == NULL
		    ? 0
		    : source_table[i]->probe(path, fd, is_dir, head.p, head.n);
		if (sure > most) {
			most = sure;
			best = source_table[i];
		}
	}
	return best;
}

static bool
is_named(const char *path, const char *end)
{
	size_t n = strlen(path), len = strlen(end);

	return n >= len && strcasecmp(path + n - len, end) == 0;
}

static bool
is_named_mbox(const char *path)
{
	return is_named(path, ".mbox");
}

static int
refuse(const struct source_spec *spec, bool is_dir, struct slice head,
    struct err *err)
{
	struct sniff what;

	if (is_dir) {
		err_set(err, SCOPE_STORE, EX_DATAERR,
		    "no mail was found in the directory '%s'", spec->path);
		return err_hint(err,
		    "give an mbox, a Maildir, a folder of "
		    ".eml files or a PST");
	}
	what = sniff_head(head);
	err_set(err, SCOPE_STORE, EX_DATAERR,
	    "'%s' is no kind of mail store: it looks like %s", spec->path,
	    what.name);
	if (is_named(spec->path, ".pst") || is_named(spec->path, ".ost"))
		err_hint(err,
		    "if it is a PST whose beginning is lost: --carve searches "
		    "the whole file for what is left of its messages");
	else if (what.hint != NULL)
		err_hint(err, "%s", what.hint);
	return -1;
}

/* Which kind 'spec' means, by what it says or by looking. */
static const struct source_ops *
choose(const struct source_spec *spec, struct err *err)
{
	const struct source_ops *ops = NULL;
	struct buf head = { 0 };
	struct stat st;
	ssize_t n = 0;
	int fd = open_path(spec->path, &st, err);

	if (fd < 0)
		return NULL;
	if (spec->kind != NULL) {
		ops = find_kind(slice_str(spec->kind));
		if (ops == NULL)
			err_set(err, SCOPE_RUN, EX_USAGE,
			    "'%s' is no kind of source", spec->kind);
		close(fd);
		return ops;
	}
	if (!S_ISDIR(st.st_mode))
		n = io_pread_full(fd, buf_room(&head, LIMIT_BLOCK), LIMIT_BLOCK,
		    0);
	if (n < 0) {
		err_sys(err, SCOPE_RUN, EX_NOINPUT, "'%s'", spec->path);
	} else {
		head.n = (size_t)n;
		ops = head.n == 0 && !S_ISDIR(st.st_mode) &&
			is_named_mbox(spec->path)
		    ? find_kind(slice_str("mbox"))
		    : most_sure(spec->path, fd, S_ISDIR(st.st_mode),
			  buf_slice(&head));
		if (ops == NULL)
			refuse(spec, S_ISDIR(st.st_mode), buf_slice(&head),
			    err);
	}
	buf_free(&head);
	close(fd);
	return ops;
}

int
source_open(struct source **src_r, const struct source_spec *spec,
    struct err *err)
{
	const struct source_ops *ops = spec->account == NULL
	    ? choose(spec, err)
	    : find_kind(slice_str(spec->kind));

	*src_r = NULL;
	if (ops == NULL)
		return -1;
	if (ops->open(src_r, spec, err) < 0)
		return -1;
	(*src_r)->ops = ops;
	(*src_r)->state = AT_ITEM;
	return 0;
}

int
source_resume(struct source *src, struct spool *sp, struct err *err)
{
	return src->ops->resume == NULL ? 0 : src->ops->resume(src, sp, err);
}

bool
source_tells_gone(const struct source *src)
{
	return src->ops->resume != NULL || src->ops->probe == NULL;
}

bool
source_is_whole(const struct source *src)
{
	return !src->torn;
}

int
source_recognizes(struct source *src, struct spool *sp, const char *identity,
    struct err *err)
{
	return src->ops->recognizes == NULL
	    ? 0
	    : src->ops->recognizes(src, sp, identity, err);
}

const char *
source_kind(const struct source *src)
{
	return src->ops->name;
}

const char *
source_identity(const struct source *src)
{
	return src->identity;
}

void
source_set_wanted(struct source *src,
    bool (*wanted)(void *arg, const char *folder, const char *key), void *arg)
{
	src->wanted = wanted;
	src->wanted_arg = arg;
}

bool
source_wanted(const struct source *src, const char *folder, const char *key)
{
	return src->wanted == NULL || src->wanted(src->wanted_arg, folder, key);
}

static int
wrong_order(const struct source *src, const char *call, struct err *err)
{
	return err_set(err, SCOPE_RUN, EX_SOFTWARE,
	    "bug: %s in state %u of a %s source", call, src->state,
	    src->ops->name);
}

int
source_next(struct source *src, struct source_item *item_r, struct err *err)
{
	int n;

	if ((src->state & (ENDED | BROKEN)) != 0)
		return wrong_order(src, "source_next", err);
	*item_r = (struct source_item){ .subscribed = -1,
		.msg = { .received = DATE_UNKNOWN, .keywords = "" } };
	n = src->ops->next(src, item_r, err);
	if (n > 0)
		src->state = item_r->what != SOURCE_FOLDER ? AT_MSG : AT_ITEM;
	else if (n == 0)
		src->state = ENDED;
	else
		src->state = err->scope >= SCOPE_STORE ? BROKEN : AT_ITEM;
	return n;
}

ssize_t
source_read(struct source *src, void *buf, size_t cap, struct err *err)
{
	ssize_t n;

	if (src->state == READ_ALL)
		return 0;
	if (src->state != AT_MSG)
		return wrong_order(src, "source_read", err);
	n = src->ops->read(src, buf, cap, err);
	if (n == 0)
		src->state = READ_ALL;
	else if (n < 0)
		src->state = err->scope >= SCOPE_STORE ? BROKEN : AT_ITEM;
	return n;
}

bool
source_raw_sha256(struct source *src, uint8_t out[DIGEST_BYTES])
{
	return src->state == READ_ALL && src->ops->raw_sha256 != NULL &&
	    src->ops->raw_sha256(src, out);
}

const char *
source_incomplete(const struct source *src)
{
	return src->incomplete;
}

uint64_t
source_total(const struct source *src)
{
	return src->total;
}

uint64_t
source_done(const struct source *src)
{
	return src->done;
}

void
source_close(struct source **src)
{
	char *identity;

	if (*src == NULL)
		return;
	identity = (*src)->identity;
	(*src)->ops->close(*src);
	free(identity);
	*src = NULL;
}
