/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Flags and keywords that changed since the destination was last told: only
 * these are set and cleared there, so that what the user changed stays.  And
 * those that were not to go with the message, but behind it (owed).
 *
 * Messages with the same change are told of in one command, commands go out
 * in a row; told is what all of a folder's commands were OK for.  A server
 * says OK to a UID that is not there any more, too: those are looked for, and
 * counted apart.
 */
#include <stdlib.h>
#include <string.h>

#include "core/limits.h"
#include "core/mem.h"
#include "core/step.h"
#include "core/text.h"
#include "formats/msg.h"
#include "load/delta_impl.h"

#define IN_FLIGHT 40

static int
list_begin(struct load *l, struct err *err)
{
	return ledger_do(l->ledger, err,
		   "CREATE TEMP TABLE IF NOT EXISTS reflag(folder INTEGER, "
		   "was INTEGER, was_words TEXT, now INTEGER, now_words TEXT, "
		   "owed INTEGER, uid INTEGER, key TEXT, PRIMARY KEY(folder, "
		   "was, was_words, now, now_words, owed, uid)) WITHOUT ROWID",
		   "") < 0 ||
		ledger_do(l->ledger, err,
		    "CREATE TEMP TABLE IF NOT EXISTS reflag_here(uid INTEGER "
		    "PRIMARY KEY)",
		    "") < 0 ||
		ledger_do(l->ledger, err, "DELETE FROM temp.reflag", "") < 0
	    ? -1
	    : 0;
}

static int
list_changed(struct load *l, int64_t spool_folder, struct err *err)
{
	return ledger_do(l->ledger, err,
	    "INSERT OR IGNORE INTO temp.reflag SELECT d.folder, d.flags, "
	    "d.keywords, m.flags, m.keywords, d.owed, d.uid, d.key FROM "
	    "message m CROSS JOIN delivery d ON d.destination=? AND "
	    "d.key=m.key WHERE m.folder=? AND d.state=2 AND d.uid>0 AND "
	    "(d.flags<>m.flags OR d.keywords<>m.keywords)",
	    "ii", l->d.id, spool_folder);
}

/* What is owed where nothing else changed, or is not to be told. */
static int
list_owed(struct load *l, struct err *err)
{
	return ledger_do(l->ledger, err,
	    "INSERT OR IGNORE INTO temp.reflag SELECT folder, "
	    "coalesce(flags, owed), coalesce(keywords, ''), "
	    "coalesce(flags, owed), coalesce(keywords, ''), owed, uid, key "
	    "FROM delivery d WHERE destination=? AND owed>0 AND owed<>0 AND "
	    "state=2 AND "
	    "uid>0 AND NOT EXISTS(SELECT 1 FROM temp.reflag r WHERE "
	    "r.folder=d.folder AND r.uid=d.uid)",
	    "i", l->d.id);
}

/* ------------------------------------------------------------ the words */

/* One change that many messages have in common. */
struct change {
	uint32_t was, now, owed;
	struct buf was_words, now_words;
	struct buf add, drop; /* for the wire */
};

static void
put_word(struct load *l, struct buf *b, struct slice word)
{
	char one[LIMIT_KEYWORD_BYTES + 1];

	if (word.n > LIMIT_KEYWORD_BYTES || !imap_flag_allowed(l->d.im, word))
		return;
	memcpy(one, word.p, word.n);
	one[word.n] = '\0';
	if (load_rules_no_keyword(&l->rules, one))
		return;
	if (b->n > 0)
		buf_putc(b, ' ');
	buf_puts(b, one);
}

static void
put_bits(struct load *l, struct buf *b, uint32_t bits)
{
	static const struct {
		uint32_t bit;
		const char *word;
	} table[] = { { MSG_ANSWERED, "\\Answered" },
		{ MSG_DELETED, "\\Deleted" }, { MSG_DRAFT, "\\Draft" },
		{ MSG_FLAGGED, "\\Flagged" }, { MSG_SEEN, "\\Seen" },
		{ MSG_FORWARDED, "$Forwarded" } };
	size_t i;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if ((bits & table[i].bit) != 0)
			put_word(l, b, slice_str(table[i].word));
}

