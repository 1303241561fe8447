/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The readable text of an RTF, for bodies that exist only as RTF.  Text and
 * HTML that Outlook wrapped into RTF ([MS-OXRTFEX]) come out as their text.
 */
#ifndef FORMATS_PST_RTF_H
#define FORMATS_PST_RTF_H

#include "core/buf.h"

/* Append the text of 'rtf' in UTF-8, CRLF at line ends.  Never fails: what
 * is not RTF gives nothing. */
void rtf_to_text(struct buf *out, struct slice rtf);

#endif
