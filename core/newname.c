/* SPDX-License-Identifier: GPL-3.0-or-later */
/* New names made of old ones; see newname.h. */
#include "core/newname.h"

#include <stdlib.h>

#include "core/mem.h"
#include "core/text.h"

struct piece {
	struct slice text; /* or, where it is {NULL, 0}, */
	size_t capture;	   /* 0: all; 1..: a wildcard or group */
};

struct newname {
	char *text; /* what pieces borrow from */
	struct piece *piece;
	size_t npiece;
};

/* ---------------------------------------------------------- compiling */

struct compiler {
	struct newname *n;
	const char *to, *at;	   /* all of the new name; the rest */
	char kinds[GLOB_CAPTURES]; /* of the old name's wildcards */
	size_t captures;
	bool is_glob;
	size_t stars, marks; /* where to look for the next '*' or '?' */
};

static void
add_piece(struct newname *n, struct piece p)
{
	n->piece = mem_grow(n->piece, n->npiece + 1, sizeof(*n->piece));
	n->piece[n->npiece++] = p;
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
	    "new name '%s': %s more than the old name has", c->to, what);
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
			    c->to, n, c->captures);
		add_piece(c->n, (struct piece){ .capture = n });
	} else if (*at == '*' && c->is_glob) {
		c->at += strspn(at, "*");
		if (!next_of_kind(c, '*', &c->stars))
			return too_many(c, "it has a '*'", err);
		add_piece(c->n, (struct piece){ .capture = c->stars });
	} else if (*at == '?' && c->is_glob && has_kind(c, '?')) {
		c->at++;
		if (!next_of_kind(c, '?', &c->marks))
			return too_many(c, "it has a '?'", err);
		add_piece(c->n, (struct piece){ .capture = c->marks });
	} else {
		if (*at == '\\' || (at[0] == '$' && at[1] == '$'))
			at++;
		if (*at == '\0')
			return err_set(err, SCOPE_RUN, EX_CONFIG,
			    "new name '%s': nothing behind the last '\\'",
			    c->to);
		add_piece(c->n,
		    (struct piece){
			.text = slice_of(c->n->text + (at - c->to), 1) });
		c->at = at + 1;
	}
	return 0;
}

int
newname_new(struct newname **n_r, const char *to, const char *kinds,
    size_t captures, struct err *err)
{
	struct compiler c = { .to = to,
		.at = to,
		.is_glob = kinds != NULL,
		.captures = captures };
	struct slice s = slice_str(to);

	*n_r = NULL;
	if (!text_is_utf8(s) || s.n > GLOB_PATTERN_MAX)
		return err_set(err, SCOPE_RUN, EX_CONFIG,
		    "new name '%s': not UTF-8, or longer than %d bytes", to,
		    GLOB_PATTERN_MAX);
	if (kinds != NULL)
		memcpy(c.kinds, kinds, captures);
	c.n = mem_alloc(1, sizeof(*c.n));
	c.n->text = mem_str(to);
	while (*c.at != '\0') {
		if (compile_piece(&c, err) < 0) {
			newname_free(&c.n);
			return -1;
		}
	}
	*n_r = c.n;
	return 0;
}

void
newname_free(struct newname **n)
{
	if (*n == NULL)
		return;
	free((*n)->text);
	free((*n)->piece);
	free(*n);
	*n = NULL;
}

/* ----------------------------------------------------------- applying */

void
newname_put(const struct newname *n, const struct slice *capture,
    struct buf *out)
{
	const struct piece *p;
	size_t i;

	for (i = 0; i < n->npiece; i++) {
		p = &n->piece[i];
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

bool
newname_apply(const struct newname *n, const struct glob *g, struct slice name,
    struct buf *out)
{
	struct glob_capture cap[GLOB_CAPTURES];
	struct slice capture[GLOB_CAPTURES + 1], prefix = name;
	char kinds[GLOB_CAPTURES];
	size_t i, count;

	while (!glob_capture(g, prefix, cap))
		if (!go_up(&prefix))
			return false;
	count = glob_wildcards(g, kinds);
	capture[0] = prefix;
	for (i = 0; i < count; i++)
		capture[i + 1] = cap[i].text;
	newname_put(n, capture, out);
	buf_put(out, name.p + prefix.n, name.n - prefix.n);
	return true;
}
