/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See check.h. */
#include "cli/check.h"

#include <stdio.h>

#include "core/js.h"
#include "core/text.h"
#include "extract/check.h"

static struct js *
findings_json(const struct check_finding *v, size_t n)
{
	struct js *a = js_arr(), *o;
	size_t i;

	for (i = 0; i < n; i++) {
		o = js_obj();
		js_set_str(o, "rule", v[i].rule);
		js_set(o, "offset",
		    v[i].placed ? js_int((int64_t)v[i].at) : js_null());
		js_set(o, "node", v[i].node ? js_int(v[i].node) : js_null());
		js_set(o, "subnode", v[i].sub ? js_int(v[i].sub) : js_null());
		js_set_str(o, "what", v[i].what);
		js_set_str(o, "found", v[i].found);
		js_set_str(o, "expected", v[i].expected);
		js_push(a, o);
	}
	return a;
}

static void
print_json(const struct check_report *r, int status)
{
	struct js *o = js_obj(), *total = js_obj(), *notes = js_arr();

	js_set_str(o, "kind", "pst");
	js_set_str(o, "format", r->format);
	js_set_int(o, "bytes", (int64_t)r->bytes);
	js_set(o, "findings", findings_json(r->findings, r->n_findings));
	js_set(o, "remarks", findings_json(r->remarks, r->n_remarks));
	js_set_int(total, "findings", (int64_t)r->all_findings);
	js_set_int(total, "remarks", (int64_t)r->all_remarks);
	js_set_int(total, "pages", (int64_t)r->pages);
	js_set_int(total, "blocks", (int64_t)r->blocks);
	js_set_int(total, "nodes", (int64_t)r->nodes);
	js_set_int(total, "folders", (int64_t)r->folders);
	js_set_int(total, "messages", (int64_t)r->messages);
	js_set(o, "totals", total);
	if (r->sandbox != NULL)
		js_push(notes, js_str(slice_str(r->sandbox)));
	js_set(o, "sandbox_without", notes);
	js_set_bool(o, "changed", r->changed);
	js_set_int(o, "status", status);
	js_print(stdout, o);
	js_free(&o);
}

static void
print_finding(const struct check_finding *f)
{
	struct buf line = { 0 };

	buf_putf(&line, "  [MS-PST] %s", f->rule);
	if (f->placed)
		buf_putf(&line, ", at 0x%llx", (unsigned long long)f->at);
	if (f->node != 0)
		buf_putf(&line, ", node 0x%x", f->node);
	if (f->sub != 0)
		buf_putf(&line, ", subnode 0x%x", f->sub);
	buf_puts(&line, ": ");
	text_escape(&line, slice_str(f->what));
	buf_puts(&line, ": ");
	text_escape(&line, slice_str(f->found));
	buf_puts(&line, " (should be: ");
	text_escape(&line, slice_str(f->expected));
	buf_puts(&line, ")");
	puts(buf_str(&line));
	buf_free(&line);
}

static void
print_findings(const char *title, const struct check_finding *v, size_t n,
    uint64_t all)
{
	char count[32];
	size_t i;

	if (n > 0)
		printf("\n%s:\n", title);
	for (i = 0; i < n; i++)
		print_finding(&v[i]);
	if (all > n)
		printf("  and %s more\n", text_count(count, all - n));
}

static void
print_text(const struct check_report *r, const char *path)
{
	struct buf line = { 0 };
	char size[32], a[32], b[32], c[32], d[32];

	text_escape(&line, slice_str(path));
	printf("%s: format %s, %s; %s blocks, %s nodes, %s folders and %s "
	       "messages checked\n",
	    buf_str(&line), r->format, text_size(size, r->bytes),
	    text_count(a, r->blocks), text_count(b, r->nodes),
	    text_count(c, r->folders), text_count(d, r->messages));
	print_findings("Against the specification", r->findings, r->n_findings,
	    r->all_findings);
	print_findings("Unusual, but no reader minds", r->remarks, r->n_remarks,
	    r->all_remarks);
	if (r->all_findings == 0)
		puts("\nNo rule is broken.");
	else
		printf("\n%s findings.\n", text_count(a, r->all_findings));
	if (r->changed)
		puts("The file was changed while it was looked at: check it "
		     "again.");
	if (r->sandbox != NULL)
		printf("The reader ran without %s: this system has none.\n",
		    r->sandbox);
	buf_free(&line);
}

int
check_run(const struct common *co, const struct source_spec *given)
{
	struct source_spec spec = *given;
	struct check_report r;
	struct err err = { 0 };
	int rc, status;

	spec.report = report_new(STAGE_EXTRACT);
	rc = check_file(&r, &spec, &err);

	status = r.all_findings > 0 ? 1 : 0;
	if (rc == 0 && co->json)
		print_json(&r, status);
	else if (rc == 0)
		print_text(&r, spec.path);
	check_free(&r);
	report_free(&spec.report);
	return rc < 0 ? cmd_fail(co, &err) : cmd_flush(status);
}