/* The words of 'a' that 'b' has not. */
static void
put_words(struct load *l, struct buf *out, const struct buf *a,
    const struct buf *b)
{
	struct slice rest = buf_slice(a), word, others, other;
	bool has;

	while (msg_keyword_next(&rest, &word)) {
		has = false;
		others = buf_slice(b);
		while (!has && msg_keyword_next(&others, &other))
			has = other.n == word.n &&
			    strncasecmp(other.p, word.p, word.n) == 0;
		if (!has)
			put_word(l, out, word);
	}
}

static void
spell(struct load *l, struct change *c)
{
	buf_clear(&c->add);
	buf_clear(&c->drop);
	put_bits(l, &c->add, (c->now & ~c->was) | (c->owed & c->now));
	put_bits(l, &c->drop, c->was & ~c->now & ~c->owed);
	put_words(l, &c->add, &c->now_words, &c->was_words);
	put_words(l, &c->drop, &c->was_words, &c->now_words);
}

static void
change_free(struct change *c)
{
	buf_free(&c->was_words);
	buf_free(&c->now_words);
	buf_free(&c->add);
	buf_free(&c->drop);
}

/* ----------------------------------------------------------- the sending */

struct teller {
	struct load *l;
	int64_t folder;
	struct change c;
	struct imap_set set;
	uint32_t tags[IN_FLIGHT];
	size_t n;
	bool refused;
	uint64_t missed; /* moved or deleted there */
};

static int
collect(struct teller *t, struct err *err)
{
	struct imap_result res;
	struct err why = { 0 };
	size_t i, n = t->n;

	t->n = 0;
	for (i = 0; i < n; i++) {
		if (imap_wait(t->l->d.im, t->tags[i], &res, err) < 0)
			return -1;
		if (imap_result_err(&res, SCOPE_MSG, "UID STORE", &why) == 0)
			continue;
		if (why.scope > SCOPE_FOLDER) {
			*err = why;
			return -1;
		}
		if (!t->refused)
			report_problem(t->l->report,
			    &(struct problem){ .err = &why, .warning = true });
		t->refused = true;
	}
	return 0;
}

static int
store(struct teller *t, const char *op, const struct buf *words,
    struct err *err)
{
	if (words->n == 0)
		return 0;
	if (t->n == IN_FLIGHT && collect(t, err) < 0)
		return -1;
	step("load.store");
	return imap_uid_store_send(t->l->d.im, imap_set_text(&t->set), op,
	    buf_slice(words), &t->tags[t->n++], err);
}

static int
flush(struct teller *t, struct err *err)
{
	int rc = 0;

	if (imap_set_text(&t->set).n > 0 &&
	    (store(t, "+FLAGS.SILENT", &t->c.add, err) < 0 ||
		store(t, "-FLAGS.SILENT", &t->c.drop, err) < 0))
		rc = -1;
	imap_set_clear(&t->set);
	return rc;
}

static bool
is_same_change(const struct change *c, struct ledger_rows *q)
{
	return c->was == (uint32_t)ledger_int(q, 0) &&
	    strcmp(buf_str(&c->was_words), ledger_text(q, 1)) == 0 &&
	    c->now == (uint32_t)ledger_int(q, 2) &&
	    strcmp(buf_str(&c->now_words), ledger_text(q, 3)) == 0 &&
	    c->owed == (uint32_t)ledger_int(q, 4);
}

static void
take_change(struct teller *t, struct ledger_rows *q)
{
	struct change *c = &t->c;

	c->was = (uint32_t)ledger_int(q, 0);
	c->now = (uint32_t)ledger_int(q, 2);
	c->owed = (uint32_t)ledger_int(q, 4);
	buf_clear(&c->was_words);
	buf_clear(&c->now_words);
	buf_puts(&c->was_words, ledger_text(q, 1));
	buf_puts(&c->now_words, ledger_text(q, 3));
	spell(t->l, c);
}

