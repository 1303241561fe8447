/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two lists of facts side by side; see compare_facts.h. */
#include "extract/compare_facts.h"

#include <ctype.h>
#include <string.h>

#define TOLD_MAX  4  /* fields told with both values */
#define VALUE_MAX 48 /* bytes of a value that are told */

/* What libpst does not give, or gives in another way by design.  Said in
 * postroad-verify(1), too. */
struct limit {
	const char *field; /* without number and what it is in */
	const char *own;   /* only where our own reader says that; or NULL */
	const char *libpst;
	bool from_rtf; /* only where both have the same RTF beside it */
};

static const struct limit limits[] = {
	{ "location", NULL, "", false },
	{ "path", NULL, "", false },
	/* not of entry ids, keys of recipients, nor of other people */
	{ "reply_to", NULL, "", false },
	{ "from.smtp", NULL, "", false },
	{ "from.x500", NULL, "", false },
	{ "sender.smtp", NULL, "", false },
	{ "sender.x500", NULL, "", false },
	{ "to.smtp", NULL, "", false },
	{ "to.x500", NULL, "", false },
	{ "cc.smtp", NULL, "", false },
	{ "cc.x500", NULL, "", false },
	{ "bcc.smtp", NULL, "", false },
	{ "bcc.x500", NULL, "", false },
	/* given only where plain text or HTML is missing */
	{ "rtf", NULL, "", false },
	/* HTML and text that are wrapped up in RTF */
	{ "html", NULL, "", true },
	{ "plain", NULL, "", true },
	/* a low one and none at all are the same number to it */
	{ "importance", "0", "1", false },
};

/* What is being compared. */
struct pair {
	struct slice own, libpst;
};

static bool
next_fact(struct slice *rest, struct slice *field_r, struct slice *value_r)
{
	struct slice line;
	const char *tab;

	while (slice_next_line(rest, &line)) {
		while (line.n > 0 && line.p[line.n - 1] == '\n')
			line.n--;
		tab = line.n == 0 ? NULL : memchr(line.p, '\t', line.n);
		if (tab == NULL)
			continue;
		*field_r = slice_of(line.p, (size_t)(tab - line.p));
		*value_r = slice_from(line, field_r->n + 1);
		return true;
	}
	return false;
}

struct slice
facts_get(struct slice facts, const char *field)
{
	struct slice name, value;

	while (next_fact(&facts, &name, &value))
		if (slice_is(name, field))
			return value;
	return slice_of("", 0);
}

/* "attach2/attach1.location" is "location", "to12.name" is "to.name". */
static bool
is_field(struct slice field, const char *name)
{
	const char *slash;
	struct slice s = field;
	size_t i;

	while (s.n > 0 && (slash = memchr(s.p, '/', s.n)) != NULL)
		s = slice_from(s, (size_t)(slash - s.p) + 1);
	if (slice_starts(s, "attach") && memchr(s.p, '.', s.n) != NULL)
		s = slice_from(s,
		    (size_t)((const char *)memchr(s.p, '.', s.n) - s.p) + 1);
	for (i = 0; i < s.n; i++) {
		if (s.p[i] == *name && *name != '\0')
			name++;
		else if (!isdigit((unsigned char)s.p[i]))
			return false;
	}
	return name[0] == '\0';
}

/* Do both have the same RTF in the item that 'field' is of? */
static bool
same_rtf(const struct pair *all, struct slice field)
{
	struct buf name = { 0 };
	struct slice own;
	size_t n = field.n;
	bool same;

	while (n > 0 && field.p[n - 1] != '/')
		n--;
	buf_put(&name, field.p, n);
	buf_puts(&name, "rtf");
	own = facts_get(all->own, buf_str(&name));
	same =
	    own.n > 0 && slice_eq(own, facts_get(all->libpst, buf_str(&name)));
	buf_free(&name);
	return same;
}

static bool
is_known(const struct pair *all, struct slice field, struct slice own,
    struct slice libpst)
{
	const struct limit *l;
	size_t i;

	for (i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		l = &limits[i];
		if (is_field(field, l->field) &&
		    (l->own == NULL || slice_is(own, l->own)) &&
		    slice_is(libpst, l->libpst) &&
		    (!l->from_rtf || same_rtf(all, field)))
			return true;
	}
	return false;
}

static void
put_value(struct buf *b, const char *who, struct slice v)
{
	if (v.n == 0) {
		buf_putf(b, " %s nothing", who);
		return;
	}
	buf_putf(b, " %s '", who);
	buf_put(b, v.p, v.n < VALUE_MAX ? v.n : VALUE_MAX);
	buf_puts(b, v.n > VALUE_MAX ? "...'" : "'");
}

static void
tell(struct facts_diff *d, const struct pair *all, struct slice field,
    struct slice own, struct slice libpst)
{
	if (is_known(all, field, own, libpst)) {
		d->known++;
		return;
	}
	if (d->fields++ > TOLD_MAX)
		return;
	if (d->fields > TOLD_MAX) {
		buf_puts(&d->text, "; and more");
		return;
	}
	buf_puts(&d->text, d->fields > 1 ? "; " : "");
	buf_put(&d->text, field.p, field.n);
	buf_putc(&d->text, ':');
	put_value(&d->text, "own", own);
	buf_putc(&d->text, ',');
	put_value(&d->text, "libpst", libpst);
}

/* Find 'field' in 'all', first behind *at, where it is when both tell the
 * same; *at moves behind it. */
static bool
find(struct slice all, size_t *at, struct slice field, struct slice *value_r)
{
	struct slice name, rest = slice_from(all, *at);
	bool again = false;

	for (;;) {
		if (!next_fact(&rest, &name, value_r)) {
			if (again)
				return false;
			again = true;
			rest = all;
			continue;
		}
		if (!slice_eq(name, field))
			continue;
		*at = (size_t)(value_r->p + value_r->n - all.p);
		return true;
	}
}

void
facts_compare(struct facts_diff *d, struct slice own, struct slice libpst)
{
	const struct pair all = { own, libpst };
	struct slice field, value, other, rest = own;
	size_t at = 0;

	while (next_fact(&rest, &field, &value)) {
		if (slice_is(field, "backing"))
			continue;
		if (!find(libpst, &at, field, &other))
			other = slice_of("", 0);
		if (!slice_eq(value, other))
			tell(d, &all, field, value, other);
	}
	at = 0;
	rest = libpst;
	while (next_fact(&rest, &field, &other))
		if (!find(own, &at, field, &value))
			tell(d, &all, field, slice_of("", 0), other);
}
