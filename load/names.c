/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Folder names at the destination; see names.h. */
#include "load/names.h"

#include "core/text.h"
#include "formats/folder.h"
#include "wire/mutf7.h"

/* What stands for a character that cannot. */
static char
stand_in(const struct names *n)
{
	return n->delimiter == '_' ? '-' : '_';
}

/* Append 'c', decoded, fit for a name; true if something was replaced. */
static bool
put_fit(struct buf *out, struct slice c, const struct names *n)
{
	uint32_t cp;
	size_t len, i;
	bool changed = false;

	for (i = 0; i < c.n; i += len) {
		len = text_utf8(c.p + i, c.n - i, &cp);
		if (len == 0) {
			text_put_utf8(out, 0xfffd);
			len = 1;
			changed = true;
		} else if (cp < 0x20 || (cp >= 0x7f && cp < 0xa0) ||
		    (n->delimiter != 0 && cp == (unsigned char)n->delimiter)) {
			buf_putc(out, stand_in(n));
			changed = true;
		} else {
			buf_put(out, c.p + i, len);
		}
	}
	if (c.n == 0) {
		buf_putc(out, stand_in(n));
		changed = true;
	}
	return changed;
}

bool
names_component(struct buf *out, struct slice component, const struct names *n)
{
	struct buf decoded = { 0 }, fit = { 0 };
	bool changed;

	folder_decode(&decoded, component);
	changed = put_fit(&fit, buf_slice(&decoded), n);
	mutf7_encode(out, buf_slice(&fit)); /* it is UTF-8 without NUL now */
	buf_free(&decoded);
	buf_free(&fit);
	return changed;
}

bool
names_child(struct buf *out, struct slice parent, struct slice component,
    const struct names *n)
{
	struct slice prefix = slice_str(n->prefix);

	if (parent.n == 0 && slice_is(component, "INBOX")) {
		buf_puts(out, "INBOX");
		return false;
	}
	if (parent.n == 0 ||
	    (slice_is_nocase(parent, "INBOX") && prefix.n == 6 &&
		n->delimiter != 0 && prefix.p[5] == n->delimiter &&
		slice_is_nocase(slice_of(prefix.p, 5), "INBOX"))) {
		buf_put(out, prefix.p, prefix.n);
	} else {
		buf_put(out, parent.p, parent.n);
		buf_putc(out, n->delimiter != 0 ? n->delimiter : '_');
	}
	return names_component(out, component, n);
}

void
names_apart(struct buf *name, unsigned number)
{
	buf_putf(name, " (%u)", number);
}

bool
names_is_personal(struct slice name, const struct names *n)
{
	return slice_is_nocase(name, "INBOX") || slice_starts(name, n->prefix);
}

bool
names_is_role(struct slice special_use)
{
	static const char *const roles[] = { "\\Sent", "\\Drafts", "\\Trash",
		"\\Junk", "\\Archive" };
	size_t i;

	for (i = 0; i < sizeof(roles) / sizeof(roles[0]); i++)
		if (slice_is_nocase(special_use, roles[i]))
			return true;
	return false;
}
