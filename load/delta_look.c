/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Is it as we left it?  See delta_impl.h. */
#include <stdlib.h>
#include <string.h>

#include "core/log.h"
#include "core/mem.h"
#include "formats/msg.h"
#include "load/delta_impl.h"
#include "wire/mutf7.h"

#define DRY_NAMED 1000 /* of a folder */

#define AT_ONCE 500 /* messages one command speaks of */

int
delta_begin(struct load *l, struct err *err)
{
	return ledger_do(l->ledger, err,
		   "CREATE TEMP TABLE IF NOT EXISTS delta(folder INTEGER, "
		   "uid INTEGER, key TEXT, flags INTEGER, keywords TEXT, "
		   "owed INTEGER, dropped TEXT, verdict INTEGER DEFAULT 0, "
		   "PRIMARY KEY(folder, uid)) WITHOUT ROWID",
		   "") < 0 ||
		ledger_do(l->ledger, err, "DELETE FROM temp.delta", "") < 0
	    ? -1
	    : 0;
}

const char *
delta_show(struct arena *a, const char *name)
{
	struct buf text = { 0 };
	const char *shown = name;

	if (mutf7_decode(&text, slice_str(name)))
		shown = arena_str(a, buf_str(&text));
	buf_free(&text);
	return shown;
}

/* ------------------------------------------------------------- comparing */

/* Set by servers of their own accord. */
static bool
is_servers_own(struct slice word)
{
	return slice_is_nocase(word, "$HasAttachment") ||
	    slice_is_nocase(word, "$HasNoAttachment");
}

static bool
has_word(const char *words, struct slice word)
{
	struct slice rest = slice_str(words == NULL ? "" : words), have;

	while (msg_keyword_next(&rest, &have))
		if (have.n == word.n &&
		    strncasecmp(have.p, word.p, have.n) == 0)
			return true;
	return false;
}

/* Can it be there at all?  EXAMINE does not tell. */
static bool
is_kept(const struct load *l, const char *dropped, struct slice word)
{
	return !has_word(dropped, word) &&
	    (l->o->dry_run || imap_flag_allowed(l->d.im, word));
}

/* Every keyword of 'told' that can be there, is. */
static bool
has_all(const struct load *l, const char *told, const char *dropped,
    const char *now)
{
	struct slice rest = slice_str(told == NULL ? "" : told), word;

	while (msg_keyword_next(&rest, &word))
		if (is_kept(l, dropped, word) && !has_word(now, word))
			return false;
	return true;
}

/* And nothing else is. */
static bool
has_only(const char *told, const char *now)
{
	struct slice rest = slice_str(now), word;

	while (msg_keyword_next(&rest, &word))
		if (!has_word(told, word) && !is_servers_own(word))
			return false;
	return true;
}

static uint32_t
kept_bits(const struct load *l, const char *dropped, uint32_t flags)
{
	static const struct {
		uint32_t bit;
		const char *word;
	} table[] = { { MSG_ANSWERED, "\\Answered" },
		{ MSG_DELETED, "\\Deleted" }, { MSG_DRAFT, "\\Draft" },
		{ MSG_FLAGGED, "\\Flagged" }, { MSG_SEEN, "\\Seen" },
		{ MSG_FORWARDED, "$Forwarded" } };
	uint32_t bits = 0;
	size_t i;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if ((flags & table[i].bit) != 0 &&
		    is_kept(l, dropped, slice_str(table[i].word)))
			bits |= table[i].bit;
	return bits;
}

struct look {
	struct load *l;
	int64_t folder;
	struct buf keywords;
};

