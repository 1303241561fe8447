/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Globs; see glob.h.  A pattern becomes a row of tokens.  Matching fills, from
 * the end of the name to its start, a row of truths: "do the tokens from j on
 * match the name from here on?"  A row depends only on the row behind it,
 * so time is the product of both lengths whatever the pattern is.  For
 * captures all rows are kept, one bit each, and then walked forwards.
 */
#include "core/glob.h"

#include <stdlib.h>

#include "core/fold.h"
#include "core/mem.h"
#include "core/text.h"

enum token_kind {
	TOKEN_CHAR,
	TOKEN_ANY, /* ? */
	TOKEN_SET, /* [...] */
	TOKEN_RUN, /* * */
	TOKEN_ALL, /* ** beside other characters */
	TOKEN_DIRS /* **, '/': nothing, or components with their '/' */
};

struct token {
	enum token_kind kind;
	uint32_t cp;	     /* TOKEN_CHAR */
	bool negated;	     /* TOKEN_SET */
	uint16_t first, end; /* TOKEN_SET: ranges[first..end) */
};

struct range {
	uint32_t lo, hi;
};

/* No pattern has more tokens, or ranges, than bytes. */
struct glob {
	unsigned flags;
	size_t n; /* tokens */
	size_t ranges;
	struct range *range; /* behind the tokens */
	struct token token[];
};

/* Step over one character; a broken byte becomes a number beyond Unicode. */
static size_t
next_char(struct slice s, size_t at, uint32_t *cp_r)
{
	size_t len = text_utf8(s.p + at, s.n - at, cp_r);

	if (len > 0)
		return len;
	*cp_r = 0x110000 + (unsigned char)s.p[at];
	return 1;
}

/* Where the character that ends before 'at' starts. */
static size_t
prev_char(struct slice s, size_t at, uint32_t *cp_r)
{
	size_t back;

	for (back = 2; back <= 4 && back <= at; back++)
		if (text_utf8(s.p + at - back, back, cp_r) == back)
			return at - back;
	next_char(slice_of(s.p, at), at - 1, cp_r);
	return at - 1;
}

/* ---------------------------------------------------------- compiling */

static struct token *
add_token(struct glob *g, enum token_kind kind)
{
	struct token *t = &g->token[g->n++];

	t->kind = kind;
	return t;
}

/* Does "[Gmail]" or the like, a whole component, start here? */
static size_t
gmail_length(struct slice p, size_t at)
{
	static const char *const name[] = { "[Gmail]", "[Google Mail]" };
	size_t i, len;

	if (at > 0 && p.p[at - 1] != '/')
		return 0;
	for (i = 0; i < sizeof(name) / sizeof(name[0]); i++) {
		len = strlen(name[i]);
		if (slice_starts(slice_from(p, at), name[i]) &&
		    (at + len == p.n || p.p[at + len] == '/'))
			return len;
	}
	return 0;
}

/* One character of a set at p[*at]; false at its ']' or without one. */
static bool
set_char(struct slice p, size_t *at, bool first, uint32_t *cp_r)
{
	if (*at < p.n && p.p[*at] == ']' && !first)
		return false;
	if (*at + 1 < p.n && p.p[*at] == '\\')
		(*at)++;
	if (*at >= p.n)
		return false;
	*at += next_char(p, *at, cp_r);
	return true;
}

/* p[*at] stands behind '['. */
static int
add_set(struct glob *g, struct slice p, size_t *at, struct err *err)
{
	struct token *t = add_token(g, TOKEN_SET);
	struct range r;
	bool first = true;

	t->first = (uint16_t)g->ranges;
	if (*at < p.n && (p.p[*at] == '!' || p.p[*at] == '^')) {
		t->negated = true;
		(*at)++;
	}
	for (; set_char(p, at, first, &r.lo); first = false) {
		r.hi = r.lo;
		if (*at + 1 < p.n && p.p[*at] == '-' && p.p[*at + 1] != ']') {
			(*at)++;
			if (!set_char(p, at, true, &r.hi))
				break;
		}
		g->range[g->ranges++] = r;
	}
	t->end = (uint16_t)g->ranges;
	if (*at >= p.n || p.p[*at] != ']')
		return err_set(err, SCOPE_RUN, EX_CONFIG,
		    "glob '%.*s': '[' without ']' (write \\[ for the "
		    "character itself)",
		    (int)p.n, p.p);
	(*at)++;
	return 0;
}

/* p[*at] stands on the first of one or more stars. */
static void
add_stars(struct glob *g, struct slice p, size_t *at)
{
	size_t start = *at;
	bool opens = start == 0 || p.p[start - 1] == '/';

	while (*at < p.n && p.p[*at] == '*')
		(*at)++;
	if (*at == start + 1 || (g->flags & GLOB_PLAIN)) {
		add_token(g, TOKEN_RUN);
	} else if (opens && *at < p.n && p.p[*at] == '/') {
		add_token(g, TOKEN_DIRS);
		(*at)++;
	} else {
		add_token(g, TOKEN_ALL);
	}
}

