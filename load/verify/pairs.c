/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A message of the spool beside the one at the destination.  Facts first
 * (date, flags, keywords), all from FETCH; then the bytes, where they were
 * read: of all with --deep, else of those whose size differs.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/io.h"
#include "core/limits.h"
#include "core/mem.h"
#include "load/match.h"
#include "load/verify/impl.h"

/* ----------------------------------------------------------------- flags */

static bool
has_word(struct slice list, struct slice word)
{
	struct slice have;

	while (msg_keyword_next(&list, &have))
		if (have.n == word.n &&
		    strncasecmp(have.p, word.p, word.n) == 0)
			return true;
	return false;
}

static void
put_words(struct buf *out, struct slice word)
{
	if (out->n > 0)
		buf_putc(out, ' ');
	buf_put(out, word.p, word.n);
}

/* Words of 'a' that are not in 'b'. */
static void
words_beyond(struct buf *out, const char *a, const char *b)
{
	struct slice rest = slice_str(a), word;

	while (msg_keyword_next(&rest, &word))
		if (!has_word(slice_str(b), word))
			put_words(out, word);
}

static void
put_flags(struct buf *out, uint32_t flags)
{
	uint32_t bit;

	for (bit = 1; bit <= MSG_SEEN; bit <<= 1)
		if ((flags & bit) != 0)
			put_words(out, slice_str(msg_flag_name(bit)));
}

/* Does the server, as far as the ledger knows, not keep this word? */
static bool
is_refused(const char *dropped, struct slice word)
{
	return dropped != NULL && has_word(slice_str(dropped), word);
}

struct facts {
	const struct load_folder *f;
	const struct verify_place *p;
	int64_t want;
	uint32_t uid;
	uint32_t flags, flags_there;
	const char *keywords, *keywords_there, *dropped;
};

static void
compare_keywords(struct verify *v, const struct facts *x)
{
	struct buf lost = { 0 }, refused = { 0 }, beyond = { 0 };
	struct slice rest, word;

	words_beyond(&beyond, x->keywords, x->keywords_there);
	rest = buf_slice(&beyond);
	while (msg_keyword_next(&rest, &word))
		put_words(is_refused(x->dropped, word) ? &refused : &lost,
		    word);
	if ((x->flags & MSG_FORWARDED & ~x->flags_there) != 0) {
		word = slice_str("$Forwarded");
		put_words(is_refused(x->dropped, word) ? &refused : &lost,
		    word);
	}
	if (lost.n > 0)
		verify_name(v, x->f, x->p, DIFF_KEYWORDS_LOST, x->want, x->uid,
		    "%s", buf_str(&lost));
	if (refused.n > 0)
		verify_name(v, x->f, x->p, DIFF_KEYWORDS_REFUSED, x->want,
		    x->uid, "%s", buf_str(&refused));
	buf_free(&lost);
	buf_free(&refused);
	buf_free(&beyond);
}

static void
compare_flags(struct verify *v, const struct facts *x)
{
	static const struct {
		uint32_t bit;
		const char *word;
	} system[] = { { MSG_ANSWERED, "\\Answered" },
		{ MSG_DELETED, "\\Deleted" }, { MSG_DRAFT, "\\Draft" },
		{ MSG_FLAGGED, "\\Flagged" }, { MSG_SEEN, "\\Seen" } };
	struct buf text = { 0 };
	uint32_t lost = x->flags & ~x->flags_there & ~(uint32_t)MSG_FORWARDED;
	size_t i;

	for (i = 0; i < sizeof(system) / sizeof(system[0]); i++)
		if ((lost & system[i].bit) != 0 &&
		    is_refused(x->dropped, slice_str(system[i].word))) {
			lost &= ~system[i].bit;
			verify_name(v, x->f, x->p, DIFF_KEYWORDS_REFUSED,
			    x->want, x->uid, "%s", system[i].word);
		}
	put_flags(&text, lost);
	if (lost != 0)
		verify_name(v, x->f, x->p, DIFF_FLAGS_LOST, x->want, x->uid,
		    "%s", buf_str(&text));
	compare_keywords(v, x);
	buf_clear(&text);
	put_flags(&text, x->flags_there & ~x->flags);
	words_beyond(&text, x->keywords_there, x->keywords);
	if (text.n > 0)
		verify_name(v, x->f, x->p, DIFF_NEWLY_FLAGGED, x->want, x->uid,
		    "%s", buf_str(&text));
	buf_free(&text);
}

