/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a server tells of itself: ID (RFC 2971) and QUOTA (RFC 9208). */
#include <string.h>

#include "core/num.h"
#include "core/text.h"
#include "wire/imap_impl.h"

#define SOFTWARE_MAX 200
#define QUOTA_UNIT   1024 /* of STORAGE */

const char *
imap_software(const struct imap *im)
{
	return buf_str(&im->software);
}

/* ("name" "Dovecot" "version" "2.3"): name and version, escaped. */
void
imap_on_id(struct imap *im, struct slice args)
{
	struct buf key = { 0 }, value = { 0 };
	struct imap_token t = imap_token(&args);

	buf_clear(&im->software);
	if (t.kind != IMAP_TOKEN_OPEN)
		return;
	for (;;) {
		t = imap_token(&args);
		if (t.kind != IMAP_TOKEN_STRING && t.kind != IMAP_TOKEN_ATOM)
			break;
		buf_clear(&key);
		imap_token_text(&t, &key);
		t = imap_token(&args);
		if (t.kind == IMAP_TOKEN_NIL)
			continue;
		if (t.kind != IMAP_TOKEN_STRING && t.kind != IMAP_TOKEN_ATOM)
			break;
		buf_clear(&value);
		imap_token_text(&t, &value);
		if (im->software.n + value.n > SOFTWARE_MAX ||
		    (!slice_is_nocase(buf_slice(&key), "name") &&
			!slice_is_nocase(buf_slice(&key), "version")))
			continue;
		if (im->software.n > 0)
			buf_putc(&im->software, ' ');
		text_escape(&im->software, buf_slice(&value));
	}
	buf_free(&key);
	buf_free(&value);
}

/* "root" (STORAGE 10 512 MESSAGE 1 20) */
void
imap_on_quota(struct imap *im, struct slice args)
{
	struct imap_token t;
	uint64_t used, limit;

	if (!imap_token_skip(&args) ||
	    imap_token(&args).kind != IMAP_TOKEN_OPEN)
		return;
	while ((t = imap_token(&args)).kind == IMAP_TOKEN_ATOM) {
		bool storage = slice_is_nocase(t.s, "STORAGE");

		if (!num_u64(imap_token(&args).s, UINT64_MAX / QUOTA_UNIT,
			&used) ||
		    !num_u64(imap_token(&args).s, UINT64_MAX / QUOTA_UNIT,
			&limit))
			return;
		if (!storage || limit == 0)
			continue;
		/* the one that is full first */
		if (im->quota.told &&
		    limit - (used < limit ? used : limit) >
			(im->quota.limit - im->quota.used) / QUOTA_UNIT)
			continue;
		im->quota = (struct imap_quota){ .told = true,
			.used = (used < limit ? used : limit) * QUOTA_UNIT,
			.limit = limit * QUOTA_UNIT };
	}
}

int
imap_quota_send(struct imap *im, struct err *err)
{
	struct imap_cmd c = { 0 };
	int rc;

	if (im->quota_tag != 0 || !imap_has(im, IMAP_CAP_QUOTA))
		return 0;
	im->quota = (struct imap_quota){ 0 };
	imap_cmd_word(&c, "GETQUOTAROOT");
	imap_cmd_word(&c, "INBOX");
	rc = imap_cmd_send(im, &c, &im->quota_tag, err);
	imap_cmd_free(&c);
	return rc < 0 ? -1 : 0;
}

int
imap_quota(struct imap *im, struct imap_quota *q_r, struct err *err)
{
	uint32_t tag;

	*q_r = (struct imap_quota){ 0 };
	if (imap_quota_send(im, err) < 0)
		return -1;
	tag = im->quota_tag;
	im->quota_tag = 0;
	if (tag == 0)
		return 0;
	if (imap_wait(im, tag, &im->last, err) < 0)
		return -1;
	*q_r = im->quota;
	return 0;
}
