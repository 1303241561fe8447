/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The plan of what has to change in a message; see mime_fix.h. */
#include "formats/mime_fix_impl.h"

#include <stdio.h>
#include <string.h>

#include "core/io.h"
#include "core/limits.h"
#include "core/mem.h"
#include "formats/mime_lines.h"
#include "formats/mime_scan.h"

#define LEFT_MAX       8 /* told; more are counted */
#define PATH_MAX_BYTES 60

struct plan {
	int fd;
	const struct fix_want *want;
	const struct fix_sink *to;
	uint64_t pos, size;
	unsigned done;
	unsigned n_left;
};

/* What is around a part. */
struct place {
	char path[PATH_MAX_BYTES]; /* "1.2" */
	bool in_multi;
	bool secret; /* encrypted */
};

static void
leave(struct plan *p, const struct place *at, const char *why)
{
	char text[200];

	if (++p->n_left > LEFT_MAX)
		return;
	snprintf(text, sizeof(text), "%s%s%s%s",
	    at->path[0] == '\0' ? "" : "part ", at->path,
	    at->path[0] == '\0' ? "" : ": ", why);
	p->to->left(p->to->arg, text);
}

/* ----------------------------------------------------------------- pieces */

static int
send(struct plan *p, struct fix_piece *piece, uint64_t upto, struct err *err)
{
	piece->from = p->pos;
	piece->n = upto - p->pos;
	p->pos = upto;
	return p->to->piece(p->to->arg, piece, err);
}

/* The bytes up to there. */
static int
recode(struct plan *p, uint64_t upto, enum recode_how how, unsigned flags,
    struct err *err)
{
	struct fix_piece piece = { .what = FIX_RECODE,
		.how = how,
		.flags = flags | (upto == p->size ? RECODE_LAST : 0) };

	if (upto < p->pos || upto > p->size)
		return err_set(err, SCOPE_MSG, EX_SOFTWARE,
		    "its parts lie across one another");
	return upto == p->pos ? 0 : send(p, &piece, upto, err);
}

static int
look(struct plan *p, uint64_t upto, struct lines *l_r, struct err *err)
{
	return lines_of(p->fd, p->pos, upto > p->pos ? upto - p->pos : 0, l_r,
	    err);
}

/* CRs right before 'upto' are of the line end that the next stretch begins
 * with: how many?  -1: err. */
static int
cr_tail(struct plan *p, uint64_t upto, struct err *err)
{
	char c[32];
	size_t n =
	    upto - p->pos < sizeof(c) ? (size_t)(upto - p->pos) : sizeof(c);
	int crs = 0;

	if (!p->want->newlines || upto <= p->pos || upto >= p->size)
		return 0;
	if (io_pread_full(p->fd, c, n, upto - n) != (ssize_t)n)
		return err_sys(err, SCOPE_MSG, EX_IOERR, "reading a message");
	while (n > 0 && c[--n] == '\r')
		crs++;
	return crs;
}

/* Boundaries, and what stands before and behind the parts.  'open': behind a
 * header, fix_is_open(). */
static int
frame(struct plan *p, uint64_t upto, bool open, const struct place *at,
    struct err *err)
{
	int tail = cr_tail(p, upto, err);
	struct lines l;

	if (tail < 0)
		return -1;
	upto -= (uint64_t)tail;
	if (look(p, upto, &l, err) < 0)
		return -1;
	if (p->want->line > 0 && l.longest > p->want->line)
		leave(p, at, "a long line between the parts");
	if (p->want->newlines && l.nul > 0)
		leave(p, at, "a NUL between the parts");
	if (!p->want->newlines || (l.lf == 0 && l.cr == 0))
		return recode(p, upto, RECODE_COPY, 0, err);
	if (l.cr_dash > 0 || (open && l.cr_mid > 0)) {
		leave(p, at,
		    open ? "a CR alone behind a header that no empty line ends"
			 : "a CR alone in what may be a boundary");
		return recode(p, upto, RECODE_COPY, 0, err);
	}
	p->done |= FIX_NEWLINES;
	return recode(p, upto, RECODE_FRAME, 0, err);
}

static int
read_head(struct plan *p, uint64_t upto, struct buf *raw, struct err *err)
{
	size_t n = (size_t)(upto - p->pos);

	/* bounded by MIME_HEADS_MAX */
	if (io_pread_full(p->fd, buf_room(raw, n), n, p->pos) != (ssize_t)n)
		return err_sys(err, SCOPE_MSG, EX_IOERR, "reading a message");
	raw->n += n;
	return 0;
}

/* The message is one line of a header, unless its CRs end lines: which of them
 * would end a field, and which the header, nothing tells. */
static bool
has_only_crs(const struct plan *p, struct slice raw)
{
	return p->want->newlines && raw.n > 0 && raw.n == p->size &&
	    memchr(raw.p, '\r', raw.n) != NULL &&
	    memchr(raw.p, '\n', raw.n) == NULL;
}

