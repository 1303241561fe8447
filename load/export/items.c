/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contacts, appointments and the like on their way out; see
 * export_items.h. */
#include "load/export/items.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/mem.h"
#include "core/stop.h"
#include "core/text.h"
#include "formats/item_out.h"
#include "formats/spool_items.h"
#include "load/export/taker.h"

struct row {
	int64_t id;
	uint32_t folder; /* index into 'folders' */
	uint8_t kind;
	bool given;
};

struct export_items {
	struct spool *sp;
	struct report *r;
	int spool_fd;
	struct taker *taker; /* of our own: another's answers are not ours */
	struct row *v;	     /* by folder's name, then as they were stored */
	size_t n;
	char **folders;
	size_t n_folders;
	uint64_t counts[ITEM_KINDS][ITEM_FATES], bytes[ITEM_KINDS];
};

static void
problem(struct export_items *x, const struct spool_item *item,
    const struct err *err)
{
	struct problem p = { .folder = item->folder,
		.source = item->source,
		.subject = item->title,
		.size = item->size,
		.err = err };

	report_problem(x->r, &p);
	x->counts[item->kind][ITEM_REFUSED]++;
}

static uint32_t
folder_index(struct export_items *x, const char *name)
{
	size_t i;

	for (i = x->n_folders; i-- > 0;)
		if (strcmp(x->folders[i], name) == 0)
			return (uint32_t)i;
	if ((x->n_folders & 31) == 0)
		x->folders = mem_grow(x->folders, x->n_folders + 32,
		    sizeof(*x->folders));
	x->folders[x->n_folders] = mem_str(name);
	return (uint32_t)x->n_folders++;
}

static int
by_folder(const void *a, const void *b, void *arg)
{
	const struct row *p = a, *q = b;
	struct export_items *x = arg;
	int c = strcmp(x->folders[p->folder], x->folders[q->folder]);

	return c != 0 ? c : p->id < q->id ? -1 : p->id > q->id;
}

static void
add(struct export_items *x, const struct spool_item *item)
{
	struct err err = { 0 };

	if (item->lost) {
		err_set(&err, SCOPE_MSG, EX_NOINPUT,
		    "its file is gone from the spool");
		problem(x, item, &err);
		return;
	}
	/* a list of properties has no other form */
	if (item->kind == KIND_OTHER) {
		x->counts[item->kind][ITEM_LEFT]++;
		return;
	}
	if ((x->n & 255) == 0)
		x->v = mem_grow(x->v, x->n + 256, sizeof(*x->v));
	x->v[x->n++] = (struct row){ .id = item->id,
		.folder =
		    folder_index(x, item->folder == NULL ? "" : item->folder),
		.kind = (uint8_t)item->kind };
}

int
export_items_open(struct export_items **x_r, struct spool *sp, struct report *r,
    struct err *err)
{
	struct export_items *x = mem_alloc(1, sizeof(*x));
	struct spool_item item;
	int64_t after = 0;
	int rc;

	x->sp = sp;
	x->r = r;
	x->spool_fd = -1;
	*x_r = x;
	while ((rc = spool_item_next(sp, &after, &item, err)) > 0)
		add(x, &item);
	if (x->n > 0)
		qsort_r(x->v, x->n, sizeof(*x->v), by_folder, x);
	return rc;
}

