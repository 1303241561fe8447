/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a reader finds in a PST, as JSON Lines: folders, messages with their
 * recipients, bodies and attachments (sizes and SHA-256), notes.
 *
 *	pstdump [-r own|libpst] [-c CODEPAGE] [-t] FILE
 *
 * -t shows the text of the bodies, too.  Exits 65 when it cannot be opened.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/digest.h"
#include "core/js.h"
#include "core/mem.h"
#include "formats/pst/reader.h"

#define DEPTH_MAX  40
#define TEXT_SHOWN (1u << 20)

static bool show_text;
static const struct pst_reader_ops *ops = &pst_own_ops;

static void
print(struct js *v)
{
	struct buf b = { 0 };

	js_put(&b, v);
	puts(buf_str(&b));
	buf_free(&b);
	js_free(&v);
}

static void
on_note(void *arg, bool bad, const char *text)
{
	struct js *o = js_obj();

	(void)arg;
	js_set_str(o, "type", "note");
	js_set_bool(o, "bad", bad);
	js_set_str(o, "text", text);
	print(o);
}

static void
set_time(struct js *o, const char *key, int64_t t)
{
	js_set(o, key, t == DATE_UNKNOWN ? js_null() : js_int(t));
}

static void
set_text(struct js *o, const char *key, struct slice s)
{
	js_set(o, key, s.n == 0 ? js_null() : js_str(s));
}

/* --------------------------------------------------------------- streams */

struct tally {
	struct digest *d;
	uint64_t n;
	struct buf text;
};

static int
tally_put(void *arg, const void *data, size_t len, struct err *err)
{
	struct tally *t = arg;

	(void)err;
	digest_add(t->d, data, len);
	t->n += len;
	if (show_text && t->text.n < TEXT_SHOWN)
		buf_put(&t->text, data, len);
	return 0;
}

static void
set_stream(struct js *o, const struct item_stream *s, bool body)
{
	struct tally t = { .d = digest_new() };
	struct item_sink to = { tally_put, &t };
	uint8_t bin[DIGEST_BYTES];
	char hex[DIGEST_HEX];
	struct err err = { 0 };
	int rc = s->copy(s->arg, &to, &err);

	digest_end(t.d, bin);
	js_set_int(o, body ? "bytes" : "size", (int64_t)t.n);
	js_set_str(o, "sha256", digest_hex(hex, bin, sizeof(bin)));
	if (rc == 0)
		js_set_bool(o, "short", true);
	if (rc < 0)
		js_set_str(o, "err", err.text);
	if (show_text && body)
		js_set_slice(o, "text", buf_slice(&t.text));
	buf_free(&t.text);
	digest_free(&t.d);
}

static void
add_body(struct js *bodies, const char *name, const struct item_stream *s,
    unsigned codepage)
{
	struct js *o;

	if (s->copy == NULL)
		return;
	o = js_obj();
	js_set_int(o, "codepage", codepage);
	set_stream(o, s, true);
	js_set(bodies, name, o);
}

/* ----------------------------------------------------------------- items */

static struct js *dump_item(const struct item *it, int depth);

static struct js *
dump_attach(const struct item_attach *a, int depth)
{
	struct js *o = js_obj();
	struct item *in = NULL;
	struct err err = { 0 };

	js_set_int(o, "method", a->method);
	set_text(o, "name", a->name);
	set_text(o, "cid", a->cid);
	set_text(o, "mime", a->mime);
	set_text(o, "path", a->path);
	js_set_bool(o, "hidden", a->hidden);
	if (a->data.copy != NULL) {
		js_set_int(o, "promised", (int64_t)a->data.size);
		set_stream(o, &a->data, false);
	}
	if (a->open == NULL || depth >= DEPTH_MAX)
		return o;
	js_set_str(o, "type", "embedded");
	if (a->open(a->arg, &in, &err) == 0) {
		js_set(o, "message", dump_item(in, depth + 1));
		item_close(&in);
	} else {
		js_set_str(o, "err", err.text);
	}
	return o;
}

static struct js *
dump_person(const struct item_person *p)
{
	struct js *o = js_obj();

	set_text(o, "name", p->name);
	set_text(o, "smtp", p->smtp);
	set_text(o, "x500", p->x500);
	return o;
}

static struct js *
dump_recipients(const struct item *it)
{
	struct js *all = js_arr(), *one;
	size_t i;

	for (i = 0; i < it->n_recipients; i++) {
		const struct item_recipient *r = &it->recipients[i];

		one = js_arr();
		js_push(one, js_int(r->type));
		js_push(one, js_str(r->who.name));
		js_push(one,
		    js_str(r->who.smtp.n > 0 ? r->who.smtp : r->who.x500));
		js_push(all, one);
	}
	return all;
}

