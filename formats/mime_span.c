/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Transfer encodings undone; see mime_span.h. */
#include "formats/mime_span.h"

#include <stdlib.h>

#include "core/io.h"
#include "core/limits.h"
#include "core/mem.h"

#define LINE_MAX_BYTES 128 /* of uuencoded text */

/* What is between two blocks. */
struct decoder {
	enum span_how how;
	bool done;
	/* base64: bits that are no whole byte yet */
	uint32_t bits;
	unsigned nbits, digits;
	/* quoted-printable: a '=' and what followed it; blanks that may end
	 * the line */
	unsigned char held[3];
	unsigned nheld;
	/* uuencode: the line so far */
	char line[LINE_MAX_BYTES];
	size_t nline;
	bool begun;
	size_t n;
	char out[LIMIT_BLOCK + 16];
};

#define SKIP 64
#define STOP 65

static const unsigned char *
base64_table(void)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz"
				     "0123456789+/";
	static unsigned char table[256];
	unsigned i;

	if (table['='] == STOP)
		return table;
	for (i = 0; i < 256; i++)
		table[i] = SKIP;
	for (i = 0; i < 64; i++)
		table[(unsigned char)digits[i]] = (unsigned char)i;
	table['='] = STOP;
	return table;
}

/* Groups of four digits without anything between them, fast. */
static size_t
base64_groups(struct decoder *d, const unsigned char *table,
    const unsigned char *p, size_t n)
{
	char *out = d->out + d->n;
	size_t i = 0;
	uint32_t v;

	while (i + 4 <= n) {
		unsigned a = table[p[i]], b = table[p[i + 1]];
		unsigned c = table[p[i + 2]], e = table[p[i + 3]];

		if ((a | b | c | e) >= SKIP)
			break;
		v = a << 18 | b << 12 | c << 6 | e;
		out[0] = (char)(v >> 16);
		out[1] = (char)(v >> 8 & 0xff);
		out[2] = (char)(v & 0xff);
		out += 3;
		i += 4;
	}
	d->n = (size_t)(out - d->out);
	return i;
}

static void
base64_put(struct decoder *d, const unsigned char *p, size_t n)
{
	const unsigned char *table = base64_table();
	size_t i = 0;
	unsigned v;

	while (i < n && !d->done) {
		if (d->nbits == 0) {
			i += base64_groups(d, table, p + i, n - i);
			if (i == n)
				break;
		}
		v = table[p[i++]];
		if (v == STOP) {
			/* one that comes too early is passed over */
			d->done = d->digits % 4 >= 2;
			continue;
		}
		if (v == SKIP)
			continue;
		d->digits = (d->digits + 1) % 4;
		d->bits = (d->bits << 6 | v) & 0xffffff;
		d->nbits += 6;
		if (d->nbits >= 8) {
			d->nbits -= 8;
			d->out[d->n++] = (char)(d->bits >> d->nbits & 0xff);
		}
		if (d->digits == 0)
			d->nbits = 0;
	}
}

