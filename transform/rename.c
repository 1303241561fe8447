/* SPDX-License-Identifier: GPL-3.0-or-later */
/* New names for folders; see rules.h. */
#include <stdlib.h>

#include "core/mem.h"
#include "core/text.h"
#include "transform/rules_impl.h"

int
rename_compile(struct rule *r, struct err *err)
{
	char kinds[GLOB_CAPTURES];
	size_t n = 0;

	if (r->nfolder == 1 && r->folder[0].glob != NULL) {
		n = glob_wildcards(r->folder[0].glob, kinds);
		return newname_new(&r->newname, r->to, kinds, n, err);
	}
	if (r->nfolder == 1) {
		n = regex_groups(r->folder[0].regex);
		if (n >= REGEX_GROUPS)
			n = REGEX_GROUPS - 1;
	}
	return newname_new(&r->newname, r->to, NULL, n, err);
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
		newname_put(r->newname, group, out);
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
		newname_put(r->newname, &name, out);
	else if (r->folder[0].glob != NULL)
		rc = newname_apply(r->newname, r->folder[0].glob, name, out);
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
