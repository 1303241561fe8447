/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is kept of a message to know it again; see likeness.h. */
#include "load/likeness.h"

#include <stdlib.h>
#include <string.h>

#include "core/mem.h"

#define PIECE 16384

void
like_begin(struct likeness *l)
{
	if (l->raw == NULL) {
		l->raw = digest_new();
		l->canon = digest_new();
		l->field = digest_new();
	}
	digest_reset(l->raw);
	digest_reset(l->canon);
	digest_reset(l->field);
	l->size = l->bare_lf = l->bare_cr = l->nul = 0;
	l->n_fields = l->field_bytes = l->name_len = 0;
	l->in_body = l->last_cr = l->ended = false;
	l->field_held = l->body_held = l->any_body = false;
	l->line_start = true;
}

void
like_free(struct likeness *l)
{
	if (l->raw != NULL) {
		digest_free(&l->raw);
		digest_free(&l->canon);
		digest_free(&l->field);
	}
	free(l->fields);
	*l = (struct likeness){ 0 };
}

/* All but a line end that may turn out to be the last one. */
static void
add_but_last(struct digest *d, bool *held, const char *p, size_t n)
{
	if (*held)
		digest_add(d, "\n", 1);
	*held = p[n - 1] == '\n';
	if (*held)
		n--;
	if (n > 0)
		digest_add(d, p, n);
}

static void
add_body(struct likeness *l, const char *p, size_t n)
{
	l->any_body = true;
	add_but_last(l->canon, &l->body_held, p, n);
}

/* The field being read is over. */
static void
end_field(struct likeness *l)
{
	uint8_t hash[DIGEST_BYTES];
	struct like_field *f;

	if (l->field_bytes == 0)
		return;
	digest_end(l->field, hash);
	digest_reset(l->field);
	f = &l->fields[l->n_fields++];
	memcpy(f->hash, hash, sizeof(f->hash));
	f->name[l->name_len < LIKE_NAME ? l->name_len : LIKE_NAME - 1] = '\0';
	l->field_bytes = l->name_len = 0;
	l->field_held = false;
}

static void
begin_field(struct likeness *l)
{
	/* a header of endless fields: what is over the limit is one field */
	if (l->n_fields + 1 < LIKE_FIELDS)
		end_field(l);
	if (l->n_fields == l->cap) {
		l->cap = l->cap == 0 ? 32 : 2 * l->cap;
		l->fields = mem_grow(l->fields, l->cap, sizeof(*l->fields));
	}
}

static void
add_name(struct likeness *l, const char *p, size_t n)
{
	char *name = l->fields[l->n_fields].name;
	size_t i;

	for (i = 0; i < n && l->name_len < LIKE_NAME - 1; i++) {
		if (p[i] == ':' || p[i] <= ' ' || p[i] > '~') {
			name[l->name_len] = '\0';
			l->name_len = LIKE_NAME; /* complete */
			return;
		}
		name[l->name_len++] = p[i];
	}
	name[l->name_len < LIKE_NAME ? l->name_len : LIKE_NAME - 1] = '\0';
}

/* Canonical header bytes, line by line or in parts of lines. */
static void
add_header(struct likeness *l, const char *p, size_t n)
{
	const char *nl;
	size_t len;

	while (n > 0 && !l->in_body) {
		if (l->line_start && *p == '\n') {
			end_field(l);
			l->in_body = true;
			p++;
			n--;
			break;
		}
		if (l->line_start &&
		    ((*p != ' ' && *p != '\t') || l->field_bytes == 0))
			begin_field(l);
		nl = memchr(p, '\n', n);
		len = nl == NULL ? n : (size_t)(nl - p) + 1;
		if (l->name_len < LIKE_NAME - 1)
			add_name(l, p, len);
		add_but_last(l->field, &l->field_held, p, len);
		l->field_bytes += len;
		l->line_start = nl != NULL;
		p += len;
		n -= len;
	}
	if (n > 0)
		add_body(l, p, n);
}

static void
add_canonical(struct likeness *l, const char *p, size_t n)
{
	if (l->in_body)
		add_body(l, p, n);
	else
		add_header(l, p, n);
}

/* Canonical bytes that gather before they are hashed. */
struct gather {
	struct likeness *l;
	size_t n;
	char out[PIECE];
};

static void
gather_flush(struct gather *g)
{
	if (g->n > 0)
		add_canonical(g->l, g->out, g->n);
	g->n = 0;
}

static void
gather_add(struct gather *g, const char *p, size_t n)
{
	if (n > PIECE - g->n)
		gather_flush(g);
	if (n > PIECE)
		add_canonical(g->l, p, n);
	else {
		memcpy(g->out + g->n, p, n);
		g->n += n;
	}
}

/* Byte by byte: where there is more than text and a line end. */
static void
add_odd(struct gather *g, const char *p, size_t n)
{
	struct likeness *l = g->l;
	size_t i;
	char c;

	for (i = 0; i < n; i++) {
		c = p[i];
		if (l->last_cr && c != '\n')
			l->bare_cr++;
		if (c == '\n' && !l->last_cr)
			l->bare_lf++;
		l->last_cr = c == '\r';
		if (c == '\r')
			continue;
		if (c == '\0') {
			l->nul++;
			c = (char)0x80;
		}
		gather_add(g, &c, 1);
	}
}