static int
hex_digit(unsigned char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void
qp_release(struct decoder *d)
{
	unsigned i;

	for (i = 0; i < d->nheld; i++)
		d->out[d->n++] = (char)d->held[i];
	d->nheld = 0;
}

/* "=" is held until it is known what it means. */
static void
qp_byte(struct decoder *d, unsigned char c)
{
	if (d->nheld == 0) {
		if (c == '=')
			d->held[d->nheld++] = c;
		else
			d->out[d->n++] = (char)c;
		return;
	}
	if (c == '\n' && (d->nheld == 1 || hex_digit(d->held[1]) < 0)) {
		d->nheld = 0; /* a soft line break */
		return;
	}
	if (d->nheld == 2 && hex_digit(d->held[1]) >= 0 && hex_digit(c) >= 0) {
		d->out[d->n++] =
		    (char)(hex_digit(d->held[1]) << 4 | hex_digit(c));
		d->nheld = 0;
		return;
	}
	if (d->nheld == 1 &&
	    (hex_digit(c) >= 0 || c == '\r' || c == ' ' || c == '\t')) {
		d->held[d->nheld++] = c;
		return;
	}
	/* "=  \r\n" is a soft break, too (RFC 2045 6.7, 3) */
	if (d->nheld == 2 && hex_digit(d->held[1]) < 0 &&
	    (c == ' ' || c == '\t' || c == '\r'))
		return;
	qp_release(d);
	qp_byte(d, c);
}

/* One line of uuencode: a count, then groups of four. */
static void
uu_line(struct decoder *d)
{
	const char *p = d->line;
	size_t n = d->nline, want, i;
	uint32_t v;

	d->nline = 0;
	while (n > 0 && (p[n - 1] == '\r' || p[n - 1] == ' '))
		n--;
	if (!d->begun) {
		d->begun = n > 6 && memcmp(p, "begin ", 6) == 0;
		return;
	}
	if (n == 0 || (n == 3 && memcmp(p, "end", 3) == 0)) {
		d->done = n == 3;
		return;
	}
	want = (size_t)((p[0] - ' ') & 0x3f);
	/* blanks at its end may be gone */
	for (i = 1; want > 0; i += 4) {
		size_t k;

		for (v = 0, k = 0; k < 4; k++)
			v = v << 6 |
			    (i + k < n ? (uint32_t)((p[i + k] - ' ') & 0x3f)
				       : 0);
		for (k = 0; k < 3 && want > 0; k++, want--)
			d->out[d->n++] = (char)(v >> (16 - 8 * k) & 0xff);
	}
}

static void
uu_put(struct decoder *d, const unsigned char *p, size_t n)
{
	size_t i;

	for (i = 0; i < n && !d->done; i++) {
		if (p[i] == '\n')
			uu_line(d);
		else if (d->nline < LINE_MAX_BYTES)
			d->line[d->nline++] = (char)p[i];
	}
}

static int
flush(struct decoder *d, const struct item_sink *to, struct err *err)
{
	int rc = 0;

	if (d->n > 0)
		rc = to->put(to->arg, d->out, d->n, err);
	d->n = 0;
	return rc;
}

static void
decode(struct decoder *d, const char *data, size_t n)
{
	const unsigned char *p = (const unsigned char *)data;
	size_t i;

	switch (d->how) {
	case SPAN_BASE64:
		base64_put(d, p, n);
		break;
	case SPAN_QP:
		for (i = 0; i < n; i++)
			qp_byte(d, p[i]);
		break;
	default:
		uu_put(d, p, n);
		break;
	}
}

/* The file's bytes, block by block. */
static int
copy_blocks(int fd, const struct span *s, struct decoder *d, char *block,
    const struct item_sink *to, struct err *err)
{
	uint64_t at = s->from, left = s->n;
	size_t want;
	ssize_t got;

	while (left > 0 && !d->done) {
		want = left < LIMIT_BLOCK ? (size_t)left : LIMIT_BLOCK;
		got = io_pread_full(fd, block, want, at);
		if (got < 0)
			return err_sys(err, SCOPE_MSG, EX_IOERR,
			    "cannot be read");
		if (got == 0)
			return 0;
		at += (uint64_t)got;
		left -= (uint64_t)got;
		if (d->how == SPAN_RAW) {
			if (to->put(to->arg, block, (size_t)got, err) != 0)
				return -1;
			continue;
		}
		decode(d, block, (size_t)got);
		if (flush(d, to, err) != 0)
			return -1;
	}
	return 1;
}

int
span_copy(int fd, const struct span *s, const struct item_sink *to,
    struct err *err)
{
	struct decoder *d = mem_alloc(1, sizeof(*d));
	char *block = mem_alloc(1, LIMIT_BLOCK);
	int rc;

	d->how = s->how;
	rc = copy_blocks(fd, s, d, block, to, err);
	if (rc >= 0) {
		qp_release(d);
		if (d->how == SPAN_UU && d->nline > 0 && !d->done)
			uu_line(d);
		if (flush(d, to, err) != 0)
			rc = -1;
	}
	free(block);
	free(d);
	return rc;
}

uint64_t
span_size(const struct span *s)
{
	return s->how == SPAN_BASE64 ? s->n / 4 * 3 + 3 : s->n;
}
