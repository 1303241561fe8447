/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * PST files through libpst: opening and walking; see reader.h.  libpst
 * trusts its input, ends the process when it is at a loss, and keeps global
 * state, so this belongs into a sandboxed child that may die.
 */
#include "formats/pst/libpst_impl.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/io.h"
#include "core/mem.h"
#include "core/text.h"
#include "formats/pst/codepage.h"

static void
say(struct pst_reader *r, bool bad, const char *text)
{
	if (r->in.note != NULL)
		r->in.note(r->in.arg, bad, text);
}

static void
enter(struct pst_reader *r, enum pst_phase phase)
{
	if (r->in.phase != NULL)
		r->in.phase(r->in.arg, phase);
}

static uint64_t
le(const unsigned char *p, size_t n)
{
	uint64_t v = 0;

	while (n-- > 0)
		v = v << 8 | p[n];
	return v;
}

/*
 * Look at the header ([MS-PST] 2.2.2.6) before libpst does: it says what is
 * wrong only by -1.
 */
static int
check_header(struct pst_reader *r, struct err *err)
{
	unsigned char h[0x210] = { 0 };
	unsigned version;
	uint64_t promised;
	struct stat st;
	ssize_t n = io_pread_full(r->in.fd, h, sizeof(h), 0);

	if (n < 0 || fstat(r->in.fd, &st) != 0)
		return err_sys(err, SCOPE_STORE, EX_IOERR, "cannot read");
	if (n < 4 || memcmp(h, "!BDN", 4) != 0)
		return err_set(err, SCOPE_STORE, EX_DATAERR, "not a PST file");
	if (n < (ssize_t)sizeof(h))
		return err_set(err, SCOPE_STORE, EX_DATAERR,
		    "only %zd bytes of a PST file: its header is cut off", n);
	version = (unsigned)le(h + 10, 2);
	if (version == 14 || version == 15)
		r->store.format = PST_ANSI;
	else if (version == 21 || version == 23)
		r->store.format = PST_UNICODE;
	else if (version == 36)
		r->store.format = PST_4K;
	else
		return err_set(err, SCOPE_STORE, EX_DATAERR,
		    "a PST file of version %u, which is not known", version);
	r->store.ost = h[8] == 'S' && h[9] == 'O';
	promised =
	    r->store.format == PST_ANSI ? le(h + 0xa8, 4) : le(h + 0xb8, 8);
	if (promised > (uint64_t)st.st_size) {
		char text[120];

		snprintf(text, sizeof(text),
		    "the file is cut off: it has %lld of %llu bytes",
		    (long long)st.st_size, (unsigned long long)promised);
		say(r, true, text);
	}
	return 0;
}

static bool
is_folder(const pst_desc_tree *d)
{
	return nid_type(d->d_id) == NID_FOLDER;
}

static bool
is_message(const pst_desc_tree *d)
{
	return nid_type(d->d_id) == NID_MESSAGE;
}

/* Any node, in tree order. */
static pst_desc_tree *
find_node(struct pst_reader *r, uint64_t nid)
{
	pst_desc_tree *d;

	for (d = r->pf.d_head; d != NULL; d = pst_getNextDptr(d))
		if (d->d_id == nid)
			return d;
	return NULL;
}

struct slice
libpst_text(struct arena *a, const pst_string *s, unsigned cp, bool *exact_r)
{
	struct buf b = { 0 };
	struct slice in = slice_str(s->str), out;
	bool exact = true;
	size_t i;

	if (s->is_utf8) {
		text_repair(&b, in);
	} else {
		exact =
		    codepage_to_utf8(&b, in, cp != 0 ? cp : CODEPAGE_WESTERN);
		for (i = 0; cp == 0 && exact && i < in.n; i++)
			exact = (unsigned char)in.p[i] < 0x80;
	}
	out = slice_of(arena_slice(a, buf_slice(&b)), b.n);
	buf_free(&b);
	if (exact_r != NULL)
		*exact_r = exact;
	return out;
}

static uint64_t
entry_node(const pst_entryid *e)
{
	return e == NULL ? 0 : e->id;
}

