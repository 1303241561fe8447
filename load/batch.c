/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Messages made ready to be sent: found in the spool, opened, measured,
 * their flags spelled as the destination allows.  What the server is known
 * to refuse is not sent at all.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/limits.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/text.h"
#include "formats/head.h"
#include "load/delta.h"

#define SUSPECT_DEATHS 3
#define QUOTA_HITS     3
#define LOOKED_UP      50 /* messages in one query */

void
batch_close(struct item *it)
{
	if (it->fd >= 0)
		close(it->fd);
	it->fd = -1;
}

void
batch_unref(struct batch **bp)
{
	struct batch *b = *bp;
	size_t i;

	*bp = NULL;
	if (b == NULL || --b->refs > 0)
		return;
	for (i = 0; i < b->n; i++)
		batch_close(&b->items[i]);
	arena_free(&b->arena);
	free(b->items);
	free(b);
}

int
batch_open(struct load *l, struct item *it, struct err *err)
{
	struct spool_entry e = { .file = it->file, .folder_id = it->folder_id };
	struct stat st;

	if (it->fd >= 0)
		return lseek(it->fd, 0, SEEK_SET) < 0
		    ? err_sys(err, SCOPE_MSG, EX_IOERR, "%s", it->file)
		    : 0;
	it->fd = spool_body(l->spool, &e, err);
	if (it->fd < 0)
		return -1;
	if (fstat(it->fd, &st) == 0 && (uint64_t)st.st_size == it->size)
		return 0;
	batch_close(it);
	err_set(err, SCOPE_MSG, EX_DATAERR,
	    "its file has %lld bytes, and had %llu when it was extracted",
	    (long long)st.st_size, (unsigned long long)it->size);
	return err_hint(err, "'postroad verify %s' names all such files",
	    spool_dir(l->spool));
}

/* ------------------------------------------------------------- reporting */

void
load_report_refused(struct load *l, struct load_folder *f, const char *key,
    const struct err *why)
{
	struct spool_entry e = { 0 };
	struct buf subject = { 0 };
	struct err ignored = { 0 };
	char head[8192];
	ssize_t n = 0;
	int fd = -1;

	if (spool_find(l->spool, key, &e, &ignored) == 1 && !e.lost)
		fd = spool_body(l->spool, &e, &ignored);
	if (fd >= 0) {
		n = read(fd, head, sizeof(head));
		close(fd);
	}
	if (n > 0)
		head_subject(&subject, slice_of(head, (size_t)n));
	report_problem(l->report,
	    &(struct problem){ .folder = f->path,
		.source = e.msg.source,
		.subject = subject.n > 0 ? buf_str(&subject) : NULL,
		.size = e.msg.size,
		.err = why });
	buf_free(&subject);
}

/* Record and count one that will not be sent in this run. */
static int
set_aside(struct load *l, struct load_folder *f, const char *key,
    enum fate fate, const struct err *why, struct err *err)
{
	load_report_refused(l, f, key, why);
	report_fate(l->report, f->path, fate, 0);
	if (fate == FATE_LOST)
		f->lost++;
	else
		f->refused++;
	if (l->o->dry_run)
		return 0;
	if (load_begin(l, err) < 0)
		return -1;
	return delivery_refuse(l->ledger, l->d.id, key, f->there, l->run,
	    why->text, err);
}

/* ----------------------------------------------------------------- flags */

static bool
is_allowed(const struct load *l, const struct load_folder *f, const char *word)
{
	struct slice rest = slice_str(f->flags), have;

	if (load_rules_no_keyword(&l->rules, word) ||
	    keywords_is_refused(l, word) || !imap_flag_is_word(slice_str(word)))
		return false;
	if (f->any_flag || (f->any_keyword && word[0] != '\\'))
		return true;
	while (imap_flag_next(&rest, &have))
		if (slice_is_nocase(have, word))
			return true;
	return false;
}

