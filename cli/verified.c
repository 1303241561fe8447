/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What verifications found, told again; see verified.h. */
#include "cli/verified.h"

#include <stdio.h>
#include <string.h>

#include "core/text.h"
#include "formats/msg.h"
#include "load/verify/history.h"

static struct js *
result_json(const struct verify_result *v)
{
	struct js *o = js_obj(), *summary = js_parse(slice_str(v->summary));
	struct buf text = { 0 };
	char date[32];

	js_set_str(o, "started", date_format_iso(date, v->started));
	js_set_str(o, "ended",
	    v->ended == 0 ? NULL : date_format_iso(date, v->ended));
	js_set_str(o, "destination", v->destination);
	js_set_bool(o, "deep", v->deep);
	js_set_int(o, "status", v->status);
	verify_result_text(&text, v);
	js_set_str(o, "result", buf_str(&text));
	js_set(o, "summary", summary != NULL ? summary : js_null());
	buf_free(&text);
	return o;
}

/* "2012-12-15T06:10:00Z  deep   mary@example.org  sound: 6 messages" */
static void
put_result(struct buf *out, const struct verify_result *v)
{
	char date[32];

	buf_putf(out, "%s %s, %s: ", v->destination,
	    v->deep ? "verified with --deep" : "verified",
	    date_format_iso(date, v->ended != 0 ? v->ended : v->started));
	verify_result_text(out, v);
}

static void
print_result(const struct verify_result *v)
{
	struct buf line = { 0 }, safe = { 0 };

	put_result(&line, v);
	text_escape(&safe, buf_slice(&line));
	printf("%s\n", buf_str(&safe));
	buf_free(&line);
	buf_free(&safe);
}

int
verified_print(const char *spool, bool json, struct err *err)
{
	struct verify_result v = { 0 };
	struct buf keep = { 0 };
	struct js *list = js_arr(), *o;
	struct spool *sp;
	int rc, n = 0;

	if (spool_open(&sp, spool, SPOOL_READ, 0, err) < 0) {
		js_free(&list);
		return -1;
	}
	while (
	    (rc = verify_result_next(spool_ledger(sp), &v, &keep, err)) == 1) {
		if (json)
			js_push(list, result_json(&v));
		else
			print_result(&v);
		n++;
	}
	buf_free(&keep);
	spool_close(&sp);
	if (n == 0 && rc == 0 && !json)
		printf("never verified at a destination\n");
	if (!json || rc < 0) {
		js_free(&list);
		return rc;
	}
	o = js_obj();
	js_set(o, "verifications", list);
	js_print(stdout, o);
	js_free(&o);
	return 0;
}

int
verified_note(struct spool *sp, struct report *r, struct err *err)
{
	struct verify_result v = { 0 };
	struct js *list = js_arr();
	struct buf keep = { 0 }, line = { 0 };
	int rc;

	while (
	    (rc = verify_result_next(spool_ledger(sp), &v, &keep, err)) == 1) {
		rc = verify_result_is_last(spool_ledger(sp), &v, err);
		if (rc < 0)
			break;
		if (rc == 0)
			continue;
		js_push(list, result_json(&v));
		buf_clear(&line);
		put_result(&line, &v);
		report_note(r, "%s", buf_str(&line));
	}
	buf_free(&keep);
	buf_free(&line);
	report_set(r, "verified", list);
	return rc;
}

static void
tell_one(const struct verify_result *v, const char *text,
    void (*tell)(const char *label, const char *text), struct js *list)
{
	struct buf line = { 0 };
	struct js *o;
	char date[32];

	date_format_iso(date, v->ended);
	if (list != NULL) {
		o = js_obj();
		js_set_str(o, "destination", v->destination);
		js_set_str(o, "ended", date);
		js_set_bool(o, "deep", v->deep);
		js_set_str(o, "difference", *text == '\0' ? NULL : text);
		js_push(list, o);
		return;
	}
	buf_putf(&line, "%s at %s%s: %s", date, v->destination,
	    v->deep ? " (--deep)" : "", *text == '\0' ? "no difference" : text);
	tell("verified", buf_str(&line));
	buf_free(&line);
}

int
verified_message(struct spool *sp, const char *folder, const char *source,
    void (*tell)(const char *label, const char *text), struct js *list,
    struct err *err)
{
	struct ledger *l = spool_ledger(sp);
	struct verify_result v = { 0 };
	struct buf keep = { 0 }, text = { 0 };
	int rc;

	while ((rc = verify_result_next(l, &v, &keep, err)) == 1) {
		rc = verify_result_is_last(l, &v, err);
		if (rc < 0)
			break;
		if (rc == 0)
			continue;
		buf_clear(&text);
		if (verify_result_of(&v, folder, source, &text))
			tell_one(&v, buf_str(&text), tell, list);
	}
	buf_free(&keep);
	buf_free(&text);
	return rc;
}
