/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The same PST through two readers; see compare.h.  What our own reader says
 * waits in a temporary file for what libpst says.
 */
#include "extract/compare.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/io.h"
#include "core/limits.h"
#include "core/mem.h"
#include "core/text.h"
#include "extract/compare_facts.h"
#include "extract/pst_facts.h"
#include "formats/spool.h"

struct known {
	uint64_t nid, at; /* its node, and where its facts are */
	uint32_t len;
	bool mail, refused, seen, excluded;
};

struct compare {
	const struct source_spec *spec;
	struct report *r;
	const char *counter;
	struct spool *sp; /* or NULL */
	struct known *items;
	size_t n, cap;
	FILE *store;
	uint64_t end;	       /* of it */
	struct buf facts, own; /* of the item at hand */
	uint64_t known_limits;
};

typedef int take_fn(struct compare *c, uint64_t nid, bool refused,
    struct err *err);

/* ------------------------------------------------------------- one reader */

static uint64_t
nid_of(const char *key)
{
	return key == NULL || key[0] != 'p' ? 0 : strtoull(key + 1, NULL, 16);
}

/* The facts of the current item into c->facts, its folder first. */
static int
read_facts(struct compare *c, struct source *src, struct err *err)
{
	ssize_t n;

	for (;;) {
		n = source_read(src, buf_room(&c->facts, LIMIT_BLOCK),
		    LIMIT_BLOCK, err);
		if (n <= 0)
			return (int)n;
		if (c->facts.n > 2 * FACTS_MAX)
			continue;
		c->facts.n += (size_t)n;
	}
}

static void
put_refused(struct compare *c, const char *folder, const struct err *why)
{
	buf_clear(&c->facts);
	buf_putf(&c->facts, "folder\t%s\nmail\tyes\nrefused\t%s\n",
	    folder == NULL ? "" : folder, why->text);
}

static int
read_item(struct compare *c, struct source *src, const struct source_item *it,
    take_fn *take, struct err *err)
{
	struct err why = { 0 };
	bool refused = false;

	buf_clear(&c->facts);
	buf_putf(&c->facts, "folder\t%s\n",
	    it->folder == NULL ? "" : it->folder);
	if (read_facts(c, src, &why) < 0) {
		if (why.scope > SCOPE_MSG) {
			*err = why;
			return -1;
		}
		put_refused(c, it->folder, &why);
		refused = true;
	}
	return take(c, nid_of(it->msg.key), refused, err);
}

static int
read_all(struct compare *c, const char *reader, take_fn *take, struct err *err)
{
	struct source_spec spec = *c->spec;
	struct source_item it;
	struct source *src;
	struct err why;
	int rc;

	spec.kind = "pst";
	spec.pst_reader = reader;
	spec.facts = true;
	if (source_open(&src, &spec, err) < 0)
		return -1;
	for (;;) {
		memset(&why, 0, sizeof(why));
		memset(&it, 0, sizeof(it));
		rc = source_next(src, &it, &why);
		if (rc < 0 && why.scope > SCOPE_FOLDER) {
			*err = why;
			break;
		}
		if (rc == 0)
			break;
		if (it.what != SOURCE_MSG || it.msg.key == NULL)
			continue;
		if (rc < 0) {
			put_refused(c, it.folder, &why);
			rc = take(c, nid_of(it.msg.key), true, err);
		} else {
			rc = read_item(c, src, &it, take, err);
		}
		if (rc < 0)
			break;
	}
	source_close(&src);
	return rc;
}

/* ------------------------------------------------------------ our own one */

static int
keep(struct compare *c, uint64_t nid, bool refused, struct err *err)
{
	struct known *k;

	if (c->n == c->cap) {
		c->cap = c->cap == 0 ? 1024 : 2 * c->cap;
		c->items = mem_grow(c->items, c->cap, sizeof(*c->items));
	}
	k = &c->items[c->n++];
	*k = (struct known){ .nid = nid,
		.at = c->end,
		.len = (uint32_t)c->facts.n,
		.mail =
		    slice_is(facts_get(buf_slice(&c->facts), "mail"), "yes"),
		.refused = refused };
	c->end += c->facts.n;
	report_add(c->r, c->counter, 1);
	if (fwrite(c->facts.p, 1, c->facts.n, c->store) != c->facts.n)
		return err_sys(err, SCOPE_RUN, EX_IOERR, "temporary file");
	return 0;
}