static void
put_word(struct buf *b, const char *word)
{
	if (b->n > 0)
		buf_putc(b, ' ');
	buf_puts(b, word);
}

/* The flags as the wire has them, and what had to be left out. */
static void
spell_flags(const struct load *l, const struct load_folder *f,
    const struct msg *m, struct batch *b, struct item *it)
{
	static const struct {
		uint32_t bit;
		const char *word;
	} system[] = { { MSG_ANSWERED, "\\Answered" },
		{ MSG_DELETED, "\\Deleted" }, { MSG_DRAFT, "\\Draft" },
		{ MSG_FLAGGED, "\\Flagged" }, { MSG_SEEN, "\\Seen" },
		{ MSG_FORWARDED, "$Forwarded" } };
	struct buf flags = { 0 }, dropped = { 0 };
	struct slice rest = slice_str(m->keywords), word;
	char one[LIMIT_KEYWORD_BYTES + 1];
	size_t i;

	it->owed = load_rules_flags_behind(&l->rules) & m->flags;
	for (i = 0; i < sizeof(system) / sizeof(system[0]); i++)
		if ((m->flags & ~it->owed & system[i].bit) != 0)
			put_word(is_allowed(l, f, system[i].word) ? &flags
								  : &dropped,
			    system[i].word);
	while (msg_keyword_next(&rest, &word)) {
		if (word.n > LIMIT_KEYWORD_BYTES)
			continue;
		memcpy(one, word.p, word.n);
		one[word.n] = '\0';
		put_word(is_allowed(l, f, one) ? &flags : &dropped, one);
	}
	it->flags = arena_str(&b->arena, buf_str(&flags));
	it->dropped =
	    dropped.n == 0 ? NULL : arena_str(&b->arena, buf_str(&dropped));
	buf_free(&flags);
	buf_free(&dropped);
}

/* -------------------------------------------------------------- the batch */

int
batch_over_quota(struct load *l, uint64_t size, struct err *err)
{
	if (l->quota_hits < QUOTA_HITS &&
	    (l->quota_floor == 0 || size < l->quota_floor))
		return 0;
	err_set(err, SCOPE_MSG, EX_CANTCREAT,
	    "the destination is over quota (not tried: messages of this size "
	    "did not fit)");
	return err_hint(err,
	    "make room there, or raise the quota, and run "
	    "again");
}

/* --dry-run: of the quota, as far as it is told, this message has its part. */
static int
will_not_fit(struct load *l, uint64_t size, struct err *err)
{
	char have[32], left[32];

	if (!l->o->dry_run || !l->rules.quota.told)
		return 0;
	if (size <= l->rules.left) {
		l->rules.left -= size;
		return 0;
	}
	err_set(err, SCOPE_MSG, EX_CANTCREAT,
	    "it has %s, and %s would be left of the quota",
	    text_size(have, size), text_size(left, l->rules.left));
	return err_hint(err, "make room there, or raise the quota");
}

/* Reasons not to try: 0, or -1 with *err. */
static int
look_over(struct load *l, const struct load_folder *f,
    const struct spool_entry *e, struct err *err)
{
	char size[32], limit[32];

	if (f->limit != 0 && e->msg.size > f->limit) {
		err_set(err, SCOPE_MSG, EX_DATAERR,
		    "it has %s, and the server takes %s at most",
		    text_size(size, e->msg.size), text_size(limit, f->limit));
		return err_hint(err,
		    "raise the limit at the server, or make it smaller: "
		    "'postroad transform --strip-attachments'");
	}
	if (batch_over_quota(l, e->msg.size, err) < 0 ||
	    will_not_fit(l, e->msg.size, err) < 0)
		return -1;
	if (f->suspect_deaths >= SUSPECT_DEATHS &&
	    strcmp(f->suspect, e->msg.key) == 0)
		return err_set(err, SCOPE_MSG, EX_PROTOCOL,
		    "the server ended the session at this message %u times",
		    f->suspect_deaths);
	return 0;
}