static int
compile(struct glob *g, struct slice p, struct err *err)
{
	size_t at = 0, len;
	uint32_t cp;

	while (at < p.n) {
		len = (g->flags & GLOB_PLAIN) ? 0 : gmail_length(p, at);
		for (; len > 0; len--)
			add_token(g, TOKEN_CHAR)->cp = (unsigned char)p.p[at++];
		if (at == p.n)
			break;
		if (p.p[at] == '*') {
			add_stars(g, p, &at);
		} else if (p.p[at] == '?') {
			add_token(g, TOKEN_ANY);
			at++;
		} else if (p.p[at] == '[') {
			at++;
			if (add_set(g, p, &at, err) != 0)
				return -1;
		} else {
			if (p.p[at] == '\\' && ++at == p.n)
				return err_set(err, SCOPE_RUN, EX_CONFIG,
				    "glob '%.*s': nothing behind the last "
				    "'\\'",
				    (int)p.n, p.p);
			at += next_char(p, at, &cp);
			add_token(g, TOKEN_CHAR)->cp = cp;
		}
	}
	return 0;
}

int
glob_new(struct glob **g_r, struct slice pattern, unsigned flags,
    struct err *err)
{
	struct glob *g;

	*g_r = NULL;
	if (pattern.n > GLOB_PATTERN_MAX)
		return err_set(err, SCOPE_RUN, EX_CONFIG,
		    "glob of %zu bytes is longer than %d", pattern.n,
		    GLOB_PATTERN_MAX);
	if (!text_is_utf8(pattern))
		return err_set(err, SCOPE_RUN, EX_CONFIG,
		    "glob '%.*s' is not UTF-8", (int)pattern.n, pattern.p);
	g = mem_alloc(1,
	    sizeof(*g) +
		pattern.n * (sizeof(struct token) + sizeof(struct range)));
	g->range = (struct range *)(g->token + pattern.n);
	g->flags = flags;
	if (compile(g, pattern, err) != 0) {
		glob_free(&g);
		return -1;
	}
	*g_r = g;
	return 0;
}

void
glob_free(struct glob **g)
{
	free(*g);
	*g = NULL;
}

/* ----------------------------------------------------------- matching */

/* How long the part is in which case does not matter: INBOX at the top. */
static size_t
inbox_length(const struct glob *g, struct slice name)
{
	if ((g->flags & GLOB_PLAIN) || name.n < 5 ||
	    strncasecmp(name.p, "INBOX", 5) != 0)
		return 0;
	return name.n == 5 || name.p[5] == '/' ? 5 : 0;
}

static uint32_t
upper_ascii(uint32_t cp)
{
	return cp >= 'a' && cp <= 'z' ? cp - ('a' - 'A') : cp;
}

static bool
set_has(const struct glob *g, const struct token *t, uint32_t cp, bool icase)
{
	uint32_t low = icase ? fold_cp(cp) : cp;
	uint32_t up = icase ? upper_ascii(low) : cp;
	const struct range *r;
	size_t i;

	for (i = t->first; i < t->end; i++) {
		r = &g->range[i];
		if ((cp >= r->lo && cp <= r->hi) ||
		    (low >= r->lo && low <= r->hi) ||
		    (up >= r->lo && up <= r->hi) ||
		    (icase && r->lo == r->hi && fold_cp(r->lo) == low))
			return !t->negated;
	}
	return t->negated;
}

/* Can a token that takes one character take this one? */
static bool
takes(const struct glob *g, const struct token *t, uint32_t cp, bool icase)
{
	bool slash = cp == '/' && !(g->flags & GLOB_PLAIN);

	switch (t->kind) {
	case TOKEN_CHAR:
		if (cp == GLOB_INNER_SLASH && t->cp == '/')
			return true;
		return t->cp == cp || (icase && fold_cp(t->cp) == fold_cp(cp));
	case TOKEN_ANY:
	case TOKEN_RUN:
		return !slash;
	case TOKEN_SET:
		return !slash && set_has(g, t, cp, icase);
	default:
		return true;
	}
}

/*
 * The row for one place in the name: now[j] says whether tokens j.. match
 * from here on; next[] is the row one character later.  dirs[j] remembers
 * for TOKEN_DIRS whether some component further on starts a match.
 */
