/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Folders of a spool in a PST; see sink_pst_impl.h. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/mem.h"
#include "formats/folder.h"
#include "formats/pst/store_items.h"
#include "formats/roles.h"
#include "load/export/sink_pst_impl.h"

/* Roles that matter in a PST. */
static const struct {
	const char *use;
	enum pst_store_role role; /* PST_STORE_ROLES: Deleted Items */
} roles[] = { { "\\Sent", PST_STORE_SENT }, { "\\Drafts", PST_STORE_DRAFTS },
	{ "\\Junk", PST_STORE_JUNK }, { "\\Trash", PST_STORE_ROLES } };

#define N_ROLES (sizeof(roles) / sizeof(roles[0]))

static unsigned
role_bit(const char *use)
{
	size_t i;

	for (i = 0; use != NULL && i < N_ROLES; i++)
		if (strcasecmp(use, roles[i].use) == 0)
			return 1u << i;
	return 0;
}

int
pst_learn_roles(struct sink_pst *s, struct err *err)
{
	struct spool_folder f;
	int64_t row = 0;
	int rc;

	while ((rc = spool_folder_next_uncounted(s->spec.spool, &row, &f,
		    err)) > 0)
		s->told_roles |= role_bit(f.special_use);
	return rc;
}

/* Where the source told of no folder with a role, the one that is usually
 * called so has it; the first of several. */
static const char *
guess_role(struct sink_pst *s, const struct spool_folder *f)
{
	struct buf name = { 0 };
	const char *use;

	if (f->special_use != NULL)
		return f->special_use;
	folder_decode(&name, slice_str(f->path));
	use = roles_guess(buf_slice(&name));
	buf_free(&name);
	if (role_bit(use) == 0 || (s->told_roles & role_bit(use)) != 0)
		return NULL;
	s->told_roles |= role_bit(use);
	return use;
}

static const char *
class_of(enum item_kind kind)
{
	switch (kind) {
	case KIND_CONTACT:
	case KIND_LIST:
		return PST_CLASS_CONTACTS;
	case KIND_EVENT:
		return PST_CLASS_CALENDAR;
	case KIND_TASK:
		return PST_CLASS_TASKS;
	case KIND_JOURNAL:
		return PST_CLASS_JOURNAL;
	case KIND_NOTE:
		return PST_CLASS_NOTES;
	default:
		return PST_CLASS_MAIL;
	}
}

void
pst_add_place(struct sink_pst *s, const struct spool_folder *f,
    enum item_kind kind)
{
	struct slice name = slice_str(f->name), path = slice_str(f->path);
	const char *at;

	if ((s->n_places & 63) == 0)
		s->places =
		    mem_grow(s->places, s->n_places + 64, sizeof(*s->places));
	/* the last part of what the source called it */
	if (f->delimiter != '\0' && name.n > 0) {
		at = memrchr(name.p, f->delimiter, name.n);
		if (at != NULL)
			name = slice_from(name, (size_t)(at - name.p) + 1);
	}
	/* which is told only where the path does not */
	if (name.n > 0 && !slice_is(path, "INBOX") &&
	    memmem(path.p, path.n, "%~", 2) == NULL)
		name.n = 0;
	s->current = s->n_places++;
	s->places[s->current] = (struct pst_place){ .path = mem_str(f->path),
		.name = name.n == 0 ? NULL : mem_strn(name.p, name.n),
		.special_use = mem_str(guess_role(s, f)),
		.class = class_of(kind) };
}

static struct pst_place *
find_place(struct sink_pst *s, struct slice path)
{
	size_t i;

	for (i = s->n_places; i-- > 0;)
		if (slice_is(path, s->places[i].path))
			return &s->places[i];
	return NULL;
}

static bool
is_role(const struct pst_place *p, const char *role)
{
	return p->special_use != NULL && strcasecmp(p->special_use, role) == 0;
}

static void
set_role(struct sink_pst *s, const struct pst_place *p)
{
	size_t i;

	if (strcmp(p->path, "INBOX") == 0)
		pst_store_role(s->store, PST_STORE_INBOX, p->nid);
	for (i = 0; i < N_ROLES; i++)
		if (roles[i].role != PST_STORE_ROLES &&
		    is_role(p, roles[i].use))
			pst_store_role(s->store, roles[i].role, p->nid);
}

static void
put_name(struct buf *b, const struct pst_place *p, struct slice component)
{
	if (strcmp(p->path, "INBOX") == 0)
		buf_puts(b,
		    p->name == NULL || strcasecmp(p->name, "INBOX") == 0
			? "Inbox"
			: p->name);
	else if (p->name != NULL)
		buf_puts(b, p->name);
	else
		folder_decode(b, component);
	if (b->n == 0)
		buf_puts(b, "(no name)");
}

/* The store has a folder for what was deleted; it is this one.  One of that
 * very name is, where nothing else tells. */
static bool
is_trash(const struct sink_pst *s, const struct pst_place *p)
{
	return is_role(p, "\\Trash") ||
	    ((s->told_roles & role_bit("\\Trash")) == 0 &&
		strcmp(p->path, "Deleted Items") == 0);
}

static int
make_place(struct sink_pst *s, struct pst_place *p, uint32_t parent,
    struct slice component, bool trash_free, struct err *err)
{
	struct buf name = { 0 };

	put_name(&name, p, component);
	if (trash_free && is_trash(s, p)) {
		if (pst_store_trash(s->store, parent, buf_slice(&name), err) ==
		    0)
			p->nid = PST_STORE_TRASH;
	} else {
		p->nid = pst_store_folder(s->store, parent, buf_slice(&name),
		    p->class, err);
	}
	buf_free(&name);
	if (p->nid == 0) {
		err->scope = SCOPE_RUN;
		return err_within(err, "folder '%s'", p->path);
	}
	set_role(s, p);
	return 0;
}

static bool
is_trash_free(const struct sink_pst *s)
{
	size_t i;

	for (i = 0; i < s->n_places; i++)
		if (s->places[i].nid == PST_STORE_TRASH)
			return false;
	return true;
}

static struct pst_place *
add_missing(struct sink_pst *s, struct slice path)
{
	size_t current = s->current;
	char *own = mem_strn(path.p, path.n);
	struct spool_folder f = { .path = own };
	struct pst_place *p;

	pst_add_place(s, &f, KIND_MAIL);
	free(own);
	p = &s->places[s->current];
	s->current = current;
	return p;
}

int
pst_enter_place(struct sink_pst *s, struct err *err)
{
	char *path = mem_str(s->places[s->current].path);
	struct slice rest = slice_str(path), component;
	uint32_t parent = PST_STORE_TOP;
	int rc = 0;

	while (rc == 0 && folder_next(&rest, &component)) {
		struct slice upto =
		    slice_of(path, (size_t)(component.p + component.n - path));
		struct pst_place *p = find_place(s, upto);

		/* one that the spool does not list, but has something in */
		if (p == NULL) {
			p = add_missing(s, upto);
		}
		if (p->nid == 0)
			rc = make_place(s, p, parent, component,
			    is_trash_free(s), err);
		parent = p->nid;
	}
	free(path);
	return rc;
}

void
pst_forget_places(struct sink_pst *s)
{
	size_t i;

	for (i = 0; i < s->n_places; i++)
		s->places[i].nid = 0;
}

void
pst_free_places(struct sink_pst *s)
{
	size_t i;

	for (i = 0; i < s->n_places; i++) {
		free(s->places[i].path);
		free(s->places[i].name);
		free(s->places[i].special_use);
	}
	free(s->places);
}
