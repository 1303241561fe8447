/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The Inbox of a POP3 account (RFC 1939).  A message's identity is its UIDL;
 * where the server has none, a hash of its bytes, which then lie in a file
 * without a name until the spool has looked at the key.  What the spool does
 * not have is asked for ahead, where the server takes PIPELINING.  Nothing is
 * ever deleted.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/js.h"
#include "core/limits.h"
#include "core/mem.h"
#include "extract/equals.h"
#include "extract/pop3_box.h"
#include "extract/source_impl.h"

#define KEY_BYTES 16 /* of the hash that a key is made of */
#define INBOX	  "INBOX"

struct source_pop3 {
	struct source src;
	const struct source_spec *spec;
	struct pop3_box box;
	bool told_folder;
	bool begun;	     /* the current message's bytes */
	unsigned listing;    /* of the box, that 'at' and 'ahead' are in */
	size_t at, ahead;    /* the next to announce; to look at ahead */
	struct equals twins; /* among the keys in this listing */
	struct equals ahead_twins;
	struct equals announced; /* over all connections */
	FILE *held;		 /* a message without UIDL; else NULL */
	struct buf key, source;
};

static void
pop3_source_close(struct source *src)
{
	struct source_pop3 *s = (struct source_pop3 *)src;

	pop3_box_close(&s->box);
	equals_free(&s->twins);
	equals_free(&s->ahead_twins);
	equals_free(&s->announced);
	if (s->held != NULL)
		fclose(s->held);
	buf_free(&s->key);
	buf_free(&s->source);
	free(s);
}

static void
explain(const struct source_pop3 *s)
{
	struct report *r = s->spec->report;

	report_note(r,
	    "POP3 shows the Inbox only: no other folder, no sent mail, no "
	    "flags. What the user filed or sent lies in the mail program, "
	    "often in a PST: extract that too, and join both with 'postroad "
	    "merge'.");
	if (!s->box.has_uidl)
		report_note(r,
		    "The server has no UIDL: messages are told apart by their "
		    "bytes, so that each run reads all of them.");
	if (pop3_has(s->box.pop3, POP3_CAP_EXPIRE_0))
		report_note(r,
		    "The server says that it may delete what has been read "
		    "(EXPIRE 0): the session is broken off without QUIT, so "
		    "that it does not.");
}

static int
pop3_source_open(struct source **src_r, const struct source_spec *spec,
    struct err *err)
{
	struct source_pop3 *s = mem_alloc(1, sizeof(*s));
	struct buf label = { 0 };

	s->spec = spec;
	if (pop3_box_open(&s->box, spec, err) < 0) {
		pop3_source_close(&s->src);
		return -1;
	}
	explain(s);
	if (pop3_box_imap(spec->account, &label, err) < 0) {
		buf_free(&label);
		pop3_source_close(&s->src);
		return -1;
	}
	if (label.n > 0)
		report_note(spec->report,
		    "IMAP answers on the same host: %s has all folders, with "
		    "flags. Better extract from there.",
		    buf_str(&label));
	buf_clear(&label);
	url_label(&label, &spec->account->url);
	s->src.identity = mem_str(buf_str(&label));
	s->src.total = s->box.bytes;
	s->listing = s->box.listings;
	buf_free(&label);
	*src_r = &s->src;
	return 0;
}

/* ------------------------------------------------------------------ keys */

static uint64_t
first_bytes(const uint8_t hash[DIGEST_BYTES])
{
	uint64_t h;

	memcpy(&h, hash, sizeof(h));
	return h;
}

/* 'kind' is u for a UIDL's hash, b for the bytes'. */
static void
put_key(struct buf *key, struct equals *twins, char kind,
    const uint8_t hash[DIGEST_BYTES])
{
	char hex[2 * KEY_BYTES + 1];
	uint64_t twin = equals_number(twins, first_bytes(hash));

	buf_clear(key);
	buf_putf(key, "%c%s", kind, digest_hex(hex, hash, KEY_BYTES));
	if (twin > 1)
		buf_putf(key, "-%" PRIu64, twin);
}

static void
put_uidl_key(const struct source_pop3 *s, struct buf *key, struct equals *twins,
    size_t i)
{
	struct slice uidl = pop3_box_uidl(&s->box, i);
	uint8_t hash[DIGEST_BYTES];

	digest_of(uidl.p, uidl.n, hash);
	put_key(key, twins, 'u', hash);
}

static void
put_source(struct source_pop3 *s, const char *what, struct slice value)
{
	struct js *o = js_obj();

	js_set_str(o, "kind", "pop3");
	if (what != NULL)
		js_set_slice(o, what, value);
	else
		js_set_int(o, "number", s->box.entry[s->at].number);
	buf_clear(&s->source);
	js_put(&s->source, o);
	js_free(&o);
}

/* -------------------------------------------------------------- stepping */

/* The box has been listed anew: from the front, without what was told. */
static void
start_over(struct source_pop3 *s)
{
	s->listing = s->box.listings;
	s->at = s->ahead = 0;
	equals_free(&s->twins);
	equals_free(&s->ahead_twins);
}

