/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A message of the spool beside the one at the destination.  Facts first
 * (date, flags, keywords), all from FETCH; then the bytes: of all with
 * --deep, else of those whose size differs.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/io.h"
#include "core/limits.h"
#include "core/mem.h"
#include "load/match.h"
#include "load/there.h"
#include "load/verify_impl.h"

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
	int64_t want;
	uint32_t uid;
	uint32_t flags, flags_there;
	const char *keywords, *keywords_there, *dropped;
};

static void
compare_keywords(struct verify *v, const struct load_folder *f,
    const struct facts *x)
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
		verify_name(v, f, DIFF_KEYWORDS_LOST, x->want, x->uid, "%s",
		    buf_str(&lost));
	if (refused.n > 0)
		verify_name(v, f, DIFF_KEYWORDS_REFUSED, x->want, x->uid, "%s",
		    buf_str(&refused));
	buf_free(&lost);
	buf_free(&refused);
	buf_free(&beyond);
}

static void
compare_flags(struct verify *v, const struct load_folder *f,
    const struct facts *x)
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
			verify_name(v, f, DIFF_KEYWORDS_REFUSED, x->want,
			    x->uid, "%s", system[i].word);
		}
	put_flags(&text, lost);
	if (lost != 0)
		verify_name(v, f, DIFF_FLAGS_LOST, x->want, x->uid, "%s",
		    buf_str(&text));
	compare_keywords(v, f, x);
	buf_clear(&text);
	put_flags(&text, x->flags_there & ~x->flags);
	words_beyond(&text, x->keywords_there, x->keywords);
	if (text.n > 0)
		verify_name(v, f, DIFF_NEWLY_FLAGGED, x->want, x->uid, "%s",
		    buf_str(&text));
	buf_free(&text);
}

static int
compare_facts(struct verify *v, const struct load_folder *f, int64_t tag,
    struct err *err)
{
	struct ledger_rows *q;
	struct facts x;
	char here[32], there[32];
	int rc;

	if (ledger_query(v->l.ledger, &q, err,
		"SELECT w.id, t.uid, w.flags, t.flags, w.keywords, "
		"t.keywords, d.dropped, w.received, t.received FROM temp.pair "
		"p CROSS JOIN temp.want w ON w.id=p.id CROSS JOIN temp.there t "
		"ON "
		"t.folder=p.folder AND t.uid=p.uid LEFT JOIN delivery d ON "
		"d.destination=?1 AND d.key=w.key WHERE p.folder=?2 AND "
		"(w.flags<>t.flags OR w.keywords<>t.keywords OR "
		"w.received<>t.received) ORDER BY w.id",
		"ii", v->l.d.id, tag) < 0)
		return -1;
	while ((rc = ledger_step(q, err)) == 1) {
		x = (struct facts){ .want = ledger_int(q, 0),
			.uid = (uint32_t)ledger_int(q, 1),
			.flags = (uint32_t)ledger_int(q, 2),
			.flags_there = (uint32_t)ledger_int(q, 3),
			.keywords = ledger_text(q, 4),
			.keywords_there = ledger_text(q, 5),
			.dropped = ledger_text(q, 6) };
		if (ledger_int(q, 7) != ledger_int(q, 8))
			verify_name(v, f, DIFF_WRONG_DATE, x.want, x.uid,
			    "%s there, %s in the spool",
			    ledger_int(q, 8) == DATE_UNKNOWN
				? "none"
				: date_format_iso(there, ledger_int(q, 8)),
			    date_format_iso(here, ledger_int(q, 7)));
		compare_flags(v, f, &x);
	}
	ledger_end(&q);
	return rc;
}

/* ----------------------------------------------------------------- bytes */

int
verify_like_file(struct verify *v, int64_t want, struct err *err)
{
	struct ledger_rows *q;
	struct spool_entry e = { 0 };
	char *block, *file = NULL;
	ssize_t n = -1;
	int fd, rc;

	if (ledger_query(v->l.ledger, &q, err,
		"SELECT file FROM temp.want WHERE id=?", "i", want) < 0)
		return -1;
	rc = ledger_step(q, err);
	if (rc == 1)
		file = mem_str(ledger_text(q, 0));
	ledger_end(&q);
	if (rc <= 0)
		return rc;
	e.file = file;
	fd = spool_body(v->l.spool, &e, err);
	free(file);
	if (fd < 0)
		return err->scope == SCOPE_MSG ? 0 : -1;
	block = mem_alloc(1, LIMIT_BLOCK);
	like_begin(&v->ours);
	while ((n = io_read_full(fd, block, LIMIT_BLOCK)) > 0)
		like_add(&v->ours, block, (size_t)n);
	like_end(&v->ours);
	free(block);
	close(fd);
	return n == 0;
}

