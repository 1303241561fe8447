/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The options of transform that change messages; see fix_options.h. */
#include "cli/fix_options.h"

#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "core/num.h"
#include "wire/provider.h"

#define LINE_RFC5322 1000 /* 2.1.1: 998, and CRLF */

/* What the destination refuses (data/providers.yaml); all of it where that is
 * no server in particular. */
static int
limits_of(const struct names_dest *dest, struct provider_limits *l_r,
    struct err *err)
{
	const struct provider *p;
	struct providers *all = NULL;
	struct err unknown = { 0 };

	*l_r = (struct provider_limits){ .line_bytes = LINE_RFC5322,
		.refuses_bare_lf = true,
		.refuses_bare_cr = true,
		.refuses_nul = true };
	if (dest == NULL || strcmp(dest->name, "generic") == 0)
		return 0;
	if (providers_open(&all, NULL, err) < 0)
		return -1;
	if (providers_find(all, dest->name, &p, &unknown) == 0)
		*l_r = p->limits;
	providers_close(&all);
	return 0;
}

/* As long as the destination takes it. */
static int
set_line(struct rules_settings *s, struct err *err)
{
	struct provider_limits l;

	if (limits_of(s->dest, &l, err) < 0)
		return -1;
	s->fixes.want.line = l.line_bytes > 0 ? l.line_bytes : LINE_RFC5322;
	return 0;
}

static int
apply_known(struct rules_settings *s, struct err *err)
{
	struct fix_want *want = &s->fixes.want;
	struct provider_limits l;

	if (s->dest == NULL)
		return err_set(err, SCOPE_RUN, EX_USAGE,
		    "--fix-messages wants --for: which server is it for?");
	if (limits_of(s->dest, &l, err) < 0)
		return -1;
	if (want->line == 0)
		want->line = l.line_bytes;
	if (l.refuses_bare_lf || l.refuses_bare_cr || l.refuses_nul)
		want->newlines = true;
	/* it sends receipts for what is loaded and read there */
	if (strcmp(s->dest->name, "microsoft") == 0 ||
	    strcmp(s->dest->name, "generic") == 0)
		want->receipts = true;
	return 0;
}

int
fix_options_apply(const struct fix_options *o, struct rules_settings *s,
    struct err *err)
{
	struct fix_want *want = &s->fixes.want;

	if (o->lines != NULL) {
		if (*o->lines == '\0' && set_line(s, err) < 0)
			return -1;
		if (*o->lines != '\0' &&
		    !num_size(slice_str(o->lines), &want->line))
			return err_set(err, SCOPE_RUN, EX_USAGE,
			    "--fix-lines: '%s' is no number of bytes",
			    o->lines);
	} else if (s->fix_lines && want->line == 0 && set_line(s, err) < 0) {
		return -1;
	}
	want->newlines |= o->newlines;
	want->receipts |= o->receipts;
	want->break_signed |= o->in_signed;
	if (o->strip > 0)
		want->strip = o->strip;
	if (o->dir != NULL) {
		free(s->attachments_dir);
		s->attachments_dir = mem_str(o->dir);
	}
	s->fixes.dir = s->attachments_dir;
	if (o->messages && apply_known(s, err) < 0)
		return -1;
	if (want->line > 0 && want->line < FIX_LINE_MIN)
		return err_set(err, SCOPE_RUN, EX_USAGE,
		    "--fix-lines: lines of %d bytes must be possible",
		    FIX_LINE_MIN);
	if ((want->strip > 0) == (s->fixes.dir != NULL))
		return 0;
	return err_set(err, SCOPE_RUN, EX_USAGE,
	    want->strip > 0
		? "--strip-attachments wants --attachments-dir: where to?"
		: "--attachments-dir wants --strip-attachments: from which "
		  "size on?");
}

void
fix_options_describe(const struct fix_options *o, struct buf *out)
{
	if (o->messages)
		buf_puts(out, " --fix-messages");
	if (o->lines != NULL)
		buf_putf(out, " --fix-lines%s%s", *o->lines == '\0' ? "" : "=",
		    o->lines);
	if (o->newlines)
		buf_puts(out, " --fix-newlines");
	if (o->receipts)
		buf_puts(out, " --disarm-receipts");
	if (o->strip > 0)
		buf_putf(out, " --strip-attachments %llu",
		    (unsigned long long)o->strip);
	if (o->dir != NULL)
		buf_putf(out, " --attachments-dir '%s'", o->dir);
	if (o->in_signed)
		buf_puts(out, " --fix-signed");
}
