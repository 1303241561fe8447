/* SPDX-License-Identifier: GPL-3.0-or-later */
/* State that mail programs keep in headers; see marks.h. */
#include "extract/marks.h"

#include <string.h>

#include "formats/head.h"
#include "formats/words.h"

#define LABELS_MAX 200 /* of one message */

enum field {
	OTHER,
	STATUS,	  /* and X-Status */
	MOZILLA,  /* X-Mozilla-Status */
	MOZILLA2, /* X-Mozilla-Status2 */
	KEYWORDS, /* X-Keywords, X-Mozilla-Keys */
	LABELS,	  /* X-Gmail-Labels */
	WRITER,	  /* X-UID, Content-Length: what writes the mbox adds */
	SUBJECT
};

/* All but SUBJECT are left out of a message's hash: they change. */
static enum field
field_of(struct slice name)
{
	static const struct {
		const char *name;
		enum field field;
	} fields[] = {
		{ "Subject", SUBJECT },
		{ "Status", STATUS },
		{ "X-Status", STATUS },
		{ "X-Mozilla-Status", MOZILLA },
		{ "X-Mozilla-Status2", MOZILLA2 },
		{ "X-Mozilla-Keys", KEYWORDS },
		{ "X-Keywords", KEYWORDS },
		{ "X-Gmail-Labels", LABELS },
		{ "X-UID", WRITER },
		{ "X-IMAP", WRITER },
		{ "X-IMAPbase", WRITER },
		{ "Content-Length", WRITER },
		{ "Lines", WRITER },
	};
	char c = name.n == 0 ? '\0' : (char)(name.p[0] | 0x20);
	size_t i;

	if (strchr("scxl", c) == NULL)
		return OTHER;
	for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (slice_is_nocase(name, fields[i].name))
			return fields[i].field;
	return OTHER;
}

/* mutt(1), Dovecot's mbox storage, UW's mbox driver. */
static void
read_status(struct marks *m, struct slice value)
{
	size_t i;

	for (i = 0; i < value.n; i++) {
		switch (value.p[i]) {
		case 'R':
			m->flags |= MSG_SEEN;
			break;
		case 'A':
			m->flags |= MSG_ANSWERED;
			break;
		case 'F':
			m->flags |= MSG_FLAGGED;
			break;
		case 'T':
			m->flags |= MSG_DRAFT;
			break;
		case 'D':
			m->flags |= MSG_DELETED;
			break;
		default: /* O: old, N: new */
			break;
		}
	}
}

static uint32_t
hex_number(struct slice s)
{
	uint32_t v = 0;
	size_t i;
	char c;

	s = slice_trim(s);
	for (i = 0; i < s.n && i < 8; i++) {
		c = s.p[i];
		if (c >= '0' && c <= '9')
			v = v << 4 | (uint32_t)(c - '0');
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			v = v << 4 | (uint32_t)((c | 0x20) - 'a' + 10);
		else
			break;
	}
	return v;
}

/* nsMsgMessageFlags.h: Read, Replied, Marked, Expunged, Partial, Forwarded. */
static void
read_mozilla(struct marks *m, uint32_t bits)
{
	static const struct {
		uint32_t bit, flag;
	} table[] = { { 0x0001, MSG_SEEN }, { 0x0002, MSG_ANSWERED },
		{ 0x0004, MSG_FLAGGED }, { 0x0008, MSG_DELETED },
		{ 0x1000, MSG_FORWARDED } };
	size_t i;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if ((bits & table[i].bit) != 0)
			m->flags |= table[i].flag;
	if ((bits & 0x0400) != 0)
		m->partial = true;
}

/* The five labels of old are three bits of the second number. */
static void
read_mozilla2(struct marks *m, uint32_t bits)
{
	char label[] = "$label0";
	uint32_t n = bits >> 25 & 7;

	if (n >= 1 && n <= 5) {
		label[6] = (char)('0' + n);
		msg_keyword_add(&m->keywords, &m->flags, slice_str(label));
	}
}

static void
read_keywords(struct marks *m, struct slice value)
{
	struct buf flat = { 0 };
	struct slice rest, word;
	char *tab;

	head_unfold(&flat, value);
	while ((tab = memchr(flat.p, '\t', flat.n)) != NULL)
		*tab = ' ';
	rest = buf_slice(&flat);
	while (msg_keyword_next(&rest, &word))
		msg_keyword_add(&m->keywords, &m->flags, slice_trim(word));
	buf_free(&flat);
}

/* Google writes commas between labels, quotes around those with commas in
 * them, and a backslash before some characters. */
static void
read_labels(struct marks *m, struct slice value)
{
	struct buf text = { 0 };
	unsigned count = 0;
	bool quoted = false;
	size_t i;
	char c;

	m->has_labels = true;
	words_decode(&text, value);
	for (i = 0; i < text.n && count < LABELS_MAX; i++) {
		c = text.p[i];
		if (c == '"') {
			quoted = !quoted;
		} else if (c == ',' && !quoted) {
			buf_putc(&m->labels, '\n');
			count++;
		} else {
			if (c == '\\' && i + 1 < text.n &&
			    strchr("'\"\\", text.p[i + 1]) != NULL)
				c = text.p[++i];
			buf_putc(&m->labels, c == '\n' ? ' ' : c);
		}
	}
	buf_putc(&m->labels, '\n');
	buf_free(&text);
}

static void
read_field(struct marks *m, enum field field, struct slice value)
{
	switch (field) {
	case STATUS:
		read_status(m, value);
		break;
	case MOZILLA:
		read_mozilla(m, hex_number(value));
		break;
	case MOZILLA2:
		read_mozilla2(m, hex_number(value));
		break;
	case KEYWORDS:
		read_keywords(m, value);
		break;
	case LABELS:
		read_labels(m, value);
		break;
	case SUBJECT:
		if (m->subject.n == 0)
			head_unfold(&m->subject, value);
		break;
	case WRITER:
	case OTHER:
		break;
	}
}

static void
clear(struct marks *m)
{
	m->flags = 0;
	m->has_labels = m->partial = m->internal = m->mutable = false;
	buf_clear(&m->keywords);
	buf_clear(&m->subject);
	buf_clear(&m->labels);
}

void
marks_read(struct marks *m, struct slice head, struct digest *d, size_t *rest_r)
{
	static const char internal[] = "DON'T DELETE THIS MESSAGE";
	struct slice rest = head, name, value;
	const char *from = head.p;
	enum field field;
	bool imap = false;

	clear(m);
	while (head_next(&rest, &name, &value)) {
		field = field_of(name);
		if (field == OTHER)
			continue;
		read_field(m, field, value);
		imap = imap || slice_is_nocase(name, "X-IMAP");
		if (field == SUBJECT)
			continue;
		m->mutable = true;
		if (d != NULL)
			digest_add(d, from, (size_t)(name.p - from));
		from = rest.p;
	}
	if (d != NULL)
		digest_add(d, from, (size_t)(rest.p - from));
	*rest_r = (size_t)(rest.p - head.p);
	m->internal = imap && slice_starts(buf_slice(&m->subject), internal);
}

bool
marks_next_label(struct slice *rest, struct slice *label_r)
{
	while (slice_next_line(rest, label_r)) {
		*label_r = slice_trim(*label_r);
		if (label_r->n > 0)
			return true;
	}
	return false;
}

void
marks_free(struct marks *m)
{
	buf_free(&m->keywords);
	buf_free(&m->subject);
	buf_free(&m->labels);
}
