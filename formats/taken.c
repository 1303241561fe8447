/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Messages taken apart, on their way between processes; see taken.h. */
#include "formats/taken.h"

#include "core/frame.h"

#define STRING_MAX TAKEN_PACKED_MAX

/* --------------------------------------------------------------- streams */

static int
copy_bytes(void *arg, const struct item_sink *to, struct err *err)
{
	const struct taken_bytes *b = arg;
	int rc = 1, one;

	if (b->blob.n > 0 && b->files->blob_bytes != NULL)
		rc = to->put(to->arg, b->files->blob_bytes + b->blob.from,
			 b->blob.n, err) != 0
		    ? -1
		    : 1;
	else if (b->blob.n > 0)
		rc = span_copy(b->files->blob, &b->blob, to, err);
	if (rc < 0 || b->message.n == 0)
		return rc;
	one = span_copy(b->files->message, &b->message, to, err);
	return one < rc ? one : rc;
}

static void
wire_stream(struct item_stream *s, struct taken_bytes *b,
    const struct taken_files *files)
{
	b->files = files;
	s->copy = copy_bytes;
	s->arg = b;
	s->size = b->blob.n + span_size(&b->message);
}

static void
close_nothing(struct item *it)
{
	(void)it;
}

static int
open_inner(void *arg, struct item **item_r, struct err *err)
{
	(void)err;
	*item_r = &((struct taken_attach *)arg)->inner->pub;
	return 0;
}

void
taken_wire(struct taken *t, const struct taken_files *files)
{
	size_t i;

	t->pub.close = close_nothing;
	if (t->pub.plain.codepage != 0)
		wire_stream(&t->pub.plain.stream, &t->plain, files);
	if (t->pub.html.codepage != 0)
		wire_stream(&t->pub.html.stream, &t->html, files);
	for (i = 0; i < t->pub.n_attachments; i++) {
		struct item_attach *at = &t->pub.attachments[i];

		if (at->method == ITEM_ATTACH_ITEM) {
			at->open = open_inner;
			at->arg = &t->attach[i];
			taken_wire(t->attach[i].inner, files);
		} else {
			wire_stream(&at->data, &t->attach[i].data, files);
		}
	}
}

/* --------------------------------------------------------------- packing */

static void
put_str(struct buf *out, struct slice s)
{
	frame_put_str(out, s, STRING_MAX);
}

static void
put_bytes(struct buf *out, const struct taken_bytes *b)
{
	frame_put_u64(out, b->blob.from);
	frame_put_u64(out, b->blob.n);
	frame_put_u32(out, (uint32_t)b->message.how);
	frame_put_u64(out, b->message.from);
	frame_put_u64(out, b->message.n);
}

static void
put_person(struct buf *out, const struct item_person *who)
{
	put_str(out, who->name);
	put_str(out, who->smtp);
}

static void
put_attach(struct buf *out, const struct item_attach *at,
    const struct taken_attach *ta)
{
	frame_put_u32(out, (uint32_t)at->method);
	put_str(out, at->name);
	put_str(out, at->title);
	put_str(out, at->mime);
	put_str(out, at->cid);
	put_str(out, at->location);
	put_str(out, at->charset);
	put_str(out, at->disposition);
	frame_put_u32(out, (at->related ? 1 : 0) | (at->hidden ? 2 : 0));
	if (at->method == ITEM_ATTACH_ITEM)
		taken_pack(out, ta->inner);
	else
		put_bytes(out, &ta->data);
}

void
taken_pack(struct buf *out, const struct taken *t)
{
	const struct item *it = &t->pub;
	size_t i;

	put_str(out, it->class);
	put_str(out, it->headers);
	put_str(out, it->subject);
	put_str(out, it->message_id);
	put_str(out, it->in_reply_to);
	put_str(out, it->references);
	put_str(out, it->topic);
	put_str(out, it->thread_index);
	put_str(out, it->reply_to);
	put_person(out, &it->from);
	put_person(out, &it->sender);
	frame_put_u32(out, (uint32_t)it->n_recipients);
	for (i = 0; i < it->n_recipients; i++) {
		frame_put_u32(out, (uint32_t)it->recipients[i].type);
		put_person(out, &it->recipients[i].who);
	}
	frame_put_u64(out, (uint64_t)it->submitted);
	frame_put_u64(out, (uint64_t)it->delivered);
	frame_put_u32(out, it->flags);
	frame_put_u32(out, (uint32_t)it->importance);
	frame_put_u32(out, (uint32_t)it->priority);
	frame_put_u32(out, (uint32_t)it->sensitivity);
	frame_put_u32(out, it->internet_codepage);
	frame_put_u32(out, it->plain.codepage);
	frame_put_u32(out, it->html.codepage);
	put_bytes(out, &t->plain);
	put_bytes(out, &t->html);
	frame_put_u32(out, (uint32_t)it->n_attachments);
	for (i = 0; i < it->n_attachments; i++)
		put_attach(out, &it->attachments[i], &t->attach[i]);
}

/* ------------------------------------------------------------- unpacking */

struct unpack {
	struct slice rest;
	const struct taken_files *files;
	struct arena *a;
	unsigned parts;
	bool bad;
};

static struct slice
get_str(struct unpack *u)
{
	return frame_str(&u->rest, STRING_MAX, &u->bad);
}