static int
judge(struct look *k, uint32_t uid, uint32_t flags, struct err *err)
{
	struct ledger *ledger = k->l->ledger;
	struct ledger_rows *q;
	bool as_left = false;
	uint32_t told;
	int rc;

	if (ledger_query(ledger, &q, err,
		"SELECT flags, keywords, owed, dropped FROM temp.delta WHERE "
		"folder=? AND uid=?",
		"ii", k->folder, (int64_t)uid) < 0)
		return -1;
	rc = ledger_step(q, err);
	if (rc == 1) {
		told = (uint32_t)ledger_int(q, 0);
		told = kept_bits(k->l, ledger_text(q, 3),
		    told & ~(uint32_t)ledger_int(q, 2));
		/* a run of ours may have died before it took it away */
		as_left = (flags & ~(uint32_t)MSG_DELETED) ==
			(told & ~(uint32_t)MSG_DELETED) &&
		    has_all(k->l, ledger_text(q, 1), ledger_text(q, 3),
			buf_str(&k->keywords)) &&
		    has_only(ledger_text(q, 1), buf_str(&k->keywords));
	}
	ledger_end(&q);
	if (rc <= 0)
		return rc;
	return ledger_do(ledger, err,
		   "UPDATE temp.delta SET verdict=? WHERE folder=? AND uid=?",
		   "iii", (int64_t)(as_left ? DELTA_AS_LEFT : DELTA_TOUCHED),
		   k->folder, (int64_t)uid) < 0
	    ? -1
	    : 0;
}

static int
take_fetch(void *arg, const struct imap_fetch *f, struct err *err)
{
	struct look *k = arg;
	struct slice rest = f->flags, word;
	uint32_t bits = 0;

	if (f->uid == 0 || !f->has_flags)
		return 0;
	buf_clear(&k->keywords);
	while (imap_flag_next(&rest, &word))
		msg_keyword_add(&k->keywords, &bits, word);
	return judge(k, f->uid, bits, err);
}

/* --------------------------------------------------------------- looking */

int
delta_next_set(struct load *l, int64_t folder, enum delta_verdict v,
    uint32_t *last, struct imap_set *set, struct err *err)
{
	struct ledger_rows *q;
	int n = 0, rc = 1;

	imap_set_clear(set);
	if (ledger_query(l->ledger, &q, err,
		"SELECT uid FROM temp.delta WHERE folder=? AND verdict=? AND "
		"uid>? ORDER BY uid",
		"iii", folder, (int64_t)v, (int64_t)*last) < 0)
		return -1;
	while (n < AT_ONCE && set->text.n < IMAP_SET_BYTES - 32 &&
	    (rc = ledger_step(q, err)) == 1) {
		*last = (uint32_t)ledger_int(q, 0);
		imap_set_add(set, *last);
		n++;
	}
	ledger_end(&q);
	return rc < 0 ? -1 : n;
}

int
delta_next_folder(struct load *l, int64_t *folder, struct err *err)
{
	int64_t next;

	if (ledger_number(l->ledger, &next, err,
		"SELECT min(folder) FROM temp.delta WHERE folder>?", "i",
		*folder) < 0)
		return -1;
	*folder = next;
	return next > 0;
}

static int
fetch_flags(struct load *l, int64_t folder, struct err *err)
{
	struct look k = { .l = l, .folder = folder };
	struct imap_fetch_sink sink = { take_fetch, NULL, &k };
	struct imap_set set = { 0 };
	uint32_t last = 0;
	int n, rc = 0;

	while (rc == 0 &&
	    (n = delta_next_set(l, folder, DELTA_NOT_SEEN, &last, &set, err)) >
		0)
		rc = imap_uid_fetch(l->d.im, imap_set_text(&set), "(UID FLAGS)",
		    &sink, err);
	if (rc == 0 && n < 0)
		rc = -1;
	imap_set_free(&set);
	buf_free(&k.keywords);
	return rc;
}

static int
cannot(struct load *l, const struct delivery_folder *df, const char *why)
{
	report_note(l->report,
	    "what was delivered to the folder '%s' there is left as it is: %s",
	    df->name, why);
	return 0;
}

int
delta_look(struct load *l, int64_t folder, struct delivery_folder *df,
    struct arena *a, struct err *err)
{
	int64_t row = folder - 1;
	int rc = delivery_folder_next(l->ledger, l->d.id, &row, df, a, err);

