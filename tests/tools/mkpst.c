/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Makes PSTs for tests and benchmarks, with the project's own writer:
 *
 *	mkpst many OUT.pst MESSAGES FOLDERS ATTACHMENT-BYTES SEED
 *	mkpst odd OUT.pst	everything the corpus has not, small
 *	mkpst deep OUT.pst	messages in messages, ten deep
 *	mkpst crowd OUT.pst	a message to 300 people
 *	mkpst large OUT.pst BYTES	one attachment of that size
 *	mkpst split OUT.pst MESSAGES AT	so many of them in A, the rest in B:
 *					the node ids are those of any other AT
 *
 *	mkpst smime OUT.pst SIGNED ENVELOPED	the two kinds of S/MIME mail
 *
 * The same arguments give the same bytes.  ENCODE=0: not encoded, ENCODE=2:
 * high encryption.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/num.h"
#include "formats/pst/store.h"

#define T0 1331000000 /* 2012-03-06 */

static struct err err;

static void
check(int rc)
{
	if (rc < 0) {
		fprintf(stderr, "mkpst: %s\n", err.text);
		exit(1);
	}
}

/* Bytes of a pattern that depends on 'seed', as many as asked for. */
struct pattern {
	uint64_t size;
	uint32_t seed;
	bool text; /* lines of letters */
};

static int
copy_pattern(void *arg, const struct item_sink *to, struct err *e)
{
	static char block[65536];
	const struct pattern *p = arg;
	uint64_t left = p->size, n;
	uint32_t x = p->seed * 2654435761u + 1;
	size_t i;

	for (i = 0; i < sizeof(block) && i < p->size; i++) {
		x ^= x << 13;
		x ^= x >> 17;
		x ^= x << 5;
		block[i] = p->text
		    ? (i % 64 == 63 ? '\n' : (char)('a' + x % 26))
		    : (char)x;
	}
	while (left > 0) {
		n = left < sizeof(block) ? left : sizeof(block);
		if (to->put(to->arg, block, (size_t)n, e) < 0)
			return -1;
		left -= n;
	}
	return 1;
}

static int
copy_text(void *arg, const struct item_sink *to, struct err *e)
{
	const char *s = arg;

	return to->put(to->arg, s, strlen(s), e) < 0 ? -1 : 1;
}

static struct item_stream
text_stream(char *s)
{
	return (struct item_stream){ copy_text, s, strlen(s) };
}

static void
no_close(struct item *item)
{
	(void)item;
}

static char uid[64], subject[200], message_id[80];

static void
begin(struct item *m, const char *what, unsigned n)
{
	item_init(m);
	m->close = no_close;
	snprintf(uid, sizeof(uid), "%s.%u", what, n);
	snprintf(subject, sizeof(subject), "%s %u", what, n);
	snprintf(message_id, sizeof(message_id), "<%s.%u@example.org>", what,
	    n);
	m->uid = slice_str(uid);
	m->class = slice_str("IPM.Note");
	m->subject = slice_str(subject);
	m->message_id = slice_str(message_id);
	m->from.name = slice_str("Front Desk");
	m->from.smtp = slice_str("desk@example.org");
	m->submitted = T0 + 60 * (int64_t)n;
	m->delivered = m->submitted + 5;
	m->created = m->submitted + 6;
	m->flags = ITEM_READ;
}

static struct item_recipient to_sales = { .type = ITEM_TO,
	.who = { .name = { "Sales", 5 },
	    .smtp = { "sales@example.org", 17 } } };

static void
put(struct pst_store_out *s, struct item *m)
{
	uint32_t nid;

	check(pst_store_message(s, m, &nid, &err));
}

static void
folder(struct pst_store_out *s, uint32_t parent, const char *name,
    uint32_t *nid_r)
{
	*nid_r = pst_store_folder(s, parent, slice_str(name), NULL, &err);
	if (*nid_r == 0)
		check(-1);
}

