/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Out of RTF what people wrote: the HTML or the text that Outlook wrapped into
 * it ([MS-OXRTFEX]), or the readable text of true RTF.  A filter: RTF in, in
 * pieces of any size, UTF-8 out; flat memory.  What is not RTF gives nothing.
 *
 *	rtfex_new -> rtfex_put* -> rtfex_end -> rtfex_free
 */
#ifndef FORMATS_PST_RTFEX_H
#define FORMATS_PST_RTFEX_H

#include "formats/pst/item.h"

enum rtf_kind { RTF_NOT, RTF_TRUE, RTF_FROM_TEXT, RTF_FROM_HTML };

/* What is wrapped into RTF that begins like this?  A few hundred bytes are
 * enough. */
enum rtf_kind rtfex_kind(struct slice head);

struct rtfex;

/* 'html': the wrapped HTML, else text with CRLF at line ends. */
struct rtfex *rtfex_new(bool html, const struct item_sink *to);
/* True RTF as HTML (formats/pst/rtfhtml.h). */
struct rtfex *rtfex_new_rich(const struct item_sink *to);
/* 0, or -1 with the sink's error. */
int rtfex_put(struct rtfex *x, const void *data, size_t len, struct err *err);
int rtfex_end(struct rtfex *x, struct err *err);
void rtfex_free(struct rtfex **x);

#endif
