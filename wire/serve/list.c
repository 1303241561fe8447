/* SPDX-License-Identifier: GPL-3.0-or-later */
/* LIST and LSUB at the throw-away server (RFC 3501, 5258, 6154). */
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "wire/serve/impl.h"

/* '%' stops at the delimiter, '*' does not.  Linear with one step back for
 * each kind of wildcard is enough: patterns come from one client. */
static bool
matches(const char *p, const char *end, const char *name, char delimiter,
    unsigned depth)
{
	for (; p < end; p++, name++) {
		if (*p == '*' || *p == '%') {
			char wild = *p;

			while (p < end && (*p == '*' || *p == '%')) {
				if (*p == '*')
					wild = '*';
				p++;
			}
			if (depth > 8)
				return false;
			for (;; name++) {
				if (matches(p, end, name, delimiter, depth + 1))
					return true;
				if (*name == '\0' ||
				    (wild == '%' && *name == delimiter))
					return false;
			}
		}
		if (*p != *name)
			return false;
	}
	return *name == '\0';
}

static bool
has_children(const struct serve *s, const struct serve_box *b)
{
	size_t i, n = strlen(b->name);

	for (i = 0; i < s->n_boxes; i++)
		if (strncmp(s->boxes[i]->name, b->name, n) == 0 &&
		    s->boxes[i]->name[n] == s->w->delimiter)
			return true;
	return false;
}

static int
compare(const void *a, const void *b)
{
	const struct serve_box *x = *(const struct serve_box *const *)a;
	const struct serve_box *y = *(const struct serve_box *const *)b;

	return strcmp(x->folded, y->folded);
}

struct wanted {
	bool lsub, subscribed_only, tell_subscribed, tell_use;
};

static void
put_box(struct serve_conn *c, const struct serve_box *b, const struct wanted *w,
    bool children)
{
	serve_putf(c, "* %s (%s", w->lsub ? "LSUB" : "LIST",
	    children ? "\\HasChildren" : "\\HasNoChildren");
	if (b->noselect)
		buf_puts(&c->out, " \\Noselect");
	if (b->subscribed && w->tell_subscribed)
		buf_puts(&c->out, " \\Subscribed");
	if (b->use != NULL && (w->tell_use || c->s->w->use_in_list))
		buf_putf(&c->out, " %s", b->use);
	buf_putf(&c->out, ") \"%c\" ", c->s->w->delimiter);
	serve_put_string(&c->out, slice_str(b->name));
	buf_puts(&c->out, "\r\n");
}

static void
put_matching(struct serve_conn *c, struct slice pattern, const struct wanted *w)
{
	struct serve *s = c->s;
	struct serve_box **v =
	    mem_alloc(s->n_boxes + 1, sizeof(struct serve_box *));
	bool few = s->n_boxes <= 2000;
	size_t i, n;

	/* in order, the one that follows tells of children */
	memcpy(v, s->boxes, s->n_boxes * sizeof(struct serve_box *));
	qsort(v, s->n_boxes, sizeof(struct serve_box *), compare);
	for (i = 0; i < s->n_boxes; i++) {
		bool children;

		if (w->subscribed_only && !v[i]->subscribed)
			continue;
		if (!matches(pattern.p, pattern.p + pattern.n, v[i]->name,
			s->w->delimiter, 0) &&
		    !slice_is_nocase(pattern, v[i]->name))
			continue;
		n = strlen(v[i]->folded);
		children = few ? has_children(s, v[i])
			       : i + 1 < s->n_boxes &&
			strncmp(v[i + 1]->folded, v[i]->folded, n) == 0 &&
			v[i + 1]->folded[n] == s->w->delimiter;
		put_box(c, v[i], w, children);
	}
	free(v);
}

/* RETURN (SUBSCRIBED SPECIAL-USE CHILDREN) */
static void
read_returns(struct slice s, struct wanted *w)
{
	struct slice list, word;

	if (!serve_space(&s) || !serve_word(&s, "RETURN") || !serve_space(&s) ||
	    !serve_list(&s, &list))
		return;
	while (serve_atom(&list, &word)) {
		if (slice_is_nocase(word, "SUBSCRIBED"))
			w->tell_subscribed = true;
		else if (slice_is_nocase(word, "SPECIAL-USE"))
			w->tell_use = true;
		(void)serve_space(&list);
	}
}

/* A pattern: an astring that may hold wildcards. */
static bool
one_pattern(struct serve_conn *c, struct slice *s, struct slice base,
    const struct wanted *w)
{
	struct buf pattern = { 0 }, whole = { 0 };
	bool ok = serve_astring(s, &pattern) && pattern.n < 2000;

	if (ok) {
		buf_put(&whole, base.p, base.n);
		buf_put(&whole, pattern.p, pattern.n);
		if (pattern.n == 0 && !w->lsub)
			serve_putf(c, "* LIST (\\Noselect) \"%c\" \"\"\r\n",
			    c->s->w->delimiter);
		else
			put_matching(c, buf_slice(&whole), w);
	}
	buf_free(&pattern);
	buf_free(&whole);
	return ok;
}

void
serve_cmd_list(struct serve_conn *c, struct slice s, bool lsub)
{
	struct wanted w = { .lsub = lsub, .subscribed_only = lsub };
	struct slice list = { 0 }, patterns;
	struct buf base = { 0 };
	bool ok = true;

	if (s.n > 0 && s.p[0] == '(') {
		ok = serve_has(c->s, "LIST-EXTENDED") &&
		    serve_list(&s, &list) && serve_space(&s);
		if (ok && list.n > 0)
			w.subscribed_only = w.tell_subscribed =
			    memmem(list.p, list.n, "SUBSCRIBED", 10) != NULL;
	}
	ok = ok && serve_astring(&s, &base) && serve_space(&s);
	if (ok && s.n > 0 && s.p[0] == '(') {
		ok = serve_list(&s, &patterns);
		read_returns(s, &w);
		while (ok && patterns.n > 0) {
			ok = one_pattern(c, &patterns, buf_slice(&base), &w);
			(void)serve_space(&patterns);
		}
	} else if (ok) {
		struct slice rest = s;
		struct buf skipped = { 0 };

		ok = serve_astring(&rest, &skipped);
		buf_free(&skipped);
		read_returns(rest, &w);
		ok = ok && one_pattern(c, &s, buf_slice(&base), &w);
	}
	buf_free(&base);
	serve_answer(c,
	    ok ? "OK LIST completed." : "BAD Command Argument Error. 12");
}