static void
make_many(struct pst_store_out *s, uint64_t messages, uint64_t folders,
    uint64_t bytes, uint32_t seed)
{
	struct pattern body = { .text = true }, attach = { .size = bytes };
	struct item_attach a = { .method = ITEM_ATTACH_DATA,
		.name = slice_str("data.bin"),
		.mime = slice_str("application/octet-stream"),
		.position = -1 };
	struct item m;
	uint64_t f, i, n = 0;
	uint32_t nid;
	char name[40];

	for (f = 0; f < folders; f++) {
		snprintf(name, sizeof(name), "Folder %llu",
		    (unsigned long long)f + 1);
		folder(s, PST_STORE_TOP, name, &nid);
		for (i = f; i < messages; i += folders, n++) {
			begin(&m, "message", (unsigned)i);
			m.recipients = &to_sales;
			m.n_recipients = 1;
			body.seed = seed + (uint32_t)i;
			body.size = 200 + (seed * 31 + i * 7919) % 3000;
			m.plain.stream = (struct item_stream){ copy_pattern,
				&body, body.size };
			m.plain.codepage = 65001;
			attach.seed = body.seed;
			if (bytes > 0) {
				a.data = (struct item_stream){ copy_pattern,
					&attach, bytes };
				m.attachments = &a;
				m.n_attachments = 1;
			}
			put(s, &m);
		}
	}
}

static int open_deep(void *arg, struct item **item_r, struct err *e);

/* An item that holds another, 'depth' times. */
struct deep {
	struct item item;
	struct item_attach attach;
	char uid[32], subject[32], text[64];
	int depth;
};

static void
close_deep(struct item *item)
{
	free(item);
}

static void
fill_deep(struct deep *d, int depth)
{
	struct item *m = &d->item;

	begin(m, "deep", (unsigned)depth);
	d->depth = depth;
	snprintf(d->uid, sizeof(d->uid), "deep.%d", depth);
	snprintf(d->subject, sizeof(d->subject), "Level %d", depth);
	snprintf(d->text, sizeof(d->text), "This is level %d.\n", depth);
	m->uid = slice_str(d->uid);
	m->subject = slice_str(d->subject);
	m->plain.stream = text_stream(d->text);
	m->plain.codepage = 65001;
	m->recipients = &to_sales;
	m->n_recipients = 1;
	if (depth == 0)
		return;
	d->attach = (struct item_attach){ .method = ITEM_ATTACH_ITEM,
		.name = slice_str("inner"),
		.position = -1,
		.open = open_deep,
		.arg = d };
	m->attachments = &d->attach;
	m->n_attachments = 1;
}

static int
open_deep(void *arg, struct item **item_r, struct err *e)
{
	const struct deep *outer = arg;
	struct deep *d = calloc(1, sizeof(*d));

	(void)e;
	fill_deep(d, outer->depth - 1);
	d->item.close = close_deep;
	*item_r = &d->item;
	return 0;
}

static void
make_deep(struct pst_store_out *s)
{
	static struct deep d;
	uint32_t nid;

	folder(s, PST_STORE_TOP, "Inbox", &nid);
	fill_deep(&d, 10);
	d.item.message_id = slice_str("<deep.10@example.org>");
	put(s, &d.item);
}

static void
make_split(struct pst_store_out *s, uint64_t messages, uint64_t at)
{
	struct item m;
	uint32_t nid;
	uint64_t i;

	folder(s, PST_STORE_TOP, "A", &nid);
	for (i = 0; i < messages; i++) {
		if (i == at)
			folder(s, PST_STORE_TOP, "B", &nid);
		begin(&m, "split", (unsigned)i + 1);
		snprintf(message_id, sizeof(message_id), "<n%u@example.org>",
		    (unsigned)i + 1);
		m.message_id = slice_str(message_id);
		m.recipients = &to_sales;
		m.n_recipients = 1;
		m.plain.stream = text_stream(subject);
		m.plain.codepage = 65001;
		put(s, &m);
	}
}

