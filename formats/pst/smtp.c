/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/pst/smtp.h"

#include <string.h>

/* Blanks, and what is put around an address: <...>, '...', "...". */
static struct slice
bare(struct slice s)
{
	static const char open[] = "<'\"", shut[] = ">'\"";
	const char *at;

	for (;;) {
		s = slice_trim(s);
		at = s.n < 2 ? NULL : memchr(open, s.p[0], 3);
		if (at == NULL || s.p[s.n - 1] != shut[at - open])
			return s;
		s = slice_of(s.p + 1, s.n - 2);
	}
}

struct slice
pst_smtp(struct slice s)
{
	const char *at;
	size_t i;

	s = bare(s);
	if (s.n > 5 && slice_is_nocase(slice_of(s.p, 5), "smtp:"))
		s = bare(slice_from(s, 5));
	else if (s.n > 7 && slice_is_nocase(slice_of(s.p, 7), "mailto:"))
		s = bare(slice_from(s, 7));
	at = s.n < 3 ? NULL : memrchr(s.p, '@', s.n);
	if (at == NULL || at == s.p || at == s.p + s.n - 1 || s.p[0] == '/')
		return slice_of("", 0);
	/* blanks only within quotes, before the '@' */
	for (i = 0; i < s.n; i++)
		if (s.p[i] == ' ' &&
		    (s.p[0] != '"' || at[-1] != '"' || s.p + i > at))
			return slice_of("", 0);
	return s;
}
