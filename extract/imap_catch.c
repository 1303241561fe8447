/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What FETCH responses bring, caught as it comes: a body that can be handed
 * on as it arrives, since what must be known of it stood before it; or one
 * that must wait for that in a file.
 */
#include <stdio.h>
#include <string.h>

#include "core/io.h"
#include "core/limits.h"
#include "extract/imap_pull_impl.h"
#include "extract/labels.h"
#include "wire/mutf7.h"

const char *
pull_numbered(struct pull *p)
{
	snprintf(p->numbered, sizeof(p->numbered),
	    "{\"kind\":\"imap\",\"uidvalidity\":%u,", (unsigned)p->uidvalidity);
	return p->numbered;
}

/* Flags as a server tells them; what only it may set is left out, and other
 * words with a backslash become keywords, which may not have one. */
static void
take_flags(struct pull_catch *c, struct slice flags)
{
	struct slice flag;
	unsigned n = 0;

	c->flags = 0;
	buf_clear(&c->keywords);
	while (n < LIMIT_KEYWORDS && imap_flag_next(&flags, &flag)) {
		static const char *const ours[] = { "\\Answered", "\\Deleted",
			"\\Draft", "\\Flagged", "\\Seen" };
		size_t i;

		if (slice_is_nocase(flag, "\\Recent") || slice_is(flag, "\\*"))
			continue;
		for (i = 0; i < 5 && !slice_is_nocase(flag, ours[i]); i++)
			;
		if (i == 5 && flag.n > 1 && flag.p[0] == '\\')
			flag = slice_from(flag, 1);
		msg_keyword_add(&c->keywords, &c->flags, flag);
		n++;
	}
}

/* Gmail's labels besides that of the folder we are in, as keywords. */
static void
take_labels(struct pull *p, struct slice labels)
{
	struct imap_token t;
	struct buf one = { 0 }, folders = { 0 };
	struct slice rest, word;

	buf_clear(&p->marks.labels);
	buf_clear(&p->marks.keywords);
	/* the first one is the folder, and no keyword */
	buf_puts(&p->marks.labels, p->box->path);
	while ((t = imap_token(&labels)).kind == IMAP_TOKEN_ATOM ||
	    t.kind == IMAP_TOKEN_STRING) {
		buf_clear(&one);
		imap_token_text(&t, &one);
		buf_putc(&p->marks.labels, '\n');
		word = buf_slice(&one);
		if (word.n > 1 && word.p[0] == '\\')
			word = slice_from(word, 1); /* Google's own */
		if (!mutf7_decode(&p->marks.labels, word))
			buf_put(&p->marks.labels, word.p, word.n);
	}
	buf_putc(&p->marks.labels, '\n');
	labels_apply(&p->marks, false, &folders);
	for (rest = buf_slice(&p->marks.keywords);
	     msg_keyword_next(&rest, &word);)
		msg_keyword_put(&p->c.keywords, word);
	buf_free(&one);
	buf_free(&folders);
}

static void
know(struct pull *p, const struct imap_fetch *f)
{
	struct pull_catch *c = &p->c;

	c->uid = f->uid;
	take_flags(c, f->flags);
	c->gm_msgid = p->gmail ? f->gm_msgid : 0;
	if (p->gmail)
		take_labels(p, f->gm_labels);
	c->received = f->has_date ? f->internaldate : DATE_UNKNOWN;
}

/* Is 'uid' one that we asked for?  It is not asked for any more then. */
static bool
claim(struct pull *p, uint32_t uid)
{
	unsigned at;
	struct pull_batch *b = uid == 0 ? NULL : pull_batch_of(p, uid, &at);

	if (b == NULL)
		return false;
	b->uid[at] = 0;
	b->left--;
	return true;
}

/* The rest of a message that was cut off comes: what is known stays. */
static int
take_up(struct pull *p, const struct imap_body *b, struct err *err)
{
	struct pull_catch *c = &p->c;

	if (b->item->uid != 0 && b->item->uid != c->uid) {
		c->how = CATCH_DROP;
		return 0;
	}
	if (b->size != c->size)
		return err_set(err, SCOPE_STORE, EX_PROTOCOL,
		    "UID %u has another size than before the connection was "
		    "lost",
		    (unsigned)c->uid);
	claim(p, c->uid);
	c->how = CATCH_STREAM;
	c->skip = c->given + (c->data.n - c->at);
	c->got = 0;
	return 0;
}

