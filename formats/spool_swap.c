/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Other bytes for a message that is there.  Two files of one message must not
 * lie there together, not even after a crash: the old one goes first, with its
 * row, and a note in meta ("swap:KEY") keeps what the new row cannot know.
 */
#include <stdlib.h>

#include "core/js.h"
#include "core/mem.h"
#include "core/num.h"
#include "formats/spool_impl.h"
#include "formats/spool_source.h"

#define META_SWAP "swap:"

/* A message between its old bytes and its new ones. */
struct swap {
	struct arena a;
	char *note;
	struct msg msg;
	int64_t id; /* its place in the order */
	uint32_t source_flags;
	const char *source_keywords;
};

static void
swap_free(struct swap *w)
{
	arena_free(&w->a);
	free(w->note);
}

static int
write_note(struct spool *sp, const struct swap *w, struct err *err)
{
	struct js *o = js_obj();
	struct buf text = { 0 };
	int rc;

	js_set_int(o, "id", w->id);
	js_set_str(o, "folder", w->msg.folder);
	js_set_str(o, "source", w->msg.source);
	js_set_int(o, "flags", w->msg.flags);
	js_set_str(o, "keywords", w->msg.keywords);
	js_set_int(o, "received", w->msg.received);
	js_set_int(o, "received_how", w->msg.received_how);
	js_set_int(o, "source_flags", w->source_flags);
	js_set_str(o, "source_keywords", w->source_keywords);
	js_put(&text, o);
	rc = spool_meta_set(sp, w->note, buf_str(&text), err);
	buf_free(&text);
	js_free(&o);
	return rc;
}

/* What a run that was killed in between wrote down: 1, 0 nothing. */
static int
read_note(struct spool *sp, const char *key, struct swap *w)
{
	const char *text = spool_meta(sp, w->note);
	struct js *o = text == NULL ? NULL : js_parse(slice_str(text));
	const struct js *received;

	if (o == NULL)
		return 0;
	received = js_get(o, "received");
	w->id = js_get_int(o, "id");
	w->msg = (struct msg){ .key = arena_str(&w->a, key),
		.folder = arena_str(&w->a, js_get_str(o, "folder")),
		.source = arena_str(&w->a, js_get_str(o, "source")),
		.flags = (uint32_t)js_get_int(o, "flags"),
		.keywords = arena_str(&w->a, js_get_str(o, "keywords")),
		.received = received == NULL ? 0 : js_get_int(o, "received"),
		.received_how =
		    (enum received_how)js_get_int(o, "received_how") };
	w->source_flags = (uint32_t)js_get_int(o, "source_flags");
	w->source_keywords = arena_str(&w->a, js_get_str(o, "source_keywords"));
	js_free(&o);
	return 1;
}

static void
copy_entry(struct swap *w, const struct spool_entry *e)
{
	w->id = e->id;
	w->msg = e->msg;
	w->msg.key = arena_str(&w->a, e->msg.key);
	w->msg.folder = arena_str(&w->a, e->msg.folder);
	w->msg.source = arena_str(&w->a, e->msg.source);
	w->msg.keywords = arena_str(&w->a, e->msg.keywords);
	w->source_flags = e->source_flags;
	w->source_keywords = arena_str(&w->a, e->source_keywords);
}

static int
swap_begin(struct spool *sp, const char *key, const char *folder,
    struct swap *w, struct err *err)
{
	struct spool_entry e;
	int rc = spool_find(sp, key, &e, err);

	bool noted;

	if (rc == 1)
		copy_entry(w, &e);
	w->note = mem_fmt(META_SWAP "%s", key);
	/* a file that came back since was adopted: its row knows less */
	noted = read_note(sp, key, w) == 1;
	if (rc == 1) {
		if ((!noted && write_note(sp, w, err) < 0) ||
		    spool_remove(sp, w->msg.key, err) < 0 ||
		    spool_flush(sp, err) < 0)
			return -1;
	} else if (rc == 0 && !noted) {
		return err_set(err, SCOPE_RUN, EX_SOFTWARE,
		    "spool '%s': no message has key '%s'", sp->dir, key);
	}
	if (folder != NULL)
		w->msg.folder = folder;
	return rc < 0 ? -1 : 0;
}

/* Its row is there again: with what it had. */
static int
swap_end(struct spool *sp, struct swap *w, struct err *err)
{
	int64_t taken;

	if (ledger_number(sp->ledger, &taken, err,
		"SELECT count(*) FROM message WHERE id=? AND key<>?", "it",
		w->id, w->msg.key) < 0 ||
	    spool_change(sp, err) < 0)
		return -1;
	if (taken == 0 &&
	    ledger_do(sp->ledger, err, "UPDATE message SET id=? WHERE key=?",
		"it", w->id, w->msg.key) < 0)
		return -1;
	if (ledger_do(sp->ledger, err,
		"UPDATE message SET keywords=?,source_flags=?,"
		"source_keywords=? WHERE key=?",
		"titt", w->msg.keywords, (int64_t)w->source_flags,
		w->source_keywords, w->msg.key) < 0)
		return -1;
	return spool_meta_remove(sp, w->note, err);
}

int
spool_is_swapped(struct spool *sp, const char *key)
{
	char *note = mem_fmt(META_SWAP "%s", key);
	int rc = spool_meta(sp, note) != NULL;

	free(note);
	return rc;
}

int
spool_forget_swap(struct spool *sp, const char *key, struct err *err)
{
	char *note = mem_fmt(META_SWAP "%s", key);
	int rc = 0;

	if (spool_meta(sp, note) != NULL)
		rc = spool_meta_remove(sp, note, err);
	free(note);
	return rc;
}

int
spool_settle_swap(struct spool *sp, const char *key, struct err *err)
{
	struct swap w = { .note = mem_fmt(META_SWAP "%s", key) };
	int rc = 0;

	if (read_note(sp, key, &w) == 1)
		rc = swap_end(sp, &w, err);
	swap_free(&w);
	return rc;
}

int
spool_replace(struct spool *sp, struct spool_draft **dp, const char *key,
    const char *folder, const uint8_t *source_sha256, struct err *err)
{
	struct swap w = { .note = NULL };
	int rc = swap_begin(sp, key, folder, &w, err);

	if (rc < 0)
		spool_discard(dp);
	else if (spool_commit(dp, &w.msg, source_sha256, err) < 0 ||
	    swap_end(sp, &w, err) < 0)
		rc = -1;
	swap_free(&w);
	return rc;
}

int
spool_replace_link(struct spool *sp, struct spool *from,
    const struct spool_entry *e, const char *folder, struct err *err)
{
	struct swap w = { .note = NULL };
	int rc = swap_begin(sp, e->msg.key, folder, &w, err);

	if (rc == 0 &&
	    (spool_link(sp, from, e, &w.msg, err) < 0 ||
		swap_end(sp, &w, err) < 0))
		rc = -1;
	swap_free(&w);
	return rc;
}