struct byte_check {
	struct verify *v;
	const struct load_folder *f;
	int64_t tag;
};

/* What the server gives is not what the ledger has: in which way? */
static int
classify(struct byte_check *c, int64_t want, uint32_t uid,
    const struct likeness *l, struct err *err)
{
	struct buf added = { 0 };
	unsigned how;
	int rc = verify_like_file(c->v, want, err);

	if (rc < 0)
		return -1;
	if (rc == 0) {
		verify_name(c->v, c->f, DIFF_ALTERED, want, uid,
		    "other bytes there, and the file here cannot be read");
		return 0;
	}
	switch (like_compare(&c->v->ours, l, &how, &added)) {
	case LIKE_SAME: /* the file here is not what was extracted */
		verify_name(c->v, c->f, DIFF_ALTERED, want, uid,
		    "the file in the spool was changed after it was "
		    "extracted");
		break;
	case LIKE_REWRITTEN:
		verify_name(c->v, c->f, DIFF_REWRITTEN, want, uid, "%s%s%s%s",
		    (how & (LIKE_CRLF | LIKE_CR | LIKE_LAST | LIKE_ODD)) != 0
			? "line ends "
			: "",
		    (how & LIKE_NUL) != 0 ? "NUL " : "",
		    (how & LIKE_ADDED) != 0 ? "added " : "", buf_str(&added));
		break;
	case LIKE_OTHER:
		verify_name(c->v, c->f, DIFF_ALTERED, want, uid,
		    "%llu bytes there, %llu in the spool, and they differ",
		    (unsigned long long)l->size,
		    (unsigned long long)c->v->ours.size);
		break;
	}
	buf_free(&added);
	return 0;
}

static int
check_bytes(void *arg, uint32_t uid, const struct likeness *l, struct err *err)
{
	struct byte_check *c = arg;
	struct ledger_rows *q;
	int64_t want = 0;
	bool same = false;
	int rc;

	if (ledger_query(c->v->l.ledger, &q, err,
		"SELECT w.id, w.sha256 FROM temp.pair p CROSS JOIN temp.want w "
		"ON "
		"w.id=p.id WHERE p.folder=? AND p.uid=?",
		"ii", c->tag, (int64_t)uid) < 0)
		return -1;
	rc = ledger_step(q, err);
	if (rc == 1) {
		struct slice sha = ledger_blob(q, 1);

		want = ledger_int(q, 0);
		same = l != NULL && sha.n == DIGEST_BYTES &&
		    memcmp(sha.p, l->sha256, DIGEST_BYTES) == 0;
	}
	ledger_end(&q);
	if (rc <= 0 || same)
		return rc < 0 ? -1 : 0;
	if (l == NULL) {
		verify_name(c->v, c->f, DIFF_MISSING, want, uid,
		    "the server lists it, but does not give its bytes");
		return 0;
	}
	return classify(c, want, uid, l, err);
}

int
verify_pairs(struct verify *v, const struct load_folder *f, int64_t tag,
    struct err *err)
{
	struct byte_check c = { v, f, tag };

	if (compare_facts(v, f, tag, err) < 0)
		return -1;
	/* by content it may have been compared already, but not classified */
	if (ledger_do(v->l.ledger, err,
		"UPDATE temp.there SET fetch=1 WHERE folder=?1 AND uid IN "
		"(SELECT p.uid FROM temp.pair p CROSS JOIN temp.want w ON "
		"w.id=p.id "
		"CROSS JOIN temp.there t ON t.folder=p.folder AND t.uid=p.uid "
		"WHERE "
		"p.folder=?1 AND p.how<>2 AND (?2 OR t.size<>w.size))",
		"ii", tag, (int64_t)v->o->deep) < 0)
		return -1;
	report_doing(v->l.report, v->o->deep ? "reading messages" : NULL);
	return there_bytes(&v->l.d, tag, check_bytes, &c, err);
}
