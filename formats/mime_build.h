/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Make an RFC 5322 message of a neutral item (formats/pst/item.h).  The same
 * item always gives the same bytes: boundaries and a missing Message-ID are
 * made from the item's uid, never from the clock or chance.  What comes out
 * has CRLF line ends, no line over 998 bytes and no 8-bit byte in a header (but
 * for addresses of letters beyond ASCII, RFC 6532);
 * S/MIME content passes as it lies there.
 *
 * Headers are the transport headers where the item has them, without what
 * described the structure of the message that was sent (Content-*), and
 * completed from properties.  An X.500 sender without an SMTP address gets
 * one below the reserved domain x500.invalid, its X.500 text in a field
 * X-Postroad-X500-From (-Sender, -To, ...).
 *
 * Structure: mixed { alternative { plain, related { html, inline images },
 * calendar }, attachments }, each level only where it is needed.  Embedded
 * messages are message/rfc822 parts, built the same way; embedded contacts,
 * appointments and notes are text/vcard, text/calendar and text/plain files.
 *
 * Memory: a few blocks, whatever the sizes; a body that exists only as RTF is
 * held once to be made readable.
 */
#ifndef FORMATS_MIME_BUILD_H
#define FORMATS_MIME_BUILD_H

#include "formats/pst/item.h"

struct mime_opts {
	/* Something of the item could not be carried whole: "attachment
	 * 'x' ends early".  Called while building; may be NULL. */
	void (*problem)(void *arg, const char *text);
	void *arg;
	/* True RTF that is the body goes along as an attachment, body.rtf. */
	bool keep_rtf;
};

/* "image/png" of "x.png"; application/octet-stream where it is unknown. */
const char *mime_type_by_name(struct slice name);

/* Once in a process, before anything else here. */
void mime_init(void);

/*
 * Build 'item' into 'to', in pieces of up to 64 KiB.  Returns 0, or -1 with
 * the sink's error, or with SCOPE_MSG: then the bytes are worthless.
 */
int mime_build(const struct item *item, const struct mime_opts *opts,
    const struct item_sink *to, struct err *err);

#endif
