/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Write an item as a message, part by part; see mime_build.h. */
#include "formats/mime_impl.h"

#include <gmime/gmime.h>
#include <stdlib.h>

#include "core/mem.h"

static int put_item(struct mime_out *o, const struct item *it, int depth);

void
mime_init(void)
{
	g_mime_init();
}

static void
put_content_type(struct mime_out *o, const struct part *part)
{
	struct mime_field f;

	field_begin(&f, "Content-Type");
	field_word(&f, slice_str(part->type));
	buf_puts(&f.text, part->params);
	f.column += strlen(part->params);
	if (part->boundary[0] != '\0')
		field_param(&f, "boundary", slice_str(part->boundary));
	/* there it is where the file is */
	if (strcmp(part->type, "message/external-body") != 0)
		field_param_old(&f, "name", part->name);
	field_end(&f, o);
}

static void
put_disposition(struct mime_out *o, const struct part *part)
{
	struct mime_field f;

	if (part->cid.n > 0) {
		out_str(o, "Content-ID: <");
		out_put(o, part->cid.p, part->cid.n);
		out_str(o, ">\r\n");
	}
	if (part->location.n > 0) {
		out_str(o, "Content-Location: ");
		out_put(o, part->location.p, part->location.n);
		out_str(o, "\r\n");
	}
	if (!part->attached)
		return;
	field_begin(&f, "Content-Disposition");
	field_word(&f, slice_str(part->inlined ? "inline" : "attachment"));
	field_param(&f, "filename", part->name);
	field_end(&f, o);
}

static void
put_encoding(struct mime_out *o, enum mime_encoding how)
{
	out_fmt(o, "Content-Transfer-Encoding: %s\r\n",
	    mime_encoding_name(how));
}

static void
put_part_head(struct mime_out *o, const struct part *part,
    enum mime_encoding how)
{
	put_content_type(o, part);
	put_disposition(o, part);
	if (part->kind != PART_MULTI && part->kind != PART_MESSAGE)
		put_encoding(o, how);
	out_str(o, "\r\n");
}

static void
say_short(struct mime_out *o, const struct part *part, int rc)
{
	if (rc != 0)
		return;
	if (part->attached)
		out_problem(o, "attachment '%.*s' ends early",
		    (int)part->name.n, part->name.p);
	else
		out_problem(o, "its %s body ends early", part->type);
}

/* A message that cannot be read leaves an empty file of its name. */
static void
put_lost_message(struct mime_out *o, struct part *part, const char *why)
{
	out_problem(o, "the message '%.*s' in it %s", (int)part->name.n,
	    part->name.p, why);
	part->type = "application/octet-stream";
	part->kind = PART_DATA;
	put_part_head(o, part, MIME_BASE64);
}

/* S/MIME content may have 8-bit bytes; everything else is 7-bit here. */
static bool
may_be_8bit(const struct item *it)
{
	return it->class.n >= 14 &&
	    slice_is_nocase(slice_of(it->class.p, 14), "IPM.Note.SMIME");
}

static void
put_message(struct mime_out *o, struct part *part, int depth)
{
	const struct item_attach *at = part->attach;
	struct item *inner = NULL;
	struct err err = { 0 };

	if (depth >= MIME_DEPTH_MAX) {
		put_lost_message(o, part, "lies too deep");
		return;
	}
	if (o->embedded++ >= MIME_EMBEDDED_MAX) {
		put_lost_message(o, part, "is one of too many");
		return;
	}
	if (at->open == NULL || at->open(at->arg, &inner, &err) != 0) {
		put_lost_message(o, part, "cannot be read");
		return;
	}
	put_content_type(o, part);
	put_disposition(o, part);
	if (may_be_8bit(inner))
		put_encoding(o, MIME_8BIT);
	out_str(o, "\r\n");
	put_item(o, inner, depth + 1);
	item_close(&inner);
}

static void put_part(struct mime_out *o, struct part *part, int depth);

static void
put_multi(struct mime_out *o, struct part *part, int depth)
{
	struct part *child;

	put_part_head(o, part, MIME_7BIT);
	for (child = part->first; child != NULL; child = child->next) {
		out_fmt(o, "--%s\r\n", part->boundary);
		put_part(o, child, depth);
		out_str(o, "\r\n");
	}
	out_fmt(o, "--%s--\r\n", part->boundary);
}

static void
put_part(struct mime_out *o, struct part *part, int depth)
{
	enum mime_encoding how;

	switch (part->kind) {
	case PART_MULTI:
		put_multi(o, part, depth);
		break;
	case PART_MESSAGE:
		put_message(o, part, depth);
		break;
	case PART_TEXT:
		how = mime_text_encoding(&part->bytes);
		put_part_head(o, part, how);
		say_short(o, part, mime_put_text(o, &part->bytes, how));
		break;
	case PART_PLAIN:
		put_part_head(o, part, MIME_7BIT);
		say_short(o, part, mime_put_text(o, &part->bytes, MIME_7BIT));
		break;
	case PART_DATA:
		put_part_head(o, part, MIME_BASE64);
		say_short(o, part, mime_put_base64(o, &part->bytes));
		break;
	}
}

static int
put_item(struct mime_out *o, const struct item *it, int depth)
{
	struct arena a = { 0 };
	struct mime_plan plan = { .a = &a, .it = it, .o = o };
	struct part *root;

	mime_put_head(o, it);
	if (!mime_put_smime(o, it)) {
		root = mime_plan_item(&plan);
		out_str(o, "MIME-Version: 1.0\r\n");
		put_part(o, root, depth);
	}
	buf_free(&plan.text);
	buf_free(&plan.report);
	buf_free(&plan.calendar);
	arena_free(&a);
	return o->failed ? -1 : 0;
}

int
mime_build(const struct item *item, const struct mime_opts *opts,
    const struct item_sink *to, struct err *err)
{
	struct mime_out *o = mem_alloc(1, sizeof(*o));
	int rc;

	o->to = to;
	o->opts = opts;
	o->err = err;
	put_item(o, item, 0);
	if (o->last != '\n')
		out_str(o, "\r\n");
	rc = out_end(o);
	free(o);
	return rc;
}
