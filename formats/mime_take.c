/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which part of a message is what; see mime_take.h. */
#include "formats/mime_take.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/mem.h"
#include "formats/head.h"
#include "formats/mime_take_impl.h"

/* Parts as they find their place. */
struct pick {
	struct take *t;
	struct taken *to;
	const struct entity *plain, *html;
	/* the alternatives that these were among; NULL: none */
	const struct entity *plain_alt, *html_alt;
	bool bodies_only;	  /* the message is attached as a whole */
	const struct entity **at; /* attachments */
	bool *related;
	size_t n;
};

static int take_item(struct take *t, const struct entity *e,
    struct taken **to_r, struct err *err);

static bool
is_type(const struct entity *e, const char *type)
{
	return strcmp(e->type, type) == 0;
}

static bool
has_name(const struct entity *e)
{
	return *e->filename != '\0' || *e->type_name != '\0';
}

/* ------------------------------------------------------- choosing bodies */

static void
pick_attach(struct pick *p, const struct entity *e, bool related)
{
	if (p->bodies_only)
		return;
	if ((p->n & 15) == 0) {
		p->at = mem_grow(p->at, p->n + 16, sizeof(*p->at));
		p->related =
		    mem_grow(p->related, p->n + 16, sizeof(*p->related));
	}
	p->at[p->n] = e;
	p->related[p->n++] = related;
}

/*
 * A text that is to be shown is the body if there is none yet, or if it is
 * the other form of it.  What follows a body is not: shown in its place, it
 * would hide it.
 */
static bool
pick_body(struct pick *p, const struct entity *e, const struct entity *alt)
{
	if (strcmp(e->disposition, "attachment") == 0 ||
	    (has_name(e) && e->up != NULL && e->up->kind == ENTITY_MULTI))
		return false;
	if (is_type(e, "text/plain") && p->plain == NULL &&
	    (p->html == NULL || (alt != NULL && p->html_alt == alt))) {
		p->plain = e;
		p->plain_alt = alt;
		return true;
	}
	if (is_type(e, "text/html") && p->html == NULL &&
	    (p->plain == NULL || (alt != NULL && p->plain_alt == alt))) {
		p->html = e;
		p->html_alt = alt;
		return true;
	}
	return false;
}

static void pick(struct pick *p, const struct entity *e,
    const struct entity *alt, bool related);

/* multipart/related, RFC 2387: one part is what is shown, the rest is for
 * it. */
static void
pick_related(struct pick *p, const struct entity *e, const struct entity *alt)
{
	const struct entity *root = e->first, *c;
	const char *start = e->start;
	size_t n = strlen(start);

	if (n >= 2 && start[0] == '<' && start[n - 1] == '>') {
		start++;
		n -= 2;
	}
	for (c = e->first; n > 0 && c != NULL; c = c->next)
		if (c->cid.n == n && memcmp(c->cid.p, start, n) == 0)
			root = c;
	pick(p, root, alt, false);
	for (c = e->first; c != NULL; c = c->next)
		if (c != root)
			pick(p, c, NULL, true);
}

static void
pick(struct pick *p, const struct entity *e, const struct entity *alt,
    bool related)
{
	const struct entity *c;

	if (e->kind != ENTITY_MULTI) {
		if (related || e->kind == ENTITY_MESSAGE ||
		    !pick_body(p, e, alt))
			pick_attach(p, e, related);
		return;
	}
	if (is_type(e, "multipart/related") && !related) {
		pick_related(p, e, alt);
		return;
	}
	if (is_type(e, "multipart/alternative") && alt == NULL)
		alt = e;
	for (c = e->first; c != NULL; c = c->next)
		pick(p, c, alt, related);
}