/* The message store object: what is where. */
static void
read_store(struct pst_reader *r)
{
	uint8_t hash[DIGEST_BYTES];
	const pst_item_message_store *m;
	pst_item *item = NULL;
	pst_desc_tree *d = find_node(r, NID_STORE);

	if (!r->in.no_store && d != NULL)
		item = pst_parse_item(&r->pf, d, NULL);
	if (item == NULL) {
		say(r, true, "the message store object cannot be read");
	} else if (item->record_key.size > 0 && item->record_key.size <= 64) {
		r->store.record_key = slice_of(
		    arena_slice(&r->keep,
			slice_of(item->record_key.data, item->record_key.size)),
		    item->record_key.size);
	}
	m = item == NULL ? NULL : item->message_store;
	if (m != NULL) {
		r->store.ipm = entry_node(m->top_of_personal_folder);
		r->store.trash = entry_node(m->deleted_items_folder);
		r->store.sent = entry_node(m->sent_items_folder);
		r->store.outbox = entry_node(m->default_outbox_folder);
		r->store.password = m->pwd_chksum != 0;
	}
	if (item != NULL)
		pst_freeItem(item);
	digest_of(r->store.record_key.p, r->store.record_key.n, hash);
	digest_hex(r->store_id, hash, 8);
}

static void
count_messages(struct pst_reader *r)
{
	pst_desc_tree *d;

	for (d = r->pf.d_head; d != NULL; d = pst_getNextDptr(d)) {
		r->store.messages += is_message(d);
		if (d->d_id == NID_ROOT)
			r->store.root = NID_ROOT;
	}
}

/* An entry id may point nowhere, or at something that is no folder. */
static uint64_t
folder_or_none(struct pst_reader *r, uint64_t nid)
{
	pst_desc_tree *d = nid == 0 ? NULL : find_node(r, nid);

	return d != NULL && is_folder(d) ? nid : 0;
}

static int
load(struct pst_reader *r, struct err *err)
{
	char path[40], charset[16];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", r->in.fd);
	snprintf(charset, sizeof(charset), "CP%u",
	    r->in.codepage != 0 ? r->in.codepage : CODEPAGE_WESTERN);
	if (pst_open(&r->pf, path, arena_str(&r->keep, charset)) != 0)
		return err_set(err, SCOPE_STORE, EX_DATAERR,
		    "libpst cannot open it");
	r->opened = true;
	enter(r, PST_PHASE_INDEX);
	pst_load_index(&r->pf);
	if (r->pf.d_head == NULL || r->pf.i_count == 0)
		return err_set(err, SCOPE_STORE, EX_DATAERR,
		    "nothing can be read: its %s is damaged",
		    r->pf.d_head == NULL ? "list of nodes" : "list of blocks");
	return 0;
}

static int
libpst_open(struct pst_reader **r_r, const struct pst_open *in, struct err *err)
{
	struct pst_reader *r = mem_alloc(1, sizeof(*r));

	r->in = *in;
	enter(r, PST_PHASE_OPEN);
	if (check_header(r, err) != 0 || load(r, err) != 0) {
		*r_r = r;
		pst_libpst_ops.close(r_r);
		return -1;
	}
	if (!in->no_names) {
		enter(r, PST_PHASE_NAMES);
		pst_load_extended_attributes(&r->pf);
	}
	libpst_map_init(r);
	enter(r, PST_PHASE_STORE);
	count_messages(r);
	read_store(r);
	r->store.ipm = folder_or_none(r, r->store.ipm);
	r->store.trash = folder_or_none(r, r->store.trash);
	r->store.sent = folder_or_none(r, r->store.sent);
	r->store.outbox = folder_or_none(r, r->store.outbox);
	enter(r, PST_PHASE_WALK);
	*r_r = r;
	return 0;
}

static const struct pst_store *
libpst_store(struct pst_reader *r)
{
	return &r->store;
}

static int
libpst_child(struct pst_reader *r, uint64_t nid, size_t i, uint64_t *child_r)
{
	pst_desc_tree *d = find_node(r, nid);

	for (d = d == NULL ? NULL : d->child; d != NULL; d = d->next)
		if (is_folder(d) && i-- == 0) {
			*child_r = d->d_id;
			return 1;
		}
	return 0;
}

static pst_desc_tree *
first_folder(pst_desc_tree *d)
{
	while (d != NULL && !is_folder(d))
		d = d->next;
	return d;
}

/* The folder behind the current one, below r->top. */
static pst_desc_tree *
next_folder(struct pst_reader *r)
{
	pst_desc_tree *d = r->folder_at, *n = first_folder(d->child);

	if (n != NULL)
		return n;
	while (d != r->top) {
		n = first_folder(d->next);
		if (n != NULL)
			return n;
		d = d->parent;
	}
	return NULL;
}

/* Does this folder hang from nothing that the walk comes by? */
static bool
is_lost_folder(const pst_desc_tree *d)
{
	return is_folder(d) && d->d_id != NID_ROOT &&
	    (d->parent == NULL || !is_folder(d->parent));
}