/* "9 h later, as of another time zone" is a hint worth having. */
static void
put_shift(struct buf *out, int64_t here, int64_t there)
{
	int64_t off = there > here ? there - here : here - there;

	if (off == 0 || off > 14 * 3600 || off % 900 != 0)
		return;
	buf_putf(out, ": %lld h", (long long)(off / 3600));
	if (off % 3600 != 0)
		buf_putf(out, " %lld min", (long long)(off % 3600 / 60));
	buf_putf(out, " %s, as if of another time zone",
	    there > here ? "later" : "earlier");
}

static void
compare_dates(struct verify *v, const struct facts *x, int64_t here,
    int64_t there)
{
	struct buf shift = { 0 };
	char is[32], should[32];

	if (here == there)
		return;
	if (there != DATE_UNKNOWN)
		put_shift(&shift, here, there);
	verify_name(v, x->f, x->p, DIFF_WRONG_DATE, x->want, x->uid,
	    "%s there, %s in the spool%s",
	    there == DATE_UNKNOWN ? "none" : date_format_iso(is, there),
	    date_format_iso(should, here), buf_str(&shift));
	buf_free(&shift);
}

static int
compare_facts(struct verify *v, const struct verify_place *p, struct err *err)
{
	struct ledger_rows *q;
	struct facts x;
	int rc;

	if (ledger_query(v->l.ledger, &q, err,
		"SELECT w.id, t.uid, w.flags, t.flags, w.keywords, "
		"t.keywords, d.dropped, w.received, t.received, w.run FROM "
		"temp.pair p CROSS JOIN temp.want w ON w.id=p.id CROSS JOIN "
		"temp.there t ON t.folder=p.folder AND t.uid=p.uid LEFT JOIN "
		"delivery d ON d.destination=?1 AND d.key=w.key WHERE "
		"p.folder=?2 AND (w.flags<>t.flags OR w.keywords<>t.keywords "
		"OR w.received<>t.received) ORDER BY w.id",
		"ii", v->l.d.id, p->tag) < 0)
		return -1;
	while ((rc = ledger_step(q, err)) == 1) {
		x = (struct facts){ .f = &v->l.folders[ledger_int(q, 9) - 1],
			.p = p,
			.want = ledger_int(q, 0),
			.uid = (uint32_t)ledger_int(q, 1),
			.flags = (uint32_t)ledger_int(q, 2),
			.flags_there = (uint32_t)ledger_int(q, 3),
			.keywords = ledger_text(q, 4),
			.keywords_there = ledger_text(q, 5),
			.dropped = ledger_text(q, 6) };
		compare_dates(v, &x, ledger_int(q, 7), ledger_int(q, 8));
		compare_flags(v, &x);
	}
	ledger_end(&q);
	return rc;
}

/* ----------------------------------------------------------------- bytes */

/* Where the file of a row in temp.want is, and what hash it should have. */
static int
find_file(struct verify *v, int64_t want, struct buf *file, struct buf *key,
    struct err *err)
{
	struct ledger_rows *q;
	int rc;

	if (ledger_query(v->l.ledger, &q, err,
		"SELECT file, key FROM temp.want WHERE id=?", "i", want) < 0)
		return -1;
	rc = ledger_step(q, err);
	if (rc == 1) {
		if (!ledger_is_null(q, 0))
			buf_puts(file, ledger_text(q, 0));
		buf_puts(key, ledger_text(q, 1));
	}
	ledger_end(&q);
	return rc;
}