/* Keep the server busy with what will be read next. */
static void
look_ahead(struct source_pop3 *s)
{
	struct buf key = { 0 };

	if (!pop3_has(s->box.pop3, POP3_CAP_PIPELINING))
		return;
	for (; s->ahead < s->box.n; s->ahead++) {
		if (s->box.n_asked == POP3_ASKED_MAX)
			break;
		if (pop3_box_uidl(&s->box, s->ahead).n == 0) {
			if (s->ahead >= s->at &&
			    !pop3_box_ask(&s->box, s->ahead))
				break;
			continue;
		}
		put_uidl_key(s, &key, &s->ahead_twins, s->ahead);
		if (s->ahead >= s->at &&
		    source_wanted(&s->src, INBOX, buf_str(&key)) &&
		    !pop3_box_ask(&s->box, s->ahead)) {
			s->ahead++; /* not asked ahead; its twin is counted */
			break;
		}
	}
	buf_free(&key);
}

/* Was this key told before the connection broke? */
static bool
is_new(struct source_pop3 *s)
{
	uint8_t hash[DIGEST_BYTES];

	digest_of(s->key.p, s->key.n, hash);
	return equals_number(&s->announced, first_bytes(hash)) == 1;
}

static void
fill_in(struct source_pop3 *s, struct source_item *item)
{
	item->what = SOURCE_MSG;
	item->msg.folder = INBOX;
	item->msg.key = buf_str(&s->key);
	item->msg.source = buf_str(&s->source);
	item->msg.size = s->box.entry[s->at].size;
}

/* Fetch a message that has no UIDL into a file, to know its key.  1 held, 0
 * listed anew, -1. */
static int
hold(struct source_pop3 *s, struct err *err)
{
	uint8_t hash[DIGEST_BYTES];
	char hex[DIGEST_HEX];
	char *block;
	ssize_t n;
	int rc = pop3_box_begin(&s->box, s->at, err);

	if (rc <= 0)
		return rc;
	s->held = tmpfile();
	if (s->held == NULL)
		return err_sys(err, SCOPE_RUN, EX_CANTCREAT,
		    "a temporary file");
	block = mem_alloc(1, LIMIT_BLOCK);
	while ((n = pop3_box_read(&s->box, block, LIMIT_BLOCK, err)) > 0)
		if (fwrite(block, 1, (size_t)n, s->held) != (size_t)n) {
			n = err_sys(err, SCOPE_RUN, EX_IOERR,
			    "a temporary file");
			break;
		}
	free(block);
	if (n < 0)
		return -1;
	if (fflush(s->held) != 0 || fseek(s->held, 0, SEEK_SET) != 0)
		return err_sys(err, SCOPE_RUN, EX_IOERR, "a temporary file");
	digest_now(s->box.hash, hash);
	put_key(&s->key, &s->twins, 'b', hash);
	put_source(s, "sha256", slice_str(digest_hex(hex, hash, DIGEST_BYTES)));
	return 1;
}

/* An entry without UIDL that is refused has its number only. */
static void
name_by_number(struct source_pop3 *s)
{
	buf_clear(&s->key);
	buf_putf(&s->key, "n%" PRIu32, s->box.entry[s->at].number);
	put_source(s, NULL, slice_of(NULL, 0));
}

/* 1 an item, 0 nothing new with this entry, -1. */
static int
take_by_hash(struct source_pop3 *s, struct source_item *item, struct err *err)
{
	int rc = hold(s, err);

	if (s->listing != s->box.listings && rc <= 0 &&
	    (rc == 0 || err->scope == SCOPE_MSG)) {
		start_over(s);
		return 0;
	}
	if (rc < 0)
		name_by_number(s);
	fill_in(s, item);
	s->at++;
	return rc < 0 ? -1 : is_new(s);
}

static int
take_by_uidl(struct source_pop3 *s, struct source_item *item)
{
	put_uidl_key(s, &s->key, &s->twins, s->at);
	put_source(s, "uidl", pop3_box_uidl(&s->box, s->at));
	fill_in(s, item);
	s->at++;
	return is_new(s);
}

static int
pop3_source_next(struct source *src, struct source_item *item, struct err *err)
{
	struct source_pop3 *s = (struct source_pop3 *)src;
	int rc = 0;

	if (!s->told_folder) {
		s->told_folder = true;
		item->what = SOURCE_FOLDER;
		item->folder = item->folder_name = INBOX;
		return 1;
	}
	if (s->held != NULL)
		fclose(s->held);
	s->held = NULL;
	s->begun = false;
	if (s->listing != s->box.listings)
		start_over(s);
	while (rc == 0 && s->at < s->box.n) {
		look_ahead(s);
		rc = pop3_box_uidl(&s->box, s->at).n > 0
		    ? take_by_uidl(s, item)
		    : take_by_hash(s, item, err);
	}
	return rc;
}

static ssize_t
read_held(struct source_pop3 *s, void *buf, size_t cap, struct err *err)
{
	size_t n = fread(buf, 1, cap, s->held);

	if (n == 0 && ferror(s->held))
		return err_sys(err, SCOPE_RUN, EX_IOERR, "a temporary file");
	return (ssize_t)n;
}

static ssize_t
pop3_source_read(struct source *src, void *buf, size_t cap, struct err *err)
{
	struct source_pop3 *s = (struct source_pop3 *)src;
	ssize_t n;

	if (s->held != NULL)
		return read_held(s, buf, cap, err);
	if (!s->begun && pop3_box_begin(&s->box, s->at - 1, err) < 0)
		return -1;
	s->begun = true;
	n = pop3_box_read(&s->box, buf, cap, err);
	if (n > 0)
		src->done += (uint64_t)n;
	return n;
}

const struct source_ops source_pop3_ops = {
	.name = "pop3",
	.open = pop3_source_open,
	.next = pop3_source_next,
	.read = pop3_source_read,
	.close = pop3_source_close,
};
