/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The folders of an account; see imap_boxes.h.  What the spool remembers of
 * them: imap_memory.c. */
#include "extract/imap_boxes.h"

#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "core/text.h"
#include "formats/folder.h"
#include "wire/mutf7.h"

#define BOXES_MAX     1000000 /* a server that lists more is not sane */
#define STATUS_WINDOW 64      /* STATUS in flight */

struct listing {
	struct imap_boxes *b;
	const struct source_spec *spec;
	const struct imap_ns *ns;
	size_t n_ns;
	struct buf root; /* in front of all names, with the delimiter */
	bool lsub;
	size_t n_subscribed;
};

static const char *
special_use_of(struct slice s)
{
	static const char *const known[] = { "\\All", "\\Archive", "\\Drafts",
		"\\Flagged", "\\Junk", "\\Sent", "\\Trash", "\\Important" };
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (slice_is_nocase(s, known[i]))
			return known[i];
	return NULL;
}

/* Is 'name' in the namespace, or its top? */
static bool
is_below(struct slice name, const struct imap_ns *ns)
{
	struct slice p = ns->prefix;

	if (p.n == 0)
		return false;
	if (name.n >= p.n && memcmp(name.p, p.p, p.n) == 0)
		return true;
	return ns->delimiter != '\0' && p.p[p.n - 1] == ns->delimiter &&
	    name.n == p.n - 1 && memcmp(name.p, p.p, name.n) == 0;
}

/* The namespace with the longest prefix that fits; NULL: none does. */
static const struct imap_ns *
namespace_of(const struct listing *l, struct slice name)
{
	const struct imap_ns *best = NULL;
	size_t i;

	for (i = 0; i < l->n_ns; i++)
		if (is_below(name, &l->ns[i]) &&
		    (best == NULL || l->ns[i].prefix.n > best->prefix.n))
			best = &l->ns[i];
	return best;
}

/* Exchange's public folders: everybody's, whatever NAMESPACE says. */
static bool
is_public(struct slice name, char delimiter)
{
	static const char top[] = "Public Folders";
	size_t n = sizeof(top) - 1;

	return name.n >= n && strncasecmp(name.p, top, n) == 0 &&
	    (name.n == n || name.p[n] == delimiter);
}

/* What shows mail that lies in other folders (RFC 6154, 8457). */
static bool
is_virtual(const struct imap_box *box, struct slice attrs, bool gmail)
{
	struct slice a;

	/* there it has what no label's folder has; taken last */
	if (gmail && imap_box_is_all(box))
		return false;
	if (box->special_use != NULL &&
	    (strcmp(box->special_use, "\\All") == 0 ||
		strcmp(box->special_use, "\\Flagged") == 0 ||
		strcmp(box->special_use, "\\Important") == 0))
		return true;
	while (imap_flag_next(&attrs, &a))
		if (slice_is_nocase(a, "\\Virtual"))
			return true;
	return false;
}

static enum imap_left
why_left(const struct listing *l, const struct imap_box *box,
    const struct imap_folder *f, const struct imap_ns *ns)
{
	if (!l->spec->include_shared && l->root.n == 0 &&
	    ((ns != NULL && ns->kind != IMAP_NS_PERSONAL) ||
		is_public(f->name, f->delimiter)))
		return BOX_SHARED;
	if (!l->spec->include_virtual && is_virtual(box, f->attrs, l->b->gmail))
		return BOX_VIRTUAL;
	return BOX_TAKEN;
}

/* The name as people know it: UTF-8, without what all names begin with. */
static void
put_path(struct listing *l, struct buf *path, const struct imap_folder *f,
    const struct imap_ns *ns)
{
	struct slice name = f->name;
	struct buf utf8 = { 0 };
	size_t skip = 0;

	if (l->root.n > 0)
		skip = l->root.n;
	else if (ns != NULL && ns->kind == IMAP_NS_PERSONAL &&
	    name.n > ns->prefix.n)
		skip = ns->prefix.n;
	if (skip > 0 && skip < name.n)
		name = slice_from(name, skip);
	if (!mutf7_decode(&utf8, name)) {
		buf_clear(&utf8);
		buf_put(&utf8, name.p, name.n);
	}
	folder_path_of(path, buf_slice(&utf8), f->delimiter);
	buf_free(&utf8);
}

