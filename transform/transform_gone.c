/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What IN knows of its source and OUT would not see in IN's messages: which
 * were moved there, and so have another key (formats/spool_moves.h), and which
 * are gone and not kept.  load needs it to do the same at the destination.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "core/step.h"
#include "formats/spool_moves.h"
#include "formats/spool_source.h"
#include "transform/transform_impl.h"

#define FOLLOWED "renamed-followed" /* in OUT's meta: up to this row of IN's */

/* Has IN noted moves that OUT does not know yet? */
static int
has_to_follow(struct run *run, struct err *err)
{
	const char *upto = spool_meta(run->out, FOLLOWED);
	int64_t n;

	if (ledger_number(spool_ledger(run->in), &n, err,
		"SELECT EXISTS(SELECT 1 FROM renamed WHERE id>?)", "i",
		upto == NULL ? 0 : strtoll(upto, NULL, 10)) < 0)
		return -1;
	return n > 0;
}

int
gone_begin(struct run *run, struct err *err)
{
	int rc = spool_filling(run->in) > 0 ? 1 : has_to_follow(run, err);

	/* what comes may be what is there, moved */
	if (rc < 0 || (rc == 1 && spool_fill_begin(run->out, err) < 0))
		return -1;
	/* until the end of the run: what is gone may be only moved */
	return spool_is_unsettled(run->in)
	    ? spool_set_unsettled(run->out, true, err)
	    : 0;
}

/* The key that a message has now, which had 'key' at row 'row'. */
static char *
key_now(struct run *run, const char *key, int64_t row, struct err *err)
{
	struct ledger_rows *q;
	char *now = mem_str(key);
	int rc = 1;

	while (rc == 1) {
		if (ledger_query(spool_ledger(run->in), &q, err,
			"SELECT id, key FROM renamed WHERE old=? AND id>? "
			"ORDER BY id LIMIT 1",
			"ti", now, row) < 0) {
			rc = -1;
			break;
		}
		rc = ledger_step(q, err);
		if (rc == 1) {
			row = ledger_int(q, 0);
			free(now);
			now = mem_str(ledger_text(q, 1));
		}
		ledger_end(&q);
	}
	if (rc == 0)
		return now;
	free(now);
	return NULL;
}

/*
 * The key under which OUT has what was called 'key' up to row 'row': itself,
 * or one it had before, where a rule left out what came between.  1, 0 it has
 * none, -1.
 */
static int
key_in_out(struct run *run, const char *key, int64_t row, char **was_r,
    struct err *err)
{
	struct ledger_rows *q;
	char *was = mem_str(key);
	int rc, more = 1;

	while ((rc = spool_find(run->out, was, NULL, err)) == 0 && more == 1) {
		if (ledger_query(spool_ledger(run->in), &q, err,
			"SELECT id, old FROM renamed WHERE key=? AND id<? "
			"ORDER BY id DESC LIMIT 1",
			"ti", was, row) < 0) {
			rc = -1;
			break;
		}
		more = ledger_step(q, err);
		if (more == 1) {
			row = ledger_int(q, 0);
			free(was);
			was = mem_str(ledger_text(q, 1));
		}
		ledger_end(&q);
	}
	if (rc == 1)
		*was_r = was;
	else
		free(was);
	return more < 0 ? -1 : rc;
}

/* OUT may have the message 'old', which is 'now' by now. */
static int
leave_old(struct run *run, const char *old, const char *now, int64_t when,
    struct err *err)
{
	struct spool_entry e;
	char *folder;
	int rc = strcmp(old, now) == 0 ? 0 : spool_find(run->out, old, &e, err);

	if (rc <= 0)
		return rc;
	folder = mem_str(e.msg.folder);
	rc = spool_find(run->out, now, NULL, err);
	if (rc == 0) {
		/* a rule leaves the new one out: to us it is gone */
		rc = spool_source_gone(run->out, old, false, err);
	} else if (rc == 1) {
		step("transform.renamed");
		rc = spool_note_renamed(run->out, old, now, folder, when, err);
		if (rc == 0)
			rc = spool_remove(run->out, old, err);
		if (rc == 0)
			rc = fixing_drop(run, old, err);
	}
	free(folder);
	return rc < 0 ? -1 : 0;
}

/* What IN noted in this row. */
static int
follow_one(struct run *run, const struct spool_renamed *r, int64_t row,
    struct err *err)
{
	char *key = mem_str(r->key), *old = NULL, *now = NULL;
	int64_t when = r->when;
	int rc = key_in_out(run, r->old, row, &old, err);

	if (rc == 1) {
		now = key_now(run, key, row, err);
		rc = now == NULL ? -1 : leave_old(run, old, now, when, err);
	}
	free(key);
	free(old);
	free(now);
	return rc < 0 ? -1 : 0;
}

static int
follow_renamed(struct run *run, struct err *err)
{
	const char *upto = spool_meta(run->out, FOLLOWED);
	int64_t row = upto == NULL ? 0 : strtoll(upto, NULL, 10), from = row;
	struct spool_renamed r;
	char text[24];
	int rc;

	while ((rc = spool_renamed_next(run->in, &row, &r, err)) == 1)
		if (follow_one(run, &r, row, err) < 0)
			return -1;
	if (rc < 0 || row == from)
		return rc;
	snprintf(text, sizeof(text), "%lld", (long long)row);
	return spool_meta_set(run->out, FOLLOWED, text, err);
}

/* IN was told to keep nothing that its source has no more: OUT keeps it, as
 * gone. */
static int
follow_vanished(struct run *run, struct err *err)
{
	struct spool_fate f;
	int64_t row = 0;
	char *key;
	int rc;

	while ((rc = spool_fate_next(run->in, &row, &f, err)) == 1) {
		if (f.fate != FATE_VANISHED ||
		    strcmp(f.why, SPOOL_GONE_WHY) != 0)
			continue;
		key = mem_str(f.key);
		rc = spool_source_gone(run->out, key, false, err);
		free(key);
		if (rc < 0)
			break;
	}
	return rc < 0 ? -1 : 0;
}

int
gone_follow(struct run *run, struct err *err)
{
	/* as it was before the look: an extraction may end meanwhile */
	bool filling = spool_filling(run->in) > 0;
	bool unsettled = spool_is_unsettled(run->in);

	if (follow_renamed(run, err) < 0 || follow_vanished(run, err) < 0 ||
	    (!filling && spool_fill_end(run->out, err) < 0))
		return -1;
	return spool_set_unsettled(run->out, unsettled, err);
}