/* The header, with a new encoding, or of text that stands for the part. */
static int
head(struct plan *p, const struct entity *e, const struct fix_choice *c,
    bool stub, const struct place *at, struct err *err)
{
	bool message = e->up == NULL || e->up->kind == ENTITY_MESSAGE;
	struct fix_head h = { .want = p->want,
		.receipts = p->want->receipts && e->up == NULL,
		.version = message,
		.encode = c == NULL ? NULL : c->encode,
		.apart = c != NULL && c->begins_cr && c->how != RECODE_COPY,
		.stub = stub,
		.body = e->end > e->body || stub };
	struct buf raw = { 0 }, new = { 0 };
	struct fix_piece piece = { .what = FIX_REPLACE };
	uint64_t too_long;
	unsigned done;
	int rc = -1;

	if (read_head(p, e->body, &raw, err) < 0)
		goto out;
	if (has_only_crs(p, buf_slice(&raw))) {
		leave(p, at, "all its lines end in CR alone");
		rc = recode(p, e->body, RECODE_COPY, 0, err);
		goto out;
	}
	done = fix_head(&h, buf_slice(&raw), &new, &too_long);
	if (too_long > 0)
		leave(p, at, "a long header line without blanks to fold at");
	if (p->want->newlines && memchr(buf_str(&raw), '\0', raw.n) != NULL)
		leave(p, at, "a NUL in its header");
	p->done |= done;
	piece.text = buf_slice(&new);
	if (done == 0 && slice_eq(buf_slice(&raw), buf_slice(&new)))
		rc = recode(p, e->body, RECODE_COPY, 0, err);
	else
		rc = send(p, &piece, e->body, err);
out:
	buf_free(&raw);
	buf_free(&new);
	return rc;
}

/* ---------------------------------------------------------------- leaves */

/* The kinds of fixes that a choice is. */
static unsigned
kinds(const struct plan *p, const struct lines *l)
{
	unsigned done = 0;

	if (p->want->line > 0 && l->longest > p->want->line)
		done |= FIX_LINES;
	if (p->want->newlines && (l->lf > 0 || l->cr > 0 || l->nul > 0))
		done |= FIX_NEWLINES;
	return done;
}

/* The bytes of a leaf, as was chosen. */
static int
body(struct plan *p, const struct entity *e, const struct fix_choice *c,
    struct err *err)
{
	int tail = fix_is_exact(c) ? 0 : cr_tail(p, e->end, err);

	if (tail < 0)
		return -1;
	return recode(p, e->end - (uint64_t)tail, c->how, c->flags, err);
}

static int
leaf(struct plan *p, const struct entity *e, const struct place *at,
    struct err *err)
{
	struct lines l;
	struct fix_choice c;
	char first = '\0';

	if (lines_of(p->fd, e->body, e->end - e->body, &l, err) < 0)
		return -1;
	if (fix_choose(p->fd, p->want, e, at->in_multi, &l, &c, err) < 0)
		return -1;
	if (c.left != NULL) {
		leave(p, at, c.left);
		/* its line ends can be had all the same */
		if (!p->want->newlines || (l.lf == 0 && l.cr == 0) ||
		    c.boundary)
			c.how = RECODE_COPY;
		l.longest = 0;
	}
	c.begins_cr = e->end > e->body &&
	    io_pread_full(p->fd, &first, 1, e->body) == 1 && first == '\r';
	if (head(p, e, &c, false, at, err) < 0)
		return -1;
	if (c.how != RECODE_COPY)
		p->done |= kinds(p, &l);
	return body(p, e, &c, err);
}

/* ------------------------------------------------------------ attachments */

static int
is_clean(struct plan *p, const struct entity *e, struct err *err)
{
	struct qp_faults faults;
	uint64_t n = e->end - e->body;

	if (e->how == SPAN_BASE64)
		return base64_is_clean(p->fd, e->body, n, err);
	if (e->how != SPAN_QP)
		return e->how == SPAN_RAW;
	if (qp_faults_of(p->fd, e->body, n, &faults, err) < 0)
		return -1;
	return !faults.any;
}

static int
count(void *arg, const void *data, size_t len, struct err *err)
{
	(void)data;
	(void)err;
	*(uint64_t *)arg += len;
	return 0;
}

static bool
may_be_attachment(const struct entity *e)
{
	static const char *const kept[] = { "application/pkcs7-mime",
		"application/x-pkcs7-mime", "application/pkcs7-signature",
		"application/x-pkcs7-signature", "application/pgp-signature",
		"application/pgp-encrypted", NULL };
	const char *const *k;

	if (e->composite || e->unknown_how || e->kind != ENTITY_LEAF)
		return false;
	for (k = kept; *k != NULL; k++)
		if (strcmp(e->type, *k) == 0)
			return false;
	return strcmp(e->disposition, "attachment") == 0 ||
	    *e->filename != '\0' || *e->type_name != '\0' ||
	    strncmp(e->type, "text/", 5) != 0;
}

/* Is it an attachment that is too large?  1, 0, -1. */
static int
is_too_large(struct plan *p, const struct entity *e, struct err *err)
{
	struct span s = { e->how, e->body, e->end - e->body };
	uint64_t n = 0;
	struct item_sink sink = { count, &n };

	if (p->want->strip == 0 || !may_be_attachment(e) ||
	    span_size(&s) <= p->want->strip)
		return 0;
	if (s.how == SPAN_RAW)
		n = s.n;
	else if (span_copy(p->fd, &s, &sink, err) < 0)
		return -1;
	return n > p->want->strip;
}