/* ------------------------------------------------- are they there at all? */

static int
take_here(void *arg, const struct imap_fetch *f, struct err *err)
{
	struct load *l = arg;

	return f->uid == 0
	    ? 0
	    : ledger_do(l->ledger, err,
		  "INSERT OR IGNORE INTO temp.reflag_here VALUES(?)", "i",
		  (int64_t)f->uid);
}

/* The next UIDs of the folder behind *last; how many, 0 at the end, -1. */
static int
next_set(struct teller *t, uint32_t *last, struct err *err)
{
	struct ledger_rows *q;
	int n = 0, rc = 1;

	imap_set_clear(&t->set);
	if (ledger_query(t->l->ledger, &q, err,
		"SELECT uid FROM temp.reflag WHERE folder=? AND uid>? ORDER BY "
		"uid",
		"ii", t->folder, (int64_t)*last) < 0)
		return -1;
	while (t->set.text.n <= IMAP_SET_BYTES - 32 &&
	    (rc = ledger_step(q, err)) == 1) {
		*last = (uint32_t)ledger_int(q, 0);
		imap_set_add(&t->set, *last);
		n++;
	}
	ledger_end(&q);
	return rc < 0 ? -1 : n;
}

/* Of the selected folder. */
static int
look_here(struct teller *t, struct err *err)
{
	struct imap_fetch_sink sink = { take_here, NULL, t->l };
	uint32_t last = 0;
	int n;

	if (ledger_do(t->l->ledger, err, "DELETE FROM temp.reflag_here", "") <
	    0)
		return -1;
	while ((n = next_set(t, &last, err)) > 0)
		if (imap_uid_fetch(t->l->d.im, imap_set_text(&t->set),
			"(UID FLAGS)", &sink, err) < 0)
			return -1;
	imap_set_clear(&t->set);
	return n;
}

/* Every row of the selected folder. */
static int
tell_rows(struct teller *t, struct err *err)
{
	struct ledger_rows *q;
	bool first = true;
	int rc;

	if (ledger_query(t->l->ledger, &q, err,
		"SELECT was, was_words, now, now_words, owed, uid FROM "
		"temp.reflag WHERE folder=? ORDER BY was, was_words, now, "
		"now_words, owed, uid",
		"i", t->folder) < 0)
		return -1;
	while ((rc = ledger_step(q, err)) == 1) {
		bool same = !first && is_same_change(&t->c, q);

		if ((!same || t->set.text.n > IMAP_SET_BYTES - 32) &&
		    flush(t, err) < 0) {
			rc = -1;
			break;
		}
		if (!same)
			take_change(t, q);
		first = false;
		imap_set_add(&t->set, (uint32_t)ledger_int(q, 5));
	}
	ledger_end(&q);
	if (rc == 0)
		rc = flush(t, err);
	return rc < 0 ? -1 : collect(t, err);
}

/* It was told. */
static int
note_told(struct teller *t, struct err *err)
{
	struct load *l = t->l;
	int64_t synced, owed, missed;

	if (ledger_number(l->ledger, &synced, err,
		"SELECT count(*) FROM temp.reflag WHERE folder=? AND "
		"(was<>now OR was_words<>now_words) AND uid IN (SELECT uid "
		"FROM temp.reflag_here)",
		"i", t->folder) < 0 ||
	    ledger_number(l->ledger, &owed, err,
		"SELECT count(*) FROM temp.reflag WHERE folder=? AND owed<>0 "
		"AND uid IN (SELECT uid FROM temp.reflag_here)",
		"i", t->folder) < 0 ||
	    ledger_number(l->ledger, &missed, err,
		"SELECT count(*) FROM temp.reflag WHERE folder=? AND uid NOT "
		"IN (SELECT uid FROM temp.reflag_here)",
		"i", t->folder) < 0 ||
	    load_begin(l, err) < 0 ||
	    ledger_do(l->ledger, err,
		"UPDATE delivery SET owed=0, (flags, keywords)=(SELECT r.now, "
		"r.now_words FROM temp.reflag r WHERE r.folder=?1 AND "
		"r.uid=delivery.uid) WHERE folder=?1 AND uid IN (SELECT uid "
		"FROM temp.reflag WHERE folder=?1)",
		"i", t->folder) < 0)
		return -1;
	step("load.told");
	if (ledger_commit(l->ledger, err) < 0)
		return -1;
	report_add(l->report, "flags_synced", (uint64_t)synced);
	report_add(l->report, "flags_stored", (uint64_t)owed);
	t->missed += (uint64_t)missed;
	dest_progress(&l->d);
	return 0;
}

