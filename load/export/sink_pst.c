/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A spool as a PST, or as several when one would grow too large.  Messages
 * are taken apart by a sandboxed child (load/export/taker.h) and written as
 * they come (formats/pst/store.h); the same spool makes the same bytes.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/digest.h"
#include "core/mem.h"
#include "core/text.h"
#include "load/export/sink_pst_impl.h"

/* What Outlook opens without being told to: 50 GB. */
#define PST_LIMIT ((uint64_t)50 * 1000 * 1000 * 1000)

/* ------------------------------------------------------------------ files */

/* The store's own key: of this spool's source, and where it goes. */
static void
make_key(struct sink_pst *s, uint8_t key[16])
{
	char *full = realpath(".", NULL);
	const char *kind = spool_meta(s->spec.spool, "source_kind");
	uint8_t hash[DIGEST_BYTES];
	struct buf b = { 0 };

	buf_putf(&b, "postroad %s ", kind == NULL ? "" : kind);
	buf_putf(&b, "%s/%s %u",
	    s->spec.out[0] == '/' || full == NULL ? "" : full, s->spec.out,
	    outfile_number(s->out));
	digest_of(b.p, b.n, hash);
	memcpy(key, hash, 16);
	buf_free(&b);
	free(full);
}

/* What the store is called: the file's name without its ending. */
static struct slice
store_name(const char *out)
{
	const char *slash = strrchr(out, '/');
	struct slice s = slice_str(slash == NULL ? out : slash + 1);

	if (s.n > 4 && slice_is_nocase(slice_from(s, s.n - 4), ".pst"))
		s.n -= 4;
	return s;
}

static int
begin_store(struct sink_pst *s, struct err *err)
{
	struct pst_store_options o = { .name = { 0 } };
	char *name = outfile_name(s->spec.out, outfile_number(s->out));
	int rc;

	o.name = store_name(name);
	make_key(s, o.key);
	s->messages = 0;
	pst_forget_places(s);
	rc = pst_store_open(&s->store, outfile_fd(s->out), &o, err);
	free(name);
	return rc;
}

static int
end_store(struct sink_pst *s, struct err *err)
{
	if (pst_store_close(&s->store, err) < 0)
		return -1;
	return outfile_end(s->out, err);
}

/* Is there room for it?  One message is never divided. */
static int
make_room(struct sink_pst *s, uint64_t size, struct err *err)
{
	if (s->messages == 0 || pst_store_size(s->store) + size <= s->limit)
		return 0;
	if (end_store(s, err) < 0 || outfile_next(s->out, err) < 0 ||
	    begin_store(s, err) < 0)
		return -1;
	return pst_enter_place(s, err);
}

/* ------------------------------------------------------------------- sink */

static void
pst_close(struct sink *sink)
{
	struct sink_pst *s = (struct sink_pst *)sink;

	pst_store_abandon(&s->store);
	outfile_close(&s->out);
	taker_close(&s->taker);
	if (s->spool_fd >= 0)
		close(s->spool_fd);
	pst_free_places(s);
	arena_free(&s->a);
	free(s);
}

static int
pst_open(struct sink **s_r, const struct sink_spec *spec, struct err *err)
{
	struct sink_pst *s = mem_alloc(1, sizeof(*s));

	s->spec = *spec;
	s->limit = spec->split > 0 ? spec->split : PST_LIMIT;
	s->spool_fd =
	    open(spool_dir(spec->spool), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->spool_fd < 0) {
		err_sys(err, SCOPE_RUN, EX_NOINPUT, "%s",
		    spool_dir(spec->spool));
	} else if (pst_learn_roles(s, err) == 0 &&
	    outfile_open(&s->out, spec->out, spec->force, spec->split > 0,
		err) == 0 &&
	    taker_open(&s->taker, s->spool_fd, spec->report, err) == 0 &&
	    begin_store(s, err) == 0) {
		*s_r = &s->pub;
		return 0;
	}
	pst_close(&s->pub);
	return -1;
}

