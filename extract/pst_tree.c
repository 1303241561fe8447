/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Folders of a PST on their way into a spool; see pst_tree.h. */
#include "extract/pst_tree.h"

#include <stdlib.h>

#include "core/limits.h"
#include "core/mem.h"
#include "extract/pst_roles.h"
#include "formats/folder.h"

/* Messages whose folder is gone. */
#define ORPHANS "Lost Items"
/* Those that no tree of the file has. */
#define RECOVERED "Recovered Items"

/* A folder on the way from the root to where the walk is. */
struct step {
	uint64_t nid;
	bool ipm; /* the IPM subtree's top, or below it */
	bool top; /* that top itself */
	bool announced;
	enum pst_role role;
	char *path; /* "" for those that stand for nothing */
	char *own;  /* of the top: where its own mail goes */
	char *full; /* the whole name where the path was cut short */
};

struct pst_tree {
	struct pst_tree_in in;
	uint64_t ipm;
	bool ipm_known;
	uint64_t roles[PST_ROLES]; /* whose they are */
	struct step *steps;
	size_t n, cap;
	bool orphans_announced, recovered_announced;
	struct buf taken; /* names at the top that begin like RECOVERED */
	char *recovered;  /* the one that is not among them */
};

struct pst_tree *
pst_tree_new(const struct pst_tree_in *in)
{
	struct pst_tree *t = mem_alloc(1, sizeof(*t));

	t->in = *in;
	return t;
}

static void
pop(struct pst_tree *t)
{
	struct step *s = &t->steps[--t->n];

	free(s->path);
	free(s->own);
	free(s->full);
}

void
pst_tree_free(struct pst_tree **t)
{
	if (*t == NULL)
		return;
	while ((*t)->n > 0)
		pop(*t);
	free((*t)->steps);
	buf_free(&(*t)->taken);
	free((*t)->recovered);
	free(*t);
	*t = NULL;
}

/* A folder called IPM_SUBTREE two levels below the root: where the store
 * object does not say, as in an OST.  A mailbox's comes before one of public
 * folders, for it is the later. */
static uint64_t
look_for_ipm(struct pst_tree *t, uint64_t root)
{
	const struct pst_reader_ops *ops = t->in.ops;
	struct buf name = { 0 };
	uint64_t top, sub, found = 0, other = 0;
	size_t i, j;

	for (i = 0; i < 64 && ops->child(t->in.reader, root, i, &top); i++) {
		for (j = 0; j < 64 && ops->child(t->in.reader, top, j, &sub);
		     j++) {
			buf_clear(&name);
			t->in.name(t->in.arg, sub, true, &name);
			if (slice_is(buf_slice(&name), "IPM_SUBTREE"))
				found = sub;
		}
		buf_clear(&name);
		t->in.name(t->in.arg, top, true, &name);
		if (slice_starts(buf_slice(&name), "Top of ") ||
		    slice_is(buf_slice(&name), "IPM_SUBTREE"))
			other = top;
	}
	buf_free(&name);
	return found != 0 ? found : other;
}

/* By their names, the first of each. */
static void
guess_roles(struct pst_tree *t, uint64_t top, bool outlook)
{
	const struct pst_store *s = t->in.ops->store(t->in.reader);
	struct buf name = { 0 };
	enum pst_role role;
	uint64_t nid;
	size_t i;

	for (i = 0; t->in.ops->child(t->in.reader, top, i, &nid); i++) {
		buf_clear(&name);
		t->in.name(t->in.arg, nid, true, &name);
		role = pst_role_of(buf_slice(&name), outlook);
		if (slice_is_nocase(buf_slice(&name), "Inbox") && s->inbox == 0)
			t->roles[role] = nid;
		else if (role != PST_ROLE_NONE && t->roles[role] == 0)
			t->roles[role] = nid;
	}
	buf_free(&name);
}

/* Which of the top's folders have which role: the store's word first, then
 * Outlook's own names, then those of others. */
static void
assign_roles(struct pst_tree *t, uint64_t top)
{
	const struct pst_store *s = t->in.ops->store(t->in.reader);

	t->roles[PST_ROLE_INBOX] = s->inbox;
	t->roles[PST_ROLE_SENT] = s->sent;
	t->roles[PST_ROLE_TRASH] = s->trash;
	t->roles[PST_ROLE_DRAFTS] = s->drafts;
	t->roles[PST_ROLE_JUNK] = s->junk;
	guess_roles(t, top, true);
	guess_roles(t, top, false);
}

static enum pst_role
role_of(const struct pst_tree *t, uint64_t nid)
{
	size_t i;

	for (i = 1; i < PST_ROLES; i++)
		if (t->roles[i] == nid)
			return (enum pst_role)i;
	return PST_ROLE_NONE;
}

static struct step *
push(struct pst_tree *t)
{
	if (t->n == t->cap) {
		t->cap = t->cap == 0 ? 16 : t->cap * 2;
		t->steps = mem_grow(t->steps, t->cap, sizeof(*t->steps));
	}
	t->steps[t->n] = (struct step){ 0 };
	return &t->steps[t->n++];
}

/* So that what is recovered does not mix with the store's own. */
static void
note_taken(struct pst_tree *t, struct slice path)
{
	size_t n = strlen(RECOVERED);

	if (path.n < n || strncasecmp(path.p, RECOVERED, n) != 0)
		return;
	buf_putc(&t->taken, '\n');
	buf_put(&t->taken, path.p, path.n);
	buf_putc(&t->taken, '\n');
}

