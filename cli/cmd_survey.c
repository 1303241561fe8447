/* SPDX-License-Identifier: GPL-3.0-or-later */
/* postroad survey SOURCE */
#include <stdio.h>
#include <string.h>

#include "cli/check.h"
#include "cli/cmd.h"
#include "cli/commands.h"
#include "cli/entry.h"
#include "core/date.h"
#include "core/js.h"
#include "core/text.h"
#include "extract/survey.h"
#include "formats/item_kind.h"

struct options {
	const char *codepage;
	bool check;
};

static const struct opt options[] = {
	{ "check", 0, OPT_FLAG, NULL,
	    "look for broken rules of [MS-PST] instead",
	    OPT_AT(struct options, check) },
	{ "codepage", 0, OPT_STR, "NAME",
	    "of an ANSI PST that declares none, like CP932",
	    OPT_AT(struct options, codepage) },
	{ 0 }
};

/* ----------------------------------------------------------------- JSON */

static void
set_date(struct js *o, const char *key, int64_t t)
{
	char text[32];

	js_set(o, key,
	    t == DATE_UNKNOWN ? js_null()
			      : js_str(slice_str(date_format_iso(text, t))));
}

static void
set_counts(struct js *o, const struct survey_folder *f)
{
	js_set_int(o, "items", (int64_t)f->items);
	js_set_int(o, "mail", (int64_t)f->mail);
	js_set_int(o, "bytes", (int64_t)f->bytes);
	set_date(o, "oldest", f->oldest);
	set_date(o, "newest", f->newest);
}

static struct js *
folders_json(const struct survey *s)
{
	struct js *a = js_arr(), *o;
	size_t i;

	for (i = 0; i < s->n_folders; i++) {
		o = js_obj();
		js_set_str(o, "path", s->folders[i].path);
		js_set_str(o, "name", s->folders[i].name);
		js_set_str(o, "special_use", s->folders[i].special_use);
		js_set_int(o, "nid", (int64_t)s->folders[i].nid);
		set_counts(o, &s->folders[i]);
		js_push(a, o);
	}
	return a;
}

static enum item_kind
kind_of(const struct survey_class *c)
{
	enum item_kind kind =
	    c->mail ? KIND_MAIL : item_kind_of(slice_str(c->class));

	return c->mail || kind != KIND_MAIL ? kind : KIND_OTHER;
}

/* Where extract puts items of this class. */
static const char *
place_of(const struct survey_class *c)
{
	return item_place_path(item_kind_place(kind_of(c)));
}

static struct js *
classes_json(const struct survey *s)
{
	struct js *a = js_arr(), *o;
	size_t i;

	for (i = 0; i < s->n_classes; i++) {
		o = js_obj();
		js_set_str(o, "class", s->classes[i].class);
		js_set_int(o, "count", (int64_t)s->classes[i].count);
		js_set_bool(o, "mail", s->classes[i].mail);
		js_set_str(o, "place", place_of(&s->classes[i]));
		js_push(a, o);
	}
	return a;
}

/* What is no mail, as extract counts it: by kind. */
static struct js *
items_json(const struct survey *s)
{
	int64_t n[ITEM_KINDS] = { 0 };
	struct js *all = js_obj(), *o;
	size_t i;

	for (i = 0; i < s->n_classes; i++)
		if (!s->classes[i].mail)
			n[kind_of(&s->classes[i])] +=
			    (int64_t)s->classes[i].count;
	for (i = KIND_MAIL + 1; i < ITEM_KINDS; i++) {
		if (n[i] == 0)
			continue;
		o = js_obj();
		js_set_int(o, "count", n[i]);
		js_set_str(o, "place",
		    item_place_path(item_kind_place((enum item_kind)i)));
		js_set(all, item_kind_name((enum item_kind)i), o);
	}
	return all;
}

static struct js *
biggest_json(const struct survey *s)
{
	struct js *a = js_arr(), *o;
	size_t i;

	for (i = 0; i < s->n_big; i++) {
		o = js_obj();
		js_set_str(o, "folder", s->big[i].folder);
		js_set_str(o, "subject", s->big[i].subject);
		js_set_int(o, "bytes", (int64_t)s->big[i].bytes);
		js_set_int(o, "nid", (int64_t)s->big[i].nid);
		js_push(a, o);
	}
	return a;
}

static struct js *
texts_json(char *const *v, size_t n)
{
	struct js *a = js_arr();
	size_t i;

	for (i = 0; i < n; i++)
		js_push(a, js_str(slice_str(v[i])));
	return a;
}

static void
print_json(const struct survey *s, int status)
{
	struct js *o = js_obj(), *total = js_obj();

	js_set_str(o, "kind", "pst");
	js_set_str(o, "format", s->format);
	js_set_bool(o, "ost", s->ost);
	js_set_str(o, "encryption", s->encryption);
	js_set_bool(o, "password", s->password);
	js_set_int(o, "bytes", (int64_t)s->bytes);
	js_set_int(o, "promised_bytes", (int64_t)s->promised);
	js_set(o, "folders", folders_json(s));
	js_set(o, "classes", classes_json(s));
	js_set(o, "items", items_json(s));
	js_set(o, "not_carried", js_arr());
	js_set_int(total, "folders", (int64_t)(s->n_folders + s->folders_more));
	set_counts(total, &s->total);
	js_set_int(total, "damage", (int64_t)(s->n_damage + s->damage_more));
	js_set(o, "totals", total);
	js_set(o, "biggest", biggest_json(s));
	js_set(o, "damage", texts_json(s->damage, s->n_damage));
	js_set(o, "notes", texts_json(s->notes, s->n_notes));
	js_set_int(o, "status", status);
	js_print(stdout, o);
	js_free(&o);
}