/* No text at all, but one in its place that is merely called something. */
static void
pick_named(struct pick *p)
{
	const struct entity *e = p->n == 0 ? NULL : p->at[0];

	if (e == NULL || p->plain != NULL || p->html != NULL || p->related[0] ||
	    e->kind != ENTITY_LEAF || e->body == e->end ||
	    *e->disposition != '\0' || *e->filename != '\0')
		return;
	if (is_type(e, "text/plain"))
		p->plain = e;
	else if (is_type(e, "text/html"))
		p->html = e;
	else
		return;
	p->n--;
	memmove(p->at, p->at + 1, p->n * sizeof(*p->at));
	memmove(p->related, p->related + 1, p->n * sizeof(*p->related));
}

/* ----------------------------------------------------------- attachments */

static const char *
ending_of(const struct entity *e)
{
	static const struct {
		const char *type, *ending;
	} endings[] = {
		{ "text/plain", "txt" },
		{ "text/html", "htm" },
		{ "text/calendar", "ics" },
		{ "text/vcard", "vcf" },
		{ "text/x-vcard", "vcf" },
		{ "text/csv", "csv" },
		{ "text/rfc822-headers", "txt" },
		{ "message/delivery-status", "txt" },
		{ "message/disposition-notification", "txt" },
		{ "message/rfc822", "eml" },
		{ "message/global", "eml" },
		{ "message/news", "eml" },
		{ "image/jpeg", "jpg" },
		{ "image/png", "png" },
		{ "image/gif", "gif" },
		{ "image/bmp", "bmp" },
		{ "image/tiff", "tif" },
		{ "image/svg+xml", "svg" },
		{ "application/pdf", "pdf" },
		{ "application/zip", "zip" },
		{ "application/rtf", "rtf" },
		{ "application/msword", "doc" },
		{ "application/pgp-signature", "asc" },
		{ "application/pgp-encrypted", "txt" },
		{ "application/pkcs7-signature", "p7s" },
		{ "application/x-pkcs7-signature", "p7s" },
		{ "application/ms-tnef", "dat" },
		{ "audio/mpeg", "mp3" },
		{ "video/mp4", "mp4" },
	};
	size_t i;

	for (i = 0; i < sizeof(endings) / sizeof(endings[0]); i++)
		if (is_type(e, endings[i].type))
			return endings[i].ending;
	return strncmp(e->type, "text/", 5) == 0 ? "txt" : "bin";
}

static int
take_attach(struct pick *p, size_t i, struct err *err)
{
	const struct entity *e = p->at[i];
	struct item_attach *at = &p->to->pub.attachments[i];
	struct taken_attach *ta = &p->to->attach[i];
	bool text = strncmp(e->type, "text/", 5) == 0;

	at->position = -1;
	at->mime = slice_str(e->type);
	at->cid = e->cid;
	at->location = e->location;
	at->related = p->related[i];
	at->disposition = slice_str(e->disposition);
	at->name = slice_str(*e->filename != '\0' ? e->filename : e->type_name);
	if (at->name.n == 0) {
		at->name = slice_str(arena_fmt(p->t->a, "ATT%05zu.%s",
		    (i + 1) % 100000, ending_of(e)));
		if (at->disposition.n == 0)
			at->disposition =
			    slice_str(text ? "inline" : "attachment");
	}
	if (text)
		at->charset = slice_str(e->charset);
	if (e->kind == ENTITY_MESSAGE && e->first != NULL) {
		at->method = ITEM_ATTACH_ITEM;
		if (take_item(p->t, e->first, &ta->inner, err) < 0)
			return -1;
		at->title = ta->inner->pub.subject;
		ta->inner->pub.flags |= ITEM_READ;
		return 0;
	}
	at->method = ITEM_ATTACH_DATA;
	ta->data.message = (struct span){ e->how, e->body, e->end - e->body };
	return 0;
}

static void
make_room(struct pick *p, size_t n)
{
	p->to->pub.n_attachments = n;
	p->to->pub.attachments =
	    arena_alloc(p->t->a, n * sizeof(struct item_attach) + 1);
	p->to->attach =
	    arena_alloc(p->t->a, n * sizeof(struct taken_attach) + 1);
}

/* ----------------------------------------------------------------- S/MIME */

