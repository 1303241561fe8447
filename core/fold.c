/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Case folding; see fold.h. */
#include "core/fold.h"

#include <locale.h>
#include <stdbool.h>
#include <wctype.h>

#include "core/text.h"

/* Made once, kept until the process ends. */
static locale_t
fold_locale(void)
{
	static locale_t loc;
	static bool tried;

	if (!tried) {
		tried = true;
		loc = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	}
	return loc;
}

uint32_t
fold_cp(uint32_t cp)
{
	locale_t loc;

	if (cp < 0x80)
		return cp >= 'A' && cp <= 'Z' ? cp + ('a' - 'A') : cp;
	loc = fold_locale();
	if (loc == (locale_t)0 || cp > 0x10ffff)
		return cp;
	return (uint32_t)towlower_l((wint_t)cp, loc);
}

void
fold_put(struct buf *out, struct slice s)
{
	uint32_t cp;
	size_t i = 0, len;

	buf_put(out, "", 0);
	while (i < s.n) {
		len = text_utf8(s.p + i, s.n - i, &cp);
		if (len == 0)
			buf_putc(out, s.p[i++]);
		else
			text_put_utf8(out, fold_cp(cp));
		i += len;
	}
}