/* --dry-run: was it found there? */
static bool
is_found(struct load *l, const struct load_folder *f, int64_t id)
{
	struct err ignored = { 0 };
	int64_t n;

	return f->dry_matched &&
	    ledger_number(l->ledger, &n, &ignored,
		"SELECT count(*) FROM temp.pair WHERE id=?", "i", id) == 0 &&
	    n > 0;
}

/* Make the next item of 'b'.  1, 0: it was set aside, -1. */
static int
add_item(struct load *l, struct load_folder *f, struct batch *b,
    const struct delivery_work *w, struct err *err)
{
	struct item *it = &b->items[b->n];
	struct err why = { 0 };
	struct spool_entry e;
	int rc = delta_is_held(l, w->key, err);

	if (rc != 0)
		return rc < 0 ? -1 : 0;
	rc = spool_find_row(l->spool, w->id, &e, err);
	if (rc < 0)
		return -1;
	if (rc == 0 || strcmp(e.msg.key, w->key) != 0 || is_found(l, f, e.id))
		return 0; /* taken out meanwhile, with its row */
	*it = (struct item){ .fd = -1 };
	it->key = arena_str(&b->arena, w->key);
	it->row = w->id;
	it->file = arena_str(&b->arena, e.file);
	it->folder_id = e.folder_id;
	it->size = e.msg.size;
	it->received =
	    e.msg.received_how == RECEIVED_UNKNOWN || e.msg.received < 0
	    ? 0
	    : e.msg.received;
	if (look_over(l, f, &e, &why) < 0 ||
	    ((load_rules_read(&l->rules, it->size) ||
		 !spool_body_is(l->spool, &e, it->size)) &&
		batch_open(l, it, &why) < 0) ||
	    load_rules_message(&l->rules, it->fd, it->size, &why) < 0 ||
	    load_rules_one_more(&l->rules, &why) < 0) {
		batch_close(it);
		return set_aside(l, f, it->key,
		    why.sys == ENOENT ? FATE_LOST : FATE_REFUSED, &why, err);
	}
	batch_close(it);
	spell_flags(l, f, &e.msg, b, it);
	b->n++;
	l->taken++;
	b->bytes += it->size;
	return 1;
}

/* Fill 'b' with what fits.  0, or -1. */
static int
fill(struct load *l, struct load_folder *f, int64_t *cursor, size_t max,
    struct batch *b, struct err *err)
{
	struct delivery_work v[LOOKED_UP];
	int i, n, want;

	do {
		want = max - b->n < LOOKED_UP ? (int)(max - b->n) : LOOKED_UP;
		n = delivery_next(l->ledger, l->d.id, f->id, l->run, *cursor, v,
		    (size_t)want, err);
		for (i = 0; i < n; i++) {
			if (v[i].id > l->top) { /* came since */
				b->last = true;
				return 0;
			}
			if ((b->n > 0 &&
				b->bytes + v[i].size > LOAD_BATCH_BYTES) ||
			    !pace_fits(l, b->bytes, v[i].size))
				return 0;
			*cursor = v[i].id;
			if (add_item(l, f, b, &v[i], err) < 0)
				return -1;
		}
	} while (n == want && b->n < max);
	b->last = n < want;
	return n < 0 ? -1 : 0;
}

int
batch_next(struct load *l, struct load_folder *f, int64_t *cursor, size_t max,
    struct batch **b_r, struct err *err)
{
	struct batch *b = mem_alloc(1, sizeof(*b));
	int rc;

	max = pace_room(l, max);
	if (max == 0) {
		free(b);
		return 0;
	}
	b->refs = 1;
	b->items = mem_alloc(max, sizeof(*b->items));
	ledger_read_begin(l->ledger);
	rc = fill(l, f, cursor, max, b, err);
	ledger_read_end(l->ledger);
	if (rc < 0 || b->n == 0) {
		batch_unref(&b);
		return rc < 0 ? -1 : 0;
	}
	*b_r = b;
	return 1;
}
