/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * New names for folders; see rules.h.  A new name is a row of pieces: text,
 * and numbers of what the old name's wildcards or groups stood for.
 */
#include <stdlib.h>

#include "core/mem.h"
#include "core/text.h"
#include "transform/rules_impl.h"

/* ---------------------------------------------------------- compiling */

struct compiler {
	struct rule *r;
	const char *at;		   /* the rest of the new name */
	char kinds[GLOB_CAPTURES]; /* of the old name's wildcards */
	size_t captures;
	bool is_glob;
	size_t stars, marks; /* where to look for the next '*' or '?' */
};

static void
add_piece(struct rule *r, struct piece p)
{
	r->piece = mem_grow(r->piece, r->npiece + 1, sizeof(*r->piece));
	r->piece[r->npiece++] = p;
}

/* The number behind a '$' at 'at'; returns how long "$n" or "${n}" is. */
static size_t
capture_number(const char *at, size_t *n_r)
{
	bool braces = at[1] == '{';
	const char *p = at + 1 + braces;
	size_t digits = 0;

	*n_r = 0;
	for (; digits < 2 && p[digits] >= '0' && p[digits] <= '9'; digits++)
		*n_r = *n_r * 10 + (size_t)(p[digits] - '0');
	if (digits == 0 || (braces && p[digits] != '}'))
		return 0;
	return (size_t)(p - at) + digits + braces;
}

/* The next wildcard of this kind, from *from on. */
static bool
next_of_kind(const struct compiler *c, char kind, size_t *from)
{
	while (*from < c->captures)
		if (c->kinds[(*from)++] == kind)
			return true;
	return false;
}

static bool
has_kind(const struct compiler *c, char kind)
{
	size_t from = 0;

	return next_of_kind(c, kind, &from);
}

static int
too_many(const struct compiler *c, const char *what, struct err *err)
{
	return err_set(err, SCOPE_RUN, EX_CONFIG,
	    "new name '%s': %s more than the old name has", c->r->to, what);
}

/* One piece; c->at moves behind it. */
static int
compile_piece(struct compiler *c, struct err *err)
{
	const char *at = c->at;
	size_t n, len = *at == '$' ? capture_number(at, &n) : 0;

	if (len > 0) {
		c->at += len;
		if (n > c->captures)
			return err_set(err, SCOPE_RUN, EX_CONFIG,
			    "new name '%s': there is no $%zu, the old name "
			    "has %zu",
			    c->r->to, n, c->captures);
		add_piece(c->r, (struct piece){ .capture = n });
	} else if (*at == '*' && c->is_glob) {
		c->at += strspn(at, "*");
		if (!next_of_kind(c, '*', &c->stars))
			return too_many(c, "it has a '*'", err);
		add_piece(c->r, (struct piece){ .capture = c->stars });
	} else if (*at == '?' && c->is_glob && has_kind(c, '?')) {
		c->at++;
		if (!next_of_kind(c, '?', &c->marks))
			return too_many(c, "it has a '?'", err);
		add_piece(c->r, (struct piece){ .capture = c->marks });
	} else {
		if (*at == '\\' || (at[0] == '$' && at[1] == '$'))
			at++;
		if (*at == '\0')
			return err_set(err, SCOPE_RUN, EX_CONFIG,
			    "new name '%s': nothing behind the last '\\'",
			    c->r->to);
		add_piece(c->r, (struct piece){ .text = slice_of(at, 1) });
		c->at = at + 1;
	}
	return 0;
}

int
rename_compile(struct rule *r, struct err *err)
{
	struct compiler c = { .r = r, .at = r->to };
	struct slice to = slice_str(r->to);

	if (!text_is_utf8(to) || to.n > GLOB_PATTERN_MAX)
		return err_set(err, SCOPE_RUN, EX_CONFIG,
		    "new name '%s': not UTF-8, or longer than %d bytes", r->to,
		    GLOB_PATTERN_MAX);
	if (r->nfolder == 1 && r->folder[0].glob != NULL) {
		c.is_glob = true;
		c.captures = glob_wildcards(r->folder[0].glob, c.kinds);
	} else if (r->nfolder == 1) {
		c.captures = regex_groups(r->folder[0].regex);
		if (c.captures >= REGEX_GROUPS)
			c.captures = REGEX_GROUPS - 1;
	}
	while (*c.at != '\0')
		if (compile_piece(&c, err) < 0)
			return -1;
	return 0;
}