/* What was kept of an item, into c->own. */
static int
recall(struct compare *c, const struct known *k, struct err *err)
{
	buf_clear(&c->own);
	if (io_pread_full(fileno(c->store), buf_room(&c->own, k->len), k->len,
		k->at) != (ssize_t)k->len)
		return err_sys(err, SCOPE_RUN, EX_IOERR, "temporary file");
	c->own.n = k->len;
	return 0;
}

static int
by_nid(const void *a, const void *b)
{
	const struct known *x = a, *y = b;

	return (x->nid > y->nid) - (x->nid < y->nid);
}

static struct known *
find_item(struct compare *c, uint64_t nid)
{
	struct known key = { .nid = nid };

	return c->n == 0 ? NULL
			 : bsearch(&key, c->items, c->n, sizeof(key), by_nid);
}

/* ------------------------------------------------------------ differences */

/* Name one; 'facts' say which item it is. */
static void
name_it(struct compare *c, uint64_t nid, struct slice facts,
    const char *counter, struct err *why)
{
	struct slice folder = facts_get(facts, "folder");
	char *in = mem_strn(folder.p, folder.n);
	struct buf about = { 0 };
	char source[64];

	snprintf(source, sizeof(source),
	    "{\"kind\":\"pst\",\"nid\":%" PRIu64 "}", nid);
	text_repair(&about, facts_get(facts, "subject"));
	report_add(c->r, counter, 1);
	report_problem(c->r,
	    &(struct problem){ .folder = in[0] != '\0' ? in : NULL,
		.source = source,
		.subject = about.n > 0 ? buf_str(&about) : NULL,
		.err = why });
	free(in);
	buf_free(&about);
}

/* One reader has it (its facts are 'facts'), the other has not. */
static void
tell_only(struct compare *c, uint64_t nid, struct slice facts, bool own,
    struct slice refused)
{
	struct slice backing = facts_get(facts, "backing");
	struct err why = { 0 };

	if (refused.n > 0)
		err_set(&why, SCOPE_MSG, EX_DATAERR,
		    "item %" PRIx64 ": only %s can read it: %.*s", nid,
		    own ? "our own reader" : "libpst", (int)refused.n,
		    refused.p);
	else if (own)
		err_set(&why, SCOPE_MSG, EX_DATAERR,
		    "item %" PRIx64 ": only our own reader has it: %.*s", nid,
		    (int)backing.n, backing.p);
	else
		err_set(&why, SCOPE_MSG, EX_DATAERR,
		    "item %" PRIx64 ": only libpst has it: no node of that "
		    "number is a message by the file's own structures",
		    nid);
	name_it(c, nid, facts, own ? "only_in_own" : "only_in_libpst", &why);
}

static void
tell_differs(struct compare *c, uint64_t nid)
{
	struct slice own = buf_slice(&c->own), backing;
	struct facts_diff d = { 0 };
	struct err why = { 0 };

	facts_compare(&d, own, buf_slice(&c->facts));
	c->known_limits += d.known > 0;
	if (d.fields > 0) {
		backing = facts_get(own, "backing");
		err_set(&why, SCOPE_MSG, EX_DATAERR,
		    "item %" PRIx64 " (%.*s): read differently: %s", nid,
		    (int)backing.n, backing.p, buf_str(&d.text));
		name_it(c, nid, own, "read_differently", &why);
	}
	buf_free(&d.text);
}

/* What libpst says of an item. */
static int
weigh(struct compare *c, uint64_t nid, bool refused, struct err *err)
{
	struct known *k = find_item(c, nid);
	struct slice facts = buf_slice(&c->facts);

	if (k == NULL) {
		report_add(c->r, c->counter, 1);
		if (!refused)
			tell_only(c, nid, facts, false, slice_of("", 0));
		return 0;
	}
	if (k->seen)
		return 0;
	k->seen = true;
	if (recall(c, k, err) < 0)
		return -1;
	if (refused && !k->refused)
		tell_only(c, nid, buf_slice(&c->own), true,
		    facts_get(facts, "refused"));
	else if (!refused && k->refused)
		tell_only(c, nid, facts, false,
		    facts_get(buf_slice(&c->own), "refused"));
	else if (!refused)
		tell_differs(c, nid);
	return 0;
}

