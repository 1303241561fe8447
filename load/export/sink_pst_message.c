/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A message of the spool as an item for a PST; see sink_pst_impl.h. */
#include <stdio.h>
#include <string.h>

#include "core/buf.h"
#include "core/io.h"
#include "core/limits.h"
#include "core/mem.h"
#include "core/text.h"
#include "formats/head.h"
#include "formats/msg.h"
#include "formats/pst/codepage.h"
#include "formats/words.h"
#include "load/export/sink_pst_impl.h"

#define VALUE_BYTES_MAX ((uint64_t)UINT32_MAX)

/* ------------------------------------------------------------ not parsed */

static struct slice
keep(struct sink_pst *s, struct buf *b)
{
	struct slice v = slice_of(arena_slice(&s->a, buf_slice(b)), b->n);

	buf_free(b);
	return v;
}

static void
read_head(struct sink_pst *s, struct item *it, struct slice head)
{
	struct buf b = { 0 };
	struct slice v;

	text_repair(&b, head);
	it->headers = keep(s, &b);
	if (head_find(head, "Subject", &v)) {
		words_decode(&b, v);
		it->subject = keep(s, &b);
	}
	if (head_find(head, "Date", &v) &&
	    !date_parse_rfc5322(slice_trim(v), &it->submitted))
		it->submitted = DATE_UNKNOWN;
	if (head_find(head, "From", &v)) {
		words_decode(&b, v);
		it->from.name = keep(s, &b);
	}
	text_repair(&b, head_message_id(head));
	it->message_id = keep(s, &b);
}

/* Its header, a word why there is no more, and all of it as a file. */
static struct taken *
make_raw(struct sink_pst *s, const struct taken_files *files, struct err *err)
{
	static const char text[] =
	    "This message could not be taken apart into its parts. "
	    "All of it is attached as it was.\r\n";
	struct taken *t = arena_alloc(&s->a, sizeof(*t));
	struct taken_files *own = arena_alloc(&s->a, sizeof(*own));
	char *head = arena_alloc(&s->a, LIMIT_HEAD_BYTES);
	ssize_t n = io_pread_full(files->message, head, LIMIT_HEAD_BYTES, 0);
	struct item_attach *at;
	struct slice h;

	if (n < 0) {
		err_sys(err, SCOPE_MSG, EX_IOERR, "its file");
		return NULL;
	}
	*own = *files;
	own->blob_bytes = text;
	own->blob_size = sizeof(text) - 1;
	h = slice_of(head, (size_t)n);
	h.n = head_length(h);
	item_init(&t->pub);
	t->pub.class = slice_str("IPM.Note");
	read_head(s, &t->pub, h);
	t->pub.plain.codepage = CODEPAGE_UTF8;
	t->plain.blob.n = own->blob_size;
	t->pub.n_attachments = 1;
	t->pub.attachments = arena_alloc(&s->a, sizeof(*at));
	t->attach = arena_alloc(&s->a, sizeof(*t->attach));
	at = t->pub.attachments;
	at->method = ITEM_ATTACH_DATA;
	at->position = -1;
	at->name = slice_str("message.eml");
	at->mime = slice_str("message/rfc822");
	t->attach[0].data.message.n = files->message_size;
	taken_wire(t, own);
	return t;
}

/* ---------------------------------------------------- what the spool knows */

static void
put_flags(struct item *it, uint32_t flags)
{
	static const struct {
		uint32_t msg;
		unsigned item;
	} pairs[] = { { MSG_SEEN, ITEM_READ }, { MSG_DRAFT, ITEM_UNSENT },
		{ MSG_ANSWERED, ITEM_ANSWERED },
		{ MSG_FORWARDED, ITEM_FORWARDED },
		{ MSG_FLAGGED, ITEM_FLAGGED } };
	size_t i;

	for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		if (flags & pairs[i].msg)
			it->flags |= pairs[i].item;
}

static void
put_categories(struct sink_pst *s, struct item *it, const char *keywords)
{
	struct slice rest = slice_str(keywords), word;
	size_t n = 0;

	while (msg_keyword_next(&rest, &word))
		n++;
	it->categories = arena_alloc(&s->a, n * sizeof(*it->categories) + 1);
	for (rest = slice_str(keywords); msg_keyword_next(&rest, &word);)
		it->categories[it->n_categories++] = word;
}

/* Items in it, too, are called something, and have a date. */
static void
finish_item(struct sink_pst *s, struct taken *t, const char *uid)
{
	struct item *it = &t->pub;
	size_t i;

	it->uid = slice_str(uid);
	if (it->delivered == DATE_UNKNOWN)
		it->delivered = it->submitted;
	it->created = it->delivered;
	for (i = 0; i < it->n_attachments; i++)
		if (it->attachments[i].method == ITEM_ATTACH_ITEM)
			finish_item(s, t->attach[i].inner,
			    arena_fmt(&s->a, "%s.%zu", uid, i + 1));
}

uint64_t
pst_item_size(const struct item *it)
{
	/* text is UTF-16 in the file, tables and blocks take some more */
	uint64_t size = 16384 + 2 * it->headers.n + 2 * it->plain.stream.size +
	    it->html.stream.size + 1024 * (uint64_t)it->n_recipients;
	struct item *inner;
	struct err ignored = { 0 };
	size_t i;

	for (i = 0; i < it->n_attachments; i++) {
		const struct item_attach *at = &it->attachments[i];

		size += 4096 + at->data.size + at->data.size / 128;
		if (at->method == ITEM_ATTACH_ITEM &&
		    at->open(at->arg, &inner, &ignored) == 0)
			size += pst_item_size(inner);
	}
	return size;
}

/* A value has at most 4 GiB: found out before anything is written. */
static int
check_sizes(const struct taken *t, struct err *err)
{
	const struct item *it = &t->pub;
	char size[32];
	size_t i;

	for (i = 0; i < it->n_attachments; i++) {
		const struct item_attach *at = &it->attachments[i];

		if (at->method == ITEM_ATTACH_ITEM) {
			if (check_sizes(t->attach[i].inner, err) < 0)
				return -1;
		} else if (at->data.size > VALUE_BYTES_MAX) {
			return err_set(err, SCOPE_MSG, EX_DATAERR,
			    "its attachment '%.*s' of %s cannot be in a PST, "
			    "which has room for 4 GiB",
			    (int)at->name.n, at->name.p,
			    text_size(size, at->data.size));
		}
	}
	if (it->plain.stream.size > VALUE_BYTES_MAX / 2 ||
	    it->html.stream.size > VALUE_BYTES_MAX)
		return err_set(err, SCOPE_MSG, EX_DATAERR,
		    "its text is too large for a PST");
	return 0;
}

struct item *
pst_make_item(struct sink_pst *s, const struct spool_entry *e, struct taken *t,
    const struct taken_files *raw, struct err *err)
{
	const struct pst_place *at = &s->places[s->current];
	struct item *it;

	if (t == NULL) {
		t = make_raw(s, raw, err);
		if (t == NULL)
			return NULL;
	}
	if (check_sizes(t, err) < 0)
		return NULL;
	it = &t->pub;
	if (e->msg.received_how != RECEIVED_UNKNOWN && e->msg.received > 0)
		it->delivered = e->msg.received;
	put_flags(it, e->msg.flags);
	if (at->special_use != NULL &&
	    strcasecmp(at->special_use, "\\Sent") == 0)
		it->flags |= ITEM_FROM_ME;
	put_categories(s, it, e->msg.keywords == NULL ? "" : e->msg.keywords);
	finish_item(s, t, e->msg.key);
	return it;
}