/* ----------------------------------------------------------- for people */

static void
print_head(const struct survey *s, const char *path)
{
	struct buf line = { 0 };
	char size[32];

	text_escape(&line, slice_str(path));
	buf_putf(&line, ": %s, format %s, encryption %s, %s",
	    s->ost ? "OST" : "PST", s->format, s->encryption,
	    text_size(size, s->bytes));
	if (s->promised > s->bytes)
		buf_putf(&line, " of %s", text_size(size, s->promised));
	puts(buf_str(&line));
	if (s->password)
		puts("It has a password, which protects nothing in it.");
	buf_free(&line);
}

static void
print_row(const struct survey_folder *f, const char *name)
{
	char items[32], size[32], from[32] = "-", to[32] = "-";
	struct buf line = { 0 };

	if (f->oldest != DATE_UNKNOWN)
		date_format_iso(from, f->oldest);
	if (f->newest != DATE_UNKNOWN)
		date_format_iso(to, f->newest);
	text_escape(&line, slice_str(name));
	printf("%10s %10s  %-10.10s  %-10.10s  %s%s\n",
	    text_count(items, f->items), text_size(size, f->bytes), from, to,
	    buf_str(&line), f->path == NULL ? "  [stays behind]" : "");
	buf_free(&line);
}

static void
print_folders(const struct survey *s)
{
	struct survey_folder total = s->total;
	char count[32], text[80], path[] = "";
	size_t i;

	printf("\n%10s %10s  %-10s  %-10s  %s\n", "items", "size", "oldest",
	    "newest", "folder");
	for (i = 0; i < s->n_folders; i++)
		print_row(&s->folders[i], s->folders[i].name);
	total.path = path; /* it is no folder, nor does it stay */
	snprintf(text, sizeof(text), "in %s folders",
	    text_count(count, s->n_folders + s->folders_more));
	print_row(&total, text);
}

static void
print_classes(const struct survey *s, bool mail, const char *title)
{
	struct buf line = { 0 };
	char count[32];
	size_t i;

	for (i = 0; i < s->n_classes; i++) {
		if (s->classes[i].mail != mail)
			continue;
		if (title != NULL)
			printf("\n%s:\n", title);
		title = NULL;
		buf_clear(&line);
		text_escape(&line, slice_str(s->classes[i].class));
		printf("%10s  %s%s%s\n", text_count(count, s->classes[i].count),
		    line.n > 0 ? buf_str(&line) : "(no class)",
		    mail ? "" : "  in ", mail ? "" : place_of(&s->classes[i]));
	}
	buf_free(&line);
}

static void
print_biggest(const struct survey *s)
{
	struct buf line = { 0 };
	char size[32];
	size_t i;

	if (s->n_big > 0)
		puts("\nThe biggest messages:");
	for (i = 0; i < s->n_big; i++) {
		buf_clear(&line);
		entry_put_name(&line, s->big[i].folder);
		buf_puts(&line, ": ");
		text_escape(&line, slice_str(s->big[i].subject));
		printf("%10s  %s\n", text_size(size, s->big[i].bytes),
		    buf_str(&line));
	}
	buf_free(&line);
}

static void
print_texts(const char *title, char *const *v, size_t n, uint64_t more)
{
	struct buf line = { 0 };
	char count[32];
	size_t i;

	if (n > 0)
		printf("\n%s:\n", title);
	for (i = 0; i < n; i++) {
		buf_clear(&line);
		text_escape(&line, slice_str(v[i]));
		printf("  %s\n", buf_str(&line));
	}
	if (more > 0)
		printf("  and %s more\n", text_count(count, more));
	buf_free(&line);
}

static void
print_text(const struct survey *s, const char *path)
{
	print_head(s, path);
	print_folders(s);
	print_classes(s, true, "Mail");
	print_classes(s, false,
	    "No mail: files of the spool, which IMAP does not carry");
	print_biggest(s);
	print_texts("Damage", s->damage, s->n_damage, s->damage_more);
	print_texts("Notes", s->notes, s->n_notes, 0);
}

static int
run(const struct cmd *cmd, int argc, char **argv)
{
	struct options o = { 0 };
	struct common co = { 0 };
	void *into[OPT_TABLES] = { &o, &co };
	struct source_spec spec = { 0 };
	struct survey s;
	struct err err = { 0 };
	int at, rc, status;

	at = options_parse(cmd, into, argc, argv, 1, 1, &err);
	if (at < 0 || common_begin(&co, &err) < 0 ||
	    source_spec_parse(&spec, argv[at], &err) < 0)
		return cmd_fail(&co, &err);
	if (o.check)
		return check_run(&co, &spec);
	spec.codepage = o.codepage;
	spec.report = report_new(STAGE_EXTRACT);
	rc = survey_read(&s, &spec, &err);
	status = s.n_damage > 0 ? 1 : 0;
	if (rc == 0 && co.json)
		print_json(&s, status);
	else if (rc == 0)
		print_text(&s, spec.path);
	survey_free(&s);
	report_free(&spec.report);
	return rc < 0 ? cmd_fail(&co, &err) : cmd_flush(status);
}

const struct cmd cmd_survey = {
	.name = "survey",
	.operands = "SOURCE",
	.summary = "Tell what is in a PST or OST, without extracting it",
	.text = "Folders, counts, bytes, dates, the biggest messages, what is "
		"no mail and becomes\nfiles, what is damaged: from the tables "
		"of the folders, without opening the\nmessages.",
	.tables = { options, common_options },
	.run = run,
};
