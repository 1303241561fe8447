/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A survey as JSON; see survey_show.h. */
#include <stdio.h>
#include <string.h>

#include "cli/survey_show.h"
#include "core/date.h"
#include "core/js.h"

enum item_kind
survey_show_kind(const struct survey_class *c)
{
	enum item_kind kind =
	    c->mail ? KIND_MAIL : item_kind_of(slice_str(c->class));

	return c->mail || kind != KIND_MAIL ? kind : KIND_OTHER;
}

/* Where extract puts items of this class. */
const char *
survey_show_place(const struct survey_class *c)
{
	return item_place_path(item_kind_place(survey_show_kind(c)));
}

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
		if (strcmp(s->kind, "pst") == 0)
			js_set_int(o, "nid", (int64_t)s->folders[i].nid);
		if (s->folders[i].left != NULL)
			js_set_str(o, "left_out", s->folders[i].left);
		set_counts(o, &s->folders[i]);
		js_push(a, o);
	}
	return a;
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
		js_set_str(o, "place", survey_show_place(&s->classes[i]));
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
			n[survey_show_kind(&s->classes[i])] +=
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
	const char *number = strcmp(s->kind, "imap") == 0 ? "uid"
	    : strcmp(s->kind, "pop3") == 0		  ? "number"
							  : "nid";
	struct js *a = js_arr(), *o;
	size_t i;

	for (i = 0; i < s->n_big; i++) {
		o = js_obj();
		js_set_str(o, "folder", s->big[i].folder);
		js_set_str(o, "subject", s->big[i].subject);
		js_set_int(o, "bytes", (int64_t)s->big[i].bytes);
		if (s->big[i].nid != 0)
			js_set_int(o, number, (int64_t)s->big[i].nid);
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

static struct js *
server_json(const struct survey_server *sv)
{
	struct js *o = js_obj(), *quota = js_null();

	js_set_str(o, "software", sv->software);
	js_set_str(o, "security", sv->security);
	js_set_str(o, "capabilities", sv->capabilities);
	if (sv->has_quota) {
		js_free(&quota);
		quota = js_obj();
		js_set_int(quota, "used", (int64_t)sv->quota_used);
		js_set_int(quota, "limit", (int64_t)sv->quota_limit);
	}
	js_set(o, "quota", quota);
	return o;
}

static struct js *
sample_json(const struct survey_sample *sample)
{
	struct js *o;

	if (sample->messages == 0)
		return js_null();
	o = js_obj();
	js_set_int(o, "messages", (int64_t)sample->messages);
	js_set_int(o, "bytes", (int64_t)sample->bytes);
	js_set(o, "seconds", js_real(sample->seconds));
	js_set(o, "estimate_seconds", js_real(sample->estimate));
	return o;
}

static struct js *
risks_json(const struct survey_risk *risks, size_t n)
{
	struct js *a = js_arr(), *o;
	size_t i;

	for (i = 0; i < n; i++) {
		o = js_obj();
		js_set_str(o, "id", risks[i].id);
		js_set_str(o, "text", risks[i].text);
		js_set_str(o, "hint", risks[i].hint);
		js_push(a, o);
	}
	return a;
}

static void
set_pst(struct js *o, const struct survey *s)
{
	js_set_str(o, "format", s->format);
	js_set_bool(o, "ost", s->ost);
	js_set_str(o, "encryption", s->encryption);
	js_set_bool(o, "password", s->password);
	js_set_int(o, "bytes", (int64_t)s->bytes);
	js_set_int(o, "promised_bytes", (int64_t)s->promised);
}

static struct js *
local_json(const struct survey_show *show)
{
	struct js *o = js_obj();

	js_set_str(o, "path", show->local_path);
	js_set_str(o, "kind", show->local->kind);
	js_set_int(o, "folders",
	    (int64_t)(show->local->n_folders + show->local->folders_more));
	set_counts(o, &show->local->total);
	return o;
}

void
survey_show_json(const struct survey_show *show, int status)
{
	const struct survey *s = show->s;
	struct js *o = js_obj(), *total = js_obj();

	js_set_str(o, "kind", s->kind);
	if (strcmp(s->kind, "pst") == 0)
		set_pst(o, s);
	if (show->is_server)
		js_set(o, "server", server_json(&s->server));
	if (show->local != NULL)
		js_set(o, "local", local_json(show));
	js_set(o, "folders", folders_json(s));
	js_set(o, "classes", classes_json(s));
	js_set(o, "items", items_json(s));
	js_set(o, "not_carried", js_arr());
	js_set_int(total, "folders", (int64_t)(s->n_folders + s->folders_more));
	set_counts(total, &s->total);
	js_set_int(total, "damage", (int64_t)(s->n_damage + s->damage_more));
	if (show->max_size != 0)
		js_set_int(total, "too_big", (int64_t)s->too_big);
	js_set(o, "totals", total);
	js_set(o, "keywords", texts_json(s->keywords, s->n_keywords));
	js_set(o, "names_to_fix", texts_json(show->bad_names, show->n_bad));
	js_set(o, "biggest", biggest_json(s));
	if (show->is_server)
		js_set(o, "sample", sample_json(&s->sample));
	js_set(o, "risks", risks_json(show->risks, show->n_risks));
	js_set(o, "damage", texts_json(s->damage, s->n_damage));
	js_set(o, "notes", texts_json(s->notes, s->n_notes));
	js_set_int(o, "status", status);
	js_print(stdout, o);
	js_free(&o);
}
