/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Messages that go into OUT changed (transform/fixer.h); see
 * transform_impl.h.
 *
 * OUT's meta table says with which fixes a run came to its end ("fixes"), and
 * of each message what became of it ("fix:KEY", JSON; docs/spool.md).  While
 * "fixes" is what is wanted now, messages that are there are not read again.
 * When it is not, each is: its bytes are made anew, and replace those that lie
 * there where they differ; what needs no fix any more is linked again.  So it
 * does not matter where a run was killed.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/mem.h"
#include "core/step.h"
#include "formats/spool_source.h"
#include "transform/fixer.h"
#include "transform/transform_impl.h"

#define META_FIXES "fixes"
#define META_ONE   "fix:"

struct fixing {
	struct fixer *fixer; /* NULL: nothing is wanted any more */
	int spool;	     /* IN's directory */
	char *wanted;	     /* as META_FIXES tells it; "" for nothing */
	bool same;	     /* OUT was made with just that */
	struct digest *digest;
};

/* A message changed, as far as it is. */
struct made {
	struct spool_draft *draft; /* NULL in a dry run */
	struct digest *digest;
	struct fixed fixed;
};

static const struct {
	unsigned bit;
	const char *name, *counter;
} kinds[] = {
	{ FIX_LINES, "lines", "fixed_lines" },
	{ FIX_NEWLINES, "newlines", "fixed_newlines" },
	{ FIX_RECEIPTS, "receipts", "fixed_receipts" },
	{ FIX_ATTACHMENTS, "attachments", "fixed_attachments" },
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

/* ---------------------------------------------------------- begin and end */

static char *
describe(const struct fixes *f)
{
	struct buf b = { 0 };
	char *s;

	if (f->want.line > 0)
		buf_putf(&b, " lines=%llu", (unsigned long long)f->want.line);
	if (f->want.newlines)
		buf_puts(&b, " newlines");
	if (f->want.receipts)
		buf_puts(&b, " receipts");
	if (f->want.strip > 0)
		buf_putf(&b, " strip=%llu in '%s'",
		    (unsigned long long)f->want.strip, f->dir);
	if (b.n > 0 && f->want.break_signed)
		buf_puts(&b, " signed");
	s = b.n == 0 ? mem_str("") : mem_fmt("1%s", buf_str(&b));
	buf_free(&b);
	return s;
}

static int
open_fixer(struct run *run, struct fixing *x, struct err *err)
{
	x->digest = digest_new();
	x->spool =
	    open(run->o->in, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOCTTY);
	if (x->spool < 0)
		return err_sys(err, SCOPE_RUN, EX_NOINPUT, "%s", run->o->in);
	return fixer_open(&x->fixer, &run->o->fixes, x->spool, run->o->dry_run,
	    run->r, err);
}

int
fixing_begin(struct run *run, struct err *err)
{
	char *wanted = describe(&run->o->fixes);
	const char *had =
	    run->out == NULL ? NULL : spool_meta(run->out, META_FIXES);
	struct fixing *x;

	if (*wanted == '\0' && had == NULL) {
		free(wanted);
		return 0;
	}
	x = run->fixing = mem_alloc(1, sizeof(*x));
	x->spool = -1;
	x->wanted = wanted;
	x->same = had != NULL && strcmp(had, wanted) == 0;
	if (*wanted != '\0' && open_fixer(run, x, err) < 0)
		return -1;
	if (x->same || run->o->dry_run)
		return 0;
	return spool_meta_set(run->out, META_FIXES, "?", err);
}

int
fixing_end(struct run *run, struct err *err)
{
	struct fixing *x = run->fixing;

	if (x == NULL || x->same || run->o->dry_run)
		return 0;
	/* only once all that it tells of is on disk */
	if (spool_flush(run->out, err) < 0)
		return -1;
	step("fix.end");
	return *x->wanted == '\0'
	    ? spool_meta_remove(run->out, META_FIXES, err)
	    : spool_meta_set(run->out, META_FIXES, x->wanted, err);
}

void
fixing_free(struct run *run)
{
	struct fixing *x = run->fixing;

	if (x == NULL)
		return;
	fixer_close(&x->fixer);
	digest_free(&x->digest);
	if (x->spool >= 0)
		close(x->spool);
	free(x->wanted);
	free(x);
	run->fixing = NULL;
}

/* ------------------------------------------------------------- the record */

static void
tell_left(struct run *run, const struct place *p, const struct spool_entry *e,
    const char *left)
{
	struct problem pr = { .folder = p->path,
		.source = e->msg.source,
		.size = e->msg.size };
	struct err why = { 0 };

	err_set(&why, SCOPE_MSG, EX_DATAERR, "not fixed: %s", left);
	err_hint(&why, "%s",
	    strstr(left, "signed,") != NULL
		? "it stays as it is; --fix-signed changes it all the same, "
		  "and its signature is worth nothing then"
		: "it stays as it is; keep it as a file: 'postroad export'");
	pr.err = &why;
	report_problem(run->r, &pr);
	report_add(run->r, "not_fixed", 1);
}

/* What became of it, for OUT. */
static int
record(struct run *run, const struct spool_entry *e, struct fixed *fixed,
    struct err *err)
{
	char *name = mem_fmt(META_ONE "%s", e->msg.key), hex[DIGEST_HEX];
	struct js *o = js_obj();
	struct buf text = { 0 }, changed = { 0 };
	size_t i;
	int rc;

	for (i = 0; i < KINDS; i++)
		if ((fixed->done & kinds[i].bit) != 0)
			buf_putf(&changed, "%s%s", changed.n > 0 ? " " : "",
			    kinds[i].name);
	if (changed.n > 0)
		js_set_str(o, "changed", buf_str(&changed));
	if (fixed->done != 0 && e->has_sha256)
		js_set_str(o, "original",
		    digest_hex(hex, e->sha256, DIGEST_BYTES));
	if (fixed->left.n > 0)
		js_set_str(o, "left", buf_str(&fixed->left));
	if (fixed->attachments != NULL) {
		js_set(o, "attachments", fixed->attachments);
		fixed->attachments = NULL;
	}
	js_put(&text, o);
	rc = spool_meta_set(run->out, name, buf_str(&text), err);
	js_free(&o);
	buf_free(&text);
	buf_free(&changed);
	free(name);
	return rc;
}

static int
remove_meta(struct run *run, const char *prefix, const char *key,
    struct err *err)
{
	char *name = mem_fmt("%s%s", prefix, key);
	int rc = 0;

	if (spool_meta(run->out, name) != NULL)
		rc = spool_meta_remove(run->out, name, err);
	free(name);
	return rc;
}

static int
forget(struct run *run, const char *key, struct err *err)
{
	return remove_meta(run, META_ONE, key, err);
}

int
fixing_drop(struct run *run, const char *key, struct err *err)
{
	if (run->fixing == NULL || run->o->dry_run)
		return 0;
	if (spool_forget_swap(run->out, key, err) < 0)
		return -1;
	return forget(run, key, err);
}

/* What an earlier run could not fix is told again. */
static void
tell_again(struct run *run, const struct place *p, const struct spool_entry *e)
{
	char *name = mem_fmt(META_ONE "%s", e->msg.key);
	const char *text = spool_meta(run->out, name);
	struct js *o = text == NULL ? NULL : js_parse(slice_str(text));

	if (o != NULL && *js_get_str(o, "left") != '\0')
		tell_left(run, p, e, js_get_str(o, "left"));
	js_free(&o);
	free(name);
}

/* ---------------------------------------------------------------- making */

static int
put_made(void *arg, const void *data, size_t len, struct err *err)
{
	struct made *m = arg;

	digest_add(m->digest, data, len);
	return m->draft == NULL ? 0 : spool_write(m->draft, data, len, err);
}

static void
made_free(struct made *m)
{
	spool_discard(&m->draft);
	fixed_free(&m->fixed);
}

/* Look, and change what has to be: 1 with new bytes in *m; 0 its bytes stay
 * what they are; -1, SCOPE_RUN. */
static int
make(struct run *run, const struct spool_entry *e, struct made *m,
    struct err *err)
{
	struct fixing *x = run->fixing;
	struct item_sink to = { put_made, m };
	int fd = spool_body(run->in, e, err), rc;

	*m = (struct made){ .digest = x->digest };
	rc = fd < 0 ? -1 : fixer_look(x->fixer, fd, err);
	if (rc == 1 && !run->o->dry_run)
		rc = spool_begin(run->out, &m->draft, err) < 0 ? -1 : 1;
	if (rc == 1) {
		digest_reset(x->digest);
		rc = fixer_run(x->fixer, e->file, fd, &to, &m->fixed, err);
		rc = rc < 0 ? -1 : m->fixed.done != 0;
	}
	if (fd >= 0)
		close(fd);
	if (rc < 0 && err->scope == SCOPE_MSG) {
		/* it stays, whatever is wrong with it */
		m->fixed.done = 0;
		buf_clear(&m->fixed.left);
		buf_puts(&m->fixed.left, err->text);
		rc = 0;
	}
	if (rc <= 0)
		spool_discard(&m->draft);
	return rc;
}

static void
count(struct run *run, const struct place *p, const struct spool_entry *e,
    const struct made *m, bool changed)
{
	size_t i;

	if (m->fixed.left.n > 0)
		tell_left(run, p, e, buf_str(&m->fixed.left));
	if (!changed)
		return;
	report_add(run->r, "fixed", 1);
	for (i = 0; i < KINDS; i++)
		if ((m->fixed.done & kinds[i].bit) != 0)
			report_add(run->r, kinds[i].counter, 1);
}

static const uint8_t *
source_hash(const struct spool_entry *e)
{
	if (e->has_source_sha256)
		return e->source_sha256;
	return e->has_sha256 ? e->sha256 : NULL;
}

/* The record, and its bytes: 1 it is stored, 0 it is to be linked, -1. */
static int
store(struct run *run, const struct spool_entry *e, const struct msg *msg,
    struct made *m, struct err *err)
{
	bool swapped = spool_is_swapped(run->out, e->msg.key);
	int rc = m->fixed.done != 0 || m->fixed.left.n > 0
	    ? record(run, e, &m->fixed, err)
	    : forget(run, e->msg.key, err);

	if (rc < 0)
		return -1;
	if (m->draft == NULL && !swapped)
		return 0;
	/* a run was killed between its old bytes and these */
	if (m->draft == NULL)
		rc = spool_replace_link(run->out, run->in, e, msg->folder, err);
	else if (swapped)
		rc = spool_replace(run->out, &m->draft, e->msg.key, msg->folder,
		    source_hash(e), err);
	else
		rc = spool_commit(&m->draft, msg, source_hash(e), err);
	return rc < 0 ? -1 : 1;
}

int
fixing_store(struct run *run, const struct place *p,
    const struct spool_entry *e, const struct msg *msg, struct err *err)
{
	struct made m = { .draft = NULL };
	int rc = 0;

	if (run->fixing == NULL)
		return 0;
	if (run->fixing->fixer != NULL)
		rc = make(run, e, &m, err);
	if (rc >= 0)
		count(run, p, e, &m, rc == 1);
	if (rc >= 0 && !run->o->dry_run)
		rc = store(run, e, msg, &m, err);
	made_free(&m);
	return rc;
}

/* -------------------------------------------------------- what is there */

/* 'rc', once the row has what it had before a killed run replaced it. */
static int
settle(struct run *run, const struct spool_entry *e, int rc, struct err *err)
{
	if (rc < 0 || spool_settle_swap(run->out, e->msg.key, err) < 0)
		return -1;
	return rc;
}

/* Its bytes are made anew: are they those that lie there?  Like the next one,
 * 1: the file lies where it was; 0: it is a new one, as had->msg says; -1. */
static int
replace(struct run *run, const struct place *p, const struct spool_entry *e,
    struct made *m, const struct fix_had *had, struct err *err)
{
	uint8_t sha256[DIGEST_BYTES];
	const uint8_t *source = source_hash(e);
	bool other, stale = had->adopted;

	digest_end(m->digest, sha256);
	/* a killed run left the file, and not what belongs to it */
	if (source != NULL &&
	    (!had->has_source_sha256 ||
		memcmp(source, had->source_sha256, DIGEST_BYTES) != 0))
		stale = true;
	other = memcmp(sha256, had->sha256, DIGEST_BYTES) != 0;
	count(run, p, e, m, other || stale);
	if (run->o->dry_run)
		return 1;
	if (record(run, e, &m->fixed, err) < 0)
		return -1;
	if (stale && (had->adopted || !other))
		return settle(run, e,
		    spool_confirm(&m->draft, had->msg, source, err), err);
	if (other &&
	    spool_replace(run->out, &m->draft, e->msg.key, NULL, source, err) <
		0)
		return -1;
	return 1;
}

/* It needs no fix, or none can be made: what lies there should be a link. */
static int
restore(struct run *run, const struct place *p, const struct spool_entry *e,
    struct made *m, const struct fix_had *had, struct err *err)
{
	bool other =
	    e->has_sha256 && memcmp(e->sha256, had->sha256, DIGEST_BYTES) != 0;
	int rc;

	count(run, p, e, m, false);
	if (other && !had->adopted)
		report_add(run->r, "restored", 1);
	if (run->o->dry_run)
		return 1;
	rc = m->fixed.left.n > 0 ? record(run, e, &m->fixed, err)
				 : forget(run, e->msg.key, err);
	if (rc < 0)
		return -1;
	if (had->adopted)
		return settle(run, e,
		    spool_confirm_link(run->out, run->in, e, had->msg, err),
		    err);
	if (other && spool_replace_link(run->out, run->in, e, NULL, err) < 0)
		return -1;
	return settle(run, e, 1, err);
}

int
fixing_refresh(struct run *run, const struct place *p,
    const struct spool_entry *e, const struct fix_had *had, struct err *err)
{
	struct fixing *x = run->fixing;
	struct made m = { .draft = NULL };
	int rc = 0;

	if (x->same && !had->adopted) {
		if (x->fixer != NULL)
			tell_again(run, p, e);
		return 1;
	}
	if (x->fixer != NULL)
		rc = make(run, e, &m, err);
	if (rc == 1)
		rc = replace(run, p, e, &m, had, err);
	else if (rc == 0)
		rc = restore(run, p, e, &m, had, err);
	made_free(&m);
	return rc;
}
