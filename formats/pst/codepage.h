/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Windows code page numbers (PidTagInternetCodepage, PidTagMessageCodepage)
 * and the names that MIME and iconv(3) have for them.
 */
#ifndef FORMATS_PST_CODEPAGE_H
#define FORMATS_PST_CODEPAGE_H

#include <stdbool.h>

#include "core/buf.h"

#define CODEPAGE_UTF8	 65001u
#define CODEPAGE_UTF16	 1200u
#define CODEPAGE_WESTERN 1252u

/* The name to declare in a Content-Type; NULL: none that mail knows. */
const char *codepage_mime(unsigned cp);

/* The number behind a charset's name ("Shift_JIS", "cp932", "932"); 0 if
 * there is none. */
unsigned codepage_of(struct slice name);

/*
 * Append 'text' as UTF-8; what does not decode becomes U+FFFD.  Returns
 * whether all did.  A code page that is unknown is read as Western.
 */
bool codepage_to_utf8(struct buf *out, struct slice text, unsigned cp);

/* Does all of it decode? */
bool codepage_fits(struct slice text, unsigned cp);

/*
 * What are an HTML text's bytes?  The store's number counts unless they do
 * not decode; then what the text itself declares, the message's number,
 * UTF-8, Western.  Valid UTF-8 that declares itself as such is believed.
 */
unsigned codepage_of_html(struct slice html, unsigned internet,
    unsigned message);

#endif