	if (rc <= 0 || df->id != folder)
		return rc < 0 ? -1 : 0;
	if (imap_select(l->d.im, slice_str(df->name), l->o->dry_run, err) < 0) {
		if (err->scope != SCOPE_FOLDER)
			return -1;
		rc = cannot(l, df, err->text);
		err_clear(err);
		return rc;
	}
	if (imap_selected(l->d.im)->uidvalidity != df->uidvalidity)
		return cannot(l, df, "its UIDVALIDITY is another one now");
	rc = fetch_flags(l, folder, err);
	if (rc < 0 && err->scope == SCOPE_FOLDER) {
		rc = cannot(l, df, err->text);
		err_clear(err);
		return rc;
	}
	return rc < 0 ? -1 : 1;
}

/* --------------------------------------------------------------- telling */

static void
tell_one(struct load *l, const char *key, const struct err *what)
{
	struct spool_entry e = { 0 };
	struct err ignored = { 0 };
	int have = spool_find(l->spool, key, &e, &ignored);

	report_problem(l->report,
	    &(struct problem){ .folder = have == 1 ? e.msg.folder : NULL,
		.source = have == 1 ? e.msg.source : NULL,
		.size = have == 1 ? e.msg.size : 0,
		.err = what,
		.warning = true });
}

int
delta_tell(struct load *l, const struct delivery_folder *df,
    enum delta_verdict v, const char *before, const char *behind,
    struct err *err)
{
	struct arena a = { 0 };
	const char *name = delta_show(&a, df->name);
	struct err what = { 0 };
	struct ledger_rows *q;
	uint64_t n = 0;
	int rc;

	if (ledger_query(l->ledger, &q, err,
		"SELECT key, uid FROM temp.delta WHERE folder=? AND verdict=? "
		"ORDER BY uid",
		"ii", df->id, (int64_t)v) < 0)
		return -1;
	while ((rc = ledger_step(q, err)) == 1) {
		err_set(&what, SCOPE_MSG, EX_TEMPFAIL,
		    "%s folder '%s' there (UID %lld)%s", before, name,
		    (long long)ledger_int(q, 1), behind);
		tell_one(l, ledger_text(q, 0), &what);
		n++;
	}
	ledger_end(&q);
	arena_free(&a);
	report_add(l->report, "left_in_place", n);
	return rc;
}

/* Which message it is, for people. */
static const char *
message_word(struct ledger_rows *q)
{
	const char *id = ledger_text(q, 2);

	return id == NULL || *id == '\0' ? ledger_text(q, 0) : id;
}

int
delta_tell_dry(struct load *l, const struct delivery_folder *df,
    const char *what, const char *counter, uint64_t *n_r, struct err *err)
{
	struct arena a = { 0 };
	const char *name = delta_show(&a, df->name);
	struct ledger_rows *q;
	int rc;

	*n_r = 0;
	if (ledger_query(l->ledger, &q, err,
		"SELECT d.key, d.uid, m.message_id FROM temp.delta d LEFT JOIN "
		"message m ON m.key=d.key WHERE d.folder=? AND d.verdict=? "
		"ORDER BY d.uid",
		"ii", df->id, (int64_t)DELTA_AS_LEFT) < 0)
		return -1;
	while ((rc = ledger_step(q, err)) == 1) {
		if (++*n_r <= DRY_NAMED)
			report_note(l->report, "%s: folder '%s', UID %lld, %s",
			    what, name, (long long)ledger_int(q, 1),
			    message_word(q));
		else
			log_debug("%s: folder '%s', UID %lld, %s", what, name,
			    (long long)ledger_int(q, 1), message_word(q));
	}
	ledger_end(&q);
	if (*n_r > DRY_NAMED)
		report_note(l->report,
		    "%s: folder '%s', and %llu more (-v names them)", what,
		    name, (unsigned long long)(*n_r - DRY_NAMED));
	if (*n_r > 0)
		report_add(l->report, counter, *n_r);
	arena_free(&a);
	return rc;
}
