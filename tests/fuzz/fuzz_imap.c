/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whatever a server says: how the bytes are cut into pieces makes no
 * difference, bodies are as long as announced, and everything that reads
 * arguments ends.
 */
#include "core/digest.h"
#include "wire/imap_parse.h"
#include "tests/fuzz/fuzz.h"

struct seen {
	struct digest *d;
	uint64_t left; /* of the body under way */
	struct buf scratch;
};

static void
read_args(struct seen *s, const struct imap_resp *r)
{
	struct slice at = r->args, flag;
	struct imap_mailbox_status st;
	struct imap_list l;
	uint32_t a, b;

	(void)imap_list_read(r, &s->scratch, &l);
	(void)imap_special_use(r->args);
	(void)imap_status_read(r, &s->scratch, &st);
	while (imap_flag_next(&at, &flag))
		FUZZ_HOLDS(flag.n <= r->args.n);
	for (at = r->code_args; imap_uidset_next(&at, &a, &b) > 0;)
		FUZZ_HOLDS(a > 0 && a <= b);
	for (at = r->args; imap_token_skip(&at);)
		;
	for (at = r->args; imap_number_next(&at, &a);)
		;
}

static int
on_response(void *arg, const struct imap_resp *r, struct err *err)
{
	struct seen *s = arg;

	(void)err;
	FUZZ_HOLDS(s->left == 0);
	/* how a long SEARCH is cut depends on how it came */
	if (r->kind != IMAP_SEARCH) {
		digest_add(s->d, &r->kind, sizeof(r->kind));
		digest_add(s->d, r->text.p, r->text.n);
		digest_add(s->d, r->args.p, r->args.n);
	}
	read_args(s, r);
	return 0;
}

static int
on_fetch(void *arg, const struct imap_fetch *f, struct err *err)
{
	struct seen *s = arg;

	(void)err;
	FUZZ_HOLDS(s->left == 0);
	digest_add(s->d, &f->uid, sizeof(f->uid));
	digest_add(s->d, f->flags.p, f->flags.n);
	digest_add(s->d, &f->internaldate, sizeof(f->internaldate));
	return 0;
}

static int
on_body(void *arg, const struct imap_body *b, const void *p, size_t n,
    struct err *err)
{
	struct seen *s = arg;

	(void)err;
	if (b->at == 0) {
		FUZZ_HOLDS(s->left == 0);
		s->left = b->size;
		digest_add(s->d, b->section.p, b->section.n);
	}
	FUZZ_HOLDS(n <= s->left && b->at + s->left == b->size);
	s->left -= n;
	digest_add(s->d, p, n);
	return 0;
}

static bool
feed(const uint8_t *data, size_t size, size_t piece, uint8_t out[DIGEST_BYTES])
{
	struct seen s = { .d = digest_new() };
	struct imap_sink sink = { .response = on_response,
		.fetch = on_fetch,
		.body = on_body,
		.arg = &s };
	struct imap_parser *p = imap_parser_new(&sink);
	struct err err = { 0 };
	size_t at, n;
	ssize_t rc = 0;

	for (at = 0; at < size && rc >= 0; at += n) {
		n = size - at < piece ? size - at : piece;
		rc = imap_parser_feed(p, data + at, n, false, &err);
		FUZZ_HOLDS(rc < 0 || (size_t)rc == n);
	}
	imap_parser_free(&p);
	digest_end(s.d, out);
	digest_free(&s.d);
	buf_free(&s.scratch);
	return rc >= 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t whole[DIGEST_BYTES], parts[DIGEST_BYTES];
	size_t piece = size > 0 ? 1 + data[size - 1] % 7 : 1;
	bool ok = feed(data, size, 1 << 16, whole);

	FUZZ_HOLDS(feed(data, size, piece, parts) == ok);
	/* a line that ends badly may be refused before it is whole */
	if (ok)
		FUZZ_HOLDS(memcmp(whole, parts, sizeof(whole)) == 0);
	return 0;
}