static struct imap_box *
append(struct imap_boxes *b)
{
	if (b->n == b->cap) {
		b->cap = b->cap < 64 ? 64 : b->cap + b->cap / 2;
		b->v = mem_grow(b->v, b->cap, sizeof(*b->v));
	}
	b->v[b->n] = (struct imap_box){ .subscribed = -1 };
	return &b->v[b->n++];
}

/* Below the account's root; the root itself is no folder of the user's. */
static bool
is_ours(const struct listing *l, struct slice name)
{
	return l->root.n == 0 ||
	    (name.n > l->root.n && memcmp(name.p, l->root.p, l->root.n) == 0);
}

static int
take(void *arg, const struct imap_folder *f, struct err *err)
{
	struct listing *l = arg;
	const struct imap_ns *ns;
	struct buf path = { 0 };
	struct imap_box *box;

	if (l->b->n >= BOXES_MAX)
		return err_set(err, SCOPE_STORE, EX_PROTOCOL,
		    "the server lists more than %d folders", BOXES_MAX);
	/* what cannot be opened is where others are, and they tell so */
	if (f->noselect || f->name.n == 0 ||
	    memchr(f->name.p, '\0', f->name.n) != NULL || !is_ours(l, f->name))
		return 0;
	ns = namespace_of(l, f->name);
	put_path(l, &path, f, ns);
	if (path.n > 0) {
		box = append(l->b);
		box->name = slice_is_nocase(f->name, "INBOX")
		    ? "INBOX"
		    : arena_slice(&l->b->names, f->name);
		box->path = slice_is(buf_slice(&path), box->name)
		    ? box->name
		    : arena_slice(&l->b->names, buf_slice(&path));
		box->special_use = special_use_of(f->special_use);
		box->delimiter = f->delimiter;
		box->subscribed = (signed char)f->subscribed;
		box->left = why_left(l, box, f, ns);
	}
	buf_free(&path);
	return 0;
}

static int
compare(const void *a, const void *b)
{
	const struct imap_box *x = a, *y = b;
	int inbox =
	    (strcmp(y->name, "INBOX") == 0) - (strcmp(x->name, "INBOX") == 0);

	return inbox != 0 ? inbox : strcmp(x->name, y->name);
}

/* One record where a server lists a name twice: what can be selected. */
static void
drop_doubles(struct imap_boxes *b)
{
	size_t i, k = 0;

	for (i = 0; i < b->n; i++) {
		if (k == 0 || strcmp(b->v[k - 1].name, b->v[i].name) != 0) {
			b->v[k++] = b->v[i];
			continue;
		}
		if (b->v[k - 1].special_use == NULL)
			b->v[k - 1].special_use = b->v[i].special_use;
	}
	b->n = k;
}

static struct imap_box *
find(struct imap_boxes *b, struct slice name)
{
	struct imap_box key = { 0 };
	struct imap_box *found;
	char *copy = mem_strn(name.p, name.n);

	key.name = slice_is_nocase(name, "INBOX") ? "INBOX" : copy;
	found = b->n == 0 ? NULL
			  : bsearch(&key, b->v, b->n, sizeof(*b->v), compare);
	free(copy);
	return found;
}

static int
take_subscribed(void *arg, const struct imap_folder *f, struct err *err)
{
	struct imap_box *box = find(arg, f->name);

	(void)err;
	if (box != NULL)
		box->subscribed = 1;
	return 0;
}

