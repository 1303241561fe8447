/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Contacts and distribution lists as vCards: version 4 (RFC 6350), version 3
 * (RFC 2426) on request.  The same item always gives the same bytes.  What a
 * vCard has no property for goes into X-POSTROAD- ones, so that
 * vcard_read(vcard_write(item)) has everything back.
 *
 * Attachments are X-ATTACH properties (data: URIs), the photo is PHOTO;
 * both are streamed, so memory is flat at any size.
 */
#ifndef FORMATS_VCARD_H
#define FORMATS_VCARD_H

#include "formats/contact.h"
#include "formats/pst/item.h"

struct vcard_opts {
	unsigned version; /* 4 (also 0) or 3 */
	/* as mime_opts.problem; may be NULL */
	void (*problem)(void *arg, const char *text);
	void *arg;
};

/* Write it->contact or it->list.  0, or -1 with the sink's error, or with
 * SCOPE_MSG: then the bytes are worthless. */
int vcard_write(const struct item *it, const struct vcard_opts *opts,
    const struct item_sink *to, struct err *err);

/*
 * Read a vCard, version 3 or 4: the first of the file 'fd', which must stay
 * open until the item is closed with its own close().  it->contact or it->list
 * is filled in, with class IPM.Contact or IPM.DistList.  Long values stay in
 * the file, as streams.  0, or -1 with SCOPE_MSG, EX_DATAERR: no vCard.
 */
int vcard_read(int fd, struct item **item_r, struct err *err);

/* The URI that stands for an item in UID and MEMBER: "urn:uuid:...", made
 * from item.uid.  'out' holds 46 bytes.  Returns out. */
char *vcard_uid(char out[46], struct slice uid);

#endif
