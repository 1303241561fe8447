/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The header and the two B-trees of a PST; see ndb.h. */
#include "formats/pst/scan.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/io.h"
#include "core/mem.h"

#define HEADER_BYTES 564

void
ndb_note(struct ndb *n, bool bad, uint64_t key, const char *fmt, ...)
{
	char text[240];
	va_list ap;
	size_t i;
	int len = 0;

	for (i = 0; i < n->n_noted; i++)
		if (n->noted[i] == key)
			return;
	n->info.damaged += bad;
	if (n->n_noted == NDB_NOTED)
		return;
	n->noted[n->n_noted++] = key;
	if (n->watch.note == NULL)
		return;
	if (n->at != 0)
		len = snprintf(text, sizeof(text), "node 0x%x: ", n->at);
	va_start(ap, fmt);
	vsnprintf(text + len, sizeof(text) - (size_t)len, fmt, ap);
	va_end(ap);
	n->watch.note(n->watch.arg, bad, text);
	if (n->n_noted == NDB_NOTED)
		n->watch.note(n->watch.arg, bad,
		    "there is more damage than is told one by one");
}

void
ndb_at(struct ndb *n, uint32_t nid)
{
	n->at = nid;
}

const struct ndb_info *
ndb_info(const struct ndb *n)
{
	return &n->info;
}

/* --------------------------------------------------------------- header */

static const struct ndb_shape shapes[] = {
	[NDB_ANSI] = { .page = 512,
	    .page_data = 496,
	    .trailer = 12,
	    .id = 4,
	    .block_align = 64,
	    .block_max = 8180 },
	[NDB_UNICODE] = { .page = 512,
	    .page_data = 488,
	    .trailer = 16,
	    .id = 8,
	    .block_align = 64,
	    .block_max = 8176 },
	[NDB_4K] = { .page = 4096,
	    .page_data = 4056,
	    .trailer = 24,
	    .id = 8,
	    .block_align = 512,
	    .block_max = 65512 },
};

void
ndb_set_format(struct ndb *n, enum ndb_format format)
{
	n->info.format = format;
	n->shape = shapes[format];
}

static int
read_version(struct ndb *n, const uint8_t *h, struct err *err)
{
	unsigned v = pst_u16(h + 10);

	n->info.version = v;
	if (v == 14 || v == 15)
		n->info.format = NDB_ANSI;
	else if (v >= 20 && v <= 35)
		n->info.format = NDB_UNICODE;
	else if (v == 36)
		n->info.format = NDB_4K;
	else if (v == 37)
		return err_set(err, SCOPE_STORE, EX_DATAERR,
		    "protected by Windows Information Protection: only "
		    "Outlook on the computer that wrote it can open it");
	else
		return err_set(err, SCOPE_STORE, EX_DATAERR,
		    "a PST file of version %u, which is not known", v);
	ndb_set_format(n, n->info.format);
	return 0;
}

/* [MS-PST] 2.2.2.6, both its forms */
static int
read_header(struct ndb *n, struct err *err)
{
	uint8_t h[HEADER_BYTES] = { 0 };
	ssize_t got = io_pread_full(n->fd, h, sizeof(h), 0);
	const uint8_t *root;
	bool wide;
	unsigned crypt;

	if (got < 0)
		return err_sys(err, SCOPE_STORE, EX_IOERR, "cannot read");
	if (got < 4 || memcmp(h, "!BDN", 4) != 0)
		return err_set(err, SCOPE_STORE, EX_DATAERR, "not a PST file");
	if (got < (ssize_t)sizeof(h))
		return err_set(err, SCOPE_STORE, EX_DATAERR,
		    "only %zd bytes of a PST file: its header is cut off", got);
	if (read_version(n, h, err) != 0)
		return -1;
	wide = n->info.format != NDB_ANSI;
	n->info.ost = h[8] == 'S' && h[9] == 'O';
	if (pst_crc(0, h + 8, 471) != pst_u32(h + 4))
		ndb_note(n, true, 1, "the header's checksum does not match");
	root = h + (wide ? 180 : 164);
	n->info.promised = ndb_id(n, root + 4);
	root += wide ? 36 : 20;
	n->nodes =
	    (struct ndb_ref){ ndb_id(n, root), ndb_id(n, root + n->shape.id) };
	root += 2 * n->shape.id;
	n->blocks =
	    (struct ndb_ref){ ndb_id(n, root), ndb_id(n, root + n->shape.id) };
	if (root[2 * n->shape.id] == 0) /* fAMapValid */
		ndb_note(n, false, 3,
		    "whoever wrote the file last did not close it, or has it "
		    "open still: what is not written yet is not in it; close "
		    "it there, then run this again");
	crypt = h[wide ? 513 : 461];
	if (crypt > PST_CRYPT_CYCLIC)
		return err_set(err, SCOPE_STORE, EX_DATAERR,
		    "encrypted in a way (%u) that is not known", crypt);
	n->info.crypt = (enum pst_crypt)crypt;
	if (n->info.promised > n->info.size)
		ndb_note(n, true, 2,
		    "the file is cut off: it has %llu of %llu bytes",
		    (unsigned long long)n->info.size,
		    (unsigned long long)n->info.promised);
	return 0;
}

