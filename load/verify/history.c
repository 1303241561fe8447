/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Results of verifications, kept; see verify_history.h. */
#include "load/verify/history.h"

#include <string.h>

#include "core/log.h"
#include "core/text.h"
#include "load/verify/impl.h"

#define KEPT_PROBLEMS 1000

/* ------------------------------------------------------------- writing */

void
verify_history_begin(struct verify *v)
{
	struct buf label = { 0 };

	url_label(&label, &v->o->account->url);
	spool_event_begin(v->l.spool, v->o->deep ? "verify --deep" : "verify",
	    buf_str(&label));
	buf_free(&label);
}

void
verify_history_end(struct verify *v, int rc, const struct err *why)
{
	struct err ignored = { 0 };
	struct buf text = { 0 };
	struct js *summary;

	if (!v->writes)
		return;
	summary =
	    report_json_brief(v->l.report, rc < 0 ? why : NULL, KEPT_PROBLEMS);
	js_put(&text, summary);
	if (spool_event_now(v->l.spool, &ignored) < 0 ||
	    spool_event_end(v->l.spool,
		rc < 0 ? why->status : report_status(v->l.report),
		buf_str(&text), &ignored) < 0)
		log_info("the result is not written down: %s", ignored.text);
	js_free(&summary);
	buf_free(&text);
}

/* ------------------------------------------------------------- reading */

int
verify_result_next(struct ledger *l, struct verify_result *r, struct buf *keep,
    struct err *err)
{
	struct ledger_rows *q;
	size_t at;
	int rc;

	if (ledger_query(l, &q, err,
		"SELECT id, started, ended, what, detail, status, summary "
		"FROM event WHERE id>? AND what IN ('verify', 'verify --deep') "
		"AND summary IS NOT NULL ORDER BY id",
		"i", r->id) < 0)
		return -1;
	rc = ledger_step(q, err);
	if (rc == 1) {
		buf_clear(keep);
		buf_puts(keep, ledger_text(q, 4));
		buf_putc(keep, '\0');
		at = keep->n;
		buf_puts(keep, ledger_text(q, 6));
		*r = (struct verify_result){ .id = ledger_int(q, 0),
			.started = ledger_int(q, 1),
			.ended = ledger_int(q, 2),
			.deep = strcmp(ledger_text(q, 3), "verify") != 0,
			.status = (int)ledger_int(q, 5) };
		r->destination = buf_str(keep);
		r->summary = buf_str(keep) + at;
	}
	ledger_end(&q);
	return rc;
}

int
verify_result_is_last(struct ledger *l, const struct verify_result *r,
    struct err *err)
{
	int64_t later;

	if (r->status != 0 && r->status != 1)
		return 0;
	if (ledger_number(l, &later, err,
		"SELECT count(*) FROM event WHERE id>? AND detail=? AND what "
		"IN ('verify', 'verify --deep') AND status IN (0, 1) AND "
		"summary IS NOT NULL",
		"it", r->id, r->destination) < 0)
		return -1;
	return later == 0;
}

void
verify_result_text(struct buf *out, const struct verify_result *r)
{
	static const char *const counters[] = { "missing", "altered",
		"unreadable", "duplicated", "wrong_folder", "flags_lost",
		"keywords_lost", "wrong_date", "unchecked", "folders_missing",
		"extra", "moved", "newly_flagged", "keywords_refused",
		"rewritten" };
	struct js *o = js_parse(slice_str(r->summary));
	const struct js *e = o == NULL ? NULL : js_get(o, "error");
	char n[32];
	size_t i;

	if (o == NULL) {
		buf_puts(out, "nothing is known of it");
		return;
	}
	if (e != NULL)
		buf_putf(out, "cut short: %s", js_get_str(e, "text"));
	else if (js_get_int(o, "messages") >= 0)
		buf_putf(out, "%s: %s messages",
		    r->status == 0 ? "sound" : "differences",
		    text_count(n, (uint64_t)js_get_int(o, "messages")));
	for (i = 0; e == NULL && i < sizeof(counters) / sizeof(counters[0]);
	     i++) {
		const char *p = counters[i];

		if (js_get_int(o, p) <= 0)
			continue;
		buf_putf(out, ", %s ",
		    text_count(n, (uint64_t)js_get_int(o, p)));
		for (; *p != '\0'; p++)
			buf_putc(out, *p == '_' ? ' ' : *p);
	}
	js_free(&o);
}

static bool
is_of(const struct js *problem, const char *folder, struct slice source)
{
	const struct js *is = js_get(problem, "source");
	struct buf text = { 0 };
	bool same;

	if (is == NULL || strcmp(js_get_str(problem, "folder"), folder) != 0)
		return false;
	js_put(&text, is);
	same = slice_eq(buf_slice(&text), source);
	buf_free(&text);
	return same;
}

bool
verify_result_of(const struct verify_result *r, const char *folder,
    const char *source, struct buf *out)
{
	struct js *o = js_parse(slice_str(r->summary));
	struct js *wanted = js_parse(slice_str(source));
	const struct js *list = o == NULL ? NULL : js_get(o, "problems");
	struct buf text = { 0 };
	bool told = o != NULL && js_get_int(o, "problems_left_out") <= 0;
	size_t i;

	if (wanted != NULL)
		js_put(&text, wanted);
	for (i = 0; list != NULL && i < js_count(list); i++) {
		const struct js *p = js_at(list, i);

		if (!is_of(p, folder, buf_slice(&text)))
			continue;
		buf_puts(out, out->n > 0 ? "; " : "");
		buf_puts(out, js_get_str(p, "error"));
		told = true;
	}
	js_free(&wanted);
	js_free(&o);
	buf_free(&text);
	return told;
}
