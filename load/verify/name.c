/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Naming differences; see verify.h for the classes. */
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "formats/head.h"
#include "load/verify/impl.h"
#include "wire/mutf7.h"

static const struct {
	const char *counter, *text;
} names[DIFF_COUNT] = {
	[DIFF_MISSING] = { "missing", "missing" },
	[DIFF_ALTERED] = { "altered", "altered" },
	[DIFF_UNREADABLE] = { "unreadable", "unreadable there" },
	[DIFF_DUPLICATED] = { "duplicated", "duplicated" },
	[DIFF_WRONG_FOLDER] = { "wrong_folder", "in the wrong folder" },
	[DIFF_FLAGS_LOST] = { "flags_lost", "flags lost" },
	[DIFF_KEYWORDS_LOST] = { "keywords_lost", "keywords lost" },
	[DIFF_WRONG_DATE] = { "wrong_date", "wrong date" },
	[DIFF_EXTRA] = { "extra", "extra" },
	[DIFF_MOVED] = { "moved", "moved" },
	[DIFF_NEWLY_FLAGGED] = { "newly_flagged", "newly flagged" },
	[DIFF_KEYWORDS_REFUSED] = { "keywords_refused",
	    "keywords not kept by the server" },
	[DIFF_REWRITTEN] = { "rewritten", "rewritten by the server" },
};

void
verify_name_all(struct report *r)
{
	int i;

	for (i = 0; i < DIFF_COUNT; i++)
		report_add(r, names[i].counter, 0);
	report_add(r, "unchecked", 0);
	report_add(r, "folders_missing", 0);
}

void
verify_put_name(struct buf *out, const char *wire)
{
	size_t n = out->n;

	if (mutf7_decode(out, slice_str(wire)))
		return;
	out->n = n;
	buf_puts(out, wire);
}

static void
read_subject(struct verify *v, const char *file, const char *key,
    struct buf *subject)
{
	struct spool_entry e = { .file = file };
	struct err ignored = { 0 };
	char head[8192];
	ssize_t n = 0;
	int fd;

	if (file == NULL && spool_find(v->l.spool, key, &e, &ignored) != 1)
		return;
	fd = spool_body(v->l.spool, &e, &ignored);
	if (fd < 0)
		return;
	n = read(fd, head, sizeof(head));
	close(fd);
	if (n > 0)
		head_subject(subject, slice_of(head, (size_t)n));
}

void
verify_name(struct verify *v, const struct load_folder *f,
    const struct verify_place *p, enum difference d, int64_t want, uint32_t uid,
    const char *fmt, ...)
{
	struct problem problem = { .folder = f->path,
		.kind = names[d].counter,
		.uid = uid,
		.warning = d >= DIFF_EXTRA && !v->o->strict };
	struct buf subject = { 0 }, text = { 0 };
	struct ledger_rows *q = NULL;
	struct err what = { 0 }, ignored = { 0 };
	char detail[300];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(detail, sizeof(detail), fmt, ap);
	va_end(ap);
	buf_puts(&text, names[d].text);
	if (uid != 0 && p != NULL && p->elsewhere) {
		buf_puts(&text, " (in the folder '");
		verify_put_name(&text, p->name);
		buf_putf(&text, "', UID %u)", uid);
	} else if (uid != 0) {
		buf_putf(&text, " (UID %u)", uid);
	}
	if (detail[0] != '\0')
		buf_putf(&text, ": %s", detail);
	err_set(&what, SCOPE_MSG, EX_DATAERR, "%s", buf_str(&text));
	if (want != 0 &&
	    ledger_query(v->l.ledger, &q, &ignored,
		"SELECT source, size, file, key FROM temp.want WHERE id=?", "i",
		want) == 0 &&
	    ledger_step(q, &ignored) == 1) {
		problem.source = ledger_text(q, 0);
		problem.size = (uint64_t)ledger_int(q, 1);
		read_subject(v, ledger_text(q, 2), ledger_text(q, 3), &subject);
		problem.subject = subject.n > 0 ? buf_str(&subject) : NULL;
	}
	problem.err = &what;
	report_add(v->l.report, names[d].counter, 1);
	report_problem(v->l.report, &problem);
	ledger_end(&q);
	buf_free(&subject);
	buf_free(&text);
}