static int
pst_folder(struct sink *sink, const struct spool_folder *f, enum item_kind kind,
    struct err *err)
{
	struct sink_pst *s = (struct sink_pst *)sink;

	pst_add_place(s, f, kind);
	return pst_enter_place(s, err);
}

static void
pst_expect(struct sink *sink, const struct spool_entry *e)
{
	taker_ask(((struct sink_pst *)sink)->taker, e->file);
}

/* It goes along as a file, and somebody should look at it. */
static void
say_raw(struct sink_pst *s, const struct spool_entry *e, struct err *why)
{
	struct problem p = { .folder = e->msg.folder,
		.source = e->msg.source,
		.size = e->msg.size,
		.err = why,
		.warning = true };

	err_within(why, "exported as an attached file, message.eml");
	report_problem(s->spec.report, &p);
	report_add(s->spec.report, "as_attached_files", 1);
}

static int
pst_message(struct sink *sink, const struct spool_entry *e, int fd,
    struct err *err)
{
	struct sink_pst *s = (struct sink_pst *)sink;
	struct taken_files raw = { .message = fd, .message_size = e->msg.size };
	struct taken *t = NULL;
	struct err why = { 0 };
	struct item *it;
	uint32_t nid;
	int rc;

	rc = taker_answer(s->taker, fd, e->msg.size, &t, &why);
	if (rc < 0) {
		*err = why;
		return -1;
	}
	if (fd < 0)
		return -1; /* the caller's error */
	arena_reset(&s->a);
	it = pst_make_item(s, e, t, &raw, err);
	if (it == NULL || make_room(s, pst_item_size(it), err) < 0 ||
	    pst_store_message(s->store, it, &nid, err) < 0)
		return -1;
	s->messages++;
	if (rc == 0)
		say_raw(s, e, &why);
	if (e->msg.flags & MSG_DELETED)
		s->deleted++;
	return 0;
}

/* A contact, an appointment, a note: the writer knows them all. */
static int
pst_item(struct sink *sink, const struct spool_item *of, struct item *item,
    struct err *err)
{
	struct sink_pst *s = (struct sink_pst *)sink;
	uint32_t nid;

	item->uid = slice_str(of->key);
	item->flags |= ITEM_READ;
	/* a note's is its first line */
	if (item->subject.n == 0 && of->kind == KIND_NOTE)
		item->subject = slice_str(of->title);
	if (item->modified == DATE_UNKNOWN && of->modified > 0)
		item->modified = of->modified;
	if (make_room(s, pst_item_size(item), err) < 0 ||
	    pst_store_message(s->store, item, &nid, err) < 0)
		return -1;
	s->messages++;
	return 0;
}

static void
say_files(struct sink_pst *s)
{
	unsigned n = outfile_number(s->out);
	char *second = outfile_name(s->spec.out, 2);
	char *last = outfile_name(s->spec.out, n);

	report_note(s->spec.report, "written as %u files: %s, %s%s%s", n,
	    s->spec.out, second, n > 2 ? " to " : "", n > 2 ? last : "");
	free(second);
	free(last);
}

static int
pst_finish(struct sink *sink, struct err *err)
{
	struct sink_pst *s = (struct sink_pst *)sink;

	if (end_store(s, err) < 0 || outfile_commit(s->out, err) < 0)
		return -1;
	if (outfile_number(s->out) > 1)
		say_files(s);
	report_set(s->spec.report, "files",
	    js_int((int64_t)outfile_number(s->out)));
	if (s->deleted > 0)
		report_note(s->spec.report,
		    "messages marked as deleted: %llu; a PST cannot say so, "
		    "they are there as others are",
		    (unsigned long long)s->deleted);
	return 0;
}

const struct sink_ops sink_pst = {
	.name = "pst",
	.open = pst_open,
	.folder = pst_folder,
	.expect = pst_expect,
	.message = pst_message,
	.item = pst_item,
	.finish = pst_finish,
	.close = pst_close,
};