static int
ask_subscribed(struct imap_boxes *b, struct imap *im, struct err *err)
{
	size_t i;

	if (imap_has(im, IMAP_CAP_LIST_EXTENDED))
		return 0;
	for (i = 0; i < b->n; i++)
		b->v[i].subscribed = 0;
	if (imap_lsub(im, slice_str("*"), take_subscribed, b, err) == 0)
		return 0;
	if (!imap_alive(im))
		return -1;
	err_clear(err);
	for (i = 0; i < b->n; i++)
		b->v[i].subscribed = -1;
	return 0;
}

/* Where all of the account's folders are, in the wire's form. */
static int
find_root(struct listing *l, struct imap *im, struct err *err)
{
	const char *root = l->spec->account->root;
	struct slice rest, part;
	char delimiter = l->n_ns > 0 ? l->ns[0].delimiter : '/';

	if (root == NULL)
		return 0;
	rest = slice_str(root);
	while (rest.n > 0) {
		const char *slash = memchr(rest.p, '/', rest.n);

		part = slice_of(rest.p,
		    slash == NULL ? rest.n : (size_t)(slash - rest.p));
		if (imap_name(im, &l->root, part, err) < 0)
			return -1;
		buf_putc(&l->root, delimiter == '\0' ? '/' : delimiter);
		rest = slice_from(rest, part.n + (slash == NULL ? 0 : 1));
	}
	return 0;
}

int
imap_boxes_list(struct imap_boxes *b, struct imap *im,
    const struct source_spec *spec, struct err *err)
{
	struct listing l = { .b = b, .spec = spec };
	struct buf pattern = { 0 };
	int rc = -1;

	imap_boxes_free(b);
	b->gmail = imap_has(im, IMAP_CAP_GMAIL);
	if (imap_namespaces(im, &l.ns, &l.n_ns, err) < 0 ||
	    find_root(&l, im, err) < 0)
		goto out;
	buf_put(&pattern, l.root.p, l.root.n);
	buf_putc(&pattern, '*');
	if (imap_list(im, buf_slice(&pattern), take, &l, err) < 0)
		goto out;
	if (b->n > 0)
		qsort(b->v, b->n, sizeof(*b->v), compare);
	drop_doubles(b);
	rc = ask_subscribed(b, im, err);
out:
	buf_free(&l.root);
	buf_free(&pattern);
	return rc;
}

/* --------------------------------------------------------------- STATUS */

static int
take_status(struct imap_box *box, struct imap *im, uint32_t tag,
    struct err *err)
{
	struct imap_mailbox_status s;

	if (imap_status_wait(im, tag, &s, err) < 0) {
		if (!imap_alive(im))
			return -1;
		err_clear(err); /* EXAMINE will say why */
		return 0;
	}
	box->told = s.has_messages;
	box->uidvalidity = s.uidvalidity;
	box->uidnext = s.uidnext;
	box->messages = s.messages;
	box->modseq = s.highestmodseq;
	return 0;
}

int
imap_boxes_status(struct imap_boxes *b, struct imap *im, struct err *err)
{
	uint32_t tags[STATUS_WINDOW];
	size_t sent = 0, i;

	for (i = 0; i < b->n; i++) {
		for (; sent < b->n && sent < i + STATUS_WINDOW; sent++) {
			tags[sent % STATUS_WINDOW] = 0;
			b->v[sent].told = false;
			if (imap_status_modseq_send(im,
				slice_str(b->v[sent].name),
				&tags[sent % STATUS_WINDOW], err) < 0) {
				if (!imap_alive(im))
					return -1;
				err_clear(err);
			}
		}
		if (tags[i % STATUS_WINDOW] != 0 &&
		    take_status(&b->v[i], im, tags[i % STATUS_WINDOW], err) < 0)
			return -1;
	}
	return 0;
}

void
imap_boxes_free(struct imap_boxes *b)
{
	free(b->v);
	free(b->lost);
	free(b->foreign);
	arena_free(&b->names);
	*b = (struct imap_boxes){ 0 };
}
