/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a spool remembers of an account's folders; see imap_boxes.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/digest.h"
#include "core/js.h"
#include "core/mem.h"
#include "extract/imap_boxes.h"
#include "formats/spool_source.h"

#define META "imap:"

const char *
imap_box_prefix(const struct imap_box *box, char out[IMAP_KEY_BYTES])
{
	snprintf(out, IMAP_KEY_BYTES, "i%s.", box->id);
	return out;
}

const char *
imap_box_numbering(const struct imap_box *box, uint32_t uidvalidity,
    char out[IMAP_KEY_BYTES])
{
	snprintf(out, IMAP_KEY_BYTES, "i%s.%08x.", box->id,
	    (unsigned)uidvalidity);
	return out;
}

const char *
imap_box_key(const struct imap_box *box, uint32_t uidvalidity, uint32_t uid,
    char out[IMAP_KEY_BYTES])
{
	snprintf(out, IMAP_KEY_BYTES, "i%s.%08x.%08x", box->id,
	    (unsigned)uidvalidity, (unsigned)uid);
	return out;
}

void
imap_box_memory(const struct imap_box *box, const struct imap_memory *m,
    struct buf *name, struct buf *value)
{
	struct js *o = js_obj();

	buf_clear(name);
	buf_putf(name, META "%s", box->name);
	buf_clear(value);
	js_set_str(o, "id", box->id);
	js_set_str(o, "path", box->path);
	js_set_int(o, "uidvalidity", (int64_t)m->uidvalidity);
	js_set_int(o, "uidnext", (int64_t)m->uidnext);
	js_set_int(o, "modseq", (int64_t)m->modseq);
	js_set_int(o, "messages", (int64_t)m->messages);
	if (m->counted != m->messages)
		js_set_int(o, "counted", (int64_t)m->counted);
	js_put(value, o);
	js_free(&o);
}

static bool
read_memory(struct slice text, char id[13], char **path_r,
    struct imap_memory *m)
{
	struct js *o = js_parse(text);
	const char *s;
	bool ok;

	if (o == NULL)
		return false;
	s = js_get_str(o, "id");
	ok = s != NULL && strlen(s) == 12;
	if (ok)
		memcpy(id, s, 13);
	s = js_get_str(o, "path");
	ok = ok && s != NULL && *s != '\0';
	if (ok && path_r != NULL)
		*path_r = mem_str(s);
	m->uidvalidity = (uint32_t)js_get_int(o, "uidvalidity");
	m->uidnext = (uint32_t)js_get_int(o, "uidnext");
	m->modseq = (uint64_t)js_get_int(o, "modseq");
	m->messages = (uint64_t)js_get_int(o, "messages");
	m->counted = js_get(o, "counted") == NULL
	    ? m->messages
	    : (uint64_t)js_get_int(o, "counted");
	js_free(&o);
	return ok;
}

bool
imap_box_is_all(const struct imap_box *box)
{
	return box->special_use != NULL &&
	    strcmp(box->special_use, "\\All") == 0;
}

bool
imap_box_is_same(const struct imap_box *box, bool quick)
{
	const struct imap_memory *was = &box->was;

	return box->known && box->told && box->uidnext != 0 &&
	    was->uidnext == box->uidnext &&
	    was->uidvalidity == box->uidvalidity &&
	    was->messages == box->messages &&
	    (box->messages == 0 || quick ||
		(box->modseq != 0 && was->modseq == box->modseq));
}

/* ------------------------------------------------------------- recalling */

