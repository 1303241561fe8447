/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Messages moved, copied and taken out, by UID (RFC 4315, RFC 6851). */
#include <string.h>

#include "core/num.h"
#include "wire/imap_impl.h"

void
imap_on_copyuid(struct imap *im, struct slice args)
{
	struct slice from;
	uint64_t validity;
	const char *end;

	if (!num_take_u64(&args, UINT32_MAX, &validity) || validity == 0)
		return;
	args = slice_trim(args);
	end = args.n == 0 ? NULL : memchr(args.p, ' ', args.n);
	if (end == NULL)
		return;
	from = slice_of(args.p, (size_t)(end - args.p));
	args = slice_trim(slice_from(args, from.n));
	if (im->copied.uidvalidity != 0 &&
	    im->copied.uidvalidity != (uint32_t)validity)
		return;
	/* a server may tell of a large set in parts */
	im->copied.uidvalidity = (uint32_t)validity;
	if (im->copied_from.n > 0) {
		buf_putc(&im->copied_from, ',');
		buf_putc(&im->copied_to, ',');
	}
	buf_put(&im->copied_from, from.p, from.n);
	buf_put(&im->copied_to, args.p, args.n);
}

int
imap_uid_copy(struct imap *im, struct slice set, struct slice name, bool move,
    struct imap_copied *c_r, struct err *err)
{
	struct imap_cmd c = { 0 };
	int rc;

	buf_clear(&im->copied_from);
	buf_clear(&im->copied_to);
	im->copied = (struct imap_copied){ 0 };
	imap_cmd_word(&c, move ? "UID MOVE" : "UID COPY");
	rc = imap_cmd_set(&c, set, err);
	if (rc == 0)
		rc = imap_cmd_astring(&c, name, err);
	if (rc == 0)
		rc = imap_cmd_run(im, &c, SCOPE_FOLDER, err);
	imap_cmd_free(&c);
	*c_r = im->copied;
	c_r->from = buf_slice(&im->copied_from);
	c_r->to = buf_slice(&im->copied_to);
	return rc;
}

bool
imap_copied_next(struct imap_copied *c, uint32_t *from_r, uint32_t *to_r)
{
	if (c->from_lo == 0 &&
	    imap_uidset_next(&c->from, &c->from_lo, &c->from_hi) <= 0)
		return false;
	if (c->to_lo == 0 &&
	    imap_uidset_next(&c->to, &c->to_lo, &c->to_hi) <= 0)
		return false;
	*from_r = c->from_lo;
	*to_r = c->to_lo;
	c->from_lo = c->from_lo == c->from_hi ? 0 : c->from_lo + 1;
	c->to_lo = c->to_lo == c->to_hi ? 0 : c->to_lo + 1;
	return true;
}

int
imap_uid_expunge(struct imap *im, struct slice set, struct err *err)
{
	struct imap_cmd c = { 0 };
	int rc;

	imap_cmd_word(&c, "UID EXPUNGE");
	rc = imap_cmd_set(&c, set, err);
	if (rc == 0)
		rc = imap_cmd_run(im, &c, SCOPE_FOLDER, err);
	imap_cmd_free(&c);
	return rc;
}
