/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See person.h. */
#include "formats/pst/person.h"

#include <string.h>

#include "formats/pst/smtp.h"

void
pst_put_address(struct item_person *who, struct slice type, struct slice addr)
{
	struct slice smtp = pst_smtp(addr);

	if (addr.n == 0)
		return;
	if (slice_is_nocase(type, "EX") || addr.p[0] == '/')
		who->x500 = addr;
	else if (smtp.n > 0)
		who->smtp = smtp;
}

struct slice
pst_name_smtp(struct slice name)
{
	struct slice s = pst_smtp(name);
	const char *at = s.n == 0 ? NULL : memrchr(s.p, '@', s.n);

	if (at == NULL || memchr(at, '.', s.n - (size_t)(at - s.p)) == NULL)
		s.n = 0;
	return s;
}

/* At least as many as the list has names. */
static size_t
count_names(struct slice list)
{
	size_t i, n = list.n > 0;

	for (i = 0; i < list.n; i++)
		n += list.p[i] == ';';
	return n;
}

static void
add_names(struct item *it, struct slice list, enum item_recipient_type type)
{
	struct item_recipient *to;
	struct slice name;
	size_t n;

	while (list.n > 0) {
		for (n = 0; n < list.n && list.p[n] != ';'; n++)
			;
		name = slice_trim(slice_of(list.p, n));
		list = slice_from(list, n + 1);
		if (name.n == 0)
			continue;
		to = &it->recipients[it->n_recipients++];
		to->type = type;
		to->who.name = name;
		to->who.smtp = pst_name_smtp(name);
	}
}

void
pst_named_recipients(struct item *it, struct arena *a, struct slice to,
    struct slice cc, struct slice bcc)
{
	size_t most = count_names(to) + count_names(cc) + count_names(bcc);

	it->recipients = arena_alloc(a, most * sizeof(*it->recipients) + 1);
	it->n_recipients = 0;
	add_names(it, to, ITEM_TO);
	add_names(it, cc, ITEM_CC);
	add_names(it, bcc, ITEM_BCC);
}
