/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a file is; see eml_file.h. */
#include "extract/eml_file.h"

#include <inttypes.h>

#include "formats/emlx.h"
#include "formats/mbox.h"
#include "formats/sniff.h"

#define TAIL_BYTES 16384 /* where an .emlx's list is looked for */

static bool
ends_with(const char *name, const char *end)
{
	size_t n = strlen(name), k = strlen(end);

	return n > k && strcasecmp(name + n - k, end) == 0;
}

bool
eml_is_named(const char *name)
{
	return ends_with(name, ".eml") || ends_with(name, ".emlx");
}

bool
eml_is_partial(const char *name)
{
	return ends_with(name, ".partial.emlx");
}

/* Names of single messages: MH's numbers, "x.msg", "x.txt". */
static bool
is_single_name(const char *name)
{
	return name[strspn(name, "0123456789")] == '\0' || eml_is_named(name) ||
	    ends_with(name, ".msg") || ends_with(name, ".mail") ||
	    ends_with(name, ".txt");
}

/* A web page as browsers save it has a header like mail's. */
static bool
is_saved_page(const char *name)
{
	return ends_with(name, ".mht") || ends_with(name, ".mhtml");
}

static bool
is_apple(const char *name, struct slice head)
{
	uint64_t at, size;

	if (!emlx_begin(head, &at, &size))
		return false;
	return ends_with(name, ".emlx") ||
	    sniff_mail(slice_from(head, (size_t)at)) >= 80;
}

/* Text of any kind may be a message that lost its header. */
static bool
is_text(struct slice head)
{
	return strstr(sniff_head(head).name, "text") != NULL ||
	    slice_starts(head, "From ");
}

enum eml_kind
eml_file_kind(const char *name, struct slice head, const char **what_r)
{
	int sure = sniff_mail(head);

	*what_r = is_saved_page(name) ? "a saved web page (.mht)"
				      : sniff_head(head).name;
	if (is_apple(name, head))
		return EML_APPLE;
	if (ends_with(name, ".emlx"))
		return EML_BAD;
	if (slice_starts(head, "From ") && mbox_probe(head) > 0)
		return is_single_name(name) ? EML_MBOX_ONE : EML_MBOX;
	if (eml_is_named(name))
		return sure > 0 || is_text(head) ? EML_MESSAGE : EML_BAD;
	if (is_saved_page(name))
		return EML_OTHER;
	return sure >= 80 || (sure > 0 && is_single_name(name)) ? EML_MESSAGE
								: EML_OTHER;
}

/* Is what follows an .emlx's counted bytes its list, or nothing? */
static bool
is_list(struct slice after)
{
	after = slice_trim(after);
	return after.n == 0 || slice_starts(after, "<?xml") ||
	    slice_starts(after, "<plist") || slice_starts(after, "<!DOCTYPE");
}

/* The end of the message, counted or found; false if there is none. */
static bool
find_end(struct slice tail, uint64_t from, uint64_t at, uint64_t *end,
    size_t list, bool *cut_r)
{
	uint64_t whole = from + tail.n;

	if (*end <= whole &&
	    (*end < from || is_list(slice_from(tail, (size_t)(*end - from)))))
		return true;
	if (list == tail.n || from + list < at)
		return false;
	*end = from + list;
	*cut_r = true;
	return true;
}

int
eml_read_apple(struct tree_file *f, struct slice head, struct marks *marks,
    bool *cut_r, struct err *err)
{
	struct buf text = { 0 }, keywords = { 0 };
	uint64_t at, size, end, from;
	uint32_t flags;
	size_t list;
	ssize_t n;

	emlx_begin(head, &at, &size);
	marks_read(marks, slice_from(head, (size_t)at), NULL, &list);
	from = f->end > TAIL_BYTES ? f->end - TAIL_BYTES : 0;
	n = tree_file_look(f, buf_room(&text, TAIL_BYTES), TAIL_BYTES, from,
	    err);
	text.n = n < 0 ? 0 : (size_t)n;
	end = at + size;
	list = emlx_list(buf_slice(&text));
	if (n >= 0 &&
	    !find_end(buf_slice(&text), from, at, &end, list, cut_r)) {
		n = err_set(err, SCOPE_MSG, EX_DATAERR,
		    "the .emlx is damaged: its first line tells of %" PRIu64
		    " bytes, it has %" PRIu64,
		    size, f->end - at);
		err_hint(err, "look for another copy of it");
	}
	if (n >= 0 &&
	    emlx_flags(slice_from(buf_slice(&text), list), &flags, &keywords)) {
		marks->flags = flags;
		buf_clear(&marks->keywords);
		buf_put(&marks->keywords, keywords.p, keywords.n);
	}
	if (n >= 0) {
		f->at = at;
		f->end = end;
	}
	buf_free(&text);
	buf_free(&keywords);
	return n < 0 ? -1 : 1;
}
