/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The line that opens a message in an mbox: "From sender date".  Nobody ever
 * specified it, and text may begin with "From " too, so what is looked for
 * is evidence: a date, the "-" of Netscape and Thunderbird, or one address
 * and nothing else.
 */
#ifndef FORMATS_POSTMARK_H
#define FORMATS_POSTMARK_H

#include <stdbool.h>

#include "core/date.h"
#include "core/slice.h"

#define POSTMARK_MAX 1000 /* bytes; a longer line is none */

struct postmark {
	int64_t date; /* DATE_UNKNOWN if it has none that can be read */
	bool dash;    /* "From - ...": Netscape, Thunderbird */
	bool at;      /* "user at host": an archive of mailman */
	bool xxx;     /* "1628424719502045299@xxx": Google Takeout */
};

/* Is 'line' (without its end) a postmark? */
bool postmark_parse(struct slice line, struct postmark *pm_r);

/* Does 'text' begin with a header field's name and ':'? */
bool postmark_header_follows(struct slice text);

#endif