static bool
is_pkcs7(const struct entity *e)
{
	return e->kind == ENTITY_LEAF &&
	    (is_type(e, "application/pkcs7-mime") ||
		is_type(e, "application/x-pkcs7-mime"));
}

/* The Content- fields as they stand, and the body: what was signed is in
 * there to the byte. */
static int
take_signed(struct pick *p, const struct entity *e, struct err *err)
{
	struct item_attach *at;
	struct taken_bytes *data;
	struct slice rest = e->head, name, value;
	struct buf head = { 0 };
	int rc;

	make_room(p, 1);
	at = p->to->pub.attachments;
	data = &p->to->attach[0].data;
	while (head_next(&rest, &name, &value))
		if (name.n > 8 &&
		    slice_is_nocase(slice_of(name.p, 8), "Content-")) {
			buf_put(&head, name.p, name.n);
			buf_putc(&head, ':');
			buf_put(&head, value.p, value.n);
			buf_puts(&head, "\r\n");
		}
	buf_puts(&head, "\r\n");
	data->blob.from = p->t->blob_at;
	data->blob.n = head.n;
	rc = take_blob(p->t, head.p, head.n, err);
	buf_free(&head);
	data->message = (struct span){ SPAN_RAW, e->body, e->end - e->body };
	p->to->pub.class = slice_str("IPM.Note.SMIME.MultipartSigned");
	at->method = ITEM_ATTACH_DATA;
	at->position = -1;
	at->name = slice_str("SMIME.txt");
	at->mime = slice_str("multipart/signed");
	return rc;
}

static void
take_pkcs7(struct pick *p, const struct entity *e)
{
	struct item_attach *at;

	make_room(p, 1);
	at = p->to->pub.attachments;
	p->to->pub.class = slice_str("IPM.Note.SMIME");
	at->method = ITEM_ATTACH_DATA;
	at->position = -1;
	at->name = slice_str(*e->filename != '\0' ? e->filename
		: *e->type_name != '\0'		  ? e->type_name
						  : "smime.p7m");
	at->mime = slice_str("application/pkcs7-mime");
	p->to->attach[0].data.message =
	    (struct span){ e->how, e->body, e->end - e->body };
}

/* ------------------------------------------------------------------ whole */

static int
take_parts(struct pick *p, const struct entity *e, struct err *err)
{
	size_t i;

	if (is_pkcs7(e)) {
		take_pkcs7(p, e);
		return 0;
	}
	p->bodies_only =
	    e->kind == ENTITY_MULTI && is_type(e, "multipart/signed");
	pick(p, e, NULL, false);
	pick_named(p);
	if (p->plain != NULL && take_plain(p->t, p->plain, p->to, err) < 0)
		return -1;
	if (p->html != NULL && take_html(p->t, p->html, p->to, err) < 0)
		return -1;
	if (p->bodies_only)
		return take_signed(p, e, err);
	make_room(p, p->n);
	for (i = 0; i < p->n; i++)
		if (take_attach(p, i, err) < 0)
			return -1;
	return 0;
}

static int
take_item(struct take *t, const struct entity *e, struct taken **to_r,
    struct err *err)
{
	struct pick p = { .t = t };
	int rc;

	p.to = *to_r = arena_alloc(t->a, sizeof(**to_r));
	item_init(&p.to->pub);
	p.to->pub.class = slice_str("IPM.Note");
	take_head(t, p.to, e);
	rc = take_parts(&p, e, err);
	free(p.at);
	free(p.related);
	return rc;
}

int
take_blob(struct take *t, const void *data, size_t len, struct err *err)
{
	t->blob_at += len;
	return len == 0 ? 0 : t->blob->put(t->blob->arg, data, len, err);
}

int
mime_take(int fd, const struct item_sink *blob, struct arena *a,
    struct taken **t_r, struct err *err)
{
	struct take t = { .fd = fd, .blob = blob, .a = a };
	struct entity *root;

	if (mime_scan(fd, a, &root, err) < 0)
		return -1;
	return take_item(&t, root, t_r, err);
}