/* ----------------------------------------------------------- applying */

static void
put_pieces(const struct rule *r, const struct slice *capture, struct buf *out)
{
	const struct piece *p;
	size_t i;

	for (i = 0; i < r->npiece; i++) {
		p = &r->piece[i];
		if (p->text.p != NULL)
			buf_put(out, p->text.p, p->text.n);
		else if (capture[p->capture].n > 0)
			buf_put(out, capture[p->capture].p,
			    capture[p->capture].n);
	}
}

/* The name that is left when the last component is cut off; false at the
 * top. */
static bool
go_up(struct slice *name)
{
	const char *slash = memrchr(name->p, '/', name->n);

	if (slash == NULL)
		return false;
	name->n = (size_t)(slash - name->p);
	return true;
}

/* The folder itself, or the lowest folder above it that matches. */
static bool
apply_glob(const struct rule *r, struct slice name, struct buf *out)
{
	struct glob_capture cap[GLOB_CAPTURES];
	struct slice capture[GLOB_CAPTURES + 1], prefix = name;
	char kinds[GLOB_CAPTURES];
	size_t i, n;

	while (!glob_capture(r->folder[0].glob, prefix, cap))
		if (!go_up(&prefix))
			return false;
	n = glob_wildcards(r->folder[0].glob, kinds);
	capture[0] = prefix;
	for (i = 0; i < n; i++)
		capture[i + 1] = cap[i].text;
	put_pieces(r, capture, out);
	buf_put(out, name.p + prefix.n, name.n - prefix.n);
	return true;
}

/* For each byte of a name's plain form, and its end, where in the name it
 * comes from.  The caller frees. */
static size_t *
plain_offsets(struct slice name, struct buf *plain)
{
	size_t *at, i, len, before, n = 0;
	uint32_t cp;

	/* a byte that is no UTF-8 becomes three: U+FFFD */
	at = mem_alloc(3 * name.n + 1, sizeof(*at));
	for (i = 0; i < name.n; i += len) {
		len = text_utf8(name.p + i, name.n - i, &cp);
		if (len == 0)
			len = 1;
		before = plain->n;
		names_plain(plain, slice_of(name.p + i, len));
		for (; before < plain->n; before++)
			at[n++] = i;
	}
	at[n] = name.n;
	return at;
}

static int
apply_regex(const struct rule *r, struct slice name, struct buf *out,
    struct err *err)
{
	struct slice group[REGEX_GROUPS];
	struct buf plain = { 0 };
	size_t *at = plain_offsets(name, &plain), i, from, to;
	int rc;

	buf_put(&plain, "", 0);
	rc = regex_match(r->folder[0].regex, buf_slice(&plain), group, err);
	for (i = 0; rc == 1 && i < REGEX_GROUPS; i++) {
		if (group[i].p == NULL)
			continue;
		from = at[group[i].p - plain.p];
		to = at[(size_t)(group[i].p - plain.p) + group[i].n];
		group[i] = slice_of(name.p + from, to - from);
	}
	if (rc == 1) {
		from = (size_t)(group[0].p - name.p);
		buf_put(out, name.p, from);
		put_pieces(r, group, out);
		from += group[0].n;
		buf_put(out, name.p + from, name.n - from);
	}
	free(at);
	buf_free(&plain);
	return rc;
}

/* Drop empty components from what was put since 'from'. */
static void
tidy(struct buf *out, size_t from)
{
	struct buf clean = { 0 };
	struct slice rest = slice_of(out->p + from, out->n - from), c;

	while (names_next(&rest, &c)) {
		if (clean.n > 0)
			buf_putc(&clean, '/');
		buf_put(&clean, c.p, c.n);
	}
	out->n = from;
	buf_put(out, clean.p, clean.n);
	buf_free(&clean);
}

int
rename_apply(const struct rule *r, struct slice name, struct buf *out,
    struct err *err)
{
	size_t from = out->n;
	int rc = 1;

	buf_put(out, "", 0);
	if (r->nfolder == 0)
		put_pieces(r, &name, out);
	else if (r->folder[0].glob != NULL)
		rc = apply_glob(r, name, out);
	else
		rc = apply_regex(r, name, out, err);
	if (rc == 1) {
		tidy(out, from);
		/* a name is never taken away altogether */
		if (out->n == from ||
		    slice_eq(slice_of(out->p + from, out->n - from), name))
			rc = 0;
	}
	if (rc != 1)
		out->n = from;
	return rc;
}