static void
fill_row(const struct glob *g, bool *now, const bool *next, bool *dirs,
    uint32_t cp, bool icase)
{
	const struct token *t;
	size_t j;

	now[g->n] = false;
	for (j = g->n; j-- > 0;) {
		t = &g->token[j];
		switch (t->kind) {
		case TOKEN_RUN:
		case TOKEN_ALL:
			now[j] =
			    now[j + 1] || (next[j] && takes(g, t, cp, icase));
			break;
		case TOKEN_DIRS:
			if (cp == '/' && next[j + 1])
				dirs[j] = true;
			now[j] = now[j + 1] || dirs[j];
			break;
		default:
			now[j] = next[j + 1] && takes(g, t, cp, icase);
			break;
		}
	}
}

/* The row for the end of the name. */
static void
fill_last(const struct glob *g, bool *row)
{
	enum token_kind kind;
	size_t j;

	row[g->n] = true;
	for (j = g->n; j-- > 0;) {
		kind = g->token[j].kind;
		row[j] = row[j + 1] &&
		    (kind == TOKEN_RUN || kind == TOKEN_ALL ||
			kind == TOKEN_DIRS);
	}
}

/* Every row goes to 'keep', if it is not NULL, as bits: row i at bit
 * i * (tokens + 1). */
static bool
match(const struct glob *g, struct slice name, unsigned char *keep)
{
	bool rows[2][GLOB_PATTERN_MAX + 1], dirs[GLOB_PATTERN_MAX + 1];
	bool *now = rows[0], *next = rows[1], *swap;
	size_t inbox = inbox_length(g, name), at = name.n, j, bit;
	uint32_t cp;

	memset(dirs, 0, sizeof(dirs));
	fill_last(g, now);
	for (;;) {
		for (j = 0; keep != NULL && j <= g->n; j++) {
			bit = at * (g->n + 1) + j;
			if (now[j])
				keep[bit / 8] |= (unsigned char)(1U << bit % 8);
		}
		if (at == 0)
			return now[0];
		swap = next;
		next = now;
		now = swap;
		at = prev_char(name, at, &cp);
		fill_row(g, now, next, dirs, cp,
		    at < inbox || (g->flags & GLOB_ICASE));
	}
}

bool
glob_test(const struct glob *g, struct slice name)
{
	return match(g, name, NULL);
}

/* ---------------------------------------------------------- capturing */

static char
wildcard_kind(const struct token *t)
{
	switch (t->kind) {
	case TOKEN_CHAR:
		return '\0';
	case TOKEN_ANY:
		return '?';
	case TOKEN_SET:
		return '[';
	default:
		return '*';
	}
}

size_t
glob_wildcards(const struct glob *g, char kinds[GLOB_CAPTURES])
{
	size_t j, n = 0;
	char kind;

	for (j = 0; j < g->n; j++) {
		kind = wildcard_kind(&g->token[j]);
		if (kind != '\0' && n < GLOB_CAPTURES)
			kinds[n++] = kind;
	}
	return n;
}

/* Where the wildcard j that starts at 'at' ends, as early as possible. */
static size_t
wildcard_end(const struct glob *g, struct slice name, size_t at, size_t j,
    const unsigned char *keep)
{
	enum token_kind kind = g->token[j].kind;
	uint32_t cp = '/';
	size_t bit;

	if (kind == TOKEN_ANY || kind == TOKEN_SET)
		return at + next_char(name, at, &cp);
	for (;;) {
		bit = at * (g->n + 1) + j + 1;
		if ((keep[bit / 8] >> bit % 8 & 1) &&
		    (kind != TOKEN_DIRS || cp == '/'))
			return at;
		at += next_char(name, at, &cp);
	}
}

static void
walk(const struct glob *g, struct slice name, const unsigned char *keep,
    struct glob_capture *cap)
{
	size_t at = 0, end, j, n = 0;
	struct slice text;
	uint32_t cp;
	char kind;

	for (j = 0; j < g->n; j++) {
		kind = wildcard_kind(&g->token[j]);
		if (kind == '\0') {
			at += next_char(name, at, &cp);
			continue;
		}
		end = wildcard_end(g, name, at, j, keep);
		text = slice_of(name.p + at, end - at);
		if (g->token[j].kind == TOKEN_DIRS && text.n > 0)
			text.n--;
		if (n < GLOB_CAPTURES)
			cap[n++] =
			    (struct glob_capture){ .kind = kind, .text = text };
		at = end;
	}
}

bool
glob_capture(const struct glob *g, struct slice name, struct glob_capture *cap)
{
	unsigned char *keep;
	bool yes;

	if (name.n > GLOB_NAME_MAX)
		return false;
	keep = mem_alloc((name.n + 1) * (g->n + 1) / 8 + 1, 1);
	yes = match(g, name, keep);
	if (yes)
		walk(g, name, keep, cap);
	free(keep);
	return yes;
}

bool
glob_match(struct slice pattern, struct slice name, unsigned flags)
{
	struct glob *g;
	struct err err;
	bool yes;

	if (glob_new(&g, pattern, flags, &err) != 0)
		return false;
	yes = glob_test(g, name);
	glob_free(&g);
	return yes;
}