static uint32_t
get_u32(struct unpack *u)
{
	return frame_u32(&u->rest, &u->bad);
}

static int32_t
get_small(struct unpack *u, int32_t lo, int32_t hi)
{
	int32_t v = (int32_t)get_u32(u);

	if (v < lo || v > hi)
		u->bad = true;
	return v;
}

static bool
is_inside(const struct span *s, uint64_t size)
{
	return s->from <= size && s->n <= size - s->from;
}

static void
get_bytes(struct unpack *u, struct taken_bytes *b)
{
	b->blob.from = frame_u64(&u->rest, &u->bad);
	b->blob.n = frame_u64(&u->rest, &u->bad);
	b->message.how =
	    (enum span_how)get_small(u, SPAN_RAW, SPAN_HOW_COUNT - 1);
	b->message.from = frame_u64(&u->rest, &u->bad);
	b->message.n = frame_u64(&u->rest, &u->bad);
	if (!is_inside(&b->blob, u->files->blob_size) ||
	    !is_inside(&b->message, u->files->message_size))
		u->bad = true;
}

static void
get_person(struct unpack *u, struct item_person *who)
{
	who->name = get_str(u);
	who->smtp = get_str(u);
}

static struct taken *get_taken(struct unpack *u, unsigned depth);

static void
get_attach(struct unpack *u, struct item_attach *at, struct taken_attach *ta,
    unsigned depth)
{
	uint32_t how;

	at->position = -1;
	at->method = (enum item_attach_method)get_small(u, ITEM_ATTACH_DATA,
	    ITEM_ATTACH_ITEM);
	at->name = get_str(u);
	at->title = get_str(u);
	at->mime = get_str(u);
	at->cid = get_str(u);
	at->location = get_str(u);
	at->charset = get_str(u);
	at->disposition = get_str(u);
	how = get_u32(u);
	at->related = (how & 1) != 0;
	at->hidden = (how & 2) != 0;
	if (at->method == ITEM_ATTACH_ITEM)
		ta->inner = get_taken(u, depth + 1);
	else if (at->method == ITEM_ATTACH_DATA)
		get_bytes(u, &ta->data);
	else
		u->bad = true;
}

static void
get_people(struct unpack *u, struct item *it)
{
	size_t i, n = get_u32(u);

	/* each takes 12 bytes at least */
	if (n > TAKEN_PEOPLE_MAX || n > u->rest.n / 12) {
		u->bad = true;
		return;
	}
	it->n_recipients = n;
	it->recipients = arena_alloc(u->a, n * sizeof(*it->recipients) + 1);
	for (i = 0; i < n && !u->bad; i++) {
		it->recipients[i].type =
		    (enum item_recipient_type)get_small(u, ITEM_TO, ITEM_BCC);
		get_person(u, &it->recipients[i].who);
	}
}

static void
get_attachments(struct unpack *u, struct taken *t, unsigned depth)
{
	size_t i, n = get_u32(u);

	u->parts += (unsigned)(n < TAKEN_PARTS_MAX ? n : TAKEN_PARTS_MAX + 1);
	if (u->parts > TAKEN_PARTS_MAX || n > u->rest.n / 32) {
		u->bad = true;
		return;
	}
	t->pub.n_attachments = n;
	t->pub.attachments =
	    arena_alloc(u->a, n * sizeof(*t->pub.attachments) + 1);
	t->attach = arena_alloc(u->a, n * sizeof(*t->attach) + 1);
	for (i = 0; i < n && !u->bad; i++)
		get_attach(u, &t->pub.attachments[i], &t->attach[i], depth);
}

static struct taken *
get_taken(struct unpack *u, unsigned depth)
{
	struct taken *t = arena_alloc(u->a, sizeof(*t));
	struct item *it = &t->pub;

	item_init(it);
	if (depth > TAKEN_DEPTH_MAX)
		u->bad = true;
	if (u->bad)
		return t;
	it->class = get_str(u);
	it->headers = get_str(u);
	it->subject = get_str(u);
	it->subject_exact = true;
	it->message_id = get_str(u);
	it->in_reply_to = get_str(u);
	it->references = get_str(u);
	it->topic = get_str(u);
	it->thread_index = get_str(u);
	it->reply_to = get_str(u);
	get_person(u, &it->from);
	get_person(u, &it->sender);
	get_people(u, it);
	it->submitted = (int64_t)frame_u64(&u->rest, &u->bad);
	it->delivered = (int64_t)frame_u64(&u->rest, &u->bad);
	it->flags = get_u32(u);
	it->importance = get_small(u, 0, 2);
	it->priority = get_small(u, -1, 1);
	it->sensitivity = get_small(u, 0, 3);
	it->internet_codepage = get_u32(u) & 0xffff;
	it->plain.codepage = get_u32(u) & 0xffff;
	it->html.codepage = get_u32(u) & 0xffff;
	get_bytes(u, &t->plain);
	get_bytes(u, &t->html);
	get_attachments(u, t, depth);
	return t;
}

struct taken *
taken_unpack(struct slice packed, const struct taken_files *files,
    struct arena *a)
{
	struct unpack u = { .rest = packed, .files = files, .a = a };
	struct taken *t = get_taken(&u, 0);

	if (u.bad || u.rest.n > 0)
		return NULL;
	taken_wire(t, files);
	return t;
}