static int
begin(struct pull *p, const struct imap_body *b, struct err *err)
{
	struct pull_catch *c = &p->c;
	const struct imap_fetch *f = b->item;

	if (b->section.n > 0 || (b->has_origin && b->origin > 0) ||
	    c->how != CATCH_NONE) {
		if (c->how == CATCH_NONE)
			c->how = CATCH_DROP;
		return 0;
	}
	if (c->told && !c->whole)
		return take_up(p, b, err);
	c->size = b->size;
	c->got = c->given = c->skip = 0;
	c->whole = false;
	buf_clear(&c->data);
	c->at = 0;
	if (f->uid != 0 && f->has_flags && f->has_date &&
	    (!p->gmail || f->gm_msgid != 0)) {
		c->how = claim(p, f->uid) ? CATCH_STREAM : CATCH_DROP;
		know(p, f);
		return 0;
	}
	c->uid = 0;
	c->how = CATCH_SPILL;
	c->spill = tmpfile();
	return c->spill != NULL
	    ? 0
	    : err_sys(err, SCOPE_RUN, EX_CANTCREAT, "a temporary file");
}

static int
on_body(void *arg, const struct imap_body *b, const void *data, size_t n,
    struct err *err)
{
	struct pull *p = arg;
	struct pull_catch *c = &p->c;
	uint64_t past;

	if (b->at == 0 && begin(p, b, err) < 0)
		return -1;
	/* a second body in one response is none that we asked for */
	if (b->at != c->got || b->size != c->size)
		return 0;
	if (c->how == CATCH_STREAM || c->how == CATCH_SPILL)
		c->got += n;
	if (c->how == CATCH_SPILL && n > 0 && fwrite(data, 1, n, c->spill) != n)
		return err_sys(err, SCOPE_RUN, EX_IOERR, "a temporary file");
	if (c->how != CATCH_STREAM)
		return 0;
	past = c->skip < n ? c->skip : n;
	c->skip -= past;
	buf_put(&c->data, (const char *)data + past, n - past);
	return 0;
}

static int
on_fetch(void *arg, const struct imap_fetch *f, struct err *err)
{
	struct pull *p = arg;
	struct pull_catch *c = &p->c;

	if (c->how == CATCH_STREAM) {
		c->whole = true;
		return 0;
	}
	if (c->how == CATCH_SPILL) {
		if (!claim(p, f->uid)) {
			pull_catch_end(p);
			return 0;
		}
		know(p, f);
		if (fflush(c->spill) != 0 || fseek(c->spill, 0, SEEK_SET) != 0)
			return err_sys(err, SCOPE_RUN, EX_IOERR,
			    "a temporary file");
		c->whole = true;
		return 0;
	}
	if (c->how == CATCH_DROP) {
		c->how = CATCH_NONE;
		return 0;
	}
	/* while a message is told of, its flags stand here */
	if (f->uid != 0 && f->has_flags && !c->told) {
		p->flags_came = true;
		p->flags_uid = f->uid;
		take_flags(c, f->flags);
		if (p->gmail)
			take_labels(p, f->gm_labels);
	}
	if (f->uid != 0 && f->gm_msgid != 0 && p->at == PULL_COPIES) {
		p->gm_came = true;
		p->gm_uid = f->uid;
		p->gm_msgid = f->gm_msgid;
	}
	return 0;
}

struct imap_fetch_sink
pull_sink(struct pull *p)
{
	return (struct imap_fetch_sink){ .fetch = on_fetch,
		.body = on_body,
		.arg = p };
}

bool
pull_caught(const struct pull *p)
{
	return !p->c.told &&
	    (p->c.how == CATCH_STREAM ||
		(p->c.how == CATCH_SPILL && p->c.whole));
}

ssize_t
pull_catch_read(struct pull *p, void *buf, size_t cap, struct err *err)
{
	struct pull_catch *c = &p->c;
	size_t n;

	if (c->how == CATCH_SPILL) {
		n = fread(buf, 1, cap, c->spill);
		if (n == 0 && ferror(c->spill))
			return err_sys(err, SCOPE_RUN, EX_IOERR,
			    "a temporary file");
		return (ssize_t)n;
	}
	n = c->data.n - c->at;
	if (n == 0)
		return c->whole ? 0 : -2;
	if (n > cap)
		n = cap;
	memcpy(buf, c->data.p + c->at, n);
	c->at += n;
	c->given += n;
	if (c->at == c->data.n) {
		buf_clear(&c->data);
		c->at = 0;
	}
	return (ssize_t)n;
}

void
pull_catch_end(struct pull *p)
{
	struct pull_catch *c = &p->c;

	if (c->spill != NULL)
		fclose(c->spill);
	c->spill = NULL;
	c->how = CATCH_NONE;
	c->told = c->whole = false;
	c->uid = 0;
	buf_clear(&c->data);
	c->at = 0;
}

void
pull_catch_cut(struct pull *p)
{
	if (!p->c.told) {
		pull_catch_end(p);
	} else if (!p->c.whole) {
		p->c.how = CATCH_NONE; /* what was received is still read */
	}
}