static void
dump_flags(struct js *o, const struct item *it)
{
	js_set_bool(o, "read", it->flags & ITEM_READ);
	js_set_bool(o, "unsent", it->flags & ITEM_UNSENT);
	js_set_bool(o, "answered", it->flags & ITEM_ANSWERED);
	js_set_bool(o, "forwarded", it->flags & ITEM_FORWARDED);
	js_set_bool(o, "flagged", it->flags & ITEM_FLAGGED);
	js_set_int(o, "importance", it->importance);
	js_set_int(o, "sensitivity", it->sensitivity);
}

static struct js *
dump_item(const struct item *it, int depth)
{
	struct js *o = js_obj(), *list;
	size_t i;

	js_set_int(o, "nid", (int64_t)it->nid);
	js_set_slice(o, "uid", it->uid);
	set_text(o, "class", it->class);
	set_text(o, "subject", it->subject);
	set_time(o, "delivery", it->delivered);
	set_time(o, "submit", it->submitted);
	set_time(o, "created", it->created);
	dump_flags(o, it);
	set_text(o, "message_id", it->message_id);
	set_text(o, "in_reply_to", it->in_reply_to);
	set_text(o, "references", it->references);
	js_set_bool(o, "has_headers", it->headers.n > 0);
	js_set(o, "from", dump_person(&it->from));
	js_set(o, "sender", dump_person(&it->sender));
	js_set(o, "recipients", dump_recipients(it));
	list = js_arr();
	for (i = 0; i < it->n_categories; i++)
		js_push(list, js_str(it->categories[i]));
	js_set(o, "categories", list);
	list = js_obj();
	add_body(list, "plain", &it->plain.stream, it->plain.codepage);
	add_body(list, "html", &it->html.stream, it->html.codepage);
	add_body(list, "rtf", &it->rtf, 0);
	js_set(o, "bodies", list);
	list = js_arr();
	for (i = 0; i < it->n_attachments; i++)
		js_push(list, dump_attach(&it->attachments[i], depth));
	js_set(o, "attachments", list);
	return o;
}

/* ------------------------------------------------------------------ walk */

static void
dump_folder(struct pst_reader *r, const struct pst_node *node)
{
	struct pst_folder f;
	struct err err = { 0 };
	struct js *o = js_obj();

	js_set_str(o, "type", "folder");
	js_set_int(o, "nid", (int64_t)node->nid);
	js_set_int(o, "parent", (int64_t)node->parent);
	if (ops->folder(r, node->nid, &f, &err) != 0) {
		js_set_str(o, "err", err.text);
	} else {
		js_set_slice(o, "name", f.name);
		js_set_int(o, "count", f.messages);
	}
	print(o);
}

static void
dump_message(struct pst_reader *r, const struct pst_node *node)
{
	struct item *it = NULL;
	struct err err = { 0 };
	struct js *o;

	if (ops->item(r, node->nid, &it, &err) != 0) {
		o = js_obj();
		js_set_int(o, "nid", (int64_t)node->nid);
		js_set_str(o, "err", err.text);
	} else {
		o = dump_item(it, 0);
		item_close(&it);
	}
	js_set_str(o, "type", "message");
	js_set_int(o, "parent", (int64_t)node->parent);
	print(o);
}

int
main(int argc, char **argv)
{
	struct pst_open in = { .note = on_note };
	struct pst_reader *r = NULL;
	struct pst_node node;
	struct err err = { 0 };
	int c;

	while ((c = getopt(argc, argv, "r:c:t")) != -1) {
		if (c == 'r' && optarg[0] == 'l')
			ops = &pst_libpst_ops;
		else if (c == 'c')
			in.codepage = (unsigned)strtoul(optarg, NULL, 10);
		else if (c == 't')
			show_text = true;
	}
	if (optind + 1 != argc) {
		fprintf(stderr,
		    "usage: pstdump [-r own|libpst] [-c CODEPAGE] "
		    "[-t] FILE\n");
		return 64;
	}
	in.fd = open(argv[optind], O_RDONLY | O_CLOEXEC);
	if (in.fd < 0) {
		perror(argv[optind]);
		return 66;
	}
	if (ops->open(&r, &in, &err) != 0) {
		on_note(NULL, true, err.text);
		return 65;
	}
	while (ops->next(r, &node) > 0) {
		if (node.what == PST_NODE_FOLDER)
			dump_folder(r, &node);
		else
			dump_message(r, &node);
	}
	ops->close(&r);
	close(in.fd);
	return 0;
}