static int
take_out(struct plan *p, const struct entity *e, const struct place *at,
    struct err *err)
{
	struct fix_piece piece = { .what = FIX_TAKE_OUT,
		.coding = e->how,
		.flags = e->end == p->size ? RECODE_LAST : 0,
		.name = slice_str(
		    *e->filename != '\0' ? e->filename : e->type_name),
		.type = slice_str(e->type) };

	if (head(p, e, NULL, true, at, err) < 0)
		return -1;
	p->done |= FIX_ATTACHMENTS;
	return send(p, &piece, e->end, err);
}

/* 1: it was taken out; 0: it stays in the message; -1. */
static int
strip(struct plan *p, const struct entity *e, const struct place *at,
    struct err *err)
{
	int rc = is_too_large(p, e, err);

	if (rc <= 0)
		return rc;
	if (at->secret) {
		leave(p, at, "a large part of what is encrypted");
		return 0;
	}
	rc = is_clean(p, e, err);
	if (rc == 0)
		leave(p, at, "a large attachment whose encoding is broken");
	if (rc <= 0)
		return rc;
	return take_out(p, e, at, err) < 0 ? -1 : 1;
}

/* ------------------------------------------------------------------ walk */

/* Would anything in there have to change? */
static int
wants_strip(struct plan *p, const struct entity *e, struct err *err)
{
	const struct entity *c;
	int rc;

	if (e->kind == ENTITY_LEAF)
		return is_too_large(p, e, err);
	for (c = e->first; c != NULL; c = c->next)
		if ((rc = wants_strip(p, c, err)) != 0)
			return rc;
	return 0;
}

/* What a signature is about: not one byte of it may change. */
static int
sealed(struct plan *p, const struct entity *e, const struct place *at,
    struct err *err)
{
	struct lines l;
	int rc;

	if (look(p, e->end, &l, err) < 0)
		return -1;
	if (kinds(p, &l) != 0)
		leave(p, at,
		    (kinds(p, &l) & FIX_LINES) != 0
			? "signed, with a line that is too long"
			: "signed, with line ends or NULs that are refused");
	rc = wants_strip(p, e, err);
	if (rc > 0)
		leave(p, at, "signed, with a large attachment");
	return rc < 0 ? -1 : recode(p, e->end, RECODE_COPY, 0, err);
}

static int walk(struct plan *p, const struct entity *e, const struct place *at,
    struct err *err);

static int
parts(struct plan *p, const struct entity *e, const struct place *at,
    struct err *err)
{
	bool is_signed =
	    strcmp(e->type, "multipart/signed") == 0 && !p->want->break_signed;
	struct place in = { .in_multi = true };
	const struct entity *c;
	bool open = fix_is_open(e);
	unsigned number = 0;
	int rc;

	in.secret = at->secret || strcmp(e->type, "multipart/encrypted") == 0;
	for (c = e->first; c != NULL; c = c->next) {
		snprintf(in.path, sizeof(in.path), "%.40s%s%u", at->path,
		    at->path[0] == '\0' ? "" : ".", ++number);
		if (frame(p, c->from, open, at, err) < 0)
			return -1;
		rc = is_signed && number == 1 ? sealed(p, c, &in, err)
					      : walk(p, c, &in, err);
		if (rc < 0)
			return -1;
		open = false;
	}
	return frame(p, e->end, false, at, err);
}

static int
walk(struct plan *p, const struct entity *e, const struct place *at,
    struct err *err)
{
	int rc;

	if (e->from != p->pos || e->body < e->from || e->end < e->body ||
	    e->end > p->size)
		return err_set(err, SCOPE_MSG, EX_SOFTWARE,
		    "its parts lie across one another");
	if (e->kind == ENTITY_LEAF) {
		rc = strip(p, e, at, err);
		return rc != 0 ? (rc < 0 ? -1 : 0) : leaf(p, e, at, err);
	}
	if (head(p, e, NULL, false, at, err) < 0)
		return -1;
	if (e->kind == ENTITY_MULTI)
		return parts(p, e, at, err);
	if (e->first != NULL && walk(p, e->first, at, err) < 0)
		return -1;
	return frame(p, e->end, false, at, err);
}

int
mime_fix(int fd, const struct fix_want *want, const struct fix_sink *to,
    struct arena *a, unsigned *done_r, struct err *err)
{
	struct plan p = { .fd = fd, .want = want, .to = to };
	struct place at = { .path = "" };
	struct entity *root;
	char text[60];

	*done_r = 0;
	if (mime_scan(fd, a, &root, err) < 0)
		return -1;
	p.size = root->end;
	if (walk(&p, root, &at, err) < 0)
		return -1;
	if (p.n_left > LEFT_MAX) {
		snprintf(text, sizeof(text), "and in %u more",
		    p.n_left - LEFT_MAX);
		to->left(to->arg, text);
	}
	*done_r = p.done;
	return 0;
}
