/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Attachments as bytes; see item_attach.h. */
#include "formats/item_attach.h"

#include <ctype.h>

#include "formats/mime_build.h"

/* type "/" subtype, of characters that a token has. */
static bool
is_type(struct slice s)
{
	size_t i, slashes = 0;

	for (i = 0; i < s.n; i++) {
		if (s.p[i] == '/')
			slashes++;
		else if (!isalnum((unsigned char)s.p[i]) &&
		    strchr("!#$&-^_.+", s.p[i]) == NULL)
			return false;
	}
	return slashes == 1 && s.n > 2 && s.n < 100 && s.p[0] != '/' &&
	    s.p[s.n - 1] != '/';
}

struct slice
item_attach_type(const struct item_attach *at)
{
	struct slice s = slice_trim(at->mime);
	size_t n;

	if (at->method == ITEM_ATTACH_ITEM)
		return slice_str("message/rfc822");
	for (n = 0; n < s.n && s.p[n] != ';' && s.p[n] != ' '; n++)
		;
	s.n = n;
	return is_type(s) ? s : slice_str(mime_type_by_name(at->name));
}

static int
copy_item(void *arg, const struct item_sink *to, struct err *err)
{
	const struct item_attach *at = arg;
	const struct mime_opts opts = { 0 };
	struct item *it = NULL;
	int rc;

	if (at->open(at->arg, &it, err) != 0)
		return -1;
	rc = mime_build(it, &opts, to, err);
	item_close(&it);
	return rc < 0 ? -1 : 1;
}

void
item_attach_stream(struct item_attach_stream *as, const struct item_attach *at)
{
	as->at = at;
	as->stream = at->data;
	if (at->method == ITEM_ATTACH_ITEM && at->open != NULL) {
		as->stream.copy = copy_item;
		as->stream.arg = (void *)(uintptr_t)at;
		as->stream.size = 0;
	}
}