/* INBOX comes first, the others in order. */
static struct imap_box *
find(struct imap_boxes *b, const char *name)
{
	size_t lo = 0, hi = b->n, mid;
	int c;

	if (b->n > 0 && strcmp(b->v[0].name, "INBOX") == 0) {
		if (strcmp(name, "INBOX") == 0)
			return &b->v[0];
		lo = 1;
	}
	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		c = strcmp(name, b->v[mid].name);
		if (c == 0)
			return &b->v[mid];
		if (c < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return NULL;
}

static void
add_lost(struct imap_boxes *b, const char *name, const char *path,
    const char *id, const struct imap_memory *was)
{
	struct imap_lost *l;

	if ((b->n_lost & 63) == 0)
		b->lost = mem_grow(b->lost, b->n_lost + 64, sizeof(*b->lost));
	l = &b->lost[b->n_lost++];
	*l = (struct imap_lost){ .name = arena_str(&b->names, name),
		.path = arena_str(&b->names, path),
		.was = *was };
	memcpy(l->id, id, sizeof(l->id));
}

static int
read_all(struct imap_boxes *b, struct spool *sp, struct err *err)
{
	struct buf name = { 0 }, value = { 0 };
	struct imap_memory was;
	struct imap_box *box;
	char *path, id[13];
	int rc;

	while ((rc = spool_meta_next(sp, META, &name, &value, err)) == 1) {
		if (!read_memory(buf_slice(&value), id, &path, &was))
			continue;
		box = find(b, buf_str(&name) + strlen(META));
		if (box == NULL) {
			add_lost(b, buf_str(&name) + strlen(META), path, id,
			    &was);
		} else {
			box->known = true;
			box->was = was;
			box->path = arena_str(&b->names, path);
			memcpy(box->id, id, sizeof(id));
		}
		free(path);
	}
	buf_free(&name);
	buf_free(&value);
	return rc;
}

static size_t
with_validity(const struct imap_boxes *b, uint32_t validity)
{
	size_t i, n = 0;

	for (i = 0; i < b->n; i++)
		n += (b->v[i].told && b->v[i].uidvalidity == validity) ||
		    (b->v[i].known && b->v[i].was.uidvalidity == validity);
	for (i = 0; i < b->n_lost; i++)
		n += b->lost[i].was.uidvalidity == validity;
	return n;
}

/*
 * A folder that is gone and one that is new, with a UIDVALIDITY that no other
 * one has: it was renamed.  (Servers that give all folders the same one, or
 * those made in one second, tell nothing that way.)
 */
static void
find_renamed(struct imap_boxes *b)
{
	struct imap_box *box;
	size_t i, j;

	/* noted already by a run that did not come to its end */
	for (j = 0; j < b->n_lost; j++)
		for (i = 0; i < b->n && !b->lost[j].renamed; i++)
			b->lost[j].renamed = b->v[i].known &&
			    strcmp(b->v[i].id, b->lost[j].id) == 0;
	for (j = 0; j < b->n_lost; j++) {
		if (b->lost[j].renamed || b->lost[j].was.uidvalidity == 0 ||
		    with_validity(b, b->lost[j].was.uidvalidity) != 2)
			continue;
		for (i = 0; i < b->n; i++) {
			box = &b->v[i];
			if (box->known || !box->told ||
			    box->uidvalidity != b->lost[j].was.uidvalidity ||
			    box->uidnext < b->lost[j].was.uidnext)
				continue;
			box->known = true;
			box->was = b->lost[j].was;
			memcpy(box->id, b->lost[j].id, sizeof(box->id));
			b->lost[j].renamed = true;
		}
	}
}

/* The id that the name gives; 'salt' more, where that one is another's. */
static void
hash_id(const char *name, unsigned salt, char id[13])
{
	uint8_t hash[DIGEST_BYTES];
	char hex[DIGEST_HEX];
	struct buf text = { 0 };

	buf_puts(&text, name);
	while (salt-- > 0)
		buf_putc(&text, '\0');
	digest_of(text.p, text.n, hash);
	digest_hex(hex, hash, 6);
	memcpy(id, hex, 12);
	id[12] = '\0';
	buf_free(&text);
}

/* Folders that were renamed keep the id that their old name gave. */
static bool
id_is_taken(const struct imap_boxes *b, const char *id)
{
	size_t i;

	for (i = 0; i < b->n_foreign; i++)
		if (strcmp(b->foreign[i], id) == 0)
			return true;
	return false;
}

static void
make_id(const struct imap_boxes *b, struct imap_box *box)
{
	unsigned salt = 0;

	do
		hash_id(box->name, salt++, box->id);
	while (id_is_taken(b, box->id));
}

static void
note_foreign(struct imap_boxes *b, const struct imap_box *box)
{
	char id[13];

	hash_id(box->name, 0, id);
	if (strcmp(id, box->id) == 0)
		return;
	b->foreign =
	    mem_grow(b->foreign, b->n_foreign + 1, sizeof(*b->foreign));
	memcpy(b->foreign[b->n_foreign++], box->id, sizeof(id));
}

static int
by_path(const void *a, const void *b)
{
	const struct imap_box *const *x = a, *const *y = b;
	int c = strcmp((*x)->path, (*y)->path);

	/* who is remembered keeps the name */
	return c != 0 ? c : (int)(*y)->known - (int)(*x)->known;
}

/* Two names that come to the same in the spool ("INBOX.INBOX"). */
static void
part_paths(struct imap_boxes *b)
{
	struct imap_box **v = mem_alloc(b->n + 1, sizeof(*v));
	size_t i, k = 0;

	for (i = 0; i < b->n; i++)
		v[i] = &b->v[i];
	if (b->n > 0)
		qsort(v, b->n, sizeof(*v), by_path);
	for (i = 1; i < b->n; i++) {
		if (strcmp(v[k]->path, v[i]->path) != 0) {
			k = i;
			continue;
		}
		v[i]->path =
		    arena_fmt(&b->names, "%s (%zu)", v[k]->path, i - k + 1);
	}
	free(v);
}

int
imap_boxes_recall(struct imap_boxes *b, struct spool *sp, struct err *err)
{
	size_t i;

	if (read_all(b, sp, err) < 0)
		return -1;
	find_renamed(b);
	for (i = 0; i < b->n; i++)
		if (b->v[i].known)
			note_foreign(b, &b->v[i]);
	for (i = 0; i < b->n; i++)
		if (b->v[i].id[0] == '\0')
			make_id(b, &b->v[i]);
	part_paths(b);
	return 0;
}
