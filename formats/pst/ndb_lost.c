/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A PST whose header is gone: format, encoding and the roots of the trees as
 * its own blocks and pages tell them; see scan.h.
 */
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "formats/pst/ltp.h"
#include "formats/pst/scan.h"

#define ENOUGH	  64 /* blocks and pages that leave no doubt */
#define PAGES_MAX 200000
#define SAMPLES	  1000

/* ----------------------------------------------------------- the format */

static void
count_page(void *arg, const struct scan_page *p)
{
	unsigned *hits = arg;

	*hits += p->sound;
}

static void
count_block(void *arg, const struct scan_block *b)
{
	unsigned *hits = arg;

	(void)b;
	++*hits;
}

static bool
too_few(void *arg)
{
	unsigned *hits = arg;

	return *hits < ENOUGH;
}

static bool
guess_format(struct ndb *n)
{
	static const enum ndb_format formats[] = { NDB_UNICODE, NDB_4K,
		NDB_ANSI };
	unsigned hits, most = 0;
	enum ndb_format best = NDB_UNICODE;
	size_t i;

	for (i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		struct ndb_scan s = { .page = count_page,
			.block = count_block,
			.go_on = too_few,
			.arg = &hits };

		hits = 0;
		ndb_set_format(n, formats[i]);
		ndb_scan(n, &s);
		if (hits > most) {
			most = hits;
			best = formats[i];
		}
		if (most >= ENOUGH)
			break;
	}
	ndb_set_format(n, best);
	return most > 0;
}

/* ---------------------------------------------------------- the encoding */

struct crypt_votes {
	unsigned n[PST_CRYPT_CYCLIC + 1];
	unsigned samples;
};

/* The first bytes of a heap ([MS-PST] 2.3.1.2) cannot be mistaken. */
static bool
is_heap(const uint8_t *p)
{
	return p[2] == 0xec &&
	    (p[3] == LTP_PROPS || p[3] == LTP_TABLE || p[3] == LTP_TREE);
}

static void
vote(void *arg, const struct scan_block *b)
{
	struct crypt_votes *v = arg;
	uint8_t p[4];
	unsigned crypt;

	if (ndb_is_internal(b->bid) || b->stored < 16)
		return;
	v->samples++;
	for (crypt = 0; crypt <= PST_CRYPT_CYCLIC; crypt++)
		v->n[crypt] +=
		    scan_head(b, (enum pst_crypt)crypt, p) && is_heap(p);
}

static bool
votes_open(void *arg)
{
	struct crypt_votes *v = arg;

	return v->samples < SAMPLES || v->n[0] + v->n[1] + v->n[2] == 0;
}

static enum pst_crypt
guess_crypt(struct ndb *n)
{
	struct crypt_votes v = { 0 };
	enum pst_crypt best = PST_CRYPT_NONE;

	ndb_scan(n,
	    &(struct ndb_scan){ .block = vote,
		.go_on = votes_open,
		.arg = &v });
	if (v.n[PST_CRYPT_PERMUTE] > v.n[best])
		best = PST_CRYPT_PERMUTE;
	if (v.n[PST_CRYPT_CYCLIC] > v.n[best])
		best = PST_CRYPT_CYCLIC;
	return best;
}

/* ------------------------------------------------------------- the roots */

struct root_page {
	uint64_t bid, ib;
};

struct roots {
	const struct ndb *n;
	struct root_page *pages[2]; /* of nodes, of blocks */
	uint64_t *below;	    /* numbers of pages that others name */
	size_t n_pages[2], n_below, cap[3];
};

static void
put_below(struct roots *r, uint64_t bid)
{
	if (r->n_below == r->cap[2]) {
		r->cap[2] += r->cap[2] / 4 + 256;
		r->below = mem_grow(r->below, r->cap[2], sizeof(*r->below));
	}
	r->below[r->n_below++] = bid;
}

/* A page whose checksum is wrong may be damaged, or hold something else long
 * since: do most of its entries name places where pages can be? */
static bool
names_pages(const struct roots *r, const struct scan_page *p)
{
	unsigned i, good = 0;
	uint64_t ib;

	for (i = 0; p->level > 0 && i < p->n; i++) {
		ib = ndb_entry_ref(r->n, p->bytes + i * p->entry).ib;
		good += ib != 0 && ib % r->n->shape.page == 0 &&
		    ib < r->n->info.size;
	}
	return good > 0 && good >= p->n / 4 * 3;
}

static void
on_page(void *arg, const struct scan_page *p)
{
	struct roots *r = arg;
	unsigned which = p->type == NDB_PAGE_BLOCKS, i;

	if (!p->sound && !names_pages(r, p))
		return;
	if (r->n_pages[which] >= PAGES_MAX || r->n_below >= PAGES_MAX)
		return;
	if (r->n_pages[which] == r->cap[which]) {
		r->cap[which] += r->cap[which] / 4 + 256;
		r->pages[which] = mem_grow(r->pages[which], r->cap[which],
		    sizeof(**r->pages));
	}
	r->pages[which][r->n_pages[which]++] =
	    (struct root_page){ p->bid, p->ib };
	for (i = 0; p->level > 0 && i < p->n; i++)
		put_below(r, ndb_entry_ref(r->n, p->bytes + i * p->entry).bid);
}

static int
by_number(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* The newest page that no other names: numbers only ever grow. */
static struct ndb_ref
newest(const struct roots *r, unsigned which)
{
	struct ndb_ref best = { 0, 0 };
	const struct root_page *p;
	size_t i;

	for (i = 0; i < r->n_pages[which]; i++) {
		p = &r->pages[which][i];
		if (p->bid >= best.bid &&
		    (r->n_below == 0 ||
			bsearch(&p->bid, r->below, r->n_below, sizeof(p->bid),
			    by_number) == NULL))
			best = (struct ndb_ref){ p->bid, p->ib };
	}
	return best;
}

static void
guess_roots(struct ndb *n)
{
	struct roots r = { .n = n };

	ndb_scan(n, &(struct ndb_scan){ .page = on_page, .arg = &r });
	scan_sort(r.below, r.n_below, sizeof(*r.below), by_number);
	n->nodes = newest(&r, 0);
	n->blocks = newest(&r, 1);
	free(r.pages[0]);
	free(r.pages[1]);
	free(r.below);
}

int
ndb_guess_header(struct ndb *n, struct err *err)
{
	size_t i;

	for (i = 0; i < NDB_PAGES; i++)
		n->pages[i].filled = false;
	if (!guess_format(n))
		return err_within(err,
		    "nothing like a block of a PST is in it");
	n->info.crypt = guess_crypt(n);
	n->info.promised = 0;
	guess_roots(n);
	ndb_note(n, true, 5,
	    "the header is lost: what it said was found out from the file's "
	    "blocks");
	return 0;
}