static void
make_crowd(struct pst_store_out *s)
{
	static struct item_recipient all[300];
	static char names[300][2][48];
	struct item m;
	uint32_t nid;
	int i;

	folder(s, PST_STORE_TOP, "Sent Items", &nid);
	begin(&m, "crowd", 1);
	for (i = 0; i < 300; i++) {
		snprintf(names[i][0], sizeof(names[i][0]), "Member %d", i);
		snprintf(names[i][1], sizeof(names[i][1]),
		    "member%d@example.org", i);
		all[i].type = i % 3 == 0 ? ITEM_TO
		    : i % 3 == 1	 ? ITEM_CC
					 : ITEM_BCC;
		all[i].who.name = slice_str(names[i][0]);
		all[i].who.smtp = slice_str(names[i][1]);
	}
	m.recipients = all;
	m.n_recipients = 300;
	m.flags |= ITEM_FROM_ME;
	m.plain.stream = text_stream((char[]){ "To all.\n" });
	m.plain.codepage = 65001;
	put(s, &m);
}

static void
make_large(struct pst_store_out *s, uint64_t bytes)
{
	struct pattern p = { .size = bytes, .seed = 7 };
	struct item_attach a = { .method = ITEM_ATTACH_DATA,
		.name = slice_str("large.bin"),
		.mime = slice_str("application/octet-stream"),
		.position = -1,
		.data = { copy_pattern, &p, bytes } };
	struct item m;
	uint32_t nid;

	folder(s, PST_STORE_TOP, "Inbox", &nid);
	begin(&m, "large", 1);
	m.attachments = &a;
	m.n_attachments = 1;
	m.plain.stream = text_stream((char[]){ "See attached.\n" });
	m.plain.codepage = 65001;
	put(s, &m);
}

static int
copy_file(void *arg, const struct item_sink *to, struct err *e)
{
	char block[4096];
	FILE *f = fopen(arg, "rb");
	size_t n;
	int rc = f == NULL ? -1 : 1;

	while (rc > 0 && (n = fread(block, 1, sizeof(block), f)) > 0)
		if (to->put(to->arg, block, n, e) < 0)
			rc = -1;
	if (f != NULL)
		fclose(f);
	return rc;
}

/* [MS-OXOSMIME] 2.1.2: the whole MIME entity, or the CMS object, is the one
 * attachment. */
static void
make_smime(struct pst_store_out *s, char *is_signed, char *enveloped)
{
	struct item_attach a = { .method = ITEM_ATTACH_DATA,
		.name = slice_str("smime.p7m"),
		.mime = slice_str("multipart/signed"),
		.position = -1,
		.data = { copy_file, is_signed, 0 } };
	struct item m;
	uint32_t nid;

	folder(s, PST_STORE_TOP, "Inbox", &nid);
	begin(&m, "signed", 1);
	m.class = slice_str("IPM.Note.SMIME.MultipartSigned");
	m.recipients = &to_sales;
	m.n_recipients = 1;
	m.attachments = &a;
	m.n_attachments = 1;
	put(s, &m);
	begin(&m, "enveloped", 2);
	m.class = slice_str("IPM.Note.SMIME");
	m.recipients = &to_sales;
	m.n_recipients = 1;
	a.mime = slice_str("application/pkcs7-mime");
	a.data.arg = enveloped;
	m.attachments = &a;
	m.n_attachments = 1;
	put(s, &m);
}