/* ---------------------------------------------------------------- pages */

/* Is this the page that a reference promised?  What is odd but bearable is
 * told. */
static bool
check_page(struct ndb *n, const struct ndb_page *pg, uint64_t bid,
    unsigned type)
{
	const uint8_t *t = pg->bytes + n->shape.page - n->shape.trailer;
	bool wide = n->shape.id == 8;
	uint32_t crc = pst_u32(t + (wide ? 4 : 8));
	bool crc_ok =
	    crc == pst_crc(0, pg->bytes, n->shape.page - n->shape.trailer);
	bool type_ok = t[0] == type && t[1] == type;
	bool bid_ok = pg->bid == bid;
	bool sig_ok = pst_u16(t + 2) == ndb_signature(pg->ib, pg->bid);

	if (crc_ok && type_ok && bid_ok && sig_ok)
		return true;
	ndb_note(n, true, pg->ib << 8 | type,
	    "the page at 0x%llx: its %s is not what it should be",
	    (unsigned long long)pg->ib,
	    !crc_ok	   ? "checksum"
		: !type_ok ? "type"
		: !bid_ok  ? "number"
			   : "signature");
	if (t[0] != type && t[1] != type)
		return false;
	return crc_ok || (bid_ok && sig_ok);
}

/* How many entries of which size, [MS-PST] 2.2.2.7.7.1 */
static bool
check_entries(struct ndb *n, struct ndb_page *pg, unsigned type)
{
	const uint8_t *t = pg->bytes + n->shape.page_data;
	unsigned id = n->shape.id, least;

	if (n->info.format == NDB_4K) {
		pg->n = pst_u16(t);
		pg->entry = t[4];
		pg->level = t[5];
	} else {
		pg->n = t[0];
		pg->entry = t[2];
		pg->level = t[3];
	}
	if (pg->level > 0)
		least = 3 * id;
	else if (type == NDB_PAGE_NODES)
		least = id == 8 ? 28 : 16;
	else
		least = id == 8 ? 20 : 12;
	return pg->level < NDB_DEPTH && pg->entry >= least &&
	    pg->n * pg->entry <= n->shape.page_data;
}

int
ndb_page(struct ndb *n, const struct ndb_ref *ref, unsigned type,
    struct ndb_page **pg_r, struct err *err)
{
	struct ndb_page *pg =
	    &n->pages[(ref->ib / n->shape.page + type) % NDB_PAGES];
	const char *what = type == NDB_PAGE_NODES ? "nodes" : "blocks";
	const uint8_t *t;