static int
tell_folder(struct teller *t, struct err *err)
{
	struct load *l = t->l;
	struct delivery_folder df;
	struct arena a = { 0 };
	int64_t row = t->folder - 1;
	int rc = delivery_folder_next(l->ledger, l->d.id, &row, &df, &a, err);

	if (rc == 1 && df.id == t->folder) {
		rc = imap_select(l->d.im, slice_str(df.name), false, err);
		if (rc == 0 &&
		    imap_selected(l->d.im)->uidvalidity == df.uidvalidity) {
			t->refused = false;
			rc = tell_rows(t, err);
			if (rc == 0 && !t->refused)
				rc = look_here(t, err);
			if (rc == 0 && !t->refused)
				rc = note_told(t, err);
		}
	}
	arena_free(&a);
	if (rc < 0 && err->scope == SCOPE_FOLDER) {
		report_problem(l->report,
		    &(struct problem){ .err = err, .warning = true });
		err_clear(err);
		return 0;
	}
	return rc < 0 ? -1 : 0;
}

static int
tell_all(struct load *l, struct err *err)
{
	struct teller t = { .l = l };
	int rc = 0;

	while (rc == 0) {
		if (ledger_number(l->ledger, &t.folder, err,
			"SELECT min(folder) FROM temp.reflag WHERE folder>?",
			"i", t.folder) < 0)
			rc = -1;
		if (rc < 0 || t.folder == 0)
			break;
		rc = tell_folder(&t, err);
	}
	if (t.missed > 0)
		report_note(l->report,
		    "of %llu message%s the flags have changed at the source "
		    "only: at the destination moved or deleted",
		    (unsigned long long)t.missed, t.missed == 1 ? "" : "s");
	imap_set_free(&t.set);
	change_free(&t.c);
	return rc;
}

/* What is in the list, and what is owed. */
static int
tell_list(struct load *l, struct err *err)
{
	int64_t n;

	if (list_owed(l, err) < 0 ||
	    ledger_number(l->ledger, &n, err,
		"SELECT EXISTS(SELECT 1 FROM temp.reflag)", "") < 0)
		return -1;
	return n == 0 ? 0 : tell_all(l, err);
}

int
delta_flags_owed(struct load *l, struct err *err)
{
	return list_begin(l, err) < 0 ? -1 : tell_list(l, err);
}

int
delta_flags_all(struct load *l, bool sync, struct err *err)
{
	uint64_t differ = 0;
	char many[80];
	size_t i;

	if (list_begin(l, err) < 0)
		return -1;
	for (i = 0; i < l->nfolders; i++) {
		if (l->folders[i].sums.reflagged == 0)
			continue;
		differ += l->folders[i].sums.reflagged;
		if (sync && list_changed(l, l->folders[i].id, err) < 0)
			return -1;
	}
	if (!sync || l->o->dry_run) {
		if (differ > 0)
			report_note(l->report,
			    sync ? "%s other flags at the source by now: these "
				   "would be told"
				 : "%s other flags at the source by now; "
				   "--sync-flags tells them",
			    text_number(many, (uint64_t)differ, "message has",
				"messages have"));
		report_add(l->report, "flags_differ", differ);
	}
	return l->o->dry_run ? 0 : tell_list(l, err);
}