/* The likeness of the file, into v->ours: 1, 0 it cannot be read, -1. */
static int
like_file(struct verify *v, int64_t want, struct err *err)
{
	struct buf file = { 0 }, key = { 0 };
	struct spool_entry e = { 0 };
	char *block;
	ssize_t n = -1;
	int fd = -1, rc = find_file(v, want, &file, &key, err);

	if (rc == 1 && file.n == 0) {
		rc =
		    match_likeness_of(v->l.spool, buf_str(&key), &v->ours, err);
	} else if (rc == 1) {
		e.file = buf_str(&file);
		fd = spool_body(v->l.spool, &e, err);
		if (fd < 0)
			rc = err->scope == SCOPE_MSG ? 0 : -1;
	}
	buf_free(&file);
	buf_free(&key);
	if (fd < 0)
		return rc;
	block = mem_alloc(1, LIMIT_BLOCK);
	like_begin(&v->ours);
	while ((n = io_read_full(fd, block, LIMIT_BLOCK)) > 0)
		like_add(&v->ours, block, (size_t)n);
	like_end(&v->ours);
	free(block);
	close(fd);
	return n == 0;
}

int
verify_likeness(struct verify *v, int64_t want, struct slice packed,
    enum like *is_r, unsigned *how_r, struct buf *added, struct err *err)
{
	int rc = like_file(v, want, err);

	*how_r = 0;
	*is_r = LIKE_OTHER;
	if (rc <= 0 || !like_unpack(&v->theirs, packed))
		return rc < 0 ? -1 : 0;
	*is_r = like_compare(&v->ours, &v->theirs, how_r, added);
	if (*is_r == LIKE_REWRITTEN && (*how_r & LIKE_ODD) != 0)
		*is_r = LIKE_OTHER;
	return 1;
}

static const struct {
	unsigned bit;
	const char *key, *text;
} ways[] = {
	{ LIKE_CRLF, "bare_lf_to_crlf", "bare LF made CRLF" },
	{ LIKE_CR, "bare_cr_removed", "bare CR removed" },
	{ LIKE_LAST, "last_line_end_added", "a last line end added" },
	{ LIKE_NUL, "nul_to_0x80", "NUL made 0x80" },
	{ LIKE_ADDED, "fields_added", "header fields added" },
};

/* More names than these are counted together. */
#define ADDED_NAMES 100

static void
count_one(struct js *counts, const char *key)
{
	int64_t n = js_get_int(counts, key);

	js_set_int(counts, key, n > 0 ? n + 1 : 1);
}

static void
count_added(struct verify *v, const char *names)
{
	struct slice rest = slice_str(names);
	char name[LIKE_NAME + 1];
	const char *comma;
	size_t n;

	while (rest.n > 0) {
		comma = memchr(rest.p, ',', rest.n);
		n = comma == NULL ? rest.n : (size_t)(comma - rest.p);
		if (n >= sizeof(name))
			n = sizeof(name) - 1;
		memcpy(name, rest.p, n);
		name[n] = '\0';
		if (js_get_int(v->added, name) >= 0 ||
		    v->n_added++ < ADDED_NAMES)
			count_one(v->added, name);
		else
			count_one(v->added, "(others)");
		n = comma == NULL ? rest.n : (size_t)(comma - rest.p) + 2;
		rest.p += n < rest.n ? n : rest.n;
		rest.n -= n < rest.n ? n : rest.n;
	}
}

static void
name_rewritten(struct verify *v, const struct load_folder *f,
    const struct verify_place *p, int64_t want, uint32_t uid, unsigned how,
    const char *added)
{
	struct buf text = { 0 };
	size_t i;

	for (i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		if ((how & ways[i].bit) == 0)
			continue;
		count_one(v->rewrites, ways[i].key);
		buf_putf(&text, "%s%s", text.n > 0 ? ", " : "", ways[i].text);
	}
	if ((how & LIKE_ADDED) != 0) {
		buf_putf(&text, ": %.160s", added);
		count_added(v, added);
	}
	verify_name(v, f, p, DIFF_REWRITTEN, want, uid, "%s", buf_str(&text));
	buf_free(&text);
}