static int
tell_unseen(struct compare *c, struct err *err)
{
	size_t i;

	for (i = 0; i < c->n; i++) {
		if (c->items[i].seen || c->items[i].refused)
			continue;
		if (recall(c, &c->items[i], err) < 0)
			return -1;
		tell_only(c, c->items[i].nid, buf_slice(&c->own), true,
		    slice_of("", 0));
	}
	return 0;
}

/* libpst as a whole gave up. */
static void
tell_failed(struct compare *c, struct err *why)
{
	size_t i;

	err_within(why, "libpst cannot read it");
	report_problem(c->r, &(struct problem){ .err = why });
	for (i = 0; i < c->n; i++)
		if (!c->items[i].seen && !c->items[i].refused)
			report_add(c->r, "only_in_own", 1);
}

/* -------------------------------------------------------------- the spool */

static int
mark_excluded(struct compare *c, struct err *err)
{
	struct spool_fate f;
	struct known *k;
	int64_t row = 0;
	int rc;

	while ((rc = spool_fate_next(c->sp, &row, &f, err)) == 1) {
		k = find_item(c, nid_of(f.key));
		if (k != NULL && f.fate == FATE_EXCLUDED)
			k->excluded = true;
	}
	return rc;
}

static int
check_spool(struct compare *c, struct err *err)
{
	struct spool_entry e;
	struct err why;
	char key[24];
	size_t i;
	int rc, fd;

	if (mark_excluded(c, err) < 0)
		return -1;
	for (i = 0; i < c->n; i++) {
		const struct known *k = &c->items[i];

		if (!k->mail || k->refused || k->excluded)
			continue;
		snprintf(key, sizeof(key), "p%" PRIx64, k->nid);
		rc = spool_find(c->sp, key, &e, err);
		if (rc < 0)
			return -1;
		memset(&why, 0, sizeof(why));
		fd = rc == 1 && !e.lost ? spool_body(c->sp, &e, &why) : -1;
		if (fd >= 0) {
			close(fd);
			continue;
		}
		if (recall(c, k, err) < 0)
			return -1;
		err_set(&why, SCOPE_MSG, EX_DATAERR,
		    "item %" PRIx64 ": the PST has it, the spool has not",
		    k->nid);
		name_it(c, k->nid, buf_slice(&c->own), "not_in_spool", &why);
	}
	return 0;
}

/* -------------------------------------------------------------- the whole */

static int
run(struct compare *c, struct err *err)
{
	struct err why = { 0 };

	report_doing(c->r, "reading it with our own reader");
	if (read_all(c, "own", keep, err) < 0)
		return -1;
	if (fflush(c->store) != 0)
		return err_sys(err, SCOPE_RUN, EX_IOERR, "temporary file");
	if (c->n > 0)
		qsort(c->items, c->n, sizeof(*c->items), by_nid);
	report_doing(c->r, "reading it with libpst");
	if (read_all(c, "libpst", weigh, &why) < 0) {
		if (why.scope == SCOPE_RUN) {
			*err = why;
			return -1;
		}
		tell_failed(c, &why);
	} else if (tell_unseen(c, err) < 0) {
		return -1;
	}
	return c->sp == NULL ? 0 : check_spool(c, err);
}

int
compare_readers(const struct source_spec *spec, const char *spool,
    const char *counter, struct report *r, struct err *err)
{
	static const char *const counters[] = { "only_in_own", "only_in_libpst",
		"read_differently", "not_in_spool" };
	struct compare c = { .spec = spec, .r = r, .counter = counter };
	size_t i;
	int rc = -1;

	report_add(r, counter, 0);
	for (i = 0; i < sizeof(counters) / sizeof(counters[0]); i++)
		report_add(r, counters[i], 0);
	c.store = tmpfile();
	if (c.store == NULL)
		err_sys(err, SCOPE_RUN, EX_CANTCREAT, "temporary file");
	else if (spool == NULL ||
	    spool_open(&c.sp, spool, SPOOL_READ, 0, err) == 0)
		rc = run(&c, err);
	report_doing(r, NULL);
	report_set(r, "known_limits", js_int((int64_t)c.known_limits));
	if (c.known_limits > 0)
		report_note(r,
		    "of some items libpst gives less, as it is known to: "
		    "postroad-verify(1) says what");
	if (c.store != NULL)
		fclose(c.store);
	spool_close(&c.sp);
	buf_free(&c.facts);
	buf_free(&c.own);
	free(c.items);
	return rc;
}
