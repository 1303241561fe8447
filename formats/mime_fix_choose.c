/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What becomes of the bytes of a leaf; see mime_fix_impl.h. */
#include <string.h>
#include <strings.h>

#include "formats/mime_fix_impl.h"

/* Its bytes are text of one byte and more a character. */
static bool
is_text(const struct entity *e)
{
	return strncmp(e->type, "text/", 5) == 0 &&
	    strncasecmp(e->charset, "utf-16", 6) != 0 &&
	    strncasecmp(e->charset, "utf-32", 6) != 0 &&
	    strncasecmp(e->charset, "ucs-", 4) != 0 &&
	    strncasecmp(e->charset, "unicode", 7) != 0;
}

/* Would true line ends, or NULs that go, make a boundary of what is none? */
static bool
makes_boundary(const struct fix_want *want, const struct entity *e,
    bool in_multi, const struct lines *l)
{
	return want->newlines && (in_multi || e->composite) &&
	    (l->cr_dash > 0 || (e->how == SPAN_BASE64 && l->nul_dash > 0));
}

/* Its bytes are fields of a header: a CR alone must not begin one there. */
static bool
is_fields(const struct entity *e)
{
	return strncmp(e->type, "message/", 8) == 0 ||
	    strcmp(e->type, "text/rfc822-headers") == 0;
}

/* It is not encoded yet.  'encode': line ends alone will not do. */
static void
choose_raw(const struct fix_want *want, const struct entity *e, bool encode,
    const struct lines *l, struct fix_choice *c)
{
	if (e->composite || e->unknown_how) {
		c->how = is_fields(e) ? RECODE_FRAME : RECODE_TEXT;
		if (encode)
			c->left = e->composite
			    ? "a kind of part that must not be encoded"
			    : "an unknown transfer encoding";
	} else if (is_text(e) && !encode) {
		c->how = is_fields(e) ? RECODE_FRAME : RECODE_TEXT;
	} else if (is_text(e) && l->odd < l->bytes / 6) {
		c->how = RECODE_QP;
		c->flags = RECODE_AS_TEXT | (want->newlines ? RECODE_ENDS : 0);
		c->encode = "quoted-printable";
	} else {
		c->how = RECODE_BASE64;
		c->encode = "base64";
	}
}

static void
choose_whole(const struct fix_want *want, const struct entity *e, bool in_multi,
    const struct lines *l, struct fix_choice *c)
{
	bool ends = want->newlines && (l->lf > 0 || l->cr > 0 || l->nul > 0);
	uint64_t longest =
	    want->newlines && !is_fields(e) ? l->longest_cr : l->longest;
	bool too_long = want->line > 0 && longest > want->line;
	bool encode = too_long || (want->newlines && l->nul > 0) ||
	    makes_boundary(want, e, in_multi, l);

	*c = (struct fix_choice){ .how = RECODE_COPY,
		.flags = want->newlines ? RECODE_ENDS : 0 };
	if (!ends && !too_long)
		return;
	if (e->how == SPAN_RAW) {
		choose_raw(want, e, encode, l, c);
	} else if (e->how == SPAN_BASE64) {
		c->how = RECODE_WRAP_BASE64;
	} else if (e->how == SPAN_QP) {
		c->how = RECODE_WRAP_QP;
		c->flags |= is_text(e) ? RECODE_AS_TEXT : 0;
	} else {
		/* a CR amid a line of it is damage that no line end mends */
		c->how = l->cr_mid > 0 ? RECODE_COPY : RECODE_TEXT;
		c->left = encode || l->cr_mid > 0
		    ? "uuencoded, with lines that it cannot have"
		    : NULL;
	}
}

/* Where quoted-printable breaks its own rules, readers differ in what it
 * means: its lines stay as they are. */
static void
choose_broken(const struct fix_want *want, const struct entity *e,
    const struct qp_faults *faults, const struct lines *l, struct fix_choice *c)
{
	bool ends_do = is_text(e) && !faults->at_cr;

	/* but true line ends change nothing in it */
	c->how = ends_do && want->newlines ? RECODE_TEXT : RECODE_COPY;
	if (!ends_do || l->nul > 0 ||
	    (want->line > 0 && l->longest_cr > want->line))
		c->left = "quoted-printable that is broken";
}

bool
fix_is_exact(const struct fix_choice *c)
{
	bool quoted = c->how == RECODE_QP || c->how == RECODE_WRAP_QP;

	return c->how == RECODE_COPY || c->how == RECODE_BASE64 ||
	    (quoted && (c->flags & RECODE_AS_TEXT) == 0);
}

bool
fix_is_open(const struct entity *e)
{
	if (e->closed)
		return false;
	return e->body > e->from ||
	    (e->up != NULL && e->up->kind == ENTITY_MESSAGE && !e->up->closed);
}

/* Ends of lines alone may change behind such a header. */
static void
choose_open(const struct fix_want *want, const struct lines *l,
    struct fix_choice *c)
{
	bool ends_do = want->newlines && l->cr_mid == 0 && !fix_is_exact(c);

	if (c->how == RECODE_COPY)
		return;
	c->how = ends_do ? RECODE_TEXT : RECODE_COPY;
	c->flags = 0;
	c->encode = NULL;
	if (!ends_do || l->nul > 0 ||
	    (want->line > 0 && l->longest > want->line))
		c->left = "behind a header that no empty line ends";
}

int
fix_choose(int fd, const struct fix_want *want, const struct entity *e,
    bool in_multi, const struct lines *l, struct fix_choice *c, struct err *err)
{
	struct qp_faults faults = { 0 };

	choose_whole(want, e, in_multi, l, c);
	if (c->how == RECODE_WRAP_QP &&
	    qp_faults_of(fd, e->body, e->end - e->body, &faults, err) < 0)
		return -1;
	if (faults.any)
		choose_broken(want, e, &faults, l, c);
	if (fix_is_open(e))
		choose_open(want, l, c);
	c->boundary = makes_boundary(want, e, in_multi, l);
	if (c->left == NULL && c->encode == NULL && c->how != RECODE_WRAP_QP &&
	    c->boundary)
		c->left = "with what may become a boundary";
	return 0;
}