/* What the server gave is not what the ledger has: in which way? */
static int
classify(struct verify *v, const struct verify_place *p, int64_t want,
    uint32_t uid, struct slice packed, struct err *err)
{
	const struct load_folder *f = verify_folder_of(v, want);
	struct buf added = { 0 };
	enum like is;
	unsigned how;
	int rc = verify_likeness(v, want, packed, &is, &how, &added, err);

	if (rc == 0)
		verify_name(v, f, p, DIFF_ALTERED, want, uid,
		    "other bytes there, and the file here cannot be read");
	else if (rc == 1 && is == LIKE_SAME)
		verify_name(v, f, p, DIFF_ALTERED, want, uid,
		    "the file in the spool was changed after it was "
		    "extracted");
	else if (rc == 1 && is == LIKE_REWRITTEN)
		name_rewritten(v, f, p, want, uid, how, buf_str(&added));
	else if (rc == 1 && (how & LIKE_ODD) != 0)
		verify_name(v, f, p, DIFF_ALTERED, want, uid,
		    "%llu bytes there, %llu in the spool: line ends or NULs "
		    "changed in a way no server is known for",
		    (unsigned long long)v->theirs.size,
		    (unsigned long long)v->ours.size);
	else if (rc == 1)
		verify_name(v, f, p, DIFF_ALTERED, want, uid,
		    "%llu bytes there, %llu in the spool, and they differ",
		    (unsigned long long)v->theirs.size,
		    (unsigned long long)v->ours.size);
	buf_free(&added);
	return rc < 0 ? -1 : 0;
}

static int
compare_bytes(struct verify *v, const struct verify_place *p, struct err *err)
{
	struct ledger_rows *q;
	int rc;

	if (ledger_query(v->l.ledger, &q, err,
		"SELECT w.id, t.uid, t.likeness FROM temp.pair p CROSS JOIN "
		"temp.want w ON w.id=p.id CROSS JOIN temp.there t ON "
		"t.folder=p.folder AND t.uid=p.uid WHERE p.folder=? AND "
		"t.sha256 IS NOT NULL AND t.sha256 IS NOT w.sha256 ORDER BY "
		"w.id",
		"i", p->tag) < 0)
		return -1;
	while ((rc = ledger_step(q, err)) == 1)
		if (classify(v, p, ledger_int(q, 0), (uint32_t)ledger_int(q, 1),
			ledger_blob(q, 2), err) < 0) {
			rc = -1;
			break;
		}
	ledger_end(&q);
	return rc;
}

static int
tell_ungiven(struct verify *v, const struct verify_place *p, struct err *err)
{
	struct ledger_rows *q;
	int rc;

	if (ledger_query(v->l.ledger, &q, err,
		"SELECT p.id, p.uid, u.why FROM temp.ungiven u CROSS JOIN "
		"temp.pair p ON p.folder=u.folder AND p.uid=u.uid WHERE "
		"u.folder=? ORDER BY p.id",
		"i", p->tag) < 0)
		return -1;
	while ((rc = ledger_step(q, err)) == 1)
		verify_name(v, verify_folder_of(v, ledger_int(q, 0)), p,
		    DIFF_UNREADABLE, ledger_int(q, 0),
		    (uint32_t)ledger_int(q, 1), "%s", ledger_text(q, 2));
	ledger_end(&q);
	return rc;
}

static int
count_compared(struct verify *v, const struct verify_place *p, struct err *err)
{
	struct ledger_rows *q;
	int rc;

	if (ledger_query(v->l.ledger, &q, err,
		"SELECT w.run, sum(t.size) FROM temp.pair p CROSS JOIN "
		"temp.want w ON w.id=p.id CROSS JOIN temp.there t ON "
		"t.folder=p.folder AND t.uid=p.uid WHERE p.folder=? AND "
		"t.sha256 IS NOT NULL GROUP BY w.run",
		"i", p->tag) < 0)
		return -1;
	while ((rc = ledger_step(q, err)) == 1)
		report_compared(v->l.report,
		    v->l.folders[ledger_int(q, 0) - 1].path,
		    (uint64_t)ledger_int(q, 1));
	ledger_end(&q);
	return rc;
}

int
verify_pairs(struct verify *v, const struct verify_place *p, struct err *err)
{
	if (compare_facts(v, p, err) < 0 || compare_bytes(v, p, err) < 0 ||
	    count_compared(v, p, err) < 0)
		return -1;
	return tell_ungiven(v, p, err);
}