void
like_add(struct likeness *l, const void *data, size_t n)
{
	const char *p = data, *nl;
	struct gather g;
	size_t len, text;

	digest_add(l->raw, p, n);
	l->size += n;
	g.l = l;
	g.n = 0;
	for (; n > 0; p += len, n -= len) {
		nl = memchr(p, '\n', n);
		len = nl == NULL ? n : (size_t)(nl - p) + 1;
		/* nearly always: text, CR, LF */
		text = nl != NULL && len >= 2 && nl[-1] == '\r' ? len - 2 : 0;
		if (text == 0 || l->last_cr || memchr(p, '\r', text) ||
		    memchr(p, '\0', text)) {
			add_odd(&g, p, len);
			continue;
		}
		gather_add(&g, p, text);
		gather_add(&g, "\n", 1);
	}
	gather_flush(&g);
}

static enum like_end
find_end(const struct likeness *l)
{
	if (!l->in_body)
		return l->line_start ? LIKE_END_HEAD : LIKE_END_FIELD;
	if (!l->any_body)
		return LIKE_END_BLANK;
	return l->body_held ? LIKE_END_LINE : LIKE_END_TEXT;
}

void
like_end(struct likeness *l)
{
	if (l->ended)
		return;
	l->ended = true;
	if (l->last_cr)
		l->bare_cr++;
	l->end = find_end(l);
	if (!l->in_body)
		end_field(l);
	digest_end(l->raw, l->sha256);
	digest_end(l->canon, l->body);
}

/* The counts and hashes, in the machine's own byte order: it never leaves a
 * temporary table of this process. */
struct packed {
	uint64_t size, bare_lf, bare_cr, nul, n_fields, end;
	uint8_t sha256[DIGEST_BYTES], body[DIGEST_BYTES];
};

void
like_pack(struct buf *out, const struct likeness *l)
{
	struct packed k = { l->size, l->bare_lf, l->bare_cr, l->nul,
		l->n_fields, l->end, { 0 }, { 0 } };

	memcpy(k.sha256, l->sha256, DIGEST_BYTES);
	memcpy(k.body, l->body, DIGEST_BYTES);
	buf_put(out, &k, sizeof(k));
	if (l->n_fields > 0)
		buf_put(out, l->fields, l->n_fields * sizeof(*l->fields));
}

bool
like_unpack(struct likeness *l, struct slice packed)
{
	struct packed k;

	if (packed.n < sizeof(k))
		return false;
	memcpy(&k, packed.p, sizeof(k));
	if (k.n_fields > LIKE_FIELDS ||
	    packed.n != sizeof(k) + k.n_fields * sizeof(*l->fields))
		return false;
	l->size = k.size;
	l->bare_lf = k.bare_lf;
	l->bare_cr = k.bare_cr;
	l->nul = k.nul;
	l->end = (unsigned)k.end;
	memcpy(l->sha256, k.sha256, DIGEST_BYTES);
	memcpy(l->body, k.body, DIGEST_BYTES);
	l->n_fields = k.n_fields;
	if (l->cap < l->n_fields) {
		l->cap = l->n_fields;
		l->fields = mem_grow(l->fields, l->cap, sizeof(*l->fields));
	}
	if (l->n_fields > 0)
		memcpy(l->fields, packed.p + sizeof(k),
		    l->n_fields * sizeof(*l->fields));
	return true;
}

static void
put_added(struct buf *added, const struct like_field *f)
{
	if (added == NULL)
		return;
	if (added->n > 0)
		buf_puts(added, ", ");
	buf_puts(added, f->name);
}

/* Are our fields there, in their order, with others between at most? */
static bool
fields_within(const struct likeness *ours, const struct likeness *there,
    unsigned *how, struct buf *added)
{
	size_t i = 0, k;

	for (k = 0; k < there->n_fields; k++) {
		if (i < ours->n_fields &&
		    memcmp(ours->fields[i].hash, there->fields[k].hash,
			sizeof(ours->fields[i].hash)) == 0) {
			i++;
			continue;
		}
		*how |= LIKE_ADDED;
		put_added(added, &there->fields[k]);
	}
	return i == ours->n_fields;
}

/* Servers rewrite every such byte, or none. */
static unsigned
all_or_none(uint64_t ours, uint64_t there, unsigned how)
{
	if (ours == there)
		return 0;
	return there == 0 ? how : LIKE_ODD;
}

enum like
like_compare(const struct likeness *ours, const struct likeness *there,
    unsigned *how_r, struct buf *added)
{
	*how_r = 0;
	if (ours->size == there->size &&
	    memcmp(ours->sha256, there->sha256, DIGEST_BYTES) == 0)
		return LIKE_SAME;
	if (memcmp(ours->body, there->body, DIGEST_BYTES) != 0)
		return LIKE_OTHER;
	if (!fields_within(ours, there, how_r, added)) {
		if (added != NULL)
			buf_clear(added);
		return LIKE_OTHER;
	}
	*how_r |= all_or_none(ours->bare_lf, there->bare_lf, LIKE_CRLF);
	*how_r |= all_or_none(ours->bare_cr, there->bare_cr, LIKE_CR);
	*how_r |= all_or_none(ours->nul, there->nul, LIKE_NUL);
	if (ours->end != there->end)
		*how_r |= there->end > ours->end ? LIKE_LAST : LIKE_ODD;
	/* 0x80 there was NUL here: never the other way round */
	return *how_r == 0 || there->nul > ours->nul ? LIKE_OTHER
						     : LIKE_REWRITTEN;
}