/* Names, flags, categories, bodies, attachments out of the ordinary. */
static void
make_odd(struct pst_store_out *s)
{
	static const char *const names[] = { "A\xe3\x80\x80"
					     "B",		    /* U+3000 */
		"\xe9\x80\x81\xe4\xbf\xa1\xe6\xb8\x88\xe3\x81\xbf", /* ja */
		"\xd7\xa2\xd7\x91\xd7\xa8\xd7\x99\xd7\xaa",	    /* he */
		"In/Out", "\xf0\x9f\x93\xac post", " outer blanks ", ".hidden",
		"100%", "cur" };
	static struct slice categories[] = { { "Red Category", 12 },
		{ "\xc3\x84rger", 6 } };
	static char html[] = "<html><body><p>Caf\xc3\xa9</p>"
			     "<img src=\"cid:pic1@x\"></body></html>";
	static char plain[] = "Caf\xc3\xa9 \xf0\x9f\x98\x80\n";
	static char gif[] = "GIF89a-not-really";
	struct item_attach a[2];
	struct item m;
	uint32_t nid, sub;
	unsigned i;

	folder(s, PST_STORE_TOP, "Inbox", &nid);
	begin(&m, "flags", 1);
	m.flags = ITEM_ANSWERED | ITEM_FLAGGED | ITEM_READ;
	m.categories = categories;
	m.n_categories = 2;
	m.importance = 2;
	m.sensitivity = 2;
	m.plain.stream = text_stream(plain);
	m.plain.codepage = 65001;
	m.recipients = &to_sales;
	m.n_recipients = 1;
	put(s, &m);
	begin(&m, "inline", 2);
	m.flags = ITEM_FORWARDED;
	m.html.stream = text_stream(html);
	m.html.codepage = 65001;
	m.plain.stream = text_stream(plain);
	m.plain.codepage = 65001;
	memset(a, 0, sizeof(a));
	a[0].method = a[1].method = ITEM_ATTACH_DATA;
	a[0].position = a[1].position = -1;
	a[0].name = slice_str("pic.gif");
	a[0].mime = slice_str("image/gif");
	a[0].cid = slice_str("pic1@x");
	a[0].hidden = true;
	a[0].data = text_stream(gif);
	a[1].name = slice_str("R\xc3\xa9sum\xc3\xa9 \xe5\xb1\xa5.txt");
	a[1].mime = slice_str("text/plain");
	a[1].data = text_stream(plain);
	m.attachments = a;
	m.n_attachments = 2;
	put(s, &m);
	begin(&m, "draft", 3);
	m.message_id = slice_str("");
	m.submitted = m.delivered = DATE_UNKNOWN;
	m.flags = ITEM_UNSENT;
	m.subject = slice_str("");
	put(s, &m);
	folder(s, nid, "Empty", &sub);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		folder(s, PST_STORE_TOP, names[i], &nid);
		begin(&m, "odd", 10 + i);
		m.subject = slice_str(names[i]);
		m.plain.stream = text_stream(plain);
		m.plain.codepage = 65001;
		put(s, &m);
		folder(s, nid, names[i], &sub);
	}
}

static uint64_t
number(const char *s)
{
	uint64_t v;

	if (s == NULL || !num_size(slice_str(s), &v)) {
		fprintf(stderr, "mkpst: a number is wanted\n");
		exit(64);
	}
	return v;
}

int
main(int argc, char **argv)
{
	struct pst_store_options o = { .name = slice_str("Made by mkpst"),
		.key = "postroad mkpst 1" };
	const char *encode = getenv("ENCODE");
	struct pst_store_out *s;
	int fd;

	if (argc < 3) {
		fprintf(stderr, "usage: mkpst KIND OUT.pst ...\n");
		return 64;
	}
	o.plain = encode != NULL && strcmp(encode, "0") == 0;
	o.high = encode != NULL && strcmp(encode, "2") == 0;
	fd = open(argv[2], O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0) {
		perror(argv[2]);
		return 73;
	}
	check(pst_store_open(&s, fd, &o, &err));
	if (strcmp(argv[1], "many") == 0 && argc == 7)
		make_many(s, number(argv[3]), number(argv[4]), number(argv[5]),
		    (uint32_t)number(argv[6]));
	else if (strcmp(argv[1], "odd") == 0)
		make_odd(s);
	else if (strcmp(argv[1], "deep") == 0)
		make_deep(s);
	else if (strcmp(argv[1], "crowd") == 0)
		make_crowd(s);
	else if (strcmp(argv[1], "large") == 0 && argc == 4)
		make_large(s, number(argv[3]));
	else if (strcmp(argv[1], "split") == 0 && argc == 5)
		make_split(s, number(argv[3]), number(argv[4]));
	else if (strcmp(argv[1], "smime") == 0 && argc == 5)
		make_smime(s, argv[3], argv[4]);
	else {
		fprintf(stderr, "mkpst: unknown kind or wrong arguments\n");
		return 64;
	}
	check(pst_store_close(&s, &err));
	return close(fd) == 0 ? 0 : 74;
}
