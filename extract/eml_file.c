/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a file is; see eml_file.h. */
#include "extract/eml_file.h"

#include "formats/emlx.h"
#include "formats/mbox.h"
#include "formats/sniff.h"

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
