/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Messages: UID sets, FETCH, SEARCH, STORE. */
#include <string.h>

#include "wire/imap_impl.h"

/* ------------------------------------------------------------------ sets */

static void
end_range(struct imap_set *s)
{
	if (s->lo == 0)
		return;
	if (s->text.n > 0)
		buf_putc(&s->text, ',');
	buf_putf(&s->text, "%u", (unsigned)s->lo);
	if (s->hi > s->lo)
		buf_putf(&s->text, ":%u", (unsigned)s->hi);
	s->lo = 0;
}

void
imap_set_add(struct imap_set *s, uint32_t uid)
{
	if (s->lo != 0 && uid == s->hi + 1) {
		s->hi = uid;
		return;
	}
	end_range(s);
	s->lo = s->hi = uid;
}

struct slice
imap_set_text(struct imap_set *s)
{
	end_range(s);
	return buf_slice(&s->text);
}

void
imap_set_clear(struct imap_set *s)
{
	buf_clear(&s->text);
	s->lo = 0;
}

void
imap_set_free(struct imap_set *s)
{
	buf_free(&s->text);
	s->lo = 0;
}

/* ---------------------------------------------------------------- FETCH */

int
imap_uid_fetch_send(struct imap *im, struct slice set, const char *items,
    const struct imap_fetch_sink *sink, uint32_t *tag_r, struct err *err)
{
	struct imap_cmd c = { 0 };
	int rc;

	im->fetch_sink = *sink;
	imap_cmd_word(&c, "UID FETCH");
	rc = imap_cmd_set(&c, set, err);
	imap_cmd_word(&c, items);
	if (rc == 0)
		rc = imap_cmd_send(im, &c, tag_r, err);
	imap_cmd_free(&c);
	return rc;
}

int
imap_uid_fetch(struct imap *im, struct slice set, const char *items,
    const struct imap_fetch_sink *sink, struct err *err)
{
	uint32_t tag;
	int rc = imap_uid_fetch_send(im, set, items, sink, &tag, err);

	if (rc == 0)
		rc = imap_wait(im, tag, &im->last, err);
	if (rc == 0)
		rc = imap_result_err(&im->last, SCOPE_FOLDER, "UID FETCH", err);
	im->fetch_sink = (struct imap_fetch_sink){ 0 };
	return rc;
}

/* --------------------------------------------------------------- SEARCH */

static int
search(struct imap *im, struct imap_cmd *c,
    int (*each)(void *arg, uint32_t uid, struct err *err), void *arg,
    struct err *err)
{
	int rc;

	im->on_uid = each;
	im->uid_arg = arg;
	rc = imap_cmd_run(im, c, SCOPE_FOLDER, err);
	im->on_uid = NULL;
	imap_cmd_free(c);
	return rc;
}

int
imap_uid_search(struct imap *im, const char *criteria,
    int (*each)(void *arg, uint32_t uid, struct err *err), void *arg,
    struct err *err)
{
	struct imap_cmd c = { 0 };

	imap_cmd_word(&c, "UID SEARCH");
	imap_cmd_word(&c, criteria);
	return search(im, &c, each, arg, err);
}

int
imap_uid_search_send(struct imap *im, const char *criteria,
    int (*each)(void *arg, uint32_t uid, struct err *err), void *arg,
    uint32_t *tag_r, struct err *err)
{
	struct imap_cmd c = { 0 };
	int rc;

	im->on_uid = each;
	im->uid_arg = arg;
	imap_cmd_word(&c, "UID SEARCH");
	imap_cmd_word(&c, criteria);
	rc = imap_cmd_send(im, &c, tag_r, err);
	imap_cmd_free(&c);
	return rc;
}

int
imap_uid_search_header(struct imap *im, const char *field, struct slice value,
    int (*each)(void *arg, uint32_t uid, struct err *err), void *arg,
    struct err *err)
{
	struct imap_cmd c = { 0 };
	size_t i;

	imap_cmd_word(&c, "UID SEARCH");
	for (i = 0; i < value.n; i++)
		if ((unsigned char)value.p[i] >= 0x80)
			break;
	if (i < value.n)
		imap_cmd_word(&c, "CHARSET UTF-8");
	imap_cmd_word(&c, "HEADER");
	imap_cmd_word(&c, field);
	if (imap_cmd_string(&c, value, err) < 0) {
		imap_cmd_free(&c);
		return -1;
	}
	return search(im, &c, each, arg, err);
}

/* ---------------------------------------------------------------- STORE */

static int
build_store(struct imap_cmd *c, struct slice set, const char *op,
    struct slice flags, struct err *err)
{
	imap_cmd_word(c, "UID STORE");
	if (imap_cmd_set(c, set, err) < 0)
		return -1;
	imap_cmd_word(c, op);
	return imap_cmd_flags(c, flags, err);
}

int
imap_uid_store(struct imap *im, struct slice set, const char *op,
    struct slice flags, struct err *err)
{
	struct imap_cmd c = { 0 };
	int rc = build_store(&c, set, op, flags, err);

	if (rc == 0)
		rc = imap_cmd_run(im, &c, SCOPE_MSG, err);
	imap_cmd_free(&c);
	return rc;
}

int
imap_uid_store_send(struct imap *im, struct slice set, const char *op,
    struct slice flags, uint32_t *tag_r, struct err *err)
{
	struct imap_cmd c = { 0 };
	int rc = build_store(&c, set, op, flags, err);

	if (rc == 0)
		rc = imap_cmd_send(im, &c, tag_r, err);
	imap_cmd_free(&c);
	return rc;
}