	*pg_r = pg;
	if (pg->filled && pg->ib == ref->ib && pg->bid == ref->bid)
		return 0;
	pg->filled = false;
	pg->ib = ref->ib;
	if (ref->ib == 0 || ref->ib > n->info.size ||
	    n->info.size - ref->ib < n->shape.page ||
	    io_pread_full(n->fd, pg->bytes, n->shape.page, ref->ib) !=
		(ssize_t)n->shape.page) {
		ndb_note(n, true, ref->ib << 8 | type,
		    "a page of the list of %s is missing: it would be at "
		    "0x%llx",
		    what, (unsigned long long)ref->ib);
		return err_set(err, SCOPE_MSG, EX_DATAERR,
		    "a page of the list of %s is missing", what);
	}
	t = pg->bytes + n->shape.page - n->shape.trailer;
	pg->bid = ndb_id(n, t + (n->shape.id == 8 ? 8 : 4));
	if (!check_page(n, pg, ref->bid, type) || !check_entries(n, pg, type)) {
		ndb_note(n, true, ref->ib << 8 | type | 1,
		    "the page at 0x%llx is no page of the list of %s",
		    (unsigned long long)ref->ib, what);
		return err_set(err, SCOPE_MSG, EX_DATAERR,
		    "a page of the list of %s is damaged", what);
	}
	pg->bid = ref->bid;
	pg->filled = true;
	return 0;
}

const uint8_t *
ndb_page_entry(const struct ndb_page *pg, unsigned i)
{
	return pg->bytes + i * pg->entry;
}

struct ndb_ref
ndb_entry_ref(const struct ndb *n, const uint8_t *e)
{
	return (struct ndb_ref){ ndb_id(n, e + n->shape.id),
		ndb_id(n, e + 2 * n->shape.id) };
}

/*
 * The leaf entry for 'key', whose lowest bit does not count for blocks.
 * 1 and *e_r in the page cache, 0, or -1.
 */
static int
search(struct ndb *n, const struct ndb_ref *root, unsigned type, uint64_t key,
    const uint8_t **e_r, struct err *err)
{
	uint64_t mask = type == NDB_PAGE_BLOCKS ? ~(uint64_t)1 : 0xffffffff;
	unsigned i, at, level = NDB_DEPTH;
	struct ndb_ref ref = *root;
	struct ndb_page *pg;

	for (;;) {
		if (ndb_page(n, &ref, type, &pg, err) != 0)
			return -1;
		if (pg->level >= level)
			return err_set(err, SCOPE_MSG, EX_DATAERR,
			    "the list of %s leads in a circle",
			    type == NDB_PAGE_NODES ? "nodes" : "blocks");
		level = pg->level;
		for (i = 0, at = pg->n; i < pg->n; i++) {
			uint64_t k = ndb_id(n, ndb_page_entry(pg, i)) & mask;

			if (level == 0 ? k == (key & mask) : k <= (key & mask))
				at = i;
		}
		if (at == pg->n)
			return 0;
		if (level == 0) {
			*e_r = ndb_page_entry(pg, at);
			return 1;
		}
		ref = ndb_entry_ref(n, ndb_page_entry(pg, at));
	}
}

void
ndb_read_node(const struct ndb *n, const uint8_t *e, struct ndb_node *node_r)
{
	unsigned id = n->shape.id;

	node_r->nid = pst_u32(e);
	node_r->data = ndb_id(n, e + id);
	node_r->sub = ndb_id(n, e + 2 * id);
	node_r->parent = pst_u32(e + 3 * id);
}

int
ndb_find(struct ndb *n, uint32_t nid, struct ndb_node *node_r, struct err *err)
{
	const uint8_t *e;
	int found = search(n, &n->nodes, NDB_PAGE_NODES, nid, &e, err);

	if (found > 0)
		ndb_read_node(n, e, node_r);
	else if (ndb_rescued_node(n, nid, node_r))
		return 1;
	if (found < 0)
		return err_within(err, "node 0x%x", nid);
	return found;
}

/* 1, 0: it does not say, or -1. */
static int
tree_place(struct ndb *n, uint64_t bid, struct ndb_place *at_r, struct err *err)
{
	unsigned id = n->shape.id;
	const uint8_t *e;
	int found = search(n, &n->blocks, NDB_PAGE_BLOCKS, bid, &e, err);

	if (found <= 0)
		return found;
	at_r->ib = ndb_id(n, e + id);
	at_r->stored = pst_u16(e + 2 * id);
	at_r->inflated =
	    n->info.format == NDB_4K ? pst_u16(e + 2 * id + 2) : at_r->stored;
	return 1;
}

bool
ndb_tree_place(struct ndb *n, uint64_t bid, struct ndb_place *at_r)
{
	struct err err = { 0 };

	return tree_place(n, bid, at_r, &err) > 0;
}