static bool
is_orphan(const pst_desc_tree *d)
{
	return is_message(d) && (d->parent == NULL || !is_folder(d->parent));
}

/* Set r->folder_at to the next folder; false when there is none. */
static bool
step_folder(struct pst_reader *r)
{
	pst_desc_tree *d = NULL;

	if (r->folder_at != NULL)
		d = next_folder(r);
	else if (r->stage == WALK_ROOT)
		d = r->top = find_node(r, NID_ROOT);
	if (d == NULL && r->stage == WALK_ROOT) {
		r->stage = WALK_OTHERS;
		r->other_at = r->pf.d_head;
	}
	while (d == NULL && r->other_at != NULL) {
		if (is_lost_folder(r->other_at))
			d = r->top = r->other_at;
		r->other_at = pst_getNextDptr(r->other_at);
	}
	r->folder_at = d;
	return d != NULL;
}

static void
put_node(struct pst_node *n_r, enum pst_node_what what, const pst_desc_tree *d,
    uint64_t parent)
{
	*n_r =
	    (struct pst_node){ .what = what, .nid = d->d_id, .parent = parent };
}

static int
next_orphan(struct pst_reader *r, struct pst_node *n_r)
{
	pst_desc_tree *d;

	while ((d = r->other_at) != NULL) {
		r->other_at = pst_getNextDptr(d);
		if (!is_orphan(d))
			continue;
		r->last = d;
		put_node(n_r, PST_NODE_MESSAGE, d, 0);
		return 1;
	}
	return 0;
}

static int
libpst_next(struct pst_reader *r, struct pst_node *n_r)
{
	pst_desc_tree *d, *up;

	while ((d = r->message_at) != NULL) {
		r->message_at = d->next;
		if (!is_message(d))
			continue;
		r->last = d;
		put_node(n_r, PST_NODE_MESSAGE, d, r->folder_at->d_id);
		return 1;
	}
	if (r->stage == WALK_ORPHANS)
		return next_orphan(r, n_r);
	if (!step_folder(r)) {
		r->stage = WALK_ORPHANS;
		r->other_at = r->pf.d_head;
		return next_orphan(r, n_r);
	}
	d = r->folder_at;
	r->message_at = d->child;
	up = d == r->top ? NULL : d->parent;
	put_node(n_r, PST_NODE_FOLDER, d, up == NULL ? 0 : up->d_id);
	return 1;
}

static int
libpst_folder(struct pst_reader *r, uint64_t nid, struct pst_folder *f_r,
    struct err *err)
{
	pst_desc_tree *d = r->folder_at;
	unsigned cp = r->in.codepage;
	bool exact;
	pst_item *item;

	*f_r = (struct pst_folder){ .messages = -1 };
	if (d == NULL || d->d_id != nid)
		d = find_node(r, nid);
	item = d == NULL ? NULL : pst_parse_item(&r->pf, d, NULL);
	if (item == NULL)
		return err_set(err, SCOPE_FOLDER, EX_DATAERR,
		    "the folder's own record cannot be read");
	arena_reset(&r->folder);
	if (cp == 0 && item->message_codepage > 0)
		cp = (unsigned)item->message_codepage;
	f_r->name = libpst_text(&r->folder, &item->file_as, cp, &exact);
	f_r->guessed = !exact;
	if (item->folder != NULL)
		f_r->messages = item->folder->item_count;
	pst_freeItem(item);
	return 0;
}

static int
libpst_read(struct pst_reader *r, uint64_t nid, struct item **item_r,
    struct err *err)
{
	if (r->last == NULL || r->last->d_id != nid)
		return err_set(err, SCOPE_MSG, EX_SOFTWARE,
		    "item %llx was not named", (unsigned long long)nid);
	return libpst_item(r, r->last, item_r, err);
}

static void
libpst_close(struct pst_reader **r)
{
	if (*r == NULL)
		return;
	if ((*r)->opened)
		pst_close(&(*r)->pf);
	arena_free(&(*r)->keep);
	arena_free(&(*r)->folder);
	free(*r);
	*r = NULL;
}

const struct pst_reader_ops pst_libpst_ops = {
	.name = "libpst",
	.open = libpst_open,
	.store = libpst_store,
	.child = libpst_child,
	.next = libpst_next,
	.folder = libpst_folder,
	.item = libpst_read,
	.lacks = "libpst does not give: Content-Location and the paths of "
		 "linked attachments; text with broken UTF-16 behind the "
		 "break; it does not check the file's checksums",
	.close = libpst_close,
};