static bool
is_taken(const struct pst_tree *t, const char *name)
{
	struct slice s = buf_slice(&t->taken);
	size_t n = strlen(name), i;

	for (i = 1; i + n < s.n; i++)
		if (s.p[i - 1] == '\n' && s.p[i + n] == '\n' &&
		    strncasecmp(s.p + i, name, n) == 0)
			return true;
	return false;
}

static void
name_recovered(struct pst_tree *t)
{
	unsigned i;

	t->recovered = mem_str(RECOVERED);
	for (i = 2; is_taken(t, t->recovered); i++) {
		free(t->recovered);
		t->recovered = mem_fmt("%s %u", RECOVERED, i);
	}
}

/*
 * The parent's path and the name; a path that grows too long or too deep ends
 * at the parent: the mail is kept, the folder is not.
 */
static void
set_path(struct step *s, const struct step *up, struct slice name)
{
	struct buf path = { 0 };
	const char *above = up == NULL ? "" : up->path;

	buf_puts(&path, above);
	folder_join(&path, name);
	if (!folder_is_path(buf_slice(&path))) {
		s->path = mem_str(above);
		s->announced = true;
	} else {
		s->path = mem_strn(path.p, path.n);
	}
	if (memmem(path.p, path.n, "%~", 2) != NULL)
		s->full = mem_fmt("%s%s%.*s",
		    up == NULL || up->full == NULL ? above : up->full,
		    above[0] != '\0' ? "/" : "", (int)name.n, name.p);
	buf_free(&path);
}

static void
find_ipm(struct pst_tree *t)
{
	const struct pst_store *s = t->in.ops->store(t->in.reader);

	t->ipm = s->ipm;
	if (t->ipm == 0 && s->root != 0)
		t->ipm = look_for_ipm(t, s->root);
	t->ipm_known = true;
}

/* Its place among those above it. */
static void
place(struct pst_tree *t, struct step *s, const struct step *up,
    struct slice name)
{
	const struct pst_store *store = t->in.ops->store(t->in.reader);
	struct buf own = { 0 };

	if (s->nid == t->ipm) {
		s->ipm = s->top = true;
		s->path = mem_str("");
		folder_join(&own, name.n > 0 ? name : slice_str("Top Folder"));
		s->own = mem_strn(own.p, own.n);
		buf_free(&own);
		assign_roles(t, s->nid);
		return;
	}
	if (s->nid == store->root && up == NULL) {
		s->path = mem_str("");
		folder_join(&own, name.n > 0 ? name : slice_str("Root"));
		s->own = mem_strn(own.p, own.n);
		buf_free(&own);
		return;
	}
	s->ipm = up != NULL && up->ipm;
	if (s->ipm && up->top)
		s->role = role_of(t, s->nid);
	if (s->role == PST_ROLE_INBOX)
		name = slice_str("INBOX");
	set_path(s, up, name);
	note_taken(t, slice_str(s->path));
}

struct pst_place
pst_tree_enter(struct pst_tree *t, const struct pst_node *n)
{
	struct buf name = { 0 };
	struct step *s, *up;

	if (!t->ipm_known)
		find_ipm(t);
	while (t->n > 0 && t->steps[t->n - 1].nid != n->parent)
		pop(t);
	t->in.name(t->in.arg, n->nid, false, &name);
	if (name.n == 0 && n->nid != t->ipm &&
	    n->nid != t->in.ops->store(t->in.reader)->root)
		buf_putf(&name, "folder-%llx", (unsigned long long)n->nid);
	s = push(t);
	up = t->n > 1 ? &t->steps[t->n - 2] : NULL;
	s->nid = n->nid;
	place(t, s, up, buf_slice(&name));
	buf_free(&name);
	if (!s->ipm || s->top || s->announced)
		return (struct pst_place){ 0 };
	s->announced = true;
	return (struct pst_place){ .path = s->path,
		.name = s->full,
		.special_use = pst_role_special_use(s->role),
		.announce = true };
}

const char *
pst_tree_path(struct pst_tree *t, const struct pst_node *n)
{
	const struct step *s = t->n > 0 ? &t->steps[t->n - 1] : NULL;
	const char *path;

	if (n->recovered) {
		if (t->recovered == NULL)
			name_recovered(t);
		return t->recovered;
	}
	if (n->parent == 0 || s == NULL)
		return ORPHANS;
	path = s->own != NULL ? s->own : s->path;
	return path[0] == '\0' ? ORPHANS : path;
}

struct pst_place
pst_tree_mail(struct pst_tree *t, const struct pst_node *n)
{
	struct pst_place p = { 0 };
	struct step *s = t->n > 0 ? &t->steps[t->n - 1] : NULL;

	if (n->recovered) {
		p.path = pst_tree_path(t, n);
		p.announce = !t->recovered_announced;
		t->recovered_announced = true;
		return p;
	}
	if (n->parent == 0 || s == NULL) {
		p.path = ORPHANS;
		p.announce = !t->orphans_announced;
		t->orphans_announced = true;
		return p;
	}
	p.path = pst_tree_path(t, n);
	p.name = s->full;
	p.special_use = pst_role_special_use(s->role);
	p.announce = !s->announced;
	s->announced = true;
	return p;
}
