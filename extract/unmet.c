/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What was not met again; see unmet.h. */
#include "extract/unmet.h"

#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "formats/ledger.h"

#define ASKED "asked" /* in meta */

int
unmet_begin(struct unmet *u, struct spool *sp, struct err *err)
{
	u->sp = sp;
	if (ledger_number(spool_ledger(sp), &u->top, err,
		"SELECT max(id) FROM message", "") < 0)
		return -1;
	u->met = mem_alloc((size_t)(u->top / 8 + 1), 1);
	return 0;
}

void
unmet_met(struct unmet *u, int64_t row)
{
	if (row > 0 && row <= u->top)
		u->met[row / 8] |= (uint8_t)(1 << row % 8);
}

void
unmet_free(struct unmet *u)
{
	free(u->met);
	u->met = NULL;
}

/* The next message behind *row that should have been met, and was not. */
static int
next_unmet(struct unmet *u, int64_t *row, struct buf *key, struct err *err)
{
	struct ledger_rows *q;
	int rc;

	if (ledger_query(spool_ledger(u->sp), &q, err,
		"SELECT id, key FROM message WHERE id>? AND id<=? AND lost=0 "
		"AND substr(source,-12)<>'\"gone\":true}' AND "
		"source<>'{\"kind\":\"adopted\"}' ORDER BY id",
		"ii", *row, u->top) < 0)
		return -1;
	while ((rc = ledger_step(q, err)) == 1) {
		*row = ledger_int(q, 0);
		if ((u->met[*row / 8] & 1 << *row % 8) != 0)
			continue;
		buf_clear(key);
		buf_puts(key, ledger_text(q, 1));
		break;
	}
	ledger_end(&q);
	return rc;
}

/* Was the last run asked for the same?  Options make messages come and go,
 * too. */
static int
is_asked_again(struct unmet *u, const struct source_spec *spec, struct err *err)
{
	char *now = mem_fmt("%d %d %s %s", spec->carve, spec->labels_as_folders,
	    spec->mbox_dialect == NULL ? "" : spec->mbox_dialect,
	    spec->pst_reader == NULL ? "" : spec->pst_reader);
	const char *was = spool_meta(u->sp, ASKED);
	int rc = was != NULL && strcmp(was, now) == 0;

	if (rc == 0 && spool_meta_set(u->sp, ASKED, now, err) < 0)
		rc = -1;
	free(now);
	return rc;
}

int
unmet_end(struct unmet *u, const struct source_spec *spec, bool again,
    struct refresh *f, struct err *err)
{
	struct buf key = { 0 };
	int64_t row = 0;
	int rc = is_asked_again(u, spec, err);

	/* one that gives nothing where there was something is more likely
	 * away than empty */
	if (rc < 0 || u->top == 0)
		return rc < 0 ? -1 : 1;
	if (rc == 0 || !again || report_announced(f->r) == 0)
		return 0;
	while ((rc = next_unmet(u, &row, &key, err)) == 1)
		if (refresh_unmet(f, buf_str(&key), err) < 0) {
			rc = -1;
			break;
		}
	buf_free(&key);
	return rc < 0 ? -1 : 1;
}