/* The first of a folder's, or where it would be. */
static size_t
first_of(const struct export_items *x, const char *folder)
{
	size_t lo = 0, hi = x->n, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (strcmp(x->folders[x->v[mid].folder], folder) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static bool
is_in(const struct export_items *x, size_t i, const char *folder)
{
	return i < x->n && strcmp(x->folders[x->v[i].folder], folder) == 0;
}

enum item_kind
export_items_kind(const struct export_items *x, const char *folder)
{
	size_t i = first_of(x, folder);

	return is_in(x, i, folder) ? (enum item_kind)x->v[i].kind : KIND_MAIL;
}

/* ----------------------------------------------------------------- giving */

/* Nobody's file is read here that the sandboxed child could not read. */
static int
probe(struct export_items *x, const struct spool_item *item, struct err *err)
{
	int rc;

	if (x->taker == NULL) {
		x->spool_fd =
		    open(spool_dir(x->sp), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (x->spool_fd < 0)
			return err_sys(err, SCOPE_RUN, EX_NOINPUT, "%s",
			    spool_dir(x->sp));
		if (taker_open(&x->taker, x->spool_fd, x->r, err) < 0)
			return -1;
	}
	rc = taker_probe(x->taker, item->kind, item->file, err);
	return rc > 0 ? 0 : -1;
}

struct giving {
	struct export_items *x;
	const struct spool_item *item;
};

/* Something of the item has no place in a PST. */
static void
on_problem(void *arg, const char *text)
{
	struct giving *g = arg;
	struct err err = { 0 };
	struct problem p = { .folder = g->item->folder,
		.source = g->item->source,
		.subject = g->item->title,
		.size = g->item->size,
		.err = &err,
		.warning = true };

	err_set(&err, SCOPE_MSG, EX_DATAERR, "%s", text);
	report_problem(g->x->r, &p);
}

/* A file that says nothing of its own age: a PST wants one of every item
 * ([MS-PST] 2.4.5.1.1). */
static void
give_age(struct item *it, int fd)
{
	struct stat st;

	if (it->created == DATE_UNKNOWN && it->modified == DATE_UNKNOWN &&
	    fstat(fd, &st) == 0)
		it->created = it->modified = st.st_mtime;
}

static int
give(struct export_items *x, struct sink *s, struct row *row, struct err *err)
{
	struct spool_item item;
	struct giving g = { .x = x, .item = &item };
	struct item_out_opts opts = { .problem = on_problem, .arg = &g };
	struct item *it = NULL;
	int64_t after = row->id - 1;
	int fd = -1, rc;

	row->given = true;
	if (stop_check(err) < 0)
		return -1;
	rc = spool_item_next(x->sp, &after, &item, err);
	if (rc <= 0 || after != row->id)
		return rc < 0 ? -1 : 0;
	fd = spool_item_open(x->sp, &item, err);
	rc = fd < 0 ? -1 : probe(x, &item, err);
	if (rc == 0)
		rc = item_in(fd, item.kind, &opts, &it, err);
	if (rc == 0) {
		give_age(it, fd);
		rc = s->ops->item(s, &item, it, err);
	}
	item_close(&it);
	if (fd >= 0)
		close(fd);
	if (rc < 0 && err->scope != SCOPE_MSG)
		return -1;
	if (rc < 0) {
		problem(x, &item, err);
	} else {
		x->counts[item.kind][ITEM_STORED]++;
		x->bytes[item.kind] += item.size;
	}
	return 0;
}

int
export_items_give(struct export_items *x, struct sink *s, const char *folder,
    struct err *err)
{
	size_t i;

	if (s->ops->item == NULL)
		return 0;
	for (i = first_of(x, folder); is_in(x, i, folder); i++)
		if (!x->v[i].given && give(x, s, &x->v[i], err) < 0)
			return -1;
	return 0;
}

int
export_items_give_rest(struct export_items *x, struct sink *s, struct err *err)
{
	const char *at = NULL, *folder;
	size_t i;

	if (s->ops->item == NULL)
		return 0;
	for (i = 0; i < x->n; i++) {
		struct spool_folder f = { .subscribed = -1 };

		if (x->v[i].given)
			continue;
		folder = x->folders[x->v[i].folder];
		f.path = *folder == '\0' ? item_place_name(item_kind_place(
					       (enum item_kind)x->v[i].kind))
					 : folder;
		if ((at == NULL || strcmp(at, f.path) != 0) &&
		    s->ops->folder(s, &f, (enum item_kind)x->v[i].kind, err) <
			0)
			return -1;
		at = f.path;
		if (give(x, s, &x->v[i], err) < 0)
			return -1;
	}
	return 0;
}

/* --------------------------------------------------------------- the sums */

void
export_items_count(struct export_items *x, const char *place, bool done)
{
	char items[80];
	uint64_t left;
	size_t i;
	int k, f;

	for (i = 0; i < x->n; i++)
		if (!x->v[i].given)
			x->counts[x->v[i].kind][ITEM_LEFT]++;
	for (k = 0; k < ITEM_KINDS; k++) {
		enum item_kind kind = (enum item_kind)k;
		const struct item_sort sort = { item_kind_name(kind),
			item_kind_people(kind, 1), item_kind_people(kind, 2),
			place };

		if (!done) {
			x->counts[k][ITEM_LEFT] += x->counts[k][ITEM_STORED];
			x->counts[k][ITEM_STORED] = x->bytes[k] = 0;
		}
		for (f = 0; f < ITEM_FATES; f++)
			if (x->counts[k][f] > 0)
				report_item(x->r, &sort, (enum item_fate)f,
				    x->counts[k][f],
				    f == ITEM_STORED ? x->bytes[k] : 0);
	}
	left = x->counts[KIND_OTHER][ITEM_LEFT];
	if (left > 0)
		report_note(x->r,
		    "%s in the spool as lists of properties, and stay there",
		    text_number(items, left, "item of another kind is",
			"items of other kinds are"));
}

void
export_items_close(struct export_items **xp)
{
	struct export_items *x = *xp;
	size_t i;

	if (x == NULL)
		return;
	taker_close(&x->taker);
	if (x->spool_fd >= 0)
		close(x->spool_fd);
	for (i = 0; i < x->n_folders; i++)
		free(x->folders[i]);
	free(x->folders);
	free(x->v);
	free(x);
	*xp = NULL;
}