int
ndb_place(struct ndb *n, uint64_t bid, struct ndb_place *at_r, struct err *err)
{
	int found = tree_place(n, bid, at_r, err);

	if (found > 0 || ndb_rescued_place(n, bid, at_r))
		return 0;
	if (found < 0)
		return err_within(err, "block 0x%llx", (unsigned long long)bid);
	return err_set(err, SCOPE_MSG, EX_DATAERR,
	    "block 0x%llx is not in the list of blocks",
	    (unsigned long long)bid);
}

/* ----------------------------------------------------------------- walk */

/* Enter a page; a bad one is told by ndb_page() and not entered. */
static void
descend(struct ndb *n, struct ndb_walk *w, const struct ndb_ref *ref,
    unsigned below)
{
	struct ndb_page *pg;
	struct err err = { 0 };

	if (w->pages++ > n->info.size / n->shape.page) {
		ndb_note(n, true, 3, "the list of nodes leads in circles");
		return;
	}
	if (ndb_page(n, ref, NDB_PAGE_NODES, &pg, &err) != 0)
		return;
	if (pg->level >= below) {
		ndb_note(n, true, ref->ib << 8 | 2,
		    "the page at 0x%llx is not where it belongs",
		    (unsigned long long)ref->ib);
		return;
	}
	w->path[w->depth].bid = ref->bid;
	w->path[w->depth].ib = ref->ib;
	w->path[w->depth].level = pg->level;
	w->path[w->depth++].at = 0;
}

int
ndb_walk(struct ndb *n, struct ndb_walk *w, struct ndb_node *node_r)
{
	struct ndb_page *pg;
	struct ndb_ref ref;
	struct err err = { 0 };
	unsigned at;

	if (!w->started) {
		w->started = true;
		descend(n, w, &n->nodes, NDB_DEPTH);
	}
	while (w->depth > 0) {
		ref.bid = w->path[w->depth - 1].bid;
		ref.ib = w->path[w->depth - 1].ib;
		at = w->path[w->depth - 1].at++;
		if (ndb_page(n, &ref, NDB_PAGE_NODES, &pg, &err) != 0 ||
		    pg->level != w->path[w->depth - 1].level || at >= pg->n) {
			w->depth--;
			continue;
		}
		if (pg->level == 0) {
			ndb_read_node(n, ndb_page_entry(pg, at), node_r);
			return 1;
		}
		ref = ndb_entry_ref(n, ndb_page_entry(pg, at));
		descend(n, w, &ref, pg->level);
	}
	return ndb_rescued_next(n, &w->rescued, node_r);
}

/* ------------------------------------------------------------ open, close */

/* Some page of each tree, or something to stand in for it. */
static int
check_trees(struct ndb *n, struct err *err)
{
	struct ndb_page *pg;
	struct ndb_walk w = { 0 };
	struct ndb_node node;

	ndb_rescue(n);
	if (ndb_page(n, &n->nodes, NDB_PAGE_NODES, &pg, err) == 0 ||
	    ndb_walk(n, &w, &node) > 0)
		return 0;
	err->scope = SCOPE_STORE;
	return err_within(err, "nothing can be read");
}

int
ndb_open(struct ndb **n_r, int fd, const struct ndb_watch *watch, bool carve,
    struct err *err)
{
	struct ndb *n = mem_alloc(1, sizeof(*n));
	struct stat st;

	n->fd = fd;
	if (watch != NULL)
		n->watch = *watch;
	*n_r = n;
	if (fstat(fd, &st) != 0) {
		err_sys(err, SCOPE_STORE, EX_IOERR, "cannot read");
		goto fail;
	}
	n->info.size = (uint64_t)st.st_size;
	if (read_header(n, err) == 0 && check_trees(n, err) == 0)
		return 0;
	if (carve && n->info.size > 0 && ndb_guess_header(n, err) == 0) {
		ndb_rescue_free(n);
		ndb_rescue(n);
		return 0;
	}
fail:
	ndb_close(n_r);
	return -1;
}

void
ndb_close(struct ndb **n)
{
	size_t i;

	if (*n == NULL)
		return;
	ndb_rescue_free(*n);
	for (i = 0; i < NDB_BLOCKS; i++)
		free((*n)->cache[i].p);
	free(*n);
	*n = NULL;
}
